//! A venue's own checksum of its book, and the depth that it means by a book.
//!
//! Both need the book itself, so a session of such a venue keeps one of each instrument beside the engine's: an update
//! is applied here first, and handed on only once the checksum agrees. A level that leaves the depth, of which the
//! venue says nothing more, is handed on as deleted, so that nobody behind the session needs to know of depths.

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
            is_proven: false,
        }
    }

    /// The venue means so many levels, where it means any number.
    pub(super) fn set_depth(&mut self, depth: usize) {
        if self.proof.depth.is_some() {
            self.proof.depth = Some(depth.clamp(1, PROVEN_LEVELS_MAX));
        }
    }

    /// Forgets the book: a snapshot follows.
    pub(super) fn clear(&mut self) {
        self.book.clear();
    }

    /// Applies an update and compares the checksum, where there is one.
    pub(super) fn apply(
        &mut self,
        update: Update<'_>,
        checksum: Option<u32>,
        scales: Scales,
    ) -> Result<(), Mismatch> {
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
        self.is_proven = checksum.is_some();
        let is_right = checksum.is_none_or(|checksum| checksum == (self.proof.checksum)(&self.book, scales));
        if is_right { Ok(()) } else { Err(Mismatch) }
    }

    /// What the update that was applied last is to be handed on as.
    pub(super) fn proven<'a>(&'a self, update: Update<'a>) -> Update<'a> {
        Update { bids: &self.bids, asks: &self.asks, is_proven: self.is_proven, ..update }
    }

    /// Brings the book to wider scales; forgets it where it does not fit them.
    pub(super) fn rescale(&mut self, price_factor: i64, quantity_factor: i64) {
        if self.book.rescale(price_factor, quantity_factor).is_err() {
            self.book.clear();
        }
    }
}
