//! Every limit of this module.

/// The most parts of one segment: three rings for each of 300 instruments, and room. The directory takes 80 bytes for
/// each of them, used or not.
pub const PARTS_MAX: usize = 1024;
/// Bytes of a part's name; `market.` or `aggregate.`, a venue and its longest symbol fit.
pub(super) const NAME_BYTES: usize = 64;
/// Bytes of a huge page, where they are asked for: the size that the system gives if none is named.
pub(super) const HUGE_PAGE_BYTES: usize = 2 << 20;
/// A segment that states more words is not believed: 1 TiB.
pub(super) const SEGMENT_WORDS_MAX: usize = 1 << 37;
