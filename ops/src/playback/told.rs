//! What a book actor told last, held against the book that its market channel makes.
//!
//! An instrument's report is made from its market channel. That proves feed and book alike, but not that the actor
//! publishes what its book holds: so, wherever all effects of a frame have settled, the best prices and the state on
//! the actor's own channel are compared with the picture.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    InstrumentDefinition, Kind, Level, Malformed, Record, SyncChange, SyncState, TopOfBook, TopSource,
};
use fulmar_engine::market::instrument::{Redefinition, compare};

use crate::window::Picture;

/// What one book channel says.
pub struct Told {
    /// How far the actor believes its book.
    pub state: SyncState,
    /// The best prices that stand; `None` before the first and where what was told no longer holds.
    pub top: Option<TopOfBook>,
    /// Settled moments at which the actor's prices and the picture's were of one update.
    pub compared_count: u64,
    /// Settled moments at which prices or state were not those of the picture.
    pub differing_count: u64,
    definition: Option<InstrumentDefinition>,
    reader: Reader,
    record: Box<Record>,
}

impl Told {
    /// Nothing was told yet; `reader` gives the book channel.
    pub fn new(reader: Reader) -> Self {
        Told {
            state: SyncState::Syncing,
            top: None,
            compared_count: 0,
            differing_count: 0,
            definition: None,
            reader,
            record: Box::default(),
        }
    }

    /// Takes all that was published since, and compares it with `picture`, which has just done so too. To be called
    /// where everything has settled.
    pub fn compare(&mut self, picture: &Picture) {
        self.look();
        // Syncing and desynced are one thing to whoever reads the actor: not to be believed.
        let is_live = |state: SyncState| state == SyncState::Live;
        self.differing_count += u64::from(is_live(self.state) != is_live(picture.replica.state()));
        let Some(book) = picture.replica.live_book() else { return };
        // A crossed book is not published, and a ticker is ahead of the book until the book has caught up with it.
        let Some(top) = self.top.filter(|top| top.source == TopSource::Book) else { return };
        if book.is_crossed() {
            return;
        }
        let best = |level: Option<Level>| level.unwrap_or_default();
        self.compared_count += 1;
        let is_same = (top.bid, top.ask) == (best(book.best_bid()), best(book.best_ask()));
        self.differing_count += u64::from(!is_same);
    }

    fn look(&mut self) {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Empty => return,
                // What was overwritten cannot be compared, which is a difference by itself.
                Poll::Lapped { .. } => {
                    self.top = None;
                    self.differing_count += 1;
                }
                Poll::Record => self.differing_count += u64::from(self.take().is_err()),
            }
        }
    }

    fn take(&mut self) -> Result<(), Malformed> {
        match self.record.header().kind() {
            Some(Kind::TopOfBook) => self.top = Some(*self.record.read()?),
            Some(Kind::SyncChange) => {
                self.state = self.record.read::<SyncChange>()?.state;
                if self.state == SyncState::Desynced {
                    self.top = None;
                }
            }
            Some(Kind::InstrumentDefinition) => {
                let definition = *self.record.read::<InstrumentDefinition>()?;
                let known = self.definition.replace(definition);
                if known.is_some_and(|known| compare(&known, &definition) != Redefinition::Same) {
                    // At the scale of before; it is told anew with the next update.
                    self.top = None;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
