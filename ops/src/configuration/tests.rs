//! The configuration through its border: texts and variables in, a typed value or every violation out.

mod assumed;
mod files;
mod own_strategy;
mod placement;
mod scopes;
mod shape;
mod variables;

use fulmar_bus::record::Nanos;
use fulmar_engine::contract::BookDepth;
use fulmar_engine::market::FeeRate;
use fulmar_engine::market::limits::JUMP_MAX_BPS;
use fulmar_engine::trading::risk::GuardSettings;
use fulmar_strategies::{Need, ParameterEntry, ParameterError, ParameterValue, Registry, StrategyEntry};

use super::document::Node;
use super::schema::{Key, Kind, Table};
use super::*;
use std::path::Path;

const VALID: &str = r#"
[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
"#;

/// Every key of the schema, stated.
const FULL: &str = r#"
[engine]
name = "desk"
mode = "live"
state_directory = "/var/lib/fulmar"
tenant = "us"

[[venue]]
name = "binance-usdm"
environment = "testnet"
stream_url = "ws://127.0.0.1:1"
rest_url = "http://127.0.0.1:2"
order_url = "ws://127.0.0.1:3"
instruments = ["BTCUSDT"]
depth_interval = "250ms"
book_idle_max_ms = 7_000
jump_max_bps = 250
taker_fee_bps = "4.5"
reconnect = { attempts_per_minute = 3, backoff_min_ms = 20, backoff_max_ms = 30 }
assumed = { book_path = "/b", trade_path = "", streams_per_connection = 20, snapshot_weight = 5, weight_per_minute = 300, user_path = "/u" }
scale = { BTCUSDT = { price = 1, quantity = 3 } }
key = { from = "file", path = "key" }

[[venue]]
name = "bybit-linear"
instruments = ["BTCUSDT"]
depth = 50
bars = ["1m", "1h"]

[[pair]]
name = "BTC-USDT"
instruments = ["binance-usdm:BTCUSDT"]

[[strategy]]
name = "q"
kind = "quoter"
instruments = ["binance-usdm:BTCUSDT"]
book = "full"
parameters = { quantity = "0.1", half_spread_ticks = 1, requote_ticks = 2, skew_ticks = 3, position_max = "0.5" }

[[strategy]]
name = "e"
kind = "ema_cross"
instruments = ["binance-usdm:BTCUSDT"]
book = 20
parameters = { quantity = "0.2", interval = "1h", fast_bars = 3, slow_bars = 4 }

[[strategy]]
name = "i"
kind = "idle"
instruments = ["binance-usdm:BTCUSDT"]
book = "top"
parameters = {}

[[strategy]]
name = "o"
kind = "attached"
instruments = ["binance-usdm:BTCUSDT"]
parameters = { on_disconnect = "leave", commands_per_second = 5, silence_ms = 700, misuses_per_minute = 2, take_over = "allow" }

[bars]
intervals = ["1s", "1h", "1d"]

[paper]
maker_bps = "-0.5"
taker_bps = "7.5"

[risk]
order_quantity_max = "1"
order_notional_max = "2"
position_max = "3"
messages_per_second = 4
stale_after_ms = 5
open_notional_max = "9"
price_collar_bps = 100
market_order_spread_max_bps = 10
market_order_touch_max = 4
short = "deny"
self_trade = "allow"
duplicate_window_ms = 7
orders_per_trade_max = 8
rejects_max = 9
unknown_orders_max = 1
unknown_age_max_ms = 11
fill_band_bps = 12
executions_max = 13
open_orders_max = 6
currency = "USDT"
cost_method = "fifo"

[risk.engine]
exposure_max = "1"
open_orders_max = 2
daily_loss_max = "3"
drawdown_max = "4"
pnl_jump_max = "5.5"
flatten_percent = 150
var_max = "5.25"
var_confidence_percent = "97.5"
var_horizon = "8h"
var_method = "parametric"

[risk.venue.binance-usdm]
exposure_max = "6"
open_orders_max = 7

[risk.strategy.q]
exposure_max = "8"
open_orders_max = 9
daily_loss_max = "10"
drawdown_max = "11"
pnl_jump_max = "12"
flatten_percent = 100
var_max = "13"
var_confidence_percent = "99.9"
var_horizon = "10m"
var_method = "historical"

[risk.worth.BNB]
price = "600.5"

[risk.instrument."binance-usdm:BTCUSDT"]
order_quantity_max = "0.1"
order_notional_max = "0.2"
position_max = "0.3"
messages_per_second = 40
stale_after_ms = 50
open_notional_max = "9"
price_collar_bps = 100
market_order_spread_max_bps = 10
market_order_touch_max = 4
short = "deny"
self_trade = "allow"
duplicate_window_ms = 7
orders_per_trade_max = 8
rejects_max = 9
unknown_orders_max = 1
unknown_age_max_ms = 11
fill_band_bps = 12
executions_max = 13
open_orders_max = 60

[journal]
directory = "/var/journal"
segment_bytes = 1048576
on_failure = "continue"

[bus]
backend = "memfd"
pages = "huge"
lock = "yes"

[placement]
file = "auto"

[log]
level = "trace"
format = "json"
"#;

fn source(file: &str, text: &str) -> Source {
    Source { file: file.into(), text: text.to_owned() }
}

fn loaded(text: &str) -> Configuration {
    loaded_under(text, &[])
}

fn loaded_under(text: &str, variables: &[(&str, &str)]) -> Configuration {
    match load_sources(&[source("a.toml", text)], &variables_of(variables), &Registry::default()) {
        Ok(loaded) => loaded.configuration,
        Err(violations) => panic!("{violations}"),
    }
}

fn variables_of(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The violations of `text` under `variables` are exactly these lines.
fn check(text: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let violations =
        match load_sources(&[source("a.toml", text)], &variables_of(variables), &Registry::default()) {
            Ok(_) => Violations::default(),
            Err(violations) => violations,
        };
    assert_eq!(violations.to_string(), expected.join("\n"), "\nof\n{text}");
}

#[test]
fn five_mistakes_are_told_at_once_each_with_its_line_and_what_would_be_right() {
    check(
        r#"[engine]
mdoe = "paper"

[[venue]]
name = "binance-spot"
instruments = [
  "BTCUSDT",
  7,
]
stream_url = "ws://stream.binance.com:9443"
reconnect = { attempts_per_minute = 500 }

[[strategy]]
name = "watcher"
kind = "idle"
instruments = ["binance-spot:BTCUSD"]
"#,
        &[],
        &[
            "a.toml:2: engine.mdoe: unknown key; did you mean `mode`?",
            "a.toml:8: venue.binance-spot.instruments: a whole number does not fit; it takes the venue's symbol, of letters, digits and -_./ between them, such as \"BTCUSDT\"",
            "a.toml:10: venue.binance-spot.stream_url: \"ws://stream.binance.com:9443\" does not fit; it takes a wss:// address (ws:// on loopback alone)",
            "a.toml:11: venue.binance-spot.reconnect.attempts_per_minute: 500 is out of range; it takes a whole number from 1 to 60",
            "a.toml:16: strategy.watcher.instruments: no venue has \"binance-spot:BTCUSD\"; did you mean \"binance-spot:BTCUSDT\"?",
        ],
    );
}

#[test]
fn what_is_missing_is_told_where_it_should_stand() {
    check("", &[], &["a.toml:1: venue: missing; it takes tables in a row, each under its own [[...]]"]);
    check(
        &format!(
            "{VALID}\n[[strategy]]\nkind = \"quoter\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n[risk]\norder_quantity_max = \"1\""
        ),
        &[],
        &[
            "a.toml:6: strategy.0.name: missing; it takes a name of a-z, 0-9, - and _, at most 32 bytes",
            "a.toml:6: strategy.0.parameters.quantity: missing; it takes a positive decimal as a string, such as \"0.01\"",
            "a.toml:8: strategy.0.instruments: \"binance-spot:BTCUSDT\" has no order_notional_max, no position_max; state it in [risk] or in [risk.instrument.\"binance-spot:BTCUSDT\"]",
        ],
    );
}

#[test]
fn a_key_in_the_wrong_place_is_sent_home() {
    check(
        &format!("segment_bytes = 5\n{VALID}leverage = 3"),
        &[],
        &[
            "a.toml:1: segment_bytes: unknown key; it belongs in [journal]",
            "a.toml:6: venue.binance-spot.leverage: unknown key; known here: name, environment, stream_url, rest_url, order_url, instruments, depth, depth_interval, bars, book_idle_max_ms, taker_fee_bps, jump_max_bps, key, reconnect, assumed, scale",
        ],
    );
}

#[test]
fn a_number_is_no_decimal_and_a_decimal_no_number() {
    check(
        &format!(
            "{VALID}[risk]\nposition_max = 0.5\norder_notional_max = 5\nopen_orders_max = \"5\"\n[journal]\nsegment_bytes = 99999999999999999999"
        ),
        &[],
        &[
            "a.toml:6: risk.position_max: a float does not fit; it takes a positive decimal as a string, such as \"0.01\"",
            "a.toml:7: risk.order_notional_max: a whole number does not fit; it takes a positive decimal as a string, such as \"0.01\"",
            "a.toml:8: risk.open_orders_max: a string does not fit; it takes a whole number from 1 to 10000",
            "a.toml:10: journal.segment_bytes: 99999999999999999999 is out of range; it takes a whole number from 1048576 to 4294967296",
        ],
    );
}

#[test]
fn names_are_unique_and_lists_do_not_repeat() {
    check(
        &format!("{VALID}{VALID}").replace("[\"BTCUSDT\"]", "[\"BTCUSDT\", \"BTCUSDT\"]"),
        &[],
        &[
            "a.toml:4: venue.binance-spot.instruments: \"BTCUSDT\" is listed twice; list it once",
            "a.toml:6: venue.binance-spot: a second one of this name; no two may be alike; give it another name or join the two",
            "a.toml:8: venue.binance-spot.instruments: \"BTCUSDT\" is listed twice; list it once",
        ],
    );
}

#[test]
fn a_key_from_a_file_names_it_and_another_does_not() {
    let venue = format!("{VALID}[venue.key]\n");
    check(
        &format!("{venue}from = \"file\"\n"),
        &[],
        &["a.toml:5: venue.binance-spot.key: it is from a file, and none is named; state `path`"],
    );
    check(
        &format!("{venue}path = \"binance.key\"\n"),
        &[],
        &["a.toml:6: venue.binance-spot.key.path: no file is read; state `from = \"file\"`, or remove this"],
    );
}

#[test]
fn memory_with_names_has_pages_as_the_system_makes_them() {
    let bus = format!("{VALID}[bus]\nbackend = \"named\"\n");
    assert_eq!(loaded(&bus).bus.backend, Backend::Named);
    let wrong = "a.toml:7: bus.pages: memory with names has no huge pages; state pages = \"normal\", or backend = \"memfd\"";
    check(&format!("{bus}pages = \"huge\"\n"), &[], &[wrong]);
}

#[test]
fn what_keys_are_wrong_about_together_is_told() {
    check(
        r#"[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
depth_interval = "250ms"
[venue.reconnect]
backoff_min_ms = 50_000
[venue.scale.BTCUSD]
price = 2
quantity = 5
[[strategy]]
name = "trend"
kind = "ema_cross"
instruments = ["binance-spot:BTCUSDT"]
[strategy.parameters]
quantity = "1"
fast_bars = 26
[risk]
order_quantity_max = "1"
order_notional_max = "1"
position_max = "1"
[risk.instrument."binance-spot:ETHUSDT"]
position_max = "1"
"#,
        &[],
        &[
            "a.toml:4: venue.binance-spot.depth_interval: \"250ms\" is not sent by this venue; it takes \"100ms\" or \"1000ms\"",
            "a.toml:6: venue.binance-spot.reconnect.backoff_min_ms: it is above backoff_max_ms; lower it, or raise backoff_max_ms",
            "a.toml:7: venue.binance-spot.scale: \"BTCUSD\" is not among its instruments; did you mean \"BTCUSDT\"?",
            "a.toml:16: strategy.trend.parameters.fast_bars: it is not below slow_bars; the faster average is the shorter one",
            "a.toml:21: risk.instrument: no venue has \"binance-spot:ETHUSDT\"; did you mean \"binance-spot:BTCUSDT\"?",
        ],
    );
}

#[test]
fn a_symbol_that_its_venue_spells_otherwise_is_told_wherever_it_stands() {
    check(
        r#"[[venue]]
name = "binance-spot"
instruments = ["btcusdt", "ETH-USDT"]
[venue.scale.btcusdt]
price = 2
quantity = 5
[[strategy]]
name = "watcher"
kind = "idle"
instruments = ["binance-spot:btcusdt", "binance-spot:ETHUSDT"]
"#,
        &[],
        &[
            "a.toml:3: venue.binance-spot.instruments: \"btcusdt\" is not how this venue spells a symbol; write \"BTCUSDT\"",
            "a.toml:3: venue.binance-spot.instruments: \"ETH-USDT\" is not how this venue spells a symbol; write \"ETHUSDT\"",
            "a.toml:4: venue.binance-spot.scale: \"btcusdt\" is not among its instruments; did you mean \"BTCUSDT\"?",
            "a.toml:10: strategy.watcher.instruments: no venue has \"binance-spot:btcusdt\"; did you mean \"binance-spot:BTCUSDT\"?",
        ],
    );
}

#[test]
fn a_misspelt_venue_is_told_once_and_nobody_is_told_to_misspell_it() {
    let misspelt = VALID.replace("binance-spot", "binance-spott");
    let names = super::schema::one_of(&crate::venues::NAMES);
    let told = format!(
        "a.toml:3: venue.binance-spott.name: \"binance-spott\" does not fit; did you mean \"binance-spot\"? it takes {names}"
    );
    let strategy = |instrument: &str| {
        format!(
            "{misspelt}[[strategy]]\nname = \"i\"\nkind = \"idle\"\ninstruments = [\"{instrument}\"]\n\
             [risk.instrument.\"{instrument}\"]\nposition_max = \"1\"\n"
        )
    };
    check(&strategy("binance-spott:BTCUSDT"), &[], &[&told]);
    check(&strategy("binance-spot:BTCUSDT"), &[], &[&told]);
    check(
        &strategy("binance-spot:BTCUSD"),
        &[],
        &[
            &told,
            "a.toml:8: strategy.i.instruments: no venue has \"binance-spot:BTCUSD\"; did you mean \"binance-spot:BTCUSDT\"?",
            "a.toml:9: risk.instrument: no venue has \"binance-spot:BTCUSD\"; did you mean \"binance-spot:BTCUSDT\"?",
        ],
    );
}

#[test]
fn every_mistake_of_syntax_is_told_and_nothing_is_guessed_from_the_rest() {
    check(
        "[engine]\nname = fulmar\nmode = \"paper\"\nmode = \"live\"\nunknown = 1",
        &[],
        &[
            "a.toml:2: syntax: invalid boolean, expected `false`; check quotes and brackets; the grammar is at https://toml.io",
            "a.toml:4: syntax: duplicate key; check quotes and brackets; the grammar is at https://toml.io",
        ],
    );
}

#[test]
fn every_key_of_the_schema_reaches_the_types() {
    let mut violations = Violations::default();
    let full = Node::parse("full".as_ref(), FULL, &mut violations);
    assert_is_stated(&[&full], &keys::configuration(&Registry::default()));
    let configuration = loaded(FULL);
    let instrument = InstrumentName::parse("binance-usdm:BTCUSDT").unwrap();
    let limits = configuration.risk.limits(&instrument).unwrap();
    assert_eq!((limits.stale_after, limits.open_orders_max), (Nanos::from_millis(50), 60));
    let guards = GuardSettings {
        price_collar_bps: Some(100),
        market_order_spread_max_bps: Some(10),
        market_order_touch_max: Some(4),
        open_notional_max: Some("9".to_owned()),
        duplicate_window: Some(Nanos::from_millis(7)),
        is_short_allowed: false,
        is_self_trade_allowed: true,
        orders_per_trade_max: Some(8),
        rejects_max: Some(9),
        unknown_orders_max: Some(1),
        unknown_age_max: Some(Nanos::from_millis(11)),
        fill_band_bps: Some(12),
        executions_max: Some(13),
    };
    assert_eq!(limits.guards, guards);
    let key = KeyPlace { from: KeyFrom::File, path: Some("key".into()) };
    assert_eq!(configuration.venues[0].key, key);
    assert_eq!(configuration.venues[1].key, KeyPlace { from: KeyFrom::Environment, path: None });
    assert_eq!(configuration.venues[0].reconnect.backoff_max, Nanos::from_millis(30));
    let kinds: Vec<&str> = configuration.strategies.iter().map(|strategy| strategy.entry.kind).collect();
    assert_eq!(kinds, ["quoter", "ema_cross", "idle", "attached"]);
    assert_eq!(configuration.strategies[0].parameters.get("position_max"), Some("0.5"));
    assert_eq!(configuration.strategies[1].parameters.get("interval"), Some("1h"));
    assert_eq!(configuration.paper.maker, FeeRate::parse_bps("-0.5").unwrap());
    assert_eq!(configuration.paper.taker, FeeRate::parse_bps("7.5").unwrap());
    assert_eq!(configuration.venues[0].taker_fee, FeeRate::parse_bps("4.5"));
    assert_eq!(
        configuration.venues.iter().map(|venue| venue.jump_max_bps).collect::<Vec<_>>(),
        [250, JUMP_MAX_BPS]
    );
    let books: Vec<BookDepth> = configuration.strategies.iter().map(|strategy| strategy.book).collect();
    assert_eq!(books, [BookDepth::Full, BookDepth::Levels(20), BookDepth::Top, BookDepth::Top]);
    let bus = &configuration.bus;
    assert_eq!((bus.backend, bus.pages, bus.lock), (Backend::Memfd, Pages::Huge, Lock::Yes));
}

/// Each key of `table`, and of the tables within, stands in one of `nodes` at least.
fn assert_is_stated(nodes: &[&Node], table: &Table) {
    for Key { name, kind, .. } in &table.keys {
        let stated: Vec<&Node> = nodes.iter().filter_map(|node| node.get(name)).collect();
        assert!(!stated.is_empty(), "`{name}` is missing from the full document");
        match kind {
            Kind::Table(inner) => assert_is_stated(&stated, inner),
            Kind::Tables(inner, _) => {
                let rows: Vec<&Node> = stated.iter().flat_map(|node| node.elements()).collect();
                assert_is_stated(&rows, inner);
            }
            Kind::Map(_, inner) => {
                let values: Vec<&Node> =
                    stated.iter().flat_map(|node| node.as_table().unwrap().values()).collect();
                assert_is_stated(&values, inner);
            }
            Kind::Variant(by, choices) => {
                for node in nodes {
                    let chosen = node.get(by).and_then(Node::as_text).unwrap();
                    let choice = choices.iter().find(|(name, _)| *name == chosen);
                    let Some((_, Kind::Table(inner))) = choice else { panic!("{chosen} chooses no table") };
                    node.get(name).iter().for_each(|stated| assert_is_stated(&[stated], inner));
                }
            }
            _ => {}
        }
    }
}

#[test]
fn what_is_left_out_is_the_default_and_every_default_fits_its_key() {
    let configuration = loaded(VALID);
    assert_eq!(configuration.engine.mode, Mode::Paper, "nobody trades live by leaving something out");
    assert_eq!(configuration.engine.state_directory, PathBuf::from("state"));
    assert_eq!(configuration.placement, Placement::Auto);
    assert_eq!(configuration.paper, fulmar_engine::simulation::paper::PaperFees::default());
    assert_eq!(configuration.venues[0].taker_fee, None, "what a venue takes is not guessed");
    assert_eq!(configuration.bars.intervals, [Nanos::from_secs(60)]);
    assert!(configuration.strategies.is_empty());
    let instrument = InstrumentName::parse("binance-spot:BTCUSDT").unwrap();
    assert_eq!(configuration.risk.limits(&instrument), None, "no limit that matters is guessed");
}

#[test]
fn a_damaged_document_is_judged_and_never_a_panic() {
    for (place, damage) in (0..FULL.len()).zip("\"[=0 .-x\n".chars().cycle()) {
        let damaged = format!("{}{damage}{}", &FULL[..place], &FULL[place + 1..]);
        if let Err(violations) =
            load_sources(&[source("a.toml", &damaged)], &Variables::new(), &Registry::default())
        {
            assert!(!violations.0.is_empty(), "refused without a reason: {damaged}");
        }
    }
}

#[test]
fn every_file_of_config_runs_as_it_stands() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let read = |name: &str| Source {
        file: directory.join(name),
        text: std::fs::read_to_string(directory.join(name)).unwrap(),
    };
    for entry in std::fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // The placement that we ship fits each of them, on the two processors that it is written for.
        let placement = directory.join("placement.toml").display().to_string();
        let variables = variables_of(&[("FULMAR__PLACEMENT__FILE", &placement)]);
        let told = match name.as_str() {
            "placement.toml" => load_placement(&read(&name)).err(),
            "risk.toml" => {
                load_to_run(&[read("paper.toml"), read(&name)], &variables, &Registry::default(), &[0, 1])
                    .err()
            }
            toml if toml.ends_with(".toml") => {
                load_to_run(&[read(toml)], &variables, &Registry::default(), &[0, 1]).err()
            }
            _ => None,
        };
        assert!(told.is_none(), "{}", told.unwrap());
    }
}

#[test]
fn the_committed_reference_is_what_the_schema_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let committed = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        committed == reference::markdown(&Registry::default()),
        "docs/configuration.md is stale: cargo run -- check --reference > docs/configuration.md"
    );
}
