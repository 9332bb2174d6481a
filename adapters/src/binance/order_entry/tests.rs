//! Orders through a venue that answers what the test says, in virtual time.

mod canceling_all;
mod changes;
mod converging;
mod errors;
mod futures;
mod halts;
mod inquiries;
mod login;
mod missing;
mod reconciling;
mod replacing;
mod signing;

use std::sync::{Arc, Mutex};

use fulmar_bus::record::{
    BalanceStatement, ClientOrderId, ContractKind, ExecutionReport, Intent, Level, LiquiditySide, Notional,
    PositionStatement, Price, Quantity, Side, StrategyId, SyncState, TimeInForce, TopOfBook, TopSource,
};
use fulmar_engine::contract::{local_reason, venue_reason};
use fulmar_engine::trading::InstrumentRules;
use fulmar_engine::trading::risk::{Context, Guards, RiskGate, RiskLimits, ScopeBreaches, Verdict};

use super::super::limits::{LOGIN_WAIT, QUERY_WAIT_MAX, REFUSED_WAIT, SETTLED_AFTER};
use super::*;

const BTC: InstrumentId = InstrumentId(2);
const SCALES: Scales = Scales { price: 2, quantity: 5 };

#[derive(Default)]
struct Log {
    reports: Vec<ExecutionReport>,
    balances: Vec<BalanceStatement>,
    requests: Vec<(RequestKind, Nanos, String)>,
}

impl OrderSink for Log {
    fn report(&mut self, instrument_id: InstrumentId, report: &ExecutionReport) {
        assert_eq!(instrument_id, BTC);
        self.reports.push(*report);
    }

    fn balance(&mut self, told: &BalanceStatement) {
        self.balances.push(*told);
    }

    fn position(&mut self, _instrument_id: InstrumentId, told: &PositionStatement) {
        panic!("spot holds no derivative: {told:?}");
    }

    fn request(&mut self, _connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]) {
        self.requests.push((kind, delay, String::from_utf8(bytes.to_vec()).expect("requests are text")));
    }
}

struct Bench {
    session: BinanceOrderEntry,
    log: Log,
    now: UnixNanos,
    gate: RiskGate,
    truth: Truth,
}

/// What the venue answers to what the session asks by itself.
struct Truth {
    /// Whether it answers at all.
    answers: bool,
    /// How far its clock is ahead.
    ahead: Nanos,
    account: String,
    open_orders: Vec<String>,
    /// Trades, with their ids.
    trades: Vec<(u64, String)>,
}

impl Truth {
    fn new() -> Self {
        let account =
            r#"{"canTrade":true,"updateTime":5,"balances":[{"asset":"USDT","free":"100.5","locked":"0.5"}]}"#;
        let account = account.to_owned();
        Truth { answers: true, ahead: Nanos(0), account, open_orders: Vec::new(), trades: Vec::new() }
    }

    /// The answer to a request of the session's own.
    fn answer(&self, now: UnixNanos, request: &str) -> Option<String> {
        let parts: Vec<&str> = request.split('"').collect();
        let (id, method) = (*parts.get(3)?, *parts.get(7)?);
        let own = id.starts_with('n') || id.starts_with('r');
        let result = match method {
            _ if !own || !self.answers => return None,
            "time" => format!(r#"{{"serverTime":{}}}"#, (now + self.ahead).0 / 1_000_000),
            "account.status" => self.account.clone(),
            "openOrders.status" => format!("[{}]", self.open_orders.join(",")),
            "myTrades" => {
                let number = |name: &str| {
                    let at = request.find(&format!(r#""{name}":"#))? + name.len() + 3;
                    let digits: String = request[at..].chars().take_while(char::is_ascii_digit).collect();
                    digits.parse::<u64>().ok()
                };
                let limit = usize::try_from(number("limit").expect("it is bounded")).expect("small");
                let rows: Vec<&str> = match number("fromId") {
                    Some(from) => {
                        let wanted = self.trades.iter().filter(|(id, _)| *id >= from);
                        wanted.take(limit).map(|(_, row)| row.as_str()).collect()
                    }
                    None => self.trades.last().into_iter().map(|(_, row)| row.as_str()).collect(),
                };
                format!("[{}]", rows.join(","))
            }
            _ => panic!("the session asks for {method}"),
        };
        Some(format!(r#"{{"id":"{id}","status":200,"result":{result}}}"#))
    }
}

fn btc() -> InstrumentDefinition {
    let scales = (SCALES.price, SCALES.quantity);
    InstrumentDefinition::inferred(("binance-spot", "BTCUSDT"), ContractKind::Spot, scales)
}

impl Bench {
    /// Logged in, with nothing in the log.
    fn new() -> Self {
        let config = BinanceConfig::production(Product::Spot);
        let mut bench = Bench {
            session: BinanceOrderEntry::new(&config, KeyKind::Unsigned),
            log: Log::default(),
            now: UnixNanos::from_millis(1_700_000_000_000),
            gate: gate(),
            truth: Truth::new(),
        };
        bench.session.define(BTC, &btc());
        bench.log_in();
        bench.log.balances.clear();
        bench
    }

    /// As [`Bench::new`], with a key of this kind and nothing logged in.
    fn with_key(key: KeyKind) -> Self {
        let config = BinanceConfig::production(Product::Spot);
        Bench { session: BinanceOrderEntry::new(&config, key), ..Bench::new() }
    }

    /// As after a boot: nothing is known any more.
    fn begin_anew(&mut self) {
        self.session = BinanceOrderEntry::new(&BinanceConfig::production(Product::Spot), KeyKind::Unsigned);
        self.session.define(BTC, &btc());
    }

    /// Answers what the session asks by itself; the rest stays in the log.
    fn answer_own(&mut self) {
        let mut rest = Vec::new();
        while !self.log.requests.is_empty() {
            for (kind, delay, text) in std::mem::take(&mut self.log.requests) {
                match self.truth.answer(self.now, &text) {
                    Some(answer) => self.message(&answer),
                    None => rest.push((kind, delay, text)),
                }
            }
        }
        self.log.requests = rest;
    }

    fn log_in(&mut self) {
        self.feed(FrameSource::Opened, "");
        assert!(!self.session.is_ready());
        self.answer_own();
        let login = self.asked().pop().expect("a login");
        let timestamp = (self.now + self.truth.ahead).0 / 1_000_000;
        assert_eq!(
            login,
            format!(
                r#"{{"id":"l","method":"userDataStream.subscribe.signature","params":{{"apiKey":"","recvWindow":5000,"timestamp":{timestamp}}}}}"#
            )
        );
        self.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        assert!(!self.session.is_ready(), "what stands is asked for first");
        self.answer_own();
        assert_eq!(self.session.is_ready(), self.truth.answers);
    }

    fn feed(&mut self, source: FrameSource, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 0, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.log);
    }

    fn message(&mut self, text: &str) {
        self.feed(FrameSource::Message, text);
    }

    fn event(&mut self, x: &str, status: &str, ids: (&str, &str), trade: &str) {
        let (id, original) = ids;
        self.message(&format!(
            r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"{id}","S":"BUY","o":"LIMIT","f":"GTC",
"q":"0.50000000","p":"100.00000000","C":"{original}","x":"{x}","X":"{status}","r":"NONE","i":77,"T":1700000000123,{trade}}}}}"#
        ));
    }

    fn error(&mut self, purpose: &str, code: i32, message: &str) {
        self.error_of((purpose, 0), code, message);
    }

    /// What the venue says against a request about the order as this change named it, or against the change.
    fn error_of(&mut self, (purpose, revision): (&str, u16), code: i32, message: &str) {
        let name = OrderName { id: order_id(1), revision }.text();
        let name = str::from_utf8(name.as_bytes()).expect("text");
        self.message(&format!(
            r#"{{"id":"{purpose}{name}","status":400,"error":{{"code":{code},"msg":"{message}"}}}}"#
        ));
    }

    fn submit(&mut self, change: impl FnOnce(&mut Intent)) {
        let mut intent = Intent::limit(order_id(1), Side::Buy, Price(10_000), Quantity(50_000));
        change(&mut intent);
        match self.gate.check(&intent, BTC, &context(self.now)) {
            Verdict::Approved(approved) => self.session.submit(self.now, &approved, &mut self.log),
            Verdict::Denied(denial) => panic!("the gate denied the test's order: {denial:?}"),
        }
    }

    /// An order that the venue has, nothing in the log.
    fn accepted() -> Self {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        bench.event("NEW", "NEW", (&order_id(1).to_string(), ""), NOTHING);
        assert_eq!(bench.told().last(), Some(&(ExecutionType::Accepted, OrderStatus::Accepted)));
        bench.asked();
        bench
    }

    /// The venue has order 1 in its book, with so much of it traded.
    fn stands_there(&mut self, executed: &str) {
        let answer = standing("s", "NEW", executed);
        let (_, row) = answer.split_once(r#""result":"#).expect("an answer");
        self.truth.open_orders = vec![row[..row.len() - 1].to_owned()];
    }

    fn cancel(&mut self, counter: u64) {
        let cancel = CancelOrder { client_order_id: order_id(counter), venue_order_id: 0 };
        let approved = self.gate.pass_cancel(cancel, BTC, self.now);
        self.session.cancel(self.now, &approved, &mut self.log);
    }

    /// Lets time pass, serving the session whenever it asks to be.
    fn pass(&mut self, duration: Nanos) {
        let end = self.now + duration;
        while let Some(due_at) = self.session.due_at().filter(|due_at| *due_at <= end) {
            self.now = self.now.max(due_at);
            self.session.on_time(self.now, &mut self.log);
            self.answer_own();
            assert_ne!(self.session.due_at(), Some(due_at), "what is due once is not due at once again");
        }
        self.now = end;
    }

    /// What was reported since the last call.
    fn told(&mut self) -> Vec<(ExecutionType, OrderStatus)> {
        self.log.reports.drain(..).map(|report| (report.execution, report.status)).collect()
    }

    /// What was sent since the last call.
    fn asked(&mut self) -> Vec<String> {
        self.log.requests.drain(..).map(|(_, _, text)| text).collect()
    }

    fn asked_methods(&mut self) -> Vec<String> {
        let method = |text: &String| text.split('"').nth(7).unwrap_or(text).to_owned();
        self.asked().iter().map(method).collect()
    }
}

/// Keeps the warnings of the thread that it is the default of.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// What was warned of since the last call.
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut visit = |_: &tracing::field::Field, text: &dyn std::fmt::Debug| {
            self.0.lock().unwrap().push(format!("{text:?}"));
        };
        event.record(&mut visit);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

const NOTHING: &str =
    r#""l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"t":-1,"m":false"#;
const UNKNOWN: (ExecutionType, OrderStatus) = (ExecutionType::Unknown, OrderStatus::Unknown);
const ACCEPTED: (ExecutionType, OrderStatus) = (ExecutionType::Accepted, OrderStatus::Accepted);
const REJECTED: (ExecutionType, OrderStatus) = (ExecutionType::Rejected, OrderStatus::Rejected);

fn order_id(counter: u64) -> ClientOrderId {
    ClientOrderId::new(7, StrategyId(2), counter)
}

fn level(price: i64) -> Level {
    Level { price: Price(price), quantity: Quantity(1) }
}

/// A book, and nothing that stands.
fn context(now: UnixNanos) -> Context {
    Context {
        now,
        top: Some(TopOfBook::new(level(10_000), level(10_001), 1, now, TopSource::Book)),
        sync: SyncState::Live,
        last_update_at: now,
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
    }
}

fn gate() -> RiskGate {
    let rules = InstrumentRules {
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: Notional(0),
        iceberg_parts_max: 10,
        price_scale: SCALES.price,
        quantity_scale: SCALES.quantity,
        is_market_data_only: false,
    };
    let limits = RiskLimits {
        order_quantity_max: i64::MAX,
        order_notional_max: i128::MAX,
        position_max: i64::MAX,
        open_orders_max: 100,
        messages_max: 1_000,
        messages_reserved_for_cancels: 1,
        message_window_ns: 1_000_000_000,
        market_data_age_max_ns: 1_000,
        guards: Guards::NONE,
    };
    let mut gate = RiskGate::new();
    gate.control(BTC, rules, limits);
    gate
}

fn standing(purpose: &str, status: &str, executed: &str) -> String {
    let id = order_id(1);
    format!(
        r#"{{"id":"{purpose}{id}","status":200,"result":{{"symbol":"BTCUSDT","orderId":77,"clientOrderId":"{id}","price":"100.00",
"origQty":"0.50000","executedQty":"{executed}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":5}}}}"#
    )
}

/// The answer to `myTrades`: these trades of the first order, each with its number and quantity.
fn trades(rows: &[(u64, &str)]) -> String {
    let row = |(trade_id, quantity): &(u64, &str)| {
        format!(
            r#"{{"symbol":"BTCUSDT","id":{trade_id},"orderId":77,"price":"99.00","qty":"{quantity}","commission":"0.00",
"commissionAsset":"BNB","time":6,"isBuyer":true,"isMaker":false}}"#
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(r#"{{"id":"t{}","status":200,"result":[{}]}}"#, order_id(1), rows.join(","))
}

#[test]
fn each_kind_of_order_is_written_as_the_venue_wants_it() {
    type Change = fn(&mut Intent);
    let kinds: [(Change, &str, &str); 6] = [
        (|_| {}, r#""price":"100","#, r#""timeInForce":"GTC","timestamp":1700000000000,"type":"LIMIT""#),
        (
            |intent| intent.time_in_force = TimeInForce::Ioc,
            r#""price":"100","#,
            r#""timeInForce":"IOC","timestamp":1700000000000,"type":"LIMIT""#,
        ),
        (
            |intent| intent.time_in_force = TimeInForce::Fok,
            r#""price":"100","#,
            r#""timeInForce":"FOK","timestamp":1700000000000,"type":"LIMIT""#,
        ),
        (
            |intent| intent.post_only = 1,
            r#""price":"100","#,
            r#""timestamp":1700000000000,"type":"LIMIT_MAKER""#,
        ),
        (
            |intent| intent.price = Price(12_345),
            r#""price":"123.45","#,
            r#""timeInForce":"GTC","timestamp":1700000000000,"type":"LIMIT""#,
        ),
        (
            |intent| *intent = Intent::market(intent.client_order_id, Side::Buy, Quantity(50_000)),
            "",
            r#""timestamp":1700000000000,"type":"MARKET""#,
        ),
    ];
    for (change, price, end) in kinds {
        let mut bench = Bench::new();
        bench.submit(change);
        let id = "F000000070002000000000001";
        let expected = format!(
            r#"{{"id":"p{id}","method":"order.place","params":{{"apiKey":"","newClientOrderId":"{id}","newOrderRespType":"ACK",{price}"quantity":"0.5","recvWindow":5000,"side":"BUY","symbol":"BTCUSDT",{end}}}}}"#
        );
        assert_eq!(bench.asked(), [expected]);
        assert_eq!(bench.told(), [], "the gate told that it left");
    }
}

#[test]
fn an_order_is_accepted_once_whether_its_answer_or_its_event_comes_first() {
    let answer = format!(
        r#"{{"id":"p{}","status":200,"result":{{"symbol":"BTCUSDT","orderId":77,"clientOrderId":"x","transactTime":5}}}}"#,
        order_id(1)
    );
    for is_answer_first in [true, false] {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        if is_answer_first {
            bench.message(&answer);
            assert_eq!(bench.log.reports[0].venue_order_id, 77);
            bench.event("NEW", "NEW", (&order_id(1).to_string(), ""), NOTHING);
        } else {
            bench.event("NEW", "NEW", (&order_id(1).to_string(), ""), NOTHING);
            bench.message(&answer);
        }
        assert_eq!(bench.told(), [ACCEPTED]);
        bench.asked();
        bench.stands_there("0.00000");
        bench.pass(Nanos::from_secs(3_600));
        assert_eq!((bench.told(), bench.asked()), (vec![], vec![]), "what is known is not asked for");
    }
}

#[test]
fn a_trade_says_what_traded_and_what_it_cost() {
    let mut bench = Bench::accepted();
    let trade =
        r#""l":"0.20000000","z":"0.30000000","L":"99.50000000","n":"0.00000123","N":"BNB","t":5001,"m":true"#;
    bench.event("TRADE", "PARTIALLY_FILLED", (&order_id(1).to_string(), ""), trade);
    let report = bench.log.reports[0];
    assert_eq!((report.execution, report.status), (ExecutionType::Trade, OrderStatus::PartiallyFilled));
    assert_eq!((report.last_qty, report.last_px, report.trade_id), (Quantity(20_000), Price(9_950), 5_001));
    assert_eq!((report.cumulative_qty, report.leaves_qty), (Quantity(30_000), Quantity(20_000)));
    assert_eq!((report.liquidity_side, report.venue_order_id), (LiquiditySide::Maker, 77));
    assert_eq!(Notional::from(report.commission), Notional(1_230_000_000_000), "at eighteen digits");
    assert_eq!((report.commission_asset.as_str(), report.side), ("BNB", Side::Buy));
    assert_eq!(report.venue_at, UnixNanos::from_millis(1_700_000_000_123));
}

#[test]
fn a_canceled_order_is_named_by_its_original_id() {
    let mut bench = Bench::accepted();
    bench.cancel(1);
    let id = order_id(1).to_string();
    let expected = format!(
        r#"{{"id":"c{id}","method":"order.cancel","params":{{"apiKey":"","origClientOrderId":"{id}","recvWindow":5000,"symbol":"BTCUSDT","timestamp":1700000000000}}}}"#
    );
    assert_eq!(bench.asked(), [expected]);
    bench.event("CANCELED", "CANCELED", ("someone", &id), NOTHING);
    assert_eq!(bench.log.reports[0].client_order_id, order_id(1));
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
    bench.message(&standing("c", "CANCELED", "0.00000"));
    assert_eq!(bench.told(), [], "the answer came second");
    bench.pass(Nanos::from_secs(60));
    assert_eq!(bench.asked(), Vec::<String>::new());
}

#[test]
fn an_order_without_an_answer_is_unknown_and_asked_for_never_sent_again() {
    let mut bench = Bench::new();
    bench.submit(|_| {});
    bench.pass(ANSWER_MAX);
    assert_eq!(bench.told(), [UNKNOWN]);
    assert_eq!(bench.asked_methods(), ["order.place", "order.status"]);
    bench.pass(Nanos::from_secs(10));
    assert_eq!(bench.told(), [], "unknown is said once");
    assert!(bench.asked_methods().iter().all(|method| method == "order.status"));
    bench.message(&standing("s", "NEW", "0.00000"));
    assert_eq!(bench.told(), [ACCEPTED]);
    bench.stands_there("0.00000");
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked(), Vec::<String>::new());
}

#[test]
fn an_order_that_stays_unknown_is_asked_for_ever_more_slowly_and_told_once() {
    let warnings = Warnings::default();
    let mut bench = Bench::new();
    tracing::subscriber::with_default(warnings.clone(), || {
        bench.submit(|_| {});
        bench.pass(Nanos::from_secs(20));
        assert_eq!(warnings.taken(), Vec::<String>::new(), "nothing is told while tries are quick");
        bench.pass(Nanos::from_secs(24 * 60 * 60));
    });
    let id = order_id(1);
    let expected = format!("binance-spot: order {id} of BTCUSDT is not settled by 8 queries; more follow");
    assert_eq!(warnings.taken(), [expected]);
    assert!(bench.asked().len() > 24 * 60, "once in 32 s for a day");
    let quiet = Nanos(QUERY_WAIT_MAX.0 + ANSWER_MAX.0);
    bench.pass(quiet);
    assert_eq!(bench.asked_methods(), ["order.status"], "at the longest wait, and not more often");
    bench.message(&standing("s", "FILLED", "0.50000"));
    assert_eq!(bench.told(), [UNKNOWN, (ExecutionType::Accepted, OrderStatus::Filled)]);
    assert_eq!(bench.asked_methods(), ["myTrades"]);
    bench.message(&trades(&[(9, "0.50000")]));
    bench.pass(quiet);
    assert_eq!(bench.asked(), Vec::<String>::new(), "it has an end");
}

#[test]
fn an_order_that_does_not_exist_was_rejected_only_once_it_can_no_longer_arrive() {
    let mut bench = Bench::new();
    bench.submit(|_| {});
    bench.pass(ANSWER_MAX);
    bench.error("s", -2013, "Order does not exist.");
    assert_eq!(bench.told(), [UNKNOWN]);
    bench.pass(SETTLED_AFTER);
    bench.error("s", -2013, "Order does not exist.");
    assert_eq!(bench.told(), [REJECTED]);
}

#[test]
fn a_lost_connection_leaves_what_was_not_answered_unknown_and_the_next_login_asks() {
    let mut bench = Bench::accepted();
    bench.submit(|intent| intent.client_order_id = order_id(2));
    bench.asked();
    bench.feed(FrameSource::Closed, "reset");
    assert!(!bench.session.is_ready());
    assert_eq!(bench.told(), [UNKNOWN], "the one that was accepted stands");
    bench.pass(Nanos::from_secs(30));
    assert_eq!(bench.asked(), Vec::<String>::new(), "nobody asks without a connection");
    bench.log_in();
    assert_eq!(bench.asked_methods(), ["order.status", "order.status"]);
    bench.message(&standing("s", "FILLED", "0.50000"));
    let report = bench.log.reports[0];
    assert_eq!(
        (report.status, report.cumulative_qty, report.leaves_qty),
        (OrderStatus::Filled, Quantity(50_000), Quantity(0))
    );
    assert_eq!(bench.asked_methods(), ["myTrades"], "its trades were not told");
    let id = order_id(1);
    bench.message(&format!(
        r#"{{"id":"t{id}","status":200,"result":[
{{"symbol":"BTCUSDT","id":8,"orderId":77,"price":"99.00","qty":"0.20000","commission":"0.00","commissionAsset":"BNB","time":6,"isBuyer":true,"isMaker":false}},
{{"symbol":"BTCUSDT","id":9,"orderId":77,"price":"99.50","qty":"0.30000","commission":"0.00","commissionAsset":"BNB","time":7,"isBuyer":true,"isMaker":true}}]}}"#
    ));
    let trades: Vec<_> = bench.log.reports[1..]
        .iter()
        .map(|report| (report.trade_id, report.last_qty, report.cumulative_qty))
        .collect();
    assert_eq!(trades, [(8, Quantity(20_000), Quantity(20_000)), (9, Quantity(30_000), Quantity(50_000))]);
}

#[test]
fn a_cancel_that_is_refused_leaves_the_order_to_a_query() {
    let mut bench = Bench::accepted();
    bench.cancel(1);
    bench.error("c", -2011, "Unknown order sent.");
    assert_eq!(bench.told(), [(ExecutionType::CancelRejected, OrderStatus::Accepted)]);
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.status"]);

    bench.message(&standing("s", "FILLED", "0.50000"));
    assert_eq!(bench.told(), [(ExecutionType::Accepted, OrderStatus::Filled)]);
}

#[test]
fn a_cancel_that_was_not_answered_is_sent_again_also_after_a_lost_connection() {
    let mut bench = Bench::accepted();
    bench.cancel(1);
    bench.pass(ANSWER_MAX);
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.cancel"]);
    bench.feed(FrameSource::Closed, "reset");
    bench.pass(Nanos::from_secs(60));
    assert_eq!(bench.asked(), Vec::<String>::new());
    bench.log_in();
    assert_eq!(bench.asked_methods(), ["order.cancel"]);
    bench.message(&standing("c", "CANCELED", "0.00000"));
    bench.event("CANCELED", "CANCELED", ("someone", &order_id(1).to_string()), NOTHING);
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
}

#[test]
fn an_order_of_an_earlier_boot_can_be_canceled() {
    let mut bench = Bench::new();
    bench.cancel(1);
    bench.message(&standing("c", "CANCELED", "0.00000"));
    assert_eq!(bench.told(), [], "its event tells, and comes after its last trade");
    bench.pass(ANSWER_MAX);
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.status"], "and if it does not come");
    bench.message(&standing("s", "CANCELED", "0.00000"));
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
}

#[test]
fn an_order_of_an_earlier_boot_that_is_gone_is_not_asked_for_forever() {
    let mut bench = Bench::new();
    bench.cancel(1);
    bench.error("c", -2011, "Unknown order sent.");
    bench.pass(SETTLED_AFTER);
    bench.asked();
    bench.error("s", -2013, "Order does not exist.");
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked(), Vec::<String>::new());
    assert_eq!(bench.told(), [(ExecutionType::CancelRejected, OrderStatus::Accepted)]);
}

#[test]
fn what_cannot_be_read_is_counted_and_its_order_asked_for() {
    let mut bench = Bench::accepted();
    bench.event("MYSTERY", "NEW", (&order_id(1).to_string(), ""), NOTHING);
    assert_eq!(bench.session.counters().decode_errors[DecodeError::UnknownValue as usize], 1);
    bench.pass(Nanos::from_millis(1));
    assert_eq!(bench.asked_methods(), ["order.status"]);
    for text in ["", "{", "[]", "{\"id\":7}", "{\"id\":\"\"}", "{\"id\":\"pX\"}", "{\"event\":1}", "\u{0}"] {
        bench.message(text);
    }
    assert_eq!(bench.session.counters().decode_error_count(), 9, "{:?}", bench.session.counters());
    bench.message(r#"{"subscriptionId":0,"event":{"e":"balanceUpdate","a":"BTC"}}"#);
    assert_eq!(bench.session.counters().ignored_frames, 1);
}

#[test]
fn a_login_that_is_refused_or_not_answered_and_a_stream_that_ends_reconnect() {
    let mut bench = Bench::new();
    bench.message(r#"{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1}}"#);
    bench.feed(FrameSource::Opened, "");
    bench.message(r#"{"id":"l","status":401,"error":{"code":-2015,"msg":"Invalid API-key"}}"#);
    assert!(!bench.session.is_ready());
    bench.feed(FrameSource::Opened, "");
    bench.pass(LOGIN_WAIT);
    let reconnects: Vec<_> =
        bench.log.requests.iter().filter(|(kind, ..)| *kind == RequestKind::Reconnect).collect();
    assert_eq!(reconnects.len(), 3);
    assert_eq!(reconnects[1].1, LOGIN_WAIT);
}
