//! Every limit of the harness, and every number that decides what a sample is.

use std::time::Duration;

use fulmar_bus::record::Nanos;

/// How long a bench measures: with its set-up it stays well below 40 seconds.
pub const BUDGET: Nanos = Nanos::from_secs(12);
/// The same with `--long`, for quiet tails.
pub const BUDGET_LONG: Nanos = Nanos::from_secs(180);

/// Everything that is random is made from this seed.
pub const SEED: u64 = 0x00f0_11a2;

/// The longest sample that a histogram tells apart: a minute.
pub const SAMPLE_NS_MAX: u64 = 60_000_000_000;

/// Round trips between two cores that make one sample.
pub const ROUND_BATCH: u32 = 16;
/// Crossings that make one sample: each round trip is two.
pub const CROSSING_BATCH: u32 = 2 * ROUND_BATCH;
/// Samples of the raw cache line before, and again after, each slice.
pub const LIMIT_SAMPLES: usize = 128;
/// Samples of what is measured in a slice: a few milliseconds, in which two virtual cores seldom move.
pub const SLICE_SAMPLES: usize = 512;
/// Records of a slice that streams one way.
pub const STREAM_RECORDS: u64 = 1 << 16;

/// Records of a stream between processes after which its reader says how far it came. Whoever sends is never two of
/// these ahead, so that what holds four of them loses nothing.
pub const BURST: u64 = 1 << 13;

/// Publishes that make one sample: so many that a tick of the clock is a hundredth of it.
pub const PUBLISH_BATCH: u32 = 64;
/// How often each kind of guest has its turn at a ring: an odd number, for the median.
pub const PUBLISH_RUNS: usize = 5;

/// Orders that a strategy has when it is killed.
pub const KILL_ORDERS: usize = 100;
/// How often it is killed where nothing is said.
pub const KILL_ROUNDS: u64 = 100;
/// Between two rounds, each of which sends two messages an order: the link of an engine sends a thousand
/// in a second, and no cancel is to wait for that.
pub const KILL_ROUND_INTERVAL: Duration = Duration::from_millis(300);
/// How long all orders of a round may take to stand, or to be gone.
pub const KILL_PATIENCE: Duration = Duration::from_secs(30);
/// Events of the simulated market in a second: it moves, and leaves the cores to who is measured.
pub const KILL_EVENTS_PER_SECOND: u32 = 200;

/// Looks at a line or a ring before whoever waits lets others run: far longer than a crossing, far shorter than a
/// time slice of the system.
pub const SPINS_BEFORE_YIELD: u32 = 1 << 14;
/// Turns of yielding after which the other side is taken to be gone: minutes.
pub const YIELDS_MAX: u32 = 1 << 26;

/// Bytes of a typical depth message of a busy symbol.
pub const DEPTH_BYTES: usize = 735;
