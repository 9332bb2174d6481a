//! What holds of every segment, whatever memory it lies in.

use std::sync::atomic::{AtomicU64, Ordering};

use fulmar_bus::{
    channel::{Poll, Region, RingShape, Words, create, open, open_writer},
    record::{ChannelId, Record},
    segment::{
        Access, BootId, NamedBoot, OpenSegment, PARTS_MAX, SegmentBuilder, SegmentError, SegmentOptions,
    },
};

use crate::common::{check, fill, pick};

const BOOT: BootId = BootId(0x1234_5678_9ABC_DEF0_0FED_CBA9_8765_4321);
const SHAPE: RingShape = RingShape { slot_count: 256, gate_count: 0 };

/// Memory of one kind to make segments of.
pub enum Backend {
    /// Without names, sealed.
    Memory,
    /// With names.
    Named(NamedBoot),
}

impl Backend {
    /// Named memory of a boot of its own.
    pub fn named() -> Self {
        static BOOTS: AtomicU64 = AtomicU64::new(0);
        let boot = u128::from(BOOTS.fetch_add(1, Ordering::Relaxed)) << 64 | u128::from(std::process::id());
        Backend::Named(NamedBoot::begin(BootId(boot)).expect("the system has such memory").0)
    }

    fn boot_id(&self) -> BootId {
        match self {
            Backend::Memory => BOOT,
            Backend::Named(boot) => boot.boot_id(),
        }
    }

    fn builder(&self, name: &str, access: Access) -> SegmentBuilder {
        let options = SegmentOptions::default();
        let builder = match self {
            Backend::Memory => SegmentBuilder::new(name, BOOT, access, options),
            Backend::Named(boot) => SegmentBuilder::named(boot, name, access, options),
        };
        builder.expect("there is memory")
    }

    /// A segment of some parts and the regions of its maker, and what an attached process would hold of it.
    fn made(&self, access: Access, parts: &[(&str, usize)]) -> (Vec<Region>, OpenSegment) {
        let mut builder = self.builder("test", access);
        let regions = parts.iter().map(|(name, words)| builder.add(name, *words).expect("a part")).collect();
        let segment = builder.seal().expect("it can be sealed");
        let file = segment.fd().try_clone_to_owned().expect("a descriptor");
        (regions, OpenSegment::open(file, access).expect("it can be opened"))
    }
}

/// The same tests over every kind of memory.
macro_rules! on_every_backend {
    ($($name:ident)+) => {
        mod memory {
            $(#[test]
            fn $name() {
                super::$name(&super::Backend::Memory);
            })+
        }
        mod named {
            $(#[test]
            fn $name() {
                super::$name(&super::Backend::named());
            })+
        }
    };
}

on_every_backend! {
    every_part_is_found_by_its_name_as_long_as_it_was_asked_for_and_zero
    what_the_maker_stores_is_seen_in_that_part_and_in_no_other
    a_ring_in_a_segment_is_read_as_one_on_the_heap
    a_segment_for_two_writers_is_written_from_both_sides
    both_sides_outlive_each_other
    parts_begin_at_pages_so_that_no_two_share_one
    names_that_cannot_be_are_refused_and_the_segment_goes_on
}

fn every_part_is_found_by_its_name_as_long_as_it_was_asked_for_and_zero(backend: &Backend) {
    let parts =
        [("market.simulated:BTCUSDT", 1000), ("book.simulated:BTCUSDT", 1), ("aggregate.BTC/USDT", 5000)];
    let (regions, segment) = backend.made(Access::Read, &parts);
    assert_eq!((segment.boot_id(), segment.name()), (backend.boot_id(), "test"));
    let found: Vec<_> =
        segment.parts().map(|(name, region)| (name.to_owned(), region.word_count())).collect();
    assert_eq!(found, parts.map(|(name, words)| (name.to_owned(), words)));
    for ((name, words), maker) in parts.iter().zip(&regions) {
        let part = segment.part(name).expect("it was added");
        assert_eq!((maker.word_count(), part.word_count()), (*words, *words));
        assert!((0..*words).all(|index| part.load(index, Ordering::Relaxed) == 0));
    }
    assert!(segment.part("market.simulated:ETHUSDT").is_none());
    assert!(segment.part("market").is_none() && segment.part("").is_none(), "a name is whole");
}

fn what_the_maker_stores_is_seen_in_that_part_and_in_no_other(backend: &Backend) {
    let names: Vec<String> = (0..40).map(|part| format!("part.{part}")).collect();
    let parts: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 700)).collect();
    let (regions, segment) = backend.made(Access::Read, &parts);
    for (value, region) in (1u64..).zip(&regions) {
        (0..700).for_each(|index| region.store(index, value, Ordering::Relaxed));
    }
    for (value, (_, part)) in (1u64..).zip(segment.parts()) {
        assert!((0..700).all(|index| part.load(index, Ordering::Relaxed) == value), "part {value}");
    }
}

fn a_ring_in_a_segment_is_read_as_one_on_the_heap(backend: &Backend) {
    let (regions, segment) =
        backend.made(Access::Read, &[("market.a", SHAPE.word_count()), ("market.b", SHAPE.word_count())]);
    let mut writers: Vec<_> =
        (1..).zip(regions).map(|(channel, region)| create(region, SHAPE, ChannelId(channel)).0).collect();
    let mut readers: Vec<_> =
        segment.parts().map(|(_, region)| open(region).expect("the ring is whole").reader()).collect();
    let mut record = Record::new();
    for number in 1..=500 {
        for (writer, reader) in writers.iter_mut().zip(&mut readers) {
            assert_eq!(reader.poll(&mut record), Poll::Empty);
            fill(&mut record, number, pick(&[1, 2, 7, 30], number));
            writer.publish(&mut record).expect("no gate is held");
            assert_eq!(reader.poll(&mut record), Poll::Record);
            check(&record, number);
            assert_eq!(reader.channel(), writer.channel());
        }
    }
}

fn a_segment_for_two_writers_is_written_from_both_sides(backend: &Backend) {
    let shape = RingShape { slot_count: 128, gate_count: 1 };
    let (regions, segment) = backend.made(Access::Write, &[("command", shape.word_count()), ("cursor", 16)]);
    let (_, ring) = create(regions[0].clone(), shape, ChannelId(9));
    let mut reader = ring.gated_reader().expect("the gate is free");
    let command = segment.part("command").expect("it was added");
    let (mut writer, _) = open_writer(command).expect("the ring is empty");
    let mut record = Record::new();
    for number in 1..=300 {
        fill(&mut record, number, 2);
        writer.publish(&mut record).expect("the reader keeps up");
        assert_eq!(reader.poll(&mut record), Poll::Record);
        check(&record, number);
    }
    segment.part("cursor").expect("it was added").store(3, 5, Ordering::Release);
    assert_eq!(regions[1].load(3, Ordering::Acquire), 5);
}

fn both_sides_outlive_each_other(backend: &Backend) {
    let (regions, segment) = backend.made(Access::Read, &[("market.a", 100)]);
    regions[0].store(7, 7, Ordering::Relaxed);
    let part = segment.part("market.a").expect("it was added");
    drop(segment);
    regions[0].store(8, 8, Ordering::Relaxed);
    drop(regions);
    assert_eq!((part.load(7, Ordering::Relaxed), part.load(8, Ordering::Relaxed)), (7, 8));
}

fn parts_begin_at_pages_so_that_no_two_share_one(backend: &Backend) {
    let (regions, segment) = backend.made(Access::Read, &[("a", 1), ("b", 512), ("c", 513), ("d", 1)]);
    assert_eq!(regions.iter().map(Words::word_count).collect::<Vec<_>>(), [1, 512, 513, 1]);
    let bytes = bytes_of(backend, "four", &[1, 512, 513, 1]) - bytes_of(backend, "none", &[]);
    let page = rustix::param::page_size();
    let pages = |words: usize| (words * 8).div_ceil(page);
    assert_eq!(bytes, (pages(1) + pages(512) + pages(513) + pages(1)) * page);
    assert_eq!(segment.parts().count(), 4);
}

/// Bytes of a segment with parts of so many words.
fn bytes_of(backend: &Backend, name: &str, parts: &[usize]) -> usize {
    let mut builder = backend.builder(name, Access::Read);
    for (index, words) in parts.iter().enumerate() {
        builder.add(&format!("part.{index}"), *words).expect("a part");
    }
    let segment = builder.seal().expect("it can be sealed");
    if let Backend::Memory = backend {
        let length = rustix::fs::fstat(segment.fd()).expect("it is open").st_size;
        assert_eq!(i64::try_from(segment.bytes()), Ok(length), "it says how long it is");
    }
    segment.bytes()
}

fn names_that_cannot_be_are_refused_and_the_segment_goes_on(backend: &Backend) {
    let mut builder = backend.builder("test", Access::Read);
    builder.add("market.a", 8).expect("a part");
    for name in ["", "market.a", "zero\0inside", &"x".repeat(65)] {
        let refused = builder.add(name, 8).map(|_| ());
        assert!(matches!(&refused, Err(SegmentError::PartName(told)) if told == name), "{name}: {refused:?}");
    }
    builder.add(&"x".repeat(64), 8).expect("64 bytes fit");
    for part in 2..PARTS_MAX {
        builder.add(&format!("part.{part}"), 1).expect("there is room");
    }
    assert!(matches!(builder.add("one.more", 1), Err(SegmentError::Full)));
    let segment = builder.seal().expect("it can be sealed");
    let file = segment.fd().try_clone_to_owned().expect("a descriptor");
    let opened = OpenSegment::open(file, Access::Read).expect("a full directory is read");
    assert_eq!(opened.parts().count(), PARTS_MAX);
}
