//! A halt: by a signal or a file, seen by the run, and outliving it until a person removes it.

use std::time::Duration;

use rustix::process::Signal;

use super::configuration::{Desk, text};
use super::growth::Growth;
use super::program::{Program, machine, simulated_venue};

const NOT_ALLOWED: i32 = 5;
/// How long whoever watches may wait for an alarm.
const ALERT_DEADLINE: Duration = Duration::from_secs(5);

#[test]
fn a_halted_run_trades_no_more_and_no_other_begins_until_somebody_removes_the_file() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let journal = desk.file("journal");
    let growth = Growth::of(&journal);
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    growth.until_order_accepted();
    run.signal(Signal::USR1);
    let (line, until_halted) = run.told_line_after(&["halted: SIGUSR1"]);
    assert!(line.contains("no run begins while"), "{line}");
    let (_, until_told) = run.told_line_after(&["the engine was killed"]);
    assert!(until_halted + until_told < ALERT_DEADLINE, "{until_halted:?}, then {until_told:?}");
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!((&report["ended_by"], &report["open_orders"]), (&"SIGINT".into(), &0.into()), "{report:#}");
    let again = Program::fulmar(&desk.arguments(&["run", "--seconds", "1"])).end();
    assert_eq!(again.status.code(), Some(NOT_ALLOWED));
    assert!(again.told.contains("halted: SIGUSR1"), "{}", again.told);
    std::fs::remove_file(desk.file("state").join("halted")).expect("the halt stands there");
    Program::fulmar(&desk.arguments(&["run", "--seconds", "1"])).end().report();
    venue.end();
}

#[test]
fn a_file_that_somebody_writes_while_it_runs_halts_it() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = Desk::new(&[("binance-spot", address)], "");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    std::fs::write(desk.file("state").join("halted"), "the desk is closed\n").expect("there is room");
    run.told_line(&["halted: the desk is closed"]);
    run.signal(Signal::INT);
    run.end().report();
    venue.end();
}
