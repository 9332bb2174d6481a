//! The budget of connection attempts to one host, which counts them by our address: one for all connections that go
//! there, of one link or of several. Who wants to connect queues, so that none is passed over, however many come back
//! at one moment; and the moment of an attempt is counted when it comes, not when it was planned, so that a thread that
//! slept does not make up for it at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::address::Address;
use super::limits::{RateLimit, ReconnectLimits};
use super::rate::RateWindow;

/// The budgets of connection attempts of all links that share this, by host and port. Links of one process should,
/// since venues count by address: two venues of ours may be one host.
#[derive(Clone, Debug, Default)]
pub struct ConnectBudgets {
    by_host: Arc<Mutex<ByHost>>,
}

/// By name and port.
type ByHost = BTreeMap<(String, u16), Arc<ConnectBudget>>;

/// The attempts to connect to one host.
#[derive(Debug)]
pub(super) struct ConnectBudget {
    attempts: Mutex<Attempts>,
    /// The head of the queue holds it until its moment comes; it is handed on in the order in which they came.
    head: Semaphore,
}

/// Attempts that were made, and those that are to be.
#[derive(Clone, Debug)]
struct Attempts {
    at_once: RateWindow,
    short: RateWindow,
    queued_count: usize,
}

/// When an attempt is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) at: Instant,
    /// True where as many attempts were made as the budget allows in a short time; false where they are spread alone.
    pub(super) is_over_budget: bool,
}

impl ConnectBudgets {
    /// The budget of `address`. Where several ask for it, the strictest of their limits holds for all.
    pub(super) fn of(&self, address: &Address, limits: &ReconnectLimits) -> Arc<ConnectBudget> {
        let mut by_host = self.by_host.lock().expect("nothing panics while it holds the budgets");
        let budget = by_host
            .entry((address.host.clone(), address.port))
            .or_insert_with(|| Arc::new(ConnectBudget::new(limits.attempts_at_once, limits.attempts_short)));
        budget.tighten(limits);
        Arc::clone(budget)
    }
}

impl ConnectBudget {
    fn new(at_once: RateLimit, short: RateLimit) -> Self {
        let attempts =
            Attempts { at_once: RateWindow::new(at_once), short: RateWindow::new(short), queued_count: 0 };
        ConnectBudget { attempts: Mutex::new(attempts), head: Semaphore::new(1) }
    }

    fn tighten(&self, limits: &ReconnectLimits) {
        let mut attempts = self.attempts();
        attempts.at_once.tighten(limits.attempts_at_once);
        attempts.short.tighten(limits.attempts_short);
    }

    /// When who queues at `from`, now or later, can expect its turn: behind those who queue now.
    pub(super) fn expected(&self, from: Instant) -> Expected {
        let mut attempts = self.attempts().clone();
        let mut expected = Expected { at: Instant::now(), is_over_budget: false };
        for ahead_count in (0..=attempts.queued_count).rev() {
            if ahead_count == 0 {
                expected.at = expected.at.max(from);
            }
            let spread_at = attempts.at_once.ready_at(expected.at).max(expected.at);
            let in_budget_at = attempts.short.ready_at(expected.at);
            expected.is_over_budget |= in_budget_at > spread_at;
            expected.at = spread_at.max(in_budget_at);
            attempts.take(expected.at);
        }
        expected
    }

    /// Queues, and takes an attempt when its turn comes: true, and the attempt is to be made at once. False where it
    /// `may` not be made at that moment; then none was taken. Who stops waiting leaves the queue.
    pub(super) async fn take(&self, may: impl Fn() -> bool) -> bool {
        let _queued = Queued::join(self);
        let _head = self.head.acquire().await.expect("it is never closed");
        loop {
            let now = Instant::now();
            let ready_at = self.attempts().ready_at(now);
            if ready_at <= now {
                break;
            }
            sleep_until(ready_at).await;
        }
        let may = may();
        if may {
            self.attempts().take(Instant::now());
        }
        may
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().expect("nothing panics while it counts attempts")
    }
}

impl Attempts {
    fn ready_at(&self, now: Instant) -> Instant {
        self.at_once.ready_at(now).max(self.short.ready_at(now))
    }

    fn take(&mut self, now: Instant) {
        self.at_once.take(now);
        self.short.take(now);
    }
}

/// A place in the queue, left when dropped.
struct Queued<'a>(&'a ConnectBudget);

impl<'a> Queued<'a> {
    fn join(budget: &'a ConnectBudget) -> Self {
        budget.attempts().queued_count += 1;
        Queued(budget)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.attempts().queued_count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::address::Protocol;
    use super::*;

    fn limits(at_once: u32, short: u32) -> ReconnectLimits {
        ReconnectLimits {
            attempts_at_once: RateLimit { count_max: at_once, window: Duration::from_secs(1) },
            attempts_short: RateLimit { count_max: short, window: Duration::from_secs(60) },
            ..ReconnectLimits::default()
        }
    }

    fn budget(budgets: &ConnectBudgets, url: &str, limits: &ReconnectLimits) -> Arc<ConnectBudget> {
        budgets.of(&Address::parse(url, Protocol::WebSocket).unwrap(), limits)
    }

    #[tokio::test(start_paused = true)]
    async fn links_to_one_host_share_its_budget_at_the_strictest_of_their_limits() {
        let budgets = ConnectBudgets::default();
        let spot = budget(&budgets, "wss://stream.example/v5/public/spot", &limits(3, 60));
        let linear = budget(&budgets, "wss://stream.example/v5/public/linear", &limits(5, 2));
        let other = budget(&budgets, "wss://stream.example:9443/", &limits(3, 60));
        let began_at = Instant::now();
        assert!(spot.take(|| true).await);
        assert!(linear.take(|| true).await);
        let expected = Expected { at: began_at + Duration::from_secs(60), is_over_budget: true };
        assert_eq!(spot.expected(began_at), expected);
        assert_eq!(other.expected(began_at), Expected { at: began_at, is_over_budget: false });
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_may_not_be_made_takes_nothing() {
        let budget = budget(&ConnectBudgets::default(), "wss://stream.example", &limits(1, 1));
        let began_at = Instant::now();
        assert!(!budget.take(|| false).await);
        assert!(budget.take(|| true).await);
        assert_eq!(Instant::now(), began_at);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_expected_is_what_comes_and_who_leaves_the_queue_is_not_waited_for() {
        let budget = budget(&ConnectBudgets::default(), "wss://stream.example", &limits(2, 4));
        let began_at = Instant::now();
        for (nth, after_secs, is_over_budget) in
            [(0, 0, false), (1, 0, false), (2, 1, false), (3, 1, false), (4, 60, true), (5, 60, false)]
        {
            let expected = Expected { at: began_at + Duration::from_secs(after_secs), is_over_budget };
            assert_eq!(budget.expected(Instant::now()), expected, "attempt {nth}");
            let given_up = tokio::time::timeout(Duration::ZERO, budget.take(|| false)).await;
            assert_eq!(given_up.is_err(), expected.at > Instant::now(), "attempt {nth}");
            assert!(budget.take(|| true).await);
            assert_eq!(Instant::now(), expected.at, "attempt {nth}");
        }
    }
}
