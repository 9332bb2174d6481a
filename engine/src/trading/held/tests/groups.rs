//! A bracket, and a group by itself, at a venue that does what it is told in its own time and tells of it late and in
//! any order: whatever happens, no more is sold than was bought, nor more of a group than its orders want.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, Intent, OrderStatus, OrderType, Price, Quantity, Side,
};
use proptest::prelude::*;

use super::desk::{Desk, INSTRUMENT, Left, id};
use crate::trading::seeded;

const ENTRY: u64 = 1;
const TARGET: u64 = 2;
const PROTECTION: u64 = 3;
const QUANTITY: i64 = 10;

/// What happens next. Numbers choose among what is possible.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The venue does the next thing that it was told; changes are refused where this says so.
    Serve { refuses: bool },
    /// An order that stands trades.
    Trade { which: usize, quantity: i64 },
    /// A report arrives, any of those that are on their way.
    Deliver { which: usize },
    /// Somebody trades at this price.
    Market { price: i64 },
    /// The strategy cancels an order.
    Cancel { counter: u64 },
}

/// The truth, as the venue knows it.
#[derive(Default)]
struct Venue {
    /// Counter, quantity, traded, and whether it stands.
    orders: Vec<(u64, i64, i64, bool)>,
    inbox: Vec<Left>,
    outbox: Vec<ExecutionReport>,
    trade_count: u64,
}

impl Venue {
    fn traded(&self, counter: u64) -> i64 {
        self.orders.iter().filter(|order| order.0 == counter).map(|order| order.2).sum()
    }

    fn report(
        &mut self,
        counter: u64,
        execution: ExecutionType,
        status: OrderStatus,
    ) -> &mut ExecutionReport {
        let side = if counter == ENTRY { Side::Buy } else { Side::Sell };
        let mut report = ExecutionReport::new(id(counter), side, execution, status);
        report.cumulative_qty = Quantity(self.traded(counter));
        self.outbox.push(report);
        self.outbox.last_mut().expect("it was just pushed")
    }

    fn serve(&mut self, refuses: bool) {
        if self.inbox.is_empty() {
            return;
        }
        let left = self.inbox.remove(0);
        let counter = left.id().counter;
        let place = self.orders.iter().position(|order| order.0 == counter && order.3);
        match (left, place) {
            (Left::Order(_, quantity), _) => {
                self.orders.push((counter, quantity.0, 0, true));
                self.report(counter, ExecutionType::Accepted, OrderStatus::Accepted);
            }
            (Left::Cancel(_), Some(place)) => {
                self.orders[place].3 = false;
                self.report(counter, ExecutionType::Canceled, OrderStatus::Canceled);
            }
            (Left::Cancel(_), None) => {
                self.report(counter, ExecutionType::CancelRejected, OrderStatus::Submitted);
            }
            (Left::Change(_, quantity, revision), Some(place))
                if !refuses && quantity.0 > self.orders[place].2 =>
            {
                self.orders[place].1 = quantity.0;
                let told = self.report(counter, ExecutionType::Updated, OrderStatus::Accepted);
                (told.revision, told.quantity) = (revision, quantity);
            }
            (Left::Change(_, _, revision), _) => {
                self.report(counter, ExecutionType::UpdateRejected, OrderStatus::Submitted).revision =
                    revision;
            }
        }
    }

    fn trade(&mut self, which: usize, quantity: i64) {
        let standing: Vec<usize> = (0..self.orders.len()).filter(|place| self.orders[*place].3).collect();
        let Some(place) = standing.get(which % standing.len().max(1)).copied() else { return };
        let order = &mut self.orders[place];
        let last_qty = quantity.min(order.1 - order.2);
        order.2 += last_qty;
        order.3 = order.2 < order.1;
        let (counter, is_done) = (order.0, !order.3);
        self.trade_count += 1;
        let trade_id = self.trade_count;
        let status = if is_done { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        let told = self.report(counter, ExecutionType::Trade, status);
        (told.trade_id, told.last_qty, told.last_px) = (trade_id, Quantity(last_qty), Price(100));
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any::<bool>().prop_map(|refuses| Event::Serve { refuses }),
        4 => (0..4_usize, 1..6_i64).prop_map(|(which, quantity)| Event::Trade { which, quantity }),
        6 => (0..8_usize).prop_map(|which| Event::Deliver { which }),
        3 => (90..112_i64).prop_map(|price| Event::Market { price }),
        1 => (ENTRY..=PROTECTION).prop_map(|counter| Event::Cancel { counter }),
    ]
}

/// What may be wanted: a bracket, with a stop of any kind; or two alternatives by themselves.
fn orders(is_bracket: bool, stop_type: OrderType, target_type: OrderType) -> Vec<Intent> {
    let limit = |counter, side, price| Intent::limit(id(counter), side, Price(price), Quantity(QUANTITY));
    let mut target = limit(TARGET, Side::Sell, 110);
    target.order_type = target_type;
    target.trigger_price = Price(if target_type.is_triggered() { 108 } else { 0 });
    let mut protection = limit(PROTECTION, Side::Sell, if stop_type.is_limited() { 94 } else { 0 });
    (protection.order_type, protection.trigger_price) = (stop_type, Price(95));
    if stop_type == OrderType::TrailingStop {
        protection.trailing_offset = Price(4);
    }
    (target.alternatives, protection.alternatives) = (9, 9);
    if is_bracket {
        (target.after_counter, protection.after_counter) = (ENTRY, ENTRY);
        return vec![limit(ENTRY, Side::Buy, 100), target, protection];
    }
    vec![target, protection]
}

fn play(desk: &mut Desk, venue: &mut Venue, event: Event) {
    match event {
        Event::Serve { refuses } => venue.serve(refuses),
        Event::Trade { which, quantity } => venue.trade(which, quantity),
        Event::Deliver { which } if !venue.outbox.is_empty() => {
            let report = venue.outbox.remove(which % venue.outbox.len());
            desk.hears(&report);
        }
        Event::Deliver { .. } => {}
        Event::Market { price } => {
            desk.held.on_trade(INSTRUMENT, Price(price));
            desk.work();
        }
        Event::Cancel { counter } => desk.cancels(id(counter)),
    }
    venue.inbox.extend(desk.take_sent());
}

proptest! {
    #![proptest_config(seeded(3_000))]

    #[test]
    fn no_group_trades_more_than_it_may_whatever_comes_when(
        is_bracket in any::<bool>(),
        stop_type in prop_oneof![
            Just(OrderType::Stop), Just(OrderType::StopLimit), Just(OrderType::TrailingStop)
        ],
        target_type in prop_oneof![Just(OrderType::Limit), Just(OrderType::LimitIfTouched)],
        events in prop::collection::vec(event(), 1..80),
    ) {
        let (mut desk, mut venue) = (Desk::new(), Venue::default());
        for intent in orders(is_bracket, stop_type, target_type) {
            desk.wants(&intent).expect("they are new");
        }
        venue.inbox.extend(desk.take_sent());
        let bought = |venue: &Venue| if is_bracket { venue.traded(ENTRY) } else { QUANTITY };
        let is_canceled = events.iter().any(|event| matches!(event, Event::Cancel { .. }));
        for event in events {
            play(&mut desk, &mut venue, event);
            let sold = venue.traded(TARGET) + venue.traded(PROTECTION);
            prop_assert!(sold <= bought(&venue), "{sold} were sold after {event:?}");
            let is_exit = |order: &&(u64, i64, i64, bool)| order.0 != ENTRY && order.3;
            prop_assert!(venue.orders.iter().filter(is_exit).count() <= 1, "one of a group stands");
        }
        // All that is on its way comes home.
        for _ in 0..200 {
            play(&mut desk, &mut venue, Event::Serve { refuses: false });
            play(&mut desk, &mut venue, Event::Deliver { which: 0 });
        }
        prop_assert!(venue.inbox.is_empty() && venue.outbox.is_empty(), "it comes to rest");
        check_rest(&desk, &venue, (is_bracket, is_canceled))?;
    }
}

/// Once all is told: an exit that is there without the other is the one that was sent; each is for exactly what is left
/// to sell; and unless the strategy canceled something, what is left to sell has an exit.
fn check_rest(
    desk: &Desk,
    venue: &Venue,
    (is_bracket, is_canceled): (bool, bool),
) -> Result<(), TestCaseError> {
    let exits = [TARGET, PROTECTION].map(|counter| desk.orders.get(id(counter)).expect("it was wanted"));
    let open: Vec<_> = exits.iter().filter(|order| !order.status().is_terminal()).collect();
    let is_entered = desk.orders.get(id(ENTRY)).is_none_or(|entry| entry.status().is_terminal());
    let bought = if is_bracket { venue.traded(ENTRY) } else { QUANTITY };
    let left = bought - venue.traded(TARGET) - venue.traded(PROTECTION);
    if let [only] = open[..] {
        let counter = only.intent().client_order_id.counter;
        prop_assert!(venue.orders.iter().any(|order| order.0 == counter), "{counter} is held alone");
    }
    if is_entered {
        prop_assert!(open.iter().all(|order| order.leaves_qty().0 == left), "{left} are left to sell");
        prop_assert!(
            is_canceled || open.is_empty() == (left == 0),
            "{left} are left, and {} exits",
            open.len()
        );
    }
    Ok(())
}
