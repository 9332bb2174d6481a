//! Every limit of the actors, on one page.

/// Levels that a side of a book holds; the farthest beyond it are dropped and counted. The deepest venue shows 46,000.
pub const BOOK_LEVELS_MAX: usize = 65_536;
/// How long a book may stay crossed before it is synced anew. Venues cross for an instant between two messages.
pub const CROSSED_NS_MAX: u64 = 2_000_000_000;
/// How long a bar waits, beyond its end, for trades that are still on their way.
pub const BAR_GRACE_NS: u64 = 2_000_000_000;
