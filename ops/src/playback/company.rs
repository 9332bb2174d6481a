//! Strategies of a journal that are had elsewhere while it is played: each turn that the run gave them is given to a
//! process, in step, and what that wants takes the place of what the run's own code would want. Where it wants the
//! same, the play comes to the run's hash.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};

use anyhow::bail;
use fulmar_bus::segment::{SegmentBuilder, SegmentOptions};
use fulmar_engine::actors::StepPlan;
use fulmar_engine::runtime::{Doorbell, Ended, LineStatus, door};
use fulmar_engine::wiring::{Assembly, EnginePlan, Home};

use crate::bus::{self, Berth, BusServer, Harbour, HarbouredEngine};
use crate::configuration::{Backend, Configuration};
use crate::output;

/// Who is to come, and where.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Names of strategies.
    pub names: Vec<String>,
    /// Where their processes come to.
    pub socket: PathBuf,
}

/// Before the engine is built: the place where they will come.
pub struct Welcoming {
    harbour: Harbour,
    berths: Vec<Berth>,
    bell: Doorbell,
    engine: HarbouredEngine,
}

/// Those who came. They are let go when this is dropped.
pub struct Company {
    _bus: BusServer,
    statuses: Vec<(String, LineStatus)>,
}

/// Unparks whoever waits for them.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Welcoming {
    /// Gives the named strategies of `plan` a home elsewhere.
    ///
    /// # Errors
    /// Where the plan has no such strategy, or the run had it elsewhere too.
    pub fn prepare(
        invitation: &Invitation,
        plan: &mut EnginePlan,
        configuration: &Configuration,
    ) -> anyhow::Result<Self> {
        for name in &invitation.names {
            let names: Vec<String> = plan.strategies.iter().map(|strategy| strategy.name.clone()).collect();
            let Some(strategy) = plan.strategies.iter_mut().find(|strategy| strategy.name == *name) else {
                bail!("the run had no strategy \"{name}\"; it had {}", names.join(", "));
            };
            let Home::Engine(_) = strategy.home else {
                bail!(
                    "\"{name}\" lived in a process of its own in the run too: what it wanted is an input of the \
                     journal, and is played as such"
                );
            };
            strategy.home = Home::Step(StepPlan { door: door(1).1, status: LineStatus::default() });
        }
        let instrument_count = plan.instruments.len();
        let engine = HarbouredEngine { epoch: plan.epoch, instrument_count, sleeps: false, is_in_step: true };
        let bell = Doorbell::new();
        let berths = bus::open(plan, configuration, &|_| Some(bell.clone()));
        let harbour = Harbour::at(invitation.socket.clone(), Backend::Memfd, SegmentOptions::default())?;
        Ok(Welcoming { harbour, berths, bell, engine })
    }

    /// The memory that market data is to lie in.
    ///
    /// # Errors
    /// Where there is none such.
    pub fn memory(&self) -> anyhow::Result<SegmentBuilder> {
        Ok(self.harbour.memory()?)
    }

    /// Lets them come, and waits until all are there.
    ///
    /// # Errors
    /// Where they cannot come.
    pub fn receive(self, assembly: &mut Assembly) -> anyhow::Result<Company> {
        let Welcoming { harbour, berths, bell, engine } = self;
        let of_berth = |berth: &Berth| (berth.name.clone(), berth.status.clone());
        let statuses: Vec<(String, LineStatus)> = berths.iter().map(of_berth).collect();
        let socket = harbour.socket().to_owned();
        let expected = berths.len();
        let bus = harbour.open(assembly, engine, berths, || {})?;
        for (name, _) in &statuses {
            output::notice(format_args!("waiting for a process to be \"{name}\" at {}", socket.display()));
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let come = || assembly.seats.iter().filter(|seat| seat.actor.has_callers()).count();
        loop {
            bell.wait_with(&waker);
            if come() == expected {
                return Ok(Company { _bus: bus, statuses });
            }
            thread::park();
        }
    }
}

impl Company {
    /// # Errors
    /// Where somebody went before the end.
    pub fn is_complete(&self) -> anyhow::Result<()> {
        for (name, status) in &self.statuses {
            if let (1.., how) = status.ends() {
                let why = how.map_or("it went", Ended::words);
                bail!("the process that is \"{name}\" left before the end of the journal: {why}");
            }
        }
        Ok(())
    }
}
