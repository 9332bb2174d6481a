//! What a hostile process does with all that an engine handed it, one attempt a test, beside a good client and a
//! strategy inside. Only the hostile one is sent away, in words on both sides; the good one trades on and loses no
//! record; the engine ends its run as any other.

mod commands;
mod connection;
mod engine;
mod given;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fulmar_bus::attach::{AttachError, Refusal, call};
use rustix::process::Signal;
use serde_json::Value;

use super::counter;
use super::outside::{Client, Role, hello, outside, role, say, wait_for_the_end, witness};
use crate::configuration::Desk;
use crate::program::{PATIENCE, Program, machine, simulated_venue};

/// What the engine says of one that wrote what is no command.
const DAMAGE: &str = "it wrote what is no command into its ring";
/// What it says of one that wanted what was not its own.
const MISUSE: &str = "it wanted too often what is not its own, or what was wanted before";
/// What it says of one that spoke nonsense.
const SPEECH: &str = "it said over its connection what no client says";

/// What becomes of the hostile process.
#[derive(Clone, Copy)]
enum Fate {
    /// It is sent away, with these words.
    SentAway(&'static str),
    /// What it does comes to nothing, and is nothing that an engine could see.
    InVain,
}

/// Two strategies that are to attach, and one inside.
fn desk_of(address: SocketAddr) -> Desk {
    let attached = |name: &str| {
        format!(
            "[[strategy]]\nname = \"{name}\"\nkind = \"attached\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n\
             parameters = {{ silence_ms = 60000, misuses_per_minute = 3, commands_per_second = 2000 }}\n"
        )
    };
    let limits = "[risk.strategy.hostile]\nopen_orders_max = 2\n";
    Desk::new(&[("binance-spot", address)], &[limits, &attached("good"), &attached("hostile")].concat())
}

fn socket_of(desk: &Desk) -> PathBuf {
    desk.file("state").join("bus").join("bus.sock")
}

/// How a process is started: in which test, as what, as which of several, and where the engine listens.
type Start = fn(&str, &str, u64, &Path) -> Program;

/// An engine with a good client.
struct Scene {
    desk: Desk,
    venue: Program,
    run: Program,
    good: Program,
}

impl Scene {
    /// Begins it for the test of this name.
    fn new(test: &str) -> Self {
        let (venue, address) = simulated_venue();
        let desk = desk_of(address);
        let run = Program::fulmar(&desk.arguments(&["run"]));
        Self::with(test, outside, (desk, venue, run))
    }

    /// The same, of what was started already; the good client is started as `start` does.
    fn with(test: &str, start: Start, (desk, venue, mut run): (Desk, Program, Program)) -> Self {
        run.told_line(&["the book is live"]);
        let mut good = start(test, "witness", 0, &socket_of(&desk));
        good.said_line("attached");
        Scene { desk, venue, run, good }
    }

    /// The good client goes on: it sees market data, and its orders are taken and canceled.
    fn goes_on(&mut self) {
        self.good.ask();
        self.good.said_line("saw more");
    }

    /// Ends all of it well; gives the engine's report.
    fn end(self) -> Value {
        let good = self.good.end();
        assert!(
            good.status.success() && good.output.contains("lost nothing"),
            "{}\n{}",
            good.output,
            good.told
        );
        self.run.signal(Signal::INT);
        let report = self.run.end().report();
        self.venue.end();
        for nothing in ["lost", "open_orders"] {
            assert_eq!(report[nothing], Value::from(0), "{nothing}: {report:#}");
        }
        report
    }
}

/// The name of a test of a module, as the harness calls it.
fn name_of(module: &str, test: &str) -> String {
    let (_, module) = module.split_once("::").expect("it lies in this program");
    format!("{module}::{test}")
}

/// The test of this name, whose hostile process does this, so often as a new one.
fn check(test: &str, rounds: u64, fate: Fate, act: fn(&mut Client, u64)) {
    if let Some(role) = role() {
        return if role.name == "witness" { witness(&role) } else { play(&role, fate, act) };
    }
    let _machine = machine();
    let mut scene = Scene::new(test);
    for round in 0..rounds {
        let mut hostile = outside(test, "hostile", round, &socket_of(&scene.desk));
        hostile.said_line("begins");
        scene.goes_on();
        let told = hostile.said_line("it was ");
        if let Fate::SentAway(words) = fate {
            scene.run.told_line(&["strategy hostile:", words]);
        }
        scene.goes_on();
        let ended = hostile.end();
        assert!(ended.status.success(), "round {round}, {told}: {}\n{}", ended.output, ended.told);
    }
    let report = scene.end();
    let sent_away = if matches!(fate, Fate::SentAway(_)) { rounds } else { 0 };
    assert_eq!(counter(&report, "attached_quarantines"), sent_away, "{report:#}");
}

/// The hostile process.
fn play(role: &Role, fate: Fate, act: fn(&mut Client, u64)) {
    let mut client = Client::attach("hostile", &role.socket);
    say("begins");
    act(&mut client, role.number);
    match fate {
        Fate::SentAway(words) => {
            assert_eq!(client.words_of_the_end(), words);
            // It may come back, but not as this process.
            let again = call(&role.socket, &hello("hostile", &role.socket), PATIENCE);
            let is_kept_out =
                matches!(again, Err(AttachError::Refused { refusal: Refusal::Quarantined, .. }));
            assert!(is_kept_out, "{:?}", again.err());
            say("it was sent away");
        }
        Fate::InVain => {
            assert!(!client.link.is_closed(), "it was sent away");
            say("it was in vain");
        }
    }
    wait_for_the_end();
}
