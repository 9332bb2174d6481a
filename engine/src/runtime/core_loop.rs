//! A pinned thread that runs a few actors in their order, pass after pass.
//!
//! It reads the clock once a pass and gives every actor the same `now`; it notes what they drained; it waits as its
//! plan says. It knows nothing of what the actors do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use fulmar_bus::record::{Nanos, UnixNanos};
use hdrhistogram::Histogram;

use super::actor::{Actor, Work};
use super::clock::Clock;
use super::doorbell::Doorbell;
use super::limits::TURN_RECORDS_MAX;
use super::note::NoteWriter;
use super::placement::pin_this_thread;
use super::tally::histogram;
use super::wait::{Wait, Waiter};

/// An actor and its number in notes.
pub struct Seat {
    /// Its number: the same in every run of one configuration.
    pub number: u16,
    /// Its place in the flow: it reads only what lower ranks write, or what comes back in a later pass.
    pub rank: u8,
    /// Who sits there.
    pub actor: Box<dyn Actor>,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.number, self.actor.name())
    }
}

/// What all these actors counted, by name; what nobody counted above zero is left out.
pub fn counters(seats: &[Seat]) -> BTreeMap<&'static str, u64> {
    let mut counters = BTreeMap::new();
    for seat in seats {
        seat.actor.counters(&mut |name, value| {
            if value > 0 {
                *counters.entry(name).or_default() += value;
            }
        });
    }
    counters
}

/// What a core loop shows of itself while it runs. Whoever looks never touches the loop.
#[derive(Debug, Default)]
pub struct CoreStatus {
    passes: AtomicU64,
    busy_passes: AtomicU64,
    last_pass_at: AtomicU64,
    current_actor: AtomicU64,
}

impl CoreStatus {
    /// Passes so far; it stands still only where the loop does.
    pub fn passes(&self) -> u64 {
        self.passes.load(Ordering::Relaxed)
    }

    /// Passes that had work.
    pub fn busy_passes(&self) -> u64 {
        self.busy_passes.load(Ordering::Relaxed)
    }

    /// When the last pass began.
    pub fn last_pass_at(&self) -> UnixNanos {
        UnixNanos(self.last_pass_at.load(Ordering::Relaxed))
    }

    /// The number of the actor whose turn it is or was last.
    pub fn current_actor(&self) -> u64 {
        self.current_actor.load(Ordering::Relaxed)
    }
}

/// What stands in the place of the moment of stopping while the loop runs.
const RUNNING: u64 = u64::MAX;

/// What a core loop is made of.
#[derive(Debug)]
pub struct CoreLoop {
    /// What its thread is called.
    pub name: String,
    /// The core that it is pinned to.
    pub cpu: Option<usize>,
    /// How it waits.
    pub wait: Wait,
    /// Rung by whoever has something for one of its actors.
    pub bell: Doorbell,
    /// Its actors, in the order in which they run.
    pub seats: Vec<Seat>,
    /// Where its notes go, if the run is to be playable.
    pub notes: Option<NoteWriter>,
}

/// A core loop on its thread.
#[derive(Debug)]
pub struct RunningCore {
    /// What it shows of itself.
    pub status: Arc<CoreStatus>,
    name: String,
    bell: Doorbell,
    stop: Arc<AtomicU64>,
    thread: JoinHandle<FinishedCore>,
}

/// What is left of a core loop when it has stopped.
#[derive(Debug)]
pub struct FinishedCore {
    /// Its actors, stopped.
    pub seats: Vec<Seat>,
    /// Notes that found no room.
    pub refused_notes: u64,
    /// How long the passes that had work took, in nanoseconds.
    pub duty_cycle_ns: Histogram<u64>,
}

/// A core loop could not be started, or ended in a panic.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The system gives no thread.
    #[error("core loop \"{name}\": no thread: {source}")]
    Spawn {
        /// The core loop.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// An actor panicked.
    #[error("core loop \"{name}\" ended in a panic: {message}")]
    Panicked {
        /// The core loop.
        name: String,
        /// What it said.
        message: String,
    },
}

impl CoreLoop {
    /// Starts the loop on a thread of its own. Its actors start at `started_at`, which is an input of the run: the same
    /// for all loops, and for a replay.
    ///
    /// # Errors
    /// [`CoreError::Spawn`] where the system gives no thread.
    pub fn start(self, clock: Clock, started_at: UnixNanos) -> Result<RunningCore, CoreError> {
        let status = Arc::new(CoreStatus::default());
        let stop = Arc::new(AtomicU64::new(RUNNING));
        let (name, bell) = (self.name.clone(), self.bell.clone());
        let (shown, told) = (Arc::clone(&status), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || self.run(&clock, started_at, &shown, &told))
            .map_err(|source| CoreError::Spawn { name: name.clone(), source })?;
        Ok(RunningCore { status, name, bell, stop, thread })
    }

    fn run(
        mut self,
        clock: &Clock,
        started_at: UnixNanos,
        status: &CoreStatus,
        stopped_at: &AtomicU64,
    ) -> FinishedCore {
        if let Some(cpu) = self.cpu {
            assert!(pin_this_thread(cpu), "cpu {cpu} was in the mask when the placement was checked");
        }
        let mut waiter = Waiter::new(self.wait, self.bell.clone());
        let mut duty_cycle_ns = histogram();
        self.seats.iter_mut().for_each(|seat| seat.actor.on_start(started_at));
        let mut now = started_at;
        while stopped_at.load(Ordering::Relaxed) == RUNNING {
            now = clock.now_after(now);
            status.last_pass_at.store(now.0, Ordering::Relaxed);
            let work = self.pass(now, status);
            status.passes.store(status.passes() + 1, Ordering::Relaxed);
            if work.is_some() {
                status.busy_passes.store(status.busy_passes() + 1, Ordering::Relaxed);
                duty_cycle_ns.saturating_record(clock.now().since(now).0.max(1));
                waiter.worked();
            } else {
                let until_due = self.until_due(now);
                waiter.idle(now, until_due, || {
                    let has_work =
                        |seat: &mut Seat| !seat.actor.inboxes().is_empty() || seat.actor.has_callers();
                    self.seats.iter_mut().any(has_work)
                });
            }
        }
        let stopped_at = UnixNanos(stopped_at.load(Ordering::Relaxed));
        self.seats.iter_mut().for_each(|seat| seat.actor.on_stop(stopped_at));
        let refused_notes = self.notes.as_ref().map_or(0, NoteWriter::refused_count);
        FinishedCore { seats: self.seats, refused_notes, duty_cycle_ns }
    }

    /// Gives every actor one turn.
    fn pass(&mut self, now: UnixNanos, status: &CoreStatus) -> Work {
        let mut all = Work::NONE;
        for seat in &mut self.seats {
            status.current_actor.store(u64::from(seat.number), Ordering::Relaxed);
            seat.actor.inboxes().begin_turn(TURN_RECORDS_MAX);
            let work = seat.actor.work(now);
            if work.is_some()
                && let Some(notes) = &mut self.notes
            {
                notes.add(now, seat.number, seat.actor.inboxes());
            }
            all += work;
        }
        if let Some(notes) = &mut self.notes {
            notes.publish(now);
        }
        all
    }

    fn until_due(&self, now: UnixNanos) -> Option<Nanos> {
        if self.wait != Wait::Park {
            return None;
        }
        self.seats.iter().filter_map(|seat| seat.actor.due_at()).min().map(|due_at| due_at.since(now))
    }
}

impl RunningCore {
    /// Asks the loop to end after its pass, its actors stopping at `stopped_at`: as the start, an input of the run.
    pub fn stop(&self, stopped_at: UnixNanos) {
        self.stop.store(stopped_at.0, Ordering::Relaxed);
        self.bell.ring();
    }

    /// True where the thread has ended, wanted or not.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for the loop to end and gives its actors back.
    ///
    /// # Errors
    /// [`CoreError::Panicked`] where an actor panicked.
    pub fn join(self) -> Result<FinishedCore, CoreError> {
        self.thread.join().map_err(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let message = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned();
            CoreError::Panicked { name: self.name, message }
        })
    }
}
