//! The table through its border: the faults by name.
use fulmar_bus::record::{ClientOrderId, Denial, ModifyIntent, OrderType};

use super::*;

mod model;

const INSTRUMENT: InstrumentId = InstrumentId(2);

fn id(counter: u64) -> ClientOrderId {
    ClientOrderId::new(1, StrategyId(0), counter)
}

fn table_with(side: Side, quantity: i64) -> OrderTable {
    let mut orders = OrderTable::new(8);
    submit(&mut orders, 1, side, quantity);
    orders
}

fn submit(orders: &mut OrderTable, counter: u64, side: Side, quantity: i64) {
    let price = 99 + i64::try_from(counter).expect("small");
    let intent = Intent::limit(id(counter), side, Price(price), Quantity(quantity));
    orders.submit(intent, INSTRUMENT, UnixNanos(1)).expect("there is room");
}

fn report(counter: u64, execution: ExecutionType, status: OrderStatus) -> ExecutionReport {
    ExecutionReport::new(id(counter), Side::Buy, execution, status)
}

fn trade(counter: u64, trade_id: u64, last_qty: i64, cumulative_qty: i64) -> ExecutionReport {
    let mut report = report(counter, ExecutionType::Trade, OrderStatus::PartiallyFilled);
    report.trade_id = trade_id;
    report.last_qty = Quantity(last_qty);
    report.last_px = Price(100);
    report.cumulative_qty = Quantity(cumulative_qty);
    report
}

fn apply(orders: &mut OrderTable, report: &ExecutionReport) -> Update {
    match orders.on_report(report) {
        Applied::Order(update) => update,
        other => panic!("{other:?} of {report:?}"),
    }
}

fn booked(update: &Update) -> i64 {
    match update.booking {
        Booking::Booked(fill) => fill.quantity.0,
        _ => 0,
    }
}

fn status(orders: &OrderTable, counter: u64) -> OrderStatus {
    orders.get(id(counter)).expect("the order is known").status()
}

#[test]
fn an_order_is_exposure_from_the_moment_that_it_is_submitted() {
    let mut orders = table_with(Side::Sell, 10);
    assert_eq!(status(&orders, 1), OrderStatus::Submitted);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Sell), 10);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
    assert_eq!(orders.open_quantity(InstrumentId(3), Side::Sell), 0);
    assert_eq!(orders.open_count(INSTRUMENT), 1);
    assert!(orders.request_cancel(id(1)).is_some());
    assert_eq!(status(&orders, 1), OrderStatus::PendingCancel);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Sell), 10);
}

#[test]
fn an_unknown_order_counts_in_full_until_something_definite_comes() {
    let unknown = report(1, ExecutionType::Unknown, OrderStatus::Unknown);
    for (definite, left) in [
        (report(1, ExecutionType::Accepted, OrderStatus::Accepted), 10),
        (trade(1, 5, 4, 4), 6),
        (report(1, ExecutionType::Rejected, OrderStatus::Rejected), 0),
        (report(1, ExecutionType::Canceled, OrderStatus::Canceled), 0),
    ] {
        let mut orders = table_with(Side::Buy, 10);
        assert_eq!(apply(&mut orders, &unknown).status, OrderStatus::Unknown);
        assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 10);
        let settled = apply(&mut orders, &definite).status;
        assert_ne!(settled, OrderStatus::Unknown);
        assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), left);
        assert_eq!(apply(&mut orders, &unknown).status, settled, "a late timeout takes nothing back");
    }
}

#[test]
fn an_unknown_order_whose_cancel_is_refused_stays_unknown() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &report(1, ExecutionType::Unknown, OrderStatus::Unknown));
    orders.request_cancel(id(1));
    assert_eq!(status(&orders, 1), OrderStatus::Unknown);
    let refused = report(1, ExecutionType::CancelRejected, OrderStatus::Unknown);
    assert_eq!(apply(&mut orders, &refused).status, OrderStatus::Unknown);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 10);
}

#[test]
fn a_refused_cancel_lets_the_order_stand_as_it_stood() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 5, 4, 4));
    orders.request_cancel(id(1));
    assert_eq!(status(&orders, 1), OrderStatus::PendingCancel);
    let refused = report(1, ExecutionType::CancelRejected, OrderStatus::PartiallyFilled);
    assert_eq!(apply(&mut orders, &refused).status, OrderStatus::PartiallyFilled);
}

#[test]
fn an_acknowledgement_is_told_once_even_where_a_cancel_is_on_its_way() {
    let mut orders = table_with(Side::Buy, 10);
    orders.request_cancel(id(1));
    let accepted = report(1, ExecutionType::Accepted, OrderStatus::Accepted);
    let update = apply(&mut orders, &accepted);
    assert_eq!(
        (update.status_before, update.status),
        (OrderStatus::PendingCancel, OrderStatus::PendingCancel)
    );
    assert!(update.is_news);
    assert!(!apply(&mut orders, &accepted).is_news);
}

#[test]
fn the_answer_to_a_change_that_changes_nothing_is_news_even_where_a_cancel_is_on_its_way() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &updated(0, 100, 10, 4));
    orders.request_change(&modify(1, 100, 10, 1));
    orders.request_cancel(id(1));
    let update = apply(&mut orders, &updated(1, 100, 10, 5));
    assert_eq!(
        (update.status_before, update.status),
        (OrderStatus::PendingCancel, OrderStatus::PendingCancel)
    );
    assert!(update.is_news);
    assert!(!apply(&mut orders, &updated(1, 100, 10, 5)).is_news);
}

#[test]
fn a_duplicate_trade_is_booked_once_and_its_status_still_applies() {
    let mut orders = table_with(Side::Buy, 10);
    assert_eq!(booked(&apply(&mut orders, &trade(1, 5, 10, 0))), 10);
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 5, 4, 4));
    let mut again = trade(1, 5, 4, 4);
    again.status = OrderStatus::Canceled;
    let update = apply(&mut orders, &again);
    assert_eq!(update.booking, Booking::Duplicate);
    assert_eq!((update.status_before, update.status), (OrderStatus::PartiallyFilled, OrderStatus::Canceled));
    assert_eq!(orders.counts().duplicate_trades, 1);
}

#[test]
fn a_fill_after_the_cancel_is_booked() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &report(1, ExecutionType::Canceled, OrderStatus::Canceled));
    let update = apply(&mut orders, &trade(1, 5, 4, 4));
    assert_eq!((booked(&update), update.status), (4, OrderStatus::Canceled));
    let update = apply(&mut orders, &trade(1, 6, 6, 10));
    assert_eq!((booked(&update), update.status), (6, OrderStatus::Filled));
}

#[test]
fn a_jump_of_the_sum_tells_what_is_missing_and_keeps_it_as_exposure() {
    let mut orders = table_with(Side::Buy, 10);
    let update = apply(&mut orders, &trade(1, 6, 2, 7));
    assert_eq!((booked(&update), update.missing_qty), (2, Quantity(5)));
    let mut canceled = report(1, ExecutionType::Canceled, OrderStatus::Canceled);
    canceled.cumulative_qty = Quantity(7);
    assert_eq!(apply(&mut orders, &canceled).missing_qty, Quantity(5));
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 5, "it traded, and is in no position yet");
    let update = apply(&mut orders, &trade(1, 5, 5, 5));
    assert_eq!((booked(&update), update.missing_qty), (5, Quantity(0)));
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
}

#[test]
fn filled_without_a_sum_still_means_all_of_it() {
    let mut orders = table_with(Side::Buy, 10);
    let mut filled = trade(1, 5, 4, 0);
    filled.status = OrderStatus::Filled;
    let update = apply(&mut orders, &filled);
    assert_eq!((update.status, update.missing_qty), (OrderStatus::Filled, Quantity(6)));
}

/// Price, quantity, and what is asked for.
fn modify(counter: u64, price: i64, quantity: i64, revision: u16) -> ModifyIntent {
    let terms = OrderTerms { price: Price(price), trigger_price: Price(0), quantity: Quantity(quantity) };
    ModifyIntent::new(id(counter), terms, revision)
}

/// What the venue says of the terms of order 1 at a moment of its own.
fn updated(revision: u16, price: i64, quantity: i64, venue_at: u64) -> ExecutionReport {
    let mut updated = report(1, ExecutionType::Updated, OrderStatus::Accepted);
    (updated.revision, updated.venue_at) = (revision, UnixNanos(venue_at));
    (updated.price, updated.quantity) = (Price(price), Quantity(quantity));
    updated
}

#[test]
fn a_change_counts_with_the_larger_quantity_until_it_is_answered() {
    for (quantity, exposure, after) in [(14, 14, 14), (6, 10, 6)] {
        let mut orders = table_with(Side::Buy, 10);
        apply(&mut orders, &report(1, ExecutionType::Accepted, OrderStatus::Accepted));
        assert!(orders.request_change(&modify(1, 99, quantity, 1)).is_some());
        assert_eq!(status(&orders, 1), OrderStatus::PendingUpdate);
        assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), exposure);
        let update = apply(&mut orders, &updated(1, 99, quantity, 5));
        assert_eq!((update.status, update.is_news), (OrderStatus::Accepted, true));
        assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), after);
        assert_eq!(orders.get(id(1)).map(|order| order.intent().price), Some(Price(99)));
        assert!(!apply(&mut orders, &updated(1, 99, quantity, 5)).is_news, "the same again");
    }
}

#[test]
fn the_trigger_of_a_change_counts_from_its_answer_on() {
    let mut orders = table_with(Side::Buy, 10);
    let mut change = modify(1, 99, 10, 1);
    change.terms.trigger_price = Price(105);
    assert!(orders.request_change(&change).is_some());
    let trigger = |orders: &OrderTable| orders.get(id(1)).map(|order| order.intent().trigger_price.0);
    let mut traded = trade(1, 5, 2, 2);
    (traded.venue_at, traded.price, traded.quantity, traded.revision) =
        (UnixNanos(4), Price(100), Quantity(10), 1);
    apply(&mut orders, &traded);
    assert_eq!(trigger(&orders), Some(0), "a trade is no answer");
    apply(&mut orders, &updated(0, 100, 10, 5));
    assert_eq!(trigger(&orders), Some(0), "nor is what somebody else changed");
    apply(&mut orders, &updated(1, 99, 10, 6));
    assert_eq!(trigger(&orders), Some(105));
    apply(&mut orders, &updated(0, 98, 10, 7));
    assert_eq!(trigger(&orders), Some(105), "and stays");
}

#[test]
fn a_refused_change_lets_the_order_stand_as_it_stood() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 5, 4, 4));
    orders.request_change(&modify(1, 99, 14, 1));
    let mut refused = report(1, ExecutionType::UpdateRejected, OrderStatus::Submitted);
    refused.revision = 1;
    let update = apply(&mut orders, &refused);
    assert_eq!((update.status, update.is_news), (OrderStatus::PartiallyFilled, true));
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 6);
    assert_eq!(orders.get(id(1)).and_then(TrackedOrder::next_revision), Some(2));
}

#[test]
fn one_change_at_a_time_and_each_but_once() {
    let mut orders = table_with(Side::Buy, 10);
    assert!(orders.request_change(&modify(1, 99, 0, 1)).is_none(), "nothing is no order");
    assert!(orders.request_change(&modify(2, 99, 5, 1)).is_none(), "no such order");
    assert!(orders.request_change(&modify(1, 99, 12, 1)).is_some());
    assert!(orders.request_change(&modify(1, 98, 12, 2)).is_none(), "the first is on its way");
    apply(&mut orders, &updated(1, 99, 12, 5));
    assert!(orders.request_change(&modify(1, 98, 12, 1)).is_none(), "the first was answered");
    assert!(orders.request_change(&modify(1, 98, 12, 2)).is_some());
    apply(&mut orders, &report(1, ExecutionType::Canceled, OrderStatus::Canceled));
    assert!(orders.request_change(&modify(1, 98, 12, 3)).is_none(), "it is done");
}

#[test]
fn what_the_venue_says_of_an_older_moment_takes_no_newer_terms_back() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &updated(0, 98, 8, 7));
    let mut late = trade(1, 5, 2, 2);
    (late.venue_at, late.price, late.quantity) = (UnixNanos(6), Price(100), Quantity(10));
    apply(&mut orders, &late);
    assert_eq!(orders.get(id(1)).map(TrackedOrder::leaves_qty), Some(Quantity(6)), "eight, two traded");
}

#[test]
fn what_an_order_ended_with_are_its_terms_whatever_else_is_stated_of_that_moment() {
    let [placed, changed] = [updated(0, 100, 10, 7), updated(1, 100, 6, 7)];
    let mut canceled = changed;
    (canceled.execution, canceled.status) = (ExecutionType::Canceled, OrderStatus::Canceled);
    canceled.revision = 0;
    for reports in [[placed, canceled, changed], [canceled, changed, placed], [placed, changed, canceled]] {
        let mut orders = table_with(Side::Buy, 10);
        orders.request_change(&modify(1, 100, 6, 1));
        for report in &reports {
            apply(&mut orders, report);
        }
        let order = orders.get(id(1)).expect("it is known");
        assert_eq!((order.status(), order.intent().quantity), (OrderStatus::Canceled, Quantity(6)));
    }
}

#[test]
fn what_the_gate_tells_of_terms_counts_in_the_order_in_which_it_tells_it() {
    let mut orders = table_with(Side::Buy, 10);
    orders.request_change(&modify(1, 100, 6, 1));
    let mut traded = trade(1, 5, 2, 2);
    (traded.venue_at, traded.price, traded.quantity) = (UnixNanos(9), Price(100), Quantity(10));
    // The trade was asked for and states nothing of the order; the event of the change, of before, comes after it.
    for told in [traded, updated(1, 100, 6, 7)] {
        let _ = orders.on_told(&told);
    }
    assert_eq!(orders.get(id(1)).map(TrackedOrder::leaves_qty), Some(Quantity(4)), "six, two traded");
}

#[test]
fn an_order_that_is_lowered_to_what_traded_is_filled_and_one_that_may_grow_is_not_yet() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 5, 4, 4));
    assert_eq!(apply(&mut orders, &updated(0, 100, 4, 7)).status, OrderStatus::Filled);

    let mut orders = table_with(Side::Buy, 10);
    orders.request_change(&modify(1, 100, 15, 1));
    let update = apply(&mut orders, &trade(1, 5, 10, 10));
    assert_eq!(update.status, OrderStatus::PendingUpdate, "if it is taken, five are left");
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 5);
    let mut refused = report(1, ExecutionType::UpdateRejected, OrderStatus::Submitted);
    refused.revision = 1;
    assert_eq!(apply(&mut orders, &refused).status, OrderStatus::Filled);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
}

#[test]
fn a_trigger_that_was_met_shows_until_something_traded() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &report(1, ExecutionType::Triggered, OrderStatus::Triggered));
    assert_eq!(status(&orders, 1), OrderStatus::Triggered);
    apply(&mut orders, &report(1, ExecutionType::Accepted, OrderStatus::Accepted));
    assert_eq!(status(&orders, 1), OrderStatus::Triggered, "whichever comes first");
    assert_eq!(apply(&mut orders, &trade(1, 5, 4, 4)).status, OrderStatus::PartiallyFilled);
}

#[test]
fn an_order_that_the_engine_holds_stands_as_it_is_told_and_the_venue_knows_nothing_of_it() {
    for (execution, expected) in [
        (ExecutionType::Accepted, OrderStatus::Accepted),
        (ExecutionType::Updated, OrderStatus::Accepted),
        (ExecutionType::Triggered, OrderStatus::Triggered),
        (ExecutionType::Canceled, OrderStatus::Canceled),
        (ExecutionType::Expired, OrderStatus::Expired),
        (ExecutionType::CancelRejected, OrderStatus::Submitted),
    ] {
        let mut orders = table_with(Side::Buy, 10);
        let mut told = report(1, execution, OrderStatus::Accepted);
        told.is_emulated = 1;
        assert_eq!(apply(&mut orders, &told).status, expected, "{execution:?}");
        assert!(!orders.get(id(1)).is_some_and(TrackedOrder::is_acknowledged), "{execution:?}");
    }
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &report(1, ExecutionType::Accepted, OrderStatus::Accepted));
    assert!(orders.get(id(1)).is_some_and(TrackedOrder::is_acknowledged), "the venue's own word");
}

#[test]
fn only_a_report_of_a_trade_books_one() {
    let mut orders = table_with(Side::Buy, 10);
    let mut canceled = report(1, ExecutionType::Canceled, OrderStatus::Canceled);
    canceled.last_qty = Quantity(4);
    canceled.trade_id = 5;
    assert_eq!(apply(&mut orders, &canceled).booking, Booking::None);
}

#[test]
fn the_venues_number_is_kept_once_it_is_told() {
    let mut orders = table_with(Side::Buy, 10);
    let mut accepted = report(1, ExecutionType::Accepted, OrderStatus::Accepted);
    accepted.venue_order_id = 77;
    apply(&mut orders, &accepted);
    apply(&mut orders, &trade(1, 5, 4, 4));
    assert_eq!(orders.get(id(1)).map(TrackedOrder::venue_order_id), Some(77));
}

#[test]
fn an_overfill_is_booked_and_told() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 5, 8, 8));
    let update = apply(&mut orders, &trade(1, 6, 5, 13));
    assert_eq!((booked(&update), update.overfill_qty), (5, Quantity(3)));
    assert_eq!(update.status, OrderStatus::Filled);
}

#[test]
fn a_report_on_no_known_order_is_an_orphan() {
    let mut orders = table_with(Side::Buy, 10);
    assert_eq!(orders.on_report(&trade(2, 5, 8, 8)), Applied::Orphan);
    assert_eq!(orders.counts().orphans, 1);
}

#[test]
fn a_report_that_cannot_be_true_changes_nothing() {
    let mut orders = table_with(Side::Buy, 10);
    assert_eq!(orders.on_report(&trade(1, 5, -1, 1)), Applied::Malformed);
    assert_eq!(orders.on_report(&trade(1, 5, 1, -1)), Applied::Malformed);
    assert_eq!(booked(&apply(&mut orders, &trade(1, 6, 1, 1))), 1);
    assert_eq!(orders.on_report(&trade(1, 7, i64::MAX, 2)), Applied::Malformed);
    assert_eq!(orders.counts().malformed, 3);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 9);
}

#[test]
fn a_trade_without_an_id_is_booked_as_far_as_the_sum_proves_it() {
    let mut orders = table_with(Side::Buy, 10);
    assert_eq!(booked(&apply(&mut orders, &trade(1, 0, 4, 4))), 4);
    assert_eq!(apply(&mut orders, &trade(1, 0, 4, 4)).booking, Booking::Unproven);
    assert_eq!(booked(&apply(&mut orders, &trade(1, 0, 2, 6))), 2);
    let counts = orders.counts();
    assert_eq!((counts.proven_trades, counts.unproven_trades), (2, 1));
}

#[test]
fn trades_beyond_those_that_can_be_remembered_are_booked_by_the_sum() {
    let mut orders = OrderTable::new(1);
    submit(&mut orders, 1, Side::Buy, 1_000);
    for trade_id in 1..=1_000 {
        let count = i64::try_from(trade_id).expect("small");
        let report = trade(1, trade_id, 1, count);
        assert_eq!(booked(&apply(&mut orders, &report)), 1);
        assert_eq!(booked(&apply(&mut orders, &report)), 0, "trade {trade_id} is booked once");
    }
    assert_eq!(status(&orders, 1), OrderStatus::Filled);
    let counts = orders.counts();
    assert!(counts.proven_trades > 0 && counts.proven_trades == counts.unproven_trades);
    assert_eq!(counts.proven_trades + counts.duplicate_trades, 1_000);
}

#[test]
fn a_full_table_takes_no_order_until_one_is_settled() {
    let mut orders = OrderTable::new(2);
    submit(&mut orders, 1, Side::Buy, 1);
    submit(&mut orders, 2, Side::Buy, 1);
    let third = Intent::limit(id(3), Side::Buy, Price(1), Quantity(1));
    assert_eq!(orders.submit(third, INSTRUMENT, UnixNanos(1)), Err(SubmitError::Full));
    let mut canceled = report(1, ExecutionType::Canceled, OrderStatus::Canceled);
    canceled.cumulative_qty = Quantity(1);
    apply(&mut orders, &canceled);
    assert_eq!(
        orders.submit(third, INSTRUMENT, UnixNanos(1)),
        Err(SubmitError::Full),
        "its trade is still to come"
    );
    apply(&mut orders, &trade(1, 5, 1, 1));
    assert_eq!(orders.submit(third, INSTRUMENT, UnixNanos(1)), Ok(()));
}

#[test]
fn what_cannot_be_tracked_is_refused() {
    let mut orders = table_with(Side::Buy, 10);
    let mut try_submit = |counter, instrument_id, quantity| {
        let intent = Intent::limit(id(counter), Side::Buy, Price(1), Quantity(quantity));
        orders.submit(intent, instrument_id, UnixNanos(1))
    };
    assert_eq!(try_submit(1, INSTRUMENT, 1), Err(SubmitError::Duplicate));
    assert_eq!(try_submit(2, InstrumentId::NONE, 1), Err(SubmitError::Instrument));
    assert_eq!(try_submit(2, INSTRUMENT, 0), Err(SubmitError::Quantity));
    assert_eq!(try_submit(2, INSTRUMENT, -1), Err(SubmitError::Quantity));
}

#[test]
fn done_orders_are_forgotten_one_by_one_the_oldest_first_when_their_room_is_needed() {
    let mut orders = OrderTable::new(2);
    for counter in 1..=100 {
        submit(&mut orders, counter, Side::Buy, 1);
        apply(&mut orders, &report(counter, ExecutionType::Accepted, OrderStatus::Accepted));
        for _ in ["once", "and again, which makes it no younger"] {
            apply(&mut orders, &trade(counter, counter, 1, 1));
        }
    }
    let known: Vec<u64> = (1..=100).filter(|counter| orders.get(id(*counter)).is_some()).collect();
    assert_eq!(known, (93..=100).collect::<Vec<u64>>());
    assert_eq!(orders.counts().retired, 92);
    assert_eq!(orders.on_report(&trade(92, 92, 1, 1)), Applied::Orphan);
    assert_eq!(apply(&mut orders, &trade(93, 93, 1, 1)).booking, Booking::Duplicate);
}

#[test]
fn an_order_that_a_late_report_unsettles_is_kept_until_it_is_settled_again() {
    let mut orders = OrderTable::new(2);
    submit(&mut orders, 1, Side::Buy, 10);
    apply(&mut orders, &report(1, ExecutionType::Canceled, OrderStatus::Canceled));
    let mut late = report(1, ExecutionType::Canceled, OrderStatus::Canceled);
    late.cumulative_qty = Quantity(3);
    assert_eq!(apply(&mut orders, &late).missing_qty, Quantity(3));
    let churn = |orders: &mut OrderTable, counters: std::ops::RangeInclusive<u64>| {
        for counter in counters {
            submit(orders, counter, Side::Buy, 1);
            apply(orders, &trade(counter, counter, 1, 1));
        }
    };
    churn(&mut orders, 2..=50);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 3);
    assert_eq!(booked(&apply(&mut orders, &trade(1, 1, 3, 3))), 3);
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
    churn(&mut orders, 51..=70);
    assert!(orders.get(id(1)).is_none());
}

#[test]
fn what_is_open_is_worth_its_prices_and_the_larger_ones_while_a_change_is_on_its_way() {
    let mut orders = table_with(Side::Buy, 10);
    submit(&mut orders, 2, Side::Sell, 5);
    let market = Intent::market(id(3), Side::Buy, Quantity(7));
    orders.submit(market, INSTRUMENT, UnixNanos(1)).expect("there is room");
    assert_eq!(orders.open_notional(INSTRUMENT), 10 * 100 + 5 * 101, "a market order has no price");
    orders.request_change(&modify(1, 110, 12, 1));
    assert_eq!(orders.open_notional(INSTRUMENT), 12 * 110 + 5 * 101);
    apply(&mut orders, &updated(1, 90, 12, 5));
    assert_eq!(orders.open_notional(INSTRUMENT), 12 * 90 + 5 * 101);
    assert_eq!(orders.open_notional(InstrumentId(9)), 0);
}

#[test]
fn the_best_price_is_that_of_a_change_where_it_is_better() {
    let mut orders = table_with(Side::Sell, 10);
    assert_eq!(orders.best_open_price(INSTRUMENT, Side::Sell), Some(Price(100)));
    orders.request_change(&modify(1, 90, 10, 1));
    assert_eq!(orders.best_open_price(INSTRUMENT, Side::Sell), Some(Price(90)), "it may be taken");
    let mut refused = report(1, ExecutionType::UpdateRejected, OrderStatus::Submitted);
    refused.revision = 1;
    apply(&mut orders, &refused);
    assert_eq!(orders.best_open_price(INSTRUMENT, Side::Sell), Some(Price(100)));
    orders.request_change(&modify(1, 120, 10, 2));
    assert_eq!(orders.best_open_price(INSTRUMENT, Side::Sell), Some(Price(100)), "it may be refused");
}

#[test]
fn a_denied_order_is_done() {
    let mut orders = table_with(Side::Buy, 10);
    let denial = Denial {
        client_order_id: id(1),
        tag: 0,
        codes: 2,
        limit: 0,
        value: 1,
        code: 1,
        strategy_id: StrategyId(0),
        account_id: AccountId(0),
        reserved: [0; 2],
    };
    let Applied::Order(update) = orders.on_denial(&denial) else { panic!("the order is known") };
    assert_eq!((update.status_before, update.status), (OrderStatus::Submitted, OrderStatus::Denied));
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
    assert_eq!(orders.on_denial(&Denial { client_order_id: id(9), ..denial }), Applied::Orphan);
    assert_eq!(orders.counts().orphans, 1);
}

#[test]
fn all_orders_are_offered_for_cancelling_once() {
    let mut orders = OrderTable::new(8);
    for counter in 1..=4 {
        submit(&mut orders, counter, Side::Buy, 10);
    }
    apply(&mut orders, &trade(2, 1, 10, 10));
    orders.request_cancel(id(3));
    let mut offered = Vec::new();
    let sent_count = orders.cancel_each(|order| {
        offered.push(order.intent().client_order_id.counter);
        offered.len() == 1
    });
    assert_eq!((sent_count, offered), (1, vec![1, 4]), "2 is filled, a cancel of 3 is on its way");
    assert_eq!(status(&orders, 1), OrderStatus::PendingCancel);
    assert_eq!(orders.cancel_each(|_| true), 1, "4 is left, since its cancel was not sent");
}

#[test]
fn a_cancel_of_all_of_an_instrument_concerns_its_open_orders_and_no_others() {
    let mut orders = OrderTable::new(8);
    for counter in 1..=3 {
        submit(&mut orders, counter, Side::Buy, 10);
    }
    let elsewhere = Intent::limit(id(4), Side::Buy, Price(1), Quantity(1));
    orders.submit(elsewhere, InstrumentId(5), UnixNanos(1)).expect("there is room");
    apply(&mut orders, &trade(2, 1, 10, 10));
    let of = |orders: &OrderTable, instrument_id| {
        let open = orders.open_orders_of(instrument_id).map(|order| order.intent().client_order_id.counter);
        open.collect::<Vec<_>>()
    };
    assert_eq!((of(&orders, INSTRUMENT), of(&orders, InstrumentId(5))), (vec![3, 1], vec![4]));
    assert_eq!(of(&orders, InstrumentId(6)), []);
    orders.request_cancel_of(INSTRUMENT);
    use OrderStatus::{Filled, PendingCancel, Submitted};
    let statuses = [1, 2, 3, 4].map(|counter| status(&orders, counter));
    assert_eq!(statuses, [PendingCancel, Filled, PendingCancel, Submitted]);
}

#[test]
fn a_table_says_how_many_more_it_takes() {
    let mut orders = OrderTable::new(3);
    assert_eq!((orders.room(), orders.is_full()), (3, false));
    for counter in 1..=3 {
        submit(&mut orders, counter, Side::Buy, 10);
    }
    assert_eq!((orders.room(), orders.is_full()), (0, true));
    apply(&mut orders, &trade(1, 1, 10, 10));
    assert_eq!((orders.room(), orders.is_full()), (1, false), "what is done makes room");
}

#[test]
fn each_strategy_has_its_share_of_what_is_open_in_each_instrument_and_nobody_the_rest() {
    let [one, other] = [0, 1].map(StrategyId);
    let mut orders = OrderTable::with_shares(8, 2, 3);
    let owners = [(one, Side::Buy, 0), (other, Side::Sell, 2), (StrategyId::NONE, Side::Buy, 2)];
    for (counter, (strategy_id, side, instrument)) in (1..).zip(owners) {
        let mut intent = Intent::limit(id(counter), side, Price(100), Quantity(10));
        intent.strategy_id = strategy_id;
        orders.submit(intent, InstrumentId(instrument), UnixNanos(1)).expect("there is room");
    }
    let nothing = OpenShare::default();
    let buying = OpenShare { buy_qty: 10, order_count: 1, ..nothing };
    let selling = OpenShare { sell_qty: 10, order_count: 1, ..nothing };
    let of = |strategy_id| [0, 1, 2, 3].map(|index| orders.share(strategy_id, InstrumentId(index)));
    assert_eq!(of(one), [buying, nothing, nothing, nothing]);
    assert_eq!(of(other), [nothing, nothing, selling, nothing]);
    assert_eq!(of(StrategyId::NONE), [nothing, nothing, buying, nothing]);
    assert_eq!((of(StrategyId(2)), of(StrategyId(9))), ([nothing; 4], [nothing; 4]), "no such strategies");
    let order = |counter| orders.get(id(counter)).expect("it is open");
    let [mut bought, mut sold] = [buying, selling];
    bought.leave_out(order(1));
    sold.leave_out(order(2));
    assert_eq!((bought.buy_qty, sold.sell_qty), (0, 0));
}

#[test]
fn an_order_that_was_not_sent_from_here_is_nobodys_and_what_it_traded_before_is_history() {
    let mut orders = OrderTable::new(8);
    let mut first = trade(1, 7, 2, 6);
    (first.price, first.quantity) = (Price(99), Quantity(10));
    orders.adopt(&first, INSTRUMENT, UnixNanos(3)).expect("there is room");
    assert_eq!(booked(&apply(&mut orders, &first)), 2, "its own trade is ours to book");
    let adopted = orders.get(id(1)).expect("it was just taken in");
    assert_eq!((adopted.intent().price, adopted.intent().strategy_id), (Price(99), StrategyId::NONE));
    assert_eq!((adopted.intent().order_type, adopted.submitted_at()), (OrderType::Limit, UnixNanos(3)));
    assert_eq!((adopted.booked_qty(), adopted.leaves_qty()), (Quantity(6), Quantity(4)));
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 4);
    let mut without_price = report(2, ExecutionType::Accepted, OrderStatus::Accepted);
    without_price.quantity = Quantity(5);
    orders.adopt(&without_price, INSTRUMENT, UnixNanos(3)).expect("there is room");
    assert_eq!(orders.get(id(2)).map(|order| order.intent().order_type), Some(OrderType::Market));
}

#[test]
fn there_is_nothing_to_cancel_in_a_done_or_unknown_order() {
    let mut orders = table_with(Side::Buy, 10);
    apply(&mut orders, &trade(1, 1, 10, 10));
    assert!(orders.request_cancel(id(1)).is_none());
    assert!(orders.request_cancel(id(2)).is_none());
    assert_eq!(orders.open_orders().count(), 0);
}

/// The first report of an order that stands at the venue under this number, as of this moment.
fn standing(venue_order_id: u64, cumulative_qty: i64, venue_at: u64) -> ExecutionReport {
    let mut standing = report(1, ExecutionType::Accepted, OrderStatus::Accepted);
    (standing.venue_order_id, standing.venue_at) = (venue_order_id, UnixNanos(venue_at));
    (standing.price, standing.quantity) = (Price(100), Quantity(10));
    standing.cumulative_qty = Quantity(cumulative_qty);
    standing
}

#[test]
fn what_an_adopted_order_traded_before_is_never_booked_however_late_it_is_told() {
    let mut orders = OrderTable::new(4);
    orders.adopt(&standing(77, 4, 5), INSTRUMENT, UnixNanos(1)).expect("there is room");
    assert_eq!(booked(&apply(&mut orders, &trade(1, 9, 3, 7))), 3);
    assert_eq!(apply(&mut orders, &trade(1, 8, 4, 4)).booking, Booking::Duplicate);
    let order = orders.get(id(1)).expect("it is known");
    assert_eq!((order.booked_qty(), order.overfill_qty()), (Quantity(7), Quantity(0)));
}

#[test]
fn another_order_under_the_name_of_one_that_ended_takes_its_place_and_a_late_word_of_that_does_not() {
    let mut orders = OrderTable::new(4);
    orders.adopt(&standing(77, 0, 5), INSTRUMENT, UnixNanos(1)).expect("there is room");
    apply(&mut orders, &standing(77, 0, 5));
    let ended = |number, venue_at| {
        let mut ended = standing(number, 0, venue_at);
        (ended.execution, ended.status) = (ExecutionType::Canceled, OrderStatus::Canceled);
        ended
    };
    let adopt = |orders: &mut OrderTable, report: &ExecutionReport| {
        let is_adopted = orders.adopt(report, INSTRUMENT, UnixNanos(1)).is_ok();
        apply(orders, report);
        (is_adopted, status(orders, 1))
    };
    let (canceled, accepted) = (OrderStatus::Canceled, OrderStatus::Accepted);
    assert_eq!(adopt(&mut orders, &standing(78, 0, 8)), (false, accepted), "it stands itself");
    apply(&mut orders, &ended(78, 9));
    assert_eq!(adopt(&mut orders, &standing(78, 0, 9)), (false, canceled), "it is the same");
    assert_eq!(adopt(&mut orders, &standing(77, 0, 5)), (false, canceled), "it is a late word");
    assert_eq!(orders.open_quantity(INSTRUMENT, Side::Buy), 0);
    assert_eq!(adopt(&mut orders, &standing(79, 0, 9)), (true, accepted));
    assert_eq!((orders.open_quantity(INSTRUMENT, Side::Buy), orders.room()), (10, 3));
    apply(&mut orders, &ended(79, 11));
    assert_eq!((status(&orders, 1), orders.room()), (canceled, 4));
}

#[test]
fn a_tracked_order_tells_all_that_is_known_of_it() {
    let mut orders = table_with(Side::Buy, 10);
    let tracked = |orders: &OrderTable| orders.get(id(1)).expect("it is known").clone();
    let before = tracked(&orders);
    assert_eq!((before.instrument_id(), before.submitted_at()), (INSTRUMENT, UnixNanos(1)));
    assert_eq!((before.venue_order_id(), before.booked_qty()), (0, Quantity(0)));
    assert_eq!((before.leaves_qty(), before.exposure_qty()), (Quantity(10), Quantity(10)));
    assert_eq!((before.pending_terms(), before.next_revision()), (None, Some(1)));
    assert!(!before.is_cancel_wanted());

    let mut told = trade(1, 7, 4, 6);
    told.venue_order_id = 77;
    apply(&mut orders, &told);
    let after = tracked(&orders);
    assert_eq!((after.venue_order_id(), after.booked_qty()), (77, Quantity(4)));
    assert_eq!((after.missing_qty(), after.leaves_qty()), (Quantity(2), Quantity(4)));
    assert_eq!((after.exposure_qty(), after.overfill_qty()), (Quantity(6), Quantity(0)));
    assert!(orders.request_cancel(id(1)).is_some());
    assert!(tracked(&orders).is_cancel_wanted());

    apply(&mut orders, &trade(1, 8, 9, 15));
    let filled = tracked(&orders);
    assert_eq!((filled.booked_qty(), filled.overfill_qty()), (Quantity(13), Quantity(3)));
    assert_eq!((filled.leaves_qty(), filled.status()), (Quantity(0), OrderStatus::Filled));
}
