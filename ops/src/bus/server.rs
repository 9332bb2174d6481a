//! The bus's own thread: takes callers, welcomes them or says why not, and sees when they go.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use fulmar_bus::attach::{AttachError, Caller, Listener, Refusal};
use fulmar_bus::channel::Ring;
use fulmar_bus::record::{Nanos, UnixNanos};
use fulmar_bus::segment::{Segment, SegmentError};
use fulmar_engine::actors::PortNews;
use fulmar_engine::runtime::{Clock, Ended};
use fulmar_strategies::attach::token_path;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::berth::Berth;
use super::guest::{Guest, Stage, Verdict};
use super::memory::{Kept, SharedMemory};
use super::quarantine::Quarantine;
use super::reception::LEAVING_LOOKS_MAX;
use super::report::Logbook;
use super::shadow::Shadow;
use super::snapshot;
use super::token::{random, write_token};

/// How long the thread sleeps at the most: shadows have to keep up with rings, and lines that a port ended are noticed.
const LOOK_NS: i64 = 5_000_000;
/// Callers that are heard before those who are there are looked at again.
const CALLERS_PER_TURN_MAX: usize = 16;
/// How often it looks at what processes take.
const MEASURE_INTERVAL: Nanos = Nanos::from_secs(1);
/// Berths at a time of which it was said that another process is to come, and that were not looked at.
const AWAITED_MAX: usize = 16;

/// What a bus is made of.
pub struct BusPlan {
    /// Where it listens.
    pub socket: PathBuf,
    /// This boot, as order ids name it.
    pub epoch: u32,
    /// What its memory is made of.
    pub memory: SharedMemory,
    /// The market data that everybody may read.
    pub market: Segment,
    /// Its rings, by the names of their channels.
    pub rings: BTreeMap<String, Ring>,
    /// How many instruments the engine has.
    pub instrument_count: u32,
    /// Whether cores of the engine may sleep.
    pub engine_sleeps: bool,
    /// Where processes may lie.
    pub berths: Vec<Berth>,
    /// They have their turns in step with the engine, from its beginning on.
    pub is_in_step: bool,
}

/// Why there is no bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nobody can call.
    #[error("the bus cannot listen: {0}")]
    Listen(AttachError),
    /// A caller went before he was welcome, or there is nothing to welcome him with.
    #[error("{0}")]
    Attach(AttachError),
    /// There is no memory to share.
    #[error("the bus has no memory to share: {0}")]
    Memory(#[from] SegmentError),
    /// The system refused.
    #[error("the bus cannot {0}: {1}")]
    System(&'static str, io::Error),
}

/// A bus that runs.
pub struct BusServer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Logbook>>>,
    token: PathBuf,
    /// Names of the strategies, by berth.
    names: Vec<String>,
    /// Berths whose place the next process is to take.
    awaited: SyncSender<usize>,
}

/// The bus as its own thread has it.
pub(super) struct Bus {
    pub(super) plan: BusPlan,
    listener: Listener,
    pub(super) token: [u8; 32],
    pub(super) shadows: BTreeMap<String, Shadow>,
    pub(super) guests: Vec<Guest>,
    /// What those share with their ports who went: by berth, until the line of this number has ended there too.
    pub(super) left: Vec<(usize, u64, Kept)>,
    pub(super) clock: Clock,
    measured_at: UnixNanos,
    /// Processes that were welcomed so far: their memory is named by it.
    pub(super) welcomed: u64,
    /// By berth: lines that were handed to its port so far.
    pub(super) handed: Vec<u64>,
    /// By berth: what those who went took.
    logbooks: Vec<Logbook>,
    /// Berths whose place the next process is to take, although it does not ask for that itself.
    pub(super) awaited: BTreeSet<usize>,
    awaits: Receiver<usize>,
    pub(super) quarantine: Quarantine,
    /// Callers whose berth is just being left, each with the looks that he may still wait for.
    pub(super) waiting: Vec<(Caller, u32)>,
}

impl BusServer {
    /// Listens, on a thread of its own that `before_start` is called on first.
    ///
    /// # Errors
    /// [`BusError`] where it cannot.
    pub fn start(plan: BusPlan, before_start: impl FnOnce() + Send + 'static) -> Result<Self, BusError> {
        let listener = Listener::bind(&plan.socket).map_err(BusError::Listen)?;
        let mut token = [0; 32];
        random(&mut token).map_err(|error| BusError::System("make a token", error))?;
        let path = token_path(&plan.socket);
        write_token(&path, &token).map_err(|error| BusError::System("keep its token", error))?;
        let names = plan.berths.iter().map(|berth| berth.name.clone()).collect();
        let (awaited, awaits) = sync_channel(AWAITED_MAX);
        let mut bus = Bus::new(plan, listener, token, awaits);
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let run = move || {
            before_start();
            while !told.load(Ordering::Relaxed) {
                bus.turn();
            }
            bus.close()
        };
        let thread = std::thread::Builder::new().name("bus".to_owned()).spawn(run);
        let thread = thread.map_err(|error| BusError::System("have a thread", error))?;
        Ok(BusServer { stop, thread: Some(thread), token: path, names, awaited })
    }

    /// Lets the next process that comes as `strategy` take the place of the one that is there, although it does not ask
    /// for that itself: it is told of all that this one has, and nothing of it is canceled. False where no strategy is
    /// called so.
    pub fn await_successor(&self, strategy: &str) -> bool {
        let berth = self.names.iter().position(|name| name == strategy);
        berth.is_some_and(|berth| self.awaited.try_send(berth).is_ok())
    }

    /// Lets everybody go, and ends. Gives what is known of all who came.
    pub fn stop(mut self) -> Vec<Logbook> {
        self.end()
    }

    fn end(&mut self) -> Vec<Logbook> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        let _ = fs::remove_file(&self.token);
        ended.and_then(Result::ok).unwrap_or_else(|| {
            tracing::error!("the bus panicked");
            Vec::new()
        })
    }
}

impl Drop for BusServer {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end();
        }
    }
}

/// A shadow of each channel that somebody may want.
fn shadows(plan: &BusPlan) -> BTreeMap<String, Shadow> {
    let mut shadows = BTreeMap::new();
    for berth in &plan.berths {
        for (instrument_id, name) in &berth.instruments {
            let name = format!("market.{name}");
            if let Some(ring) = plan.rings.get(&name) {
                shadows.entry(name).or_insert_with(|| Shadow::of_market(*instrument_id, ring.reader()));
            }
        }
        for name in berth.channels().filter(|name| !name.starts_with("market.")) {
            if let Some(ring) = plan.rings.get(&name) {
                shadows.entry(name).or_insert_with(|| Shadow::of(ring.reader()));
            }
        }
    }
    shadows
}

impl Bus {
    pub(super) fn new(plan: BusPlan, listener: Listener, token: [u8; 32], awaits: Receiver<usize>) -> Self {
        let logbooks = plan.berths.iter().map(|berth| Logbook::new(&berth.name, &berth.status));
        let clock = Clock::new();
        Bus {
            logbooks: logbooks.collect(),
            handed: vec![0; plan.berths.len()],
            // Who is there from the beginning has missed nothing.
            shadows: if plan.is_in_step { BTreeMap::new() } else { shadows(&plan) },
            guests: Vec::new(),
            left: Vec::new(),
            measured_at: clock.now(),
            welcomed: 0,
            awaited: BTreeSet::new(),
            quarantine: Quarantine::default(),
            waiting: Vec::new(),
            clock,
            plan,
            listener,
            token,
            awaits,
        }
    }

    pub(super) fn turn(&mut self) {
        self.wait();
        self.shadows.values_mut().for_each(Shadow::follow);
        self.awaited.extend(self.awaits.try_iter());
        self.measure();
        self.watch();
        for (caller, looks_left) in std::mem::take(&mut self.waiting) {
            self.greet(caller, looks_left);
        }
        // Whoever calls without end keeps nobody else waiting.
        for _ in 0..CALLERS_PER_TURN_MAX {
            match self.listener.accept() {
                Ok(Some(caller)) => self.greet(caller, LEAVING_LOOKS_MAX),
                Ok(None) => break,
                Err(error) => tracing::warn!("bus: a caller was let go: {error}"),
            }
        }
    }

    /// Sleeps until somebody calls, goes, or wants the engine woken.
    fn wait(&self) {
        let mut files: Vec<BorrowedFd<'_>> = vec![self.listener.fd()];
        for guest in &self.guests {
            files.extend([
                guest.connection.fd(),
                guest.connection.peer().pidfd.as_fd(),
                guest.wakes_engine.fd(),
            ]);
        }
        let mut files: Vec<PollFd<'_>> =
            files.into_iter().map(|file| PollFd::from_borrowed_fd(file, PollFlags::IN)).collect();
        // A sleep that ends early does no harm.
        let _ = poll(&mut files, Some(&Timespec { tv_sec: 0, tv_nsec: LOOK_NS }));
    }

    /// Looks at what processes take, now and then.
    fn measure(&mut self) {
        let now = self.clock.now();
        if now.since(self.measured_at) >= MEASURE_INTERVAL {
            self.measured_at = now;
            self.guests.iter_mut().for_each(Guest::measure);
        }
    }

    /// Wakes the engine for those who ask for it, answers what is asked, and parts with those who are gone.
    fn watch(&mut self) {
        let now = self.clock.now();
        self.left.retain(|(berth, number, _)| self.plan.berths[*berth].status.ends().0 <= *number);
        let mut index = 0;
        while let Some(guest) = self.guests.get_mut(index) {
            let berth = &self.plan.berths[guest.berth];
            if guest.wakes_engine.hush() {
                berth.doorway.call();
            }
            let snapshot = |instrument_id, left| {
                snapshot::answer(&self.plan.memory, (berth, &self.shadows), instrument_id, left)
            };
            match guest.look(&berth.status, now, snapshot) {
                Verdict::Stay => index += 1,
                Verdict::Moor if self.moor(index) => {}
                Verdict::Moor => _ = self.part(index, Ended::Gone),
                Verdict::Part(ended) => index += usize::from(!self.part(index, ended)),
            }
        }
    }

    /// Hands a process's line to its port, where there is room. Whoever was there gives way.
    pub(super) fn moor(&mut self, index: usize) -> bool {
        let berth_index = self.guests[index].berth;
        let other = self.guests.iter().position(|guest| guest.berth == berth_index && guest.is_moored());
        let (guest, berth) = (&mut self.guests[index], &self.plan.berths[berth_index]);
        let stage = Stage::Moored { number: self.handed[berth_index] };
        let Stage::Welcome { line, until } = std::mem::replace(&mut guest.stage, stage) else {
            unreachable!("a line is handed over once");
        };
        guest.before = berth.status.figures();
        if let Err(PortNews::Came(line)) = berth.doorway.hand(PortNews::Came(line)) {
            guest.stage = Stage::Welcome { line, until };
            return false;
        }
        self.handed[berth_index] += 1;
        if let Some(other) = other {
            tracing::info!("strategy {}: process {} attached", berth.name, guest.pid());
            self.part(other, Ended::Replaced);
        }
        true
    }

    /// Lets a process go. False where its port has no room to hear of it yet: then it is as if it had not gone.
    fn part(&mut self, index: usize, ended: Ended) -> bool {
        let (guest, berths) = (&self.guests[index], &self.plan.berths);
        let is_told = !guest.is_moored() || !matches!(ended, Ended::Gone | Ended::Speech);
        if !is_told && berths[guest.berth].doorway.hand(PortNews::Went(ended)).is_err() {
            return false;
        }
        let mut guest = self.guests.swap_remove(index);
        if let Stage::Moored { number } = guest.stage {
            self.left.push((guest.berth, number, guest.kept.clone()));
        }
        guest.measure();
        self.logbooks[guest.berth].add(guest.usage);
        let berth = &self.plan.berths[guest.berth];
        let (name, pid, words) = (&berth.name, guest.pid(), ended.words());
        if !guest.is_moored() {
            tracing::warn!("strategy {name}: process {pid} did not become ready to take its place");
            guest.send_away(Refusal::NotReady, "it was not ready in time");
            return true;
        }
        let did = guest.parting_words(&berth.status);
        match ended {
            Ended::Gone => tracing::warn!("strategy {name}: {words} (pid {pid}); {did}"),
            Ended::Replaced => {
                tracing::info!("strategy {name}: {words} (pid {pid}); {did}");
                guest.send_away(Refusal::Replaced, words);
            }
            Ended::Silence | Ended::Damage | Ended::Misuse | Ended::Speech | Ended::NoRoom => {
                tracing::error!("strategy {name}: {words} (pid {pid}); it was sent away; {did}");
                guest.send_away(Refusal::Quarantined, words);
            }
        }
        if ended.is_quarantine() {
            self.quarantine.keep_out(guest.connection.into_peer());
        }
        true
    }

    /// Lets everybody go, and gives what is known of all who came.
    fn close(mut self) -> Vec<Logbook> {
        for mut guest in self.guests.drain(..) {
            guest.measure();
            self.logbooks[guest.berth].add(guest.usage);
            guest.send_away(Refusal::NotReady, "the engine ends");
        }
        self.logbooks
    }
}
