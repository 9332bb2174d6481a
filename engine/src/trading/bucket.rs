//! A token bucket in integers: so many messages in a window, exact to the nanosecond, never a float.

use fulmar_bus::record::{Nanos, UnixNanos};

/// Counts messages against a budget of `capacity` in a window. It starts full, and fills evenly.
///
/// The credit is kept in token-nanoseconds (one token is the window's length), so that filling divides nothing and
/// loses nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    capacity: u32,
    window: Nanos,
    credit: u128,
    filled_at: UnixNanos,
}

impl TokenBucket {
    /// A full bucket. Where the window has no length there is no budget: it holds nothing.
    pub(crate) fn new(capacity: u32, window: Nanos) -> Self {
        let mut bucket = TokenBucket { capacity, window, credit: 0, filled_at: UnixNanos(0) };
        bucket.credit = bucket.credit_max();
        bucket
    }

    /// Fills up to `now`. Time that runs backwards fills nothing.
    pub(crate) fn fill(&mut self, now: UnixNanos) {
        let elapsed_ns = now.since(self.filled_at).0;
        self.filled_at = self.filled_at.max(now);
        self.credit += u128::from(elapsed_ns) * u128::from(self.capacity);
        self.credit = self.credit.min(self.credit_max());
    }

    /// Whether so many whole tokens are left: what [`TokenBucket::tokens`] tells, without its division.
    pub(crate) fn has(&self, count: u32) -> bool {
        let token = u128::from(self.window.0);
        count == 0 || (token > 0 && self.credit >= u128::from(count) * token)
    }

    /// Whole tokens that are left.
    pub(crate) fn tokens(&self) -> u32 {
        let tokens = self.credit.checked_div(u128::from(self.window.0)).unwrap_or(0);
        u32::try_from(tokens).expect("no more tokens than the capacity")
    }

    /// Takes one token; false where there was none.
    pub(crate) fn take(&mut self) -> bool {
        let is_taken = self.has(1);
        if is_taken {
            self.credit -= u128::from(self.window.0);
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

    fn tokens_at(bucket: &mut TokenBucket, now: UnixNanos) -> u32 {
        bucket.fill(now);
        let tokens = bucket.tokens();
        assert!(bucket.has(tokens) && tokens.checked_add(1).is_none_or(|more| !bucket.has(more)));
        tokens
    }

    #[test]
    fn a_bucket_gives_its_capacity_then_one_token_each_share_of_the_window() {
        let mut bucket = TokenBucket::new(3, Nanos(9));
        let start = UnixNanos(1_000);
        assert_eq!(tokens_at(&mut bucket, start), 3);
        assert!(bucket.take() && bucket.take() && bucket.take());
        assert!(!bucket.take());
        assert_eq!(tokens_at(&mut bucket, start + Nanos(2)), 0);
        assert_eq!(tokens_at(&mut bucket, start + Nanos(3)), 1);
        assert_eq!(tokens_at(&mut bucket, start + Nanos(8)), 2);
        assert_eq!(tokens_at(&mut bucket, start + Nanos(9)), 3);
        assert_eq!(
            tokens_at(&mut bucket, start + Nanos(1_000_000)),
            3,
            "it never holds more than its capacity"
        );
    }

    #[test]
    fn filling_in_many_steps_gives_what_filling_at_once_gives() {
        let mut often = TokenBucket::new(7, Nanos(1_000));
        let mut once = often;
        for bucket in [&mut often, &mut once] {
            bucket.fill(UnixNanos(0));
            while bucket.take() {}
        }
        for at in 0..=571 {
            often.fill(UnixNanos(at));
        }
        once.fill(UnixNanos(571));
        assert_eq!(often.credit, once.credit);
    }

    #[test]
    fn time_that_runs_backwards_fills_nothing() {
        let mut bucket = TokenBucket::new(1, Nanos(10));
        bucket.fill(UnixNanos(100));
        assert!(bucket.take());
        assert_eq!(tokens_at(&mut bucket, UnixNanos(50)), 0);
        assert_eq!(tokens_at(&mut bucket, UnixNanos(109)), 0);
        assert_eq!(tokens_at(&mut bucket, UnixNanos(110)), 1);
    }

    #[test]
    fn a_bucket_without_window_or_capacity_is_always_empty() {
        for mut bucket in [TokenBucket::new(5, Nanos(0)), TokenBucket::new(0, Nanos(5))] {
            assert_eq!(tokens_at(&mut bucket, UnixNanos(u64::MAX)), 0);
            assert!(!bucket.take());
        }
    }

    #[test]
    fn the_largest_bucket_does_not_overflow() {
        let mut bucket = TokenBucket::new(u32::MAX, Nanos(u64::MAX));
        assert_eq!(tokens_at(&mut bucket, UnixNanos(u64::MAX)), u32::MAX);
    }
}
