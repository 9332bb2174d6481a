//! The threads of a run, started and stopped.

mod links;
mod recorder;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use fulmar_adapters::transport::{LinkCounters, Tap};
use fulmar_bus::record::{Control, ControlCommand, InstrumentId, UnixNanos};
use fulmar_engine::actors::KeptJournal;
use fulmar_engine::contract::Seal;
use fulmar_engine::runtime::placement::PlacementError;
use fulmar_engine::runtime::{
    Clock, CoreLoop, CoreStatus, HopBoard, HopLatencies, HopStamps, Origin, Seat, Wait, counters,
};
use fulmar_engine::wiring::{Assembly, Surroundings, actor_names, build_shared};

use self::links::start_links;
use self::recorder::recorder;
use super::account::{AccountBoard, AccountNames};
use super::journal::{self, Manifest, Summary};
use super::jumps::JumpWatch;
use super::launch::{Launch, instrument_names};
use super::orders::OrderBoard;
use super::places::Places;
use super::threads::{CoreReport, StoppedCores, Threads};
use crate::bus::{self, AttachedReport, BusServer, Harbour, HarbouredEngine, Logbook};
use crate::configuration::{Configuration, Loaded, PlacementFile};
use crate::supervisor::LinkSupervisor;
use crate::venues;
use crate::window::Picture;

/// A difference between wall clock and engine that is worth a word: requests are signed by the engine's.
const WALL_DIFFERENCE_NS_MAX: u64 = 500_000_000;

/// What signs, by venue.
pub type Seals = BTreeMap<String, Box<dyn Seal>>;

/// A running engine.
pub struct LiveEngine {
    /// What it is made from.
    pub launch: Launch,
    /// Its configuration.
    pub configuration: Configuration,
    clock: Clock,
    hops: HopBoard,
    assembly: Assembly,
    threads: Threads,
    order_cores: BTreeSet<usize>,
    journal: Option<KeptJournal>,
    links: LinkSupervisor,
    link_counters: Vec<Arc<LinkCounters>>,
    /// Where some strategies live in processes.
    bus: Option<BusServer>,
}

/// Why an engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The placement cannot be on this machine.
    #[error("{}", told(.0))]
    Placement(Vec<PlacementError>),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What is left of a run.
pub struct Stopped {
    /// The hash of all that was published, and its parts.
    pub summary: Summary,
    /// What failed: core loops that panicked, a journal that could not be kept. Empty in a sound run.
    pub failures: Vec<String>,
    /// Connections to venues that opened.
    pub connections: u64,
    /// Frames that the feeds took.
    pub frames: u64,
    /// Records that did not reach somebody who was to have them; zero in a sound run.
    pub lost: u64,
    /// Frames that could not be read.
    pub decode_errors: u64,
    /// Latencies of ways and hops.
    pub latencies: HopLatencies,
    /// How each core loop fared.
    pub cores: Vec<CoreReport>,
    /// What the processes of attached strategies did and took.
    pub attached: Vec<AttachedReport>,
    /// What all actors counted, by name; what stayed zero is left out.
    pub counters: BTreeMap<&'static str, u64>,
}

impl LiveEngine {
    /// Starts everything that `launch` says; `seals` fill the gaps of what is sent to trade. Call it within a tokio
    /// runtime, which supervises; nothing of the engine runs on it.
    ///
    /// # Errors
    /// Where the machine, the disk or the configuration does not allow it; nothing is left running then.
    pub async fn start(
        launch: Launch,
        loaded: &Loaded,
        journal_directory: Option<&Path>,
        (tap, seals): (Option<Tap>, Seals),
    ) -> Result<Self, LiveError> {
        let configuration = loaded.configuration.clone();
        let clock = Clock::new();
        let mut plan = launch.plan(&configuration, journal_directory)?;
        let actors = actor_names(&plan);
        let places = places(loaded.placement.as_ref(), actors.clone())?;
        let journal = match journal_directory {
            Some(directory) => {
                Some(journal::start(directory, &configuration, &Manifest { launch: launch.clone(), actors })?)
            }
            None => None,
        };
        let (stamps, hops) = HopStamps::new(clock.clone());
        let bell_of = |actor: &str| places.bell_of(actor);
        let surroundings = Surroundings { bell_of: &bell_of, stamps: Some(stamps) };
        let berths = bus::open(&mut plan, &configuration, &bell_of);
        let harbour = (!berths.is_empty()).then(|| Harbour::of(&configuration)).transpose();
        let harbour = harbour.map_err(anyhow::Error::from)?;
        let memory = harbour.as_ref().map(Harbour::memory).transpose().map_err(anyhow::Error::from)?;
        let mut assembly = build_shared(plan, &surroundings, memory)
            .context("cannot make the channels that are written ahead, or are shared")?;
        let cores = core_loops(&places, &mut assembly, journal.is_some())?;
        let links = std::mem::take(&mut assembly.links);
        let io_cpu = places.placement.io_cpu;
        // The recorder first, then the cores, then the IO: nothing is published that nobody keeps.
        let mut threads = Threads::new(clock.clone(), launch.started_at());
        if let Some(journal) = &journal {
            let core = recorder(&assembly, journal, io_cpu)?;
            threads.start_recorder(core).map_err(anyhow::Error::from)?;
        }
        for core in cores {
            threads.start_core(core).map_err(anyhow::Error::from)?;
        }
        let io = threads.start_io(move || pin(io_cpu)).context("cannot start the IO thread")?;
        let (links, link_counters) = start_links(links, &configuration, &clock, (io, tap, seals)).await?;
        let engine_sleeps = places.placement.cores.iter().any(|core| core.wait == Wait::Park);
        let serve = |harbour: Harbour| {
            let instrument_count = instrument_names(&configuration).len();
            let (epoch, is_in_step) = (launch.epoch, false);
            let engine = HarbouredEngine { epoch, instrument_count, sleeps: engine_sleeps, is_in_step };
            harbour.open(&mut assembly, engine, berths, move || pin(io_cpu))
        };
        let bus = harbour.map(serve).transpose().map_err(anyhow::Error::from)?;
        let order_cores = places.order_cores();
        Ok(LiveEngine {
            launch,
            configuration,
            clock,
            hops,
            assembly,
            threads,
            order_cores,
            journal,
            links,
            link_counters,
            bus,
        })
    }

    /// This moment.
    pub fn now(&self) -> UnixNanos {
        self.clock.now()
    }

    /// Keeps the engine's clock with the wall's; call it about once a second.
    pub fn keep_up(&mut self) {
        let ahead_ns = self.clock.follow_the_wall();
        if ahead_ns.unsigned_abs() > WALL_DIFFERENCE_NS_MAX {
            tracing::warn!(
                "the wall clock is {} ms off the engine's; it was set, or is wrong",
                ahead_ns / 1_000_000
            );
        }
    }

    /// Pictures of all instruments, in the order of their ids.
    pub fn pictures(&self) -> Vec<Picture> {
        let names = instrument_names(&self.configuration);
        let picture = |name: &crate::configuration::InstrumentName| {
            let ring = self.assembly.ring(&format!("market.{name}"));
            Picture::new(&name.symbol, ring.expect("every instrument has its channel").reader())
        };
        names.iter().map(picture).collect()
    }

    /// What books say of jumps. Make it right after the start, and it misses nothing.
    pub fn jump_watch(&self) -> JumpWatch {
        let names = self.instrument_names();
        let ring = |name: &String| self.assembly.ring(&format!("book.{name}"));
        let reader = |name| ring(name).expect("every instrument has its channel").reader();
        JumpWatch::new(names.iter().map(reader).collect())
    }

    /// A board of the orders of all strategies. Make it right after the start, and it misses nothing.
    pub fn order_board(&self) -> OrderBoard {
        let is_told = |name: &str| name.starts_with("reports.") || name == "account";
        let reports = self.assembly.channels().filter(|(channel, _)| is_told(&channel.name));
        OrderBoard::new(reports.map(|(_, ring)| ring.reader()).collect())
    }

    /// What is told of the account from now on.
    pub fn account_board(&self) -> AccountBoard {
        let account = self.assembly.channels().find(|(channel, _)| channel.name == "account");
        let names = AccountNames::of(&self.configuration, self.launch.route);
        AccountBoard::new(account.map(|(_, ring)| ring.reader()), names)
    }

    /// The durable names of all instruments, by id.
    pub fn instrument_names(&self) -> Vec<String> {
        instrument_names(&self.configuration).iter().map(ToString::to_string).collect()
    }

    /// The id of the first instrument that a strategy trades.
    pub fn traded(&self) -> Option<InstrumentId> {
        let traded = self.configuration.strategies.first()?.instruments.first()?;
        let index = instrument_names(&self.configuration).iter().position(|name| name == traded)?;
        Some(venues::instrument_id(index))
    }

    /// Latencies so far.
    pub fn latencies(&self) -> HopLatencies {
        self.hops.latencies()
    }

    /// How each core loop fares, by name.
    pub fn cores(&self) -> impl Iterator<Item = (&str, &Arc<CoreStatus>)> {
        self.threads.cores()
    }

    /// Records published so far.
    pub fn record_count(&self) -> u64 {
        self.assembly.digests().record_count()
    }

    /// The name of a core loop that ended although nobody stopped it.
    pub fn lost_core(&self) -> Option<&str> {
        self.threads.lost()
    }

    /// True where nobody is left to cancel an order, or nobody ever was.
    pub fn has_lost_the_gate(&self) -> bool {
        self.order_cores.is_empty() || self.order_cores.iter().any(|core| self.threads.has_lost(*core))
    }

    /// Lets no order pass and cancels those that stand, where there is a gate that does: the run ends.
    pub fn cancel_all(&mut self) {
        self.command(ControlCommand::Stop);
    }

    /// Lets no order pass that adds, and cancels those that stand: the run goes on.
    pub fn kill(&mut self) {
        self.command(ControlCommand::Kill);
    }

    /// Lets the next process that attaches as `strategy` take the place of the one that is there, with all that it has.
    /// False where no attached strategy is called so.
    pub fn await_successor(&self, strategy: &str) -> bool {
        self.bus.as_ref().is_some_and(|bus| bus.await_successor(strategy))
    }

    fn command(&mut self, command: ControlCommand) {
        let now = self.clock.now();
        let Some(control) = &mut self.assembly.control else { return };
        let command = Control::engine(command);
        if control.send(Origin::time(now), InstrumentId::NONE, &command).is_err() {
            tracing::error!("the gate does not take the word to cancel all");
        }
    }

    /// What stopped the journal, where something did.
    pub fn journal_failure(&self) -> Option<String> {
        Some(format!("{:#}", anyhow::Error::from(self.journal.as_ref()?.failure()?)))
    }

    /// Stops everything: the IO, then the cores, then the recorder once it has kept all, and closes the journal.
    /// Whatever fails, the rest is stopped all the same, and told.
    pub async fn stop(mut self) -> Stopped {
        let links = self.links.stop().await;
        self.threads.stop_io();
        let logbooks = self.bus.take().map(BusServer::stop).unwrap_or_default();
        let stopped_at = self.clock.now();
        let StoppedCores { seats, reports: cores, refused_notes, mut failures } =
            self.threads.stop_cores(stopped_at);
        let mut lost = refused_notes;
        let digests = self.assembly.digests();
        let hex = |(name, records, hash): (String, u64, u64)| (name, records, format!("{hash:016x}"));
        let summary = Summary {
            output_hash: format!("{:016x}", digests.output_hash()),
            records: digests.record_count(),
            stopped_at_ns: stopped_at.0,
            channels: digests.channels().into_iter().map(hex).collect(),
        };
        let now = self.clock.now();
        match (self.threads.stop_recorder(now), &self.journal) {
            (Ok(recorder), Some(journal)) => {
                // A run that failed leaves its journal open: it did not come to its end.
                let summary = failures.is_empty().then_some(&summary);
                let closed = journal::close(journal, recorder, summary, now);
                failures.extend(closed.err().map(|error| format!("{error:#}")));
                lost += journal.counts().1;
            }
            (Ok(_), None) => {}
            (Err(panic), _) => failures.push(panic.to_string()),
        }
        if failures.is_empty() {
            failures.extend(self.launch.held.tidy_up().err().map(|error| format!("{error:#}")));
        }
        for (venue, state) in &links {
            tracing::debug!("{venue}: {}", state.phase);
        }
        let connections = self.link_counters.iter().map(|link| link.report().connections_opened).sum();
        let counters = counters(&seats);
        let counted = |name| counters.get(name).copied().unwrap_or_default();
        lost += counted("lost_records") + counted("malformed_records");
        Stopped {
            summary,
            failures,
            connections,
            frames: counted("frames"),
            lost,
            decode_errors: counted("decode_errors"),
            latencies: self.hops.latencies(),
            cores,
            // Behind the end of the ports, which count until then.
            attached: logbooks.iter().map(Logbook::report).collect(),
            counters,
        }
    }
}

/// Gives each core loop its actors and, where the run is to be playable, a channel for its notes.
fn core_loops(places: &Places, assembly: &mut Assembly, is_noted: bool) -> anyhow::Result<Vec<CoreLoop>> {
    let placement = &places.placement;
    let mut seats: Vec<Vec<Seat>> = placement.cores.iter().map(|_| Vec::new()).collect();
    for seat in std::mem::take(&mut assembly.seats) {
        seats[placement.core_of_actor[usize::from(seat.number)]].push(seat);
    }
    let cores = placement.cores.iter().zip(seats).enumerate();
    let mut core_loops = Vec::new();
    for (index, (core, seats)) in cores {
        let notes = is_noted.then(|| assembly.note_channel(&core.name)).transpose();
        core_loops.push(CoreLoop {
            name: core.name.clone(),
            cpu: core.cpu,
            wait: core.wait,
            bell: places.bell(index),
            seats,
            notes: notes.context("cannot make a channel for notes")?,
        });
    }
    Ok(core_loops)
}

/// Plans the places, and keeps this thread, and those that it starts, off the engine's cores.
fn places(file: Option<&PlacementFile>, actors: Vec<String>) -> Result<Places, LiveError> {
    let places = Places::plan(file, actors).map_err(LiveError::Placement)?;
    pin(places.placement.io_cpu);
    Ok(places)
}

fn pin(cpu: Option<usize>) {
    if let Some(cpu) = cpu
        && !fulmar_engine::runtime::placement::pin_this_thread(cpu)
    {
        tracing::warn!("cannot keep a thread on cpu {cpu}");
    }
}

fn told(errors: &[PlacementError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
