//! The directory over plain memory: what is written is read, and no damage of it is believed or makes a panic.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::channel::Region;

fn name(name: &str) -> Text<NAME_BYTES> {
    Text::new(name).expect("a short name")
}

fn written() -> (Directory, Region) {
    let words = DIRECTORY_WORDS + 1000;
    let parts = vec![
        (name("market.simulated:BTCUSDT"), DIRECTORY_WORDS + 48..DIRECTORY_WORDS + 200),
        (name("book.simulated:BTCUSDT"), DIRECTORY_WORDS + 208..DIRECTORY_WORDS + 1000),
    ];
    let (boot_id, place) = (BootId(u128::MAX / 7), Place::Here);
    let directory = Directory { name: name("market"), boot_id, place, word_count: words, parts };
    let region = Region::heap(words);
    directory.write(&region);
    (directory, region)
}

#[test]
fn what_was_written_is_read() {
    let (directory, region) = written();
    assert_eq!(Directory::read(&region, Place::Here).expect("it is whole"), directory);
}

#[test]
fn its_bytes_are_where_every_reader_expects_them() {
    let (_, region) = written();
    let word = |index| region.load(index, Ordering::Relaxed);
    assert_eq!(word(0).to_be_bytes(), *b"FULMSEGM");
    assert_eq!((word(1), word(2), word(5), word(7)), (1, layout_hash(), 2, 0));
    assert_eq!(u128::from(word(4)) << 64 | u128::from(word(3)), u128::MAX / 7);
    assert_eq!(word(6), region.word_count() as u64);
    assert_eq!(word(8).to_le_bytes(), *b"market\0\0");
    assert_eq!(word(16).to_le_bytes(), *b"market.s");
    assert_eq!((word(24), word(25)), (DIRECTORY_WORDS as u64 + 48, 152));
    assert_eq!(word(26).to_le_bytes(), *b"book.sim");
}

#[test]
fn what_another_build_made_is_refused_with_what_is_unlike() {
    let refusal = |index, value| {
        let (_, region) = written();
        region.store(index, value, Ordering::Relaxed);
        Directory::read(&region, Place::Here).expect_err("it is not as it was").to_string()
    };
    assert_eq!(refusal(0, 1), "the memory is no segment of an engine");
    assert_eq!(refusal(1, 9), "the segment has version 9, which this build cannot read");
    assert!(
        refusal(2, 0xF00).starts_with("the segment's records have the layout 0000000000000f00, and those of")
    );
    let damages = [
        (5, 1025),
        (5, 3),
        (6, 5),
        (7, 1),
        (8, 0),
        (16, 0),
        (16, 0xFF),
        (24, 7),
        (25, u64::MAX),
        (34, 1),
        (35, 0),
    ];
    for (index, value) in damages {
        assert_eq!(refusal(index, value), "the segment's directory states what cannot be", "word {index}");
    }
    let short = Region::heap(DIRECTORY_WORDS - 1);
    assert!(matches!(Directory::read(&short, Place::Here), Err(SegmentError::NoSegment)));
}

#[test]
fn a_directory_of_parts_elsewhere_is_no_whole_segment() {
    let (mut directory, region) = written();
    directory.place = Place::Named;
    directory.word_count *= 2;
    directory.write(&region);
    assert!(matches!(Directory::read(&region, Place::Here), Err(SegmentError::Directory)));
    assert_eq!(Directory::read(&region, Place::Named).expect("it is whole"), directory);
}

#[test]
fn two_parts_of_one_name_are_refused() {
    let (mut directory, region) = written();
    directory.parts[1].0 = directory.parts[0].0;
    directory.write(&region);
    assert!(matches!(Directory::read(&region, Place::Here), Err(SegmentError::Directory)));
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 8 } else { 2048 },
        rng_seed: RngSeed::Fixed(0x000F_011A),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_stands_there_no_part_lies_outside_or_over_another(
        changes in prop::collection::vec((0..40usize, prop_oneof![any::<u64>(), 0..12_000u64]), 1..6),
    ) {
        let (_, region) = written();
        for (index, value) in changes {
            region.store(index, value, Ordering::Relaxed);
        }
        if let Ok(directory) = Directory::read(&region, Place::Here) {
            let mut end = DIRECTORY_WORDS;
            for (name, range) in directory.parts {
                prop_assert!(range.start >= end && range.end <= region.word_count() && !range.is_empty());
                prop_assert!(!name.as_str().is_empty());
                end = range.end;
            }
        }
    }
}
