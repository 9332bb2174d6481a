use proptest::prelude::*;

use super::*;

fn check(text: &str, scale: u8, expected: Result<i64, NumberError>) {
    assert_eq!(parse(text.as_bytes(), scale), expected, "{text:?} at scale {scale}");
}

#[test]
fn what_venues_send_becomes_a_mantissa_at_any_scale_that_holds_it() {
    check("61737.63000000", 8, Ok(6_173_763_000_000));
    check("61737.63000000", 2, Ok(6_173_763));
    check("0.00100000", 5, Ok(100));
    check("1.486", 3, Ok(1_486));
    check("5", 0, Ok(5));
    check("12", 3, Ok(12_000));
    check("123", 1, Ok(1_230));
    check("1234", 0, Ok(1_234));
    check("12345678", 0, Ok(12_345_678));
    check(".5", 1, Ok(5));
    check("5.", 1, Ok(50));
    check("0000000000000000000000007.10", 1, Ok(71));
    check("9223372036854775807", 0, Ok(i64::MAX));
    check("92233720368.54775807", 8, Ok(i64::MAX));
    check("46116860414.00000000", 2, Ok(4_611_686_041_400));
}

#[test]
fn trailing_zeros_are_never_a_misfit_and_other_digits_always_are() {
    check("1.000000000000000000000000000", 0, Ok(1));
    check("0.10", 1, Ok(1));
    check("0.11", 1, Err(NumberError::TooPrecise));
    check("61737.63000001", 2, Err(NumberError::TooPrecise));
    check("0.000000000000000000000000001", 8, Err(NumberError::TooPrecise));
}

#[test]
fn what_is_no_number_is_named() {
    check("", 2, Err(NumberError::Empty));
    check(".", 2, Err(NumberError::LonePoint));
    check("1.2.3", 2, Err(NumberError::TwoPoints));
    check("..", 2, Err(NumberError::TwoPoints));
    check("-1.5", 2, Err(NumberError::Sign));
    check("+1.5", 2, Err(NumberError::Sign));
    check("5.1e-05", 8, Err(NumberError::Exponent));
    check("1E5", 8, Err(NumberError::Exponent));
    check("NaN", 8, Err(NumberError::NotDigit));
    check("Infinity", 8, Err(NumberError::NotDigit));
    check(" 1.5", 8, Err(NumberError::NotDigit));
    check("1,5", 8, Err(NumberError::NotDigit));
    check("1.5\0", 8, Err(NumberError::NotDigit));
    check("61737\u{b7}63000", 8, Err(NumberError::NotDigit));
}

#[test]
fn a_number_past_64_bits_is_an_overflow_and_never_another_number() {
    check("9223372036854775808", 0, Err(NumberError::Overflow));
    check("92233720368.54775808", 8, Err(NumberError::Overflow));
    check("999999999999999", 8, Err(NumberError::Overflow));
    check("1", 19, Err(NumberError::Overflow));
    check("0", 19, Ok(0));
    check("99999999999999999999999999999999999999999", 0, Err(NumberError::Overflow));
}

#[test]
fn a_minus_is_read_where_it_is_asked_for_and_only_once() {
    assert_eq!(parse_signed(b"-1.25", 2), Ok(-125));
    assert_eq!(parse_signed(b"1.25", 2), Ok(125));
    assert_eq!(parse_signed(b"--1", 0), Err(NumberError::Sign));
    assert_eq!(parse_signed(b"-", 0), Err(NumberError::Empty));
    assert_eq!(parse_signed(b"-0", 0), Ok(0));
}

#[test]
fn every_byte_but_digits_and_the_point_is_refused_at_every_place_of_every_length() {
    for length in 1..24 {
        for place in 0..length {
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit() && *byte != b'.') {
                let mut text = vec![b'1'; length];
                text[place] = byte;
                assert!(parse(&text, 2).is_err(), "{text:?}");
            }
        }
    }
}

#[test]
fn digits_are_counted_as_they_were_sent() {
    for (text, digits) in [("61837.63000000", 8), ("1.", 0), ("", 0), ("17", 0), (".25", 2)] {
        assert_eq!(digits_behind_point(text.as_bytes()), digits, "{text:?}");
    }
}

#[test]
fn numbers_are_written_as_a_person_would() {
    for (value, scale, text) in [
        (6_183_763, 2, "61837.63"),
        (6_180_000, 2, "61800"),
        (-5, 3, "-0.005"),
        (0, 8, "0"),
        (-10, 1, "-1"),
        (100, 0, "100"),
        (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        (1, 36, "0.000000000000000000000000000000000001"),
    ] {
        assert_eq!(format_scaled(value, scale).as_str(), text);
    }
    assert_eq!(format!("{:>8}", format_scaled(15, 1)), "     1.5");
}

#[test]
fn numbers_are_written_with_the_zeros_that_a_venue_prints() {
    assert_eq!(format_fixed(6_183_763, 2, 8).as_str(), "61837.63000000");
    assert_eq!(format_fixed(6_183_700, 2, 0).as_str(), "61837");
    assert_eq!(format_fixed(0, 0, 2).as_str(), "0.00");
    assert_eq!(format_fixed(i128::MIN, 0, 36).as_bytes().len(), WRITTEN_BYTES_MAX);
}

#[test]
#[should_panic(expected = "round it first")]
fn writing_never_rounds() {
    format_fixed(15, 1, 0);
}

#[test]
fn rounding_does_what_its_name_says() {
    use Rounding::{Down, Exact, HalfEven, Up};
    for (value, rounding, expected) in [
        (25, Down, Some(2)),
        (25, Up, Some(3)),
        (25, HalfEven, Some(2)),
        (35, HalfEven, Some(4)),
        (26, HalfEven, Some(3)),
        (25, Exact, None),
        (20, Up, Some(2)),
        (20, Exact, Some(2)),
        (-25, Down, Some(-2)),
        (-25, Up, Some(-3)),
        (-25, HalfEven, Some(-2)),
        (-35, HalfEven, Some(-4)),
    ] {
        assert_eq!(rescale(value, 1, 0, rounding), expected, "{value} {rounding:?}");
    }
    assert_eq!(rescale(i64::MAX, 0, 1, Exact), None);
    assert_eq!(rescale(i64::MIN, 1, 0, Down), Some(i64::MIN / 10));
    assert_eq!(rescale(i64::MAX, 200, 0, Up), Some(1));
    assert_eq!(rescale(i64::MAX, 200, 0, HalfEven), Some(0));
    assert_eq!(rescale(7, 0, 30, Exact), None);
    assert_eq!(rescale(0, 0, 30, Exact), Some(0));
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(256))]

    #[test]
    fn the_short_path_and_the_plain_path_agree(text in "[0-9]{0,12}\\.?[0-9]{0,12}", scale in 0_u8..20) {
        prop_assert_eq!(parse(text.as_bytes(), scale), parse_plain(text.as_bytes(), scale));
    }

    #[test]
    fn any_bytes_are_read_alike_by_both_paths(text in prop::collection::vec(any::<u8>(), 0..20), scale in 0_u8..20) {
        prop_assert_eq!(parse(&text, scale), parse_plain(&text, scale));
    }

    #[test]
    fn what_is_written_is_read_back(value in any::<i64>(), scale in 0_u8..=18, zeros in 0_u8..8) {
        prop_assume!(value != i64::MIN);
        let short = format_scaled(i128::from(value), scale);
        prop_assert_eq!(parse_signed(short.as_bytes(), scale), Ok(value));
        let long = format_fixed(i128::from(value), scale, scale + zeros);
        prop_assert_eq!(parse_signed(long.as_bytes(), scale), Ok(value));
        prop_assert_eq!(digits_behind_point(long.as_bytes()), scale + zeros);
    }

    #[test]
    fn rescaling_stays_within_one_step_and_exact_is_undone(value in any::<i64>(), from in 0_u8..12, to in 0_u8..12) {
        let exact = rescale(value, from, to, Rounding::Exact);
        if let Some(there) = exact {
            prop_assert_eq!(rescale(there, to, from, Rounding::Exact), Some(value));
        }
        let (down, up) = (rescale(value, from, to, Rounding::Down), rescale(value, from, to, Rounding::Up));
        if let (Some(down), Some(up)) = (down, up) {
            prop_assert!(down.unsigned_abs() <= up.unsigned_abs() && down.abs_diff(up) <= 1);
            let half = rescale(value, from, to, Rounding::HalfEven);
            prop_assert!(half == Some(down) || half == Some(up));
        }
    }
}
