//! Recorded frames of Coinbase, through the session, against what an independent program made of them.

use fulmar_adapters::coinbase::ENTRY;

use crate::fuzz::every::agree::{Judge, Verdict};
use crate::player::{Capture, check_capture};

const CAPTURE: &str = "coinbase_btc_eth_2026-08-09";

#[test]
fn two_whole_books_on_one_connection() {
    let keeper = check_capture("coinbase", CAPTURE, &[(2, 8, 0), (2, 8, 0)]);
    let Some(keeper) = keeper else { return };
    assert!(keeper.instruments.values().all(|kept| kept.ticker.is_some()), "best prices of every product");
}

#[test]
fn books_trades_and_best_prices_are_read_fast_and_as_the_reference_reads_them() {
    let Some(capture) = Capture::open(CAPTURE) else { return };
    let mut judge = Judge::new(&ENTRY);
    let mut taken = [0; 3];
    for message in capture.messages() {
        let verdict = judge.check(message.as_bytes());
        taken[verdict as usize] += 1;
        let is_hot = ["l2_data", "ticker"]
            .iter()
            .any(|channel| message.starts_with(&format!(r#"{{"channel":"{channel}"#)))
            || message.contains(r#"[{"type":"update","trades""#);
        assert_eq!(verdict == Verdict::Taken, is_hot, "{:.200}", message);
    }
    assert_eq!(taken, [595, 25, 0], "taken, slowly, refused");
}
