//! What stands of an instrument now, for a process that attaches late: a shadow that follows the engine's rings off the
//! path of a tick, and can be written down with the place in each ring that it holds at.
//!
//! Whoever reads what is written down, and then each ring from that place on, has what it would have had from the
//! beginning: no gap, and nothing twice.

use fulmar_bus::channel::{Poll, Reader, Region, Ring, RingShape, Writer, create};
use fulmar_bus::record::{
    BookLevels, ChannelId, Flags, Heading, InstrumentDefinition, InstrumentId, InstrumentStatus, Kind, Level,
    Payload, Record, RecordId, Side, SnapshotBegin, SnapshotEnd, SyncChange, SyncReason, SyncState, UnixNanos,
};
use fulmar_engine::market::replica::BookReplica;
use zerocopy::IntoBytes;

/// Levels that a side of a shadow's book holds: what the engine's books hold.
const LEVELS_MAX: usize = 65_536;

/// The shadow of one instrument.
pub struct Shadow {
    instrument_id: InstrumentId,
    market: Reader,
    book: Reader,
    replica: BookReplica,
    /// The last of each kind that stands until it is told anew.
    of_market: Last,
    of_book: Last,
    record: Box<Record>,
}

/// The latest records of one channel that a book is not made of.
#[derive(Default)]
struct Last {
    definition: Option<Record>,
    status: Option<Record>,
    funding: Option<Record>,
    mark_price: Option<Record>,
    sync: Option<Record>,
    top: Option<Record>,
}

/// What was written down: a ring for each channel, and the place that it holds at.
pub struct Standing {
    /// What the market channel would have told, and the sequence behind which its stream goes on.
    pub market: (Region, u64),
    /// Likewise the book channel.
    pub book: (Region, u64),
}

impl Shadow {
    /// A shadow of an instrument, from where its rings begin.
    pub fn new(instrument_id: InstrumentId, market: Reader, book: Reader) -> Self {
        Shadow {
            instrument_id,
            market,
            book,
            replica: BookReplica::new(LEVELS_MAX),
            of_market: Last::default(),
            of_book: Last::default(),
            record: Box::default(),
        }
    }

    /// Takes all that has been published since the last look.
    pub fn follow(&mut self) {
        loop {
            match self.market.poll(&mut self.record) {
                Poll::Empty => break,
                Poll::Lapped { .. } => {
                    self.replica.lose();
                    self.of_market.lose();
                }
                Poll::Record => {
                    // What is no record of its kind changes nothing, here as in every other reader.
                    let _ = self.replica.take(&self.record);
                    self.of_market.keep(&self.record);
                }
            }
        }
        loop {
            match self.book.poll(&mut self.record) {
                Poll::Empty => break,
                Poll::Lapped { .. } => self.of_book.lose(),
                Poll::Record => self.of_book.keep(&self.record),
            }
        }
    }

    /// Words that writing it down takes, for each of the two rings.
    pub fn word_counts(&self) -> (usize, usize) {
        (self.market_shape().word_count(), BOOK_SHAPE.word_count())
    }

    /// Writes down what stands, into memory of as many words as [`Shadow::word_counts`] says.
    pub fn write(&self, (market, book): (Region, Region)) -> Standing {
        let (mut writer, _) = create(market.clone(), self.market_shape(), ChannelId(0));
        self.of_market.write(&mut writer);
        if self.replica.is_live() {
            self.write_levels(&mut writer);
        }
        let (mut tops, _) = create(book.clone(), BOOK_SHAPE, ChannelId(0));
        self.of_book.write(&mut tops);
        Standing { market: (market, self.market.sequence()), book: (book, self.book.sequence()) }
    }

    fn market_shape(&self) -> RingShape {
        let book = self.replica.book();
        let levels = book.level_count(Side::Buy) + book.level_count(Side::Sell);
        let records = 2 * OTHER_RECORDS_MAX + levels.div_ceil(BookLevels::LEVELS_MAX);
        RingShape { slot_count: (records * SLOTS_MAX).next_power_of_two(), gate_count: 0 }
    }

    fn write_levels(&self, writer: &mut Writer) {
        let book = self.replica.book();
        let (update_id, venue_at) = (self.replica.update_id(), self.replica.venue_at());
        let count = |side| u32::try_from(book.level_count(side)).expect("a book's levels are bounded");
        let (bid_count, ask_count) = (count(Side::Buy), count(Side::Sell));
        self.put(writer, &SnapshotBegin { update_id, venue_at, bid_count, ask_count }, Flags::NONE);
        let bids: Vec<Level> = book.levels(Side::Buy).collect();
        let asks: Vec<Level> = book.levels(Side::Sell).collect();
        let (mut bids, mut asks) = (bids.as_slice(), asks.as_slice());
        loop {
            let (now_bids, later) = bids.split_at(bids.len().min(BookLevels::LEVELS_MAX));
            bids = later;
            let (now_asks, later) = asks.split_at(asks.len().min(BookLevels::LEVELS_MAX - now_bids.len()));
            asks = later;
            let is_last = bids.is_empty() && asks.is_empty();
            let count = |levels: &[Level]| u32::try_from(levels.len()).expect("no more than fit a record");
            let update =
                BookLevels { update_id, venue_at, bid_count: count(now_bids), ask_count: count(now_asks) };
            let levels = [now_bids, now_asks].concat();
            let flags = if is_last { Flags(Flags::SNAPSHOT.0 | Flags::LAST.0) } else { Flags::SNAPSHOT };
            let mut record = Record::new();
            record.write_with_tail(self.heading(flags), &update, levels.as_bytes());
            publish(writer, &mut record);
            if is_last {
                break;
            }
        }
        self.put(writer, &SnapshotEnd { update_id, venue_at }, Flags::NONE);
        let live = SyncChange::new(SyncState::Live, SyncReason::Joined, update_id, 0, 0);
        self.put(writer, &live, Flags::NONE);
    }

    fn put<P: Payload>(&self, writer: &mut Writer, payload: &P, flags: Flags) {
        let mut record = Record::new();
        record.write(self.heading(flags), payload);
        publish(writer, &mut record);
    }

    fn heading(&self, flags: Flags) -> Heading {
        let (instrument_id, received_at) = (self.instrument_id, UnixNanos(0));
        Heading { instrument_id, cause: RecordId::NONE, received_at, flags }
    }
}

/// Records beside levels that either ring takes at the most.
const OTHER_RECORDS_MAX: usize = 16;
/// Slots of the longest record.
const SLOTS_MAX: usize = fulmar_bus::record::RECORD_SLOTS_MAX;
/// The ring of what the book channel told.
const BOOK_SHAPE: RingShape = RingShape { slot_count: OTHER_RECORDS_MAX * SLOTS_MAX, gate_count: 0 };

impl Last {
    fn keep(&mut self, record: &Record) {
        let place = match record.header().kind() {
            Some(Kind::InstrumentDefinition) => {
                // What was told at other scales means nothing at these.
                self.top = None;
                &mut self.definition
            }
            Some(Kind::InstrumentStatus) => &mut self.status,
            Some(Kind::Funding) => &mut self.funding,
            Some(Kind::MarkPrice) => &mut self.mark_price,
            Some(Kind::SyncChange) => {
                let change = record.read::<SyncChange>();
                if change.is_ok_and(|change| change.state != SyncState::Live) {
                    self.top = None;
                }
                &mut self.sync
            }
            Some(Kind::TopOfBook) => &mut self.top,
            _ => return,
        };
        *place = Some(record.clone());
    }

    /// Records were overwritten before they were seen here: what they may have changed is not known.
    fn lose(&mut self) {
        let definition = self.definition.take();
        *self = Last { definition, ..Last::default() };
    }

    fn write(&self, writer: &mut Writer) {
        let Last { definition, status, funding, mark_price, sync, top } = self;
        for record in [definition, status, funding, mark_price, sync, top].into_iter().flatten() {
            let mut record = record.clone();
            record.relay();
            publish(writer, &mut record);
        }
    }
}

fn publish(writer: &mut Writer, record: &mut Record) {
    assert!(writer.publish(record).is_ok(), "nobody holds the ring up");
}

/// The rings of an instrument, by its durable name.
pub fn follow_rings(instrument_id: InstrumentId, market: &Ring, book: &Ring) -> Shadow {
    Shadow::new(instrument_id, market.reader(), book.reader())
}

const _: () = assert!(size_of::<InstrumentDefinition>() < 1_000 && size_of::<InstrumentStatus>() < 1_000);
