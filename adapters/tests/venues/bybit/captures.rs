//! Recorded frames of Bybit, through the session, against what an independent program made of them.

use crate::player::check_capture;

#[test]
fn linear_of_two_hundred_levels() {
    let keeper = check_capture("bybit-linear", "bybit-linear_btc_eth_2026-08-09", &[(2, 3, 0), (2, 2, 0)]);
    let Some(keeper) = keeper else { return };
    assert!(keeper.instruments.values().all(|kept| kept.mark_price.is_some() && kept.funding.is_some()));
}

#[test]
fn linear_of_five_hundred_levels_without_definitions() {
    check_capture("bybit-linear", "bybit-linear_xrp_ob500_2024-12-01", &[(4, 0, 1)]);
}

#[test]
fn spot_whose_books_are_finer_than_its_lot() {
    check_capture("bybit-spot", "bybit-spot_btc_2026-08-09", &[(1, 8, 0)]);
}
