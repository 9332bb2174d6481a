//! What is to be done next: one entry that something changed for, held against what is known of it, of its alternatives
//! and of its parent. Every step leads to a change of what it was decided by, or rests until later, so that asking
//! again comes to an end.

use std::cmp::Ordering;

use fulmar_bus::record::{ClientOrderId, OrderType, Quantity, UnixNanos};

use super::entry::{Entry, Phase};
use super::{HeldOrders, Step};
use crate::trading::limits::CLOSED_GROUPS_MAX;
use crate::trading::order::OrderTable;

/// What the alternatives of an order are, together.
#[derive(Clone, Copy, Debug, Default)]
struct Family {
    /// What they traded.
    traded_qty: i64,
    /// One of them ended, and did not give way to another.
    is_over: bool,
    /// One of them fired, and is not sent yet.
    has_fired: bool,
    /// The one at the venue.
    standing: Option<ClientOrderId>,
}

impl HeldOrders {
    /// What is to be done next; `None` where nothing is. Ask until nothing is.
    pub fn next_step(&mut self, now: UnixNanos, orders: &OrderTable) -> Option<Step> {
        while self.is_any_due {
            for index in 0..self.entries.len() {
                if self.entries[index].is_due {
                    if let Some(step) = self.step_of(now, index, orders) {
                        return Some(step);
                    }
                    self.entries[index].is_due = false;
                }
            }
            // What was found to have ended may concern one that was looked at before it.
            self.is_any_due = self.entries.iter().any(|entry| entry.is_due);
            if !self.is_any_due {
                self.forget();
            }
        }
        None
    }

    fn step_of(&mut self, now: UnixNanos, index: usize, orders: &OrderTable) -> Option<Step> {
        let group = self.entries[index].group;
        for other in 0..self.entries.len() {
            if other == index || self.entries[other].is_of(group) {
                self.refresh(other, orders);
            }
        }
        match self.entries[index].phase {
            Phase::Waiting | Phase::Fired => self.step_of_held(now, index, orders),
            Phase::Standing => self.step_of_standing(now, index, orders),
            Phase::Ended => self.step_of_ended(index),
        }
    }

    /// Takes over what the table knows of an entry and of its parent.
    fn refresh(&mut self, index: usize, orders: &OrderTable) {
        let entry = &mut self.entries[index];
        if let Some(parent) = &mut entry.parent {
            match orders.get(parent.id) {
                Some(order) => {
                    (parent.traded_qty, parent.is_done) = (order.traded_qty(), order.status().is_terminal());
                }
                None => parent.is_done = true,
            }
        }
        let order = orders.get(entry.id);
        entry.traded_qty = order.map_or(entry.traded_qty, |order| order.traded_qty());
        entry.is_taken |= order.is_some_and(|order| order.is_acknowledged());
        if order.is_none_or(|order| order.status().is_terminal()) && entry.phase != Phase::Ended {
            entry.phase = Phase::Ended;
            let id = entry.id;
            self.note(id);
        }
    }

    fn family(&self, index: usize) -> Family {
        let entry = &self.entries[index];
        let mut family = Family::default();
        for other in self.others(entry.group, entry.id) {
            family.traded_qty = family.traded_qty.saturating_add(other.traded_qty.0);
            match other.phase {
                Phase::Waiting => {}
                Phase::Fired => family.has_fired = true,
                Phase::Standing => family.standing = Some(other.id),
                Phase::Ended => family.is_over |= !other.gave_way,
            }
        }
        family
    }

    fn step_of_held(&mut self, now: UnixNanos, index: usize, orders: &OrderTable) -> Option<Step> {
        let family = self.family(index);
        let entry = &mut self.entries[index];
        let (id, quantity_max) = (entry.id, entry.quantity_max(family.traded_qty));
        let order = orders.get(id)?;
        if let Some(step) = entry.step_between_slices(order) {
            return Some(step);
        }
        let quantity = order.intent().quantity;
        if family.is_over || quantity_max.is_some_and(|most| most <= 0) {
            return Some(Step::End(id));
        }
        if let Some(most) = quantity_max.filter(|most| *most != quantity.0) {
            return Some(Step::Resize(id, Quantity(most)));
        }
        if entry.may_fire() && !entry.is_armed {
            entry.is_armed = true;
            self.look(index);
        }
        let entry = &mut self.entries[index];
        if std::mem::take(&mut entry.has_moved)
            && let Some(trigger) = entry.trigger
        {
            return Some(Step::Move(id, trigger.price));
        }
        let is_its_turn = entry.has_turn && entry.parent.is_some_and(|parent| parent.is_done);
        if entry.phase == Phase::Waiting && is_its_turn && !family.has_fired {
            entry.phase = Phase::Fired;
        }
        if entry.phase == Phase::Waiting {
            return None;
        }
        if !std::mem::replace(&mut entry.is_told, true) {
            return Some(Step::Trigger(id));
        }
        self.clear_the_way(now, index, family.standing, orders)
    }

    /// An order that fired goes once the rest of its parent, and the alternative that stands, are out of its way.
    fn clear_the_way(
        &mut self,
        now: UnixNanos,
        index: usize,
        standing: Option<ClientOrderId>,
        orders: &OrderTable,
    ) -> Option<Step> {
        let entry = &self.entries[index];
        if let Some(parent) = entry.parent.filter(|parent| !parent.is_done) {
            return self.cancel(now, parent.id, orders);
        }
        let Some(other) = standing else {
            let id = entry.id;
            return (!self.is_resting(id, now)).then_some(Step::Release(id));
        };
        let step = self.cancel(now, other, orders);
        // One whose cancel was wanted by others ends the group.
        if let Some(other) = self.entry_mut(other).filter(|_| step.is_some()) {
            other.gave_way = true;
        }
        step
    }

    fn step_of_standing(&mut self, now: UnixNanos, index: usize, orders: &OrderTable) -> Option<Step> {
        let family = self.family(index);
        let entry = &self.entries[index];
        let order = orders.get(entry.id)?;
        if entry.slices.is_some() {
            let may_try = !self.is_resting(entry.id, now);
            return entry.step_of_slice(order).filter(|_| may_try);
        }
        if family.is_over {
            return self.cancel(now, entry.id, orders);
        }
        let most = entry.quantity_max(family.traded_qty)?;
        let is_too_large = match most.cmp(&order.intent().quantity.0) {
            Ordering::Less => true,
            Ordering::Equal => return None,
            Ordering::Greater => false,
        };
        let is_settled = order.pending_terms().is_none() && !order.is_cancel_wanted();
        if !is_settled {
            return None;
        }
        let can_change = !entry.is_rigid && order.intent().order_type == OrderType::Limit;
        if can_change && most > order.traded_qty().0 {
            // More than it was sent with is there for a child alone, whose parent's last trade came late.
            let is_wanted = is_too_large || entry.parent.is_some();
            let may_try = is_wanted && !self.is_resting(entry.id, now);
            return may_try.then_some(Step::Change(entry.id, Quantity(most)));
        }
        if is_too_large { self.cancel(now, entry.id, orders) } else { None }
    }

    fn cancel(&self, now: UnixNanos, id: ClientOrderId, orders: &OrderTable) -> Option<Step> {
        let order = orders.get(id)?;
        let is_on_its_way = order.status().is_terminal() || order.is_cancel_wanted();
        (!is_on_its_way && !self.is_resting(id, now)).then_some(Step::Cancel(id))
    }

    fn is_resting(&self, id: ClientOrderId, now: UnixNanos) -> bool {
        self.resting.iter().any(|(resting, until)| *resting == id && *until > now)
    }

    /// Forgets what concerns nobody any more.
    fn forget(&mut self) {
        while let Some(index) = self.entries.iter().position(|entry| self.is_forgettable(entry)) {
            let entry = self.entries.remove(index);
            self.gone.push((entry.instrument_id, entry.id, entry.side));
            self.is_any_unsaved = true;
            let Some(group) = entry.group.filter(|group| !self.closed.contains(group)) else { continue };
            if self.closed.len() == CLOSED_GROUPS_MAX {
                self.closed.remove(0);
            }
            self.closed.push(group);
        }
    }

    fn is_forgettable(&self, entry: &Entry) -> bool {
        let is_over = |group| {
            let mut of_group = self.entries.iter().filter(|other| other.is_of(Some(group)));
            of_group.all(|other| other.phase == Phase::Ended)
        };
        // Who waits for it would not find it where both are made again.
        let is_awaited =
            |other: &Entry| other.parent.is_some_and(|parent| parent.id == entry.id && !parent.is_done);
        let is_over = entry.is_alone() || (entry.phase == Phase::Ended && entry.group.is_some_and(is_over));
        is_over && !self.entries.iter().any(is_awaited)
    }
}
