//! What cannot be held is refused with its reason, what cannot be done now is tried again at its time, and what a venue
//! refused is as it was.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, HeldOrder, HeldStage, InstrumentId, Intent, Level,
    MarkPrice, ModifyIntent, OrderStatus, OrderTerms, OrderType, Price, Quantity, Side, TopOfBook, TopSource,
    TriggerBy, UnixNanos,
};

use super::desk::id;
use crate::trading::held::{HeldOrders, NotHeld, Step, living};
use crate::trading::limits::HELD_ORDERS_MAX;
use crate::trading::order::OrderTable;

const HERE: InstrumentId = InstrumentId(0);
const ELSEWHERE: InstrumentId = InstrumentId(1);
const NOW: UnixNanos = UnixNanos(10);

fn limit(counter: u64) -> Intent {
    Intent::limit(id(counter), Side::Sell, Price(110), Quantity(10))
}

fn market(counter: u64) -> Intent {
    Intent::market(id(counter), Side::Sell, Quantity(10))
}

fn stop(counter: u64) -> Intent {
    let mut stop = market(counter);
    (stop.order_type, stop.trigger_price) = (OrderType::Stop, Price(95));
    stop
}

fn after(parent: u64, mut intent: Intent) -> Intent {
    intent.after_counter = parent;
    intent
}

fn alternative(mut intent: Intent) -> Intent {
    intent.alternatives = 7;
    intent
}

struct Held {
    held: HeldOrders,
    orders: OrderTable,
}

impl Held {
    fn new() -> Self {
        Held { held: HeldOrders::new(2), orders: OrderTable::new(64) }
    }

    fn submit(&mut self, intent: &Intent, instrument_id: InstrumentId) {
        self.orders.submit(*intent, instrument_id, UnixNanos(1)).expect("there is room");
    }

    fn place(&mut self, intent: &Intent, instrument_id: InstrumentId) {
        self.submit(intent, instrument_id);
        self.held.place(intent, instrument_id, &self.orders).expect("it has no obstacle");
    }

    fn obstacle(&self, intent: &Intent) -> Option<NotHeld> {
        self.held.obstacle(intent, HERE, &self.orders)
    }

    fn step(&mut self) -> Option<Step> {
        self.held.next_step(NOW, &self.orders)
    }

    /// An order leaves, of which nothing traded yet.
    fn sends(&mut self, counter: u64) {
        let intent = *self.orders.get(id(counter)).expect("what is sent is known").intent();
        self.held.sent(&intent, Quantity(0));
    }

    /// Sends what is to be sent.
    fn release_all(&mut self) {
        while let Some(step) = self.step() {
            if let Step::Release(id) = step {
                self.sends(id.counter);
            }
        }
    }

    /// The venue says something of an order, and whatever could not be done for it rests for a moment.
    fn hears(&mut self, report: &ExecutionReport) {
        let _ = self.orders.on_report(report);
        self.held.on_report(report, UnixNanos(NOW.0 + 5));
    }

    fn hears_plainly(&mut self, counter: u64, execution: ExecutionType, status: OrderStatus) {
        self.hears(&ExecutionReport::new(id(counter), Side::Sell, execution, status));
    }

    /// The gate says that a held order is of this quantity now.
    fn tells_quantity(&mut self, counter: u64, quantity: i64) {
        let mut told =
            ExecutionReport::new(id(counter), Side::Sell, ExecutionType::Updated, OrderStatus::Accepted);
        (told.is_emulated, told.quantity, told.last_px) = (1, Quantity(quantity), Price(95));
        let _ = self.orders.on_report(&told);
    }

    fn hears_of_trade(&mut self, counter: u64, quantity: i64, status: OrderStatus) {
        let mut told = ExecutionReport::new(id(counter), Side::Sell, ExecutionType::Trade, status);
        (told.trade_id, told.last_qty, told.cumulative_qty) = (9, Quantity(quantity), Quantity(quantity));
        self.hears(&told);
    }
}

#[test]
fn an_order_waits_for_one_of_its_own_instrument_that_traded_or_still_may() {
    let mut desk = Held::new();
    for (counter, instrument_id) in [(1, HERE), (2, ELSEWHERE), (3, HERE), (4, HERE), (5, ELSEWHERE)] {
        desk.submit(&limit(counter), instrument_id);
    }
    desk.hears_plainly(3, ExecutionType::Canceled, OrderStatus::Canceled);
    desk.hears_of_trade(4, 4, OrderStatus::Canceled);
    desk.hears_of_trade(5, 4, OrderStatus::Canceled);
    let obstacles = [1, 2, 3, 4, 5, 6].map(|parent| desk.obstacle(&after(parent, stop(9))));
    let no = Some(NotHeld::Parent);
    assert_eq!(obstacles, [None, no, no, None, no, no]);
}

#[test]
fn a_group_is_of_one_instrument_and_takes_nobody_once_one_of_it_ended() {
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    let elsewhere = desk.held.obstacle(&alternative(stop(2)), ELSEWHERE, &desk.orders);
    assert_eq!((desk.obstacle(&alternative(stop(2))), elsewhere), (None, Some(NotHeld::Alternatives)));
    desk.hears_plainly(1, ExecutionType::Canceled, OrderStatus::Canceled);
    assert_eq!(desk.obstacle(&alternative(stop(2))), Some(NotHeld::Alternatives), "it ended a moment ago");
    assert_eq!(desk.step(), None);
    assert_eq!(desk.obstacle(&alternative(stop(2))), Some(NotHeld::Alternatives), "and is forgotten since");
    let mut of_another = stop(2);
    of_another.alternatives = 8;
    assert_eq!(desk.obstacle(&of_another), None);
}

#[test]
fn a_second_order_without_a_price_has_nothing_to_wait_for_unless_it_is_its_turn() {
    let mut desk = Held::new();
    assert_eq!(desk.obstacle(&alternative(market(1))), None, "it goes at once");
    desk.place(&alternative(limit(1)), HERE);
    assert_eq!(desk.obstacle(&alternative(market(2))), Some(NotHeld::Trigger));
    assert_eq!(desk.obstacle(&alternative(limit(2))), None, "the market may come to its price");
    assert_eq!(desk.obstacle(&market(2)), None, "it is nobody's alternative");
    assert_eq!(desk.obstacle(&alternative(after(1, market(2)))), None, "it waits for the other");
}

#[test]
fn what_is_to_be_triggered_by_a_computed_price_is_taken_once_the_venue_tells_that_price() {
    let mut desk = Held::new();
    let by = |trigger_by, mut intent: Intent| {
        intent.trigger_by = trigger_by;
        intent
    };
    let obstacles =
        |desk: &Held| [TriggerBy::Mark, TriggerBy::Index].map(|kind| desk.obstacle(&by(kind, stop(1))));
    let no = Some(NotHeld::Trigger);
    assert_eq!(obstacles(&desk), [no, no]);
    assert_eq!(desk.obstacle(&by(TriggerBy::Mark, alternative(limit(1)))), None, "it has no trigger");
    assert_eq!(desk.obstacle(&by(TriggerBy::Last, stop(1))), None, "trades come sooner or later");
    desk.held.on_mark(HERE, &MarkPrice::new(Price(100), Price(0), UnixNanos(1), 2), 2);
    assert_eq!(obstacles(&desk), [None, no], "it computes no index");
    desk.held.on_mark(HERE, &MarkPrice::new(Price(100), Price(100), UnixNanos(1), 2), 2);
    assert_eq!(obstacles(&desk), [None, None]);
    let of_nowhere = desk.held.obstacle(&stop(1), InstrumentId(2), &desk.orders);
    assert_eq!(of_nowhere, no, "nobody tells anything of such an instrument");
}

/// So much stands at a bid of 95.
fn bid(quantity: i64) -> TopOfBook {
    let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
    TopOfBook::new(level(95, quantity), level(101, 1), 1, UnixNanos(1), TopSource::Book)
}

#[test]
fn an_empty_side_of_the_book_triggers_nothing() {
    let mut desk = Held::new();
    let mut by_bid = stop(1);
    by_bid.trigger_by = TriggerBy::BidAsk;
    desk.place(&by_bid, HERE);
    desk.held.on_top(HERE, &bid(0));
    assert_eq!(desk.step(), None);
    desk.held.on_top(HERE, &bid(1));
    assert_eq!(desk.step(), Some(Step::Trigger(id(1))));
}

#[test]
fn what_was_known_of_a_market_triggers_nothing_once_it_is_lost() {
    for is_lost in [false, true] {
        let mut desk = Held::new();
        for instrument_id in [HERE, ELSEWHERE] {
            desk.held.on_top(instrument_id, &bid(1));
            desk.held.on_trade(instrument_id, Price(95));
        }
        if is_lost {
            desk.held.lose_top(HERE);
            desk.held.lose_trades(HERE);
        }
        let mut counters = 1..;
        for instrument_id in [HERE, ELSEWHERE] {
            for trigger_by in [TriggerBy::BidAsk, TriggerBy::Last] {
                let mut intent = stop(counters.next().expect("it has no end"));
                intent.trigger_by = trigger_by;
                desk.place(&intent, instrument_id);
            }
        }
        desk.release_all();
        let are_waiting = [1, 2, 3, 4].map(|counter| desk.held.is_waiting(id(counter)));
        assert_eq!(are_waiting, [is_lost, is_lost, false, false], "the other market is still known");
    }
}

#[test]
fn a_trailing_trigger_that_stays_where_it_is_is_not_told_again() {
    let mut desk = Held::new();
    let mut trailing = market(1);
    (trailing.order_type, trailing.trailing_offset) = (OrderType::TrailingStop, Price(5));
    desk.place(&trailing, HERE);
    let mut buying = Intent::market(id(2), Side::Buy, Quantity(10));
    (buying.order_type, buying.trailing_offset) = (OrderType::TrailingStop, Price(5));
    desk.place(&buying, HERE);
    desk.held.on_trade(HERE, Price(100));
    assert_eq!(desk.step(), Some(Step::Move(id(1), Price(95))));
    assert_eq!(desk.step(), Some(Step::Move(id(2), Price(105))));
    assert_eq!(desk.step(), None);
    desk.held.on_trade(HERE, Price(100));
    assert_eq!(desk.step(), None);
    desk.held.on_trade(ELSEWHERE, Price(120));
    assert_eq!(desk.step(), None, "another instrument moves nothing");
}

#[test]
fn while_one_of_a_group_fires_no_other_does_and_one_of_another_group_may() {
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    let mut lower = alternative(stop(3));
    lower.trigger_price = Price(90);
    let mut of_another = lower;
    (of_another.client_order_id, of_another.alternatives) = (id(4), 8);
    for intent in [&alternative(stop(2)), &lower, &of_another] {
        desk.place(intent, HERE);
    }
    desk.held.on_trade(HERE, Price(95));
    assert_eq!(desk.step(), Some(Step::Trigger(id(2))));
    assert_eq!(desk.step(), Some(Step::Cancel(id(1))));
    assert!(desk.orders.request_cancel(id(1)).is_some());
    desk.held.on_trade(HERE, Price(90));
    assert_eq!(desk.step(), Some(Step::Trigger(id(4))));
    assert!(desk.held.is_waiting(id(3)) && !desk.held.is_waiting(id(4)));
}

#[test]
fn a_refused_cancel_rests_until_its_time_where_it_concerns_somebody() {
    let mut desk = Held::new();
    for counter in [1, 2] {
        desk.submit(&limit(counter), HERE);
    }
    let refused = (ExecutionType::CancelRejected, OrderStatus::Submitted);
    desk.hears_plainly(1, refused.0, refused.1);
    assert_eq!(desk.held.due_at(), None, "nothing is held at all");
    desk.place(&after(1, stop(3)), HERE);
    desk.hears_plainly(2, refused.0, refused.1);
    assert_eq!(desk.held.due_at(), None, "nobody waits for it");
    desk.hears_plainly(1, ExecutionType::Accepted, OrderStatus::Accepted);
    assert_eq!(desk.held.due_at(), None, "nothing was refused");
    desk.hears_plainly(1, refused.0, refused.1);
    assert_eq!(desk.held.due_at(), Some(UnixNanos(NOW.0 + 5)), "a child is to follow it");
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    desk.hears_plainly(1, refused.0, refused.1);
    assert_eq!(desk.held.due_at(), Some(UnixNanos(NOW.0 + 5)), "an alternative may have to go first");
}

#[test]
fn what_rests_is_done_from_its_moment_on_and_not_before() {
    let mut desk = Held::new();
    desk.place(&stop(1), HERE);
    desk.held.on_trade(HERE, Price(95));
    assert_eq!(desk.step(), Some(Step::Trigger(id(1))));
    desk.held.rest(id(1), NOW);
    assert_eq!(desk.step(), Some(Step::Release(id(1))), "from its moment on");
    desk.held.rest(id(1), UnixNanos(NOW.0 + 1));
    desk.held.rest(id(2), NOW);
    assert_eq!(desk.step(), None, "its moment has not come");
    desk.held.rest(id(1), NOW);
    desk.held.rest(id(2), UnixNanos(NOW.0 + 1));
    desk.held.wake(NOW);
    assert_eq!(desk.step(), Some(Step::Release(id(1))), "that of another has not, and is no matter of it");
}

#[test]
fn no_more_rests_than_may_be_held_and_each_once() {
    let mut held = HeldOrders::new(1);
    for counter in 1..=HELD_ORDERS_MAX {
        held.rest(id(counter as u64), UnixNanos(20));
    }
    held.rest(id(1), UnixNanos(30));
    held.wake(UnixNanos(20));
    assert_eq!(held.due_at(), Some(UnixNanos(30)), "the later word on it counts");
    for counter in 2..=HELD_ORDERS_MAX {
        held.rest(id(counter as u64), UnixNanos(30));
    }
    held.rest(id(HELD_ORDERS_MAX as u64 + 1), UnixNanos(25));
    assert_eq!(held.due_at(), Some(UnixNanos(30)), "there is no room for one more");
}

#[test]
fn only_what_was_held_is_taken_back_and_it_is_sent_again_later() {
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    desk.place(&stop(2), HERE);
    let later = UnixNanos(NOW.0 + 1);
    assert!(![1, 2, 3].iter().any(|counter| desk.held.take_back(id(*counter), later)), "none was released");
    desk.held.on_trade(HERE, Price(95));
    assert_eq!(desk.step(), Some(Step::Trigger(id(2))));
    assert!(!desk.held.take_back(id(2), later), "it fired, and did not leave");
    assert_eq!(desk.step(), Some(Step::Release(id(2))));
    desk.sends(2);
    assert!(!desk.held.holds(id(2)));
    assert!(desk.held.take_back(id(2), later));
    assert!(desk.held.holds(id(2)) && !desk.held.is_waiting(id(2)), "it is held, and not on its first terms");
    assert_eq!(desk.step(), None);
    desk.held.wake(later);
    assert_eq!(desk.held.next_step(later, &desk.orders), Some(Step::Release(id(2))));
}

#[test]
fn what_was_held_by_itself_is_forgotten_once_the_venue_has_it_and_a_child_only_when_it_ends() {
    let mut desk = Held::new();
    desk.submit(&limit(1), HERE);
    desk.hears_of_trade(1, 10, OrderStatus::Filled);
    desk.place(&stop(2), HERE);
    desk.place(&after(1, stop(3)), HERE);
    desk.held.on_trade(HERE, Price(95));
    desk.release_all();
    let is_known = |desk: &mut Held, counter| {
        let is_known = desk.held.take_back(id(counter), NOW);
        if is_known {
            desk.sends(counter);
        }
        is_known
    };
    assert!(is_known(&mut desk, 2) && is_known(&mut desk, 3), "it may be that neither left");
    for counter in [2, 3] {
        desk.hears_plainly(counter, ExecutionType::Accepted, OrderStatus::Accepted);
    }
    assert_eq!(desk.step(), None);
    assert_eq!([2, 3].map(|counter| is_known(&mut desk, counter)), [false, true]);
    desk.hears_plainly(3, ExecutionType::Canceled, OrderStatus::Canceled);
    assert_eq!(desk.step(), None);
    assert!(!is_known(&mut desk, 3));
}

#[test]
fn a_change_that_the_venue_refused_leaves_an_alternative_as_large_as_it_was() {
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    desk.hears_plainly(1, ExecutionType::Accepted, OrderStatus::Accepted);
    let before = OrderTerms::of(&limit(1));
    let terms = OrderTerms { quantity: Quantity(6), ..before };
    assert!(desk.orders.request_change(&ModifyIntent::new(id(1), terms, 1)).is_some());
    desk.held.on_changed(id(1), &terms, before.quantity);
    assert_eq!(desk.step(), None, "it is asked for");
    let mut refused =
        ExecutionReport::new(id(1), Side::Sell, ExecutionType::UpdateRejected, OrderStatus::Accepted);
    refused.revision = 1;
    desk.hears(&refused);
    assert_eq!(desk.step(), None, "ten stand, and ten are wanted");
}

#[test]
fn what_stands_and_is_too_large_is_made_smaller_or_canceled_where_that_cannot_be() {
    let cases = [
        (0, false, Step::Change(id(1), Quantity(6))),
        (0, true, Step::Cancel(id(1))),
        (5, false, Step::Change(id(1), Quantity(6))),
    ];
    for (traded_qty, is_rigid, expected) in cases {
        let mut desk = Held::new();
        desk.place(&alternative(limit(1)), HERE);
        desk.place(&alternative(stop(2)), HERE);
        if is_rigid {
            desk.held.cannot_change(id(1));
        }
        if traded_qty > 0 {
            desk.hears_of_trade(1, traded_qty, OrderStatus::PartiallyFilled);
            assert_eq!(desk.step(), Some(Step::Resize(id(2), Quantity(10 - traded_qty))));
            desk.tells_quantity(2, 10 - traded_qty);
        }
        assert_eq!(desk.step(), None, "it is no larger than it may be");
        // What nobody expects: a trade of the one that is held comes to light.
        desk.hears_of_trade(2, 4, OrderStatus::PartiallyFilled);
        let mut steps = Vec::new();
        while let Some(step) = desk.step().filter(|_| steps.len() < 4) {
            match step {
                Step::Change(id, quantity) => {
                    let terms = OrderTerms { quantity, ..OrderTerms::of(&limit(1)) };
                    assert!(desk.orders.request_change(&ModifyIntent::new(id, terms, 1)).is_some());
                }
                Step::Cancel(id) => assert!(desk.orders.request_cancel(id).is_some()),
                _ => {}
            }
            steps.push(step);
        }
        assert_eq!(steps, [expected], "once, {traded_qty} traded");
    }
}

#[test]
fn what_stands_and_may_trade_nothing_more_is_canceled_and_not_made_as_small_as_it_traded() {
    let mut desk = Held::new();
    desk.place(&alternative(limit(1)), HERE);
    desk.place(&alternative(stop(2)), HERE);
    desk.hears_of_trade(1, 6, OrderStatus::PartiallyFilled);
    desk.hears_of_trade(2, 4, OrderStatus::PartiallyFilled);
    assert_eq!(desk.step(), Some(Step::Cancel(id(1))));
}

#[test]
fn of_what_was_kept_all_that_somebody_still_depends_on_lives_in_the_order_of_its_coming() {
    let kept = |intent: Intent, stage, at| HeldOrder::new(intent, UnixNanos(at), stage);
    let counters = |kept: Vec<HeldOrder>| -> Vec<ClientOrderId> {
        living(kept).iter().map(|saved| saved.intent.client_order_id).collect()
    };
    use HeldStage::{Awaited, Ended, Fired, Gone, Standing, Waiting};
    for stage in [Waiting, Fired, Standing] {
        assert_eq!(counters(vec![kept(stop(1), stage, 1)]), [id(1)], "{stage:?}");
    }
    for stage in [Awaited, Ended, Gone] {
        assert_eq!(counters(vec![kept(alternative(stop(1)), stage, 1)]), [], "{stage:?}");
        let other = kept(stop(2), Waiting, 1);
        assert_eq!(counters(vec![kept(stop(1), stage, 1), other]), [id(2)], "{stage:?}");
    }
    let child = kept(after(1, stop(2)), Waiting, 1);
    assert_eq!(counters(vec![child, kept(limit(1), Awaited, 0)]), [id(1), id(2)], "the first is first again");
    assert_eq!(counters(vec![child, kept(limit(3), Awaited, 0)]), [id(2)], "nobody waits for that one");
    let mut of_done = child;
    of_done.is_parent_done = 1;
    assert_eq!(counters(vec![of_done, kept(limit(1), Awaited, 0)]), [id(2)]);
    let ended = kept(alternative(limit(1)), Ended, 2);
    assert_eq!(counters(vec![ended, kept(alternative(stop(2)), Fired, 1)]), [id(2), id(1)]);
    assert_eq!(counters(vec![ended, kept(alternative(stop(2)), Standing, 1)]), [id(2)]);
}

#[test]
fn all_that_was_kept_is_told_as_gone_once_it_is_over() {
    let mut desk = Held::new();
    desk.place(&stop(1), HERE);
    desk.place(&stop(2), HERE);
    let told = |desk: &mut Held| {
        let mut told = Vec::new();
        desk.held.save(&desk.orders, |_, saved| told.push((saved.intent.client_order_id, saved.stage)));
        told
    };
    assert_eq!(told(&mut desk), [(id(1), HeldStage::Waiting), (id(2), HeldStage::Waiting)]);
    desk.held.ended(id(1));
    assert_eq!(desk.step(), None);
    assert_eq!(told(&mut desk), [(id(1), HeldStage::Gone)], "and nothing of the other, which did not change");
    assert_eq!(told(&mut desk), []);
}
