//! A placement file is obeyed: each core loop's thread is where it says, none leaves the mask that the process was
//! given, and what cannot be is refused before anything runs.

use std::collections::BTreeMap;

use rustix::process::{Pid, Signal};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::Value;

use super::configuration::{Desk, allowed_cpus, text};
use super::growth::Growth;
use super::program::{Program, machine, simulated_venue};

#[test]
fn each_core_loop_has_the_core_that_the_placement_names_and_no_other() {
    let _machine = machine();
    let cpus = allowed_cpus();
    let last = *cpus.last().expect("this test runs somewhere");
    let one = format!("[[core]]\nname = \"engine\"\ncpu = {last}\nwait = \"park\"\nactors = [\"*\"]\n");
    check(&one, &[("engine", last)]);
    if let [.., other, last] = cpus[..] {
        let two = format!(
            "[[core]]\nname = \"market\"\ncpu = {last}\nwait = \"park\"\nactors = [\"feed.*\", \"book.*\"]\n\
             [[core]]\nname = \"trading\"\ncpu = {other}\nwait = \"yield\"\nactors = [\"*\"]\n"
        );
        check(&two, &[("market", last), ("trading", other)]);
    }
}

#[test]
fn the_placement_that_we_ship_runs_as_it_stands() {
    let _machine = machine();
    // It is written for the processors 0 and 1 of any machine that has them.
    if allowed_cpus().contains(&1) {
        check(include_str!("../../../config/placement.toml"), &[("engine", 1)]);
    }
}

/// A run with this placement has these threads, each on its core alone.
fn check(placement: &str, expected: &[(&str, usize)]) {
    let (venue, address) = simulated_venue();
    let desk = Desk::placed(&[("binance-spot", address)], placement);
    let journal = desk.file("journal");
    let growth = Growth::of(&journal);
    let run = Program::fulmar(&desk.arguments(&["run", "--journal", text(&journal)]));
    growth.until_order_accepted();
    let threads = threads(run.pid());
    for (name, cpu) in expected {
        assert_eq!(threads.get(*name), Some(&vec![cpu.to_string()]), "{threads:?}");
    }
    run.signal(Signal::INT);
    run.end().report();
    venue.end();
}

#[test]
fn no_thread_leaves_the_mask_that_the_process_was_given() {
    let _machine = machine();
    let cpu = *allowed_cpus().last().expect("this test runs somewhere");
    let journal = tempfile::tempdir().expect("a folder");
    let growth = Growth::of(journal.path());
    let arguments = ["demo", "--format", "json", "--journal", text(journal.path())];
    let demo = on_cpu(cpu, || Program::fulmar(&arguments));
    growth.until_order_accepted();
    let threads = threads(demo.pid());
    assert!(threads.contains_key("engine") && threads.contains_key("io") && threads.contains_key("recorder"));
    for (name, cpus) in &threads {
        assert!(cpus.iter().all(|allowed| *allowed == cpu.to_string()), "{name} strayed: {threads:?}");
    }
    demo.signal(Signal::INT);
    let report = demo.end().report();
    assert_eq!(report["lost"], Value::from(0), "one core is enough: {report:#}");
}

#[test]
fn a_core_outside_the_mask_is_refused_by_its_line() {
    let _machine = machine();
    let cpus = allowed_cpus();
    let (first, last) = (cpus[0], *cpus.last().expect("this test runs somewhere"));
    // Under a mask of one core, another core of the machine is as far away as one that does not exist.
    let forbidden = if first == last { last + 1 } else { first };
    let placement =
        format!("[[core]]\nname = \"hot\"\ncpu = {forbidden}\nwait = \"spin\"\nactors = [\"*\"]\n");
    let (venue, address) = simulated_venue();
    let desk = Desk::placed(&[("binance-spot", address)], &placement);
    let arguments = desk.arguments(&["run"]);
    let ended = on_cpu(last, move || Program::fulmar(&arguments)).end();
    assert_eq!(ended.status.code(), Some(3), "{}", ended.told);
    let line = ended.told.lines().find(|line| line.contains("placement.toml:3")).unwrap_or_default();
    for words in ["core.hot.cpu".to_owned(), format!("processor {forbidden}"), format!("[{last}]")] {
        assert!(line.contains(&words), "{words} is not told: {}", ended.told);
    }
    assert_eq!(ended.output, "");
    venue.end();
}

/// Starts a program that may use one core alone, as `taskset` does.
fn on_cpu(cpu: usize, start: impl FnOnce() -> Program + Send) -> Program {
    let start = || {
        let mut only = CpuSet::new();
        only.set(cpu);
        sched_setaffinity(None, &only).expect("the core is one of ours");
        start()
    };
    std::thread::scope(|scope| scope.spawn(start).join().expect("the program starts"))
}

/// For each thread name of a process, the cores that its threads may use, as the kernel writes them.
fn threads(process: Pid) -> BTreeMap<String, Vec<String>> {
    let mut threads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).expect("it runs");
    for task in tasks {
        let status = task.expect("an entry").path().join("status");
        // A thread may end between the listing and the look.
        let Ok(status) = std::fs::read_to_string(status) else { continue };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.expect("every thread has a name and a mask").trim().to_owned()
        };
        threads.entry(field("Name:")).or_default().push(field("Cpus_allowed_list:"));
    }
    threads
}
