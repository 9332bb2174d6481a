//! A strategy that a user brings is a part of the configuration like the built-in ones.

use super::*;

/// A strategy that is not among the built-in ones, with a parameter of each kind.
const OWN: StrategyEntry = StrategyEntry {
    kind: "dip_buyer",
    doc: "Buys dips.",
    parameters: &[
        ParameterEntry {
            name: "quantity",
            value: ParameterValue::Amount,
            need: Need::Required,
            doc: "Size.",
        },
        ParameterEntry {
            name: "dip_ticks",
            value: ParameterValue::Count { least: 1, most: 50 },
            need: Need::Default("10"),
            doc: "Ticks.",
        },
        ParameterEntry {
            name: "trend",
            value: ParameterValue::Interval,
            need: Need::Default("5m"),
            doc: "Bars.",
        },
        ParameterEntry {
            name: "side",
            value: ParameterValue::Word(&["long", "short"]),
            need: Need::Optional,
            doc: "Side.",
        },
    ],
    is_trading: true,
    make: |parameters| match parameters.count("dip_ticks")? {
        13 => Err(ParameterError::Together { name: "dip_ticks", wrong: "unlucky", right: "take 12" }),
        _ => Ok(Box::new(fulmar_strategies::Idle)),
    },
};

#[test]
fn a_strategy_of_ones_own_is_configured_like_the_built_in_ones() {
    let registry = Registry::with(&[OWN]).unwrap();
    let text = |kind: &str, parameters: &str| {
        let instruments = "instruments = [\"binance-spot:BTCUSDT\"]";
        format!(
            "{VALID}[[strategy]]\nname = \"own\"\nkind = \"{kind}\"\n{instruments}\nparameters = {parameters}\n"
        )
    };
    let told = |text: &str| {
        let read = load_sources(&[source("a.toml", text)], &Variables::new(), &registry);
        read.err().unwrap_or_default().to_string()
    };
    let right = "[bars]\nintervals = [\"5m\"]\n[risk]\norder_quantity_max = \"1\"\norder_notional_max = \"1\"\n\
                 position_max = \"1\"\n";
    let least = format!("{}{right}", text("dip_buyer", "{ quantity = \"1\" }"));
    let loaded = load_sources(&[source("a.toml", &least)], &Variables::new(), &registry).unwrap();
    let own = &loaded.configuration.strategies[0];
    let read = ["quantity", "dip_ticks", "trend", "side"].map(|name| own.parameters.get(name));
    assert_eq!(read, [Some("1"), Some("10"), Some("5m"), None]);
    assert_eq!(
        told(&text("dip_buyer", "{ dip_tick = 3, trend = \"7m\", side = \"shrt\", dip_ticks = 51 }")),
        [
            "a.toml:8: strategy.own.instruments: \"binance-spot:BTCUSDT\" has no order_quantity_max, no order_notional_max, no position_max; state it in [risk] or in [risk.instrument.\"binance-spot:BTCUSDT\"]",
            "a.toml:9: strategy.own.parameters.dip_tick: unknown key; did you mean `dip_ticks`?",
            "a.toml:9: strategy.own.parameters.quantity: missing; it takes a positive decimal as a string, such as \"0.01\"",
            "a.toml:9: strategy.own.parameters.dip_ticks: 51 is out of range; it takes a whole number from 1 to 50",
            "a.toml:9: strategy.own.parameters.trend: \"7m\" does not fit; it takes a length from \"1s\" to \"1d\" that divides a day evenly, such as \"5m\"",
            "a.toml:9: strategy.own.parameters.side: \"shrt\" does not fit; did you mean \"short\"? it takes \"long\" or \"short\"",
        ]
        .join("\n")
    );
    let unlucky = format!("{}{right}", text("dip_buyer", "{ quantity = \"1\", dip_ticks = 13 }"));
    assert_eq!(told(&unlucky), "a.toml:9: strategy.own.parameters.dip_ticks: unlucky; take 12");
    let other_bars = least.replace("[\"5m\"]", "[\"1m\"]");
    assert!(told(&other_bars).contains("strategy.own.parameters.trend: no bars of \"5m\" are made"));
    assert!(told(&text("dip_byer", "{}")).contains("did you mean \"dip_buyer\"?"));
    let page = reference::markdown(&registry);
    assert!(page.contains("where kind = \"dip_buyer\"") && page.contains("| `dip_ticks` |"), "{page}");
}

#[test]
fn what_the_schema_takes_for_a_parameter_its_strategy_takes_too() {
    let values = [
        (ParameterValue::Amount, Kind::Decimal),
        (ParameterValue::Interval, Kind::Interval),
        (ParameterValue::Word(&["buy", "sell"]), Kind::Choice(vec!["buy", "sell"])),
    ];
    let texts =
        ["0", "1", "0.0", "0.01", "-1", "+1", ".5", "5.", "1e3", "1m", "7m", "60s", "1d", "buy", "Buy", ""];
    for (value, kind) in values {
        for text in texts {
            if text::fault(text, &kind).is_none() {
                assert!(value.takes(text), "{text:?} as {value:?}");
            }
        }
    }
}
