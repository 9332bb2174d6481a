//! A process that writes for ever is killed at any moment: nothing that it acknowledged is lost.

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};

use fulmar_bus::channel::{Region, RingShape, create_checked};
use fulmar_bus::record::ChannelId;

use super::*;

const ROUNDS: u64 = 30;
/// Bits that are flipped in each ring that a kill left.
const FLIPS: u64 = 100;
const SEED: u64 = 0x1D_EA_57;
/// Where the process that is killed writes; its presence makes a test that process.
const VICTIM_DIR: &str = "FULMAR_JOURNAL_VICTIM_DIR";
const VICTIM_SEED: &str = "FULMAR_JOURNAL_VICTIM_SEED";

const VICTIM_LIMITS: JournalLimits =
    JournalLimits { segment_bytes: 4 << 20, segments_max: 1000, buffer_bytes: 1 << 20 };

/// The records that a victim appends in turn, made once so that it spends its time in the journal.
fn cycle() -> Vec<Record> {
    (0..251).map(record).collect()
}

/// The one that it appends at `sequence`.
fn turn(cycle: &[Record], sequence: u64) -> &Record {
    let index = sequence % cycle.len() as u64;
    &cycle[usize::try_from(index).expect("it is below the length")]
}

/// Appends the tests' records in batches of random length and says after each flush, on standard error, which
/// sequence it confirmed. Ends with the pipe, or by the kill.
fn append_for_ever(dir: &Path, seed: u64) -> ! {
    let mut writer = JournalWriter::create(dir, header(b"{}"), VICTIM_LIMITS).expect("a new directory");
    let cycle = cycle();
    let mut batches = 0;
    loop {
        batches += 1;
        for _ in 0..1 + mix(seed ^ batches) % 2000 {
            writer.append(turn(&cycle, writer.last_sequence() + 1)).expect("the disk takes it");
        }
        let confirmed = writer.flush().expect("the disk takes it");
        io::stderr().write_all(format!("{confirmed}\n").as_bytes()).expect("someone listens");
    }
}

/// Publishes the tests' records on a channel in a mapped file and says after each which sequence it published.
fn publish_for_ever(dir: &Path) -> ! {
    let path = ring_path(dir, "requests.a.orders");
    std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a new directory");
    let shape = RingShape { slot_count: 1024, gate_count: 1 };
    let region = Region::map_file(&path, shape.checked_word_count()).expect("a mapping");
    let (mut writer, _) = create_checked(region, shape, ChannelId(9));
    let mut cycle = cycle();
    loop {
        let index = usize::try_from((writer.sequence() + 1) % 251).expect("it is small");
        let id = writer.publish(&mut cycle[index]).expect("nobody is in the way");
        io::stderr().write_all(format!("{}\n", id.sequence()).as_bytes()).expect("someone listens");
    }
}

/// What the environment told this process to be the victim of: a directory and a seed.
fn victim() -> Option<(std::ffi::OsString, u64)> {
    let seed = env::var(VICTIM_SEED).ok()?.parse().expect("a number");
    Some((env::var_os(VICTIM_DIR)?, seed))
}

/// Runs the victim of a test until it has acknowledged so many bytes of sequences; gives the last whole one.
fn kill_after(test: &str, dir: &Path, seed: u64, ack_bytes: u64) -> u64 {
    let module = module_path!().split_once("::").expect("the crate and the module").1;
    let test = format!("{module}::{test}");
    let mut victim = Command::new(env::current_exe().expect("this test has a file"))
        .args(["--exact", &test, "--nocapture"])
        .env(VICTIM_DIR, dir)
        .env(VICTIM_SEED, seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test runs again");
    let mut acks = Vec::new();
    let mut pipe = victim.stderr.take().expect("it is piped");
    pipe.by_ref().take(ack_bytes).read_to_end(&mut acks).expect("the victim speaks");
    victim.kill().expect("the victim is ours");
    pipe.read_to_end(&mut acks).expect("what it said before it died");
    victim.wait().expect("it is dead");

    let text = String::from_utf8(acks).expect("decimals");
    let whole = &text[..text.rfind('\n').map_or(0, |end| end)];
    let last = whole.rsplit('\n').next().expect("a split has a part");
    if last.is_empty() { 0 } else { last.parse().unwrap_or_else(|_| panic!("the victim said {text}")) }
}

/// Flips bits of the one ring in `dir`, one at a time: each is told, or nothing else is found than what was.
fn flip_bits(dir: &Path, seed: u64, sound: &Ahead) {
    let path = ring_path(dir, "requests.a.orders");
    let bytes = std::fs::read(&path).expect("it is there");
    let file = std::fs::File::options().write(true).open(&path).expect("it is there");
    for flip in 0..FLIPS {
        let random = mix(seed ^ mix(flip));
        let (at, bit) = (random % bytes.len() as u64, random >> 61);
        let byte = bytes[usize::try_from(at).expect("it is in memory")];
        file.write_all_at(&[byte ^ 1 << bit], at).expect("it is written");
        if let Ok(channels) = recover_ahead(dir, |_| 0) {
            let found = channels[0].records.iter().map(Record::bytes);
            let is_same = found.eq(sound.records.iter().map(Record::bytes));
            assert!(
                is_same && channels[0].lost_count == sound.lost_count,
                "byte {at}, bit {bit}, seed {seed:#x}"
            );
        }
        file.write_all_at(&[byte], at).expect("it is written");
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    if let Some((dir, seed)) = victim() {
        append_for_ever(Path::new(&dir), seed);
    }
    let cycle = cycle();
    let mut torn = 0;
    for round in 0..ROUNDS {
        let seed = mix(SEED + round);
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("victim");
        let test = "nothing_acknowledged_is_lost_by_a_kill";
        let acknowledged = kill_after(test, &dir, seed, 1 + seed % 300);
        let mut reader = JournalReader::open(&dir)
            .unwrap_or_else(|error| panic!("seed {SEED:#x}, round {round}: {error}"));
        let mut read = Record::new();
        let mut last = 0;
        while let Some(entry) =
            reader.next(&mut read).unwrap_or_else(|error| panic!("seed {SEED:#x}, round {round}: {error}"))
        {
            last = entry.sequence;
            assert!(
                read.bytes() == turn(&cycle, last).bytes(),
                "seed {SEED:#x}, round {round}, entry {last}"
            );
        }
        assert!(last >= acknowledged, "seed {SEED:#x}, round {round}: {last} of {acknowledged}");
        torn += u64::from(matches!(reader.tail(), Some(Tail::Torn { .. })));
    }
    println!("{ROUNDS} kills, {torn} torn tails, seed {SEED:#x}");
}

#[test]
fn every_published_order_is_found_after_a_kill() {
    if let Some((dir, _)) = victim() {
        publish_for_ever(Path::new(&dir));
    }
    let cycle = cycle();
    for round in 0..ROUNDS {
        let seed = mix(SEED + round);
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("victim");
        let test = "every_published_order_is_found_after_a_kill";
        let acknowledged = kill_after(test, &dir, seed, 1 + seed % 20_000);
        let channels = recover_ahead(&dir, |_| 0).expect("there is a folder");
        let [outbound] = channels.as_slice() else { panic!("one channel, not {}", channels.len()) };
        let (count, last) =
            (outbound.records.len() as u64, outbound.lost_count + outbound.records.len() as u64);
        assert!(last >= acknowledged, "seed {SEED:#x}, round {round}: {last} of {acknowledged}");
        assert!(count > 10 || outbound.lost_count == 0, "seed {SEED:#x}, round {round}: {count} of {last}");
        for (sequence, found) in (outbound.lost_count + 1..).zip(&outbound.records) {
            assert_eq!(found.header().id.sequence(), sequence, "seed {SEED:#x}, round {round}");
            let expected = turn(&cycle, sequence);
            // The channel put its own id where the tests' record has another.
            let same = found.bytes().len() == expected.bytes().len()
                && found.bytes()[16..] == expected.bytes()[16..];
            assert!(same, "seed {SEED:#x}, round {round}, record {sequence}");
        }
        flip_bits(&dir, seed, outbound);
    }
}
