//! How much to order: from what may be lost, what may be staked, or what an edge is worth, to a quantity that the
//! instrument takes.
//!
//! ```text
//! a quantity                        ----------------------------+
//! risk: equity, share, entry, stop  ->  stake: what the position |
//! target of volatility              ->         may be worth   -> +->  step, maximum, minimum  ->  Quantity
//! edge, by Kelly                    ->                                                        ->  NoSize
//! ```
//!
//! Every division rounds towards the smaller order, and what is below the instrument's minimum is nothing, not the
//! minimum: nobody allowed that. What is not known is told as [`NoSize`], never as a large size. All money is in the
//! currency that the contract is settled in, which for an inverse one is its base. It is pure integers: it keeps
//! nothing, and neither approves nor sends; the gate's limits hold whatever was computed here.

mod kelly;
#[cfg(test)]
mod tests;

use fulmar_bus::record::{InstrumentDefinition, Price, Quantity};

pub use self::kelly::{Edge, Kelly};
use super::InstrumentRules;
use super::account::{Amount, Contract};

/// A whole, in parts per million of it.
pub const WHOLE_PPM: u32 = 1_000_000;

/// Why there is no size, as [`Sizer`] shows. Nothing is to be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSize {
    /// Nobody said how much one contract is, or an [`Amount`] cannot tell it.
    #[error("the size of the contract is not known")]
    UnknownContract,
    /// The equity, or the amount to aim at, is not above zero.
    #[error("there is no money to size by")]
    NoMoney,
    /// A share of nothing, or of more than the whole.
    #[error("a share is not above zero and at most a whole")]
    BadShare,
    /// A price that is not above zero.
    #[error("a price is not above zero")]
    BadPrice,
    /// The stop is the entry: any quantity would seem to lose nothing.
    #[error("the stop is where the entry is")]
    NoStopDistance,
    /// The instrument is said not to move, or to move by all that it is worth.
    #[error("the volatility is not known")]
    NoVolatility,
    /// What is expected of the trade is nothing, or a loss.
    #[error("there is no edge")]
    NoEdge,
    /// What is allowed is less than the smallest order that the instrument takes.
    #[error("less than the smallest order")]
    BelowMinimum,
    /// A product does not fit, or the quantity does not.
    #[error("a number does not fit")]
    Overflow,
}

/// An instrument as sizes look at it: what a quantity is worth, and which quantities it takes.
///
/// ```
/// use fulmar_bus::record::{InstrumentDefinition, Price, Quantity};
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::sizing::{NoSize, Risk, Sizer};
/// # use fulmar_bus::record::ContractKind;
/// # let inferred = InstrumentDefinition::inferred(("a", "B"), ContractKind::Spot, (2, 5));
/// // A coin, prices to 0.01, quantities to 0.00001 in lots of 0.0001, from 0.001 on.
/// let coin = InstrumentDefinition { lot: Quantity(10), quantity_min: Quantity(100), ..inferred };
/// let sizer = Sizer::new(&coin)?;
///
/// // One percent of 10,000 at risk, in at 500.00, out at 491.00: 100 / 9 is 11.1111 coins.
/// let equity = Amount::floor(10_000, 0).expect("it fits");
/// let risk = Risk { equity, share_ppm: 10_000, entry: Price(50_000), stop: Price(49_100) };
/// assert_eq!(sizer.by_risk(&risk), Ok(Quantity(1_111_110)));
///
/// // With a stop at the entry the same rule would take any quantity at all.
/// let unknown = Risk { stop: risk.entry, ..risk };
/// assert_eq!(sizer.by_risk(&unknown), Err(NoSize::NoStopDistance));
///
/// // Seven cents buy less than the smallest order: nothing, not the minimum.
/// assert_eq!(sizer.by_stake(Amount::floor(7, 2).expect("it fits"), Price(50_000)), Err(NoSize::BelowMinimum));
/// # Ok::<(), NoSize>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizer {
    contract: Contract,
    rules: InstrumentRules,
}

/// So much of the equity may be lost if a stop is met: fixed fractional sizing, for [`Sizer::by_risk`]. A stop below
/// the entry is that of a long position, one above it that of a short one. Fees, and how far beyond the stop a market
/// may trade, are not in it: leave room for them in the share. [`Sizer`] shows one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// What there is.
    pub equity: Amount,
    /// How much of it may be lost, in parts per million.
    pub share_ppm: u32,
    /// Where the position is opened.
    pub entry: Price,
    /// Where it is given up.
    pub stop: Price,
}

/// The position may move by so much: volatility-targeted sizing, for [`Sizer::by_volatility`].
///
/// ```
/// use fulmar_bus::record::{ContractKind, InstrumentDefinition, Price, Quantity};
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::sizing::{Sizer, Volatility};
/// let sizer = Sizer::new(&InstrumentDefinition::inferred(("a", "B"), ContractKind::Spot, (2, 3)))?;
/// // It moves by two percent a day, and 300 a day are wanted: a position worth 15,000, which is 30 at 500.00.
/// let target = Amount::floor(300, 0).expect("it fits");
/// let volatility = Volatility { target, volatility_ppm: 20_000, price: Price(50_000) };
/// assert_eq!(sizer.by_volatility(&volatility), Ok(Quantity(30_000)));
/// # Ok::<(), fulmar_engine::trading::sizing::NoSize>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatility {
    /// By how much the position is to move over a period, as one standard deviation, in the currency.
    pub target: Amount,
    /// By how much the instrument moves over the same period, as one standard deviation, in parts per million of its
    /// price. A period for which that is a few digits; a measured one is rounded up.
    pub volatility_ppm: u32,
    /// What the position is opened at.
    pub price: Price,
}

impl Sizer {
    /// The instrument of this definition.
    ///
    /// # Errors
    /// [`NoSize::UnknownContract`].
    pub fn new(definition: &InstrumentDefinition) -> Result<Self, NoSize> {
        let contract = Contract::new(definition).map_err(|_| NoSize::UnknownContract)?;
        Ok(Sizer { contract, rules: InstrumentRules::from(definition) })
    }

    /// `wanted`, as far as the instrument takes it: on its step, at most its maximum.
    ///
    /// # Errors
    /// [`NoSize::BelowMinimum`], for what is below zero too.
    pub fn fixed(&self, wanted: Quantity) -> Result<Quantity, NoSize> {
        let InstrumentRules { quantity_min, quantity_max, .. } = self.rules;
        let most = if quantity_max.0 > 0 { wanted.min(quantity_max) } else { wanted };
        if most.0 <= 0 {
            return Err(NoSize::BelowMinimum);
        }
        let stepped = Quantity(most.0 - most.0 % self.rules.quantity_step());
        if stepped.0 > 0 && stepped >= quantity_min { Ok(stepped) } else { Err(NoSize::BelowMinimum) }
    }

    /// The most that is worth no more than `stake` at a price.
    ///
    /// # Errors
    /// [`NoSize::NoMoney`], [`NoSize::BadPrice`], [`NoSize::BelowMinimum`], [`NoSize::Overflow`].
    pub fn by_stake(&self, stake: Amount, price: Price) -> Result<Quantity, NoSize> {
        positive(stake)?;
        self.for_stake(stake, above_zero(price)?)
    }

    /// The most that loses no more than its share of the equity where the stop is met.
    ///
    /// # Errors
    /// [`NoSize::NoStopDistance`], [`NoSize::BadShare`], and as [`Sizer::by_stake`].
    pub fn by_risk(&self, risk: &Risk) -> Result<Quantity, NoSize> {
        let Risk { equity, share_ppm, entry, stop } = *risk;
        if share_ppm > WHOLE_PPM {
            return Err(NoSize::BadShare);
        }
        self.for_loss(share_of(equity, share_ppm)?, entry, stop)
    }

    /// The most that loses no more than the target where the price falls by its volatility.
    ///
    /// # Errors
    /// [`NoSize::NoVolatility`], and as [`Sizer::by_stake`].
    pub fn by_volatility(&self, volatility: &Volatility) -> Result<Quantity, NoSize> {
        let Volatility { target, volatility_ppm, price } = *volatility;
        if volatility_ppm == 0 {
            return Err(NoSize::NoVolatility);
        }
        // An inverse contract loses more where the price falls than it earns where it rises as far.
        let left_ppm =
            if self.contract.is_inverse() { WHOLE_PPM.saturating_sub(volatility_ppm) } else { WHOLE_PPM };
        if left_ppm == 0 {
            return Err(NoSize::NoVolatility);
        }
        let stake = positive(target)?.times(left_ppm.into(), volatility_ppm.into());
        self.for_stake(stake.ok_or(NoSize::Overflow)?, above_zero(price)?)
    }

    /// The most that loses no more than `loss` between two prices.
    fn for_loss(&self, loss: Amount, entry: Price, stop: Price) -> Result<Quantity, NoSize> {
        let (entry, stop) = (above_zero(entry)?, above_zero(stop)?);
        // A linear contract loses a share of what it was worth, an inverse one of what it then is.
        let whole = if self.contract.is_inverse() { stop } else { entry };
        match (entry.0 - stop.0).abs() {
            0 => Err(NoSize::NoStopDistance),
            distance => self.for_stake(loss.times(whole.0, distance).ok_or(NoSize::Overflow)?, entry),
        }
    }

    fn for_stake(&self, stake: Amount, price: Price) -> Result<Quantity, NoSize> {
        let price = self.contract.price(price);
        let most = self.contract.quantity_worth(stake, price).map_err(|_| NoSize::Overflow)?;
        self.fixed(most)
    }
}

/// So much of an equity, rounded down.
fn share_of(equity: Amount, share_ppm: u32) -> Result<Amount, NoSize> {
    if share_ppm == 0 {
        return Err(NoSize::BadShare);
    }
    positive(equity)?.times(share_ppm.into(), WHOLE_PPM.into()).ok_or(NoSize::Overflow)
}

fn positive(amount: Amount) -> Result<Amount, NoSize> {
    if amount > Amount::ZERO { Ok(amount) } else { Err(NoSize::NoMoney) }
}

fn above_zero(price: Price) -> Result<Price, NoSize> {
    if price.0 > 0 { Ok(price) } else { Err(NoSize::BadPrice) }
}
