//! Order entry on spot, over the venue's WebSocket API.
//!
//! ```text
//!   Opened -> userDataStream.subscribe.signature -> ready
//!   submit -> order.place  -> answer, executionReport...     no answer, an error that does not say,
//!   cancel -> order.cancel -> answer, executionReport          or a lost connection -> Unknown
//!                                                            -> order.status until the venue says,
//!                                                               myTrades where more traded than was told
//! ```
//!
//! An order is named by its client order id alone, in requests and in the ids of their answers, so nothing has to be
//! kept to understand an answer. No order is ever sent twice: what is not known is asked for. An order that the venue
//! says does not exist was rejected only once it can no longer arrive.

mod change;
mod encode;
mod open_orders;
mod request;
#[cfg(test)]
mod tests;
pub mod translate;

use fulmar_bus::record::{
    CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, FrameSource, InstrumentDefinition,
    InstrumentId, ModifyOrder, Nanos, Order, OrderStatus, Quantity, RequestKind, UnixNanos,
};
use fulmar_engine::contract::{
    Connection, DecodeError, InboundFrame, OrderSession, OrderSink, SessionCounters,
};
use fulmar_engine::trading::risk::Approved;
use simd_json::tape::Tape;

use super::config::{BinanceConfig, Product};
use super::definitions::banned_until;
use super::limits::{
    ANSWER_MAX, CANCEL_RESERVE, LOGIN_WAIT, MESSAGE_BYTES_MAX, ORDER_STATUS_WEIGHT, ORDER_TRADES_WEIGHT,
    ORDER_WEIGHT, QUERY_WAIT_MAX, QUICK_QUERIES, REFUSED_WAIT, SPOT_WEIGHT_PER_MINUTE, weight_burst,
    weight_interval,
};
use crate::decode::Scales;
use crate::decode::json::{Fields, Parser};
use crate::pacer::Pacer;
use crate::sync::backoff;
use encode::{Tradable, purpose};
use open_orders::{OpenOrder, OpenOrders};
pub use request::Credentials;
use request::RequestWriter;
use translate::{Fate, fate};

/// The order entry of one account on Binance spot.
pub struct BinanceOrderEntry {
    url: String,
    /// What is defined, by [`InstrumentId`] as an index.
    instruments: Vec<Option<Tradable>>,
    orders: OpenOrders,
    writer: RequestWriter,
    parser: Parser,
    weight: Pacer,
    line: Line,
    /// No later than the earliest moment at which something is due.
    due_at: Option<UnixNanos>,
    counters: SessionCounters,
}

/// How far the connection is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Closed,
    /// Open; the login was sent at this moment.
    LoggingIn(UnixNanos),
    Ready,
}

type Handled = Result<(), DecodeError>;

impl BinanceOrderEntry {
    /// The order entry that `config` names, for the owner of `credentials`.
    ///
    /// # Panics
    /// Where the product is not spot, or the key is no plain word.
    pub fn new(config: &BinanceConfig, credentials: &Credentials) -> Self {
        assert_eq!(config.product, Product::Spot, "order entry speaks the spot protocol");
        BinanceOrderEntry {
            url: config.order_url.clone(),
            instruments: Vec::new(),
            orders: OpenOrders::new(),
            writer: RequestWriter::new(credentials),
            parser: Parser::new(MESSAGE_BYTES_MAX),
            weight: Pacer::new(weight_interval(SPOT_WEIGHT_PER_MINUTE), weight_burst(SPOT_WEIGHT_PER_MINUTE)),
            line: Line::Closed,
            due_at: None,
            counters: SessionCounters::default(),
        }
    }
}

impl OrderSession for BinanceOrderEntry {
    fn venue(&self) -> &'static str {
        Product::Spot.venue()
    }

    fn connections(&self) -> Vec<Connection> {
        vec![Connection { index: 0, url: self.url.clone() }]
    }

    fn define(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        if definition.venue.as_str() != self.venue() {
            return;
        }
        let index = instrument_id.index();
        if self.instruments.len() <= index {
            self.instruments.resize(index + 1, None);
        }
        let scales = Scales { price: definition.price_scale, quantity: definition.quantity_scale };
        self.instruments[index] = Some(Tradable { symbol: definition.symbol, scales });
        // What was asked of an earlier boot before the instrument was known is asked for now.
        if self.orders.ask_for_unknown_of(instrument_id) {
            self.wake_at(UnixNanos(0));
        }
    }

    fn is_ready(&self) -> bool {
        self.line == Line::Ready
    }

    fn has_budget(&self, now: UnixNanos) -> bool {
        self.weight.has_room(now, CANCEL_RESERVE)
    }

    fn submit(&mut self, now: UnixNanos, order: &Approved<Order>, sink: &mut dyn OrderSink) {
        let (intent, instrument_id) = (&order.payload().intent, order.instrument_id());
        let open = OpenOrder::sent(intent, instrument_id, now);
        match self.tradable(instrument_id) {
            Some(tradable) if self.orders.insert(open) => {
                // What is over its budget was rejected before it came here.
                self.weight.take(now, ORDER_WEIGHT);
                sink.request(
                    0,
                    RequestKind::Send,
                    Nanos(0),
                    encode::place(&mut self.writer, now, intent, &tradable),
                );
                self.wake_at(now + ANSWER_MAX);
            }
            _ => sink.report(instrument_id, &open.report(ExecutionType::Rejected, OrderStatus::Rejected)),
        }
    }

    fn change(&mut self, now: UnixNanos, change: &Approved<ModifyOrder>, sink: &mut dyn OrderSink) {
        self.send_change(now, change, sink);
    }

    fn cancel(&mut self, now: UnixNanos, cancel: &Approved<CancelOrder>, sink: &mut dyn OrderSink) {
        let (id, instrument_id) = (cancel.payload().client_order_id, cancel.instrument_id());
        let adopted = OpenOrder::adopted(id, instrument_id, now);
        let Some(tradable) = self.tradable(instrument_id) else {
            return sink
                .report(instrument_id, &adopted.report(ExecutionType::CancelRejected, OrderStatus::Unknown));
        };
        if self.orders.get_mut(id).is_none() {
            self.orders.insert(adopted);
        }
        let delay = self.weight.take(now, ORDER_WEIGHT);
        if let Some(order) = self.orders.get_mut(id) {
            (order.is_cancel_wanted, order.check_at) = (true, Some(now + delay + ANSWER_MAX));
        }
        let bytes = encode::cancel(&mut self.writer, now + delay, id, &tradable);
        sink.request(0, RequestKind::Send, delay, bytes);
        self.wake_at(now + delay + ANSWER_MAX);
    }

    fn inquire(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        question: &ExecutionReport,
        sink: &mut dyn OrderSink,
    ) {
        if !self.orders.insert(OpenOrder::inquired(question, instrument_id, now)) {
            tracing::error!(
                "{}: there is no room to ask for order {}",
                self.venue(),
                question.client_order_id
            );
        }
        self.ask_for_due(now, sink);
    }

    fn on_frame(&mut self, now: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn OrderSink) {
        match frame.source {
            FrameSource::Opened => self.log_in(now, sink),
            FrameSource::Closed => self.on_closed(sink),
            FrameSource::Message => {
                let handled = self.on_message(now, frame.bytes, sink);
                handled.unwrap_or_else(|error| self.counters.count(error));
            }
            FrameSource::Http => self.counters.ignored_frames += 1,
        }
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    fn on_time(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.ask_for_due(now, sink);
        self.due_at = self.orders.due_at();
        if let Line::LoggingIn(sent_at) = self.line {
            if sent_at + LOGIN_WAIT <= now {
                self.line = Line::LoggingIn(now);
                sink.request(0, RequestKind::Reconnect, Nanos(0), b"no answer to the login");
                self.wake_at(now + LOGIN_WAIT);
            } else {
                self.wake_at(sent_at + LOGIN_WAIT);
            }
        }
    }

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }
}

/// What comes in.
impl BinanceOrderEntry {
    fn on_closed(&mut self, sink: &mut dyn OrderSink) {
        self.line = Line::Closed;
        for order in self.orders.iter_mut() {
            order.check_at = None;
            if let Some(report) = order.become_unknown() {
                sink.report(order.instrument_id, &report);
            }
        }
    }

    fn on_message(&mut self, now: UnixNanos, bytes: &mut [u8], sink: &mut dyn OrderSink) -> Handled {
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
                self.tell(instrument_id, &report, sink);
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
            (None, _) if purpose == purpose::TRADES => self.on_trades(answer, id, sink),
            (None, Some(order)) if purpose == purpose::PLACE => self.on_placed(answer, order, sink),
            (None, Some(order)) if purpose == purpose::CHANGE => self.on_changed(answer, order, sink),
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

    fn on_placed(&mut self, answer: &Fields<'_, '_>, order: OpenOrder, sink: &mut dyn OrderSink) -> Handled {
        if order.is_answered {
            return Ok(());
        }
        let result = Fields::of(answer.value("result")?)?;
        let mut report = order.report(ExecutionType::Accepted, OrderStatus::Accepted);
        report.venue_order_id = result.unsigned("orderId")?;
        report.venue_at = UnixNanos::from_millis(result.unsigned("transactTime")?);
        report.leaves_qty = order.quantity;
        self.tell(order.instrument_id, &report, sink);
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
    fn on_standing(
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
        if order.misses_trades(&report) {
            let delay = self.weight.take(now, ORDER_TRADES_WEIGHT);
            let of = (id, report.venue_order_id);
            sink.request(
                0,
                RequestKind::Send,
                delay,
                encode::trades(&mut self.writer, now + delay, of, &tradable),
            );
        }
        self.tell(instrument_id, &report, sink);
        Ok(())
    }

    fn on_trades(&mut self, answer: &Fields<'_, '_>, id: ClientOrderId, sink: &mut dyn OrderSink) -> Handled {
        let mut traded = Quantity(0);
        for row in answer.objects("result")? {
            let row = row?;
            let (instrument_id, scales) =
                self.find_symbol(row.text("symbol")?).ok_or(DecodeError::UnknownInstrument)?;
            sink.report(instrument_id, &translate::trade(&row, id, scales, &mut traded)?);
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
            self.tell(instrument_id, &report, sink);
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
                self.orders.get_mut(id).into_iter().for_each(|order| order.is_cancel_wanted = false);
            }
            self.ask_soon(now, id);
        }
        self.ask_for_due(now, sink);
        Ok(())
    }

    /// Remembers what a report says, and tells it where it is news.
    fn tell(&mut self, instrument_id: InstrumentId, report: &ExecutionReport, sink: &mut dyn OrderSink) {
        let id = report.client_order_id;
        let is_news =
            report.status.is_terminal() || self.orders.get_mut(id).is_none_or(|order| order.learn(report));
        if report.status.is_terminal() {
            self.orders.remove(id);
        }
        if is_news {
            sink.report(instrument_id, report);
        }
    }
}

/// What is due.
impl BinanceOrderEntry {
    fn log_in(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.line = Line::LoggingIn(now);
        sink.request(0, RequestKind::Send, Nanos(0), encode::login(&mut self.writer, now));
        self.wake_at(now + LOGIN_WAIT);
    }

    /// Asks for every order whose fate is due, and says of those never answered that nobody knows.
    fn ask_for_due(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        let mut place = 0;
        while let Some((found, order)) = self.orders.due(place, now) {
            place = found + 1;
            self.report_unknown(order.client_order_id, sink);
            let check_at = self.ask_for(now, order, sink);
            if let Some(order) = self.orders.get_mut(order.client_order_id) {
                (order.check_at, order.attempts) = (check_at, order.attempts.saturating_add(1));
            }
            check_at.into_iter().for_each(|at| self.wake_at(at));
        }
    }

    /// Asks where an order stands; when to ask again, for as long as nothing definite comes. Not before the session is
    /// ready anew where it is not now.
    fn ask_for(&mut self, now: UnixNanos, order: OpenOrder, sink: &mut dyn OrderSink) -> Option<UnixNanos> {
        if self.line != Line::Ready {
            return None;
        }
        let tradable = self.tradable(order.instrument_id)?;
        if order.attempts == QUICK_QUERIES {
            let (venue, id, symbol) = (self.venue(), order.client_order_id, tradable.symbol.as_str());
            tracing::warn!(
                "{venue}: order {id} of {symbol} is not settled by {QUICK_QUERIES} queries; more follow"
            );
        }
        let delay = self.weight.take(now, ORDER_STATUS_WEIGHT);
        // A cancel may be sent again: twice canceled is canceled, and the answer says as much as a query's.
        let ask = if order.is_cancel_wanted { encode::cancel } else { encode::status };
        sink.request(
            0,
            RequestKind::Send,
            delay,
            ask(&mut self.writer, now + delay, order.client_order_id, &tradable),
        );
        let wait = backoff(order.instrument_id, order.attempts.saturating_add(1)).min(QUERY_WAIT_MAX);
        Some(now + delay + ANSWER_MAX + wait)
    }

    fn report_unknown(&mut self, id: ClientOrderId, sink: &mut dyn OrderSink) {
        if let Some(order) = self.orders.get_mut(id)
            && let Some(report) = order.become_unknown()
        {
            sink.report(order.instrument_id, &report);
        }
    }

    fn ask_soon(&mut self, now: UnixNanos, id: ClientOrderId) {
        if let Some(order) = self.orders.get_mut(id) {
            let check_at = now + backoff(order.instrument_id, order.attempts);
            order.check_at = Some(check_at);
            self.wake_at(check_at);
        }
    }

    fn wake_at(&mut self, at: UnixNanos) {
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }

    fn tradable(&self, instrument_id: InstrumentId) -> Option<Tradable> {
        self.instruments.get(instrument_id.index()).copied().flatten()
    }

    fn find_symbol(&self, symbol: &str) -> Option<(InstrumentId, Scales)> {
        let mut known = self.instruments.iter().zip(0..);
        known.find_map(|(tradable, id)| {
            let tradable = tradable.filter(|tradable| tradable.symbol.as_str() == symbol)?;
            Some((InstrumentId(id), tradable.scales))
        })
    }
}
