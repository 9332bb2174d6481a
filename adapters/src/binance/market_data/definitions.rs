//! The session's half about definitions: asking for them, telling of instruments that the venue does not know, and what
//! a changed definition does to its book.

use std::fmt::Write as _;

use fulmar_bus::record::{
    InstrumentDefinition, InstrumentStatus, Listing, RequestKind, SyncReason, UnixNanos,
};
use fulmar_engine::contract::MarketSink;
use fulmar_engine::market::scale::widening_factor;

use super::{BinanceMarketData, Instrument};
use crate::binance::config::Product;
use crate::binance::definitions::{each_definition, refused_symbol};
use crate::binance::limits::{DEFINITIONS_WAIT, SYMBOLS_PER_REQUEST, UNLISTED_WAIT};
use crate::binance::slow;
use crate::binance::symbols::Symbols;
use crate::decode::Scales;

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

impl BinanceMarketData {
    pub(super) fn on_definitions(
        &mut self,
        now: UnixNanos,
        path: &[u8],
        (status, body): (u16, &mut [u8]),
        sink: &mut dyn MarketSink,
    ) {
        if status == 200 {
            self.on_definitions_told(now, path, body, sink);
        } else if let Some(text) = refused_symbol(status, body) {
            self.on_symbol_refused(now, path, text, sink);
        }
        let mut waits = self.instruments.iter().filter(|instrument| instrument.is_inferred());
        if waits.clone().all(Instrument::is_unlisted) {
            self.definitions_at = waits.next().map(|_| now + UNLISTED_WAIT);
            self.definitions_at.into_iter().for_each(|at| self.wake_at(at));
        }
    }

    fn on_definitions_told(
        &mut self,
        now: UnixNanos,
        path: &[u8],
        body: &mut [u8],
        sink: &mut dyn MarketSink,
    ) {
        let mut definitions = Vec::with_capacity(self.instruments.len());
        let symbols = &self.symbols;
        let read = slow::parse_answer(body).and_then(|tape| {
            each_definition(self.product, &tape, symbols, |index, definition| {
                definitions.push((index, definition));
            })
        });
        if let Err(error) = read {
            return self.counters.count(error);
        }
        let mut is_absent = vec![false; self.instruments.len()];
        asked_about(path, &self.symbols).into_iter().for_each(|index| is_absent[index] = true);
        for (index, definition) in definitions {
            is_absent[index] = false;
            match definition {
                Ok(definition) => {
                    self.relist(index, sink);
                    self.define(now, index, definition, sink);
                    self.ask_if_due(now, index, sink);
                }
                Err(error) => self.counters.count(error),
            }
        }
        for index in (0..is_absent.len()).filter(|index| is_absent[*index]) {
            self.unlist(now, index, "its list of instruments does not have it", sink);
        }
    }

    /// One of the symbols in the request is none of the venue's, and the answer does not say which: each is asked about
    /// alone, so that the others are defined.
    fn on_symbol_refused(&mut self, now: UnixNanos, path: &[u8], text: &str, sink: &mut dyn MarketSink) {
        match asked_about(path, &self.symbols).as_slice() {
            [index] => self.unlist(now, *index, text, sink),
            several => {
                for index in several {
                    self.instruments[*index].standing = Standing::Doubted;
                    self.ask_definitions_of(now, &[*index], sink);
                }
            }
        }
    }

    /// The venue does not know the instrument. A book that stands is the venue's own word that it does.
    pub(super) fn unlist(&mut self, now: UnixNanos, index: usize, text: &str, sink: &mut dyn MarketSink) {
        let instrument = &mut self.instruments[index];
        if !instrument.sync.has_begun() {
            instrument.standing = Standing::Unlisted(now);
            let id = instrument.config.instrument_id;
            sink.status(id, &InstrumentStatus::new(Listing::Unlisted, text));
        }
    }

    fn relist(&mut self, index: usize, sink: &mut dyn MarketSink) {
        let instrument = &mut self.instruments[index];
        if instrument.is_unlisted() {
            let id = instrument.config.instrument_id;
            sink.status(id, &InstrumentStatus::new(Listing::Listed, "it has a definition"));
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
        self.symbols.set_scales(index, scales);
        sink.definition(instrument.config.instrument_id, &definition);
        instrument.sync.start(sink);
        if let Some(known) = known {
            self.redefine_book(now, index, (&known, &definition), sink);
        }
    }

    /// Brings the book to the new definition: what waits is rescaled, what stands is only kept where nothing but a
    /// scale widened.
    pub(super) fn redefine_book(
        &mut self,
        now: UnixNanos,
        index: usize,
        (known, definition): (&InstrumentDefinition, &InstrumentDefinition),
        sink: &mut dyn MarketSink,
    ) {
        let sync = &mut self.instruments[index].sync;
        let price_factor = widening_factor(known.price_scale, definition.price_scale);
        let quantity_factor = widening_factor(known.quantity_scale, definition.quantity_scale);
        let is_only_wider = definition.is_inferred == 1;
        match price_factor.zip(quantity_factor) {
            Some((price, quantity)) if is_only_wider || !sync.has_begun() => sync.rescale(price, quantity),
            _ => sync.break_off(now, SyncReason::Redefined, sink),
        }
        self.ask_if_due(now, index, sink);
    }

    /// Asks what every instrument is; those of which the venue said that it has none only now and then.
    pub(super) fn ask_definitions(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        self.definitions_at = None;
        if self.product == Product::UsdMargined {
            // One list of all that there is.
            return self.ask_definitions_of(now, &[], sink);
        }
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for (index, instrument) in self.instruments.iter().enumerate() {
            match instrument.standing {
                Standing::Presumed => together.push(index),
                Standing::Doubted => alone.push(index),
                Standing::Unlisted(at) if at + UNLISTED_WAIT <= now => alone.push(index),
                Standing::Unlisted(_) => {}
            }
        }
        for some in together.chunks(SYMBOLS_PER_REQUEST).chain(alone.chunks(1)) {
            self.ask_definitions_of(now, some, sink);
        }
    }

    fn ask_definitions_of(&mut self, now: UnixNanos, indexes: &[usize], sink: &mut dyn MarketSink) {
        let delay = self.weight.take(now, self.product.definitions_weight());
        self.write_definitions_path(indexes);
        sink.request(0, RequestKind::HttpGet, delay, self.path.as_bytes());
        let ask_at = now + delay + DEFINITIONS_WAIT;
        self.definitions_asked_at = now + delay;
        self.definitions_at = Some(self.definitions_at.map_or(ask_at, |at| at.max(ask_at)));
        self.wake_at(ask_at);
    }

    /// `?symbols=["A","B"]`, with the brackets and quotes as URLs want them; nothing behind the path for all that the
    /// venue has.
    fn write_definitions_path(&mut self, indexes: &[usize]) {
        self.path.clear();
        self.path.push_str(self.product.rest_path());
        self.path.push_str("/exchangeInfo");
        for (place, index) in indexes.iter().enumerate() {
            let before = if place == 0 { "?symbols=%5B" } else { "," };
            let symbol = self.symbols.symbol(*index);
            write!(self.path, "{before}{QUOTE}{symbol}{QUOTE}").expect("a String takes all text");
        }
        self.path.push_str(if indexes.is_empty() { "" } else { "%5D" });
    }
}

/// A quote in a URL.
const QUOTE: &str = "%22";

/// The instruments that a request for definitions named: all of the session where it named none.
fn asked_about(path: &[u8], symbols: &Symbols) -> Vec<usize> {
    let Some((_, list)) = std::str::from_utf8(path).ok().and_then(|path| path.split_once('?')) else {
        return (0..symbols.count()).collect();
    };
    list.split(QUOTE).skip(1).step_by(2).filter_map(|symbol| symbols.find(symbol.as_bytes())).collect()
}
