//! Orders of an earlier boot that may have left then: asked for until the venue says what became of them, never sent.

use super::*;

/// Half of an order to buy, of which a fifth had traded when its engine was killed.
fn question() -> ExecutionReport {
    let mut question = ExecutionReport::new(order_id(1), Side::Buy, UNKNOWN.0, UNKNOWN.1);
    (question.quantity, question.cumulative_qty) = (Quantity(50_000), Quantity(10_000));
    question
}

impl Bench {
    fn inquire(&mut self) {
        self.session.inquire(self.now, BTC, &question(), &mut self.log);
    }
}

#[test]
fn it_is_asked_for_at_once_and_told_as_the_venue_has_it() {
    let mut bench = Bench::new();
    bench.inquire();
    assert_eq!(bench.asked_methods(), ["order.status"]);
    bench.message(&standing("s", "CANCELED", "0.10000"));
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
    bench.pass(Nanos::from_secs(600));
    assert_eq!(bench.asked_methods(), Vec::<String>::new());
}

#[test]
fn one_that_never_arrived_is_rejected_once_it_cannot_arrive_any_more() {
    let mut bench = Bench::new();
    bench.inquire();
    bench.error("s", -2013, "Order does not exist.");
    assert_eq!(bench.told(), [], "it may be on its way");
    bench.pass(SETTLED_AFTER);
    assert!(bench.asked_methods().iter().all(|method| method == "order.status"));
    bench.error("s", -2013, "Order does not exist.");
    assert_eq!(bench.told(), [REJECTED]);
}

#[test]
fn one_that_is_asked_for_before_the_venue_can_be_asked_is_asked_for_then() {
    let config = BinanceConfig::production(Product::Spot);
    let mut bench = Bench::new();
    bench.session = BinanceOrderEntry::new(&config, KeyKind::Unsigned);
    bench.inquire();
    bench.pass(Nanos::from_secs(1));
    assert_eq!(bench.asked_methods(), Vec::<String>::new(), "not logged in, and of an unknown instrument");
    bench.log_in();
    bench.pass(Nanos::from_secs(1));
    assert_eq!(bench.asked_methods(), Vec::<String>::new(), "of an unknown instrument");
    bench.session.define(BTC, &btc());
    bench.pass(Nanos::from_secs(1));
    assert_eq!(bench.asked_methods(), ["order.status"]);
}

#[test]
fn what_was_booked_of_it_before_is_not_told_again_where_trades_were_missed() {
    for rows in [&[(1, "0.10000"), (2, "0.10000")][..], &[(2, "0.20000")]] {
        let mut bench = Bench::new();
        bench.inquire();
        bench.asked();
        bench.message(&standing("s", "CANCELED", "0.20000"));
        assert_eq!(bench.asked_methods(), ["myTrades"], "more traded than was booked");
        bench.told();
        bench.message(&trades(rows));
        let told: Vec<_> = bench.log.reports.iter().map(|told| (told.trade_id, told.last_qty)).collect();
        assert_eq!(told, [(2, Quantity(10_000))], "of {rows:?}");
    }
}
