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
