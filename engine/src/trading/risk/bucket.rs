//! A token bucket in integers: so many messages in a window, exact to the nanosecond, never a float.

use fulmar_bus::record::{Nanos, UnixNanos};

/// Counts messages against a budget of `capacity` in a window. It starts full, and fills evenly.
///
/// The credit is kept in token-nanoseconds (one token is the window's length), so that filling divides nothing and
/// loses nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenBucket {
    capacity: u32,
    window: Nanos,
    credit: u128,
    filled_at: UnixNanos,
}

impl TokenBucket {
    /// A full bucket. Where the window has no length there is no budget: it holds nothing.
    pub(super) fn new(capacity: u32, window: Nanos) -> Self {
        let mut bucket = TokenBucket { capacity, window, credit: 0, filled_at: UnixNanos(0) };
        bucket.credit = bucket.credit_max();
        bucket
    }

    /// Whole tokens at `now`. Time that runs backwards fills nothing.
    pub(super) fn tokens(&mut self, now: UnixNanos) -> u64 {
        let elapsed_ns = now.since(self.filled_at).0;
        self.filled_at = self.filled_at.max(now);
        self.credit += u128::from(elapsed_ns) * u128::from(self.capacity);
        self.credit = self.credit.min(self.credit_max());
        let tokens = self.credit.checked_div(u128::from(self.window.0)).unwrap_or(0);
        u64::try_from(tokens).expect("no more tokens than the capacity, which has 32 bits")
    }

    /// Takes one token; false where there was none. Fill first, by [`TokenBucket::tokens`].
    pub(super) fn take(&mut self) -> bool {
        let token = u128::from(self.window.0);
        let is_taken = token > 0 && self.credit >= token;
        if is_taken {
            self.credit -= token;
        }
        is_taken
    }

    fn credit_max(&self) -> u128 {
        u128::from(self.capacity) * u128::from(self.window.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_capacity_then_one_token_each_share_of_the_window() {
        let mut bucket = TokenBucket::new(3, Nanos(9));
        let start = UnixNanos(1_000);
        assert_eq!(bucket.tokens(start), 3);
        assert!(bucket.take() && bucket.take() && bucket.take());
        assert!(!bucket.take());
        assert_eq!(bucket.tokens(start + Nanos(2)), 0);
        assert_eq!(bucket.tokens(start + Nanos(3)), 1);
        assert_eq!(bucket.tokens(start + Nanos(8)), 2);
        assert_eq!(bucket.tokens(start + Nanos(9)), 3);
        assert_eq!(bucket.tokens(start + Nanos(1_000_000)), 3, "it never holds more than its capacity");
    }

    #[test]
    fn filling_in_many_steps_gives_what_filling_at_once_gives() {
        let mut often = TokenBucket::new(7, Nanos(1_000));
        let mut once = often;
        for bucket in [&mut often, &mut once] {
            bucket.tokens(UnixNanos(0));
            while bucket.take() {}
        }
        for at in 0..=571 {
            often.tokens(UnixNanos(at));
        }
        assert_eq!(often.tokens(UnixNanos(571)), once.tokens(UnixNanos(571)));
        assert_eq!(often.credit, once.credit);
    }

    #[test]
    fn time_that_runs_backwards_fills_nothing() {
        let mut bucket = TokenBucket::new(1, Nanos(10));
        bucket.tokens(UnixNanos(100));
        assert!(bucket.take());
        assert_eq!(bucket.tokens(UnixNanos(50)), 0);
        assert_eq!(bucket.tokens(UnixNanos(109)), 0);
        assert_eq!(bucket.tokens(UnixNanos(110)), 1);
    }

    #[test]
    fn a_bucket_without_window_or_capacity_is_always_empty() {
        for mut bucket in [TokenBucket::new(5, Nanos(0)), TokenBucket::new(0, Nanos(5))] {
            assert_eq!(bucket.tokens(UnixNanos(u64::MAX)), 0);
            assert!(!bucket.take());
        }
    }

    #[test]
    fn the_largest_bucket_does_not_overflow() {
        let mut bucket = TokenBucket::new(u32::MAX, Nanos(u64::MAX));
        assert_eq!(bucket.tokens(UnixNanos(u64::MAX)), u64::from(u32::MAX));
    }
}
