//! The dialect of USD-margined futures: what is written otherwise, the account's own stream, positions, changes in
//! place, and the dead-man timer.

mod account;
mod canceling_all;
mod dead_man;
mod stream;

use fulmar_bus::record::InstrumentId;

use super::*;

const PUT: (ExecutionType, OrderStatus) = (ExecutionType::Updated, OrderStatus::Accepted);

/// A session of futures, and what it told of positions.
struct Futures {
    bench: Bench,
    positions: Vec<(i64, i64)>,
    requests: Vec<(u8, RequestKind, String)>,
    balances: String,
    held: String,
    open_orders: String,
    trades: String,
}

/// Takes what the session tells.
struct Sink<'a> {
    log: &'a mut Log,
    positions: &'a mut Vec<(i64, i64)>,
    requests: &'a mut Vec<(u8, RequestKind, String)>,
}

impl OrderSink for Sink<'_> {
    fn report(&mut self, instrument_id: InstrumentId, report: &ExecutionReport) {
        self.log.report(instrument_id, report);
    }

    fn balance(&mut self, told: &BalanceStatement) {
        self.log.balance(told);
    }

    fn position(&mut self, instrument_id: InstrumentId, told: &PositionStatement) {
        assert_eq!(instrument_id, BTC);
        self.positions.push((told.quantity.0, told.entry_px.0));
    }

    fn request(&mut self, connection: u8, kind: RequestKind, _delay: Nanos, bytes: &[u8]) {
        self.requests.push((connection, kind, String::from_utf8(bytes.to_vec()).expect("text")));
    }
}

impl Futures {
    /// Logged in, with nothing in the log.
    fn new() -> Self {
        let mut futures = Self::closed();
        futures.log_in();
        assert_eq!(futures.positions, [(0, 0)], "that nothing is held is told once");
        futures.positions.clear();
        futures.told();
        futures
    }

    fn closed() -> Self {
        let config = BinanceConfig::production(Product::UsdMargined);
        let mut session = BinanceOrderEntry::new(&config, KeyKind::Hmac);
        let scales = (SCALES.price, SCALES.quantity);
        let kind = ContractKind::LinearPerpetual;
        session.define(BTC, &InstrumentDefinition::inferred(("binance-usdm", "BTCUSDT"), kind, scales));
        Futures {
            bench: Bench { session, ..Bench::new() },
            positions: Vec::new(),
            requests: Vec::new(),
            balances: r#"[{"asset":"USDT","balance":"1000.5","availableBalance":"900","updateTime":5}]"#
                .to_owned(),
            held: "[]".to_owned(),
            open_orders: "[]".to_owned(),
            trades: "[]".to_owned(),
        }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut BinanceOrderEntry, UnixNanos, &mut Sink<'_>) -> T) -> T {
        let Bench { session, log, now, .. } = &mut self.bench;
        act(session, *now, &mut Sink { log, positions: &mut self.positions, requests: &mut self.requests })
    }

    fn feed(&mut self, (connection, source, status): (u8, FrameSource, u16), text: &str) {
        self.with(|session, now, sink| {
            let mut bytes = text.as_bytes().to_vec();
            let frame = InboundFrame { source, connection, status, received_at: now, bytes: &mut bytes };
            session.on_frame(now, frame, sink);
        });
    }

    fn event(&mut self, text: &str) {
        self.feed((1, FrameSource::Message, 0), text);
    }

    fn answer(&mut self, text: &str) {
        self.feed((0, FrameSource::Message, 0), text);
    }

    fn log_in(&mut self) {
        self.feed((0, FrameSource::Opened, 0), "");
        self.answer_own();
    }

    /// Answers what the session asks by itself; the rest stays.
    fn answer_own(&mut self) {
        let mut rest = Vec::new();
        while !self.requests.is_empty() {
            for (connection, kind, text) in std::mem::take(&mut self.requests) {
                if !self.answered(connection, kind, &text) {
                    rest.push((connection, kind, text));
                }
            }
        }
        self.requests = rest;
    }

    fn answered(&mut self, connection: u8, kind: RequestKind, text: &str) -> bool {
        let path = text.split('?').next().unwrap_or_default();
        let body = match (kind, path) {
            (RequestKind::Open, _) => {
                assert_eq!((connection, text), (1, "wss://fstream.binance.com/private/ws/listen"));
                self.feed((1, FrameSource::Opened, 0), "");
                return true;
            }
            (RequestKind::HttpPost, "/fapi/v1/listenKey") => r#"{"listenKey":"listen"}"#.to_owned(),
            (RequestKind::HttpGet, "/fapi/v1/openOrders") => self.open_orders.clone(),
            (RequestKind::HttpGet, "/fapi/v1/userTrades") => self.trades.clone(),
            (RequestKind::HttpPost, "/fapi/v1/countdownCancelAll") => return false,
            _ => {
                let parts: Vec<&str> = text.split('"').collect();
                let (id, method) = (parts[3], parts[7]);
                let at = self.bench.now.0 / 1_000_000;
                let result = match method {
                    "time" => format!(r#"{{"serverTime":{at}}}"#),
                    "v2/account.balance" => self.balances.clone(),
                    "v2/account.position" => self.held.clone(),
                    _ => return false,
                };
                self.answer(&format!(r#"{{"id":"{id}","status":200,"result":{result}}}"#));
                return true;
            }
        };
        self.feed((0, FrameSource::Http, 200), &format!("{text}\n{body}"));
        true
    }

    fn submit(&mut self, change: impl FnOnce(&mut Intent)) {
        let mut intent = Intent::limit(order_id(1), Side::Buy, Price(10_000), Quantity(50_000));
        change(&mut intent);
        let Verdict::Approved(approved) = self.bench.gate.check(&intent, BTC, &context(self.bench.now))
        else {
            panic!("the gate denied the test's order");
        };
        self.with(|session, now, sink| session.submit(now, &approved, sink));
    }

    /// An order that the venue has.
    fn accepted() -> Self {
        let mut futures = Futures::new();
        futures.submit(|_| {});
        let id = order_id(1);
        futures.event(&update("NEW", "NEW", &id.to_string(), QUIET));
        futures.pass(Nanos(0));
        assert_eq!(futures.told(), [ACCEPTED]);
        futures.requests.clear();
        futures
    }

    fn pass(&mut self, duration: Nanos) {
        let end = self.bench.now + duration;
        while let Some(due_at) = self.bench.session.due_at().filter(|due_at| *due_at <= end) {
            self.bench.now = self.bench.now.max(due_at);
            self.with(|session, now, sink| session.on_time(now, sink));
            self.answer_own();
            assert_ne!(
                self.bench.session.due_at(),
                Some(due_at),
                "what is due once is not due at once again"
            );
        }
        self.bench.now = end;
    }

    fn told(&mut self) -> Vec<(ExecutionType, OrderStatus)> {
        self.bench.told()
    }

    fn asked(&mut self) -> Vec<String> {
        self.requests.drain(..).map(|(_, _, text)| text).collect()
    }

    fn countdowns(&mut self) -> Vec<u64> {
        let time = |text: &String| text.split("countdownTime=").nth(1)?.split('&').next()?.parse().ok();
        self.asked().iter().filter_map(time).collect()
    }
}

const QUIET: &str = r#""l":"0","z":"0","L":"0","t":0,"m":false"#;

fn update(x: &str, status: &str, id: &str, trade: &str) -> String {
    format!(
        r#"{{"e":"ORDER_TRADE_UPDATE","E":9,"T":9,"o":{{"s":"BTCUSDT","c":"{id}","S":"BUY","o":"LIMIT","f":"GTC","q":"0.50000",
"p":"100.00","ap":"0","sp":"0","x":"{x}","X":"{status}","i":77,{trade},"T":1700000000123,"R":false,"ps":"BOTH","rp":"0"}}}}"#
    )
}

fn stands(quantity: &str, price: &str) -> String {
    let id = order_id(1);
    format!(
        r#"{{"orderId":77,"symbol":"BTCUSDT","status":"NEW","clientOrderId":"{id}","price":"{price}","avgPrice":"0.00",
"origQty":"{quantity}","executedQty":"0","timeInForce":"GTC","type":"LIMIT","reduceOnly":false,"side":"BUY","updateTime":1700000000500}}"#
    )
}

#[test]
fn nothing_leaves_before_the_accounts_own_stream_is_open_and_what_stands_is_told() {
    let mut futures = Futures::closed();
    let connections = futures.bench.session.connections();
    assert_eq!(connections[1], Connection { index: 1, url: String::new() }, "it opens once there is a key");
    futures.feed((0, FrameSource::Opened, 0), "");
    futures.answer(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    let asked = futures.asked();
    assert_eq!(asked[1], "/fapi/v1/listenKey");
    futures.feed((0, FrameSource::Http, 200), "/fapi/v1/listenKey\n{\"listenKey\":\"listen\"}");
    assert_eq!(futures.requests[0].1, RequestKind::Open);
    futures.requests.clear();
    assert!(!futures.bench.session.is_ready());
    futures.feed((1, FrameSource::Opened, 0), "");
    let asked = futures.asked();
    assert!(asked[0].contains("/fapi/v1/openOrders"), "{asked:?}");
    assert!(!futures.bench.session.is_ready());
    futures.log_in();
    assert!(futures.bench.session.is_ready());
    assert_eq!(Notional::from(futures.bench.log.balances[0].free).0, 1_000_500_000_000_000_000_000);
}

#[test]
fn orders_are_written_as_futures_want_them() {
    type Change = fn(&mut Intent);
    let kinds: [(Change, &str, &str); 4] = [
        (|_| {}, "", r#""timeInForce":"GTC","timestamp":1700000000000,"type":"LIMIT""#),
        (
            |intent| intent.post_only = 1,
            "",
            r#""timeInForce":"GTX","timestamp":1700000000000,"type":"LIMIT""#,
        ),
        (
            |intent| intent.time_in_force = TimeInForce::Ioc,
            "",
            r#""timeInForce":"IOC","timestamp":1700000000000,"type":"LIMIT""#,
        ),
        (
            |intent| intent.reduce_only = 1,
            r#""reduceOnly":"true","#,
            r#""timeInForce":"GTC","timestamp":1700000000000,"type":"LIMIT""#,
        ),
    ];
    for (change, reduces, end) in kinds {
        let mut futures = Futures::new();
        futures.requests.clear();
        if !reduces.is_empty() {
            // The gate lets what reduces pass where there is something to reduce.
            let mut intent = Intent::limit(order_id(1), Side::Buy, Price(10_000), Quantity(50_000));
            change(&mut intent);
            let short = Context { position: Quantity(-90_000), ..context(futures.bench.now) };
            let Verdict::Approved(approved) = futures.bench.gate.check(&intent, BTC, &short) else {
                panic!()
            };
            futures.with(|session, now, sink| session.submit(now, &approved, sink));
        } else {
            futures.submit(change);
        }
        let id = order_id(1);
        let expected = format!(
            r#"{{"id":"p{id}","method":"order.place","params":{{"apiKey":"","newClientOrderId":"{id}","newOrderRespType":"ACK","price":"100","quantity":"0.5","recvWindow":5000,{reduces}"side":"BUY","symbol":"BTCUSDT",{end},"signature":""}}}}"#
        );
        assert_eq!(futures.asked()[0], expected);
    }
}

#[test]
fn an_order_is_told_by_its_answer_or_its_event_and_a_trade_with_or_without_a_fee() {
    let mut futures = Futures::new();
    futures.submit(|_| {});
    futures.answer(&format!(
        r#"{{"id":"p{}","status":200,"result":{}}}"#,
        order_id(1),
        stands("0.50000", "100.00")
    ));
    futures.event(&update("NEW", "NEW", &order_id(1).to_string(), QUIET));
    assert_eq!(futures.told(), [ACCEPTED], "once");
    for (fee, trade_id) in [(r#""n":"0.00000012","N":"USDT","#, 5), ("", 6)] {
        let sum = if trade_id == 5 { "0.10000" } else { "0.20000" };
        let trade = format!(r#""l":"0.10000","z":"{sum}","L":"99.50",{fee}"t":{trade_id},"m":true"#);
        futures.event(&update("TRADE", "PARTIALLY_FILLED", &order_id(1).to_string(), &trade));
        let report = futures.bench.log.reports[0];
        assert_eq!(
            (report.trade_id, report.last_px, report.last_qty),
            (trade_id, Price(9_950), Quantity(10_000))
        );
        assert_eq!(Notional::from(report.commission).0 != 0, !fee.is_empty());
        futures.told();
    }
    futures.event(&update(
        "CANCELED",
        "CANCELED",
        &order_id(1).to_string(),
        &QUIET.replace(r#""z":"0""#, r#""z":"0.20000""#),
    ));
    assert_eq!(futures.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
}

#[test]
fn price_and_quantity_are_changed_in_place_and_told_by_answer_or_event() {
    let change = |futures: &mut Futures| {
        use fulmar_bus::record::{ModifyIntent, OrderTerms};
        use fulmar_engine::trading::order::OrderTable;
        let mut orders = OrderTable::new(1);
        let intent = Intent::limit(order_id(1), Side::Buy, Price(10_000), Quantity(50_000));
        orders.submit(intent, BTC, futures.bench.now).expect("there is room");
        let terms = OrderTerms { price: Price(10_100), trigger_price: Price(0), quantity: Quantity(60_000) };
        let modify = ModifyIntent::new(order_id(1), terms, 1);
        let order = orders.get(order_id(1)).expect("it was submitted");
        let Verdict::Approved(change) =
            futures.bench.gate.check_change(order, &modify, &context(futures.bench.now))
        else {
            panic!("the gate denied the test's change");
        };
        futures.with(|session, now, sink| session.change(now, &change, sink));
    };
    let mut futures = Futures::accepted();
    change(&mut futures);
    let (id, at) = (order_id(1), futures.bench.now.0 / 1_000_000);
    let expected = format!(
        r#"{{"id":"a{id}r0001","method":"order.modify","params":{{"apiKey":"","origClientOrderId":"{id}","price":"101","quantity":"0.6","recvWindow":5000,"side":"BUY","symbol":"BTCUSDT","timestamp":{at},"signature":""}}}}"#
    );
    assert_eq!(futures.asked(), [expected]);
    futures
        .answer(&format!(r#"{{"id":"a{id}r0001","status":200,"result":{}}}"#, stands("0.60000", "101.00")));
    assert_eq!(
        (futures.bench.log.reports[0].price, futures.bench.log.reports[0].revision),
        (Price(10_100), 1)
    );
    assert_eq!(futures.told(), [PUT]);

    let mut futures = Futures::accepted();
    change(&mut futures);
    let amended = update("AMENDMENT", "NEW", &id.to_string(), QUIET);
    futures.event(&amended.replace("\"100.00\"", "\"101.00\"").replace("\"0.50000\"", "\"0.60000\""));
    assert_eq!(
        (futures.bench.log.reports[0].quantity, futures.bench.log.reports[0].revision),
        (Quantity(60_000), 1)
    );
    assert_eq!(futures.told(), [PUT]);
}

#[test]
fn what_is_asked_over_http_and_refused_is_asked_again() {
    let mut futures = Futures::new();
    futures.requests.clear();
    futures.feed((1, FrameSource::Closed, 0), "reset");
    futures.feed(
        (0, FrameSource::Http, 400),
        "/fapi/v1/listenKey\n{\"code\":-1000,\"msg\":\"An unknown error\"}",
    );
    assert!(
        futures.requests.iter().any(|(_, kind, _)| *kind == RequestKind::Reconnect),
        "the login begins anew"
    );
    let mut futures = Futures::accepted();
    futures.feed((1, FrameSource::Closed, 0), "reset");
    let key = futures.asked().pop().expect("a key is asked for");
    assert!(futures.answered(0, RequestKind::HttpPost, &key));
    let (_, kind, url) = futures.requests.pop().expect("the stream");
    assert!(futures.answered(1, kind, &url));
    let mut is_refused = false;
    for _ in 0..20 {
        for (connection, kind, text) in std::mem::take(&mut futures.requests) {
            if text.starts_with("/fapi/v1/openOrders") && !is_refused {
                is_refused = true;
                futures.feed((0, FrameSource::Http, 503), &format!("{text}\n<html>"));
                assert!(!futures.bench.session.is_ready());
            } else {
                futures.answered(connection, kind, &text);
            }
        }
    }
    assert!(is_refused && !futures.bench.session.is_ready());
    futures.pass(Nanos::from_secs(10));
    assert!(futures.bench.session.is_ready(), "it is asked again");
}
