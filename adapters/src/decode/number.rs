//! Numbers at the front of a text, found and read in one pass: the accelerator's counterpart of `decimal::parse`.
//!
//! Eight characters are loaded as one word, all checked to be digits at once, and turned into a number by three
//! multiplications. The scale is known before, so a fraction is shifted into place instead of multiplied. What the
//! words cannot hold takes a loop over bytes. Whatever is not plain digits is left to the reference decoder.

/// The widest scale that the fraction's word holds.
const WORD_SCALE_MAX: u8 = 8;

/// Powers of ten, by exponent.
const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// The decimal number that `text` begins with, as a mantissa at `scale`, and its length in bytes.
///
/// `None` where it does not begin with digits, a point has no digit on either side, a digit other than zero stands
/// behind the scale, or the mantissa does not fit: the caller then asks the reference.
///
/// ```
/// use fulmar_adapters::decode::number::decimal;
/// assert_eq!(decimal(b"61837.63000000\",", 2), Some((6_183_763, 14)));
/// assert_eq!(decimal(b"-1.5\"", 2), None);
/// ```
#[inline]
pub fn decimal(text: &[u8], scale: u8) -> Option<(i64, usize)> {
    match decimal_by_word(text, scale) {
        Some(found) => Some(found),
        None => decimal_by_byte(text, scale),
    }
}

/// The whole number that `text` begins with, as JSON writes it (no leading zeros), and its length in bytes.
///
/// `None` where there is none, or where it has more than 18 digits.
#[inline]
pub fn unsigned(text: &[u8]) -> Option<(u64, usize)> {
    let head = Word::load(text);
    let digits = head.digit_count();
    let (value, length) = if digits < 8 {
        (head.value(digits), digits)
    } else {
        let tail = Word::load(&text[8..]);
        let more = tail.digit_count();
        if more == 8 {
            return unsigned_by_byte(text);
        }
        (head.value(8) * POWERS[more] + tail.value(more), 8 + more)
    };
    let is_json = length > 0 && (text[0] != b'0' || length == 1);
    is_json.then_some((value, length))
}

#[inline]
fn decimal_by_word(text: &[u8], scale: u8) -> Option<(i64, usize)> {
    let whole = Word::load(text);
    let whole_digits = whole.digit_count();
    if whole_digits == 0 || whole_digits == 8 || scale > WORD_SCALE_MAX {
        return None;
    }
    if let Some(found) = whole.with_fraction(text, whole_digits, scale) {
        return Some(found);
    }
    let whole_value = whole.value(whole_digits) * POWERS[usize::from(scale)];
    let fraction_at = whole_digits + 1;
    if text.get(whole_digits) != Some(&b'.') {
        return mantissa(whole_value, whole_digits);
    }
    let fraction = Word::load(&text[fraction_at..]);
    let digits = fraction.digit_count();
    let end = fraction_at + digits;
    if digits == 0 || (digits == 8 && text.get(end).is_none_or(u8::is_ascii_digit)) {
        return None;
    }
    mantissa(whole_value + fraction.at_scale(digits, scale)?, end)
}

#[inline(never)]
fn decimal_by_byte(text: &[u8], scale: u8) -> Option<(i64, usize)> {
    let whole_digits = digit_count(text);
    let has_point = text.get(whole_digits) == Some(&b'.');
    let fraction = if has_point { &text[whole_digits + 1..] } else { &[] };
    let fraction_digits = digit_count(fraction);
    if whole_digits == 0 || (has_point && fraction_digits == 0) {
        return None;
    }
    let kept = fraction_digits.min(usize::from(scale));
    if fraction[kept..fraction_digits].iter().any(|byte| *byte != b'0') {
        return None;
    }
    let padding = usize::from(scale) - kept;
    let digits = text[..whole_digits].iter().chain(&fraction[..kept]);
    let value = digits.chain(std::iter::repeat_n(&b'0', padding)).try_fold(0_u64, shift_in)?;
    mantissa(value, whole_digits + usize::from(has_point) + fraction_digits)
}

#[inline(never)]
fn unsigned_by_byte(text: &[u8]) -> Option<(u64, usize)> {
    let length = digit_count(text);
    if length > 18 || text[0] == b'0' {
        return None;
    }
    Some((text[..length].iter().try_fold(0, shift_in)?, length))
}

fn mantissa(value: u64, length: usize) -> Option<(i64, usize)> {
    Some((i64::try_from(value).ok()?, length))
}

fn digit_count(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}

fn shift_in(value: u64, digit: &u8) -> Option<u64> {
    value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
}

/// Eight characters, the first in the lowest byte, each `^ b'0'`: a digit is then its value.
#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    /// What `text` begins with; past its end stands what is no digit.
    #[inline]
    fn load(text: &[u8]) -> Word {
        let characters = text.first_chunk().copied().unwrap_or_else(|| padded(text));
        Word(u64::from_le_bytes(characters) ^ u64::from_le_bytes([b'0'; 8]))
    }

    /// How many digits stand at the front. A carry out of a byte that is no digit only reaches those behind it.
    #[inline]
    fn digit_count(self) -> usize {
        const OVER_NINE: u64 = u64::from_le_bytes([0x76; 8]);
        const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
        let others = (self.0.wrapping_add(OVER_NINE) | self.0) & HIGH_BITS;
        (others.trailing_zeros() / 8) as usize
    }

    /// The whole number where it and its fraction lie in this word, and the fraction has as many digits as the scale:
    /// the point is squeezed out, and one conversion does for both.
    #[inline]
    fn with_fraction(self, text: &[u8], whole_digits: usize, scale: u8) -> Option<(i64, usize)> {
        let length = whole_digits + 1 + usize::from(scale);
        let end = *text.get(length)?;
        if length > 8 || scale == 0 || text[whole_digits] != b'.' || end.is_ascii_digit() {
            return None;
        }
        let before = self.0 & !(u64::MAX << (8 * whole_digits));
        let behind = (self.0 >> 8) & (u64::MAX << (8 * whole_digits));
        let digits = Word((before | behind) << (8 * (9 - length)));
        (digits.digit_count() == 8).then(|| (eight_digits(digits.0).cast_signed(), length))
    }

    /// The number that the first `digits` characters make; zero where `digits` is.
    #[inline]
    fn value(self, digits: usize) -> u64 {
        if digits == 0 { 0 } else { eight_digits(self.0 << (64 - 8 * digits)) }
    }

    /// The first `digits` characters as what stands behind a point, at a `scale` of at most eight digits; `None` where
    /// that would lose a digit other than zero.
    #[inline]
    fn at_scale(self, digits: usize, scale: u8) -> Option<u64> {
        let fraction = self.0 << (64 - 8 * digits) >> (64 - 8 * digits);
        match usize::from(scale) {
            8 => Some(eight_digits(fraction)),
            0 => (fraction == 0).then_some(0),
            kept => (fraction >> (8 * kept) == 0).then(|| eight_digits(fraction << (64 - 8 * kept))),
        }
    }
}

/// The last few bytes of a message, and zeros.
#[cold]
fn padded(text: &[u8]) -> [u8; 8] {
    let mut characters = [0; 8];
    characters[..text.len()].copy_from_slice(text);
    characters
}

/// The number that eight digits make, the first in the lowest byte: pairs, then fours, then all.
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use fulmar_engine::market::decimal;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// One pass over a text reads what finding the number's end and parsing it would.
        #[test]
        fn a_number_found_in_passing_is_the_number_parsed(
            text in prop_oneof!["[0-9]{0,12}", "[0-9]{0,20}[.]?[0-9]{0,20}", "[0-9.]{0,9}", "[0-9]{1,7}[.][0-9]{1,9}"],
            end in prop_oneof!["\"", "\",\"0.0", "\"]]}}", "", "e5\"", " 1234567"],
            scale in 0_u8..=18,
        ) {
            let whole = format!("{text}{end}");
            if let Some((value, length)) = self::decimal(whole.as_bytes(), scale) {
                prop_assert_eq!(decimal::parse(&whole.as_bytes()[..length], scale), Ok(value));
                prop_assert!(!whole[length..].starts_with(|c: char| c.is_ascii_digit()));
            } else if let Ok(value) = decimal::parse(text.as_bytes(), scale) {
                let is_plain = text.starts_with(|c: char| c.is_ascii_digit()) && !text.ends_with('.');
                prop_assert!(!is_plain, "{text} at {scale} is {value} and was not read");
            }
            if let Some((value, length)) = unsigned(whole.as_bytes()) {
                prop_assert_eq!(whole[..length].parse(), Ok(value));
                prop_assert!(!whole[length..].starts_with(|c: char| c.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn a_number_ends_where_its_digits_end() {
        assert_eq!(decimal(b"0.00000000\",\"0.1", 8), Some((0, 10)));
        assert_eq!(decimal(b"61837.63000000\",\"x", 8), Some((6_183_763_000_000, 14)));
        assert_eq!(decimal(b"5\",\"x1234567", 3), Some((5_000, 1)));
        assert_eq!(decimal(b"123456789.5\"]", 2), Some((12_345_678_950, 11)));
        assert_eq!(unsigned(b"1723161255208,\"s\":"), Some((1_723_161_255_208, 13)));
        assert_eq!(unsigned(b"123456789012345678,\"s\":"), Some((123_456_789_012_345_678, 18)));
        assert_eq!(unsigned(b"0,\"s\":\"abc"), Some((0, 1)));
    }

    #[test]
    fn what_is_not_plain_digits_is_left_to_the_reference() {
        for text in ["", ".5\"        ", "5.\"        ", "-1\"        ", "x", "1.23456\"         "] {
            assert_eq!(decimal(text.as_bytes(), 4), None, "{text}");
        }
        for text in ["", "01,       ", "x        ", "1234567890123456789,  "] {
            assert_eq!(unsigned(text.as_bytes()), None, "{text}");
        }
        assert_eq!(decimal(b"92233720368547758.08\"", 2), None, "one more than 64 bits hold");
    }
}
