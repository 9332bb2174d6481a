//! What definitions of all venues are made of: texts of steps and limits, as digits, units and notionals; kinds and
//! states.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentStatus, Listing, Notional, Text, WideNumber};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::decimal::digits_behind_point;
use fulmar_engine::market::limits::SCALE_MAX;

use super::Scales;
use super::json::{decimal, positive};

/// Digits behind the point up to the last that is not zero.
pub fn significant_digits(text: &str) -> u8 {
    let shortest = if text.contains('.') { text.trim_end_matches('0') } else { text };
    digits_behind_point(shortest.as_bytes())
}

/// The number in whole units, rounded up; none where it is zero or no number of 64 bits.
pub fn whole_units(text: &str) -> Option<u64> {
    let whole = text.split('.').next().unwrap_or_default().parse::<u64>().ok()?;
    Some(whole.saturating_add(1)).filter(|_| text.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// The number as a notional at the scale of price times quantity.
///
/// # Errors
/// As [`decimal`].
pub fn notional(text: &str, scales: Scales) -> Result<WideNumber, DecodeError> {
    let scale = scales.price + scales.quantity;
    let parsed = scale.min(SCALE_MAX);
    let factor = 10_i128.pow(u32::from(scale - parsed));
    Ok(Notional(i128::from(decimal(text, parsed)?) * factor).into())
}

/// How much one unit of quantity is, by the venue's number; unknown where it says none.
///
/// # Errors
/// As [`positive`] and [`decimal`].
pub fn contract_size(text: Option<&str>) -> Result<ContractSize, DecodeError> {
    let Some(text) = text else { return Ok(ContractSize::UNKNOWN) };
    let scale = significant_digits(text);
    Ok(ContractSize::new(positive(decimal(text, scale)?)?, scale))
}

/// Whether the venue trades an instrument, and its own words for it.
pub fn status(is_traded: bool, words: &str) -> InstrumentStatus {
    InstrumentStatus::new(if is_traded { Listing::Listed } else { Listing::Halted }, words)
}

/// A future without an end, settled in what it is of or in the quote currency.
pub const fn perpetual(is_inverse: bool) -> ContractKind {
    if is_inverse { ContractKind::InversePerpetual } else { ContractKind::LinearPerpetual }
}

/// A future that ends, settled as [`perpetual`] says.
pub const fn dated(is_inverse: bool) -> ContractKind {
    if is_inverse { ContractKind::InverseFuture } else { ContractKind::LinearFuture }
}

/// A name in a record; one that does not fit is left out rather than cut.
pub fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits_end_at_the_last_that_is_not_zero() {
        assert_eq!(significant_digits("0.00100000"), 3);
        assert_eq!(significant_digits("1.00000000"), 0);
        assert_eq!(significant_digits("100"), 0);
        assert_eq!(significant_digits("0.0000"), 0);
    }

    #[test]
    fn a_size_is_what_the_venue_says_and_never_nothing() {
        assert_eq!(contract_size(Some("0.010")), Ok(ContractSize::new(1, 2)));
        assert_eq!(contract_size(Some("1000000")), Ok(ContractSize::new(1_000_000, 0)));
        assert_eq!(contract_size(None), Ok(ContractSize::UNKNOWN));
        assert_eq!(contract_size(Some("0")), Err(DecodeError::OutOfRange));
        assert_eq!(contract_size(Some("-1")), Err(DecodeError::OutOfRange));
        assert_eq!(contract_size(Some("one")), Err(DecodeError::BadNumber));
    }

    #[test]
    fn a_largest_number_is_rounded_up_and_zero_says_nothing() {
        assert_eq!(whole_units("46116860414.00"), Some(46_116_860_415));
        assert_eq!(whole_units("0.5"), Some(1));
        assert_eq!(whole_units("0.00000000"), None);
        assert_eq!(whole_units("many"), None);
    }
}
