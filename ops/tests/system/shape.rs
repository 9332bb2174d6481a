//! What a configuration says of bars, pairs, fees and depth reaches a run over sockets, and its journal plays to the
//! same hash: nothing of it hangs on what was not noted.

use serde_json::Value;

use super::configuration::{Desk, text};
use super::futures_venue::FuturesVenue;
use super::program::{Program, machine, replay, simulated_venue};

/// A trend follower on bars of one second trades within a few of them, and pays for it, though a quoter of ours stands
/// in its way. The pair names two things that are unlike.
const SHAPE: &str = r#"
self_trade = "allow"

[bars]
intervals = ["1s", "1d"]

[paper]
maker_bps = "-0.5"
taker_bps = "10"

[[pair]]
name = "BTC-USDT"
instruments = ["binance-spot:BTCUSDT", "binance-usdm:BTCUSDT"]

[[strategy]]
name = "trend"
kind = "ema_cross"
instruments = ["binance-spot:BTCUSDT"]
book = 20
parameters = { quantity = "0.01", interval = "1s", fast_bars = 1, slow_bars = 2 }
"#;

#[test]
fn bars_pairs_fees_and_depth_hold_in_a_run_and_in_its_replay() {
    let _machine = machine();
    let (spot, spot_address) = simulated_venue();
    let futures = FuturesVenue::start(7);
    let desk = Desk::new(&[("binance-spot", spot_address), ("binance-usdm", futures.address)], SHAPE);
    let journal = desk.file("journal");
    let ended =
        Program::fulmar(&desk.arguments(&["run", "--seconds", "9", "--journal", text(&journal)])).end();
    let report = ended.report();
    spot.end();

    for nothing in ["lost", "decode_errors"] {
        assert_eq!(report[nothing], Value::from(0), "{nothing}: {report:#}");
    }
    let paid = report["instruments"][0]["commissions"]["USDT"].as_str();
    assert!(
        paid.is_some_and(|paid| !paid.starts_with('-')),
        "the follower took, and paid in USDT: {report:#}"
    );
    assert_eq!(report["counters"]["unlike_instruments"], 1, "{report:#}");
    let warnings = ended.told.matches("pair BTC-USDT leaves binance-usdm:BTCUSDT out").count();
    assert_eq!(warnings, 1, "told once: {}", ended.told);

    let played = replay(&journal);
    assert_eq!(played["output_hash"], report["output_hash"], "{played:#}");
}
