//! When a record passed which part of the engine: raw clock ticks in a side array, and the latencies made of them.
//!
//! Stamps lie outside records and outside the output hash, no actor can read them, and in virtual time there are none.
//! A record has a row of its own, made from that of the record that led to it: so two orders of one tick have each
//! their own, and an order that a report caused is none of a tick. Latencies are counted where they end; whoever looks
//! at them, through the [`HopBoard`], never stands in the way of an order.

mod row;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fulmar_bus::record::RecordId;
use hdrhistogram::Histogram;

use self::row::{Pair, Stamps};
use super::clock::Clock;
use super::limits::HOP_PAIRS;
use super::tally::{Tally, histogram};

/// A stage of the way from frame to order. It begins when what it reads was passed on, and so includes its waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Hop {
    /// The feed has understood a frame: each record that it makes of it.
    Decode = 1,
    /// The book is up to date: each record that it makes of an update, and each update that it has nothing to tell of.
    Book = 2,
    /// The strategy has decided: each order and cancel.
    Strategy = 3,
    /// The risk gate has let an order or a cancel pass.
    Risk = 4,
    /// An order or a cancel is bytes on their way out. A paper venue takes none.
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

    /// True where this hop may be the next of what has passed `passed`. What never was a strategy's wish, such as a
    /// definition or a cancel of the gate's own, passes the gate without a hop.
    fn follows(self, passed: Option<Hop>) -> bool {
        match self {
            Hop::Decode | Hop::Book | Hop::Strategy => passed < Some(self),
            Hop::Risk => passed == Some(Hop::Strategy),
            Hop::Encode => passed == Some(Hop::Risk),
        }
    }
}

/// What a way begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Start {
    /// Neither of the two: time, or an operator. No latency comes of it.
    Other = 0,
    /// A frame of a market.
    Tick = 1,
    /// A frame of an account; where no frame told it, the moment of the report.
    Report = 2,
}

/// What a way ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// An order: its bytes, or its arrival at the paper venue.
    Order,
    /// The same of a cancel.
    Cancel,
}

/// A whole way, by what began it and what it led to. What time or an operator caused is on none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// An order that a tick of the market caused.
    TickToOrder = 0,
    /// An order that a report caused: the end of another order, a fill, a denial.
    ReportToOrder = 1,
    /// A cancel that a tick of the market caused.
    TickToCancel = 2,
    /// A cancel that a report caused.
    ReportToCancel = 3,
}

impl Way {
    /// Every way.
    pub const ALL: [Way; 4] = [Way::TickToOrder, Way::ReportToOrder, Way::TickToCancel, Way::ReportToCancel];

    const fn between(start: Start, arrival: Arrival) -> Option<Way> {
        match (start, arrival) {
            (Start::Tick, Arrival::Order) => Some(Way::TickToOrder),
            (Start::Report, Arrival::Order) => Some(Way::ReportToOrder),
            (Start::Tick, Arrival::Cancel) => Some(Way::TickToCancel),
            (Start::Report, Arrival::Cancel) => Some(Way::ReportToCancel),
            (Start::Other, _) => None,
        }
    }
}

/// How the row of a record follows from that of the record that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has passed this hop.
    Hop(Hop),
    /// It goes on as it was.
    Carry,
    /// It goes on where it is news from the account; else the report begins a way.
    Report,
    /// It is on no way: an operator's word.
    Aside,
    /// It leaves as bytes, which need no row: here ways end with an encode.
    Leave,
    /// It is at the paper venue: here ways end without one.
    Arrive,
}

impl Stage {
    fn hop(self) -> Option<Hop> {
        match self {
            Stage::Hop(hop) => Some(hop),
            Stage::Leave => Some(Hop::Encode),
            Stage::Carry | Stage::Report | Stage::Aside | Stage::Arrive => None,
        }
    }

    fn ends_ways(self) -> bool {
        matches!(self, Stage::Leave | Stage::Arrive)
    }
}

/// The stamps of one engine. Clones share them.
#[derive(Clone, Debug)]
pub struct HopStamps {
    table: Arc<Table>,
}

/// A place of the engine that stamps, and counts what it alone has stamped.
#[derive(Debug)]
pub struct Station {
    stamps: HopStamps,
    stage: Stage,
    tallies: Arc<Tallies>,
}

#[derive(Debug)]
struct Table {
    clock: Clock,
    pairs: Vec<Pair>,
    /// Of all stations, made before anything runs.
    tallies: Mutex<Vec<Arc<Tallies>>>,
    lost_count: AtomicU64,
}

/// What one station has counted.
#[derive(Debug)]
struct Tallies {
    hop: Option<(Hop, Tally)>,
    /// In the order of [`Way::ALL`], where ways end here.
    ways: Option<[Tally; 4]>,
}

/// Latencies so far, in nanoseconds. What a route has not was counted no time.
#[derive(Clone, Debug)]
pub struct HopLatencies {
    /// Each whole way, in the order of [`Way::ALL`].
    pub ways: [Histogram<u64>; 4],
    /// Each hop, in the order of [`Hop::ALL`], of all that passed it; so they do not add up to a way.
    pub hops: [Histogram<u64>; 5],
    /// Records whose row was overwritten before what they led to was stamped: a part of the figures that is missing.
    pub lost_count: u64,
}

/// Where latencies are read: in the hands of whoever reports.
#[derive(Debug)]
pub struct HopBoard {
    table: Arc<Table>,
}

impl HopStamps {
    /// No stamps yet, and the board that shows what comes of them.
    pub fn new(clock: Clock) -> (HopStamps, HopBoard) {
        let table = Arc::new(Table {
            clock,
            pairs: (0..HOP_PAIRS).map(|_| Pair::default()).collect(),
            tallies: Mutex::new(Vec::new()),
            lost_count: AtomicU64::new(0),
        });
        (HopStamps { table: Arc::clone(&table) }, HopBoard { table })
    }

    /// A new place that stamps.
    pub fn station(&self, stage: Stage) -> Station {
        let tallies = Arc::new(Tallies {
            hop: stage.hop().map(|hop| (hop, Tally::new())),
            ways: stage.ends_ways().then(|| std::array::from_fn(|_| Tally::new())),
        });
        self.table.tallies.lock().expect("nobody panics with it").push(Arc::clone(&tallies));
        Station { stamps: self.clone(), stage, tallies }
    }

    /// The frame `id` was taken from its channel now.
    #[inline]
    pub fn begin(&self, start: Start, id: RecordId) {
        self.pair(id).write(id, &self.first(start));
    }

    fn first(&self, start: Start) -> Stamps {
        let ticks = self.table.clock.ticks();
        Stamps { start, passed: None, taken_ticks: ticks, last_ticks: ticks }
    }

    /// The stamps of `id`: none where it is no record, or its row was overwritten.
    #[inline]
    fn of(&self, id: RecordId) -> Stamps {
        if id == RecordId::NONE {
            return Stamps::NONE;
        }
        self.pair(id).read(id).unwrap_or_else(|| {
            self.table.lost_count.fetch_add(1, Ordering::Relaxed);
            Stamps::NONE
        })
    }

    fn pair(&self, id: RecordId) -> &Pair {
        let index = id.sequence().wrapping_add(u64::from(id.channel().0) * 1021);
        &self.table.pairs[usize::try_from(index % HOP_PAIRS as u64).expect("below the count of pairs")]
    }
}

impl Station {
    /// `via` led to the record `id`, which is about to be published.
    #[inline]
    pub fn follow(&self, via: RecordId, id: RecordId) {
        let stamps = match self.stage {
            Stage::Hop(_) => self.passed(self.stamps.of(via)),
            Stage::Carry => self.stamps.of(via),
            Stage::Report => self.reported(via),
            Stage::Aside => Stamps::NONE,
            Stage::Leave | Stage::Arrive => return,
        };
        self.stamps.pair(id).write(id, &stamps);
    }

    /// `via` has passed here, and there was nothing to publish.
    #[inline]
    pub fn pass(&self, via: RecordId) {
        self.passed(self.stamps.of(via));
    }

    /// What the record `via` let pass is bytes on their way out, or at the paper venue: so ends its way, where a
    /// strategy decided on it.
    #[inline]
    pub fn end(&self, arrival: Arrival, via: RecordId) {
        let stamps = self.passed(self.stamps.of(via));
        if stamps.passed >= Some(Hop::Strategy)
            && let Some(way) = Way::between(stamps.start, arrival)
            && let Some(ways) = &self.tallies.ways
        {
            let clock = &self.stamps.table.clock;
            let ended_ticks = if self.stage == Stage::Leave { stamps.last_ticks } else { clock.ticks() };
            ways[way as usize].add(clock.ticks_to_ns(stamps.taken_ticks, ended_ticks));
        }
    }

    /// The stamps of what has these and passes the hop of this place now, where it has one.
    #[inline]
    fn passed(&self, stamps: Stamps) -> Stamps {
        match &self.tallies.hop {
            Some((hop, tally)) if stamps.start != Start::Other && hop.follows(stamps.passed) => {
                let clock = &self.stamps.table.clock;
                let last_ticks = clock.ticks();
                tally.add(clock.ticks_to_ns(stamps.last_ticks, last_ticks));
                Stamps { passed: Some(*hop), last_ticks, ..stamps }
            }
            _ => stamps,
        }
    }

    /// The stamps of a report that `via` led to.
    fn reported(&self, via: RecordId) -> Stamps {
        let stamps = self.stamps.of(via);
        let is_news = stamps.start == Start::Report && stamps.passed.is_none();
        if is_news { stamps } else { self.stamps.first(Start::Report) }
    }
}

impl HopBoard {
    /// Latencies so far.
    pub fn latencies(&self) -> HopLatencies {
        let mut latencies = HopLatencies {
            ways: std::array::from_fn(|_| histogram()),
            hops: std::array::from_fn(|_| histogram()),
            lost_count: self.table.lost_count.load(Ordering::Relaxed),
        };
        for tallies in self.table.tallies.lock().expect("nobody panics with it").iter() {
            if let Some((hop, tally)) = &tallies.hop {
                tally.add_to(&mut latencies.hops[*hop as usize - 1]);
            }
            for (tally, way) in tallies.ways.iter().flatten().zip(&mut latencies.ways) {
                tally.add_to(way);
            }
        }
        latencies
    }
}
