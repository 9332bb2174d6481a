//! The reference decoders' tools: any valid JSON, its fields by key, and the name of what is wrong.
//!
//! Unknown keys are ignored, the first of two equal keys counts, and nothing is guessed: a text is no number, a number
//! no text.

use std::borrow::Cow;

use fulmar_bus::record::UnixNanos;
use fulmar_engine::contract::DecodeError;
use simd_json::Buffers;
use simd_json::prelude::{TypedScalarValue, ValueAsScalar, ValueIntoString};
use simd_json::tape::{Object, Value};

pub use simd_json::tape::Tape;

use super::time;

/// Bytes of a message that a [`Parser`] has room for from the beginning: the longest report on an order has some 1,000.
const USUAL_BYTES: usize = 64 * 1024;

/// Values and keys of a message that a [`Parser`] has room for from the beginning, as [`USUAL_BYTES`].
const USUAL_NODES: usize = 1_024;

/// A JSON object, read field by field.
pub struct Fields<'tape, 'text> {
    object: Object<'tape, 'text>,
}

/// Parses into memory that it keeps, so that a message allocates nothing where one as long came before.
pub struct Parser {
    buffers: Buffers,
    tape: Tape<'static>,
    bytes_max: usize,
}

impl Parser {
    /// A parser of messages up to `bytes_max`, with room for the usual ones.
    pub fn new(bytes_max: usize) -> Self {
        let buffers = Buffers::new(USUAL_BYTES.min(bytes_max));
        Parser { buffers, tape: Tape(Vec::with_capacity(USUAL_NODES)), bytes_max }
    }

    /// Parses `bytes`, which are scribbled on. Give the tape back to [`Parser::keep`] once it is read.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse<'text>(&mut self, bytes: &'text mut [u8]) -> Result<Tape<'text>, DecodeError> {
        let cause = check_text(bytes, self.bytes_max)?;
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        match simd_json::fill_tape(bytes, &mut self.buffers, &mut tape) {
            Ok(()) => Ok(tape),
            Err(_) => {
                self.keep(tape);
                Err(cause)
            }
        }
    }

    /// Takes the memory of a tape back.
    pub fn keep(&mut self, tape: Tape<'_>) {
        self.tape = tape.reset();
    }
}

/// Parses `bytes`, which are scribbled on.
///
/// # Errors
/// [`DecodeError::TooLong`], [`DecodeError::NotUtf8`], [`DecodeError::Truncated`] or [`DecodeError::Malformed`].
pub fn parse(bytes: &mut [u8], bytes_max: usize) -> Result<Tape<'_>, DecodeError> {
    let cause = check_text(bytes, bytes_max)?;
    simd_json::to_tape(bytes).map_err(|_| cause)
}

/// Refuses what is no text or too much of it; what is wrong with the text should it be no JSON.
fn check_text(bytes: &[u8], bytes_max: usize) -> Result<DecodeError, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::TooLong);
    }
    explain_text(bytes)?;
    Ok(if is_closed(bytes) { DecodeError::Malformed } else { DecodeError::Truncated })
}

impl<'tape, 'text> Fields<'tape, 'text> {
    /// The fields of `value`.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] where it is no object.
    pub fn of(value: Value<'tape, 'text>) -> Result<Self, DecodeError> {
        Ok(Fields { object: value.as_object().ok_or(DecodeError::Malformed)? })
    }

    /// The value of `key`, if it is there.
    pub fn find(&self, key: &str) -> Option<Value<'tape, 'text>> {
        self.object.get(key)
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`].
    pub fn value(&self, key: &str) -> Result<Value<'tape, 'text>, DecodeError> {
        self.find(key).ok_or(DecodeError::MissingField)
    }

    /// The text of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no text.
    pub fn text(&self, key: &str) -> Result<&'text str, DecodeError> {
        into_text(self.value(key)?)
    }

    /// The text of `key`; none where it is empty, or not there at all.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] where it is no text.
    pub fn text_if_any(&self, key: &str) -> Result<Option<&'text str>, DecodeError> {
        match self.find(key) {
            Some(value) => into_text(value).map(|text| Some(text).filter(|text| !text.is_empty())),
            None => Ok(None),
        }
    }

    /// What the text of `key` stands for, of the texts that there are.
    ///
    /// # Errors
    /// As [`Fields::text`]; [`DecodeError::UnknownValue`] where it is none of them.
    pub fn one_of<T: Copy, const N: usize>(
        &self,
        key: &str,
        known: [(&str, T); N],
    ) -> Result<T, DecodeError> {
        let text = self.text(key)?;
        let found = known.iter().find(|(known, _)| *known == text);
        found.map(|(_, meaning)| *meaning).ok_or(DecodeError::UnknownValue)
    }

    /// The flag of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is neither true nor false.
    pub fn flag(&self, key: &str) -> Result<bool, DecodeError> {
        self.value(key)?.as_bool().ok_or(DecodeError::Malformed)
    }

    /// The whole number of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::BadNumber`] where it is not whole, negative or too large;
    /// [`DecodeError::Malformed`] where it is no number.
    pub fn unsigned(&self, key: &str) -> Result<u64, DecodeError> {
        let value = self.value(key)?;
        value.as_u64().ok_or(if value.is_number() { DecodeError::BadNumber } else { DecodeError::Malformed })
    }

    /// The whole number of `key`, which may be negative.
    ///
    /// # Errors
    /// As [`Fields::unsigned`], but for negative numbers.
    pub fn signed(&self, key: &str) -> Result<i64, DecodeError> {
        let value = self.value(key)?;
        value.as_i64().ok_or(if value.is_number() { DecodeError::BadNumber } else { DecodeError::Malformed })
    }

    /// The whole number that the text of `key` is.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no text; [`DecodeError::BadNumber`].
    pub fn whole(&self, key: &str) -> Result<u64, DecodeError> {
        let text = self.text(key)?;
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_plain).ok_or(DecodeError::BadNumber)
    }

    /// The whole number that the text of `key` is; none where it is empty, or not there at all.
    ///
    /// # Errors
    /// As [`Fields::text_if_any`] and [`Fields::whole`].
    pub fn whole_if_any(&self, key: &str) -> Result<Option<u64>, DecodeError> {
        self.text_if_any(key)?.map(|_| self.whole(key)).transpose()
    }

    /// The decimal text of `key` as a mantissa at `scale`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no text; as [`decimal`].
    pub fn decimal(&self, key: &str, scale: u8) -> Result<i64, DecodeError> {
        decimal(self.text(key)?, scale)
    }

    /// The moment that the text of `key` is, as RFC 3339 writes it.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no text; [`DecodeError::BadNumber`].
    pub fn time(&self, key: &str) -> Result<UnixNanos, DecodeError> {
        time::parse(self.text(key)?)
    }

    /// The objects of the list of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no list.
    pub fn objects(
        &self,
        key: &str,
    ) -> Result<impl Iterator<Item = Result<Fields<'tape, 'text>, DecodeError>>, DecodeError> {
        objects_of(self.value(key)?)
    }

    /// The lists of texts in the list of `key`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no list of such lists.
    pub fn rows(&self, key: &str) -> Result<Vec<Vec<&'text str>>, DecodeError> {
        let list = self.value(key)?.as_array().ok_or(DecodeError::Malformed)?;
        let texts =
            |row: Value<'tape, 'text>| row.as_array()?.iter().map(|text| text.into_string()).collect();
        let rows: Option<Vec<Vec<&'text str>>> = list.iter().map(texts).collect();
        rows.ok_or(DecodeError::Malformed)
    }

    /// Hands each `["price","quantity"]` pair of the list of `key` to `take`.
    ///
    /// # Errors
    /// [`DecodeError::MissingField`]; [`DecodeError::Malformed`] where it is no such list; what `take` says.
    pub fn each_pair(
        &self,
        key: &str,
        mut take: impl FnMut(&'text str, &'text str) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let list = self.value(key)?.as_array().ok_or(DecodeError::Malformed)?;
        for pair in list.iter() {
            let pair = pair.as_array().ok_or(DecodeError::Malformed)?;
            let mut texts = pair.iter();
            let (Some(price), Some(quantity)) = (texts.next(), texts.next()) else {
                return Err(DecodeError::Malformed);
            };
            take(into_text(price)?, into_text(quantity)?)?;
        }
        Ok(())
    }
}

/// The objects of a list.
///
/// # Errors
/// [`DecodeError::Malformed`] where it is none; so is each element that is no object.
pub fn objects_of<'tape, 'text>(
    list: Value<'tape, 'text>,
) -> Result<impl Iterator<Item = Result<Fields<'tape, 'text>, DecodeError>>, DecodeError> {
    let list = list.as_array().ok_or(DecodeError::Malformed)?;
    Ok(list.iter().map(Fields::of))
}

/// `bytes` with every bare number in quotes, in `quoted`: numbers then read as the texts that they are.
///
/// # Errors
/// [`DecodeError::TooLong`] where there are more than `bytes_max`.
///
/// ```
/// use fulmar_adapters::decode::json::quote_numbers;
/// let mut quoted = Vec::new();
/// let text = quote_numbers(br#"{"qty":0.00005100,"n":"7"}"#, 100, &mut quoted);
/// assert_eq!(text, Ok(&mut br#"{"qty":"0.00005100","n":"7"}"#.to_vec()[..]));
/// ```
pub fn quote_numbers<'a>(
    bytes: &[u8],
    bytes_max: usize,
    quoted: &'a mut Vec<u8>,
) -> Result<&'a mut [u8], DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::TooLong);
    }
    quoted.clear();
    let (mut is_in_text, mut is_escaped, mut is_in_number) = (false, false, false);
    for byte in bytes {
        let begins = !is_in_text && !is_in_number && matches!(byte, b'0'..=b'9' | b'-');
        let ends = is_in_number && !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        if begins || ends {
            quoted.push(b'"');
            is_in_number = begins;
        }
        quoted.push(*byte);
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            _ => {}
        }
    }
    if is_in_number {
        quoted.push(b'"');
    }
    Ok(quoted)
}

/// The number in `text` as a mantissa at `scale`.
///
/// # Errors
/// [`DecodeError::OutOfRange`] where it is negative, [`DecodeError::TooPrecise`], [`DecodeError::Overflow`], or
/// [`DecodeError::BadNumber`].
pub fn decimal(text: &str, scale: u8) -> Result<i64, DecodeError> {
    use fulmar_engine::market::{NumberError, decimal};
    decimal::parse(text.as_bytes(), scale).map_err(|error| match error {
        NumberError::TooPrecise => DecodeError::TooPrecise,
        NumberError::Overflow => DecodeError::Overflow,
        NumberError::Sign if decimal::parse_signed(text.as_bytes(), scale).is_ok() => DecodeError::OutOfRange,
        _ => DecodeError::BadNumber,
    })
}

/// A JSON number without its exponent; `None` where it has none, or where it is no number of plausible size.
///
/// ```
/// use fulmar_adapters::decode::json::without_exponent;
/// assert_eq!(without_exponent("5.1e-05").as_deref(), Some("0.000051"));
/// assert_eq!(without_exponent("1.25E3").as_deref(), Some("1250"));
/// assert_eq!(without_exponent("12.5"), None);
/// ```
pub fn without_exponent(text: &str) -> Option<String> {
    /// Digits that the point may move: more than any price or quantity has.
    const MOVES_MAX: i32 = 30;
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let moves: i32 = exponent.parse().ok().filter(|moves: &i32| moves.abs() <= MOVES_MAX)?;
    let is_plain = |text: &str| text.len() <= 30 && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) {
        return None;
    }
    let zeros = "0".repeat(moves.unsigned_abs() as usize);
    let digits =
        if moves < 0 { format!("{zeros}{whole}{fraction}") } else { format!("{whole}{fraction}{zeros}") };
    let point = if moves < 0 { whole.len() } else { whole.len() + zeros.len() };
    let (before, behind) = digits.split_at(point.max(1).min(digits.len()));
    let before = before.trim_start_matches('0');
    let before = if before.is_empty() { "0" } else { before };
    let behind = behind.trim_end_matches('0');
    Some(if behind.is_empty() { before.to_owned() } else { format!("{before}.{behind}") })
}

/// The number without the exponent that it may have.
pub fn plain(text: &str) -> Cow<'_, str> {
    without_exponent(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `value`, which must be above zero.
///
/// # Errors
/// [`DecodeError::OutOfRange`] where it is not.
pub const fn positive(value: i64) -> Result<i64, DecodeError> {
    if value > 0 { Ok(value) } else { Err(DecodeError::OutOfRange) }
}

fn into_text<'text>(value: Value<'_, 'text>) -> Result<&'text str, DecodeError> {
    value.into_string().ok_or(DecodeError::Malformed)
}

/// Refuses what is not UTF-8; bytes that only lack the end of their last character are cut short.
fn explain_text(bytes: &[u8]) -> Result<(), DecodeError> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) if error.error_len().is_none() => Err(DecodeError::Truncated),
        Err(_) => Err(DecodeError::NotUtf8),
    }
}

/// True where every bracket and quote that opens is closed: the message, whatever it is, is all there.
fn is_closed(bytes: &[u8]) -> bool {
    let (mut depth, mut is_in_text, mut is_escaped) = (0_i64, false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'{' | b'[' if !is_in_text => depth += 1,
            b'}' | b']' if !is_in_text => depth -= 1,
            _ => {}
        }
    }
    depth <= 0 && !is_in_text && !bytes.is_empty()
}
