//! One side of a book: blocks of neighbouring levels, a directory that orders them, and hints that save the search.
//!
//! Both sides are the same code over keys that ascend from the farthest level to the best. A bid's key is its price
//! with the sign bit flipped, so that it sorts as an unsigned number; an ask's is the complement of that, which
//! reverses the order. Neither can overflow:
//!
//! ```text
//!                     farthest                                   touch
//!   directory    [ lowest: 0     ][ lowest: 6120000 ] ... [ lowest: 6160140 ]
//!                        |                 |                      |
//!   arena        {5100000 .. 6119000}{6120000 .. 6124050}   {6160140 .. 6160201}
//!                        ^                                        ^     ^
//!   hints        [ ..., block of keys 6118xxx, ...  block of keys 616015x, 616016x, ... ]
//! ```
//!
//! The blocks share out all keys there are, each from its `lowest` to its `highest`, so each key has its block. An
//! empty side is one empty block; otherwise no block is empty.
//!
//! A hint remembers in which block the last key was of those that fall on it. It is checked against what the block
//! covers, so a wrong one costs a search and nothing else: hints need no care when blocks come and go, and how many
//! keys fall on one is a matter of speed alone.

use fulmar_bus::record::{Level, Price, Quantity, Side};

use super::Change;
use super::block::{Block, FULL};
use crate::market::limits::{
    HINTED_BLOCKS, HINTS, HINTS_MOVED_MAX, HINTS_PER_BLOCK, MERGED_LEVELS_MAX, SMALL_LEVELS_MAX,
};

/// The sign bit.
const SIGN: u64 = 1 << 63;

/// Levels of two blocks that become one.
const MERGED_MAX: u64 = MERGED_LEVELS_MAX as u64;

/// Levels of a block that looks for a neighbour to become one with.
const SMALL: u64 = SMALL_LEVELS_MAX as u64;

/// The levels of one side.
#[derive(Debug)]
pub(super) struct BookSide {
    /// The block that each key was last found in, by the bits of the key above `hint_shift`.
    hints: Box<[u32; HINTS]>,
    hint_shift: u32,
    /// Turns a price into a key and back: the bits that differ between the two.
    mirror: u64,
    count: usize,
    arena: Vec<Block>,
    /// The `lowest` of each block in use, farthest first; never empty.
    lowest: Vec<u64>,
    /// Where these blocks are in the arena. Each is named at most once, so it never outgrows the arena.
    blocks: Vec<u32>,
    /// Blocks of the arena that are not in use; they are empty.
    free: Vec<u32>,
}

impl BookSide {
    /// An empty side with memory for `levels_max` levels, and the one that stands there before the farthest is dropped.
    pub(super) fn new(side: Side, levels_max: usize) -> Self {
        // Of two neighbours that hold MERGED_LEVELS_MAX or fewer between them, the one that lost a level last kept more
        // than SMALL_LEVELS_MAX, and the other has one. The odd block, the one that a split takes and a remainder make
        // three more.
        let blocks_max = 2 * (levels_max + 1) / (SMALL_LEVELS_MAX + 2) + 3;
        let mirror = match side {
            Side::Buy => SIGN,
            Side::Sell => !SIGN,
        };
        let mut new = BookSide {
            hints: Box::new([0; HINTS]),
            hint_shift: 0,
            mirror,
            count: 0,
            arena: Vec::with_capacity(blocks_max),
            lowest: Vec::with_capacity(blocks_max),
            blocks: Vec::with_capacity(blocks_max),
            free: Vec::with_capacity(blocks_max),
        };
        new.clear();
        new
    }

    /// Forgets every level.
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.lowest.clear();
        self.blocks.clear();
        self.free.clear();
        self.count = 0;
        let first = self.take_block();
        let block = &mut self.arena[first as usize];
        (block.lowest, block.highest) = (0, u64::MAX);
        self.lowest.push(0);
        self.blocks.push(first);
    }

    /// How many levels stand here.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The best level.
    #[inline]
    pub(super) fn best(&self) -> Option<Level> {
        let block = &self.arena[*self.blocks.last()? as usize];
        Some(self.level(block.level(block.length().checked_sub(1)?)))
    }

    /// The levels, best first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Level> + '_ {
        let blocks = self.blocks.iter().rev().map(|block| &self.arena[*block as usize]);
        blocks.flat_map(|block| block.levels().rev()).map(|level| self.level(level))
    }

    /// What stands at `price`.
    pub(super) fn quantity_at(&self, price: Price) -> Quantity {
        let key = self.key(price);
        let block = &self.arena[self.blocks[self.search(key)] as usize];
        let (found, quantity) = block.level(block.rank(key).min(FULL - 1));
        if found == key { Quantity(quantity) } else { Quantity(0) }
    }

    /// Makes `quantity` stand at `price`, or nothing where it is zero.
    #[inline]
    pub(super) fn apply(&mut self, price: Price, quantity: Quantity) -> Change {
        let key = self.key(price);
        let hint = self.hint(key);
        let hinted = self.hints[hint] as usize;
        let number = match self.arena.get(hinted) {
            Some(block) if block.covers(key) => hinted,
            _ => self.learn(hint, key),
        };
        let block = &mut self.arena[number];
        let place = block.find(key);
        let length = block.length();
        if length.wrapping_sub(u64::from(place.is_taken)) == FULL {
            return self.apply_to_full(key, quantity);
        }
        let change = block.apply(place, key, quantity.0);
        self.count = self
            .count
            .wrapping_add(usize::from(!quantity.is_zero()))
            .wrapping_sub(usize::from(place.is_taken));
        if (block.length() < length) & (length <= SMALL + 1) {
            self.join_small(key);
        }
        change
    }

    /// The hint on which `key` falls.
    #[inline]
    fn hint(&self, key: u64) -> usize {
        const COUNT: u64 = HINTS as u64;
        (key.wrapping_shr(self.hint_shift) % COUNT) as usize
    }

    /// Makes the hints point at a block that has become wider, as far as they are few.
    fn point_at(&mut self, number: u32) {
        let Block { lowest, highest, .. } = self.arena[number as usize];
        let width = usize::try_from((highest - lowest) >> self.hint_shift);
        let count = width.map_or(HINTS_MOVED_MAX, |width| width.saturating_add(1).min(HINTS_MOVED_MAX));
        let first = self.hint(lowest);
        (first..first + count).for_each(|hint| self.hints[hint % HINTS] = number);
    }

    /// Searches for the block of `key` and remembers it.
    #[inline(never)]
    fn learn(&mut self, hint: usize, key: u64) -> usize {
        let block = self.blocks[self.search(key)];
        self.hints[hint] = block;
        block as usize
    }

    /// Where in the directory the block of `key` is: the last whose `lowest` is not above it.
    fn search(&self, key: u64) -> usize {
        self.lowest.partition_point(|lowest| *lowest <= key) - 1
    }

    /// See [`BookSide::apply`]; the block of `key` is full and does not hold it. Splits it, then inserts.
    #[cold]
    #[inline(never)]
    fn apply_to_full(&mut self, key: u64, quantity: Quantity) -> Change {
        if quantity.is_zero() {
            return Change::Unchanged;
        }
        let index = self.search(key);
        let rank = self.arena[self.blocks[index] as usize].rank(key);
        // Past the farthest level nothing is moved: a snapshot that comes best first leaves full blocks behind it.
        let kept = if index == 0 && rank == 0 { 0 } else { FULL / 2 };
        self.split(index, kept);
        let half = self.blocks[self.search(key)];
        self.arena[half as usize].insert(key, quantity.0);
        self.count += 1;
        self.tune_hints();
        Change::Inserted
    }

    /// Keeps the lowest `kept` levels of a full block and moves the others to a new one behind it.
    fn split(&mut self, index: usize, kept: u64) {
        let number = self.take_block();
        let [lower, upper] = self.two_blocks(self.blocks[index], number);
        let (lowest, _) = lower.level(kept);
        (upper.lowest, upper.highest) = (lowest, lower.highest);
        lower.highest = lowest - 1;
        lower.move_from(kept, upper);
        self.lowest.insert(index + 1, lowest);
        self.blocks.insert(index + 1, number);
        self.point_at(number);
    }

    /// Keeps some hints to a block, as wide as the blocks next to the touch are.
    fn tune_hints(&mut self) {
        let last = self.lowest.len() - 1;
        let first = last.saturating_sub(HINTED_BLOCKS).max(1);
        if first < last {
            let width = (self.lowest[last] - self.lowest[first]) / (last - first) as u64;
            let shift = (width / HINTS_PER_BLOCK).checked_ilog2().unwrap_or(0);
            // Every change makes all hints wrong once, so a small one is not worth it.
            if shift.abs_diff(self.hint_shift) > 1 {
                self.hint_shift = shift;
            }
        }
    }

    /// Gives the block of `key` back where it is empty, or joins it with a neighbour where both are small.
    #[inline(never)]
    fn join_small(&mut self, key: u64) {
        let index = self.search(key);
        let length = |index: usize| self.arena[self.blocks[index] as usize].length();
        let fits = |other| length(other) + length(index) <= MERGED_MAX || length(index) == 0;
        if index > 0 && fits(index - 1) {
            self.join_with_next(index - 1);
        } else if index + 1 < self.blocks.len() && fits(index + 1) {
            self.join_with_next(index);
        }
    }

    /// Moves the levels of the block after `index` behind those of its own, and frees the former.
    fn join_with_next(&mut self, index: usize) {
        self.lowest.remove(index + 1);
        let gone = self.blocks.remove(index + 1);
        let [gone_block, kept] = self.two_blocks(gone, self.blocks[index]);
        gone_block.move_from(0, kept);
        kept.highest = gone_block.highest;
        *gone_block = Block::EMPTY;
        self.free.push(gone);
        self.point_at(self.blocks[index]);
    }

    /// Keeps the best `depth` levels.
    pub(super) fn truncate(&mut self, depth: usize) {
        if depth == 0 && self.count > 0 {
            return self.clear();
        }
        let mut excess = self.count.saturating_sub(depth) as u64;
        if excess == 0 {
            return;
        }
        self.count = depth;
        let mut gone = 0;
        while self.arena[self.blocks[gone] as usize].length() <= excess {
            excess -= self.arena[self.blocks[gone] as usize].length();
            self.arena[self.blocks[gone] as usize] = Block::EMPTY;
            gone += 1;
        }
        self.lowest.drain(..gone);
        self.free.extend(self.blocks.drain(..gone));
        self.lowest[0] = 0;
        let block = &mut self.arena[self.blocks[0] as usize];
        block.lowest = 0;
        (0..excess).for_each(|_| block.remove(0));
        self.join_small(0);
    }

    /// True where every level fits once multiplied.
    pub(super) fn can_rescale(&self, price_factor: i64, quantity_factor: i64) -> bool {
        self.iter().all(|level| {
            level.price.0.checked_mul(price_factor).is_some()
                && level.quantity.0.checked_mul(quantity_factor).is_some()
        })
    }

    /// Multiplies every level, all of which must fit.
    pub(super) fn rescale(&mut self, price_factor: i64, quantity_factor: i64) {
        let mirror = self.mirror;
        let mut highest = u64::MAX;
        for (lowest, block) in self.lowest.iter_mut().zip(&self.blocks).rev() {
            let block = &mut self.arena[*block as usize];
            block.map(|key, quantity| {
                let price = (key ^ mirror).cast_signed() * price_factor;
                (price.cast_unsigned() ^ mirror, quantity * quantity_factor)
            });
            if *lowest > 0 {
                *lowest = block.level(0).0;
            }
            (block.lowest, block.highest) = (*lowest, highest);
            highest = lowest.saturating_sub(1);
        }
        self.tune_hints();
    }

    /// The level that a key and a quantity stand for.
    #[inline]
    fn level(&self, (key, quantity): (u64, i64)) -> Level {
        Level { price: Price((key ^ self.mirror).cast_signed()), quantity: Quantity(quantity) }
    }

    /// The key that `price` stands under.
    #[inline]
    fn key(&self, price: Price) -> u64 {
        price.0.cast_unsigned() ^ self.mirror
    }

    /// An empty block of the arena.
    fn take_block(&mut self) -> u32 {
        if let Some(block) = self.free.pop() {
            return block;
        }
        let is_room = self.arena.len() < self.arena.capacity();
        assert!(is_room, "the arena holds the most blocks that there can be");
        self.arena.push(Block::EMPTY);
        u32::try_from(self.arena.len() - 1).expect("blocks are numbered by 32 bits")
    }

    /// Two distinct blocks of the arena.
    fn two_blocks(&mut self, one: u32, other: u32) -> [&mut Block; 2] {
        let numbers = [one as usize, other as usize];
        self.arena.get_disjoint_mut(numbers).expect("the directory never names one block twice")
    }
}
