//! The channel under shuttle: longer runs than loom can exhaust, in random orders of every step. Run with
//! `RUSTFLAGS="--cfg shuttle" cargo test -p fulmar-bus --test shuttle --release`; a failure prints its schedule.
#![cfg(shuttle)]

mod common;

use std::sync::{Arc, atomic::Ordering};

use common::{check, fill, pick};
use fulmar_bus::{
    channel::{Poll, Reader, RingShape, Words, create_for_records_up_to},
    record::{ChannelId, Record},
};
use shuttle::{
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
    sync::atomic::AtomicU64,
    thread,
};

const RECORDS: u64 = 24;
const SEED: u64 = 0x000F_011A;

#[derive(Clone)]
struct Scheduled(Arc<[AtomicU64]>);

impl Words for Scheduled {
    fn word_count(&self) -> usize {
        self.0.len()
    }

    fn load(&self, index: usize, order: Ordering) -> u64 {
        self.0[index].load(order)
    }

    fn store(&self, index: usize, value: u64, order: Ordering) {
        self.0[index].store(value, order);
    }

    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool {
        self.0[index].compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Reads until the last record; gives how many were read and how many were lost.
fn drain(mut reader: Reader<Scheduled>) -> (u64, u64) {
    let (mut read, mut lost) = (0, 0);
    let mut record = Record::new();
    while reader.sequence() < RECORDS {
        match reader.poll(&mut record) {
            Poll::Empty => thread::yield_now(),
            Poll::Lapped { lost_count } => lost += lost_count,
            Poll::Record => {
                check(&record, reader.sequence());
                read += 1;
            }
        }
    }
    (read, lost)
}

/// One writer, a gated reader, and one without a gate.
fn broadcast_and_lossless() {
    let shape = RingShape { slot_count: 8, gate_count: 1 };
    let words = Scheduled((0..shape.word_count()).map(|_| AtomicU64::new(0)).collect());
    let (mut writer, ring) = create_for_records_up_to(3, words, shape, ChannelId(1));
    let (lossless, broadcast) = (ring.gated_reader().expect("the gate is free"), ring.reader());
    let lossless = thread::spawn(move || drain(lossless));
    let broadcast = thread::spawn(move || drain(broadcast));
    let mut record = Record::new();
    for number in 1..=RECORDS {
        fill(&mut record, number, pick(&[1, 3, 2], number));
        while writer.publish(&mut record).is_err() {
            thread::yield_now();
        }
    }
    assert_eq!(lossless.join().expect("the reader ends"), (RECORDS, 0));
    let (read, lost) = broadcast.join().expect("the reader ends");
    assert_eq!(read + lost, RECORDS);
}

/// Without a gate the writer never waits, and a reader is lapped as the schedule has it.
fn broadcast_alone() {
    let shape = RingShape { slot_count: 4, gate_count: 0 };
    let words = Scheduled((0..shape.word_count()).map(|_| AtomicU64::new(0)).collect());
    let (mut writer, ring) = create_for_records_up_to(2, words, shape, ChannelId(1));
    let early = ring.reader();
    let early = thread::spawn(move || drain(early));
    let late = thread::spawn(move || {
        let reader = ring.reader();
        let start = reader.sequence();
        (start, drain(reader))
    });
    let mut record = Record::new();
    for number in 1..=RECORDS {
        fill(&mut record, number, pick(&[1, 2], number));
        writer.publish(&mut record).expect("nobody is waited for");
    }
    let (read, lost) = early.join().expect("the reader ends");
    assert_eq!(read + lost, RECORDS);
    let (start, (read, lost)) = late.join().expect("the reader ends");
    assert_eq!(start + read + lost, RECORDS);
}

fn run(scheduler: impl Scheduler + 'static, test: fn()) {
    shuttle::Runner::new(scheduler, shuttle::Config::new()).run(test);
}

#[test]
fn lossless_and_broadcast_readers_agree_in_random_orders() {
    run(RandomScheduler::new_from_seed(SEED, 5_000), broadcast_and_lossless);
}

#[test]
fn lossless_and_broadcast_readers_agree_when_one_thread_is_starved() {
    run(PctScheduler::new_from_seed(SEED, 3, 5_000), broadcast_and_lossless);
}

#[test]
fn lapped_readers_count_what_they_lost_in_random_orders() {
    run(RandomScheduler::new_from_seed(SEED, 5_000), broadcast_alone);
}

#[test]
fn lapped_readers_count_what_they_lost_when_one_thread_is_starved() {
    run(PctScheduler::new_from_seed(SEED, 3, 5_000), broadcast_alone);
}
