//! A process that was welcomed: first where it is to take another's place and is not ready to, then at its berth.

use std::os::fd::BorrowedFd;

use fulmar_bus::attach::{Answer, AttachError, Bell, Connection, Refusal, Request};
use fulmar_bus::record::{InstrumentId, UnixNanos};
use fulmar_bus::segment::Segment;
use fulmar_engine::actors::Line;
use fulmar_engine::runtime::{Ended, LineFigures, LineStatus};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::memory::{Kept, Segments};
use super::report::parting_words;
use super::usage::{Usage, is_dead};

/// Requests of one process that are answered before others have their turn.
const REQUESTS_PER_TURN_MAX: usize = 4;

/// A process that was welcomed.
pub struct Guest {
    /// Where it lies, or is to lie.
    pub berth: usize,
    /// The way to it.
    pub connection: Connection,
    /// What it rings where the engine may sleep.
    pub wakes_engine: Bell,
    /// How far it came.
    pub stage: Stage,
    /// It is to take another's place, or was when it came: it waits to be told that it did.
    pub is_successor: bool,
    /// What it took, when that was looked at last.
    pub usage: Option<Usage>,
    /// Snapshots that it may still have.
    pub snapshots_left: u32,
    /// What those before it did.
    pub before: LineFigures,
    /// What it shares with its port.
    pub kept: Kept,
    /// What it was handed, which it may not have opened yet.
    pub _segments: Segments,
}

/// How far a process came.
pub enum Stage {
    /// It did not say yet that it is ready.
    Welcome {
        /// What the port is to be handed then.
        line: Box<Line>,
        /// When it is waited for no longer.
        until: UnixNanos,
    },
    /// Its line was handed to the port.
    Moored {
        /// How many lines were before its own.
        number: u64,
    },
}

/// What a process is to be done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Stay,
    /// It is ready to take another's place.
    Moor,
    /// It went, or its port ended its line.
    Part(Ended),
}

/// What a process said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Ready,
    /// That it goes; or it is gone.
    Bye,
    /// What no client says, or more than it reads the answers of.
    Nonsense,
}

impl Guest {
    /// Hears what it says, tells it once that it is in its place, and finds what is to be done with it.
    pub fn look(
        &mut self,
        status: &LineStatus,
        now: UnixNanos,
        snapshot: impl Fn(InstrumentId, u32) -> (Answer, Option<Segment>),
    ) -> Verdict {
        let said = self.hear(snapshot);
        let number = match &self.stage {
            Stage::Welcome { .. } if said == Said::Ready => return Verdict::Moor,
            Stage::Welcome { until, .. } if said == Said::Nothing && now < *until => return Verdict::Stay,
            Stage::Welcome { .. } => return Verdict::Part(Ended::Gone),
            Stage::Moored { number } => *number,
        };
        let (ends, how) = status.ends();
        if ends > number {
            return Verdict::Part(how.unwrap_or(Ended::Gone));
        }
        match said {
            Said::Nothing => {}
            Said::Nonsense => return Verdict::Part(Ended::Speech),
            Said::Ready | Said::Bye => return Verdict::Part(Ended::Gone),
        }
        if status.lines() > number && std::mem::take(&mut self.is_successor) {
            // Who does not hear it is gone, which is seen the next time.
            let _ = self.connection.send(&Answer::InPlace { order_counter: status.counter() }, &[]);
        }
        Verdict::Stay
    }

    /// True where its line is its port's.
    pub fn is_moored(&self) -> bool {
        matches!(self.stage, Stage::Moored { .. })
    }

    /// Its number among the processes of this machine.
    pub fn pid(&self) -> u32 {
        self.connection.peer().pid
    }

    /// Looks at what it took; where it is gone, what was seen last stands.
    pub fn measure(&mut self) {
        self.usage = Usage::of(self.connection.peer()).or(self.usage);
    }

    /// Tells it why it may stay no longer.
    pub fn send_away(&mut self, reason: Refusal, words: &str) {
        // Who does not hear it is gone, which is as good.
        let _ = self.connection.send(&Answer::Ended { reason, words: words.to_owned() }, &[]);
    }

    /// What it did and took, in words for the log.
    pub fn parting_words(&self, status: &LineStatus) -> String {
        parting_words(self.before, status.figures(), self.usage)
    }

    /// What it says. Snapshots that it asks for it is given, a little at a time: others wait.
    fn hear(&mut self, snapshot: impl Fn(InstrumentId, u32) -> (Answer, Option<Segment>)) -> Said {
        for _ in 0..REQUESTS_PER_TURN_MAX {
            match self.connection.receive() {
                Ok(Some(Request::Snapshot { instrument_id })) => {
                    let (answer, segment) = snapshot(instrument_id, self.snapshots_left);
                    self.snapshots_left -= u32::from(segment.is_some());
                    let files: Vec<BorrowedFd<'_>> = segment.iter().map(Segment::fd).collect();
                    match self.connection.send(&answer, &files) {
                        Ok(()) => {}
                        Err(AttachError::NotReading) => return Said::Nonsense,
                        Err(_) => return Said::Bye,
                    }
                }
                Ok(Some(Request::Ready)) => return Said::Ready,
                Err(AttachError::Malformed(_)) => return Said::Nonsense,
                Ok(Some(Request::Bye)) | Err(_) => return Said::Bye,
                Ok(None) => break,
            }
        }
        let is_gone =
            is_dead(self.connection.peer()) || self.connection.is_closed() || is_deserted(&self.wakes_engine);
        if is_gone { Said::Bye } else { Said::Nothing }
    }
}

/// True where the other end of a bell is closed. Whoever closed it went, or is just going, and would wake us for ever.
fn is_deserted(bell: &Bell) -> bool {
    let mut ends = [PollFd::from_borrowed_fd(bell.fd(), PollFlags::RDHUP)];
    poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
}
