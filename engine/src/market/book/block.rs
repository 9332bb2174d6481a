//! A block: up to 56 neighbouring levels, sorted by key, prices and quantities apart so that a search reads keys alone.
//!
//! Keys past the block's length are the largest there is. A search then looks at all of them and needs no length, so
//! that it has no branch to predict.

use crate::market::limits::BLOCK_LEVELS;

/// Levels are searched and moved in groups of this many, a number that the compiler knows.
const GROUP: usize = 8;

/// Places of a block: its levels, and one group that stays vacant, so that moving whole groups never leaves the block.
const PLACES: usize = BLOCK_LEVELS + GROUP;

/// What stands where no level is.
const VACANT: i64 = i64::MAX;

const _: () = assert!(PLACES.is_multiple_of(GROUP), "a block is whole groups");

/// Up to [`BLOCK_LEVELS`] levels. How many is said by the directory, which is read anyhow.
#[derive(Clone, Debug)]
pub(super) struct Block {
    keys: [i64; PLACES],
    quantities: [i64; PLACES],
}

impl Block {
    /// A block without levels.
    pub(super) const EMPTY: Block = Block { keys: [VACANT; PLACES], quantities: [0; PLACES] };

    /// How many keys are below `key`: where it stands, or would.
    #[inline]
    pub(super) fn position(&self, key: i64) -> usize {
        let (groups, _) = self.keys.as_chunks::<GROUP>();
        let group: usize =
            groups[..groups.len() - 1].iter().map(|keys| usize::from(keys[GROUP - 1] < key)).sum();
        let inside: usize = groups[group].iter().map(|other| usize::from(*other < key)).sum();
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

    /// Puts a level at `position`; the block must hold fewer than it can.
    ///
    /// Moves whole groups until one is vacant: a copy whose length is known only when it runs costs more in branches
    /// than in bytes.
    #[inline(never)]
    pub(super) fn insert(&mut self, position: usize, key: i64, quantity: i64) {
        let mut at = position;
        let mut keys = group(&self.keys, at);
        let mut quantities = group(&self.quantities, at);
        while keys[GROUP - 1] != VACANT {
            let (next_keys, next_quantities) =
                (group(&self.keys, at + GROUP), group(&self.quantities, at + GROUP));
            *group_mut(&mut self.keys, at + 1) = keys;
            *group_mut(&mut self.quantities, at + 1) = quantities;
            (keys, quantities) = (next_keys, next_quantities);
            at += GROUP;
        }
        *group_mut(&mut self.keys, at + 1) = keys;
        *group_mut(&mut self.quantities, at + 1) = quantities;
        self.keys[position] = key;
        self.quantities[position] = quantity;
    }

    /// Takes the level at `position` away. Moves whole groups, as [`Block::insert`] does; the vacant places behind the
    /// last level move with them.
    #[inline(never)]
    pub(super) fn remove(&mut self, position: usize) {
        let mut at = position;
        loop {
            let keys = group(&self.keys, at + 1);
            *group_mut(&mut self.keys, at) = keys;
            *group_mut(&mut self.quantities, at) = group(&self.quantities, at + 1);
            if keys[GROUP - 1] == VACANT {
                return;
            }
            at += GROUP;
        }
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
    pub(super) fn levels_mut(&mut self, length: usize) -> impl Iterator<Item = (&mut i64, &mut i64)> {
        self.keys[..length].iter_mut().zip(&mut self.quantities[..length])
    }

    /// The keys and quantities of the first `length` levels, lowest key first.
    #[inline]
    pub(super) fn levels(&self, length: usize) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        self.keys[..length].iter().copied().zip(self.quantities[..length].iter().copied())
    }
}

/// The group that starts at place `at`.
#[inline]
fn group(places: &[i64; PLACES], at: usize) -> [i64; GROUP] {
    *places[at..].first_chunk().expect("a block ends with a vacant group")
}

/// The group that starts at place `at`, to be written.
#[inline]
fn group_mut(places: &mut [i64; PLACES], at: usize) -> &mut [i64; GROUP] {
    places[at..].first_chunk_mut().expect("a block ends with a vacant group")
}
