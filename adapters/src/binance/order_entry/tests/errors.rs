//! Every row of the table of errors, through the session: what becomes of the order, what the strategy hears, and what
//! it means for what is sent next.

use super::super::errors::TABLE;
use super::*;

/// What a row means for what is sent next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Nothing,
    OrdersWait,
    AllWaits,
    ClockIsAsked,
    Halt,
}
use After::{AllWaits, ClockIsAsked, Halt, Nothing, OrdersWait};

/// What an error of an order that was placed is to say: its number, the venue's words, why it was rejected (`None`
/// where nobody knows whether it was), and what follows.
type Said = (i32, &'static str, Option<i32>, After);

/// In the order of the table's rows.
const SAID: [Said; 36] = [
    (-1002, "You are not authorized to execute this request.", Some(venue_reason::NOT_PERMITTED), Halt),
    (
        -1003,
        "Too much request weight used; current limit is 6000.",
        Some(local_reason::VENUE_LIMIT),
        AllWaits,
    ),
    (-1008, "Server is currently overloaded with other requests.", None, OrdersWait),
    (-1013, "Filter failure: LOT_SIZE", Some(venue_reason::FILTER), Nothing),
    (
        -1015,
        "Too many new orders; current limit is 50 orders per 10 SECOND.",
        Some(local_reason::VENUE_LIMIT),
        OrdersWait,
    ),
    (-1016, "This service is no longer available.", None, OrdersWait),
    (-1020, "This operation is not supported.", Some(-1020), Nothing),
    (-1021, "Timestamp for this request is outside of the recvWindow.", None, ClockIsAsked),
    (-1022, "Signature for this request is not valid.", Some(venue_reason::NOT_PERMITTED), Halt),
    (-1111, "Parameter 'price' has too much precision.", Some(venue_reason::FILTER), Nothing),
    (-1121, "Invalid symbol.", Some(-1121), Nothing),
    (-2010, "Duplicate order sent.", None, Nothing),
    (
        -2010,
        "Account has insufficient balance for requested action.",
        Some(venue_reason::INSUFFICIENT_BALANCE),
        Nothing,
    ),
    (-2010, "Order would immediately match and take.", Some(venue_reason::WOULD_TAKE), Nothing),
    (-2010, "Market is closed.", Some(venue_reason::MARKET_CLOSED), Nothing),
    (-2010, "This action is disabled on this account.", Some(venue_reason::NOT_PERMITTED), Halt),
    (-2010, "This account may not place or cancel orders.", Some(venue_reason::NOT_PERMITTED), Halt),
    (-2010, "Spot trading is not enabled for this account.", Some(venue_reason::NOT_PERMITTED), Halt),
    (-2010, "Stop loss orders are not supported for this symbol.", Some(-2010), Nothing),
    (-2011, "Unknown order sent.", None, Nothing),
    (-2011, "Order was not canceled due to cancel restrictions.", Some(-2011), Nothing),
    (-2013, "Order does not exist.", None, Nothing),
    (-2015, "Invalid API-key, IP, or permissions for action.", Some(venue_reason::NOT_PERMITTED), Halt),
    (-2019, "Margin is insufficient.", Some(venue_reason::INSUFFICIENT_BALANCE), Nothing),
    (-2021, "Order would immediately trigger.", Some(-2021), Nothing),
    (-2022, "ReduceOnly Order is rejected.", Some(venue_reason::NOT_REDUCING), Nothing),
    (-2038, "The requested action would change no state; rejecting.", Some(-2038), Nothing),
    (-2025, "Reach max open order limit.", Some(-2025), Nothing),
    (-4014, "Price not increased by tick size.", Some(venue_reason::FILTER), Nothing),
    (
        -4108,
        "Current symbol is on delivering or delivered or settling.",
        Some(venue_reason::MARKET_CLOSED),
        Nothing,
    ),
    (-4116, "ClientOrderId is duplicated.", None, Nothing),
    (
        -4131,
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
        Some(-4131),
        Nothing,
    ),
    (-4164, "Order's notional must be no smaller than 5.", Some(venue_reason::FILTER), Nothing),
    (
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected.",
        Some(-5021),
        Nothing,
    ),
    (-5022, "Due to the order could not be executed as maker.", Some(venue_reason::WOULD_TAKE), Nothing),
    (-5027, "No need to modify the order.", Some(-5027), Nothing),
];

impl Bench {
    /// What the session does about an error, beside what it says of the order.
    fn after(&mut self) -> After {
        let asks_clock = self.log.requests.iter().any(|(_, _, text)| text.contains(r#""method":"time""#));
        let has_budget_in = |seconds: u64| self.session.has_budget(self.now + Nanos::from_secs(seconds));
        match (self.session.is_ready(), has_budget_in(0), has_budget_in(11)) {
            (false, ..) => Halt,
            (_, false, false) => AllWaits,
            (_, false, true) => OrdersWait,
            _ if asks_clock => ClockIsAsked,
            _ => Nothing,
        }
    }
}

#[test]
fn each_row_says_what_became_of_the_order_and_what_follows() {
    for (row, (code, words, reason, after)) in TABLE.iter().zip(SAID) {
        let (least, greatest) = row.codes;
        assert!((least..=greatest).contains(&i64::from(code)) && words.contains(row.words), "{code} {words}");
        let mut bench = Bench::new();
        bench.submit(|_| {});
        assert_eq!(bench.after(), Nothing);
        bench.asked();
        bench.error("p", code, words);
        assert_eq!(bench.log.reports[0].reason, reason.unwrap_or_default(), "{code} {words}");
        assert_eq!(bench.told(), [if reason.is_some() { REJECTED } else { UNKNOWN }], "{code} {words}");
        assert_eq!(bench.after(), after, "{code} {words}");
        let is_asked = bench.asked_methods().contains(&"order.status".to_owned());
        // What is dated by a clock that was refused would be refused too.
        assert_eq!(is_asked, reason.is_none() && after != ClockIsAsked, "{code}: asked for, not sent again");
        assert_eq!(bench.session.counters().venue_refusals, 1);
    }
}

#[test]
fn what_is_not_in_the_table_or_comes_from_a_failing_venue_leaves_the_order_unknown_and_asks_for_it() {
    for (status, code, words) in [
        (400, -9999, "Something new"),
        (400, -1000, "An unknown error occurred while processing the request."),
        (504, -1006, "An unexpected response was received from the message bus. Execution status unknown."),
        (
            504,
            -1007,
            "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        ),
        (500, -2010, "Account has insufficient balance for requested action."),
        (503, -1013, "Filter failure: LOT_SIZE"),
    ] {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        bench.asked();
        let id = order_id(1);
        let error = format!(r#"{{"code":{code},"msg":"{words}"}}"#);
        bench.message(&format!(r#"{{"id":"p{id}","status":{status},"error":{error}}}"#));
        assert_eq!(bench.told(), [UNKNOWN], "{status} {code}");
        assert_eq!(bench.asked_methods(), ["order.status"], "{status} {code}");
    }
}

#[test]
fn no_error_that_answers_a_cancel_ends_the_order() {
    for (code, words, _, after) in SAID {
        let mut bench = Bench::accepted();
        bench.cancel(1);
        bench.error("c", code, words);
        let told = bench.told();
        let refused = (ExecutionType::CancelRejected, OrderStatus::Accepted);
        assert!(told.is_empty() || told == [refused], "{code} {words}: {told:?}");
        bench.truth.answers = false;
        bench.pass(Nanos::from_secs(70));
        // A clock that is not known anew dates nothing.
        let is_asked = bench.asked_methods().iter().any(|method| method.starts_with("order."));
        assert!(is_asked || after == ClockIsAsked, "{code} {words}: the order is asked for");
        assert_eq!(bench.told(), [], "{code} {words}");
    }
}

#[test]
fn a_hold_ends_by_itself_and_one_that_names_its_end_lasts_until_then() {
    for (code, held) in [(-1015, Nanos::from_secs(10)), (-1008, Nanos::from_secs(10)), (-1003, REFUSED_WAIT)]
    {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        assert!(bench.session.has_budget(bench.now));
        bench.error("p", code, "Too many.");
        let over = bench.now + held;
        assert!(!bench.session.has_budget(UnixNanos(over.0 - 1)), "{code}");
        assert!(bench.session.has_budget(over + Nanos::from_secs(10)), "{code}");
    }
    let mut bench = Bench::new();
    bench.submit(|_| {});
    let until = bench.now + Nanos::from_secs(600);
    let words = format!("Way too much request weight used; IP banned until {}.", until.0 / 1_000_000);
    bench.error("p", -1003, &words);
    assert!(!bench.session.has_budget(UnixNanos(until.0 - 1)));
    assert!(bench.session.has_budget(until + Nanos::from_secs(10)));
}
