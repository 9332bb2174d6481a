//! The channel against a plain model: order, contents, fullness, and the exact count of what a lap loses.

mod common;

use common::{check, fill};
use fulmar_bus::{
    channel::{Full, Poll, Region, RingShape, create},
    record::{ChannelId, Record, RecordId},
};

const CHANNEL: ChannelId = ChannelId(9);

fn region(shape: RingShape) -> Region {
    Region::heap(shape.word_count())
}

#[test]
fn a_full_ring_gives_full_and_leaves_the_record_as_it_was() {
    let shape = RingShape { slot_count: 128, gate_count: 1 };
    let (mut writer, ring) = create(region(shape), shape, CHANNEL);
    let mut reader = ring.gated_reader().expect("the gate is free");
    assert!(ring.gated_reader().is_none(), "there is one gate");
    let mut record = Record::new();
    for number in 1..=2 {
        fill(&mut record, number, 64);
        assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, number)));
    }
    fill(&mut record, 3, 1);
    assert_eq!(writer.publish(&mut record), Err(Full));
    assert_eq!(record.header().id, RecordId::NONE);
    let mut read = Record::new();
    assert_eq!(reader.poll(&mut read), Poll::Record);
    check(&read, 1);
    assert!(writer.has_room(64) && !writer.has_room(65));
    assert_eq!(writer.publish(&mut record), Ok(RecordId::new(CHANNEL, 3)));
}
