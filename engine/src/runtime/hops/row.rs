//! The stamps of one record, in a row that others take over later.
//!
//! Rows come in pairs that share a cache line, and the older of a pair is taken over: so two channels whose records
//! fall on one pair do not disturb each other.
//!
//! A row is written by whoever publishes its record, before it is published, and read by whoever drains it. A row that
//! was taken over meanwhile is seen by its id. Two records that take one row at the same moment on two cores may mix
//! their stamps: the figures are then wrong by one, and nothing else is.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use fulmar_bus::record::RecordId;

use super::{Hop, Start};

/// What a row holds: half a cache line.
#[derive(Debug, Default)]
#[repr(align(32))]
struct Row {
    /// Of the record; zero while the row is being written.
    id: AtomicU64,
    /// What its way began with, and in the bits above it the last hop.
    state: AtomicU64,
    taken_ticks: AtomicU64,
    last_ticks: AtomicU64,
}

/// Two rows, for whatever records fall on them.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Pair([Row; 2]);

/// The stamps of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamps {
    /// What its way began with.
    pub(super) start: Start,
    /// The last hop that it passed.
    pub(super) passed: Option<Hop>,
    /// When its way began.
    pub(super) taken_ticks: u64,
    /// When it passed the last hop.
    pub(super) last_ticks: u64,
}

/// How far above the start the hop stands in a row's state.
const HOP_SHIFT: u32 = 8;

impl Stamps {
    /// Of what is on no way.
    pub(super) const NONE: Stamps =
        Stamps { start: Start::Other, passed: None, taken_ticks: 0, last_ticks: 0 };

    fn state(&self) -> u64 {
        self.start as u64 | self.passed.map_or(0, |hop| hop as u64) << HOP_SHIFT
    }
}

impl Pair {
    /// Takes the older row over for the record `id`.
    #[inline]
    pub(super) fn write(&self, id: RecordId, stamps: &Stamps) {
        let [first, second] = &self.0;
        let is_first_older =
            first.taken_ticks.load(Ordering::Relaxed) <= second.taken_ticks.load(Ordering::Relaxed);
        if is_first_older { first.write(id, stamps) } else { second.write(id, stamps) }
    }

    /// The stamps of the record `id`, where it still has a row here.
    #[inline]
    pub(super) fn read(&self, id: RecordId) -> Option<Stamps> {
        let [first, second] = &self.0;
        first.read(id).or_else(|| second.read(id))
    }
}

impl Row {
    /// Takes the row over for the record `id`.
    #[inline]
    fn write(&self, id: RecordId, stamps: &Stamps) {
        self.id.store(0, Ordering::Relaxed);
        // PAIRS WITH: the acquire fence in `read` — who sees one of the stamps below sees no older id than this zero.
        fence(Ordering::Release);
        self.state.store(stamps.state(), Ordering::Relaxed);
        self.taken_ticks.store(stamps.taken_ticks, Ordering::Relaxed);
        self.last_ticks.store(stamps.last_ticks, Ordering::Relaxed);
        // PAIRS WITH: the acquire load in `read` — who sees the id sees the stamps.
        self.id.store(id.0, Ordering::Release);
    }

    /// The stamps of the record `id`, where the row is still its own.
    #[inline]
    fn read(&self, id: RecordId) -> Option<Stamps> {
        // PAIRS WITH: the release store at the end of `write`.
        if self.id.load(Ordering::Acquire) != id.0 {
            return None;
        }
        let state = self.state.load(Ordering::Relaxed);
        let (taken_ticks, last_ticks) =
            (self.taken_ticks.load(Ordering::Relaxed), self.last_ticks.load(Ordering::Relaxed));
        // PAIRS WITH: the release fence in `write`.
        fence(Ordering::Acquire);
        if self.id.load(Ordering::Relaxed) != id.0 {
            return None;
        }
        let start = match state & ((1 << HOP_SHIFT) - 1) {
            1 => Start::Tick,
            2 => Start::Report,
            _ => Start::Other,
        };
        let passed = Hop::ALL.into_iter().find(|hop| *hop as u64 == state >> HOP_SHIFT);
        Some(Stamps { start, passed, taken_ticks, last_ticks })
    }
}
