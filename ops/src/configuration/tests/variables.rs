//! Variables of the environment: which key each overrides, and what is said of one that fits none.

use super::*;

#[test]
fn a_variable_overrides_a_key_wherever_it_stands() {
    let configuration = loaded_under(
        FULL,
        &[
            ("FULMAR__ENGINE__MODE", "paper"),
            ("FULMAR__VENUE__BINANCE_USDM__INSTRUMENTS", "BTCUSDT, ETHUSDT"),
            ("FULMAR__VENUE__BINANCE_USDM__RECONNECT__ATTEMPTS_PER_MINUTE", "5"),
            ("FULMAR__VENUE__BINANCE_USDM__SCALE__BTCUSDT__PRICE", "7"),
            ("FULMAR__STRATEGY__E__PARAMETERS__SLOW_BARS", "99"),
            ("FULMAR__RISK__INSTRUMENT__BINANCE_USDM_BTCUSDT__POSITION_MAX", "0.7"),
            ("FULMAR__JOURNAL__DIRECTORY", "here"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(configuration.engine.mode, Mode::Paper);
    let venue = &configuration.venues[0];
    assert_eq!(venue.instruments, ["BTCUSDT", "ETHUSDT"]);
    assert_eq!(venue.reconnect.attempts_per_minute, 5);
    assert_eq!(venue.scales["BTCUSDT"], Scale { price: 7, quantity: 3 });
    assert_eq!(configuration.strategies[1].parameters.get("slow_bars"), Some("99"));
    let instrument = InstrumentName::parse("binance-usdm:BTCUSDT").unwrap();
    assert_eq!(configuration.risk.limits(&instrument).unwrap().position_max, "0.7");
    assert_eq!(configuration.journal.directory, Some("here".into()), "relative to the working directory");
}

#[test]
fn a_variable_that_fits_no_key_is_told_by_its_name() {
    check(
        VALID,
        &[
            ("FULMAR__ENGINE", "x"),
            ("FULMAR__ENGINE__MOD", "live"),
            ("FULMAR__ENGINE__MODE", "lvie"),
            ("FULMAR__ENGINE__MODE__X", "live"),
            ("FULMAR__RISK__OPEN_ORDERS_MAX", "many"),
            ("FULMAR__VENUE__BINANCE_SPO__ENVIRONMENT", "testnet"),
            ("FULMAR__VENUE__KRAKEN__ENVIRONMENT", "testnet"),
        ],
        &[
            "FULMAR__ENGINE: engine: it names a table; name one of its keys",
            "FULMAR__ENGINE__MOD: engine.mod: unknown key; did you mean `mode`?",
            "FULMAR__ENGINE__MODE: engine.mode: \"lvie\" does not fit; did you mean \"live\"? it takes \"paper\" or \"live\"",
            "FULMAR__ENGINE__MODE__X: engine.mode.x: `mode` is no table; end the name there",
            "FULMAR__RISK__OPEN_ORDERS_MAX: risk.open_orders_max: a string does not fit; it takes a whole number from 1 to 10000",
            "FULMAR__VENUE__BINANCE_SPO__ENVIRONMENT: venue.binance_spo.environment: no file has a venue of this name; did you mean BINANCE_SPOT?",
            "FULMAR__VENUE__KRAKEN__ENVIRONMENT: venue.kraken.environment: no file has a venue of this name; there is BINANCE_SPOT",
        ],
    );
}
