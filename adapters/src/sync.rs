//! One book's way to being believed: the sync state machine of every venue.
//!
//! ```text
//!              snapshot fits what waits           an update joins it
//!   waiting ----------------------------> joined ------------------> live
//!      ^ updates are buffered               |                          |
//!      +------------------------------------+--------------------------+
//!            a gap, a lost connection, an unreadable update, a wrong checksum, the engine's doubt
//! ```
//!
//! Where snapshots come in the stream there is nothing to join: an update before the first is of no use, and a snapshot
//! makes the book live, or begins a live one anew.
//!
//! Waiting is told as `Syncing` at first and as `Desynced` after a break, joined as `Syncing`, live as `Live`. Levels
//! reach the sink only in the order snapshot, then every update after it. What differs between venues is the
//! [`SyncRule`]. It asks nobody for anything: it says when a snapshot is wanted, and the session knows how to ask.
//! Whether a book is crossed is not its business: it sees numbers, not prices.

mod backoff;
mod counters;
pub mod limits;
mod pending;
mod proof;
mod rule;
#[cfg(test)]
mod tests;

use fulmar_bus::record::{InstrumentId, SyncChange, SyncReason, SyncState, UnixNanos};
use fulmar_engine::contract::{MarketSink, Update};

pub use backoff::backoff;
pub use counters::SyncCounters;
use limits::{FIRST_UPDATE_WAIT, LATE_UPDATES_MAX, SNAPSHOT_ANSWER_MAX, STABLE_MIN};
use pending::Pending;
pub use proof::Proof;
use proof::{Mirror, Mismatch};
pub use rule::{Place, Span, SyncRule};

use crate::decode::Scales;

/// The sync state of one book.
pub struct BookSync {
    instrument_id: InstrumentId,
    rule: SyncRule,
    phase: Phase,
    /// What the sink was told last; none before [`BookSync::start`].
    told: Option<SyncState>,
    /// Why the book is not live.
    reason: SyncReason,
    /// The last update that was applied.
    last: Span,
    gap_count: u32,
    resync_count: u32,
    pending: Pending,
    mirror: Option<Mirror>,
    scales: Scales,
    ask_at: Option<UnixNanos>,
    /// Until when the answer to the last request may come; none where it came.
    answer_by: Option<UnixNanos>,
    /// Requests since the book last stood for a while.
    attempts: u32,
    broken_at: Option<UnixNanos>,
    /// When a snapshot that was asked for was applied.
    joined_at: UnixNanos,
    /// Updates in a row that are older than the last that waits.
    late_count: u32,
    counters: SyncCounters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No snapshot: updates are buffered.
    Waiting,
    /// A snapshot is applied, no update joined it yet.
    Joined,
    /// Snapshot and stream are one.
    Live,
}

impl BookSync {
    /// A book of which nothing is known yet, at a venue with this rule and this proof, if it has any.
    pub fn new(instrument_id: InstrumentId, rule: SyncRule, proof: Option<Proof>) -> Self {
        BookSync {
            instrument_id,
            rule,
            phase: Phase::Waiting,
            told: None,
            reason: SyncReason::Started,
            last: Span::default(),
            gap_count: 0,
            resync_count: 0,
            pending: if rule.is_streamed() { Pending::none() } else { Pending::new() },
            mirror: proof.map(Mirror::new),
            scales: Scales { price: 0, quantity: 0 },
            ask_at: None,
            answer_by: None,
            attempts: 0,
            broken_at: None,
            joined_at: UnixNanos(0),
            late_count: 0,
            counters: SyncCounters::default(),
        }
    }

    /// Takes the scales of a definition; tells, after the first, that the book begins to sync.
    pub fn start(&mut self, scales: Scales, sink: &mut dyn MarketSink) {
        self.scales = scales;
        if self.told.is_none() {
            self.tell(SyncState::Syncing, self.reason, sink);
        }
    }

    /// Takes one update; false where the book had it already.
    pub fn on_update(
        &mut self,
        now: UnixNanos,
        span: Span,
        update: Update<'_>,
        sink: &mut dyn MarketSink,
    ) -> bool {
        let place = match self.phase {
            Phase::Waiting => {
                self.wait(now, span, update);
                return true;
            }
            Phase::Joined => self.rule.join(self.last, span),
            Phase::Live => self.rule.follow(self.last, span),
        };
        match (place, self.phase) {
            (Place::Behind, Phase::Joined) if self.joined_at + SNAPSHOT_ANSWER_MAX <= now => {
                // What the stream says does not come to the snapshot: it was none of this stream.
                self.break_off(now, SyncReason::Gap, sink);
                self.wait(now, span, update);
            }
            (Place::Behind, _) => {
                self.counters.updates_behind += 1;
                return false;
            }
            (Place::Next, _) => {
                if self.prove(span, update).is_err() {
                    self.break_off(now, SyncReason::Checksum, sink);
                    return true;
                }
                self.last = span;
                sink.levels(self.instrument_id, self.proven(update));
                self.go_live(sink);
            }
            (Place::Beyond, Phase::Live) => {
                self.break_off(now, SyncReason::Gap, sink);
                self.wait(now, span, update);
            }
            (Place::Beyond, _) => {
                self.counters.snapshots_stale += 1;
                self.phase = Phase::Waiting;
                self.ask_again(now);
                self.wait(now, span, update);
            }
        }
        true
    }

    /// Takes a snapshot that came in the stream: it replaces what was known, live or not.
    pub fn on_stream_snapshot(
        &mut self,
        now: UnixNanos,
        span: Span,
        snapshot: Update<'_>,
        sink: &mut dyn MarketSink,
    ) {
        self.mirror.iter_mut().for_each(|mirror| mirror.begin(span.checksum.is_some()));
        if self.prove(span, snapshot).is_err() {
            return self.break_off(now, SyncReason::Checksum, sink);
        }
        let is_anew = self.phase != Phase::Waiting;
        if is_anew {
            self.resync_count += 1;
            self.tell(SyncState::Syncing, SyncReason::Reset, sink);
        } else if self.told == Some(SyncState::Desynced) {
            self.tell(SyncState::Syncing, self.reason, sink);
        }
        sink.snapshot(self.instrument_id, self.proven(snapshot));
        self.last = span;
        self.phase = Phase::Joined;
        self.go_live(sink);
    }

    /// Takes a snapshot. One that is older than what waits is refused and wanted anew; one that nobody needs is not
    /// used.
    pub fn on_snapshot(&mut self, now: UnixNanos, snapshot: Update<'_>, sink: &mut dyn MarketSink) {
        self.answer_by = None;
        if self.phase == Phase::Live {
            self.counters.snapshots_unasked += 1;
            return;
        }
        let place_of = |span| self.rule.join(Span::numbered(snapshot.update_id), span);
        let behind_count = self.pending.spans().take_while(|span| place_of(*span) == Place::Behind).count();
        if self.pending.spans().nth(behind_count).map(place_of) == Some(Place::Beyond) {
            self.counters.snapshots_stale += 1;
            self.ask_again(now);
            return;
        }
        self.counters.updates_behind += behind_count as u64;
        self.joined_at = now;
        self.apply(behind_count, snapshot, sink);
    }

    /// The snapshot that was asked for did not come, or could not be read: it is wanted anew, after a while.
    pub fn on_snapshot_failed(&mut self, now: UnixNanos) {
        self.answer_by = None;
        if self.phase == Phase::Waiting {
            self.ask_again(now);
        }
    }

    /// The connection that carries the updates opened, and its subscriptions leave until `subscribed_at`. What stands
    /// already is kept: the next update proves it or not. Where snapshots come in the stream, to subscribe is to ask.
    /// Where they do not, and one is still to be answered, no other is asked for: a connection that ends as soon as it
    /// is open, again and again, would pile up more of them than the venue takes.
    pub fn on_opened(&mut self, now: UnixNanos, subscribed_at: UnixNanos) {
        if self.phase == Phase::Waiting && self.rule.is_streamed() {
            self.on_asked(subscribed_at);
        } else if self.phase == Phase::Waiting && self.ask_at.is_none() {
            self.ask_at = Some(self.answer_by.unwrap_or(now).max(now + FIRST_UPDATE_WAIT));
        }
    }

    /// The connection that carries the updates is gone, or about to be replaced: nothing is asked for until one opens.
    pub fn on_closed(&mut self, now: UnixNanos, reason: SyncReason, sink: &mut dyn MarketSink) {
        self.break_off(now, reason, sink);
        self.ask_at = None;
    }

    /// Stops believing in the book and wants a snapshot.
    pub fn break_off(&mut self, now: UnixNanos, reason: SyncReason, sink: &mut dyn MarketSink) {
        if self.broken_at.is_none_or(|before| now.since(before) >= STABLE_MIN) {
            self.attempts = 0;
        }
        self.broken_at = Some(now);
        self.drop_pending();
        self.ask_again(now);
        if reason == SyncReason::Gap {
            self.gap_count += 1;
        }
        if self.phase == Phase::Waiting {
            return;
        }
        self.resync_count += 1;
        self.phase = Phase::Waiting;
        self.reason = reason;
        self.tell(SyncState::Desynced, reason, sink);
    }

    /// Brings what waits to wider scales; updates that do not fit them are dropped.
    pub fn rescale(&mut self, price_factor: i64, quantity_factor: i64) {
        if self.pending.rescale(price_factor, quantity_factor).is_none() {
            self.drop_pending();
        }
        self.mirror.iter_mut().for_each(|mirror| mirror.rescale(price_factor, quantity_factor));
    }

    /// The venue says that this depth is subscribed to, whatever was asked for. Of books that are proven alone.
    pub fn set_depth(&mut self, depth: usize) {
        self.mirror.iter_mut().for_each(|mirror| mirror.set_depth(depth));
    }

    /// When a snapshot is to be asked for, if ever.
    pub const fn ask_at(&self) -> Option<UnixNanos> {
        self.ask_at
    }

    /// A snapshot was asked for; the request leaves at `sent_at`.
    pub fn on_asked(&mut self, sent_at: UnixNanos) {
        self.attempts = self.attempts.saturating_add(1);
        self.answer_by = Some(sent_at + SNAPSHOT_ANSWER_MAX);
        self.ask_at = Some(sent_at + SNAPSHOT_ANSWER_MAX + backoff(self.instrument_id, self.attempts));
    }

    /// True once a snapshot was applied, and until the next break.
    pub fn has_begun(&self) -> bool {
        self.phase != Phase::Waiting
    }

    /// True once snapshot and stream are one.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// What it did not use.
    pub const fn counters(&self) -> SyncCounters {
        self.counters
    }

    fn wait(&mut self, now: UnixNanos, span: Span, update: Update<'_>) {
        if self.rule.is_streamed() {
            self.counters.updates_unfounded += 1;
            return;
        }
        let is_late = self.pending.last().is_some_and(|last| span.last < last.last);
        self.late_count = if is_late { self.late_count + 1 } else { 0 };
        let place = match self.pending.last() {
            Some(_) if is_late && self.late_count < LATE_UPDATES_MAX => Some(Place::Behind),
            Some(last) => Some(self.rule.follow(last, span)),
            None => None,
        };
        match place {
            Some(Place::Behind) => {
                self.counters.updates_behind += 1;
                return;
            }
            Some(Place::Beyond) => {
                self.gap_count += 1;
                self.drop_pending();
            }
            Some(Place::Next) | None => {}
        }
        // A snapshot that comes holds the oldest; one that does not is older than what waits, and is refused.
        self.counters.updates_flooded += self.pending.push(span, update) as u64;
        if self.attempts == 0 {
            self.ask_at = Some(now);
        }
    }

    /// Replaces the book by `snapshot` and applies what waits from `first` on.
    fn apply(&mut self, first: usize, snapshot: Update<'_>, sink: &mut dyn MarketSink) {
        if self.told == Some(SyncState::Desynced) {
            self.tell(SyncState::Syncing, self.reason, sink);
        }
        sink.snapshot(self.instrument_id, snapshot);
        self.last = Span::numbered(snapshot.update_id);
        self.phase = Phase::Joined;
        self.ask_at = None;
        let waiting = first..self.pending.len();
        for index in waiting.clone() {
            let (span, update) = self.pending.update(index);
            self.last = span;
            sink.levels(self.instrument_id, update);
        }
        self.pending.clear();
        if !waiting.is_empty() {
            self.go_live(sink);
        }
    }

    /// Holds the venue's checksum against the book as it is with this update, where there is one.
    fn prove(&mut self, span: Span, update: Update<'_>) -> Result<(), Mismatch> {
        let Some(mirror) = &mut self.mirror else {
            return Ok(());
        };
        let proven = mirror.apply(update, span.checksum, self.scales);
        self.counters.checksums_right += u64::from(mirror.is_proven());
        self.counters.checksums_wrong += u64::from(proven.is_err());
        proven
    }

    /// What is to be handed on of an update that was proven.
    fn proven<'a>(&'a self, update: Update<'a>) -> Update<'a> {
        self.mirror.as_ref().map_or(update, |mirror| mirror.proven(update))
    }

    fn go_live(&mut self, sink: &mut dyn MarketSink) {
        if self.phase != Phase::Live {
            self.phase = Phase::Live;
            self.ask_at = None;
            self.tell(SyncState::Live, SyncReason::Joined, sink);
        }
    }

    fn ask_again(&mut self, now: UnixNanos) {
        self.ask_at = Some(now + backoff(self.instrument_id, self.attempts));
    }

    fn drop_pending(&mut self) {
        self.counters.updates_dropped += self.pending.len() as u64;
        self.pending.clear();
    }

    fn tell(&mut self, state: SyncState, reason: SyncReason, sink: &mut dyn MarketSink) {
        self.told = Some(state);
        let change = SyncChange::new(state, reason, self.last.last, self.gap_count, self.resync_count);
        sink.sync(self.instrument_id, &change);
    }
}
