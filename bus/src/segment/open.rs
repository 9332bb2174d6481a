//! The other side: what came as a file descriptor is looked at before it is mapped, and its parts are found by name.

use std::{
    fmt,
    os::fd::{AsFd as _, OwnedFd},
};

use rustix::{
    fs::{SealFlags, fcntl_get_seals, fstat},
    process::geteuid,
};

use super::{
    Access, BootId, SegmentError,
    directory::{DIRECTORY_WORDS, Directory, Place},
    limits::SEGMENT_WORDS_MAX,
};
use crate::channel::Region;

/// A segment that another process made, mapped here.
/// The example of [`SegmentBuilder`](super::SegmentBuilder) opens one.
pub struct OpenSegment {
    pub(super) directory: Directory,
    /// Its parts, in the order of the directory.
    pub(super) regions: Vec<Region>,
}

impl OpenSegment {
    /// Maps the segment behind `file`, to read or to write, as its maker allowed.
    ///
    /// # Errors
    /// [`SegmentError`] where it is no segment, one that could still be made shorter, that lets do more or less than
    /// `access`, or that another build made.
    pub fn open(file: OwnedFd, access: Access) -> Result<Self, SegmentError> {
        let system =
            |doing| move |error: rustix::io::Errno| SegmentError::System { doing, source: error.into() };
        let seals = fcntl_get_seals(&file).map_err(|_| SegmentError::NoSegment)?;
        let found = fstat(&file).map_err(system("ask how long shared memory is"))?;
        let word_count = usize::try_from(found.st_size).unwrap_or(usize::MAX) / size_of::<u64>();
        let map = |word_count, access| {
            Region::map_shared(file.as_fd(), 0, word_count, access)
                .map_err(|source| SegmentError::System { doing: "map shared memory", source })
        };
        // Memory without a name has no link that leads to it.
        if found.st_nlink > 0 {
            let is_there = word_count >= DIRECTORY_WORDS && found.st_uid == geteuid().as_raw();
            let start = if is_there {
                map(DIRECTORY_WORDS, Access::Read)?
            } else {
                return Err(SegmentError::NoSegment);
            };
            return Self::of_named(&start, found.st_uid, access);
        }
        let fixed = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        let read_only = SealFlags::WRITE | SealFlags::FUTURE_WRITE;
        if !seals.contains(fixed) || seals.intersects(read_only) != (access == Access::Read) {
            return Err(SegmentError::Seals { found: seals.bits() });
        }
        if word_count == 0 || word_count > SEGMENT_WORDS_MAX {
            return Err(SegmentError::NoSegment);
        }
        let words = map(word_count, access)?;
        let directory = Directory::read(&words, Place::Here)?;
        let regions = directory.parts.iter().map(|(_, range)| words.part(range.clone())).collect();
        Ok(OpenSegment { directory, regions })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.directory.name.as_str()
    }

    /// Which boot made it.
    pub fn boot_id(&self) -> BootId {
        self.directory.boot_id
    }

    /// The part of this name, which stays mapped as long as it is held.
    pub fn part(&self, name: &str) -> Option<Region> {
        self.parts().find(|(part, _)| *part == name).map(|(_, region)| region)
    }

    /// The parts in the order in which they were added, each with its name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Region)> {
        self.directory.parts.iter().map(|(name, _)| name.as_str()).zip(self.regions.iter().cloned())
    }
}

impl fmt::Debug for OpenSegment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parts().map(|(name, _)| name).collect();
        let mut out = out.debug_struct("OpenSegment");
        out.field("name", &self.name()).field("boot_id", &self.boot_id()).field("parts", &names).finish()
    }
}
