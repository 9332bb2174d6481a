//! What comes in: answers to requests, and events of the account.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Nanos, OrderStatus, Quantity, RequestKind,
    UnixNanos,
};
use fulmar_engine::contract::{DecodeError, OrderSink};
use simd_json::tape::{Tape, Value};

use super::super::definitions::banned_until;
use super::super::limits::{ANSWER_MAX, ORDERS_HELD, REFUSED_WAIT};
use super::encode::purpose;
use super::errors::{self, Consequence, Fate, VenueError};
use super::name::OrderName;
use super::open_orders::OpenOrder;
use super::{BinanceOrderEntry, Handled, translate};
use crate::decode::json::{Fields, objects_of};

impl BinanceOrderEntry {
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
        // Spot wraps an event; futures send it as it is.
        match message.find("event") {
            Some(event) => self.on_event(now, &Fields::of(event)?, sink),
            None if message.find("e").is_some() => self.on_event(now, &message, sink),
            None => self.on_answer(now, &message, sink),
        }
    }

    fn on_event(&mut self, now: UnixNanos, event: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        match event.text("e")? {
            "executionReport" => self.on_order_event(now, event, sink),
            "ORDER_TRADE_UPDATE" => self.on_order_event(now, &Fields::of(event.value("o")?)?, sink),
            "ACCOUNT_UPDATE" => self.on_account_event(event, sink),
            "listenKeyExpired" => {
                self.on_stream_lost(now, sink);
                Ok(())
            }
            "outboundAccountPosition" => self.on_balances_changed(event, sink),
            "eventStreamTerminated" | "serverShutdown" => {
                sink.request(0, RequestKind::Reconnect, Nanos(0), b"the venue ends the stream");
                Ok(())
            }
            _ => self.ignore(),
        }
    }

    fn on_order_event(
        &mut self,
        now: UnixNanos,
        event: &Fields<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let Some(name) = translate::event_order(event)? else { return self.ignore() };
        let id = name.id;
        let (instrument_id, scales) = match self.find_symbol(event.text("s")?) {
            Some(found) => found,
            // Somebody else trades there with this account; here nobody does.
            None if id.is_foreign() => return self.ignore(),
            None => return Err(DecodeError::UnknownInstrument),
        };
        match translate::event(event, id, scales) {
            Ok(mut report) => {
                if report.execution == ExecutionType::Updated {
                    self.answer_change(&mut report);
                }
                if !self.recognize(now, name, &mut report, sink) {
                    return Ok(());
                }
                let listens = self.reconciliation.listens(instrument_id);
                if report.execution == ExecutionType::Trade {
                    self.reconciliation.traded(instrument_id, report.trade_id);
                }
                // What traded of it before, nobody heard of.
                let misses_trades = report.cumulative_qty > report.last_qty && listens;
                let is_new = (!report.status.is_terminal() || misses_trades)
                    && !self.orders.has_ended(report.venue_order_id);
                if is_new && self.orders.get_mut(id).is_none() {
                    // Nobody here sent it: it is of an earlier boot, or somebody else's.
                    self.adopt(now, (instrument_id, name), (&report, listens), sink);
                    return Ok(());
                }
                self.tell(now, instrument_id, &report, sink);
                Ok(())
            }
            Err(error) => {
                // Something happened to the order, and only a query can say what.
                self.ask_soon(now, id);
                Err(error)
            }
        }
    }

    fn on_answer(&mut self, now: UnixNanos, answer: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        let (purpose, id) =
            answer.text("id")?.as_bytes().split_at_checked(1).ok_or(DecodeError::UnknownValue)?;
        let error = answer.find("error").map(Fields::of).transpose()?;
        self.counters.venue_refusals += u64::from(error.is_some());
        if [purpose::LOGIN, purpose::LOGON, purpose::CLOCK].contains(&purpose) {
            return self.on_own_answer(now, purpose, answer, sink);
        }
        if purpose == purpose::RECONCILE {
            return self.on_reconciled(now, id, answer, sink);
        }
        if purpose == purpose::CANCEL_ALL {
            return self.on_cancel_all_answer(now, id, answer, sink);
        }
        let name =
            std::str::from_utf8(id).ok().and_then(OrderName::parse).ok_or(DecodeError::UnknownValue)?;
        let id = name.id;
        // What became of an earlier change was told by what the order is, and says nothing of a later one.
        let is_late = |order: &OpenOrder| {
            [purpose::REPLACE, purpose::CHANGE].contains(&purpose) && !order.awaits_change(name.revision)
        };
        let open = self.orders.get_mut(id).map(|order| *order).filter(|order| !is_late(order));
        match (error, open) {
            (None, _) if purpose == purpose::TRADES => self.on_trades(now, answer.value("result")?, id, sink),
            (None, Some(order)) if purpose == purpose::PLACE => self.on_placed(now, answer, order, sink),
            (None, Some(order)) if purpose == purpose::REPLACE => self.on_replaced(now, answer, order, sink),
            (None, Some(order)) if purpose == purpose::CHANGE => self.on_changed(now, answer, order, sink),
            (None, Some(_)) if purpose == purpose::CANCEL => {
                self.on_cancel_taken(now, id);
                Ok(())
            }
            (None, Some(order)) => self.on_standing(now, answer, order, sink),
            (Some(error), open) => {
                let (code, words) = (error.signed("code")?, error.text("msg")?);
                let told = errors::meaning(answer.unsigned("status").unwrap_or_default(), code, words);
                self.heed(now, &told, words, sink);
                match open {
                    Some(order) if purpose == purpose::REPLACE => {
                        return self.on_not_replaced(now, &error, order, sink);
                    }
                    Some(order) => self.on_error(now, &told, (purpose, name, order), sink),
                    None => return self.ignore(),
                }
                Ok(())
            }
            // Its reports came first and ended it.
            (None, None) => self.ignore(),
        }
    }

    fn on_placed(
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
        let moment = if self.product.is_futures() { "updateTime" } else { "transactTime" };
        report.venue_at = UnixNanos::from_millis(result.unsigned(moment)?);
        report.leaves_qty = order.quantity;
        self.tell(now, order.instrument_id, &report, sink);
        Ok(())
    }

    /// The order's own event tells that it is canceled, after its last trades. It is asked for should none come.
    pub(super) fn on_cancel_taken(&mut self, now: UnixNanos, id: ClientOrderId) {
        if let Some(order) = self.orders.get_mut(id) {
            (order.is_cancel_wanted, order.check_at) = (false, Some(now + ANSWER_MAX));
            self.wake_at(now + ANSWER_MAX);
        }
    }

    /// The answer to a query: where the order stands.
    fn on_standing(
        &mut self,
        now: UnixNanos,
        answer: &Fields<'_, '_>,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let (id, instrument_id) = (order.client_order_id, order.instrument_id);
        let tradable = self.tradable(instrument_id).ok_or(DecodeError::UnknownInstrument)?;
        let result = Fields::of(answer.value("result")?)?;
        let report = translate::standing(&result, id, tradable.scales)?;
        let own = result.text("clientOrderId").ok().and_then(OrderName::parse);
        self.stands(now, (instrument_id, own.unwrap_or(order.name())), report, sink);
        Ok(())
    }

    /// The venue says where an order stands that is known here.
    pub(super) fn stands(
        &mut self,
        now: UnixNanos,
        (instrument_id, name): (InstrumentId, OrderName),
        mut report: ExecutionReport,
        sink: &mut dyn OrderSink,
    ) {
        self.settle_change(now, &mut report);
        if !self.recognize(now, name, &mut report, sink) {
            return;
        }
        self.tell(now, instrument_id, &report, sink);
    }

    pub(super) fn on_trades(
        &mut self,
        now: UnixNanos,
        rows: Value<'_, '_>,
        id: ClientOrderId,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        // What is held no more has told all of its trades.
        let Some(history_qty) = self.orders.get_mut(id).map(|order| order.history_qty) else {
            return self.ignore();
        };
        let mut traded = Quantity(0);
        for row in objects_of(rows)? {
            let row = row?;
            let (instrument_id, scales) =
                self.find_symbol(row.text("symbol")?).ok_or(DecodeError::UnknownInstrument)?;
            let mut report = translate::trade(&row, id, scales, &mut traded)?;
            // The oldest come first. One trade is either history or news; of one that claims to be both, the news.
            report.last_qty.0 = report.last_qty.0.min(traded.0 - history_qty.0);
            if report.last_qty.0 > 0 {
                self.reconciliation.has_traded = true;
                sink.report(instrument_id, &report);
            }
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

    /// Does what an error asks for, whatever it answers.
    pub(super) fn heed(&mut self, now: UnixNanos, error: &VenueError, words: &str, sink: &mut dyn OrderSink) {
        match error.consequence {
            Consequence::None => {}
            Consequence::HoldOrders => self.orders_held_until = self.orders_held_until.max(now + ORDERS_HELD),
            Consequence::HoldAll => {
                self.weight.hold(banned_until(words.as_bytes()).unwrap_or(now + REFUSED_WAIT));
            }
            Consequence::AskClock => {
                self.clock.distrust();
                if !self.clock.is_asked() {
                    self.ask_clock(now, sink);
                }
            }
            Consequence::Halt => self.halt(words),
        }
    }

    pub(super) fn on_error(
        &mut self,
        now: UnixNanos,
        error: &VenueError,
        (purpose, name, order): (&[u8], OrderName, OpenOrder),
        sink: &mut dyn OrderSink,
    ) {
        let (id, instrument_id) = (order.client_order_id, order.instrument_id);
        let is_refused = matches!(error.fate, Fate::Refused(_));
        let is_gone = purpose == purpose::STATUS && error.fate == Fate::NoSuchOrder && order.is_settled(now);
        if (purpose == purpose::PLACE && is_refused) || (is_gone && !order.is_answered) {
            let mut report = order.report(ExecutionType::Rejected, OrderStatus::Rejected);
            report.reason = error.reason().unwrap_or_default();
            self.tell(now, instrument_id, &report, sink);
        } else if purpose == purpose::STATUS
            && error.fate == Fate::NoSuchOrder
            && order.change.is_some_and(|change| change.is_replacement && change.revision == name.revision)
        {
            self.on_no_replacement(now, (order, error.code), sink);
        } else if is_gone && order.is_adopted() {
            // The refused cancel has told that there is nothing to cancel.
            self.orders.remove(id);
            self.disarm(now, instrument_id);
        } else if purpose == purpose::PLACE {
            self.report_unknown(id, sink);
            self.ask_soon(now, id);
        } else if purpose == purpose::CHANGE {
            if is_refused {
                self.on_change_refused(order, error.reason().unwrap_or_default(), sink);
            }
            self.ask_soon(now, id);
        } else if purpose == purpose::CANCEL {
            if let Some(reason) = error.reason() {
                let mut report = order.report(ExecutionType::CancelRejected, order.status());
                report.reason = reason;
                sink.report(instrument_id, &report);
                let order = self.orders.get_mut(id).expect("it is at hand");
                order.is_cancel_wanted = false;
                if error.fate == Fate::NoSuchOrder {
                    // It does not stand, and where it is wanted gone the next cancel may come before the next query.
                    order.attempts = 0;
                }
            }
            // It may have been filled, or canceled already: the order itself is asked for.
            self.ask_soon(now, id);
        } else if purpose == purpose::TRADES {
            self.ask_soon(now, id);
        }
        self.ask_for_due(now, sink);
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
        if report.status.is_terminal() {
            self.disarm(now, instrument_id);
        }
        if is_news {
            sink.report(instrument_id, report);
        }
        self.ask_for_due(now, sink);
    }

    /// Counts a frame that is of no use.
    pub(super) fn ignore(&mut self) -> Handled {
        self.counters.ignored_frames += 1;
        Ok(())
    }
}
