//! Between a frame's bytes and the records that follow from it nothing is allocated, once every book has had its first
//! snapshot: feed, book, bars, strategy, risk gate and paper gateway, on generated frames and on recorded ones; and none
//! between an order or a venue's word on one and what the order session makes of it, signature included.
//!
//! The allocator of this program counts what this thread asks for, while it is told to.
#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe contract; this one hands everything to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use fulmar::venues;
use fulmar_adapters::binance::{BinanceConfig, BinanceOrderEntry, Credentials, Product};
use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader, target_of};
use fulmar_bus::record::{
    AccountId, CancelOrder, ClientOrderId, ContractKind, ExecutionReport, FrameSource, InstrumentDefinition,
    InstrumentId, Intent, Level, Nanos, Notional, Price, Quantity, RequestKind, Side, StrategyId, SyncState,
    Text, TopOfBook, TopSource, UnixNanos, WideNumber,
};
use fulmar_engine::contract::{Context, Event, InboundFrame, NewOrder, OrderSession, OrderSink, Strategy};
use fulmar_engine::runtime::counters;
use fulmar_engine::trading::InstrumentRules;
use fulmar_engine::trading::risk::{Context as GateContext, RiskGate, RiskLimits, RiskSettings, Verdict};
use fulmar_engine::wiring::{
    EnginePlan, InstrumentPlan, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan,
};
use fulmar_tests::captures::folder;
use fulmar_tests::market;
use fulmar_tests::stage::Stage;

/// Hands on to the system's allocator, and counts.
struct Counting;

thread_local! {
    static COUNT: Cell<Option<u64>> = const { Cell::new(None) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get().map(|count| count + 1)));
        // SAFETY: the caller keeps the contract of `alloc`, which is the same one.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the block came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `work` allocates on this thread; growing a block counts, since it asks for another.
fn allocations(work: impl FnOnce()) -> u64 {
    COUNT.set(Some(0));
    work();
    COUNT.take().expect("it was set above")
}

/// Buys, sells and waits in turn, again and again, at every so many changes of the best prices.
struct Restless {
    quotes_between: u64,
    quote_count: u64,
}

impl Strategy for Restless {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.quote_count += 1;
        if !quote.is_two_sided() || !self.quote_count.is_multiple_of(self.quotes_between) {
            return;
        }
        let order = match self.quote_count / self.quotes_between % 3 {
            0 => NewOrder::limit(Side::Buy, quote.ask.price, Quantity(100_000)),
            1 => NewOrder::limit(Side::Sell, quote.bid.price, Quantity(100_000)),
            _ => NewOrder::limit(Side::Buy, Price(quote.bid.price.0 - 1_000_000), Quantity(100_000)),
        };
        context.cancel_all(quote.instrument_id);
        // What is not handed to the gate is counted by the view.
        let _ = context.submit(quote.instrument_id, order);
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| {}), 0);
    let mut grown = Vec::with_capacity(1);
    let count = allocations(|| grown.extend([1, 2, 3]));
    assert_eq!((count, grown.len()), (1, 3));
}

#[test]
fn trading_on_generated_frames_allocates_nothing() {
    let mut stage = Stage::build(plan("binance-spot", &[market::SYMBOL.to_owned()], 1));
    stage.player.start(stage.now);
    stage.answer(&market::definition());
    stage.opened();
    stage.message(&market::depth((101, 103), &[("60999.00", "1.5")], &[]));
    stage.answer(&market::snapshot(102, &[("60990.00", "1.0")], &[("61010.00", "2.0")]));

    let mut frames = Frames { update_id: 103, trade_id: 0 };
    (0..64).for_each(|_| frames.next_round().iter().for_each(|frame| stage.message(frame)));
    for round in 0..512 {
        // The frames are the venue's: what making them costs is not the engine's.
        let round_frames = frames.next_round();
        stage.now = stage.now + Nanos::from_millis(30);
        let count = allocations(|| round_frames.iter().for_each(|frame| stage.message(frame)));
        assert_eq!(count, 0, "round {round}");
    }
    let records = stage.assembly.digests().record_count();
    let seats = stage.player.stop(stage.now);
    assert!(records > 512 * 8, "{records} records: the strategy must have traded all along");
    for counter in ["decode_errors", "lost_records", "orphan_reports", "malformed_records", "not_submitted"] {
        assert_eq!(counters(&seats).get(counter), None, "{counter}");
    }
}

#[test]
fn recorded_frames_allocate_nothing() {
    let Some(folder) = folder("allocations::recorded_frames") else { return };
    for name in ["binance-spot_btcusdt_2024-08-08", "binance-usdm_btcusdt_2024-08-08"] {
        let mut reader = CaptureReader::open(&folder.join(format!("{name}.capture.zst"))).expect("a capture");
        let mut stage: Option<Stage> = None;
        let (mut is_live, mut counted, mut allocated) = (false, 0_u64, Vec::new());
        while let Some(line) = reader.next_line().expect("a whole capture") {
            if let CaptureLine::Header { venue, instruments, .. } = &line {
                stage = Some(Stage::build(plan(venue, instruments, 32)));
                continue;
            }
            let stage = stage.as_mut().expect("a capture begins with its header");
            stage.now = stage.now.max(line.at());
            match &line {
                CaptureLine::Http { url, body, status, .. } => {
                    let answer = format!("{}\n{body}", target_of(url));
                    stage.frame(FrameSource::Http, *status, answer.as_bytes());
                    is_live = true;
                }
                CaptureLine::Recv { data, .. } if is_live => {
                    counted += 1;
                    let count = allocations(|| stage.message(data));
                    allocated.extend((count > 0).then_some((counted, count)));
                }
                CaptureLine::Recv { data, .. } => stage.message(data),
                _ => {}
            }
        }
        let late: Vec<_> = allocated.iter().filter(|(frame, _)| *frame > WARM_UP_FRAMES).collect();
        assert!(counted > 10 * WARM_UP_FRAMES, "{name}: {counted} frames");
        assert!(
            late.is_empty(),
            "{name}: {} frames allocated, such as {:?}",
            late.len(),
            &late[..late.len().min(9)]
        );
    }
}

/// Frames behind the snapshot that may still find a buffer too short.
const WARM_UP_FRAMES: u64 = 1_000;

/// Frames of a market that goes up and down.
struct Frames {
    update_id: u64,
    trade_id: u64,
}

impl Frames {
    /// An update of the book, a trade and a ticker, each of which moves the best price.
    fn next_round(&mut self) -> [String; 3] {
        self.update_id += 1;
        self.trade_id += 1;
        let step = self.trade_id % 7;
        let (bid, ask) = (format!("60999.{step}0"), format!("61000.{step}0"));
        let old = format!("61000.{}0", (self.trade_id - 1) % 7);
        let old_bid = format!("60999.{}0", (self.trade_id - 1) % 7);
        let asks = if step == 0 {
            [(old.as_str(), "0"), (ask.as_str(), "2.5")]
        } else {
            [(&*ask, "2.5"), (&*old, "0")]
        };
        let depth = market::depth(
            (self.update_id, self.update_id),
            &[(old_bid.as_str(), "0"), (bid.as_str(), "1.25")],
            &asks,
        );
        let trade = market::trade(self.trade_id, &ask, "0.5");
        let ticker = market::ticker(self.update_id, (&bid, "1.5"), (&ask, "2.25"));
        [depth, trade, ticker]
    }
}

/// An engine of these instruments, with one strategy that trades them on paper.
fn plan(venue: &str, symbols: &[String], quotes_between: u64) -> EnginePlan {
    let ids: Vec<InstrumentId> = (0..symbols.len()).map(venues::instrument_id).collect();
    let named: Vec<_> = symbols.iter().map(String::as_str).zip(ids.iter().copied()).collect();
    let session = venues::capture_session(venue, &named).expect("a venue of this build");
    let risk = RiskSettings {
        order_quantity_max: "10".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "1000".to_owned(),
        open_orders_max: 64,
        messages_per_second: 1_000_000,
        stale_after: Nanos::from_secs(3600),
    };
    let name = |symbol: &String| format!("{venue}:{symbol}");
    EnginePlan {
        instruments: symbols
            .iter()
            .map(|symbol| InstrumentPlan { name: name(symbol), risk: Some(risk.clone()) })
            .collect(),
        pairs: symbols
            .iter()
            .zip(&ids)
            .map(|(symbol, id)| PairPlan { name: name(symbol), instruments: vec![*id] })
            .collect(),
        strategies: vec![StrategyPlan {
            name: "restless".to_owned(),
            strategy: Box::new(Restless { quotes_between, quote_count: 0 }),
            instruments: ids.clone(),
        }],
        venues: vec![VenuePlan { session, instruments: ids }],
        bar_intervals: vec![Nanos::from_secs(1), Nanos::from_secs(60)],
        orders: OrderRoute::Paper { account_id: AccountId(0) },
        rings: RingSizes::default(),
        epoch: 1,
        journal_directory: None,
    }
}

/// The venue's words on one order, in the order in which it says them: its answer to the order, its report that it has
/// it, a trade of half of it, its answer to the cancel, and its report that it is canceled.
fn words_on(id: ClientOrderId) -> [String; 5] {
    let report = |client_id: &str, original: &str, kind: &str, status: &str, traded: &str| {
        format!(
            concat!(
                r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":1700000000124,"s":"BTCUSDT","#,
                r#""c":"{}","S":"BUY","o":"LIMIT","f":"GTC","q":"0.50000000","p":"100.00000000","#,
                r#""P":"0.00000000","F":"0.00000000","g":-1,"C":"{}","x":"{}","X":"{}","r":"NONE","#,
                r#""i":4293153,{},"T":1700000000123,"I":8641984,"w":true,"M":false,"O":1700000000100,"#,
                r#""Y":"0.00000000","Q":"0.00000000","W":1700000000100,"V":"NONE"}}}}"#
            ),
            client_id, original, kind, status, traded
        )
    };
    let nothing = r#""l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"t":-1,"m":false"#;
    let half =
        r#""l":"0.25000000","z":"0.25000000","L":"100.00000000","n":"0.00025","N":"BTC","t":77,"m":true"#;
    let text = id.to_string();
    [
        format!(
            r#"{{"id":"p{text}","status":200,"result":{{"symbol":"BTCUSDT","orderId":4293153,"orderListId":-1,"clientOrderId":"{text}","transactTime":1700000000123}}}}"#
        ),
        report(&text, "", "NEW", "NEW", nothing),
        report(&text, "", "TRADE", "PARTIALLY_FILLED", half),
        format!(
            r#"{{"id":"c{text}","status":200,"result":{{"symbol":"BTCUSDT","origClientOrderId":"{text}","orderId":4293153,"clientOrderId":"theirs","transactTime":1700000000123,"price":"100.00000000","origQty":"0.50000000","executedQty":"0.25000000","status":"CANCELED","side":"BUY"}}}}"#
        ),
        report("theirs", &text, "CANCELED", "CANCELED", half),
    ]
}

/// Counts what an order session tells.
#[derive(Default)]
struct Told {
    request_count: u64,
    request_bytes: usize,
    report_count: u64,
}

impl OrderSink for Told {
    fn report(&mut self, _: InstrumentId, _: &ExecutionReport) {
        self.report_count += 1;
    }

    fn request(&mut self, _: u8, _: RequestKind, _: Nanos, bytes: &[u8]) {
        self.request_count += 1;
        self.request_bytes += bytes.len();
    }
}

/// The order entry of an account with a secret, logged in, behind a gate that lets everything pass.
struct Desk {
    session: BinanceOrderEntry,
    gate: RiskGate,
    told: Told,
    now: UnixNanos,
}

impl Desk {
    fn new() -> Self {
        let secret = Some("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".to_owned());
        let credentials = Credentials { api_key: "key".to_owned(), secret };
        let config = BinanceConfig::production(Product::Spot);
        let mut session = BinanceOrderEntry::new(&config, &credentials);
        let definition = InstrumentDefinition {
            venue: Text::new("binance-spot").expect("it fits"),
            symbol: Text::new("BTCUSDT").expect("it fits"),
            base: Text::default(),
            quote: Text::default(),
            tick: Price(1),
            lot: Quantity(1),
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: WideNumber::default(),
            revision: 1,
            price_scale: 2,
            quantity_scale: 5,
            contract: ContractKind::Spot,
            is_inferred: 0,
        };
        session.define(InstrumentId(0), &definition);
        let rules = InstrumentRules {
            tick: Price(1),
            lot: Quantity(1),
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: Notional(0),
            price_scale: 2,
            quantity_scale: 5,
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
        gate.control(InstrumentId(0), rules, limits);
        let now = UnixNanos::from_millis(1_700_000_000_000);
        let mut desk = Desk { session, gate, told: Told::default(), now };
        desk.feed(FrameSource::Opened, "");
        desk.feed(FrameSource::Message, r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        assert!(desk.session.is_ready());
        desk
    }

    /// Gives a frame, and says what the session allocated over it.
    fn feed(&mut self, source: FrameSource, text: &str) -> u64 {
        let mut bytes = text.as_bytes().to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 0, received_at: self.now, bytes: &mut bytes };
        allocations(|| self.session.on_frame(self.now, frame, &mut self.told))
    }

    /// Sends an order, and says what the session allocated over it.
    fn submit(&mut self, id: ClientOrderId) -> u64 {
        let level = |price| Level { price: Price(price), quantity: Quantity(1_000_000) };
        let context = GateContext {
            now: self.now,
            top: Some(TopOfBook::new(level(10_000), level(10_001), 1, self.now, TopSource::Book)),
            sync: SyncState::Live,
            last_update_at: self.now,
            position: Quantity(0),
            open_buy_qty: 0,
            open_sell_qty: 0,
            open_orders: 0,
        };
        let intent = Intent::limit(id, Side::Buy, Price(10_000), Quantity(50_000));
        let Verdict::Approved(order) = self.gate.check(&intent, InstrumentId(0), &context) else {
            panic!("the gate denied the test's order");
        };
        allocations(|| self.session.submit(self.now, &order, &mut self.told))
    }

    fn cancel(&mut self, id: ClientOrderId) -> u64 {
        let cancel = CancelOrder { client_order_id: id, venue_order_id: 4_293_153 };
        let cancel = self.gate.pass_cancel(cancel, InstrumentId(0), self.now);
        allocations(|| self.session.cancel(self.now, &cancel, &mut self.told))
    }
}

#[test]
fn an_order_session_that_signs_allocates_nothing_from_an_order_to_its_end() {
    let mut desk = Desk::new();
    for counter in 1..=200 {
        let id = ClientOrderId::new(7, StrategyId(2), counter);
        let [placed, accepted, traded, cancel_taken, canceled] = words_on(id);
        let message = FrameSource::Message;
        let counts = [
            desk.submit(id),
            desk.feed(message, &placed),
            desk.feed(message, &accepted),
            desk.feed(message, &traded),
            desk.cancel(id),
            desk.feed(message, &cancel_taken),
            desk.feed(message, &canceled),
        ];
        desk.now = desk.now + Nanos::from_millis(10);
        assert!(counter == 1 || counts == [0; 7], "order {counter}: {counts:?}");
    }
    let counters = desk.session.counters();
    assert_eq!((counters.decode_error_count(), counters.venue_refusals), (0, 0), "{counters:?}");
    let Told { request_count, request_bytes, report_count } = desk.told;
    assert_eq!(request_count, 1 + 2 * 200, "the login, and an order and a cancel each");
    assert_eq!(report_count, 3 * 200, "accepted, traded and canceled, each told once");
    assert!(request_bytes / 401 > 200, "signed requests are no empty ones");
}
