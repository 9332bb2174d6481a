//! Every venue of the build over real sockets: each is recorded and played, and one run follows all of them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::venues::VENUES;
use fulmar_tests::loopback::{Address, Loopback, Plan};
use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::program::{Program, machine};

/// What the markets follow from, and how fast they are.
const PLAN: Plan = Plan { seed: 11, frames_per_second: 1_000 };

#[test]
fn what_is_recorded_of_each_venue_replays_to_live_books() {
    let _machine = machine();
    let loopback = Loopback::start(&each(2), PLAN);
    let desk = Desk::of(&loopback.configuration());
    let recordings: Vec<(PathBuf, Program)> =
        loopback.venues().iter().map(|address| recording(&desk, address)).collect();
    for (address, (file, program)) in loopback.venues().iter().zip(recordings) {
        let report = program.end().report();
        assert_ne!(report["lines"], 0, "{report:#}");
        assert_eq!([&report["lost"], &report["decode_errors"]], [0, 0], "{report:#}");

        let played = Program::fulmar(&["replay", text(&file), "--format", "json"]).end().report();
        let capture = &played["captures"][0];
        assert_eq!(capture["venue"], address.venue.name, "{played:#}");
        assert_eq!(capture["decode_errors"], 0, "{played:#}");
        let instruments = capture["instruments"].as_object().expect("instruments by symbol");
        assert_sound(instruments.values(), address.symbols.len());
    }
}

#[test]
fn one_run_follows_all_venues_and_stops_at_an_interrupt() {
    let _machine = machine();
    let loopback = Loopback::start(&each(3), PLAN);
    let desk = Desk::of(&loopback.configuration());
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    let symbols: usize = loopback.venues().iter().map(|address| address.symbols.len()).sum();
    let mut live = BTreeSet::new();
    while live.len() < symbols {
        let line = run.told_line(&[": the book is live"]);
        // A book begins anew where the venue says what the instrument is after it sent its book.
        live.insert(line.rsplit(' ').nth(4).map(str::to_owned));
    }
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!(report["ended_by"], "SIGINT", "{report:#}");
    let instruments = report["instruments"].as_array().expect("a list of instruments");
    assert_sound(instruments.iter(), symbols);
    for nothing in ["lost", "decode_errors", "open_orders"] {
        assert_eq!(report[nothing], 0, "{nothing}: {report:#}");
    }
    assert!(report["connections"].as_u64() >= u64::try_from(VENUES.len()).ok(), "{report:#}");
}

/// So many symbols of every venue.
fn each(symbols: usize) -> Vec<(&'static VenueEntry, usize)> {
    VENUES.iter().map(|entry| (entry, symbols)).collect()
}

fn recording(desk: &Desk, address: &Address) -> (PathBuf, Program) {
    let file = desk.file(&format!("{}.capture.zst", address.venue.name));
    let symbols = address.symbols.join(",");
    let what = ["--venue", address.venue.name, "--instruments", &symbols, "--out", text(&file)];
    let program = Program::fulmar(&desk.arguments(&[&["record", "--seconds", "2"], &what[..]].concat()));
    (file, program)
}

/// So many instruments, and of none is anything missing.
fn assert_sound<'a>(instruments: impl ExactSizeIterator<Item = &'a Value>, count: usize) {
    assert_eq!(instruments.len(), count);
    for instrument in instruments {
        assert_eq!(instrument["state"], "live", "{instrument:#}");
        assert_eq!(instrument["gaps"], 0, "{instrument:#}");
    }
}
