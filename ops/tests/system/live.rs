//! The program trades live, on spot and on futures, against the simulated venue: what it says at the end is what the
//! venue says, nothing is left standing, and its journal plays to its hash.

use fulmar_adapters::simulated::truth;
use serde_json::Value;

use super::canary::{KEY, desk_of, run_live};
use super::configuration::text;
use super::program::{machine, replay, simulated_venue_of};

#[test]
fn a_live_run_on_spot_or_futures_trades_cancels_all_at_its_end_and_replays_without_a_key() {
    let _machine = machine();
    for venue_name in ["binance-spot", "binance-usdm"] {
        let (venue, address) = simulated_venue_of(&["--venue", venue_name]);
        let desk = desk_of(venue_name, address);
        let journal = desk.file("journal");
        let ended = run_live(&desk, &["--seconds", "5", "--journal", text(&journal)]).end();
        let report = ended.report();
        assert!(
            ended.told.contains(&format!("LIVE: orders go to {venue_name}, with REAL money")),
            "{}",
            ended.told
        );
        let orders =
            |name: &str| report["orders"][name].as_u64().unwrap_or_else(|| panic!("{name}: {report:#}"));
        assert_ne!(orders("accepted"), 0, "{venue_name}: {report:#}\n{}", ended.told);
        for nothing in ["lost", "decode_errors", "open_orders"] {
            assert_eq!(
                report[nothing],
                Value::from(0),
                "{venue_name}: {nothing}: {report:#}\n{}",
                ended.told
            );
        }
        let truth = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let truth = truth.block_on(truth::ask(address, KEY)).expect("the venue tells the truth");
        assert_eq!(report["instruments"][0]["position"], *truth.position, "{venue_name}: {report:#}");
        assert_eq!((truth.open_orders, truth.duplicates), (0, 0), "{venue_name}");
        // What was wanted before the session was ready never left.
        let unsent = report["counters"]["rejected_before_sending"].as_u64().unwrap_or_default();
        assert_eq!(orders("submitted") - unsent, truth.orders_received, "{venue_name}: {report:#}");
        let said = venue.end().told;
        assert!(!said.contains(" 0 orders"), "the venue took them: {said}");
        let played = replay(&journal);
        assert_eq!(played["output_hash"], report["output_hash"], "{venue_name}: {played:#}");
    }
}
