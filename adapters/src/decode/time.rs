//! Moments as RFC 3339 writes them, in universal time: `2026-08-09T21:05:48.228568804Z`.
//!
//! One function for both decoders, so that they agree: up to nine digits of a second, no other zone, no leap second. A
//! moment before the epoch is zero: those who send one (the year 1, in Go) mean none.

use fulmar_bus::record::UnixNanos;
use fulmar_engine::contract::DecodeError;

/// The year of the epoch.
const EPOCH_YEAR: u64 = 1_970;

/// The last year that is believed: 64 bits of nanoseconds end in 2554.
const YEAR_MAX: u64 = 2_500;

/// The moment that `text` begins with, and its length in bytes; `None` where there is none.
///
/// ```
/// use fulmar_adapters::decode::time::rfc3339;
/// use fulmar_bus::record::UnixNanos;
/// assert_eq!(rfc3339(b"1970-01-02T00:00:01.5Z\""), Some((UnixNanos(86_401_500_000_000), 22)));
/// assert_eq!(rfc3339(b"1970-01-02T00:00:01+02:00"), None);
/// ```
#[inline]
pub fn rfc3339(text: &[u8]) -> Option<(UnixNanos, usize)> {
    let (date, rest) = text.split_first_chunk::<19>()?;
    let is_shaped = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if is_shaped.iter().any(|(at, sign)| date[*at] != *sign) {
        return None;
    }
    let year = two(date, 0)? * 100 + two(date, 2)?;
    let days = days_since_epoch(year.max(EPOCH_YEAR), two(date, 5)?, two(date, 8)?)?;
    let (hour, minute, second) = (two(date, 11)?, two(date, 14)?, two(date, 17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, digits) = fraction(rest)?;
    let end = date.len() + digits;
    if text.get(end) != Some(&b'Z') {
        return None;
    }
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    let since_epoch = if year < EPOCH_YEAR { 0 } else { seconds * 1_000_000_000 + nanos };
    Some((UnixNanos(since_epoch), end + 1))
}

/// The moment that `text` is.
///
/// # Errors
/// [`DecodeError::BadNumber`] where it is none.
pub fn parse(text: &str) -> Result<UnixNanos, DecodeError> {
    match rfc3339(text.as_bytes()) {
        Some((moment, length)) if length == text.len() => Ok(moment),
        _ => Err(DecodeError::BadNumber),
    }
}

/// The moment as it is written, to the nanosecond: what frames of our own making say.
///
/// ```
/// use fulmar_adapters::decode::time::{parse, written};
/// let moment = parse("2026-08-09T21:05:48.2Z").expect("a moment");
/// assert_eq!(written(moment), "2026-08-09T21:05:48.200000000Z");
/// ```
pub fn written(moment: UnixNanos) -> String {
    let (seconds, nanos) = (moment.0 / 1_000_000_000, moment.0 % 1_000_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let date_of = |day: &(u64, u64, u64)| days_since_epoch(day.0, day.1, day.2);
    let year = EPOCH_YEAR + days / 366;
    let years = year..=year + 1;
    let dates =
        years.flat_map(|year| (1..=12).flat_map(move |month| (1..=31).map(move |day| (year, month, day))));
    let (year, month, day) = dates.into_iter().find(|date| date_of(date) == Some(days)).unwrap_or_default();
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// The number that two digits make.
#[inline]
fn two<const N: usize>(text: &[u8; N], at: usize) -> Option<u64> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then_some(u64::from(tens) * 10 + u64::from(ones))
}

/// The nanoseconds that a point and up to nine digits make, and their length; no point is none.
#[inline]
fn fraction(text: &[u8]) -> Option<(u64, usize)> {
    let Some((b'.', rest)) = text.split_first() else {
        return Some((0, 0));
    };
    let (mut nanos, mut digits) = (0, 0);
    while let Some(digit) = rest.get(digits).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        if digits == 9 {
            return None;
        }
        nanos = nanos * 10 + u64::from(digit);
        digits += 1;
    }
    (digits > 0).then(|| (nanos * POWERS[9 - digits], digits + 1))
}

/// Powers of ten, by exponent.
const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Days between the epoch and this date; `None` where there is no such date.
#[inline]
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    if !(EPOCH_YEAR..=YEAR_MAX).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let place = usize::try_from(month).ok()?;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = BEFORE[place] - BEFORE[place - 1] + u64::from(is_leap && month == 2);
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let leap_days = leaps(year - 1) - leaps(EPOCH_YEAR - 1) + u64::from(is_leap && month > 2);
    (1..=length).contains(&day).then_some((year - EPOCH_YEAR) * 365 + leap_days + BEFORE[place - 1] + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_what_a_calendar_says() {
        let seconds = |text| parse(text).map(|moment| moment.0 / 1_000_000_000);
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(seconds("2000-02-29T12:00:00Z"), Ok(951_825_600));
        assert_eq!(seconds("2000-03-01T00:00:00Z"), Ok(951_868_800));
        assert_eq!(seconds("2023-12-31T23:59:59Z"), Ok(1_704_067_199));
        assert_eq!(seconds("2024-12-31T00:00:00Z"), Ok(1_735_603_200));
        assert_eq!(seconds("2100-03-01T00:00:00Z"), Ok(4_107_542_400));
        let nanos = parse("2026-08-09T21:05:48.228568804Z");
        assert_eq!(nanos, Ok(UnixNanos(1_786_309_548_228_568_804)));
        assert_eq!(parse("2026-08-09T21:05:48.2Z"), Ok(UnixNanos(1_786_309_548_200_000_000)));
    }

    #[test]
    fn a_moment_that_means_none_is_zero() {
        for text in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(parse(text), Ok(UnixNanos(0)), "{text}");
        }
        assert_eq!(parse("0001-13-01T00:00:00Z"), Err(DecodeError::BadNumber), "there is no such month");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for day in (0..60_000).step_by(7) {
            let moment = UnixNanos((day * 86_400 + 86_399) * 1_000_000_000 + day);
            assert_eq!(parse(&written(moment)), Ok(moment));
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-08-09",
            "2026-08-09 21:05:48Z",
            "2026-08-09T21:05:48",
            "2026-08-09T21:05:48.Z",
            "2026-08-09T21:05:48.1234567891Z",
            "2026-08-09T21:05:48+00:00",
            "2026-08-09T21:05:48ZZ",
            "2026-08-09T24:00:00Z",
            "2026-08-09T21:60:00Z",
            "2026-08-09T21:05:60Z",
            "2026-13-09T21:05:48Z",
            "2026-02-29T21:05:48Z",
            "2100-02-29T21:05:48Z",
            "9999-01-01T00:00:00Z",
            "2026-08-0xT21:05:48Z",
        ] {
            assert_eq!(parse(text), Err(DecodeError::BadNumber), "{text}");
        }
    }
}
