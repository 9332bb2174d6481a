//! Why a segment could not be made, or was not believed.

use std::{fmt, io};

/// What went wrong with a segment, in words that name the limit or the mismatch.
///
/// ```
/// use fulmar_bus::segment::SegmentError;
/// let error = SegmentError::Lock { needed_bytes: 1 << 20, limit_bytes: 65_536 };
/// assert!(error.to_string().contains("RLIMIT_MEMLOCK"), "whoever reads it knows what to raise");
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
    },
    /// The process may not lock so much memory.
    Lock {
        /// Bytes that were to be locked at once.
        needed_bytes: usize,
        /// Bytes that it may lock in all.
        limit_bytes: u64,
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

impl fmt::Display for SegmentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SegmentError::System { doing, source } => write!(out, "cannot {doing}: {source}"),
            SegmentError::HugePages { needed_bytes } => write!(
                out,
                "there are no huge pages for {needed_bytes} bytes: raise vm.nr_hugepages, or do not ask for them"
            ),
            SegmentError::Lock { needed_bytes, limit_bytes } => write!(
                out,
                "may not lock {needed_bytes} bytes of memory: the limit RLIMIT_MEMLOCK (ulimit -l) is \
                 {limit_bytes} bytes in all"
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
            SegmentError::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
