//! The port of a strategy whose process is not ours: it carries what that process wants to the gate, and what becomes
//! of it back. Market data takes no port: the process reads the engine's own rings.
//!
//! Reads: the strategy's reports, and the command ring of the process that is attached. Writes: the strategy's intents,
//! which are inputs of the run, and the event ring of the process. Owns: the line to the process, while there is one.
//! On failure: as every actor.
//!
//! The command ring is hostile ground. What stands there is copied first and looked at then, by kind, shape and number;
//! whose it is, the line says and never the record. A process may lie about anything, and loses nobody's time but its
//! own: so many commands a turn, so many a second, and what is no command ends its line. The port never waits for it:
//! where it leaves no room for its events, they are lost to it, it hears so, and is told all of its orders anew.

mod claim;
mod line;
mod stepped;

use fulmar_bus::channel::Poll;
use fulmar_bus::record::{InstrumentId, Nanos, OnDisconnect, Presence, Record, StrategyId, UnixNanos};

use self::claim::{Claim, Wrong};
pub use self::line::Line;
use self::line::Told;
pub(super) use self::stepped::turn_done;
pub use self::stepped::{StepPlan, SteppedHost};
use super::limits::{COMMANDS_PER_TURN_MAX, MISUSE_WINDOW};
use crate::runtime::{Actor, Delivery, Door, Ended, Inboxes, LineStatus, Origin, Outbox, Work};

/// What a port is made for.
pub struct PortPlan {
    /// What its strategy is called.
    pub name: String,
    /// Its strategy's number in this boot.
    pub strategy_id: StrategyId,
    /// The boot.
    pub epoch: u32,
    /// The process that is waited for.
    pub process: ProcessPlan,
}

/// How a process is waited for that is to be a strategy.
pub struct ProcessPlan {
    /// What becomes of orders and positions when it goes.
    pub on_disconnect: OnDisconnect,
    /// How long it may show no sign of life.
    pub silence_max: Nanos,
    /// How often in a minute it may want what makes no sense before it is sent away.
    pub misuses_max: u32,
    /// Through which it comes. In a replay nobody does.
    pub door: Door<PortNews>,
    /// What operators see of it.
    pub status: LineStatus,
    /// A run is played again: nobody comes, and what was wanted then is an input.
    pub is_played: bool,
}

/// What happens at the door of a port.
pub enum PortNews {
    /// A process attached. Where one is there already, it takes its place: what that one has is told anew to this one,
    /// and nothing of it is canceled.
    Came(Box<Line>),
    /// The process that was there is gone, or was sent away.
    Went(Ended),
}

/// The port of an attached strategy.
pub struct AttachedPort {
    name: String,
    process: ProcessPlan,
    claim: Claim,
    inboxes: Inboxes,
    /// `None` in a replay, which repeats what was wanted as the inputs that they were.
    intents: Option<Outbox>,
    line: Option<Line>,
    /// What the gate is to hear and has no room for yet.
    untold: Option<Presence>,
    misuse: Misuse,
    record: Record,
}

/// Wishes that make no sense, in the present window.
#[derive(Clone, Copy, Debug, Default)]
struct Misuse {
    began_at: UnixNanos,
    count: u32,
}

impl AttachedPort {
    /// A port that nobody is at. `inboxes` give the strategy's reports and nothing else.
    pub fn new(plan: PortPlan, inboxes: Inboxes, intents: Option<Outbox>) -> Self {
        AttachedPort {
            name: format!("strategy.{}", plan.name),
            process: plan.process,
            claim: Claim::new(plan.epoch, plan.strategy_id),
            inboxes,
            intents,
            line: None,
            untold: None,
            misuse: Misuse::default(),
            record: Record::new(),
        }
    }

    fn on_news(&mut self, news: PortNews) {
        match news {
            PortNews::Came(line) => {
                if self.line.replace(*line).is_some() {
                    self.process.status.part(Ended::Replaced);
                }
                self.process.status.attach();
                self.misuse = Misuse::default();
                self.untold = Some(Presence::HERE);
            }
            PortNews::Went(ended) => self.part(ended),
        }
    }

    /// The line ends, and the gate hears what is to become of the orders.
    fn part(&mut self, ended: Ended) {
        if self.line.take().is_some() {
            self.process.status.part(ended);
            self.untold = Some(Presence::gone(self.process.on_disconnect));
        }
    }

    /// Gives the gate what it did not hear yet.
    fn tell_gate(&mut self, now: UnixNanos) -> Work {
        let (Some(intents), Some(presence)) = (&mut self.intents, self.untold) else { return Work::NONE };
        let is_told = intents.send(Origin::time(now), InstrumentId::NONE, &presence).is_ok();
        self.untold = self.untold.filter(|_| !is_told);
        Work(u32::from(is_told))
    }

    /// Carries commands to the gate, until there are no more, or it is another's turn.
    fn take_commands(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        for _ in 0..COMMANDS_PER_TURN_MAX {
            // What came before it is told before it.
            let (Some(line), Some(intents), None) = (&mut self.line, &mut self.intents, &self.untold) else {
                break;
            };
            if !intents.has_room(INTENT_SLOTS) || !line.may_command(now) {
                break;
            }
            match line.commands.poll(&mut self.record) {
                // A command was seen to wait, and its writer passes no gate: who keeps to the rules gives it whole.
                Poll::Empty | Poll::Lapped { .. } => self.part(Ended::Damage),
                Poll::Record => match self.claim.carry(&self.record, now, intents) {
                    Ok(()) => self.process.status.count_command(self.claim.counter()),
                    Err(Wrong::Shape) => self.part(Ended::Damage),
                    Err(Wrong::Sense) => self.on_misuse(now),
                    Err(Wrong::NoRoom) => unreachable!("the ring had room for the longest of them"),
                },
            }
            work += Work(1);
        }
        work
    }

    fn on_misuse(&mut self, now: UnixNanos) {
        self.process.status.count_misuse();
        if now.since(self.misuse.began_at) >= MISUSE_WINDOW {
            self.misuse = Misuse { began_at: now, count: 0 };
        }
        self.misuse.count += 1;
        if self.misuse.count > self.process.misuses_max {
            self.part(Ended::Misuse);
        }
    }

    /// Gives the process the reports of its strategy.
    fn give_reports(&mut self) -> Work {
        let mut work = Work::NONE;
        if let Some(line) = &mut self.line {
            line.free_events();
        }
        while let Some((_, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let Delivery::Record(report) = delivery else {
                unreachable!("reports are read through a gate");
            };
            match self.line.as_mut().map(|line| line.give(report)) {
                Some(Told::LostFirst) => {
                    self.process.status.count_lost();
                    self.untold = Some(Presence::HERE);
                }
                Some(Told::Lost) => self.process.status.count_lost(),
                Some(Told::Given) | None => {}
            }
        }
        work
    }
}

impl Actor for AttachedPort {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn has_callers(&self) -> bool {
        !self.process.door.is_empty() || self.line.as_ref().is_some_and(Line::has_commands)
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = self.give_reports();
        while let Some(news) = self.process.door.take() {
            work += Work(1);
            self.on_news(news);
        }
        work += self.tell_gate(now);
        work += self.take_commands(now);
        if self.line.as_mut().is_some_and(|line| line.is_silent(now, self.process.silence_max)) {
            work += Work(1);
            self.part(Ended::Silence);
        }
        // A line that just ended is told of at once.
        work += self.tell_gate(now);
        if let Some(line) = &mut self.line {
            line.wake(now);
            self.process.status.show_lag(line.lag());
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.line.as_ref().map(|line| line.silent_at(self.process.silence_max))
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.process.status.counters(tell);
    }
}

/// Slots that the longest command takes on its way to the gate.
const INTENT_SLOTS: usize = fulmar_bus::record::RECORD_SLOTS_MAX;
