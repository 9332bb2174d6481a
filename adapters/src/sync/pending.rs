//! Updates that wait for a snapshot: bounded, allocated once. Where there is no room, the oldest make it: a snapshot
//! that comes late holds them, and one that does not hold them shows that something is missing.

use fulmar_bus::record::{Level, Price, Quantity, UnixNanos};
use fulmar_engine::contract::Update;

use super::limits::{PENDING_DROPS_MIN, PENDING_LEVELS_MAX, PENDING_UPDATES_MAX};
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

impl Pending {
    pub(super) fn new() -> Self {
        Pending {
            updates: Vec::with_capacity(PENDING_UPDATES_MAX),
            levels: Vec::with_capacity(PENDING_LEVELS_MAX),
        }
    }

    /// No room at all, and no memory: nothing is to wait.
    pub(super) const fn none() -> Self {
        Pending { updates: Vec::new(), levels: Vec::new() }
    }

    /// Adds an update, and says how many made room for it. One that is larger than all the room is dropped itself, and
    /// counted so: what stands before it is of no use without it.
    pub(super) fn push(&mut self, span: Span, update: Update<'_>) -> usize {
        let level_count = update.bids.len() + update.asks.len();
        let dropped_count = self.make_room(level_count);
        if level_count > PENDING_LEVELS_MAX {
            return dropped_count + 1;
        }
        let bids_end = self.levels.len() + update.bids.len();
        let asks_end = bids_end + update.asks.len();
        self.levels.extend_from_slice(update.bids);
        self.levels.extend_from_slice(update.asks);
        self.updates.push(Waiting { span, venue_at: update.venue_at, bids_end, asks_end });
        dropped_count
    }

    /// Drops the oldest updates until another with so many levels fits, and gives their number.
    fn make_room(&mut self, level_count: usize) -> usize {
        let fits = |levels_before: usize| levels_before + level_count <= PENDING_LEVELS_MAX;
        if self.updates.len() < PENDING_UPDATES_MAX && fits(self.levels.len()) {
            return 0;
        }
        let is_too_few = |(index, waiting): &(usize, &Waiting)| {
            index + 1 < PENDING_DROPS_MIN || !fits(self.levels.len() - waiting.asks_end)
        };
        let dropped_count = self.updates.iter().enumerate().take_while(is_too_few).count() + 1;
        let dropped_count = dropped_count.min(self.updates.len());
        let levels_end = dropped_count.checked_sub(1).map_or(0, |last| self.updates[last].asks_end);
        self.levels.drain(..levels_end);
        self.updates.drain(..dropped_count);
        for waiting in &mut self.updates {
            waiting.bids_end -= levels_end;
            waiting.asks_end -= levels_end;
        }
        dropped_count
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
    pub(super) fn update(&self, index: usize) -> (Span, Update<'_>) {
        let start = index.checked_sub(1).map_or(0, |before| self.updates[before].asks_end);
        let Waiting { span, venue_at, bids_end, asks_end } = self.updates[index];
        let update = Update {
            update_id: span.last,
            venue_at,
            bids: &self.levels[start..bids_end],
            asks: &self.levels[bids_end..asks_end],
            is_proven: false,
        };
        (span, update)
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
