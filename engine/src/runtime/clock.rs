//! The one place that reads a clock.
//!
//! A [`Clock`] is the processor's time-stamp counter, anchored to wall time when it is made. It never steps back and
//! never jumps: where wall time differs, it runs a little faster or slower until they agree. Actors never see one; a
//! core loop reads it once a pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
use std::time::SystemTime;

use fulmar_bus::record::UnixNanos;

/// How much faster or slower than the counter the clock may run, in parts per billion: what time daemons allow.
const SLEW_PPB_MAX: i64 = 500_000;
/// Over how many seconds a difference from wall time is to be made up for.
const SLEW_SECONDS: i64 = 10;

/// A monotonic clock that tells Unix time. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    counter: quanta::Clock,
    anchor: Arc<SharedAnchor>,
}

/// From here the clock counts: at `ticks` it was `at`, and since then it runs `rate_ppb` faster than the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    ticks: u64,
    at: UnixNanos,
    rate_ppb: i64,
}

/// An anchor that one thread changes while others read it: a seqlock.
#[derive(Debug)]
struct SharedAnchor {
    /// Odd while the fields are being changed.
    version: AtomicU64,
    ticks: AtomicU64,
    at: AtomicU64,
    rate_ppb: AtomicI64,
}

impl Clock {
    /// A clock anchored to the wall time of this moment.
    #[expect(clippy::disallowed_methods, reason = "this is the door to the clock")]
    pub fn new() -> Self {
        let counter = quanta::Clock::new();
        let anchor = Anchor { ticks: counter.raw(), at: wall_time(), rate_ppb: 0 };
        Clock { counter, anchor: Arc::new(SharedAnchor::new(anchor)) }
    }

    /// This moment.
    #[inline]
    pub fn now(&self) -> UnixNanos {
        let anchor = self.anchor.load();
        anchor.after(self.ticks_to_ns(anchor.ticks, self.counter.raw()))
    }

    /// This moment, or `last` where the pace was set anew between two readings and they overlap by a little.
    #[inline]
    pub fn now_after(&self, last: UnixNanos) -> UnixNanos {
        self.now().max(last)
    }

    /// Raw ticks of the processor's counter: for stamps, which become nanoseconds only when somebody looks.
    #[inline]
    pub fn ticks(&self) -> u64 {
        self.counter.raw()
    }

    /// Nanoseconds from one tick count to a later one; zero where it is not later.
    #[inline]
    pub fn ticks_to_ns(&self, from_ticks: u64, to_ticks: u64) -> u64 {
        self.counter.delta_as_nanos(from_ticks, to_ticks)
    }

    /// Compares with wall time and sets the pace that makes up for the difference. Call it about once a second, from
    /// one thread; gives the difference in nanoseconds, above zero where the wall is ahead.
    pub fn follow_the_wall(&self) -> i64 {
        let anchor = self.anchor.load();
        let ticks = self.counter.raw();
        let (next, ahead_ns) = anchor.next(ticks, self.ticks_to_ns(anchor.ticks, ticks), wall_time());
        self.anchor.store(next);
        ahead_ns
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Anchor {
    /// The moment `elapsed_ns` of the counter after the anchor.
    fn after(&self, elapsed_ns: u64) -> UnixNanos {
        let gained_ns = i128::from(elapsed_ns) * i128::from(self.rate_ppb) / 1_000_000_000;
        let at = i128::from(self.at.0) + i128::from(elapsed_ns) + gained_ns;
        UnixNanos(u64::try_from(at).unwrap_or(u64::MAX))
    }

    /// The anchor from here on, without a step, at the pace that leads to `wall_at`; and how far ahead that is.
    fn next(&self, ticks: u64, elapsed_ns: u64, wall_at: UnixNanos) -> (Anchor, i64) {
        let at = self.after(elapsed_ns);
        let ahead_ns = i128::from(wall_at.0) - i128::from(at.0);
        let ahead_ns = i64::try_from(ahead_ns).unwrap_or(if ahead_ns > 0 { i64::MAX } else { i64::MIN });
        let rate_ppb = (ahead_ns / SLEW_SECONDS).clamp(-SLEW_PPB_MAX, SLEW_PPB_MAX);
        (Anchor { ticks, at, rate_ppb }, ahead_ns)
    }
}

impl SharedAnchor {
    fn new(anchor: Anchor) -> Self {
        SharedAnchor {
            version: AtomicU64::new(0),
            ticks: AtomicU64::new(anchor.ticks),
            at: AtomicU64::new(anchor.at.0),
            rate_ppb: AtomicI64::new(anchor.rate_ppb),
        }
    }

    #[inline]
    fn load(&self) -> Anchor {
        loop {
            // PAIRS WITH: the release store at the end of `store` — the fields of this version.
            let version = self.version.load(Ordering::Acquire);
            let anchor = Anchor {
                ticks: self.ticks.load(Ordering::Relaxed),
                at: UnixNanos(self.at.load(Ordering::Relaxed)),
                rate_ppb: self.rate_ppb.load(Ordering::Relaxed),
            };
            // PAIRS WITH: the release fence in `store` — a field of a later version comes with a later number.
            fence(Ordering::Acquire);
            if version.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == version {
                return anchor;
            }
            std::hint::spin_loop();
        }
    }

    /// Only one thread stores.
    fn store(&self, anchor: Anchor) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        // PAIRS WITH: the acquire fence in `load`.
        fence(Ordering::Release);
        self.ticks.store(anchor.ticks, Ordering::Relaxed);
        self.at.store(anchor.at.0, Ordering::Relaxed);
        self.rate_ppb.store(anchor.rate_ppb, Ordering::Relaxed);
        // PAIRS WITH: the acquire load in `load`.
        self.version.store(version + 2, Ordering::Release);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door to the clock")]
fn wall_time() -> UnixNanos {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn a_wall_that_is_ahead_is_caught_up_with_and_never_by_a_step() {
        let start = UnixNanos(1_700_000_000 * SECOND_NS);
        let mut anchor = Anchor { ticks: 0, at: start, rate_ppb: 0 };
        let wall_after = |seconds: u64| UnixNanos(start.0 + seconds * SECOND_NS + 2_000_000);
        for second in 1..=60 {
            let before = anchor.after(SECOND_NS);
            let (next, _) = anchor.next(second, SECOND_NS, wall_after(second));
            assert_eq!(next.at, before, "the clock goes on where it was");
            assert!(next.rate_ppb >= 0 && next.rate_ppb <= SLEW_PPB_MAX);
            anchor = next;
        }
        assert!(wall_after(60).since(anchor.at).0 < 20_000, "two milliseconds are made up for in a minute");
    }

    #[test]
    fn a_wall_that_jumps_back_an_hour_only_slows_the_clock() {
        let anchor = Anchor { ticks: 0, at: UnixNanos(7_200 * SECOND_NS), rate_ppb: 0 };
        let (next, ahead_ns) = anchor.next(1, SECOND_NS, UnixNanos(3_600 * SECOND_NS));
        assert!(ahead_ns < 0);
        assert_eq!(next.rate_ppb, -SLEW_PPB_MAX);
        assert!(next.after(1_000) > next.at, "it still goes forward");
    }

    #[test]
    fn readings_are_whole_while_another_thread_sets_the_pace() {
        let clock = Clock::new();
        let setter = clock.clone();
        let thread = std::thread::spawn(move || {
            for _ in 0..10_000 {
                setter.follow_the_wall();
            }
        });
        let mut last = clock.now();
        for _ in 0..100_000 {
            let now = clock.now_after(last);
            assert!(now >= last && now.since(last).0 < 60 * SECOND_NS, "{now:?} after {last:?}");
            last = now;
        }
        thread.join().expect("the setter does not panic");
    }
}
