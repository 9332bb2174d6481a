//! What did not come: trades that the venue's sums tell of, and the end of an order that is to be canceled.

use super::*;

/// An event of a trade of so much, after which so much of the order had traded.
fn traded(bench: &mut Bench, trade_id: u64, last: &str, cumulative: &str, status: &str) {
    let trade = format!(
        r#""l":"{last}","z":"{cumulative}","L":"99.00","n":"0.00","N":"BNB","t":{trade_id},"m":false"#
    );
    bench.event("TRADE", status, (&order_id(1).to_string(), ""), &trade);
}

fn booked(bench: &mut Bench) -> Vec<u64> {
    bench.log.reports.drain(..).filter(|report| report.trade_id != 0).map(|report| report.trade_id).collect()
}

#[test]
fn a_sum_that_jumps_has_its_trades_asked_for_at_once() {
    let mut bench = Bench::accepted();
    traded(&mut bench, 1, "0.10000", "0.10000", "PARTIALLY_FILLED");
    assert_eq!(bench.asked(), Vec::<String>::new(), "nothing is missing");
    traded(&mut bench, 3, "0.10000", "0.30000", "PARTIALLY_FILLED");
    assert_eq!(bench.asked_methods(), ["myTrades"]);
    traded(&mut bench, 4, "0.10000", "0.40000", "PARTIALLY_FILLED");
    assert_eq!(bench.asked(), Vec::<String>::new(), "it is asked for already");
    bench.message(&trades(&[(1, "0.10000"), (2, "0.10000"), (3, "0.10000"), (4, "0.10000")]));
    assert_eq!(booked(&mut bench), [1, 3, 4, 1, 2, 3, 4], "the order table knows which of them are new");
    assert_eq!(bench.asked_methods(), ["order.status"], "what hid its trades may have hidden its end");
    bench.message(&standing("s", "PARTIALLY_FILLED", "0.40000"));
    bench.stands_there("0.40000");
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked(), Vec::<String>::new());
}

#[test]
fn an_order_that_ended_is_kept_until_its_last_trade_was_told() {
    let mut bench = Bench::accepted();
    traded(&mut bench, 2, "0.20000", "0.50000", "FILLED");
    assert_eq!(bench.asked_methods(), ["myTrades"], "the first trade never came");
    bench.error("t", -1007, "Timeout waiting for response from backend server.");
    bench.pass(Nanos::from_secs(10));
    let asked = bench.asked_methods();
    assert!(!asked.is_empty() && asked.iter().all(|method| method == "myTrades"), "{asked:?}");
    bench.feed(FrameSource::Closed, "reset");
    bench.log_in();
    assert_eq!(bench.asked_methods(), ["myTrades"], "the answer may have been lost with the connection");
    bench.message(&trades(&[(1, "0.30000"), (2, "0.20000")]));
    assert_eq!(booked(&mut bench), [2, 1, 2]);
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked(), Vec::<String>::new(), "it has an end");
}

#[test]
fn a_cancel_that_is_wanted_again_and_again_does_not_put_off_the_question_what_became_of_the_order() {
    let mut bench = Bench::accepted();
    bench.asked();
    // A kill wants it again every 100 ms; somebody else, or an event that was lost, has ended it long before.
    for round in 0..3 {
        bench.cancel(1);
        bench.error("c", -2011, "Unknown order sent.");
        assert_eq!(bench.asked_methods(), ["order.cancel", "order.status"], "round {round}");
        bench.pass(Nanos::from_millis(100));
    }
    bench.told();
    bench.message(&standing("s", "CANCELED", "0.00000"));
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
}

/// After a boot: the venue has an order of before, a fifth of which had traded.
fn booted() -> Bench {
    let mut bench = Bench::new();
    bench.stands_there("0.10000");
    bench.begin_anew();
    bench
}

#[test]
fn trades_that_are_missed_of_an_adopted_order_are_told_without_those_of_before() {
    let mut bench = booted();
    bench.log_in();
    assert_eq!(bench.log.reports.pop().expect("it is adopted").cumulative_qty, Quantity(10_000));
    traded(&mut bench, 3, "0.10000", "0.30000", "PARTIALLY_FILLED");
    assert_eq!(bench.asked_methods(), ["myTrades"], "the second trade never came");
    bench.message(&trades(&[(1, "0.10000"), (2, "0.10000"), (3, "0.10000")]));
    let sums: Vec<_> = bench.log.reports.iter().map(|told| (told.trade_id, told.cumulative_qty.0)).collect();
    assert_eq!(sums, [(3, 30_000), (2, 20_000), (3, 30_000)], "the first is history");
}

#[test]
fn what_an_order_of_before_traded_is_history_also_where_it_trades_before_the_venue_has_answered() {
    let mut bench = booted();
    bench.truth.answers = false;
    bench.feed(FrameSource::Opened, "");
    bench.message(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    traded(&mut bench, 2, "0.10000", "0.20000", "PARTIALLY_FILLED");
    let adopted = bench.log.reports[0];
    assert_eq!((adopted.cumulative_qty, adopted.last_qty), (Quantity(20_000), Quantity(10_000)));
    let trade = r#""l":"0.10000","z":"0.40000","L":"99.00","n":"0.00","N":"BNB","t":3,"m":false"#;
    bench.message(&format!(
        r#"{{"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"web_0815",
"S":"BUY","o":"LIMIT","f":"GTC","q":"0.50000","p":"100.00","C":"",
"x":"TRADE","X":"PARTIALLY_FILLED","r":"NONE","i":78,"T":7,{trade}}}}}"#
    ));
    assert_eq!(
        bench.log.reports[1].cumulative_qty,
        Quantity(40_000),
        "nor is another's beginning known by then"
    );
    bench.truth.answers = true;
    bench.stands_there("0.20000");
    let standing = bench.truth.open_orders[0].clone();
    let named = |text: &str| text.replace(&order_id(1).to_string(), "web_0815").replace(":77,", ":78,");
    bench.truth.open_orders.push(named(&standing).replace("0.20000", "0.40000"));
    bench.asked();
    bench.pass(Nanos::from_secs(600));
    assert!(bench.session.is_ready());
    assert_eq!((booked(&mut bench), bench.asked()), (vec![2, 3], vec![]), "nothing is missing");
}
