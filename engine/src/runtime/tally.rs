//! How often each latency was seen: a histogram that one thread adds to while another one looks.
//!
//! Adding is a plain load and store, never waits and never takes memory. A latency is told apart to one part in 32, the
//! longest exactly; so there may be one for each place that stamps.

use std::sync::atomic::{AtomicU64, Ordering};

use hdrhistogram::Histogram;

use super::limits::LATENCY_NS_MAX;

/// Every doubling of a latency has two to the power of this many buckets.
const PARTS_BITS: u32 = 5;
/// Buckets up to the longest latency that is told apart.
const BUCKETS: u64 = bucket_of(LATENCY_NS_MAX) + 1;

/// Counts of latencies, in buckets.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Box<[AtomicU64]>,
    longest_ns: AtomicU64,
}

impl Tally {
    /// Nothing seen yet.
    pub(super) fn new() -> Self {
        let counts = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Tally { counts, longest_ns: AtomicU64::new(0) }
    }

    /// Counts a latency; one of less than a nanosecond as one nanosecond. Only one thread counts.
    #[inline]
    pub(super) fn add(&self, latency_ns: u64) {
        let latency_ns = latency_ns.clamp(1, LATENCY_NS_MAX);
        let bucket = usize::try_from(bucket_of(latency_ns)).expect("there are few buckets");
        let count = &self.counts[bucket];
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if latency_ns > self.longest_ns.load(Ordering::Relaxed) {
            self.longest_ns.store(latency_ns, Ordering::Relaxed);
        }
    }

    /// Adds what was seen so far to `histogram`.
    pub(super) fn add_to(&self, histogram: &mut Histogram<u64>) {
        let longest_ns = self.longest_ns.load(Ordering::Relaxed);
        for (bucket, count) in (0..).zip(&self.counts) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                // A look between the two stores of `add` may find no longest yet.
                histogram.saturating_record_n(longest_of(bucket).min(longest_ns.max(1)), count);
            }
        }
    }
}

/// Nothing seen yet, up to the longest latency that is told apart.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are those of a histogram")
}

/// The bucket of a latency.
const fn bucket_of(latency_ns: u64) -> u64 {
    let shift = (latency_ns | 1 << PARTS_BITS).ilog2() - PARTS_BITS;
    ((shift as u64) << PARTS_BITS) + (latency_ns >> shift)
}

/// The longest latency of a bucket.
const fn longest_of(bucket: u64) -> u64 {
    let shift = (bucket >> PARTS_BITS).saturating_sub(1);
    ((bucket - (shift << PARTS_BITS) + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tally: &Tally) -> Histogram<u64> {
        let mut seen = histogram();
        tally.add_to(&mut seen);
        seen
    }

    #[test]
    fn every_latency_is_told_to_one_part_in_32_and_never_shorter_than_it_was() {
        let mut latency_ns = 1;
        while latency_ns <= LATENCY_NS_MAX {
            for latency_ns in [latency_ns, latency_ns + latency_ns / 3] {
                let told = longest_of(bucket_of(latency_ns));
                assert!(told >= latency_ns && told - latency_ns <= latency_ns / 32, "{latency_ns} as {told}");
                assert_eq!(bucket_of(told), bucket_of(latency_ns));
                assert_eq!(bucket_of(told + 1), bucket_of(latency_ns) + 1, "no bucket is left out");
            }
            latency_ns *= 2;
        }
    }

    #[test]
    fn the_longest_is_told_as_it_was_and_nothing_is_told_longer() {
        let tally = Tally::new();
        (1_000..2_000).for_each(|latency_ns| tally.add(latency_ns));
        let seen = seen(&tally);
        assert_eq!((seen.len(), seen.max()), (1_000, 1_999));
        assert!((1_500..=1_500 + 1_500 / 32).contains(&seen.value_at_quantile(0.5)), "{seen:?}");
    }

    #[test]
    fn what_is_no_time_at_all_counts_as_a_nanosecond_and_what_never_ends_as_the_longest() {
        let tally = Tally::new();
        [0, u64::MAX].into_iter().for_each(|latency_ns| tally.add(latency_ns));
        let seen = seen(&tally);
        assert_eq!((seen.min(), seen.max()), (1, seen.highest_equivalent(LATENCY_NS_MAX)));
    }
}
