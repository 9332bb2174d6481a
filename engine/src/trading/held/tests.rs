//! Triggers against a model that looks at the whole history anew, groups against a venue that answers late and in any
//! order, and held orders that were made again out of what was told.

mod desk;
mod groups;
mod obstacles;

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, HeldStage, Intent, Level, MarkPrice, OrderStatus, OrderType, Price,
    Quantity, Side, TopOfBook, TopSource, TriggerBy, UnixNanos,
};
use proptest::prelude::*;

use self::desk::{Desk, INSTRUMENT, Left, id};
use super::*;
use crate::trading::seeded;

/// What the market does.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Trade(i64),
    Top(i64, i64),
    /// At a scale finer by one digit than the instrument's.
    Mark(i64),
    Lapped,
}

fn top(bid: i64, ask: i64) -> TopOfBook {
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    TopOfBook::new(level(bid), level(ask), 1, UnixNanos(1), TopSource::Book)
}

fn see(held: &mut HeldOrders, seen: Seen) {
    match seen {
        Seen::Trade(price) => held.on_trade(INSTRUMENT, Price(price)),
        Seen::Top(bid, ask) => held.on_top(INSTRUMENT, &top(bid, ask)),
        Seen::Mark(mark) => {
            held.on_mark(INSTRUMENT, &MarkPrice::new(Price(mark), Price(0), UnixNanos(1), 3), 2);
        }
        Seen::Lapped => held.lose_trades(INSTRUMENT),
    }
}

/// Whether the market was above and below this at once, in tenths: what an order waits for, looked at by itself.
fn price_for(intent: &Intent, seen: Seen) -> Option<i64> {
    match (seen, intent.trigger_by) {
        (Seen::Trade(price), TriggerBy::Last) => Some(price * 10),
        (Seen::Top(bid, ask), TriggerBy::BidAsk) => {
            Some(if intent.side == Side::Buy { ask } else { bid } * 10)
        }
        (Seen::Mark(mark), TriggerBy::Mark) => Some(mark),
        _ => None,
    }
}

/// The model: whether the last of these prices, in tenths, is the first that fires the order, by all that came before.
fn fires_at_last(intent: &Intent, prices: &[i64]) -> bool {
    let is_above = match intent.order_type {
        OrderType::MarketIfTouched | OrderType::LimitIfTouched => intent.side == Side::Sell,
        _ => intent.side == Side::Buy,
    };
    let met = |count: usize| {
        let (price, before) = (prices[count - 1], &prices[..count - 1]);
        let follow = before.iter().filter(|_| intent.trailing_offset.0 > 0).map(|price| {
            // A trigger stands on a step of the instrument, behind the market.
            let behind = if is_above { (price + 9) / 10 } else { price / 10 };
            if is_above { behind + intent.trailing_offset.0 } else { behind - intent.trailing_offset.0 }
        });
        let own = Some(intent.trigger_price.0).filter(|price| *price > 0);
        let trigger = if is_above { follow.chain(own).min() } else { follow.chain(own).max() };
        trigger.is_some_and(|at| if is_above { price >= at * 10 } else { price <= at * 10 })
    };
    met(prices.len()) && (1..prices.len()).all(|count| !met(count))
}

fn waiting_intent() -> impl Strategy<Value = Intent> {
    let types = prop_oneof![
        Just(OrderType::Stop),
        Just(OrderType::StopLimit),
        Just(OrderType::TrailingStop),
        Just(OrderType::MarketIfTouched),
        Just(OrderType::LimitIfTouched),
    ];
    let by = prop_oneof![Just(TriggerBy::Last), Just(TriggerBy::BidAsk), Just(TriggerBy::Mark)];
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    (types, by, side, 90..110_i64, 1..8_i64, any::<bool>()).prop_map(
        |(order_type, trigger_by, side, trigger, offset, is_placed)| {
            let mut intent = Intent::limit(id(0), side, Price(100), Quantity(5));
            (intent.order_type, intent.trigger_by) = (order_type, trigger_by);
            intent.trigger_price = Price(trigger);
            if order_type == OrderType::TrailingStop {
                intent.trailing_offset = Price(offset);
                intent.trigger_price = Price(if is_placed { trigger } else { 0 });
            }
            if !order_type.is_limited() {
                intent.price = Price(0);
            }
            intent
        },
    )
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        4 => (92..108_i64).prop_map(Seen::Trade),
        4 => (92..107_i64, 1..3_i64).prop_map(|(bid, spread)| Seen::Top(bid, bid + spread)),
        4 => (920..1080_i64).prop_map(Seen::Mark),
        1 => Just(Seen::Lapped),
    ]
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn orders_fire_at_the_price_that_a_look_at_all_of_the_past_says_and_in_the_order_of_their_coming(
        intents in prop::collection::vec(waiting_intent(), 1..12),
        market in prop::collection::vec(seen(), 1..40),
    ) {
        let mut desk = Desk::new();
        // A price of each kind, so that each kind is known; it lies where it fires nobody that is not met by it.
        for first in [Seen::Trade(100), Seen::Top(100, 101), Seen::Mark(1_000)] {
            see(&mut desk.held, first);
        }
        let mut pasts: Vec<(Intent, Vec<i64>)> = Vec::new();
        for (counter, intent) in (1..).zip(&intents) {
            let mut intent = *intent;
            intent.client_order_id = id(counter);
            let first = [Seen::Trade(100), Seen::Top(100, 101), Seen::Mark(1_000)];
            pasts.push((intent, first.iter().filter_map(|seen| price_for(&intent, *seen)).collect()));
            desk.wants(&intent).expect("it depends on nothing");
            let is_met = fires_at_last(&intent, &pasts[pasts.len() - 1].1);
            prop_assert_eq!(desk.take_sent().len(), usize::from(is_met));
        }
        for seen in market {
            let is_lapped = matches!(seen, Seen::Lapped);
            let mut expected = Vec::new();
            for (intent, past) in &mut pasts {
                if let Some(price) = price_for(intent, seen) {
                    past.push(price);
                    if fires_at_last(intent, past) {
                        expected.push(intent.client_order_id.counter);
                    }
                }
            }
            see(&mut desk.held, seen);
            desk.work();
            let sent: Vec<u64> = desk.take_sent().iter().map(|sent| sent.id().counter).collect();
            prop_assert!(!is_lapped || sent.is_empty());
            prop_assert_eq!(sent, expected, "at {:?}", seen);
        }
    }

    #[test]
    fn what_is_made_again_out_of_what_was_told_fires_as_what_was_never_interrupted(
        intents in prop::collection::vec((waiting_intent(), 0..3_u32, any::<bool>()), 1..8),
        before in prop::collection::vec(seen(), 0..20),
        after in prop::collection::vec(seen(), 1..40),
    ) {
        let mut desk = Desk::new();
        for first in [Seen::Trade(100), Seen::Top(100, 101), Seen::Mark(1_000)] {
            see(&mut desk.held, first);
        }
        for (counter, (intent, group, _)) in (1..).zip(&intents) {
            let mut intent = *intent;
            (intent.client_order_id, intent.alternatives) = (id(counter), *group);
            // One of a group that is over is refused, as the gate would.
            let _ = desk.wants(&intent);
        }
        for (counter, (.., is_moved)) in (1..).zip(&intents) {
            if *is_moved {
                desk.moves(id(counter), Price(91 + i64::try_from(counter).expect("few")));
            }
        }
        for seen in before {
            see(&mut desk.held, seen);
            desk.work();
        }
        desk.take_sent();
        let mut restored = desk.restored();
        for id in desk.held.held() {
            let [was, is] = [&desk, &restored].map(|desk| desk.orders.get(id).expect("it is held"));
            prop_assert_eq!((was.status(), was.intent()), (is.status(), is.intent()));
        }
        for seen in after {
            for desk in [&mut desk, &mut restored] {
                see(&mut desk.held, seen);
                desk.work();
            }
            prop_assert_eq!(desk.take_sent(), restored.take_sent(), "at {:?}", seen);
            prop_assert_eq!(
                desk.held.held().collect::<Vec<_>>(), restored.held.held().collect::<Vec<_>>()
            );
        }
    }
}

/// An order to sell ten at 110 that stands, and its alternative, which is sent where the market falls to 95.
fn alternatives() -> (Desk, Intent, Intent) {
    let mut desk = Desk::new();
    let mut target = Intent::limit(id(1), Side::Sell, Price(110), Quantity(10));
    let mut protection = Intent::market(id(2), Side::Sell, Quantity(10));
    (protection.order_type, protection.trigger_price) = (OrderType::Stop, Price(95));
    (target.alternatives, protection.alternatives) = (7, 7);
    for intent in [&target, &protection] {
        desk.wants(intent).expect("they are new");
    }
    assert_eq!(desk.take_sent(), [Left::Order(id(1), Quantity(10))]);
    (desk, target, protection)
}

/// So much of an order traded at the venue.
fn traded(counter: u64, quantity: i64, of: i64) -> ExecutionReport {
    let status = if quantity == of { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
    let mut told = ExecutionReport::new(id(counter), Side::Sell, ExecutionType::Trade, status);
    (told.trade_id, told.last_qty, told.cumulative_qty) = (counter, Quantity(quantity), Quantity(quantity));
    told
}

#[test]
fn a_strategy_changes_an_alternative_to_what_it_is_to_be_whatever_the_others_traded() {
    let (mut desk, ..) = alternatives();
    desk.hears(&traded(1, 4, 10));
    let quantity = |desk: &Desk| desk.orders.get(id(2)).map(|order| order.intent().quantity);
    assert_eq!(quantity(&desk), Some(Quantity(6)), "what the other left");
    desk.changes(id(2), |terms| terms.quantity = Quantity(5));
    assert_eq!(quantity(&desk), Some(Quantity(5)));
    desk.moves(id(2), Price(96));
    assert_eq!(quantity(&desk), Some(Quantity(5)), "a change of something else is none of the quantity");
}

#[test]
fn a_child_is_covered_by_what_its_parent_traded_and_its_alternatives_left_once_that_is_known() {
    let mut desk = Desk::new();
    desk.wants(&Intent::limit(id(9), Side::Buy, Price(100), Quantity(10))).expect("it is new");
    let mut target = Intent::limit(id(1), Side::Sell, Price(110), Quantity(10));
    let mut protection = Intent::market(id(2), Side::Sell, Quantity(10));
    (protection.order_type, protection.trigger_price) = (OrderType::Stop, Price(95));
    for exit in [&mut target, &mut protection] {
        (exit.alternatives, exit.after_counter) = (7, 9);
        desk.wants(exit).expect("its parent is there");
    }
    assert_eq!(desk.held.covered_qty(id(2)), None, "the parent still trades");
    let mut bought = traded(9, 8, 10);
    (bought.side, bought.status) = (Side::Buy, OrderStatus::Canceled);
    desk.hears(&bought);
    assert_eq!(desk.held.covered_qty(id(2)), Some(Quantity(8)));
    desk.hears(&traded(1, 3, 8));
    assert_eq!(desk.held.covered_qty(id(1)), Some(Quantity(8)), "its own trades take nothing from it");
    assert_eq!(desk.held.covered_qty(id(2)), Some(Quantity(5)));
    assert_eq!(desk.held.covered_qty(id(9)), None, "it is nobody's child");
    let again = desk.restored_as_it_stood().held;
    assert_eq!([1, 2].map(|counter| again.covered_qty(id(counter))), [8, 5].map(|most| Some(Quantity(most))));
}

#[test]
fn the_alternatives_of_an_order_are_the_others_of_its_group_and_of_nobody_elses() {
    let (mut desk, target, mut protection) = alternatives();
    let [mut alone, mut of_another] = [protection; 2];
    (alone.client_order_id, alone.alternatives) = (id(3), 0);
    (of_another.client_order_id, of_another.alternatives) = (id(4), 8);
    for intent in [&alone, &of_another] {
        desk.wants(intent).expect("they are new");
    }
    let others = |intent: &Intent| desk.held.alternatives_of(intent).collect::<Vec<_>>();
    assert_eq!(others(&target), [id(2)]);
    assert_eq!((others(&alone), others(&of_another)), (vec![], vec![]));
    protection.alternatives = 0;
    assert_eq!(others(&protection), [id(1)], "it is of its group, whatever a change of it says");
    assert_eq!(desk.held.held().collect::<Vec<_>>(), [id(2), id(3), id(4)]);
}

#[test]
fn all_is_told_again_where_what_was_kept_is_about_to_be_overwritten() {
    let (mut desk, ..) = alternatives();
    let told = |desk: &mut Desk| {
        let mut told = Vec::new();
        desk.held.save(&desk.orders, |_, saved| told.push((saved.intent.client_order_id, saved.stage)));
        told
    };
    assert_eq!(told(&mut desk), [], "nothing changed since");
    desk.held.save_again();
    assert_eq!(told(&mut desk), [(id(1), HeldStage::Standing), (id(2), HeldStage::Waiting)]);
    assert_eq!(told(&mut desk), []);
}

#[test]
fn as_many_are_held_as_may_be_and_no_more() {
    let mut desk = Desk::new();
    let mut stop = Intent::market(id(0), Side::Sell, Quantity(1));
    (stop.order_type, stop.trigger_price) = (OrderType::Stop, Price(90));
    for counter in 1..=HELD_ORDERS_MAX {
        stop.client_order_id = id(counter as u64);
        desk.wants(&stop).expect("there is room");
    }
    stop.client_order_id = id(HELD_ORDERS_MAX as u64 + 1);
    assert_eq!(desk.wants(&stop), Err(NotHeld::Full));
    desk.cancels(id(1));
    desk.work();
    assert_eq!(desk.wants(&stop), Ok(()));
    see(&mut desk.held, Seen::Trade(90));
    desk.work();
    let sent = desk.take_sent();
    assert_eq!(sent.len(), HELD_ORDERS_MAX);
    assert!(sent.is_sorted_by_key(|left| left.id()), "first come, first sent");
    assert!(matches!(sent[0], Left::Order(..)));
}

#[test]
fn what_rests_longer_goes_on_resting_while_the_others_wake() {
    let mut held = HeldOrders::new(1);
    held.rest(id(1), UnixNanos(5));
    held.rest(id(2), UnixNanos(9));
    held.wake(UnixNanos(4));
    assert_eq!(held.due_at(), Some(UnixNanos(5)));
    held.wake(UnixNanos(6));
    assert_eq!(held.due_at(), Some(UnixNanos(9)), "its own time has not come");
    held.wake(UnixNanos(9));
    assert_eq!(held.due_at(), None);
}
