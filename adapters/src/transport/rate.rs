//! Counts what happened in the time just past, to keep within a limit that somebody else set: messages a second,
//! requests a minute, connection attempts an hour.

use std::collections::VecDeque;

use tokio::time::{Instant, sleep_until};

use super::limits::RateLimit;

/// The moments of the last few times, exactly: a venue that counts in fixed windows or in sliding ones never sees more
/// than the limit in either.
#[derive(Clone, Debug)]
pub(super) struct RateWindow {
    limit: RateLimit,
    taken_at: VecDeque<Instant>,
}

impl RateWindow {
    /// Nothing happened yet.
    ///
    /// # Panics
    /// Where the limit is zero times: nothing would ever happen.
    pub(super) fn new(limit: RateLimit) -> Self {
        assert!(limit.count_max > 0, "a rate of zero lets nothing through, ever");
        RateWindow { limit, taken_at: VecDeque::new() }
    }

    /// Keeps within `limit` as well, from now on: the smaller count in the longer window is within both.
    ///
    /// # Panics
    /// As [`RateWindow::new`].
    pub(super) fn tighten(&mut self, limit: RateLimit) {
        assert!(limit.count_max > 0, "a rate of zero lets nothing through, ever");
        self.limit.count_max = self.limit.count_max.min(limit.count_max);
        self.limit.window = self.limit.window.max(limit.window);
        let excess = self.taken_at.len().saturating_sub(self.limit.count_max as usize);
        self.taken_at.drain(..excess);
    }

    /// The moment from which on it may happen once more; not after `now` where it may happen now.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        if self.taken_at.len() < self.limit.count_max as usize {
            return now;
        }
        self.taken_at.front().map_or(now, |oldest| *oldest + self.limit.window)
    }

    /// It happens now.
    pub(super) fn take(&mut self, now: Instant) {
        if self.taken_at.len() >= self.limit.count_max as usize {
            self.taken_at.pop_front();
        }
        self.taken_at.push_back(now);
    }

    /// Waits until it may happen once more. It is for the caller to [`RateWindow::take`] once it did.
    pub(super) async fn ready(&self) {
        let now = Instant::now();
        let ready_at = self.ready_at(now);
        if ready_at > now {
            sleep_until(ready_at).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            count_max in 1..6u32,
            pauses_ms in prop::collection::vec(0..400u64, 1..60),
        ) {
            let window = Duration::from_millis(1000);
            let mut rate = RateWindow::new(RateLimit { count_max, window });
            let mut now = Instant::now();
            let mut taken = Vec::new();
            for pause_ms in pauses_ms {
                now += Duration::from_millis(pause_ms);
                now = now.max(rate.ready_at(now));
                rate.take(now);
                taken.push(now);
            }
            for start in 0..taken.len() {
                let inside = taken[start..].iter().filter(|at| **at - taken[start] < window).count();
                prop_assert!(inside <= count_max as usize);
            }
        }
    }
}
