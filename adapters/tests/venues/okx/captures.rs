//! Recorded frames of OKX, through the session, against what an independent program made of them.

use crate::player::check_capture;

/// Its messages have no numbers: the checksums alone prove the books.
#[test]
fn spot_and_an_inverse_perpetual_with_a_checksum_in_every_message() {
    let keeper = check_capture("okx", "okx_btc_uni_2022-05-13", &[(1, 8, 0), (3, 0, 0)]);
    let Some(keeper) = keeper else { return };
    assert!(keeper.instruments.values().all(|kept| kept.ticker.is_some()), "best prices of every instrument");
    let proven_count: u64 = keeper.instruments.values().map(|kept| kept.proven_count).sum();
    assert_eq!(proven_count, 191, "two snapshots and every update");
}
