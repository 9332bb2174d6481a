//! The lengths that bars may have: whole seconds that divide a day evenly.
//!
//! A bar starts at a multiple of its length since the epoch. Only where the day is such a multiple too do the bars of
//! every day start at the same moments of UTC, so other lengths are refused where they are read.

use fulmar_bus::record::Nanos;

use super::limits::{BAR_INTERVAL_MAX, BAR_INTERVAL_MIN};

/// One second.
const SECOND: Nanos = BAR_INTERVAL_MIN;
/// One day.
const DAY: Nanos = BAR_INTERVAL_MAX;

/// The length that `text` names: a whole number and `s`, `m`, `h` or `d`. `None` where it is none that a bar may have.
///
/// ```
/// use fulmar_bus::record::Nanos;
/// use fulmar_engine::market::interval;
/// assert_eq!(interval::parse("5m"), Some(Nanos::from_secs(300)));
/// assert_eq!(interval::parse("1d"), interval::parse("24h"));
/// assert_eq!(interval::parse("7m"), None, "a day has no whole number of them");
/// ```
pub fn parse(text: &str) -> Option<Nanos> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let is_plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = digits.parse().ok().filter(|_| is_plain)?;
    let interval = Nanos(count.checked_mul(seconds)?.checked_mul(SECOND.0)?);
    is_allowed(interval).then_some(interval)
}

/// True for whole seconds, from one to a day, that divide a day evenly.
pub const fn is_allowed(interval: Nanos) -> bool {
    interval.0 >= SECOND.0
        && interval.0 <= DAY.0
        && interval.0.is_multiple_of(SECOND.0)
        && DAY.0.is_multiple_of(interval.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_whole_number_of_seconds_that_divides_a_day() {
        for (text, seconds) in
            [("1s", 1), ("90s", 90), ("1m", 60), ("60s", 60), ("8h", 28_800), ("1d", 86_400)]
        {
            assert_eq!(parse(text), Some(Nanos::from_secs(seconds)), "{text}");
        }
        let wrong = [
            "", "s", "0s", "7m", "5h", "2d", "25h", "01m", "+1m", "-1m", "1.5m", "1 m", "1M", "1w", "1ms",
            "é",
        ];
        for text in wrong.into_iter().chain(["99999999999999999999s", "9999999999999999d"]) {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_length_starts_anew_at_midnight() {
        let seconds = (1..=86_400).map(Nanos::from_secs).filter(|interval| is_allowed(*interval));
        assert_eq!(
            seconds.inspect(|interval| assert_eq!(DAY.0 % interval.0, 0)).count(),
            96,
            "86,400 has 96 divisors"
        );
        assert!(!is_allowed(Nanos(1)) && !is_allowed(Nanos(0)) && !is_allowed(Nanos::from_secs(2 * 86_400)));
    }
}
