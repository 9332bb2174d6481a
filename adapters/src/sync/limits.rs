//! Every limit of the sync state machine, each with its reason.

use fulmar_bus::record::Nanos;

/// Updates that one book buffers while its snapshot is on the way: 50 seconds at one each 100 ms.
pub const PENDING_UPDATES_MAX: usize = 512;

/// Levels in those updates: 32 an update, which is above the mean of the busiest book seen (27); 256 KiB a book.
pub const PENDING_LEVELS_MAX: usize = 16_384;

/// Levels of a side in a book that is proven by checksums: what the deepest of such subscriptions has.
pub const PROVEN_LEVELS_MAX: usize = 1_000;

/// Updates that make room at once where there is none: what stays is moved then, so that a flood pays for it once in so
/// many updates.
pub const PENDING_DROPS_MIN: usize = PENDING_UPDATES_MAX / 16;

/// How long an answer to a snapshot request may take before it is asked for again.
pub const SNAPSHOT_ANSWER_MAX: Nanos = Nanos::from_secs(10);

/// Updates in a row that may be older than the last that waits for a snapshot. One came late; many say that the venue
/// counts anew, or that the last one's number was wrong.
pub const LATE_UPDATES_MAX: u32 = 8;

/// How long a book waits for its first update after its connection opened before it asks for the snapshot anyway.
/// Asked for after the first update, a snapshot is newer than the buffer on the first try.
pub const FIRST_UPDATE_WAIT: Nanos = Nanos::from_secs(1);

/// A book that breaks again sooner than this has its snapshot asked for ever more slowly: one bad instrument must not
/// use up the requests of all.
pub const STABLE_MIN: Nanos = Nanos::from_secs(60);

/// The wait before the second request; doubled for each one after it.
pub const BACKOFF_MIN: Nanos = Nanos::from_millis(250);

/// The longest wait between two requests. A book that never syncs costs the venue no more than one a minute.
pub const BACKOFF_MAX: Nanos = Nanos::from_secs(60);

const _: () = assert!(BACKOFF_MIN.0 < BACKOFF_MAX.0, "the backoff grows");
