//! Limits of engine, venues and strategies: as they are stated, and as the engine takes them.

use fulmar_bus::record::{Nanos, Price, Text};
use fulmar_engine::trading::account::{Amount, CostMethod, ScaledPrice};
use fulmar_engine::trading::risk::{LossLimits, ScopeLimits};
use fulmar_engine::trading::value_at_risk::{VarLimit, VarMethod, VarSettings};

use super::*;

#[test]
fn scopes_are_what_the_document_says_of_them_by_venue_and_strategy() {
    let configuration = loaded(FULL);
    let amount = |mantissa, scale| Some(Amount::floor(mantissa, scale).unwrap());
    let venues = configuration.venues.iter().map(|venue| venue.name.as_str());
    let strategies = configuration.strategies.iter().map(|strategy| strategy.name.as_str());
    let treasury = configuration.risk.treasury(venues, strategies);
    assert_eq!((treasury.currency, treasury.method), (Text::new("USDT"), CostMethod::Fifo));
    let bnb = ScaledPrice { price: Price(6_005), scale: 1 };
    assert_eq!(treasury.worth, [(Text::new("BNB").unwrap(), bnb)]);
    let losses = LossLimits {
        daily_loss_max: amount(3, 0),
        drawdown_max: amount(4, 0),
        jump_max: amount(55, 1),
        flatten_percent: Some(150),
    };
    let var = |var_max, method, confidence_ppm, seconds| {
        let settings = VarSettings { method, confidence_ppm, horizon: Nanos::from_secs(seconds) };
        Some(VarLimit { var_max, settings })
    };
    let of_engine = var(Amount::floor(525, 2).unwrap(), VarMethod::Parametric, 975_000, 8 * 3_600);
    let expected =
        ScopeLimits { exposure_max: amount(1, 0), open_orders_max: Some(2), losses, var: of_engine };
    assert_eq!(treasury.engine, expected);
    let of_strategy = var(Amount::floor(13, 0).unwrap(), VarMethod::Historical, 999_000, 600);
    assert_eq!(treasury.strategies[0].var, of_strategy);
    assert_eq!(treasury.strategies[1].var, None);
    let of_venue =
        ScopeLimits { exposure_max: amount(6, 0), open_orders_max: Some(7), ..ScopeLimits::default() };
    assert!(treasury.venues.contains(&of_venue) && treasury.venues.contains(&ScopeLimits::default()));
    assert_eq!(treasury.strategies[0].exposure_max, amount(8, 0));
    assert_eq!(treasury.strategies[1].losses.daily_loss_max, None, "what is not stated is not limited");
}

#[test]
fn a_scope_of_nobody_an_amount_of_nothing_and_an_asset_too_long_are_told_by_line() {
    let text = r#"[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
[risk.engine]
daily_loss_max = "100"
[risk.venue.binance-spto]
open_orders_max = 3
[risk.strategy.quoter]
drawdown_max = "5"
[risk.worth.A23456789012345678]
price = "1"
"#;
    check(
        text,
        &[],
        &[
            "a.toml:5: risk.engine: its amounts are of no currency; state what it is an amount of, `currency = \"USDT\"` in [risk]",
            "a.toml:6: risk.venue.binance-spto: there is no venue \"binance-spto\"; did you mean \"binance-spot\"?",
            "a.toml:8: risk.strategy.quoter: there is no strategy \"quoter\"; it is the name of a [[strategy]]",
            "a.toml:9: risk.strategy.quoter: its amounts are of no currency; state what it is an amount of, `currency = \"USDT\"` in [risk]",
            "a.toml:10: risk.worth: \"A23456789012345678\" is no asset; an asset has 16 bytes at most",
        ],
    );
}

#[test]
fn a_value_at_risk_that_cannot_be_known_is_told_by_line() {
    let text = r#"[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
[risk]
currency = "USDT"
[risk.engine]
var_max = "100"
var_confidence_percent = "99.91"
[risk.strategy.other]
var_max = "100"
var_confidence_percent = "50"
var_method = "parametric"
[[strategy]]
name = "other"
kind = "idle"
instruments = ["binance-spot:BTCUSDT"]
"#;
    check(
        text,
        &[],
        &[
            "a.toml:8: risk.engine.var_confidence_percent: \"99.91\" cannot be computed; what is seen of three hours reaches to 99.9; `var_method = \"parametric\"` goes beyond",
            "a.toml:11: risk.strategy.other.var_confidence_percent: \"50\" cannot be computed; it is above 50 and below 100, with four digits behind the point at most",
        ],
    );
    let parametric =
        text.replace("99.91\"", "99.9999\"\nvar_method = \"parametric\"").replace("\"50\"", "\"50.0001\"");
    check(&parametric, &[], &[]);
}
