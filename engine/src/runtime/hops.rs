//! When a tick passed which part of the engine: raw clock ticks in a side array, and what they add up to.
//!
//! Stamps lie outside records and outside the output hash, no actor can read them, and in virtual time there are none.
//! Each input has a row, found by its cause; a row that was reused for a later input is seen by its cause and left out.
//! What a way took goes over a bounded queue to the [`HopBoard`], which adds up: whoever looks at latencies never
//! stands in the way of an order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use fulmar_bus::record::RecordId;
use hdrhistogram::Histogram;

use super::clock::Clock;
use super::limits::{HOP_ROWS, LATENCY_NS_MAX, WAYS_WAITING_MAX};

/// A stage of the way from frame to order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Hop {
    /// The feed has understood the frame.
    Decode = 1,
    /// The book is up to date and its top published.
    Book = 2,
    /// The strategy has decided.
    Strategy = 3,
    /// The risk gate has approved.
    Risk = 4,
    /// The order is bytes on their way out.
    Encode = 5,
}

impl Hop {
    /// Every hop, in the order of the way.
    pub const ALL: [Hop; 5] = [Hop::Decode, Hop::Book, Hop::Strategy, Hop::Risk, Hop::Encode];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Hop::Decode => "decode",
            Hop::Book => "book",
            Hop::Strategy => "strategy",
            Hop::Risk => "risk",
            Hop::Encode => "encode",
        }
    }
}

/// Where a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// An order that a tick caused: its bytes, or its arrival at the paper venue.
    Order,
    /// The book, where nothing trades.
    Book,
}

/// Words of a row: the ticks at which its frame was taken, the ticks of each hop, and the input's id.
const ROW_WORDS: usize = 8;
const CAUSE: usize = 6;
const TAKEN: usize = 0;

/// The stamps of one engine. Clones share them.
#[derive(Clone, Debug)]
pub struct HopStamps {
    table: Arc<Table>,
}

#[derive(Debug)]
struct Table {
    clock: Clock,
    rows: Vec<[AtomicU64; ROW_WORDS]>,
    ways: Sender<Way>,
    dropped_count: AtomicU64,
}

/// The stamps of one way that has ended.
#[derive(Clone, Copy, Debug)]
struct Way {
    arrival: Arrival,
    ticks: [u64; 6],
}

/// Latencies so far, in nanoseconds.
#[derive(Clone, Debug)]
pub struct HopLatencies {
    /// From taking the frame to the order's bytes, of orders that a tick of the market caused. An order that the end
    /// of another one caused is none of them.
    pub tick_to_order: Histogram<u64>,
    /// The part of each hop, in the order of [`Hop::ALL`].
    pub hops: [Histogram<u64>; 5],
    /// Ways that nobody added up, because the board was not looked at for too long.
    pub dropped_count: u64,
}

/// Where ways are added up: in the hands of whoever reports.
#[derive(Debug)]
pub struct HopBoard {
    stamps: HopStamps,
    ways: Receiver<Way>,
    latencies: HopLatencies,
}

impl HopStamps {
    /// No stamps yet, and the board that adds them up.
    pub fn new(clock: Clock) -> (HopStamps, HopBoard) {
        let rows = (0..HOP_ROWS).map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect();
        let (sender, ways) = bounded(WAYS_WAITING_MAX);
        let table = Table { clock, rows, ways: sender, dropped_count: AtomicU64::new(0) };
        let stamps = HopStamps { table: Arc::new(table) };
        (stamps.clone(), HopBoard { stamps, ways, latencies: HopLatencies::new() })
    }

    /// The frame `cause` was taken from its channel now.
    #[inline]
    pub fn begin(&self, cause: RecordId) {
        let row = self.row(cause);
        row[CAUSE].store(cause.0, Ordering::Relaxed);
        for hop in Hop::ALL {
            row[hop as usize].store(0, Ordering::Relaxed);
        }
        row[TAKEN].store(self.table.clock.ticks(), Ordering::Relaxed);
    }

    /// What `cause` led to passed `hop` now. The last mark of a hop stands.
    #[inline]
    pub fn mark(&self, hop: Hop, cause: RecordId) {
        let row = self.row(cause);
        if row[CAUSE].load(Ordering::Relaxed) == cause.0 && cause != RecordId::NONE {
            row[hop as usize].store(self.table.clock.ticks(), Ordering::Relaxed);
        }
    }

    /// The way of what `cause` led to ends with its last mark.
    #[inline]
    pub fn finish(&self, arrival: Arrival, cause: RecordId) {
        let row = self.row(cause);
        if row[CAUSE].load(Ordering::Relaxed) != cause.0 || cause == RecordId::NONE {
            return;
        }
        let ticks = std::array::from_fn(|index| row[index].load(Ordering::Relaxed));
        if self.table.ways.try_send(Way { arrival, ticks }).is_err() {
            self.table.dropped_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn row(&self, cause: RecordId) -> &[AtomicU64; ROW_WORDS] {
        let index = cause.sequence().wrapping_add(u64::from(cause.channel().0) * 1021);
        &self.table.rows[usize::try_from(index % HOP_ROWS as u64).expect("below the row count")]
    }
}

impl HopBoard {
    /// Latencies so far. Look at least once a second: only so many ways wait to be added up.
    pub fn latencies(&mut self) -> &HopLatencies {
        while let Ok(way) = self.ways.try_recv() {
            self.add(&way);
        }
        self.latencies.dropped_count = self.stamps.table.dropped_count.load(Ordering::Relaxed);
        &self.latencies
    }

    fn add(&mut self, way: &Way) {
        let ns = |from, to| self.stamps.table.clock.ticks_to_ns(from, to).max(1);
        let mut before = way.ticks[TAKEN];
        for (hop, histogram) in Hop::ALL.into_iter().zip(&mut self.latencies.hops) {
            let at = way.ticks[hop as usize];
            if at >= before && at != 0 {
                histogram.saturating_record(ns(before, at));
                before = at;
            }
        }
        if way.arrival == Arrival::Order {
            self.latencies.tick_to_order.saturating_record(ns(way.ticks[TAKEN], before));
        }
    }
}

impl HopLatencies {
    fn new() -> Self {
        let histogram =
            || Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are those of a histogram");
        HopLatencies {
            tick_to_order: histogram(),
            hops: std::array::from_fn(|_| histogram()),
            dropped_count: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::ChannelId;

    use super::*;

    fn id(sequence: u64) -> RecordId {
        RecordId::new(ChannelId(3), sequence)
    }

    /// How often each hop, and the whole way, has been booked.
    fn counts(board: &mut HopBoard) -> ([u64; 5], u64) {
        let latencies = board.latencies();
        (std::array::from_fn(|index| latencies.hops[index].len()), latencies.tick_to_order.len())
    }

    #[test]
    fn only_an_order_is_a_way_from_tick_to_order() {
        let (stamps, mut board) = HopStamps::new(Clock::new());
        stamps.begin(id(1));
        Hop::ALL.into_iter().for_each(|hop| stamps.mark(hop, id(1)));
        assert_eq!(counts(&mut board), ([0; 5], 0), "a cancel passes every hop and ends no way");
        stamps.finish(Arrival::Order, id(1));
        assert_eq!(counts(&mut board), ([1; 5], 1));
    }

    #[test]
    fn where_nothing_trades_the_hops_to_the_book_are_booked() {
        let (stamps, mut board) = HopStamps::new(Clock::new());
        stamps.begin(id(1));
        [Hop::Decode, Hop::Book].into_iter().for_each(|hop| stamps.mark(hop, id(1)));
        stamps.finish(Arrival::Book, id(1));
        assert_eq!(counts(&mut board), ([1, 1, 0, 0, 0], 0));
    }

    #[test]
    fn a_row_that_was_reused_books_nothing_for_the_input_before() {
        let (stamps, mut board) = HopStamps::new(Clock::new());
        stamps.begin(id(1));
        stamps.begin(id(1 + HOP_ROWS as u64));
        stamps.mark(Hop::Decode, id(1));
        stamps.finish(Arrival::Order, id(1));
        stamps.finish(Arrival::Order, RecordId::NONE);
        assert_eq!(counts(&mut board), ([0; 5], 0));
    }

    #[test]
    fn ways_that_nobody_adds_up_are_counted() {
        let (stamps, mut board) = HopStamps::new(Clock::new());
        stamps.begin(id(1));
        (0..WAYS_WAITING_MAX + 2).for_each(|_| stamps.finish(Arrival::Order, id(1)));
        assert_eq!(counts(&mut board).1, WAYS_WAITING_MAX as u64);
        assert_eq!(board.latencies().dropped_count, 2);
    }
}
