//! Stands in for a strategy of the engine that runs in a process of its own, in step with the engine: every turn is
//! given to the process as it is noted, and the engine goes on once the process says that the turn is done.
//!
//! Reads: what the strategy would read. Writes: the strategy's intents. Owns: the line to the process. On failure:
//! where the process goes, or wants what a strategy cannot want, the line ends and the strategy wants nothing any more;
//! whoever runs the engine sees so in the status of the line.
//!
//! In step, the process drains what the strategy would have drained and acts at the same moment, so that it wants the
//! same, whichever language it is written in and however slow it is. The engine waits for it without limit: it may be
//! held by a debugger. So this is for runs that are played, in which nobody's money waits.

use fulmar_bus::channel::Poll;
use fulmar_bus::record::{Kind, StrategyId, Timer, UnixNanos};

use super::claim::{Claim, Wrong};
use super::{Line, PortNews, Told};
use crate::actors::StrategyPorts;
use crate::runtime::{Actor, Delivery, Door, Ended, Inboxes, LineStatus, Outbox, Work, give_way};

/// How often the process is looked at before others may run.
const LOOKS_MAX: u32 = 2_000;

/// A turn may drain what came since it began, so that its moment is no bound for when that was received.
const LATEST_AT: UnixNanos = UnixNanos(u64::MAX);

/// Through which a process comes that is to be a strategy in step with the engine.
pub struct StepPlan {
    /// Where it comes. It is there before the engine starts.
    pub door: Door<PortNews>,
    /// What operators see of it.
    pub status: LineStatus,
}

/// What the process says behind all that it wanted in a turn: when its strategy is due next.
pub(in crate::actors) fn turn_done(due_at: Option<UnixNanos>) -> Timer {
    Timer { tag: u64::from(due_at.is_some()), due_at: due_at.unwrap_or(UnixNanos(0)) }
}

fn due_after(done: &Timer) -> Option<UnixNanos> {
    (done.tag != 0).then_some(done.due_at)
}

/// The actor of a strategy whose turns are had elsewhere.
pub struct SteppedHost {
    name: String,
    inboxes: Inboxes,
    intents: Outbox,
    claim: Claim,
    process: StepPlan,
    line: Option<Line>,
    /// When the strategy has something to do by itself, as its process says.
    due_at: Option<UnixNanos>,
}

impl SteppedHost {
    /// Stands in for the strategy called `name`, whose orders name this boot and strategy id.
    pub fn new(
        name: &str,
        (epoch, strategy_id): (u32, StrategyId),
        process: StepPlan,
        ports: StrategyPorts,
        intents: Outbox,
    ) -> Self {
        SteppedHost {
            name: format!("strategy.{name}"),
            inboxes: ports.into_inboxes(),
            intents,
            claim: Claim::new(epoch, strategy_id),
            process,
            line: None,
            due_at: None,
        }
    }

    /// Has the process take the turn that it was given, and carries on what it wants.
    fn step(&mut self) {
        while let Some(line) = &mut self.line {
            match line.await_command(LOOKS_MAX) {
                Poll::Empty => {
                    if let Some(PortNews::Went(ended)) = self.process.door.take() {
                        return self.part(ended);
                    }
                    give_way();
                }
                Poll::Lapped { .. } => self.part(Ended::Damage),
                Poll::Record if line.command().header().kind() == Some(Kind::Timer) => {
                    match line.command().read::<Timer>() {
                        Ok(done) => self.due_at = due_after(done),
                        Err(_) => self.part(Ended::Damage),
                    }
                    return;
                }
                Poll::Record => match self.claim.carry(line.command(), LATEST_AT, &mut self.intents) {
                    Ok(()) => self.process.status.count_command(self.claim.counter()),
                    Err(Wrong::Shape) => self.part(Ended::Damage),
                    Err(Wrong::Sense) => self.part(Ended::Misuse),
                    Err(Wrong::NoRoom) => self.part(Ended::NoRoom),
                },
            }
        }
    }

    fn part(&mut self, ended: Ended) {
        self.process.status.part(ended);
        (self.line, self.due_at) = (None, None);
    }
}

impl Actor for SteppedHost {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn on_start(&mut self, now: UnixNanos) {
        if let Some(PortNews::Came(line)) = self.process.door.take() {
            self.process.status.attach();
            self.line.insert(*line).begin_or_end(now);
            self.step();
        }
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            // The first inbox gives its reports; the rest the process reads where they are.
            if let (0, Delivery::Record(report), Some(line)) = (inbox, delivery, &mut self.line)
                && line.give(report) != Told::Given
            {
                self.part(Ended::NoRoom);
            }
        }
        let is_due = self.due_at.is_some_and(|due_at| due_at <= now);
        if (work.is_some() || is_due)
            && let Some(line) = &mut self.line
        {
            work += Work(u32::from(is_due));
            line.give_turn(now, &self.inboxes);
            self.step();
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    fn has_callers(&self) -> bool {
        !self.process.door.is_empty()
    }

    fn on_stop(&mut self, now: UnixNanos) {
        if let Some(line) = &mut self.line {
            line.begin_or_end(now);
            self.step();
        }
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.process.status.counters(tell);
    }
}
