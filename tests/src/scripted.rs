//! A venue for tests that tells what it is told to tell, each thing at its moment, and reads no bytes.

use std::collections::VecDeque;

use fulmar_bus::record::{
    Bar, ContractKind, ContractSize, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level,
    Listing, MarkPrice, Nanos, Price, Quantity, SyncChange, SyncReason, SyncState, Text, UnixNanos,
    WideNumber,
};
use fulmar_engine::contract::{Connection, InboundFrame, MarketSession, MarketSink, SessionCounters, Update};

use crate::stage::OPENS_AT;

/// A price and a quantity, as mantissas.
pub type Wire = (i64, i64);

/// What a venue tells of its one instrument.
#[derive(Clone, Debug)]
pub enum Tell {
    /// What the instrument is.
    Definition(InstrumentDefinition),
    /// A whole book, and that it is live.
    Snapshot(Vec<Wire>, Vec<Wire>),
    /// Levels that changed.
    Levels(Vec<Wire>, Vec<Wire>),
    /// The book is lost.
    Desync,
    /// Whether it is traded.
    Status(Listing),
    /// What holding it costs.
    Funding(Funding),
    /// What the venue values it at.
    MarkPrice(MarkPrice),
    /// A bar of the venue's own making.
    Bar(Bar),
}

/// A venue of one instrument, and what it tells after so many milliseconds.
pub struct Scripted {
    venue: &'static str,
    instrument_id: InstrumentId,
    script: VecDeque<(UnixNanos, Tell)>,
    update_id: u64,
    counters: SessionCounters,
}

impl Scripted {
    /// The venue called `venue`, which tells this of `instrument_id`, in order of time.
    pub fn new(venue: &'static str, instrument_id: InstrumentId, script: Vec<(u64, Tell)>) -> Self {
        let at = |(millis, tell)| (OPENS_AT + Nanos::from_millis(millis), tell);
        let script = script.into_iter().map(at).collect();
        Scripted { venue, instrument_id, script, update_id: 0, counters: SessionCounters::default() }
    }

    fn tell(&mut self, tell: &Tell, sink: &mut dyn MarketSink) {
        self.update_id += 1;
        let id = self.instrument_id;
        let sync = |state, reason| SyncChange::new(state, reason, self.update_id, 0, 0);
        let levels = |wire: &[Wire]| -> Vec<Level> {
            wire.iter()
                .map(|(price, quantity)| Level { price: Price(*price), quantity: Quantity(*quantity) })
                .collect()
        };
        match tell {
            Tell::Definition(definition) => sink.definition(id, definition),
            Tell::Snapshot(bids, asks) => {
                let (bids, asks) = (levels(bids), levels(asks));
                sink.sync(id, &sync(SyncState::Syncing, SyncReason::Started));
                sink.snapshot(id, self.update(&bids, &asks));
                sink.sync(id, &sync(SyncState::Live, SyncReason::Joined));
            }
            Tell::Levels(bids, asks) => {
                let (bids, asks) = (levels(bids), levels(asks));
                sink.levels(id, self.update(&bids, &asks));
            }
            Tell::Status(listing) => sink.status(id, &InstrumentStatus::new(*listing, "as the script says")),
            Tell::Funding(funding) => sink.funding(id, funding),
            Tell::MarkPrice(mark_price) => sink.mark_price(id, mark_price),
            Tell::Bar(bar) => sink.bar(id, bar),
            Tell::Desync => sink.sync(id, &sync(SyncState::Desynced, SyncReason::Gap)),
        }
    }

    fn update<'a>(&self, bids: &'a [Level], asks: &'a [Level]) -> Update<'a> {
        Update { update_id: self.update_id, venue_at: OPENS_AT, bids, asks, is_proven: false }
    }
}

impl MarketSession for Scripted {
    fn venue(&self) -> &'static str {
        self.venue
    }

    fn connections(&self) -> Vec<Connection> {
        Vec::new()
    }

    /// A handful, so that a test may have rings as small as it likes.
    fn book_levels_max(&self) -> usize {
        8
    }

    fn on_start(&mut self, _: UnixNanos, _: &mut dyn MarketSink) {}

    fn on_frame(&mut self, _: UnixNanos, _: InboundFrame<'_>, _: &mut dyn MarketSink) {}

    fn due_at(&self) -> Option<UnixNanos> {
        self.script.front().map(|(at, _)| *at)
    }

    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        while let Some((_, tell)) = self.script.pop_front_if(|(at, _)| *at <= now) {
            self.tell(&tell, sink);
        }
    }

    fn resync(&mut self, _: UnixNanos, _: InstrumentId, _: SyncReason, _: &mut dyn MarketSink) {}

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }
}

/// An instrument at these scales that trades `base` for `quote`.
///
/// # Panics
/// Where a text is longer than a definition holds.
pub fn definition(base: &str, quote: &str, scales: (u8, u8), contract: ContractKind) -> InstrumentDefinition {
    InstrumentDefinition {
        venue: Text::default(),
        symbol: Text::default(),
        base: Text::new(base).expect("a currency is short"),
        quote: Text::new(quote).expect("a currency is short"),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: WideNumber::default(),
        revision: 1,
        price_scale: scales.0,
        quantity_scale: scales.1,
        contract,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    }
}
