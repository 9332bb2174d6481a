//! The channel under loom: the orders of the steps of two threads, and every value that the memory model lets them
//! read. Run with `RUSTFLAGS="--cfg loom" cargo test -p fulmar-bus --test loom --release`.
#![cfg(loom)]

use std::sync::{
    Arc,
    atomic::{AtomicU64 as PlainU64, Ordering},
};

use fulmar_bus::{
    attach::{CursorPage, cursor_page_word_count},
    channel::{
        Full, Poll, Reader, Ring, RingShape, Words, Writer, create_for_records_up_to, latest,
        latest_word_count,
    },
    record::{
        ChannelId, Flags, Heading, InstrumentId, Price, Quantity, Record, RecordId, Side, Timer, Trade,
        UnixNanos,
    },
};
use loom::{model::Builder, sync::atomic::AtomicU64, thread};

/// Words of which loom watches those that a test looks at; the others would only multiply what it has to explore.
#[derive(Clone)]
struct Watched(Arc<[Word]>);

enum Word {
    Watched(AtomicU64),
    Plain(PlainU64),
}

impl Watched {
    fn new(word_count: usize, is_watched: impl Fn(usize) -> bool) -> Self {
        let word = |index| match is_watched(index) {
            true => Word::Watched(AtomicU64::new(0)),
            false => Word::Plain(PlainU64::new(0)),
        };
        Watched((0..word_count).map(word).collect())
    }
}

impl Words for Watched {
    fn word_count(&self) -> usize {
        self.0.len()
    }

    fn load(&self, index: usize, order: Ordering) -> u64 {
        match &self.0[index] {
            Word::Watched(word) => word.load(order),
            Word::Plain(word) => word.load(order),
        }
    }

    fn store(&self, index: usize, value: u64, order: Ordering) {
        match &self.0[index] {
            Word::Watched(word) => word.store(value, order),
            Word::Plain(word) => word.store(value, order),
        }
    }

    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        match &self.0[index] {
            Word::Watched(word) => word.compare_exchange(current, new, success, failure).is_ok(),
            Word::Plain(word) => word.compare_exchange(current, new, success, failure).is_ok(),
        }
    }
}

/// A ring for two records of `record_slots` slots. Of it loom watches cursor, gates and stamps, and of each slot the
/// words that the number of a record stands in: the id, when it was received, and the first of a second slot.
fn ring(record_slots: usize, gate_count: usize) -> (Writer<Watched>, Ring<Watched>) {
    let shape = RingShape { slot_count: 2 * record_slots, gate_count };
    let slots_at = shape.word_count() - shape.slot_count * 8;
    let words = Watched::new(shape.word_count(), |index| match index.checked_sub(slots_at) {
        None => index >= 16 && index % 16 == 0,
        Some(place) if (place / 8) % record_slots == 0 => [0, 2, 4].contains(&(place % 8)),
        Some(place) => place % 8 < 2,
    });
    create_for_records_up_to(record_slots, words, shape, ChannelId(1))
}

/// Makes `record` number `number`, of one slot or of two.
fn fill(record: &mut Record, number: u64, slot_count: usize) {
    let at = UnixNanos(number);
    let heading = Heading {
        instrument_id: InstrumentId::NONE,
        cause: RecordId::NONE,
        received_at: at,
        flags: Flags::NONE,
    };
    match slot_count {
        1 => record.write(heading, &Timer { tag: 0, due_at: UnixNanos(0) }),
        _ => record.write(heading, &Trade::new(Price(1), Quantity(1), Side::Buy, 1, at)),
    }
    assert_eq!(usize::from(record.header().slot_count), slot_count);
}

/// Publishes the records from `first` to `last`, trying each once, and gives the number of the last one.
fn publish(writer: &mut Writer<Watched>, first: u64, last: u64, slot_count: usize) -> u64 {
    let mut record = Record::new();
    for number in first..=last {
        fill(&mut record, number, slot_count);
        match writer.publish(&mut record) {
            Ok(id) => assert_eq!(id.sequence(), number),
            Err(Full) => return number - 1,
        }
    }
    last
}

/// Polls once; asserts that a record is the next one and whole, and that a lap counts what it lost. True where there
/// was something.
fn poll(reader: &mut Reader<Watched>, record: &mut Record, slot_count: usize) -> bool {
    let before = reader.sequence();
    match reader.poll(record) {
        Poll::Empty => return false,
        Poll::Lapped { lost_count } => assert!(lost_count > 0 && reader.sequence() == before + lost_count),
        Poll::Record => {
            let number = before + 1;
            assert_eq!(reader.sequence(), number);
            assert_eq!(record.header().id, RecordId::new(ChannelId(1), number));
            assert_eq!(record.header().received_at, UnixNanos(number), "a torn record was not noticed");
            if slot_count == 2 {
                let at = record.read::<Trade>().map(|trade| trade.venue_at);
                assert_eq!(at, Ok(UnixNanos(number)), "a torn second slot was not noticed");
            }
        }
    }
    true
}

/// Runs `test` in every way that takes the processor from a thread at most `preemption_bound` times.
fn explore(preemption_bound: usize, test: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemption_bound);
    builder.max_branches = 100_000;
    builder.check(test);
}

#[test]
fn a_gated_reader_gets_every_record_whole_and_in_order() {
    explore(3, || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = ring.gated_reader().expect("the gate is free");
        let writing = thread::spawn(move || publish(&mut writer, 1, 4, 1));
        let mut record = Record::new();
        for _ in 0..3 {
            poll(&mut reader, &mut record, 1);
        }
        let last = writing.join().expect("the writer ends");
        assert!(last >= 2, "an empty ring took fewer records than it holds");
        while poll(&mut reader, &mut record, 1) {}
        assert_eq!(reader.sequence(), last, "a gated reader lost a record");
    });
}

#[test]
fn a_gated_reader_that_joins_while_records_are_published_loses_none_from_there_on() {
    explore(3, || {
        let (mut writer, ring) = ring(1, 1);
        let writing = thread::spawn(move || publish(&mut writer, 1, 4, 1));
        let mut reader = ring.gated_reader().expect("the gate is free");
        let mut record = Record::new();
        let start = reader.sequence();
        for _ in 0..2 {
            let before = reader.sequence();
            poll(&mut reader, &mut record, 1);
            assert!(reader.sequence() <= before + 1, "a gated reader was lapped");
        }
        let last = writing.join().expect("the writer ends");
        while poll(&mut reader, &mut record, 1) {
            assert!(record.header().id.sequence() > start);
        }
        assert_eq!(reader.sequence(), last);
    });
}

#[test]
fn a_reader_without_a_gate_never_takes_a_torn_record_for_a_whole_one() {
    explore(2, || {
        let (mut writer, ring) = ring(1, 0);
        let mut reader = ring.reader();
        let writing = thread::spawn(move || publish(&mut writer, 1, 4, 1));
        let mut record = Record::new();
        for _ in 0..3 {
            poll(&mut reader, &mut record, 1);
        }
        assert_eq!(writing.join().expect("the writer ends"), 4, "a broadcast writer waited");
        while poll(&mut reader, &mut record, 1) {}
        assert_eq!(reader.sequence(), 4, "read and lost records do not add up to what was published");
    });
}

#[test]
fn a_record_of_two_slots_is_torn_in_neither() {
    explore(2, || {
        let (mut writer, ring) = ring(2, 0);
        let mut reader = ring.reader();
        let writing = thread::spawn(move || publish(&mut writer, 1, 4, 2));
        let mut record = Record::new();
        for _ in 0..2 {
            poll(&mut reader, &mut record, 2);
        }
        assert_eq!(writing.join().expect("the writer ends"), 4);
        while poll(&mut reader, &mut record, 2) {}
        assert_eq!(reader.sequence(), 4);
    });
}

#[test]
fn a_reader_without_a_gate_joins_at_a_record_that_stands() {
    explore(2, || {
        let (mut writer, ring) = ring(1, 0);
        assert_eq!(publish(&mut writer, 1, 3, 1), 3);
        let writing = thread::spawn(move || publish(&mut writer, 4, 5, 1));
        let mut reader = ring.reader();
        let mut record = Record::new();
        poll(&mut reader, &mut record, 1);
        writing.join().expect("the writer ends");
        while poll(&mut reader, &mut record, 1) {}
        assert_eq!(reader.sequence(), 5);
    });
}

#[test]
fn who_goes_on_after_a_sequence_while_records_are_published_has_neither_gap_nor_double() {
    for sequence in 0..=2 {
        explore(2, move || {
            let (mut writer, ring) = ring(1, 0);
            assert_eq!(publish(&mut writer, 1, 2, 1), 2);
            let writing = thread::spawn(move || publish(&mut writer, 3, 5, 1));
            let mut reader = ring.reader_after(sequence);
            assert_eq!(reader.sequence(), sequence);
            let mut record = Record::new();
            poll(&mut reader, &mut record, 1);
            writing.join().expect("the writer ends");
            while poll(&mut reader, &mut record, 1) {}
            assert_eq!(reader.sequence(), 5, "read and lost records do not add up to what was published");
        });
    }
}

#[test]
fn the_newest_value_is_whole_and_never_goes_back() {
    explore(3, || {
        let words = Watched::new(latest_word_count(2), |index| [0, 8, 9, 16, 17].contains(&index));
        let (mut writer, reader) = latest(words, 2);
        let writing = thread::spawn(move || {
            for version in 1..=4 {
                writer.write(&[version, version]);
            }
        });
        let (mut value, mut newest) = ([0; 2], 0);
        for _ in 0..2 {
            if let Some(version) = reader.read(&mut value) {
                assert_eq!(value, [version; 2], "a torn value was not noticed");
                assert!(version >= newest, "the newest value went back");
                newest = version;
            }
        }
        writing.join().expect("the writer ends");
        assert_eq!((reader.read(&mut value), value), (Some(4), [4; 2]));
    });
}

/// A page of which loom watches the three words that are used.
fn page() -> CursorPage<Watched> {
    CursorPage::new(Watched::new(cursor_page_word_count(), |index| index % 16 == 0))
}

#[test]
fn a_command_that_is_seen_to_wait_is_whole() {
    explore(3, || {
        let (mut client, ring) = ring(2, 1);
        let mut port = ring.gated_reader().expect("the gate is free");
        let commanding = thread::spawn(move || publish(&mut client, 1, 3, 2));
        let mut record = Record::new();
        for _ in 0..2 {
            // As the engine's port does: what is seen to wait and is not there then is damage.
            if !port.is_empty() {
                assert!(poll(&mut port, &mut record, 2), "a command was seen and is not there");
            }
        }
        let last = commanding.join().expect("the client ends");
        while poll(&mut port, &mut record, 2) {}
        assert_eq!(port.sequence(), last, "a command was lost");
    });
}

#[test]
fn events_are_overwritten_only_where_the_client_says_that_it_read_them() {
    explore(2, || {
        let (mut events, ring) = ring(1, 1);
        let mut unread = ring.gated_reader().expect("the gate is free");
        let mut client = ring.reader();
        let page = page();
        let seen = page.clone();
        // The engine's turns: what the client read is free, and what finds no room then is lost to it.
        let telling = thread::spawn(move || {
            let mut given = 0;
            for _ in 0..4 {
                let read = seen.consumed().min(given);
                unread.skip(read.saturating_sub(unread.sequence()));
                given = publish(&mut events, given + 1, given + 1, 1);
            }
            given
        });
        let mut record = Record::new();
        let mut hear = || {
            let before = client.sequence();
            let is_next = poll(&mut client, &mut record, 1);
            assert!(client.sequence() <= before + 1, "an event was overwritten before it was read");
            page.set_consumed(client.sequence());
            is_next.then(|| client.sequence())
        };
        hear();
        hear();
        let given = telling.join().expect("the engine ends");
        let last = std::iter::from_fn(hear).last();
        assert!(last.is_none_or(|last| last == given), "an event was lost");
    });
}

#[test]
fn who_falls_asleep_sees_what_was_published_before_or_is_woken() {
    explore(3, || {
        let (mut events, ring) = ring(1, 1);
        let mut client = ring.reader();
        let page = page();
        let seen = page.clone();
        let telling = thread::spawn(move || {
            publish(&mut events, 1, 1, 1);
            seen.wakes()
        });
        page.fall_asleep();
        let sleeps = client.is_empty();
        let is_woken = telling.join().expect("the engine ends");
        assert!(!sleeps || is_woken, "it sleeps, and nobody wakes it");
        assert!(poll(&mut client, &mut Record::new(), 1));
    });
}
