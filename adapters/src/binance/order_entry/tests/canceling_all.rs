//! All orders of an instrument canceled in one request: who is in it, and what becomes of each.

use super::*;

const CANCELED: (ExecutionType, OrderStatus) = (ExecutionType::Canceled, OrderStatus::Canceled);
const REFUSED: (ExecutionType, OrderStatus) = (ExecutionType::CancelRejected, OrderStatus::Accepted);

impl Bench {
    /// Orders 1 and 2, which the venue has, nothing in the log.
    fn with_two() -> Self {
        let mut bench = Bench::accepted();
        bench.submit(|intent| intent.client_order_id = order_id(2));
        bench.event("NEW", "NEW", (&order_id(2).to_string(), ""), NOTHING);
        assert_eq!(bench.told(), [ACCEPTED]);
        bench.asked();
        bench
    }

    fn cancel_all(&mut self) {
        let approved = self.gate.pass_cancel_all(BTC, self.now);
        self.session.cancel_all(self.now, &approved, &mut self.log);
    }

    fn canceled(&mut self, counter: u64) {
        self.event("CANCELED", "CANCELED", ("x-1", &order_id(counter).to_string()), NOTHING);
    }

    /// The venue answers that it canceled these orders, and a list of somebody else's.
    fn all_canceled(&mut self, counters: &[u64]) {
        let row = |counter: &u64| {
            format!(
                r#"{{"symbol":"BTCUSDT","origClientOrderId":"{}","orderId":77,"orderListId":-1,"clientOrderId":"x-1",
"transactTime":1700000000123,"price":"100.00000000",
"origQty":"0.50000000","executedQty":"0.00000000","status":"CANCELED",
"timeInForce":"GTC","type":"LIMIT","side":"BUY"}}"#,
                order_id(*counter)
            )
        };
        let rows: Vec<String> = counters.iter().map(row).collect();
        let list = r#"{"orderListId":1929,"contingencyType":"OCO","symbol":"BTCUSDT","orders":[],"orderReports":[]}"#;
        self.message(&format!(r#"{{"id":"x2","status":200,"result":[{},{list}]}}"#, rows.join(",")));
    }

    fn not_canceled(&mut self, status: u16, code: i32, words: &str) {
        self.message(&format!(
            r#"{{"id":"x2","status":{status},"error":{{"code":{code},"msg":"{words}"}}}}"#
        ));
    }
}

#[test]
fn all_orders_of_an_instrument_are_canceled_by_one_request_and_each_is_told_by_its_event() {
    let mut bench = Bench::with_two();
    bench.cancel_all();
    let expected = r#"{"id":"x2","method":"openOrders.cancelAll","params":{"apiKey":"","recvWindow":5000,"symbol":"BTCUSDT","timestamp":1700000000000}}"#;
    assert_eq!(bench.asked(), [expected]);
    bench.canceled(1);
    bench.all_canceled(&[1, 2]);
    bench.canceled(2);
    assert_eq!(bench.told(), [CANCELED, CANCELED]);
    bench.pass(Nanos::from_secs(60));
    assert_eq!((bench.told(), bench.asked()), (vec![], vec![]));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn while_the_answer_is_lost_nothing_is_told_and_then_each_is_canceled_by_name() {
    let mut bench = Bench::with_two();
    bench.cancel_all();
    bench.asked();
    bench.pass(Nanos(ANSWER_MAX.0 - 1));
    assert_eq!(bench.asked(), Vec::<String>::new());
    bench.pass(Nanos(1));
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.cancel"]);
    assert_eq!(bench.told(), [], "nobody knows, and nothing is made up");
    bench.message(&standing("c", "CANCELED", "0.00000"));
    bench.canceled(1);
    bench.canceled(2);
    assert_eq!(bench.told(), [CANCELED, CANCELED]);
    bench.all_canceled(&[1, 2]);
    bench.pass(Nanos::from_secs(60));
    assert_eq!((bench.told(), bench.asked()), (vec![], vec![]), "a late answer changes nothing");
}

#[test]
fn an_order_that_trades_while_the_request_is_on_its_way_is_told_to_have_traded() {
    let mut bench = Bench::with_two();
    bench.cancel_all();
    bench.asked();
    let filled = r#""l":"0.50000000","z":"0.50000000","L":"99.50000000","n":"0","N":null,"t":8,"m":true"#;
    bench.event("TRADE", "FILLED", (&order_id(1).to_string(), ""), filled);
    bench.all_canceled(&[2]);
    bench.canceled(2);
    assert_eq!(bench.told(), [(ExecutionType::Trade, OrderStatus::Filled), CANCELED]);
    bench.pass(Nanos::from_secs(60));
    assert_eq!((bench.told(), bench.asked()), (vec![], vec![]));
}

#[test]
fn what_the_answer_does_not_name_is_canceled_by_name_and_what_it_names_is_asked_for_should_no_event_come() {
    let mut bench = Bench::with_two();
    bench.cancel_all();
    bench.asked();
    bench.all_canceled(&[2]);
    bench.pass(ANSWER_MAX);
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.status"]);
}

#[test]
fn where_nothing_stood_or_it_was_refused_each_is_told_so_and_asked_for() {
    for (status, code, words) in [(400, -2011, "Unknown order sent."), (429, -1015, "Too many new orders.")] {
        let mut bench = Bench::with_two();
        bench.cancel_all();
        bench.canceled(1);
        bench.told();
        bench.asked();
        bench.not_canceled(status, code, words);
        assert_eq!(bench.told(), [REFUSED], "the other had ended");
        bench.pass(Nanos::from_secs(1));
        assert_eq!(bench.asked_methods(), ["order.status"], "{code}");
    }
}

#[test]
fn where_the_venue_does_not_know_whether_it_did_each_is_canceled_by_name() {
    for (status, code) in [(504, -1007), (400, -9_876)] {
        let mut bench = Bench::with_two();
        bench.cancel_all();
        bench.asked();
        bench.not_canceled(status, code, "Timeout waiting for response from backend server.");
        bench.pass(Nanos::from_secs(1));
        assert_eq!(bench.told(), []);
        assert_eq!(bench.asked_methods(), ["order.cancel", "order.cancel"], "{code}");
    }
}

#[test]
fn where_an_order_of_somebody_else_stands_or_nobody_knows_what_does_ours_are_canceled_by_name() {
    let mut bench = Bench::with_two();
    bench.event("NEW", "NEW", ("web_0815", ""), NOTHING);
    bench.told();
    bench.cancel_all();
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.cancel"]);
    let mut bench = Bench::with_two();
    bench.feed(FrameSource::Closed, "reset");
    bench.feed(FrameSource::Opened, "");
    bench.asked();
    bench.cancel_all();
    assert_eq!(bench.asked_methods(), ["order.cancel", "order.cancel"]);
}

#[test]
fn it_leaves_at_once_where_no_order_finds_room_in_the_limits_any_more() {
    let config = BinanceConfig { weight_per_minute: 300, ..BinanceConfig::production(Product::Spot) };
    let mut bench = Bench { session: BinanceOrderEntry::new(&config, KeyKind::Unsigned), ..Bench::new() };
    bench.session.define(BTC, &btc());
    bench.log_in();
    let counts = 1..=300;
    let mut wanted = counts.take_while(|counter| {
        bench.submit(|intent| intent.client_order_id = order_id(*counter));
        bench.session.has_budget(bench.now)
    });
    assert_ne!(wanted.by_ref().count(), 300);
    bench.asked();
    bench.cancel_all();
    let delays: Vec<Nanos> = bench.log.requests.iter().map(|(_, delay, _)| *delay).collect();
    assert_eq!(delays, [Nanos(0)]);
}
