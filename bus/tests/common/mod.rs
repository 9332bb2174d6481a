//! What the channel's tests share: records of any length whose every word says which one they are, and memory whose
//! owner dies.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::{cell::Cell, rc::Rc, sync::atomic::Ordering};

use fulmar_bus::{
    channel::{Region, Words},
    record::{Flags, Heading, InstrumentId, Record, RecordId, SnapshotEnd, UnixNanos},
};

/// Makes `record` number `number`, of `slot_count` slots.
pub fn fill(record: &mut Record, number: u64, slot_count: usize) {
    let heading = Heading {
        instrument_id: InstrumentId(3),
        cause: RecordId::NONE,
        received_at: UnixNanos(number),
        flags: Flags::NONE,
    };
    let mut tail = [0; 64 * 7 * 8];
    let tail = &mut tail[..(slot_count * 7 - 6) * 8];
    for (place, word) in tail.chunks_exact_mut(8).enumerate() {
        word.copy_from_slice(&word_of(number, place).to_le_bytes());
    }
    let payload = SnapshotEnd { update_id: number, venue_at: UnixNanos(!number) };
    record.write_with_tail(heading, &payload, tail);
    assert_eq!(usize::from(record.header().slot_count), slot_count);
}

/// Asserts that `record` is number `number`, whole, and gives its slot count.
pub fn check(record: &Record, number: u64) -> usize {
    assert_eq!(record.header().received_at, UnixNanos(number));
    let (payload, tail) = record.read_with_tail::<SnapshotEnd>().expect("the record is well-formed");
    assert_eq!((payload.update_id, payload.venue_at), (number, UnixNanos(!number)));
    for (place, word) in tail.chunks_exact(8).enumerate() {
        assert_eq!(word, word_of(number, place).to_le_bytes(), "word {place} of record {number}");
    }
    usize::from(record.header().slot_count)
}

/// The length that record `number` has where lengths repeat.
pub fn pick(slot_counts: &[usize], number: u64) -> usize {
    slot_counts[usize::try_from(number).expect("tests count to less") % slot_counts.len()]
}

fn word_of(number: u64, place: usize) -> u64 {
    (number << 8 | place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Memory whose owner dies after a number of stores: those that follow never happen.
#[derive(Clone)]
pub struct Dying {
    /// What it leaves behind.
    pub region: Region,
    /// How many stores it lives on for.
    pub stores_left: Rc<Cell<usize>>,
}

impl Dying {
    /// Memory whose owner lives until it is told otherwise.
    pub fn new(word_count: usize) -> Self {
        Dying { region: Region::heap(word_count), stores_left: Rc::new(Cell::new(usize::MAX)) }
    }

    fn lives(&self) -> bool {
        let left = self.stores_left.get();
        self.stores_left.set(left.saturating_sub(1));
        left > 0
    }
}

impl Words for Dying {
    fn word_count(&self) -> usize {
        self.region.word_count()
    }

    fn load(&self, index: usize, order: Ordering) -> u64 {
        self.region.load(index, order)
    }

    fn store(&self, index: usize, value: u64, order: Ordering) {
        if self.lives() {
            self.region.store(index, value, order);
        }
    }

    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool {
        self.lives() && self.region.compare_exchange(index, current, new)
    }
}
