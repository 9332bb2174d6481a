//! What comes in: answers to requests, and events of the account.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Nanos, OrderStatus, Quantity, RequestKind,
    UnixNanos,
};
use fulmar_engine::contract::{DecodeError, OrderSink};
use simd_json::tape::Tape;

use super::super::definitions::banned_until;
use super::super::limits::{ANSWER_MAX, LOGIN_WAIT, REFUSED_WAIT};
use super::encode::purpose;
use super::open_orders::OpenOrder;
use super::translate::{self, Fate, fate};
use super::{BinanceOrderEntry, Handled, Line};
use crate::decode::json::Fields;

/// What comes in.
impl BinanceOrderEntry {
    pub(super) fn on_closed(&mut self, sink: &mut dyn OrderSink) {
        self.line = Line::Closed;
        for order in self.orders.iter_mut() {
            order.check_at = None;
            if let Some(report) = order.become_unknown() {
                sink.report(order.instrument_id, &report);
            }
        }
    }

    pub(super) fn on_message(
        &mut self,
        now: UnixNanos,
        bytes: &mut [u8],
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let tape = self.parser.parse(bytes)?;
        let handled = self.on_parsed(now, &tape, sink);
        self.parser.keep(tape);
        handled
    }

    fn on_parsed(&mut self, now: UnixNanos, tape: &Tape<'_>, sink: &mut dyn OrderSink) -> Handled {
        let message = Fields::of(tape.as_value())?;
        match message.find("event") {
            Some(event) => self.on_event(now, &Fields::of(event)?, sink),
            None => self.on_answer(now, &message, sink),
        }
    }

    fn on_event(&mut self, now: UnixNanos, event: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        let id = match event.text("e")? {
            "executionReport" => translate::event_order_id(event)?,
            "eventStreamTerminated" | "serverShutdown" => {
                sink.request(0, RequestKind::Reconnect, Nanos(0), b"the venue ends the stream");
                return Ok(());
            }
            _ => None,
        };
        let Some(id) = id else {
            self.counters.ignored_frames += 1;
            return Ok(());
        };
        let (instrument_id, scales) =
            self.find_symbol(event.text("s")?).ok_or(DecodeError::UnknownInstrument)?;
        match translate::event(event, id, scales) {
            Ok(mut report) => {
                if report.execution == ExecutionType::Updated {
                    self.answer_change(&mut report);
                }
                self.tell(now, instrument_id, &report, sink);
            }
            Err(error) => {
                // Something happened to the order, and only a query can say what.
                self.ask_soon(now, id);
                return Err(error);
            }
        }
        Ok(())
    }

    fn on_answer(&mut self, now: UnixNanos, answer: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        let (purpose, id) =
            answer.text("id")?.as_bytes().split_at_checked(1).ok_or(DecodeError::UnknownValue)?;
        let error = answer.find("error").map(Fields::of).transpose()?;
        self.counters.venue_refusals += u64::from(error.is_some());
        if purpose == purpose::LOGIN {
            self.on_login(now, error.is_none(), sink);
            return Ok(());
        }
        let id = ClientOrderId::parse(id).ok_or(DecodeError::UnknownValue)?;
        let open = self.orders.get_mut(id).map(|order| *order);
        match (error, open) {
            (None, _) if purpose == purpose::TRADES => self.on_trades(now, answer, id, sink),
            (None, Some(order)) if purpose == purpose::PLACE => self.on_placed(now, answer, order, sink),
            (None, Some(order)) if purpose == purpose::CHANGE => self.on_changed(now, answer, order, sink),
            (None, Some(_)) if purpose == purpose::CANCEL => {
                self.on_cancel_taken(now, id);
                Ok(())
            }
            (None, Some(order)) => self.on_standing(now, answer, order, sink),
            (Some(error), Some(order)) => self.on_error(now, &error, (purpose, order), sink),
            // Its reports came first and ended it.
            (_, None) => {
                self.counters.ignored_frames += 1;
                Ok(())
            }
        }
    }

    fn on_login(&mut self, now: UnixNanos, is_accepted: bool, sink: &mut dyn OrderSink) {
        if !is_accepted {
            return sink.request(0, RequestKind::Reconnect, LOGIN_WAIT, b"the login was refused");
        }
        self.line = Line::Ready;
        // Whatever happened while nobody listened: each order is asked for once.
        for order in self.orders.iter_mut() {
            (order.check_at, order.attempts) = (Some(now), 0);
        }
        self.ask_for_due(now, sink);
    }

    pub(super) fn on_placed(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        if order.is_answered {
            return Ok(());
        }
        let result = Fields::of(answer.value("result")?)?;
        let mut report = order.report(ExecutionType::Accepted, OrderStatus::Accepted);
        report.venue_order_id = result.unsigned("orderId")?;
        report.venue_at = UnixNanos::from_millis(result.unsigned("transactTime")?);
        report.leaves_qty = order.quantity;
        self.tell(now, order.instrument_id, &report, sink);
        Ok(())
    }

    /// The order's own event tells that it is canceled, after its last trades. It is asked for should none come.
    fn on_cancel_taken(&mut self, now: UnixNanos, id: ClientOrderId) {
        if let Some(order) = self.orders.get_mut(id) {
            (order.is_cancel_wanted, order.check_at) = (false, Some(now + ANSWER_MAX));
            self.wake_at(now + ANSWER_MAX);
        }
    }

    /// The answer to a query: where the order stands.
    pub(super) fn on_standing(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let (id, instrument_id) = (order.client_order_id, order.instrument_id);
        let tradable = self.tradable(instrument_id).ok_or(DecodeError::UnknownInstrument)?;
        let mut report = translate::standing(&Fields::of(answer.value("result")?)?, id, tradable.scales)?;
        self.settle_change(now, &mut report);
        self.tell(now, instrument_id, &report, sink);
        Ok(())
    }

    fn on_trades(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        id: ClientOrderId,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let mut traded = Quantity(0);
        for row in answer.objects("result")? {
            let row = row?;
            let (instrument_id, scales) =
                self.find_symbol(row.text("symbol")?).ok_or(DecodeError::UnknownInstrument)?;
            sink.report(instrument_id, &translate::trade(&row, id, scales, &mut traded)?);
        }
        if let Some(order) = self.orders.get_mut(id) {
            order.learn_trades(0, traded);
            if order.is_settled_whole() {
                self.orders.remove(id);
            } else {
                // Trades were asked for in place of where the order stands, which may be as little known.
                order.attempts = 0;
                self.ask_soon(now, id);
                self.ask_for_due(now, sink);
            }
        }
        Ok(())
    }

    fn on_error(
        &mut self,
        now: UnixNanos,
        error: &Fields<'_, '_>,
        (purpose, order): (&[u8], OpenOrder),
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let (code, message) = (error.signed("code")?, error.text("msg")?);
        let (id, instrument_id) = (order.client_order_id, order.instrument_id);
        let reason = i32::try_from(code).unwrap_or_default();
        let fate = fate(code, message);
        if code == -1003 {
            self.weight.hold(banned_until(message.as_bytes()).unwrap_or(now + REFUSED_WAIT));
        }
        let is_not_there = purpose == purpose::STATUS && code == -2013 && order.is_settled(now);
        if (purpose == purpose::PLACE && fate == Fate::Refused) || (is_not_there && !order.is_answered) {
            let mut report = order.report(ExecutionType::Rejected, OrderStatus::Rejected);
            report.reason = reason;
            self.tell(now, instrument_id, &report, sink);
        } else if is_not_there && order.is_adopted() {
            // The refused cancel has told that there is nothing to cancel.
            self.orders.remove(id);
        } else if purpose == purpose::PLACE {
            self.report_unknown(id, sink);
            self.ask_soon(now, id);
        } else if purpose == purpose::CHANGE {
            if fate == Fate::Refused {
                self.on_change_refused(order, reason, sink);
            }
            self.ask_soon(now, id);
        } else if purpose == purpose::CANCEL {
            if code == -2011 || fate == Fate::Refused {
                let mut report = order.report(ExecutionType::CancelRejected, order.status());
                report.reason = reason;
                sink.report(instrument_id, &report);
                let order = self.orders.get_mut(id).expect("it is at hand");
                order.is_cancel_wanted = false;
                if code == -2011 {
                    // It does not stand, and where it is wanted gone the next cancel may come before the next query.
                    order.attempts = 0;
                }
            }
            self.ask_soon(now, id);
        } else if purpose == purpose::TRADES {
            self.ask_soon(now, id);
        }
        self.ask_for_due(now, sink);
        Ok(())
    }

    /// Remembers what a report says, and tells it where it is news. An order that ended is kept until all that the
    /// venue says traded was told as a trade.
    pub(super) fn tell(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        report: &ExecutionReport,
        sink: &mut dyn OrderSink,
    ) {
        let id = report.client_order_id;
        let mut is_news = true;
        if let Some(order) = self.orders.get_mut(id) {
            is_news = order.learn(now, report) || report.status.is_terminal();
            if order.is_settled_whole() {
                self.orders.remove(id);
            }
        }
        if is_news {
            sink.report(instrument_id, report);
        }
        self.ask_for_due(now, sink);
    }
}
