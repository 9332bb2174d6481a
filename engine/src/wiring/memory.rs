//! How much memory the engine of a plan takes, told before anything is made. Rings are counted to the byte, since they
//! are what grows with instruments; the rest is estimated from what was measured.

use fulmar_bus::channel::RingShape;
use fulmar_bus::record::InstrumentId;

use super::builder::RECALL_SLOTS;
use super::plan::{EnginePlan, OrderRoute, VenuePlan};
use crate::actors::{Estimator, HELD_SLOTS};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// What hangs on each venue, in the order of the plan.
    pub venues: Vec<VenueFootprint>,
    /// The rings that hang on no venue. Every page of a ring is touched when it is made, so that no tick meets one that
    /// is not there.
    pub shared_rings_bytes: u64,
    /// What hangs neither on rings nor on instruments.
    pub other_bytes: u64,
}

/// Memory that the market data of one venue takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueFootprint {
    /// The venue's name.
    pub name: &'static str,
    /// Its instruments.
    pub instrument_count: u64,
    /// The rings of its link and of its instruments.
    pub rings_bytes: u64,
    /// Books of its instruments, of actors and of strategies that asked for depth. Memory for levels is reserved at
    /// once and taken as levels come.
    pub book_count: u64,
    /// Levels of a side of the largest book that it tells.
    pub book_levels_max: u64,
}

impl Footprint {
    /// Of the engine that `plan` makes, without the rings that core loops note to.
    pub fn of(plan: &EnginePlan) -> Self {
        let orders = if matches!(plan.orders, OrderRoute::None) { 0 } else { ORDERS_BYTES };
        Footprint {
            venues: plan.venues.iter().map(|venue| VenueFootprint::of(venue, plan)).collect(),
            shared_rings_bytes: shared_rings(plan),
            other_bytes: PROGRAM_BYTES + orders + plan.strategies.len() as u64 * STRATEGY_BYTES,
        }
    }

    /// All rings.
    pub fn rings_bytes(&self) -> u64 {
        self.shared_rings_bytes + self.venues.iter().map(|venue| venue.rings_bytes).sum::<u64>()
    }

    /// The whole, where every book is empty.
    pub fn start_bytes(&self) -> u64 {
        self.whole(VenueFootprint::start_bytes)
    }

    /// The whole, where every book is as deep as its venue tells it.
    pub fn full_bytes(&self) -> u64 {
        self.whole(VenueFootprint::full_bytes)
    }

    fn whole(&self, of_venue: impl Fn(&VenueFootprint) -> u64) -> u64 {
        self.shared_rings_bytes + self.other_bytes + self.venues.iter().map(of_venue).sum::<u64>()
    }
}

impl VenueFootprint {
    fn of(venue: &VenuePlan, plan: &EnginePlan) -> Self {
        let depth = plan.strategies.iter().filter(|strategy| strategy.book.levels_max().is_some());
        let watched = depth.flat_map(|strategy| &strategy.instruments);
        let depth_books = watched.filter(|instrument| venue.instruments.contains(instrument)).count();
        let instrument_count = venue.instruments.len() as u64;
        VenueFootprint {
            name: venue.session.venue(),
            instrument_count,
            rings_bytes: venue_rings(venue, plan),
            book_count: instrument_count + depth_books as u64,
            book_levels_max: venue.session.book_levels_max() as u64,
        }
    }

    /// Where every book is empty.
    pub fn start_bytes(&self) -> u64 {
        self.rings_bytes + self.instrument_count * INSTRUMENT_BYTES + self.book_count * BOOK_BYTES
    }

    /// Where every book is as deep as the venue tells it.
    pub fn full_bytes(&self) -> u64 {
        self.start_bytes() + self.book_count * 2 * self.book_levels_max * LEVEL_BYTES
    }
}

/// The rings of a venue's link and of its instruments, as the builder makes them.
fn venue_rings(venue: &VenuePlan, plan: &EnginePlan) -> u64 {
    let sizes = plan.rings;
    let link = ahead(plan, sizes.frames, 1) + ring(sizes.small, 2);
    let market = ring(sizes.market_of(venue.session.book_levels_max()), 0);
    let instrument = market + ring(sizes.book, 0) + ring(sizes.resync, 1);
    let is_routed = plan.orders.account_at(venue.session.venue()).is_some();
    let is_traded = |id: &&InstrumentId| is_routed && plan.instruments[id.index()].risk.is_some();
    let traded_count = venue.instruments.iter().filter(is_traded).count() as u64;
    link + venue.instruments.len() as u64 * instrument + traded_count * ring(RECALL_SLOTS, 1)
}

/// The rings of pairs and of orders, as the builder makes them.
fn shared_rings(plan: &EnginePlan) -> u64 {
    let sizes = plan.rings;
    let pairs = plan.pairs.len() as u64 * ring(sizes.book, 0);
    let control = ahead(plan, sizes.small, 1);
    // Of each strategy two; of each gateway two, its own and what is approved; and the account, which nobody of these
    // must read.
    let estimators = usize::from(Estimator::is_needed(&plan.treasury));
    let strategy = ring(sizes.small, 1 + estimators) + ring(sizes.small, 1);
    let accounts = plan.orders.accounts().len() as u64;
    let shared = (2 * accounts + estimators as u64) * ring(sizes.small, 1) + ring(sizes.small, estimators);
    let orders = control + shared + plan.strategies.len() as u64 * strategy;
    let kept = RingShape { slot_count: HELD_SLOTS, gate_count: 0 };
    let kept = plan.held.file.as_ref().map_or(0, |_| bytes(kept.checked_word_count()));
    pairs
        + match plan.orders {
            OrderRoute::None => 0,
            OrderRoute::Paper { .. } => orders + kept,
            OrderRoute::Venues(_) => {
                orders + kept + accounts * (ahead(plan, sizes.frames, 1) + ahead(plan, sizes.small, 2))
            }
        }
}

/// A ring on the heap.
fn ring(slot_count: usize, gate_count: usize) -> u64 {
    bytes(shape(slot_count, gate_count).word_count())
}

/// A ring that, with a journal, is written ahead, and then has a check for each record.
fn ahead(plan: &EnginePlan, slot_count: usize, gate_count: usize) -> u64 {
    match plan.journal_directory {
        Some(_) => bytes(shape(slot_count, gate_count).checked_word_count()),
        None => ring(slot_count, gate_count),
    }
}

/// Each has one gate more than its readers need: the recorder's.
fn shape(slot_count: usize, gate_count: usize) -> RingShape {
    RingShape { slot_count, gate_count: gate_count + 1 }
}

fn bytes(word_count: usize) -> u64 {
    (word_count * size_of::<u64>()) as u64
}
