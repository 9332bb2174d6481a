//! The threads of a run: the IO, the core loops, the recorder.
//!
//! They end with whoever holds them. A start that fails half-way, and an engine that is dropped, leave none behind.

use std::io;
use std::sync::Arc;

use fulmar_adapters::transport::{IoThread, spawn_io_thread};
use fulmar_bus::record::UnixNanos;
use fulmar_engine::runtime::{Clock, CoreError, CoreLoop, CoreStatus, FinishedCore, RunningCore, Seat};
use serde::Serialize;

use super::report::Latency;

/// The threads that run.
pub(super) struct Threads {
    clock: Clock,
    started_at: UnixNanos,
    io: Option<IoThread>,
    cores: Vec<RunningCore>,
    recorder: Option<RunningCore>,
}

/// How one core loop fared.
#[derive(Clone, Debug, Serialize)]
pub struct CoreReport {
    /// Its name.
    pub name: String,
    /// Passes over its actors.
    pub passes: u64,
    /// Passes that had work.
    pub busy_passes: u64,
    /// How long those took, in nanoseconds.
    pub duty_cycle_ns: Latency,
}

/// What is left of all core loops.
#[derive(Default)]
pub(super) struct StoppedCores {
    /// The actors of those that came to their end.
    pub(super) seats: Vec<Seat>,
    /// How they fared.
    pub(super) reports: Vec<CoreReport>,
    /// Notes that found no room.
    pub(super) refused_notes: u64,
    /// The panics of the others.
    pub(super) failures: Vec<String>,
}

impl Threads {
    /// None yet; core loops will start at `started_at`.
    pub(super) fn new(clock: Clock, started_at: UnixNanos) -> Self {
        Threads { clock, started_at, io: None, cores: Vec::new(), recorder: None }
    }

    pub(super) fn start_recorder(&mut self, core: CoreLoop) -> Result<(), CoreError> {
        self.recorder = Some(core.start(self.clock.clone(), self.started_at)?);
        Ok(())
    }

    pub(super) fn start_core(&mut self, core: CoreLoop) -> Result<(), CoreError> {
        self.cores.push(core.start(self.clock.clone(), self.started_at)?);
        Ok(())
    }

    pub(super) fn start_io(&mut self, before_start: impl FnOnce() + Send + 'static) -> io::Result<&IoThread> {
        Ok(self.io.insert(spawn_io_thread("io", before_start)?))
    }

    /// How each core loop fares, by name.
    pub(super) fn cores(&self) -> impl Iterator<Item = (&str, &Arc<CoreStatus>)> {
        self.cores.iter().map(|core| (core.name(), &core.status))
    }

    /// The name of a core loop, or of the recorder's, that ended although nobody stopped it.
    pub(super) fn lost(&self) -> Option<&str> {
        self.cores.iter().chain(&self.recorder).find(|core| core.has_ended()).map(RunningCore::name)
    }

    /// True where the core loop that was started as this one ended although nobody stopped it.
    pub(super) fn has_lost(&self, core: usize) -> bool {
        self.cores[core].has_ended()
    }

    pub(super) fn stop_io(&mut self) {
        if let Some(io) = self.io.take() {
            io.stop();
        }
    }

    /// Stops every core loop at `stopped_at`.
    pub(super) fn stop_cores(&mut self, stopped_at: UnixNanos) -> StoppedCores {
        self.cores.iter().for_each(|core| core.stop(stopped_at));
        let mut stopped = StoppedCores::default();
        for core in self.cores.drain(..) {
            let (name, status) = (core.name().to_owned(), Arc::clone(&core.status));
            match core.join() {
                Ok(finished) => stopped.add(name, &status, finished),
                Err(panic) => stopped.failures.push(panic.to_string()),
            }
        }
        stopped
    }

    /// Stops the recorder, where there is one, and gives it back.
    ///
    /// # Errors
    /// [`CoreError::Panicked`] where it panicked.
    pub(super) fn stop_recorder(&mut self, stopped_at: UnixNanos) -> Result<Vec<Seat>, CoreError> {
        let Some(recorder) = self.recorder.take() else { return Ok(Vec::new()) };
        recorder.stop(stopped_at);
        Ok(recorder.join()?.seats)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop_io();
        let now = self.clock.now();
        self.stop_cores(now);
        // Whoever drops them has another failure to tell.
        let _ = self.stop_recorder(now);
    }
}

impl StoppedCores {
    fn add(&mut self, name: String, status: &CoreStatus, finished: FinishedCore) {
        self.refused_notes += finished.refused_notes;
        self.seats.extend(finished.seats);
        let duty_cycle_ns = Latency::from(&finished.duty_cycle_ns);
        let (passes, busy_passes) = (status.passes(), status.busy_passes());
        self.reports.push(CoreReport { name, passes, busy_passes, duty_cycle_ns });
    }
}
