//! What can be seen of an instrument from outside: its market channel, folded into a picture.
//!
//! A window reads channels as anybody may, without a gate: it holds nobody up, and where it was overtaken it says so
//! and waits for the next snapshot. It keeps a book of its own, of the engine's own type.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    BookLevels, Flags, InstrumentDefinition, InstrumentStatus, Kind, Listing, Malformed, Price, Quantity,
    Record, Side, SyncChange, SyncReason, SyncState, Trade,
};
use fulmar_engine::market::belief::Belief;
use fulmar_engine::market::book::Book;
use fulmar_engine::market::decimal::{self, Rounding};
use fulmar_engine::market::instrument::{Redefinition, compare};
use fulmar_engine::market::stats::TradeStats;

/// Levels that a side of a picture's book holds.
const LEVELS_MAX: usize = 65_536;

/// One instrument as its market channel tells it.
pub struct Picture {
    /// The venue's symbol.
    pub symbol: String,
    /// The latest definition.
    pub definition: Option<InstrumentDefinition>,
    /// What the venue said of an instrument that it did not know; none of those that it always knew.
    pub status: Option<InstrumentStatus>,
    /// The book, as far as it is proven.
    pub book: Book,
    /// The latest news of the feed.
    pub sync: SyncChange,
    /// How far the book can be believed here.
    pub belief: Belief,
    /// The venue's number of the book's latest state.
    pub update_id: u64,
    /// All trades so far.
    pub trades: TradeStats,
    /// Updates after which a live book's best bid was not below its best ask.
    pub crossed_count: u64,
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
            definition: None,
            status: None,
            book: Book::new(LEVELS_MAX),
            sync: SyncChange::new(SyncState::Syncing, SyncReason::Started, 0, 0, 0),
            belief: Belief::new(),
            update_id: 0,
            trades: TradeStats::new(),
            crossed_count: 0,
            lost_count: 0,
            malformed_count: 0,
            reader,
            record: Box::default(),
        }
    }

    /// How it stands, in a word: `live`, `syncing`, `desynced`, or `unlisted` where the venue does not know it.
    pub fn state(&self) -> &'static str {
        match self.belief.state() {
            _ if self.is_unlisted() => "unlisted",
            SyncState::Live => "live",
            SyncState::Syncing => "syncing",
            SyncState::Desynced => "desynced",
        }
    }

    /// True where the venue says that it has no such instrument.
    pub fn is_unlisted(&self) -> bool {
        self.status.is_some_and(|status| status.listing == Listing::Unlisted)
    }

    /// A price as people write it: with as many digits behind the point as its tick has.
    pub fn price_text(&self, price: Price) -> String {
        let Some(definition) = &self.definition else { return price.0.to_string() };
        let digits = step_digits(definition.tick.0, definition.price_scale);
        fixed(price.0, definition.price_scale, digits)
    }

    /// A quantity as people write it: with as many digits behind the point as its lot has.
    pub fn quantity_text(&self, quantity: Quantity) -> String {
        let Some(definition) = &self.definition else { return quantity.0.to_string() };
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
                    self.book.clear();
                    self.belief.lose();
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
            Some(Kind::BookLevels) if !self.belief.takes_levels() => {}
            Some(Kind::BookLevels) => {
                let (update, bids, asks) = BookLevels::read(&self.record)?;
                self.update_id = update.update_id;
                for level in bids {
                    self.book.apply(Side::Buy, level.price, level.quantity);
                }
                for level in asks {
                    self.book.apply(Side::Sell, level.price, level.quantity);
                }
                let is_whole = self.record.header().flags.contains(Flags::LAST);
                let is_crossed = is_whole && self.belief.is_live() && self.book.is_crossed();
                self.crossed_count += u64::from(is_crossed);
            }
            Some(Kind::Trade) => self.trades.on_trade(self.record.read::<Trade>()?),
            Some(Kind::SnapshotBegin) => {
                self.belief.begin_snapshot();
                self.book.clear();
            }
            Some(Kind::SyncChange) => {
                self.sync = *self.record.read::<SyncChange>()?;
                if self.belief.hear(self.sync.state) && self.sync.state == SyncState::Desynced {
                    self.book.clear();
                }
            }
            Some(Kind::InstrumentStatus) => self.status = Some(*self.record.read()?),
            Some(Kind::InstrumentDefinition) => {
                let definition = *self.record.read::<InstrumentDefinition>()?;
                self.define(definition);
            }
            _ => {}
        }
        Ok(())
    }

    fn define(&mut self, definition: InstrumentDefinition) {
        let known = self.definition.replace(definition);
        match known.map_or(Redefinition::New, |known| compare(&known, &definition)) {
            Redefinition::New | Redefinition::Same => {}
            Redefinition::WiderScale { price_factor, quantity_factor } => {
                let book = self.book.rescale(price_factor, quantity_factor);
                let trades = self.trades.rescale(price_factor, quantity_factor);
                if book.is_err() || trades.is_err() {
                    self.book.clear();
                    self.malformed_count += 1;
                }
            }
            Redefinition::Changed => {
                self.book.clear();
                self.trades = TradeStats::new();
            }
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
