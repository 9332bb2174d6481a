//! Appends records to a journal. Never reads, never overwrites, never decides what is worth keeping.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use fulmar_bus::record::Record;

use super::ahead::{discard_ahead, rings_directory};
use super::error::JournalError;
use super::limits::{
    JournalLimits, MANIFEST_BYTES_MAX, RECORD_ENTRY_BYTES_MAX, SEGMENT_NUMBER_MAX, SUMMARY_BYTES_MAX,
};
use super::segment::{
    EntryKind, JournalHeader, SegmentHeader, entry_bytes, new_segment_path, push_entry, segment_path,
};
use super::storage::{Disk, SegmentFile, Storage};

/// The one writer of a journal.
///
/// After an error nothing that a call confirmed before is lost, and what was appended but not yet written is kept:
/// the next call goes on at the same byte, so a disk that has space again is enough. After
/// [`JournalError::SyncFailed`] every call answers [`JournalError::Poisoned`].
///
/// Dropping a writer writes nothing: what was not flushed is as lost as if the process had been killed.
///
/// ```
/// use fulmar_bus::record::{Record, Text, UnixNanos, Heading, InstrumentId, RecordId, Flags, SnapshotEnd};
/// use fulmar_engine::journal::{JournalHeader, JournalLimits, JournalReader, JournalWriter, Tail};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let scratch = tempfile::tempdir()?;
/// # let dir = scratch.path().join("run");
/// let header = JournalHeader {
///     boot_id: [7; 16],
///     tenant: Text::new("desk").ok_or("too long")?,
///     epoch: 1,
///     created_at: UnixNanos(5),
///     build: Text::new("0.1.0").ok_or("too long")?,
///     configuration_hash: [0; 32],
///     manifest: b"{}".to_vec(),
/// };
/// let mut record = Record::new();
/// let heading = Heading {
///     instrument_id: InstrumentId(1),
///     cause: RecordId::NONE,
///     received_at: UnixNanos(9),
///     flags: Flags::NONE,
/// };
/// record.write(heading, &SnapshotEnd { update_id: 77, venue_at: UnixNanos(8) });
///
/// let mut writer = JournalWriter::create(&dir, header, JournalLimits::default())?;
/// assert_eq!(writer.append(&record)?, 1);
/// writer.flush()?; // from here on it survives the death of this process
/// writer.finish(b"hash=1")?;
///
/// let mut reader = JournalReader::open(&dir)?;
/// let mut read = Record::new();
/// assert_eq!(reader.next(&mut read)?.map(|entry| entry.sequence), Some(1));
/// assert_eq!(read.bytes(), record.bytes());
/// assert_eq!(reader.next(&mut read)?, None);
/// assert_eq!((reader.tail(), reader.summary()), (Some(Tail::Closed), Some(&b"hash=1"[..])));
/// # Ok(())
/// # }
/// ```
pub struct JournalWriter {
    dir: PathBuf,
    limits: JournalLimits,
    storage: Box<dyn Storage>,
    /// The header of the segment that is written.
    segment: SegmentHeader,
    file: Box<dyn SegmentFile>,
    /// Bytes of the segment that the file has taken.
    written_bytes: u64,
    /// Whole entries, and at the front the rest of one where a write stopped inside it.
    pending: Vec<u8>,
    next_sequence: u64,
    is_poisoned: bool,
}

impl JournalWriter {
    /// Starts a journal in `dir`, which is made where it is not there.
    ///
    /// # Errors
    /// [`JournalError::AlreadyThere`] where `dir` holds any part of a journal, [`JournalError::TooLong`] for the
    /// manifest, and what the file system says.
    ///
    /// # Panics
    /// Where the limits leave no room for the largest record.
    pub fn create(dir: &Path, header: JournalHeader, limits: JournalLimits) -> Result<Self, JournalError> {
        prepare_directory(dir)?;
        Self::create_on(Box::new(Disk { dir: dir.to_path_buf() }), dir, header, limits)
    }

    pub(super) fn create_on(
        mut storage: Box<dyn Storage>,
        dir: &Path,
        header: JournalHeader,
        limits: JournalLimits,
    ) -> Result<Self, JournalError> {
        check_length("manifest", header.manifest.len(), MANIFEST_BYTES_MAX)?;
        let segment = SegmentHeader { journal: header, number: 1, first_sequence: 1 };
        let bytes_min = segment.bytes() + RECORD_ENTRY_BYTES_MAX;
        assert!(limits.segment_bytes >= bytes_min as u64, "a segment must hold {bytes_min} bytes");
        assert!(limits.buffer_bytes >= RECORD_ENTRY_BYTES_MAX, "the buffer must hold the largest record");
        assert!((1..=SEGMENT_NUMBER_MAX).contains(&limits.segments_max), "segments have six digits");
        let (file, written_bytes) = make_segment(storage.as_mut(), dir, &segment, limits.segment_bytes)?;
        Ok(JournalWriter {
            dir: dir.to_path_buf(),
            limits,
            storage,
            segment,
            file,
            written_bytes,
            pending: Vec::with_capacity(limits.buffer_bytes),
            next_sequence: 1,
            is_poisoned: false,
        })
    }

    /// Takes a record at the end of the journal and gives its sequence there. It lies in memory until
    /// [`JournalWriter::flush`]; a full buffer is written on the way, a full segment also synced.
    ///
    /// # Errors
    /// The record was not taken; see [`JournalError`] for which call may be tried again.
    pub fn append(&mut self, record: &Record) -> Result<u64, JournalError> {
        self.check_sound()?;
        self.make_room(entry_bytes(record.bytes().len()))?;
        Ok(self.push(EntryKind::Record, record.bytes()))
    }

    /// Hands all that was appended to the operating system, so that it outlives this process (class D1), and gives
    /// the last sequence that does.
    ///
    /// # Errors
    /// A part may be written; the rest is kept for the next call.
    pub fn flush(&mut self) -> Result<u64, JournalError> {
        self.check_sound()?;
        let (count, outcome) = write_all(self.file.as_mut(), &self.pending, self.written_bytes);
        self.written_bytes += count as u64;
        self.pending.drain(..count);
        match outcome {
            Ok(()) => Ok(self.last_sequence()),
            Err(source) => Err(self.io("write", source)),
        }
    }

    /// Flushes, and waits until the disk has all that was appended, so that it outlives this machine's power (class
    /// D2). Gives the last sequence that does.
    ///
    /// # Errors
    /// [`JournalError::SyncFailed`] is final.
    pub fn sync(&mut self) -> Result<u64, JournalError> {
        let sequence = self.flush()?;
        if let Err(source) = self.file.sync() {
            self.is_poisoned = true;
            return Err(JournalError::SyncFailed { path: self.path(), source });
        }
        Ok(sequence)
    }

    /// Ends the journal, which holds all that was published: adds the closing entry with `summary` (opaque bytes, such
    /// as the hash of the outputs), gives back the space that was not used, syncs, and removes the rings of what was
    /// published ahead. Gives the sequence of the closing entry.
    ///
    /// # Errors
    /// The journal stays as readable as after a kill. A caller that would try again flushes first: that can be.
    pub fn finish(mut self, summary: &[u8]) -> Result<u64, JournalError> {
        self.check_sound()?;
        let segment_room = self.limits.segment_bytes - (self.segment.bytes() + entry_bytes(0)) as u64;
        let summary_bytes_max = usize::try_from(segment_room).unwrap_or(usize::MAX).min(SUMMARY_BYTES_MAX);
        check_length("summary", summary.len(), summary_bytes_max)?;
        self.make_room(entry_bytes(summary.len()))?;
        let sequence = self.push(EntryKind::Closing, summary);
        self.flush()?;
        self.file.truncate(self.written_bytes).map_err(|source| self.io("truncate", source))?;
        self.sync()?;
        discard_ahead(&self.dir)?;
        Ok(sequence)
    }

    /// The sequence of the last record that was appended; zero before the first.
    pub fn last_sequence(&self) -> u64 {
        self.next_sequence - 1
    }

    /// Makes room for an entry of so many bytes, in the segment and in the buffer.
    fn make_room(&mut self, bytes: usize) -> Result<(), JournalError> {
        let end = self.written_bytes + (self.pending.len() + bytes) as u64;
        if end > self.limits.segment_bytes {
            self.rotate()?;
        }
        if self.pending.len() + bytes > self.limits.buffer_bytes {
            self.flush()?;
        }
        Ok(())
    }

    fn push(&mut self, kind: EntryKind, body: &[u8]) -> u64 {
        let sequence = self.next_sequence;
        push_entry(&mut self.pending, kind, sequence, body);
        self.next_sequence += 1;
        sequence
    }

    /// Syncs the segment and goes on in a new one. Until that stands, the old one stays the one that is written.
    fn rotate(&mut self) -> Result<(), JournalError> {
        self.sync()?;
        if self.segment.number >= self.limits.segments_max {
            return Err(JournalError::Full { dir: self.dir.clone(), segments_max: self.limits.segments_max });
        }
        let number = self.segment.number;
        (self.segment.number, self.segment.first_sequence) = (number + 1, self.next_sequence);
        match make_segment(self.storage.as_mut(), &self.dir, &self.segment, self.limits.segment_bytes) {
            Ok((file, written_bytes)) => {
                (self.file, self.written_bytes) = (file, written_bytes);
                Ok(())
            }
            Err(error) => {
                self.segment.number = number;
                self.is_poisoned = matches!(error, JournalError::SyncFailed { .. });
                Err(error)
            }
        }
    }

    fn check_sound(&self) -> Result<(), JournalError> {
        if self.is_poisoned { Err(JournalError::Poisoned { dir: self.dir.clone() }) } else { Ok(()) }
    }

    fn path(&self) -> PathBuf {
        segment_path(&self.dir, self.segment.number)
    }

    fn io(&self, doing: &'static str, source: io::Error) -> JournalError {
        JournalError::Io { doing, path: self.path(), source }
    }
}

impl std::fmt::Debug for JournalWriter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("JournalWriter")
            .field("path", &self.path())
            .field("written_bytes", &self.written_bytes)
            .field("pending_bytes", &self.pending.len())
            .field("next_sequence", &self.next_sequence)
            .finish_non_exhaustive()
    }
}

/// Makes a segment that holds its header and is on the disk with it, under its name. Gives the file and the bytes
/// that are written.
fn make_segment(
    storage: &mut dyn Storage,
    dir: &Path,
    header: &SegmentHeader,
    segment_bytes: u64,
) -> Result<(Box<dyn SegmentFile>, u64), JournalError> {
    let path = new_segment_path(dir, header.number);
    let io = |doing| {
        let path = path.clone();
        move |source| JournalError::Io { doing, path, source }
    };
    let mut file = storage.create(header.number, segment_bytes).map_err(io("create"))?;
    let bytes = header.encode();
    write_all(file.as_mut(), &bytes, 0).1.map_err(io("write"))?;
    let synced = file.sync().and_then(|()| storage.publish(header.number));
    synced.map_err(|source| JournalError::SyncFailed { path, source })?;
    Ok((file, bytes.len() as u64))
}

/// Writes `bytes` at `offset` until all are written or the file refuses. Gives how many it took in either case.
fn write_all(file: &mut dyn SegmentFile, bytes: &[u8], offset: u64) -> (usize, io::Result<()>) {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], offset + done as u64) {
            Ok(0) => return (done, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => done += count,
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}

/// Makes the directory, durably, and sees that no part of a journal is in it.
fn prepare_directory(dir: &Path) -> Result<(), JournalError> {
    let io = |doing| move |source| JournalError::Io { doing, path: dir.to_path_buf(), source };
    fs::create_dir_all(dir).map_err(io("create"))?;
    let parent = dir.join("..");
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(io("sync the parent of"))?;
    let rings = rings_directory(dir);
    for file in fs::read_dir(dir).map_err(io("list"))? {
        let name = PathBuf::from(file.map_err(io("list"))?.file_name());
        if name.to_string_lossy().starts_with("journal-") || dir.join(&name) == rings {
            return Err(JournalError::AlreadyThere { dir: dir.to_path_buf(), name });
        }
    }
    fs::create_dir(&rings).map_err(io("create the rings of"))
}

fn check_length(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), JournalError> {
    if bytes > bytes_max { Err(JournalError::TooLong { what, bytes, bytes_max }) } else { Ok(()) }
}
