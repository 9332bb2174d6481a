//! What stands on a channel now, for a process that attaches late: a shadow that follows the engine's ring off the path
//! of a tick, and can be written down with the place in the ring that it holds at.
//!
//! Whoever reads what is written down, and then the ring from that place on, has what it would have had from the
//! beginning: no gap, and nothing twice.

use std::collections::BTreeMap;

use fulmar_bus::channel::{Poll, Reader, Region, RingShape, Writer, create};
use fulmar_bus::record::{
    BookLevels, Flags, Heading, InstrumentId, Kind, Level, Payload, RECORD_SLOTS_MAX, Record, RecordId, Side,
    SnapshotBegin, SnapshotEnd, SyncChange, SyncReason, SyncState, UnixNanos,
};
use fulmar_engine::market::replica::BookReplica;
use zerocopy::IntoBytes;

/// Levels that a side of a shadow's book holds: what the engine's books hold.
const LEVELS_MAX: usize = 65_536;

/// The shadow of one channel.
pub struct Shadow {
    reader: Reader,
    /// The book of an instrument, on its market channel.
    replica: Option<(InstrumentId, BookReplica)>,
    /// The last of each kind that stands until it is told anew, by the instrument that it is of.
    last: BTreeMap<(Kind, InstrumentId), Record>,
    record: Box<Record>,
}

/// Kinds that stand until they are told anew, in the order in which a reader is to hear them.
const STANDING: [Kind; 8] = [
    Kind::InstrumentDefinition,
    Kind::InstrumentStatus,
    Kind::SyncChange,
    Kind::Funding,
    Kind::MarkPrice,
    Kind::TopOfBook,
    Kind::ConsolidatedTop,
    Kind::CrossVenue,
];

impl Shadow {
    /// A shadow of a market channel, with the book of its instrument.
    pub fn of_market(instrument_id: InstrumentId, reader: Reader) -> Self {
        let replica = Some((instrument_id, BookReplica::new(LEVELS_MAX)));
        Shadow { replica, ..Shadow::of(reader) }
    }

    /// A shadow of a channel of best prices.
    pub fn of(reader: Reader) -> Self {
        Shadow { reader, replica: None, last: BTreeMap::new(), record: Box::default() }
    }

    /// Takes all that has been published since the last look.
    pub fn follow(&mut self) {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Empty => return,
                Poll::Lapped { .. } => self.lose(),
                Poll::Record => self.take(),
            }
        }
    }

    /// Words of memory that [`Shadow::write`] takes now.
    pub fn word_count(&self) -> usize {
        self.shape().word_count()
    }

    /// Writes down what stands, as a ring, and gives the sequence behind which the channel goes on.
    ///
    /// # Panics
    /// Where the memory is smaller than [`Shadow::word_count`] says.
    pub fn write(&self, memory: Region) -> u64 {
        let (mut writer, _) = create(memory, self.shape(), self.reader.channel());
        for kind in STANDING {
            let of_kind = self.last.iter().filter(|((of, _), _)| *of == kind);
            for (_, record) in of_kind {
                let mut record = record.clone();
                record.relay();
                publish(&mut writer, &mut record);
            }
        }
        if let Some((instrument_id, replica)) = &self.replica {
            write_book(*instrument_id, replica, &mut writer);
        }
        self.reader.sequence()
    }

    fn take(&mut self) {
        // What is no record of its kind changes nothing, here as in every other reader.
        if let Some((_, replica)) = &mut self.replica {
            let _ = replica.take(&self.record);
        }
        let header = self.record.header();
        let Some(kind) = header.kind().filter(|kind| STANDING.contains(kind)) else { return };
        let id = header.instrument_id;
        let ends_top = match kind {
            // What was told at other scales means nothing at these.
            Kind::InstrumentDefinition => true,
            Kind::SyncChange => {
                self.record.read::<SyncChange>().is_ok_and(|change| change.state != SyncState::Live)
            }
            _ => false,
        };
        if ends_top {
            self.last.remove(&(Kind::TopOfBook, id));
        }
        // How far a book can be believed is told behind its levels.
        if kind != Kind::SyncChange || self.replica.is_none() {
            self.last.insert((kind, id), (*self.record).clone());
        }
    }

    /// Records were overwritten before they were seen here: what they may have changed is not known.
    fn lose(&mut self) {
        self.last.retain(|(kind, _), _| *kind == Kind::InstrumentDefinition);
        if let Some((_, replica)) = &mut self.replica {
            replica.lose();
        }
    }

    fn shape(&self) -> RingShape {
        let levels = self.replica.as_ref().map_or(0, |(_, replica)| {
            replica.book().level_count(Side::Buy) + replica.book().level_count(Side::Sell)
        });
        // Before and behind the levels: where they begin, where they end, what the book is worth.
        let records = self.last.len() + levels.div_ceil(BookLevels::LEVELS_MAX) + 4;
        RingShape { slot_count: (records * RECORD_SLOTS_MAX).next_power_of_two(), gate_count: 0 }
    }
}

/// Writes a book down as its feed would tell it.
fn write_book(instrument_id: InstrumentId, replica: &BookReplica, writer: &mut Writer) {
    let (update_id, venue_at) = (replica.update_id(), replica.venue_at());
    let heading = |flags| Heading { instrument_id, cause: RecordId::NONE, received_at: UnixNanos(0), flags };
    let sync = SyncChange::new(replica.state(), SyncReason::Joined, update_id, 0, 0);
    let Some(book) = replica.live_book() else { return put(writer, heading(Flags::NONE), &sync) };
    let [bids, asks] = [Side::Buy, Side::Sell].map(|side| book.levels(side).collect::<Vec<Level>>());
    let (mut bids, mut asks) = (bids.as_slice(), asks.as_slice());
    let (bid_count, ask_count) = (count(bids), count(asks));
    let begin = SnapshotBegin { update_id, venue_at, bid_count, ask_count };
    put(writer, heading(Flags::NONE), &begin);
    loop {
        let now_bids = take_up_to(&mut bids, BookLevels::LEVELS_MAX);
        let now_asks = take_up_to(&mut asks, BookLevels::LEVELS_MAX - now_bids.len());
        let (bid_count, ask_count) = (count(now_bids), count(now_asks));
        let update = BookLevels { update_id, venue_at, bid_count, ask_count };
        let is_last = bids.is_empty() && asks.is_empty();
        let flags = if is_last { Flags(Flags::SNAPSHOT.0 | Flags::LAST.0) } else { Flags::SNAPSHOT };
        let mut record = Record::new();
        record.write_with_tail(heading(flags), &update, [now_bids, now_asks].concat().as_bytes());
        publish(writer, &mut record);
        if is_last {
            break;
        }
    }
    put(writer, heading(Flags::NONE), &SnapshotEnd { update_id, venue_at });
    put(writer, heading(Flags::NONE), &sync);
}

fn take_up_to<'a>(levels: &mut &'a [Level], most: usize) -> &'a [Level] {
    let (now, later) = levels.split_at(levels.len().min(most));
    *levels = later;
    now
}

fn count(levels: &[Level]) -> u32 {
    u32::try_from(levels.len()).expect("a book's levels are bounded")
}

fn put<P: Payload>(writer: &mut Writer, heading: Heading, payload: &P) {
    let mut record = Record::new();
    record.write(heading, payload);
    publish(writer, &mut record);
}

fn publish(writer: &mut Writer, record: &mut Record) {
    assert!(writer.publish(record).is_ok(), "nobody holds the ring up");
}
