//! A change of an order that stands: cheaper to keep the place than to come anew, as at a venue.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, ModifyOrder, OrderStatus, OrderTerms, Quantity, UnixNanos,
};

use super::{
    Desk, PaperOrder, PaperVenue, REASON_MALFORMED, REASON_UNKNOWN_ORDER, REASON_WOULD_TAKE, report,
};

impl PaperVenue {
    /// Changes an order, which takes its place anew, or reports why not. Less quantity at the same price keeps the
    /// place.
    pub fn change(&mut self, change: &ModifyOrder, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        let orders = self.orders_mut(change.side);
        let is_it = |order: &PaperOrder| order.intent.client_order_id == change.client_order_id;
        let Some(index) = orders.iter().position(is_it) else {
            return reports.push(refused(change, REASON_UNKNOWN_ORDER, now));
        };
        let mut order = orders[index];
        let OrderTerms { price, trigger_price, quantity } = change.terms;
        if quantity <= order.cumulative || price.0 <= 0 || trigger_price.0 != 0 {
            return reports.push(refused(change, REASON_MALFORMED, now));
        }
        let keeps_place = price == order.intent.price && quantity <= order.intent.quantity;
        (order.intent.price, order.intent.quantity) = (price, quantity);
        if keeps_place {
            orders[index] = order;
            return reports.push(updated(&order, change, now));
        }
        let touch = self.met_by(change.side);
        order.is_taking = touch.level.quantity.0 > 0 && order.reaches(touch.level.price);
        if order.intent.post_only != 0 && order.is_taking {
            return reports.push(refused(change, REASON_WOULD_TAKE, now));
        }
        self.orders_mut(change.side).remove(index);
        reports.push(updated(&order, change, now));
        let taken = touch.available(&order).min(order.leaves());
        if taken.0 > 0 {
            self.opposite_mut(change.side).left.0 -= taken.0;
            self.fill(&mut order, touch.level.price, taken, &mut Desk { now, reports });
        }
        if !order.leaves().is_zero() {
            self.rest(order);
        }
    }
}

fn updated(order: &PaperOrder, change: &ModifyOrder, now: UnixNanos) -> ExecutionReport {
    let is_partial = order.cumulative > Quantity(0);
    let status = if is_partial { OrderStatus::PartiallyFilled } else { OrderStatus::Accepted };
    let mut updated = report(order, ExecutionType::Updated, status, now);
    updated.revision = change.revision;
    updated
}

fn refused(change: &ModifyOrder, reason: i32, now: UnixNanos) -> ExecutionReport {
    let mut refused = ExecutionReport::refused_change(change, reason);
    refused.venue_at = now;
    refused
}
