//! Answers of a venue that want us to keep still: too much was asked, or this address is shut out.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::limits::{RETRY_AFTER_MAX, RefusalLimits};

/// What a venue wants of us, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// That no more is asked: 429.
    TooMuch(Duration),
    /// That nothing comes from this address at all, neither a request nor a connection: 403 and 418.
    ShutOut(Duration),
}

impl Refusal {
    /// What an answer of this status says, if it is one of these.
    pub(super) fn of(status: u16, headers: &HeaderMap, limits: &RefusalLimits) -> Option<Refusal> {
        let stated = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let wait =
            |unstated| stated.map_or(unstated, Duration::from_secs).max(limits.shortest).min(RETRY_AFTER_MAX);
        match status {
            429 => Some(Refusal::TooMuch(wait(limits.too_much))),
            403 | 418 => Some(Refusal::ShutOut(wait(limits.shut_out))),
            _ => None,
        }
    }

    /// For how long.
    pub(super) const fn duration(self) -> Duration {
        let (Refusal::TooMuch(duration) | Refusal::ShutOut(duration)) = self;
        duration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_no_time_at_all_still_lasts_some_seconds() {
        let limits = RefusalLimits::default();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, "0".parse().unwrap())]);
        for status in [429, 403, 418] {
            let refusal = Refusal::of(status, &headers, &limits).unwrap();
            assert_eq!(refusal.duration(), Duration::from_secs(5), "status {status}");
        }
    }

    #[test]
    fn a_refusal_lasts_as_long_as_the_venue_says_or_else_as_is_usual() {
        let limits = RefusalLimits::default();
        let stating = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        let seconds = Duration::from_secs;
        let of = |status, headers: &HeaderMap| Refusal::of(status, headers, &limits);
        assert_eq!(of(429, &stating("7")), Some(Refusal::TooMuch(seconds(7))));
        assert_eq!(of(429, &stating("soon")), Some(Refusal::TooMuch(seconds(60))));
        assert_eq!(of(418, &stating("99999999")), Some(Refusal::ShutOut(RETRY_AFTER_MAX)));
        assert_eq!(of(403, &HeaderMap::new()), Some(Refusal::ShutOut(seconds(600))));
        assert_eq!(of(200, &stating("7")), None);
        assert_eq!(of(503, &stating("7")), None);
    }
}
