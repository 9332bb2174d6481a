//! Every limit of this module.

use crate::record::RECORD_SLOTS_MAX;

/// The most gates of one ring. The writer looks at each of them whenever the ring may be full.
pub const GATES_MAX: usize = 8;
/// The most slots of one ring: 4 GiB. A damaged header must not make us believe in more.
pub const SLOTS_MAX: usize = 1 << 26;
/// Positions beyond this one are not believed; at a slot a nanosecond a channel reaches it in 36 years.
pub(super) const POSITION_MAX: u64 = 1 << 60;
/// How often a lapped reader looks for a record to go on from before it leaves that to the next poll. Half a ring
/// behind the writer the first look succeeds unless the reader is suspended in the middle of it.
pub(super) const FOOTING_TRIES_MAX: usize = 8;
/// How often the newest value is read before the reader gives up; each try fails only if a whole write ended in it.
pub(super) const LATEST_TRIES_MAX: usize = 64;

const _: () = assert!(2 * RECORD_SLOTS_MAX <= SLOTS_MAX, "the largest ring holds the largest record twice");
