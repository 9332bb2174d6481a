//! A sink that holds a session to what a sink may rely on, whatever the session was fed.

use fulmar_bus::record::{
    Bar, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, Listing, MarkPrice, Nanos,
    RequestKind, SyncChange, SyncState, TopOfBook, Trade,
};
use fulmar_engine::contract::{MarketSink, Update};

/// Instruments of the session.
pub const INSTRUMENTS: usize = 2;

/// Holds a session to what a sink may rely on.
#[derive(Default)]
pub struct StrictSink {
    revisions: [u32; INSTRUMENTS],
    states: [Option<SyncState>; INSTRUMENTS],
    has_snapshot: [bool; INSTRUMENTS],
    statuses: [Option<Listing>; INSTRUMENTS],
}

impl StrictSink {
    fn check_levels(levels: &[Level], what: &str) {
        assert!(
            levels.iter().all(|level| level.price.0 > 0 && level.quantity.0 >= 0),
            "{what} of impossible levels"
        );
    }
}

impl MarketSink for StrictSink {
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let revision = &mut self.revisions[instrument_id.index()];
        *revision += 1;
        assert_eq!(definition.revision, *revision, "revisions count from one");
    }

    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus) {
        let told = &mut self.statuses[instrument_id.index()];
        assert!(
            told.is_some() || status.listing != Listing::Listed,
            "what was never halted or unlisted is not listed anew"
        );
        *told = Some(status.listing);
    }

    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade) {
        assert!(self.revisions[instrument_id.index()] > 0, "a trade before its definition");
        assert!(trade.price.0 > 0 && trade.quantity.0 > 0, "a trade of nothing");
    }

    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        assert!(self.revisions[instrument_id.index()] > 0, "a top before its definition");
        for side in [top.bid, top.ask] {
            assert_eq!(side.price.0 > 0, side.quantity.0 > 0, "half a level");
        }
    }

    fn funding(&mut self, instrument_id: InstrumentId, _: &Funding) {
        assert!(self.revisions[instrument_id.index()] > 0, "funding before its definition");
    }

    fn mark_price(&mut self, instrument_id: InstrumentId, mark_price: &MarkPrice) {
        assert!(self.revisions[instrument_id.index()] > 0, "a mark price before its definition");
        assert!(mark_price.mark.0 > 0 && mark_price.index.0 >= 0, "an impossible mark price");
    }

    fn bar(&mut self, instrument_id: InstrumentId, bar: &Bar) {
        assert!(self.revisions[instrument_id.index()] > 0, "a bar before its definition");
        assert!(bar.low.0 > 0 && bar.low <= bar.high && bar.interval.0 > 0, "an impossible bar");
    }

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let index = instrument_id.index();
        assert_eq!(self.states[index], Some(SyncState::Syncing), "a snapshot out of place");
        Self::check_levels(update.bids, "a snapshot");
        Self::check_levels(update.asks, "a snapshot");
        self.has_snapshot[index] = true;
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let index = instrument_id.index();
        assert!(self.has_snapshot[index], "levels without a snapshot");
        assert_ne!(self.states[index], Some(SyncState::Desynced), "levels of a desynced book");
        Self::check_levels(update.bids, "an update");
        Self::check_levels(update.asks, "an update");
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        let index = instrument_id.index();
        assert!(self.revisions[index] > 0, "a state before its definition");
        assert!(change.state != SyncState::Live || self.has_snapshot[index], "live without a snapshot");
        self.has_snapshot[index] &= change.state != SyncState::Desynced;
        self.states[index] = Some(change.state);
    }

    fn request(&mut self, _connection: u8, _kind: RequestKind, _delay: Nanos, bytes: &[u8]) {
        assert!(bytes.len() <= fulmar_bus::record::Request::BYTES_MAX, "a request that fits no record");
    }
}
