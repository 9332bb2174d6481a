//! What a killed writer leaves in a ring with checks: every record that was published is read, and no bit of one can be
//! another without being noticed. Too much for Miri, which sees the same memory in the other tests.
#![cfg(not(miri))]

mod common;

use std::sync::atomic::Ordering;

use common::{Dying, check, fill, pick};
use fulmar_bus::{
    channel::{OpenError, Region, RingShape, Words, create_checked, open},
    record::{ChannelId, Record},
};

const SHAPE: RingShape = RingShape { slot_count: 128, gate_count: 1 };
const CHANNEL: ChannelId = ChannelId(5);
/// Words of the header, its check included; what follows up to the cursor is never read.
const HEADER_WORDS: usize = 8;
const CURSOR_AT: usize = 16;
const SLOTS_AT: usize = 32 + 16 * SHAPE.gate_count;
const CHECKS_AT: usize = SLOTS_AT + 8 * SHAPE.slot_count;
/// Every class of length: within a slot, over the edge of one, long, and the longest.
const SLOT_COUNTS: [usize; 6] = [1, 2, 5, 1, 3, 64];

/// A ring whose writer published so many records and died so many stores later, in the one that follows.
fn left_behind(record_count: u64, stores: usize) -> Region {
    let memory = Dying::new(SHAPE.checked_word_count());
    let (mut writer, _) = create_checked(memory.clone(), SHAPE, CHANNEL);
    let mut record = Record::new();
    for number in 1..=record_count + 1 {
        if number > record_count {
            memory.stores_left.set(stores);
        }
        fill(&mut record, number, pick(&SLOT_COUNTS, number));
        writer.publish(&mut record).expect("no gate is held");
    }
    memory.region
}

/// Sequences of the first and the last record that stand in `region`, each of them whole; or why it was refused.
fn read(region: &Region) -> Result<(u64, u64), String> {
    let ring = open(region.clone()).map_err(|error| error.to_string())?;
    let mut remains = ring.remains().map_err(|damage| damage.to_string())?;
    let first = remains.sequence() + 1;
    let mut record = Record::new();
    while remains.next(&mut record).map_err(|damage| damage.to_string())? {
        check(&record, remains.sequence());
        assert_eq!(record.header().id.sequence(), remains.sequence());
    }
    Ok((first, remains.sequence()))
}

/// True for each word of the ring that a published record from `first` to `last` lies in, stamps and checks included.
fn words_of_records(first: u64, last: u64) -> Vec<bool> {
    let mut is_theirs = vec![false; SHAPE.checked_word_count()];
    let mut position = 0;
    for number in 1..=last {
        let slot_count = pick(&SLOT_COUNTS, number);
        for slot in position..position + slot_count {
            let at = SLOTS_AT + slot % SHAPE.slot_count * 8;
            is_theirs[at..at + 8].fill(number >= first);
        }
        is_theirs[CHECKS_AT + position % SHAPE.slot_count] = number >= first;
        position += slot_count;
    }
    is_theirs
}

/// Flips every bit of the ring that such a writer left, one at a time. One in a published record or in the header must
/// be noticed; any other must be noticed as well, or change nothing of what is read.
fn check_every_flip(record_count: u64, stores: usize) {
    let region = left_behind(record_count, stores);
    let sound = read(&region).expect("nothing is damaged");
    let is_theirs = words_of_records(sound.0, sound.1);
    let count = is_theirs.iter().filter(|is_theirs| **is_theirs).count();
    assert!(count > 100 || record_count == 0, "{count} words are looked at");
    for bit in 0..SHAPE.checked_word_count() * 64 {
        let (at, flip) = (bit / 64, 1 << (bit % 64));
        let before = region.load(at, Ordering::Relaxed);
        region.store(at, before ^ flip, Ordering::Relaxed);
        if let Ok(found) = read(&region) {
            assert!(!is_theirs[at] && at >= HEADER_WORDS, "word {at}, flip {flip:#x} was not noticed");
            assert_eq!(found, sound, "word {at}, flip {flip:#x} changed what is read");
        }
        region.store(at, before, Ordering::Relaxed);
    }
    assert_eq!(read(&region), Ok(sound), "every bit was put back");
}

#[test]
fn every_flipped_bit_is_noticed_in_a_ring_that_was_never_full() {
    check_every_flip(0, 0);
    check_every_flip(5, 0);
}

#[test]
fn every_flipped_bit_is_noticed_in_a_ring_that_went_round() {
    check_every_flip(12, 0);
    check_every_flip(40, 0);
}

#[test]
fn every_flipped_bit_is_noticed_beside_a_record_that_the_writer_died_in() {
    // Number 29 has 64 slots: all of them marked, and some filled.
    check_every_flip(28, 64 + 1 + 100);
}

#[test]
fn every_flipped_bit_is_noticed_where_the_writer_died_before_it_moved_its_cursor() {
    // Number 13 has two slots: their marks, a check, their words and their stamps, and not the cursor.
    check_every_flip(12, 2 + 1 + 2 * 8);
    assert_eq!(read(&left_behind(12, 2 + 1 + 2 * 8)), read(&left_behind(13, 0)));
}

#[test]
fn a_writer_that_dies_after_any_store_leaves_every_record_that_it_published() {
    for record_count in [0, 1, 4, 9, 10, 28, 40] {
        let whole = read(&left_behind(record_count, 0)).expect("nothing is damaged");
        assert_eq!(whole.1, record_count);
        for stores in 0..2 + 64 * 9 {
            let (first, last) = read(&left_behind(record_count, stores))
                .unwrap_or_else(|error| panic!("{record_count} records and {stores} stores: {error}"));
            // All stores of the next one but the cursor's: it was seen, and is published.
            let slot_count = pick(&SLOT_COUNTS, record_count + 1);
            let is_whole = stores >= slot_count + 1 + slot_count * 8;
            assert_eq!(
                last,
                record_count + u64::from(is_whole),
                "{record_count} records and {stores} stores"
            );
            assert!(first >= whole.0 && (first == 1 || last + 1 >= first + 2), "{first} to {last}");
        }
    }
}

#[test]
fn what_is_damaged_is_told_by_record_or_slot() {
    let check_told = |at: usize, value: u64, words: &str| {
        let region = left_behind(5, 0);
        region.store(at, value, Ordering::Relaxed);
        assert_eq!(read(&region), Err(words.to_owned()), "word {at}");
    };
    // Records 1 to 5 begin in slots 0, 2, 7, 8 and 11, and end with slot 74.
    check_told(SLOTS_AT + 2 * 8 + 7, 1, "record 2 is not as it was published");
    check_told(SLOTS_AT + 8 * 8, 0, "record 4 is not as it was published");
    check_told(CHECKS_AT + 8, 0, "record 4 is not as it was published");
    check_told(CURSOR_AT, 1, "slot 1 has a stamp that no writer leaves there");
    check_told(SLOTS_AT + 100 * 8, 7, "slot 100 has a stamp that no writer leaves there");
    check_told(4, 6, &OpenError::Header.to_string());
}
