//! The check of a record: one word that tells whether its other words are those that were published.
//!
//! Every step is a bijection of what it works on, and a word of the record goes into one lane alone. So a change within
//! one word, be it a single bit or all of them, always gives another check; any other change gives the same one by
//! chance only, once in 2^64. It is no defence against somebody who computes it too.

use crate::record::SLOT_WORDS;

/// Odd, so that multiplying by it loses nothing; the bits of the golden ratio, so that it spreads every bit.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
/// Brings the upper half of a product, where all bits of a word show, down to where the next step multiplies it.
const TURN: u32 = 32;
/// Keeps lanes apart: seven of them, each turned further than the next, meet in no bit.
const LANE_TURN: u32 = 9;

/// The check of the record that `slots` hold, published at `position`. One lane for each word of a slot: they do not
/// wait for each other.
#[inline]
pub(super) fn of(position: u64, slots: &[[u64; SLOT_WORDS]]) -> u64 {
    let mut lanes = [!position; SLOT_WORDS];
    for slot in slots {
        for (lane, word) in lanes.iter_mut().zip(slot) {
            *lane = (*lane ^ *word).wrapping_mul(FACTOR).rotate_left(TURN);
        }
    }
    lanes.into_iter().fold(0, |all, lane| all.rotate_left(LANE_TURN) ^ lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Miri has no time for every bit.
    const STEP: usize = if cfg!(miri) { 31 } else { 1 };

    /// Slots whose words differ, of a record that seems a real one, and one of zeros.
    fn samples() -> [Vec<[u64; SLOT_WORDS]>; 3] {
        let slot = |slot: u64| std::array::from_fn(|word| (slot * 7 + word as u64 + 1).wrapping_mul(FACTOR));
        [vec![slot(0)], (0..5).map(slot).collect(), vec![[0; SLOT_WORDS]; 2]]
    }

    #[test]
    fn every_flipped_bit_and_every_word_of_zeros_or_ones_gives_another_check() {
        for slots in samples() {
            let check = of(77, &slots);
            for slot in 0..slots.len() {
                for word in 0..SLOT_WORDS {
                    let before = slots[slot][word];
                    let flips = (0..64).step_by(STEP).map(|bit| before ^ 1 << bit);
                    for value in flips.chain([!before, 0, u64::MAX]).filter(|value| *value != before) {
                        let mut changed = slots.clone();
                        changed[slot][word] = value;
                        assert_ne!(of(77, &changed), check, "slot {slot} word {word}: {value:#x}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_words_at_another_place_have_another_check() {
        for slots in samples() {
            let check = of(77, &slots);
            assert!((0..64).all(|bit| of(77 ^ 1 << bit, &slots) != check), "another position");
            assert!(slots.len() == 1 || of(77, &slots[1..]) != check, "fewer slots");
        }
        let [one, many, zeros] = samples();
        let mut swapped = one.clone();
        swapped[0].swap(2, 5);
        assert_ne!(of(77, &swapped), of(77, &one), "two words of a slot");
        let mut swapped = many.clone();
        swapped.swap(1, 2);
        assert_ne!(of(77, &swapped), of(77, &many), "two slots");
        assert_ne!(of(0, &zeros), 0, "memory that nobody wrote has no valid check");
    }

    #[test]
    fn two_flipped_bits_give_another_check() {
        let [one, _, _] = samples();
        let check = of(77, &one);
        for first in (0..SLOT_WORDS * 64).step_by(STEP) {
            for second in (0..first).step_by(STEP) {
                let mut changed = one.clone();
                for bit in [first, second] {
                    changed[0][bit / 64] ^= 1 << (bit % 64);
                }
                assert_ne!(of(77, &changed), check, "bits {first} and {second}");
            }
        }
    }
}
