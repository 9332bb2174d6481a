//! Moments and durations as integers. Nothing here reads a clock: time is an argument.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A moment: nanoseconds since the Unix epoch. Fields that hold one end in `_at`.
///
/// ```
/// use fulmar_bus::record::{Nanos, UnixNanos};
/// let at = UnixNanos::from_millis(1_723_161_255_208);
/// assert_eq!(at + Nanos::from_millis(2), UnixNanos(1_723_161_255_210_000_000));
/// assert_eq!(UnixNanos(5).since(UnixNanos(9)), Nanos(0), "an earlier moment is no time ago");
/// assert_eq!((at.day(), UnixNanos(Nanos::DAY.0 - 1).day()), (19_943, 0), "days are those of UTC");
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(transparent)]
pub struct UnixNanos(pub u64);

/// A duration in nanoseconds.
///
/// ```
/// use fulmar_bus::record::Nanos;
/// assert_eq!(Nanos::from_secs(2), Nanos(2_000_000_000));
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(transparent)]
pub struct Nanos(pub u64);

impl UnixNanos {
    /// Which day (UTC) it is in, from that of the epoch on.
    pub const fn day(self) -> u64 {
        self.0 / Nanos::DAY.0
    }

    /// The moment `millis` milliseconds after the epoch; saturates where nanoseconds do not reach (year 2554).
    pub const fn from_millis(millis: u64) -> Self {
        UnixNanos(millis.saturating_mul(1_000_000))
    }

    /// How long after `earlier` this moment is; zero where it is not after it.
    pub const fn since(self, earlier: UnixNanos) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }

    /// The start of the interval of this length, counted from the epoch (so aligned to UTC), that holds this moment.
    ///
    /// # Panics
    /// Where `interval` is zero: an interval of no length holds nothing.
    pub const fn floor_to(self, interval: Nanos) -> UnixNanos {
        UnixNanos(self.0 - self.0 % interval.0)
    }
}

impl std::ops::Add<Nanos> for UnixNanos {
    type Output = UnixNanos;
    fn add(self, duration: Nanos) -> UnixNanos {
        UnixNanos(self.0.saturating_add(duration.0))
    }
}

impl Nanos {
    /// Twenty-four hours.
    pub const DAY: Nanos = Nanos::from_secs(24 * 60 * 60);

    /// A duration of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Nanos(millis.saturating_mul(1_000_000))
    }

    /// A duration of `seconds` seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Nanos(seconds.saturating_mul(1_000_000_000))
    }
}
