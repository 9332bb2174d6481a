//! The channel against a plain model: order, contents, fullness, and the exact count of what a lap loses.

mod common;

use common::{check, fill, pick};
use fulmar_bus::{
    channel::{
        Full, OpenError, Poll, Reader, Region, Ring, RingShape, Writer, create, create_for_records_up_to,
        open_writer,
    },
    record::{ChannelId, Record, RecordId},
};
use proptest::{prelude::*, test_runner::RngSeed};

const CHANNEL: ChannelId = ChannelId(9);

fn ring(slot_count: usize, gate_count: usize) -> (Writer, Ring) {
    let shape = RingShape { slot_count, gate_count };
    create(Region::heap(shape.word_count()), shape, CHANNEL)
}

fn publish(writer: &mut Writer, number: u64, slot_count: usize) -> Result<RecordId, Full> {
    let mut record = Record::new();
    fill(&mut record, number, slot_count);
    writer.publish(&mut record)
}

#[test]
fn a_full_ring_gives_full_and_leaves_the_record_as_it_was() {
    let (mut writer, ring) = ring(128, 1);
    let mut reader = ring.gated_reader().expect("the gate is free");
    let mut record = Record::new();
    for number in 1..=2 {
        fill(&mut record, number, 64);
        assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, number)));
    }
    fill(&mut record, 3, 1);
    assert_eq!(writer.publish(&mut record), Err(Full));
    assert_eq!(record.header().id, RecordId::NONE);
    assert_eq!(writer.sequence(), 2);
    let mut read = Record::new();
    assert_eq!(reader.poll(&mut read), Poll::Record);
    check(&read, 1);
    assert!(writer.has_room(64) && !writer.has_room(65));
    assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, 3)));
}

#[test]
fn a_gate_that_is_dropped_holds_nobody_up_and_can_be_claimed_again() {
    let (mut writer, ring) = ring(128, 1);
    let first = ring.gated_reader().expect("the gate is free");
    assert!(ring.gated_reader().is_none(), "there is one gate");
    assert_eq!(publish(&mut writer, 1, 64), Ok(RecordId::new(CHANNEL, 1)));
    assert_eq!(publish(&mut writer, 2, 64), Ok(RecordId::new(CHANNEL, 2)));
    assert_eq!(publish(&mut writer, 3, 64), Err(Full));
    drop(first);
    assert_eq!(publish(&mut writer, 3, 64), Ok(RecordId::new(CHANNEL, 3)));
    let second = ring.gated_reader().expect("the gate is free again");
    assert_eq!(second.sequence(), 3);
    assert!(second.is_empty());
}

#[test]
fn a_lapped_reader_is_told_at_once_and_goes_on_half_a_ring_behind() {
    let (mut writer, ring) = ring(128, 0);
    let mut reader = ring.reader();
    for number in 1..=200 {
        publish(&mut writer, number, 1).expect("nobody is waited for");
    }
    assert!(!reader.is_empty());
    let mut record = Record::new();
    assert_eq!(reader.poll(&mut record), Poll::Lapped { lost_count: 136 });
    for number in 137..=200 {
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, number);
        assert_eq!(reader.sequence(), number);
    }
    assert_eq!(reader.poll(&mut record), Poll::Empty);
    assert!(reader.is_empty());
}

#[test]
fn a_noted_lap_is_repeated_by_skipping_whether_the_records_still_stand_or_not() {
    for slot_count in [128, 1024] {
        let (mut writer, ring) = ring(slot_count, 0);
        let mut reader = ring.reader();
        for number in 1..=200 {
            publish(&mut writer, number, 1).expect("nobody is waited for");
        }
        assert_eq!(reader.skip(136), 136);
        let mut record = Record::new();
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, 137);
        assert_eq!(reader.skip(1000), 63, "no more are there");
        assert_eq!(reader.poll(&mut record), Poll::Empty);
    }
}

#[test]
fn who_goes_on_after_a_sequence_has_neither_gap_nor_double_and_is_told_what_is_gone() {
    let (mut writer, ring) = ring(128, 0);
    let mut record = Record::new();
    for published in 0..=60 {
        if published > 0 {
            publish(&mut writer, published, pick(&[3, 1, 7, 20], published)).expect("nobody is waited for");
        }
        let oldest = ring.reader().sequence() + 1;
        for sequence in 0..=published {
            let mut reader = ring.reader_after(sequence);
            assert_eq!(reader.sequence(), sequence);
            if sequence + 1 < oldest {
                let Poll::Lapped { lost_count } = reader.poll(&mut record) else {
                    panic!("{published} published, and no lap after {sequence}");
                };
                assert_eq!(reader.sequence(), sequence + lost_count, "the count is exact");
                assert!(reader.sequence() + 1 >= oldest);
            }
            for number in reader.sequence() + 1..=published {
                assert_eq!(
                    reader.poll(&mut record),
                    Poll::Record,
                    "{number} of {published} after {sequence}"
                );
                check(&record, number);
            }
            assert_eq!((reader.poll(&mut record), reader.position()), (Poll::Empty, ring.end()));
        }
    }
}

#[test]
fn who_goes_on_from_the_end_sees_what_comes_or_the_lap() {
    for later in [1, 3, 200] {
        let (mut writer, ring) = ring(128, 0);
        for number in 1..=5 {
            publish(&mut writer, number, 2).expect("nobody is waited for");
        }
        let mut reader = ring.reader_after(5);
        let mut record = Record::new();
        assert_eq!(reader.poll(&mut record), Poll::Empty);
        for number in 6..6 + later {
            publish(&mut writer, number, 1).expect("nobody is waited for");
        }
        let first = if later < 128 { Poll::Record } else { Poll::Lapped { lost_count: 136 } };
        assert_eq!(reader.poll(&mut record), first);
    }
}

#[test]
fn an_empty_ring_can_be_opened_to_write_once_and_its_gate_stays_held() {
    let shape = RingShape { slot_count: 128, gate_count: 1 };
    let region = Region::heap(shape.word_count());
    assert_eq!(open_writer(region.clone()).err(), Some(OpenError::NoRing));
    let (_, ring) = create(region.clone(), shape, CHANNEL);
    let mut reader = ring.gated_reader().expect("the gate is free");
    let (mut writer, _) = open_writer(region.clone()).expect("the ring is empty");
    for number in 1..=2 {
        assert_eq!(publish(&mut writer, number, 64), Ok(RecordId::new(CHANNEL, number)));
    }
    assert_eq!(publish(&mut writer, 3, 1), Err(Full), "the reader that was there before it has a gate");
    assert_eq!(open_writer(region).err(), Some(OpenError::Written));
    let mut record = Record::new();
    assert_eq!(reader.poll(&mut record), Poll::Record);
    check(&record, 1);
}

#[test]
fn a_lap_beyond_what_was_skipped_is_told_by_the_next_poll() {
    let (mut writer, ring) = ring(128, 0);
    let mut reader = ring.reader();
    for number in 1..=200 {
        publish(&mut writer, number, 1).expect("nobody is waited for");
    }
    assert_eq!(reader.skip(100), 100);
    let mut record = Record::new();
    assert_eq!(reader.poll(&mut record), Poll::Lapped { lost_count: 36 });
    assert_eq!(reader.poll(&mut record), Poll::Record);
    check(&record, 137);
}

#[test]
#[should_panic(expected = "unwritten")]
fn an_unwritten_record_is_not_published() {
    let (mut writer, _ring) = ring(128, 0);
    let _ = writer.publish(&mut Record::new());
}

#[test]
#[should_panic(expected = "too long")]
fn a_record_longer_than_the_channel_was_made_for_is_not_published() {
    let shape = RingShape { slot_count: 8, gate_count: 0 };
    let (mut writer, _ring) = create_for_records_up_to(4, Region::heap(shape.word_count()), shape, CHANNEL);
    let _ = publish(&mut writer, 1, 5);
}

#[test]
#[should_panic(expected = "is no ring")]
fn a_ring_that_does_not_hold_the_longest_record_twice_is_not_made() {
    ring(64, 0);
}

/// What the model knows of a reader.
struct Expected {
    is_gated: bool,
    /// Of the last record consumed.
    sequence: usize,
    /// How many records stand before its place. More than `sequence` after a skip that ended within a lap.
    place: usize,
}

/// Every record ever published, and the rules in their plainest form.
struct Model {
    slot_count: usize,
    gate_count: usize,
    /// Where each record starts, and the end of the last one.
    starts: Vec<usize>,
    readers: Vec<(Reader, Expected)>,
}

impl Model {
    fn published(&self) -> usize {
        self.starts.len() - 1
    }

    fn cursor(&self) -> usize {
        self.starts[self.published()]
    }

    /// How many records stand before the first that starts at or behind `position`.
    fn records_before(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start < position)
    }

    fn has_room(&self, slots: usize) -> bool {
        let gates = self.readers.iter().filter(|(_, reader)| reader.is_gated);
        gates
            .into_iter()
            .all(|(_, reader)| self.cursor() + slots <= self.starts[reader.place] + self.slot_count)
    }

    fn poll(&self, reader: &mut Expected) -> Poll {
        if reader.sequence == self.published() {
            return Poll::Empty;
        }
        let stands = self.starts[reader.place] + self.slot_count >= self.cursor();
        if stands && reader.place == reader.sequence {
            reader.place += 1;
            reader.sequence += 1;
            return Poll::Record;
        }
        let footing =
            self.records_before(self.cursor().saturating_sub(self.slot_count / 2)).max(reader.place);
        let lost_count = (footing - reader.sequence) as u64;
        (reader.place, reader.sequence) = (footing, footing);
        Poll::Lapped { lost_count }
    }

    fn skip(&self, reader: &mut Expected, count: usize) -> u64 {
        let start = reader.sequence;
        while reader.sequence < start + count && self.poll(reader) != Poll::Empty {}
        reader.sequence = reader.sequence.min(start + count);
        (reader.sequence - start) as u64
    }

    fn join(&mut self, ring: &Ring) {
        let oldest = self.records_before(self.cursor().saturating_sub(self.slot_count));
        let expected = Expected { is_gated: false, sequence: oldest, place: oldest };
        self.readers.push((ring.reader(), expected));
    }

    fn join_gated(&mut self, ring: &Ring) {
        let taken = self.readers.iter().filter(|(_, reader)| reader.is_gated).count();
        let reader = ring.gated_reader();
        assert_eq!(reader.is_some(), taken < self.gate_count);
        let expected = Expected { is_gated: true, sequence: self.published(), place: self.published() };
        self.readers.extend(reader.map(|reader| (reader, expected)));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Publish { slots: usize },
    Poll { reader: usize, times: usize },
    Skip { reader: usize, count: usize },
    Join,
    JoinGated,
    Leave { reader: usize },
}

fn step(record_slots_max: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (1..=record_slots_max).prop_map(|slots| Step::Publish { slots }),
        20 => (0..8usize, 1..20usize).prop_map(|(reader, times)| Step::Poll { reader, times }),
        2 => (0..8usize, 0..40usize).prop_map(|(reader, count)| Step::Skip { reader, count }),
        1 => Just(Step::Join),
        1 => Just(Step::JoinGated),
        1 => (0..8usize).prop_map(|reader| Step::Leave { reader }),
    ]
}

fn run(shape: RingShape, record_slots_max: usize, steps: Vec<Step>) {
    let region = Region::heap(shape.word_count());
    let (mut writer, ring) = create_for_records_up_to(record_slots_max, region, shape, CHANNEL);
    let RingShape { slot_count, gate_count } = shape;
    let mut model = Model { slot_count, gate_count, starts: vec![0], readers: Vec::new() };
    model.join(&ring);
    model.join_gated(&ring);
    let mut record = Record::new();
    for step in steps {
        match step {
            Step::Publish { slots } => {
                let number = model.published() as u64 + 1;
                fill(&mut record, number, slots);
                if model.has_room(slots) {
                    assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, number)));
                    model.starts.push(model.cursor() + slots);
                } else {
                    assert_eq!(writer.publish(&mut record), Err(Full));
                }
            }
            Step::Poll { reader, times } if reader < model.readers.len() => {
                let (mut real, mut expected) = model.readers.remove(reader);
                for _ in 0..times {
                    assert_eq!(real.is_empty(), expected.sequence == model.published());
                    let answer = real.poll(&mut record);
                    assert_eq!(answer, model.poll(&mut expected));
                    assert_eq!(real.sequence(), expected.sequence as u64);
                    if answer == Poll::Record {
                        let slots = check(&record, expected.sequence as u64);
                        assert_eq!(
                            model.starts[expected.sequence] - model.starts[expected.sequence - 1],
                            slots
                        );
                        assert_eq!(record.header().id, RecordId::new(CHANNEL, expected.sequence as u64));
                    }
                }
                model.readers.insert(reader, (real, expected));
            }
            Step::Skip { reader, count } if reader < model.readers.len() => {
                let (mut real, mut expected) = model.readers.remove(reader);
                assert_eq!(real.skip(count as u64), model.skip(&mut expected, count));
                assert_eq!(real.sequence(), expected.sequence as u64);
                model.readers.insert(reader, (real, expected));
            }
            Step::Join if model.readers.len() < 8 => model.join(&ring),
            Step::JoinGated if model.readers.len() < 8 => model.join_gated(&ring),
            Step::Leave { reader } if reader < model.readers.len() => drop(model.readers.remove(reader)),
            _ => {}
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 128 },
        rng_seed: RngSeed::Fixed(0x000F_011A),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

const STEPS_MAX: usize = if cfg!(miri) { 12 } else { 600 };

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_reader_sees_what_the_model_says(steps in prop::collection::vec(step(64), 1..STEPS_MAX)) {
        run(RingShape { slot_count: 128, gate_count: 2 }, 64, steps);
    }

    #[test]
    fn the_smallest_rings_keep_the_same_promises(steps in prop::collection::vec(step(2), 1..STEPS_MAX)) {
        run(RingShape { slot_count: 4, gate_count: 1 }, 2, steps);
    }

    #[test]
    fn short_records_on_a_wide_ring_keep_the_same_promises(steps in prop::collection::vec(step(5), 1..STEPS_MAX)) {
        run(RingShape { slot_count: 64, gate_count: 0 }, 5, steps);
    }
}
