//! JSON as another library reads it, every key kept, and the one rule about what the two libraries read differently.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value. Numbers that are not whole stand as [`Json::Other`], as `null` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Object(Vec<(String, Json)>),
    List(Vec<Json>),
    Text(String),
    Whole(i128),
    Flag(bool),
    Other,
}

impl Json {
    /// The value of `key`: the first of those that are alike.
    pub fn find(&self, key: &str) -> Option<&Json> {
        let Json::Object(fields) = self else { return None };
        fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        if let Json::Text(text) = self.find(key)? { Some(text) } else { None }
    }

    pub fn unsigned(&self, key: &str) -> Option<u64> {
        if let Json::Whole(number) = self.find(key)? { u64::try_from(*number).ok() } else { None }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        if let Json::Flag(flag) = self.find(key)? { Some(*flag) } else { None }
    }

    pub fn list(&self, key: &str) -> Option<&[Json]> {
        if let Json::List(list) = self.find(key)? { Some(list) } else { None }
    }

    /// The decimal text of `key` as a mantissa at `scale`, digit by digit.
    pub fn decimal(&self, key: &str, scale: u8) -> Option<i64> {
        decimal(self.text(key)?, scale)
    }

    pub const fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }
}

/// The plainest reading of a decimal number: digits, a point among them or at an end where there is one. What stands
/// behind the scale must be zeros.
pub fn decimal(text: &str, scale: u8) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !are_digits || whole.len() + fraction.len() == 0 {
        return None;
    }
    let (kept, rest) = fraction.split_at(fraction.len().min(usize::from(scale)));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let zeros = "0".repeat(usize::from(scale) - kept.len());
    format!("{whole}{kept}{zeros}")
        .bytes()
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

/// THE RULE about JSON. Two readers agree on what is JSON but in what no venue sends: a number that is not whole, is
/// minus zero or exceeds 64 bits, half of a surrogate pair, and more than a hundred brackets in each other. There the
/// decoder must not panic, and nothing is compared.
pub fn is_read_alike(bytes: &[u8]) -> bool {
    let (mut is_in_text, mut depth, mut depth_max, mut at) = (false, 0_usize, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if is_in_text => {
                let escape = bytes.get(at + 1..at + 4).unwrap_or_default();
                if escape.to_ascii_lowercase().starts_with(b"ud") {
                    return false;
                }
                at += 1;
            }
            b'"' => is_in_text = !is_in_text,
            b'{' | b'[' if !is_in_text => depth += 1,
            b'}' | b']' if !is_in_text => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' if !is_in_text => {
                let number = &bytes[at..];
                let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let length = number.iter().position(|byte| !is_of_number(byte)).unwrap_or(number.len());
                let text = std::str::from_utf8(&number[..length]).expect("digits are text");
                let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
                if text == "-0" || !text.parse().is_ok_and(|number| range.contains(&number)) {
                    return false;
                }
                at += length - 1;
            }
            _ => {}
        }
        depth_max = depth_max.max(depth);
        at += 1;
    }
    depth_max <= 100
}

/// Builds a [`Json`].
struct Builder;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(Builder)
    }
}

impl<'de> Visitor<'de> for Builder {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = source.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = source.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}
