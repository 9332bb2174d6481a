//! The bus's own thread: takes callers, welcomes them or says why not, and sees when they go.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread::JoinHandle;

use fulmar_bus::attach::{ABI_MINOR, Answer, AttachError, Bell, Caller, Handed, Listener, Refusal, Welcome};
use fulmar_bus::channel::Ring;
use fulmar_bus::record::{InstrumentId, Text};
use fulmar_bus::segment::{BootId, Segment, SegmentError, SegmentOptions};
use fulmar_engine::actors::PortNews;
use fulmar_engine::runtime::Ended;
use fulmar_strategies::attach::{Pair, Place, Terms};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::berth::Berth;
use super::guest::{Guest, Quarantine};
use super::memory::{Ends, Made, make};
use super::shadow::Shadow;
use super::snapshot::{self, SNAPSHOTS_MAX};
use super::token::{random, token_path, write_token};

/// How long the thread sleeps at the most: shadows have to keep up with rings, and lines that a port ended are noticed.
const LOOK_NS: i64 = 5_000_000;
/// Looks that a caller waits until whoever was in his berth has left it: a second, where nothing else happens.
const LEAVING_LOOKS_MAX: u32 = 200;
/// Callers that are heard before those who are there are looked at again.
const CALLERS_PER_TURN_MAX: usize = 16;

/// What a bus is made of.
pub struct BusPlan {
    /// Where it listens.
    pub socket: PathBuf,
    /// This boot, as all segments state it.
    pub boot_id: BootId,
    /// The same, as order ids name it.
    pub epoch: u32,
    /// How its memory is to be.
    pub options: SegmentOptions,
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
    thread: Option<JoinHandle<()>>,
    token: PathBuf,
}

struct Bus {
    plan: BusPlan,
    listener: Listener,
    token: [u8; 32],
    shadows: BTreeMap<String, Shadow>,
    guests: Vec<Guest>,
    quarantine: Quarantine,
    /// Callers whose berth is just being left, each with the looks that he may still wait for.
    waiting: Vec<(Caller, u32)>,
}

/// Wakes a process.
struct Alarm(Bell);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.ring();
    }
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
        // Who is there from the beginning has missed nothing.
        let shadows = if plan.is_in_step { BTreeMap::new() } else { shadows(&plan) };
        let (guests, waiting, quarantine) = (Vec::new(), Vec::new(), Quarantine::default());
        let mut bus = Bus { plan, listener, token, shadows, guests, quarantine, waiting };
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let run = move || {
            before_start();
            while !told.load(Ordering::Relaxed) {
                bus.turn();
            }
            bus.close();
        };
        let thread = std::thread::Builder::new().name("bus".to_owned()).spawn(run);
        let thread = thread.map_err(|error| BusError::System("have a thread", error))?;
        Ok(BusServer { stop, thread: Some(thread), token: path })
    }

    /// Lets everybody go, and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bus panicked");
        }
        let _ = fs::remove_file(&self.token);
    }
}

impl Drop for BusServer {
    fn drop(&mut self) {
        self.end();
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
    fn turn(&mut self) {
        self.wait();
        self.shadows.values_mut().for_each(Shadow::follow);
        self.watch();
        for (caller, looks_left) in std::mem::take(&mut self.waiting) {
            self.greet(caller, looks_left);
        }
        // Whoever calls without end keeps nobody from being looked at.
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

    /// Wakes the engine for those who ask for it, answers what is asked, and parts with those who are gone.
    fn watch(&mut self) {
        let mut index = 0;
        while index < self.guests.len() {
            let guest = &mut self.guests[index];
            let berth = &self.plan.berths[guest.berth];
            if guest.wakes_engine.hush() {
                berth.doorway.call();
            }
            let snapshot = |instrument_id, left| {
                let memory = (self.plan.boot_id, self.plan.options);
                snapshot::answer(memory, (berth, &self.shadows), instrument_id, left)
            };
            let ended = berth.end();
            let parted = ended.or_else(|| guest.parting(snapshot));
            let Some(how) = parted else {
                index += 1;
                continue;
            };
            let mut guest = self.guests.swap_remove(index);
            let (name, pid) = (&berth.name, guest.connection.peer().pid);
            if ended.is_none() {
                // There is room for all that comes of one line; where the port is gone, nobody needs to hear it.
                let _ = berth.doorway.hand(PortNews::Went(how));
            }
            if how == Ended::Gone {
                tracing::warn!("strategy {name}: {} (pid {pid})", how.words());
                continue;
            }
            let (reason, words) = (Refusal::Quarantined, how.words().to_owned());
            tracing::error!("strategy {name}: {words} (pid {pid}); it was sent away");
            let _ = guest.connection.send(&Answer::Ended { reason, words }, &[]);
            if how.is_quarantine() {
                self.quarantine.keep_out(guest.connection.into_peer());
            }
        }
    }

    fn greet(&mut self, caller: Caller, looks_left: u32) {
        let (name, pid) = (caller.hello().strategy.as_str().to_owned(), caller.peer().pid);
        match self.judge(&caller) {
            Err((Refusal::NotReady, _)) if looks_left > 0 && self.waiting.len() < CALLERS_PER_TURN_MAX => {
                self.waiting.push((caller, looks_left - 1));
            }
            Err((refusal, words)) => {
                tracing::warn!("bus: process {pid} may not be \"{name}\": {words}");
                caller.refuse(refusal, &words);
            }
            Ok(berth) => match self.welcome(caller, berth) {
                Ok(()) => tracing::info!("strategy {name}: process {pid} attached"),
                Err(error) => tracing::error!("strategy {name}: process {pid} could not attach: {error}"),
            },
        }
    }

    /// Which berth a caller may lie in, or why he may in none.
    fn judge(&self, caller: &Caller) -> Result<usize, (Refusal, String)> {
        let (hello, peer) = (caller.hello(), caller.peer());
        let own = rustix::process::geteuid().as_raw();
        if peer.uid != own {
            return Err((
                Refusal::NotAllowed,
                format!("user {} is not {own}, whose engine this is", peer.uid),
            ));
        }
        if self.quarantine.holds(peer) {
            let words = "this process was sent away, and may not come back; another one may".to_owned();
            return Err((Refusal::Quarantined, words));
        }
        let wanted = hello.strategy.as_str();
        let Some(index) = self.plan.berths.iter().position(|berth| berth.name == wanted) else {
            let names: Vec<&str> = self.plan.berths.iter().map(|berth| berth.name.as_str()).collect();
            let words =
                format!("no strategy of the kind \"attached\" is called so; there are: {}", names.join(", "));
            return Err((Refusal::UnknownStrategy, words));
        };
        if !hello.has_token(&self.token) {
            let path = token_path(&self.plan.socket);
            return Err((Refusal::Token, format!("its token is not the one in {}", path.display())));
        }
        let berth = &self.plan.berths[index];
        if let Some(guest) = self.guests.iter().find(|guest| guest.berth == index) {
            let pid = guest.connection.peer().pid;
            return Err((Refusal::AlreadyAttached, format!("process {pid} is \"{wanted}\" already")));
        }
        if !berth.is_free() {
            return Err((
                Refusal::NotReady,
                format!("the process that was \"{wanted}\" is just leaving; try again"),
            ));
        }
        Ok(index)
    }

    fn welcome(&mut self, caller: Caller, index: usize) -> Result<(), BusError> {
        let berth = &self.plan.berths[index];
        let (client, of_client) = Bell::pair().map_err(BusError::Attach)?;
        let (engine, of_engine) = Bell::pair().map_err(BusError::Attach)?;
        let ends = Ends {
            waker: Waker::from(Arc::new(Alarm(client))),
            markets: berth.rings(&self.plan.rings),
            commands_max: berth.commands_max,
            is_in_step: self.plan.is_in_step,
        };
        let names: Vec<String> = berth.channels().collect();
        let channels = names.iter().filter_map(|name| Some((name.as_str(), self.shadows.get(name)?)));
        let made = make((self.plan.boot_id, self.plan.options), channels, ends)?;
        let welcome = self.words_of_welcome(berth, &made);
        let handed = Handed {
            market: self.plan.market.fd(),
            commands: made.commands.fd(),
            events: made.events.fd(),
            cursor: made.cursor.fd(),
            wakes_client: of_client.fd(),
            wakes_engine: of_engine.fd(),
        };
        let connection = caller.welcome(&welcome, handed).map_err(BusError::Attach)?;
        let is_taken = berth.doorway.hand(PortNews::Came(Box::new(made.line))).is_ok();
        if is_taken {
            self.plan.berths[index].lines += 1;
            let snapshots_left = SNAPSHOTS_MAX;
            self.guests.push(Guest { berth: index, connection, wakes_engine: engine, snapshots_left });
            Ok(())
        } else {
            Err(BusError::System("reach the engine", io::ErrorKind::WouldBlock.into()))
        }
    }

    fn words_of_welcome(&self, berth: &Berth, made: &Made) -> Welcome {
        let mut places = made.places.clone();
        places.resize(berth.channels().count(), 0);
        let (of_instruments, of_pairs) = places.split_at(2 * berth.instruments.len());
        let place = |places: &[u64]| Place { book: places[0], market: places[1] };
        let pair = |((name, members), place): (&(String, Vec<InstrumentId>), &u64)| Pair {
            name: name.clone(),
            members: members.iter().map(|id| id.0).collect(),
            place: *place,
        };
        let terms = Terms {
            levels_shown: berth.levels_shown,
            engine_sleeps: self.plan.engine_sleeps,
            places: of_instruments.chunks(2).map(place).collect(),
            pairs: berth.pairs.iter().zip(of_pairs).map(pair).collect(),
        };
        let named =
            |(id, name): &(InstrumentId, String)| (*id, Text::new(name).expect("a durable name is short"));
        Welcome {
            boot_id: self.plan.boot_id,
            epoch: self.plan.epoch,
            strategy_id: berth.strategy_id,
            abi_minor: ABI_MINOR,
            lock_step: self.plan.is_in_step,
            order_counter: berth.status.counter(),
            instrument_count: self.plan.instrument_count,
            instruments: berth.instruments.iter().map(named).collect(),
            settings: terms.text(),
        }
    }

    fn close(&mut self) {
        for mut guest in self.guests.drain(..) {
            let (reason, words) = (Refusal::NotReady, "the engine ends".to_owned());
            let _ = guest.connection.send(&Answer::Ended { reason, words }, &[]);
        }
    }
}
