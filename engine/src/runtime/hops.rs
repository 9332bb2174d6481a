//! When a tick passed which part of the engine: raw clock ticks in a side array, and what they add up to.
//!
//! Stamps lie outside records and outside the output hash, no actor can read them, and in virtual time there are none.
//! Each input has a row, found by its cause; a row that was reused for a later input is seen by its cause and left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fulmar_bus::record::RecordId;
use hdrhistogram::Histogram;

use super::clock::Clock;

/// Inputs that are remembered at once; a power of two.
const ROW_COUNT: usize = 4096;
/// The longest latency that a histogram tells apart, a minute.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

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

/// Words of a row: the input's id, the ticks at which its frame was taken, and the ticks of each hop.
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
    latencies: Mutex<HopLatencies>,
}

/// Latencies of all orders so far, in nanoseconds.
#[derive(Clone, Debug)]
pub struct HopLatencies {
    /// From taking the frame to the order's bytes.
    pub tick_to_order: Histogram<u64>,
    /// The part of each hop, in the order of [`Hop::ALL`].
    pub hops: [Histogram<u64>; 5],
}

impl HopStamps {
    /// No stamps yet.
    pub fn new(clock: Clock) -> Self {
        let rows = (0..ROW_COUNT).map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect();
        HopStamps { table: Arc::new(Table { clock, rows, latencies: Mutex::new(HopLatencies::new()) }) }
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

    /// What `cause` led to passed `hop` now. The last mark of a hop stands; an order's bytes end the way.
    #[inline]
    pub fn mark(&self, hop: Hop, cause: RecordId) {
        let row = self.row(cause);
        if row[CAUSE].load(Ordering::Relaxed) != cause.0 || cause == RecordId::NONE {
            return;
        }
        row[hop as usize].store(self.table.clock.ticks(), Ordering::Relaxed);
        if hop == Hop::Encode {
            self.finish(row);
        }
    }

    /// Latencies so far.
    pub fn latencies(&self) -> HopLatencies {
        self.table.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn row(&self, cause: RecordId) -> &[AtomicU64; ROW_WORDS] {
        let index = cause.sequence().wrapping_add(u64::from(cause.channel().0) * 1021);
        &self.table.rows[usize::try_from(index % ROW_COUNT as u64).expect("below the row count")]
    }

    /// Books the way of one order. Only orders pay for this, after their bytes are published.
    fn finish(&self, row: &[AtomicU64; ROW_WORDS]) {
        let ticks = |index: usize| row[index].load(Ordering::Relaxed);
        let taken = ticks(TAKEN);
        let mut latencies = self.table.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = taken;
        for (place, hop) in Hop::ALL.into_iter().enumerate() {
            let at = ticks(hop as usize);
            if at >= before && at != 0 {
                let _ = latencies.hops[place].record(self.table.clock.ticks_to_ns(before, at).max(1));
                before = at;
            }
        }
        let _ = latencies.tick_to_order.record(self.table.clock.ticks_to_ns(taken, before).max(1));
    }
}

impl HopLatencies {
    fn new() -> Self {
        let histogram =
            || Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are those of a histogram");
        HopLatencies { tick_to_order: histogram(), hops: std::array::from_fn(|_| histogram()) }
    }
}
