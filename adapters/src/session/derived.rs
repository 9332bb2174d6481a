//! The session's half about prices that a venue computes: what is known of them, message by message.
//!
//! Some venues tell all of it each time, some only what changed, and some on several streams. So what a message is
//! silent about stays as it was, and what changed nothing is not told again.

use fulmar_bus::record::{Funding, InstrumentId, MarkPrice, Nanos, Price, UnixNanos};
use fulmar_engine::contract::MarketSink;
use fulmar_engine::market::scale::widening_factor;

use super::MarketData;
use super::decoded::{Derived, ScaledPrice};

impl MarketData {
    /// The venue says this of an instrument's computed prices and funding.
    pub(super) fn on_derived(&mut self, symbol: usize, said: &Derived, sink: &mut dyn MarketSink) {
        let id = self.symbols.instrument_id(symbol);
        self.instruments[symbol].derived.take(id, said, sink);
    }
}

/// What is known of one instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DerivedState {
    known: Derived,
}

impl DerivedState {
    /// Takes what a message says, and tells what changed.
    pub(super) fn take(&mut self, instrument_id: InstrumentId, said: &Derived, sink: &mut dyn MarketSink) {
        let known = self.known;
        let now = Derived {
            mark: said.mark.or(known.mark),
            index: said.index.or(known.index),
            rate: said.rate.or(known.rate),
            interval: said.interval.or(known.interval),
            next_at: said.next_at.or(known.next_at),
            venue_at: said.venue_at,
        };
        self.known = now;
        if (now.mark, now.index) != (known.mark, known.index)
            && let Some(mark_price) = mark_price(&now)
        {
            sink.mark_price(instrument_id, &mark_price);
        }
        if (now.rate, now.interval, now.next_at) != (known.rate, known.interval, known.next_at)
            && let Some(rate) = now.rate
        {
            let interval = now.interval.unwrap_or(Nanos(0));
            let next_at = now.next_at.unwrap_or(UnixNanos(0));
            sink.funding(instrument_id, &Funding { rate, interval, next_at, venue_at: now.venue_at });
        }
    }
}

/// Both prices at the wider of their scales; none before the mark price is known, or where they do not fit one scale.
fn mark_price(known: &Derived) -> Option<MarkPrice> {
    let mark = known.mark?;
    let index = known.index.unwrap_or(ScaledPrice { price: Price(0), scale: mark.scale });
    let scale = mark.scale.max(index.scale);
    let at_scale = |price: ScaledPrice| {
        let factor = widening_factor(price.scale, scale)?;
        price.price.0.checked_mul(factor).map(Price)
    };
    Some(MarkPrice::new(at_scale(mark)?, at_scale(index)?, known.venue_at, scale))
}
