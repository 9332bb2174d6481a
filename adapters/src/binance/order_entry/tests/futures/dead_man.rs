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
    futures.pass(COUNTDOWN_INTERVAL);
    assert_eq!(futures.countdowns(), [0], "nothing stands: it waits for nothing");
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
