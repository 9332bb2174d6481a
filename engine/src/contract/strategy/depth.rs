//! How much of its books a strategy wants to see, and what it is shown.
//!
//! The market channel carries every level of a book, so that a replica holds every level too, whatever depth was asked
//! for: when one of the best levels goes, the next is there. The depth limits what is shown.

use fulmar_bus::record::{Level, Notional, Price, Quantity, Side, UnixNanos};

use crate::market::book::Book;
use crate::market::replica::BookReplica;

/// How much of its books a strategy sees.
///
/// ```
/// use fulmar_engine::contract::BookDepth;
/// assert_eq!(BookDepth::default().levels_max(), None, "the best prices alone, and no book");
/// assert_eq!(BookDepth::Levels(5).levels_max(), Some(5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookDepth {
    /// Best bid and ask. It keeps no book, and pays nothing for one.
    #[default]
    Top,
    /// So many levels a side, at least one.
    Levels(usize),
    /// Every level.
    Full,
}

impl BookDepth {
    /// The most levels of a side that are shown; `None` where there is no book to show.
    pub const fn levels_max(self) -> Option<usize> {
        match self {
            BookDepth::Top => None,
            BookDepth::Levels(count) => Some(count),
            BookDepth::Full => Some(usize::MAX),
        }
    }
}

/// A live book, as deep as the strategy asked for. All that it tells is of the levels that it shows.
///
/// ```
/// # use fulmar_engine::contract::BookView;
/// /// Twice as much is bid as offered within three levels.
/// fn is_bought(book: BookView<'_>) -> bool {
///     use fulmar_bus::record::Side;
///     let quantity = |side| -> i128 { book.levels(side).take(3).map(|level| i128::from(level.quantity.0)).sum() };
///     quantity(Side::Buy) > 2 * quantity(Side::Sell)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BookView<'a> {
    replica: &'a BookReplica,
    levels_max: usize,
}

impl<'a> BookView<'a> {
    /// The best levels of `replica`, where it is live.
    pub(super) fn of(replica: &'a BookReplica, levels_max: usize) -> Option<Self> {
        replica.is_live().then_some(BookView { replica, levels_max })
    }

    /// The highest bid.
    pub fn best_bid(&self) -> Option<Level> {
        self.book().best_bid()
    }

    /// The lowest ask.
    pub fn best_ask(&self) -> Option<Level> {
        self.book().best_ask()
    }

    /// The levels of `side`, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + use<'a> {
        self.book().levels(side).take(self.levels_max)
    }

    /// How many levels `side` has.
    pub fn level_count(&self, side: Side) -> usize {
        self.book().level_count(side).min(self.levels_max)
    }

    /// The price of the last level that is needed to take `quantity` from `side`; `None` where the side holds less.
    pub fn price_for_quantity(&self, side: Side, quantity: Quantity) -> Option<Price> {
        Book::take(self.levels(side), quantity).map(|(price, _)| price)
    }

    /// What taking `quantity` from `side` costs, level by level; `None` where the side holds less.
    pub fn notional_for_quantity(&self, side: Side, quantity: Quantity) -> Option<Notional> {
        Book::take(self.levels(side), quantity).map(|(_, notional)| notional)
    }

    /// The venue's number of the state that it is in.
    pub fn update_id(&self) -> u64 {
        self.replica.update_id()
    }

    /// When the venue says that this state held, zero where it does not say.
    pub fn venue_at(&self) -> UnixNanos {
        self.replica.venue_at()
    }

    fn book(&self) -> &'a Book {
        self.replica.book()
    }
}
