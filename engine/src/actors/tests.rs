//! One actor at a time: records in on real channels, turns by hand with the runtime's own ports, records out.
//!
//! What several actors do together is proven by the whole-system tests.

mod attached;
mod book;
mod estimator;
mod feed;
mod gateway;
mod held;
mod kept;
mod risk;
mod sliced;
mod stepped;
mod strategy;

use fulmar_bus::channel::{Poll, Reader, Region, Ring, RingShape, create};
use fulmar_bus::record::{
    ChannelId, ContractKind, ContractSize, Flags, InstrumentDefinition, InstrumentId, Level, Notional,
    Payload, Price, Quantity, Record, Text, TopOfBook, TopSource, UnixNanos,
};

use crate::runtime::{Actor, Origin, Outbox, Work};

const INSTRUMENT: InstrumentId = InstrumentId(0);
/// When every test begins.
const OPENS_AT: UnixNanos = UnixNanos(1_723_161_255_000_000_000);
/// Slots of a channel that no test fills.
const ROOMY: usize = if cfg!(miri) { 128 } else { 4_096 };
/// Records of an inbox in one turn.
const BATCH: u32 = 1_000;

/// A channel: the end that publishes, and what readers are made of.
fn channel(id: u16, slot_count: usize) -> (Outbox, Ring) {
    let shape = RingShape { slot_count, gate_count: 1 };
    let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(id));
    (Outbox::new(writer, None), ring)
}

/// A reader of `ring` that loses nothing.
fn gated(ring: &Ring) -> Reader {
    ring.gated_reader().expect("a test's channel has one gated reader")
}

/// Publishes something of the instrument that reached this machine at `received_at`.
fn send<P: Payload>(outbox: &mut Outbox, received_at: UnixNanos, payload: &P) {
    outbox.send(Origin::time(received_at), INSTRUMENT, payload).expect("a test's inputs have room");
}

/// Publishes a suspect top.
fn send_suspect(outbox: &mut Outbox, received_at: UnixNanos, top: &TopOfBook) {
    let heading = (INSTRUMENT, Flags::SUSPECT);
    let sent = outbox.send_with_tail(Origin::time(received_at), heading, top, &[]);
    sent.expect("a test's inputs have room");
}

/// Gives the actor one turn.
fn turn(actor: &mut impl Actor, now: UnixNanos) -> Work {
    actor.inboxes().begin_turn(BATCH);
    actor.work(now)
}

/// What the actor counted by that name.
fn counter(actor: &impl Actor, name: &str) -> u64 {
    let mut found = None;
    actor.counters(&mut |counter, value| {
        if counter == name {
            found = Some(value);
        }
    });
    found.unwrap_or_else(|| panic!("it has no counter {name}"))
}

/// Every record that was not read yet.
fn drain(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let mut record = Record::new();
        match reader.poll(&mut record) {
            Poll::Empty => return records,
            Poll::Record => records.push(record),
            Poll::Lapped { lost_count } => panic!("{lost_count} records were overwritten"),
        }
    }
}

/// Those of the records that are a `P`.
fn all<P: Payload + Copy>(records: &[Record]) -> Vec<P> {
    records.iter().filter_map(|record| record.read::<P>().ok().copied()).collect()
}

/// Those that were not read yet and are a `P`; the others are dropped.
fn drain_all<P: Payload + Copy>(reader: &mut Reader) -> Vec<P> {
    all(&drain(reader))
}

/// An instrument whose prices and quantities have scale 2 and steps of one.
fn definition() -> InstrumentDefinition {
    InstrumentDefinition {
        venue: Text::new("scripted").expect("eight bytes fit"),
        symbol: Text::new("AAABBB").expect("six bytes fit"),
        base: Text::new("AAA").expect("three bytes fit"),
        quote: Text::new("BBB").expect("three bytes fit"),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(1),
        quantity_max: Quantity(0),
        notional_min: Notional(0).into(),
        revision: 1,
        price_scale: 2,
        quantity_scale: 2,
        contract: ContractKind::Spot,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    }
}

/// The same with one more digit behind the point of quantities.
fn wider_definition() -> InstrumentDefinition {
    let known = definition();
    InstrumentDefinition {
        lot: Quantity(10),
        quantity_min: Quantity(10),
        quantity_scale: 3,
        revision: 2,
        ..known
    }
}

fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity) }
}

fn top(bid: i64, ask: i64, update_id: u64) -> TopOfBook {
    TopOfBook::new(level(bid, 5), level(ask, 5), update_id, UnixNanos(0), TopSource::Book)
}
