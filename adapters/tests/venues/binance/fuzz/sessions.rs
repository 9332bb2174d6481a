//! Sessions against any frames: none panics, and none tells what its sink may not be told.

use fulmar_adapters::binance::{Binance, BinanceConfig, BinanceOrderEntry, Credentials, Product, limits};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_bus::record::{
    Bar, CancelOrder, ContractKind, ExecutionReport, FrameSource, Funding, InstrumentDefinition,
    InstrumentId, InstrumentStatus, Intent, Level, Listing, MarkPrice, Nanos, Notional, Price, Quantity,
    RequestKind, Side, SyncChange, SyncState, Text, TopOfBook, TopSource, Trade, UnixNanos, WideNumber,
};
use fulmar_engine::contract::{
    InboundFrame, MarketSession as _, MarketSink, OrderSession as _, OrderSink, Update,
};
use fulmar_engine::trading::InstrumentRules;
use fulmar_engine::trading::risk::{Context, RiskGate, RiskLimits, Verdict};

use super::judge::{SYMBOLS, order_id};

/// Feeds the first byte's product with the rest: frames that are split by zero bytes, each with its source before it.
pub fn market_data_survives(data: &[u8]) {
    let Some((product, frames)) = split(data) else {
        return;
    };
    let mut config = BinanceConfig::production(product);
    config.instruments = instruments();
    let mut session = Binance::market_data(&config);
    let mut sink = StrictSink::default();
    session.on_start(UnixNanos(0), &mut sink);
    for (frame, second) in frames.split(|byte| *byte == 0).zip(1..) {
        let Some((source, bytes)) = frame.split_first() else {
            continue;
        };
        let (source, status) = match source % 9 {
            0 => (FrameSource::Opened, 0),
            1 => (FrameSource::Closed, 0),
            2 => (FrameSource::Http, 429),
            3 | 4 => (FrameSource::Http, 200),
            8 => (FrameSource::Http, 400),
            _ => (FrameSource::Message, 0),
        };
        let (now, mut bytes) = (UnixNanos::from_millis(second * 1_000), bytes.to_vec());
        let frame = InboundFrame { source, connection: 0, status, received_at: now, bytes: &mut bytes };
        session.on_frame(now, frame, &mut sink);
        session.on_time(now, &mut sink);
    }
}

fn split(data: &[u8]) -> Option<(Product, &[u8])> {
    let (choice, rest) = data.split_first()?;
    Some((if choice % 2 == 0 { Product::Spot } else { Product::UsdMargined }, rest))
}

fn instruments() -> Vec<InstrumentConfig> {
    SYMBOLS.iter().zip(0..).map(|((symbol, _), id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect()
}

/// Holds a session to what a sink may rely on.
#[derive(Default)]
struct StrictSink {
    revisions: [u32; SYMBOLS.len()],
    states: [Option<SyncState>; SYMBOLS.len()],
    has_snapshot: [bool; SYMBOLS.len()],
    statuses: [Option<Listing>; SYMBOLS.len()],
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

/// Feeds an order session the frames of `data`, which are split by zero bytes.
pub fn order_entry_survives(data: &[u8]) {
    let mut desk = Desk::new();
    for frame in data.split(|byte| *byte == 0) {
        desk.feed(frame);
    }
}

/// Ether, as the order session knows it.
const ETH: InstrumentId = InstrumentId(1);

/// An order session with our order at the venue, whatever that says of it: once it is gone it is sent anew.
pub struct Desk {
    session: BinanceOrderEntry,
    gate: RiskGate,
    told: StrictOrders,
    now: UnixNanos,
    frame_count: u64,
}

impl Desk {
    pub fn new() -> Self {
        let credentials = Credentials { api_key: "key".to_owned(), secret: None };
        let config = BinanceConfig::production(Product::Spot);
        let mut session = BinanceOrderEntry::new(&config, &credentials);
        session.define(ETH, &ether());
        let (tick, lot) = (Price(1), Quantity(1));
        let rules = InstrumentRules {
            tick,
            lot,
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: Notional(0),
            price_scale: SYMBOLS[1].1.price,
            quantity_scale: SYMBOLS[1].1.quantity,
        };
        let limits = RiskLimits {
            order_quantity_max: i64::MAX,
            order_notional_max: i128::MAX,
            position_max: i64::MAX,
            open_orders_max: 100,
            messages_max: 1_000_000,
            messages_reserved_for_cancels: 1,
            message_window_ns: 1_000,
            market_data_age_max_ns: 1_000,
        };
        let mut gate = RiskGate::new();
        gate.control(ETH, rules, limits);
        let (told, now) = (StrictOrders::default(), UnixNanos::from_millis(1_700_000_000_000));
        let mut desk = Desk { session, gate, told, now, frame_count: 0 };
        desk.give(FrameSource::Opened, b"wss://");
        desk.give(FrameSource::Message, br#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        desk
    }

    /// Gives a frame, and what is due; sends the order, and its cancel, between them.
    pub fn feed(&mut self, bytes: &[u8]) {
        match self.frame_count % 16 {
            0 => self.submit(),
            8 => self.cancel(),
            _ => {}
        }
        self.frame_count += 1;
        self.now = self.now + Nanos::from_millis(40);
        self.give(FrameSource::Message, bytes);
        self.session.on_time(self.now, &mut self.told);
    }

    #[cfg(test)]
    pub fn report_count(&self) -> usize {
        self.told.report_count
    }

    fn give(&mut self, source: FrameSource, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 0, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.told);
    }

    fn submit(&mut self) {
        let level = |price| Level { price: Price(price), quantity: Quantity(1_000_000) };
        let context = Context {
            now: self.now,
            top: Some(TopOfBook::new(level(10_000), level(10_001), 1, self.now, TopSource::Book)),
            sync: SyncState::Live,
            last_update_at: self.now,
            position: Quantity(0),
            open_buy_qty: 0,
            open_sell_qty: 0,
            open_orders: 0,
        };
        let intent = Intent::limit(order_id(), Side::Buy, Price(10_000), Quantity(50_000));
        let Verdict::Approved(order) = self.gate.check(&intent, ETH, &context) else {
            panic!("the gate lets everything pass");
        };
        self.session.submit(self.now, &order, &mut self.told);
    }

    fn cancel(&mut self) {
        let cancel = CancelOrder { client_order_id: order_id(), venue_order_id: 0 };
        let cancel = self.gate.pass_cancel(cancel, ETH, self.now);
        self.session.cancel(self.now, &cancel, &mut self.told);
    }
}

fn ether() -> InstrumentDefinition {
    InstrumentDefinition {
        venue: Text::new("binance-spot").expect("it fits"),
        symbol: Text::new(SYMBOLS[1].0).expect("it fits"),
        base: Text::default(),
        quote: Text::default(),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: WideNumber::default(),
        revision: 1,
        price_scale: SYMBOLS[1].1.price,
        quantity_scale: SYMBOLS[1].1.quantity,
        contract: ContractKind::Spot,
        is_inferred: 0,
    }
}

/// Holds an order session to what a sink may rely on.
#[derive(Default)]
struct StrictOrders {
    report_count: usize,
}

impl OrderSink for StrictOrders {
    fn report(&mut self, instrument_id: InstrumentId, report: &ExecutionReport) {
        assert_eq!(instrument_id, ETH, "an instrument that the session was told of");
        let amounts = [report.last_qty, report.cumulative_qty, report.leaves_qty];
        assert!(amounts.iter().all(|quantity| quantity.0 >= 0), "{report:?}");
        assert!(report.last_px.0 >= 0 && report.price.0 >= 0, "{report:?}");
        assert!(!report.status.is_terminal() || report.leaves_qty.is_zero(), "{report:?}");
        self.report_count += 1;
    }

    fn request(&mut self, _: u8, kind: RequestKind, _: Nanos, bytes: &[u8]) {
        assert!(kind != RequestKind::HttpGet && bytes.len() <= limits::REQUEST_BYTES_MAX);
    }
}
