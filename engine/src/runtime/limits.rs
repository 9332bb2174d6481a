//! Every limit of the runtime, on one page.

/// Records that one inbox gives in one turn at most: a burst on one inbox does not starve the next.
pub const TURN_RECORDS_MAX: u32 = 256;
/// Passes over all actors that one input may cause before a player says that they never settle.
pub const SETTLE_PASSES_MAX: u32 = 10_000;

const _: () = assert!(TURN_RECORDS_MAX < 1 << 16, "a note counts them in 16 bits");
