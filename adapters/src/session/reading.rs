//! The session's half about what the fast decoders did not read: at which scales the reference reads it, and what a
//! frame means that nobody can read.

use fulmar_bus::record::{SyncReason, UnixNanos};
use fulmar_engine::contract::{DecodeError, MarketSink};

use super::decoded::{Decoded, Message, Subject};
use super::definitions::quoted_max;
use super::limits::{DEFINITIONS_WAIT, READINGS_MAX};
use super::reader::Reader;
use super::symbols::Symbols;
use super::{MarketData, Protocol, inferred};
use crate::decode::json::{self, quote_numbers};

impl MarketData {
    /// Reads a message by the reference decoder, which alone says what is wrong with it.
    pub(super) fn read(
        &mut self,
        now: UnixNanos,
        bytes: &mut [u8],
        sink: &mut dyn MarketSink,
    ) -> Result<(), DecodeError> {
        if self.protocol.is_pong(bytes) {
            self.decoded.clear();
            return Ok(());
        }
        let mut quoted = std::mem::take(&mut self.quoted);
        let bytes_max = self.limits.message_bytes_max;
        let read = if self.protocol.has_bare_numbers() {
            quote_numbers(bytes, bytes_max, &mut quoted).and_then(|text| self.read_text(now, text, sink))
        } else if bytes.len() > bytes_max {
            Err(DecodeError::TooLong)
        } else {
            self.read_text(now, bytes, sink)
        };
        self.quoted = quoted;
        read
    }

    fn read_text(
        &mut self,
        now: UnixNanos,
        text: &mut [u8],
        sink: &mut dyn MarketSink,
    ) -> Result<(), DecodeError> {
        let tape = self.parser.parse(text)?;
        let read = self.read_at_scales(now, sink, |protocol, reader| protocol.read(&tape, reader));
        self.parser.keep(tape);
        read
    }

    /// Has a frame read at the scales of its instruments, or at those that it asks for itself.
    fn read_at_scales(
        &mut self,
        now: UnixNanos,
        sink: &mut dyn MarketSink,
        read: impl Fn(&dyn Protocol, &mut Reader<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        for _ in 0..READINGS_MAX {
            self.decoded.clear();
            let mut reader = Reader::new(&*self.protocol, &self.symbols, &mut self.decoded);
            read(&*self.protocol, &mut reader)?;
            if self.decoded.wanted.is_empty() {
                return Ok(());
            }
            for (index, digits) in std::mem::take(&mut self.decoded.wanted) {
                let instrument = &self.instruments[index];
                let scales = match self.symbols.scales(index) {
                    Some(known) => known.widest(digits),
                    None => instrument.first_scales(digits),
                };
                if self.symbols.scales(index) == Some(scales) {
                    return Err(DecodeError::TooPrecise);
                }
                let symbol = self.symbols.symbol(index);
                let definition = inferred(&*self.protocol, symbol, scales);
                self.define(now, index, definition, sink);
            }
        }
        Err(DecodeError::TooPrecise)
    }

    /// A frame that cannot be read may have been the next update of a book: that book is not believed any more. Where
    /// the frame does not even say what it is, it may have been one of any book of its connection.
    pub(super) fn on_unreadable(
        &mut self,
        now: UnixNanos,
        line: usize,
        error: DecodeError,
        sink: &mut dyn MarketSink,
    ) {
        self.counters.count(error);
        match self.decoded.subject {
            Subject::Book(index) => self.break_off(now, index, SyncReason::DecodeError, sink),
            Subject::Other => {}
            Subject::Unknown => {
                // Where it does not say which of its connection it is either, the next one begins to count.
                self.lines[line].state.sequence = self.decoded.sequence;
                self.distrust_line(now, line, sink);
            }
        }
        let is_misfit = matches!(error, DecodeError::TooPrecise | DecodeError::Overflow);
        let ask_at = now.max(self.definitions_asked_at + DEFINITIONS_WAIT);
        if is_misfit && self.definitions_at.is_none_or(|at| at > ask_at) {
            // The venue may have changed the instrument.
            self.definitions_at = Some(ask_at);
            self.wake_at(ask_at);
        }
    }

    /// Takes the answer to a request for a book.
    pub(super) fn on_snapshot(
        &mut self,
        now: UnixNanos,
        index: usize,
        (status, body): (u16, &mut [u8]),
        sink: &mut dyn MarketSink,
    ) {
        if status == 200 {
            match self.read_snapshot(now, index, body, sink) {
                Ok(()) => {
                    let Some(Message::Book(message)) = self.decoded.messages.first() else {
                        unreachable!("a book was read");
                    };
                    let sync = &mut self.instruments[index].sync;
                    sync.on_snapshot(now, self.decoded.update(message), sink);
                }
                Err(error) => {
                    self.counters.count(error);
                    self.instruments[index].sync.on_snapshot_failed(now);
                }
            }
        } else {
            self.instruments[index].sync.on_snapshot_failed(now);
            if let Some(text) = self.protocol.unknown_symbol(status, body) {
                self.unlist(now, index, text, sink);
            }
        }
        self.ask_if_due(now, index, sink);
    }

    fn read_snapshot(
        &mut self,
        now: UnixNanos,
        index: usize,
        body: &mut [u8],
        sink: &mut dyn MarketSink,
    ) -> Result<(), DecodeError> {
        let tape = json::parse(body, self.limits.answer_bytes_max)?;
        self.read_at_scales(now, sink, |protocol, reader| protocol.read_snapshot(&tape, index, reader))?;
        if matches!(self.decoded.messages.first(), Some(Message::Book(_))) {
            Ok(())
        } else {
            Err(DecodeError::Malformed)
        }
    }
}

/// Reads a message by the reference decoder of `protocol` alone, without a session: at the scales that `symbols` know.
///
/// # Errors
/// The first thing that is wrong with it; [`DecodeError::TooPrecise`] where a scale is not known or does not do.
pub fn read_message(
    protocol: &dyn Protocol,
    message: &mut [u8],
    symbols: &Symbols,
    out: &mut Decoded,
) -> Result<(), DecodeError> {
    out.clear();
    if protocol.is_pong(message) {
        return Ok(());
    }
    let bytes_max = protocol.limits().message_bytes_max;
    let mut quoted = Vec::new();
    let tape = if protocol.has_bare_numbers() {
        json::parse(quote_numbers(message, bytes_max, &mut quoted)?, quoted_max(bytes_max))?
    } else {
        json::parse(message, bytes_max)?
    };
    protocol.read(&tape, &mut Reader::new(protocol, symbols, out))?;
    if out.wanted.is_empty() { Ok(()) } else { Err(DecodeError::TooPrecise) }
}
