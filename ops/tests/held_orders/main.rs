//! Held orders over a kill of the process: they are held again at the next start, fire there, and leave once.
//!
//! These tests have a `main` of their own: with [`AS_PROGRAM`] in its environment it is the whole program, with a
//! strategy that holds orders beside the built-in ones. So what is killed is a real process.

mod guard;
#[path = "../system/program.rs"]
#[allow(dead_code, reason = "it is written for the system's tests, which use all of it")]
mod program;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitCode};

use fulmar::output::notice;
use rustix::process::Signal;
use serde_json::Value;

use program::{Program, machine, rounds, simulated_venue_of};

/// Set where this is to be the program and not the tests.
const AS_PROGRAM: &str = "FULMAR_TEST_AS_PROGRAM";

fn main() -> ExitCode {
    if std::env::var_os(AS_PROGRAM).is_some() {
        return fulmar::main_with(&[guard::ENTRY]);
    }
    let tests: [(&str, fn()); 5] = [
        ("what_was_held_on_paper_fires_after_a_kill_and_leaves_once", || fires_after_a_kill(Mode::Paper)),
        ("what_was_held_live_fires_after_a_kill_and_leaves_once", || fires_after_a_kill(Mode::Live)),
        ("a_kill_at_any_moment_never_sends_twice_on_paper", || never_sends_twice(Mode::Paper)),
        ("a_kill_at_any_moment_never_sends_twice_live", || never_sends_twice(Mode::Live)),
        ("what_the_configuration_does_not_trade_any_more_is_not_given_up_silently", is_not_given_up),
    ];
    for (name, test) in tests {
        notice(format_args!("test {name} ..."));
        test();
    }
    ExitCode::SUCCESS
}

/// Where the orders go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Paper,
    /// To the simulated venue, over its order entry.
    Live,
}

/// A folder with a configuration, and what the engine keeps beside it.
struct Desk {
    folder: tempfile::TempDir,
    mode: Mode,
}

impl Desk {
    /// A strategy that waits for the market to go so far.
    fn new(mode: Mode, distance_ticks: u32) -> Self {
        let desk = Desk { folder: tempfile::tempdir().expect("a folder"), mode };
        desk.configure("guard", distance_ticks);
        desk
    }

    fn configure(&self, strategy: &str, distance_ticks: u32) {
        let text = format!(
            "[engine]\nname = \"held\"\nmode = \"{}\"\n[[venue]]\nname = \"binance-spot\"\ninstruments = [\"BTCUSDT\"]\n\
             reconnect = {{ attempts_per_minute = 30, backoff_min_ms = 10, backoff_max_ms = 10 }}\n\
             [[strategy]]\nname = \"{strategy}\"\nkind = \"guard\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n\
             parameters = {{ distance_ticks = {distance_ticks} }}\n\
             [risk]\norder_quantity_max = \"0.05\"\norder_notional_max = \"5000\"\nposition_max = \"0.25\"\n\
             messages_per_second = 500\n",
            if self.mode == Mode::Live { "live" } else { "paper" }
        );
        std::fs::write(self.folder.path().join("fulmar.toml"), text).expect("the folder takes a file");
    }

    /// The program, at the venue that listens there.
    fn run(&self, venue: SocketAddr, more: &[&str]) -> Program {
        let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
        command.args(["run", "--format", "json"]).args(more).current_dir(self.folder.path()).env_clear();
        command.env(AS_PROGRAM, "1");
        command.env("FULMAR__VENUE__BINANCE_SPOT__STREAM_URL", format!("ws://{venue}"));
        command.env("FULMAR__VENUE__BINANCE_SPOT__REST_URL", format!("http://{venue}"));
        if self.mode == Mode::Live {
            command.arg("--live");
            command.env("FULMAR__VENUE__BINANCE_SPOT__ORDER_URL", format!("ws://{venue}"));
            command.env("FULMAR_KEY_BINANCE_SPOT", "aKey").env("FULMAR_SECRET_BINANCE_SPOT", "aSecret");
        }
        Program::start(&mut command)
    }

    /// The venue came to its end: it was sent one of these counts of orders, where it is sent any.
    fn was_sent(&self, venue: Program, counts: &[u64]) {
        let counts = if self.mode == Mode::Live { counts } else { &[0] };
        let told = venue.end().told;
        let is_one = counts.iter().any(|count| told.contains(&format!(" {count} orders")));
        assert!(is_one, "not one of {counts:?}: {told}");
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// A market in which hardly anything happens.
fn quiet_venue() -> (Program, SocketAddr) {
    simulated_venue_of(&["--events-per-second", "20"])
}

/// One that goes far soon.
fn lively_venue() -> (Program, SocketAddr) {
    simulated_venue_of(&["--events-per-second", "20000"])
}

fn number(report: &Value, name: &str) -> u64 {
    report.pointer(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

fn fires_after_a_kill(mode: Mode) {
    let _machine = machine();
    let desk = Desk::new(mode, 200);
    let (quiet, address) = quiet_venue();
    let mut first = desk.run(address, &[]);
    first.told_line(&["guard: holds 1 1"]);
    first.told_line(&["guard: holds 2 1"]);
    first.signal(Signal::KILL);
    let told = first.end().told;
    assert!(!told.contains("guard: triggered"), "the market was quiet: {told}");
    desk.was_sent(quiet, &[0]);

    let (lively, address) = lively_venue();
    let journal = desk.path("journal");
    let mut second = desk.run(address, &["--journal", "journal"]);
    second.told_line(&["was held when the engine was killed, and is held again", "Stop Buy"]);
    second.told_line(&["guard: restored 1 1"]);
    second.told_line(&["guard: restored 2 1"]);
    second.told_line(&["guard: triggered"]);
    second.told_line(&["guard: filled"]);
    second.signal(Signal::INT);
    let ended = second.end();
    let report = ended.report();
    assert_eq!(number(&report, "/orders/submitted"), 1, "{report:#}\n{}", ended.told);
    assert_eq!((number(&report, "/orders/filled"), number(&report, "/open_orders")), (1, 0), "{report:#}");
    // What was restored is a part of the launch: the run is played as it was.
    assert_eq!(replayed(&journal)["output_hash"], report["output_hash"], "{report:#}");

    // The run came to its end: nothing is left to be held.
    let kept = if mode == Mode::Live { "state/held/binance-spot" } else { "state/held/paper" };
    assert!(desk.path(kept).exists() && !has_any(&desk.path(kept)), "{}", ended.told);
    desk.was_sent(lively, &[1]);
}

/// Plays a journal by the program that knows the strategy.
fn replayed(journal: &Path) -> Value {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args(["replay", "--format", "json"]).arg(journal).env_clear().env(AS_PROGRAM, "1");
    let report = Program::start(&mut command).end().report();
    report["journals"][0].clone()
}

fn has_any(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
}

fn never_sends_twice(mode: Mode) {
    let _machine = machine();
    let moments = ["guard: restored", "guard: triggered", "guard: filled"];
    for round in 0..rounds(3, 30) {
        let desk = Desk::new(mode, 200);
        let (quiet, address) = quiet_venue();
        let mut first = desk.run(address, &[]);
        first.told_line(&["guard: holds 2 1"]);
        first.signal(Signal::KILL);
        first.end();
        desk.was_sent(quiet, &[0]);

        let (lively, address) = lively_venue();
        let moment = moments[usize::try_from(round).expect("few") % 3];
        let mut second = desk.run(address, &[]);
        second.told_line(&[moment]);
        second.signal(Signal::KILL);
        let second = second.end().told;
        // What it wants anew, where nothing is left of what it held, is far from the market.
        desk.configure("guard", 1_000_000);
        let mut third = desk.run(address, &[]);
        let fired = ["triggered", "filled"].map(|word| second.matches(&format!("guard: {word}")).count());
        notice(format_args!(
            "round {round}: killed at \"{moment}\", when {fired:?} had triggered and filled"
        ));
        // Whatever it holds again fires; what had fired is not sent again.
        if fired == [0, 0] {
            third.told_line(&["guard: filled"]);
        } else {
            third.told_line(&["guard: sees the market"]);
        }
        third.signal(Signal::INT);
        let report = third.end().report();
        let sent = u64::from(fired == [0, 0]);
        assert_eq!(number(&report, "/orders/submitted"), sent, "{report:#}\n{second}");
        // What fired may have been killed before it left. It is asked for then, and never sent by another boot.
        let counts: &[u64] = if moment.ends_with("triggered") { &[0, 1] } else { &[1] };
        desk.was_sent(lively, counts);
    }
}

fn is_not_given_up() {
    let _machine = machine();
    let desk = Desk::new(Mode::Paper, 200);
    let (quiet, address) = quiet_venue();
    let mut first = desk.run(address, &[]);
    first.told_line(&["guard: holds 2 1"]);
    first.signal(Signal::KILL);
    first.end();
    desk.configure("another", 200);
    let refused = desk.run(address, &[]).end();
    assert_eq!(refused.status.code(), Some(1), "{}", refused.told);
    assert!(
        refused.told.contains("of strategy \"guard\" was held when the engine was killed"),
        "{}",
        refused.told
    );
    quiet.end();
}
