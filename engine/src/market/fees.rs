//! What a trade costs: the one place that computes it, for paper fills, for our own market, and for what is left of an
//! arbitrage.
//!
//! A commission is never told too small: what is less than a unit is rounded away from the trader, so that a fee is
//! rounded up and a rebate down.

use fulmar_bus::record::Price;

use super::decimal::parse_signed;

/// Digits of a rate behind the point, where it is written in hundredths of a percent.
const BPS_SCALE: u8 = 4;
/// One hundredth of a percent.
const BPS: i64 = 10_000;
/// The highest rate, a tenth of the money: no venue takes or gives half as much.
const RATE_MAX: i64 = 1_000 * BPS;

/// A part of what is traded, in hundred-millionths: above zero a fee, below zero a rebate.
///
/// ```
/// use fulmar_engine::market::FeeRate;
/// let fee = FeeRate::parse_bps("7.5").expect("a rate");
/// assert_eq!(fee.of(1_000_000, 1), 750);
/// assert_eq!(fee.of(1_000_001, 1), 751, "a fee is rounded up");
/// let rebate = FeeRate::parse_bps("-0.5").expect("a rate");
/// assert_eq!(rebate.of(1_019_999, 1), -50, "and a rebate down");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeeRate(i64);

impl FeeRate {
    /// Nothing.
    pub const ZERO: FeeRate = FeeRate(0);

    /// All of it: the unit of [`FeeRate::share_of`].
    pub const WHOLE: i128 = 10_000 * BPS as i128;

    /// So many hundredths of a percent.
    ///
    /// # Panics
    /// Above a tenth of what is traded.
    pub const fn from_bps(bps: u32) -> Self {
        let rate = bps as i64 * BPS;
        assert!(rate <= RATE_MAX, "a venue that takes more than a tenth is a mistake");
        FeeRate(rate)
    }

    /// The rate in `text`, in hundredths of a percent with up to four digits behind the point. `None` where it is no
    /// number, or more than a tenth of what is traded.
    pub fn parse_bps(text: &str) -> Option<Self> {
        let rate = parse_signed(text.as_bytes(), BPS_SCALE).ok()?;
        (-RATE_MAX..=RATE_MAX).contains(&rate).then_some(FeeRate(rate))
    }

    /// True where the trader is paid.
    pub const fn is_rebate(self) -> bool {
        self.0 < 0
    }

    /// What is charged on one unit at `price`, exactly: in hundred-millionths of the price's own unit.
    pub const fn share_of(self, price: Price) -> i128 {
        self.0 as i128 * price.0 as i128
    }

    /// What is charged on `amount`, in whole multiples of `unit`, rounded away from the trader.
    ///
    /// # Panics
    /// Where `unit` is not above zero.
    pub const fn of(self, amount: i128, unit: i128) -> i128 {
        assert!(unit > 0, "a commission is charged in units");
        let (rate, divisor) = (self.0 as i128, FeeRate::WHOLE * unit);
        // In two parts, so that no amount overflows on the way.
        let rest = amount % divisor * rate;
        let up = -(-rest).div_euclid(divisor);
        (amount / divisor * rate + up) * unit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_a_decimal_of_four_digits_and_at_most_a_tenth() {
        let rate = |text| FeeRate::parse_bps(text).map(|rate| rate.0);
        assert_eq!(
            (rate("10"), rate("-0.5"), rate("0"), rate("0.0001")),
            (Some(100_000), Some(-5_000), Some(0), Some(1))
        );
        assert_eq!(rate("1000"), rate("1000.0000"));
        for text in ["", "-", "1001", "-1000.1", "0.00001", "1e1", "ten", "+1", "--1"] {
            assert_eq!(rate(text), None, "{text:?}");
        }
        assert_eq!(FeeRate::parse_bps("25"), Some(FeeRate::from_bps(25)));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(21),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_commission_is_exact_but_for_less_than_a_unit_that_the_trader_bears(
            amount in 0..i128::from(i64::MAX),
            rate in -RATE_MAX..=RATE_MAX,
            unit in 1..1_000_000_000_i128,
        ) {
            let charged = FeeRate(rate).of(amount, unit);
            prop_assert_eq!(charged % unit, 0);
            let too_much = charged * FeeRate::WHOLE - amount * i128::from(rate);
            prop_assert!((0..FeeRate::WHOLE * unit).contains(&too_much), "{charged} of {amount}");
        }

        #[test]
        fn the_largest_notional_has_a_commission(rate in -RATE_MAX..=RATE_MAX) {
            let most = i128::from(i64::MAX) * i128::from(i64::MAX);
            prop_assert!(FeeRate(rate).of(most, 1).abs() <= most / 10 + 1);
        }
    }
}
