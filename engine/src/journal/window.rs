//! A bounded view into one segment's file. It only reads.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::limits::WINDOW_BYTES;

/// A file, and the piece of it that was read last.
#[derive(Debug)]
pub(super) struct Window {
    path: PathBuf,
    file: File,
    bytes: Box<[u8]>,
    /// Where in the file the piece begins.
    start: u64,
    /// Bytes of the piece; fewer than there is room for where the file ends behind it.
    length: usize,
}

impl Window {
    pub fn open(path: PathBuf) -> Result<Self, JournalError> {
        match File::open(&path) {
            Ok(file) => Ok(Window {
                path,
                file,
                bytes: vec![0; WINDOW_BYTES].into_boxed_slice(),
                start: 0,
                length: 0,
            }),
            Err(source) => Err(JournalError::Io { doing: "open", path, source }),
        }
    }

    /// The bytes at `offset`: at least `count` of them, fewer only where the file ends.
    pub fn at(&mut self, offset: u64, count: usize) -> Result<&[u8], JournalError> {
        assert!(count <= WINDOW_BYTES, "a window shows {WINDOW_BYTES} bytes at most");
        if self.held(offset).is_none_or(|held| held.len() < count && self.length == WINDOW_BYTES) {
            self.length =
                fill(&self.file, &mut self.bytes, offset).map_err(|source| self.unreadable(source))?;
            self.start = offset;
        }
        Ok(self.held(offset).unwrap_or_default())
    }

    /// A fresh copy of the first `count` bytes, fewer only where the file ends. For what is larger than a window.
    pub fn copy_front(&self, count: usize) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; count];
        let length = fill(&self.file, &mut bytes, 0).map_err(|source| self.unreadable(source))?;
        bytes.truncate(length);
        Ok(bytes)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn held(&self, offset: u64) -> Option<&[u8]> {
        let skip = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes[..self.length].get(skip..)
    }

    fn unreadable(&self, source: io::Error) -> JournalError {
        JournalError::Io { doing: "read", path: self.path.clone(), source }
    }
}

/// Reads from `offset` until `bytes` are full or the file ends; gives how many it read.
fn fill(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut length = 0;
    while length < bytes.len() {
        match file.read_at(&mut bytes[length..], offset + length as u64)? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}
