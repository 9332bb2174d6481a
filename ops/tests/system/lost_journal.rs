//! The disk takes no more of the journal while the engine trades: the run does what its configuration says, and its
//! report is written whatever happens.
//!
//! A file system that is full is what a machine seldom lets a test make. A folder in the place of the next segment
//! gives the journal the same answer: the file that it needs cannot be had.

use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::growth::Growth;
use super::program::{Ended, Program, machine, simulated_venue_of};

/// Segments that a busy market fills soon, but not before the first order stands.
const SEGMENTS: &str = "[journal]\nsegment_bytes = 4194304\n";
const EVENTS_PER_SECOND: [&str; 2] = ["--events-per-second", "20000"];

#[test]
fn a_run_that_loses_its_journal_cancels_and_ends_with_its_report() {
    let (ended, report) = lose_journal("", |_| {});
    assert_eq!(report["ended_by"], "the loss of its journal", "{report:#}");
    assert_eq!(report["open_orders"], 0, "{report:#}");
    assert!(report["orders"]["canceled"].as_u64().is_some_and(|count| count > 0), "{report:#}");
    assert_eq!(ended.told.matches("ERROR").count(), 1, "one line tells it: {}", ended.told);
}

#[test]
fn a_run_that_may_go_on_without_its_journal_does_until_it_is_stopped() {
    let (_, report) = lose_journal("on_failure = \"continue\"\n", |run| {
        run.told_line(&["ERROR", "the run goes on without it"]);
        run.signal(Signal::INT);
    });
    assert_eq!(report["ended_by"], "SIGINT", "{report:#}");
}

/// Runs a quoter until it trades, takes the journal's disk away, and gives the end and the report.
fn lose_journal(policy: &str, then: impl FnOnce(&mut Program)) -> (Ended, Value) {
    let _machine = machine();
    let (venue, address) = simulated_venue_of(&EVENTS_PER_SECOND);
    let desk = Desk::new(&[("binance-spot", address)], &format!("{SEGMENTS}{policy}"));
    let journal = desk.file("journal");
    let growth = Growth::of(&journal);
    let mut run = Program::fulmar(&desk.arguments(&["run", "--seconds", "600", "--journal", text(&journal)]));
    growth.until_order_accepted();
    std::fs::create_dir(journal.join("journal-000002.new")).expect("the run has not come so far");
    then(&mut run);
    let ended = run.end();
    let report = ended.report_with(1);
    assert!(report["orders"]["submitted"].as_u64().is_some_and(|count| count > 0), "{report:#}");
    let failure = report["failures"][0].as_str().unwrap_or_default();
    assert!(failure.contains("journal-000002.new"), "{report:#}");
    assert!(ended.told.contains("error: the journal could not be kept"), "{}", ended.told);
    venue.end();
    (ended, report)
}
