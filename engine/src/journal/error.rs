//! Why a journal cannot be written or read. Each says which file, and what the operator would look at first.

use std::io;
use std::path::PathBuf;

use fulmar_bus::channel::{Damaged, OpenError};

/// What went wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system refused. For a writer nothing is lost: what was not written is kept and tried again by the
    /// next call, at the same place.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What we were doing, as a verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk did not confirm a sync. What was written since the last good sync may be lost although it can still
    /// be read; a second sync of that file could succeed without having stored it, so there is none.
    #[error("syncing {} failed; this journal takes no more records", path.display())]
    SyncFailed {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A sync of this journal failed before; see [`JournalError::SyncFailed`].
    #[error("a sync of the journal in {} failed before; start a new journal", dir.display())]
    Poisoned {
        /// The journal.
        dir: PathBuf,
    },
    /// Every segment that the limits allow is full.
    #[error("the journal in {} has its {segments_max} segments", dir.display())]
    Full {
        /// The journal.
        dir: PathBuf,
        /// The limit.
        segments_max: u32,
    },
    /// Something that the caller gave is longer than the format or the limits allow.
    #[error("the {what} has {bytes} bytes, at most {bytes_max} fit")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The most that fits.
        bytes_max: usize,
    },
    /// A journal is written once, into a directory without one.
    #[error("{} exists already, and nothing was written; take another name, or remove it", dir.join(name).display())]
    AlreadyThere {
        /// The directory.
        dir: PathBuf,
        /// The first file that is in the way.
        name: PathBuf,
    },
    /// The directory holds no segment.
    #[error("{} holds no journal", dir.display())]
    NotThere {
        /// The directory.
        dir: PathBuf,
    },
    /// A newer build wrote it.
    #[error("{} has format version {version}, this build reads up to {version_known}", path.display())]
    NewerFormat {
        /// The segment.
        path: PathBuf,
        /// The version that it states.
        version: u32,
        /// The newest that this build knows.
        version_known: u32,
    },
    /// The bytes are not those of a journal that was written and then, at most, cut off by a kill.
    #[error("{} is damaged at byte {offset}: expected {expected}, found {found}", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What stands there in a sound journal.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The file of a channel is not as its writer left it.
    #[error(
        "{} is damaged: {damage}; a copy of the journal without the folder `rings` plays up to the journal's own last \
         entry",
        path.display()
    )]
    DamagedRing {
        /// The file.
        path: PathBuf,
        /// What shows it.
        damage: Damaged,
    },
    /// The file of a channel holds no channel.
    #[error("{} cannot be read as a channel", path.display())]
    NoRing {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        source: OpenError,
    },
}
