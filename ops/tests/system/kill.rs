//! The process is killed while it keeps its journal: the journal opens by itself, replays up to the kill, also where
//! the recorder was behind, and nothing is left behind.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use serde_json::Value;

use super::configuration::text;
use super::growth::{Growth, await_readable};
use super::program::{Program, machine, replay, rounds};

const SEED: u64 = 0x5E_ED_0F_A1;
/// By how much each round's journal grows beyond the one before, at most.
const GROWTH_BYTES: u64 = 40_000;
/// Enough to see whether anything was written at a place: a record is no run of zeros as long as this.
const LOOK_BYTES: usize = 512;

#[test]
fn a_killed_demo_leaves_a_journal_that_replays_and_no_process() {
    let _machine = machine();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    // Behind the first segment's header, so that it can be cut there.
    let mut bytes = 20_000;
    for round in 0..rounds(5, 50) {
        bytes += random.random_range(1..GROWTH_BYTES);
        println!("round {round} of seed {SEED:#x}: the kill comes after {bytes} bytes");
        kill_after(bytes);
    }
}

fn kill_after(bytes: u64) {
    let journal = tempfile::tempdir().expect("a folder");
    let growth = Growth::of(journal.path());
    let demo = Program::fulmar(&["demo", "--format", "json", "--journal", text(journal.path())]);
    growth.until(|| has_bytes(journal.path(), bytes));
    let venues = children(demo.pid());
    demo.signal(Signal::KILL);
    assert_eq!(demo.end().status.code(), None, "a kill leaves no exit code");

    assert_eq!(venues.len(), 1, "the demo runs one venue");
    venues.iter().for_each(await_readable);

    let played = replay(journal.path());
    assert!(played["tail"] == "open" || played["tail"] == "torn", "{played:#}");
    let number = |name: &str| played[name].as_u64().unwrap_or_else(|| panic!("no {name} in {played:#}"));
    assert!(number("entries") > 0 && number("turns") > 0, "{played:#}");
    // The kill may have come inside a pass, whose note was still to be written.
    assert!(number("outputs_beyond") < 64 && number("unplayed_turns") < 64, "{played:#}");
    lose_the_end(journal.path(), bytes, &played);
}

/// As if the recorder had been far behind at the kill: what it had not written is in the rings.
fn lose_the_end(journal: &Path, bytes: u64, played: &Value) {
    let segment = File::options().write(true).open(journal.join("journal-000001.seg"));
    segment.and_then(|segment| segment.set_len(bytes)).expect("the segment can be cut");
    let again = replay(journal);
    // A kill inside a write tore the entry where the cut is: then no more is lost by it.
    let is_torn_there = again["torn_bytes"].as_u64() <= played["torn_bytes"].as_u64();
    let more = again["recovered"].as_u64().cmp(&played["recovered"].as_u64());
    assert!(more.is_gt() || (more.is_eq() && is_torn_there), "{again:#} after {played:#}");
    for name in ["turns", "records", "output_hash"] {
        assert_eq!(again[name], played[name], "{name} of {again:#}");
    }
}

/// True once the first segment holds something at this place, which was zeros before.
fn has_bytes(journal: &Path, bytes: u64) -> bool {
    let Ok(segment) = File::open(journal.join("journal-000001.seg")) else { return false };
    let mut written = [0; LOOK_BYTES];
    segment.read_exact_at(&mut written, bytes).is_ok() && written.iter().any(|byte| *byte != 0)
}

/// Descriptors of the processes that a process started; each tells when its process ends.
fn children(parent: Pid) -> Vec<OwnedFd> {
    let parent = parent.as_raw_nonzero().to_string();
    let processes = std::fs::read_dir("/proc").expect("the kernel lists processes");
    let is_child = |process: &Pid| {
        // The name stands in parentheses and may hold anything; behind it come the state and the parent.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
        let fields = stat.unwrap_or_default();
        let parent_of = fields.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        parent_of == Some(&parent)
    };
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let children = numbers.filter_map(Pid::from_raw).filter(is_child);
    children.filter_map(|process| pidfd_open(process, PidfdFlags::empty()).ok()).collect()
}
