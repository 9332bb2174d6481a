//! The session's half about definitions: asking for them, telling of instruments that the venue does not know, and what
//! a changed definition does to its book.

use fulmar_bus::record::{
    InstrumentDefinition, InstrumentStatus, Listing, RequestKind, SyncReason, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, MarketSink};
use fulmar_engine::market::instrument::{Redefinition, compare};

use super::decoded::{Decoded, Message};
use super::limits::{DEFINITIONS_WAIT, UNLISTED_WAIT};
use super::{Instrument, MarketData, connection_of};
use crate::decode::{Scales, json};

/// What is known of whether the venue has an instrument, and so how it is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing speaks against it: asked about together with others.
    Presumed,
    /// A request that named it with others was refused for one of them: asked about alone.
    Doubted,
    /// The venue said at this moment that it has none such: asked about alone and seldom, its book not at all.
    Unlisted(UnixNanos),
}

impl MarketData {
    pub(super) fn on_definitions(
        &mut self,
        now: UnixNanos,
        path: &str,
        (status, body): (u16, &mut [u8]),
        sink: &mut dyn MarketSink,
    ) {
        if status == 200 {
            self.on_definitions_told(now, path, body, sink);
        } else if let Some(text) = self.protocol.unknown_symbol(status, body) {
            self.on_symbol_refused(now, path, text, sink);
        }
        let mut waits = self.instruments.iter().filter(|instrument| instrument.is_inferred());
        if waits.all(Instrument::is_unlisted) {
            let has_unlisted = self.instruments.iter().any(Instrument::is_unlisted);
            let of_unlisted = has_unlisted.then_some(UNLISTED_WAIT);
            let wait = of_unlisted.into_iter().chain(self.protocol.definitions_interval()).min();
            self.definitions_at = wait.map(|wait| now + wait);
            self.definitions_at.into_iter().for_each(|at| self.wake_at(at));
        }
    }

    fn on_definitions_told(
        &mut self,
        now: UnixNanos,
        path: &str,
        body: &mut [u8],
        sink: &mut dyn MarketSink,
    ) {
        let mut told = Decoded::default();
        let read = self.read_definitions(body, &mut told);
        if let Err(error) = read {
            return self.counters.count(error);
        }
        let is_told = |index: usize| told.definitions.iter().any(|(told, _)| *told == index);
        let absent: Vec<usize> =
            self.asked_about(path).into_iter().filter(|index| !is_told(*index)).collect();
        self.take_definitions(now, &told, sink);
        for message in &told.messages {
            if let Message::Derived { symbol, derived } = message {
                self.on_derived(*symbol, derived, sink);
            }
        }
        for index in absent {
            self.unlist(now, index, "its list of instruments does not have it", sink);
        }
    }

    fn read_definitions(&mut self, body: &mut [u8], told: &mut Decoded) -> Result<(), DecodeError> {
        let bytes_max = self.limits.answer_bytes_max;
        let mut quoted = Vec::new();
        let tape = if self.protocol.has_bare_numbers() {
            json::parse(json::quote_numbers(body, bytes_max, &mut quoted)?, quoted_max(bytes_max))?
        } else {
            json::parse(body, bytes_max)?
        };
        self.protocol.read_definitions(&tape, &self.symbols, told)
    }

    /// Takes what a frame said of instruments: what they are, and whether they are traded.
    pub(super) fn take_definitions(&mut self, now: UnixNanos, told: &Decoded, sink: &mut dyn MarketSink) {
        for (index, definition) in &told.definitions {
            match definition {
                Ok(definition) => {
                    self.relist(*index, "it has a definition", sink);
                    self.define(now, *index, *definition, sink);
                    self.ask_if_due(now, *index, sink);
                }
                Err(error) => self.counters.count(*error),
            }
        }
        for (index, status) in &told.statuses {
            self.on_status(now, *index, status, sink);
        }
    }

    fn on_status(
        &mut self,
        now: UnixNanos,
        index: usize,
        status: &InstrumentStatus,
        sink: &mut dyn MarketSink,
    ) {
        let instrument = &mut self.instruments[index];
        match status.listing {
            Listing::Unlisted => {
                // It refused a subscription.
                self.counters.venue_refusals += 1;
                self.unlist(now, index, status.text.as_str(), sink);
            }
            // What is told again is no news.
            listing if (listing == Listing::Halted) == instrument.is_halted => {}
            listing => {
                instrument.is_halted = listing == Listing::Halted;
                sink.status(instrument.config.instrument_id, status);
            }
        }
    }

    /// One of the symbols in the request is none of the venue's, and the answer does not say which: each is asked about
    /// alone, so that the others are defined.
    fn on_symbol_refused(&mut self, now: UnixNanos, path: &str, text: &str, sink: &mut dyn MarketSink) {
        match self.asked_about(path).as_slice() {
            [index] => self.unlist(now, *index, text, sink),
            several => {
                for index in several {
                    self.instruments[*index].standing = Standing::Doubted;
                    self.ask_definitions_of(now, &[*index], &mut Vec::new(), sink);
                }
            }
        }
    }

    /// The instruments that a request for definitions named.
    fn asked_about(&self, path: &str) -> Vec<usize> {
        let is_asked = |index: &usize| self.protocol.is_asked_about(path, self.symbols.symbol(*index));
        (0..self.symbols.count()).filter(is_asked).collect()
    }

    /// The venue does not know the instrument. A book that stands is the venue's own word that it does.
    pub(super) fn unlist(&mut self, now: UnixNanos, index: usize, text: &str, sink: &mut dyn MarketSink) {
        let instrument = &mut self.instruments[index];
        if instrument.sync.has_begun() {
            return;
        }
        let was_unlisted = instrument.is_unlisted();
        instrument.standing = Standing::Unlisted(now);
        if !was_unlisted {
            let id = instrument.config.instrument_id;
            sink.status(id, &InstrumentStatus::new(Listing::Unlisted, text));
        }
        // A definition that comes after all lists it again, so it is asked for, also where it was known.
        let ask_at = now + UNLISTED_WAIT;
        self.definitions_at = Some(self.definitions_at.map_or(ask_at, |at| at.min(ask_at)));
        self.wake_at(ask_at);
    }

    /// The venue knows the instrument after all.
    pub(super) fn relist(&mut self, index: usize, text: &str, sink: &mut dyn MarketSink) {
        let instrument = &mut self.instruments[index];
        if instrument.is_unlisted() {
            let id = instrument.config.instrument_id;
            sink.status(id, &InstrumentStatus::new(Listing::Listed, text));
        }
        instrument.standing = Standing::Presumed;
    }

    /// The instrument is this from now on. What changes more than a scale makes the book begin anew.
    pub(super) fn define(
        &mut self,
        now: UnixNanos,
        index: usize,
        definition: InstrumentDefinition,
        sink: &mut dyn MarketSink,
    ) {
        let instrument = &mut self.instruments[index];
        let known = instrument.definition;
        let revision = known.map_or(0, |known| known.revision);
        if known == Some(InstrumentDefinition { revision, ..definition }) {
            return;
        }
        let definition = InstrumentDefinition { revision: revision + 1, ..definition };
        instrument.definition = Some(definition);
        let scales = Scales { price: definition.price_scale, quantity: definition.quantity_scale };
        self.symbols.set_scales(index, scales, definition.is_inferred == 0);
        sink.definition(instrument.config.instrument_id, &definition);
        instrument.sync.start(scales, sink);
        instrument.forming.clear();
        if let Some(known) = known {
            self.redefine_book(now, index, (&known, &definition), sink);
        }
    }

    /// Brings the book to the new definition: what stands and what waits is kept where its numbers still mean the same.
    fn redefine_book(
        &mut self,
        now: UnixNanos,
        index: usize,
        (known, definition): (&InstrumentDefinition, &InstrumentDefinition),
        sink: &mut dyn MarketSink,
    ) {
        let sync = &mut self.instruments[index].sync;
        match compare(known, definition) {
            Redefinition::Refined { price_factor, quantity_factor } => {
                sync.rescale(price_factor, quantity_factor);
            }
            _ => sync.break_off(now, SyncReason::Redefined, sink),
        }
        self.ask_if_due(now, index, sink);
    }

    /// Asks what every instrument is; those of which the venue said that it has none only now and then.
    pub(super) fn ask_definitions(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        self.definitions_at = None;
        let mut together = Vec::new();
        let mut alone = Vec::new();
        for (index, instrument) in self.instruments.iter().enumerate() {
            match instrument.standing {
                Standing::Presumed => together.push(index),
                Standing::Doubted => alone.push(index),
                Standing::Unlisted(at) if at + UNLISTED_WAIT <= now => alone.push(index),
                Standing::Unlisted(_) => {}
            }
        }
        let mut asked = Vec::new();
        self.ask_definitions_of(now, &together, &mut asked, sink);
        for index in alone {
            self.ask_definitions_of(now, &[index], &mut asked, sink);
        }
    }

    /// Asks what these are, but for what was `asked` in this round already: some venues have one list of all.
    pub(super) fn ask_definitions_of(
        &mut self,
        now: UnixNanos,
        indexes: &[usize],
        asked: &mut Vec<String>,
        sink: &mut dyn MarketSink,
    ) {
        if indexes.is_empty() {
            return;
        }
        let symbols: Vec<&str> = indexes.iter().map(|index| self.symbols.symbol(*index)).collect();
        let (weight, mut last_delay) = (&mut self.weight, None);
        self.protocol.definition_paths(&symbols, &mut |path| {
            if asked.iter().any(|other| other == path) {
                return;
            }
            asked.push(path.to_owned());
            let delay = weight.take(now, self.limits.definitions_weight);
            sink.request(connection_of(0), RequestKind::HttpGet, delay, path.as_bytes());
            last_delay = Some(delay);
        });
        if let Some(delay) = last_delay {
            let ask_at = now + delay + DEFINITIONS_WAIT;
            self.definitions_asked_at = now + delay;
            self.definitions_at = Some(self.definitions_at.map_or(ask_at, |at| at.max(ask_at)));
            self.wake_at(ask_at);
        }
    }
}

/// Bytes of a text whose bare numbers were put in quotes: a digit alone becomes three.
pub(super) const fn quoted_max(bytes_max: usize) -> usize {
    bytes_max * 3
}
