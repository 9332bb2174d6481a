//! What operators see of the line to an attached process while it runs. Whoever looks never touches the actor that
//! keeps the line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The process went, or its connection did.
    Gone,
    /// It showed no sign of life.
    Silence,
    /// It wrote what no program of ours writes: it is in quarantine.
    Damage,
    /// It wanted too often what makes no sense: likewise.
    Misuse,
    /// It said over its connection what no program of ours says: likewise.
    Speech,
    /// Another process took its place, and has what it had.
    Replaced,
    /// In step with the engine, there was no room for what it wanted, or was to be told.
    NoRoom,
}

impl Ended {
    /// Why, in words for a log.
    pub const fn words(self) -> &'static str {
        match self {
            Ended::Gone => "its process is gone",
            Ended::Silence => "its process shows no sign of life",
            Ended::Damage => "it wrote what is no command into its ring",
            Ended::Misuse => "it wanted too often what is not its own, or what was wanted before",
            Ended::Speech => "it said over its connection what no client says",
            Ended::Replaced => "another process took its place",
            Ended::NoRoom => {
                "there was no room for what it wanted, or was to be told, in step with the engine"
            }
        }
    }

    /// True where it was the process's own misdeed.
    pub const fn is_quarantine(self) -> bool {
        matches!(self, Ended::Damage | Ended::Misuse | Ended::Speech)
    }
}

/// What the processes of one port did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFigures {
    /// How often one attached.
    pub lines: u64,
    /// Orders, changes and cancels that the gate was given.
    pub commands: u64,
    /// Those of them that were orders.
    pub orders: u64,
    /// What was wanted and made no sense.
    pub misuses: u64,
    /// Lines that were ended for it, or for damage.
    pub quarantines: u64,
    /// Events that found no room.
    pub events_lost: u64,
    /// The most events that one had not read at a time.
    pub lag_events_max: u64,
}

/// The figures of one port's lines. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct LineStatus(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    /// Lines so far, and those that ended; they differ by one while a process is attached.
    lines: AtomicU64,
    ended: AtomicU64,
    /// How the last one ended.
    last_end: AtomicU64,
    quarantines: AtomicU64,
    commands: AtomicU64,
    orders: AtomicU64,
    counter: AtomicU64,
    misuses: AtomicU64,
    lost: AtomicU64,
    lag: AtomicU64,
    lag_max: AtomicU64,
}

/// One actor alone writes, so that a load and a store are enough.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl LineStatus {
    /// True while a process is attached.
    pub fn is_attached(&self) -> bool {
        // PAIRS WITH: the release store in `part`.
        let ended = self.0.ended.load(Ordering::Acquire);
        self.0.lines.load(Ordering::Relaxed) != ended
    }

    /// Lines so far. Who sees one more sees all that was counted before it.
    pub fn lines(&self) -> u64 {
        // PAIRS WITH: the release store in `attach`.
        self.0.lines.load(Ordering::Acquire)
    }

    /// All that was counted so far.
    pub fn figures(&self) -> LineFigures {
        let of = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        LineFigures {
            lines: self.lines(),
            commands: of(&self.0.commands),
            orders: of(&self.0.orders),
            misuses: of(&self.0.misuses),
            quarantines: of(&self.0.quarantines),
            events_lost: of(&self.0.lost),
            lag_events_max: of(&self.0.lag_max),
        }
    }

    /// Lines that ended so far, and how the last one did.
    pub fn ends(&self) -> (u64, Option<Ended>) {
        // PAIRS WITH: the release store in `part`.
        let ended = self.0.ended.load(Ordering::Acquire);
        let last = match self.0.last_end.load(Ordering::Relaxed) {
            1 => Some(Ended::Gone),
            2 => Some(Ended::Silence),
            3 => Some(Ended::Damage),
            4 => Some(Ended::Misuse),
            5 => Some(Ended::Replaced),
            6 => Some(Ended::NoRoom),
            7 => Some(Ended::Speech),
            _ => None,
        };
        (ended, last)
    }

    /// The number of the last order that its strategy wanted: the next process goes on from there.
    pub fn counter(&self) -> u64 {
        self.0.counter.load(Ordering::Relaxed)
    }

    /// Events that the process has not read.
    pub fn lag(&self) -> u64 {
        self.0.lag.load(Ordering::Relaxed)
    }

    /// A process attached.
    pub fn attach(&self) {
        // PAIRS WITH: the acquire load in `lines`: who sees the line sees the orders that were wanted before it.
        self.0.lines.store(self.0.lines.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Its line ended.
    pub fn part(&self, ended: Ended) {
        let number = match ended {
            Ended::Gone => 1,
            Ended::Silence => 2,
            Ended::Damage => 3,
            Ended::Misuse => 4,
            Ended::Replaced => 5,
            Ended::NoRoom => 6,
            Ended::Speech => 7,
        };
        self.0.last_end.store(number, Ordering::Relaxed);
        add(&self.0.quarantines, u64::from(ended.is_quarantine()));
        // PAIRS WITH: the acquire loads in `ends` and `is_attached`: who sees the end sees how it was.
        self.0.ended.store(self.0.ended.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// It wanted something; its last order is of this number.
    pub fn count_command(&self, counter: u64) {
        add(&self.0.commands, 1);
        add(&self.0.orders, u64::from(counter != self.counter()));
        self.0.counter.store(counter, Ordering::Relaxed);
    }

    /// It wanted what makes no sense.
    pub fn count_misuse(&self) {
        add(&self.0.misuses, 1);
    }

    /// An event found no room.
    pub fn count_lost(&self) {
        add(&self.0.lost, 1);
    }

    /// It has not read so many events.
    pub fn show_lag(&self, lag: u64) {
        self.0.lag.store(lag, Ordering::Relaxed);
        if lag > self.0.lag_max.load(Ordering::Relaxed) {
            self.0.lag_max.store(lag, Ordering::Relaxed);
        }
    }

    /// Tells every figure by its name.
    pub fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let figures = self.figures();
        tell("attached_lines", figures.lines);
        tell("attached_commands", figures.commands);
        tell("attached_misuses", figures.misuses);
        tell("attached_events_lost", figures.events_lost);
        tell("attached_quarantines", figures.quarantines);
    }
}
