//! A block: up to 64 neighbouring levels, sorted by key, prices and quantities apart so that a search reads keys alone.
//!
//! Keys past the block's length are the largest there is. A search then looks at all of them and needs no length, so
//! that it has no branch to predict.

use crate::market::limits::BLOCK_LEVELS;

/// Levels are searched in groups of this many: first for the group, then inside it.
const GROUP: usize = 8;

/// What stands where no level is.
const VACANT: i64 = i64::MAX;

/// Up to [`BLOCK_LEVELS`] levels. How many is said by the directory, which is read anyhow.
#[derive(Clone, Debug)]
pub(super) struct Block {
    keys: [i64; BLOCK_LEVELS],
    quantities: [i64; BLOCK_LEVELS],
}

impl Block {
    /// A block without levels.
    pub(super) const EMPTY: Block = Block { keys: [VACANT; BLOCK_LEVELS], quantities: [0; BLOCK_LEVELS] };

    /// How many keys are below `key`: where it stands, or would.
    #[inline]
    pub(super) fn position(&self, key: i64) -> usize {
        let (groups, _) = self.keys.as_chunks::<GROUP>();
        // A group is passed over where its last key is below; the last group never is, it only ends the search.
        let group =
            groups[..groups.len() - 1].iter().map(|keys| usize::from(keys[GROUP - 1] < key)).sum::<usize>();
        let inside = groups[group].iter().map(|other| usize::from(*other < key)).sum::<usize>();
        group * GROUP + inside
    }

    /// The key and quantity at `position`.
    #[inline]
    pub(super) fn at(&self, position: usize) -> (i64, i64) {
        (self.keys[position], self.quantities[position])
    }

    /// The quantity at `position`, to be changed.
    #[inline]
    pub(super) fn quantity_mut(&mut self, position: usize) -> &mut i64 {
        &mut self.quantities[position]
    }

    /// Puts a level at `position` of the first `length`, of which there must be fewer than the block holds.
    #[inline]
    pub(super) fn insert(&mut self, length: usize, position: usize, key: i64, quantity: i64) {
        self.keys.copy_within(position..length, position + 1);
        self.quantities.copy_within(position..length, position + 1);
        self.keys[position] = key;
        self.quantities[position] = quantity;
    }

    /// Takes `count` levels of the first `length` away, from `position` on.
    #[inline]
    pub(super) fn remove(&mut self, length: usize, position: usize, count: usize) {
        self.keys.copy_within(position + count..length, position);
        self.quantities.copy_within(position + count..length, position);
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
    pub(super) fn levels_mut(&mut self, length: usize) -> impl Iterator<Item = (&mut i64, &mut i64)> {
        self.keys[..length].iter_mut().zip(&mut self.quantities[..length])
    }

    /// The keys and quantities of the first `length` levels, lowest key first.
    #[inline]
    pub(super) fn levels(&self, length: usize) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        self.keys[..length].iter().copied().zip(self.quantities[..length].iter().copied())
    }
}
