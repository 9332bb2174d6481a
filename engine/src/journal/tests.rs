//! The journal through its borders: directories are written, cut, damaged and read again.

mod damage;
mod faults;
mod format;
mod kill;

use std::path::Path;
use std::sync::Arc;

use fulmar_bus::record::{Record, Text, UnixNanos};
use proptest::prelude::*;

use self::faults::{Faults, TestDisk};
use super::limits::RECORD_ENTRY_BYTES_MAX;
use super::*;

const LIMITS: JournalLimits = JournalLimits { segment_bytes: 8192, segments_max: 1000, buffer_bytes: 4096 };

fn header(manifest: &[u8]) -> JournalHeader {
    JournalHeader {
        boot_id: *b"sixteen bytes id",
        tenant: Text::new("desk").expect("it fits"),
        epoch: 7,
        created_at: UnixNanos(1_723_161_253_937_085_768),
        build: Text::new("fulmar 0.1.0").expect("it fits"),
        configuration_hash: [0xC0; 32],
        manifest: manifest.to_vec(),
    }
}

/// SplitMix64: the same number for the same seed, unlike its neighbours.
fn mix(seed: u64) -> u64 {
    let mut word = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ word >> 31
}

/// A record of that many slots, filled from a seed.
fn record_of(slot_count: u8, seed: u64) -> Record {
    let words = u64::from(slot_count) * 7;
    let mut bytes: Vec<u8> = (0..words).flat_map(|index| mix(mix(seed) ^ index).to_le_bytes()).collect();
    bytes[2] = slot_count;
    let mut record = Record::new();
    record.copy_from(&bytes).expect("whole slots, and as many as it states");
    record
}

/// The record that the tests append at `sequence`: mostly small, seldom up to the largest.
fn record(sequence: u64) -> Record {
    let random = mix(sequence ^ 0xF00D);
    let slots_max = if random.is_multiple_of(16) { 64 } else { 5 };
    record_of(u8::try_from(1 + (random >> 32) % slots_max).expect("at most 64"), sequence)
}

/// What a journal was read as.
#[derive(Debug, PartialEq)]
struct Content {
    records: Vec<Vec<u8>>,
    tail: Tail,
    summary: Option<Vec<u8>>,
}

/// Reads all of a journal; the sequences must be contiguous.
fn read_all(dir: &Path) -> Result<Content, JournalError> {
    let mut reader = JournalReader::open(dir)?;
    let mut record = Record::new();
    let mut records = Vec::new();
    while let Some(entry) = reader.next(&mut record)? {
        records.push(record.bytes().to_vec());
        assert_eq!(entry.sequence, records.len() as u64);
    }
    assert_eq!(reader.next(&mut record)?, None, "the end stays the end");
    let tail = reader.tail().expect("the end was reached");
    Ok(Content { records, tail, summary: reader.summary().map(<[u8]>::to_vec) })
}

/// The first `count` records that the tests append.
fn records(count: u64) -> Vec<Vec<u8>> {
    (1..=count).map(|sequence| record(sequence).bytes().to_vec()).collect()
}

/// A writer of the tests' records that skips the waits for the disk.
fn unsynced_writer(dir: &Path, limits: JournalLimits) -> JournalWriter {
    let disk = TestDisk::new(dir, Arc::new(Faults::default()));
    JournalWriter::create_on(Box::new(disk), dir, header(b"{}"), limits).expect("the directory is empty")
}

/// A journal of `count` records in `dir`, flushed but not ended.
fn write_open(dir: &Path, count: u64) {
    let mut writer = unsynced_writer(dir, LIMITS);
    for sequence in 1..=count {
        assert_eq!(writer.append(&record(sequence)).expect("it has room"), sequence);
    }
    assert_eq!(writer.flush().expect("the disk takes it"), count);
}

/// A journal of `count` records in `dir`, ended.
fn write_closed(dir: &Path, count: u64, summary: &[u8]) {
    let mut writer = unsynced_writer(dir, LIMITS);
    for sequence in 1..=count {
        writer.append(&record(sequence)).expect("it has room");
    }
    assert_eq!(writer.finish(summary).expect("the disk takes it"), count + 1);
}

#[test]
fn what_was_appended_is_read_back_over_many_segments() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = dir.path().join("boot-7");
    let limits = JournalLimits { segment_bytes: 64 << 10, ..LIMITS };
    let mut writer = JournalWriter::create(&journal, header(b"{\"a\":1}"), limits).expect("a new directory");
    for sequence in 1..=1000 {
        assert_eq!(writer.append(&record(sequence)).expect("it has room"), sequence);
    }
    assert_eq!(writer.last_sequence(), 1000);
    writer.finish(b"hash=5").expect("the disk takes it");

    let content = read_all(&journal).expect("it is sound");
    assert!(content.records == records(1000));
    assert_eq!((content.tail, content.summary), (Tail::Closed, Some(b"hash=5".to_vec())));
    let reader = JournalReader::open(&journal).expect("it is sound");
    assert_eq!(reader.header(), &header(b"{\"a\":1}"));
    assert_eq!(reader.manifest(), b"{\"a\":1}");
    assert_eq!((reader.tail(), reader.summary()), (None, None), "the end was not reached");
    assert!(segment::segment_path(&journal, 5).exists(), "there are several segments");
}

#[test]
fn a_journal_without_records_is_read_as_such() {
    let dir = tempfile::tempdir().expect("a directory");
    write_open(dir.path(), 0);
    let content = read_all(dir.path()).expect("it is sound");
    assert_eq!(content, Content { records: vec![], tail: Tail::Open, summary: None });
}

#[test]
fn what_was_not_flushed_is_not_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = unsynced_writer(dir.path(), LIMITS);
    writer.append(&record_of(1, 1)).expect("it has room");
    drop(writer);
    assert_eq!(read_all(dir.path()).expect("it is sound").records.len(), 0);
}

#[test]
fn a_directory_with_a_journal_takes_no_second_one() {
    let dir = tempfile::tempdir().expect("a directory");
    write_open(dir.path(), 1);
    let second = JournalWriter::create(dir.path(), header(b"{}"), LIMITS);
    assert!(matches!(second, Err(JournalError::AlreadyThere { .. })), "{second:?}");
    assert_eq!(read_all(dir.path()).expect("it is sound").records, records(1));
}

#[test]
fn a_directory_without_a_journal_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let error = JournalReader::open(dir.path()).expect_err("there is none");
    assert!(matches!(error, JournalError::NotThere { .. }), "{error}");
}

#[test]
fn what_is_too_long_is_refused_with_its_limit() {
    let dir = tempfile::tempdir().expect("a directory");
    let manifest = vec![b'm'; MANIFEST_BYTES_MAX + 1];
    let error = JournalWriter::create(dir.path(), header(&manifest), LIMITS).expect_err("it is too long");
    assert_eq!(error.to_string(), "the manifest has 4194305 bytes, at most 4194304 fit");

    let writer = unsynced_writer(dir.path(), LIMITS);
    let room = 8192 - 232 - 16;
    let error = writer.finish(&vec![b's'; room + 1]).expect_err("it is too long for a segment");
    assert!(matches!(error, JournalError::TooLong { bytes_max, .. } if bytes_max == room), "{error}");
}

#[test]
fn the_longest_summary_fits() {
    for (segment_bytes, summary_bytes) in [(8192, 8192 - 232 - 16), (1 << 20, SUMMARY_BYTES_MAX)] {
        let dir = tempfile::tempdir().expect("a directory");
        let summary = vec![b's'; summary_bytes];
        let mut writer = unsynced_writer(dir.path(), JournalLimits { segment_bytes, ..LIMITS });
        writer.append(&record(1)).expect("it has room");
        writer.finish(&summary).expect("it fits");
        assert_eq!(read_all(dir.path()).expect("it is sound").summary, Some(summary));
    }
}

#[test]
fn a_full_journal_says_so_and_keeps_what_it_has() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = unsynced_writer(dir.path(), JournalLimits { segments_max: 2, ..LIMITS });
    let mut count = 0;
    let error = loop {
        match writer.append(&record_of(64, count + 1)) {
            Ok(sequence) => count = sequence,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { segments_max: 2, .. }), "{error}");
    assert_eq!(writer.flush().expect("the disk takes it"), count);
    writer.finish(b"full").expect("a small closing entry has room");
    let content = read_all(dir.path()).expect("it is sound");
    assert_eq!((content.records.len() as u64, content.tail), (count, Tail::Closed));
}

#[test]
#[should_panic(expected = "a segment must hold")]
fn a_segment_that_holds_no_record_is_a_bug_of_the_caller() {
    let dir = tempfile::tempdir().expect("a directory");
    unsynced_writer(dir.path(), JournalLimits { segment_bytes: 3000, ..LIMITS });
}

/// One step of a recorder.
#[derive(Clone, Copy, Debug)]
enum Step {
    Append { slot_count: u8 },
    Flush,
    Sync,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..=4u8).prop_map(|slot_count| Step::Append { slot_count }),
        4 => (1..=64u8).prop_map(|slot_count| Step::Append { slot_count }),
        1 => Just(Step::Flush),
        1 => Just(Step::Sync),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sizes_flushes_and_rotations_read_back_the_same(
        steps in steps(),
        manifest in prop::collection::vec(any::<u8>(), 0..300),
        segment_room in 0..20_000u64,
        buffer_room in 0..9000usize,
        is_finished in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().expect("a directory");
        let limits = JournalLimits {
            segment_bytes: 224 + 304 + RECORD_ENTRY_BYTES_MAX as u64 + segment_room,
            segments_max: 100,
            buffer_bytes: RECORD_ENTRY_BYTES_MAX + buffer_room,
        };
        let disk = TestDisk::new(dir.path(), Arc::new(Faults::default()));
        let mut writer = JournalWriter::create_on(Box::new(disk), dir.path(), header(&manifest), limits)?;
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for step in steps {
            match step {
                Step::Append { slot_count } => {
                    let record = record_of(slot_count, expected.len() as u64);
                    expected.push(record.bytes().to_vec());
                    prop_assert_eq!(writer.append(&record)?, expected.len() as u64);
                }
                Step::Flush => prop_assert_eq!(writer.flush()?, expected.len() as u64),
                Step::Sync => prop_assert_eq!(writer.sync()?, expected.len() as u64),
            }
        }
        let tail = if is_finished {
            writer.finish(b"")?;
            Tail::Closed
        } else {
            writer.flush()?;
            Tail::Open
        };
        let content = read_all(dir.path())?;
        prop_assert!(content.records == expected);
        prop_assert_eq!(content.tail, tail);
        prop_assert!(JournalReader::open(dir.path())?.manifest() == manifest);
    }
}
