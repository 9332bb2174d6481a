//! What a quantity of an instrument is worth at a price, and in which currency: all that tells a linear contract from
//! an inverse one.
//!
//! A linear contract of size `s` is worth `quantity * s * price` of the quote currency. An inverse one is a promise of
//! `s` of the quote currency each, paid in the base currency: who is long gains where fewer base coins make that up. So
//! `quantity * s / price` is what a position *owes*, and its worth is
//!
//! ```text
//! linear    quantity * size * price        in the quote currency
//! inverse   - quantity * size / price      in the base currency
//! ```
//!
//! With that sign an inverse contract is a linear one whose price is `-size / price`: what it earned is what was
//! received less what was paid, and neither netting, nor cost, nor funding knows of it again.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity};

use super::AccountError;
use super::amount::{Amount, Quotient, ScaledPrice};
use crate::market::limits::SCALE_MAX;

/// The part of an instrument that money hangs on.
///
/// ```
/// # use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity};
/// use fulmar_engine::trading::account::{Contract, ScaledPrice};
/// # let of = |kind, contract_size| {
/// #     let inferred = InstrumentDefinition::inferred(("a", "B"), kind, (1, 0));
/// #     InstrumentDefinition { contract_size, ..inferred }
/// # };
/// # let linear = of(ContractKind::LinearPerpetual, ContractSize::new(1, 3));
/// # let inverse = of(ContractKind::InversePerpetual, ContractSize::new(100, 0));
/// let price = ScaledPrice { price: Price(500_000), scale: 1 };
/// let linear = Contract::new(&linear)?; // 0.001 coins each
/// assert_eq!(linear.worth(Quantity(3), price)?.to_string(), "150", "of the quote currency");
/// let inverse = Contract::new(&inverse)?; // 100 dollars each
/// assert_eq!(inverse.worth(Quantity(3), price)?.to_string(), "-0.006", "of the base currency: who is long owes it");
/// # Ok::<(), fulmar_engine::trading::account::AccountError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    kind: ContractKind,
    size: ContractSize,
    price_scale: u8,
    quantity_scale: u8,
}

impl Contract {
    /// The contract of an instrument.
    ///
    /// # Errors
    /// [`AccountError::UnknownSize`]; [`AccountError::TooFine`] where a trade of one unit could be worth less than an
    /// [`Amount`] tells; of an inverse contract, where one unit of quantity could be.
    pub fn new(definition: &InstrumentDefinition) -> Result<Self, AccountError> {
        let InstrumentDefinition { contract: kind, contract_size: size, price_scale, quantity_scale, .. } =
            *definition;
        if !size.is_known() {
            return Err(AccountError::UnknownSize);
        }
        let contract = Contract { kind, size, price_scale, quantity_scale };
        let is_known = [price_scale, quantity_scale, size.scale()].iter().all(|scale| *scale <= SCALE_MAX);
        let is_exact = contract.exponent(price_scale) >= 0 && contract.unit_exponent() >= 0;
        if is_known && is_exact { Ok(contract) } else { Err(AccountError::TooFine) }
    }

    /// What one unit is.
    pub const fn kind(&self) -> ContractKind {
        self.kind
    }

    /// True where it is the asset itself: a trade exchanges all of it at once.
    pub const fn is_spot(&self) -> bool {
        matches!(self.kind, ContractKind::Spot)
    }

    /// True where it is settled in the base currency.
    pub const fn is_inverse(&self) -> bool {
        matches!(self.kind, ContractKind::InversePerpetual | ContractKind::InverseFuture)
    }

    /// True where funding is paid.
    pub const fn is_perpetual(&self) -> bool {
        matches!(self.kind, ContractKind::LinearPerpetual | ContractKind::InversePerpetual)
    }

    /// What `quantity` is worth at `price`, in the currency that it is settled in, rounded down; see the module for the
    /// sign.
    ///
    /// # Errors
    /// [`AccountError::Overflow`]; [`AccountError::BadPrice`] where it is inverse and the price is not above zero.
    pub fn worth(&self, quantity: Quantity, price: ScaledPrice) -> Result<Amount, AccountError> {
        Ok(Amount(self.quotient(quantity.0, price)?.whole))
    }

    /// The price at which `quantity` is worth this, rounded down: where one was opened at several, the average, which
    /// for an inverse contract is the harmonic one. `None` where there is none.
    pub fn price_of(&self, quantity: Quantity, worth: Amount) -> Option<Price> {
        let units = i128::from(quantity.0) * i128::from(self.size.mantissa());
        let exponent = self.exponent(self.price_scale);
        let (number, divisor, exponent) = if self.is_inverse() {
            (units.checked_neg()?, worth.0, exponent)
        } else {
            (worth.0, units, -exponent)
        };
        let number = if divisor < 0 { number.checked_neg()? } else { number };
        let quotient = Quotient::of(number, exponent, divisor.checked_abs().filter(|divisor| *divisor > 0)?)?;
        i64::try_from(quotient.whole).ok().map(Price)
    }

    /// The most that is worth no more than `worth`, whatever its sign, at `price`, of what is long.
    ///
    /// # Errors
    /// [`AccountError::Overflow`], where the quantity does not fit too; [`AccountError::BadPrice`] where the price is
    /// not above zero.
    pub fn quantity_worth(&self, worth: Amount, price: ScaledPrice) -> Result<Quantity, AccountError> {
        if price.price.0 <= 0 {
            return Err(AccountError::BadPrice);
        }
        let (price, exponent) = (price.price.0, -self.exponent(price.scale));
        let quotient = worth.0.checked_abs().and_then(|worth| {
            if self.is_inverse() {
                Quotient::of(Amount(worth).times(price, self.size.mantissa())?.0, exponent, 1)
            } else {
                Quotient::of(worth, exponent, i128::from(self.size.mantissa()) * i128::from(price))
            }
        });
        let most = quotient.and_then(|quotient| i64::try_from(quotient.whole).ok());
        most.map(Quantity).ok_or(AccountError::Overflow)
    }

    /// How much of the base currency `quantity` is; `None` where it does not fit, or is so much of another.
    pub fn worth_in_base(&self, quantity: Quantity) -> Option<Amount> {
        if self.is_inverse() { None } else { self.units(quantity).ok() }
    }

    /// `quantity` itself: so much of the base currency, or of the quote currency where it is inverse.
    pub(super) fn units(&self, quantity: Quantity) -> Result<Amount, AccountError> {
        let units = i128::from(quantity.0) * i128::from(self.size.mantissa());
        let quotient = Quotient::of(units, self.unit_exponent(), 1).ok_or(AccountError::Overflow)?;
        Ok(Amount(quotient.whole))
    }

    /// The price of a trade.
    pub(in crate::trading) const fn price(&self, price: Price) -> ScaledPrice {
        ScaledPrice { price, scale: self.price_scale }
    }

    /// True where quantities mean the same in both, and are worth the same.
    pub(super) fn is_like(&self, other: &Contract) -> bool {
        Contract { price_scale: other.price_scale, ..*self } == *other
    }

    /// As [`Contract::worth`], with what rounding took.
    pub(super) fn quotient(&self, quantity: i64, price: ScaledPrice) -> Result<Quotient, AccountError> {
        let units = i128::from(quantity) * i128::from(self.size.mantissa());
        let mantissa = i128::from(price.price.0);
        let (number, divisor) = if !self.is_inverse() {
            (units.checked_mul(mantissa).ok_or(AccountError::Overflow)?, 1)
        } else if mantissa > 0 {
            (-units, mantissa)
        } else {
            return Err(AccountError::BadPrice);
        };
        let quotient = Quotient::of(number, self.exponent(price.scale), divisor);
        // Amounts have an opposite, so that what is paid by one can be received by another.
        quotient.filter(|quotient| quotient.whole != i128::MIN).ok_or(AccountError::Overflow)
    }

    /// Of the power of ten that turns units times price, or units by price, into an [`Amount`].
    fn exponent(&self, price_scale: u8) -> i32 {
        let price_scale = i32::from(price_scale);
        self.unit_exponent() + if self.is_inverse() { price_scale } else { -price_scale }
    }

    fn unit_exponent(&self) -> i32 {
        i32::from(Amount::SCALE) - i32::from(self.quantity_scale) - i32::from(self.size.scale())
    }
}
