//! A process that lies in a berth, as the bus sees it: what it asks for, how it goes, and that one which was sent away
//! does not come back.

use std::os::fd::{AsFd as _, BorrowedFd};

use fulmar_bus::attach::{Answer, AttachError, Bell, Connection, Peer, Request};
use fulmar_bus::record::InstrumentId;
use fulmar_bus::segment::Segment;
use fulmar_engine::runtime::Ended;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Requests of one process that are answered at one look: whoever asks without end keeps nobody else waiting.
const REQUESTS_PER_LOOK_MAX: usize = 4;
/// Processes that are kept out at one time; of more, the first is forgotten.
const KEPT_OUT_MAX: usize = 64;

/// A process that lies in a berth.
pub struct Guest {
    /// Which berth.
    pub berth: usize,
    /// The way to it, and who it is.
    pub connection: Connection,
    /// What it rings where the engine may sleep.
    pub wakes_engine: Bell,
    /// Snapshots that it may still have.
    pub snapshots_left: u32,
}

impl Guest {
    /// Answers what it asks for, and says how it went, if it did: by itself, or by what it said. Of an instrument, and
    /// with so many left, `snapshot` gives what stands.
    pub fn parting(
        &mut self,
        snapshot: impl Fn(InstrumentId, u32) -> (Answer, Option<Segment>),
    ) -> Option<Ended> {
        for _ in 0..REQUESTS_PER_LOOK_MAX {
            match self.answer(&snapshot) {
                Ok(true) => {}
                Ok(false) => break,
                Err(AttachError::Malformed(_) | AttachError::NotReading) => return Some(Ended::Speech),
                Err(_) => return Some(Ended::Gone),
            }
        }
        let is_gone = is_dead(self.connection.peer()) || self.connection.is_closed();
        is_gone.then_some(Ended::Gone)
    }

    /// Answers one request; false where there is none.
    fn answer(
        &mut self,
        snapshot: impl Fn(InstrumentId, u32) -> (Answer, Option<Segment>),
    ) -> Result<bool, AttachError> {
        match self.connection.receive()? {
            None => Ok(false),
            Some(Request::Bye) => Err(AttachError::Closed),
            Some(Request::Snapshot { instrument_id }) => {
                let (answer, segment) = snapshot(instrument_id, self.snapshots_left);
                self.snapshots_left -= u32::from(segment.is_some());
                let files: Vec<BorrowedFd<'_>> = segment.iter().map(Segment::fd).collect();
                self.connection.send(&answer, &files)?;
                Ok(true)
            }
        }
    }
}

/// Processes that misbehaved, for as long as they live. Another process may come in their place.
#[derive(Debug, Default)]
pub struct Quarantine(Vec<Peer>);

impl Quarantine {
    /// Lets it in no more.
    pub fn keep_out(&mut self, peer: Peer) {
        self.0.retain(|other| !is_dead(other));
        if self.0.len() == KEPT_OUT_MAX {
            self.0.remove(0);
        }
        self.0.push(peer);
    }

    /// True where it is one of them. While it lives, no other process has its number.
    pub fn holds(&self, peer: &Peer) -> bool {
        self.0.iter().any(|other| other.pid == peer.pid && !is_dead(other))
    }
}

fn is_dead(peer: &Peer) -> bool {
    let mut process = [PollFd::from_borrowed_fd(peer.pidfd.as_fd(), PollFlags::IN)];
    poll(&mut process, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
}
