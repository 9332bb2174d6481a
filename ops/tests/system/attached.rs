//! A strategy in a process of its own: it trades as one inside would, whoever may not come is told why, and when its
//! process goes what was agreed happens to its orders. A replay of it all needs no process.

mod hostile;
mod outside;
mod storm;
#[path = "../../../bus/tests/attach/ways.rs"]
mod ways;

use std::net::SocketAddr;

use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::growth::Growth;
use super::program::{Program, machine, replay, simulated_venue, simulated_venue_of};

const NOT_ALLOWED: i32 = 5;
const UNREACHABLE: i32 = 4;

/// An engine on paper whose one strategy is to attach.
fn desk_of(address: SocketAddr, parameters: &str) -> Desk {
    let attached = format!(
        "[[strategy]]\nname = \"outside\"\nkind = \"attached\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n\
         parameters = {{ {parameters} }}\n"
    );
    Desk::new(&[("binance-spot", address)], &attached)
}

/// A quoter that attaches to the engine of `desk` as `name`.
fn quoter(desk: &Desk, name: &str, more: &[&str]) -> Program {
    let socket = desk.file("state").join("bus").join("bus.sock");
    let parameters = ["--set", "quantity=0.01", "--set", "half_spread_ticks=5"];
    let attach = ["strategy", "run", "quoter", "--format", "json", "--name", name, "--socket", text(&socket)];
    Program::fulmar(&[&attach[..], &parameters, more].concat())
}

fn counter(report: &Value, name: &str) -> u64 {
    report["counters"][name].as_u64().unwrap_or_default()
}

#[test]
fn a_strategy_in_a_process_trades_as_one_inside_and_its_journal_plays_without_it() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let journal = desk.file("journal");
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    run.told_line(&["the book is live"]);
    let growth = Growth::of(&journal);
    let process = quoter(&desk, "outside", &["--seconds", "3"]);
    growth.until_order_accepted();
    let did = process.end().report();
    assert_eq!(did["ended_by"], "stop", "{did:#}");
    run.told_line(&["strategy outside: its process is gone"]);
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_ne!(counter(&report, "attached_commands"), 0, "{report:#}");
    for nothing in ["lost", "open_orders"] {
        assert_eq!(report[nothing], Value::from(0), "{nothing}: {report:#}");
    }
    for nothing in ["attached_misuses", "attached_events_lost", "attached_quarantines", "orphan_reports"] {
        assert_eq!(counter(&report, nothing), 0, "{nothing}: {report:#}");
    }
    let played = replay(&journal);
    assert_eq!(played["output_hash"], report["output_hash"], "{played:#}");
    venue.end();
}

#[test]
fn when_its_process_is_killed_its_orders_are_canceled_and_another_one_takes_its_place() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    for _ in 0..3 {
        let process = quoter(&desk, "outside", &[]);
        run.told_line(&["strategy outside: process", "attached"]);
        process.signal(Signal::KILL);
        run.told_line(&["strategy outside: its process is gone"]);
    }
    let last = quoter(&desk, "outside", &["--seconds", "1"]);
    let did = last.end().report();
    assert_ne!(did["commands"], Value::from(0), "it goes on from the numbers of those before it: {did:#}");
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!((&report["open_orders"], &report["lost"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(counter(&report, "attached_lines"), 4, "{report:#}");
    assert_eq!(counter(&report, "attached_misuses"), 0, "{report:#}");
    venue.end();
}

#[test]
fn a_process_that_hangs_is_treated_as_gone_and_told_so_when_it_goes_on() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "silence_ms = 300");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    let process = quoter(&desk, "outside", &[]);
    run.told_line(&["strategy outside: process", "attached"]);
    process.signal(Signal::STOP);
    run.told_line(&["strategy outside: its process shows no sign of life"]);
    process.signal(Signal::CONT);
    let did = process.end().report_with(UNREACHABLE);
    assert_eq!(did["ended_by"], "the engine is gone", "{did:#}");
    run.signal(Signal::INT);
    assert_eq!(run.end().report()["open_orders"], Value::from(0));
    venue.end();
}

#[test]
fn a_process_that_was_overtaken_is_given_what_stands_and_trades_on() {
    let _machine = machine();
    let (venue, address) = simulated_venue_of(&["--events-per-second", "5000"]);
    let desk = desk_of(address, "silence_ms = 600000");
    let journal = desk.file("journal");
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    run.told_line(&["the book is live"]);
    let growth = Growth::of(&journal);
    let process = quoter(&desk, "outside", &[]);
    growth.until_order_accepted();
    process.signal(Signal::STOP);
    // More than the ring of best prices holds.
    growth.until_longer_by(20_000);
    let count = growth.accepted_orders();
    process.signal(Signal::CONT);
    growth.until_more_orders_than(count);
    process.signal(Signal::INT);
    let did = process.end().report();
    assert_ne!(counter(&did, "lost_records"), 0, "it was overtaken: {did:#}");
    assert_ne!(counter(&did, "snapshots"), 0, "{did:#}");
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!(report["open_orders"], Value::from(0), "{report:#}");
    venue.end();
}

#[test]
fn whoever_may_not_come_is_told_why_on_both_sides() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let nobody = quoter(&desk, "outside", &[]).end();
    assert_eq!(nobody.status.code(), Some(UNREACHABLE), "{}", nobody.told);
    assert!(nobody.told.contains("no engine that takes strategies runs there"), "{}", nobody.told);
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    let unknown = quoter(&desk, "quoter", &[]).end();
    assert_eq!(unknown.status.code(), Some(NOT_ALLOWED), "{}", unknown.told);
    assert!(unknown.told.contains("there are: outside"), "{}", unknown.told);
    run.told_line(&["may not be \"quoter\""]);
    let first = quoter(&desk, "outside", &[]);
    run.told_line(&["strategy outside: process", "attached"]);
    let second = quoter(&desk, "outside", &[]).end();
    assert_eq!(second.status.code(), Some(NOT_ALLOWED), "{}", second.told);
    assert!(second.told.contains("is \"outside\" already"), "{}", second.told);
    let token = desk.file("state").join("bus").join("bus.token");
    std::fs::write(&token, [0; 32]).expect("it is ours");
    let stranger = quoter(&desk, "outside", &[]).end();
    assert!(stranger.told.contains("its token is not the one"), "{}", stranger.told);
    run.signal(Signal::INT);
    run.end().report();
    let did = first.end().report_with(UNREACHABLE);
    assert_eq!(did["ended_by"], "the engine is gone", "it hears so at once: {did:#}");
    venue.end();
}
