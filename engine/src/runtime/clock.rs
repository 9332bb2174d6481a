//! The one place that reads a clock.
//!
//! A [`Clock`] is the processor's time-stamp counter, anchored to wall time when it is made: it never steps back and
//! never jumps, whatever happens to the wall clock meanwhile. Actors never see one; a core loop reads it once a pass.

use std::time::SystemTime;

use fulmar_bus::record::UnixNanos;

/// A monotonic clock that tells Unix time.
#[derive(Clone, Debug)]
pub struct Clock {
    counter: quanta::Clock,
    anchor_ticks: u64,
    anchor_at: UnixNanos,
}

impl Clock {
    /// A clock anchored to the wall time of this moment.
    #[expect(clippy::disallowed_methods, reason = "this is the door to the clock")]
    pub fn new() -> Self {
        let counter = quanta::Clock::new();
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let anchor_ticks = counter.raw();
        let anchor_at = UnixNanos(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX));
        Clock { counter, anchor_ticks, anchor_at }
    }

    /// This moment.
    pub fn now(&self) -> UnixNanos {
        self.at(self.counter.raw())
    }

    /// Raw ticks of the processor's counter: for stamps, which become nanoseconds only when somebody looks.
    #[inline]
    pub fn ticks(&self) -> u64 {
        self.counter.raw()
    }

    /// Nanoseconds from one tick count to a later one; zero where it is not later.
    pub fn ticks_to_ns(&self, from_ticks: u64, to_ticks: u64) -> u64 {
        self.counter.delta_as_nanos(from_ticks, to_ticks)
    }

    fn at(&self, ticks: u64) -> UnixNanos {
        UnixNanos(self.anchor_at.0 + self.ticks_to_ns(self.anchor_ticks, ticks))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
