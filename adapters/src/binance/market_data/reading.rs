//! The session's half about what the fast decoders did not read: at which scales the reference reads it, and what a
//! frame means that nobody can read.

use fulmar_bus::record::{SyncReason, UnixNanos};
use fulmar_engine::contract::{DecodeError, MarketSink};

use super::BinanceMarketData;
use crate::binance::definitions::{inferred, refused_symbol};
use crate::binance::limits::{DEFINITIONS_WAIT, INFERRED_SCALE_MAX};
use crate::binance::slow::{self, Kind, Reading};
use crate::binance::translate;
use crate::binance::wire::Message;
use crate::decode::Scales;

/// A frame that could not be read, and as much as is known of it.
pub(super) struct Unreadable {
    error: DecodeError,
    /// None where not even that can be read.
    kind: Option<Kind>,
}

impl BinanceMarketData {
    pub(super) fn decode_slowly(
        &mut self,
        now: UnixNanos,
        bytes: &mut [u8],
        sink: &mut dyn MarketSink,
    ) -> Result<Message, Unreadable> {
        let unknown = |error| Unreadable { error, kind: None };
        let tape = self.parser.parse(bytes).map_err(unknown)?;
        let message = match Reading::message(self.product, &tape, &self.symbols) {
            Ok(reading) => {
                let read = self.read(now, &reading, sink);
                read.map_err(|error| Unreadable { error, kind: Some(reading.kind()) })
            }
            Err(error) => Err(unknown(error)),
        };
        self.parser.keep(tape);
        message
    }

    /// Reads the numbers of a frame, at the scales of its instrument, or at those that the frame itself asks for.
    fn read(
        &mut self,
        now: UnixNanos,
        reading: &Reading<'_, '_>,
        sink: &mut dyn MarketSink,
    ) -> Result<Message, DecodeError> {
        let Some(index) = reading.kind().symbol() else {
            return reading.decode(Scales { price: 0, quantity: 0 }, &mut self.depth);
        };
        let instrument = &self.instruments[index];
        let digits = || reading.digits().capped(INFERRED_SCALE_MAX);
        let scales = self.symbols.scales(index).unwrap_or_else(|| instrument.first_scales(digits()));
        let is_defined = instrument.definition.as_ref().is_some_and(|known| known.is_inferred == 0);
        let (message, scales) = match reading.decode(scales, &mut self.depth) {
            Err(DecodeError::TooPrecise) if !is_defined => {
                let wider = scales.widest(digits());
                (reading.decode(wider, &mut self.depth)?, wider)
            }
            decoded => (decoded?, scales),
        };
        if self.symbols.scales(index) != Some(scales) {
            self.define(now, index, inferred(self.product, self.symbols.symbol(index), scales), sink);
        }
        Ok(message)
    }

    /// A frame that cannot be read may have been the next update of a book: that book is not believed any more. Where
    /// the frame does not even say what it is, it may have been one of any book of its connection.
    pub(super) fn on_unreadable(
        &mut self,
        now: UnixNanos,
        connection: u8,
        unreadable: Unreadable,
        sink: &mut dyn MarketSink,
    ) {
        self.counters.count(unreadable.error);
        match unreadable.kind {
            Some(Kind::Depth(index)) => self.break_off(now, index, SyncReason::DecodeError, sink),
            Some(_) => {}
            None => self.break_off_all(now, connection, SyncReason::DecodeError, sink),
        }
        let is_misfit = matches!(unreadable.error, DecodeError::TooPrecise | DecodeError::Overflow);
        let ask_at = now.max(self.definitions_asked_at + DEFINITIONS_WAIT);
        if is_misfit && self.definitions_at.is_none_or(|at| at > ask_at) {
            // The venue may have changed the instrument.
            self.definitions_at = Some(ask_at);
            self.wake_at(ask_at);
        }
    }

    pub(super) fn on_snapshot(
        &mut self,
        now: UnixNanos,
        index: usize,
        (status, body): (u16, &mut [u8]),
        sink: &mut dyn MarketSink,
    ) {
        if status == 200 {
            match self.decode_snapshot(now, index, body, sink) {
                Ok(_) => self.instruments[index].sync.on_snapshot(now, translate::update(&self.depth), sink),
                Err(error) => {
                    self.counters.count(error);
                    self.instruments[index].sync.on_snapshot_failed(now);
                }
            }
        } else {
            self.instruments[index].sync.on_snapshot_failed(now);
            if let Some(text) = refused_symbol(status, body) {
                self.unlist(now, index, text, sink);
            }
        }
        self.ask_if_due(now, index, sink);
    }

    fn decode_snapshot(
        &mut self,
        now: UnixNanos,
        index: usize,
        body: &mut [u8],
        sink: &mut dyn MarketSink,
    ) -> Result<Message, DecodeError> {
        let tape = slow::parse_answer(body)?;
        let reading = Reading::snapshot(self.product, &tape, index)?;
        self.read(now, &reading, sink)
    }
}
