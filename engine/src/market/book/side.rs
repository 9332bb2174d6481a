//! One side of a book: a directory of blocks, each a sorted run of neighbouring levels.
//!
//! Both sides are the same code over keys that ascend from the farthest level to the best. A bid's key is its price with
//! the sign bit flipped, so that it sorts as an unsigned number, which compares in fewer instructions; an ask's is the
//! complement of that, which reverses the order. Neither can overflow:
//!
//! ```text
//!                     farthest                                   touch
//!   directory    [ lowest: 0     ][ lowest: 6120000 ] ... [ lowest: 6160140 ]
//!                        |                 |                      |
//!   blocks       [5100000 .. 6119000][6120000 .. 6124050]    [6160140 .. 6160201]
//! ```
//!
//! `lowest` separates neighbours: every key of a block is at or above it, every key before the block below it. The
//! first is zero, so each key has its block. An empty side is one empty block; otherwise no block is empty.

use fulmar_bus::record::{Level, Price, Quantity, Side};

use super::Change;
use super::block::Block;
use crate::market::limits::{BLOCK_LEVELS, MERGED_LEVELS_MAX, TOUCH_BLOCKS};

/// The sign bit.
const SIGN: u64 = 1 << 63;

/// A block's line in the directory.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// No key of the block is below it, no key of an earlier block is not.
    lowest: u64,
    /// Which block of the arena.
    block: u32,
    /// Levels in it.
    length: u32,
}

impl Entry {
    /// Levels in the block.
    #[inline]
    const fn length(&self) -> usize {
        self.length as usize
    }

    /// Where the block is in the arena.
    #[inline]
    const fn block(&self) -> usize {
        self.block as usize
    }
}

/// Where a key stands, or would.
struct Place {
    /// In the directory.
    index: usize,
    /// In the arena.
    block: usize,
    /// In the block.
    position: usize,
    /// True where it stands there.
    is_taken: bool,
}

/// The levels of one side.
#[derive(Debug)]
pub(super) struct BookSide {
    /// Farthest block first; never empty. Names each of the arena's blocks at most once, so it never outgrows it.
    directory: Vec<Entry>,
    arena: Vec<Block>,
    /// Blocks of the arena that no entry names.
    free: Vec<u32>,
    count: usize,
    /// Turns a price into a key and back: the bits that differ between the two.
    mirror: u64,
}

impl BookSide {
    /// An empty side with memory for `levels_max` levels, and the one that stands there before the farthest is dropped.
    pub(super) fn new(side: Side, levels_max: usize) -> Self {
        // Two neighbours hold more than MERGED_LEVELS_MAX levels between them. The odd block, the one that a split takes
        // and a remainder make three more.
        let blocks_max = 2 * (levels_max + 1) / MERGED_LEVELS_MAX + 3;
        let mirror = match side {
            Side::Buy => SIGN,
            Side::Sell => !SIGN,
        };
        let mut new = BookSide {
            directory: Vec::with_capacity(blocks_max),
            arena: Vec::with_capacity(blocks_max),
            free: Vec::with_capacity(blocks_max),
            count: 0,
            mirror,
        };
        new.clear();
        new
    }

    /// Forgets every level.
    pub(super) fn clear(&mut self) {
        self.directory.clear();
        self.arena.clear();
        self.free.clear();
        self.count = 0;
        let block = self.take_block();
        self.directory.push(Entry { lowest: 0, block, length: 0 });
    }

    /// How many levels stand here.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The best level.
    #[inline]
    pub(super) fn best(&self) -> Option<Level> {
        let entry = self.directory.last()?;
        let last = entry.length().checked_sub(1)?;
        Some(self.level(self.arena[entry.block()].at(last)))
    }

    /// The levels, best first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Level> + '_ {
        let blocks = self.directory.iter().rev();
        blocks
            .flat_map(|entry| self.arena[entry.block()].levels(entry.length()).rev())
            .map(|level| self.level(level))
    }

    /// What stands at `price`.
    pub(super) fn quantity_at(&self, price: Price) -> Quantity {
        let place = self.locate(self.key(price));
        if place.is_taken { Quantity(self.arena[place.block].at(place.position).1) } else { Quantity(0) }
    }

    /// Makes `quantity`, which is not zero, stand at `price`.
    #[inline]
    pub(super) fn set(&mut self, price: Price, quantity: Quantity) -> Change {
        let key = self.key(price);
        let place = self.locate(key);
        let block = &mut self.arena[place.block];
        if place.is_taken {
            let old = std::mem::replace(block.quantity_mut(place.position), quantity.0);
            return if old == quantity.0 { Change::Unchanged } else { Change::Updated };
        }
        let entry = &mut self.directory[place.index];
        self.count += 1;
        if entry.length() == BLOCK_LEVELS {
            self.insert_into_full(place.index, key, quantity);
        } else {
            entry.length += 1;
            block.insert(place.position, key, quantity.0);
        }
        Change::Inserted
    }

    /// Makes nothing stand at `price`.
    #[inline]
    pub(super) fn delete(&mut self, price: Price) -> Change {
        let place = self.locate(self.key(price));
        if !place.is_taken {
            return Change::Unchanged;
        }
        self.count -= 1;
        self.directory[place.index].length -= 1;
        self.arena[place.block].remove(place.position);
        self.settle(place.index);
        Change::Deleted
    }

    /// Where `key` stands, or would. Always inlined: a place given back through memory costs two nanoseconds.
    #[inline(always)]
    fn locate(&self, key: u64) -> Place {
        let index = self.find(key);
        let entry = self.directory[index];
        let block = &self.arena[entry.block()];
        let position = block.position(key);
        let is_taken = position < entry.length() && block.at(position).0 == key;
        Place { index, block: entry.block(), position, is_taken }
    }

    /// Which entry's block holds `key`, or would: the last whose `lowest` is not above it. The blocks at the touch are
    /// compared all at once; only a key beyond them is searched for.
    #[inline]
    fn find(&self, key: u64) -> usize {
        if let Some(touch) = self.directory.last_chunk::<TOUCH_BLOCKS>()
            && touch[0].lowest <= key
        {
            let above: usize = touch.iter().map(|entry| usize::from(entry.lowest > key)).sum();
            return self.directory.len() - 1 - above;
        }
        self.directory.partition_point(|entry| entry.lowest <= key) - 1
    }

    /// Splits the full block of `index` in the middle, then inserts.
    #[cold]
    #[inline(never)]
    fn insert_into_full(&mut self, index: usize, key: u64, quantity: Quantity) {
        const HALF: usize = BLOCK_LEVELS / 2;
        let upper = self.take_block();
        let lower = self.directory[index].block();
        let [lower, upper_block] = self.two_blocks(lower, upper as usize);
        lower.move_tail(HALF, BLOCK_LEVELS, upper_block, 0);
        let lowest = upper_block.at(0).0;
        self.directory.insert(index + 1, Entry { lowest, block: upper, length: level_count(HALF) });
        self.directory[index].length = level_count(HALF);
        let entry = &mut self.directory[index + usize::from(key >= lowest)];
        let block = &mut self.arena[entry.block()];
        block.insert(block.position(key), key, quantity.0);
        entry.length += 1;
    }

    /// Gives the block of `index` back where it is empty, or joins it with a neighbour where both are small.
    #[inline]
    fn settle(&mut self, index: usize) {
        let length = self.directory[index].length();
        if length <= MERGED_LEVELS_MAX {
            self.join_small(index, length);
        }
    }

    /// See [`BookSide::settle`].
    fn join_small(&mut self, index: usize, length: usize) {
        let fits = |other: &Entry| other.length() + length <= MERGED_LEVELS_MAX || length == 0;
        if index > 0 && fits(&self.directory[index - 1]) {
            self.join_with_next(index - 1);
        } else if self.directory.get(index + 1).is_some_and(fits) {
            self.join_with_next(index);
        }
    }

    /// Moves the levels of the block after `index` behind those of its own, and frees the former.
    fn join_with_next(&mut self, index: usize) {
        let gone = self.directory.remove(index + 1);
        let kept = self.directory[index];
        if gone.length > 0 {
            let [gone_block, kept_block] = self.two_blocks(gone.block(), kept.block());
            gone_block.move_tail(0, gone.length(), kept_block, kept.length());
        }
        self.directory[index].length += gone.length;
        self.free.push(gone.block);
    }

    /// Keeps the best `depth` levels.
    pub(super) fn truncate(&mut self, depth: usize) {
        if depth == 0 && self.count > 0 {
            return self.clear();
        }
        let mut excess = self.count.saturating_sub(depth);
        if excess == 0 {
            return;
        }
        self.count = depth;
        let mut gone = 0;
        while self.directory[gone].length() <= excess {
            let entry = self.directory[gone];
            self.arena[entry.block()] = Block::EMPTY;
            self.free.push(entry.block);
            excess -= entry.length();
            gone += 1;
        }
        self.directory.drain(..gone);
        let entry = &mut self.directory[0];
        entry.lowest = 0;
        if excess > 0 {
            self.arena[entry.block()].remove_lowest(entry.length(), excess);
            entry.length -= level_count(excess);
        }
        self.settle(0);
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
        for (index, entry) in self.directory.iter_mut().enumerate() {
            let block = &mut self.arena[entry.block()];
            for (key, quantity) in block.levels_mut(entry.length()) {
                *key = ((*key ^ mirror).cast_signed() * price_factor).cast_unsigned() ^ mirror;
                *quantity *= quantity_factor;
            }
            if index > 0 {
                entry.lowest = block.at(0).0;
            }
        }
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
        assert!(
            self.arena.len() < self.arena.capacity(),
            "the arena holds the most blocks that there can be"
        );
        self.arena.push(Block::EMPTY);
        u32::try_from(self.arena.len() - 1).expect("blocks are numbered by 32 bits")
    }

    /// Two distinct blocks of the arena.
    fn two_blocks(&mut self, one: usize, other: usize) -> [&mut Block; 2] {
        self.arena.get_disjoint_mut([one, other]).expect("two entries never name one block")
    }
}

/// Levels of one block, as its entry holds them.
fn level_count(levels: usize) -> u32 {
    u32::try_from(levels).expect("a block has few levels")
}
