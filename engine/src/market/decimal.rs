//! Decimal text to scaled integers and back, without a float in between.
//!
//! Most numbers of a market have a few digits before the point and at most eight behind it. Those are read as two 64-bit
//! words: the point is found and the words are shifted by masks, all bytes are checked to be digits at once, and eight
//! digits become a number by three multiplications. Anything longer, and anything wrong, takes the plain path, which
//! alone names errors. Nothing here rounds unless it is told how, and nothing allocates.

use std::fmt;

use super::limits::{SCALE_MAX, WRITTEN_BYTES_MAX, WRITTEN_DIGITS_MAX};

#[cfg(test)]
mod tests;

/// Why a text is no number at the scale asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// There is no text.
    #[error("empty number")]
    Empty,
    /// A sign where none may stand.
    #[error("a sign where none may stand")]
    Sign,
    /// A point without a digit on either side.
    #[error("a point without digits")]
    LonePoint,
    /// More than one point.
    #[error("more than one point")]
    TwoPoints,
    /// An exponent, such as in `5.1e-05`.
    #[error("an exponent")]
    Exponent,
    /// A byte that no decimal number has, `NaN` and blanks included.
    #[error("not a digit")]
    NotDigit,
    /// A digit other than zero stands behind the last digit of the scale.
    #[error("more digits behind the point than the scale has")]
    TooPrecise,
    /// The number is larger than 64 bits hold at this scale.
    #[error("too large for this scale")]
    Overflow,
}

/// How a number loses digits. Always named, never implied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
    /// To the nearest, a tie to the even digit.
    HalfEven,
    /// Not at all: a number that would lose a digit other than zero is refused.
    Exact,
}

/// The number in `text` as a mantissa at `scale`. Zeros behind the last digit of the scale are no misfit.
///
/// # Errors
/// Says what is wrong with the text, or that the number does not fit the scale.
///
/// ```
/// use fulmar_engine::market::{NumberError, decimal::parse};
/// assert_eq!(parse(b"61837.63000000", 2), Ok(6_183_763));
/// assert_eq!(parse(b"61837.635", 2), Err(NumberError::TooPrecise));
/// ```
#[inline]
pub fn parse(text: &[u8], scale: u8) -> Result<i64, NumberError> {
    match parse_short(text, scale) {
        Some(value) => Ok(value),
        None => parse_plain(text, scale),
    }
}

/// As [`parse`], with a leading minus allowed.
///
/// # Errors
/// As [`parse`].
///
/// ```
/// use fulmar_engine::market::decimal::parse_signed;
/// assert_eq!(parse_signed(b"-0.005", 3), Ok(-5));
/// ```
pub fn parse_signed(text: &[u8], scale: u8) -> Result<i64, NumberError> {
    match text {
        [b'-', magnitude @ ..] => parse(magnitude, scale).map(|value| -value),
        _ => parse(text, scale),
    }
}

/// How many digits stand behind the point, trailing zeros included; none where there is no point. Past 255 it says 255.
///
/// ```
/// use fulmar_engine::market::decimal::digits_behind_point;
/// assert_eq!(digits_behind_point(b"0.00100000"), 8);
/// assert_eq!(digits_behind_point(b"5"), 0);
/// ```
pub fn digits_behind_point(text: &[u8]) -> u8 {
    let digits = text.iter().rev().position(|byte| *byte == b'.').unwrap_or(0);
    u8::try_from(digits).unwrap_or(u8::MAX)
}

/// `value` at scale `to` instead of `from`; `None` where it does not fit 64 bits, or is not exact where
/// [`Rounding::Exact`] asks for it.
///
/// ```
/// use fulmar_engine::market::{Rounding, decimal::rescale};
/// assert_eq!(rescale(6_183_763, 2, 4, Rounding::Exact), Some(618_376_300));
/// assert_eq!(rescale(25, 1, 0, Rounding::HalfEven), Some(2));
/// assert_eq!(rescale(25, 1, 0, Rounding::Exact), None);
/// ```
pub fn rescale(value: i64, from: u8, to: u8, rounding: Rounding) -> Option<i64> {
    if value == 0 || from == to {
        return Some(value);
    }
    if to > from {
        return value.checked_mul(10_i64.checked_pow(u32::from(to - from))?);
    }
    // Past 10^19 every value is below a tenth of the divisor, and 10^20 rounds it as any larger power does.
    let divisor = 10_i128.pow(u32::from(from - to).min(20));
    let (whole, rest) = (i128::from(value) / divisor, i128::from(value) % divisor);
    let is_moved = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest != 0,
        Rounding::HalfEven => match (2 * rest.abs()).cmp(&divisor) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => whole % 2 != 0,
            std::cmp::Ordering::Greater => true,
        },
        Rounding::Exact if rest != 0 => return None,
        Rounding::Exact => false,
    };
    i64::try_from(whole + if is_moved { i128::from(value.signum()) } else { 0 }).ok()
}

/// A written number, on the stack.
#[derive(Clone, Copy)]
pub struct DecimalText {
    bytes: [u8; WRITTEN_BYTES_MAX],
    start: usize,
}

/// `value` at `scale` in plain decimals, without trailing zeros or exponent.
///
/// # Panics
/// Where `scale` is past [`WRITTEN_DIGITS_MAX`].
///
/// ```
/// use fulmar_engine::market::decimal::format_scaled;
/// assert_eq!(format_scaled(6_180_000, 2).as_str(), "61800");
/// assert_eq!(format_scaled(-5, 3).as_str(), "-0.005");
/// ```
pub fn format_scaled(value: i128, scale: u8) -> DecimalText {
    let (mut mantissa, mut digits) = (value, scale);
    while digits > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        digits -= 1;
    }
    format_fixed(mantissa, digits, digits)
}

/// `value` at `scale` with exactly `digits` digits behind the point, as venues print it.
///
/// # Panics
/// Where `scale` or `digits` is past [`WRITTEN_DIGITS_MAX`], or a digit other than zero would be lost: whoever may hold
/// such a number rounds it first.
///
/// ```
/// use fulmar_engine::market::decimal::format_fixed;
/// assert_eq!(format_fixed(15, 1, 4).as_str(), "1.5000");
/// ```
pub fn format_fixed(value: i128, scale: u8, digits: u8) -> DecimalText {
    assert!(scale.max(digits) <= WRITTEN_DIGITS_MAX, "no number here has {scale} or {digits} digits");
    let mut rest = value.unsigned_abs();
    for _ in digits..scale {
        assert!(
            rest.is_multiple_of(10),
            "{value} at scale {scale} has more than {digits} digits: round it first"
        );
        rest /= 10;
    }
    let mut text = DecimalText { bytes: [b'0'; WRITTEN_BYTES_MAX], start: WRITTEN_BYTES_MAX };
    text.start -= usize::from(digits.saturating_sub(scale));
    for _ in 0..digits.min(scale) {
        text.push_digit(&mut rest);
    }
    if digits > 0 {
        text.push(b'.');
    }
    text.push_digit(&mut rest);
    while rest > 0 {
        text.push_digit(&mut rest);
    }
    if value < 0 {
        text.push(b'-');
    }
    text
}

impl DecimalText {
    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("digits, a point and a sign are ASCII")
    }

    /// The text as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Puts `byte` before what is written.
    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    /// Takes the last digit of `rest` and puts it before what is written. Numbers of 64 bits divide much faster.
    fn push_digit(&mut self, rest: &mut u128) {
        let digit;
        if let Ok(short) = u64::try_from(*rest) {
            (*rest, digit) = (u128::from(short / 10), short % 10);
        } else {
            digit = u64::try_from(*rest % 10).expect("a digit fits");
            *rest /= 10;
        }
        self.push(b'0' + u8::try_from(digit).expect("a digit fits"));
    }
}

impl fmt::Display for DecimalText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for DecimalText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Powers of ten that fit 64 bits, by exponent.
const POWERS: [u64; SCALE_MAX as usize + 1] = {
    let mut powers = [1; SCALE_MAX as usize + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// `byte` in each of 8 bytes.
const fn each_byte(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// What a point is once `^ b'0'` has turned digits into their values: the only valid byte with bit 4 set.
const POINT: u64 = (b'.' ^ b'0') as u64;

/// The number in a text with at most 8 digits behind the point and 7 before it, or 8 where there is no point; `None`
/// where it is another text, wrong, or does not fit.
#[inline]
fn parse_short(text: &[u8], scale: u8) -> Option<i64> {
    let (first, last) = load_ends(text)?;
    let marks = first & each_byte(0x10);
    if marks == 0 {
        let is_whole = text.len() <= 8 && are_digits(last);
        let value = is_whole.then(|| number_of_8(last))?.checked_mul(*POWERS.get(usize::from(scale))?)?;
        return i64::try_from(value).ok();
    }
    let bits_before = marks.trailing_zeros() & !7;
    let digits_behind = text.len() - 1 - bits_before as usize / 8;
    if bits_before == 0 || !(1..=8).contains(&digits_behind) || (first >> bits_before) & 0xff != POINT {
        return None;
    }
    // The whole part ends at the upper end of its word, the part behind the point begins at the lower end of its own.
    let whole = first << (64 - bits_before);
    let behind = last >> (64 - 8 * digits_behind);
    // Digits of the scale that are read here; a wider scale adds zeros.
    let digits_read = scale.min(8);
    let bits_read = 8 * u32::from(digits_read);
    let is_too_precise = behind.checked_shr(bits_read).unwrap_or(0) != 0;
    if !are_digits(whole | behind) || is_too_precise {
        return None;
    }
    let fraction = number_of_8(behind.checked_shl(64 - bits_read).unwrap_or(0));
    let value = number_of_8(whole) * POWERS[usize::from(digits_read)] + fraction;
    let value = i64::try_from(value).ok()?;
    if scale <= 8 { Some(value) } else { value.checked_mul(10_i64.checked_pow(u32::from(scale) - 8)?) }
}

/// The first and the last 8 characters of `text`, each `^ b'0'`, in reading order from the lowest byte. A shorter text
/// stands at the lower end of the first word and at the upper end of the last, with zeros beside it.
#[inline]
fn load_ends(text: &[u8]) -> Option<(u64, u64)> {
    const ZEROS: u64 = each_byte(b'0');
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return Some((u64::from_le_bytes(*first) ^ ZEROS, u64::from_le_bytes(*last) ^ ZEROS));
    }
    // Pieces that overlap hold the same characters where they do, so that either may win.
    let (length, last_index) = (text.len(), text.len().checked_sub(1)?);
    let word = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
    } else {
        let middle = length / 2;
        u64::from(text[0])
            | u64::from(text[middle]) << (8 * middle)
            | u64::from(text[last_index]) << (8 * last_index)
    };
    let bits_vacant = 8 * (8 - length);
    let first = word ^ (ZEROS >> bits_vacant);
    Some((first, first << bits_vacant))
}

/// True where every byte is a digit's value.
#[inline]
const fn are_digits(word: u64) -> bool {
    (word.wrapping_add(each_byte(0x76)) | word) & each_byte(0x80) == 0
}

/// The number that 8 digits make, the first in the lowest byte: pairs, then fours, then all, each by one multiplication.
#[inline]
fn number_of_8(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let outer = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let inner = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    outer.wrapping_add(inner) >> 32
}

/// As [`parse`], a byte at a time: for long texts, and to say what is wrong.
#[cold]
#[inline(never)]
fn parse_plain(text: &[u8], scale: u8) -> Result<i64, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    if text == b"." {
        return Err(NumberError::LonePoint);
    }
    let mut digits_behind: Option<u8> = None;
    let mut value: Option<i64> = Some(0);
    let mut is_too_precise = false;
    for byte in text {
        let digit = match byte {
            b'0'..=b'9' => i64::from(byte - b'0'),
            b'.' if digits_behind.is_some() => return Err(NumberError::TwoPoints),
            b'.' => {
                digits_behind = Some(0);
                continue;
            }
            b'-' | b'+' => return Err(NumberError::Sign),
            b'e' | b'E' => return Err(NumberError::Exponent),
            _ => return Err(NumberError::NotDigit),
        };
        match &mut digits_behind {
            Some(count) if *count >= scale => is_too_precise |= digit != 0,
            Some(count) => {
                *count += 1;
                value = shift_in(value, digit);
            }
            None => value = shift_in(value, digit),
        }
    }
    for _ in digits_behind.unwrap_or(0)..scale {
        value = shift_in(value, 0);
    }
    if is_too_precise {
        return Err(NumberError::TooPrecise);
    }
    value.ok_or(NumberError::Overflow)
}

/// `value` with one more digit at its end, `None` once it is too large.
fn shift_in(value: Option<i64>, digit: i64) -> Option<i64> {
    value?.checked_mul(10)?.checked_add(digit)
}
