//! Orders that the gate holds: what it tells of them, what leaves and when, and what ends them.

use fulmar_bus::record::{
    CancelIntent, CancelOrder, ClientOrderId, Denial, ExecutionReport, ExecutionType, Intent, MarkPrice,
    ModifyIntent, ModifyOrder, Nanos, Order, OrderStatus, OrderTerms, OrderType, Side, StrategyId,
    TimeInForce, Trade, TriggerBy,
};

use super::risk::Stage;
use super::*;
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::contract::local_reason;
use crate::trading::risk::RiskCheck;

pub(super) fn id(counter: u64) -> ClientOrderId {
    ClientOrderId::new(1, StrategyId(0), counter)
}

pub(super) fn limit(counter: u64, side: Side, price: i64, quantity: i64) -> Intent {
    Intent::limit(id(counter), side, Price(price), Quantity(quantity))
}

/// Sells at the market once somebody trades at this price or below.
pub(super) fn stop(counter: u64, trigger: i64, quantity: i64) -> Intent {
    let mut intent = Intent::market(id(counter), Side::Sell, Quantity(quantity));
    (intent.order_type, intent.time_in_force) = (OrderType::Stop, TimeInForce::Gtc);
    intent.trigger_price = Price(trigger);
    intent
}

/// Sells at the market once it fell so far from the best that it was.
fn trailing(counter: u64, offset: i64, quantity: i64) -> Intent {
    let mut intent = stop(counter, 0, quantity);
    (intent.order_type, intent.trailing_offset) = (OrderType::TrailingStop, Price(offset));
    intent
}

pub(super) fn alternative(mut intent: Intent) -> Intent {
    intent.alternatives = 7;
    intent
}

fn after(mut intent: Intent, counter: u64) -> Intent {
    intent.after_counter = counter;
    intent
}

/// What left since this was last asked, in order: orders, cancels and changes with their counters and quantities.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Order(u64, OrderType, i64),
    Cancel(u64),
    Change(u64, i64),
}

impl Stage {
    pub(super) fn wants(&mut self, intents: &[Intent]) {
        for intent in intents {
            send(&mut self.intents, self.now, intent);
        }
        self.turn();
    }

    fn wants_canceled(&mut self, counter: u64) {
        send(&mut self.intents, self.now, &CancelIntent { client_order_id: id(counter) });
        self.turn();
    }

    pub(super) fn trades_at(&mut self, price: i64) {
        send(&mut self.market, self.now, &Trade::new(Price(price), Quantity(1), Side::Buy, 1, self.now));
        self.turn();
    }

    /// The venue says that so much more of an order traded, and how it stands now.
    fn trades(&mut self, counter: u64, side: Side, (trade_id, last_qty, cumulative_qty): (u64, i64, i64)) {
        send(&mut self.gateway, self.now, &trade(counter, side, (trade_id, last_qty, cumulative_qty)));
        self.turn();
    }

    /// The venue canceled what was left of an order.
    fn is_canceled(&mut self, counter: u64, side: Side, cumulative_qty: i64) {
        let (execution, status) = (ExecutionType::Canceled, OrderStatus::Canceled);
        let mut report = ExecutionReport::new(id(counter), side, execution, status);
        report.cumulative_qty = Quantity(cumulative_qty);
        send(&mut self.gateway, self.now, &report);
        self.turn();
    }

    fn left(&mut self) -> Vec<Left> {
        let left = |record: &Record| {
            if let Ok(order) = record.read::<Order>() {
                let Intent { client_order_id, order_type, quantity, .. } = order.intent;
                return Left::Order(client_order_id.counter, order_type, quantity.0);
            }
            if let Ok(change) = record.read::<ModifyOrder>() {
                return Left::Change(change.client_order_id.counter, change.terms.quantity.0);
            }
            let cancel = record.read::<CancelOrder>().expect("orders, changes and cancels alone leave here");
            Left::Cancel(cancel.client_order_id.counter)
        };
        drain(&mut self.approved).iter().map(left).collect()
    }

    /// What the strategy heard of its orders since this was last asked: counter, what happened, whether it is the
    /// engine's own word, and the quantity.
    fn heard(&mut self) -> Vec<(u64, ExecutionType, bool, i64)> {
        let reports = all::<ExecutionReport>(&self.told());
        let told = |report: &ExecutionReport| {
            let ExecutionReport { client_order_id, execution, is_emulated, quantity, .. } = *report;
            (client_order_id.counter, execution, is_emulated == 1, quantity.0)
        };
        reports.iter().map(told).collect()
    }
}

fn trade(counter: u64, side: Side, (trade_id, last_qty, cumulative_qty): (u64, i64, i64)) -> ExecutionReport {
    let (execution, status) = (ExecutionType::Trade, OrderStatus::PartiallyFilled);
    let mut report = ExecutionReport::new(id(counter), side, execution, status);
    (report.trade_id, report.last_px) = (trade_id, Price(100));
    (report.last_qty, report.cumulative_qty) = (Quantity(last_qty), Quantity(cumulative_qty));
    report
}

use ExecutionType::{Accepted, Canceled, Submitted, Triggered, Updated};
use OrderType::{Limit, Market};

#[test]
fn a_stop_is_held_and_leaves_as_a_market_order_when_its_trigger_is_met() {
    let mut stage = Stage::open();
    stage.trades_at(100);
    stage.wants(&[stop(1, 95, 10)]);
    assert_eq!(stage.left(), []);
    assert_eq!(stage.heard(), [(1, Accepted, true, 10)]);
    stage.trades_at(96);
    assert_eq!((stage.left(), stage.heard()), (vec![], vec![]));
    stage.trades_at(95);
    assert_eq!(stage.left(), [Left::Order(1, Market, 10)], "under the same id");
    assert_eq!(stage.heard(), [(1, Triggered, true, 10), (1, Submitted, false, 0)]);
    stage.trades_at(90);
    assert_eq!((stage.left(), stage.heard()), (vec![], vec![]), "once");
}

#[test]
fn an_order_whose_trigger_is_met_already_leaves_at_once() {
    let mut stage = Stage::open();
    stage.trades_at(95);
    stage.wants(&[stop(1, 95, 10)]);
    assert_eq!(stage.left(), [Left::Order(1, Market, 10)]);
}

#[test]
fn each_type_waits_on_its_own_side_and_becomes_what_it_says() {
    // Type, side, price, trigger 100; the prices that do not meet it, the one that does, and what leaves.
    let cases = [
        (OrderType::Stop, Side::Buy, 0, 99, 100, Market),
        (OrderType::Stop, Side::Sell, 0, 101, 100, Market),
        (OrderType::StopLimit, Side::Buy, 103, 99, 101, Limit),
        (OrderType::StopLimit, Side::Sell, 97, 101, 99, Limit),
        (OrderType::MarketIfTouched, Side::Buy, 0, 101, 100, Market),
        (OrderType::MarketIfTouched, Side::Sell, 0, 99, 100, Market),
        (OrderType::LimitIfTouched, Side::Buy, 100, 101, 99, Limit),
        (OrderType::LimitIfTouched, Side::Sell, 100, 99, 101, Limit),
    ];
    for (order_type, side, price, quiet, met, becomes) in cases {
        let mut stage = Stage::open();
        let mut intent = limit(1, side, price, 10);
        (intent.order_type, intent.trigger_price) = (order_type, Price(100));
        stage.wants(&[intent]);
        stage.trades_at(quiet);
        assert_eq!(stage.left(), [], "{order_type:?} {side:?} at {quiet}");
        stage.trades_at(met);
        assert_eq!(stage.left(), [Left::Order(1, becomes, 10)], "{order_type:?} {side:?} at {met}");
    }
}

#[test]
fn a_trailing_trigger_follows_the_market_is_told_and_never_steps_back() {
    let mut stage = Stage::open();
    stage.trades_at(100);
    stage.wants(&[trailing(1, 5, 10)]);
    let triggers = |stage: &mut Stage| {
        let reports = all::<ExecutionReport>(&stage.told());
        reports.iter().map(|report| report.last_px.0).collect::<Vec<_>>()
    };
    assert_eq!(triggers(&mut stage), [0, 95], "it begins at its offset from the market");
    for (price, told) in [(104, vec![99]), (101, vec![]), (100, vec![]), (107, vec![102])] {
        stage.trades_at(price);
        assert_eq!(triggers(&mut stage), told, "after a trade at {price}");
    }
    assert_eq!(stage.left(), []);
    stage.trades_at(102);
    assert_eq!(stage.left(), [Left::Order(1, Market, 10)]);
}

#[test]
fn the_price_that_triggers_is_the_one_that_the_order_names() {
    let mut stage = Stage::open();
    let mut by_mark = stop(2, 95, 10);
    by_mark.trigger_by = TriggerBy::Mark;
    stage.wants(&[by_mark]);
    assert_eq!(stage.denied().code, RiskCheck::NotSupported.code(), "this venue tells no mark price");
    send(&mut stage.market, stage.now, &MarkPrice::new(Price(1_000), Price(0), stage.now, 3));
    let (mut by_best, by_last) = (stop(1, 95, 10), stop(3, 95, 10));
    by_best.trigger_by = TriggerBy::BidAsk;
    stage.wants(&[by_best, by_mark, by_last]);
    assert_eq!(stage.left(), []);
    send(&mut stage.book, stage.now, &top(95, 101, 2));
    stage.turn();
    assert_eq!(stage.left(), [Left::Order(1, Market, 10)]);
    // 0.951 and 0.950 at the venue's three digits, where the instrument has two.
    for (mark, left) in [(951, vec![]), (950, vec![Left::Order(2, Market, 10)])] {
        send(&mut stage.market, stage.now, &MarkPrice::new(Price(mark), Price(0), stage.now, 3));
        stage.turn();
        assert_eq!(stage.left(), left, "a mark of {mark}");
    }
    stage.trades_at(95);
    assert_eq!(stage.left(), [Left::Order(3, Market, 10)]);
}

#[test]
fn a_suspect_top_triggers_nothing() {
    let mut stage = Stage::open();
    let mut intent = stop(1, 95, 10);
    intent.trigger_by = TriggerBy::BidAsk;
    stage.wants(&[intent]);
    send_suspect(&mut stage.book, stage.now, &top(50, 51, 2));
    stage.turn();
    assert_eq!(stage.left(), []);
}

#[test]
fn a_gate_that_lost_trades_judges_by_the_next_one() {
    let mut stage = Stage::open();
    stage.trades_at(100);
    stage.wants(&[stop(1, 95, 10)]);
    for _ in 0..3_000 {
        let level = Trade::new(Price(100), Quantity(1), Side::Buy, 1, stage.now);
        send(&mut stage.market, stage.now, &level);
    }
    stage.turn();
    assert!(counter(&stage.actor, "lost_records") > 0);
    assert_eq!(stage.left(), []);
    stage.turn();
    stage.trades_at(94);
    assert_eq!(stage.left(), [Left::Order(1, Market, 10)]);
}

#[test]
fn what_is_held_is_judged_at_once_and_counts_as_open() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95, 81)]);
    assert_eq!(stage.denied().code, RiskCheck::MaxOrderQty.code());
    let mut elsewhere = stop(2, 95, 10);
    elsewhere.trigger_price = Price(0);
    stage.wants(&[elsewhere]);
    assert_eq!(stage.denied().code, RiskCheck::TickLotPrecision.code());
    stage.wants(&[stop(3, 95, 60)]);
    stage.told();
    stage.wants(&[stop(4, 95, 60)]);
    let denial = stage.denied();
    assert_eq!((denial.code, denial.value), (RiskCheck::MaxPosition.code(), 120), "both could be sold");
}

#[test]
fn at_its_trigger_an_order_is_judged_again_and_a_denial_ends_it() {
    let mut stage = Stage::open();
    let mut reducing = stop(1, 95, 10);
    reducing.reduce_only = 1;
    stage.wants(&[limit(2, Side::Buy, 100, 10)]);
    stage.trades(2, Side::Buy, (1, 10, 10));
    stage.wants(&[reducing, limit(3, Side::Sell, 110, 10)]);
    stage.left();
    stage.told();
    stage.trades_at(94);
    let told = stage.told();
    let [denial] = all::<Denial>(&told)[..] else { panic!("one denial") };
    assert_eq!(
        (denial.client_order_id, denial.code),
        (id(1), RiskCheck::ReduceOnly.code()),
        "another order closes it"
    );
    assert_eq!(all::<ExecutionReport>(&told).len(), 1, "that it triggered");
    assert_eq!(stage.left(), []);
    stage.wants_canceled(1);
    assert_eq!((stage.left(), stage.heard()), (vec![], vec![]), "it is done");
}

#[test]
fn a_held_order_is_canceled_at_once_whatever_room_there_is() {
    let mut stage = Stage::open();
    stage.wants(&[stop(50, 95, 1)]);
    stage.told();
    while all::<Denial>(&stage.told()).is_empty() {
        stage.want(1);
    }
    stage.wants_canceled(50);
    assert_eq!(stage.heard(), [(50, Canceled, true, 1)]);
    drain(&mut stage.approved);
    stage.trades_at(90);
    assert_eq!(stage.left(), []);
}

#[test]
fn a_held_order_is_changed_at_once_and_judged_as_what_it_is_to_be() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95, 10)]);
    stage.told();
    let change = |trigger, quantity, revision| {
        let terms =
            OrderTerms { price: Price(0), trigger_price: Price(trigger), quantity: Quantity(quantity) };
        ModifyIntent::new(id(1), terms, revision)
    };
    send(&mut stage.intents, stage.now, &change(95, 81, 1));
    stage.turn();
    let [refused] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one answer") };
    assert_eq!(refused.execution, ExecutionType::UpdateRejected);
    assert_eq!(refused.reason, i32::from(RiskCheck::MaxOrderQty.code()));
    send(&mut stage.intents, stage.now, &change(97, 20, 2));
    stage.turn();
    let [updated] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one answer") };
    assert_eq!((updated.execution, updated.revision, updated.last_px), (Updated, 2, Price(97)));
    stage.trades_at(97);
    assert_eq!(stage.left(), [Left::Order(1, Market, 20)]);
}

#[test]
fn a_held_order_ends_at_the_moment_that_it_names() {
    let mut stage = Stage::open();
    let mut intent = stop(1, 95, 10);
    (intent.time_in_force, intent.expire_at) = (TimeInForce::Gtd, OPENS_AT + Nanos::from_secs(5));
    stage.wants(&[intent]);
    stage.told();
    stage.wait(Nanos::from_secs(5).0);
    assert_eq!((stage.left(), stage.heard()), (vec![], vec![(1, Canceled, true, 10)]));
    assert_eq!(stage.actor.due_at(), None);
}

#[test]
fn a_kill_ends_what_is_held_at_once_and_nothing_of_it_leaves() {
    let mut stage = Stage::open();
    stage.wants(&[limit(1, Side::Buy, 100, 10), stop(2, 95, 10), after(stop(3, 94, 10), 1)]);
    stage.left();
    stage.told();
    stage.kill();
    assert_eq!(stage.left(), [Left::Cancel(1)]);
    assert_eq!(stage.heard(), [(2, Canceled, true, 10), (3, Canceled, true, 10)]);
    stage.trades_at(90);
    assert_eq!(stage.left(), []);
}

#[test]
fn a_kill_on_the_pass_of_a_trigger_comes_first() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95, 10)]);
    stage.told();
    send(&mut stage.market, stage.now, &Trade::new(Price(90), Quantity(1), Side::Buy, 1, stage.now));
    stage.kill();
    assert_eq!((stage.left(), stage.heard()), (vec![], vec![(1, Canceled, true, 10)]));
}

#[test]
fn a_trigger_on_the_pass_of_a_cancel_comes_first_and_the_cancel_follows_it_to_the_venue() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95, 10)]);
    send(&mut stage.market, stage.now, &Trade::new(Price(90), Quantity(1), Side::Buy, 1, stage.now));
    stage.wants_canceled(1);
    assert_eq!(stage.left(), [Left::Order(1, Market, 10), Left::Cancel(1)]);
}

#[test]
fn of_two_alternatives_one_stands_and_its_trades_are_taken_from_the_other() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    assert_eq!(stage.left(), [Left::Order(1, Limit, 60)], "120 would be more than may be sold: they are one");
    assert_eq!(stage.heard(), [(1, Submitted, false, 0), (2, Accepted, true, 60)]);
    stage.trades(1, Side::Sell, (1, 20, 20));
    assert_eq!(stage.heard().last(), Some(&(2, Updated, true, 40)));
    stage.trades(1, Side::Sell, (2, 40, 60));
    assert_eq!(stage.heard().last(), Some(&(2, Canceled, true, 40)), "the first is done");
    stage.wants(&[alternative(stop(3, 95, 10))]);
    assert_eq!(stage.denied().code, RiskCheck::NotSupported.code(), "it came too late");
}

#[test]
fn the_end_of_one_alternative_ends_the_others() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    stage.left();
    stage.told();
    stage.wants_canceled(2);
    assert_eq!((stage.left(), stage.heard()), (vec![Left::Cancel(1)], vec![(2, Canceled, true, 60)]));
}

#[test]
fn an_alternative_that_fires_is_sent_once_the_one_that_stands_is_canceled_with_what_that_left() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    stage.left();
    stage.told();
    stage.trades_at(95);
    assert_eq!((stage.left(), stage.heard()), (vec![Left::Cancel(1)], vec![(2, Triggered, true, 60)]));
    // It traded before the cancel reached it, and that is told last.
    stage.is_canceled(1, Side::Sell, 20);
    assert_eq!(stage.left(), [Left::Order(2, Market, 40)]);
    stage.trades(1, Side::Sell, (1, 20, 20));
    assert_eq!(stage.left(), []);
}

#[test]
fn where_a_fill_wins_the_race_against_the_cancel_the_fired_alternative_ends() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    stage.trades_at(95);
    stage.left();
    stage.told();
    stage.trades(1, Side::Sell, (1, 60, 60));
    assert_eq!(stage.left(), []);
    assert_eq!(stage.heard().last(), Some(&(2, Canceled, true, 60)));
}

#[test]
fn a_refused_cancel_of_what_stands_in_the_way_is_tried_again_and_not_at_once() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    stage.report(id(1), ExecutionType::Accepted, OrderStatus::Accepted);
    stage.trades_at(95);
    assert_eq!(stage.left(), [Left::Order(1, Limit, 60), Left::Cancel(1)]);
    stage.report(id(1), ExecutionType::CancelRejected, OrderStatus::Accepted);
    assert_eq!(stage.left(), []);
    assert_eq!(stage.wait(CANCEL_RETRY_NS - 1), Work::NONE);
    stage.wait(1);
    assert_eq!(stage.left(), [Left::Cancel(1)]);
}

#[test]
fn a_late_trade_of_an_alternative_makes_what_stands_smaller_and_cancels_it_where_that_is_refused() {
    for is_refused in [false, true] {
        let mut stage = Stage::open();
        let mut stop_limit = stop(2, 95, 60);
        (stop_limit.order_type, stop_limit.price) = (OrderType::StopLimit, Price(94));
        stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop_limit)]);
        stage.trades_at(95);
        stage.is_canceled(1, Side::Sell, 0);
        let sent = stage.left();
        assert_eq!(sent.last(), Some(&Left::Order(2, Limit, 60)));
        stage.trades(1, Side::Sell, (1, 20, 20));
        assert_eq!(stage.left(), [Left::Change(2, 40)], "the venue forgot it when it canceled");
        let execution = if is_refused { ExecutionType::UpdateRejected } else { Updated };
        let mut answer = ExecutionReport::new(id(2), Side::Sell, execution, OrderStatus::Accepted);
        (answer.revision, answer.venue_at) = (1, stage.now);
        answer.quantity = Quantity(if is_refused { 60 } else { 40 });
        send(&mut stage.gateway, stage.now, &answer);
        stage.turn();
        let expected = if is_refused { vec![Left::Cancel(2)] } else { vec![] };
        assert_eq!(stage.left(), expected);
    }
}

#[test]
fn two_orders_without_triggers_are_alternatives_too_and_the_second_waits_for_its_price() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Buy, 95, 10)), alternative(limit(2, Side::Sell, 110, 10))]);
    assert_eq!(stage.left(), [Left::Order(1, Limit, 10)]);
    send(&mut stage.book, stage.now, &top(110, 111, 2));
    stage.turn();
    assert_eq!(stage.left(), [Left::Cancel(1)]);
    stage.is_canceled(1, Side::Buy, 0);
    assert_eq!(stage.left(), [Left::Order(2, Limit, 10)]);
}

#[test]
fn a_child_is_sent_when_its_parent_is_done_with_all_that_it_traded() {
    let mut stage = Stage::open();
    stage.wants(&[limit(1, Side::Buy, 100, 10), after(limit(2, Side::Sell, 110, 10), 1)]);
    assert_eq!(stage.left(), [Left::Order(1, Limit, 10)]);
    stage.trades(1, Side::Buy, (1, 3, 3));
    assert_eq!(stage.left(), []);
    stage.trades(1, Side::Buy, (2, 4, 7));
    stage.told();
    stage.is_canceled(1, Side::Buy, 7);
    assert_eq!(stage.left(), [Left::Order(2, Limit, 7)]);
    let heard = stage.heard();
    assert_eq!(heard[1..], [(2, Updated, true, 7), (2, Triggered, true, 7), (2, Submitted, false, 0)]);
}

#[test]
fn a_parent_that_ends_without_a_trade_ends_its_children() {
    for is_denied in [false, true] {
        let mut stage = Stage::open();
        let entry = limit(1, Side::Buy, 100, if is_denied { 81 } else { 10 });
        stage.wants(&[entry, after(stop(2, 95, 10), 1)]);
        if is_denied {
            let denied = all::<Denial>(&stage.told());
            let codes: Vec<_> = denied.iter().map(|denial| denial.code).collect();
            assert_eq!(codes, [RiskCheck::MaxOrderQty.code(), RiskCheck::NotSupported.code()]);
            continue;
        }
        stage.told();
        stage.report(id(1), ExecutionType::Rejected, OrderStatus::Rejected);
        assert_eq!(stage.heard().last(), Some(&(2, Canceled, true, 10)));
    }
}

#[test]
fn a_stop_after_an_entry_sleeps_until_that_trades_and_then_ends_the_rest_of_it() {
    let mut stage = Stage::open();
    stage.wants(&[limit(1, Side::Buy, 100, 10), after(stop(2, 95, 10), 1)]);
    stage.left();
    stage.trades_at(90);
    assert_eq!(stage.left(), [], "there is nothing to protect");
    stage.trades_at(99);
    stage.trades(1, Side::Buy, (1, 4, 4));
    stage.trades_at(95);
    assert_eq!(stage.left(), [Left::Cancel(1)]);
    // Two more traded before the cancel came there.
    stage.trades(1, Side::Buy, (2, 2, 6));
    stage.is_canceled(1, Side::Buy, 6);
    assert_eq!(stage.left(), [Left::Order(2, Market, 6)]);
}

#[test]
fn a_child_whose_parent_fills_while_the_childs_change_is_on_its_way_grows_after_the_answer() {
    let mut stage = Stage::open();
    stage.wants(&[limit(1, Side::Buy, 100, 10), after(limit(2, Side::Sell, 110, 10), 1)]);
    stage.is_canceled(1, Side::Buy, 4);
    assert_eq!(stage.left(), [Left::Order(1, Limit, 10), Left::Order(2, Limit, 4)]);
    let terms = OrderTerms { price: Price(109), trigger_price: Price(0), quantity: Quantity(4) };
    send(&mut stage.intents, stage.now, &ModifyIntent::new(id(2), terms, 1));
    stage.turn();
    assert_eq!(stage.left(), [Left::Change(2, 4)]);
    // The venue had forgotten a trade of the parent.
    stage.trades(1, Side::Buy, (1, 7, 7));
    assert_eq!(stage.left(), [], "one change at a time");
    let mut answer = ExecutionReport::new(id(2), Side::Sell, Updated, OrderStatus::Accepted);
    (answer.revision, answer.venue_at) = (1, stage.now);
    (answer.price, answer.quantity) = (Price(109), Quantity(4));
    send(&mut stage.gateway, stage.now, &answer);
    stage.turn();
    assert_eq!(stage.left(), [Left::Change(2, 7)]);
    answer.revision = 2;
    (answer.quantity, answer.venue_at) = (Quantity(7), stage.now + Nanos(1));
    send(&mut stage.gateway, stage.now, &answer);
    stage.turn();
    stage.told();
    let more = OrderTerms { quantity: Quantity(8), ..terms };
    send(&mut stage.intents, stage.now, &ModifyIntent::new(id(2), more, 3));
    stage.turn();
    assert_eq!(stage.left(), [], "the parent traded seven");
    let [refused] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one answer") };
    assert_eq!(refused.reason, i32::from(RiskCheck::ParentChildOverrun.code()));
}

#[test]
fn a_bracket_lives_from_its_entry_to_its_end() {
    for ends_by_stop in [false, true] {
        let mut stage = Stage::open();
        let entry = limit(1, Side::Buy, 100, 10);
        let target = after(alternative(limit(2, Side::Sell, 110, 10)), 1);
        let protection = after(alternative(stop(3, 95, 10)), 1);
        stage.wants(&[entry, target, protection]);
        assert_eq!(stage.left(), [Left::Order(1, Limit, 10)]);
        stage.trades(1, Side::Buy, (1, 10, 10));
        assert_eq!(stage.left(), [Left::Order(2, Limit, 10)]);
        if ends_by_stop {
            stage.trades_at(94);
            assert_eq!(stage.left(), [Left::Cancel(2)]);
            stage.is_canceled(2, Side::Sell, 0);
            assert_eq!(stage.left(), [Left::Order(3, Market, 10)]);
            continue;
        }
        stage.told();
        stage.trades(2, Side::Sell, (2, 10, 10));
        assert_eq!(stage.left(), []);
        assert_eq!(stage.heard().last(), Some(&(3, Canceled, true, 10)));
    }
}

#[test]
fn a_fired_order_can_be_canceled_and_not_changed() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(limit(1, Side::Sell, 110, 60)), alternative(stop(2, 95, 60))]);
    stage.trades_at(95);
    stage.left();
    stage.told();
    let terms = OrderTerms { price: Price(0), trigger_price: Price(90), quantity: Quantity(60) };
    send(&mut stage.intents, stage.now, &ModifyIntent::new(id(2), terms, 1));
    stage.turn();
    let [refused] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one answer") };
    assert_eq!(refused.reason, local_reason::NOT_STANDING);
    stage.wants_canceled(2);
    assert_eq!(stage.heard(), [(2, Canceled, true, 60)]);
    stage.is_canceled(1, Side::Sell, 0);
    assert_eq!(stage.left(), []);
}

#[test]
fn what_finds_no_room_at_its_trigger_leaves_once_there_is_some() {
    let mut stage = Stage::open();
    let mut intent = stop(50, 95, 1);
    (intent.order_type, intent.side) = (OrderType::MarketIfTouched, Side::Buy);
    stage.wants(&[intent]);
    stage.told();
    while all::<Denial>(&stage.told()).is_empty() {
        stage.want(1);
    }
    stage.trades_at(95);
    drain(&mut stage.approved);
    assert_eq!(stage.wait(CANCEL_RETRY_NS - 1), Work::NONE);
    stage.wait(1);
    assert_eq!(stage.left(), [Left::Order(50, Market, 1)]);
}

#[test]
fn an_order_that_was_held_is_of_unknown_fate_like_any_other_once_it_left() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95, 10)]);
    stage.trades_at(95);
    stage.told();
    stage.report(id(1), ExecutionType::Unknown, OrderStatus::Unknown);
    let [told] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one report") };
    assert_eq!(told.status, OrderStatus::Unknown, "that the engine held it proves nothing of the venue");
}
