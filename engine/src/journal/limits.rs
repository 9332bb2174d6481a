//! How large the parts of a journal may become, each with its reason.

use fulmar_bus::record::RECORD_WORDS_MAX;

use super::segment::ENTRY_HEADER_BYTES;

/// Bytes of a preallocated segment: small enough that one is scanned in tens of milliseconds after a kill, large
/// enough that the syncs of a rotation come seldom (at a million small records a second, about once a second).
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Segments of a journal: a tebibyte of the default size. Past it the operator starts a new run, and old ones are
/// archived.
pub const SEGMENTS_MAX: u32 = 1 << 14;

/// The last number that a segment's file name has digits for.
pub(super) const SEGMENT_NUMBER_MAX: u32 = 999_999;

/// Bytes that a writer holds before it must write: the size from which a larger write is no cheaper per byte.
pub const BUFFER_BYTES: usize = 256 << 10;

/// Bytes of a manifest: tens of thousands of instruments as JSON, and still small beside a segment, which repeats it.
pub const MANIFEST_BYTES_MAX: usize = 4 << 20;

/// Bytes of the summary in the closing entry: a hash a channel for thousands of channels.
pub const SUMMARY_BYTES_MAX: usize = 64 << 10;

/// Bytes of the entry of the largest record.
pub(super) const RECORD_ENTRY_BYTES_MAX: usize = ENTRY_HEADER_BYTES + RECORD_WORDS_MAX * 8;

/// Bytes of the largest entry, which is a closing one.
pub(super) const ENTRY_BYTES_MAX: usize = ENTRY_HEADER_BYTES + SUMMARY_BYTES_MAX;

/// Bytes of a segment that a reader holds at once.
pub(super) const WINDOW_BYTES: usize = 256 << 10;

/// Bytes of a ring's file that recovery reads: 3.7 million slots, far more than any ring of an engine has.
pub(super) const RING_BYTES_MAX: u64 = 256 << 20;

const _: () = assert!(RECORD_ENTRY_BYTES_MAX <= ENTRY_BYTES_MAX, "the closing entry is the largest");
const _: () = assert!(ENTRY_BYTES_MAX < WINDOW_BYTES, "a whole entry fits the reader's window");
const _: () = assert!(RECORD_ENTRY_BYTES_MAX <= BUFFER_BYTES, "a whole record fits the writer's buffer");
const _: () = assert!(SUMMARY_BYTES_MAX < 1 << 24, "a body's length has three bytes");
const _: () =
    assert!(MANIFEST_BYTES_MAX as u64 <= SEGMENT_BYTES / 16, "manifests are a small part of a journal");
const _: () = assert!(SEGMENTS_MAX <= SEGMENT_NUMBER_MAX, "every segment has a name");

/// What a writer may use. Where in doubt, [`JournalLimits::default`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    /// Bytes of each preallocated segment; see [`SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// The most segments, so that a journal never takes more than their product; see [`SEGMENTS_MAX`].
    pub segments_max: u32,
    /// Bytes held in memory until [`flush`](super::JournalWriter::flush), or until they do not fit; see
    /// [`BUFFER_BYTES`].
    pub buffer_bytes: usize,
}

impl Default for JournalLimits {
    fn default() -> Self {
        JournalLimits { segment_bytes: SEGMENT_BYTES, segments_max: SEGMENTS_MAX, buffer_bytes: BUFFER_BYTES }
    }
}
