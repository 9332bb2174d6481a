//! The feed of one venue: whole frames to its translator, and what the translator understood to the channels.
//!
//! Reads: the frames of its venue, and the resync wishes of its books. Writes: a market channel an instrument, and
//! the requests of its venue. Owns: the [`MarketSession`]. On failure: the run ends; its state is made anew by
//! resync, since every book begins with a snapshot. It never waits: whoever reads too slowly loses records and is
//! told how many.

use fulmar_bus::record::{
    Bar, BookLevels, Flags, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, MarkPrice,
    Nanos, Payload, RequestKind, SnapshotBegin, SnapshotEnd, SyncChange, SyncReason, TopOfBook, Trade,
    UnixNanos,
};
use zerocopy::IntoBytes;

use super::frames::FrameAssembly;
use super::requests::send_request;
use crate::contract::{DecodeError, MarketSession, MarketSink, Update};
use crate::runtime::{Actor, Delivery, HopStamps, Inboxes, Origin, Outbox, Start, Work};

/// The inbox of frames; those of the books' wishes follow it.
const FRAMES: usize = 0;

/// The actor of one venue's market data.
pub struct Feed {
    name: String,
    inboxes: Inboxes,
    session: Box<dyn MarketSession>,
    assembly: FrameAssembly,
    output: Output,
    stamps: Option<HopStamps>,
}

/// Where what the session understood goes. Its origin is the frame at hand.
struct Output {
    origin: Origin,
    /// By instrument id; `None` for instruments of other venues.
    markets: Vec<Option<Outbox>>,
    /// By instrument id: what is told again to those who may have missed it.
    known: Vec<Known>,
    requests: Outbox,
    levels: Vec<Level>,
    lost_requests: u64,
}

/// What was told last of an instrument.
#[derive(Clone, Copy, Default)]
struct Known {
    status: Option<InstrumentStatus>,
    definition: Option<InstrumentDefinition>,
}

impl Feed {
    /// The feed of `session`. Inbox 0 of `inboxes` gives its frames, the others give [`SyncChange`]s of books that want
    /// to sync anew. `markets` is indexed by instrument id.
    pub fn new(
        session: Box<dyn MarketSession>,
        inboxes: Inboxes,
        markets: Vec<Option<Outbox>>,
        requests: Outbox,
        stamps: Option<HopStamps>,
    ) -> Self {
        let output = Output {
            origin: Origin::time(UnixNanos(0)),
            known: vec![Known::default(); markets.len()],
            markets,
            requests,
            levels: Vec::with_capacity(BookLevels::LEVELS_MAX),
            lost_requests: 0,
        };
        let name = format!("feed.{}", session.venue());
        Feed { name, inboxes, session, assembly: FrameAssembly::default(), output, stamps }
    }

    fn on_lap(&mut self, now: UnixNanos) {
        self.assembly.drop_partial();
        self.output.origin = Origin::time(now);
        for index in 0..self.output.markets.len() {
            if self.output.markets[index].is_some() {
                let instrument_id = instrument_at(index);
                self.output.tell_again(instrument_id);
                self.session.resync(now, instrument_id, SyncReason::Lapped, &mut self.output);
            }
        }
    }
}

impl Actor for Feed {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn on_start(&mut self, now: UnixNanos) {
        self.output.origin = Origin::time(now);
        self.session.on_start(now, &mut self.output);
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        let mut was_lapped = false;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            match delivery {
                Delivery::Record(record) if inbox == FRAMES => {
                    let Some(frame) = self.assembly.add(record) else { continue };
                    self.output.origin = Origin::of(record);
                    if let Some(stamps) = &self.stamps {
                        stamps.begin(Start::Tick, record.header().id);
                    }
                    self.session.on_frame(now, frame, &mut self.output);
                }
                Delivery::Record(record) => {
                    self.output.origin = Origin::of(record);
                    if let Ok(wish) = record.read::<SyncChange>() {
                        let instrument_id = record.header().instrument_id;
                        self.output.tell_again(instrument_id);
                        self.session.resync(now, instrument_id, wish.reason, &mut self.output);
                    }
                }
                Delivery::Lapped(_) => was_lapped = true,
            }
        }
        if was_lapped {
            self.on_lap(now);
        }
        if self.session.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.output.origin = Origin::time(now);
            self.session.on_time(now, &mut self.output);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.session.due_at()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let counters = self.session.counters();
        tell("frames", self.assembly.from_venue_count());
        tell("ignored_frames", counters.ignored_frames);
        tell("decode_errors", counters.decode_error_count());
        for error in DecodeError::ALL {
            tell(error.name(), counters.decode_errors[error as usize]);
        }
        tell("venue_refusals", counters.venue_refusals);
        tell("malformed_records", self.assembly.malformed_count());
        tell("lost_records", self.inboxes.lost_count() + self.output.lost_requests);
        self.session.tell_counters(tell);
    }
}

impl Output {
    fn market(&mut self, instrument_id: InstrumentId) -> &mut Outbox {
        let market = self.markets.get_mut(instrument_id.index()).and_then(Option::as_mut);
        market.expect("a session speaks of the instruments that it was given")
    }

    fn send<P: Payload>(&mut self, instrument_id: InstrumentId, payload: &P) {
        let origin = self.origin;
        broadcast(self.market(instrument_id).send(origin, instrument_id, payload));
    }

    /// Tells what an instrument is, and whether it is traded, to those who may have been overtaken when it was told
    /// before. The status comes first: with a definition alone the gate would let orders pass.
    fn tell_again(&mut self, instrument_id: InstrumentId) {
        let known = self.known[instrument_id.index()];
        if let Some(status) = known.status {
            self.send(instrument_id, &status);
        }
        if let Some(definition) = known.definition {
            self.send(instrument_id, &definition);
        }
    }

    /// Publishes the levels of an update in as many records as it takes, the last of them marked.
    fn send_levels(&mut self, instrument_id: InstrumentId, update: Update<'_>, flags: Flags) {
        let (mut bids, mut asks) = (update.bids, update.asks);
        loop {
            let (bid_part, bid_rest) = bids.split_at(bids.len().min(BookLevels::LEVELS_MAX));
            let ask_room = BookLevels::LEVELS_MAX - bid_part.len();
            let (ask_part, ask_rest) = asks.split_at(asks.len().min(ask_room));
            (bids, asks) = (bid_rest, ask_rest);
            self.levels.clear();
            self.levels.extend_from_slice(bid_part);
            self.levels.extend_from_slice(ask_part);
            let is_last = bids.is_empty() && asks.is_empty();
            let part = BookLevels {
                update_id: update.update_id,
                venue_at: update.venue_at,
                bid_count: level_count(bid_part),
                ask_count: level_count(ask_part),
            };
            let flags = flags.with(Flags::LAST, is_last).with(Flags::PROVEN, is_last && update.is_proven);
            let origin = self.origin;
            let levels = std::mem::take(&mut self.levels);
            broadcast(self.market(instrument_id).send_with_tail(
                origin,
                (instrument_id, flags),
                &part,
                levels.as_bytes(),
            ));
            self.levels = levels;
            if is_last {
                return;
            }
        }
    }
}

impl MarketSink for Output {
    fn definition(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        self.known[instrument_id.index()].definition = Some(*definition);
        self.send(instrument_id, definition);
    }

    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus) {
        self.known[instrument_id.index()].status = Some(*status);
        self.send(instrument_id, status);
    }

    fn trade(&mut self, instrument_id: InstrumentId, trade: &Trade) {
        self.send(instrument_id, trade);
    }

    fn top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        self.send(instrument_id, top);
    }

    fn funding(&mut self, instrument_id: InstrumentId, funding: &Funding) {
        self.send(instrument_id, funding);
    }

    fn mark_price(&mut self, instrument_id: InstrumentId, mark_price: &MarkPrice) {
        self.send(instrument_id, mark_price);
    }

    fn bar(&mut self, instrument_id: InstrumentId, bar: &Bar) {
        self.send(instrument_id, bar);
    }

    fn snapshot(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        let (update_id, venue_at) = (update.update_id, update.venue_at);
        let (bid_count, ask_count) = (level_count(update.bids), level_count(update.asks));
        self.send(instrument_id, &SnapshotBegin { update_id, venue_at, bid_count, ask_count });
        self.send_levels(instrument_id, update, Flags::SNAPSHOT);
        self.send(instrument_id, &SnapshotEnd { update_id, venue_at });
    }

    fn levels(&mut self, instrument_id: InstrumentId, update: Update<'_>) {
        self.send_levels(instrument_id, update, Flags::NONE);
    }

    fn sync(&mut self, instrument_id: InstrumentId, change: &SyncChange) {
        self.send(instrument_id, change);
    }

    fn request(&mut self, connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]) {
        let sent = send_request(&mut self.requests, self.origin, (connection, kind, delay), bytes);
        self.lost_requests += u64::from(!sent);
    }
}

/// Market data is broadcast: no reader can hold it up.
fn broadcast<T>(sent: Result<T, fulmar_bus::channel::Full>) {
    assert!(sent.is_ok(), "a market channel has no gate that could be full");
}

fn level_count(levels: &[Level]) -> u32 {
    u32::try_from(levels.len()).expect("an update's levels are bounded by the session")
}

fn instrument_at(index: usize) -> InstrumentId {
    InstrumentId(u32::try_from(index).expect("instrument ids are 32 bits"))
}
