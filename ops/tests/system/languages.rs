//! Strategies in C and Python: they trade as one in Rust does, wish for wish; they end when they are told to; and what
//! they had is canceled when they are killed.

use std::path::{Path, PathBuf};
use std::process::Command;

use fulmar_bus::record::StrategyId;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::attached::{counter, desk_of};
use super::configuration::{Desk, text};
use super::growth::Growth;
use super::in_step::{ends, play};
use super::program::{Program, machine, simulated_venue};

/// Crosses averages of the shortest bars, so that it trades every other second.
const EMA_CROSS: [&str; 8] =
    ["--set", "quantity=0.01", "--set", "interval=1s", "--set", "fast_bars=1", "--set", "slow_bars=2"];

/// The attached strategy, behind the quoter of the same run.
const OUTSIDE: StrategyId = StrategyId(1);

/// The library that was built with this test.
fn library() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_fulmar"));
    program.parent().expect("it lies in a folder").join("deps").join("libfulmar_c.so")
}

fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Builds a program of C in `folder` as its user does.
fn built(source: &Path, folder: &TempDir) -> PathBuf {
    let library = library();
    let libraries = library.parent().expect("it lies in a folder");
    let program = folder.path().join(source.file_stem().expect("it has a name"));
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I", text(&checkout("strategies/c/include"))])
        .args([text(source), "-o", text(&program), "-L", text(libraries), "-lfulmar_c"])
        .arg(format!("-Wl,-rpath,{}", libraries.display()))
        .output()
        .expect("the machine has a compiler of C");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// `fulmar strategy run PATH`, with what a user's terminal has: where programs are, and where this build's library is.
fn strategy(path: &Path, socket: &Path, more: &[&str]) -> Program {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (programs, home, library) = (variable("PATH"), variable("HOME"), library());
    let variables = [("PATH", &programs[..]), ("HOME", &home), ("FULMAR_LIBRARY", text(&library))];
    let run = ["strategy", "run", text(path), "--name", "outside", "--socket", text(socket)];
    Program::fulmar_with(&[&run[..], more].concat(), &variables)
}

fn socket(desk: &Desk) -> PathBuf {
    desk.file("state").join("bus").join("bus.sock")
}

fn own(name: &str) -> PathBuf {
    checkout("ops/tests/system/languages").join(name)
}

/// The same strategy in C and in Python.
fn both(c: &Path, python: &Path, folder: &TempDir) -> [PathBuf; 2] {
    [built(c, folder), python.to_owned()]
}

#[test]
fn strategies_in_c_and_python_trade_and_end_when_they_are_told_to() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let c = checkout("strategies/c/examples/ema_cross.c");
    for path in both(&c, &checkout("strategies/python/examples/ema_cross.py"), &folder) {
        let (venue, address) = simulated_venue();
        let desk = desk_of(address, "");
        desk.add("[bars]\nintervals = [\"1s\"]\n");
        let journal = desk.file("journal");
        let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
        run.told_line(&["the book is live"]);
        let growth = Growth::of(&journal);
        let process = strategy(&path, &socket(&desk), &EMA_CROSS);
        run.told_line(&["strategy outside: process", "attached"]);
        growth.until_order_accepted_of(OUTSIDE);
        process.signal(Signal::INT);
        let ended = process.end();
        assert_eq!(ended.status.code(), Some(0), "{}: {}", path.display(), ended.told);
        run.told_line(&["strategy outside: its process is gone"]);
        run.signal(Signal::INT);
        let report = run.end().report();
        assert_ne!(counter(&report, "attached_commands"), 0, "{}: {report:#}", path.display());
        for nothing in ["attached_misuses", "attached_events_lost", "attached_quarantines", "orphan_reports"]
        {
            assert_eq!(counter(&report, nothing), 0, "{nothing}: {report:#}");
        }
        venue.end();
    }
}

#[test]
fn when_a_process_of_c_or_python_is_killed_its_orders_are_canceled() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    for path in both(&own("resting.c"), &own("resting.py"), &folder) {
        let mut process = strategy(&path, &socket(&desk), &[]);
        run.told_line(&["strategy outside: process", "attached"]);
        assert_eq!(process.output_line(), "accepted");
        process.signal(Signal::KILL);
        run.told_line(&["strategy outside: its process is gone"]);
    }
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!((&report["open_orders"], &report["lost"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(counter(&report, "attached_lines"), 2, "{report:#}");
    assert_eq!(counter(&report, "attached_misuses"), 0, "{report:#}");
    venue.end();
}

#[test]
fn a_process_of_python_takes_the_place_of_one_of_c_which_ends_well() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "take_over = \"allow\"");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    let [c, python] = both(&own("resting.c"), &own("resting.py"), &folder);
    let mut first = strategy(&c, &socket(&desk), &[]);
    assert_eq!(first.output_line(), "accepted");
    let mut second = strategy(&python, &socket(&desk), &["--take-over"]);
    assert_eq!(second.output_line(), "accepted");
    let ended = first.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.told);
    second.signal(Signal::INT);
    let ended = second.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.told);
    run.told_line(&["strategy outside: its process is gone"]);
    run.signal(Signal::INT);
    assert_eq!(run.end().report()["open_orders"], Value::from(0));
    venue.end();
}

#[test]
fn python_may_loop_over_what_happens_and_what_it_raises_ends_the_session_in_its_own_words() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    let ended = strategy(&own("loop.py"), &socket(&desk), &[]).end();
    assert_eq!((ended.status.code(), &ended.output[..]), (Some(0), "accepted\ncanceled\n"), "{}", ended.told);
    run.told_line(&["strategy outside: its process is gone"]);
    let ended = strategy(&own("raises.py"), &socket(&desk), &[]).end();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.told);
    assert!(
        ended.told.contains("Traceback") && ended.told.contains("ValueError: no such thing"),
        "{}",
        ended.told
    );
    run.told_line(&["strategy outside: its process is gone"]);
    run.signal(Signal::INT);
    assert_eq!(run.end().report()["open_orders"], Value::from(0));
    venue.end();
}

#[test]
fn what_c_calls_at_the_wrong_time_or_on_the_wrong_thread_is_refused_and_the_session_goes_on() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    let ended = strategy(&built(&own("busy.c"), &folder), &socket(&desk), &[]).end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.told);
    let mut lines: Vec<&str> = ended.output.lines().collect();
    // Quotes that came in the same turn are told before it ends.
    lines.dedup();
    assert_eq!(lines, ["refused", "stopped"], "{}", ended.told);
    run.signal(Signal::INT);
    run.end().report();
    venue.end();
}

#[test]
fn in_step_a_strategy_in_c_or_python_comes_to_the_hash_of_the_one_in_rust_and_one_that_differs_does_not() {
    let _machine = machine();
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, configuration) = (folder.path().join("journal"), folder.path().join("demo.toml"));
    let socket = folder.path().join("bus").join("bus.sock");
    std::fs::write(&configuration, DEMO).expect("the folder takes a file");
    let demo = ["demo", "--config", text(&configuration), "--journal", text(&journal), "--format", "json"];
    let busy = ["--seconds", "12", "--events-per-second", "5000", "--seed", "7"];
    let run = Program::fulmar(&[&demo[..], &busy].concat()).end().report();
    assert!(run["orders"]["filled"].as_u64() > Some(0), "the strategy traded: {run:#}");

    let c = checkout("strategies/c/examples/ema_cross.c");
    let [c, python] = both(&c, &checkout("strategies/python/examples/ema_cross.py"), &folder);
    for path in [Path::new("ema_cross"), &c, &python] {
        let play_of_it = play(&journal, &socket, &["outside"]);
        let (played, did) = ends(play_of_it, strategy(path, &socket, &EMA_CROSS));
        assert_eq!(did.status.code(), Some(0), "{}: {}", path.display(), did.told);
        assert_eq!(played.report()["output_hash"], run["output_hash"], "{}: {}", path.display(), played.told);
    }
    for path in [&c, &python] {
        let play_of_it = play(&journal, &socket, &["outside"]);
        let other = [&EMA_CROSS[2..], &["--set", "quantity=0.02"]].concat();
        let (played, _) = ends(play_of_it, strategy(path, &socket, &other));
        assert_eq!(played.status.code(), Some(1), "what wants something else is found out: {}", played.told);
    }
}

/// The built-in strategy that the examples are, as the demo runs it.
const DEMO: &str = r#"
[engine]
name = "languages"
mode = "paper"

[bars]
intervals = ["1s"]

[[venue]]
name = "binance-spot"
stream_url = "ws://127.0.0.1:9443"
rest_url = "http://127.0.0.1:9443"
order_url = "ws://127.0.0.1:9443"
instruments = ["BTCUSDT"]

[[strategy]]
name = "outside"
kind = "ema_cross"
instruments = ["binance-spot:BTCUSDT"]
parameters = { quantity = "0.01", interval = "1s", fast_bars = 1, slow_bars = 2 }

[risk]
order_quantity_max = "0.05"
order_notional_max = "5000"
position_max = "0.25"
messages_per_second = 500
"#;
