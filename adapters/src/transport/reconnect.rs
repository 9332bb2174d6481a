//! When a lost connection is opened anew, or a venue's HTTP side tried again: after a random delay, at least the
//! shortest and at most a span that doubles with each failure, and never more often than a budget allows. Whole fleets
//! that lose a venue at one moment must not come back at one moment, and none of them in no time.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use super::limits::ReconnectLimits;
use super::rate::RateWindow;

/// The attempts of one connection, or of the HTTP side.
#[derive(Debug)]
pub(super) struct Reconnect {
    limits: ReconnectLimits,
    short: RateWindow,
    long: RateWindow,
    attempt: u32,
    random: ChaCha8Rng,
}

/// What is to be waited for before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// How long.
    pub(super) duration: Duration,
    /// True where it is the budget that makes it so long.
    pub(super) is_over_budget: bool,
}

impl Reconnect {
    /// No attempt was made yet. The seed need only differ between connections and processes.
    pub(super) fn new(limits: ReconnectLimits, seed: u64) -> Self {
        Reconnect {
            short: RateWindow::new(limits.attempts_short),
            long: RateWindow::new(limits.attempts_long),
            limits,
            attempt: 0,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Which attempt the next is since the last healthy connection, counted from one.
    pub(super) fn next_attempt(&self) -> u32 {
        self.attempt.saturating_add(1)
    }

    /// An attempt is made now; returns which it is since the last healthy connection, counted from one.
    pub(super) fn begin(&mut self, now: Instant) -> u32 {
        self.short.take(now);
        self.long.take(now);
        self.attempt = self.next_attempt();
        self.attempt
    }

    /// A connection ended that had lived for this long.
    pub(super) fn ended(&mut self, lived: Duration) {
        if lived >= self.limits.healthy_after {
            self.reached();
        }
    }

    /// The venue was reached and answered.
    pub(super) fn reached(&mut self) {
        self.attempt = 0;
    }

    /// What is to be waited for before the next attempt.
    pub(super) fn wait(&mut self, now: Instant) -> Wait {
        let ReconnectLimits { backoff_min, backoff_max, .. } = self.limits;
        let longest = backoff_min.saturating_mul(1 << self.attempt.clamp(1, 20)).min(backoff_max);
        let drawn = backoff_min + longest.saturating_sub(backoff_min).mul_f64(self.random.random());
        let in_budget = self.short.ready_at(now).max(self.long.ready_at(now)).saturating_duration_since(now);
        Wait { duration: drawn.max(in_budget), is_over_budget: in_budget > drawn }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::RateLimit;
    use super::*;

    fn limits() -> ReconnectLimits {
        ReconnectLimits {
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_millis(1600),
            healthy_after: Duration::from_secs(1),
            attempts_at_once: RateLimit { count_max: 1000, window: Duration::from_secs(1) },
            attempts_short: RateLimit { count_max: 1000, window: Duration::from_secs(60) },
            attempts_long: RateLimit { count_max: 1000, window: Duration::from_secs(3600) },
        }
    }

    #[test]
    fn the_delay_is_drawn_above_its_shortest_from_a_span_that_doubles_to_its_limit() {
        let mut reconnect = Reconnect::new(limits(), 7);
        let mut now = Instant::now();
        let (mut shortest, mut longest) = (Duration::MAX, Duration::ZERO);
        for attempt in 1..=200u32 {
            assert_eq!(reconnect.begin(now), attempt);
            let wait = reconnect.wait(now);
            let span = Duration::from_millis(100)..=Duration::from_millis(100 << attempt.min(4));
            assert!(
                span.contains(&wait.duration) && !wait.is_over_budget,
                "attempt {attempt} waits {wait:?}"
            );
            (shortest, longest) = (shortest.min(wait.duration), longest.max(wait.duration));
            now += wait.duration;
        }
        assert!(shortest < Duration::from_millis(200), "the whole span is drawn from");
        assert!(longest > Duration::from_millis(1500), "the whole span is drawn from");
    }

    #[test]
    fn a_healthy_connection_makes_the_next_attempt_the_first() {
        let mut reconnect = Reconnect::new(limits(), 7);
        let now = Instant::now();
        (1..=200).for_each(|attempt| assert_eq!(reconnect.begin(now), attempt));
        reconnect.ended(Duration::from_millis(999));
        assert_eq!(reconnect.begin(now), 201, "a short life is no health");
        reconnect.ended(Duration::from_secs(1));
        assert_eq!(reconnect.begin(now), 1);
    }

    #[test]
    fn a_used_up_budget_makes_the_next_attempt_wait_for_it() {
        let short = RateLimit { count_max: 2, window: Duration::from_secs(60) };
        let mut reconnect = Reconnect::new(ReconnectLimits { attempts_short: short, ..limits() }, 7);
        let now = Instant::now();
        reconnect.begin(now);
        assert!(!reconnect.wait(now).is_over_budget);
        reconnect.begin(now);
        let wait = reconnect.wait(now);
        assert_eq!(wait, Wait { duration: Duration::from_secs(60), is_over_budget: true });
    }
}
