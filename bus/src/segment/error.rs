//! Why a segment could not be made, or was not believed.

use std::{fmt, fs, io};

use rustix::{
    fs::statvfs,
    io::Errno,
    process::{Resource, getrlimit},
};

use super::{limits::HUGE_PAGE_BYTES, named::FOLDER};

/// What went wrong with a segment, in words that name the limit or the mismatch.
///
/// ```
/// use fulmar_bus::segment::SegmentError;
/// let error = SegmentError::Lock { needed_bytes: 1 << 20, limit_bytes: 65_536 };
/// assert!(error.to_string().contains("RLIMIT_MEMLOCK"), "whoever reads it knows what to raise");
/// assert!(error.to_string().ends_with("or state lock = \"no\" in [bus]"), "and what to do without");
/// ```
#[derive(Debug)]
pub enum SegmentError {
    /// The system refused.
    System {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// There are too few free huge pages.
    HugePages {
        /// Bytes that were needed at once.
        needed_bytes: usize,
        /// Huge pages that are set aside.
        all: u64,
        /// Those of them that nobody has.
        free: u64,
    },
    /// The process may not lock so much memory.
    Lock {
        /// Bytes that were to be locked at once.
        needed_bytes: usize,
        /// Bytes that it may lock in all.
        limit_bytes: u64,
    },
    /// The folder that memory with names lies in cannot be used.
    NoNames {
        /// What the system said.
        source: io::Error,
    },
    /// The folder that memory with names lies in has no room.
    NamesFull {
        /// Bytes that were needed at once.
        needed_bytes: usize,
        /// Bytes that it may hold.
        all_bytes: u64,
        /// Those of them that are free.
        free_bytes: u64,
    },
    /// The process may have no more files open, and memory with names takes one for each part.
    OpenFiles {
        /// How many it may have.
        limit: u64,
    },
    /// A part cannot have this name: it is empty, too long, or another part has it.
    PartName(String),
    /// There are as many parts as there can be.
    Full,
    /// It is no segment, or one of a machine with another byte order.
    NoSegment,
    /// It was laid out by another version of this code.
    Version {
        /// The version that it states.
        found: u64,
    },
    /// Its records, rings or parts lie otherwise than here.
    LayoutHash {
        /// The hash that it states.
        found: u64,
    },
    /// Its directory states what cannot be.
    Directory,
    /// It lacks seals that it must have, or has those that it must not have.
    Seals {
        /// The bits that it has.
        found: u32,
    },
}

impl SegmentError {
    /// There are no huge pages for so much.
    pub(super) fn huge_pages(needed_bytes: usize) -> Self {
        let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let count = |name| {
            let line = told.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
        };
        let (all, free) = (count("HugePages_Total:"), count("HugePages_Free:"));
        SegmentError::HugePages { needed_bytes, all, free }
    }

    /// What the system said of the folder that memory with names lies in, or of a piece of so much memory there.
    pub(super) fn of_names(doing: &'static str, needed_bytes: usize, source: io::Error) -> Self {
        use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull};
        match (source.kind(), Errno::from_io_error(&source)) {
            (_, Some(Errno::MFILE)) => {
                SegmentError::OpenFiles { limit: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) }
            }
            (NotFound | PermissionDenied | ReadOnlyFilesystem, _) => SegmentError::NoNames { source },
            (StorageFull, _) => match statvfs(FOLDER) {
                Ok(told) => SegmentError::NamesFull {
                    needed_bytes,
                    all_bytes: told.f_blocks * told.f_frsize,
                    free_bytes: told.f_bavail * told.f_frsize,
                },
                Err(_) => SegmentError::NoNames { source },
            },
            _ => SegmentError::System { doing, source },
        }
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SegmentError::System { doing, source } => write!(out, "cannot {doing}: {source}"),
            SegmentError::HugePages { needed_bytes, all, free } => {
                let enough = all + needed_bytes.div_ceil(HUGE_PAGE_BYTES) as u64;
                write!(
                    out,
                    "there are no huge pages for {needed_bytes} bytes: {free} of {all} are free; set more aside with \
                     `sysctl vm.nr_hugepages={enough}` or more, or state pages = \"normal\" in [bus]"
                )
            }
            SegmentError::Lock { needed_bytes, limit_bytes } => write!(
                out,
                "may not lock {needed_bytes} bytes of memory: the limit RLIMIT_MEMLOCK is {limit_bytes} bytes in all; \
                 raise it with `ulimit -l unlimited`, or state lock = \"no\" in [bus]"
            ),
            SegmentError::NoNames { source } => write!(
                out,
                "cannot use {FOLDER}, where memory with names lies: {source}; mount it with `mount -t tmpfs -o \
                 mode=1777 tmpfs {FOLDER}`, or state backend = \"memfd\" in [bus]"
            ),
            SegmentError::NamesFull { needed_bytes, all_bytes, free_bytes } => write!(
                out,
                "{FOLDER} has no room for {needed_bytes} bytes of memory with names: {free_bytes} of its {all_bytes} \
                 are free; make it larger with `mount -o remount,size=BYTES {FOLDER}`, or state backend = \"memfd\" in \
                 [bus]"
            ),
            SegmentError::OpenFiles { limit } => write!(
                out,
                "may open no more files: the limit RLIMIT_NOFILE is {limit}, and memory with names takes one for each \
                 part; raise it with `ulimit -n`, or state backend = \"memfd\" in [bus]"
            ),
            SegmentError::PartName(name) => {
                write!(out, "no part can be called \"{name}\": it is empty, longer than 64 bytes, or taken")
            }
            SegmentError::Full => write!(out, "the segment has as many parts as it can have"),
            SegmentError::NoSegment => write!(out, "the memory is no segment of an engine"),
            SegmentError::Version { found } => {
                write!(out, "the segment has version {found}, which this build cannot read")
            }
            SegmentError::LayoutHash { found } => write!(
                out,
                "the segment's records have the layout {found:016x}, and those of this build {:016x}: build both \
                 from the same version",
                super::layout_hash()
            ),
            SegmentError::Directory => write!(out, "the segment's directory states what cannot be"),
            SegmentError::Seals { found } => {
                write!(out, "the segment is not sealed as it must be: its seals are {found:#x}")
            }
        }
    }
}

impl std::error::Error for SegmentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SegmentError::System { source, .. } | SegmentError::NoNames { source } => Some(source),
            _ => None,
        }
    }
}
