//! How many digits an instrument's integers have behind the point.
//!
//! A scale is what the wire needs, not what an order may have, and never one for all instruments: eight digits fit a
//! bitcoin and overflow a coin that is traded by the trillion.

use super::limits::{SCALE_MARGIN, SCALE_MAX};

/// A number does not fit 64 bits at the scale asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number does not fit 64 bits at the new scale")]
pub struct Overflow;

/// The scale of an instrument's prices or quantities.
///
/// `wire_digits` is how many digits the venue sends behind the point, `step_digits` how many its tick or lot has, and
/// `largest` the largest plausible number in whole units, rounded up, where one is known. It is the wire's digits, or
/// the step's where those are more; fewer where 64 bits could not hold a thousand times the largest, since a venue then
/// pads with zeros, but never fewer than the step's.
///
/// ```
/// use fulmar_engine::market::choose_scale;
/// assert_eq!(choose_scale(8, 5, Some(9_000)), 8);
/// assert_eq!(choose_scale(8, 0, Some(46_116_860_415)), 5, "trillions a day at eight digits would overflow");
/// assert_eq!(choose_scale(2, 5, None), 5);
/// ```
pub fn choose_scale(wire_digits: u8, step_digits: u8, largest: Option<u64>) -> u8 {
    let least = step_digits.min(SCALE_MAX);
    let most = wire_digits.clamp(least, SCALE_MAX);
    let room = u128::from(i64::MAX.unsigned_abs());
    let needed = u128::from(largest.unwrap_or(0)) * SCALE_MARGIN;
    (least..=most).rev().find(|scale| needed * 10_u128.pow(u32::from(*scale)) <= room).unwrap_or(least)
}

/// 10 to the power of `to - from`: what a number is multiplied by to get to a scale that is as wide or wider; `None`
/// where it is narrower, or past 64 bits.
pub fn widening_factor(from: u8, to: u8) -> Option<i64> {
    10_i64.checked_pow(u32::from(to.checked_sub(from)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_decides_where_nothing_overflows() {
        assert_eq!(choose_scale(8, 2, None), 8);
        assert_eq!(choose_scale(0, 0, Some(1_000_000)), 0);
    }

    #[test]
    fn a_huge_quantity_gets_fewer_digits_but_never_fewer_than_the_step() {
        assert_eq!(choose_scale(8, 0, Some(10_u64.pow(15))), 0);
        assert_eq!(choose_scale(8, 4, Some(10_u64.pow(15))), 4);
        assert_eq!(choose_scale(8, 0, Some(u64::MAX)), 0);
    }

    #[test]
    fn more_digits_than_64_bits_hold_are_cut() {
        assert_eq!(choose_scale(30, 25, Some(1)), SCALE_MAX);
        assert_eq!(choose_scale(30, 8, Some(1)), 15, "a thousand units must fit");
    }

    #[test]
    fn a_narrower_scale_has_no_widening_factor() {
        assert_eq!(widening_factor(2, 5), Some(1_000));
        assert_eq!(widening_factor(5, 5), Some(1));
        assert_eq!(widening_factor(5, 2), None);
        assert_eq!(widening_factor(0, 19), None);
    }
}
