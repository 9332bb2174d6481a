//! The L2 book of one instrument: the quantity that stands at each price, both sides.
//!
//! A side is blocks of sixteen levels, found by hints that are checked (see the `side` module), and changed without a
//! branch on what an update does (see `block`). So an update costs some 12 ns at the touch, 14 ns where a busy symbol's
//! fall, and 22 ns all over a book of 46,000 levels, and neither a sparse book, a jump of the price nor the scale
//! matters for more than that. All memory is reserved when the book is made. The book believes what it is told: whether
//! updates follow each other is the business of whoever applies them.

mod block;
mod checksum;
mod ranks;
mod side;
#[cfg(test)]
mod tests;

use fulmar_bus::record::{Level, Notional, Price, Quantity, Side};

use self::side::BookSide;
use super::limits::BOOK_LEVELS_MAX;
use super::scale::Overflow;

/// What applying a level did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A level stands where none stood.
    Inserted,
    /// A level has another quantity.
    Updated,
    /// A level is gone.
    Deleted,
    /// Nothing: an absent level was deleted, the quantity is the same as before, or the level is farther from the touch
    /// than the farthest of a full side.
    Unchanged,
}

/// Both sides of a market, each sorted by price.
///
/// ```
/// use fulmar_bus::record::{Price, Quantity, Side};
/// use fulmar_engine::market::{Book, Change};
/// let mut book = Book::new(1_000);
/// assert_eq!(book.apply(Side::Buy, Price(6_160_201), Quantity(167)), Change::Inserted);
/// book.apply(Side::Sell, Price(6_160_202), Quantity(266));
/// assert_eq!(book.best_bid().map(|level| level.price), Some(Price(6_160_201)));
/// assert_eq!(book.apply(Side::Buy, Price(6_160_201), Quantity(0)), Change::Deleted);
/// assert_eq!(book.best_bid(), None);
/// ```
#[derive(Debug)]
pub struct Book {
    sides: [BookSide; 2],
    levels_max: usize,
    dropped_count: u64,
}

impl Book {
    /// An empty book that holds up to `levels_max` levels a side and reserves address space for them now, some 170
    /// bytes each. What no level ever needed is never touched, so it costs no memory.
    ///
    /// # Panics
    /// Where `levels_max` is zero or past [`BOOK_LEVELS_MAX`].
    pub fn new(levels_max: usize) -> Self {
        assert!((1..=BOOK_LEVELS_MAX).contains(&levels_max), "a book of {levels_max} levels is a mistake");
        let side = |side| BookSide::new(side, levels_max);
        Book { sides: [side(Side::Buy), side(Side::Sell)], levels_max, dropped_count: 0 }
    }

    /// From now on `quantity` stands at `price`; zero deletes the level. Past the most levels that a side holds, its
    /// farthest is dropped and counted.
    ///
    /// # Panics
    /// In debug builds where `quantity` is negative: no venue's text reads as one.
    #[inline]
    pub fn apply(&mut self, side: Side, price: Price, quantity: Quantity) -> Change {
        debug_assert!(quantity.0 >= 0, "a level of {quantity:?} cannot stand");
        let levels = &mut self.sides[index(side)];
        let change = levels.apply(price, quantity);
        if levels.count() > self.levels_max {
            return self.drop_farthest(side, price);
        }
        change
    }

    /// Makes room after a level at `price` was inserted into a full side.
    #[cold]
    fn drop_farthest(&mut self, side: Side, price: Price) -> Change {
        let levels = &mut self.sides[index(side)];
        let is_itself = levels.iter().next_back().is_some_and(|farthest| farthest.price == price);
        levels.truncate(self.levels_max);
        self.dropped_count += 1;
        if is_itself { Change::Unchanged } else { Change::Inserted }
    }

    /// Forgets every level. What was counted stays counted.
    pub fn clear(&mut self) {
        self.sides.iter_mut().for_each(BookSide::clear);
    }

    /// Forgets the levels of `side` behind its best `depth`: what venues mean that send no delete for a level that
    /// leaves the depth subscribed to.
    pub fn truncate(&mut self, side: Side, depth: usize) {
        self.sides[index(side)].truncate(depth);
    }

    /// Multiplies every price and quantity: the instrument's scale became wider.
    ///
    /// # Errors
    /// [`Overflow`] where a number would not fit; the book is then as it was.
    ///
    /// # Panics
    /// Where a factor is below one: a narrower scale is a changed definition, which resets the book.
    pub fn rescale(&mut self, price_factor: i64, quantity_factor: i64) -> Result<(), Overflow> {
        assert!(price_factor >= 1 && quantity_factor >= 1, "a scale only ever becomes wider");
        if !self.sides.iter().all(|side| side.can_rescale(price_factor, quantity_factor)) {
            return Err(Overflow);
        }
        self.sides.iter_mut().for_each(|side| side.rescale(price_factor, quantity_factor));
        Ok(())
    }

    /// The highest bid.
    #[inline]
    pub fn best_bid(&self) -> Option<Level> {
        self.sides[index(Side::Buy)].best()
    }

    /// The lowest ask.
    #[inline]
    pub fn best_ask(&self) -> Option<Level> {
        self.sides[index(Side::Sell)].best()
    }

    /// True where the best bid is at or above the best ask. Between two trades no venue's book is.
    #[inline]
    pub fn is_crossed(&self) -> bool {
        matches!((self.best_bid(), self.best_ask()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }

    /// How many levels `side` has.
    pub fn level_count(&self, side: Side) -> usize {
        self.sides[index(side)].count()
    }

    /// The levels of `side`, best first.
    pub fn levels(&self, side: Side) -> impl DoubleEndedIterator<Item = Level> + '_ {
        self.sides[index(side)].iter()
    }

    /// What stands at `price`; zero where nothing does.
    pub fn quantity_at(&self, side: Side, price: Price) -> Quantity {
        self.sides[index(side)].quantity_at(price)
    }

    /// The sum of the best `depth` levels, at the quantity scale. As wide as it is because a sum of quantities need not
    /// fit one.
    pub fn depth_quantity(&self, side: Side, depth: usize) -> i128 {
        self.levels(side).take(depth).map(|level| i128::from(level.quantity.0)).sum()
    }

    /// The price of the last level that is needed to take `quantity` from `side`; `None` where the side holds less.
    pub fn price_for_quantity(&self, side: Side, quantity: Quantity) -> Option<Price> {
        Self::take(self.levels(side), quantity).map(|(price, _)| price)
    }

    /// What taking `quantity` from `side` costs, level by level; `None` where the side holds less.
    ///
    /// ```
    /// use fulmar_bus::record::{Notional, Price, Quantity, Side};
    /// let mut book = fulmar_engine::market::Book::new(10);
    /// book.apply(Side::Sell, Price(100), Quantity(3));
    /// book.apply(Side::Sell, Price(101), Quantity(5));
    /// assert_eq!(book.notional_for_quantity(Side::Sell, Quantity(4)), Some(Notional(401)));
    /// assert_eq!(book.price_for_quantity(Side::Sell, Quantity(4)), Some(Price(101)));
    /// assert_eq!(book.price_for_quantity(Side::Sell, Quantity(9)), None);
    /// ```
    pub fn notional_for_quantity(&self, side: Side, quantity: Quantity) -> Option<Notional> {
        Self::take(self.levels(side), quantity).map(|(_, notional)| notional)
    }

    /// Walks `levels` until `quantity` is taken: the last price and the sum of what each level costs.
    pub(crate) fn take(levels: impl Iterator<Item = Level>, quantity: Quantity) -> Option<(Price, Notional)> {
        let mut rest = quantity;
        let mut notional = Notional::default();
        for level in levels {
            let taken = rest.min(level.quantity);
            notional.0 += level.price.times(taken).0;
            rest.0 -= taken.0;
            if rest.0 <= 0 {
                return Some((level.price, notional));
            }
        }
        None
    }

    /// CRC-32 (zlib's) of the best `depth` levels as text: `price:quantity` of the bids from high to low, joined by
    /// `|`, then `#`, then the asks from low to high, decimals without trailing zeros or exponent.
    pub fn top_crc32(&self, depth: usize, price_scale: u8, quantity_scale: u8) -> u32 {
        checksum::crc32(self, depth, price_scale, quantity_scale)
    }

    /// Levels dropped so far because a side was full.
    pub fn dropped_count(&self) -> u64 {
        self.dropped_count
    }
}

/// Where a side stands among the two.
const fn index(side: Side) -> usize {
    side as usize - Side::Buy as usize
}
