//! Copies what the journal keeps into the journal: inputs, notes and outputs.
//!
//! Reads: every channel that is kept. Writes: the journal. Owns: the [`JournalWriter`]. It runs beside the engine, on a
//! core of its own or with the IO, and its turns are noted nowhere: nobody's output depends on it. On failure (a full
//! disk) it stops writing and says so; it never slows an actor down, and what it could not keep is counted.

use fulmar_bus::record::{Nanos, UnixNanos};

use super::limits::JOURNAL_SYNC_NS;
use crate::journal::{JournalError, JournalWriter};
use crate::runtime::{Actor, Delivery, Inboxes, Work};

/// The actor that keeps the journal.
pub struct Recorder {
    inboxes: Inboxes,
    writer: Option<JournalWriter>,
    failure: Option<JournalError>,
    recorded_count: u64,
    lost_count: u64,
    unsynced_since: Option<UnixNanos>,
}

impl Recorder {
    /// Writes what `inboxes` give to `writer`.
    pub fn new(inboxes: Inboxes, writer: JournalWriter) -> Self {
        let (writer, failure, unsynced_since) = (Some(writer), None, None);
        Recorder { inboxes, writer, failure, recorded_count: 0, lost_count: 0, unsynced_since }
    }

    /// Records kept, and records that are in no journal: overtaken, or come after a failure.
    pub fn counts(&self) -> (u64, u64) {
        (self.recorded_count, self.lost_count)
    }

    /// What stopped it, if something did.
    pub fn failure(&self) -> Option<&JournalError> {
        self.failure.as_ref()
    }

    /// Closes the journal with `summary`, which marks a clean end.
    ///
    /// # Errors
    /// What stopped it before, or what stops it now.
    pub fn finish(self, summary: &[u8]) -> Result<u64, JournalError> {
        match (self.failure, self.writer) {
            (Some(failure), _) => Err(failure),
            (None, Some(writer)) => writer.finish(summary),
            (None, None) => Ok(0),
        }
    }

    fn fail(&mut self, failure: JournalError) {
        tracing::error!("the journal stopped: {failure}");
        self.failure = Some(failure);
        self.writer = None;
    }

    fn write_out(&mut self, now: UnixNanos) {
        let Some(writer) = &mut self.writer else { return };
        let since = *self.unsynced_since.get_or_insert(now);
        let written = if now.since(since) >= Nanos(JOURNAL_SYNC_NS) {
            self.unsynced_since = None;
            writer.sync()
        } else {
            writer.flush()
        };
        if let Err(failure) = written {
            self.fail(failure);
        }
    }
}

impl Actor for Recorder {
    fn name(&self) -> &str {
        "recorder"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        let mut failed = None;
        while let Some((_, delivery)) = self.inboxes.next() {
            work += Work(1);
            match (delivery, &mut self.writer) {
                (Delivery::Record(record), Some(writer)) if failed.is_none() => match writer.append(record) {
                    Ok(_) => self.recorded_count += 1,
                    Err(failure) => failed = Some(failure),
                },
                (Delivery::Record(_), _) => self.lost_count += 1,
                (Delivery::Lapped(lost_count), _) => self.lost_count += lost_count,
            }
        }
        if let Some(failure) = failed {
            self.lost_count += 1;
            self.fail(failure);
        }
        let is_sync_due = self.due_at().is_some_and(|due_at| due_at <= now);
        if work.is_some() || is_sync_due {
            self.write_out(now);
            work += Work(u32::from(is_sync_due));
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.unsynced_since.map(|since| since + Nanos(JOURNAL_SYNC_NS))
    }
}
