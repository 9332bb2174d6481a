//! An interrupt cancels what stands before anything stops, and the report tells what became of every order.

use std::net::SocketAddr;
use std::process::Command;

use fulmar_adapters::simulated::truth;
use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::growth::Growth;
use super::program::{Program, machine, replay, simulated_venue};

/// How often the venue is asked: far more often than it takes until a quoter's first orders stand.
const QUESTIONS_MAX: u32 = 100_000;

#[test]
fn ctrl_c_in_a_terminal_cancels_at_the_demos_venue_first() {
    check_demo(Signal::INT);
}

#[test]
fn systemd_terminates_all_of_a_demo_and_gets_its_report() {
    check_demo(Signal::TERM);
}

#[test]
fn a_closed_terminal_cancels_at_the_demos_venue_first() {
    check_demo(Signal::HUP);
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let run = [env!("CARGO_BIN_EXE_fulmar").to_owned()].into_iter().chain(desk.arguments(&["run"]));
    let mut run = Program::start(Command::new("nohup").args(run));
    run.told_line(&["connected to ws://"]);
    run.signal(Signal::HUP);
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!(report["ended_by"], "SIGINT", "{report:#}");
    venue.end();
}

/// The signal reaches the demo and its venue alike, as from a terminal or from systemd.
fn check_demo(signal: Signal) {
    let _machine = machine();
    let mut demo = Program::leading_a_group(&["demo", "--seconds", "600", "--format", "json"]);
    let line = demo.told_line(&["binance-spot.orders: connected to ws://"]);
    let address = line.rsplit("ws://").next().expect("it was found").parse().expect("an address");
    await_open_orders(address);
    demo.signal_group(signal);
    let ended = demo.end();
    let report = ended.report();
    assert!(
        !ended.told.contains("actor."),
        "the log is about links, not about who watches them: {}",
        ended.told
    );
    assert!(ended.told.contains("binance-spot: disconnected from ws://"), "{}", ended.told);
    assert_eq!(report["venue_truth"]["open_orders"], 0, "{report:#}");
    every_order_has_an_end(&report);
}

#[test]
fn an_interrupted_paper_run_cancels_first_and_its_journal_is_whole() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let journal = desk.file("journal");
    let growth = Growth::of(&journal);
    let run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    growth.until_order_accepted();
    run.signal(Signal::INT);
    let ended = run.end();
    let report = ended.report();
    assert_eq!(report["ended_by"], "SIGINT", "{report:#}");
    tells_its_story_without_a_warning(&ended.told, &address.to_string());
    assert_eq!(report["open_orders"], 0, "{report:#}");
    assert_eq!(report["lost"], 0, "{report:#}");
    every_order_has_an_end(&report);
    assert_eq!(replay(&journal)["output_hash"], report["output_hash"]);
    venue.end();
}

/// What was asked for is no warning, and each thing that matters is one line that names the venue and where it is.
fn tells_its_story_without_a_warning(told: &str, address: &str) {
    let story = [
        "INFO boot 1, paper, journal ".to_owned(),
        format!("INFO binance-spot: connected to ws://{address}"),
        "INFO binance-spot:BTCUSDT: the book is live".to_owned(),
        "INFO SIGINT ends the run, ".to_owned(),
        format!("INFO binance-spot: disconnected from ws://{address}"),
    ];
    // The time of each stands before it.
    let lines: Vec<&str> = told.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim())).collect();
    assert_eq!(lines.len(), story.len(), "{told}");
    for (line, start) in lines.iter().zip(&story) {
        assert!(line.starts_with(start), "{start} is not what it says: {told}");
    }
}

fn every_order_has_an_end(report: &Value) {
    let count = |name: &str| report["orders"][name].as_u64().unwrap_or_else(|| panic!("{name}: {report:#}"));
    let ended: u64 = ["filled", "canceled", "rejected"].map(count).iter().sum();
    assert_eq!(ended, count("submitted"), "{report:#}");
    assert!(count("canceled") > 0, "orders stood when the end came: {report:#}");
    assert_eq!(count("unknown"), 0, "{report:#}");
}

/// Asks the venue until it has orders of the demo's account.
fn await_open_orders(venue: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let has_orders = || runtime.block_on(truth::ask(venue, "demo")).is_ok_and(|truth| truth.open_orders > 0);
    assert!((0..QUESTIONS_MAX).any(|_| has_orders()), "no order came to stand at the venue");
}
