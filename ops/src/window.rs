//! What can be seen of an instrument from outside: its market channel, folded into a picture.
//!
//! A window reads channels as anybody may, without a gate: it holds nobody up, and where it was overtaken it says so
//! and waits for the next snapshot. It keeps a book of its own, of the engine's own type.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    Flags, Funding, InstrumentStatus, Kind, Listing, Malformed, MarkPrice, Price, Quantity, Record,
    SyncChange, SyncReason, SyncState, Trade,
};
use fulmar_engine::market::decimal::{self, Rounding};
use fulmar_engine::market::instrument::Redefinition;
use fulmar_engine::market::replica::{BookReplica, Taken};
use fulmar_engine::market::stats::TradeStats;

/// Levels that a side of a picture's book holds.
const LEVELS_MAX: usize = 65_536;

/// One instrument as its market channel tells it.
pub struct Picture {
    /// The venue's symbol.
    pub symbol: String,
    /// What the venue said last of an instrument that it did not know or trade; none of those that it always did.
    pub status: Option<InstrumentStatus>,
    /// What holding it costs, where the venue says it.
    pub funding: Option<Funding>,
    /// What the venue values it at, where it says it.
    pub venue_mark: Option<MarkPrice>,
    /// Bars of the venue's own making.
    pub venue_bar_count: u64,
    /// The book, what it is of, and how far it can be believed here.
    pub replica: BookReplica,
    /// The latest news of the feed.
    pub sync: SyncChange,
    /// True once the book could be believed.
    pub was_live: bool,
    /// The middle of best bid and ask, rounded down, when both could last be believed.
    pub mark: Option<Price>,
    /// All trades so far.
    pub trades: TradeStats,
    /// Updates after which a live book's best bid was not below its best ask.
    pub crossed_count: u64,
    /// Updates and snapshots after which the venue's own checksum of the book was ours.
    pub checksum_ok_count: u64,
    /// Times that it was not, so that the book was given up.
    pub checksum_bad_count: u64,
    /// Records that were overwritten before they were seen here.
    pub lost_count: u64,
    /// Records that were not what their kind says.
    pub malformed_count: u64,
    reader: Reader,
    record: Box<Record>,
}

impl Picture {
    /// An empty picture of `symbol`, which `reader` will fill.
    pub fn new(symbol: &str, reader: Reader) -> Self {
        Picture {
            symbol: symbol.to_owned(),
            status: None,
            funding: None,
            venue_mark: None,
            venue_bar_count: 0,
            replica: BookReplica::new(LEVELS_MAX),
            sync: SyncChange::new(SyncState::Syncing, SyncReason::Started, 0, 0, 0),
            was_live: false,
            mark: None,
            trades: TradeStats::new(),
            crossed_count: 0,
            checksum_ok_count: 0,
            checksum_bad_count: 0,
            lost_count: 0,
            malformed_count: 0,
            reader,
            record: Box::default(),
        }
    }

    /// How it stands, in a word: `live`, `syncing`, `desynced`, or `unlisted` where the venue does not know it,
    /// `halted` where it does not trade it.
    pub fn state(&self) -> &'static str {
        match self.listing() {
            Listing::Listed => self.replica.state().name(),
            Listing::Unlisted => "unlisted",
            Listing::Halted => "halted",
        }
    }

    /// Whether the venue knows the instrument and trades it, as far as it says.
    pub fn listing(&self) -> Listing {
        self.status.map_or(Listing::Listed, |status| status.listing)
    }

    /// A price as people write it: with as many digits behind the point as its tick has.
    pub fn price_text(&self, price: Price) -> String {
        let Some(definition) = self.replica.definition() else { return price.0.to_string() };
        let digits = step_digits(definition.tick.0, definition.price_scale);
        fixed(price.0, definition.price_scale, digits)
    }

    /// A quantity as people write it: with as many digits behind the point as its lot has.
    pub fn quantity_text(&self, quantity: Quantity) -> String {
        let Some(definition) = self.replica.definition() else { return quantity.0.to_string() };
        let digits = step_digits(definition.lot.0, definition.quantity_scale);
        fixed(quantity.0, definition.quantity_scale, digits)
    }

    /// Takes all that has been published since the last look.
    pub fn look(&mut self) {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Empty => return,
                Poll::Lapped { lost_count } => {
                    self.lost_count += lost_count;
                    self.replica.lose();
                }
                Poll::Record => {
                    let understood = self.take();
                    self.malformed_count += u64::from(understood.is_err());
                }
            }
        }
    }

    fn take(&mut self) -> Result<(), Malformed> {
        match self.record.header().kind() {
            Some(Kind::Trade) => self.trades.on_trade(self.record.read::<Trade>()?),
            Some(Kind::SyncChange) => {
                self.sync = *self.record.read()?;
                let is_mismatch =
                    (self.sync.state, self.sync.reason) == (SyncState::Desynced, SyncReason::Checksum);
                self.checksum_bad_count += u64::from(is_mismatch);
            }
            Some(Kind::BookLevels) => {
                let is_proven = self.record.header().flags.contains(Flags::PROVEN);
                self.checksum_ok_count += u64::from(is_proven);
            }
            Some(Kind::InstrumentStatus) => self.status = Some(*self.record.read()?),
            Some(Kind::Funding) => self.funding = Some(*self.record.read()?),
            Some(Kind::MarkPrice) => self.venue_mark = Some(*self.record.read()?),
            Some(Kind::Bar) => self.venue_bar_count += 1,
            _ => {}
        }
        match self.replica.take(&self.record)? {
            Taken::Levels { is_whole: true } if self.replica.is_live() => {
                self.crossed_count += u64::from(self.replica.book().is_crossed());
                self.keep_mark();
            }
            Taken::State(_) if self.replica.is_live() => {
                self.was_live = true;
                self.keep_mark();
            }
            Taken::Definition(Redefinition::Refined { price_factor, quantity_factor }) => {
                self.mark = self.mark.and_then(|mark| mark.0.checked_mul(price_factor)).map(Price);
                if self.trades.rescale(price_factor, quantity_factor).is_err() {
                    self.malformed_count += 1;
                }
            }
            Taken::Definition(Redefinition::Changed) => {
                self.trades = TradeStats::new();
                self.mark = None;
            }
            Taken::Nothing
            | Taken::Levels { .. }
            | Taken::Snapshot
            | Taken::State(_)
            | Taken::Definition(_) => {}
        }
        Ok(())
    }

    /// Takes the middle of a live book. A book of one side, or a crossed one, has none that means anything.
    fn keep_mark(&mut self) {
        let book = self.replica.book();
        if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask())
            && bid.price < ask.price
        {
            self.mark = Some(Price(bid.price.0 + (ask.price.0 - bid.price.0) / 2));
        }
    }
}

/// Digits behind the point that a step at `scale` has; all of them where the step is not known.
fn step_digits(step: i64, scale: u8) -> u8 {
    let mut digits = scale;
    let mut rest = step;
    while digits > 0 && rest != 0 && rest % 10 == 0 {
        rest /= 10;
        digits -= 1;
    }
    digits
}

/// The number with so many digits behind the point, or with all that it has where those are more.
fn fixed(mantissa: i64, scale: u8, digits: u8) -> String {
    let shown = decimal::rescale(mantissa, scale, digits, Rounding::Exact).map_or(scale, |_| digits);
    decimal::format_fixed(i128::from(mantissa), scale, shown).to_string()
}

#[cfg(test)]
mod tests {
    use fulmar_bus::channel::{Region, RingShape, Writer, create};
    use fulmar_bus::record::{
        Bar, BookLevels, ChannelId, FundingRate, Heading, InstrumentId, Level, Nanos, Payload, RecordId,
        UnixNanos,
    };
    use zerocopy::{FromZeros, IntoBytes};

    use super::*;

    /// A market channel, written by hand, and the picture that it gives.
    struct Market {
        writer: Writer,
        picture: Picture,
    }

    impl Market {
        fn new() -> Self {
            let shape = RingShape { slot_count: 1024, gate_count: 1 };
            let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(0));
            Market { writer, picture: Picture::new("BTCUSDT", ring.reader()) }
        }

        fn tell<P: Payload>(&mut self, payload: &P, tail: &[u8]) {
            self.tell_flagged(Flags::LAST, payload, tail);
        }

        fn tell_flagged<P: Payload>(&mut self, flags: Flags, payload: &P, tail: &[u8]) {
            let (instrument_id, cause) = (InstrumentId(0), RecordId::NONE);
            let heading = Heading { instrument_id, cause, received_at: UnixNanos(1), flags };
            let mut record = Record::new();
            record.write_with_tail(heading, payload, tail);
            self.writer.publish(&mut record).expect("nobody holds the writer up");
            self.picture.look();
        }

        fn list(&mut self, listing: Listing) {
            self.tell(&InstrumentStatus::new(listing, "the venue's words"), &[]);
        }

        fn sync(&mut self, state: SyncState) {
            self.tell(&SyncChange::new(state, SyncReason::Started, 0, 0, 0), &[]);
        }

        /// One bid, then one ask; zero takes a level away.
        fn levels(&mut self, bid: (i64, i64), ask: (i64, i64)) {
            let update = BookLevels { update_id: 1, venue_at: UnixNanos(1), bid_count: 1, ask_count: 1 };
            let level = |(price, quantity)| Level { price: Price(price), quantity: Quantity(quantity) };
            self.tell(&update, [level(bid), level(ask)].as_bytes());
        }
    }

    #[test]
    fn a_halted_instrument_is_shown_as_such_until_the_venue_trades_it_again() {
        let mut market = Market::new();
        market.sync(SyncState::Live);
        for (listing, state) in
            [(Listing::Halted, "halted"), (Listing::Unlisted, "unlisted"), (Listing::Listed, "live")]
        {
            market.list(listing);
            assert_eq!((market.picture.listing(), market.picture.state()), (listing, state));
        }
    }

    #[test]
    fn what_a_venue_told_last_of_a_derivative_is_seen() {
        let mut market = Market::new();
        let (interval, next_at, venue_at) = (Nanos(0), UnixNanos(0), UnixNanos(1));
        for rate in [FundingRate(5), FundingRate(-7)] {
            market.tell(&Funding { rate, interval, next_at, venue_at }, &[]);
        }
        let mark_price = MarkPrice::new(Price(1_000_001), Price(0), venue_at, 4);
        market.tell(&mark_price, &[]);
        market.tell(&Bar::new_zeroed(), &[]);
        let Picture { funding, venue_mark, venue_bar_count, malformed_count, .. } = market.picture;
        assert_eq!(funding.map(|funding| funding.rate), Some(FundingRate(-7)));
        assert_eq!((venue_mark, venue_bar_count, malformed_count), (Some(mark_price), 1, 0));
    }

    #[test]
    fn checksums_that_agreed_are_counted_and_those_that_did_not() {
        let mut market = Market::new();
        let part = BookLevels { update_id: 1, venue_at: UnixNanos(1), bid_count: 0, ask_count: 0 };
        let proven = Flags::LAST.with(Flags::PROVEN, true);
        for flags in [Flags::SNAPSHOT, Flags::SNAPSHOT.with(proven, true), Flags::NONE, proven] {
            market.tell_flagged(flags, &part, &[]);
        }
        let change = |state| SyncChange::new(state, SyncReason::Checksum, 1, 0, 1);
        market.tell(&change(SyncState::Desynced), &[]);
        market.tell(&change(SyncState::Syncing), &[]);
        let Picture { checksum_ok_count, checksum_bad_count, .. } = market.picture;
        assert_eq!((checksum_ok_count, checksum_bad_count), (2, 1), "a mismatch is one until the next");
    }

    #[test]
    fn the_mark_is_the_last_middle_that_could_be_believed() {
        let mut market = Market::new();
        market.levels((100, 1), (104, 1));
        assert_eq!(market.picture.mark, None, "a book that still syncs marks nothing");
        market.sync(SyncState::Live);
        assert_eq!(market.picture.mark, Some(Price(102)));
        market.levels((100, 0), (104, 1));
        assert_eq!(market.picture.mark, Some(Price(102)), "one side has no middle");
        market.levels((109, 1), (104, 1));
        assert_eq!(market.picture.mark, Some(Price(102)), "a crossed book has no middle");
        market.levels((103, 1), (109, 0));
        market.levels((109, 0), (105, 1));
        market.sync(SyncState::Desynced);
        assert!(market.picture.replica.book().best_bid().is_none(), "what is desynced is forgotten");
        assert_eq!(
            market.picture.mark,
            Some(Price(103)),
            "the venue died; what it said last is what is known"
        );
    }
}
