//! A block: up to sixteen neighbouring levels in slots, prices and quantities apart so that a search reads keys alone.
//!
//! Slots are in no order; which of them holds which rank stands in one word ([`Ranks`]), so that a level comes and goes
//! without moving another. Slots without a level hold the largest key there is: a search looks at all of them and needs
//! no length.
//!
//! Whether an update inserts, changes, deletes or does nothing is as good as random, and wrong guesses, not bytes, are
//! what an update costs. So nothing here branches on it: all four write one slot and move one rank, if only to where it
//! is.

use std::hint::select_unpredictable;

use super::Change;
use super::ranks::Ranks;
use crate::market::limits::BLOCK_LEVELS;

/// What stands in a slot without a level.
const VACANT: u64 = u64::MAX;

/// Levels of a full block.
pub(super) const FULL: u64 = Ranks::SLOTS;

/// Up to [`BLOCK_LEVELS`] levels.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Block {
    keys: [u64; BLOCK_LEVELS],
    /// Zero where no level is.
    quantities: [i64; BLOCK_LEVELS],
    /// The slots of the levels, lowest key first, then those without a level.
    ranks: Ranks,
    length: u64,
    /// No key of the block is below this,
    pub(super) lowest: u64,
    /// none is above this, and no other block has a key between the two.
    pub(super) highest: u64,
}

/// Where a key stands in a block, or would.
#[derive(Clone, Copy)]
pub(super) struct Place {
    rank: u64,
    /// True where it stands there.
    pub(super) is_taken: bool,
}

impl Block {
    /// A block without levels to which no key belongs.
    pub(super) const EMPTY: Block = Block {
        keys: [VACANT; BLOCK_LEVELS],
        quantities: [0; BLOCK_LEVELS],
        ranks: Ranks::IN_ORDER,
        length: 0,
        lowest: u64::MAX,
        highest: 0,
    };

    /// How many levels stand here.
    #[inline]
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// True where `key` stands here if it stands anywhere.
    #[inline]
    pub(super) fn covers(&self, key: u64) -> bool {
        self.lowest <= key && key <= self.highest
    }

    /// Where `key` stands, or would.
    #[inline(always)]
    pub(super) fn find(&self, key: u64) -> Place {
        let rank = self.rank(key);
        let is_taken = (rank < self.length) & (self.keys[self.ranks.slot(rank)] == key);
        Place { rank, is_taken }
    }

    /// Makes `quantity` stand at the `key` that was found at `place`, or nothing where it is zero. A full block must
    /// not be given a key that it does not hold.
    #[inline(always)]
    pub(super) fn apply(&mut self, Place { rank, is_taken }: Place, key: u64, quantity: i64) -> Change {
        let (ranks, length) = (self.ranks, self.length);
        let is_wanted = quantity != 0;
        // A delete of what is not there writes to a slot without a level what stands there anyhow.
        let slot = ranks.slot(select_unpredictable(is_taken, rank, length));
        let before = std::mem::replace(&mut self.quantities[slot], quantity);
        self.keys[slot] = select_unpredictable(is_wanted, key, VACANT);
        let is_moved = is_wanted != is_taken;
        let (from, to) = select_unpredictable(is_wanted, (length, rank), (rank, length.wrapping_sub(1)));
        let (from, to) = select_unpredictable(is_moved, (from, to), (0, 0));
        self.ranks = ranks.moved(from, to);
        self.length = length.wrapping_add(u64::from(is_wanted)).wrapping_sub(u64::from(is_taken));
        let moved = select_unpredictable(is_wanted, Change::Inserted, Change::Deleted);
        let stayed = select_unpredictable(before == quantity, Change::Unchanged, Change::Updated);
        select_unpredictable(is_moved, moved, stayed)
    }

    /// How many keys are below `key`. Takes away those that are not, half by half: added up at once, compilers pack the
    /// comparisons into vectors and unpack them again, which takes three times as long.
    #[inline(always)]
    pub(super) fn rank(&self, key: u64) -> u64 {
        let (halves, _) = self.keys.as_chunks::<{ BLOCK_LEVELS / 2 }>();
        let below = |half: &[u64]| half.iter().fold(FULL / 2, |rank, other| rank - u64::from(*other >= key));
        below(&halves[0]).wrapping_add(below(&halves[1]))
    }

    /// The key and quantity at a rank that is taken.
    #[inline]
    pub(super) fn level(&self, rank: u64) -> (u64, i64) {
        let slot = self.ranks.slot(rank);
        (self.keys[slot], self.quantities[slot])
    }

    /// The keys and quantities, lowest key first.
    pub(super) fn levels(&self) -> impl DoubleEndedIterator<Item = (u64, i64)> {
        (0..self.length).map(|rank| self.level(rank))
    }

    /// Puts a level in that does not stand yet; there must be room.
    pub(super) fn insert(&mut self, key: u64, quantity: i64) {
        let place = self.find(key);
        self.apply(place, key, quantity);
    }

    /// Takes out the levels from a rank on and puts them into another block.
    pub(super) fn move_from(&mut self, rank: u64, other: &mut Block) {
        while self.length > rank {
            let (key, quantity) = self.level(rank);
            other.insert(key, quantity);
            self.remove(rank);
        }
    }

    /// Takes out the level at a rank.
    pub(super) fn remove(&mut self, rank: u64) {
        let (key, _) = self.level(rank);
        self.apply(Place { rank, is_taken: true }, key, 0);
    }

    /// Turns every level into another without changing their order.
    pub(super) fn map(&mut self, mut change: impl FnMut(u64, i64) -> (u64, i64)) {
        for rank in 0..self.length {
            let slot = self.ranks.slot(rank);
            (self.keys[slot], self.quantities[slot]) = change(self.keys[slot], self.quantities[slot]);
        }
    }
}
