//! What damage costs: a writer that dies between any two stores leaves whole records behind, and bytes that are not
//! what they should be cost records, never a panic, a wrong record or an endless loop.

mod common;

use std::sync::atomic::Ordering;

use common::{Dying, check, fill, pick};
use fulmar_bus::{
    channel::{
        OpenError, Poll, Region, RingShape, Words, create, create_for_records_up_to, latest,
        latest_word_count, open,
    },
    record::{ChannelId, Record, RecordId},
};
use proptest::{prelude::*, test_runner::RngSeed};

const SHAPE: RingShape = RingShape { slot_count: 16, gate_count: 1 };
const RECORD_SLOTS_MAX: usize = 4;
const CHANNEL: ChannelId = ChannelId(5);
/// The word of the writer's cursor.
const CURSOR_AT: usize = 16;

/// The word of the stamp of a slot of a ring of [`SHAPE`]; the record's words follow it.
fn stamp_at(slot: usize) -> usize {
    SHAPE.word_count() - (SHAPE.slot_count - slot) * 8
}

#[test]
fn a_writer_that_dies_after_any_store_leaves_whole_records() {
    let step = if cfg!(miri) { 90 } else { 1 };
    for stores_left in (0..400).step_by(step) {
        let memory = Dying::new(SHAPE.word_count());
        let (mut writer, _ring) = create_for_records_up_to(RECORD_SLOTS_MAX, memory.clone(), SHAPE, CHANNEL);
        memory.stores_left.set(stores_left);
        let mut record = Record::new();
        let mut published = 0;
        for number in 1..=30 {
            fill(&mut record, number, pick(&[1, 2, 3, 4], number));
            writer.publish(&mut record).expect("no gate is held");
            // The call that died in the middle never returned.
            published += u64::from(memory.stores_left.get() > 0);
        }
        let mut reader = open(memory.region.clone()).expect("the ring is whole").reader();
        let (first, mut read) = (reader.sequence(), Record::new());
        while reader.poll(&mut read) == Poll::Record {
            check(&read, reader.sequence());
        }
        assert!(reader.is_empty(), "{stores_left} stores");
        // The last record may be complete although its publisher did not live to know.
        assert!((published..=published + 1).contains(&reader.sequence()), "{stores_left} stores");
        assert!(published < 4 || reader.sequence() - first >= 3, "{stores_left} stores");
    }
}

#[test]
fn a_writer_that_dies_after_any_store_leaves_the_newest_value_whole() {
    for stores_left in 0..40 {
        let memory = Dying::new(latest_word_count(3));
        let (mut writer, reader) = latest(memory.clone(), 3);
        memory.stores_left.set(stores_left);
        for version in 1..=10 {
            writer.write(&[version; 3]);
        }
        let mut value = [0; 3];
        let version = reader.read(&mut value).unwrap_or(0);
        assert_eq!((version, value), (stores_left as u64 / 4, [version; 3]));
    }
}

#[test]
fn a_record_whose_header_is_damaged_counts_as_lost() {
    for (word, mask) in [(0, 0x00FF_0000), (0, 0x0002_0000), (0, 0x0080_0000), (1, 1 << 50)] {
        let region = Region::heap(SHAPE.word_count());
        let (mut writer, ring) = create_for_records_up_to(RECORD_SLOTS_MAX, region.clone(), SHAPE, CHANNEL);
        let mut readers = [ring.reader(), ring.gated_reader().expect("the gate is free")];
        let mut record = Record::new();
        for number in 1..=3 {
            fill(&mut record, number, 2);
            writer.publish(&mut record).expect("the ring has room");
        }
        let at = stamp_at(2) + 1 + word;
        region.store(at, region.load(at, Ordering::Relaxed) ^ mask, Ordering::Relaxed);
        for reader in &mut readers {
            assert_eq!(reader.poll(&mut record), Poll::Record);
            check(&record, 1);
            assert_eq!(reader.poll(&mut record), Poll::Lapped { lost_count: 1 }, "word {word} mask {mask:x}");
            assert_eq!(reader.poll(&mut record), Poll::Record);
            check(&record, 3);
            assert_eq!(reader.poll(&mut record), Poll::Empty);
        }
    }
}

#[test]
fn a_continuation_that_is_not_there_makes_its_record_lost() {
    let region = Region::heap(SHAPE.word_count());
    let (mut writer, ring) = create_for_records_up_to(RECORD_SLOTS_MAX, region.clone(), SHAPE, CHANNEL);
    let mut reader = ring.reader();
    let mut record = Record::new();
    for number in 1..=2 {
        fill(&mut record, number, 2);
        writer.publish(&mut record).expect("nobody is waited for");
    }
    region.store(stamp_at(1), 0, Ordering::Relaxed);
    assert_eq!(reader.poll(&mut record), Poll::Lapped { lost_count: 1 });
    assert_eq!(reader.poll(&mut record), Poll::Record);
    check(&record, 2);
}

#[test]
fn memory_that_holds_no_ring_of_this_build_is_refused() {
    let region = Region::heap(SHAPE.word_count());
    assert_eq!(open(region.clone()).err(), Some(OpenError::NoRing));
    let _ = create_for_records_up_to(RECORD_SLOTS_MAX, region.clone(), SHAPE, CHANNEL);
    assert_eq!(open(region.clone()).map(|ring| ring.channel()), Ok(CHANNEL));

    let check = |index, value, expected| {
        let before = region.load(index, Ordering::Relaxed);
        region.store(index, value, Ordering::Relaxed);
        assert_eq!(open(region.clone()).err(), Some(expected));
        region.store(index, before, Ordering::Relaxed);
    };
    check(0, 1, OpenError::NoRing);
    check(1, 1, OpenError::Version { found: 1 });
    for slot_count in [0, 4, 15, u64::MAX] {
        check(2, slot_count, OpenError::Shape);
    }
    check(3, 9, OpenError::Shape);
    check(4, 1 << 16, OpenError::Shape);
    check(5, 0, OpenError::Shape);
    check(5, 9, OpenError::Shape);
    let needed = RingShape { slot_count: 32, gate_count: 1 }.word_count();
    check(2, 32, OpenError::Size { needed, found: SHAPE.word_count() });
    for (index, value) in [(2, 8), (3, 0), (4, 6), (5, 3), (7, 0)] {
        check(index, value, OpenError::Header);
    }
    check(6, 1, OpenError::Size { needed: SHAPE.checked_word_count(), found: SHAPE.word_count() });
    assert_eq!(open(Region::heap(8)).err(), Some(OpenError::Size { needed: 32, found: 8 }));
}

#[test]
fn creating_a_ring_forgets_whatever_the_memory_held() {
    let shape = RingShape { slot_count: 128, gate_count: 1 };
    let region = Region::heap(shape.word_count());
    let mut left_behind = Vec::new();
    for _ in 0..2 {
        let (mut writer, ring) = create(region.clone(), shape, CHANNEL);
        let mut reader = ring.gated_reader().expect("no gate is held");
        let mut record = Record::new();
        assert_eq!(reader.poll(&mut record), Poll::Empty);
        fill(&mut record, 1, 3);
        assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, 1)));
        left_behind.push(reader);
    }
}

/// Where a hostile neighbour writes: anywhere, or into words that steer.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..SHAPE.word_count(),
        Just(CURSOR_AT),
        Just(32),
        (0..SHAPE.slot_count).prop_map(stamp_at),
        (0..SHAPE.slot_count).prop_map(|slot| stamp_at(slot) + 1),
        (0..SHAPE.slot_count).prop_map(|slot| stamp_at(slot) + 2),
    ]
}

/// What it writes: anything, or what might be believed.
fn value() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0..200u64,
        Just(u64::MAX),
        (0..64u64).prop_map(|shift| 1 << shift),
        (0..20u64).prop_map(|sequence| RecordId::new(CHANNEL, sequence).0),
        Just(RecordId::new(CHANNEL, RecordId::SEQUENCE_MAX).0),
        (0..40u64).prop_map(|position| (position + 1) << 3 | 3),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 512 },
        rng_seed: RngSeed::Fixed(0x000F_011A),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_hostile_neighbour_can_cost_records_and_nothing_else(
        steps in prop::collection::vec((0..6usize, place(), value()), 1..if cfg!(miri) { 20 } else { 200 }),
    ) {
        let region = Region::heap(SHAPE.word_count());
        let (mut writer, ring) = create_for_records_up_to(RECORD_SLOTS_MAX, region.clone(), SHAPE, CHANNEL);
        let mut readers = vec![ring.reader()];
        let mut record = Record::new();
        for (step, place, value) in steps {
            match step {
                0 | 1 => region.store(place, value, Ordering::Relaxed),
                2 => {
                    fill(&mut record, writer.sequence() + 1, 1 + place % RECORD_SLOTS_MAX);
                    let before = writer.sequence();
                    let published = writer.publish(&mut record).is_ok();
                    prop_assert_eq!(writer.sequence(), before + u64::from(published));
                }
                3 => {
                    readers.truncate(3);
                    readers.push(ring.reader());
                    readers.extend(ring.gated_reader());
                }
                4 => {
                    if let Some(reader) = readers.get_mut(place % 4) {
                        let before = reader.sequence();
                        let skipped = reader.skip(value % 50);
                        prop_assert_eq!(reader.sequence(), before + skipped);
                    }
                }
                _ => {
                    let _ = open(region.clone()).map(|ring| ring.reader());
                }
            }
            for reader in &mut readers {
                let before = reader.sequence();
                let consumed = match reader.poll(&mut record) {
                    Poll::Empty => 0,
                    Poll::Lapped { lost_count } => lost_count,
                    Poll::Record => {
                        prop_assert_eq!(record.header().id.sequence(), before + 1);
                        prop_assert_eq!(usize::from(record.header().slot_count) * 7, record.words().len());
                        1
                    }
                };
                prop_assert_eq!(reader.sequence(), before + consumed);
            }
        }
    }

    #[test]
    fn opening_arbitrary_words_never_panics(words in prop::collection::vec(value(), 0..200)) {
        let region = Region::heap(words.len());
        for (index, word) in words.iter().enumerate() {
            region.store(index, *word, Ordering::Relaxed);
        }
        if let Some(first) = words.first() && first % 2 == 0 {
            region.store(0, u64::from_be_bytes(*b"FULMRING"), Ordering::Relaxed);
        }
        if let Ok(ring) = open(region) {
            let _ = ring.reader().poll(&mut Record::new());
        }
    }
}
