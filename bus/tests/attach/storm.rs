//! Campaigns: engines that are killed while they publish, and attachments by the thousand. No record is torn, nothing
//! is left behind, and nobody has to do anything by hand.
//!
//! The engine is a process that holds the shipped rings, segments and listener, and does nothing but publish: a whole
//! engine starts too slowly for thousands of rounds, and `ops/tests/system/attached` kills some. A tenth of the rounds
//! usually, all with `FULMAR_CAMPAIGN=full`.

use std::{
    io::Write as _,
    path::Path,
    process::{Child, Stdio},
    sync::atomic::Ordering,
    thread,
};

use fulmar_bus::{
    attach::{Attached, CursorPage, Listener, Refusal, Welcome, call},
    channel::{Access, Poll, Reader, Region, Ring, RingShape, Words, open},
    record::Record,
    segment::BootId,
};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::{
    common::{check, fill, pick},
    processes::{LINE, MARKET, line, part},
    scene::{
        PATIENCE, child, child_path, hello, is_readable, open_files, rounds, says_that_it_listens, welcome,
    },
};

const SEED: u64 = 0x57_0B_0F_A1;
/// Short ones, such as most are, and the longest, in which a writer is for a while.
const SLOT_COUNTS: [usize; 6] = [1, 2, 3, 64, 1, 17];

/// A number that looks drawn, the same for each round of each run.
fn drawn(round: u64) -> u64 {
    let mixed = (round ^ SEED).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32
}

/// A process that is killed at the latest when nobody looks at it any more.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Publishes to one client without end, and has to be killed.
fn publish_until_killed(path: &Path) {
    set_parent_process_death_signal(Some(Signal::KILL)).expect("the system knows how");
    let boot_id = BootId(std::process::id().into());
    let mut listener = Listener::bind(path).expect("the folder is ours");
    std::io::stdout().write_all(b"\nlistening\n").expect("somebody reads");
    let caller = loop {
        assert!(is_readable(listener.fd()), "nobody came");
        if let Some(caller) = listener.accept().expect("it is a client") {
            break caller;
        }
    };
    let mut line = line(boot_id);
    let mut unread = line.event_ring.gated_reader().expect("its gate is free");
    let _connection = caller
        .welcome(&Welcome { boot_id, ..welcome() }, line.handed.as_fds())
        .expect("there is somebody who reads it");
    let mut record = Record::new();
    loop {
        let number = line.market.sequence() + 1;
        fill(&mut record, number, pick(&SLOT_COUNTS, number));
        line.market.publish(&mut record).expect("there is no gate");
        // As an engine does: what is free is what the client says that it read, and nothing waits for more.
        let read = line.page.consumed().min(line.events.sequence());
        unread.skip(read.saturating_sub(unread.sequence()));
        let number = line.events.sequence() + 1;
        fill(&mut record, number, pick(&SLOT_COUNTS, number));
        let _ = line.events.publish(&mut record);
    }
}

/// What a client reads of one boot.
struct Client {
    attached: Attached,
    market: Reader,
    events: Reader,
    market_words: Region,
    event_words: Region,
    page: CursorPage,
    record: Record,
}

impl Client {
    fn attach(path: &Path) -> Self {
        let mut attached = call(path, &hello(), PATIENCE).expect("it listens");
        let boot_id = attached.welcome.boot_id;
        let given = |file: &std::os::fd::OwnedFd| file.try_clone().expect("a descriptor");
        let handed = &mut attached.handed;
        let market_words = part(given(&handed.market), boot_id, "market", Access::Read);
        let event_words = part(given(&handed.events), boot_id, "events", Access::Read);
        let page = CursorPage::new(part(given(&handed.cursor), boot_id, "cursor", Access::Write));
        let reader = |words: &Region| open(words.clone()).expect("a ring").reader();
        let (market, events) = (reader(&market_words), reader(&event_words));
        Client { attached, market, events, market_words, event_words, page, record: Record::new() }
    }

    /// Reads one record of each ring, whole and the next one, where there is one. Says how many there were.
    fn read(&mut self) -> u64 {
        let mut count = 0;
        match self.market.poll(&mut self.record) {
            Poll::Record => {
                check(&self.record, self.market.sequence());
                count += 1;
            }
            // It was too fast for us, and told so.
            Poll::Lapped { lost_count } => assert!(lost_count > 0),
            Poll::Empty => {}
        }
        match self.events.poll(&mut self.record) {
            Poll::Record => {
                check(&self.record, self.events.sequence());
                self.page.set_consumed(self.events.sequence());
                count += 1;
            }
            Poll::Lapped { lost_count } => {
                panic!("{lost_count} events were overwritten before they were read")
            }
            Poll::Empty => {}
        }
        count
    }

    /// True where the writer of either ring died inside a record.
    fn is_cut_off(&self) -> bool {
        is_being_written(&self.market_words, MARKET, self.market.position())
            || is_being_written(&self.event_words, LINE, self.events.position())
    }
}

/// True where the slot at `position` is stamped as one that is being written.
fn is_being_written(words: &Region, shape: RingShape, position: u64) -> bool {
    let slot = usize::try_from(position).expect("it is small") % shape.slot_count;
    let stamp_at = shape.word_count() - 8 * (shape.slot_count - slot);
    words.load(stamp_at, Ordering::Acquire) == (position + 1) << 3
}

#[test]
fn an_engine_killed_while_it_publishes_leaves_no_torn_record_and_its_client_goes_to_the_next_boot() {
    if let Some(path) = child_path() {
        return publish_until_killed(&path);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run/bus.sock");
    let name = "storm::an_engine_killed_while_it_publishes_leaves_no_torn_record_and_its_client_goes_to_the_next_boot";
    let mut before: Option<(BootId, Ring, u64)> = None;
    let (round_count, mut cut_off_count) = (rounds(200, 2_000), 0);
    for round in 0..round_count {
        let mut engine = Killed(child(name, &path, Stdio::null()));
        says_that_it_listens(&mut engine.0);
        let mut client = Client::attach(&path);
        let boot_id = client.attached.welcome.boot_id;
        let goal = 1 + drawn(round) % 600;
        let mut count = 0;
        while count < goal {
            count += client.read();
        }
        assert!(!client.attached.link.is_closed(), "round {round}");
        engine.0.kill().expect("it is there");
        let link = &client.attached.link;
        assert!(is_readable(link.fd()) && link.is_closed(), "round {round}: it hears so at once");
        // What was published stands, and what was not is not there.
        while client.read() > 0 {}
        assert_eq!(client.read(), 0, "round {round} of seed {SEED:#x}");
        cut_off_count += u64::from(client.is_cut_off());
        if let Some((last, ring, end)) = before {
            assert!(last != boot_id && ring.end() == end, "nothing comes to the memory of an earlier boot");
        }
        let ring = open(client.market_words.clone()).expect("a ring");
        let end = ring.end();
        before = Some((boot_id, ring, end));
    }
    println!("{cut_off_count} of {round_count} engines were killed inside a record, of seed {SEED:#x}");
    assert!(cut_off_count > 0, "kills that never come inside a record prove little");
}

#[test]
fn thousands_of_attachments_leave_neither_a_file_descriptor_nor_a_page() {
    let round_count = rounds(1_000, 10_000);
    if let Some(path) = child_path() {
        // A process of its own, so that nobody else opens files meanwhile.
        let mut listener = Listener::bind(&path).expect("the folder is ours");
        let mut before = (0, 0);
        for round in 0..round_count + 10 {
            if round == 10 {
                before = (open_files(), mapped_bytes());
            }
            let calling = {
                let path = path.clone();
                thread::spawn(move || call(&path, &hello(), PATIENCE))
            };
            assert!(is_readable(listener.fd()));
            let caller = loop {
                if let Some(caller) = listener.accept().expect("it is a client") {
                    break caller;
                }
            };
            if round % 5 == 0 {
                caller.refuse(Refusal::TooManyClients, "one too many");
                assert!(calling.join().expect("no panic").is_err());
                continue;
            }
            let line = line(welcome().boot_id);
            let connection = caller.welcome(&welcome(), line.handed.as_fds()).expect("it reads");
            let attached = calling.join().expect("no panic").expect("it is taken");
            let region = part(attached.handed.market, attached.welcome.boot_id, "market", Access::Read);
            assert_eq!(region.load(0, Ordering::Relaxed), u64::from_be_bytes(*b"FULMRING"));
            drop(connection);
            assert!(attached.link.is_closed());
        }
        let after = (open_files(), mapped_bytes());
        assert_eq!(after.0, before.0, "file descriptors");
        assert!(after.1 <= before.1 + (1 << 20), "{} bytes of shared memory, {} before", after.1, before.1);
        std::io::stdout().write_all(b"nothing is left\n").expect("somebody reads");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let name = "storm::thousands_of_attachments_leave_neither_a_file_descriptor_nor_a_page";
    let output =
        child(name, &folder.path().join("run/bus.sock"), Stdio::null()).wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("nothing is left"), "{said}");
}

/// Bytes of shared memory that this process has mapped.
fn mapped_bytes() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("our own memory");
    let of_line = |line: &str| {
        let (first, rest) = line.split_once('-')?;
        let end = rest.split(' ').next()?;
        Some(u64::from_str_radix(end, 16).ok()? - u64::from_str_radix(first, 16).ok()?)
    };
    maps.lines().filter(|line| line.contains("memfd:fulmar-")).filter_map(of_line).sum()
}
