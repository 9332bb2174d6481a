//! Several files: how one is laid over another, and where their paths begin.

use super::*;

#[test]
fn a_later_file_joins_tables_and_rows_and_replaces_the_rest() {
    let over = r#"
        [[venue]]
        name = "binance-usdm"
        instruments = ["ETHUSDT", "BTCUSDT"]
        [[venue]]
        name = "binance-spot"
        instruments = ["BTCUSDT"]
        [risk]
        position_max = "9"
    "#;
    let sources = [source("a.toml", FULL), source("b.toml", over)];
    let configuration =
        load_sources(&sources, &Variables::new(), &Registry::default()).unwrap().configuration;
    let names: Vec<&str> = configuration.venues.iter().map(|venue| venue.name.as_str()).collect();
    assert_eq!(names, ["binance-usdm", "bybit-linear", "binance-spot"]);
    assert_eq!(configuration.venues[0].instruments, ["ETHUSDT", "BTCUSDT"], "a list is replaced");
    assert_eq!(
        configuration.venues[0].depth_interval.as_deref(),
        Some("250ms"),
        "what the later file is silent about stays"
    );
    let limits = configuration.risk.limits(&InstrumentName::parse("binance-usdm:ETHUSDT").unwrap()).unwrap();
    assert_eq!((&*limits.position_max, &*limits.order_notional_max), ("9", "2"));
}

#[test]
fn a_path_in_a_file_is_relative_to_that_file() {
    let text = format!("{VALID}[journal]\ndirectory = \"journal\"\n[engine]\nstate_directory = \"/state\"");
    let loaded =
        load_sources(&[source("desk/a.toml", &text)], &Variables::new(), &Registry::default()).unwrap();
    assert_eq!(loaded.configuration.journal.directory, Some("desk/journal".into()));
    assert_eq!(loaded.configuration.engine.state_directory, PathBuf::from("/state"));
}

#[test]
fn a_path_left_at_its_default_is_relative_to_the_last_file_with_its_table_and_the_reference_says_so() {
    let state_directory = |first: &str, second: &str| {
        let sources = [source("desk/a.toml", first), source("laid/b.toml", second)];
        load_sources(&sources, &Variables::new(), &Registry::default())
            .unwrap()
            .configuration
            .engine
            .state_directory
    };
    let engine = "[engine]\nname = \"a\"\n";
    assert_eq!(state_directory(&format!("{VALID}{engine}"), "[log]\n"), PathBuf::from("desk/state"));
    assert_eq!(state_directory(&format!("{VALID}{engine}"), engine), PathBuf::from("laid/state"));
    assert_eq!(state_directory(VALID, "[log]\n"), PathBuf::from("laid/state"));
    assert!(
        reference::markdown(&Registry::default())
            .contains("to that of the last one with its table, or of the last of all")
    );
}

#[test]
fn a_part_of_a_configuration_is_told_as_what_it_is_and_with_what_it_is_checked() {
    let right = "it is of a placement file, which is no configuration; name the file in one, [placement] file = \"...\", and check that one";
    check(starter::PLACEMENT, &[], &[&format!("a.toml:18: core: {right}")]);
    let over = [source("a.toml", VALID), source("b.toml", starter::PLACEMENT)];
    let told = load_sources(&over, &Variables::new(), &Registry::default()).unwrap_err();
    assert_eq!(told.to_string(), format!("b.toml:18: core: {right}"));
    check(
        starter::RISK,
        &[],
        &[
            "a.toml:1: venue: missing: this is a part to lay over a configuration that names one; check the two together, --config WHOLE.toml --config PART.toml",
        ],
    );
}
