//! A disk that refuses: whatever it refuses, what was confirmed stays readable and nothing is confirmed falsely.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::segment::{new_segment_path, segment_path};
use super::super::storage::{Disk, SegmentFile, Storage};
use super::*;

/// Which calls of a [`TestDisk`] fail, and how many there were.
#[derive(Debug)]
pub(super) struct Faults {
    calls: AtomicU64,
    /// The first call that fails, from 1.
    from: AtomicU64,
    /// How many fail from there on.
    count: u64,
    errno: i32,
    /// The most bytes that one write takes.
    write_bytes_max: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            calls: AtomicU64::new(0),
            from: AtomicU64::new(u64::MAX),
            count: 1,
            errno: 5,
            write_bytes_max: usize::MAX,
        }
    }
}

impl Faults {
    fn call(&self) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let from = self.from.load(Ordering::Relaxed);
        if call < from || call - from >= self.count {
            return Ok(());
        }
        Err(io::Error::from_raw_os_error(self.errno))
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// Real files, without the waits for the disk, and with faults.
pub(super) struct TestDisk {
    disk: Disk,
    faults: Arc<Faults>,
}

struct TestFile {
    file: Box<dyn SegmentFile>,
    faults: Arc<Faults>,
}

impl TestDisk {
    pub fn new(dir: &Path, faults: Arc<Faults>) -> Self {
        TestDisk { disk: Disk { dir: dir.to_path_buf() }, faults }
    }
}

impl Storage for TestDisk {
    fn create(&mut self, number: u32, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        self.faults.call()?;
        Ok(Box::new(TestFile { file: self.disk.create(number, bytes)?, faults: self.faults.clone() }))
    }

    fn publish(&mut self, number: u32) -> io::Result<()> {
        self.faults.call()?;
        fs::rename(new_segment_path(&self.disk.dir, number), segment_path(&self.disk.dir, number))
    }
}

impl SegmentFile for TestFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.faults.call()?;
        let length = bytes.len().min(self.faults.write_bytes_max);
        self.file.write_at(&bytes[..length], offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.call()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.faults.call()?;
        self.file.truncate(bytes)
    }
}

/// What became of a recorder that had trouble.
#[derive(Default, Debug)]
struct Outcome {
    /// The last sequence that a call confirmed to be written.
    confirmed: u64,
    is_created: bool,
    is_finished: bool,
    /// What stopped it, or what it got over.
    errors: Vec<JournalError>,
}

const RECORDS: u64 = 60;

/// Appends [`RECORDS`] records, flushing and syncing on the way, and tries each call twice.
fn record_with_trouble(dir: &Path, faults: &Arc<Faults>) -> Outcome {
    let mut outcome = Outcome::default();
    let disk = Box::new(TestDisk::new(dir, faults.clone()));
    let mut writer = match JournalWriter::create_on(disk, dir, header(b"{}"), LIMITS) {
        Ok(writer) => writer,
        Err(error) => {
            outcome.errors.push(error);
            return outcome;
        }
    };
    outcome.is_created = true;
    for sequence in 1..=RECORDS {
        let record = record(sequence);
        let Some(taken) = twice(&mut outcome, || writer.append(&record)) else { return outcome };
        assert_eq!(taken, sequence, "an error takes no sequence");
        let confirmed = match sequence % 10 {
            4 => twice(&mut outcome, || writer.flush()),
            9 => twice(&mut outcome, || writer.sync()),
            _ => continue,
        };
        let Some(confirmed) = confirmed else { return outcome };
        outcome.confirmed = confirmed;
    }
    let Some(confirmed) = twice(&mut outcome, || writer.flush()) else { return outcome };
    outcome.confirmed = confirmed;
    match writer.finish(b"done") {
        Ok(_) => outcome.is_finished = true,
        Err(error) => outcome.errors.push(error),
    }
    outcome
}

fn twice(outcome: &mut Outcome, mut call: impl FnMut() -> Result<u64, JournalError>) -> Option<u64> {
    for _ in 0..2 {
        match call() {
            Ok(sequence) => return Some(sequence),
            Err(error) => outcome.errors.push(error),
        }
    }
    None
}

/// Lets every call fail in turn, `count` calls each time, until the run is too short for the fault to come.
fn check_every_fault(errno: i32, count: u64, write_bytes_max: usize) {
    for from in 1.. {
        let dir = tempfile::tempdir().expect("a directory");
        let faults =
            Arc::new(Faults { from: from.into(), count, errno, write_bytes_max, ..Faults::default() });
        let outcome = record_with_trouble(dir.path(), &faults);
        if !outcome.is_created {
            let error = read_all(dir.path()).expect_err("no journal was made");
            assert!(matches!(error, JournalError::NotThere { .. }), "call {from}: {error}");
            continue;
        }
        let content = read_all(dir.path()).unwrap_or_else(|error| panic!("call {from}: {error}"));
        let count_read = content.records.len() as u64;
        assert!(content.records == records(count_read), "call {from}: a wrong record");
        assert!(count_read >= outcome.confirmed, "call {from}: {count_read} of {outcome:?}");
        assert_eq!(content.tail == Tail::Closed, content.summary.is_some(), "call {from}");
        match &outcome.errors[..] {
            [] => {
                assert!(outcome.is_finished && content.tail == Tail::Closed);
                assert!(from > 30, "only {from} calls were tried");
                return;
            }
            [JournalError::Io { .. }] if count == 1 => {
                assert!(outcome.is_finished || count_read == RECORDS, "call {from}: it did not go on");
            }
            [JournalError::SyncFailed { .. }, rest @ ..] => {
                let stays = rest.iter().all(|error| matches!(error, JournalError::Poisoned { .. }));
                assert!(stays && !outcome.is_finished, "call {from}: {outcome:?}");
            }
            errors => assert!(count > 1, "call {from}: one fault gave {errors:?}"),
        }
    }
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

#[test]
fn a_call_that_fails_once_costs_nothing_but_that_call() {
    check_every_fault(EIO, 1, usize::MAX);
}

#[test]
fn a_write_that_stops_inside_an_entry_and_then_fails_goes_on_at_the_same_byte() {
    check_every_fault(EIO, 1, 701);
}

#[test]
fn a_disk_that_is_full_for_ever_leaves_a_journal_that_opens() {
    check_every_fault(ENOSPC, u64::MAX, 701);
}

#[test]
fn short_writes_write_everything() {
    for write_bytes_max in [1, 7, 16, 1000] {
        let dir = tempfile::tempdir().expect("a directory");
        let faults = Arc::new(Faults { write_bytes_max, ..Faults::default() });
        assert!(record_with_trouble(dir.path(), &faults).is_finished);
        assert!(read_all(dir.path()).expect("it is sound").records == records(RECORDS));
    }
}

#[test]
fn after_a_failed_sync_the_disk_is_not_asked_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let faults = Arc::new(Faults::default());
    let disk = Box::new(TestDisk::new(dir.path(), faults.clone()));
    let mut writer =
        JournalWriter::create_on(disk, dir.path(), header(b"{}"), LIMITS).expect("a new journal");
    writer.append(&record(1)).expect("it has room");
    writer.flush().expect("the disk takes it");
    faults.from.store(faults.calls() + 1, Ordering::Relaxed);

    let error = writer.sync().expect_err("the disk refuses");
    assert!(matches!(error, JournalError::SyncFailed { .. }), "{error}");
    let calls = faults.calls();
    for result in [writer.sync(), writer.flush(), writer.append(&record(2)), writer.finish(b"")] {
        let error = result.expect_err("the journal is poisoned");
        assert!(matches!(error, JournalError::Poisoned { .. }), "{error}");
    }
    assert_eq!(faults.calls(), calls);
    assert!(read_all(dir.path()).expect("it opens").records == records(1));
}

#[test]
fn a_real_disk_that_refuses_names_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("not-a-directory");
    File::create(&file).and_then(|file| file.write_all_at(b"x", 0)).expect("a file");
    let error = JournalWriter::create(&file, header(b"{}"), LIMITS).expect_err("it is a file");
    assert_eq!(error.to_string(), format!("cannot create {}", file.display()));
}
