//! What a scope has earned, held against what it may lose: in a day, from its best moment, and at once.
//!
//! ```text
//! within its limits                      Free
//! a limit is passed                      ReduceOnly: only what reduces passes, the rest of what stands is canceled
//! passed by so many percent of it        Flatten: what is held is closed
//! ```
//!
//! A loss of the day holds until the day is over (UTC), the others until the scope is enabled again: what was lost once
//! is not made good by a price that came back. What is not known is not Free. The guard acts on nothing itself.

use fulmar_bus::record::{Restraint, UnixNanos};

use super::Breach;
use super::checks::above;
use crate::trading::account::Amount;

/// What a scope may lose, in the currency that losses are counted in. What is not stated is not guarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossLimits {
    /// Since the day began.
    pub daily_loss_max: Option<Amount>,
    /// Since the moment at which most had been earned.
    pub drawdown_max: Option<Amount>,
    /// Between one look and the next, up or down: prices that jump so far are looked at by a person first.
    pub jump_max: Option<Amount>,
    /// At how many percent of the first two what is held is closed; `None` for never.
    pub flatten_percent: Option<u32>,
}

/// The watch over one scope.
///
/// ```
/// use fulmar_bus::record::{Restraint, UnixNanos};
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::risk::{LossGuard, LossLimits};
/// let daily_loss_max = Some(Amount(100));
/// let mut guard = LossGuard::new(LossLimits { daily_loss_max, flatten_percent: Some(120), ..LossLimits::default() });
/// let mut earns = |amount| guard.observe(UnixNanos(1), Some(Amount(amount)));
/// assert_eq!(earns(0), Restraint::Free);
/// assert_eq!(earns(-101), Restraint::ReduceOnly);
/// assert_eq!(earns(50), Restraint::ReduceOnly, "today it has lost too much, whatever came back");
/// assert_eq!(earns(-121), Restraint::Flatten);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LossGuard {
    limits: LossLimits,
    day: u64,
    day_began: Amount,
    peak: Amount,
    /// At the last look; `None` where it could not be known.
    earned: Option<Amount>,
    /// The last that was known: what a jump is measured from.
    known: Option<Amount>,
    /// The worst of the day.
    daily_loss: Amount,
    /// The worst since the scope was enabled, as is the next.
    drawdown: Amount,
    jump: Amount,
}

impl LossGuard {
    /// A guard that has seen nothing. Where it guards anything, nothing is known, and so nothing is free, until it has.
    pub fn new(limits: LossLimits) -> Self {
        LossGuard {
            limits,
            day: 0,
            day_began: Amount::ZERO,
            peak: Amount::ZERO,
            earned: None,
            known: None,
            daily_loss: Amount::ZERO,
            drawdown: Amount::ZERO,
            jump: Amount::ZERO,
        }
    }

    /// What it guards by.
    pub fn limits(&self) -> &LossLimits {
        &self.limits
    }

    /// It guards by these from now on; what was seen stays.
    pub fn set_limits(&mut self, limits: LossLimits) {
        self.limits = limits;
    }

    /// Looks at what has been earned until now, open positions at their marks included; `None` where that is not known.
    pub fn observe(&mut self, now: UnixNanos, earned: Option<Amount>) -> Restraint {
        self.earned = earned;
        let Some(earned) = earned else { return self.restraint() };
        let before = self.known.replace(earned);
        if before.is_none() {
            (self.peak, self.day_began) = (earned, earned);
        }
        if self.day != now.day() {
            (self.day, self.daily_loss) = (now.day(), Amount::ZERO);
            self.day_began = before.unwrap_or(earned);
        }
        self.peak = self.peak.max(earned);
        self.daily_loss = self.daily_loss.max(less(self.day_began, earned));
        self.drawdown = self.drawdown.max(less(self.peak, earned));
        let moved = before.map_or(0, |before| less(earned, before).0.saturating_abs());
        self.jump = self.jump.max(Amount(moved));
        self.restraint()
    }

    /// Forgets what was lost: a person has looked at it.
    pub fn enable(&mut self) {
        *self = LossGuard { day: self.day, ..LossGuard::new(self.limits) };
    }

    /// What was earned when it last looked; `None` where that could not be known.
    pub fn earned(&self) -> Option<Amount> {
        self.earned
    }

    /// The worst losses: of the day, and since the best moment.
    pub fn losses(&self) -> (Amount, Amount) {
        (self.daily_loss, self.drawdown)
    }

    /// What the scope may still do.
    pub fn restraint(&self) -> Restraint {
        let LossLimits { daily_loss_max, drawdown_max, flatten_percent, .. } = self.limits;
        let is_beyond = |loss: Amount, max: Option<Amount>| {
            let (Some(max), Some(percent)) = (max, flatten_percent) else { return false };
            loss.0.saturating_mul(100) > max.0.saturating_mul(percent.into())
        };
        if is_beyond(self.daily_loss, daily_loss_max) || is_beyond(self.drawdown, drawdown_max) {
            return Restraint::Flatten;
        }
        let breach = self.daily_loss().or(self.drawdown()).or(self.jump());
        if breach.is_some() { Restraint::ReduceOnly } else { Restraint::Free }
    }

    /// What was lost today is more than may be. Measured in millionths of the currency, as the next two.
    pub fn daily_loss(&self) -> Option<Breach> {
        self.breach(self.daily_loss, self.limits.daily_loss_max?)
    }

    /// What was lost since the best moment is more than may be.
    pub fn drawdown(&self) -> Option<Breach> {
        self.breach(self.drawdown, self.limits.drawdown_max?)
    }

    /// What was earned jumped further than it may.
    pub fn jump(&self) -> Option<Breach> {
        self.breach(self.jump, self.limits.jump_max?)
    }

    fn breach(&self, found: Amount, max: Amount) -> Option<Breach> {
        match above(found.0, max.0) {
            Some(_) => Some(beyond(found, max)),
            None if self.earned.is_none() => Some(Breach { limit: millionths(max), ..Breach::UNKNOWABLE }),
            None => None,
        }
    }
}

/// As denials tell amounts: their 64 bits hold few in 10^-18.
pub(crate) fn millionths(amount: Amount) -> i128 {
    const MILLIONTH: i128 = 10_i128.pow(12);
    amount.0.div_euclid(MILLIONTH)
}

/// That an amount is beyond another, as denials tell it: above the limit, whatever is cut off.
pub(crate) fn beyond(found: Amount, max: Amount) -> Breach {
    let limit = millionths(max);
    Breach { value: millionths(found).max(limit + 1), limit }
}

/// By how much the second is less.
fn less(one: Amount, other: Amount) -> Amount {
    Amount(one.0.saturating_sub(other.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Amount = Amount(100);
    const DAY: UnixNanos = UnixNanos(24 * 60 * 60 * 1_000_000_000);

    fn guard(limits: LossLimits) -> LossGuard {
        let mut guard = LossGuard::new(limits);
        guard.observe(UnixNanos(1), Some(Amount::ZERO));
        guard
    }

    #[test]
    fn each_loss_is_allowed_up_to_its_limit_and_not_one_more() {
        let limits = [
            LossLimits { daily_loss_max: Some(MAX), ..LossLimits::default() },
            LossLimits { drawdown_max: Some(MAX), ..LossLimits::default() },
            LossLimits { jump_max: Some(MAX), ..LossLimits::default() },
        ];
        for limits in limits {
            let allowed = [(-99, Restraint::Free), (-100, Restraint::Free), (-101, Restraint::ReduceOnly)];
            for (earned, expected) in allowed {
                let mut guard = guard(limits);
                let found = guard.observe(UnixNanos(2), Some(Amount(earned)));
                assert_eq!(found, expected, "{earned} under {limits:?}");
                let breach = guard.daily_loss().or(guard.drawdown()).or(guard.jump());
                // A millionth is far more than either; what is told is beyond its limit all the same.
                let told = (found != Restraint::Free).then_some(Breach { value: 1, limit: 0 });
                assert_eq!(breach, told, "{earned} under {limits:?}");
            }
        }
    }

    #[test]
    fn a_drawdown_is_from_the_best_moment_and_a_daily_loss_from_the_start_of_the_day() {
        let both = LossLimits { daily_loss_max: Some(MAX), drawdown_max: Some(MAX), ..LossLimits::default() };
        let mut guard = guard(both);
        guard.observe(UnixNanos(2), Some(Amount(500)));
        assert_eq!(guard.observe(UnixNanos(3), Some(Amount(399))), Restraint::ReduceOnly);
        assert_eq!((guard.daily_loss(), guard.drawdown().is_some()), (None, true));
        guard.observe(UnixNanos(4), Some(Amount(-20)));
        assert_eq!(guard.observe(UnixNanos(5), Some(Amount(300))), Restraint::ReduceOnly);
        assert_eq!(guard.losses(), (Amount(20), Amount(520)), "the worst of both, whatever came back");
        assert_eq!((guard.earned(), guard.limits()), (Some(Amount(300)), &both));
    }

    #[test]
    fn the_loss_of_a_day_ends_with_it_and_a_drawdown_when_it_is_enabled() {
        let of_day = LossLimits { daily_loss_max: Some(MAX), ..LossLimits::default() };
        let mut daily = guard(of_day);
        assert_eq!(daily.observe(UnixNanos(2), Some(Amount(-101))), Restraint::ReduceOnly);
        assert_eq!(daily.observe(DAY, Some(Amount(-101))), Restraint::Free);
        assert_eq!(daily.observe(DAY, Some(Amount(-202))), Restraint::ReduceOnly, "from where the day began");
        let mut deep = guard(LossLimits { drawdown_max: Some(MAX), ..LossLimits::default() });
        deep.observe(UnixNanos(2), Some(Amount(-101)));
        assert_eq!(deep.observe(DAY, Some(Amount::ZERO)), Restraint::ReduceOnly);
        deep.enable();
        assert_eq!(deep.observe(DAY, Some(Amount(-101))), Restraint::Free, "it begins anew from here");
    }

    #[test]
    fn a_loss_over_midnight_counts_for_the_day_on_which_it_is_seen() {
        let mut guard = guard(LossLimits { daily_loss_max: Some(MAX), ..LossLimits::default() });
        assert_eq!(guard.observe(DAY, Some(Amount(-101))), Restraint::ReduceOnly);
    }

    #[test]
    fn what_is_not_known_reduces_but_closes_nothing_and_is_forgiven_once_it_is() {
        let limits =
            LossLimits { drawdown_max: Some(MAX), flatten_percent: Some(100), ..LossLimits::default() };
        assert_eq!(LossGuard::new(limits).restraint(), Restraint::ReduceOnly);
        assert_eq!(LossGuard::new(LossLimits::default()).observe(UnixNanos(1), None), Restraint::Free);
        let mut guard = guard(limits);
        assert_eq!(guard.observe(UnixNanos(2), None), Restraint::ReduceOnly);
        assert_eq!(guard.drawdown().map(|breach| breach.value), Some(i128::MAX));
        assert_eq!(guard.observe(UnixNanos(3), Some(Amount(-1))), Restraint::Free);
    }

    #[test]
    fn positions_are_closed_at_a_share_of_the_limit_and_the_largest_numbers_do_not_wrap() {
        let limits =
            LossLimits { drawdown_max: Some(MAX), flatten_percent: Some(150), ..LossLimits::default() };
        let mut guard = guard(limits);
        assert_eq!(guard.observe(UnixNanos(2), Some(Amount(-150))), Restraint::ReduceOnly);
        assert_eq!(guard.observe(UnixNanos(2), Some(Amount(-151))), Restraint::Flatten);
        let worst = guard.observe(UnixNanos(2), Some(Amount(i128::MIN)));
        assert_eq!(worst, Restraint::Flatten);
        let breach = guard.drawdown().expect("it is passed");
        assert!(breach.value > breach.limit, "{breach:?}");
    }
}
