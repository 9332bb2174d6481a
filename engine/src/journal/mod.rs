//! The append-only record of a run: what came in, what was drained in which order, and what went out.
//!
//! A recorder drains the engine's channels and gives every record to a [`JournalWriter`]; a replay, an audit or a
//! recovery reads them back, in that order, through a [`JournalReader`]. One boot of the engine writes one journal, in
//! a directory of its own. Nothing here decides what is recorded, reads a clock, or ever changes a byte that stands.
//!
//! # Files
//!
//! `DIR/journal-000001.seg`, `DIR/journal-000002.seg`, ... without a hole. A segment is made as `journal-NNNNNN.new`,
//! preallocated with zeros, and takes its name once its header is on the disk, so a named segment has a whole header.
//! The segments before the last are synced before the next one is made. A clean end cuts the last one to its used
//! length. All integers are little-endian; every part begins at a multiple of eight bytes.
//!
//! # A segment's header
//!
//! ```text
//!  byte  bytes
//!     0      8  magic "FULMARJ1"
//!     8      4  format version: 1
//!    12      4  crc32 of every other byte of the header, in order
//!    16      4  header bytes: where the entries begin (224 + the manifest, up to a multiple of eight)
//!    20      4  manifest bytes
//!    24      4  segment number, from 1
//!    28      4  boot epoch
//!    32      8  sequence of the first entry of this segment
//!    40      8  created at: nanoseconds since the Unix epoch, the same in every segment
//!    48     16  boot id
//!    64     32  hash of the configuration
//!    96     64  tenant, UTF-8, zero-padded
//!   160     64  build, UTF-8, zero-padded
//!   224      .  manifest: opaque bytes that say how to rebuild the run, zero-padded
//! ```
//!
//! # An entry
//!
//! ```text
//!  byte  bytes
//!     0      3  body bytes, without padding
//!     3      1  kind: 0 a record, 1 the closing entry
//!     4      4  crc32 of every other byte of the entry, in order
//!     8      8  sequence: from 1, without a hole over all segments
//!    16      .  body: a record as its bytes stand in memory, or the summary; zero-padded to a multiple of eight
//! ```
//!
//! An entry never spans two segments. Where four zero bytes stand in place of an entry, or the file ends, the segment
//! ends. The closing entry is the last of its journal and marks a clean end.
//!
//! crc32 is the one of zlib (polynomial 0x04C11DB7, reflected).
//!
//! # What is promised
//!
//! | after | survives |
//! |---|---|
//! | [`JournalWriter::append`] | nothing yet: the entry lies in the writer's buffer |
//! | [`JournalWriter::flush`] | the death of the process (class D1: it is in the page cache) |
//! | [`JournalWriter::sync`] | the death of the machine (class D2: it is on the disk) |
//!
//! A process that is killed may leave the front part of one write as the last thing in the last segment. The reader
//! recognises that, ends before it and says so ([`Tail::Torn`]). Anything else that does not fit is damage and is
//! refused with the file, the byte and what was expected there; no part of it is guessed. An entry that fails its
//! checksum with a whole entry after it is damage too, since no kill leaves that. A loss of power can: of what was
//! not synced, a later page may have reached the disk and an earlier one not. Such a journal is refused too, and what
//! stands before the named byte is for the operator to copy.
//!
//! Inputs, notes and orders are written ahead: their channels lie in files of `DIR/rings`, and after a kill
//! [`recover_ahead`] gives what the recorder had not yet copied from them. Their bytes are drawn in
//! [`fulmar_bus::channel`]; a record that is not as it was published is refused there too.
//!
//! A journal is read after its writer has ended. To a reader that follows a living writer, an entry that is being
//! written looks torn.

mod ahead;
mod error;
mod limits;
mod reader;
mod segment;
mod storage;
mod window;
mod writer;

#[cfg(test)]
mod tests;

pub use ahead::{Ahead, recover_ahead, ring_path};
pub use error::JournalError;
pub use limits::{
    BUFFER_BYTES, JournalLimits, MANIFEST_BYTES_MAX, SEGMENT_BYTES, SEGMENTS_MAX, SUMMARY_BYTES_MAX,
};
pub use reader::{Entry, JournalReader, Tail};
pub use segment::JournalHeader;
pub use writer::JournalWriter;
