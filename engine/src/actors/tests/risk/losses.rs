//! What losses do to orders: what adds is held back and canceled, at the worst what is held is closed, and what reduces
//! passes all the same.

use super::*;
use crate::trading::account::Amount;
use crate::trading::risk::LossLimits;

/// A gate whose strategy may lose five of the quote asset from its best moment, and has bought 0.60 at 100 and told
/// that it has.
fn holding(flatten_percent: Option<u32>) -> Stage {
    let drawdown_max = Some(Amount::floor(5, 1).expect("it fits"));
    let losses = LossLimits { drawdown_max, flatten_percent, ..LossLimits::default() };
    let mut stage = Stage::opened(Stage::with(ScopeLimits { losses, ..ScopeLimits::default() }));
    let id = stage.place(60);
    stage.fill(id, 60);
    stage.told();
    stage
}

/// The market is at so much, and the books have been valued since.
fn market_at(stage: &mut Stage, bid: i64) {
    send(&mut stage.book, stage.now, &top(bid, bid + 1, 2));
    stage.wait(Nanos::from_millis(200).0);
}

fn sale(stage: &mut Stage, quantity: i64) -> ClientOrderId {
    stage.order_count += 1;
    let id = ClientOrderId::new(1, StrategyId(0), stage.order_count);
    let mut intent = Intent::market(id, Side::Sell, Quantity(quantity));
    intent.reduce_only = 1;
    send(&mut stage.intents, stage.now, &intent);
    stage.turn();
    id
}

#[test]
fn a_loss_beyond_its_limit_cancels_what_adds_and_lets_only_what_reduces_pass() {
    let mut stage = holding(None);
    let standing = stage.place(10);
    market_at(&mut stage, 10);
    assert_eq!(stage.canceled(), [standing], "0.60 lost 0.54");
    stage.want(10);
    let codes: Vec<u16> = all::<Denial>(&stage.told()).iter().map(|denial| denial.code).collect();
    assert_eq!(codes, [RiskCheck::MaxDrawdown.code()]);
    stage.report(standing, ExecutionType::Canceled, OrderStatus::Canceled);
    let id = sale(&mut stage, 60);
    let [order] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("what reduces passes") };
    assert_eq!(order.intent.client_order_id, id);
}

#[test]
fn at_the_worst_what_is_held_is_closed_once_nothing_stands_and_no_more_than_is_held() {
    let mut stage = holding(Some(100));
    let standing = stage.place(10);
    market_at(&mut stage, 10);
    assert_eq!(stage.canceled(), [standing], "first what stands is canceled");
    stage.report(standing, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.wait(CLOSE_RETRY_NS);
    let [order] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("one order closes it") };
    let intent = order.intent;
    assert_eq!(
        (intent.side, intent.order_type, intent.quantity),
        (Side::Sell, OrderType::Market, Quantity(60))
    );
    assert_eq!(intent.strategy_id, StrategyId(0), "in the name of whose position it is");
    stage.wait(CLOSE_RETRY_NS);
    assert_eq!(drain(&mut stage.approved).len(), 0, "while it stands, no other follows");
    let (execution, status) = (ExecutionType::Trade, OrderStatus::Canceled);
    let mut report = ExecutionReport::new(intent.client_order_id, Side::Sell, execution, status);
    (report.trade_id, report.last_px) = (2, Price(10));
    (report.last_qty, report.cumulative_qty) = (Quantity(40), Quantity(40));
    send(&mut stage.gateway, stage.now, &report);
    stage.turn();
    stage.wait(CLOSE_RETRY_NS);
    let [rest] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("the rest is closed too") };
    assert_eq!(rest.intent.quantity, Quantity(20));
    assert_ne!(rest.intent.client_order_id, intent.client_order_id);
}

#[test]
fn a_closing_that_may_not_be_is_tried_again_and_a_dead_market_stops_none() {
    let mut stage = holding(Some(100));
    market_at(&mut stage, 10);
    let closing = drain_all::<Order>(&mut stage.approved);
    assert_eq!(closing.len(), 1, "nothing stood");
    let id = closing[0].intent.client_order_id;
    send(&mut stage.book, stage.now, &SyncChange::new(SyncState::Desynced, SyncReason::Gap, 1, 1, 1));
    send(
        &mut stage.gateway,
        stage.now,
        &ExecutionReport::new(id, Side::Sell, ExecutionType::Rejected, OrderStatus::Rejected),
    );
    stage.turn();
    stage.wait(CLOSE_RETRY_NS);
    let again = drain_all::<Order>(&mut stage.approved);
    assert_eq!(again.len(), 1, "no price is known, and what is held is to be closed all the same");
}

#[test]
fn what_reduces_passes_after_a_kill_and_while_the_book_is_stale_but_not_once_the_run_ends() {
    let mut stage = holding(None);
    stage.kill();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code());
    send(&mut stage.book, stage.now, &SyncChange::new(SyncState::Desynced, SyncReason::Gap, 1, 1, 1));
    sale(&mut stage, 10);
    assert_eq!(drain_all::<Order>(&mut stage.approved).len(), 1);
    send(&mut stage.control, stage.now, &Control::engine(ControlCommand::Stop));
    stage.turn();
    stage.told();
    sale(&mut stage, 10);
    assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code());
}

#[test]
fn a_fill_far_from_the_market_and_one_of_more_than_was_ordered_hold_back_what_adds() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Trade, OrderStatus::Filled);
    (report.trade_id, report.last_px) = (1, Price(151));
    (report.last_qty, report.cumulative_qty) = (Quantity(10), Quantity(10));
    send(&mut stage.gateway, stage.now, &report);
    stage.turn();
    stage.told();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::FillPriceSanity.code());
    let mut stage = Stage::open();
    let id = stage.place(10);
    stage.fill(id, 11);
    stage.told();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code());
    assert_eq!(stage.actor_counter("overfills"), 1, "it is real, it is booked, and it is told");
}

#[test]
fn a_closing_that_ended_without_all_of_its_trades_is_followed_by_no_other_until_they_came() {
    let mut stage = holding(Some(100));
    market_at(&mut stage, 10);
    let [closing] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("nothing stood") };
    let id = closing.intent.client_order_id;
    let mut report = ExecutionReport::new(id, Side::Sell, ExecutionType::Accepted, OrderStatus::Filled);
    report.cumulative_qty = Quantity(60);
    send(&mut stage.gateway, stage.now, &report);
    stage.turn();
    for _ in 0..3 {
        stage.wait(CLOSE_RETRY_NS);
        assert_eq!(drain(&mut stage.approved).len(), 0, "it has traded, and what it traded is on its way");
    }
    (report.execution, report.trade_id) = (ExecutionType::Trade, 2);
    (report.last_px, report.last_qty) = (Price(10), Quantity(60));
    send(&mut stage.gateway, stage.now, &report);
    stage.turn();
    stage.wait(CLOSE_RETRY_NS);
    assert_eq!(drain(&mut stage.approved).len(), 0, "nothing is held any more");
}

#[test]
fn what_could_add_is_canceled_again_where_that_was_refused_and_closed_where_it_traded_first() {
    let mut stage = holding(Some(100));
    let standing = stage.place(10);
    market_at(&mut stage, 10);
    assert_eq!(stage.canceled(), [standing]);
    stage.report(standing, ExecutionType::CancelRejected, OrderStatus::Accepted);
    stage.wait(CLOSE_RETRY_NS);
    assert_eq!(stage.canceled(), [standing], "as long as it stands");
    let mut late = ExecutionReport::new(standing, Side::Buy, ExecutionType::Trade, OrderStatus::Filled);
    (late.trade_id, late.last_px) = (9, Price(10));
    (late.last_qty, late.cumulative_qty) = (Quantity(10), Quantity(10));
    send(&mut stage.gateway, stage.now, &late);
    stage.turn();
    stage.wait(CLOSE_RETRY_NS);
    let [closing] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("all of it is closed") };
    assert_eq!(closing.intent.quantity, Quantity(70));
}

#[test]
fn a_kill_by_the_gate_itself_is_told_at_once() {
    let mut stage = Stage::open();
    stage.place(10);
    send(&mut stage.book, stage.now, &wider_definition());
    stage.turn();
    let reports = drain_all::<fulmar_bus::record::ScopeReport>(&mut stage.account);
    assert_eq!(
        reports[0].restraint,
        fulmar_bus::record::Restraint::Killed,
        "an order stands at other scales"
    );
}
