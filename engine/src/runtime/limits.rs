//! Every limit of the runtime, on one page.

use fulmar_bus::record::Nanos;

/// Records that one inbox gives in one turn at most: a burst on one inbox does not starve the next.
pub const TURN_RECORDS_MAX: u32 = 256;
/// Passes over all actors that one input may cause before a player says that they never settle.
pub const SETTLE_PASSES_MAX: u32 = 10_000;
/// How long after an input timers fire one by one, each at its own moment, while a player waits for the next. Beyond
/// that nothing was recorded that they could answer, and a year of a feed's retries is more than a million of them.
pub const SILENCE_MAX: Nanos = Nanos::from_secs(60 * 60);
/// Pairs of rows for the stamps of records, 128 kilobytes of them: several full turns of a feed and its books. What
/// does not fit in a burst is counted.
pub const HOP_PAIRS: usize = 2048;
/// The longest latency that is told apart, a minute.
pub const LATENCY_NS_MAX: u64 = 60_000_000_000;

const _: () = assert!(TURN_RECORDS_MAX < 1 << 16, "a note counts them in 16 bits");
