//! The program trades live, on spot and on futures, against the simulated venue: what it says at the end is what the
//! venue says, nothing is left standing, and its journal plays to its hash.

use fulmar_adapters::simulated::truth;
use serde_json::Value;

use super::canary::{KEY, desk_of, run_live};
use super::configuration::text;
use super::program::{machine, replay, simulated_venue_of};

/// What the program ends with where it may not do what was asked.
const NOT_ALLOWED: i32 = 5;

#[test]
fn a_live_run_on_spot_futures_or_both_trades_cancels_all_at_its_end_and_replays_without_a_key() {
    let _machine = machine();
    for names in [&["binance-spot"][..], &["binance-usdm"], &["binance-spot", "binance-usdm"]] {
        let served: Vec<_> = names.iter().map(|name| simulated_venue_of(&["--venue", name])).collect();
        let venues: Vec<_> =
            names.iter().zip(&served).map(|(name, (_, address))| (*name, *address)).collect();
        let desk = desk_of(&venues);
        let journal = desk.file("journal");
        let ended = run_live(&desk, &["--seconds", "5", "--journal", text(&journal)]).end();
        let report = ended.report();
        let orders =
            |name: &str| report["orders"][name].as_u64().unwrap_or_else(|| panic!("{name}: {report:#}"));
        assert_ne!(orders("accepted"), 0, "{names:?}: {report:#}\n{}", ended.told);
        for nothing in ["lost", "decode_errors", "open_orders"] {
            assert_eq!(report[nothing], Value::from(0), "{names:?}: {nothing}: {report:#}\n{}", ended.told);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut orders_received = 0;
        for (index, (name, address)) in venues.iter().enumerate() {
            let said = format!("LIVE: orders go to {name}, with REAL money");
            assert!(ended.told.contains(&said), "{}", ended.told);
            let truth = runtime.block_on(truth::ask(*address, KEY)).expect("the venue tells the truth");
            assert_eq!(report["instruments"][index]["position"], *truth.position, "{name}: {report:#}");
            assert_eq!((truth.open_orders, truth.duplicates), (0, 0), "{name}");
            assert_ne!(truth.orders_received, 0, "{name}: {report:#}");
            orders_received += truth.orders_received;
        }
        // What was wanted before a session was ready never left.
        let unsent = report["counters"]["rejected_before_sending"].as_u64().unwrap_or_default();
        assert_eq!(orders("submitted") - unsent, orders_received, "{names:?}: {report:#}");
        served.into_iter().for_each(|(venue, _)| _ = venue.end());
        let played = replay(&journal);
        assert_eq!(played["output_hash"], report["output_hash"], "{names:?}: {played:#}");
    }
}

#[test]
fn a_venue_that_takes_no_orders_from_here_is_refused_before_anything_is_asked_of_any() {
    let _machine = machine();
    let (venue, address) = simulated_venue_of(&["--venue", "binance-spot"]);
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let desk = desk_of(&[("binance-spot", address), ("bybit-spot", nowhere)]);
    let ended = run_live(&desk, &["--seconds", "5"]).end();
    assert_eq!(ended.status.code(), Some(NOT_ALLOWED), "{}", ended.told);
    let words = "this build sends no orders to bybit-spot; it does to binance-spot, binance-usdm";
    assert!(ended.told.contains(words), "{}", ended.told);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let truth = runtime.block_on(truth::ask(address, KEY));
    assert!(truth.is_err(), "the venue has not heard of this account");
    venue.end();
}
