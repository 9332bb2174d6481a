//! A venue's own checksum of its book, and the depth that it means by a book.
//!
//! Both need the book itself, so a session of such a venue keeps one of each instrument beside the engine's: an update
//! is applied here first, and handed on only once the checksum agrees. A level that leaves the depth, of which the
//! venue says nothing more, is handed on as deleted, so that nobody behind the session needs to know of depths.
//!
//! A venue that means no depth and sends no checksum with a snapshot gives nothing to prove: no book is kept then, and
//! updates are handed on as they came.

use fulmar_bus::record::{Level, Quantity, Side};
use fulmar_engine::contract::Update;
use fulmar_engine::market::Book;

use super::limits::PROVEN_LEVELS_MAX;
use crate::decode::Scales;

/// What a venue sends to prove its books.
#[derive(Clone, Copy)]
pub struct Proof {
    /// Levels of a side that the venue means; it does not say when one leaves them. All where there is no such depth.
    pub depth: Option<usize>,
    /// The venue's checksum of a book, whose numbers stand at these scales.
    pub checksum: fn(&Book, Scales) -> u32,
}

/// The venue's checksum is not our book's.
pub(super) struct Mismatch;

/// The book as the venue means it.
pub(super) struct Mirror {
    proof: Proof,
    book: Book,
    /// What the last update is to be handed on as.
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Whether there is anything that a book is needed for, since the last snapshot.
    is_kept: bool,
    is_proven: bool,
}

impl Mirror {
    pub(super) fn new(proof: Proof) -> Self {
        let depth = proof.depth.unwrap_or(PROVEN_LEVELS_MAX);
        // An update may bring as many levels as the depth has before it is cut.
        let book = Book::new(depth.saturating_mul(4).max(PROVEN_LEVELS_MAX));
        Mirror {
            proof,
            book,
            bids: Vec::with_capacity(2 * depth),
            asks: Vec::with_capacity(2 * depth),
            is_kept: true,
            is_proven: false,
        }
    }

    /// The venue means so many levels, where it means any number.
    pub(super) fn set_depth(&mut self, depth: usize) {
        if self.proof.depth.is_some() {
            self.proof.depth = Some(depth.clamp(1, PROVEN_LEVELS_MAX));
        }
    }

    /// Forgets the book: a snapshot follows, with a checksum or without.
    pub(super) fn begin(&mut self, has_checksum: bool) {
        self.book.clear();
        self.is_kept = has_checksum || self.proof.depth.is_some();
    }

    /// True where the last update was compared with a checksum, and is right.
    pub(super) const fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Applies an update and compares the checksum, where there is one.
    pub(super) fn apply(
        &mut self,
        update: Update<'_>,
        checksum: Option<u32>,
        scales: Scales,
    ) -> Result<(), Mismatch> {
        self.is_proven = false;
        if !self.is_kept {
            return Ok(());
        }
        for (side, levels) in [(Side::Buy, update.bids), (Side::Sell, update.asks)] {
            for level in levels {
                self.book.apply(side, level.price, level.quantity);
            }
        }
        for (side, levels, out) in
            [(Side::Buy, update.bids, &mut self.bids), (Side::Sell, update.asks, &mut self.asks)]
        {
            out.clear();
            out.extend_from_slice(levels);
            if let Some(depth) = self.proof.depth {
                let leaves = self.book.levels(side).skip(depth);
                out.extend(leaves.map(|level| Level { quantity: Quantity(0), ..level }));
                self.book.truncate(side, depth);
            }
        }
        let Some(checksum) = checksum else {
            return Ok(());
        };
        self.is_proven = checksum == (self.proof.checksum)(&self.book, scales);
        if self.is_proven { Ok(()) } else { Err(Mismatch) }
    }

    /// What the update that was applied last is to be handed on as.
    pub(super) fn proven<'a>(&'a self, update: Update<'a>) -> Update<'a> {
        if !self.is_kept {
            return update;
        }
        Update { bids: &self.bids, asks: &self.asks, is_proven: self.is_proven, ..update }
    }

    /// Brings the book to wider scales; forgets it where it does not fit them.
    pub(super) fn rescale(&mut self, price_factor: i64, quantity_factor: i64) {
        if self.book.rescale(price_factor, quantity_factor).is_err() {
            self.book.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Price, UnixNanos};

    use super::*;

    const SCALES: Scales = Scales { price: 0, quantity: 0 };
    const BID: Level = Level { price: Price(100), quantity: Quantity(5) };

    fn mirror(depth: Option<usize>) -> Mirror {
        let level_count = |book: &Book, _| u32::try_from(book.level_count(Side::Buy)).expect("few");
        Mirror::new(Proof { depth, checksum: level_count })
    }

    fn update(bids: &[Level]) -> Update<'_> {
        Update { update_id: 1, venue_at: UnixNanos(0), bids, asks: &[], is_proven: false }
    }

    #[test]
    fn without_a_depth_and_a_checksum_no_book_is_kept() {
        let mut mirror = mirror(None);
        mirror.begin(false);
        assert!(mirror.apply(update(&[BID]), None, SCALES).is_ok());
        assert_eq!(mirror.book.level_count(Side::Buy), 0);
        assert_eq!(mirror.proven(update(&[BID])).bids, [BID], "handed on as it came");
        assert!(mirror.apply(update(&[BID]), Some(7), SCALES).is_ok(), "there is nothing to compare it with");
        assert!(!mirror.is_proven() && !mirror.proven(update(&[BID])).is_proven);
    }

    #[test]
    fn a_snapshot_with_a_checksum_keeps_a_book_that_updates_are_compared_with() {
        let mut mirror = mirror(None);
        mirror.begin(true);
        assert!(mirror.apply(update(&[BID]), Some(1), SCALES).is_ok());
        assert!(mirror.proven(update(&[BID])).is_proven);
        assert!(mirror.apply(update(&[]), None, SCALES).is_ok() && !mirror.is_proven());
        assert!(mirror.apply(update(&[]), Some(2), SCALES).is_err());
    }

    #[test]
    fn a_depth_keeps_a_book_with_or_without_a_checksum() {
        let mut mirror = mirror(Some(1));
        mirror.begin(false);
        let far = Level { price: Price(90), ..BID };
        assert!(mirror.apply(update(&[BID, far]), None, SCALES).is_ok());
        let gone = Level { quantity: Quantity(0), ..far };
        assert_eq!(mirror.proven(update(&[BID, far])).bids, [BID, far, gone]);
    }
}
