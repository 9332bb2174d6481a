//! A ring in a mapped file: what was published is there for whoever opens the file later, however the writer ended, and
//! for whoever maps it at the same time, to read and nothing else.
#![cfg(not(miri))]

mod common;

use common::{check, fill, pick};
use fulmar_bus::{
    channel::{Access, OpenError, Poll, Region, RingShape, Words, create, open},
    record::{ChannelId, Record},
};
use std::{fs::File, os::fd::AsFd, panic::catch_unwind, sync::atomic::Ordering};

const SHAPE: RingShape = RingShape { slot_count: 256, gate_count: 2 };
const CHANNEL: ChannelId = ChannelId(11);

#[test]
fn records_outlive_a_writer_that_never_closed_its_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("outbound.ring");
    let region = Region::map_file(&path, SHAPE.word_count()).expect("the file can be mapped");
    let (mut writer, ring) = create(region, SHAPE, CHANNEL);
    let reader = ring.gated_reader().expect("the gate is free");
    let mut record = Record::new();
    for number in 1..=30 {
        fill(&mut record, number, pick(&[7, 13, 20], number));
        // The lossless reader never consumes, so the last ones find the ring full.
        let _ = writer.publish(&mut record);
    }
    let published = writer.sequence();
    assert!((18..30).contains(&published));
    // A killed process neither drops nor unmaps.
    std::mem::forget((writer, ring, reader));

    let region = Region::map_file(&path, SHAPE.word_count()).expect("the file can be mapped again");
    let ring = open(region).expect("the ring is whole");
    assert_eq!(ring.channel(), CHANNEL);
    let mut reader = ring.reader();
    for number in 1..=published {
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, number);
    }
    assert_eq!(reader.poll(&mut record), Poll::Empty);
}

#[test]
fn a_ring_that_went_round_is_read_from_its_oldest_record_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("outbound.ring");
    let region = Region::map_file(&path, SHAPE.word_count()).expect("the file can be mapped");
    let (mut writer, _ring) = create(region, SHAPE, CHANNEL);
    let mut record = Record::new();
    for number in 1..=1000 {
        fill(&mut record, number, 3);
        writer.publish(&mut record).expect("no gate is held");
    }
    let region = Region::map_file(&path, SHAPE.word_count()).expect("the file can be mapped again");
    let mut reader = open(region).expect("the ring is whole").reader();
    assert_eq!(reader.sequence(), 1000 - 256 / 3);
    for number in reader.sequence() + 1..=1000 {
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, number);
    }
    assert!(reader.is_empty());
}

#[test]
fn a_file_is_as_long_as_its_ring_from_the_start_and_a_shorter_mapping_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("outbound.ring");
    let word_count = SHAPE.word_count();
    let _ = create(Region::map_file(&path, word_count).expect("the file can be mapped"), SHAPE, CHANNEL);
    assert_eq!(std::fs::metadata(&path).expect("the file is there").len(), word_count as u64 * 8);
    let shorter = Region::map_file(&path, word_count - 1).expect("a part can be mapped");
    assert_eq!(shorter.word_count(), word_count - 1);
    let error = OpenError::Size { needed: word_count, found: word_count - 1 };
    assert_eq!(open(shorter).err(), Some(error));
    let longer = Region::map_file(&path, word_count + 100).expect("the file can be made longer");
    assert!(open(longer).is_ok());
}

#[test]
fn a_file_that_cannot_be_mapped_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    assert!(Region::map_file(&directory.path().join("missing/outbound.ring"), 64).is_err());
    assert!(Region::map_file(&directory.path().join("empty.ring"), 0).is_err());
    assert!(Region::map_file(&directory.path().join("vast.ring"), usize::MAX / 4).is_err());
}

#[test]
fn a_ring_is_read_while_it_is_written_through_a_mapping_that_can_only_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("market.ring");
    let region = Region::map_file(&path, SHAPE.word_count()).expect("the file can be mapped");
    let (mut writer, _) = create(region, SHAPE, CHANNEL);
    let file = File::open(&path).expect("the file is there");
    let mapped = Region::map_shared(file.as_fd(), 0, SHAPE.word_count(), Access::Read).expect("a mapping");
    let ring = open(mapped).expect("the ring is whole");
    let mut reader = ring.reader();
    let mut record = Record::new();
    for number in 1..=1000 {
        assert_eq!(reader.poll(&mut record), Poll::Empty);
        fill(&mut record, number, pick(&[1, 3, 9], number));
        writer.publish(&mut record).expect("no gate is held");
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, number);
    }
    assert_eq!(reader.position(), ring.end());
}

#[test]
fn a_region_that_is_mapped_to_read_takes_no_store_of_any_kind_nor_does_a_part_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("market.ring");
    let written = Region::map_file(&path, 64).expect("the file can be mapped");
    written.store(20, 7, Ordering::Relaxed);
    let file = File::open(&path).expect("the file is there");
    let mapped = Region::map_shared(file.as_fd(), 0, 64, Access::Read).expect("a mapping");
    for region in [mapped.part(16..64), mapped.part(0..32).part(16..32)] {
        let stores: [&dyn Fn(&Region); 3] = [
            &|region| region.store(4, 1, Ordering::Relaxed),
            &|region| region.store_relaxed(4, &[1]),
            &|region| {
                let _ = region.compare_exchange(4, 7, 1);
            },
        ];
        for store in stores {
            let region = region.clone();
            assert!(catch_unwind(std::panic::AssertUnwindSafe(|| store(&region))).is_err());
        }
        assert_eq!(region.load(4, Ordering::Acquire), 7);
    }
    let part = written.part(16..64);
    part.store(4, 8, Ordering::Release);
    assert_eq!((part.word_count(), mapped.load(20, Ordering::Acquire)), (48, 8));
    drop((written, mapped));
    assert_eq!(part.load(4, Ordering::Relaxed), 8, "a part keeps the whole alive");
}
