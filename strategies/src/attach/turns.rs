//! The turns that an engine gives one by one to a process that runs in step with it: when it begins, what each turn
//! drains and at which moment, and when it ends.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{Note, Record, UnixNanos};
use fulmar_engine::runtime::{NotedTurn, note};

/// Where they are given.
pub(super) struct Turns {
    reader: Reader,
    record: Record,
    has_begun: bool,
    has_ended: bool,
}

/// What is given.
pub(super) enum Given {
    /// The strategy begins.
    Begin,
    /// It has these turns.
    Turns(Vec<NotedTurn>),
    /// It ends.
    End,
}

/// What was given is no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoTurn;

impl Turns {
    /// Those that `reader` gives.
    pub fn new(reader: Reader) -> Self {
        Turns { reader, record: Record::new(), has_begun: false, has_ended: false }
    }

    /// True once the last was given.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What is given next, and its moment; `None` where nothing is yet.
    pub fn next(&mut self) -> Result<Option<(UnixNanos, Given)>, NoTurn> {
        match self.reader.poll(&mut self.record) {
            Poll::Empty => return Ok(None),
            Poll::Lapped { .. } => return Err(NoTurn),
            Poll::Record => {}
        }
        let (note, numbers) = Note::read(&self.record).map_err(|_| NoTurn)?;
        let turns = note::turns(note, numbers).ok_or(NoTurn)?;
        let given = if !turns.is_empty() {
            Given::Turns(turns)
        } else if std::mem::replace(&mut self.has_begun, true) {
            self.has_ended = true;
            Given::End
        } else {
            Given::Begin
        };
        Ok(Some((note.now, given)))
    }
}
