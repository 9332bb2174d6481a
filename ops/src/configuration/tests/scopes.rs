//! Limits of engine, venues and strategies: as they are stated, and as the engine takes them.

use fulmar_bus::record::{Price, Text};
use fulmar_engine::trading::account::{Amount, CostMethod, ScaledPrice};
use fulmar_engine::trading::risk::{LossLimits, ScopeLimits};

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
    assert_eq!(treasury.engine, ScopeLimits { exposure_max: amount(1, 0), open_orders_max: Some(2), losses });
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
