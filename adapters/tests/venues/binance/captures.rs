//! Recorded frames of Binance, through the session, against what an independent program made of them.

use crate::player::check_capture;

/// Plays a capture of `venue`, which must have given best prices of every instrument too.
fn check(venue: &str, name: &str, scales: &[(u8, u8, u8)]) {
    let Some(keeper) = check_capture(venue, name, scales) else { return };
    assert!(keeper.instruments.values().all(|kept| kept.ticker.is_some()), "best prices of every instrument");
}

#[test]
fn spot_btcusdt_over_midnight() {
    check("binance-spot", "binance-spot_btcusdt_2024-08-08", &[(8, 8, 1)]);
}

#[test]
fn two_spot_symbols_on_one_connection() {
    check("binance-spot", "binance-spot_nkn_blz_2021-10-12", &[(8, 8, 0), (8, 8, 0)]);
}

#[test]
fn futures_btcusdt_whose_snapshot_ends_where_an_update_ends() {
    check("binance-usdm", "binance-usdm_btcusdt_2024-08-08", &[(2, 3, 1)]);
}

#[test]
fn two_futures_on_one_connection() {
    check("binance-usdm", "binance-usdm_sushi_akro_2021-07-22", &[(4, 0, 0), (5, 0, 0)]);
}
