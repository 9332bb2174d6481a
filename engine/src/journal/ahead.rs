//! What was published ahead of the journal: on channels that lie in files of its directory, and that the recorder may
//! not have copied when the process was killed.
//!
//! Publishing is writing ahead. Frames, the operator's controls, notes and orders are in `DIR/rings/CHANNEL.ring`
//! before anybody can read them, so a kill leaves them behind: what a replay needs to play up to the kill, and which
//! orders may be live at a venue. Each record has a check in the file, and recovery holds it against that. It only
//! reads, from a copy in memory; a file that is no ring, or was changed, is refused, never repaired. After a loss of
//! power a file is whatever reached the disk, and only the venue knows. A run that came to its end removes the rings:
//! everything in them is in the journal.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use fulmar_bus::channel::{Damaged, Region, Words, open};
use fulmar_bus::record::{ChannelId, Record};

use super::error::JournalError;
use super::limits::RING_BYTES_MAX;

/// What one channel holds beyond the journal.
#[derive(Debug)]
pub struct Ahead {
    /// Which channel it is.
    pub channel: ChannelId,
    /// The records after the journal's last one, in the order in which they were published. A record that was being
    /// written at the end is not among them: it was not published, so nobody saw it.
    pub records: Vec<Record>,
    /// Records after the journal's last one that were overwritten. Never more than zero where the recorder reads the
    /// channel through a gate.
    pub lost_count: u64,
}

/// The folder in a journal's directory that its channels are mapped to.
pub(super) fn rings_directory(dir: &Path) -> PathBuf {
    dir.join("rings")
}

/// The file in the journal `dir` that the channel of this name is mapped to.
pub fn ring_path(dir: &Path, channel_name: &str) -> PathBuf {
    rings_directory(dir).join(format!("{channel_name}.ring"))
}

/// Reads what the run in `dir` published ahead of its journal, channel by channel in the order of their names, where
/// `last_sequence` gives the sequence of a channel's last record in the journal, or zero. Empty where the run came to
/// its end.
///
/// # Errors
/// [`JournalError::NoRing`] where a file holds no ring, [`JournalError::DamagedRing`] where a record in it, or a stamp,
/// is not what was written, and what the file system says.
pub fn recover_ahead(
    dir: &Path,
    last_sequence: impl Fn(ChannelId) -> u64,
) -> Result<Vec<Ahead>, JournalError> {
    let folder = rings_directory(dir);
    let io = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| JournalError::Io { doing, path, source }
    };
    let files = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(io("list", &folder))?,
    };
    let mut paths = Vec::new();
    for file in files {
        paths.push(file.map_err(io("list", &folder))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ring"));
    paths.sort();
    let mut channels = Vec::new();
    for path in paths {
        let region = read_region(&path).map_err(io("read", &path))?;
        // The first word is laid down last: the process was killed before anything could be published.
        if region.word_count() == 0 || region.load(0, Ordering::Relaxed) == 0 {
            continue;
        }
        channels.push(read_ahead(region, &path, &last_sequence)?);
    }
    Ok(channels)
}

/// Removes the rings of a run whose journal holds everything that was published. The journal is whole whether that
/// succeeds or not.
pub(super) fn discard_ahead(dir: &Path) -> Result<(), JournalError> {
    let path = rings_directory(dir);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome.map_err(|source| JournalError::Io { doing: "remove", path, source }),
    }
}

fn read_ahead(
    region: Region,
    path: &Path,
    last_sequence: impl Fn(ChannelId) -> u64,
) -> Result<Ahead, JournalError> {
    let no_ring = |source| JournalError::NoRing { path: path.to_path_buf(), source };
    let damaged = |damage: Damaged| JournalError::DamagedRing { path: path.to_path_buf(), damage };
    let ring = open(region).map_err(no_ring)?;
    let sequence = last_sequence(ring.channel());
    let mut remains = ring.remains().map_err(damaged)?;
    let lost_count = remains.sequence().saturating_sub(sequence);
    let mut ahead = Ahead { channel: ring.channel(), records: Vec::new(), lost_count };
    let mut record = Record::new();
    while remains.next(&mut record).map_err(damaged)? {
        if remains.sequence() > sequence {
            ahead.records.push(record.clone());
        }
    }
    Ok(ahead)
}

/// The whole words of a file.
fn read_region(path: &Path) -> io::Result<Region> {
    let mut bytes = Vec::new();
    File::open(path)?.take(RING_BYTES_MAX).read_to_end(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<8>();
    let region = Region::heap(words.len());
    for (index, word) in words.iter().enumerate() {
        region.store(index, u64::from_le_bytes(*word), Ordering::Relaxed);
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use fulmar_bus::channel::{RingShape, create_checked};
    use fulmar_bus::record::{Flags, Heading, InstrumentId, RecordId, Timer, UnixNanos};

    use super::*;

    const NAME: &str = "requests.a.orders";
    const SHAPE: RingShape = RingShape { slot_count: 128, gate_count: 1 };

    /// Publishes that many one-slot records, tagged with their sequence, over the file of `dir`.
    fn publish(dir: &Path, count: u64) {
        fs::create_dir_all(rings_directory(dir)).expect("a folder");
        let region = Region::map_file(&ring_path(dir, NAME), SHAPE.checked_word_count()).expect("a mapping");
        let (mut writer, _) = create_checked(region, SHAPE, ChannelId(9));
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

    /// The records of `dir` after `sequence` must be those so tagged.
    fn check(dir: &Path, sequence: u64, tags: std::ops::Range<u64>, lost_count: u64) {
        let channels = recover_ahead(dir, |_| sequence).expect("there is a ring");
        let [ahead] = channels.as_slice() else { panic!("one channel, not {}", channels.len()) };
        let tag = |record: &Record| record.read::<Timer>().map(|timer| timer.tag);
        assert_eq!(ahead.records.iter().map(tag).collect::<Vec<_>>(), tags.map(Ok).collect::<Vec<_>>());
        assert_eq!((ahead.channel, ahead.lost_count), (ChannelId(9), lost_count));
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
        let region =
            Region::map_file(&ring_path(dir.path(), NAME), SHAPE.checked_word_count()).expect("a mapping");
        let stamp_at = 32 + 16 * SHAPE.gate_count + 4 * 8;
        let stamp = region.load(stamp_at, Ordering::Relaxed);
        assert_eq!(stamp, 5 << 3 | 3, "the fifth record is complete");
        region.store(stamp_at, 5 << 3, Ordering::Relaxed);
        region.store(16, 4, Ordering::Relaxed);
        check(dir.path(), 0, 1..5, 0);
    }

    #[test]
    fn a_ring_that_ends_before_its_cursor_is_damaged_and_not_shorter() {
        let dir = tempfile::tempdir().expect("a directory");
        publish(dir.path(), 5);
        let path = ring_path(dir.path(), NAME);
        let region = Region::map_file(&path, SHAPE.checked_word_count()).expect("a mapping");
        region.store(32 + 16 * SHAPE.gate_count + 3 * 8, 0, Ordering::Relaxed);
        let error = recover_ahead(dir.path(), |_| 0).expect_err("the fourth record is gone");
        let text = "is damaged: record 4 is not as it was published; a copy of the journal without the folder `rings` \
                    plays up to the journal's own last entry";
        assert_eq!(error.to_string(), format!("{} {text}", path.display()));
    }

    #[test]
    fn what_is_no_ring_is_refused_in_words() {
        let dir = tempfile::tempdir().expect("a directory");
        publish(dir.path(), 5);
        let path = ring_path(dir.path(), NAME);
        let file = File::options().write(true).open(&path).expect("it is there");
        file.set_len(2000).expect("it is cut");
        assert!(matches!(recover_ahead(dir.path(), |_| 0), Err(JournalError::NoRing { .. })));
        fs::write(&path, [7; 4096]).expect("it is written");
        let error = recover_ahead(dir.path(), |_| 0).expect_err("it is no ring");
        assert_eq!(error.to_string(), format!("{} cannot be read as a channel", path.display()));
    }

    #[test]
    fn where_nothing_was_published_ahead_nothing_is_found() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(recover_ahead(dir.path(), |_| 0).expect("no folder is no error").is_empty());
        publish(dir.path(), 5);
        fs::write(ring_path(dir.path(), "half.made"), [0; 4096]).expect("it is written");
        check(dir.path(), 0, 1..6, 0);
        discard_ahead(dir.path()).expect("the folder is there");
        assert!(recover_ahead(dir.path(), |_| 0).expect("no folder is no error").is_empty());
    }
}
