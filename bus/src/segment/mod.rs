//! Shared memory: what an engine shows other processes, and what it lets one of them write.
//!
//! A segment is one piece of memory in named parts, most of them rings. The engine makes it with a [`SegmentBuilder`],
//! and hands its file descriptor out; whoever gets that opens it as an [`OpenSegment`] and finds the parts by name.
//! Nothing of it has a name in the file system, so nothing is left behind by a process that is killed, and nobody can
//! guess his way in. A segment is never used twice: each boot, and each attach, makes its own.
//!
//! Where the processes of one user are to find it without being handed it, a [`NamedBoot`] gives its memory names. All
//! that follows about rights is then a matter of trust.
//!
//! # Bytes
//!
//! ```text
//!  word      0          1          2          3          4          5          6          7
//!       0    +----------+----------+----------+----------+----------+----------+----------+----------+
//!            | magic    | version  | layout   | boot id, | boot id, | parts    | words of | 1 where  |
//!            |          |          | hash     | low word | high word|          | all      | named    |
//!       8    +----------+----------+----------+----------+----------+----------+----------+----------+
//!            | name of the segment, 64 bytes of UTF-8, the rest zero                                 |
//!      16    +----------+----------+----------+----------+----------+----------+----------+----------+
//!            | part 0: name, 64 bytes of UTF-8, the rest zero                                        |
//!      24    +----------+----------+-----------------------------------------------------------------+
//!            | first    | words of |  part 1: name ...                     10 words for each part
//!            | word     | the part |
//!            +----------+----------+
//!            | ... up to PARTS_MAX parts, then nothing up to the end of the page                     |
//!   page n   +---------------------------------------------------------------------------------------+
//!            | part 0: its words, for instance a ring, then nothing up to the end of the page        |
//!   page m   +---------------------------------------------------------------------------------------+
//!            | part 1 ...                                                                            |
//! ```
//!
//! A word is 64 bits in the byte order of the machine. The magic is `FULMSEGM` read as a big-endian number, so that in
//! another byte order it is another number. Parts begin at a page, which is a huge page where the segment has those.
//!
//! # Who may do what
//!
//! It is fixed when the segment is made, and no process can change it later, its owner included:
//!
//! | seal | means | all | [`Access::Read`] |
//! |---|---|---|---|
//! | `F_SEAL_SHRINK` | nobody makes it shorter, so no touch of a mapping ends in a signal | yes | yes |
//! | `F_SEAL_GROW` | nobody makes it longer | yes | yes |
//! | `F_SEAL_SEAL` | nobody adds a seal or takes one away | yes | yes |
//! | `F_SEAL_FUTURE_WRITE` | nobody writes it but through the mapping that its creator has already | | yes |
//! | `F_SEAL_EXEC` | nobody makes it a program | yes | yes |
//!
//! With the fourth a mapping to write, `mprotect`, `write`, punching holes, and all of it again through
//! `/proc/self/fd`, are refused by the system. So the creator keeps the only mapping that can write, and a client is
//! believed nothing, whatever it does with what it was given.

mod builder;
mod directory;
mod error;
mod hash;
mod limits;
mod named;
mod open;

pub use crate::channel::Access;
pub use builder::{Segment, SegmentBuilder, SegmentOptions};
pub use directory::BootId;
pub use error::SegmentError;
pub use hash::layout_hash;
pub use limits::PARTS_MAX;
pub use named::NamedBoot;
pub use open::OpenSegment;
