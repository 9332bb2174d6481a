//! What may stand no more is canceled until it stands no more: an instrument at once where the rule lets it, else order
//! by order.

use fulmar_bus::record::{CancelAll, ScopeKind};

use super::*;
use crate::actors::limits::{ORDERS_MAX, SWEEP_ANSWER_NS};
use crate::trading::account::Amount;
use crate::trading::risk::LossLimits;

const SCOPES: [(ScopeKind, u16); 3] =
    [(ScopeKind::Engine, 0), (ScopeKind::Venue, 0), (ScopeKind::Instrument, 0)];

fn control(stage: &mut Stage, command: ControlCommand, scope: (ScopeKind, u16)) {
    send(&mut stage.control, stage.now, &Control::new(command, scope));
    stage.turn();
}

/// What the gate sent since this was last asked: how often it canceled all, and what by name.
fn sent(stage: &mut Stage) -> (usize, Vec<ClientOrderId>) {
    let records = drain(&mut stage.approved);
    assert_eq!(all::<Order>(&records), [], "no order passed");
    let by_name = all::<CancelOrder>(&records).iter().map(|cancel| cancel.client_order_id).collect();
    (all::<CancelAll>(&records).len(), by_name)
}

/// A gate of which so many orders stand at the venue.
fn with_orders<const N: usize>() -> (Stage, [ClientOrderId; N]) {
    let mut stage = Stage::open();
    let ids = std::array::from_fn(|_| stage.place(10));
    ids.iter().for_each(|id| stage.report(*id, ExecutionType::Accepted, OrderStatus::Accepted));
    stage.told();
    (stage, ids)
}

/// The first word of an order that was not sent in this run.
fn stands(stage: &mut Stage, id: ClientOrderId) {
    let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, OrderStatus::Accepted);
    (report.price, report.quantity, report.venue_order_id) = (Price(99), Quantity(5), 900 + id.counter);
    send(&mut stage.gateway, stage.now, &report);
    stage.turn();
}

#[test]
fn a_kill_of_an_instrument_its_venue_or_all_cancels_it_in_one_request_and_what_is_refused_by_name() {
    for scope in SCOPES {
        let (mut stage, ids) = with_orders::<3>();
        control(&mut stage, ControlCommand::Kill, scope);
        assert_eq!(sent(&mut stage), (1, vec![]), "{scope:?}");
        stage.report(ids[0], ExecutionType::Canceled, OrderStatus::Canceled);
        stage.fill(ids[1], 10);
        stage.report(ids[2], ExecutionType::CancelRejected, OrderStatus::Accepted);
        assert_eq!(stage.wait(CANCEL_RETRY_NS - 1), Work::NONE);
        stage.wait(1);
        assert_eq!(sent(&mut stage), (0, vec![ids[2]]), "it was canceled, it traded, it stands");
        stage.report(ids[2], ExecutionType::Canceled, OrderStatus::Canceled);
        stage.wait(CANCEL_RETRY_NS);
        assert_eq!(sent(&mut stage), (0, vec![]));
    }
}

#[test]
fn what_one_request_did_not_end_is_canceled_by_name_once_and_keeps_its_cancel() {
    let (mut stage, ids) = with_orders::<2>();
    stage.kill();
    assert_eq!(sent(&mut stage), (1, vec![]));
    stage.report(ids[0], ExecutionType::Canceled, OrderStatus::Canceled);
    for _ in 1..SWEEP_ANSWER_NS / CANCEL_RETRY_NS {
        stage.wait(CANCEL_RETRY_NS);
        assert_eq!(sent(&mut stage), (0, vec![]), "its answer may still come");
    }
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(sent(&mut stage), (0, vec![ids[1]]));
    stage.wait(2 * SWEEP_ANSWER_NS);
    assert_eq!(sent(&mut stage), (0, vec![]), "the gateway asks for what is not answered");
    stage.told();
    stage.fill(ids[1], 4);
    let [told] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one trade") };
    assert_eq!((told.status, told.leaves_qty), (OrderStatus::PendingCancel, Quantity(6)));
}

#[test]
fn where_one_order_stands_or_the_others_are_being_canceled_it_is_canceled_by_name() {
    let (mut stage, [id]) = with_orders();
    stage.kill();
    assert_eq!(sent(&mut stage), (0, vec![id]));
    let (mut stage, ids) = with_orders::<2>();
    send(&mut stage.intents, stage.now, &CancelIntent { client_order_id: ids[0] });
    stage.turn();
    assert_eq!(sent(&mut stage), (0, vec![ids[0]]));
    stage.kill();
    assert_eq!(sent(&mut stage), (0, vec![ids[1]]));
}

#[test]
fn a_strategy_that_is_killed_or_lost_too_much_cancels_its_own_by_name_and_nobody_elses() {
    let (mut stage, ids) = with_orders::<2>();
    control(&mut stage, ControlCommand::Kill, (ScopeKind::Strategy, 0));
    assert_eq!(sent(&mut stage), (0, ids.to_vec()));
    let drawdown_max = Some(Amount::floor(5, 1).expect("it fits"));
    let losses = LossLimits { drawdown_max, ..LossLimits::default() };
    let mut stage = Stage::opened(Stage::with(ScopeLimits { losses, ..ScopeLimits::default() }));
    let held = stage.place(60);
    stage.fill(held, 60);
    let ids = [stage.place(10), stage.place(10)];
    send(&mut stage.book, stage.now, &top(10, 11, 2));
    stage.wait(Nanos::from_millis(200).0);
    assert_eq!(sent(&mut stage), (0, ids.to_vec()));
}

#[test]
fn as_long_as_an_order_of_somebody_else_stands_ours_are_canceled_by_name() {
    let (mut stage, ids) = with_orders::<2>();
    let foreign = ClientOrderId::foreign(901).expect("a small number");
    stands(&mut stage, foreign);
    for scope in SCOPES {
        control(&mut stage, ControlCommand::Kill, scope);
    }
    assert_eq!(sent(&mut stage), (0, ids.to_vec()));
    ids.iter().for_each(|id| stage.report(*id, ExecutionType::CancelRejected, OrderStatus::Accepted));
    stage.report(foreign, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(sent(&mut stage), (1, vec![]), "all that stands is ours now");
}

#[test]
fn where_an_order_found_no_room_to_be_known_nothing_is_canceled_but_by_name() {
    let mut stage = Stage::open();
    let foreign = |number| ClientOrderId::foreign(number).expect("a small number");
    let numbers = 1..=ORDERS_MAX as u64 + 1;
    numbers.clone().for_each(|number| stands(&mut stage, foreign(number)));
    assert_eq!(stage.actor_counter("unadopted_orders"), 1);
    numbers.for_each(|number| stage.report(foreign(number), ExecutionType::Canceled, OrderStatus::Canceled));
    let earlier = [7, 8].map(|counter| ClientOrderId::new(0, StrategyId(0), counter));
    earlier.iter().for_each(|id| stands(&mut stage, *id));
    stage.kill();
    let (swept, mut by_name) = sent(&mut stage);
    by_name.sort();
    assert_eq!((swept, by_name), (0, earlier.to_vec()));
}

#[test]
fn a_request_for_all_that_finds_no_room_is_sent_once_there_is_some() {
    let mut stage = Stage::open();
    // The orders stay in the approved ring until it has no room for another, and cancels of one fill the rest.
    while all::<Denial>(&stage.told()).is_empty() {
        stage.want(1);
    }
    let last = ClientOrderId::new(1, StrategyId(0), stage.order_count - 1);
    while counter(&stage.actor, "lost_records") == 0 {
        send(&mut stage.intents, stage.now, &CancelIntent { client_order_id: last });
        stage.turn();
    }
    stage.kill();
    assert_eq!(all::<CancelAll>(&drain(&mut stage.approved)).len(), 0);
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(sent(&mut stage), (1, vec![]));
}

#[test]
fn a_second_kill_after_nothing_stood_cancels_all_at_once_again() {
    let (mut stage, ids) = with_orders::<2>();
    let scope = (ScopeKind::Instrument, 0);
    control(&mut stage, ControlCommand::Kill, scope);
    assert_eq!(sent(&mut stage), (1, vec![]));
    ids.iter().for_each(|id| stage.report(*id, ExecutionType::Canceled, OrderStatus::Canceled));
    stage.wait(CANCEL_RETRY_NS);
    control(&mut stage, ControlCommand::Enable, scope);
    stage.told();
    stage.place(10);
    stage.place(10);
    control(&mut stage, ControlCommand::Kill, scope);
    assert_eq!(sent(&mut stage), (1, vec![]));
}
