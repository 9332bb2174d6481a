//! How much memory the engine of a plan takes, told before anything is made. Rings are counted to the byte, since they
//! are what grows with instruments; the rest is estimated from what was measured.

use fulmar_bus::channel::RingShape;

use super::plan::{EnginePlan, OrderRoute};

/// What one book takes that holds nothing: its hints.
const BOOK_BYTES: u64 = 70 << 10;
/// What a level takes: sixteen bytes in a block that is two thirds full, and its part of the directory.
const LEVEL_BYTES: u64 = 32;
/// The program itself and its threads.
const PROGRAM_BYTES: u64 = 22 << 20;
/// Orders and trades of the risk gate and of the paper venue.
const ORDERS_BYTES: u64 = 4 << 20;
/// Orders, trades and timers of one strategy.
const STRATEGY_BYTES: u64 = 1 << 20;
/// The updates of one instrument that wait for a snapshot, its actors, its names, and what its hops are counted in.
const INSTRUMENT_BYTES: u64 = 196 << 10;

/// Memory that an engine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// All rings. Every page of them is touched when they are made, so that no tick meets one that is not there.
    pub rings_bytes: u64,
    /// Books, of actors and of strategies that asked for depth. Memory for levels is reserved at once and taken as
    /// levels come.
    pub book_count: u64,
    /// What does not hang on rings and books.
    pub other_bytes: u64,
}

impl Footprint {
    /// Of the engine that `plan` makes, without the rings that core loops note to.
    pub fn of(plan: &EnginePlan) -> Self {
        let (instruments, strategies) = (plan.instruments.len() as u64, plan.strategies.len() as u64);
        let depth = plan.strategies.iter().filter(|strategy| strategy.book.levels_max().is_some());
        let depth_books: usize = depth.map(|strategy| strategy.instruments.len()).sum();
        let orders = if matches!(plan.orders, OrderRoute::None) { 0 } else { ORDERS_BYTES };
        Footprint {
            rings_bytes: rings(plan),
            book_count: instruments + depth_books as u64,
            other_bytes: PROGRAM_BYTES
                + orders
                + strategies * STRATEGY_BYTES
                + instruments * INSTRUMENT_BYTES,
        }
    }

    /// The whole, where every book holds so many levels a side.
    pub fn bytes(&self, levels: u64) -> u64 {
        self.rings_bytes + self.other_bytes + self.book_count * (BOOK_BYTES + 2 * levels * LEVEL_BYTES)
    }
}

/// The rings of all channels, as the builder makes them.
fn rings(plan: &EnginePlan) -> u64 {
    let sizes = plan.rings;
    let bytes = |word_count: usize| (word_count * size_of::<u64>()) as u64;
    // Each has one gate more than its readers need: the recorder's.
    let shape = |slot_count, gate_count: usize| RingShape { slot_count, gate_count: gate_count + 1 };
    let ring = |slot_count, gate_count| bytes(shape(slot_count, gate_count).word_count());
    // With a journal, what is written ahead has a check for each record.
    let ahead = |slot_count, gate_count| match plan.journal_directory {
        Some(_) => bytes(shape(slot_count, gate_count).checked_word_count()),
        None => ring(slot_count, gate_count),
    };
    let frames = ahead(sizes.frames, 1);
    let link = frames + ring(sizes.small, 2);
    let instruments = plan.venues.iter().map(|venue| {
        let market = ring(sizes.market_of(venue.session.book_levels_max()), 0);
        venue.instruments.len() as u64 * (market + ring(sizes.book, 0) + ring(sizes.resync, 1))
    });
    let market = plan.venues.len() as u64 * link
        + instruments.sum::<u64>()
        + plan.pairs.len() as u64 * ring(sizes.book, 0);
    let control = ahead(sizes.small, 1);
    let orders = control + (2 + 2 * plan.strategies.len() as u64) * ring(sizes.small, 1);
    market
        + match plan.orders {
            OrderRoute::None => 0,
            OrderRoute::Paper { .. } => orders,
            OrderRoute::Venue { .. } => orders + frames + ahead(sizes.small, 2),
        }
}
