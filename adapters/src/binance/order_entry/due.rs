//! What is due: queries for the orders whose fate is not known.

use fulmar_bus::record::{ClientOrderId, InstrumentId, Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::{OrderSession, OrderSink};

use super::super::limits::{ANSWER_MAX, QUERY_WAIT_MAX, QUICK_QUERIES};
use super::BinanceOrderEntry;
use super::encode::{self, Tradable};
use super::name::OrderName;
use super::open_orders::OpenOrder;
use crate::decode::Scales;
use crate::sync::backoff;

/// What is due.
impl BinanceOrderEntry {
    /// Asks for every order whose fate is due, and says of those never answered that nobody knows.
    pub(super) fn ask_for_due(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
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
    pub(super) fn ask_for(
        &mut self,
        now: UnixNanos,
        order: OpenOrder,
        sink: &mut dyn OrderSink,
    ) -> Option<UnixNanos> {
        if !self.line.is_logged_in() {
            return None;
        }
        let tradable = self.tradable(order.instrument_id)?;
        if order.attempts == QUICK_QUERIES {
            let (venue, id, symbol) = (self.venue(), order.client_order_id, tradable.symbol.as_str());
            tracing::warn!(
                "{venue}: order {id} of {symbol} is not settled by {QUICK_QUERIES} queries; more follow"
            );
        }
        let id = order.client_order_id;
        let misses_trades = order.misses_trades() && order.venue_order_id != 0;
        let weight = if misses_trades { self.weights.order_trades } else { self.weights.status };
        let delay = self.weight.take(now, weight);
        let (writer, at) = (&mut self.writer, self.clock.at(now + delay));
        let (kind, bytes) = if misses_trades {
            encode::trades(writer, at, (id, order.venue_order_id), &tradable)
        } else if order.is_cancel_wanted {
            // A cancel may be sent again: twice canceled is canceled, and the answer says as much as a query's.
            (RequestKind::Send, encode::cancel(writer, at, order.name(), &tradable))
        } else {
            let revision = match order.change {
                Some(change) if change.is_replacement => change.revision,
                _ => order.name_revision,
            };
            (RequestKind::Send, encode::status(writer, at, OrderName { id, revision }, &tradable))
        };
        sink.request(0, kind, delay, bytes);
        let wait = backoff(order.instrument_id, order.attempts.saturating_add(1)).min(QUERY_WAIT_MAX);
        Some(now + delay + ANSWER_MAX + wait)
    }

    pub(super) fn report_unknown(&mut self, id: ClientOrderId, sink: &mut dyn OrderSink) {
        if let Some(order) = self.orders.get_mut(id)
            && let Some(report) = order.become_unknown()
        {
            sink.report(order.instrument_id, &report);
        }
    }

    pub(super) fn ask_soon(&mut self, now: UnixNanos, id: ClientOrderId) {
        if let Some(order) = self.orders.get_mut(id) {
            // What is dated by a clock that the venue refused would be refused too: its answer asks for all at once.
            let wait = if self.clock.is_asked() && !self.clock.is_known() { ANSWER_MAX } else { Nanos(0) };
            let check_at = now + wait.max(backoff(order.instrument_id, order.attempts));
            order.check_at = Some(check_at);
            self.wake_at(check_at);
        }
    }

    pub(super) fn wake_at(&mut self, at: UnixNanos) {
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }

    pub(super) fn tradable(&self, instrument_id: InstrumentId) -> Option<Tradable> {
        self.instruments.get(instrument_id.index()).copied().flatten()
    }

    pub(super) fn find_symbol(&self, symbol: &str) -> Option<(InstrumentId, Scales)> {
        let mut known = self.instruments.iter().zip(0..);
        known.find_map(|(tradable, id)| {
            let tradable = tradable.filter(|tradable| tradable.symbol.as_str() == symbol)?;
            Some((InstrumentId(id), tradable.scales))
        })
    }
}
