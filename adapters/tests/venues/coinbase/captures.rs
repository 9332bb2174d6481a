//! Recorded frames of Coinbase, through the session, against what an independent program made of them.

use crate::player::check_capture;

#[test]
fn two_whole_books_on_one_connection() {
    let keeper = check_capture("coinbase", "coinbase_btc_eth_2026-08-09", &[(2, 8, 0), (2, 8, 0)]);
    let Some(keeper) = keeper else { return };
    assert!(keeper.instruments.values().all(|kept| kept.ticker.is_some()), "best prices of every product");
}
