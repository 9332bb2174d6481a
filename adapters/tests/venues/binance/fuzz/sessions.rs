//! The order session against any frames: it does not panic, and tells nothing that its sink may not be told.

use fulmar_adapters::binance::{BinanceConfig, BinanceOrderEntry, KeyKind, Product, limits};
use fulmar_bus::record::{
    BalanceStatement, CancelOrder, ContractKind, ContractSize, ExecutionReport, FrameSource,
    InstrumentDefinition, InstrumentId, Intent, Level, Nanos, Notional, PositionStatement, Price, Quantity,
    RequestKind, Side, SyncState, Text, TopOfBook, TopSource, UnixNanos, WideNumber,
};
use fulmar_engine::contract::{InboundFrame, OrderSession as _, OrderSink};
use fulmar_engine::trading::InstrumentRules;
use fulmar_engine::trading::risk::{Context, Guards, RiskGate, RiskLimits, ScopeBreaches, Verdict};

use super::judge::{SYMBOLS, order_id};

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
        let config = BinanceConfig::production(Product::Spot);
        let mut session = BinanceOrderEntry::new(&config, KeyKind::Unsigned);
        session.define(ETH, &ether());
        let (tick, lot) = (Price(1), Quantity(1));
        let rules = InstrumentRules {
            tick,
            lot,
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: Notional(0),
            iceberg_parts_max: 0,
            price_scale: SYMBOLS[1].1.price,
            quantity_scale: SYMBOLS[1].1.quantity,
            is_market_data_only: false,
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
            guards: Guards::NONE,
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
            12 => self.cancel_all(),
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
            open_notional: 0,
            own_opposite: None,
            unknown_orders: 0,
            unknown_since: None,
            is_permitted: true,
            is_killed: false,
            covered_qty: None,
            scopes: ScopeBreaches::default(),
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

    fn cancel_all(&mut self) {
        let all = self.gate.pass_cancel_all(ETH, self.now);
        self.session.cancel_all(self.now, &all, &mut self.told);
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
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
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

    fn balance(&mut self, told: &BalanceStatement) {
        assert_ne!(told.asset.as_str(), "", "{told:?}");
    }

    fn position(&mut self, instrument_id: InstrumentId, _: &PositionStatement) {
        assert_eq!(instrument_id, ETH, "an instrument that the session was told of");
    }

    fn request(&mut self, _: u8, kind: RequestKind, _: Nanos, bytes: &[u8]) {
        assert!(kind != RequestKind::HttpGet && bytes.len() <= limits::REQUEST_BYTES_MAX);
    }
}
