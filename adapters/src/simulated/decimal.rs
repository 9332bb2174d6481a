//! Decimal text of integers, for this venue's own frames.

/// `value` at `scale`, with exactly `digits` digits behind the point; what lies behind those is cut off.
pub fn format_fixed(value: i128, scale: u8, digits: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    let magnitude = if scale >= digits {
        magnitude / 10u128.pow(u32::from(scale - digits))
    } else {
        magnitude * 10u128.pow(u32::from(digits - scale))
    };
    let unit = 10u128.pow(u32::from(digits));
    if digits == 0 {
        return format!("{sign}{magnitude}");
    }
    format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = usize::from(digits))
}

/// `value` at `scale` without trailing zeros.
pub fn format_trimmed(value: i128, scale: u8) -> String {
    let text = format_fixed(value, scale, scale);
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Why a text is no number here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Not of the form `digits` or `digits.digits`.
    Malformed,
    /// More digits behind the point than the scale has, and not all zero.
    TooPrecise,
    /// Beyond 64 bits.
    TooLarge,
}

/// The number at `scale` that `text` writes.
pub fn parse(text: &str, scale: u8) -> Result<i64, Misfit> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(Misfit::Malformed);
    }
    let scale = usize::from(scale);
    let kept = &fraction[..fraction.len().min(scale)];
    if fraction[kept.len()..].bytes().any(|byte| byte != b'0') {
        return Err(Misfit::TooPrecise);
    }
    format!("{whole}{kept:0<scale$}").parse().map_err(|_| Misfit::TooLarge)
}
