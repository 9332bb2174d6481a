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

mod line;

use fulmar_bus::channel::Poll;
use fulmar_bus::record::{
    AccountId, CancelIntent, ClientOrderId, InstrumentId, Intent, Kind, Malformed, ModifyIntent, Nanos,
    OnDisconnect, Presence, Record, StrategyId, UnixNanos,
};

pub use self::line::Line;
use self::line::Told;
use super::limits::{COMMANDS_PER_TURN_MAX, MISUSE_WINDOW};
use crate::runtime::{Actor, Delivery, Door, Ended, Inboxes, LineStatus, Origin, Outbox, Work};
use crate::trading::OWN_COUNTER_MIN;

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
    /// A process attached.
    Came(Box<Line>),
    /// The process that was there is gone, or was sent away.
    Went(Ended),
}

/// The port of an attached strategy.
pub struct AttachedPort {
    name: String,
    plan: PortPlan,
    inboxes: Inboxes,
    /// `None` in a replay, which repeats what was wanted as the inputs that they were.
    intents: Option<Outbox>,
    line: Option<Line>,
    /// What the gate is to hear and has no room for yet.
    untold: Option<Presence>,
    /// The number of the last order that the process wanted.
    counter: u64,
    misuse: Misuse,
    record: Record,
}

/// Wishes that make no sense, in the present window.
#[derive(Clone, Copy, Debug, Default)]
struct Misuse {
    began_at: UnixNanos,
    count: u32,
}

/// What is wrong with a command.
enum Wrong {
    /// No engine and no program of ours writes such bytes.
    Shape,
    /// It is a command, and of something that is not its strategy's to want.
    Sense,
}

impl From<Malformed> for Wrong {
    fn from(_: Malformed) -> Self {
        Wrong::Shape
    }
}

impl AttachedPort {
    /// A port that nobody is at. `inboxes` give the strategy's reports and nothing else.
    pub fn new(plan: PortPlan, inboxes: Inboxes, intents: Option<Outbox>) -> Self {
        AttachedPort {
            name: format!("strategy.{}", plan.name),
            plan,
            inboxes,
            intents,
            line: None,
            untold: None,
            counter: 0,
            misuse: Misuse::default(),
            record: Record::new(),
        }
    }

    fn on_news(&mut self, news: PortNews) {
        match news {
            PortNews::Came(line) => {
                self.plan.process.status.attach();
                self.line = Some(*line);
                self.misuse = Misuse::default();
                self.untold = Some(Presence::HERE);
            }
            PortNews::Went(ended) => self.part(ended),
        }
    }

    /// The line ends, and the gate hears what is to become of the orders.
    fn part(&mut self, ended: Ended) {
        if self.line.take().is_some() {
            self.plan.process.status.part(ended);
            self.untold = Some(Presence::gone(self.plan.process.on_disconnect));
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
                // A command was seen to wait, and its writer passes no gate: whoever writes by our rules gives it whole.
                Poll::Empty | Poll::Lapped { .. } => self.part(Ended::Damage),
                Poll::Record => match self.judge(now) {
                    Ok(()) => self.plan.process.status.count_command(self.counter),
                    Err(Wrong::Shape) => self.part(Ended::Damage),
                    Err(Wrong::Sense) => self.on_misuse(now),
                },
            }
            work += Work(1);
        }
        work
    }

    /// Sends on the command in our hands, which nobody can change any more.
    fn judge(&mut self, now: UnixNanos) -> Result<(), Wrong> {
        let intents = self.intents.as_mut().expect("commands are taken where intents can be sent");
        let header = self.record.header();
        let (origin, instrument_id) = (Origin::of(&self.record).not_after(now), header.instrument_id);
        let sent = match header.kind() {
            Some(Kind::Intent) => {
                let mut intent = *self.record.read::<Intent>()?;
                let ClientOrderId { epoch, strategy_id, counter, .. } = intent.client_order_id;
                let is_next = counter > self.counter && counter < OWN_COUNTER_MIN;
                if (epoch, strategy_id) != (self.plan.epoch, self.plan.strategy_id) || !is_next {
                    return Err(Wrong::Sense);
                }
                self.counter = counter;
                intent.client_order_id = ClientOrderId::new(epoch, strategy_id, counter);
                (intent.strategy_id, intent.account_id) = (strategy_id, AccountId(0));
                intents.send(origin, instrument_id, &intent)
            }
            Some(Kind::CancelIntent) => {
                let cancel = *self.record.read::<CancelIntent>()?;
                self.plan.owns(cancel.client_order_id)?;
                intents.send(origin, instrument_id, &cancel)
            }
            Some(Kind::ModifyIntent) => {
                let modify = *self.record.read::<ModifyIntent>()?;
                self.plan.owns(modify.client_order_id)?;
                intents.send(origin, instrument_id, &modify)
            }
            _ => return Err(Wrong::Shape),
        };
        assert!(sent.is_ok(), "the ring had room for the longest of them");
        Ok(())
    }

    fn on_misuse(&mut self, now: UnixNanos) {
        self.plan.process.status.count_misuse();
        if now.since(self.misuse.began_at) >= MISUSE_WINDOW {
            self.misuse = Misuse { began_at: now, count: 0 };
        }
        self.misuse.count += 1;
        if self.misuse.count > self.plan.process.misuses_max {
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
                    self.plan.process.status.count_lost();
                    self.untold = Some(Presence::HERE);
                }
                Some(Told::Lost) => self.plan.process.status.count_lost(),
                Some(Told::Given) | None => {}
            }
        }
        work
    }
}

impl PortPlan {
    /// An order that its strategy may change or cancel: one of this boot or an earlier one, and none of the gate's own.
    fn owns(&self, id: ClientOrderId) -> Result<(), Wrong> {
        let is_own = id.strategy_id == self.strategy_id
            && (1..=self.epoch).contains(&id.epoch)
            && id.counter < OWN_COUNTER_MIN;
        if is_own { Ok(()) } else { Err(Wrong::Sense) }
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
        !self.plan.process.door.is_empty() || self.line.as_ref().is_some_and(Line::has_commands)
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = self.give_reports();
        while let Some(news) = self.plan.process.door.take() {
            work += Work(1);
            self.on_news(news);
        }
        work += self.tell_gate(now);
        work += self.take_commands(now);
        if self.line.as_mut().is_some_and(|line| line.is_silent(now, self.plan.process.silence_max)) {
            work += Work(1);
            self.part(Ended::Silence);
        }
        // A line that just ended is told of at once.
        work += self.tell_gate(now);
        if let Some(line) = &mut self.line {
            line.wake(now);
            self.plan.process.status.show_lag(line.lag());
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.line.as_ref().map(|line| line.silent_at(self.plan.process.silence_max))
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.plan.process.status.counters(tell);
    }
}

/// Slots that the longest command takes on its way to the gate.
const INTENT_SLOTS: usize = fulmar_bus::record::RECORD_SLOTS_MAX;
