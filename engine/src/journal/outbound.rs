//! What the gateway published before it died, and the recorder may not have copied into the journal.
//!
//! The gateway's outbound channel lies in a file mapping, so that publishing an order is writing it ahead: after a
//! kill its records stand in the file, and recovery reads here which orders may be live at a venue. Only reads, from a
//! copy in memory; a file that is no ring is refused, never repaired. After a loss of power the file is whatever
//! reached the disk, and only the venue knows.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use fulmar_bus::channel::{Poll, Region, Words, open};
use fulmar_bus::record::{ChannelId, Record};

use super::error::JournalError;
use super::limits::OUTBOUND_BYTES_MAX;

/// The outbound channel as its writer left it.
#[derive(Debug)]
pub struct Outbound {
    /// Which channel it is.
    pub channel: ChannelId,
    /// The records after the one asked for, in the order in which they were published. A record that was being
    /// written at the end is not among them: it was not published, so it was not sent.
    pub records: Vec<Record>,
    /// Records after the one asked for that were overwritten. Never more than zero where the recorder reads the
    /// channel through a gate.
    pub lost_count: u64,
}

/// The file in `dir` that the outbound channel is mapped to.
pub fn outbound_path(dir: &Path) -> PathBuf {
    dir.join("outbound.ring")
}

/// Reads the outbound channel of the run in `dir`: its records after `sequence`, which is that of the channel's last
/// record in the journal, or zero where the journal has none.
///
/// # Errors
/// [`JournalError::NotThere`] where there is no such file, [`JournalError::NoRing`] where it holds no ring, and what
/// the file system says.
pub fn recover_outbound(dir: &Path, sequence: u64) -> Result<Outbound, JournalError> {
    let path = outbound_path(dir);
    let region = match read_region(&path) {
        Ok(region) => region,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(JournalError::NotThere { dir: dir.to_path_buf() });
        }
        Err(source) => return Err(JournalError::Io { doing: "read", path, source }),
    };
    let ring = open(region).map_err(|source| JournalError::NoRing { path, source })?;
    let mut reader = ring.reader();
    let lost_count = reader.sequence().saturating_sub(sequence);
    let mut outbound = Outbound { channel: ring.channel(), records: Vec::new(), lost_count };
    let mut record = Record::new();
    loop {
        match reader.poll(&mut record) {
            Poll::Record if reader.sequence() > sequence => outbound.records.push(record.clone()),
            Poll::Record => {}
            // Nobody writes: only a damaged ring has a gap, and each one moves the reader on.
            Poll::Lapped { lost_count } => outbound.lost_count += lost_count,
            Poll::Empty => return Ok(outbound),
        }
    }
}

/// The whole words of a file.
fn read_region(path: &Path) -> io::Result<Region> {
    let mut bytes = Vec::new();
    File::open(path)?.take(OUTBOUND_BYTES_MAX).read_to_end(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<8>();
    let region = Region::heap(words.len());
    for (index, word) in words.iter().enumerate() {
        region.store(index, u64::from_le_bytes(*word), Ordering::Relaxed);
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use fulmar_bus::channel::{RingShape, create};
    use fulmar_bus::record::{Flags, Heading, InstrumentId, RecordId, Timer, UnixNanos};

    use super::*;

    const SHAPE: RingShape = RingShape { slot_count: 128, gate_count: 1 };

    /// Publishes that many one-slot records, tagged with their sequence, over the file of `dir`.
    fn publish(dir: &Path, count: u64) {
        let region = Region::map_file(&outbound_path(dir), SHAPE.word_count()).expect("a mapping");
        let (mut writer, _) = create(region, SHAPE, ChannelId(9));
        let heading = Heading {
            instrument_id: InstrumentId::NONE,
            cause: RecordId::NONE,
            received_at: UnixNanos(1),
            flags: Flags::NONE,
        };
        let mut record = Record::new();
        for tag in 1..=count {
            record.write(heading, &Timer { tag, due_at: UnixNanos(2) });
            writer.publish(&mut record).expect("nobody is in the way");
        }
    }

    /// The outbound records of `dir` after `sequence` must be those so tagged.
    fn check(dir: &Path, sequence: u64, tags: std::ops::Range<u64>, lost_count: u64) {
        let outbound = recover_outbound(dir, sequence).expect("there is a ring");
        let found: Vec<_> =
            outbound.records.iter().map(|record| record.read::<Timer>().map(|timer| timer.tag)).collect();
        assert_eq!(found, tags.map(Ok).collect::<Vec<_>>());
        assert_eq!((outbound.channel, outbound.lost_count), (ChannelId(9), lost_count));
    }

    #[test]
    fn what_the_journal_lacks_is_found_in_the_ring() {
        let dir = tempfile::tempdir().expect("a directory");
        publish(dir.path(), 0);
        check(dir.path(), 0, 1..1, 0);
        publish(dir.path(), 5);
        check(dir.path(), 0, 1..6, 0);
        check(dir.path(), 3, 4..6, 0);
        check(dir.path(), 5, 6..6, 0);
    }

    #[test]
    fn what_was_overwritten_before_the_journal_had_it_is_counted() {
        let dir = tempfile::tempdir().expect("a directory");
        publish(dir.path(), 1000);
        check(dir.path(), 872, 873..1001, 0);
        check(dir.path(), 990, 991..1001, 0);
        check(dir.path(), 800, 873..1001, 72);
    }

    #[test]
    fn a_record_that_its_writer_died_in_was_not_published() {
        let dir = tempfile::tempdir().expect("a directory");
        publish(dir.path(), 5);
        let region = Region::map_file(&outbound_path(dir.path()), SHAPE.word_count()).expect("a mapping");
        let stamp_at = 32 + 16 * SHAPE.gate_count + 4 * 8;
        let stamp = region.load(stamp_at, Ordering::Relaxed);
        assert_eq!(stamp, 5 << 2 | 1, "the fifth record is complete");
        region.store(stamp_at, 5 << 2, Ordering::Relaxed);
        region.store(16, 4, Ordering::Relaxed);
        check(dir.path(), 0, 1..5, 0);
    }

    #[test]
    fn what_is_no_ring_is_refused_in_words() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(matches!(recover_outbound(dir.path(), 0), Err(JournalError::NotThere { .. })));
        std::fs::write(outbound_path(dir.path()), [0; 4096]).expect("it is written");
        let error = recover_outbound(dir.path(), 0).expect_err("it is no ring");
        let text = format!("{} cannot be read as a channel", outbound_path(dir.path()).display());
        assert_eq!(error.to_string(), text);
        publish(dir.path(), 5);
        let file = File::options().write(true).open(outbound_path(dir.path())).expect("it is there");
        file.set_len(2000).expect("it is cut");
        assert!(matches!(recover_outbound(dir.path(), 0), Err(JournalError::NoRing { .. })));
    }
}
