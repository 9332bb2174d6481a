//! The channel between real threads: every record that arrives is checked word by word, and none is unaccounted for.

mod common;

use std::{hint::spin_loop, thread};

use common::{check, fill, pick};
use fulmar_bus::{
    channel::{Poll, Reader, Region, RingShape, Writer, create, latest, latest_word_count},
    record::{ChannelId, Record},
};

const RECORDS: u64 = if cfg!(miri) { 15 } else { 60_000 };

/// Lengths that make records start and wrap anywhere, the longest among them.
fn slot_count(number: u64) -> usize {
    pick(&[1, 2, 1, 3, 64, 2, 17], number)
}

fn produce(mut writer: Writer) {
    let mut record = Record::new();
    for number in 1..=RECORDS {
        fill(&mut record, number, slot_count(number));
        while writer.publish(&mut record).is_err() {
            spin_loop();
            thread::yield_now();
        }
    }
}

/// Reads to the last record; gives how many were read and how many were lost.
fn consume(mut reader: Reader) -> (u64, u64) {
    let (mut read, mut lost) = (reader.sequence(), 0);
    let mut record = Record::new();
    while reader.sequence() < RECORDS {
        match reader.poll(&mut record) {
            Poll::Empty => thread::yield_now(),
            Poll::Lapped { lost_count } => lost += lost_count,
            Poll::Record => {
                let number = reader.sequence();
                assert_eq!(check(&record, number), slot_count(number));
                read += 1;
            }
        }
    }
    (read, lost)
}

#[test]
fn lossless_readers_get_every_record_and_broadcast_readers_account_for_all() {
    let shape = RingShape { slot_count: 256, gate_count: 2 };
    let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(1));
    let lossless =
        [ring.gated_reader(), ring.gated_reader()].map(|reader| reader.expect("two gates are free"));
    let broadcast = ring.reader();
    thread::scope(|scope| {
        let lossless = lossless.map(|reader| scope.spawn(|| consume(reader)));
        let broadcast = scope.spawn(|| consume(broadcast));
        scope.spawn(|| produce(writer));
        for reader in lossless {
            assert_eq!(reader.join().expect("the reader ends"), (RECORDS, 0));
        }
        let (read, lost) = broadcast.join().expect("the reader ends");
        assert_eq!(read + lost, RECORDS);
    });
}

#[test]
fn a_reader_that_is_lapped_again_and_again_takes_no_torn_record() {
    let shape = RingShape { slot_count: 128, gate_count: 0 };
    let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(1));
    let reader = ring.reader();
    thread::scope(|scope| {
        let reader = scope.spawn(|| consume(reader));
        scope.spawn(|| produce(writer));
        let (read, lost) = reader.join().expect("the reader ends");
        assert_eq!(read + lost, RECORDS);
    });
}

#[test]
fn the_newest_value_is_whole_and_never_goes_back() {
    let (mut writer, reader) = latest(Region::heap(latest_word_count(5)), 5);
    thread::scope(|scope| {
        scope.spawn(move || {
            for version in 1..=RECORDS {
                writer.write(&[version; 5]);
            }
        });
        let (mut value, mut newest) = ([0; 5], 0);
        while newest < RECORDS {
            match reader.read(&mut value) {
                Some(version) => {
                    assert_eq!(value, [version; 5]);
                    assert!(version >= newest);
                    newest = version;
                }
                None => thread::yield_now(),
            }
        }
    });
}
