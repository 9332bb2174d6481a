//! The channel under shuttle: longer runs than loom can exhaust, in random orders of every step. Run with
//! `RUSTFLAGS="--cfg shuttle" cargo test -p fulmar-bus --test shuttle --release`; a failure prints its schedule.
//! A twentieth of a million schedules, and more than a million of them with `FULMAR_CAMPAIGN=full`.
#![cfg(shuttle)]

mod common;

use std::sync::{Arc, atomic::Ordering};

use common::{check, fill, pick};
use fulmar_bus::{
    attach::{CursorPage, cursor_page_word_count},
    channel::{Poll, Reader, Ring, RingShape, Words, Writer, create_for_records_up_to},
    record::{ChannelId, Record},
};
use shuttle::{
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
    sync::{Condvar, Mutex, atomic::AtomicU64},
    thread,
};

const RECORDS: u64 = 24;
const SEED: u64 = 0x000F_011A;
/// Commands of a client in one run, each of which is answered.
const COMMANDS: u64 = 8;

/// Schedules of each test.
fn schedules() -> usize {
    match std::env::var("FULMAR_CAMPAIGN") {
        Ok(campaign) if campaign == "full" => 170_000,
        _ => 8_500,
    }
}

#[derive(Clone)]
struct Scheduled(Arc<[AtomicU64]>);

impl Scheduled {
    fn new(word_count: usize) -> Self {
        Scheduled((0..word_count).map(|_| AtomicU64::new(0)).collect())
    }
}

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
    let words = Scheduled::new(shape.word_count());
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
    let words = Scheduled::new(shape.word_count());
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

/// The engine's ends of a line.
struct Port {
    commands: Reader<Scheduled>,
    events: Writer<Scheduled>,
    /// Holds back what the client did not say that it read.
    unread: Reader<Scheduled>,
    page: CursorPage<Scheduled>,
    bell: Bell,
}

/// Wakes whoever sleeps until it rings.
type Bell = Arc<(Mutex<bool>, Condvar)>;

/// Takes every command and answers each with an event, in the order of steps of the engine's port.
fn answer(mut port: Port) {
    let mut record = Record::new();
    let (mut taken, mut told_end) = (0, 0);
    while port.events.sequence() < COMMANDS {
        let read = port.page.consumed().min(port.events.sequence());
        port.unread.skip(read.saturating_sub(port.unread.sequence()));
        let number = port.events.sequence() + 1;
        if number <= taken {
            fill(&mut record, number, pick(&[1, 3, 2], number));
            let _ = port.events.publish(&mut record);
        }
        if !port.commands.is_empty() {
            assert_eq!(port.commands.poll(&mut record), Poll::Record, "it was seen to wait");
            taken += 1;
            check(&record, taken);
        }
        let end = port.events.sequence();
        if end != told_end && port.page.wakes() {
            told_end = end;
            *port.bell.0.lock().expect("nobody panics") = true;
            port.bell.1.notify_one();
        }
        thread::yield_now();
    }
}

/// Wants all that it wants, and sleeps where it waits for answers.
fn want(
    mut commands: Writer<Scheduled>,
    events: &Ring<Scheduled>,
    page: &CursorPage<Scheduled>,
    bell: &Bell,
) {
    let mut events = events.reader();
    let mut record = Record::new();
    while events.sequence() < COMMANDS {
        match events.poll(&mut record) {
            Poll::Record => {
                check(&record, events.sequence());
                page.set_consumed(events.sequence());
                page.beat();
                continue;
            }
            Poll::Lapped { lost_count } => {
                panic!("{lost_count} events were overwritten before they were read")
            }
            Poll::Empty => {}
        }
        let number = commands.sequence() + 1;
        if number <= COMMANDS {
            fill(&mut record, number, pick(&[2, 1, 3], number));
            let _ = commands.publish(&mut record);
            thread::yield_now();
            continue;
        }
        page.fall_asleep();
        if events.is_empty() {
            let mut has_rung = bell.0.lock().expect("nobody panics");
            while !*has_rung {
                has_rung = bell.1.wait(has_rung).expect("nobody panics");
            }
            *has_rung = false;
        }
        page.awake();
    }
}

/// The line of an attached process: commands one way, events the other, and the page between them. A wake that is lost
/// is a deadlock, which the scheduler sees.
fn line() {
    let ring = |id| {
        let shape = RingShape { slot_count: 8, gate_count: 1 };
        create_for_records_up_to(3, Scheduled::new(shape.word_count()), shape, ChannelId(id))
    };
    let ((commands, command_ring), (events, event_ring)) = (ring(1), ring(2));
    let gated = |ring: &Ring<Scheduled>| ring.gated_reader().expect("the gate is free");
    let page = CursorPage::new(Scheduled::new(cursor_page_word_count()));
    let bell = Bell::default();
    let port = Port {
        commands: gated(&command_ring),
        events,
        unread: gated(&event_ring),
        page: page.clone(),
        bell: Arc::clone(&bell),
    };
    let engine = thread::spawn(move || answer(port));
    want(commands, &event_ring, &page, &bell);
    engine.join().expect("the engine ends");
}

fn run(scheduler: impl Scheduler + 'static, test: fn()) {
    shuttle::Runner::new(scheduler, shuttle::Config::new()).run(test);
}

#[test]
fn lossless_and_broadcast_readers_agree_in_random_orders() {
    run(RandomScheduler::new_from_seed(SEED, schedules()), broadcast_and_lossless);
}

#[test]
fn lossless_and_broadcast_readers_agree_when_one_thread_is_starved() {
    run(PctScheduler::new_from_seed(SEED, 3, schedules()), broadcast_and_lossless);
}

#[test]
fn lapped_readers_count_what_they_lost_in_random_orders() {
    run(RandomScheduler::new_from_seed(SEED, schedules()), broadcast_alone);
}

#[test]
fn lapped_readers_count_what_they_lost_when_one_thread_is_starved() {
    run(PctScheduler::new_from_seed(SEED, 3, schedules()), broadcast_alone);
}

#[test]
fn every_command_is_answered_and_nobody_sleeps_for_ever_in_random_orders() {
    run(RandomScheduler::new_from_seed(SEED, schedules()), line);
}

#[test]
fn every_command_is_answered_and_nobody_sleeps_for_ever_when_one_thread_is_starved() {
    run(PctScheduler::new_from_seed(SEED, 3, schedules()), line);
}
