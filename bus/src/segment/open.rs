//! The other side: what came as a file descriptor is looked at before it is mapped, and its parts are found by name.

use std::{
    fmt,
    os::fd::{AsFd as _, OwnedFd},
};

use rustix::fs::{SealFlags, fcntl_get_seals, fstat};

use super::{Access, BootId, SegmentError, directory::Directory, limits::SEGMENT_WORDS_MAX};
use crate::channel::Region;

/// A segment that another process made, mapped here.
/// The example of [`SegmentBuilder`](super::SegmentBuilder) opens one.
pub struct OpenSegment {
    words: Region,
    directory: Directory,
}

impl OpenSegment {
    /// Maps the segment behind `file`, as a whole, to read or to write, as its maker allowed.
    ///
    /// # Errors
    /// [`SegmentError`] where it is no segment, one that could still be made shorter, that lets do more or less than
    /// `access`, or that another build made.
    pub fn open(file: OwnedFd, access: Access) -> Result<Self, SegmentError> {
        let system =
            |doing| move |error: rustix::io::Errno| SegmentError::System { doing, source: error.into() };
        let seals = fcntl_get_seals(&file).map_err(|_| SegmentError::NoSegment)?;
        let fixed = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        let read_only = SealFlags::WRITE | SealFlags::FUTURE_WRITE;
        if !seals.contains(fixed) || seals.intersects(read_only) != (access == Access::Read) {
            return Err(SegmentError::Seals { found: seals.bits() });
        }
        let bytes = fstat(&file).map_err(system("ask how long shared memory is"))?.st_size;
        let word_count = usize::try_from(bytes).unwrap_or(usize::MAX) / size_of::<u64>();
        if word_count == 0 || word_count > SEGMENT_WORDS_MAX {
            return Err(SegmentError::NoSegment);
        }
        let words = Region::map_shared(file.as_fd(), 0, word_count, access)
            .map_err(|source| SegmentError::System { doing: "map shared memory", source })?;
        let directory = Directory::read(&words)?;
        Ok(OpenSegment { words, directory })
    }

    /// Which boot made it.
    pub fn boot_id(&self) -> BootId {
        self.directory.boot_id
    }

    /// The part of this name, which keeps the segment mapped.
    pub fn part(&self, name: &str) -> Option<Region> {
        let (_, range) = self.directory.parts.iter().find(|(part, _)| part.as_str() == name)?;
        Some(self.words.part(range.clone()))
    }

    /// The parts in the order in which they lie, each with its name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Region)> {
        self.directory.parts.iter().map(|(name, range)| (name.as_str(), self.words.part(range.clone())))
    }
}

impl fmt::Debug for OpenSegment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.directory.parts.iter().map(|(name, _)| name.as_str()).collect();
        out.debug_struct("OpenSegment").field("boot_id", &self.boot_id()).field("parts", &names).finish()
    }
}
