//! What operators see of a port while it runs. Whoever looks never touches the port.

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
}

impl Ended {
    /// Why, in words for a log.
    pub const fn words(self) -> &'static str {
        match self {
            Ended::Gone => "its process is gone",
            Ended::Silence => "its process shows no sign of life",
            Ended::Damage => "it wrote what is no command into its ring",
            Ended::Misuse => "it wanted too often what is not its own, or what was wanted before",
        }
    }
}

/// The figures of one port.
#[derive(Debug, Default)]
pub struct PortStatus {
    /// Lines so far, and those that ended; they differ by one while a process is attached.
    lines: AtomicU64,
    ended: AtomicU64,
    /// How the last one ended.
    last_end: AtomicU64,
    quarantines: AtomicU64,
    commands: AtomicU64,
    counter: AtomicU64,
    misuses: AtomicU64,
    lost: AtomicU64,
    lag: AtomicU64,
}

/// The port alone writes, so that a load and a store are enough.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl PortStatus {
    /// True while a process is attached.
    pub fn is_attached(&self) -> bool {
        // PAIRS WITH: the release store in `part`.
        let ended = self.ended.load(Ordering::Acquire);
        self.lines.load(Ordering::Relaxed) != ended
    }

    /// Lines that ended so far, and how the last one did.
    pub fn ends(&self) -> (u64, Option<Ended>) {
        // PAIRS WITH: the release store in `part`.
        let ended = self.ended.load(Ordering::Acquire);
        let last = match self.last_end.load(Ordering::Relaxed) {
            1 => Some(Ended::Gone),
            2 => Some(Ended::Silence),
            3 => Some(Ended::Damage),
            4 => Some(Ended::Misuse),
            _ => None,
        };
        (ended, last)
    }

    /// The number of the last order that its strategy wanted: the next process goes on from there.
    pub fn counter(&self) -> u64 {
        self.counter.load(Ordering::Relaxed)
    }

    /// Events that the process has not read.
    pub fn lag(&self) -> u64 {
        self.lag.load(Ordering::Relaxed)
    }

    pub(super) fn attach(&self) {
        add(&self.lines, 1);
    }

    pub(super) fn part(&self, ended: Ended) {
        let number = match ended {
            Ended::Gone => 1,
            Ended::Silence => 2,
            Ended::Damage => 3,
            Ended::Misuse => 4,
        };
        self.last_end.store(number, Ordering::Relaxed);
        add(&self.quarantines, u64::from(matches!(ended, Ended::Damage | Ended::Misuse)));
        // PAIRS WITH: the acquire loads in `ends` and `is_attached`: who sees the end sees how it was.
        self.ended.store(self.ended.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    pub(super) fn count_command(&self, counter: u64) {
        add(&self.commands, 1);
        self.counter.store(counter, Ordering::Relaxed);
    }

    pub(super) fn count_misuse(&self) {
        add(&self.misuses, 1);
    }

    pub(super) fn count_lost(&self) {
        add(&self.lost, 1);
    }

    pub(super) fn show_lag(&self, lag: u64) {
        self.lag.store(lag, Ordering::Relaxed);
    }

    /// Tells every figure by its name.
    pub fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let figures = [
            ("attached_lines", &self.lines),
            ("attached_commands", &self.commands),
            ("attached_misuses", &self.misuses),
            ("attached_events_lost", &self.lost),
            ("attached_quarantines", &self.quarantines),
        ];
        figures.into_iter().for_each(|(name, figure)| tell(name, figure.load(Ordering::Relaxed)));
    }
}
