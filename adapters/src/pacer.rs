//! Keeps to a venue's rate limit: how long the next request must wait.
//!
//! A leaky bucket as one moment (GCRA). It never waits itself; it says the delay.

use fulmar_bus::record::{Nanos, UnixNanos};

/// A limit of `burst` requests at once and one each `interval` in the long run.
#[derive(Clone, Debug)]
pub struct Pacer {
    interval: Nanos,
    burst: Nanos,
    /// When the bucket will be empty again.
    empty_at: UnixNanos,
    held_until: UnixNanos,
}

impl Pacer {
    /// A pacer with an empty bucket.
    ///
    /// # Panics
    /// Where `burst` is zero: nothing could ever be sent.
    pub const fn new(interval: Nanos, burst: u32) -> Self {
        assert!(burst > 0, "a pacer lets at least one request through");
        let burst = Nanos(interval.0 * (burst as u64 - 1));
        Pacer { interval, burst, empty_at: UnixNanos(0), held_until: UnixNanos(0) }
    }

    /// Counts a request that costs as much as `cost` ordinary ones, and says how long it must wait.
    ///
    /// ```
    /// use fulmar_adapters::pacer::Pacer;
    /// use fulmar_bus::record::{Nanos, UnixNanos};
    /// let mut pacer = Pacer::new(Nanos(100), 2);
    /// let now = UnixNanos(1_000);
    /// assert_eq!([pacer.take(now, 1), pacer.take(now, 1), pacer.take(now, 1)], [Nanos(0), Nanos(0), Nanos(100)]);
    /// ```
    pub fn take(&mut self, now: UnixNanos, cost: u64) -> Nanos {
        let empty_at = self.empty_at.max(now);
        let send_at = UnixNanos(empty_at.0.saturating_sub(self.burst.0)).max(self.held_until);
        self.empty_at = empty_at + Nanos(self.interval.0.saturating_mul(cost));
        send_at.since(now)
    }

    /// True where a request could go now and leave room for so many ordinary ones at once after it.
    pub fn has_room(&self, now: UnixNanos, reserve: u64) -> bool {
        let empty_at = self.empty_at.max(now) + Nanos(self.interval.0.saturating_mul(reserve));
        self.held_until <= now && empty_at.since(now) <= self.burst
    }

    /// Lets nothing through before `until`: the venue said so.
    pub fn hold(&mut self, until: UnixNanos) {
        self.held_until = self.held_until.max(until);
        self.empty_at = self.empty_at.max(until);
    }

    /// Until when nothing goes through.
    pub const fn held_until(&self) -> UnixNanos {
        self.held_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_pacer_lets_nothing_through_and_then_no_burst() {
        let mut pacer = Pacer::new(Nanos(100), 3);
        pacer.hold(UnixNanos(5_000));
        assert_eq!(pacer.take(UnixNanos(1_000), 1), Nanos(4_000));
        pacer.hold(UnixNanos(2_000));
        assert_eq!(pacer.held_until(), UnixNanos(5_000), "a shorter wait does not shorten a longer one");
    }

    #[test]
    fn room_is_what_a_reserve_leaves() {
        let mut pacer = Pacer::new(Nanos(100), 5);
        let now = UnixNanos(10_000);
        assert!(pacer.has_room(now, 4) && !pacer.has_room(now, 5));
        pacer.take(now, 3);
        assert!(pacer.has_room(now, 1) && !pacer.has_room(now, 2));
        assert!(pacer.has_room(UnixNanos(10_100), 2), "time makes room");
        pacer.hold(UnixNanos(20_000));
        assert!(!pacer.has_room(UnixNanos(19_999), 0), "the venue said so");
    }

    #[test]
    fn a_dear_request_makes_the_next_one_wait_longer() {
        let mut pacer = Pacer::new(Nanos(100), 1);
        assert_eq!(pacer.take(UnixNanos(0), 5), Nanos(0));
        assert_eq!(pacer.take(UnixNanos(0), 1), Nanos(500));
        assert_eq!(pacer.take(UnixNanos(10_000), 1), Nanos(0), "time empties the bucket");
    }
}
