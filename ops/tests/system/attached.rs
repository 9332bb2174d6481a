//! A strategy in a process of its own: it trades as one inside would, whoever may not come is told why, and when its
//! process goes what was agreed happens to its orders. A replay of it all needs no process.

mod hostile;
mod outside;
mod storm;
#[path = "../../../bus/tests/attach/ways.rs"]
mod ways;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use fulmar_bus::record::{
    CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, Intent, Payload, Presence, PresenceNews,
    Record, RecordId, StrategyId,
};
use fulmar_engine::journal::JournalReader;
use rustix::process::Signal;
use serde_json::Value;

use super::configuration::{Desk, text};
use super::growth::Growth;
use super::program::{Program, machine, replay, simulated_venue, simulated_venue_of};

const NOT_ALLOWED: i32 = 5;
const UNREACHABLE: i32 = 4;

/// An engine on paper whose one strategy is to attach.
pub fn desk_of(address: SocketAddr, parameters: &str) -> Desk {
    desk_over(address, parameters, "memfd")
}

/// The same with shared memory of this kind.
fn desk_over(address: SocketAddr, parameters: &str, backend: &str) -> Desk {
    let attached = format!(
        "[[strategy]]\nname = \"outside\"\nkind = \"attached\"\ninstruments = [\"binance-spot:BTCUSDT\"]\n\
         parameters = {{ {parameters} }}\n[bus]\nbackend = \"{backend}\"\n"
    );
    Desk::new(&[("binance-spot", address)], &attached)
}

/// The same tests over every kind of shared memory.
macro_rules! on_every_backend {
    ($($name:ident)+) => {
        mod memfd {
            $(#[test]
            fn $name() {
                super::$name("memfd");
            })+
        }
        mod named {
            $(#[test]
            fn $name() {
                super::$name("named");
            })+
        }
    };
}

on_every_backend! {
    a_strategy_in_a_process_trades_as_one_inside_and_its_journal_plays_without_it
    when_its_process_is_killed_its_orders_are_canceled_and_another_one_takes_its_place
    orders_stand_while_another_process_takes_the_place_of_theirs
}

/// A quoter that attaches to the engine of `desk` as `name`.
fn quoter(desk: &Desk, name: &str, more: &[&str]) -> Program {
    let socket = desk.file("state").join("bus").join("bus.sock");
    let parameters = ["--set", "quantity=0.01", "--set", "half_spread_ticks=5"];
    let attach = ["strategy", "run", "quoter", "--format", "json", "--name", name, "--socket", text(&socket)];
    Program::fulmar(&[&attach[..], &parameters, more].concat())
}

pub fn counter(report: &Value, name: &str) -> u64 {
    report["counters"][name].as_u64().unwrap_or_default()
}

fn a_strategy_in_a_process_trades_as_one_inside_and_its_journal_plays_without_it(backend: &str) {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_over(address, "", backend);
    let journal = desk.file("journal");
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    run.told_line(&["the book is live"]);
    let growth = Growth::of(&journal);
    let process = quoter(&desk, "outside", &[]);
    growth.until(|| !accepted(&journal).is_empty());
    process.signal(Signal::INT);
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

fn when_its_process_is_killed_its_orders_are_canceled_and_another_one_takes_its_place(backend: &str) {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_over(address, "", backend);
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    run.told_line(&["the book is live"]);
    for _ in 0..3 {
        let process = quoter(&desk, "outside", &[]);
        run.told_line(&["strategy outside: process", "attached"]);
        process.signal(Signal::KILL);
        run.told_line(&["strategy outside: its process is gone", "of them orders", "KiB of memory"]);
    }
    let last = quoter(&desk, "outside", &["--seconds", "1"]);
    let did = last.end().report();
    assert_ne!(did["commands"], Value::from(0), "it goes on from the numbers of those before it: {did:#}");
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!((&report["open_orders"], &report["lost"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(counter(&report, "attached_lines"), 4, "{report:#}");
    assert_eq!(counter(&report, "attached_misuses"), 0, "{report:#}");
    let attached = &report["attached"][0];
    assert_eq!((&attached["name"], &attached["lines"]), (&"outside".into(), &4.into()), "{attached:#}");
    assert_eq!(attached["ended_by"], "its process is gone", "{attached:#}");
    assert_eq!(attached["commands"], counter(&report, "attached_commands"), "{attached:#}");
    for figure in ["orders", "memory_bytes_max"] {
        assert!(attached[figure].as_u64() > Some(0), "{figure}: {attached:#}");
    }
    assert!(attached["cpu_ms"].is_u64(), "the system counts in hundredths of a second: {attached:#}");
    venue.end();
}

/// A quoter so far from the market that nothing trades, and that never moves its quotes.
const PATIENT: [&str; 4] = ["--set", "half_spread_ticks=50000", "--set", "requote_ticks=1000000"];

/// The strategy that attaches: the second of its engine.
const OUTSIDE: StrategyId = StrategyId(1);

/// What of a journal is of one kind, in its order.
fn all_of<P: Payload + Copy>(journal: &Path) -> Vec<(RecordId, RecordId, P)> {
    // Until its head is on disk there is no journal to open.
    let Ok(mut reader) = JournalReader::open(journal) else { return Vec::new() };
    let (mut record, mut found) = (Record::new(), Vec::new());
    while let Ok(Some(_)) = reader.next(&mut record) {
        if let Ok(payload) = record.read::<P>() {
            found.push((record.header().id, record.header().cause, *payload));
        }
    }
    found
}

fn is_its_own(id: &ClientOrderId) -> bool {
    id.strategy_id == OUTSIDE
}

/// Orders of the strategy that attaches which a venue took; what stands is told again to who takes its place.
fn accepted(journal: &Path) -> BTreeSet<ClientOrderId> {
    let reports = all_of::<ExecutionReport>(journal).into_iter().map(|(_, _, report)| report);
    let accepted = reports.filter(|report| report.execution == ExecutionType::Accepted);
    accepted.map(|report| report.client_order_id).filter(is_its_own).collect()
}

fn orders_stand_while_another_process_takes_the_place_of_theirs(backend: &str) {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_over(address, "take_over = \"allow\"", backend);
    let journal = desk.file("journal");
    let mut run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    run.told_line(&["the book is live"]);
    let growth = Growth::of(&journal);
    let until_accepted = |count| growth.until(|| accepted(&journal).len() >= count);
    let first = quoter(&desk, "outside", &PATIENT);
    until_accepted(2);
    let second = quoter(&desk, "outside", &[&PATIENT[..], &["--take-over"]].concat());
    run.told_line(&["strategy outside: another process took its place", "2 of them orders"]);
    let did = first.end().report();
    assert_eq!(did["ended_by"], "another process took its place", "{did:#}");
    until_accepted(4);
    second.signal(Signal::INT);
    assert_eq!(second.end().report()["commands"], Value::from(2));
    let canceled = || {
        let mut cancels = all_of::<CancelOrder>(&journal);
        cancels.retain(|(_, _, cancel)| is_its_own(&cancel.client_order_id));
        cancels
    };
    growth.until(|| canceled().len() >= 4);
    run.signal(Signal::INT);
    let report = run.end().report();

    let presences = all_of::<Presence>(&journal);
    let (gone, _, _) =
        *presences.iter().find(|(_, _, told)| told.news == PresenceNews::Gone).expect("one went");
    let news: Vec<_> = presences.iter().map(|(_, _, presence)| presence.news).collect();
    assert_eq!(news.iter().filter(|news| **news == PresenceNews::Gone).count(), 1, "{news:?}");
    let wanted = all_of::<Intent>(&journal).into_iter().map(|(_, _, intent)| intent.client_order_id);
    let counters: Vec<u64> = wanted.filter(is_its_own).map(|id| id.counter).collect();
    assert_eq!(counters, [1, 2, 3, 4], "numbers go on");
    let causes: Vec<RecordId> = canceled().iter().map(|(_, cause, _)| *cause).collect();
    assert_eq!(causes, [gone; 4], "all four stood until the last process ended");
    let attached = &report["attached"][0];
    assert_eq!((&attached["lines"], &attached["orders"]), (&2.into(), &4.into()), "{attached:#}");
    assert_eq!(replay(&journal)["output_hash"], report["output_hash"]);
    venue.end();
}

/// Names of shared memory that begin so.
fn names(prefix: &str) -> Vec<String> {
    let found = std::fs::read_dir("/dev/shm").expect("the system has such memory");
    let names = found.map(|entry| entry.expect("it is there").path().display().to_string());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// How the names of an engine's memory begin, as it says at its start.
fn prefix_told(run: &mut Program) -> String {
    let line = run.told_line(&["the bus has names"]);
    let word = line.split_whitespace().find(|word| word.starts_with("/dev/shm/fulmar-"));
    word.and_then(|word| word.strip_suffix("-*:")).expect("it names them").to_owned()
}

#[test]
fn names_that_a_killed_engine_left_go_with_the_next_start_and_its_own_with_its_end() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_over(address, "", "named");
    let mut killed = Program::fulmar(&desk.arguments(&["run"]));
    let left = prefix_told(&mut killed);
    killed.told_line(&["the book is live"]);
    let process = quoter(&desk, "outside", &[]);
    killed.told_line(&["strategy outside: process", "attached"]);
    let count = names(&left).len();
    assert!(count > 8, "market, events, commands, cursor, each with its directory: {:?}", names(&left));
    killed.signal(Signal::KILL);
    assert_eq!(process.end().report_with(UNREACHABLE)["ended_by"], "the engine is gone");
    let mut run = Program::fulmar(&desk.arguments(&["run"]));
    let own = prefix_told(&mut run);
    run.told_line(&[
        &format!("removed {count} pieces of memory that engines left which were killed"),
        "fulmar-",
    ]);
    run.told_line(&["the book is live"]);
    assert_eq!(names(&left), Vec::<String>::new());
    assert!(own != left && !names(&own).is_empty(), "each start has names of its own");
    run.signal(Signal::INT);
    let report = run.end().report();
    assert_eq!(names(&own), Vec::<String>::new());
    assert_eq!(
        (&report["attached"][0]["lines"], &report["attached"][0]["cpu_ms"]),
        (&0.into(), &Value::Null)
    );
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
    growth.until(|| !accepted(&journal).is_empty());
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
fn a_strategy_that_is_to_attach_again_trades_on_with_the_next_engine() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address, "");
    let mut first = Program::fulmar(&desk.arguments(&["run"]));
    first.told_line(&["the book is live"]);
    let mut process = quoter(&desk, "outside", &["--reattach"]);
    process.told_line(&["attached to"]);
    first.signal(Signal::KILL);
    let report: Value = serde_json::from_str(&process.output_line()).expect("what it did with the first");
    assert_eq!(report["ended_by"], "the engine is gone", "{report:#}");
    let mut second = Program::fulmar(&desk.arguments(&["run"]));
    second.told_line(&["strategy outside: process", "attached"]);
    process.told_line(&["attached to"]);
    process.signal(Signal::INT);
    let ended = process.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.told);
    assert_eq!(ended.output.lines().count(), 2, "a line for each engine: {}", ended.output);
    second.signal(Signal::INT);
    assert_eq!(counter(&second.end().report(), "attached_lines"), 1);
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
    for wish in [&[][..], &["--take-over"]] {
        let second = quoter(&desk, "outside", wish).end();
        assert_eq!(second.status.code(), Some(NOT_ALLOWED), "{}", second.told);
        assert!(second.told.contains("is \"outside\" already"), "{}", second.told);
    }
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
