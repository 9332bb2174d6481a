//! Every limit of the market data types, each with its reason.

use fulmar_bus::record::Nanos;

/// The most digits behind the point of a price or a quantity: 10^18 is the largest power of ten that an i64 holds.
pub const SCALE_MAX: u8 = 18;

/// The most digits behind the point that a number is written with: a notional has those of its price and its quantity.
pub const WRITTEN_DIGITS_MAX: u8 = 2 * SCALE_MAX;

/// Bytes of the longest written number: 39 digits of an i128, that many zeros behind its point, a point and a sign.
pub const WRITTEN_BYTES_MAX: usize = 39 + WRITTEN_DIGITS_MAX as usize + 2;

/// How many times the largest plausible quantity an i64 must still hold at the scale chosen: what a day sums up to.
pub const SCALE_MARGIN: u128 = 1_000;

/// Levels in one block of a book: as many as one word can rank, and as few compares as a search likes.
pub const BLOCK_LEVELS: usize = 16;

/// Two neighbouring blocks with this many levels or fewer between them become one. Half a block, so that neither the
/// next insert splits it again nor the next delete merges it again.
pub const MERGED_LEVELS_MAX: usize = BLOCK_LEVELS / 2;

/// A block that a delete leaves with this many levels or fewer looks whether it and a neighbour can become one. Looking
/// costs more than the delete, and a block seldom comes down this far.
pub const SMALL_LEVELS_MAX: usize = MERGED_LEVELS_MAX / 4;

/// Hints of a side: enough for the blocks that nearly all updates fall on, few enough to stay in a near cache.
pub const HINTS: usize = 8_192;

/// Hints to a block: the more, the fewer lie across the border of two and are wrong each time.
pub const HINTS_PER_BLOCK: u64 = 8;

/// Hints that are pointed at a block at once when it becomes wider; what is left learns by itself.
pub const HINTS_MOVED_MAX: usize = 32;

/// Blocks next to the touch after whose width hints are made.
pub const HINTED_BLOCKS: usize = 16;

/// The most levels that a side of a book is built for; the largest seen at any venue is below a tenth of it.
pub const BOOK_LEVELS_MAX: usize = 1_000_000;

/// The shortest bar.
pub const BAR_INTERVAL_MIN: Nanos = Nanos::from_secs(1);

/// The longest bar.
pub const BAR_INTERVAL_MAX: Nanos = Nanos::from_secs(24 * 60 * 60);

/// One-minute bars that a report keeps: a leap year of them.
pub const REPORT_BARS_MAX: usize = 366 * 24 * 60;

/// Instruments of one boot, far above any venue list that one machine can follow.
pub const INSTRUMENTS_MAX: usize = 65_536;

/// Instruments of one pair: its venues, and each is looked at for each change.
pub const PAIR_INSTRUMENTS_MAX: usize = 64;

/// A move that came longer after another did not follow it. Venues of one pair are within a few hundred milliseconds of
/// each other, wherever they are; what is further apart has a cause of its own more often than not.
pub const FOLLOW_WINDOW: Nanos = Nanos::from_millis(500);

/// Follows between two venues before one of them is called the leader: with fewer, chance alone often looks like one.
pub const FOLLOWS_MIN: u32 = 32;

/// Follows between two venues at which what is counted of both is halved, so that it forgets: some minutes of a busy
/// pair, and few enough that a venue that begins to lead is seen within as many again.
pub const FOLLOWS_MAX: u32 = 1_024;

/// How far a top may lie from the last good one, in hundredths of a percent, where nothing else is configured. Between
/// two updates the wildest markets move by some percent; a lost digit or another instrument's price is far beyond.
pub const JUMP_MAX_BPS: u32 = 1_000;

/// How long the market must stay where it jumped to before that is believed. What one wrong message or one emptied side
/// shows is gone sooner, and who waits longer sits out a real crash.
pub const JUMP_STAYS: Nanos = Nanos::from_secs(2);

/// How long a book may have been desynced for its next top to be held against the last good one still. A snapshot that
/// is wrong comes within seconds of the break; after a minute the market may be anywhere.
pub const JUMP_REFERENCE_KEPT: Nanos = Nanos::from_secs(60);

const _: () = assert!(FOLLOWS_MIN <= FOLLOWS_MAX / 2, "a halving does not make a leader unknown");
const _: () = assert!(MERGED_LEVELS_MAX * 2 <= BLOCK_LEVELS, "a block just merged does not split at once");
const _: () = assert!(10_i64.checked_pow(SCALE_MAX as u32).is_some(), "one unit at the widest scale fits");
const _: () = assert!(BAR_INTERVAL_MIN.0 < BAR_INTERVAL_MAX.0, "there are intervals between the two");
const _: () = assert!(BOOK_LEVELS_MAX < u32::MAX as usize, "blocks are numbered by 32 bits");
