//! Held orders: what no venue of ours carries out, and the engine does. Orders that wait for a price (stops, trailing
//! stops, orders if touched), for another order (children of a parent), and alternatives, of which one alone may trade.
//!
//! This is the pure part: no clock, no channel, no order table of its own. It is told what is wanted, what the market
//! does and that something became of an order; asked for its [`Step`]s, it says what is to be done next, one thing at a
//! time and always in the order in which orders were wanted. It decides by state, never by event: whatever could not be
//! done now is said again later, so that nothing is missed.
//!
//! ```text
//!            trigger met, or its turn             nothing in its way, and judged anew
//!  Waiting --------------------------> Fired ----------------------------------------> Standing
//!     |                                  |                                                |
//!     +---------- canceled, an alternative ended, the parent traded nothing --------> Ended
//! ```
//!
//! What keeps a group from trading more than one of its orders is: *at most one of a group is at the venue*. The others
//! are held; one without a trigger of its own waits for the market to come to its price. Where one fires, the one that
//! stands is canceled first, and what that did not trade is what the fired one is sent with. It costs the way to the
//! venue and back, and on a spot market it must: what is sold stands blocked behind the other order until then.
//!
//! A child is sent once, with all that its parent traded, when the parent is done; what fires before that has the rest
//! of its parent canceled first. So no venue has to raise an order's quantity, which most cannot.
//!
//! That nothing trades too much rests on one word of venues: who ends an order says how much of it traded. Where a
//! trade comes to light only later all the same, what stands is made smaller, or is canceled where it cannot be.

mod entry;
mod market;
mod prices;
mod restore;
mod slices;
mod steps;
mod trigger;

pub use entry::parent_id;
pub use restore::{living, put};

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Intent, OrderTerms, OrderType, Price,
    Quantity, Side, TriggerBy, UnixNanos,
};

use self::entry::{Entry, Group, Phase};
use self::market::Market;
use super::limits::{CLOSED_GROUPS_MAX, HELD_ORDERS_MAX};
use super::order::OrderTable;

/// What is to be done next. What cannot be done now is refused with [`HeldOrders::rest`], and said again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// The trigger of a held order follows the market: it is this now.
    Move(ClientOrderId, Price),
    /// A held order is of this quantity now.
    Resize(ClientOrderId, Quantity),
    /// A held order fired: its trigger was met, or its turn came.
    Trigger(ClientOrderId),
    /// A held order ends.
    End(ClientOrderId),
    /// An order at the venue is to be canceled.
    Cancel(ClientOrderId),
    /// An order at the venue is to be of this quantity.
    Change(ClientOrderId, Quantity),
    /// A held order, or the next slice of it, is to be judged and sent. Say so with [`HeldOrders::sent`].
    Release(ClientOrderId),
    /// The slice of an order that is at the venue is to be canceled, and the order is not.
    Withdraw(ClientOrderId),
    /// Nothing of an order is at the venue, and the change that is wanted of it is to be made.
    Amend(ClientOrderId),
}

/// Why an order cannot be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeld {
    /// As many are held as may be.
    Full,
    /// The order that it waits for is not known, traded nothing and never will, or is of another instrument.
    Parent,
    /// One of its alternatives ended already, or is of another instrument.
    Alternatives,
    /// Nobody tells the price that is to trigger it.
    Trigger,
}

/// The held orders of an engine, and those that depend on them. Allocates when it is made, and never again.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::trading::held::{HeldOrders, Step};
/// use fulmar_engine::trading::order::OrderTable;
/// let (mut held, mut orders) = (HeldOrders::new(1), OrderTable::new(16));
/// let id = ClientOrderId::new(1, StrategyId(0), 1);
/// let mut stop = Intent::market(id, Side::Sell, Quantity(5));
/// (stop.order_type, stop.trigger_price) = (OrderType::Stop, Price(95));
/// orders.submit(stop, InstrumentId(0), UnixNanos(1)).expect("there is room");
/// held.place(&stop, InstrumentId(0), &orders).expect("it depends on nothing");
/// held.on_trade(InstrumentId(0), Price(96));
/// assert_eq!(held.next_step(UnixNanos(2), &orders), None);
/// held.on_trade(InstrumentId(0), Price(94));
/// assert_eq!(held.next_step(UnixNanos(3), &orders), Some(Step::Trigger(id)));
/// assert_eq!(held.next_step(UnixNanos(3), &orders), Some(Step::Release(id)));
/// ```
#[derive(Debug)]
pub struct HeldOrders {
    /// In the order in which they were wanted.
    entries: Vec<Entry>,
    /// By instrument.
    markets: Vec<Market>,
    /// Groups of which all is over, the oldest first: who comes late is not taken for the first of a new one.
    closed: Vec<Group>,
    /// What could not be done, and when it is tried again.
    resting: Vec<(ClientOrderId, UnixNanos)>,
    is_any_due: bool,
    /// Forgotten, which is not kept yet.
    gone: Vec<(InstrumentId, ClientOrderId, Side)>,
    is_any_unsaved: bool,
}

impl HeldOrders {
    /// Nothing is held yet, of so many instruments.
    pub fn new(instrument_count: usize) -> Self {
        HeldOrders {
            entries: Vec::with_capacity(HELD_ORDERS_MAX),
            markets: vec![Market::default(); instrument_count],
            closed: Vec::with_capacity(CLOSED_GROUPS_MAX),
            resting: Vec::with_capacity(HELD_ORDERS_MAX),
            is_any_due: false,
            gone: Vec::with_capacity(HELD_ORDERS_MAX),
            is_any_unsaved: false,
        }
    }

    /// True where `intent` is none that goes to the venue as it stands and is forgotten here.
    pub const fn concerns(intent: &Intent) -> bool {
        intent.order_type.is_triggered() || intent.alternatives != 0 || intent.after_counter != 0
    }

    /// True where `intent` would be held, and not go to the venue at once.
    pub fn would_hold(&self, intent: &Intent) -> bool {
        let group = Group::of(intent);
        let has_place = |entry: &Entry| matches!(entry.phase, Phase::Standing | Phase::Fired);
        let is_taken = self.entries.iter().any(|entry| entry.is_of(group) && has_place(entry));
        intent.order_type.is_triggered() || intent.after_counter != 0 || is_taken
    }

    /// Why `intent` cannot be taken in; `None` where it can.
    pub fn obstacle(
        &self,
        intent: &Intent,
        instrument_id: InstrumentId,
        orders: &OrderTable,
    ) -> Option<NotHeld> {
        if self.entries.len() >= HELD_ORDERS_MAX {
            return Some(NotHeld::Full);
        }
        let parent = parent_id(intent).map(|id| orders.get(id));
        let is_possible = parent.is_none_or(|parent| {
            let of_here = parent.filter(|parent| parent.instrument_id() == instrument_id);
            of_here.is_some_and(|parent| !parent.status().is_terminal() || !parent.traded_qty().is_zero())
        });
        if !is_possible {
            return Some(NotHeld::Parent);
        }
        let group = Group::of(intent);
        let is_over = group.is_some_and(|group| {
            let others = || self.entries.iter().filter(|entry| entry.is_of(Some(group)));
            let mut ended = others().filter(|other| self.is_ended(other, orders));
            let is_elsewhere = others().any(|other| other.instrument_id != instrument_id);
            self.closed.contains(&group) || is_elsewhere || ended.any(|other| !other.gave_way)
        });
        if is_over {
            return Some(NotHeld::Alternatives);
        }
        // A second order without a price of its own has nothing to wait for.
        let has_nothing_to_wait_for =
            intent.order_type == OrderType::Market && intent.after_counter == 0 && self.would_hold(intent);
        let market = self.markets.get(instrument_id.index());
        let is_told = match intent.trigger_by {
            TriggerBy::Mark | TriggerBy::Index if intent.order_type.is_triggered() => {
                market.is_some_and(|market| market.seen(intent.trigger_by, intent.side).is_some())
            }
            _ => market.is_some(),
        };
        (has_nothing_to_wait_for || !is_told).then_some(NotHeld::Trigger)
    }

    /// Takes in an order that stands in `orders`: one that is held, or one that goes to the venue now.
    ///
    /// # Errors
    /// As [`HeldOrders::obstacle`]; then it is neither.
    pub fn place(
        &mut self,
        intent: &Intent,
        instrument_id: InstrumentId,
        orders: &OrderTable,
    ) -> Result<(), NotHeld> {
        if let Some(obstacle) = self.obstacle(intent, instrument_id, orders) {
            return Err(obstacle);
        }
        let phase = if self.would_hold(intent) { Phase::Waiting } else { Phase::Standing };
        self.entries.push(Entry::new(intent, instrument_id, phase));
        self.note(intent.client_order_id);
        Ok(())
    }

    /// True where the order is held: not at the venue, and not done.
    pub fn holds(&self, id: ClientOrderId) -> bool {
        self.entry(id).is_some_and(Entry::is_held)
    }

    /// True where the order is held and its terms may still change: it did not fire.
    pub fn is_waiting(&self, id: ClientOrderId) -> bool {
        self.entry(id).is_some_and(|entry| entry.phase == Phase::Waiting)
    }

    /// The held orders, in the order in which they were wanted.
    pub fn held(&self) -> impl Iterator<Item = ClientOrderId> {
        self.entries.iter().filter(|entry| entry.is_held()).map(|entry| entry.id)
    }

    /// The other orders of the group that `id` is, or would be as `intent` says, of.
    pub fn alternatives_of(&self, intent: &Intent) -> impl Iterator<Item = ClientOrderId> {
        let id = intent.client_order_id;
        let group = Group::of(intent).or_else(|| self.entry(id)?.group);
        self.others(group, id).map(|entry| entry.id)
    }

    /// The most that a child may be, where that is known: what its parent traded and its alternatives left.
    pub fn covered_qty(&self, id: ClientOrderId) -> Option<Quantity> {
        let entry = self.entry(id).filter(|entry| entry.parent.is_some_and(|parent| parent.is_done))?;
        let others_qty = self.others_qty(entry);
        let parent_qty = entry.parent.map_or(0, |parent| parent.traded_qty.0);
        Some(Quantity(parent_qty.saturating_sub(others_qty)))
    }

    /// Something became of an order: whoever depends on it is looked at anew. A cancel that was refused is not tried
    /// again before `rest_until`.
    pub fn on_report(&mut self, report: &ExecutionReport, rest_until: UnixNanos) {
        if self.entries.is_empty() {
            return;
        }
        let id = report.client_order_id;
        let is_parent = self.entries.iter().any(|entry| entry.parent.is_some_and(|parent| parent.id == id));
        if report.execution == ExecutionType::CancelRejected && (is_parent || self.entry(id).is_some()) {
            self.rest(id, rest_until);
        }
        if report.execution == ExecutionType::UpdateRejected
            && let Some(entry) = self.entry_mut(id)
        {
            if report.revision == entry.own_revision && report.revision != 0 {
                entry.is_rigid = true;
            } else {
                entry.wanted_qty = entry.wanted_qty_before;
            }
        }
        self.note(id);
    }

    /// The strategy changed an order that was of the quantity `before`, held or on its way: from now on it wants this.
    /// What its alternatives traded is not part of it.
    pub fn on_changed(&mut self, id: ClientOrderId, terms: &OrderTerms, before: Quantity) {
        let Some(others_qty) = self.entry(id).map(|entry| self.others_qty(entry)) else { return };
        let entry = self.entry_mut(id).expect("it was just found");
        entry.wanted_qty_before = entry.wanted_qty;
        if terms.quantity != before {
            entry.wanted_qty = Quantity(terms.quantity.0.saturating_add(others_qty));
        }
        if let Some(trigger) = &mut entry.trigger {
            trigger.price = if entry.has_turn { terms.price } else { terms.trigger_price };
        }
        // The prices that are known are held against the new trigger.
        entry.is_armed = false;
        self.note(id);
    }

    /// A released order left, or a slice of it; so much of the order had traded before.
    pub fn sent(&mut self, sent: &Intent, traded_before: Quantity) {
        let id = sent.client_order_id.whole();
        if let Some(entry) = self.entry_mut(id) {
            entry.phase = Phase::Standing;
            entry.slice_left(sent, traded_before);
        }
        self.note(id);
    }

    /// A released order was refused before it left, for want of a way or of room: it is held again, and tried again
    /// then. False where it is none that was held.
    pub fn take_back(&mut self, id: ClientOrderId, rest_until: UnixNanos) -> bool {
        let Some(entry) = self.entry_mut(id).filter(|entry| entry.phase == Phase::Standing && entry.is_told)
        else {
            return false;
        };
        entry.slice_over();
        entry.phase = Phase::Fired;
        self.rest(id, rest_until);
        self.note(id);
        true
    }

    /// A held order ended, or was denied.
    pub fn ended(&mut self, id: ClientOrderId) {
        if let Some(entry) = self.entry_mut(id) {
            entry.phase = Phase::Ended;
        }
        self.note(id);
    }

    /// A change of quantity left that the strategy did not ask for.
    pub fn asked(&mut self, id: ClientOrderId, revision: u16) {
        if let Some(entry) = self.entry_mut(id) {
            entry.own_revision = revision;
        }
    }

    /// The order's quantity cannot be changed: where it is too large, it is canceled.
    pub fn cannot_change(&mut self, id: ClientOrderId) {
        if let Some(entry) = self.entry_mut(id) {
            entry.is_rigid = true;
        }
        self.note(id);
    }

    /// What was to be done with the order cannot be done before this moment.
    pub fn rest(&mut self, id: ClientOrderId, until: UnixNanos) {
        let known = self.resting.iter().position(|(resting, _)| *resting == id);
        match known {
            Some(place) => self.resting[place].1 = until,
            // Each is an entry or a parent of one. Were there more, one would be tried again a little earlier.
            None if self.resting.len() < HELD_ORDERS_MAX => self.resting.push((id, until)),
            None => {}
        }
    }

    /// When something is to be tried again.
    pub fn due_at(&self) -> Option<UnixNanos> {
        self.resting.iter().map(|(_, until)| *until).min()
    }

    /// What rested until now is tried again.
    pub fn wake(&mut self, now: UnixNanos) {
        if self.due_at().is_some_and(|due_at| due_at <= now) {
            self.resting.retain(|(_, until)| *until > now);
            self.entries.iter_mut().for_each(|entry| entry.is_due = true);
            self.is_any_due = true;
        }
    }

    /// Something may have changed for this order, its alternatives and its children.
    fn note(&mut self, id: ClientOrderId) {
        let group = self.entry(id).and_then(|entry| entry.group);
        for entry in &mut self.entries {
            let is_child = entry.parent.is_some_and(|parent| parent.id == id);
            let is_due = entry.id == id || is_child || entry.is_of(group);
            entry.is_due |= is_due;
            entry.is_unsaved |= is_due;
            self.is_any_due |= is_due;
            self.is_any_unsaved |= is_due;
        }
    }

    fn entry(&self, id: ClientOrderId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    fn entry_mut(&mut self, id: ClientOrderId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// What the alternatives of an entry traded.
    fn others_qty(&self, entry: &Entry) -> i64 {
        let others = self.others(entry.group, entry.id);
        others.map(|other| other.traded_qty.0).fold(0, i64::saturating_add)
    }

    /// The alternatives of a group but this one.
    fn others(&self, group: Option<Group>, id: ClientOrderId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.is_of(group) && entry.id != id)
    }

    fn is_ended(&self, entry: &Entry, orders: &OrderTable) -> bool {
        entry.phase == Phase::Ended || orders.get(entry.id).is_none_or(|order| order.status().is_terminal())
    }
}

#[cfg(test)]
mod tests;
