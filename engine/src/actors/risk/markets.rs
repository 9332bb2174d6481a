//! What the gate hears of markets: prices, how far they can be believed, what an instrument is, whether it is traded.

use fulmar_bus::record::{
    Flags, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Kind, Malformed, MarkPrice, Record,
    SyncChange, SyncReason, SyncState, TopOfBook, UnixNanos,
};

use super::{Output, State};
use crate::runtime::Origin;
use crate::trading::InstrumentRules;
use crate::trading::account::{FundingDue, ScaledPrice};

impl State {
    pub(super) fn on_book(
        &mut self,
        now: UnixNanos,
        record: &Record,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let header = *record.header();
        let Some(watched) = self.instruments.get_mut(header.instrument_id.index()).and_then(Option::as_mut)
        else {
            return Ok(());
        };
        match header.kind() {
            // Orders are judged by the last good top, as long as its age lets it.
            Some(Kind::TopOfBook) if header.flags.contains(Flags::SUSPECT) => {
                record.read::<TopOfBook>()?;
            }
            Some(Kind::TopOfBook) => {
                let top = *record.read::<TopOfBook>()?;
                watched.top = Some(top);
                watched.last_update_at = header.received_at;
                self.mark(header.instrument_id, &top, header.received_at);
                self.held.on_top(header.instrument_id, &top);
            }
            Some(Kind::SyncChange) => {
                watched.sync = record.read::<SyncChange>()?.state;
                watched.top = watched.top.filter(|_| watched.sync == SyncState::Live);
                if watched.top.is_none() {
                    self.held.lose_top(header.instrument_id);
                }
            }
            Some(Kind::InstrumentStatus) => {
                let status = record.read::<InstrumentStatus>()?;
                self.gate.list(header.instrument_id, status.listing);
            }
            Some(Kind::MarkPrice) => {
                let told = record.read::<MarkPrice>()?;
                watched.marked_at = header.received_at;
                let mark = ScaledPrice { price: told.mark, scale: told.price_scale };
                watched.mark = Some(mark);
                self.treasury.mark(header.instrument_id, mark);
            }
            Some(Kind::Funding) => {
                let told = *record.read::<Funding>()?;
                let due = watched.funding.replace(told).filter(|last| last.is_paid_before(&told));
                if let Some((last, mark)) = due.zip(watched.mark) {
                    let (instrument_id, rate, due_at) = (header.instrument_id, last.rate, last.next_at);
                    let funded = self.treasury.fund(&FundingDue { instrument_id, mark, rate, due_at });
                    self.anomalies.unbooked += u64::from(funded.is_err());
                }
            }
            Some(Kind::InstrumentDefinition) => {
                let definition = record.read::<InstrumentDefinition>()?;
                self.on_definition(now, Origin::of(record), (header.instrument_id, definition), output);
            }
            _ => {}
        }
        Ok(())
    }

    /// Orders pass only by rules that the venue has stated, limits that hold at its scales, and a gateway that knows
    /// them. Numbers at other scales, or of another contract size, than those of what is held or stands cannot be
    /// judged together: that is a kill.
    fn on_definition(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        (instrument_id, definition): (InstrumentId, &InstrumentDefinition),
        output: &mut Output,
    ) {
        let Some(watched) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) else {
            return;
        };
        self.anomalies.unbooked += u64::from(self.treasury.define(instrument_id, definition).is_err());
        watched.top = None;
        let mut rules = InstrumentRules::from(definition);
        if !self.carries_icebergs {
            rules.iceberg_parts_max = 0;
        }
        let scales = (rules.price_scale, rules.quantity_scale, definition.contract_size);
        let is_rescaled = watched.scales.replace(scales).is_some_and(|known| known != scales);
        self.held.lose_top(instrument_id);
        if is_rescaled {
            self.held.lose_trades(instrument_id);
        }
        let is_involved = !watched.position.quantity().is_zero() || self.orders.open_count(instrument_id) > 0;
        let is_told = output.approved.send(origin, instrument_id, definition).is_ok();
        let limits = watched.settings.at(&rules).ok().filter(|_| is_told && definition.is_inferred == 0);
        match limits {
            Some(limits) => self.gate.control(instrument_id, rules, limits),
            None => self.gate.release(instrument_id),
        }
        watched.rules = limits.map(|_| rules);
        if is_rescaled && is_involved {
            self.anomalies.rescaled_holdings += 1;
            self.kill(now, origin, output);
        }
    }

    /// Something of a book was lost on the way here, maybe what the instrument is: no order of it passes until the feed
    /// has told all of it anew.
    pub(super) fn recall(&mut self, origin: Origin, instrument_id: InstrumentId, output: &mut Output) {
        self.gate.release(instrument_id);
        if let Some(watched) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            (watched.top, watched.rules) = (None, None);
        }
        self.held.lose_top(instrument_id);
        let change = SyncChange::new(SyncState::Desynced, SyncReason::Lapped, 0, 0, 0);
        if let Some(recall) = output.recalls.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            // A wish that finds no room is not lost: the feed has as many before it, and each has the same effect.
            let _ = recall.send(origin, instrument_id, &change);
        }
    }
}
