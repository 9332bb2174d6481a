//! Value at risk: what a portfolio loses over a horizon, but for one time in so many, judged by how its instruments
//! moved of late.
//!
//! ```text
//! marks, at even times  ->  Returns: a window of each instrument   ->  Correlations
//!                                            +
//! what is held, in the currency  ->  what it would have earned     ->  historical: a quantile of those
//!                                    in each of these intervals    ->  parametric: their deviation, and the normal law
//! ```
//!
//! Both look at the same past earnings of what is held *now*, in those intervals in which all of it has a return. Their
//! variance is what the covariance matrix gives for these holdings, to the last term, so there is no matrix to invert
//! or to be found indefinite. A longer horizon than the interval is its square root as bad: moves are taken not to
//! depend on those before.
//!
//! Here, aside of the path of a tick, is floating point: ratios of prices, sums and square roots, no function that two
//! machines could compute unlike. What comes in and what goes out are integers, the latter rounded against us. What is
//! not known is told as [`VarUnknown`], never as a small number.

mod correlation;
mod normal;
mod returns;
#[cfg(test)]
mod tests;

use fulmar_bus::record::{InstrumentId, Nanos};

pub use self::correlation::Correlations;
pub use self::returns::{ReturnPlan, Returns};
use super::account::Amount;
use super::limits::RETURNS_MIN;

/// How the past is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VarMethod {
    /// A quantile of what happened: no law is assumed, and nothing is worse than the worst that was seen.
    #[default]
    Historical,
    /// As if moves followed the normal law with the covariance that was seen.
    Parametric,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarSettings {
    /// How the past is read.
    pub method: VarMethod,
    /// How seldom more is lost, in parts per million: 990,000 for one time in a hundred. Above a half, below a whole.
    pub confidence_ppm: u32,
    /// Over how long.
    pub horizon: Nanos,
}

/// A limit of value at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarLimit {
    /// The most that it may be.
    pub var_max: Amount,
    /// How it is computed.
    pub settings: VarSettings,
}

/// Why nothing can be said. What hangs on it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VarUnknown {
    /// There are too few intervals in which all that is held has a return.
    #[error("{known} returns are known of {wanted} at least")]
    TooFewReturns {
        /// So many there are.
        known: usize,
        /// So many there must be.
        wanted: usize,
    },
    /// The mark of an instrument that is held did not move once: nobody trades it, or nobody tells.
    #[error("the mark of {0:?} stands still")]
    StandsStill(InstrumentId),
    /// A number does not fit.
    #[error("a number does not fit")]
    Overflow,
}

/// What is held of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Of which.
    pub instrument_id: InstrumentId,
    /// What it is worth at its mark in the currency, above zero where it earns as the price rises. An inverse contract
    /// earns in the currency of its price what a linear one of the same worth does.
    pub worth: Amount,
}

/// Computes value at risk. Keeps room for the numbers of one computation, and nothing of the one before.
///
/// ```
/// use fulmar_bus::record::{InstrumentId, Nanos, Price, UnixNanos};
/// use fulmar_engine::trading::account::{Amount, ScaledPrice};
/// use fulmar_engine::trading::value_at_risk::*;
/// let mut returns = Returns::new(1, ReturnPlan { interval: Nanos::from_secs(1), count_max: 100 });
/// for second in 0..=100 {
///     // Two up, one down, by a hundredth or so.
///     let mark = ScaledPrice { price: Price([10_000, 10_100, 10_200][second as usize % 3]), scale: 2 };
///     returns.sample(UnixNanos(second * 1_000_000_000), &[Some(mark)]);
/// }
/// let horizon = Nanos::from_secs(1);
/// let settings = VarSettings { method: VarMethod::Historical, confidence_ppm: 990_000, horizon };
/// let held = [Holding { instrument_id: InstrumentId(0), worth: Amount::floor(1_020, 0).expect("it fits") }];
/// // From 102.00 to 100.00 what is worth 1,020 loses 20, and a hair more is told.
/// let var = ValueAtRisk::new(settings).of(&returns, &held).expect("a hundred returns are known");
/// assert_eq!(var.to_string().split_at(11).0, "20.00000000");
/// ```
#[derive(Clone, Debug)]
pub struct ValueAtRisk {
    settings: VarSettings,
    /// How many standard deviations the confidence is; for the parametric method.
    deviations: f64,
    /// What was lost in each interval.
    losses: Vec<f64>,
}

impl ValueAtRisk {
    /// By these settings.
    ///
    /// # Panics
    /// Where the confidence is not above a half and below a whole, or the horizon is none: a configuration that
    /// states such a thing is refused before.
    pub fn new(settings: VarSettings) -> Self {
        assert!(settings.horizon > Nanos(0), "a horizon is some time");
        let deviations = normal::quantile(settings.confidence_ppm);
        ValueAtRisk { settings, deviations, losses: Vec::new() }
    }

    /// What `holdings` lose over the horizon, but for so seldom; zero or more, rounded up.
    ///
    /// # Errors
    /// What is not known. Of nothing, all is known.
    pub fn of(&mut self, returns: &Returns, holdings: &[Holding]) -> Result<Amount, VarUnknown> {
        let loss = self.loss(returns, holdings)?;
        rounded_up(loss + gross(holdings) * ROUNDING)
    }

    /// What a million of the currency loses in one instrument alone, long or short, whichever is worse; above zero.
    ///
    /// # Errors
    /// What is not known; [`VarUnknown::StandsStill`] also where it moves too seldom for this confidence.
    pub fn of_million(
        &mut self,
        returns: &Returns,
        instrument_id: InstrumentId,
    ) -> Result<Amount, VarUnknown> {
        let mut worst = 0.0_f64;
        for worth in [MILLION, Amount(-MILLION.0)] {
            worst = worst.max(self.loss(returns, &[Holding { instrument_id, worth }])?);
        }
        if worst > 0.0 {
            rounded_up(worst * (1.0 + ROUNDING))
        } else {
            Err(VarUnknown::StandsStill(instrument_id))
        }
    }

    fn loss(&mut self, returns: &Returns, holdings: &[Holding]) -> Result<f64, VarUnknown> {
        if holdings.iter().all(|holding| holding.worth == Amount::ZERO) {
            return Ok(0.0);
        }
        self.losses.clear();
        self.losses.extend((0..returns.row_count()).filter_map(|row| lost_in(returns, row, holdings)));
        let (known, wanted) = (self.losses.len(), self.returns_min());
        if known < wanted {
            return Err(VarUnknown::TooFewReturns { known, wanted });
        }
        let is_held = |holding: &&Holding| holding.worth != Amount::ZERO;
        let still = holdings.iter().filter(is_held).find(|held| returns.stands_still(held.instrument_id));
        if let Some(held) = still {
            return Err(VarUnknown::StandsStill(held.instrument_id));
        }
        let of_interval = match self.settings.method {
            VarMethod::Historical => self.quantile(),
            VarMethod::Parametric => self.deviations * deviation(&self.losses),
        };
        Ok(of_interval.max(0.0) * (nanos(self.settings.horizon) / nanos(returns.interval())).sqrt())
    }

    /// Fewer returns than this say nothing: of those beyond the quantile one at least is expected among them.
    fn returns_min(&self) -> usize {
        let beyond_ppm = 1_000_000 - self.settings.confidence_ppm;
        let for_quantile = usize::try_from(1_000_000_u32.div_ceil(beyond_ppm)).expect("a million at most");
        match self.settings.method {
            VarMethod::Historical => for_quantile.max(RETURNS_MIN),
            VarMethod::Parametric => RETURNS_MIN,
        }
    }

    /// The smallest of the losses that more than its share of them do not exceed.
    fn quantile(&mut self) -> f64 {
        let count = u64::try_from(self.losses.len()).expect("windows are short");
        let below = count * u64::from(self.settings.confidence_ppm) / 1_000_000;
        let index = usize::try_from(below).expect("less than there are").min(self.losses.len() - 1);
        *self.losses.select_nth_unstable_by(index, f64::total_cmp).1
    }
}

/// The limit of what a scope may have at stake at which its value at risk would be `var_max`, whatever is added: no
/// portfolio loses more than the sum of its parts, so what is added is taken to be of the worst of all that it trades.
/// `held` is its value at risk and `at_stake` its exposure now; `of_million` is [`ValueAtRisk::of_million`] of that
/// worst one. Rounded down, and below `at_stake` where `held` is beyond `var_max` already. `None` where it does not
/// fit.
///
/// ```
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::value_at_risk::stake_max;
/// let amount = |whole| Amount::floor(whole, 0).expect("it fits");
/// // 1,200 are at stake and may lose 60, where 100 may be lost. The worst loses a twentieth: 800 more of that are 40.
/// let of_million = amount(50_000);
/// assert_eq!(stake_max((amount(60), amount(1_200)), of_million, amount(100)), Some(amount(2_000)));
/// assert_eq!(stake_max((amount(160), amount(1_200)), of_million, amount(100)), Some(amount(0)));
/// ```
pub fn stake_max((held, at_stake): (Amount, Amount), of_million: Amount, var_max: Amount) -> Option<Amount> {
    let room = var_max.0.checked_sub(held.0)?;
    let worst = Some(of_million.0).filter(|worst| *worst > 0)?;
    // Millions of what the worst loses, in two parts, so that the product fits where the result does.
    let rest = room.rem_euclid(worst).checked_mul(MILLION.0 / MILLIONTHS)?.div_euclid(worst);
    let more = room.div_euclid(worst).checked_mul(MILLION.0)?.checked_add(rest.checked_mul(MILLIONTHS)?)?;
    at_stake.checked_add(Amount(more))
}

/// What a single instrument is measured by: large enough that rounding to an [`Amount`] does not matter.
const MILLION: Amount = Amount(1_000_000 * 1_000_000_000_000_000_000);
/// What is added to a limit is cut to so much.
const MILLIONTHS: i128 = 1_000_000_000_000;

/// What is added to a value at risk, as a part of all that is held, long and short: more than all roundings of floating
/// point on the way come to.
const ROUNDING: f64 = 1e-12;

/// What holdings lost in an interval; `None` where one of them has no return there.
fn lost_in(returns: &Returns, row: usize, holdings: &[Holding]) -> Option<f64> {
    let mut lost = 0.0;
    for holding in holdings.iter().filter(|holding| holding.worth != Amount::ZERO) {
        lost -= as_float(holding.worth) * returns.at(row, holding.instrument_id)?;
    }
    Some(lost)
}

/// The sample's standard deviation.
fn deviation(sample: &[f64]) -> f64 {
    let count = count_of(sample);
    let mean = sample.iter().sum::<f64>() / count;
    let squares: f64 = sample.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (count - 1.0)).sqrt()
}

fn gross(holdings: &[Holding]) -> f64 {
    holdings.iter().map(|holding| as_float(holding.worth).abs()).sum()
}

fn count_of(sample: &[f64]) -> f64 {
    f64::from(u32::try_from(sample.len()).expect("windows are short"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a float holds 15 digits of it, and what is lost is rounded against us"
)]
fn as_float(amount: Amount) -> f64 {
    amount.0 as f64
}

#[expect(clippy::cast_precision_loss, reason = "of a length of time, 15 digits are enough")]
fn nanos(length: Nanos) -> f64 {
    length.0 as f64
}

fn rounded_up(amount: f64) -> Result<Amount, VarUnknown> {
    // Below two to the 126th, so that sums of two fit.
    let is_held = amount.is_finite() && amount.abs() < 8.5e37;
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number that fits")]
    let whole = || Amount(amount.ceil() as i128);
    is_held.then(whole).ok_or(VarUnknown::Overflow)
}
