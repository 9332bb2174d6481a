//! One pair over all its venues: the consolidated best bid and ask, and bars of trades.
//!
//! Reads: the book channel and the market channel of each instrument of the pair. Writes: the aggregate channel of
//! the pair. Owns: the consolidation and the bars under way. On failure: the run ends; tops come again with the next
//! change. It never merges unlike contracts: the pair is (base, quote, contract).

use fulmar_bus::record::{
    Bar, InstrumentDefinition, InstrumentId, Kind, Malformed, Nanos, Payload, Record, SyncChange, SyncState,
    TopOfBook, Trade, UnixNanos,
};

use super::limits::BAR_GRACE_NS;
use crate::market::bars::BarBuilder;
use crate::market::consolidated::Consolidated;
use crate::market::instrument::{Redefinition, compare};
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
    consolidated: Consolidated,
    malformed_count: u64,
}

/// One instrument of the pair.
struct Member {
    instrument_id: InstrumentId,
    definition: Option<InstrumentDefinition>,
    bars: Vec<BarBuilder>,
}

impl Aggregator {
    /// The pair called `name`, of these instruments, with a bar for each interval. The inboxes give the book channel of
    /// each instrument first, then the market channel of each.
    pub fn new(
        name: &str,
        instruments: &[InstrumentId],
        intervals: &[Nanos],
        inboxes: Inboxes,
        aggregate: Outbox,
    ) -> Self {
        let member = |instrument_id: &InstrumentId| Member {
            instrument_id: *instrument_id,
            definition: None,
            bars: intervals.iter().map(|interval| BarBuilder::new(*interval)).collect(),
        };
        let members: Vec<Member> = instruments.iter().map(member).collect();
        let unscaled: Vec<_> = instruments.iter().map(|id| (*id, 0, 0)).collect();
        let state = State { members, consolidated: Consolidated::new(&unscaled), malformed_count: 0 };
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
            if let Delivery::Record(record) = delivery {
                let understood = if inbox < self.state.members.len() {
                    self.state.on_book_record(record, &mut self.aggregate)
                } else {
                    self.state.on_market_record(record, &mut self.aggregate)
                };
                self.state.malformed_count += u64::from(understood.is_err());
            }
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
        tell("dropped_levels", self.state.consolidated.overflow_count());
        tell("malformed_records", self.state.malformed_count);
        tell("lost_records", self.inboxes.lost_count());
    }
}

impl State {
    fn on_book_record(&mut self, record: &Record, aggregate: &mut Outbox) -> Result<(), Malformed> {
        let instrument_id = record.header().instrument_id;
        let origin = Origin::of(record);
        match record.header().kind() {
            Some(Kind::TopOfBook) => self.on_top(instrument_id, Some(record.read()?), origin, aggregate),
            Some(Kind::SyncChange) if record.read::<SyncChange>()?.state != SyncState::Live => {
                self.on_top(instrument_id, None, origin, aggregate);
            }
            Some(Kind::InstrumentDefinition) => self.on_definition(instrument_id, record.read()?),
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
        let Some(member) = self.member(instrument_id) else { return };
        for builder in &mut member.bars {
            if let Some(bar) = builder.on_trade(trade) {
                publish(aggregate, origin, member.instrument_id, &bar);
            }
        }
    }

    fn on_top(
        &mut self,
        instrument_id: InstrumentId,
        top: Option<&TopOfBook>,
        origin: Origin,
        aggregate: &mut Outbox,
    ) {
        if let Some(best) = self.consolidated.on_top(instrument_id, top) {
            publish(aggregate, origin, instrument_id, &best);
        }
    }

    fn on_definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let Some(member) = self.member(instrument_id) else { return };
        let known = member.definition.replace(*definition);
        match known.map_or(Redefinition::New, |known| compare(&known, definition)) {
            Redefinition::Same => return,
            Redefinition::New => {}
            Redefinition::WiderScale { price_factor, quantity_factor } => {
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
        self.consolidated.redefine(instrument_id, definition.price_scale, definition.quantity_scale);
    }

    fn member(&mut self, instrument_id: InstrumentId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.instrument_id == instrument_id)
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
