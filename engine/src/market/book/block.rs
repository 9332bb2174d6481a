//! A block: up to 32 neighbouring levels, sorted by key, prices and quantities apart so that a search reads keys alone.
//!
//! Keys past the block's length are the largest there is. A search then looks at all of them and needs no length, and
//! moves are of one length, so that neither has a branch to predict: wrong guesses, not bytes, are what an update costs.

use crate::market::limits::BLOCK_LEVELS;

/// Keys are searched in groups of this many: first for the group, then inside it.
const GROUP: usize = 8;

/// Places of a block: as many again as it has levels stay vacant, so that a move from any level on has one length. The
/// processor then need not guess it, which costs more than moving too much.
const PLACES: usize = 2 * BLOCK_LEVELS;

/// What stands where no level is.
const VACANT: u64 = u64::MAX;

const _: () = assert!(BLOCK_LEVELS.is_multiple_of(GROUP), "the levels of a block are whole groups");

/// Up to [`BLOCK_LEVELS`] levels. How many is said by the directory, which is read anyhow.
#[derive(Clone, Debug)]
pub(super) struct Block {
    keys: [u64; PLACES],
    quantities: [i64; PLACES],
}

impl Block {
    /// A block without levels.
    pub(super) const EMPTY: Block = Block { keys: [VACANT; PLACES], quantities: [0; PLACES] };

    /// How many keys are below `key`: where it stands, or would.
    #[inline]
    pub(super) fn position(&self, key: u64) -> usize {
        let (groups, _) = self.keys.as_chunks::<GROUP>();
        let ends = groups[..BLOCK_LEVELS / GROUP].iter().map(|keys| keys[GROUP - 1]);
        let group: usize = ends.map(|end| usize::from(end < key)).sum();
        let inside: usize = groups[group].iter().map(|other| usize::from(*other < key)).sum();
        group * GROUP + inside
    }

    /// The key and quantity at `position`.
    #[inline]
    pub(super) fn at(&self, position: usize) -> (u64, i64) {
        (self.keys[position], self.quantities[position])
    }

    /// The quantity at `position`, to be changed.
    #[inline]
    pub(super) fn quantity_mut(&mut self, position: usize) -> &mut i64 {
        &mut self.quantities[position]
    }

    /// Puts a level at `position`; the block must hold fewer than it can.
    #[inline]
    pub(super) fn insert(&mut self, position: usize, key: u64, quantity: i64) {
        self.keys.copy_within(position..position + BLOCK_LEVELS, position + 1);
        self.quantities.copy_within(position..position + BLOCK_LEVELS, position + 1);
        self.keys[position] = key;
        self.quantities[position] = quantity;
    }

    /// Takes the level at `position` away.
    #[inline]
    pub(super) fn remove(&mut self, position: usize) {
        self.keys.copy_within(position + 1..position + 1 + BLOCK_LEVELS, position);
        self.quantities.copy_within(position + 1..position + 1 + BLOCK_LEVELS, position);
    }

    /// Takes the lowest `count` levels of the first `length` away.
    pub(super) fn remove_lowest(&mut self, length: usize, count: usize) {
        self.keys.copy_within(count..length, 0);
        self.quantities.copy_within(count..length, 0);
        self.keys[length - count..length].fill(VACANT);
    }

    /// Moves the levels of the first `length` from `from` on to the end of `other`, which has `other_length`.
    pub(super) fn move_tail(&mut self, from: usize, length: usize, other: &mut Block, other_length: usize) {
        let end = other_length + length - from;
        other.keys[other_length..end].copy_from_slice(&self.keys[from..length]);
        other.quantities[other_length..end].copy_from_slice(&self.quantities[from..length]);
        self.keys[from..length].fill(VACANT);
    }

    /// The keys and quantities of the first `length` levels.
    pub(super) fn levels_mut(&mut self, length: usize) -> impl Iterator<Item = (&mut u64, &mut i64)> {
        self.keys[..length].iter_mut().zip(&mut self.quantities[..length])
    }

    /// The keys and quantities of the first `length` levels, lowest key first.
    #[inline]
    pub(super) fn levels(&self, length: usize) -> impl DoubleEndedIterator<Item = (u64, i64)> {
        self.keys[..length].iter().copied().zip(self.quantities[..length].iter().copied())
    }
}
