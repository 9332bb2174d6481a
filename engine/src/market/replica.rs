//! A book kept by whoever reads a market channel: levels go in as they come, and it is believed only while it is the
//! venue's.
//!
//! The book actor, a strategy that asked for depth and the windows of operators keep one each, from the same records by
//! the same rules: a whole snapshot first, then every update in its order, until the feed says that continuity broke or
//! the reader itself lost a record. It publishes nothing and asks for nothing.

use fulmar_bus::record::{
    BookLevels, Flags, InstrumentDefinition, Kind, Malformed, Record, Side, SnapshotBegin, SyncChange,
    SyncState, UnixNanos,
};

use super::belief::Belief;
use super::book::Book;
use super::instrument::{Redefinition, compare};

/// One reader's book of one instrument.
#[derive(Debug)]
pub struct BookReplica {
    book: Book,
    belief: Belief,
    definition: Option<InstrumentDefinition>,
    update_id: u64,
    venue_at: UnixNanos,
}

/// What a record did to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing: it is no record of a book, or the replica knows better.
    Nothing,
    /// Its levels stand in the book. The last record of an update makes it whole.
    Levels {
        /// Whether this was the last record of its update.
        is_whole: bool,
    },
    /// The book is empty, and levels of a snapshot follow.
    Snapshot,
    /// The book can be believed so far from now on.
    State(SyncState),
    /// The instrument is this from now on. Where it changed, which a book that does not fit a wider scale makes of it,
    /// the book is lost.
    Definition(Redefinition),
}

impl BookReplica {
    /// A replica that has heard nothing, with room for `levels_max` levels a side.
    ///
    /// # Panics
    /// As [`Book::new`].
    pub fn new(levels_max: usize) -> Self {
        BookReplica {
            book: Book::new(levels_max),
            belief: Belief::new(),
            definition: None,
            update_id: 0,
            venue_at: UnixNanos(0),
        }
    }

    /// Takes in a record of the market channel.
    ///
    /// # Errors
    /// As [`Record::read`]; nothing was taken then.
    pub fn take(&mut self, record: &Record) -> Result<Taken, Malformed> {
        match record.header().kind() {
            Some(Kind::BookLevels) => self.on_levels(record),
            Some(Kind::SnapshotBegin) => {
                record.read::<SnapshotBegin>()?;
                self.belief.begin_snapshot();
                self.book.clear();
                Ok(Taken::Snapshot)
            }
            Some(Kind::SyncChange) => Ok(self.on_sync(record.read::<SyncChange>()?.state)),
            Some(Kind::InstrumentDefinition) => Ok(Taken::Definition(self.define(record.read()?))),
            _ => Ok(Taken::Nothing),
        }
    }

    /// The reader lost a record, or the book cannot be right: nothing is believed until the next whole snapshot.
    pub fn lose(&mut self) {
        self.book.clear();
        self.belief.lose();
    }

    /// The book, whatever it is worth.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The book while it is the venue's.
    pub fn live_book(&self) -> Option<&Book> {
        self.is_live().then_some(&self.book)
    }

    /// True where the book is the venue's.
    pub fn is_live(&self) -> bool {
        self.belief.is_live()
    }

    /// How far the book can be believed.
    pub const fn state(&self) -> SyncState {
        self.belief.state()
    }

    /// The latest definition.
    pub const fn definition(&self) -> Option<&InstrumentDefinition> {
        self.definition.as_ref()
    }

    /// The venue's number of the latest whole update.
    pub const fn update_id(&self) -> u64 {
        self.update_id
    }

    /// When the venue says that the latest whole update held, zero where it does not say.
    pub const fn venue_at(&self) -> UnixNanos {
        self.venue_at
    }

    fn on_levels(&mut self, record: &Record) -> Result<Taken, Malformed> {
        let (update, bids, asks) = BookLevels::read(record)?;
        if !self.belief.takes_levels() {
            return Ok(Taken::Nothing);
        }
        for level in bids {
            self.book.apply(Side::Buy, level.price, level.quantity);
        }
        for level in asks {
            self.book.apply(Side::Sell, level.price, level.quantity);
        }
        let is_whole = record.header().flags.contains(Flags::LAST);
        if is_whole {
            (self.update_id, self.venue_at) = (update.update_id, update.venue_at);
        }
        Ok(Taken::Levels { is_whole })
    }

    fn on_sync(&mut self, state: SyncState) -> Taken {
        if !self.belief.hear(state) {
            return Taken::Nothing;
        }
        if state == SyncState::Desynced {
            self.book.clear();
        }
        Taken::State(state)
    }

    fn define(&mut self, definition: &InstrumentDefinition) -> Redefinition {
        let known = self.definition.replace(*definition);
        let mut redefinition = known.map_or(Redefinition::New, |known| compare(&known, definition));
        if let Redefinition::Refined { price_factor, quantity_factor } = redefinition
            && self.book.rescale(price_factor, quantity_factor).is_err()
        {
            redefinition = Redefinition::Changed;
        }
        if redefinition == Redefinition::Changed {
            self.lose();
        }
        redefinition
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{
        Heading, InstrumentId, Level, Payload, Price, Quantity, RecordId, SyncReason, Text, WideNumber,
    };
    use zerocopy::IntoBytes;

    use super::*;

    fn heading(flags: Flags) -> Heading {
        Heading { instrument_id: InstrumentId(0), cause: RecordId::NONE, received_at: UnixNanos(1), flags }
    }

    fn take<P: Payload>(replica: &mut BookReplica, payload: &P) -> Taken {
        let mut record = Record::new();
        record.write(heading(Flags::NONE), payload);
        replica.take(&record).expect("the record is sound")
    }

    fn sync(replica: &mut BookReplica, state: SyncState) -> Taken {
        take(replica, &SyncChange::new(state, SyncReason::Joined, 1, 0, 0))
    }

    /// One bid level, as the whole of update `update_id`.
    fn level(replica: &mut BookReplica, update_id: u64, price: i64, quantity: i64) -> Taken {
        let levels = BookLevels { update_id, venue_at: UnixNanos(update_id), bid_count: 1, ask_count: 0 };
        let bids = [Level { price: Price(price), quantity: Quantity(quantity) }];
        let mut record = Record::new();
        record.write_with_tail(heading(Flags::LAST), &levels, bids.as_bytes());
        replica.take(&record).expect("the record is sound")
    }

    fn snapshot(replica: &mut BookReplica) {
        let begin = SnapshotBegin { update_id: 5, venue_at: UnixNanos(5), bid_count: 1, ask_count: 0 };
        assert_eq!(take(replica, &begin), Taken::Snapshot);
        level(replica, 5, 100, 7);
        assert_eq!(sync(replica, SyncState::Live), Taken::State(SyncState::Live));
    }

    fn live() -> BookReplica {
        let mut replica = BookReplica::new(8);
        snapshot(&mut replica);
        replica
    }

    fn best(replica: &BookReplica) -> Option<(i64, i64)> {
        replica.live_book()?.best_bid().map(|level| (level.price.0, level.quantity.0))
    }

    fn definition(price_scale: u8, quote: &str) -> InstrumentDefinition {
        InstrumentDefinition {
            venue: Text::default(),
            symbol: Text::default(),
            base: Text::new("BTC").expect("it fits"),
            quote: Text::new(quote).expect("it fits"),
            tick: Price(0),
            lot: Quantity(0),
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: WideNumber::default(),
            revision: 1,
            price_scale,
            quantity_scale: 0,
            contract: fulmar_bus::record::ContractKind::Spot,
            is_inferred: 0,
            contract_size: fulmar_bus::record::ContractSize::ONE,
            iceberg_parts_max: 0,
        }
    }

    #[test]
    fn it_is_live_from_a_snapshot_to_the_next_break() {
        let mut replica = live();
        assert_eq!(level(&mut replica, 6, 101, 2), Taken::Levels { is_whole: true });
        assert_eq!((best(&replica), replica.update_id()), (Some((101, 2)), 6));
        assert_eq!(sync(&mut replica, SyncState::Desynced), Taken::State(SyncState::Desynced));
        assert_eq!(level(&mut replica, 7, 102, 2), Taken::Nothing);
        assert_eq!((best(&replica), replica.update_id()), (None, 6));
        assert_eq!(replica.book().best_bid(), None, "nothing of a broken book is kept");
    }

    #[test]
    fn a_reader_that_lost_records_believes_no_one_before_the_next_snapshot() {
        let mut replica = live();
        replica.lose();
        assert_eq!(sync(&mut replica, SyncState::Live), Taken::Nothing);
        assert_eq!(level(&mut replica, 7, 102, 2), Taken::Nothing);
        snapshot(&mut replica);
        assert_eq!(best(&replica), Some((100, 7)));
    }

    #[test]
    fn a_wider_scale_rescales_it_and_another_thing_ends_it() {
        let mut replica = live();
        assert_eq!(take(&mut replica, &definition(1, "USDT")), Taken::Definition(Redefinition::New));
        let wider = Redefinition::Refined { price_factor: 100, quantity_factor: 1 };
        assert_eq!(take(&mut replica, &definition(3, "USDT")), Taken::Definition(wider));
        assert_eq!(best(&replica), Some((10_000, 7)));
        assert_eq!(take(&mut replica, &definition(3, "USDC")), Taken::Definition(Redefinition::Changed));
        assert_eq!((best(&replica), replica.state()), (None, SyncState::Desynced));
    }

    #[test]
    fn a_scale_that_its_numbers_do_not_fit_ends_it_too() {
        let mut replica = live();
        take(&mut replica, &definition(0, "USDT"));
        level(&mut replica, 6, i64::MAX, 1);
        assert_eq!(take(&mut replica, &definition(2, "USDT")), Taken::Definition(Redefinition::Changed));
        assert_eq!(best(&replica), None);
    }
}
