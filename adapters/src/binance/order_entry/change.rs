//! Changes of orders. Futures change price and quantity of an order that stands, which keeps its name. Spot lowers its
//! quantity alone; any other change puts another order in its stead, as `replace` says. What became of a change that
//! was not answered is told by what the order is.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, ModifyOrder, OrderTerms, OrderType, RequestKind, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, OrderSink, local_reason};
use fulmar_engine::trading::risk::Approved;

use super::super::limits::SETTLED_AFTER;
use super::open_orders::{Change, OpenOrder};
use super::{BinanceOrderEntry, Handled, encode, translate};
use crate::decode::json::Fields;

impl BinanceOrderEntry {
    pub(super) fn send_change(
        &mut self,
        now: UnixNanos,
        change: &Approved<ModifyOrder>,
        sink: &mut dyn OrderSink,
    ) {
        let (modify, instrument_id) = (change.payload(), change.instrument_id());
        let id = modify.client_order_id;
        let (Some(tradable), Some(order)) = (self.tradable(instrument_id), self.orders.get_mut(id)) else {
            return sink
                .report(instrument_id, &ExecutionReport::refused_change(modify, local_reason::NOT_STANDING));
        };
        let order = *order;
        let is_able_in_place = if self.product.is_futures() {
            modify.order_type == OrderType::Limit && modify.terms != modify.terms_before
        } else {
            is_less_of_the_same(modify)
        };
        let replacement = if is_able_in_place || self.product.is_futures() {
            None
        } else {
            Self::replacement(&order, modify)
        };
        if order.is_cancel_wanted || !(is_able_in_place || replacement.is_some()) {
            return sink.report(
                instrument_id,
                &ExecutionReport::refused_change(modify, local_reason::NOT_CHANGEABLE),
            );
        }
        if let Some(intent) = replacement {
            return self.send_replacement(now, (order, modify.revision), &intent, sink);
        }
        let OrderTerms { price, quantity, .. } = modify.terms;
        let delay = self.weight.take(now, self.weights.change);
        let sent_at = now + delay;
        let change = Change { price, quantity, revision: modify.revision, sent_at, is_replacement: false };
        self.await_change(id, change);
        let at = self.clock.at(sent_at);
        let bytes = match self.product.is_futures() {
            true => encode::modify(&mut self.writer, at, (order.name(), modify), &tradable),
            false => {
                encode::change(&mut self.writer, at, (order.name(), modify.revision, quantity), &tradable)
            }
        };
        sink.request(0, RequestKind::Send, delay, bytes);
    }

    pub(super) fn on_changed(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let tradable = self.tradable(order.instrument_id).ok_or(DecodeError::UnknownInstrument)?;
        let result = Fields::of(answer.value("result")?)?;
        let mut report = translate::changed(&result, order.client_order_id, tradable.scales)?;
        self.answer_change(&mut report);
        self.tell(now, order.instrument_id, &report, sink);
        Ok(())
    }

    /// The venue did not make the change, as its error `reason` says.
    pub(super) fn on_change_refused(&mut self, order: OpenOrder, reason: i32, sink: &mut dyn OrderSink) {
        let Some(change) = self.take_change(order.client_order_id) else { return };
        let mut report = order.report(ExecutionType::UpdateRejected, order.status());
        (report.revision, report.reason) = (change.revision, reason);
        sink.report(order.instrument_id, &report);
    }

    /// A report that states what the order is answers a change that was waited for: it was made where the quantity is
    /// the wanted one, and was not where it can no longer come.
    pub(super) fn settle_change(&mut self, now: UnixNanos, report: &mut ExecutionReport) {
        let order = self.orders.get_mut(report.client_order_id);
        let amendment = |order: &mut OpenOrder| order.change.filter(|change| !change.is_replacement);
        let Some(change) = order.and_then(amendment) else { return };
        if (report.price, report.quantity) == (change.price, change.quantity) {
            self.answer_change(report);
            report.execution = ExecutionType::Updated;
        } else if change.sent_at + SETTLED_AFTER <= now {
            self.take_change(report.client_order_id);
            (report.execution, report.revision) = (ExecutionType::UpdateRejected, change.revision);
        }
    }

    /// Gives a report of a changed order the number of the change that it answers.
    pub(super) fn answer_change(&mut self, report: &mut ExecutionReport) {
        let order = self.orders.get_mut(report.client_order_id);
        let is_it = |change: &Change| {
            !change.is_replacement && (change.price, change.quantity) == (report.price, report.quantity)
        };
        if let Some(order) = order
            && let Some(change) = order.change.take_if(|change| is_it(change))
        {
            order.quantity = change.quantity;
            report.revision = change.revision;
        }
    }

    fn take_change(&mut self, id: fulmar_bus::record::ClientOrderId) -> Option<Change> {
        self.orders.get_mut(id)?.change.take()
    }
}

fn is_less_of_the_same(modify: &ModifyOrder) -> bool {
    let OrderTerms { price, trigger_price, quantity } = modify.terms;
    let before = modify.terms_before;
    quantity < before.quantity && (price, trigger_price) == (before.price, before.trigger_price)
}
