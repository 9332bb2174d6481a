//! Changes that spot cannot make to an order: it is canceled, and another is placed in its stead, in one request
//! (`order.cancelReplace`).
//!
//! The new order begins with nothing traded. So this is done to an order alone of which nothing traded, and the venue
//! is told to cancel it on that condition (`ONLY_NEW`) and to place nothing where it does not (`STOP_ON_FAILURE`):
//! whatever trades in between ends the change, and never makes the two together trade more than was wanted.
//!
//! ```text
//!   canceled, placed          the order is what was wanted, under the change's name
//!   not canceled, not tried   the change is refused; something may have filled or ended the order: it is asked for
//!   canceled, not placed      the order is canceled
//!   nobody knows              the new name is asked for; once it can come no more, the old one
//! ```

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, Intent, ModifyOrder, OrderStatus, OrderType, Quantity, RequestKind,
    UnixNanos,
};
use fulmar_engine::contract::{DecodeError, OrderSink};

use super::super::limits::{ANSWER_MAX, SETTLED_AFTER};
use super::errors::{self, Fate};
use super::name::OrderName;
use super::open_orders::{Change, OpenOrder};
use super::{BinanceOrderEntry, Handled, encode};
use crate::decode::json::Fields;

impl BinanceOrderEntry {
    /// The order that is to take the place of this one; `None` where the change cannot be made so.
    pub(super) fn replacement(order: &OpenOrder, modify: &ModifyOrder) -> Option<Intent> {
        let placed = order.placed?;
        let is_able = modify.order_type == OrderType::Limit && order.is_untouched();
        let terms = modify.terms;
        let mut intent = Intent::limit(order.client_order_id, order.side, terms.price, terms.quantity);
        (intent.post_only, intent.time_in_force) = (u8::from(placed.is_post_only), placed.time_in_force);
        intent.display_qty = placed.display_qty;
        is_able.then_some(intent)
    }

    pub(super) fn send_replacement(
        &mut self,
        now: UnixNanos,
        (order, revision): (OpenOrder, u16),
        intent: &Intent,
        sink: &mut dyn OrderSink,
    ) {
        let Some(tradable) = self.tradable(order.instrument_id) else { return };
        let delay = self.weight.take(now, self.weights.order);
        let sent_at = now + delay;
        let (price, quantity) = (intent.price, intent.quantity);
        let change = Change { price, quantity, revision, sent_at, is_replacement: true };
        self.await_change(order.client_order_id, change);
        let names = (order.name(), OrderName { id: order.client_order_id, revision });
        let at = self.clock.at(sent_at);
        let bytes = encode::replace(&mut self.writer, at, (names, intent), &tradable);
        sink.request(0, RequestKind::Send, delay, bytes);
    }

    /// Both were done.
    pub(super) fn on_replaced(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let Some(change) = order.change else { return Ok(()) };
        let result = Fields::of(answer.value("result")?)?;
        let placed = Fields::of(result.value("newOrderResponse")?)?;
        let mut report = order.report(ExecutionType::Accepted, OrderStatus::Accepted);
        report.venue_order_id = placed.unsigned("orderId")?;
        report.venue_at = UnixNanos::from_millis(placed.unsigned("transactTime")?);
        (report.price, report.quantity, report.leaves_qty) = (change.price, change.quantity, change.quantity);
        let name = OrderName { id: order.client_order_id, revision: change.revision };
        self.recognize(now, name, &mut report, sink);
        self.tell(now, order.instrument_id, &report, sink);
        Ok(())
    }

    /// One of both was not done, or nobody knows.
    pub(super) fn on_not_replaced(
        &mut self,
        now: UnixNanos,
        error: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Result<(), DecodeError> {
        let id = order.client_order_id;
        let data = error.find("data").map(Fields::of).transpose()?;
        let results = match &data {
            Some(data) => (data.text("cancelResult")?, data.text("newOrderResult")?),
            None => ("", ""),
        };
        let half = |name| -> Result<_, DecodeError> {
            let data = data.as_ref().ok_or(DecodeError::MissingField)?;
            let half = Fields::of(data.value(name)?)?;
            Ok(errors::meaning(0, half.signed("code")?, half.text("msg")?))
        };
        match results {
            ("FAILURE", "NOT_ATTEMPTED" | "FAILURE") => {
                let canceled = half("cancelResponse")?;
                // An order that is not there was not canceled by us: it traded, or somebody else ended it.
                if canceled.fate != Fate::Unknown {
                    self.on_change_refused(order, canceled.code, sink);
                }
            }
            ("SUCCESS", "FAILURE") => {
                let placed = half("newOrderResponse")?;
                if let Some(reason) = placed.reason() {
                    let mut report = order.report(ExecutionType::Canceled, OrderStatus::Canceled);
                    (report.reason, report.venue_order_id) = (reason, order.venue_order_id);
                    self.tell(now, order.instrument_id, &report, sink);
                    return Ok(());
                }
            }
            _ => {
                let whole = errors::meaning(0, error.signed("code")?, error.text("msg")?);
                // The numbers of a half that failed say nothing without the halves.
                if let (Fate::Refused(_), false) = (whole.fate, matches!(whole.code, -2022 | -2021)) {
                    self.on_change_refused(order, whole.reason().unwrap_or_default(), sink);
                }
            }
        }
        self.ask_soon(now, id);
        self.ask_for_due(now, sink);
        Ok(())
    }

    /// The venue knows no order of the name that a replacement was to have: once it can come no more, the order as it
    /// was before is asked for.
    pub(super) fn on_no_replacement(
        &mut self,
        now: UnixNanos,
        (order, code): (OpenOrder, i32),
        sink: &mut dyn OrderSink,
    ) {
        if order.change.is_some_and(|change| change.sent_at + SETTLED_AFTER <= now) {
            self.on_change_refused(order, code, sink);
        }
        self.ask_soon(now, order.client_order_id);
    }

    /// The venue names an order so. Where a replacement of it was on its way under this name, it has arrived, and the
    /// report answers the change. False where the report is of an order that was replaced since, and of no use.
    pub(super) fn recognize(
        &mut self,
        now: UnixNanos,
        name: OrderName,
        report: &mut ExecutionReport,
        sink: &mut dyn OrderSink,
    ) -> bool {
        let Some(order) = self.orders.get_mut(name.id) else { return true };
        let is_trade = report.execution == ExecutionType::Trade;
        if name.revision < order.name_revision {
            return is_trade;
        }
        let replaces = order.change.is_some_and(|change| change.is_replacement);
        if name.revision == order.name_revision {
            // The first half of the replacement, or the end of the order: the answer says which.
            let is_half = replaces && report.execution == ExecutionType::Canceled;
            if is_half {
                order.check_at = Some(now + ANSWER_MAX);
                self.wake_at(now + ANSWER_MAX);
            }
            return !is_half;
        }
        (order.name_revision, order.quantity) = (name.revision, report.quantity);
        if let Some(change) = order.change.take_if(|change| change.revision == name.revision) {
            let mut updated = *report;
            (updated.execution, updated.revision) = (ExecutionType::Updated, change.revision);
            if is_trade {
                (updated.trade_id, updated.last_qty, updated.cumulative_qty) = (0, Quantity(0), Quantity(0));
                (updated.status, updated.leaves_qty) = (OrderStatus::Accepted, report.quantity);
                let instrument_id = order.instrument_id;
                sink.report(instrument_id, &updated);
            } else {
                *report = updated;
            }
        }
        true
    }

    /// A change is on its way: it is asked for should no answer come.
    pub(super) fn await_change(&mut self, id: fulmar_bus::record::ClientOrderId, change: Change) {
        let check_at = change.sent_at + ANSWER_MAX;
        if let Some(order) = self.orders.get_mut(id) {
            (order.change, order.check_at) = (Some(change), Some(check_at));
        }
        self.wake_at(check_at);
    }
}

const _: () = assert!(ANSWER_MAX.0 < SETTLED_AFTER.0, "a replacement is asked for before it is given up");
