//! The bus beside a real port, turn by turn: who takes whose place, and when.

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use fulmar_bus::attach::{Answer, AttachError, Attached, Hello, Listener, Refusal, Request, call};
use fulmar_bus::channel::{Poll, Reader, Region, RingShape, create};
use fulmar_bus::record::{
    ChannelId, Nanos, OnDisconnect, Presence, PresenceNews, Record, StrategyId, Text, UnixNanos,
};
use fulmar_bus::segment::{Access, BootId, OpenSegment, SegmentOptions};
use fulmar_engine::actors::{AttachedPort, PortPlan, ProcessPlan};
use fulmar_engine::runtime::{Actor as _, Ended, Inboxes, LineStatus, Outbox, door};

use super::berth::Berth;
use super::guest::Verdict;
use super::memory::SharedMemory;
use super::server::{Bus, BusPlan, BusServer};
use super::token::boot_id;
use crate::configuration::Backend;

/// How long one answer may take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same in turns of the bus, each of some milliseconds at the most.
const TURNS_MAX: usize = 20_000;
const TOKEN: [u8; 32] = [9; 32];

/// A bus whose turns are given by hand, and the port of its one strategy.
struct Scene {
    bus: Bus,
    port: AttachedPort,
    status: LineStatus,
    intents: Reader,
    awaited: SyncSender<usize>,
    boot_id: BootId,
    socket: PathBuf,
    now: UnixNanos,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new(backend: Backend) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("bus").join("bus.sock");
        let (plan, process) = plan(backend, socket.clone());
        let (status, boot_id) = (process.status.clone(), plan.memory.boot_id);
        let (_, reports) = ring(1);
        let (intents, intent_ring) = ring(2);
        let mut inboxes = Inboxes::new();
        inboxes.add(reports.gated_reader().expect("it has a gate"));
        let port = PortPlan { name: "outside".into(), strategy_id: StrategyId(0), epoch: 1, process };
        let listener = Listener::bind(&socket).expect("the folder is ours");
        let (awaited, awaits) = sync_channel(1);
        Scene {
            bus: Bus::new(plan, listener, TOKEN, awaits),
            port: AttachedPort::new(port, inboxes, Some(Outbox::new(intents, None))),
            status,
            intents: intent_ring.gated_reader().expect("it has a gate"),
            awaited,
            boot_id,
            socket,
            now: UnixNanos(1),
            _folder: folder,
        }
    }

    /// Gives the bus and the port turns until it is so.
    fn until(&mut self, is_so: impl Fn(&Scene) -> bool) {
        for _ in 0..TURNS_MAX {
            if is_so(self) {
                return;
            }
            self.bus.turn();
            self.port.inboxes().begin_turn(100);
            self.port.work(self.now);
        }
        panic!("it did not come about");
    }

    /// What a process that says this is told.
    fn call(&mut self, hello: Hello) -> Result<Attached, AttachError> {
        let path = self.socket.clone();
        let calling: JoinHandle<_> = std::thread::spawn(move || call(&path, &hello, PATIENCE));
        self.until(|_| calling.is_finished());
        calling.join().expect("no panic")
    }

    /// A process that is at its place.
    fn attach(&mut self) -> Attached {
        let lines = self.status.lines();
        let attached = self.call(hello()).expect("it is taken");
        assert!(!attached.welcome.is_successor);
        self.until(|scene| scene.status.lines() == lines + 1);
        attached
    }

    /// Why a process that says this may not come.
    fn refusal(&mut self, hello: Hello) -> Refusal {
        match self.call(hello) {
            Err(AttachError::Refused { refusal, .. }) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// What the gate heard of processes since this was last asked.
    fn told(&mut self) -> Vec<PresenceNews> {
        let mut record = Record::new();
        let mut told = Vec::new();
        while self.intents.poll(&mut record) == Poll::Record {
            told.push(record.read::<Presence>().expect("nothing else was wanted").news);
        }
        told
    }

    /// Who asked says that it is ready, and takes the place.
    fn swap(&mut self, first: &mut Attached, second: &mut Attached) {
        second.link.ask(Request::Ready).expect("it is there");
        let lines = self.status.lines();
        self.until(|scene| scene.status.lines() == lines + 1);
        let (ended, _) = first.link.receive(PATIENCE).expect("it is told");
        let Answer::Ended { reason: Refusal::Replaced, words } = ended else { panic!("{ended:?}") };
        assert_eq!(words, Ended::Replaced.words());
        self.until(|scene| !scene.bus.guests.iter().any(|guest| guest.is_successor));
        let (in_place, _) = second.link.receive(PATIENCE).expect("it is told");
        assert_eq!(in_place, Answer::InPlace { order_counter: self.status.counter() });
        assert!(first.link.is_closed() && !second.link.is_closed());
    }
}

/// A bus with the berth of one strategy without instruments, and what its port waits for.
fn plan(backend: Backend, socket: PathBuf) -> (BusPlan, ProcessPlan) {
    let boot_id = boot_id().expect("random bytes");
    let memory = SharedMemory::begin(boot_id, backend, SegmentOptions::default()).expect("there is memory");
    let market = memory.segment("market", Access::Read).and_then(|market| market.seal());
    let (doorway, door) = door(4);
    let (status, on_disconnect) = (LineStatus::default(), OnDisconnect::Cancel);
    let (silence_max, misuses_max) = (Nanos::from_secs(3), 0);
    let process = ProcessPlan {
        on_disconnect,
        silence_max,
        misuses_max,
        door,
        status: status.clone(),
        is_played: false,
    };
    let berth = Berth {
        name: "outside".into(),
        strategy_id: StrategyId(0),
        commands_max: 1_000,
        is_replaceable: true,
        levels_shown: None,
        instruments: Vec::new(),
        pairs: Vec::new(),
        doorway,
        status,
    };
    let plan = BusPlan {
        socket,
        epoch: 1,
        memory,
        market: market.expect("there is memory"),
        rings: BTreeMap::new(),
        instrument_count: 0,
        engine_sleeps: false,
        berths: vec![berth],
        is_in_step: false,
    };
    (plan, process)
}

fn ring(channel: u16) -> (fulmar_bus::channel::Writer, fulmar_bus::channel::Ring) {
    let shape = RingShape { slot_count: 512, gate_count: 1 };
    create(Region::heap(shape.word_count()), shape, ChannelId(channel))
}

fn hello() -> Hello {
    Hello::new(Text::new("outside").expect("a short name"), TOKEN)
}

/// Names of memory that a boot has.
fn names_of(boot_id: BootId) -> usize {
    let found = std::fs::read_dir("/dev/shm").expect("the system has such memory");
    let names = found.map(|entry| entry.expect("it is there").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(&boot_id.to_string())).count()
}

#[test]
fn who_asks_to_takes_the_place_of_another_once_it_is_ready_and_what_that_one_had_is_its_own() {
    for backend in [Backend::Memfd, Backend::Named] {
        let mut scene = Scene::new(backend);
        let mut first = scene.attach();
        let mut second = scene.call(hello().taking_over()).expect("it is taken");
        assert!(second.welcome.is_successor);
        assert_eq!((scene.status.lines(), scene.bus.guests.len()), (1, 2), "it is not ready yet");
        scene.swap(&mut first, &mut second);
        assert_eq!(scene.told(), [PresenceNews::Here, PresenceNews::Here], "nobody heard that one went");
        let file = second.handed.events.as_fd().try_clone_to_owned().expect("a descriptor");
        let events = OpenSegment::open(file, Access::Read).expect("its memory is there as long as it is");
        assert_eq!(events.boot_id(), scene.boot_id);

        drop(second);
        scene.until(|scene| scene.status.ends() == (2, Some(Ended::Gone)));
        assert_eq!(scene.told(), [PresenceNews::Gone]);
        let (boot_id, is_named) = (scene.boot_id, backend == Backend::Named);
        assert_eq!(names_of(boot_id) > 0, is_named, "its names are there");
        drop((scene, events));
        assert_eq!(names_of(boot_id), 0, "and go with it");
    }
}

#[test]
fn one_that_dies_before_it_is_ready_leaves_the_other_where_it_is() {
    let mut scene = Scene::new(Backend::Memfd);
    let mut first = scene.attach();
    let second = scene.call(hello().taking_over()).expect("it is taken");
    assert_eq!(scene.refusal(hello().taking_over()), Refusal::NotReady, "one at a time");
    drop(second);
    scene.until(|scene| scene.bus.guests.len() == 1);
    assert!(scene.status.is_attached() && !first.link.is_closed());
    assert_eq!(scene.told(), [PresenceNews::Here], "the gate heard nothing of it");
    let mut third = scene.call(hello().taking_over()).expect("it is taken");
    scene.swap(&mut first, &mut third);
}

#[test]
fn one_that_does_not_become_ready_is_waited_for_no_longer_than_was_said() {
    let mut scene = Scene::new(Backend::Memfd);
    let _first = scene.attach();
    let _second = scene.call(hello().taking_over()).expect("it is taken");
    let (now, status) = (scene.bus.clock.now(), scene.status.clone());
    let guest = scene.bus.guests.last_mut().expect("it came last");
    let none = |instrument_id, _| (Answer::NoSnapshot { instrument_id, words: String::new() }, None);
    assert_eq!(guest.look(&status, now, none), Verdict::Stay);
    assert_eq!(guest.look(&status, now + Nanos::from_secs(10), none), Verdict::Part(Ended::Gone));
}

#[test]
fn who_may_not_come_may_take_nobodys_place_either() {
    let mut scene = Scene::new(Backend::Memfd);
    let first = scene.attach();
    assert_eq!(scene.refusal(hello()), Refusal::AlreadyAttached, "it did not ask to");
    let name = |name| Text::new(name).expect("a short name");
    assert_eq!(scene.refusal(Hello::new(name("outside"), [0; 32]).taking_over()), Refusal::Token);
    assert_eq!(scene.refusal(Hello::new(name("other"), TOKEN).taking_over()), Refusal::UnknownStrategy);
    assert!(scene.status.is_attached() && !first.link.is_closed());
}

#[test]
fn where_the_engine_was_told_to_await_a_successor_the_next_one_is_and_the_one_after_it_is_not() {
    let mut scene = Scene::new(Backend::Memfd);
    let mut first = scene.attach();
    scene.awaited.send(0).expect("the bus is there");
    scene.until(|scene| scene.bus.awaited.contains(&0));
    let mut second = scene.call(hello()).expect("it is taken");
    assert!(second.welcome.is_successor, "although it did not ask");
    scene.swap(&mut first, &mut second);
    assert_eq!(scene.refusal(hello()), Refusal::AlreadyAttached);
}

#[test]
fn a_successor_is_awaited_of_strategies_that_there_are_and_every_one_has_its_logbook() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, _process) = plan(Backend::Memfd, folder.path().join("bus").join("bus.sock"));
    let server = BusServer::start(plan, || {}).expect("it can listen");
    assert!(server.await_successor("outside") && !server.await_successor("other"));
    let reports: Vec<_> = server.stop().iter().map(|logbook| logbook.report().name).collect();
    assert_eq!(reports, ["outside"]);
}

#[test]
fn a_process_that_closes_its_bell_went_and_what_it_shared_is_given_back_once_its_port_let_it_go() {
    let mut scene = Scene::new(Backend::Memfd);
    let Attached { handed, link: _link, .. } = scene.attach();
    drop(handed.wakes_engine);
    scene.until(|scene| scene.status.ends().0 == 1);
    assert_eq!(scene.told(), [PresenceNews::Here, PresenceNews::Gone]);
    assert_eq!(scene.bus.left.len(), 1, "the port was the first to let it go");
    scene.until(|scene| scene.bus.left.is_empty());
}
