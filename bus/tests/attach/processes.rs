//! What needs a second process: it reads, commands and is heard, who is who, and that its death is seen.

use std::{os::fd::OwnedFd, process::Stdio, thread};

use fulmar_bus::{
    attach::{AttachError, Bell, CursorPage, Handed, call, cursor_page_word_count},
    channel::{Access, Full, Poll, Reader, Region, Ring, RingShape, Writer, create, open, open_writer},
    record::{ChannelId, Record},
    segment::{BootId, OpenSegment, Segment, SegmentBuilder, SegmentOptions},
};
use zerocopy::IntoBytes as _;

use crate::{
    common::{check, fill},
    scene::{Engine, PATIENCE, child, child_path, connected, hello, is_readable, send, welcome},
};

pub const MARKET: RingShape = RingShape { slot_count: 1024, gate_count: 0 };
/// Holds all that is told and commanded, so that nobody waits for room.
pub const LINE: RingShape = RingShape { slot_count: 1024, gate_count: 1 };
const RECORDS: u64 = 200;

/// A segment with one part, as the engine makes it.
fn segment(boot_id: BootId, name: &str, access: Access, words: usize) -> (Region, Segment) {
    let mut builder =
        SegmentBuilder::new(name, boot_id, access, SegmentOptions::default()).expect("there is memory");
    let region = builder.add(name, words).expect("a part");
    (region, builder.seal().expect("it can be sealed"))
}

/// The engine's ends of what it hands out, and the handles.
pub struct Line {
    pub market: Writer,
    pub commands: Reader,
    pub events: Writer,
    /// What holds back events, for those who move it.
    pub event_ring: Ring,
    pub page: CursorPage,
    pub wakes_client: Bell,
    pub wakes_engine: Bell,
    pub handed: Handed<OwnedFd>,
}

/// The line of an engine of this boot.
pub fn line(boot_id: BootId) -> Line {
    let (market_words, market) = segment(boot_id, "market", Access::Read, MARKET.word_count());
    let (command_words, commands) = segment(boot_id, "commands", Access::Write, LINE.word_count());
    let (event_words, events) = segment(boot_id, "events", Access::Read, LINE.word_count());
    let (page, cursor) = segment(boot_id, "cursor", Access::Write, cursor_page_word_count());
    let (_, command_ring) = create(command_words, LINE, ChannelId(2));
    let (events_writer, event_ring) = create(event_words, LINE, ChannelId(3));
    let given = |segment: &Segment| segment.fd().try_clone_to_owned().expect("a descriptor");
    let (wakes_client, client_wakes) = Bell::pair().expect("sockets");
    let (wakes_engine, engine_wakes) = Bell::pair().expect("sockets");
    Line {
        market: create(market_words, MARKET, ChannelId(1)).0,
        commands: command_ring.gated_reader().expect("its one gate is free"),
        events: events_writer,
        event_ring,
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
pub fn part(file: OwnedFd, boot_id: BootId, name: &str, access: Access) -> Region {
    let segment = OpenSegment::open(file, access).expect("it is a segment");
    assert_eq!(segment.boot_id(), boot_id);
    segment.part(name).expect("it is there")
}

/// The client: answers each market record with a command of the same number, and hears of each by an event.
fn echo(path: &std::path::Path) {
    let attached = call(path, &hello(), PATIENCE).expect("the engine takes it");
    let (handed, boot_id) = (attached.handed, attached.welcome.boot_id);
    let mut market = open(part(handed.market, boot_id, "market", Access::Read)).expect("a ring").reader();
    let mut events = open(part(handed.events, boot_id, "events", Access::Read)).expect("a ring").reader();
    let (mut commands, _) =
        open_writer(part(handed.commands, boot_id, "commands", Access::Write)).expect("an empty ring");
    let page = CursorPage::new(part(handed.cursor, boot_id, "cursor", Access::Write));
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
    let mut line = line(welcome().boot_id);
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
