//! Reads a journal back, entry by entry, and tells a tail that a kill tore from damage. It changes no byte.

use std::fs;
use std::path::{Path, PathBuf};

use fulmar_bus::record::Record;

use super::error::JournalError;
use super::limits::ENTRY_BYTES_MAX;
use super::segment::{
    Broken, BrokenHeader, EntryKind, FIXED_HEADER_BYTES, FORMAT_VERSION, JournalHeader, SegmentHeader,
    parse_entry, segment_number, segment_path,
};
use super::window::Window;

/// Where a record stands in its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place among all entries of the journal, from 1.
    pub sequence: u64,
    /// The number of its segment.
    pub segment: u32,
    /// The byte of that segment's file at which the entry begins.
    pub offset: u64,
}

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With the closing entry: its writer finished.
    Closed,
    /// After a whole entry: its writer died, between two writes.
    Open,
    /// With the front part of one entry: its writer died in a write, which no flush had confirmed.
    Torn {
        /// Bytes from the end of the last whole entry to the last byte that is not zero.
        dropped_bytes: u64,
    },
}

/// Reads one journal from its first entry to its last. See [`JournalWriter`](super::JournalWriter) for an example.
#[derive(Debug)]
pub struct JournalReader {
    dir: PathBuf,
    segment_count: u32,
    window: Window,
    segment: SegmentHeader,
    /// Where in the segment the next entry begins.
    offset: u64,
    next_sequence: u64,
    summary: Option<Vec<u8>>,
    tail: Option<Tail>,
}

impl JournalReader {
    /// Opens the journal in `dir`, as it was left by a clean end or by a kill at any moment.
    ///
    /// Checks that no segment is missing and that the first has a sound header; the rest is checked as it is read.
    ///
    /// # Errors
    /// [`JournalError::NotThere`], [`JournalError::NewerFormat`], [`JournalError::Damaged`], and what the file
    /// system says.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        let segment_count = count_segments(dir)?;
        let (window, segment) = open_segment(dir, 1)?;
        let reader = JournalReader {
            dir: dir.to_path_buf(),
            segment_count,
            window,
            offset: segment.bytes() as u64,
            segment,
            next_sequence: 1,
            summary: None,
            tail: None,
        };
        if reader.segment.first_sequence != 1 {
            return Err(reader.damaged(format!("a segment from entry {}", reader.segment.first_sequence)));
        }
        Ok(reader)
    }

    /// Whose journal it is.
    pub fn header(&self) -> &JournalHeader {
        &self.segment.journal
    }

    /// How to rebuild the run: the bytes that its writer was given.
    pub fn manifest(&self) -> &[u8] {
        &self.segment.journal.manifest
    }

    /// The summary of the closing entry, once that was reached; `None` where the journal has none.
    pub fn summary(&self) -> Option<&[u8]> {
        self.summary.as_deref()
    }

    /// How the journal ends; `None` until the end was reached.
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// Reads the next record into `record` and says where it stands; `None` at the end of the journal.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where the bytes are not what a writer left; asked again, it answers the same.
    /// `record` then holds nothing of use.
    pub fn next(&mut self, record: &mut Record) -> Result<Option<Entry>, JournalError> {
        while self.tail.is_none() {
            let entry = match parse_entry(self.window.at(self.offset, ENTRY_BYTES_MAX)?) {
                Ok(Some(entry)) => entry,
                Ok(None) => {
                    self.end_segment(None)?;
                    continue;
                }
                Err(broken) => {
                    self.end_segment(Some(broken))?;
                    continue;
                }
            };
            let place = Entry { sequence: entry.sequence, segment: self.segment.number, offset: self.offset };
            if entry.sequence != self.next_sequence {
                let found = format!("entry {}", entry.sequence);
                return Err(self.damaged(found));
            }
            let entry_bytes = entry.entry_bytes as u64;
            match entry.kind {
                EntryKind::Record => {
                    if record.copy_from(entry.body).is_err() {
                        let found = format!("an entry of {} bytes that are no record", entry.body.len());
                        return Err(self.damaged(found));
                    }
                    self.advance(entry_bytes);
                    return Ok(Some(place));
                }
                EntryKind::Closing => {
                    let summary = entry.body.to_vec();
                    self.close(entry_bytes)?;
                    self.summary = Some(summary);
                }
            }
        }
        Ok(None)
    }

    fn advance(&mut self, entry_bytes: u64) {
        self.offset += entry_bytes;
        self.next_sequence += 1;
    }

    /// The closing entry was read: nothing may follow it.
    fn close(&mut self, entry_bytes: u64) -> Result<(), JournalError> {
        let rest = self.scan(self.offset + entry_bytes)?;
        if rest.dirty_bytes > 0 || self.segment.number != self.segment_count {
            let found = if rest.dirty_bytes > 0 { "bytes" } else { "another segment" };
            return Err(self.damaged(format!("the closing entry, and {found} after it")));
        }
        self.advance(entry_bytes);
        self.tail = Some(Tail::Closed);
        Ok(())
    }

    /// No whole entry stands here. With nothing but zeros behind it the segment ends; in the last one, so it does with
    /// the front part of one entry. No kill leaves anything else.
    fn end_segment(&mut self, broken: Option<Broken>) -> Result<(), JournalError> {
        let rest = self.scan(self.offset)?;
        let is_last = self.segment.number == self.segment_count;
        let torn_bytes_max = broken.map_or(0, |broken| broken.entry_bytes());
        match rest {
            Rest { dirty_bytes: 0, .. } if is_last => self.tail = Some(Tail::Open),
            Rest { dirty_bytes: 0, .. } => self.open_next_segment()?,
            Rest { dirty_bytes, entry_at: None } if is_last && dirty_bytes <= torn_bytes_max => {
                self.tail = Some(Tail::Torn { dropped_bytes: dirty_bytes });
            }
            Rest { dirty_bytes, entry_at } => {
                let found = broken.map_or("zeros".to_string(), |broken| broken.to_string());
                let later = entry_at.map_or(String::new(), |at| format!(", a later entry at byte {at}"));
                return Err(self.damaged(format!("{found}, with {dirty_bytes} bytes up to the end{later}")));
            }
        }
        Ok(())
    }

    fn open_next_segment(&mut self) -> Result<(), JournalError> {
        let number = self.segment.number + 1;
        let (window, next) = open_segment(&self.dir, number)?;
        if next.journal != self.segment.journal {
            let found = "a segment of another journal".to_string();
            return Err(header_damaged(&window, number, found));
        }
        if next.first_sequence != self.next_sequence {
            let found = format!("the segment's end, and segment {number} from entry {}", next.first_sequence);
            return Err(self.damaged(found));
        }
        self.offset = next.bytes() as u64;
        (self.window, self.segment) = (window, next);
        Ok(())
    }

    fn damaged(&self, found: String) -> JournalError {
        JournalError::Damaged {
            path: self.window.path().to_path_buf(),
            offset: self.offset,
            expected: format!("entry {}", self.next_sequence),
            found,
        }
    }

    /// Looks at all bytes of the segment from `start`: whether any is not zero, and whether a whole entry that is not
    /// before the expected one stands anywhere among them.
    fn scan(&mut self, start: u64) -> Result<Rest, JournalError> {
        let mut rest = Rest { dirty_bytes: 0, entry_at: None };
        let mut at = start;
        loop {
            let block = self.window.at(at, SCAN_BYTES)?;
            let block = &block[..block.len().min(SCAN_BYTES)];
            let block_end = at + block.len() as u64;
            if block.is_empty() {
                return Ok(rest);
            }
            // Comparing with zeros is many times as fast as looking for the last other byte.
            if *block != ZEROS[..block.len()] {
                let dirty_bytes = block.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                rest.dirty_bytes = at + dirty_bytes as u64 - start;
                rest.entry_at = self.find_entry(at, block_end)?;
            }
            if rest.entry_at.is_some() {
                return Ok(rest);
            }
            at = block_end;
        }
    }

    /// The first byte from `start` and before `end` at which a whole entry begins that is not before the expected one.
    fn find_entry(&mut self, start: u64, end: u64) -> Result<Option<u64>, JournalError> {
        for at in (start..end).step_by(8) {
            let found = parse_entry(self.window.at(at, ENTRY_BYTES_MAX)?);
            if matches!(found, Ok(Some(entry)) if entry.sequence >= self.next_sequence) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// What lies behind the last entry of a segment.
struct Rest {
    /// Bytes up to the last that is not zero.
    dirty_bytes: u64,
    /// Where the first whole entry stands.
    entry_at: Option<u64>,
}

/// Bytes that are looked at as one when they are all zero, as those of a preallocated segment mostly are.
const SCAN_BYTES: usize = 4096;

static ZEROS: [u8; SCAN_BYTES] = [0; SCAN_BYTES];

/// How many segments `dir` holds, where they are numbered from 1 without a hole.
fn count_segments(dir: &Path) -> Result<u32, JournalError> {
    let io = |source| JournalError::Io { doing: "list", path: dir.to_path_buf(), source };
    let mut numbers = Vec::new();
    for file in fs::read_dir(dir).map_err(io)? {
        let name = file.map_err(io)?.file_name();
        numbers.extend(name.to_str().and_then(segment_number));
    }
    numbers.sort_unstable();
    let mut count = 0;
    for number in numbers {
        if number != count + 1 {
            return Err(JournalError::Damaged {
                path: segment_path(dir, count + 1),
                offset: 0,
                expected: format!("segment {}", count + 1),
                found: format!("no such file, and segment {number}"),
            });
        }
        count = number;
    }
    if count == 0 { Err(JournalError::NotThere { dir: dir.to_path_buf() }) } else { Ok(count) }
}

/// Opens the file of segment `number` and reads its header.
fn open_segment(dir: &Path, number: u32) -> Result<(Window, SegmentHeader), JournalError> {
    let window = Window::open(segment_path(dir, number))?;
    let start = window.copy_front(FIXED_HEADER_BYTES)?;
    let header = match SegmentHeader::bytes_stated(&start) {
        Ok(header_bytes) => SegmentHeader::decode(&window.copy_front(header_bytes)?, header_bytes),
        Err(broken) => Err(broken),
    };
    match header {
        Ok(header) if header.number == number => Ok((window, header)),
        Ok(header) => {
            Err(header_damaged(&window, number, format!("the header of segment {}", header.number)))
        }
        Err(BrokenHeader::NewerFormat(version)) => Err(JournalError::NewerFormat {
            path: window.path().to_path_buf(),
            version,
            version_known: FORMAT_VERSION,
        }),
        Err(broken) => Err(header_damaged(&window, number, broken.to_string())),
    }
}

fn header_damaged(window: &Window, number: u32, found: String) -> JournalError {
    JournalError::Damaged {
        path: window.path().to_path_buf(),
        offset: 0,
        expected: format!("the header of segment {number}"),
        found,
    }
}
