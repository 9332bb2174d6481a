//! Changes of orders. Spot lowers the quantity of an order that stands, and keeps its place; it can do nothing else to
//! one. What became of a change that was not answered is told by what the order is.
//!
//! The venue can also cancel an order and place another in one request (`order.cancelReplace`). That is no change of an
//! order, and is refused. The new order begins with nothing traded, while the old one trades until the cancel arrives:
//! a quantity that was right when it was asked for is too much by then. Where the answer is lost, which of two orders
//! stands, and what each has traded, is one question with two names, and every report on either would have to be
//! counted as of one order. A strategy that cancels, hears what traded, and sends anew says what it wants and is told
//! what it got.

use fulmar_bus::record::{ExecutionReport, ExecutionType, ModifyOrder, OrderTerms, RequestKind, UnixNanos};
use fulmar_engine::contract::{DecodeError, OrderSink, local_reason};
use fulmar_engine::trading::risk::Approved;

use super::super::limits::{ANSWER_MAX, ORDER_AMEND_WEIGHT, SETTLED_AFTER};
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
        let is_able = is_less_of_the_same(modify);
        let (Some(tradable), Some(order)) = (self.tradable(instrument_id), self.orders.get_mut(id)) else {
            return sink
                .report(instrument_id, &ExecutionReport::refused_change(modify, local_reason::NOT_STANDING));
        };
        if !is_able || order.is_cancel_wanted {
            return sink.report(
                instrument_id,
                &ExecutionReport::refused_change(modify, local_reason::NOT_CHANGEABLE),
            );
        }
        let quantity = modify.terms.quantity;
        let delay = self.weight.take(now, ORDER_AMEND_WEIGHT);
        let sent_at = now + delay;
        order.change = Some(Change { quantity, revision: modify.revision, sent_at });
        order.check_at = Some(sent_at + ANSWER_MAX);
        let at = self.clock.at(sent_at);
        let bytes = encode::change(&mut self.writer, at, (id, quantity), &tradable);
        sink.request(0, RequestKind::Send, delay, bytes);
        self.wake_at(sent_at + ANSWER_MAX);
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
        let Some(change) = order.and_then(|order| order.change) else { return };
        if report.quantity == change.quantity {
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
        let is_it = |change: &Change| change.quantity == report.quantity;
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
