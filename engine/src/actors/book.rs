//! The book of one instrument: applies proven levels and publishes the best prices that can be believed.
//!
//! Reads: the market channel of its instrument. Writes: its book channel (status, definition, sync state, top of
//! book) and, to its feed, the wish to sync anew. Owns: its [`BookReplica`]. On failure: the run ends; a new book syncs
//! anew. It never publishes a top while the book is not live, and never a crossed one; one that jumped it publishes as
//! suspect, by the rule of [`crate::market::jump`].

use fulmar_bus::record::{
    Flags, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Kind, Malformed, MarkPrice, Nanos,
    Payload, Record, SyncChange, SyncReason, SyncState, TopOfBook, TopSource, UnixNanos,
};

use super::limits::{BOOK_LEVELS_MAX, CROSSED_NS_MAX, TOP_REPEAT_NS};
use crate::market::JumpGuard;
use crate::market::instrument::Redefinition;
use crate::market::replica::{BookReplica, Taken};
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};

/// The actor of one instrument's book.
pub struct BookBuilder {
    name: String,
    inboxes: Inboxes,
    state: BookState,
    output: Output,
}

/// What is known.
struct BookState {
    instrument_id: InstrumentId,
    replica: BookReplica,
    change: SyncChange,
    crossed_since: Option<UnixNanos>,
    crossed_count: u64,
    jump: JumpGuard,
    suspect_count: u64,
    malformed_count: u64,
}

/// Where it is told.
struct Output {
    book: Outbox,
    resync: Outbox,
    last_top: Option<TopOfBook>,
    is_suspect: bool,
    /// When the bytes of the last top reached this machine.
    told_at: UnixNanos,
}

impl BookBuilder {
    /// The book of an instrument, whose durable name is `name`, and whose tops are believed as far as `jump` says. The
    /// one inbox gives its market channel.
    pub fn new(
        name: &str,
        (instrument_id, jump): (InstrumentId, JumpGuard),
        inboxes: Inboxes,
        book: Outbox,
        resync: Outbox,
    ) -> Self {
        let state = BookState {
            instrument_id,
            replica: BookReplica::new(BOOK_LEVELS_MAX),
            change: SyncChange::new(SyncState::Syncing, SyncReason::Started, 0, 0, 0),
            crossed_since: None,
            crossed_count: 0,
            jump,
            suspect_count: 0,
            malformed_count: 0,
        };
        let output = Output { book, resync, last_top: None, is_suspect: false, told_at: UnixNanos(0) };
        BookBuilder { name: format!("book.{name}"), inboxes, state, output }
    }
}

impl Actor for BookBuilder {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((_, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            match delivery {
                Delivery::Record(record) => self.state.on_record(record, &mut self.output),
                Delivery::Lapped(_) => {
                    self.state.lose(Origin::time(now), SyncReason::Lapped, &mut self.output)
                }
            }
        }
        if self.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.lose(Origin::time(now), SyncReason::Crossed, &mut self.output);
        }
        work
    }

    /// A book that stays crossed is given up, also where nothing more comes.
    fn due_at(&self) -> Option<UnixNanos> {
        self.state.crossed_since.map(|since| since + Nanos(CROSSED_NS_MAX + 1))
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("crossed", self.state.crossed_count);
        tell("suspect_tops", self.state.suspect_count);
        tell("dropped_levels", self.state.replica.book().dropped_count());
        tell("malformed_records", self.state.malformed_count);
        tell("lost_records", self.inboxes.lost_count());
    }
}

impl BookState {
    fn on_record(&mut self, record: &Record, output: &mut Output) {
        let (origin, kind, told) = (Origin::of(record), record.header().kind(), output.book.sequence());
        let understood = match kind {
            Some(Kind::TopOfBook) => record.read().map(|top| self.on_ticker(top, origin, output)),
            // Who reads no market channel, as the gate, hears of it here.
            Some(Kind::InstrumentStatus) => self.pass_on::<InstrumentStatus>(record, output),
            Some(Kind::Funding) => self.pass_on::<Funding>(record, output),
            Some(Kind::MarkPrice) => self.pass_on::<MarkPrice>(record, output),
            _ => self.replica.take(record).and_then(|taken| self.on_taken(taken, record, output)),
        };
        self.malformed_count += u64::from(understood.is_err());
        // What changes nothing of what is told has passed the book all the same. A trade is not for it.
        if output.book.sequence() == told && kind != Some(Kind::Trade) {
            output.book.pass(origin);
        }
    }

    fn pass_on<P: Payload>(&self, record: &Record, output: &mut Output) -> Result<(), Malformed> {
        output.forward(Origin::of(record), self.instrument_id, record.read::<P>()?);
        Ok(())
    }

    /// Tells what the book has just taken in.
    fn on_taken(&mut self, taken: Taken, record: &Record, output: &mut Output) -> Result<(), Malformed> {
        let origin = Origin::of(record);
        match taken {
            Taken::Levels { is_whole: true } if self.replica.is_live() => {
                self.publish_top(self.replica.venue_at(), origin, output);
            }
            Taken::State(_) => self.on_sync(record.read()?, origin, output),
            Taken::Definition(redefinition) => {
                match redefinition {
                    Redefinition::New | Redefinition::Same => {}
                    Redefinition::Refined { price_factor: 1, quantity_factor: 1 } => {}
                    Redefinition::Refined { price_factor, .. } => {
                        output.last_top = None;
                        self.jump.rescale(price_factor);
                    }
                    Redefinition::Changed => {
                        self.lose(origin, SyncReason::Redefined, output);
                        self.jump.forget();
                    }
                }
                output.forward(origin, self.instrument_id, record.read::<InstrumentDefinition>()?);
            }
            Taken::Nothing | Taken::Levels { .. } | Taken::Snapshot => {}
        }
        Ok(())
    }

    fn on_ticker(&mut self, top: &TopOfBook, origin: Origin, output: &mut Output) {
        if top.is_two_sided() && top.bid.price >= top.ask.price {
            self.crossed_count += 1;
            return;
        }
        if self.replica.is_live() && output.last_top.is_none_or(|last| top.update_id > last.update_id) {
            let is_suspect = !self.jump.believes(top, origin.received_at);
            self.publish(*top, is_suspect, origin, output);
        }
    }

    fn on_sync(&mut self, change: &SyncChange, origin: Origin, output: &mut Output) {
        self.change = *change;
        self.crossed_since = None;
        if change.state == SyncState::Desynced {
            output.last_top = None;
            self.jump.desync(origin.received_at);
        }
        output.forward(origin, self.instrument_id, change);
        if change.state == SyncState::Live {
            self.publish_top(UnixNanos(0), origin, output);
        }
    }

    /// Stops believing in the book and asks the feed for a new one.
    fn lose(&mut self, origin: Origin, reason: SyncReason, output: &mut Output) {
        self.replica.lose();
        self.crossed_since = None;
        self.jump.desync(origin.received_at);
        output.last_top = None;
        let SyncChange { gap_count, resync_count, .. } = self.change;
        self.change =
            SyncChange::new(SyncState::Desynced, reason, self.replica.update_id(), gap_count, resync_count);
        output.forward(origin, self.instrument_id, &self.change);
        // A wish that finds no room is not lost: the feed has as many before it, and each resyncs the same book.
        let _ = output.resync.send(origin, self.instrument_id, &self.change);
    }

    fn publish_top(&mut self, venue_at: UnixNanos, origin: Origin, output: &mut Output) {
        let book = self.replica.book();
        let (bid, ask) = (book.best_bid().unwrap_or_default(), book.best_ask().unwrap_or_default());
        if book.is_crossed() {
            self.on_crossed(origin);
            return;
        }
        self.crossed_since = None;
        let top = TopOfBook::new(bid, ask, self.replica.update_id(), venue_at, TopSource::Book);
        let is_news = output.last_top.is_none_or(|last| {
            top.update_id >= last.update_id && (top.bid != last.bid || top.ask != last.ask)
        });
        let is_suspect = !self.jump.believes(&top, origin.received_at);
        let is_judged_anew = is_suspect != output.is_suspect;
        // A quiet top is told again now and then: who reads it must see that it is fresh, not only that it stands.
        let is_due = origin.received_at.since(output.told_at) >= Nanos(TOP_REPEAT_NS);
        if is_news || is_judged_anew || is_due {
            self.publish(top, is_suspect, origin, output);
        }
    }

    fn publish(&mut self, top: TopOfBook, is_suspect: bool, origin: Origin, output: &mut Output) {
        self.suspect_count += u64::from(is_suspect);
        output.publish(self.instrument_id, top, is_suspect, origin);
    }

    fn on_crossed(&mut self, origin: Origin) {
        self.crossed_count += 1;
        self.crossed_since.get_or_insert(origin.received_at);
    }
}

impl Output {
    fn publish(&mut self, instrument_id: InstrumentId, top: TopOfBook, is_suspect: bool, origin: Origin) {
        debug_assert!(!top.is_two_sided() || top.bid.price < top.ask.price, "a crossed top is not published");
        (self.last_top, self.is_suspect) = (Some(top), is_suspect);
        self.told_at = origin.received_at;
        self.send(origin, (instrument_id, Flags::NONE.with(Flags::SUSPECT, is_suspect)), &top);
    }

    fn forward<P: Payload>(&mut self, origin: Origin, instrument_id: InstrumentId, payload: &P) {
        self.send(origin, (instrument_id, Flags::NONE), payload);
    }

    fn send<P: Payload>(&mut self, origin: Origin, heading: (InstrumentId, Flags), payload: &P) {
        let sent = self.book.send_with_tail(origin, heading, payload, &[]);
        assert!(sent.is_ok(), "a book channel has no gate that could be full");
    }
}
