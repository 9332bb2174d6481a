//! Bars, pairs, depth and fees: what they may be, and what is said of those that cannot be.

use super::*;
use crate::venues;

#[test]
fn a_length_of_bars_divides_a_day_stands_once_and_is_made_for_whom_it_is_asked() {
    check(
        r#"[bars]
intervals = [
  "1m",
  "7m",
  60,
  "60s",
]
[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
[[strategy]]
name = "trend"
kind = "ema_cross"
instruments = ["binance-spot:BTCUSDT"]
parameters = { quantity = "1", interval = "1h" }
[risk]
order_quantity_max = "1"
order_notional_max = "1"
position_max = "1"
"#,
        &[("FULMAR__BARS__INTERVAL", "1s")],
        &[
            "a.toml:4: bars.intervals: \"7m\" does not fit; it takes a length from \"1s\" to \"1d\" that divides a day evenly, such as \"5m\"",
            "a.toml:5: bars.intervals: a whole number does not fit; it takes a length from \"1s\" to \"1d\" that divides a day evenly, such as \"5m\"",
            "a.toml:6: bars.intervals: \"60s\" is as long as \"1m\"; list one of the two",
            "a.toml:15: strategy.trend.parameters.interval: no bars of \"1h\" are made; list it in [bars] intervals, or take \"1m\" or \"60s\"",
            "FULMAR__BARS__INTERVAL: bars.interval: unknown key; did you mean `intervals`?",
        ],
    );
    let bars = loaded_under(VALID, &[("FULMAR__BARS__INTERVALS", "1s, 1d")]).bars;
    assert_eq!(bars.intervals, [Nanos::from_secs(1), Nanos::from_secs(86_400)]);
}

#[test]
fn a_pair_names_instruments_that_there_are_and_that_no_other_pair_has() {
    check(
        r#"[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
[[pair]]
name = "BTC-USDT"
instruments = [
  "binance-spot:BTCUSDT",
  "binance-usdm:BTCUSDT",
]
[[pair]]
name = "BTC/USD"
instrument = []
instruments = ["binance-spot:BTCUSDT"]
"#,
        &[("FULMAR__PAIR__BTC_USDC__INSTRUMENTS", "binance-spot:BTCUSDT")],
        &[
            "a.toml:8: pair.BTC-USDT.instruments: no venue has \"binance-usdm:BTCUSDT\"; did you mean \"binance-spot:BTCUSDT\"?",
            "a.toml:11: pair.\"BTC/USD\".name: \"BTC/USD\" does not fit; it takes a name of letters, digits, - and _, at most 32 bytes",
            "a.toml:12: pair.\"BTC/USD\".instrument: unknown key; did you mean `instruments`?",
            "a.toml:13: pair.\"BTC/USD\".instruments: \"binance-spot:BTCUSDT\" is in \"BTC-USDT\" too; an instrument is in one pair",
            "FULMAR__PAIR__BTC_USDC__INSTRUMENTS: pair.btc_usdc.instruments: no file has a pair of this name; did you mean BTC_USDT?",
        ],
    );
}

#[test]
fn what_is_unlike_by_its_venue_and_symbol_alone_is_noted_and_what_only_a_venue_knows_is_not() {
    let noted = |instruments: &[&str]| {
        let mut text = String::new();
        for venue in venues::NAMES {
            let of_venue = |name: &&&str| name.split_once(':').unwrap().0 == venue;
            let symbols: Vec<_> =
                instruments.iter().filter(of_venue).map(|name| name.split_once(':').unwrap().1).collect();
            if !symbols.is_empty() {
                text += &format!("[[venue]]\nname = \"{venue}\"\ninstruments = {symbols:?}\n");
            }
        }
        text += &format!("[[pair]]\nname = \"a\"\ninstruments = {instruments:?}\n");
        let loaded = load_sources(&[source("a.toml", &text)], &Variables::new(), &Registry::default());
        loaded.expect("it is allowed").notes.iter().map(|note| note.wrong.clone()).collect::<Vec<_>>()
    };
    let spot = "binance-spot:BTCUSDT";
    for (instruments, wrong) in [
        (
            [spot, "binance-usdm:BTCUSDT"],
            "\"binance-usdm:BTCUSDT\" is linear, and \"binance-spot:BTCUSDT\" is spot",
        ),
        (
            ["bybit-linear:BTCUSDT", "binance-coinm:BTCUSD_PERP"],
            "\"binance-coinm:BTCUSD_PERP\" is inverse, and \"bybit-linear:BTCUSDT\" is linear",
        ),
        (
            ["kraken:BTC/USD", "coinbase:BTC-EUR"],
            "\"coinbase:BTC-EUR\" is BTC in EUR, and \"kraken:BTC/USD\" is BTC in USD",
        ),
        (
            ["okx:BTC-USDT-SWAP", "okx:BTC-USD_UM-SWAP"],
            "\"okx:BTC-USD_UM-SWAP\" is BTC in USD, and \"okx:BTC-USDT-SWAP\" is BTC in USDT",
        ),
    ] {
        assert_eq!(noted(&instruments), [wrong]);
    }
    assert_eq!(noted(&[spot, "okx:BTC-USDT", "bybit-spot:BTCUSDT"]), [""; 0]);
    assert_eq!(noted(&["kraken:BTC/USD", "coinbase:BTC-USD"]), [""; 0]);
    assert_eq!(
        noted(&[spot, "binance-spot:BTCUSDC"]),
        [""; 0],
        "the venue alone knows where the quote begins"
    );
    assert_eq!(noted(&["coinbase:BIP-20DEC30-CDE", "binance-usdm:BTCUSDT"]), [""; 0], "it may have no end");
}

#[test]
fn the_depth_of_a_book_is_a_word_or_a_number_of_levels() {
    let strategy = |book| {
        let strategy =
            "[[strategy]]\nname = \"i\"\nkind = \"idle\"\ninstruments = [\"binance-spot:BTCUSDT\"]";
        format!("{VALID}{strategy}\nbook = {book}")
    };
    let right = "it takes \"top\", \"full\" or a whole number from 1 to 65536";
    for (book, wrong) in [
        ("0", "0 is out of range"),
        ("65537", "65537 is out of range"),
        ("\"20\"", "\"20\" does not fit"),
        ("1.5", "a float does not fit"),
    ] {
        check(&strategy(book), &[], &[&format!("a.toml:9: strategy.i.book: {wrong}; {right}")]);
    }
    check(
        &strategy("\"fulll\""),
        &[],
        &[&format!("a.toml:9: strategy.i.book: \"fulll\" does not fit; did you mean \"full\"? {right}")],
    );
    let depth = |book, variables: &[_]| loaded_under(&strategy(book), variables).strategies[0].book;
    assert_eq!(depth("\"full\"", &[]), BookDepth::Full);
    assert_eq!(depth("\"full\"", &[("FULMAR__STRATEGY__I__BOOK", "20")]), BookDepth::Levels(20));
    assert_eq!(depth("20", &[("FULMAR__STRATEGY__I__BOOK", "top")]), BookDepth::Top);
    assert_eq!(loaded(&strategy("5")).strategies[0].book, BookDepth::Levels(5));
}

#[test]
fn a_test_exchange_is_asked_for_where_the_venue_has_one() {
    let venue = |name, symbol, environment| {
        format!(
            "[[venue]]\nname = \"{name}\"\ninstruments = [\"{symbol}\"]\nenvironment = \"{environment}\"\n"
        )
    };
    let text = [venue("coinbase", "BTC-USD", "testnet"), venue("kraken", "BTC/USD", "testnet")].concat();
    check(
        &text,
        &[],
        &[
            "a.toml:4: venue.coinbase.environment: this venue has no \"testnet\"; it takes \"production\"",
            "a.toml:8: venue.kraken.environment: this venue has no \"testnet\"; it takes \"production\"",
        ],
    );
    check(
        &venue("coinbase", "BTC-USD", "tesnet"),
        &[],
        &[
            "a.toml:4: venue.coinbase.environment: \"tesnet\" does not fit; did you mean \"testnet\"? it takes \"production\" or \"testnet\"",
        ],
    );
    check(&venue("okx", "BTC-USDT", "testnet"), &[], &[]);
}

#[test]
fn what_no_venue_could_call_an_instrument_is_refused_where_it_is_written_and_once() {
    let right = "it takes the venue's symbol, of letters, digits and -_./ between them, such as \"BTCUSDT\"";
    for wrong in ["BTC USDT", "B\"C", "BTC,USDT", "", "BTC\u{7f}", "---", "BTC/", "ÄTC"] {
        for venue in venues::NAMES {
            let symbol = toml::Value::from(wrong);
            let text = format!("[[venue]]\nname = \"{venue}\"\ninstruments = [\n{symbol},\n]\n");
            let told = format!("a.toml:4: venue.{venue}.instruments: {wrong:?} does not fit; {right}");
            check(&text, &[], &[&told]);
        }
    }
}

#[test]
fn a_fee_is_a_decimal_text_and_a_maker_alone_may_be_paid() {
    check(
        &format!("{VALID}[paper]\nmaker_bps = 10\ntaker_bps = \"-1\"\nmaker_bsp = \"1\""),
        &[("FULMAR__PAPER__MAKER_BPS", "1e1")],
        &[
            "a.toml:7: paper.taker_bps: \"-1\" does not fit; it takes hundredths of a percent as a string, from \"0\" to \"1000\"",
            "a.toml:8: paper.maker_bsp: unknown key; did you mean `maker_bps`?",
            "FULMAR__PAPER__MAKER_BPS: paper.maker_bps: \"1e1\" does not fit; it takes hundredths of a percent as a string, from \"-1000\" to \"1000\"",
        ],
    );
}
