//! A journal whose strategy is had in a process of its own: in step with the engine it wants what the run's own code
//! wanted, so that the play comes to the run's hash; and where it does not, that is seen.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::program::{Ended, Program, machine, simulated_venue};

const FAILED: i32 = 1;
const NAME: &str = "demo-quoter";

/// A journal of a run whose strategy was in the engine, and the run's report.
fn journal(directory: &Path) -> Value {
    let demo = ["demo", "--seconds", "3", "--format", "json", "--journal", text(directory)];
    let report = Program::fulmar(&[&demo[..], &["--events-per-second", "5000", "--seed", "7"]].concat())
        .end()
        .report();
    assert!(report["orders"]["submitted"].as_u64() > Some(50), "the strategy traded: {report:#}");
    report
}

/// A play of it that waits for the processes of these strategies.
pub fn play(journal: &Path, socket: &Path, names: &[&str]) -> Program {
    let attach = ["replay", text(journal), "--format", "json", "--attach", &names.join(",")];
    let mut play = Program::fulmar(&[&attach[..], &["--socket", text(socket)]].concat());
    names.iter().for_each(|name| drop(play.told_line(&["waiting for a process to be", name])));
    play
}

/// The strategy of the run, which quotes so much.
fn quoter(socket: &Path, name: &str, quantity: &str) -> Program {
    let quantity = format!("quantity={quantity}");
    let run = ["strategy", "run", "quoter", "--format", "json", "--name", name, "--socket", text(socket)];
    let parameters = ["--set", &quantity, "--set", "half_spread_ticks=4", "--set", "requote_ticks=2"];
    Program::fulmar(&[&run[..], &parameters].concat())
}

/// What came of a play and of the process that was in it.
pub fn ends(play: Program, process: Program) -> (Ended, Ended) {
    let did = process.end();
    (play.end(), did)
}

#[test]
fn in_step_a_process_wants_what_the_run_wanted_and_the_play_comes_to_the_same_hash() {
    let _machine = machine();
    let directory = tempfile::tempdir().expect("a directory");
    let (journal_at, socket) =
        (directory.path().join("journal"), directory.path().join("bus").join("bus.sock"));
    let run = journal(&journal_at);
    let play_of_it = play(&journal_at, &socket, &[NAME]);
    let (played, did) = ends(play_of_it, quoter(&socket, NAME, "0.01"));
    let (played, did) = (played.report(), did.report());
    assert_eq!(played["output_hash"], run["output_hash"], "{played:#}");
    assert_eq!(did["ended_by"], "the journal is played", "{did:#}");
    // Cancels and changes count beside orders.
    assert!(did["commands"].as_u64() >= run["orders"]["submitted"].as_u64(), "{did:#}");

    let play_of_it = play(&journal_at, &socket, &[NAME]);
    let (played, _) = ends(play_of_it, quoter(&socket, NAME, "0.02"));
    assert_eq!(played.status.code(), Some(FAILED), "what wants something else is found out: {}", played.told);
}

#[test]
fn a_process_that_goes_before_the_end_ends_the_play_in_words() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let strategy = |name: &str| {
        format!(
            "[[strategy]]\nname = \"{name}\"\nkind = \"quoter\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n\
             parameters = {{ quantity = \"0.01\" }}\n"
        )
    };
    let desk = Desk::new(&[("binance-spot", address)], &(strategy("first") + &strategy("second")));
    let (journal, socket) = (desk.file("journal"), desk.file("bus").join("bus.sock"));
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    run.told_line(&["the book is live"]);
    run.signal(Signal::INT);
    run.end().report();
    venue.end();
    let play = play(&journal, &socket, &["first", "second"]);
    let mut first = quoter(&socket, "first", "0.01");
    first.told_line(&["attached to"]);
    first.signal(Signal::KILL);
    let second = quoter(&socket, "second", "0.01");
    let (played, _) = ends(play, second);
    assert_eq!(played.status.code(), Some(FAILED), "{}", played.told);
    let words = "the process that is \"first\" left before the end of the journal: its process is gone";
    assert!(played.told.contains(words), "{}", played.told);
}

#[test]
fn what_cannot_be_had_elsewhere_is_said_before_anybody_waits() {
    let _machine = machine();
    let directory = tempfile::tempdir().expect("a directory");
    let journal_at = directory.path().join("journal");
    journal(&journal_at);
    let unknown = Program::fulmar(&["replay", text(&journal_at), "--attach", "nobody"]).end();
    assert_eq!(unknown.status.code(), Some(FAILED), "{}", unknown.told);
    assert!(
        unknown.told.contains("the run had no strategy \"nobody\"; it had demo-quoter"),
        "{}",
        unknown.told
    );
}
