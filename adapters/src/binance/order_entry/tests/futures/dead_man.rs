//! The dead-man timer: it watches over our own orders, and over nothing else.

use super::super::super::super::limits::COUNTDOWN_INTERVAL;
use super::*;

#[test]
fn the_venue_is_to_cancel_all_where_it_does_not_hear_from_us_while_orders_stand() {
    let mut futures = Futures::accepted();
    futures.open_orders = format!("[{}]", stands("0.50000", "100.00"));
    futures.pass(COUNTDOWN_INTERVAL);
    assert_eq!(futures.countdowns(), [60_000]);
    futures.pass(COUNTDOWN_INTERVAL);
    assert_eq!(futures.countdowns(), [60_000], "again and again");
    futures.event(&update("CANCELED", "CANCELED", &order_id(1).to_string(), QUIET));
    futures.open_orders = "[]".to_owned();
    futures.pass(Nanos(0));
    assert_eq!(futures.countdowns(), [0], "nothing stands: it waits for nothing, from the same turn on");
    futures.pass(Nanos::from_secs(600));
    assert_eq!(futures.countdowns(), Vec::<u64>::new());
    futures.submit(|intent| intent.client_order_id = order_id(2));
    futures.pass(Nanos(0));
    assert_eq!(futures.countdowns(), [60_000], "armed in the turn in which an order leaves");
}

#[test]
fn an_order_of_before_of_what_is_not_defined_yet_is_watched_over_once_it_is() {
    const LATER: InstrumentId = InstrumentId(1);
    let mut futures = Futures::closed();
    let mut question = ExecutionReport::new(order_id(9), Side::Buy, UNKNOWN.0, UNKNOWN.1);
    question.quantity = Quantity(50_000);
    futures.with(|session, now, sink| session.inquire(now, LATER, &question, sink));
    futures.log_in();
    futures.pass(COUNTDOWN_INTERVAL);
    assert!(futures.bench.session.is_ready());
    assert_eq!(futures.countdowns(), Vec::<u64>::new(), "its symbol is not known");
    let kind = ContractKind::LinearPerpetual;
    let later = InstrumentDefinition::inferred(("binance-usdm", "ETHUSDT"), kind, (2, 5));
    futures.with(|session, _, _| session.define(LATER, &later));
    futures.with(|session, now, sink| session.on_time(now, sink));
    let asked = futures.asked();
    assert!(
        asked.iter().any(|text| text.contains("countdownTime=60000") && text.contains("ETHUSDT")),
        "{asked:?}"
    );
}

#[test]
fn orders_of_others_are_not_watched_over_since_they_would_be_canceled_after_our_stop() {
    let theirs =
        stands("0.50000", "100.00").replace(&order_id(1).to_string(), "web_0815").replace(":77,", ":78,");
    let mut futures = Futures::new();
    futures.open_orders = format!("[{theirs}]");
    futures.requests.clear();
    futures.pass(Nanos::from_secs(120));
    assert_eq!(futures.told(), [ACCEPTED], "it is known");
    assert_eq!(futures.countdowns(), Vec::<u64>::new());
    futures.submit(|_| {});
    futures.event(&update("NEW", "NEW", &order_id(1).to_string(), QUIET));
    futures.pass(Nanos(0));
    assert_eq!(futures.countdowns(), [60_000], "ours is");
    futures.event(&update("CANCELED", "CANCELED", &order_id(1).to_string(), QUIET));
    futures.pass(Nanos(0));
    assert_eq!(futures.countdowns(), [0], "ours ended and theirs stands on");
    futures.pass(Nanos::from_secs(120));
    assert_eq!(futures.countdowns(), Vec::<u64>::new());
}

#[test]
fn orders_that_come_and_go_at_once_do_not_spend_on_the_timer_what_they_need_themselves() {
    let mut futures = Futures::new();
    futures.requests.clear();
    let mut counted = 0;
    for counter in 1..1_000 {
        let now = futures.bench.now;
        assert!(futures.bench.session.has_budget(now), "order {counter} after {counted} words");
        futures.submit(|intent| intent.client_order_id = order_id(counter));
        futures.pass(Nanos(0));
        futures.event(&update("EXPIRED", "EXPIRED", &order_id(counter).to_string(), QUIET));
        futures.pass(Nanos::from_millis(100));
        counted += futures.countdowns().len();
        futures.told();
    }
    assert!(counted > 2, "it is armed and disarmed");
}
