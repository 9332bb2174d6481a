//! A sink that keeps books as plainly as can be, and checks what a sink may rely on.

use std::collections::BTreeMap;

use fulmar_bus::record::{
    Bar, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, MarkPrice, Nanos, Price,
    RequestKind, Side, SyncChange, SyncState, TopOfBook, Trade,
};
use fulmar_engine::contract::{MarketSink, Update};

/// A book as two maps, and what else came of an instrument.
#[derive(Default)]
pub struct Kept {
    pub definition: Option<InstrumentDefinition>,
    pub bids: BTreeMap<Price, i64>,
    pub asks: BTreeMap<Price, i64>,
    pub update_id: u64,
    /// Updates that a checksum proved.
    pub proven_count: u64,
    pub state: Option<SyncChange>,
    pub trade_count: u64,
    pub buy_count: u64,
    pub traded: i128,
    pub notional: i128,
    pub last_trade: Option<Trade>,
    pub ticker: Option<TopOfBook>,
    pub funding: Option<Funding>,
    pub mark_price: Option<MarkPrice>,
    pub bars: Vec<Bar>,
    pub fundings_told: u32,
    pub mark_prices_told: u32,
}

/// Looks at a book that changed.
pub type Watch = Box<dyn FnMut(&Kept)>;

/// Keeps everything, and checks what a sink may rely on.
#[derive(Default)]
pub struct Keeper {
    pub instruments: BTreeMap<InstrumentId, Kept>,
    pub statuses: Vec<(InstrumentId, InstrumentStatus)>,
    pub requests: Vec<(RequestKind, Nanos, String)>,
    /// Called with each book that changed.
    pub watch: Option<Watch>,
}

impl Keeper {
    fn of(&mut self, instrument_id: InstrumentId) -> &mut Kept {
        self.instruments.get_mut(&instrument_id).expect("the definition comes before anything else")
    }
}

impl MarketSink for Keeper {
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let kept = self.instruments.entry(instrument_id).or_default();
        let before = kept.definition.map_or(0, |before| before.revision);
        assert_eq!(definition.revision, before + 1, "revisions count from one");
        kept.definition = Some(*definition);
    }

    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus) {
        self.statuses.push((instrument_id, *status));
    }

    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade) {
        let kept = self.of(instrument_id);
        kept.last_trade = Some(*trade);
        kept.trade_count += 1;
        kept.buy_count += u64::from(trade.aggressor == Side::Buy);
        kept.traded += i128::from(trade.quantity.0);
        kept.notional += trade.price.times(trade.quantity).0;
    }

    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        self.of(instrument_id).ticker = Some(*top);
    }

    fn funding(&mut self, instrument_id: InstrumentId, funding: &Funding) {
        let kept = self.of(instrument_id);
        assert_ne!(kept.funding.as_ref(), Some(funding), "what changed nothing is not told");
        kept.funding = Some(*funding);
        kept.fundings_told += 1;
    }

    fn mark_price(&mut self, instrument_id: InstrumentId, mark_price: &MarkPrice) {
        assert!(mark_price.mark.0 > 0, "a mark price is a price");
        let kept = self.of(instrument_id);
        kept.mark_price = Some(*mark_price);
        kept.mark_prices_told += 1;
    }

    fn bar(&mut self, instrument_id: InstrumentId, bar: &Bar) {
        self.of(instrument_id).bars.push(*bar);
        assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close), "no bar: {bar:?}");
    }

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let kept = self.of(instrument_id);
        assert_ne!(
            kept.state.map(|change| change.state),
            Some(SyncState::Live),
            "a live book needs no snapshot"
        );
        kept.bids.clear();
        kept.asks.clear();
        kept.apply(update);
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let kept = self.of(instrument_id);
        let state = kept.state.map(|change| change.state);
        assert!(matches!(state, Some(SyncState::Live | SyncState::Syncing)), "levels of a {state:?} book");
        kept.apply(update);
        if let Some(watch) = &mut self.watch {
            watch(&self.instruments[&instrument_id]);
        }
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        self.of(instrument_id).state = Some(*change);
    }

    fn request(&mut self, _connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]) {
        self.requests.push((kind, delay, String::from_utf8_lossy(bytes).into_owned()));
    }
}

impl Kept {
    fn apply(&mut self, update: Update<'_>) {
        self.update_id = update.update_id;
        self.proven_count += u64::from(update.is_proven);
        for (side, levels) in [(&mut self.bids, update.bids), (&mut self.asks, update.asks)] {
            for Level { price, quantity } in levels {
                match quantity.0 {
                    0 => side.remove(price),
                    left => side.insert(*price, left),
                };
            }
        }
    }
}
