//! Copies what the journal keeps into the journal: inputs, notes and outputs.
//!
//! Reads: every channel that is kept. Writes: the journal. Owns: the [`JournalWriter`], until the run is over. It runs
//! beside the engine, on a core of its own or with the IO, and its turns are noted nowhere: nobody's output depends on
//! it. On failure (a full disk) it stops writing and shows so; it never slows an actor down, and what it could not keep
//! is counted. What follows from a lost journal, whoever started the run decides.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fulmar_bus::record::{Nanos, UnixNanos};

use super::limits::{JOURNAL_LOOK_NS, JOURNAL_SYNC_NS};
use crate::journal::{JournalError, JournalWriter};
use crate::runtime::{Actor, Delivery, Inboxes, Work};

/// The actor that keeps the journal.
pub struct Recorder {
    inboxes: Inboxes,
    journal: KeptJournal,
    unsynced_since: Option<UnixNanos>,
    looked_at: UnixNanos,
}

/// A journal in the hands of its recorder. Whoever started the run holds a clone, to close it when the recorder has
/// stopped; until then, or until the journal has failed, nobody else takes the lock.
#[derive(Clone)]
pub struct KeptJournal {
    kept: Arc<Mutex<Kept>>,
    has_failed: Arc<AtomicBool>,
}

struct Kept {
    writer: Option<JournalWriter>,
    failure: Option<Arc<JournalError>>,
    recorded_count: u64,
    lost_count: u64,
}

impl KeptJournal {
    /// A journal to be kept.
    pub fn new(writer: JournalWriter) -> Self {
        let kept = Kept { writer: Some(writer), failure: None, recorded_count: 0, lost_count: 0 };
        KeptJournal { kept: Arc::new(Mutex::new(kept)), has_failed: Arc::default() }
    }

    /// Records kept, and records that are in no journal: overtaken, or come after a failure.
    pub fn counts(&self) -> (u64, u64) {
        let kept = self.lock();
        (kept.recorded_count, kept.lost_count)
    }

    /// What stopped it, where something did. To ask costs nobody anything as long as nothing did.
    pub fn failure(&self) -> Option<Arc<JournalError>> {
        self.has_failed.load(Ordering::Relaxed).then(|| self.lock().failure.clone())?
    }

    /// Closes the journal with `summary`, which marks a clean end.
    ///
    /// # Errors
    /// What stopped it before, or what stops it now.
    pub fn finish(&self, summary: &[u8]) -> Result<u64, Arc<JournalError>> {
        let mut kept = self.lock();
        match (kept.failure.clone(), kept.writer.take()) {
            (Some(failure), _) => Err(failure),
            (None, Some(writer)) => writer.finish(summary).map_err(Arc::new),
            (None, None) => Ok(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take(&mut self, delivery: Delivery<'_>) {
        let appended = match (delivery, &mut self.writer) {
            (Delivery::Record(record), Some(writer)) => writer.append(record),
            (Delivery::Record(_), None) => return self.lost_count += 1,
            (Delivery::Lapped(lost_count), _) => return self.lost_count += lost_count,
        };
        match appended {
            Ok(_) => self.recorded_count += 1,
            Err(failure) => {
                self.lost_count += 1;
                self.fail(failure);
            }
        }
    }

    fn fail(&mut self, failure: JournalError) {
        self.failure = Some(Arc::new(failure));
        self.writer = None;
    }
}

impl Recorder {
    /// Writes what `inboxes` give to `journal`.
    pub fn new(inboxes: Inboxes, journal: KeptJournal) -> Self {
        Recorder { inboxes, journal, unsynced_since: None, looked_at: UnixNanos(0) }
    }

    fn is_sync_due(&self, now: UnixNanos) -> bool {
        self.unsynced_since.is_some_and(|since| now.since(since) >= Nanos(JOURNAL_SYNC_NS))
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
        self.looked_at = now;
        let mut work = Work::NONE;
        let mut kept = self.journal.lock();
        while let Some((_, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            kept.take(delivery);
        }
        if work.is_some() {
            self.unsynced_since.get_or_insert(now);
        }
        let is_sync_due = self.is_sync_due(now);
        let written = match &mut kept.writer {
            Some(writer) if is_sync_due => writer.sync(),
            Some(writer) if work.is_some() => writer.flush(),
            _ => Ok(0),
        };
        if let Err(failure) = written {
            kept.fail(failure);
        }
        let has_failed = kept.failure.is_some();
        drop(kept);
        self.journal.has_failed.store(has_failed, Ordering::Relaxed);
        if is_sync_due {
            self.unsynced_since = None;
        }
        work
    }

    /// It looks often by itself: nobody rings for it, so that nobody pays for it.
    fn due_at(&self) -> Option<UnixNanos> {
        Some(self.looked_at + Nanos(JOURNAL_LOOK_NS))
    }
}
