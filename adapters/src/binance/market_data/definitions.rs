//! The session's half about definitions: asking for them, and what a changed one does to its book.

use std::fmt::Write as _;

use fulmar_bus::record::{InstrumentDefinition, RequestKind, SyncReason, UnixNanos};
use fulmar_engine::contract::MarketSink;
use fulmar_engine::market::scale::widening_factor;

use super::BinanceMarketData;
use crate::binance::config::Product;
use crate::binance::definitions::each_definition;
use crate::binance::limits::{DEFINITIONS_WAIT, SYMBOLS_PER_REQUEST};
use crate::binance::slow;
use crate::decode::Scales;

impl BinanceMarketData {
    pub(super) fn on_definitions(&mut self, now: UnixNanos, body: &mut [u8], sink: &mut dyn MarketSink) {
        let mut definitions = Vec::with_capacity(self.instruments.len());
        let symbols = &self.symbols;
        let read = slow::parse_answer(body).and_then(|tape| {
            each_definition(self.product, &tape, symbols, |index, definition| {
                definitions.push((index, definition));
            })
        });
        read.unwrap_or_else(|error| self.counters.count(error));
        for (index, definition) in definitions {
            match definition {
                Ok(definition) => self.define(now, index, definition, sink),
                Err(error) => self.counters.count(error),
            }
        }
        if self.instruments.iter().all(|instrument| !instrument.is_inferred()) {
            self.definitions_at = None;
        }
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

    pub(super) fn ask_definitions(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        let cost = self.product.definitions_weight();
        let mut sent_at = now;
        match self.product {
            Product::Spot => {
                for some in 0..self.instruments.len().div_ceil(SYMBOLS_PER_REQUEST) {
                    let delay = self.weight.take(now, cost);
                    sent_at = sent_at.max(now + delay);
                    self.write_definitions_path(some * SYMBOLS_PER_REQUEST);
                    sink.request(0, RequestKind::HttpGet, delay, self.path.as_bytes());
                }
            }
            Product::UsdMargined => {
                let delay = self.weight.take(now, cost);
                sent_at = now + delay;
                sink.request(0, RequestKind::HttpGet, delay, b"/fapi/v1/exchangeInfo");
            }
        }
        self.definitions_asked_at = sent_at;
        self.definitions_at = Some(sent_at + DEFINITIONS_WAIT);
        self.wake_at(sent_at + DEFINITIONS_WAIT);
    }

    /// `?symbols=["A","B"]` from the symbol at `first` on, with the brackets and quotes as URLs want them.
    pub(super) fn write_definitions_path(&mut self, first: usize) {
        self.path.clear();
        self.path.push_str("/api/v3/exchangeInfo?symbols=%5B");
        let end = self.symbols.count().min(first + SYMBOLS_PER_REQUEST);
        for index in first..end {
            let comma = if index == first { "" } else { "," };
            write!(self.path, "{comma}%22{}%22", self.symbols.symbol(index))
                .expect("a String takes all text");
        }
        self.path.push_str("%5D");
    }
}
