//! Orders that end at a moment of their own: venues lack it, or keep their own time, so the gate ends them. What the
//! venue does not cancel then is tried again until it stands no more.

use std::collections::VecDeque;

use fulmar_bus::record::{ClientOrderId, ExecutionReport, ExecutionType, Nanos, TimeInForce, UnixNanos};

use super::cancels::CANCEL_SLOTS;
use super::{Output, State};
use crate::actors::limits::{CANCEL_RETRY_NS, ORDERS_MAX};
use crate::runtime::Origin;
use crate::trading::order::{OrderTable, TrackedOrder};

/// The moments at which orders end, the next one first.
pub(super) struct Expiries {
    due: VecDeque<(UnixNanos, ClientOrderId)>,
}

/// Moments that are kept: those of all orders that may stand, and as many that have ended since.
const EXPIRIES_MAX: usize = 2 * ORDERS_MAX;

impl Expiries {
    pub(super) fn new() -> Self {
        Expiries { due: VecDeque::with_capacity(EXPIRIES_MAX) }
    }

    /// When the next order ends.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        self.due.front().map(|(at, _)| *at)
    }

    fn add(&mut self, at: UnixNanos, id: ClientOrderId, orders: &OrderTable) {
        if self.due.len() == EXPIRIES_MAX {
            let stands = |id| orders.get(id).is_some_and(|order| !order.status().is_terminal());
            self.due.retain(|(_, id)| stands(*id));
        }
        let place = self.due.partition_point(|(other, _)| *other <= at);
        self.due.insert(place, (at, id));
    }

    fn take_due(&mut self, now: UnixNanos) -> Option<ClientOrderId> {
        let is_due = self.due_at().is_some_and(|at| at <= now);
        if is_due { self.due.pop_front().map(|(_, id)| id) } else { None }
    }
}

/// When an order ends that does not stand until it is canceled.
fn ends_at(order: &TrackedOrder) -> Option<UnixNanos> {
    match order.intent().time_in_force {
        TimeInForce::Gtd => Some(order.intent().expire_at),
        TimeInForce::Day => Some(UnixNanos((order.submitted_at().day() + 1) * Nanos::DAY.0)),
        TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => None,
    }
}

impl State {
    /// The order was sent: if it ends by itself, its end is noted.
    pub(super) fn note_end(&mut self, id: ClientOrderId) {
        let end = self.orders.get(id).and_then(ends_at);
        end.into_iter().for_each(|at| self.expiries.add(at, id, &self.orders));
    }

    /// The venue refused to cancel an order whose end has come: it is tried again.
    pub(super) fn note_refused_end(&mut self, now: UnixNanos, report: &ExecutionReport) {
        let order = self.orders.get(report.client_order_id).filter(|order| !order.status().is_terminal());
        let has_ended = order.and_then(ends_at).is_some_and(|at| at <= now);
        if has_ended && report.execution == ExecutionType::CancelRejected {
            self.expiries.add(now + Nanos(CANCEL_RETRY_NS), report.client_order_id, &self.orders);
        }
    }

    /// Cancels what ends now.
    pub(super) fn end_due(&mut self, now: UnixNanos, output: &mut Output) {
        while let Some(id) = self.expiries.take_due(now) {
            let standing = self.orders.get(id).filter(|order| !order.status().is_terminal());
            let Some(instrument_id) = standing.map(TrackedOrder::instrument_id) else { continue };
            if !self.held.holds(id) && !output.approved.has_room(instrument_id, CANCEL_SLOTS) {
                self.expiries.add(now + Nanos(CANCEL_RETRY_NS), id, &self.orders);
                return;
            }
            self.cancel(now, Origin::time(now), id, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::StrategyId;

    use super::*;

    #[test]
    fn moments_of_orders_that_ended_make_room_for_others_and_none_is_made_anew() {
        let orders = OrderTable::new(1);
        let mut expiries = Expiries::new();
        let room = expiries.due.capacity();
        for counter in 1..=3 * EXPIRIES_MAX as u64 {
            let at = UnixNanos(1_000_000 - counter);
            expiries.add(at, ClientOrderId::new(1, StrategyId(0), counter), &orders);
        }
        assert_eq!(expiries.due.capacity(), room);
        assert!(expiries.due.iter().is_sorted(), "the next one first");
        let first = expiries.due_at();
        assert!(expiries.take_due(UnixNanos(0)).is_none() && first == expiries.due_at());
        assert!(expiries.take_due(UnixNanos(1_000_000)).is_some());
    }
}
