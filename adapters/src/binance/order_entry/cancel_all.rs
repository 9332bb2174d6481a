//! Cancels of all that stands of an instrument, in one request: a message on spot, an HTTP request on futures.
//!
//! The venue takes the orders of others with them, so that one leaves only where all that stands is known and ours;
//! else ours are canceled by name. What becomes of each order is told by its own event. One that the answer does not
//! speak for, and all where none comes, are canceled by name when the answer is late.

use fulmar_bus::record::{InstrumentId, UnixNanos};
use fulmar_engine::contract::{DecodeError, OrderSink};

use super::super::limits::ANSWER_MAX;
use super::errors::{self, VenueError};
use super::login::Line;
use super::name::OrderName;
use super::{BinanceOrderEntry, Handled, encode};
use crate::decode::json::{Fields, objects_of};

impl BinanceOrderEntry {
    pub(super) fn send_cancel_all(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        sink: &mut dyn OrderSink,
    ) {
        let is_known = self.line == Line::Ready && self.orders.are_ours_alone(instrument_id);
        let Some(tradable) = self.tradable(instrument_id).filter(|_| is_known) else {
            let mut place = 0;
            while let Some((found, id)) = self.orders.ours(place, instrument_id) {
                place = found + 1;
                self.cancel_by_name(now, (instrument_id, id), sink);
            }
            return;
        };
        let delay = self.weight.take(now, self.weights.order);
        let check_at = now + delay + ANSWER_MAX;
        for order in self.orders.iter_mut().filter(|order| order.stands_on(instrument_id)) {
            (order.is_cancel_wanted, order.is_swept, order.check_at) = (true, true, Some(check_at));
        }
        let at = self.clock.at(now + delay);
        let (kind, bytes) = encode::cancel_all(&mut self.writer, at, instrument_id, &tradable);
        sink.request(0, kind, delay, bytes);
        self.wake_at(check_at);
    }

    /// The answer to a message, which names the instrument by its number.
    pub(super) fn on_cancel_all_answer(
        &mut self,
        now: UnixNanos,
        number: &[u8],
        answer: &Fields<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let number = std::str::from_utf8(number).ok().and_then(|digits| digits.parse().ok());
        let instrument_id = InstrumentId(number.ok_or(DecodeError::UnknownValue)?);
        let Some(error) = answer.find("error") else {
            return self.on_all_canceled(now, instrument_id, Some(answer));
        };
        let error = Fields::of(error)?;
        let (code, words) = (error.signed("code")?, error.text("msg")?);
        let error = errors::meaning(answer.unsigned("status").unwrap_or_default(), code, words);
        self.heed(now, &error, words, sink);
        self.on_not_canceled(now, instrument_id, &error, sink);
        Ok(())
    }

    /// The venue took it. Spot tells which orders it canceled; of futures that is each that it had.
    pub(super) fn on_all_canceled(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        told: Option<&Fields<'_, '_>>,
    ) -> Handled {
        if let Some(answer) = told {
            for row in objects_of(answer.value("result")?)? {
                // A list of orders that belong together is none of ours.
                let name = row?.text("origClientOrderId").ok().and_then(OrderName::parse);
                let Some(name) = name else { continue };
                if self.orders.get_mut(name.id).is_some_and(|order| std::mem::take(&mut order.is_swept)) {
                    self.on_cancel_taken(now, name.id);
                }
            }
        }
        while let Some(order) = self.orders.take_swept(instrument_id) {
            if told.is_none() && order.is_answered {
                self.on_cancel_taken(now, order.client_order_id);
            }
        }
        Ok(())
    }

    /// Nothing stood there, or it was not carried out, or nobody knows: as if each had been canceled by name.
    pub(super) fn on_not_canceled(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        error: &VenueError,
        sink: &mut dyn OrderSink,
    ) {
        while let Some(order) = self.orders.take_swept(instrument_id) {
            self.on_error(now, error, (encode::purpose::CANCEL, order.name(), order), sink);
        }
    }
}
