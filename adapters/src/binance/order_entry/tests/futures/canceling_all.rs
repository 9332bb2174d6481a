//! All orders of a symbol canceled by one HTTP request, which answers that it was done and names none.

use super::*;

const CANCELED: (ExecutionType, OrderStatus) = (ExecutionType::Canceled, OrderStatus::Canceled);

impl Futures {
    /// Order 1, which the venue has, and order 2, of which it said nothing; all are canceled. Gives the request.
    fn cancels_all() -> (Self, String) {
        let mut futures = Self::accepted();
        futures.submit(|intent| intent.client_order_id = order_id(2));
        futures.requests.clear();
        let approved = futures.bench.gate.pass_cancel_all(BTC, futures.bench.now);
        futures.with(|session, now, sink| session.cancel_all(now, &approved, sink));
        let [(0, RequestKind::HttpDelete, text)] = &futures.requests[..] else {
            panic!("one request: {:?}", futures.requests);
        };
        let text = text.clone();
        futures.requests.clear();
        (futures, text)
    }

    fn canceled(&mut self, counter: u64) {
        self.event(&update("CANCELED", "CANCELED", &order_id(counter).to_string(), QUIET));
    }

    fn http(&mut self, status: u16, asked: &str, body: &str) {
        self.feed((0, FrameSource::Http, status), &format!("{asked}\n{body}"));
    }

    fn methods(&mut self) -> Vec<String> {
        let text = |text: String| text.split('"').nth(7).unwrap_or(&text).to_owned();
        let timers = |text: &String| !text.contains("countdown");
        self.asked().into_iter().filter(timers).map(text).collect()
    }
}

const DONE: &str = r#"{"code":200,"msg":"The operation of cancel all open order is done."}"#;

#[test]
fn all_orders_of_a_symbol_are_canceled_by_one_request_and_each_is_told_by_its_event() {
    let (mut futures, asked) = Futures::cancels_all();
    let at = futures.bench.now.0 / 1_000_000;
    let expected = format!("/fapi/v1/allOpenOrders?recvWindow=5000&symbol=BTCUSDT&timestamp={at}&signature=");
    assert_eq!(asked, expected);
    futures.canceled(1);
    futures.http(200, &asked, DONE);
    futures.canceled(2);
    assert_eq!(futures.told(), [CANCELED, CANCELED]);
    futures.pass(Nanos::from_secs(40));
    assert_eq!(futures.methods(), Vec::<String>::new());
    assert_eq!(futures.bench.session.counters().decode_error_count(), 0);
}

#[test]
fn an_order_that_the_request_may_have_overtaken_is_canceled_by_name_and_the_others_are_asked_for() {
    let (mut futures, asked) = Futures::cancels_all();
    futures.http(200, &asked, DONE);
    futures.pass(ANSWER_MAX);
    assert_eq!(futures.told(), [UNKNOWN], "no word came of the second");
    assert_eq!(futures.methods(), ["order.status", "order.cancel"]);
}

#[test]
fn a_request_that_got_no_answer_or_was_refused_leaves_each_to_its_name() {
    let (mut futures, asked) = Futures::cancels_all();
    futures.http(0, &asked, "no whole answer within 10.0 s");
    futures.pass(Nanos::from_secs(1));
    assert_eq!(futures.methods(), ["order.cancel", "order.cancel"]);
    assert_eq!(futures.told(), [UNKNOWN]);
    let (mut futures, asked) = Futures::cancels_all();
    futures.http(400, &asked, r#"{"code":-1015,"msg":"Too many new orders."}"#);
    let refused = |status| (ExecutionType::CancelRejected, status);
    assert_eq!(
        futures.told(),
        [refused(OrderStatus::Accepted), refused(OrderStatus::Submitted), UNKNOWN],
        "the gate cancels them again, and each is asked for"
    );
}
