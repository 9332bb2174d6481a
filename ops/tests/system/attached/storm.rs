//! Campaigns against a whole engine: readers that are killed, attachments by the thousand, and engines that are killed
//! under their readers. Nothing is left behind, no record is torn, and nobody has to do anything by hand.
//!
//! A tenth of the rounds usually, all with `FULMAR_CAMPAIGN=full`. What takes a whole engine too long, thousands of
//! its deaths, `bus/tests/attach/storm.rs` does with a smaller one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fulmar_bus::attach::{AttachError, Refusal, Request, call};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use serde_json::Value;

use super::outside::{Client, hello, outside, role, say};
use super::{counter, desk_of};
use crate::configuration::Desk;
use crate::program::{PATIENCE, Program, machine, now, rounds, simulated_venue};

const SEED: u64 = 0x57_0B_0F_A2;
/// Connections to a venue that come and go by themselves; what a campaign left would be hundreds.
const VENUES_FILES: usize = 16;

/// An engine that runs, and its desk.
struct Engine {
    desk: Desk,
    run: Program,
}

impl Engine {
    fn new(address: SocketAddr) -> Self {
        let desk = desk_of(address, "silence_ms = 60000");
        let mut run = Program::fulmar(&desk.arguments(&["run"]));
        run.told_line(&["the book is live"]);
        Engine { desk, run }
    }

    fn socket(&self) -> PathBuf {
        self.desk.file("state").join("bus").join("bus.sock")
    }

    /// What the engine has while somebody whom nobody else knows of is attached: descriptors, and bytes of shared
    /// memory. `None` where the system shows them to nobody without privileges, as the engine asked it to.
    fn holdings(&self, is_settled: impl Fn(u64) -> bool) -> Option<(usize, u64)> {
        let _guest = Client::attach("outside", &self.socket());
        let process = format!("/proc/{}", self.run.pid().as_raw_nonzero());
        let deadline = now() + PATIENCE;
        loop {
            let files = std::fs::read_dir(format!("{process}/fd")).ok()?.count();
            let maps = std::fs::read_to_string(format!("{process}/maps")).ok()?;
            let bytes = maps.lines().filter_map(shared_bytes).sum();
            // What was the last one's is given back a moment after it went.
            if is_settled(bytes) || now() > deadline {
                return Some((files, bytes));
            }
        }
    }

    /// It has what it had, and ends.
    fn ends_with(self, before: Option<(usize, u64)>) -> Value {
        let bytes_before = before.map(|(_, bytes)| bytes);
        let after = self.holdings(|bytes| Some(bytes) == bytes_before);
        match before.zip(after) {
            Some(((files_before, bytes_before), (files, bytes))) => {
                assert!(files < files_before + VENUES_FILES, "{files} descriptors, {files_before} before");
                assert_eq!(bytes, bytes_before, "bytes of shared memory, after and before");
            }
            None => say("SKIPPED the engine's descriptors and pages: to count them takes privileges"),
        }
        self.end()
    }

    /// It ends as any other; gives its report.
    fn end(self) -> Value {
        self.run.signal(Signal::INT);
        let report = self.run.end().report();
        for nothing in ["lost", "open_orders"] {
            assert_eq!(report[nothing], Value::from(0), "{nothing}: {report:#}");
        }
        assert_eq!(counter(&report, "attached_quarantines"), 0, "{report:#}");
        report
    }
}

/// Bytes of a mapping of the bus's, of which this is the line in a list of mappings.
fn shared_bytes(line: &str) -> Option<u64> {
    let (first, rest) = line.split_once('-')?;
    let end = rest.split(' ').next().filter(|_| line.contains("memfd:fulmar-"))?;
    Some(u64::from_str_radix(end, 16).ok()? - u64::from_str_radix(first, 16).ok()?)
}

/// A client that reads and commands until it is killed. Of which kind it is says when that comes.
fn read_until_killed(socket: &Path, kind: u64) {
    if kind == 0 {
        // Somewhere on its way in.
        say("is there");
    }
    let mut client = Client::attach("outside", socket);
    if kind == 1 {
        // With all that it was given, of which it read nothing.
        say("is there");
    }
    let mut writer = client.writer();
    let mut has_read = kind < 2;
    for counter in 1.. {
        if client.read() > 0 && !has_read {
            has_read = true;
            say("is there");
        }
        if kind == 3 {
            // In the middle of what it says.
            let _ = writer.publish(&mut client.record_of(&client.order(counter)));
        }
    }
}

#[test]
fn readers_killed_at_any_moment_leave_the_engine_neither_a_descriptor_nor_a_page() {
    if let Some(role) = role() {
        return read_until_killed(&role.socket, role.number);
    }
    let test =
        "attached::storm::readers_killed_at_any_moment_leave_the_engine_neither_a_descriptor_nor_a_page";
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let engine = Engine::new(address);
    let before = engine.holdings(|_| true);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let round_count = rounds(200, 2_000);
    println!("{round_count} readers are killed, of seed {SEED:#x}");
    for _ in 0..round_count {
        let mut reader = outside(test, "reader", random.random_range(0..4), &engine.socket());
        reader.said_line("is there");
        reader.signal(Signal::KILL);
        assert_eq!(reader.end().status.code(), None, "a kill leaves no exit code");
    }
    let report = engine.ends_with(before);
    assert_eq!(counter(&report, "attached_misuses"), 0, "{report:#}");
    venue.end();
}

#[test]
fn attachments_by_the_thousand_leave_the_engine_neither_a_descriptor_nor_a_page() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let engine = Engine::new(address);
    let before = engine.holdings(|_| true);
    let round_count = rounds(500, 10_000);
    for round in 0..round_count {
        match round % 10 {
            // One says that it goes, one is refused, one goes before it is answered; the others just go.
            0 => Client::attach("outside", &engine.socket()).link.ask(Request::Bye).expect("it reads"),
            1 => {
                let refused = call(&engine.socket(), &hello("nobody", &engine.socket()), PATIENCE);
                let is_refused =
                    matches!(refused, Err(AttachError::Refused { refusal: Refusal::UnknownStrategy, .. }));
                assert!(is_refused, "{:?}", refused.err());
            }
            _ => drop(Client::attach("outside", &engine.socket())),
        }
    }
    let report = engine.ends_with(before);
    let taken = round_count / 10 * 9 + 2;
    assert_eq!(counter(&report, "attached_lines"), taken, "{report:#}");
    venue.end();
}

#[test]
fn an_engine_killed_under_its_reader_is_heard_to_go_and_its_next_boot_takes_the_reader() {
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let mut engine = Engine::new(address);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut boots = Vec::new();
    let round_count = rounds(3, 30);
    for round in 0..round_count {
        let mut client = Client::attach("outside", &engine.socket());
        assert!(!boots.contains(&client.welcome.boot_id), "each boot is another");
        boots.push(client.welcome.boot_id);
        let goal = random.random_range(1..300);
        println!("round {round} of seed {SEED:#x}: the kill comes after {goal} records");
        let mut count = 0;
        while count < goal {
            count += client.read();
        }
        engine.run.signal(Signal::KILL);
        let patience = Timespec::try_from(PATIENCE).expect("it is short");
        let heard = poll(&mut [PollFd::new(&client.link.fd(), PollFlags::IN)], Some(&patience));
        assert!(heard == Ok(1) && client.link.is_closed(), "round {round}: it hears so at once");
        let next = Program::fulmar(&engine.desk.arguments(&["run"]));
        assert_eq!(std::mem::replace(&mut engine.run, next).end().status.code(), None, "it was killed");
        // What stands is whole, and nothing comes to it from the next boot.
        while client.read() > 0 {}
        engine.run.told_line(&["the book is live"]);
        assert_eq!(client.read(), 0, "round {round}");
    }
    engine.end();
    venue.end();
}
