//! What needs a second process: who is who, what outlives a kill, and that a thousand attachments leave nothing.

use std::{
    io::Write as _,
    os::fd::OwnedFd,
    process::{ChildStdout, Stdio},
    sync::atomic::Ordering,
    thread,
};

use fulmar_bus::{
    attach::{AttachError, Bell, Connection, CursorPage, Handed, Listener, call, cursor_page_word_count},
    channel::{Access, Full, Poll, Reader, Region, RingShape, Words, Writer, create, open, open_writer},
    record::{ChannelId, Record},
    segment::{BootId, OpenSegment, Segment, SegmentBuilder, SegmentOptions},
};
use zerocopy::IntoBytes as _;

use crate::{
    common::{check, fill},
    scene::{Engine, PATIENCE, child, child_path, connected, hello, is_readable, open_files, send, welcome},
};

const MARKET: RingShape = RingShape { slot_count: 1024, gate_count: 0 };
/// Holds all that is told and commanded, so that nobody waits for room.
const LINE: RingShape = RingShape { slot_count: 1024, gate_count: 1 };
const RECORDS: u64 = 200;

/// A segment with one part, as the engine makes it.
fn segment(name: &str, access: Access, words: usize) -> (Region, Segment) {
    let mut builder =
        SegmentBuilder::new(name, BootId(77), access, SegmentOptions::default()).expect("there is memory");
    let region = builder.add(name, words).expect("a part");
    (region, builder.seal().expect("it can be sealed"))
}

/// The engine's ends of what it hands out, and the handles.
struct Line {
    market: Writer,
    commands: Reader,
    events: Writer,
    page: CursorPage,
    wakes_client: Bell,
    wakes_engine: Bell,
    handed: Handed<OwnedFd>,
}

fn line() -> Line {
    let (market_words, market) = segment("market", Access::Read, MARKET.word_count());
    let (command_words, commands) = segment("commands", Access::Write, LINE.word_count());
    let (event_words, events) = segment("events", Access::Read, LINE.word_count());
    let (page, cursor) = segment("cursor", Access::Write, cursor_page_word_count());
    let (_, command_ring) = create(command_words, LINE, ChannelId(2));
    let given = |segment: &Segment| segment.fd().try_clone_to_owned().expect("a descriptor");
    let (wakes_client, client_wakes) = Bell::pair().expect("sockets");
    let (wakes_engine, engine_wakes) = Bell::pair().expect("sockets");
    Line {
        market: create(market_words, MARKET, ChannelId(1)).0,
        commands: command_ring.gated_reader().expect("its one gate is free"),
        events: create(event_words, LINE, ChannelId(3)).0,
        page: CursorPage::new(page),
        wakes_client,
        wakes_engine,
        handed: Handed {
            market: given(&market),
            commands: given(&commands),
            events: given(&events),
            cursor: given(&cursor),
            wakes_client: client_wakes.into_fd(),
            wakes_engine: engine_wakes.into_fd(),
        },
    }
}

/// The one part of a segment that was handed over.
fn part(file: OwnedFd, name: &str, access: Access) -> Region {
    let segment = OpenSegment::open(file, access).expect("it is a segment");
    assert_eq!(segment.boot_id(), BootId(77));
    segment.part(name).expect("it is there")
}

/// The client: answers each market record with a command of the same number, and hears of each by an event.
fn echo(path: &std::path::Path) {
    let attached = call(path, &hello(), PATIENCE).expect("the engine takes it");
    let handed = attached.handed;
    let mut market = open(part(handed.market, "market", Access::Read)).expect("a ring").reader();
    let mut events = open(part(handed.events, "events", Access::Read)).expect("a ring").reader();
    let (mut commands, _) =
        open_writer(part(handed.commands, "commands", Access::Write)).expect("an empty ring");
    let page = CursorPage::new(part(handed.cursor, "cursor", Access::Write));
    let (wakes_us, wakes_engine) = (Bell::from(handed.wakes_client), Bell::from(handed.wakes_engine));
    let mut record = Record::new();
    let (mut heard, mut number) = (0, 0);
    while heard < RECORDS {
        if number < RECORDS && market.poll(&mut record) == Poll::Record {
            number += 1;
            check(&record, number);
            fill(&mut record, number, 2);
            while commands.publish(&mut record) == Err(Full) {
                thread::yield_now();
            }
            wakes_engine.ring();
        }
        if number == RECORDS && events.is_empty() {
            page.fall_asleep();
            if events.is_empty() {
                assert!(is_readable(wakes_us.fd()), "nobody wakes us");
                wakes_us.hush();
            }
            page.awake();
        }
        if events.poll(&mut record) == Poll::Record {
            heard += 1;
            check(&record, heard);
            page.set_consumed(heard);
            page.beat();
        }
    }
    // The end of the input is the end of the engine, or what kills us comes before.
    let _ = std::io::stdin().lines().next();
}

#[test]
fn a_process_reads_the_engines_rings_commands_it_and_is_seen_to_die() {
    if let Some(path) = child_path() {
        return echo(&path);
    }
    let mut engine = Engine::new();
    let name = "processes::a_process_reads_the_engines_rings_commands_it_and_is_seen_to_die";
    let mut client = child(name, &engine.path, Stdio::piped());
    let caller = engine.accept().expect("it calls");
    assert_eq!(caller.peer().pid, client.id());
    let mut line = line();
    let mut connection = caller.welcome(&welcome(), line.handed.as_fds()).expect("it reads");
    let mut record = Record::new();
    let (mut published, mut commanded) = (0, 0);
    while commanded < RECORDS {
        if published < RECORDS {
            published += 1;
            fill(&mut record, published, 3);
            line.market.publish(&mut record).expect("there is no gate");
        } else {
            assert!(is_readable(line.wakes_engine.fd()), "it commands no more");
            line.wakes_engine.hush();
        }
        while line.commands.poll(&mut record) == Poll::Record {
            commanded += 1;
            check(&record, commanded);
            line.events.publish(&mut record).expect("no gate is held");
            if line.page.wakes() {
                line.wakes_client.ring();
            }
        }
    }
    while line.page.consumed() < RECORDS {
        assert!(!connection.is_closed(), "it died early");
        thread::yield_now();
    }
    assert!(line.page.beats() >= RECORDS && connection.receive().expect("it is there").is_none());
    let pidfd = connection.peer().pidfd.try_clone().expect("a descriptor");
    client.kill().expect("it is there");
    assert!(is_readable(std::os::fd::AsFd::as_fd(&pidfd)), "its death is seen");
    assert!(is_readable(connection.fd()) && connection.is_closed());
    assert!(matches!(connection.receive(), Err(AttachError::Closed)));
    client.wait().expect("it ends");
}

#[test]
fn a_process_that_speaks_over_the_connection_of_another_is_refused() {
    if child_path().is_some() {
        let socket = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned().expect("a socket");
        send(&socket, hello().as_bytes());
        // The one who connected is still there.
        let _ = rustix::net::recv(&socket, &mut [0; 8], rustix::net::RecvFlags::empty());
        return;
    }
    let mut engine = Engine::new();
    let socket = connected(&engine.path);
    let name = "processes::a_process_that_speaks_over_the_connection_of_another_is_refused";
    let mut other = child(name, &engine.path, Stdio::from(socket.try_clone().expect("a descriptor")));
    let error = engine.accept().map(|_| ()).expect_err("it is another's connection");
    assert!(matches!(error, AttachError::Stranger(_)), "{error}");
    other.wait().expect("it ends");
}

#[test]
fn a_client_learns_at_once_that_its_engine_was_killed_and_attaches_to_the_next_boot() {
    if let Some(path) = child_path() {
        let mut listener = Listener::bind(&path).expect("the folder is ours");
        let mut lines: Vec<(Line, Connection)> = Vec::new();
        println!("listening");
        loop {
            assert!(is_readable(listener.fd()), "nobody came");
            if let Some(caller) = listener.accept().expect("it is a client") {
                let mut line = line();
                let mut record = Record::new();
                fill(&mut record, 1, 3);
                line.market.publish(&mut record).expect("there is no gate");
                let connection = caller.welcome(&welcome(), line.handed.as_fds()).expect("it reads");
                lines.push((line, connection));
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run/bus.sock");
    for _ in 0..3 {
        let name =
            "processes::a_client_learns_at_once_that_its_engine_was_killed_and_attaches_to_the_next_boot";
        let mut engine = child(name, &path, Stdio::piped());
        says_that_it_listens(engine.stdout.as_mut().expect("a pipe"));
        let attached = call(&path, &hello(), PATIENCE).expect("it listens");
        let words = part(attached.handed.market, "market", Access::Read);
        let mut reader = open(words).expect("a ring").reader();
        assert!(!attached.link.is_closed());
        engine.kill().expect("it is there");
        assert!(is_readable(attached.link.fd()) && attached.link.is_closed());
        let mut record = Record::new();
        assert_eq!(reader.poll(&mut record), Poll::Record, "what it published stands");
        check(&record, 1);
        assert_eq!(reader.poll(&mut record), Poll::Empty);
        engine.wait().expect("it ends");
    }
}

fn says_that_it_listens(said: &mut ChildStdout) {
    use std::io::BufRead as _;
    let mut lines = std::io::BufReader::new(said).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.ends_with("listening")));
}

#[test]
fn a_thousand_attachments_leave_neither_a_file_descriptor_nor_a_page() {
    const ROUNDS: usize = 1000;
    if let Some(path) = child_path() {
        // A process of its own, so that nobody else opens files meanwhile.
        let mut listener = Listener::bind(&path).expect("the folder is ours");
        let mut before = (0, 0);
        for round in 0..ROUNDS + 10 {
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
                caller.refuse(fulmar_bus::attach::Refusal::TooManyClients, "one too many");
                assert!(calling.join().expect("no panic").is_err());
                continue;
            }
            let line = line();
            let connection = caller.welcome(&welcome(), line.handed.as_fds()).expect("it reads");
            let attached = calling.join().expect("no panic").expect("it is taken");
            let region = part(attached.handed.market, "market", Access::Read);
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
    let name = "processes::a_thousand_attachments_leave_neither_a_file_descriptor_nor_a_page";
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
