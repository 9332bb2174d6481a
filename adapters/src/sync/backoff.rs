//! How long to wait before asking again: longer each time, bounded, and not the same for every book.

use fulmar_bus::record::{InstrumentId, Nanos};

use super::limits::{BACKOFF_MAX, BACKOFF_MIN};

/// The wait before the request after `attempts` ones: none before the first, then doubling, each spread over the
/// upper half of its length. The spread comes from the instrument and the attempt alone, so that a replay waits as
/// the live run did.
pub fn backoff(instrument_id: InstrumentId, attempts: u32) -> Nanos {
    let Some(doublings) = attempts.checked_sub(1) else {
        return Nanos(0);
    };
    let whole_ns = BACKOFF_MIN.0.saturating_mul(1 << doublings.min(32)).min(BACKOFF_MAX.0);
    let half_ns = whole_ns / 2;
    Nanos(half_ns + scramble(u64::from(instrument_id.0) << 32 | u64::from(attempts)) % (half_ns + 1))
}

/// A well spread number for each number (the finalizer of splitmix64).
const fn scramble(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_grows_within_its_bounds_and_differs_between_books() {
        assert_eq!(backoff(InstrumentId(1), 0), Nanos(0));
        for attempts in 1..200 {
            let wait = backoff(InstrumentId(1), attempts);
            assert!(wait >= Nanos(BACKOFF_MIN.0 / 2) && wait <= BACKOFF_MAX, "{attempts}: {wait:?}");
            assert_eq!(wait, backoff(InstrumentId(1), attempts), "the same every time");
        }
        assert!(backoff(InstrumentId(1), 20) >= Nanos(BACKOFF_MAX.0 / 2));
        assert_ne!(backoff(InstrumentId(1), 5), backoff(InstrumentId(2), 5));
    }
}
