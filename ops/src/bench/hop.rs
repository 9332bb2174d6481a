//! One boundary between two actors: a record published here and polled there.

use fulmar_bus::channel::{Poll, Reader, Region, RingShape, Writer, create};
use fulmar_bus::record::{ChannelId, Flags, Heading, InstrumentId, Record, RecordId, Timer, UnixNanos};

use super::limits::{CROSSING_BATCH, STREAM_RECORDS};
use super::measure::{End, Rig, median, wait_until};
use super::report::{Figures, Report, Row, Samples};

/// Slots of a ring: those of most channels of the engine.
const SLOT_COUNT: usize = 1 << 12;
/// Operations that make one sample on a single thread.
const THREAD_BATCH: u32 = 64;

/// Measures a hop between cores and within one.
pub fn run(rig: &Rig) -> Report {
    let mut limit = Samples::new(CROSSING_BATCH);
    let share = rig.share(4);
    let (gated, broadcast) = (ends(1), ends(0));
    let crossing = [
        rig.one_way("hop.one_way", share, &mut limit, gated),
        rig.one_way("hop.one_way.broadcast", share, &mut limit, broadcast),
        throughput(rig, &mut limit),
    ];
    let mut rows: Vec<Row> = crossing.into_iter().flatten().collect();
    let limit = (!rows.is_empty()).then_some(limit);
    rows.push(same_thread(rig));
    rig.report("hop", limit, rows)
}

/// A ring in each direction.
struct RingEnd {
    writer: Writer,
    reader: Reader,
    record: Record,
}

/// Both ends of two rings whose readers are lossless with a gate, and never in the way without one.
fn ends(gate_count: usize) -> (RingEnd, RingEnd) {
    let ((there, reader_there), (back, reader_back)) = (ring(1, gate_count), ring(2, gate_count));
    let near = RingEnd { writer: there, reader: reader_back, record: Record::new() };
    (near, RingEnd { writer: back, reader: reader_there, record: Record::new() })
}

fn ring(channel: u16, gate_count: usize) -> (Writer, Reader) {
    let shape = RingShape { slot_count: SLOT_COUNT, gate_count };
    let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(channel));
    let reader = if gate_count == 0 { Some(ring.reader()) } else { ring.gated_reader() };
    (writer, reader.expect("the one gate is free"))
}

impl End for RingEnd {
    fn send(&mut self) {
        write(&mut self.record, 0);
        self.writer.publish(&mut self.record).expect("one record at a time never fills a ring");
    }

    fn receive(&mut self) {
        wait_until(|| next(&mut self.reader, &mut self.record));
    }
}

/// A record of one slot, which is 64 bytes on a ring.
pub(super) fn write(record: &mut Record, tag: u64) {
    let heading = Heading {
        instrument_id: InstrumentId(0),
        cause: RecordId::NONE,
        received_at: UnixNanos(1),
        flags: Flags::NONE,
    };
    record.write(heading, &Timer { tag, due_at: UnixNanos(1) });
}

/// True where the next record was there.
pub(super) fn next(reader: &mut Reader, record: &mut Record) -> bool {
    match reader.poll(record) {
        Poll::Record => true,
        Poll::Empty => false,
        Poll::Lapped { lost_count } => {
            panic!("a ring that holds all that is under way lost {lost_count} records")
        }
    }
}

/// Records streamed one way through a gated ring, none of them lost. Its ratio holds the time of one record against the
/// raw cache line: a record that follows another closely need not wait for a whole crossing.
#[expect(clippy::cast_precision_loss, reason = "a slice is a few thousand records and milliseconds")]
fn throughput(rig: &Rig, limit: &mut Samples) -> Option<Row> {
    let ((mut near, mut far), mut rates) = (ends(1), Vec::new());
    let lead = || {
        let before = rig.clock.ticks();
        for tag in 1..=STREAM_RECORDS {
            write(&mut near.record, tag);
            wait_until(|| near.writer.publish(&mut near.record).is_ok());
        }
        // The other end answers once it has read the last one.
        near.receive();
        let record_ns = rig.clock.ticks_to_ns(before, rig.clock.ticks()) as f64 / STREAM_RECORDS as f64;
        rates.push(1e9 / record_ns);
        record_ns
    };
    let follow = move || {
        for tag in 1..=STREAM_RECORDS {
            far.receive();
            let read = far.record.read::<Timer>().map(|timer| timer.tag);
            assert_eq!(read, Ok(tag), "records come in their order");
        }
        far.send();
    };
    let ratio = rig.slices(rig.share(4), limit, lead, follow)?;
    let figures = Figures::Rate { value: median(&mut rates).round() };
    let row = Row { name: "hop.throughput".to_owned(), unit: "records/s", figures, ratio: None };
    Some(row.with_ratio(ratio))
}

/// Publish and poll on one thread: what two actors of one core pay.
fn same_thread(rig: &Rig) -> Row {
    let (mut writer, mut reader) = ring(3, 1);
    let mut record = Record::new();
    let samples = rig.repeat(rig.share(5), THREAD_BATCH, || {
        write(&mut record, 0);
        writer.publish(&mut record).expect("each record is read before the next");
        assert!(next(&mut reader, &mut record), "what was published is there");
    });
    samples.row("hop.same_thread")
}
