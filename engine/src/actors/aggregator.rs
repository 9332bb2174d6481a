//! One pair over all its venues: the consolidated best bid and ask, the signals between venues, and bars of trades.
//!
//! Reads: the book channel and the market channel of each instrument of the pair. Writes: the aggregate channel of the
//! pair. Owns: the consolidation, the signals and the bars under way. On failure: the run ends; tops come again with
//! the next change. What of it is unlike the rest is left out, by the rule of [`crate::market::pair`], and counted.

use fulmar_bus::record::{
    Bar, ConsolidatedTop, CrossVenue, Flags, InstrumentDefinition, InstrumentId, Kind, Malformed, Nanos,
    Payload, Record, SyncChange, SyncState, TopOfBook, Trade, UnixNanos,
};

use super::limits::{BAR_GRACE_NS, VENUE_AHEAD_MAX_NS};
use crate::market::bars::BarBuilder;
use crate::market::consolidated::Consolidated;
use crate::market::instrument::{Redefinition, compare};
use crate::market::{FeeRate, Signals, pair};
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};

/// The actor of one pair.
pub struct Aggregator {
    name: String,
    inboxes: Inboxes,
    state: State,
    aggregate: Outbox,
}

struct State {
    members: Vec<Member>,
    likeness: pair::Members,
    consolidated: Consolidated,
    /// `None` where the pair has one venue, of which there is nothing to say.
    signals: Option<Signals>,
    /// Tops of members that are no one of the pair, or not defined yet.
    left_out_tops: u64,
    /// Trades that their venue dates in the future, by far: they are in no bar.
    trades_ahead: u64,
    malformed_count: u64,
}

/// One instrument of the pair.
struct Member {
    instrument_id: InstrumentId,
    definition: Option<InstrumentDefinition>,
    /// Whether its tops are consolidated.
    belongs: bool,
    /// Whether it was told that they are not.
    is_left_out: bool,
    bars: Vec<BarBuilder>,
}

impl Aggregator {
    /// The pair called `name`, of these instruments, each with what its venue takes of a taker where that is known, and
    /// with a bar for each interval. The inboxes give the book channel of each instrument first, then the market
    /// channel of each.
    pub fn new(
        name: &str,
        instruments: &[(InstrumentId, Option<FeeRate>)],
        intervals: &[Nanos],
        inboxes: Inboxes,
        aggregate: Outbox,
    ) -> Self {
        let member = |(instrument_id, _): &(InstrumentId, Option<FeeRate>)| Member {
            instrument_id: *instrument_id,
            definition: None,
            belongs: false,
            is_left_out: false,
            bars: intervals.iter().map(|interval| BarBuilder::new(*interval)).collect(),
        };
        let members: Vec<Member> = instruments.iter().map(member).collect();
        let unscaled: Vec<_> = instruments.iter().map(|(id, _)| (*id, 0, 0)).collect();
        let taker_fees: Vec<_> = instruments.iter().map(|(_, fee)| *fee).collect();
        let state = State {
            likeness: pair::Members::new(members.len()),
            members,
            consolidated: Consolidated::new(&unscaled),
            signals: (instruments.len() > 1).then(|| Signals::new(&taker_fees)),
            left_out_tops: 0,
            trades_ahead: 0,
            malformed_count: 0,
        };
        Aggregator { name: format!("aggregate.{name}"), inboxes, state, aggregate }
    }
}

impl Actor for Aggregator {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let is_book = inbox < self.state.members.len();
            let understood = match delivery {
                Delivery::Record(record) if is_book => self.state.on_book_record(record, &mut self.aggregate),
                Delivery::Record(record) => self.state.on_market_record(record, &mut self.aggregate),
                // What was lost may have been the end of this top, so it is not believed until it is told again.
                Delivery::Lapped(_) if is_book => {
                    self.state.on_top(inbox, None, Origin::time(now), &mut self.aggregate);
                    Ok(())
                }
                Delivery::Lapped(_) => Ok(()),
            };
            self.state.malformed_count += u64::from(understood.is_err());
        }
        if self.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.close_bars(now, &mut self.aggregate);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        let bars = self.state.members.iter().flat_map(|member| &member.bars).filter_map(BarBuilder::current);
        bars.map(|bar| bar.start_at + bar.interval + Nanos(BAR_GRACE_NS)).min()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell(
            "late_trades",
            self.state.members.iter().flat_map(|member| &member.bars).map(BarBuilder::late_count).sum(),
        );
        tell("trades_ahead", self.state.trades_ahead);
        tell("unlike_instruments", self.state.likeness.unlike_count() as u64);
        tell("left_out_tops", self.state.left_out_tops);
        tell("dropped_levels", self.state.consolidated.overflow_count());
        tell("malformed_records", self.state.malformed_count);
        tell("lost_records", self.inboxes.lost_count());
    }
}

impl State {
    fn on_book_record(&mut self, record: &Record, aggregate: &mut Outbox) -> Result<(), Malformed> {
        let Some(place) = self.place(record.header().instrument_id) else { return Ok(()) };
        let origin = Origin::of(record);
        match record.header().kind() {
            Some(Kind::TopOfBook) => {
                let top = record.read::<TopOfBook>()?;
                // A suspect top is none, and the one before it no longer holds.
                let top = (!record.header().flags.contains(Flags::SUSPECT)).then_some(top);
                self.on_top(place, top, origin, aggregate);
            }
            Some(Kind::SyncChange) if record.read::<SyncChange>()?.state != SyncState::Live => {
                self.on_top(place, None, origin, aggregate);
            }
            Some(Kind::InstrumentDefinition) => self.on_definition(place, record.read()?, origin, aggregate),
            _ => {}
        }
        Ok(())
    }

    /// Of the market channel only trades count: tops and definitions come through the book, which judges them.
    fn on_market_record(&mut self, record: &Record, aggregate: &mut Outbox) -> Result<(), Malformed> {
        if record.header().kind() == Some(Kind::Trade) {
            self.on_trade(record.header().instrument_id, record.read()?, Origin::of(record), aggregate);
        }
        Ok(())
    }

    fn on_trade(
        &mut self,
        instrument_id: InstrumentId,
        trade: &Trade,
        origin: Origin,
        aggregate: &mut Outbox,
    ) {
        let Some(place) = self.place(instrument_id) else { return };
        if trade.venue_at > origin.received_at + Nanos(VENUE_AHEAD_MAX_NS) {
            // Its bar would wait for that moment, and every trade until then would come too late for it.
            self.trades_ahead += 1;
            return;
        }
        let member = &mut self.members[place];
        for builder in &mut member.bars {
            if let Some(bar) = builder.on_trade(trade) {
                publish(aggregate, origin, member.instrument_id, &bar);
            }
        }
    }

    fn on_top(&mut self, place: usize, top: Option<&TopOfBook>, origin: Origin, aggregate: &mut Outbox) {
        let Member { instrument_id, belongs, .. } = self.members[place];
        if !belongs {
            self.left_out_tops += u64::from(top.is_some());
            return;
        }
        if let Some(best) = self.consolidated.on_top(instrument_id, top) {
            publish(aggregate, origin, instrument_id, &best);
        }
        let signals = self.signals.as_mut();
        let changed = signals.and_then(|all| all.on_top(&self.consolidated, place, origin.received_at));
        if let Some(changed) = changed {
            publish::<CrossVenue>(aggregate, origin, instrument_id, &changed);
        }
    }

    fn on_definition(
        &mut self,
        place: usize,
        definition: &InstrumentDefinition,
        origin: Origin,
        aggregate: &mut Outbox,
    ) {
        let member = &mut self.members[place];
        let known = member.definition.replace(*definition);
        match known.map_or(Redefinition::New, |known| compare(&known, definition)) {
            Redefinition::Same => return,
            Redefinition::New => {}
            Redefinition::Refined { price_factor, quantity_factor } => {
                for builder in &mut member.bars {
                    if builder.rescale(price_factor, quantity_factor).is_err() {
                        *builder = BarBuilder::new(builder.interval());
                    }
                }
            }
            Redefinition::Changed => {
                for builder in &mut member.bars {
                    *builder = BarBuilder::new(builder.interval());
                }
            }
        }
        self.likeness.define(place, definition);
        self.admit(place, origin, aggregate);
    }

    /// Takes in and leaves out whom the definition of the member at `defined` makes like or unlike the rest. Who is
    /// left out is told so, and that it is no longer.
    fn admit(&mut self, defined: usize, origin: Origin, aggregate: &mut Outbox) {
        let before = *self.consolidated.top();
        for (place, member) in self.members.iter_mut().enumerate() {
            let Some(definition) = &member.definition else { continue };
            let did_belong = std::mem::replace(&mut member.belongs, self.likeness.belongs(place));
            // What changed is published below, once all are judged.
            if member.belongs && (place == defined || !did_belong) {
                let (price_scale, quantity_scale) = (definition.price_scale, definition.quantity_scale);
                let _ = self.consolidated.redefine(member.instrument_id, price_scale, quantity_scale);
            } else if did_belong && !member.belongs {
                let _ = self.consolidated.on_top(member.instrument_id, None);
            }
        }
        let best = *self.consolidated.top();
        let mut is_news = best != before && before.live_count > 0;
        let mut is_return = false;
        for (place, member) in self.members.iter_mut().enumerate() {
            let was_left_out = std::mem::replace(&mut member.is_left_out, self.likeness.is_unlike(place));
            if member.is_left_out && !was_left_out {
                let mut left_out = ConsolidatedTop::empty(best.price_scale, best.quantity_scale);
                left_out.is_left_out = 1;
                publish(aggregate, origin, member.instrument_id, &left_out);
            } else if member.belongs && (was_left_out || is_news) {
                publish(aggregate, origin, member.instrument_id, &best);
                is_news = false;
                is_return |= was_left_out;
            }
        }
        let Some(signals) = &mut self.signals else { return };
        let changed = signals.on_definition(&self.consolidated);
        // Who is taken in again has heard nothing of the pair since it was left out.
        let missed = Some(*signals.told()).filter(|told| is_return && !told.is_empty());
        if let Some(told) = changed.or(missed) {
            publish::<CrossVenue>(aggregate, origin, self.members[defined].instrument_id, &told);
        }
    }

    fn place(&self, instrument_id: InstrumentId) -> Option<usize> {
        self.members.iter().position(|member| member.instrument_id == instrument_id)
    }

    fn close_bars(&mut self, now: UnixNanos, aggregate: &mut Outbox) {
        for member in &mut self.members {
            for builder in &mut member.bars {
                let is_due = builder
                    .current()
                    .is_some_and(|bar| bar.start_at + bar.interval + Nanos(BAR_GRACE_NS) <= now);
                if is_due && let Some(bar) = builder.on_time(now) {
                    publish::<Bar>(aggregate, Origin::time(now), member.instrument_id, &bar);
                }
            }
        }
    }
}

fn publish<P: Payload>(aggregate: &mut Outbox, origin: Origin, instrument_id: InstrumentId, payload: &P) {
    let sent = aggregate.send(origin, instrument_id, payload);
    assert!(sent.is_ok(), "an aggregate channel has no gate that could be full");
}
