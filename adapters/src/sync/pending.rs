//! Updates that wait for a snapshot: bounded, allocated once.

use fulmar_bus::record::{Level, Price, Quantity, UnixNanos};
use fulmar_engine::contract::Update;

use super::limits::{PENDING_LEVELS_MAX, PENDING_UPDATES_MAX};
use super::rule::Span;

/// The updates of one book since the last break, in order.
pub(super) struct Pending {
    updates: Vec<Waiting>,
    levels: Vec<Level>,
}

#[derive(Clone, Copy)]
struct Waiting {
    span: Span,
    venue_at: UnixNanos,
    bids_end: usize,
    asks_end: usize,
}

/// There is no room for another update.
pub(super) struct Full;

impl Pending {
    pub(super) fn new() -> Self {
        Pending {
            updates: Vec::with_capacity(PENDING_UPDATES_MAX),
            levels: Vec::with_capacity(PENDING_LEVELS_MAX),
        }
    }

    pub(super) fn push(&mut self, span: Span, update: Update<'_>) -> Result<(), Full> {
        let bids_end = self.levels.len() + update.bids.len();
        let asks_end = bids_end + update.asks.len();
        if self.updates.len() == PENDING_UPDATES_MAX || asks_end > PENDING_LEVELS_MAX {
            return Err(Full);
        }
        self.levels.extend_from_slice(update.bids);
        self.levels.extend_from_slice(update.asks);
        self.updates.push(Waiting { span, venue_at: update.venue_at, bids_end, asks_end });
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.updates.clear();
        self.levels.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.updates.len()
    }

    pub(super) fn last(&self) -> Option<Span> {
        self.updates.last().map(|waiting| waiting.span)
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.updates.iter().map(|waiting| waiting.span)
    }

    /// The update at `index`.
    pub(super) fn update(&self, index: usize) -> Update<'_> {
        let start = index.checked_sub(1).map_or(0, |before| self.updates[before].asks_end);
        let Waiting { span, venue_at, bids_end, asks_end } = self.updates[index];
        Update {
            update_id: span.last,
            venue_at,
            bids: &self.levels[start..bids_end],
            asks: &self.levels[bids_end..asks_end],
        }
    }

    /// Multiplies what waits; `None` where a number does not fit any more.
    pub(super) fn rescale(&mut self, price_factor: i64, quantity_factor: i64) -> Option<()> {
        for level in &mut self.levels {
            level.price = Price(level.price.0.checked_mul(price_factor)?);
            level.quantity = Quantity(level.quantity.0.checked_mul(quantity_factor)?);
        }
        Some(())
    }
}
