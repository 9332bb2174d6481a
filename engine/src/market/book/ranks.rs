//! The order of a block's levels, in one word: which slot holds the lowest key, which the next, and so on.
//!
//! A level that comes or goes moves a few bits here, and no other level anywhere. The slots that hold no level follow
//! those that do, so the slot for a new level is known without looking for one.

/// Bits that name a slot.
const BITS: u64 = 4;

/// A permutation of sixteen slots, lowest rank in the lowest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ranks(u64);

impl Ranks {
    /// Slots there are.
    pub(super) const SLOTS: u64 = 1 << BITS;

    /// Each slot at the rank of its number.
    pub(super) const IN_ORDER: Ranks = Ranks(0xfedc_ba98_7654_3210);

    /// The slot at a rank.
    #[inline]
    pub(super) const fn slot(self, rank: u64) -> usize {
        ((self.0 >> shift(rank)) % Self::SLOTS) as usize
    }

    /// Takes the slot at one rank out and puts it in at another; those between the two move up or down by one rank.
    #[inline]
    pub(super) const fn moved(self, from: u64, to: u64) -> Ranks {
        let slot = (self.0 >> shift(from)) % Self::SLOTS;
        let below = below(from);
        let others = self.0 & below | (self.0 >> BITS) & !below;
        let below = self::below(to);
        Ranks(others & below | slot << shift(to) | (others & !below) << BITS)
    }
}

/// Where a rank's bits begin.
#[inline]
const fn shift(rank: u64) -> u64 {
    rank.wrapping_mul(BITS) % 64
}

/// The bits of the ranks below one.
#[inline]
const fn below(rank: u64) -> u64 {
    (1 << shift(rank)) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::market::fixed_cases(256))]

        #[test]
        fn a_move_is_that_of_a_list(moves in prop::collection::vec((0_usize..16, 0_usize..16), 0..40)) {
            let mut ranks = Ranks::IN_ORDER;
            let mut list: Vec<usize> = (0..16).collect();
            for (from, to) in moves {
                ranks = ranks.moved(from as u64, to as u64);
                let slot = list.remove(from);
                list.insert(to, slot);
                prop_assert_eq!((0..16).map(|rank| ranks.slot(rank)).collect::<Vec<_>>(), &list[..]);
            }
        }
    }
}
