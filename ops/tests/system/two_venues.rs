//! Merges are deterministic: two venues, two core loops, and actors that hear both. Whatever order the live run fell
//! into, its journal plays to the same hash on one thread.

use serde_json::Value;

use super::configuration::{Desk, text};
use super::futures_venue::FuturesVenue;
use super::program::{Program, machine, replay, rounds, simulated_venue};

/// Each venue has a core loop; what hears both runs on the second, so that one of them comes from another thread.
const TWO_CORE_LOOPS: &str = r#"
[[core]]
name = "spot"
wait = "WAIT"
actors = ["feed.binance-spot", "book.binance-spot*", "aggregate.binance-spot*"]

[[core]]
name = "rest"
wait = "WAIT"
actors = ["*"]
"#;

#[test]
fn a_free_run_of_two_venues_on_two_core_loops_replays_on_one_thread_to_its_hash() {
    let _machine = machine();
    for round in 0..rounds(3, 100) {
        println!("round {round}");
        let wait = if round % 2 == 0 { "park" } else { "yield" };
        check(round, &TWO_CORE_LOOPS.replace("WAIT", wait));
    }
}

fn check(seed: u64, placement: &str) {
    let (spot, spot_address) = simulated_venue();
    let futures = FuturesVenue::start(seed);
    let venues = [("binance-spot", spot_address), ("binance-usdm", futures.address)];
    let desk = Desk::placed(&venues, placement);
    let journal = desk.file("journal");
    let arguments = desk.arguments(&["run", "--seconds", "3", "--journal", text(&journal)]);
    let report = Program::fulmar(&arguments).end().report();
    spot.end();

    for index in 0..venues.len() {
        let instrument = &report["instruments"][index];
        assert_eq!(instrument["state"], "live", "{report:#}");
        assert_ne!(instrument["trades"], 0, "{report:#}");
        assert_eq!(instrument["gaps"], 0, "{report:#}");
    }
    for nothing in ["lost", "decode_errors", "open_orders"] {
        assert_eq!(report[nothing], Value::from(0), "{nothing}: {report:#}");
    }
    let orders = |name: &str| report["orders"][name].as_u64().unwrap_or_else(|| panic!("{name}: {report:#}"));
    assert_ne!(orders("submitted"), 0, "the strategy saw a book: {report:#}");
    assert_eq!(orders("accepted") + orders("rejected"), orders("submitted"), "one has no answer: {report:#}");

    let played = replay(&journal);
    assert_eq!(played["output_hash"], report["output_hash"], "{played:#}");
    assert_eq!(played["records"], report["records"], "{played:#}");
}
