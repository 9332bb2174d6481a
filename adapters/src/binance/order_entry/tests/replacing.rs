//! Another order in the stead of one: the four ways in which that ends, and every way in which nobody says which.

use super::*;

const UPDATED: (ExecutionType, OrderStatus) = (ExecutionType::Updated, OrderStatus::Accepted);
const UPDATE_REJECTED: (ExecutionType, OrderStatus) = (ExecutionType::UpdateRejected, OrderStatus::Accepted);
const CANCELED: (ExecutionType, OrderStatus) = (ExecutionType::Canceled, OrderStatus::Canceled);

/// What the venue calls order 1, and what is to take its place.
fn names() -> (String, String) {
    let id = order_id(1).to_string();
    (id.clone(), format!("{id}r0001"))
}

/// An order that is to cost more; nothing is answered yet.
fn replacing() -> Bench {
    let mut bench = Bench::accepted();
    bench.change(10_100, 60_000);
    bench.asked();
    bench
}

impl Bench {
    fn replaced(&mut self, status: u16, outcome: &str) {
        let (_, name) = names();
        self.message(&format!(r#"{{"id":"e{name}","status":{status},{outcome}}}"#));
    }

    fn half_done(&mut self, status: u16, code: i32, results: (&str, &str), halves: (&str, &str)) {
        let data = format!(
            r#"{{"cancelResult":"{}","newOrderResult":"{}","cancelResponse":{},"newOrderResponse":{}}}"#,
            results.0, results.1, halves.0, halves.1
        );
        self.replaced(
            status,
            &format!(r#""error":{{"code":{code},"msg":"Order cancel-replace failed.","data":{data}}}"#),
        );
    }

    /// The event of the order that took the place.
    fn placed_event(&mut self) {
        let (_, name) = names();
        self.message(&format!(
            r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"{name}","S":"BUY","o":"LIMIT","f":"GTC",
"q":"0.60000000","p":"101.00000000","C":"","x":"NEW","X":"NEW","r":"NONE","i":78,"T":1700000000223,{NOTHING}}}}}"#
        ));
    }

    fn canceled_event(&mut self) {
        let (id, _) = names();
        self.event("CANCELED", "CANCELED", ("someone", &id), NOTHING);
    }

    /// The answer to a query by name: it stands, was canceled, is not there.
    fn named(&mut self, name: &str, status: &str, number: u64, quantity: &str) {
        let executed = if status == "FILLED" { quantity } else { "0.00000" };
        self.message(&format!(
            r#"{{"id":"s{name}","status":200,"result":{{"symbol":"BTCUSDT","orderId":{number},"clientOrderId":"{name}","price":"101.00",
"origQty":"{quantity}","executedQty":"{executed}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":9}}}}"#
        ));
    }
}

const BOTH: &str = r#""result":{"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":{"status":"CANCELED"},
"newOrderResponse":{"symbol":"BTCUSDT","orderId":78,"clientOrderId":"x","transactTime":1700000000223}}"#;

#[test]
fn it_is_canceled_where_nothing_traded_and_the_new_one_has_a_name_of_its_own() {
    let mut bench = Bench::accepted();
    bench.change(10_100, 60_000);
    let (id, name) = names();
    let at = bench.now.0 / 1_000_000;
    let expected = format!(
        r#"{{"id":"e{name}","method":"order.cancelReplace","params":{{"apiKey":"","cancelOrigClientOrderId":"{id}","cancelReplaceMode":"STOP_ON_FAILURE","cancelRestrictions":"ONLY_NEW","newClientOrderId":"{name}","newOrderRespType":"ACK","price":"101","quantity":"0.6","recvWindow":5000,"side":"BUY","symbol":"BTCUSDT","timeInForce":"GTC","timestamp":{at},"type":"LIMIT"}}}}"#
    );
    assert_eq!(bench.asked(), [expected]);
}

#[test]
fn what_the_book_shows_of_an_order_is_said_when_it_is_placed_and_when_another_takes_its_place() {
    for (shown, said) in [(10_000, r#""icebergQty":"0.1","#), (50_000, ""), (0, "")] {
        let mut bench = Bench::new();
        bench.submit(|intent| intent.display_qty = Quantity(shown));
        bench.event("NEW", "NEW", (&order_id(1).to_string(), ""), NOTHING);
        let placed = bench.asked().remove(0);
        let id = order_id(1);
        assert!(placed.contains(&format!(r#""apiKey":"",{said}"newClientOrderId":"{id}","#)), "{placed}");
        bench.change(10_100, 60_000);
        let replaced = bench.asked().remove(0);
        // Where it showed all that it was, it goes on to show as much of what it is.
        let said = if shown == 50_000 { r#""icebergQty":"0.5","# } else { said };
        assert!(
            replaced.contains(&format!(r#""ONLY_NEW",{said}"newClientOrderId":"{id}r0001","#)),
            "{replaced}"
        );
    }
}

#[test]
fn both_done_is_one_order_with_its_new_terms_whatever_comes_first() {
    type Step = fn(&mut Bench);
    let steps: [Step; 3] = [Bench::canceled_event, Bench::placed_event, |bench| bench.replaced(200, BOTH)];
    for order in [[0, 1, 2], [0, 2, 1], [2, 0, 1]] {
        let mut bench = replacing();
        for step in order {
            steps[step](&mut bench);
        }
        let report = bench.log.reports[0];
        assert_eq!((report.revision, report.venue_order_id), (1, 78), "{order:?}");
        assert_eq!((report.price, report.quantity), (Price(10_100), Quantity(60_000)), "{order:?}");
        assert_eq!(bench.told(), [UPDATED], "{order:?}: it is told once");
        bench.cancel(1);
        assert!(bench.asked()[0].contains(&format!(r#""origClientOrderId":"{}""#, names().1)), "{order:?}");
    }
}

#[test]
fn an_answer_that_comes_late_answers_no_later_replacement() {
    let mut bench = replacing();
    bench.canceled_event();
    bench.placed_event();
    bench.told();
    bench.change_again(2, 10_200, 70_000);
    bench.asked();
    bench.replaced(200, BOTH);
    assert_eq!(bench.told(), [], "the first one is there, and nobody knows of the second");
    bench.pass(ANSWER_MAX);
    let name = format!(r#""origClientOrderId":"{}r0002""#, order_id(1));
    assert!(bench.asked()[0].contains(&name));
    bench.truth.answers = false;
    bench.pass(SETTLED_AFTER);
    bench.error_of(("s", 1), -2013, "Order does not exist.");
    assert_eq!(bench.told(), [], "that it does not stand under its earlier name says nothing");
    bench.error_of(("s", 2), -2013, "Order does not exist.");
    assert_eq!(bench.told(), [UPDATE_REJECTED]);
}

#[test]
fn a_cancel_that_failed_places_nothing_and_the_order_is_asked_for() {
    let mut bench = replacing();
    let half = r#"{"code":-2011,"msg":"Order was not canceled due to cancel restrictions."}"#;
    bench.half_done(400, -2022, ("FAILURE", "NOT_ATTEMPTED"), (half, "null"));
    assert_eq!((bench.log.reports[0].reason, bench.log.reports[0].revision), (-2011, 1));
    assert_eq!(bench.told(), [UPDATE_REJECTED]);
    let asked = bench.asked();
    assert!(
        asked[0].contains("order.status") && asked[0].contains(&format!(r#""{}""#, names().0)),
        "{asked:?}"
    );
}

#[test]
fn canceled_and_not_placed_is_canceled_with_the_venues_reason() {
    let mut bench = replacing();
    bench.canceled_event();
    assert_eq!(bench.told(), [], "it may be the half of a whole");
    let half = r#"{"code":-2010,"msg":"Account has insufficient balance for requested action."}"#;
    bench.half_done(409, -2021, ("SUCCESS", "FAILURE"), (r#"{"status":"CANCELED"}"#, half));
    assert_eq!(bench.log.reports[0].reason, venue_reason::INSUFFICIENT_BALANCE);
    assert_eq!(bench.told(), [CANCELED]);
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked(), Vec::<String>::new(), "it has an end");
}

#[test]
fn both_failed_is_refused() {
    let mut bench = replacing();
    let (one, other) = (
        r#"{"code":-2011,"msg":"Unknown order sent."}"#,
        r#"{"code":-1013,"msg":"Filter failure: LOT_SIZE"}"#,
    );
    bench.half_done(400, -2022, ("FAILURE", "FAILURE"), (one, other));
    assert_eq!(bench.told(), [UPDATE_REJECTED]);
    assert_eq!(bench.asked_methods(), ["order.status"]);
}

#[test]
fn where_nobody_says_the_new_name_is_asked_for_and_the_old_one_once_it_can_come_no_more() {
    for lost in ["answer", "timeout", "connection"] {
        let begin = || {
            let mut bench = replacing();
            match lost {
                "answer" => bench.pass(ANSWER_MAX),
                "timeout" => bench.replaced(504, r#""error":{"code":-1007,"msg":"Timeout."}"#),
                _ => {
                    bench.feed(FrameSource::Closed, "reset");
                    bench.stands_there("0.00000");
                    bench.log_in();
                }
            }
            let asked = bench.asked();
            let name = format!(r#""origClientOrderId":"{}""#, names().1);
            assert!(asked[0].contains("order.status") && asked[0].contains(&name), "{lost}: {asked:?}");
            assert_eq!(bench.told(), [], "{lost}");
            bench
        };
        let mut bench = begin();
        bench.named(&names().1, "NEW", 78, "0.60000");
        assert_eq!(bench.told(), [UPDATED], "{lost}");

        let mut bench = begin();
        bench.error_of(("s", 1), -2013, "Order does not exist.");
        assert_eq!(bench.told(), [], "{lost}: it may still come");
        bench.truth.answers = false;
        bench.pass(SETTLED_AFTER);
        bench.asked();
        bench.error_of(("s", 1), -2013, "Order does not exist.");
        assert_eq!(bench.told(), [UPDATE_REJECTED], "{lost}");
        bench.pass(Nanos::from_secs(30));
        let asked = bench.asked();
        assert!(asked.last().expect("a query").contains(&format!(r#""{}""#, names().0)), "{lost}: {asked:?}");
        bench.named(&names().0, "CANCELED", 77, "0.50000");
        assert_eq!(bench.told(), [CANCELED], "{lost}");
    }
}

#[test]
fn a_replacement_that_an_earlier_boot_made_is_adopted_under_its_name() {
    let mut bench = Bench::new();
    let (_, name) = names();
    bench.truth.open_orders = vec![format!(
        r#"{{"symbol":"BTCUSDT","orderId":78,"clientOrderId":"{name}","price":"101.00","origQty":"0.60000","executedQty":"0.00000",
"status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":5}}"#
    )];
    bench.begin_anew();
    bench.log_in();
    assert_eq!(bench.log.reports[0].client_order_id, order_id(1));
    bench.asked();
    bench.cancel(1);
    assert!(bench.asked()[0].contains(&format!(r#""origClientOrderId":"{name}""#)));
}

#[test]
fn a_trade_of_a_replacement_whose_answer_never_came_is_not_taken_for_somebody_elses() {
    let mut bench = replacing();
    let row = r#"{"symbol":"BTCUSDT","id":10,"orderId":78,"price":"101.00","qty":"0.60000","commission":"0.00",
"commissionAsset":"BNB","time":1700000000000,"isBuyer":true,"isMaker":false}"#;
    bench.truth.trades = vec![(10, row.to_owned())];
    bench.pass(Nanos::from_secs(15));
    bench.feed(FrameSource::Closed, "reset");
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    bench.answer_own();
    let is_told = |bench: &Bench| bench.log.reports.iter().any(|report| report.trade_id != 0);
    assert!(!is_told(&bench), "it would be booked once as nobody's, and again as ours");
    bench.named(&names().1, "FILLED", 78, "0.60000");
    bench.message(&format!(r#"{{"id":"t{}","status":200,"result":[{row}]}}"#, order_id(1)));
    assert!(is_told(&bench));
    let ids: Vec<ClientOrderId> = bench
        .log
        .reports
        .iter()
        .filter(|report| report.trade_id == 10)
        .map(|it| it.client_order_id)
        .collect();
    bench.pass(Nanos::from_secs(120));
    assert_eq!(ids, [order_id(1)]);
}
