//! Held orders over the end of a process: a gate is dropped at any moment, and another is made out of what it kept.

use fulmar_bus::record::{
    CancelIntent, ClientOrderId, ExecutionReport, ExecutionType, HeldOrder, HeldStage, Intent, Nanos, Order,
    OrderStatus, OrderType, Side, TimeInForce,
};

use super::held::{self, alternative, id};
use super::risk::Stage;
use super::*;
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::contract::local_reason;
use crate::trading::held::living;

/// Sells five at the market once somebody trades at this price or below.
fn stop(counter: u64, trigger: i64) -> Intent {
    held::stop(counter, trigger, 5)
}

impl Stage {
    /// The counters of the orders that left.
    fn sent(&mut self) -> Vec<u64> {
        let orders = drain_all::<Order>(&mut self.approved);
        orders.iter().map(|order| order.intent.client_order_id.counter).collect()
    }

    /// The last word on each order, as a file would have it, and a new gate that is given what is of use of it.
    fn killed(mut self) -> Stage {
        let mut kept: Vec<HeldOrder> = Vec::new();
        for saved in drain_all::<HeldOrder>(&mut self.kept) {
            kept.retain(|known| known.intent.client_order_id != saved.intent.client_order_id);
            kept.push(saved);
        }
        Stage::after(living(kept).into_iter().map(|saved| (INSTRUMENT, saved)).collect())
    }

    /// What the strategy was told of its orders of an earlier boot.
    fn restored(&mut self) -> Vec<(u64, HeldStage)> {
        let told = all::<HeldOrder>(&self.told());
        told.iter().map(|saved| (saved.intent.client_order_id.counter, saved.stage)).collect()
    }
}

/// What the gateway is asked to ask for.
fn asked(left: &[Record]) -> Vec<ClientOrderId> {
    all::<ExecutionReport>(left).iter().map(|question| question.client_order_id).collect()
}

#[test]
fn a_stop_that_waited_when_the_process_was_killed_fires_at_the_next_boot_once() {
    let mut stage = Stage::open();
    stage.trades_at(100);
    stage.wants(&[stop(1, 95), stop(2, 90)]);
    let mut next = stage.killed();
    next.opens();
    assert_eq!(next.restored(), [(1, HeldStage::Waiting), (2, HeldStage::Waiting)], "the first one first");
    next.trades_at(96);
    assert_eq!(next.sent(), [0; 0]);
    next.trades_at(95);
    assert_eq!(next.sent(), [1]);
    next.trades_at(95);
    assert_eq!(next.sent(), [0; 0]);
}

#[test]
fn what_was_sent_when_the_process_was_killed_is_asked_for_and_never_sent_again() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95)]);
    stage.trades_at(94);
    assert_eq!(stage.sent(), [1]);
    let mut next = stage.killed();
    assert_eq!(asked(&next.opens()), [id(1)]);
    assert_eq!(next.restored(), [(1, HeldStage::Standing)]);
    next.trades_at(94);
    assert_eq!(next.sent(), [0; 0]);
    next.report(id(1), ExecutionType::Accepted, OrderStatus::Filled);
    assert_eq!(asked(&next.killed().opens()), [], "what is settled is forgotten");
}

#[test]
fn what_was_kept_and_did_not_leave_is_taken_for_sent() {
    let mut stage = Stage::open();
    stage.wants(&[alternative(stop(1, 95)), alternative(stop(2, 80))]);
    stage.trades_at(94);
    // Its report is lost with the process, whether or not it left.
    let mut next = stage.killed();
    assert_eq!(asked(&next.opens()), [id(1)]);
    assert_eq!(next.restored(), [(1, HeldStage::Standing), (2, HeldStage::Waiting)]);
    next.trades_at(94);
    assert_eq!(next.sent(), [0; 0]);
    next.report(id(1), ExecutionType::Accepted, OrderStatus::Filled);
    let ended: Vec<_> = all::<ExecutionReport>(&next.told()).iter().map(|told| told.status).collect();
    assert_eq!(ended, [OrderStatus::Filled, OrderStatus::Canceled], "and so does its alternative end");
}

#[test]
fn a_canceled_order_is_not_held_again() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95)]);
    send(&mut stage.intents, stage.now, &CancelIntent { client_order_id: id(1) });
    stage.turn();
    let mut next = stage.killed();
    next.opens();
    next.trades_at(90);
    assert_eq!((next.restored(), next.sent()), (vec![], vec![]));
}

#[test]
fn an_order_ends_at_its_moment_although_that_came_while_nothing_ran() {
    let mut stage = Stage::open();
    let mut until_soon = stop(1, 95);
    (until_soon.time_in_force, until_soon.expire_at) = (TimeInForce::Gtd, stage.now + Nanos::from_secs(5));
    stage.wants(&[until_soon, stop(2, 90)]);
    let mut next = stage.killed();
    next.now = next.now + Nanos::from_secs(6);
    next.opens();
    next.turn();
    next.trades_at(94);
    assert_eq!(next.sent(), [0; 0]);
    let told = all::<ExecutionReport>(&next.told());
    let told: Vec<_> = told.iter().map(|told| (told.client_order_id, told.execution)).collect();
    assert_eq!(told, [(id(1), ExecutionType::Canceled)]);
}

#[test]
fn an_instrument_that_is_another_after_the_kill_is_a_kill_for_what_was_held_of_it() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95)]);
    let mut next = stage.killed();
    send(&mut next.book, next.now, &wider_definition());
    next.turn();
    next.trades_at(90);
    assert_eq!(next.sent(), [0; 0]);
    assert_eq!(counter(&next.actor, "rescaled_holdings"), 1);
}

#[test]
fn all_that_may_be_held_is_told_as_the_strategy_makes_room_before_anything_is_done_with_it() {
    let saved = |counter| {
        let mut saved = HeldOrder::new(stop(counter, 95), OPENS_AT, HeldStage::Waiting);
        (saved.price_scale, saved.quantity_scale, saved.contract_size) = (2, 2, ContractSize::ONE);
        (INSTRUMENT, saved)
    };
    let count = 1_000;
    let mut next = Stage::after((1..=count).map(saved).collect());
    next.opens();
    next.trades_at(94);
    let mut told = 0;
    for _ in 0..8 {
        let restored = next.restored().len() as u64;
        told += restored;
        if told < count {
            assert_eq!(next.sent(), [0; 0], "after {told}");
        }
        next.now = next.now + Nanos(CANCEL_RETRY_NS);
        next.turn();
    }
    assert_eq!(told, count);
}

#[test]
fn the_last_word_on_each_order_stays_however_often_another_changes() {
    let mut stage = Stage::open();
    let mut trailing = stop(2, 0);
    (trailing.order_type, trailing.trailing_offset) = (OrderType::TrailingStop, Price(5));
    stage.trades_at(100);
    stage.wants(&[stop(1, 50), trailing]);
    let mut words = 0;
    let mut first_again = 0;
    for price in 101..20_000 {
        stage.trades_at(price);
        for saved in drain_all::<HeldOrder>(&mut stage.kept) {
            words += 1;
            first_again += u64::from(saved.intent.client_order_id == id(1) && words > 2);
        }
        stage.told();
    }
    // Six slots each, and all of it again after a quarter of the channel.
    assert_eq!(first_again, words * 6 / (crate::actors::HELD_SLOTS as u64 / 4));
}

#[test]
fn an_order_that_was_refused_before_it_left_is_sent_again_and_what_the_venue_refused_is_not() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95)]);
    stage.trades_at(94);
    assert_eq!(stage.sent(), [1]);
    stage.told();
    let refuse = |stage: &mut Stage, reason| {
        let (execution, status) = (ExecutionType::Rejected, OrderStatus::Rejected);
        let mut report = ExecutionReport::new(id(1), Side::Sell, execution, status);
        report.reason = reason;
        send(&mut stage.gateway, stage.now, &report);
        stage.turn();
    };
    refuse(&mut stage, local_reason::NOT_READY);
    assert_eq!(
        (stage.sent(), all::<ExecutionReport>(&stage.told())),
        (vec![], vec![]),
        "not at once, and nobody is told"
    );
    stage.now = stage.now + Nanos(CANCEL_RETRY_NS);
    stage.turn();
    assert_eq!(stage.sent(), [1]);
    refuse(&mut stage, -2010);
    stage.now = stage.now + Nanos(CANCEL_RETRY_NS);
    stage.turn();
    assert_eq!(stage.sent(), [0; 0]);
}

#[test]
fn an_order_that_fires_while_the_book_is_old_waits_for_it() {
    let mut stage = Stage::open();
    stage.wants(&[stop(1, 95)]);
    stage.now = stage.now + Nanos::from_secs(20);
    stage.trades_at(94);
    assert_eq!(stage.sent(), [0; 0]);
    send(&mut stage.book, stage.now, &top(93, 94, 2));
    stage.now = stage.now + Nanos(CANCEL_RETRY_NS);
    stage.turn();
    assert_eq!(stage.sent(), [1]);
}
