//! Whether the best prices of an instrument can be believed, by where the last good ones were.
//!
//! A venue may send a price with a digit lost, or the book may show what one emptied side makes of it. So prices
//! further from the last good ones than a band are suspect, until the market has stayed near them for some time: then
//! that is where it is. Only what is heard counts: where nothing comes after a jump, nothing has stayed. It knows no
//! clock, and what is done about suspect prices is not its business.

use fulmar_bus::record::{Price, TopOfBook, UnixNanos};

use super::limits::{JUMP_REFERENCE_KEPT, JUMP_STAYS};

/// Judges the tops of one instrument.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::market::JumpGuard;
/// let level = |price| Level { price: Price(price), quantity: Quantity(1) };
/// let top = |bid, ask| TopOfBook::new(level(bid), level(ask), 1, UnixNanos(0), TopSource::Book);
/// let mut guard = JumpGuard::new(1_000);
/// assert!(guard.believes(&top(99, 101), UnixNanos(0)));
/// assert!(guard.believes(&top(109, 111), UnixNanos(1)), "a tenth is not too far");
/// assert!(!guard.believes(&top(1_090, 1_110), UnixNanos(2)));
/// assert!(guard.believes(&top(108, 112), UnixNanos(3)), "it was a mistake");
/// ```
#[derive(Clone, Debug)]
pub struct JumpGuard {
    max_bps: u32,
    good: Option<Sides>,
    suspicion: Option<Suspicion>,
    desynced_at: Option<UnixNanos>,
}

/// Where the market seems to have jumped to, and when that was first seen.
#[derive(Clone, Copy, Debug)]
struct Suspicion {
    sides: Sides,
    since: UnixNanos,
}

/// The prices of a top that has any.
#[derive(Clone, Copy, Debug)]
enum Sides {
    Both(Price, Price),
    Bid(Price),
    Ask(Price),
}

impl JumpGuard {
    /// A guard that has seen nothing, and believes what lies up to so many hundredths of a percent from the last good.
    pub const fn new(max_bps: u32) -> Self {
        JumpGuard { max_bps, good: None, suspicion: None, desynced_at: None }
    }

    /// Whether `top`, which reached this machine at `at`, can be believed. A top without prices says nothing new.
    pub fn believes(&mut self, top: &TopOfBook, at: UnixNanos) -> bool {
        if self.desynced_at.take().is_some_and(|since| at.since(since) > JUMP_REFERENCE_KEPT) {
            self.good = None;
        }
        let Some(sides) = Sides::of(top) else { return self.suspicion.is_none() };
        let is_near = |other: Sides| sides.is_within(self.max_bps, other);
        let has_stayed = match self.suspicion {
            _ if self.good.is_none_or(is_near) => true,
            Some(Suspicion { sides, since }) if is_near(sides) => at.since(since) >= JUMP_STAYS,
            _ => {
                self.suspicion = Some(Suspicion { sides, since: at });
                false
            }
        };
        if has_stayed {
            (self.good, self.suspicion) = (Some(sides), None);
        }
        has_stayed
    }

    /// The book is not believed from `at` on, whatever its prices: what was suspect has not stayed. The last good ones
    /// are kept for a while, since the snapshot that follows may be wrong.
    pub fn desync(&mut self, at: UnixNanos) {
        self.suspicion = None;
        self.desynced_at.get_or_insert(at);
    }

    /// Every price means this many times the number that it did.
    pub fn rescale(&mut self, price_factor: i64) {
        let rescaled = |sides: Sides| sides.times(price_factor);
        self.good = self.good.and_then(rescaled);
        self.suspicion = self
            .suspicion
            .and_then(|Suspicion { sides, since }| Some(Suspicion { sides: rescaled(sides)?, since }));
    }

    /// The instrument is another one now: nothing is known of it.
    pub fn forget(&mut self) {
        *self = JumpGuard::new(self.max_bps);
    }
}

impl Sides {
    fn of(top: &TopOfBook) -> Option<Self> {
        match (top.bid.quantity.is_zero(), top.ask.quantity.is_zero()) {
            (false, false) => Some(Sides::Both(top.bid.price, top.ask.price)),
            (false, true) => Some(Sides::Bid(top.bid.price)),
            (true, false) => Some(Sides::Ask(top.ask.price)),
            (true, true) => None,
        }
    }

    /// Whether it lies no further from `good` than the band: by their middles where both have two sides, else by the
    /// side that both have, so that a side which empties is no jump; or else by what each has.
    fn is_within(self, max_bps: u32, good: Sides) -> bool {
        let (here, there) = match (self, good) {
            (Sides::Both(bid, _), Sides::Bid(_)) => (Sides::Bid(bid).doubled(), good.doubled()),
            (Sides::Both(_, ask), Sides::Ask(_)) => (Sides::Ask(ask).doubled(), good.doubled()),
            (Sides::Bid(_), Sides::Both(bid, _)) => (self.doubled(), Sides::Bid(bid).doubled()),
            (Sides::Ask(_), Sides::Both(_, ask)) => (self.doubled(), Sides::Ask(ask).doubled()),
            _ => (self.doubled(), good.doubled()),
        };
        (here - there).abs() * 10_000 <= there.abs() * i128::from(max_bps)
    }

    /// Twice the middle, which may lie between two numbers.
    fn doubled(self) -> i128 {
        match self {
            Sides::Both(bid, ask) => i128::from(bid.0) + i128::from(ask.0),
            Sides::Bid(price) | Sides::Ask(price) => 2 * i128::from(price.0),
        }
    }

    /// `None` where a price does not fit any more.
    fn times(self, factor: i64) -> Option<Self> {
        let times = |price: Price| price.0.checked_mul(factor).map(Price);
        Some(match self {
            Sides::Both(bid, ask) => Sides::Both(times(bid)?, times(ask)?),
            Sides::Bid(bid) => Sides::Bid(times(bid)?),
            Sides::Ask(ask) => Sides::Ask(times(ask)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Level, Nanos, Quantity, TopSource};

    use super::*;

    const TENTH: u32 = 1_000;

    /// A top of these prices; zero where there is none.
    fn top(bid: i64, ask: i64) -> TopOfBook {
        let level = |price| Level { price: Price(price), quantity: Quantity(i64::from(price != 0)) };
        TopOfBook::new(level(bid), level(ask), 1, UnixNanos(0), TopSource::Book)
    }

    /// A guard whose last good top is this.
    fn guard(bid: i64, ask: i64) -> JumpGuard {
        let mut guard = JumpGuard::new(TENTH);
        assert!(guard.believes(&top(bid, ask), UnixNanos(0)));
        guard
    }

    #[test]
    fn the_middle_may_move_as_far_as_the_band() {
        for (middle, is_good) in [(8_999, false), (9_000, true), (9_001, true)] {
            assert_eq!(guard(9_900, 10_100).believes(&top(middle - 1, middle + 1), UnixNanos(1)), is_good);
        }
        for (middle, is_good) in [(10_999, true), (11_000, true), (11_001, false)] {
            assert_eq!(guard(9_900, 10_100).believes(&top(middle - 1, middle + 1), UnixNanos(1)), is_good);
        }
    }

    #[test]
    fn a_side_alone_is_held_against_the_same_side() {
        for (seen, is_good) in
            [((0, 11_000), true), ((0, 11_001), false), ((9_000, 0), true), ((8_999, 0), false)]
        {
            let good = if seen.0 == 0 { (9_000, 10_000) } else { (10_000, 12_000) };
            assert_eq!(
                guard(good.0, good.1).believes(&top(seen.0, seen.1), UnixNanos(1)),
                is_good,
                "{seen:?}"
            );
        }
        assert!(guard(100, 300).believes(&top(100, 0), UnixNanos(1)), "a side that empties is no jump");
        assert!(guard(100, 0).believes(&top(100, 300), UnixNanos(1)), "nor is one that comes back");
        assert!(guard(100, 0).believes(&top(0, 110), UnixNanos(1)));
        assert!(!guard(100, 0).believes(&top(0, 111), UnixNanos(1)));
    }

    #[test]
    fn where_the_market_stays_long_enough_is_the_new_level() {
        let mut guard = guard(99, 101);
        let at = |nanos| UnixNanos(JUMP_STAYS.0) + Nanos(nanos);
        assert!(!guard.believes(&top(199, 201), UnixNanos(1)));
        assert!(!guard.believes(&top(209, 211), at(0)));
        assert!(guard.believes(&top(201, 203), at(1)));
        assert!(!guard.believes(&top(99, 101), at(2)), "the way back is a jump as well");
    }

    #[test]
    fn who_jumps_on_has_not_stayed_and_who_comes_back_was_never_away() {
        let mut guard = guard(99, 101);
        let at = |nanos| UnixNanos(JUMP_STAYS.0) + Nanos(nanos);
        assert!(!guard.believes(&top(199, 201), UnixNanos(1)));
        assert!(!guard.believes(&top(399, 401), UnixNanos(2)));
        assert!(!guard.believes(&top(399, 401), at(1)));
        assert!(guard.believes(&top(99, 101), at(1)));
        assert!(!guard.believes(&top(399, 401), at(2)), "its time begins anew");
    }

    #[test]
    fn a_top_without_prices_is_as_good_as_the_one_before_it() {
        let mut guard = guard(99, 101);
        assert!(guard.believes(&top(0, 0), UnixNanos(1)));
        assert!(!guard.believes(&top(199, 201), UnixNanos(2)));
        assert!(!guard.believes(&top(0, 0), UnixNanos(3)));
        assert!(guard.believes(&top(99, 101), UnixNanos(4)));
    }

    #[test]
    fn the_last_good_top_outlives_a_short_break_alone() {
        for (gap, is_good) in [(JUMP_REFERENCE_KEPT, false), (Nanos(JUMP_REFERENCE_KEPT.0 + 1), true)] {
            let mut guard = guard(99, 101);
            guard.desync(UnixNanos(5));
            guard.desync(UnixNanos(7));
            assert_eq!(guard.believes(&top(199, 201), UnixNanos(5) + gap), is_good);
        }
    }

    #[test]
    fn what_was_suspect_before_a_break_has_not_stayed() {
        let mut guard = guard(99, 101);
        assert!(!guard.believes(&top(199, 201), UnixNanos(1)));
        guard.desync(UnixNanos(2));
        assert!(!guard.believes(&top(199, 201), UnixNanos(1) + JUMP_STAYS));
    }

    #[test]
    fn it_follows_a_wider_scale_and_forgets_another_instrument() {
        let mut rescaled = guard(99, 101);
        rescaled.rescale(100);
        assert!(rescaled.believes(&top(10_900, 11_100), UnixNanos(1)));
        rescaled.rescale(i64::MAX);
        assert!(rescaled.believes(&top(1, 2), UnixNanos(2)), "what does not fit is not known");
        let mut other = guard(99, 101);
        other.forget();
        assert!(other.believes(&top(1, 2), UnixNanos(1)));
    }

    #[test]
    fn the_largest_prices_are_compared_without_overflow() {
        assert!(guard(i64::MAX - 1, i64::MAX).believes(&top(i64::MAX - 2, i64::MAX), UnixNanos(1)));
        assert!(!guard(1, 2).believes(&top(i64::MAX - 1, i64::MAX), UnixNanos(1)));
    }
}
