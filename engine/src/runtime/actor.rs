//! An actor is a turn: it drains a bounded batch of records and says how much it did.
//!
//! What an actor does depends on the records that it drained, on their order, and on the `now` it was given; on nothing
//! else. It never reads a clock, opens a socket, waits, or shares memory other than through its ports.

use std::ops::{Add, AddAssign};

use fulmar_bus::record::UnixNanos;

use super::port::Inboxes;

/// One part of the engine that runs by turns.
pub trait Actor: Send {
    /// Its name, such as `book.binance-spot:BTCUSDT`: what placement, notes and logs call it.
    fn name(&self) -> &str;

    /// Its inboxes. The runtime says how much of each a turn may drain, and notes how much it did.
    fn inboxes(&mut self) -> &mut Inboxes;

    /// Called once, before the first turn.
    fn on_start(&mut self, _now: UnixNanos) {}

    /// Drains its inboxes and does what is due at `now`. A turn that returns no work must have changed nothing.
    fn work(&mut self, now: UnixNanos) -> Work;

    /// The earliest moment at which it has something to do without a record coming in.
    fn due_at(&self) -> Option<UnixNanos> {
        None
    }

    /// True where something waits for it that no inbox gives. Asked before its core sleeps.
    fn has_callers(&self) -> bool {
        false
    }

    /// Called once, after the last turn.
    fn on_stop(&mut self, _now: UnixNanos) {}

    /// Tells what it counted, by name. Asked for between turns, never on the path of a tick.
    fn counters(&self, _tell: &mut dyn FnMut(&'static str, u64)) {}
}

/// How much a turn did: records drained and timers fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work(pub u32);

impl Work {
    /// Nothing was to be done.
    pub const NONE: Work = Work(0);

    /// True where something was done.
    pub const fn is_some(self) -> bool {
        self.0 > 0
    }
}

impl Add for Work {
    type Output = Work;
    fn add(self, other: Work) -> Work {
        Work(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        *self = *self + other;
    }
}
