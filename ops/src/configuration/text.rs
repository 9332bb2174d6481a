//! The kinds of text that a key can take, and what is wrong with one that does not fit.

use std::net::IpAddr;

use fulmar_engine::market::FeeRate;
use fulmar_engine::market::interval;

use super::nearest::nearest;
use super::schema::{Kind, NAME_BYTES_MAX, Scheme};

/// The most digits of a decimal, so that its mantissa fits 64 bits at any scale that holds it.
const DECIMAL_DIGITS_MAX: usize = 18;
/// The longest symbol: what an instrument's record holds.
const SYMBOL_BYTES_MAX: usize = 32;

/// What is wrong with `text` as a value of `kind`, and what would be right; `None` where nothing is.
///
/// # Panics
/// Where `kind` is no kind of text.
pub fn fault(text: &str, kind: &Kind) -> Option<(String, String)> {
    let is_right = match kind {
        Kind::Choice(words) => words.contains(&text),
        Kind::WordOr(words, ..) => words.contains(&text),
        Kind::Name => is_name(text),
        Kind::Label => is_name(&text.to_ascii_lowercase()),
        Kind::Decimal => is_positive_decimal(text),
        Kind::BasisPoints(may_be_rebate) => {
            FeeRate::parse_bps(text).is_some_and(|rate| *may_be_rebate || !rate.is_rebate())
        }
        Kind::Interval => interval::parse(text).is_some(),
        Kind::Symbol => is_symbol(text),
        Kind::Instrument => {
            text.split_once(':').is_some_and(|(venue, symbol)| is_name(venue) && is_symbol(symbol))
        }
        Kind::Address(scheme) => is_address(text, *scheme),
        Kind::Pattern => is_pattern(text),
        Kind::Route => is_route(text),
        Kind::Path | Kind::PathOr(_) => !text.is_empty(),
        _ => unreachable!("a table, a list or a number is no text"),
    };
    (!is_right).then(|| (format!("{text:?} does not fit"), advice(text, kind)))
}

fn advice(text: &str, kind: &Kind) -> String {
    let words: &[&str] = match kind {
        Kind::Choice(words) => words,
        Kind::WordOr(words, ..) => words,
        _ => &[],
    };
    match nearest(text, words.iter().copied()) {
        Some(word) => format!("did you mean \"{word}\"? it takes {}", kind.expected()),
        None => format!("it takes {}", kind.expected()),
    }
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

/// What any venue could call an instrument. It goes into requests as it stands, so that a sign of another kind would
/// make another request of them.
fn is_symbol(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_joined = |end: Option<u8>| end.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= SYMBOL_BYTES_MAX
        && text.bytes().all(is_plain)
        && is_joined(text.bytes().next())
        && is_joined(text.bytes().last())
}

fn is_positive_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && is_digits(fraction)
        && whole.len() + fraction.len() <= DECIMAL_DIGITS_MAX + 1
        && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

fn is_pattern(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_plain);
    match text.strip_suffix('*') {
        None => text.split('.').all(is_word),
        // The word that the star ends may be empty, those before it may not.
        Some(start) => match start.rsplit_once('.') {
            None => start.bytes().all(is_plain),
            Some((words, last)) => words.split('.').all(is_word) && last.bytes().all(is_plain),
        },
    }
}

/// Nothing, or words that each follow a `/`.
fn is_route(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    text.is_empty() || text.strip_prefix('/').is_some_and(|words| words.split('/').all(is_word))
}

/// An address with a host and, in the clear, that host on loopback. It carries no user or password: those are not
/// for a file that is shown to others.
fn is_address(text: &str, scheme: Scheme) -> bool {
    let Some((named, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = split_port(authority);
    let is_host =
        !host.is_empty() && !host.contains(['@', ' ']) && port.is_none_or(|port| port.parse::<u16>().is_ok());
    let (sealed, clear) = match scheme {
        Scheme::WebSocket => ("wss", "ws"),
        Scheme::Http => ("https", "http"),
    };
    is_host && (named == sealed || named == clear && is_loopback(host))
}

/// The host and the port of `host:port`, `host`, `[::1]:port` or `[::1]`.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert_eq!(fault(text, &kind), None, "{text:?} as {kind:?}");
        }
        for text in wrong {
            assert!(fault(text, &kind).is_some(), "{text:?} as {kind:?}");
        }
    }

    #[test]
    fn an_address_in_the_clear_is_taken_on_loopback_alone() {
        check(
            Kind::Address(Scheme::WebSocket),
            &[
                "wss://stream.binance.com:9443",
                "ws://127.0.0.1:9443/ws",
                "ws://localhost",
                "ws://[::1]:1",
                "ws://[::1]",
            ],
            &[
                "ws://stream.binance.com",
                "ws://127.0.0.1.example.com",
                "ws://127.0.0.1@example.com",
                "wss://user@example.com",
                "https://example.com",
                "wss://",
                "wss://host:99999",
                "example.com",
            ],
        );
        check(
            Kind::Address(Scheme::Http),
            &["https://api.binance.com", "http://127.0.0.9:80"],
            &["http://api.binance.com", "http://10.0.0.1", "ws://127.0.0.1"],
        );
    }

    #[test]
    fn a_decimal_is_positive_and_has_neither_sign_nor_exponent() {
        check(
            Kind::Decimal,
            &["1", "0.001", "123456789.123456789", "10.50"],
            &["0", "0.00", "-1", "+1", "1e3", ".5", "5.", "", "1.2.3", "1,5", "12345678901234567890.5"],
        );
    }

    #[test]
    fn names_symbols_instruments_and_patterns_have_their_letters() {
        check(Kind::Name, &["desk-1", "a"], &["", "Desk", "a b", "ä", &"a".repeat(33)]);
        check(
            Kind::Symbol,
            &["BTCUSDT", "PF_XBTUSD", "BTC/USD", "BTC-USD_UM-261030", "B"],
            &[
                "", "BTC USDT", "a:b", "A,B", "A\"", "A'", "A\n", "A\u{7}", "A\u{7f}", "Ä", "---", "/",
                "BTC/", "-BTC",
            ],
        );
        check(Kind::Instrument, &["binance-spot:BTCUSDT"], &["BTCUSDT", ":BTCUSDT", "binance-spot:"]);
        check(
            Kind::Pattern,
            &["feed.*", "*", "book.binance-spot*", "book.binance-spot:BTCUSDT"],
            &["", "feed.", ".x", "a..b", "a b", ".*", "a..*", "*.risk", "book.*:BTCUSDT", "**"],
        );
    }
}
