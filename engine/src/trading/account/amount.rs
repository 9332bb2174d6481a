//! Money of an account: one unit for every asset, and the divisions that get there.
//!
//! A price, a quantity and a notional have the scales of their instrument, and no two instruments need have the same.
//! A balance is a sum over instruments, so it needs one: 10^-18 of the asset, which 128 bits hold to 10^20 of it. What
//! an instrument earns is a whole number of those, or its contract is refused when it is defined.

use std::fmt;

use fulmar_bus::record::Price;

use crate::market::decimal::format_scaled;

/// So much of an asset, in 10^-18 of it. Which asset, whoever holds it says.
///
/// ```
/// use fulmar_engine::trading::account::Amount;
/// let fee = Amount::floor(-12_345, 8).expect("it fits");
/// assert_eq!(fee.to_string(), "-0.00012345");
/// assert_eq!(Amount::floor(-15, 19), Some(Amount(-2)), "never told too large");
/// assert_eq!(Amount::floor(i128::MAX, 0), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i128);

impl Amount {
    /// Decimal digits behind the point of every amount.
    pub const SCALE: u8 = 18;

    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// One whole.
    pub const ONE: Amount = Amount(10_i128.pow(Amount::SCALE as u32));

    /// `mantissa` at `scale`, rounded down where that is finer than an amount. `None` where it does not fit.
    pub fn floor(mantissa: i128, scale: u8) -> Option<Amount> {
        let quotient = Quotient::of(mantissa, i32::from(Amount::SCALE) - i32::from(scale), 1)?;
        Some(Amount(quotient.whole))
    }

    /// Both. `None` where that does not fit.
    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }

    /// As much on the other side. `None` for the one number that has none.
    pub fn checked_neg(self) -> Option<Amount> {
        self.0.checked_neg().map(Amount)
    }

    /// `self * part / whole`, rounded down. `None` where it does not fit. `whole` is above zero.
    pub(in crate::trading) fn times(self, part: i64, whole: i64) -> Option<Amount> {
        let (part, whole) = (i128::from(part), i128::from(whole));
        // In two parts, so that the product fits where the result does.
        let rest = self.0.rem_euclid(whole) * part;
        self.0.div_euclid(whole).checked_mul(part)?.checked_add(rest.div_euclid(whole)).map(Amount)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_scaled(self.0, Amount::SCALE).fmt(out)
    }
}

/// A price that brings its scale: a venue's mark may be finer than the prices of its trades.
///
/// ```
/// use fulmar_bus::record::{MarkPrice, Price, UnixNanos};
/// use fulmar_engine::trading::account::ScaledPrice;
/// let told = MarkPrice::new(Price(6_183_763_452_871), Price(0), UnixNanos(8), 8);
/// assert_eq!(ScaledPrice::from(&told), ScaledPrice { price: Price(6_183_763_452_871), scale: 8 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaledPrice {
    /// The mantissa.
    pub price: Price,
    /// Decimal digits behind its point, [`crate::market::limits::SCALE_MAX`] at most.
    pub scale: u8,
}

impl From<&fulmar_bus::record::MarkPrice> for ScaledPrice {
    fn from(told: &fulmar_bus::record::MarkPrice) -> Self {
        ScaledPrice { price: told.mark, scale: told.price_scale }
    }
}

/// The powers of ten that a number can be multiplied by.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// A quotient, rounded down, and what rounding took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quotient {
    /// The quotient, rounded down.
    pub whole: i128,
    rest: i128,
    divisor: i128,
}

impl Quotient {
    /// `number * 10^exponent / divisor`, for a divisor above zero. `None` where it does not fit.
    pub fn of(number: i128, exponent: i32, divisor: i128) -> Option<Quotient> {
        let divisor = match exponent {
            ..0 => divisor.checked_mul(10_i128.checked_pow(exponent.unsigned_abs())?)?,
            0.. if divisor == 1 => return Quotient::product(number, exponent.unsigned_abs()),
            _ => divisor,
        };
        let (mut whole, mut rest) = (number.div_euclid(divisor), number.rem_euclid(divisor));
        let mut digits = u32::try_from(exponent).unwrap_or(0);
        // As in writing, as many digits at once as the rest leaves room for.
        let digits_at_once = if divisor <= i128::from(i64::MAX) { 18 } else { 1 };
        while digits > 0 && (whole, rest) != (0, 0) {
            let step = digits.min(digits_at_once);
            let power = 10_i128.pow(step);
            let number = rest.checked_mul(power)?;
            whole = whole.checked_mul(power)?.checked_add(number / divisor)?;
            rest = number % divisor;
            digits -= step;
        }
        Some(Quotient { whole, rest, divisor })
    }

    /// What nothing divides: the way of every linear contract, several times an order.
    fn product(number: i128, exponent: u32) -> Option<Quotient> {
        let whole = match POWERS.get(exponent as usize) {
            Some(power) => number.checked_mul(*power)?,
            None if number == 0 => 0,
            None => return None,
        };
        Some(Quotient { whole, rest: 0, divisor: 1 })
    }

    /// What rounding took, in 2^-64, rounded down. For divisors of 64 bits.
    pub fn fraction(&self) -> u64 {
        assert!(self.divisor <= i128::from(i64::MAX), "{} is no price", self.divisor);
        let fraction = (self.rest.unsigned_abs() << 64) / self.divisor.unsigned_abs();
        u64::try_from(fraction).expect("a rest is below its divisor")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::trading::seeded(1_000))]

        #[test]
        fn a_quotient_is_the_largest_whole_number_that_is_not_above_it(
            number in -1_000_000_000_000_i128..1_000_000_000_000,
            exponent in 0_i32..18,
            divisor in 1_i64..1_000_000,
        ) {
            let exact = number * 10_i128.pow(exponent.unsigned_abs());
            let quotient = Quotient::of(number, exponent, i128::from(divisor)).expect("small numbers fit");
            prop_assert_eq!(quotient.whole * i128::from(divisor) + quotient.rest, exact);
            prop_assert!((0..i128::from(divisor)).contains(&quotient.rest));
        }

        #[test]
        fn a_part_of_an_amount_is_rounded_down_whatever_its_signs(
            amount in -1_000_000_000_000_i64..1_000_000_000_000,
            part in -1_000_000_i64..1_000_000,
            whole in 1_i64..1_000_000,
        ) {
            let exact = i128::from(amount) * i128::from(part);
            let found = Amount(i128::from(amount)).times(part, whole).expect("small numbers fit");
            prop_assert_eq!(found.0, exact.div_euclid(i128::from(whole)));
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_none() {
        assert_eq!(Quotient::of(1, 39, 1), None);
        assert_eq!(Quotient::of(1, -39, 1), None);
        assert_eq!(Amount(i128::MAX).times(2, 1), None);
        assert_eq!(Amount(i128::MAX).times(i64::MAX, i64::MAX), Some(Amount(i128::MAX)));
        assert_eq!(Amount(i128::MIN).checked_neg(), None);
        let wide = Quotient::of(i128::MAX, 0, i128::MAX - 1).expect("it is one");
        assert_eq!((wide.whole, wide.rest), (1, 1));
    }
}
