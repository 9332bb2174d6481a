//! What is assumed of venues: that each key reaches the venue, and that a wrong one is refused.

use fulmar_adapters::session::{AssumedValue, Assumption, InstrumentConfig, VenueEntry, VenueSettings};
use fulmar_adapters::venues::{VENUES, venue};
use fulmar_bus::record::InstrumentId;

use super::*;

/// Facts that decoders alone know: their venues have tests of them.
const DECODED: [&str; 2] = ["trade_side", "funding_seconds"];

/// A value of the fact that is not the one it is assumed to have, as TOML writes it.
fn another(assumption: &Assumption) -> String {
    match assumption.value {
        AssumedValue::Count { default, least, .. } => {
            assert_ne!(default, least, "{}: lowering it must be possible", assumption.name);
            least.to_string()
        }
        AssumedValue::Word(words) => format!("{:?}", words[1]),
        AssumedValue::Path(_) => "\"/elsewhere\"".to_owned(),
    }
}

fn stating(entry: &VenueEntry, key: &str, value: &str) -> String {
    let symbol = (entry.sample)().symbols()[0];
    let name = entry.name;
    format!(
        "[[venue]]\nname = \"{name}\"\ninstruments = [\n\"{symbol}\",\n]\n[venue.assumed]\n{key} = {value}\n"
    )
}

/// All that a venue's protocol shows of how it is configured but the sides of trades: its connections and what is sent
/// over them, its limits, and what it asks for.
fn shown(entry: &VenueEntry, settings: &VenueSettings) -> String {
    let protocol = (entry.protocol)(settings);
    let name = |n| format!("{}{n}", (entry.sample)().symbols()[0]);
    let instruments: Vec<_> = (0..400).map(|n| InstrumentConfig::new(&name(n), InstrumentId(n))).collect();
    let lines: Vec<String> = protocol
        .lines(&instruments)
        .into_iter()
        .map(|line| format!("{} {:?}", line.url, line.subscriptions))
        .collect();
    format!("{lines:?} {:?} {:?}", protocol.limits(), protocol.snapshot_path("X"))
}

#[test]
fn each_assumed_fact_that_is_stated_reaches_its_venue_and_the_defaults_are_what_is_assumed() {
    for entry in &VENUES {
        let by_itself = shown(entry, &VenueSettings::default());
        // Whose side a trade names is seen in its decoded trades alone, and where an account is told of by order entry;
        // both are proven beside them.
        let elsewhere = |fact: &&Assumption| DECODED.contains(&fact.name) || fact.name == "user_path";
        for assumption in entry.assumed.iter().filter(|fact| !elsewhere(fact)) {
            let text = stating(entry, assumption.name, &another(assumption));
            let assumed = loaded(&text).venues.swap_remove(0).assumed;
            let stated = shown(entry, &VenueSettings { assumed, ..VenueSettings::default() });
            assert_ne!(by_itself, stated, "{}: {}", entry.name, assumption.name);
        }
        let all = loaded(&stating(entry, "", "").replace(" = \n", "")).venues.swap_remove(0).assumed;
        let defaults = VenueSettings { assumed: all, ..VenueSettings::default() };
        assert_eq!(by_itself, shown(entry, &defaults), "{}: the defaults are what is assumed", entry.name);
    }
}

#[test]
fn what_does_not_fit_a_fact_is_refused_by_line_and_field() {
    let usdm = venue("binance-usdm").expect("known");
    for (key, value, told) in [
        (
            "streams_per_connection",
            "19",
            "streams_per_connection: 19 is out of range; it takes a whole number from 20 to 1024",
        ),
        (
            "snapshot_weight",
            "\"5\"",
            "snapshot_weight: a string does not fit; it takes a whole number from 1 to 50",
        ),
        (
            "trade_path",
            "\"market\"",
            "trade_path: \"market\" does not fit; it takes \"\", or a path in a URL that begins with /, such as \"/market\"",
        ),
        (
            "book_path",
            "\"/a?b\"",
            "book_path: \"/a?b\" does not fit; it takes \"\", or a path in a URL that begins with /, such as \"/market\"",
        ),
        (
            "trade_side",
            "\"taker\"",
            "trade_side: unknown key; known here: book_path, trade_path, streams_per_connection, snapshot_weight, weight_per_minute, user_path",
        ),
        (
            "stream_per_connection",
            "20",
            "stream_per_connection: unknown key; did you mean `streams_per_connection`?",
        ),
    ] {
        check(&stating(usdm, key, value), &[], &[&format!("a.toml:7: venue.binance-usdm.assumed.{told}")]);
    }
    check(
        &stating(venue("coinbase").expect("known"), "trade_side", "\"makers\""),
        &[],
        &[
            "a.toml:7: venue.coinbase.assumed.trade_side: \"makers\" does not fit; did you mean \"maker\"? it takes \"maker\" or \"taker\"",
        ],
    );
    check(
        &stating(venue("binance-spot").expect("known"), "trade_side", "\"maker\""),
        &[],
        &["a.toml:7: venue.binance-spot.assumed.trade_side: unknown key; nothing is known here"],
    );
}

#[test]
fn the_environment_states_a_fact_too() {
    let name = "FULMAR__VENUE__COINBASE__ASSUMED__PRODUCTS_PER_CONNECTION";
    let text = "[[venue]]\nname = \"coinbase\"\ninstruments = [\"BTC-USD\"]\n";
    let assumed = loaded_under(text, &[(name, "7")]).venues.swap_remove(0).assumed;
    let entry = venue("coinbase").expect("known");
    let fact = entry.assumed.iter().find(|fact| fact.name == "products_per_connection").expect("declared");
    assert_eq!(fact.count(&assumed), 7);
}
