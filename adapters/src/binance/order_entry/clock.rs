//! The venue's clock, estimated from what it says and how long it took to say it. Requests are dated by it, since the
//! venue refuses what is too old, or from its future.
//!
//! Where the venue's answer was made within a round trip is not known, so it is assumed in the middle, which is wrong
//! by half of it at most. So the sample with the least round trip is kept, until it is so old that clocks may have
//! drifted further than that.

use fulmar_bus::record::{Nanos, UnixNanos};

use super::super::limits::{CLOCK_DRIFT_PER, CLOCK_INTERVAL};

/// What is known of the venue's clock.
#[derive(Debug, Default)]
pub(super) struct VenueClock {
    /// How far it is ahead of ours.
    offset_ns: i64,
    sample: Option<Sample>,
    /// When the question left that was not answered yet.
    asked_at: Option<UnixNanos>,
    /// When to ask again.
    due_at: Option<UnixNanos>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: UnixNanos,
    /// Half its round trip.
    error: Nanos,
}

impl VenueClock {
    /// What the venue's clock says at `now`, for all that is known.
    pub(super) const fn at(&self, now: UnixNanos) -> UnixNanos {
        UnixNanos(now.0.saturating_add_signed(self.offset_ns))
    }

    /// It is asked now.
    pub(super) fn asked(&mut self, now: UnixNanos) {
        (self.asked_at, self.due_at) = (Some(now), Some(now + CLOCK_INTERVAL));
    }

    /// When to ask again; `None` where nobody listens.
    pub(super) const fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    /// The connection is lost: no answer comes, and nothing is asked before the next one. What is known stays.
    pub(super) fn silence(&mut self) {
        (self.asked_at, self.due_at) = (None, None);
    }

    /// The venue refused a moment: whatever was measured is no longer believed.
    pub(super) fn distrust(&mut self) {
        self.sample = None;
    }

    /// True where the venue's clock is known.
    pub(super) const fn is_known(&self) -> bool {
        self.sample.is_some()
    }

    /// True where an answer is on its way.
    pub(super) const fn is_asked(&self) -> bool {
        self.asked_at.is_some()
    }

    /// The venue said what its clock shows.
    pub(super) fn answered(&mut self, now: UnixNanos, shown: UnixNanos) {
        let Some(asked_at) = self.asked_at.take() else { return };
        let error = Nanos(now.since(asked_at).0 / 2);
        let drifted = |sample: Sample| Nanos(sample.error.0 + now.since(sample.at).0 / CLOCK_DRIFT_PER);
        if self.sample.is_none_or(|sample| error <= drifted(sample)) {
            let middle = asked_at + error;
            self.offset_ns = i64::try_from(i128::from(shown.0) - i128::from(middle.0)).unwrap_or_default();
            self.sample = Some(Sample { at: now, error });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AHEAD: Nanos = Nanos::from_millis(1_270);
    const START: UnixNanos = UnixNanos::from_millis(1_700_000_000_000);

    /// Asks at `now`; the answer is made after `there` and comes after `back` more.
    fn sample(clock: &mut VenueClock, now: UnixNanos, there: Nanos, back: Nanos) -> UnixNanos {
        clock.asked(now);
        clock.answered(now + there + back, now + there + AHEAD);
        now + there + back
    }

    fn error_of(clock: &VenueClock, now: UnixNanos) -> u64 {
        clock.at(now).0.abs_diff((now + AHEAD).0)
    }

    #[test]
    fn an_answer_in_the_middle_of_its_round_trip_tells_the_clock_exactly() {
        let mut clock = VenueClock::default();
        assert_eq!((clock.at(START), clock.is_known()), (START, false));
        let now = sample(&mut clock, START, Nanos::from_millis(40), Nanos::from_millis(40));
        assert_eq!((error_of(&clock, now), clock.is_known()), (0, true));
        assert_eq!(clock.due_at(), Some(START + CLOCK_INTERVAL));
    }

    #[test]
    fn the_sample_with_the_least_round_trip_is_kept_until_clocks_may_have_drifted_further() {
        let mut clock = VenueClock::default();
        let now = sample(&mut clock, START, Nanos::from_millis(1), Nanos::from_millis(1));
        let now = sample(&mut clock, now, Nanos::from_millis(900), Nanos::from_millis(10));
        assert_eq!(error_of(&clock, now), 0, "a slow answer tells less");
        let later = now + Nanos::from_secs(3_600);
        let now = sample(&mut clock, later, Nanos::from_millis(30), Nanos::from_millis(10));
        assert_eq!(error_of(&clock, now), 10_000_000, "an hour later it tells more than the old one");
    }

    #[test]
    fn a_clock_that_was_refused_is_measured_anew_whatever_the_round_trip() {
        let mut clock = VenueClock::default();
        let now = sample(&mut clock, START, Nanos(1), Nanos(1));
        clock.distrust();
        clock.asked(now);
        let stepped = now + Nanos::from_secs(5);
        clock.answered(now + Nanos::from_millis(500), stepped + Nanos::from_millis(250));
        assert_eq!(clock.at(now), stepped);
        clock.silence();
        clock.answered(now, START);
        assert_eq!(
            (clock.at(now), clock.due_at()),
            (stepped, None),
            "an answer that nobody waits for is none"
        );
    }
}
