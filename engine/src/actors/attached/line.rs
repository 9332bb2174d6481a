//! The line to one attached process: its commands, its events, its page, and the bell at its bed.

use std::task::Waker;

use fulmar_bus::attach::CursorPage;
use fulmar_bus::channel::{Poll, Reader, Ring, Writer};
use fulmar_bus::record::{Kind, Nanos, Presence, PresenceNews, Record, UnixNanos};

use crate::actors::limits::{EVENTS_FREED_PER_TURN_MAX, WAKE_INTERVAL};
use crate::runtime::{Inboxes, NoteWriter, Outbox};
use crate::trading::TokenBucket;

/// The engine's ends of what it shares with one process.
pub struct Line {
    pub(super) commands: Reader,
    /// Commands that it may still give.
    budget: TokenBucket,
    events: Writer,
    /// Holds back what the process did not say that it read.
    unread: Reader,
    /// Events found no room, and the gate has not begun to tell all anew.
    is_behind: bool,
    page: CursorPage,
    beats: u64,
    beaten_at: Option<UnixNanos>,
    waker: Waker,
    /// What it may sleep through: the ends of its events and of the market data that it reads.
    markets: Vec<Ring>,
    told_end: u64,
    woken_at: UnixNanos,
    /// Where its turns are given, one by one.
    turns: Option<NoteWriter>,
    record: Record,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It stands in the ring.
    Given,
    /// There was no room for it, nor for what came before it.
    Lost,
    /// It is the first for which there was none.
    LostFirst,
}

impl Line {
    /// A line over the command ring that the process writes, the event ring that it reads, its page, and the market
    /// data that it reads; `waker` wakes it. It may give so many commands in each second.
    ///
    /// # Panics
    /// Where the gate of either ring is taken: both were made for this line.
    pub fn new(
        commands: &Ring,
        (events, event_ring): (Writer, &Ring),
        (page, waker): (CursorPage, Waker),
        markets: Vec<Ring>,
        commands_max: u32,
    ) -> Self {
        let made = "the ring was made for this line, with a gate";
        Line {
            commands: commands.gated_reader().expect(made),
            budget: TokenBucket::new(commands_max, Nanos::from_secs(1)),
            events,
            unread: event_ring.gated_reader().expect(made),
            is_behind: false,
            beats: page.beats(),
            page,
            beaten_at: None,
            waker,
            markets,
            told_end: 0,
            woken_at: UnixNanos(0),
            turns: None,
            record: Record::new(),
        }
    }

    /// The same, to a process that has its turns in step with the engine, as they are written to `turns`.
    #[must_use]
    pub fn in_step(self, turns: Writer) -> Self {
        Line { turns: Some(NoteWriter::new(Outbox::new(turns, None))), ..self }
    }

    /// In step: gives the process a turn at `now`, in which it drains what was drained here.
    pub(super) fn give_turn(&mut self, now: UnixNanos, inboxes: &Inboxes) {
        self.free_events();
        if let Some(turns) = &mut self.turns {
            turns.add(now, 0, inboxes);
            turns.publish(now);
        }
    }

    /// In step: has the process begin at `now`, or end.
    pub(super) fn begin_or_end(&mut self, now: UnixNanos) {
        if let Some(turns) = &mut self.turns {
            turns.publish_bounds(now);
        }
    }

    /// The next command, looked for so often; it lies in [`Line::command`] then.
    pub(super) fn await_command(&mut self, looks_max: u32) -> Poll {
        for _ in 0..looks_max {
            match self.commands.poll(&mut self.record) {
                Poll::Empty => std::hint::spin_loop(),
                found => return found,
            }
        }
        Poll::Empty
    }

    /// The command that was just found.
    pub(super) fn command(&self) -> &Record {
        &self.record
    }

    /// True where a command waits.
    pub(super) fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    /// True where a command waits and one may be given now, which is counted.
    pub(super) fn may_command(&mut self, now: UnixNanos) -> bool {
        if self.commands.is_empty() {
            return false;
        }
        self.budget.fill(now);
        self.budget.take()
    }

    /// Frees what the process says that it read. What it did not, and says so, is lost to it alone.
    pub(super) fn free_events(&mut self) {
        let read = self.page.consumed().min(self.events.sequence());
        self.unread.skip(read.saturating_sub(self.unread.sequence()).min(EVENTS_FREED_PER_TURN_MAX));
    }

    /// Gives the process an event, as it was published here.
    pub(super) fn give(&mut self, event: &Record) -> Told {
        // Once something was lost, all waits for the gate to begin anew.
        let begins_anew = event.header().kind() == Some(Kind::Presence)
            && event.read::<Presence>().is_ok_and(|presence| presence.news == PresenceNews::Anew);
        if self.is_behind && !begins_anew {
            return Told::Lost;
        }
        self.record.clone_from(event);
        self.record.relay();
        self.is_behind = self.events.publish(&mut self.record).is_err();
        if self.is_behind { Told::LostFirst } else { Told::Given }
    }

    /// How many events the process has not read.
    pub(super) fn lag(&self) -> u64 {
        self.events.sequence() - self.unread.sequence()
    }

    /// True where the process showed no sign of life for so long.
    pub(super) fn is_silent(&mut self, now: UnixNanos, silence_max: Nanos) -> bool {
        let beats = self.page.beats();
        let beaten_at = *self.beaten_at.get_or_insert(now);
        if beats != self.beats {
            (self.beats, self.beaten_at) = (beats, Some(now));
            return false;
        }
        now.since(beaten_at) > silence_max
    }

    /// When it will have been silent for so long.
    pub(super) fn silent_at(&self, silence_max: Nanos) -> UnixNanos {
        self.beaten_at.map_or(UnixNanos(0), |at| at + silence_max + Nanos(1))
    }

    /// Wakes the process where it sleeps and something is new. One that always says that it sleeps is woken no more
    /// often than one that does.
    pub(super) fn wake(&mut self, now: UnixNanos) {
        let ends = self.markets.iter().map(Ring::end);
        let end = ends.fold(self.events.sequence(), u64::wrapping_add);
        let is_news = end != self.told_end && now.since(self.woken_at) >= WAKE_INTERVAL;
        if is_news && self.page.wakes() {
            (self.told_end, self.woken_at) = (end, now);
            self.waker.wake_by_ref();
        }
    }
}
