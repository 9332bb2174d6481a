//! Where everything of a ring lies, and what a stamp says. Pure arithmetic; the byte map is drawn in [`super`].

use super::{
    Words, check,
    limits::{GATES_MAX, SLOTS_MAX},
    ring::OpenError,
    sync::Ordering,
};
use crate::record::{ChannelId, RECORD_SLOTS_MAX, SLOT_BYTES};

/// How large a ring is.
///
/// ```
/// use fulmar_bus::channel::{Region, RingShape};
/// let shape = RingShape { slot_count: 1024, gate_count: 2 };
/// let region = Region::heap(shape.word_count());
/// assert_eq!(shape.word_count() * 8, 256 + 2 * 128 + 1024 * 64, "bytes: head and cursor, two gates, the slots");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingShape {
    /// Slots of 64 bytes: a power of two, at least twice the longest record's.
    pub slot_count: usize,
    /// How many readers can be lossless at one time: 0 to [`GATES_MAX`].
    pub gate_count: usize,
}

impl RingShape {
    /// 64-bit words that a ring of this shape takes.
    pub const fn word_count(&self) -> usize {
        GATES_AT + self.gate_count * PAD_WORDS + self.slot_count * STRIDE_WORDS
    }

    /// 64-bit words that a ring of this shape takes with a check for each record: one more a slot.
    pub const fn checked_word_count(&self) -> usize {
        self.word_count() + self.slot_count
    }

    /// True where such a ring can be, for records of up to `record_slots_max` slots.
    const fn holds(&self, record_slots_max: usize) -> bool {
        self.slot_count.is_power_of_two()
            && self.slot_count <= SLOTS_MAX
            && self.gate_count <= GATES_MAX
            && record_slots_max > 0
            && record_slots_max <= RECORD_SLOTS_MAX
            && self.slot_count >= 2 * record_slots_max
    }
}

/// Words between two things that different cores write.
const PAD_WORDS: usize = 16;
/// Words of a slot, stamp included.
const STRIDE_WORDS: usize = SLOT_BYTES / 8;
/// Word of the writer's cursor.
pub(super) const CURSOR_AT: usize = PAD_WORDS;
/// Word of the first gate.
const GATES_AT: usize = 2 * PAD_WORDS;

const MAGIC_AT: usize = 0;
const VERSION_AT: usize = 1;
const SLOT_COUNT_AT: usize = 2;
const GATE_COUNT_AT: usize = 3;
const CHANNEL_AT: usize = 4;
const RECORD_SLOTS_MAX_AT: usize = 5;
const HAS_CHECKS_AT: usize = 6;
/// The check of the words before it.
const HEADER_CHECK_AT: usize = 7;

/// What the first word of a ring holds; in another byte order it is another number.
const MAGIC: u64 = u64::from_be_bytes(*b"FULMRING");
/// Raised by any change of the byte map.
const VERSION: u64 = 2;

/// What of a ring's layout is the same for all rings, for those who compare builds.
#[cfg(not(loom))]
pub(crate) const RING_LAYOUT: [u64; 5] =
    [MAGIC, VERSION, PAD_WORDS as u64, STRIDE_WORDS as u64, CURSOR_AT as u64];

/// A shape that was checked, ready to compute with.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    mask: u64,
    slots_at: usize,
    /// The word of the first check, where there are any: behind the slots, so that nobody who reads records is near.
    checks_at: Option<usize>,
    pub(super) gate_count: usize,
    pub(super) record_slots_max: usize,
}

impl Layout {
    /// The layout of `shape`, or `None` where there is no such ring.
    pub(super) const fn new(shape: RingShape, record_slots_max: usize, has_checks: bool) -> Option<Layout> {
        if !shape.holds(record_slots_max) {
            return None;
        }
        Some(Layout {
            mask: shape.slot_count as u64 - 1,
            slots_at: GATES_AT + shape.gate_count * PAD_WORDS,
            checks_at: if has_checks { Some(shape.word_count()) } else { None },
            gate_count: shape.gate_count,
            record_slots_max,
        })
    }

    /// Words that the ring takes.
    pub(super) fn word_count(&self) -> usize {
        let slot_count = self.slot(self.mask) + 1;
        let slots_end = self.slots_at + slot_count * STRIDE_WORDS;
        self.checks_at.map_or(slots_end, |checks_at| checks_at + slot_count)
    }

    pub(super) const fn slot_count(&self) -> u64 {
        self.mask + 1
    }

    /// The first of the record's words in the slot at `position`.
    #[inline]
    pub(super) const fn words_at(&self, position: u64) -> usize {
        self.stamp_at(position).wrapping_add(1)
    }

    /// The word of the stamp of the slot at `position`.
    #[inline]
    pub(super) const fn stamp_at(&self, position: u64) -> usize {
        // Cannot wrap, and where it did, the memory checks its bounds: this runs several times a record.
        self.slots_at.wrapping_add(self.slot(position).wrapping_mul(STRIDE_WORDS))
    }

    /// The word of the check of the record that starts at `position`, in a ring that has checks.
    #[inline]
    pub(super) fn check_at(&self, position: u64) -> Option<usize> {
        self.checks_at.map(|checks_at| checks_at.wrapping_add(self.slot(position)))
    }

    /// Which slot of the ring `position` lives in.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "masked below the slot count, which is a usize")]
    const fn slot(&self, position: u64) -> usize {
        (position & self.mask) as usize
    }

    /// The word of a gate.
    #[inline]
    pub(super) const fn gate_at(&self, gate: usize) -> usize {
        GATES_AT + gate * PAD_WORDS
    }
}

/// Lays an empty ring over `words`, whatever they held before.
pub(super) fn format<W: Words>(words: &W, shape: RingShape, layout: &Layout, channel: ChannelId) {
    for index in 0..layout.word_count() {
        words.store(index, 0, Ordering::Relaxed);
    }
    let mut header = [0; HEADER_CHECK_AT];
    header[MAGIC_AT] = MAGIC;
    header[VERSION_AT] = VERSION;
    header[SLOT_COUNT_AT] = shape.slot_count as u64;
    header[GATE_COUNT_AT] = shape.gate_count as u64;
    header[CHANNEL_AT] = u64::from(channel.0);
    header[RECORD_SLOTS_MAX_AT] = layout.record_slots_max as u64;
    header[HAS_CHECKS_AT] = u64::from(layout.checks_at.is_some());
    words.store_relaxed(MAGIC_AT + 1, &header[MAGIC_AT + 1..]);
    words.store(HEADER_CHECK_AT, check::of(0, &[header]), Ordering::Relaxed);
    // PAIRS WITH: the acquire load of the magic word in `parse`; whoever sees it sees an empty ring.
    words.store(MAGIC_AT, MAGIC, Ordering::Release);
}

/// The ring that lies in `words`, from a header that is not believed.
pub(super) fn parse<W: Words>(words: &W) -> Result<(Layout, ChannelId), OpenError> {
    let found = words.word_count();
    if found < GATES_AT {
        return Err(OpenError::Size { needed: GATES_AT, found });
    }
    // PAIRS WITH: the release store of the magic word in `format`.
    if words.load(MAGIC_AT, Ordering::Acquire) != MAGIC {
        return Err(OpenError::NoRing);
    }
    let mut header = [0; HEADER_CHECK_AT];
    words.load_relaxed(MAGIC_AT, &mut header);
    if header[VERSION_AT] != VERSION {
        return Err(OpenError::Version { found: header[VERSION_AT] });
    }
    let count = |index: usize| usize::try_from(header[index]).map_err(|_| OpenError::Shape);
    let shape = RingShape { slot_count: count(SLOT_COUNT_AT)?, gate_count: count(GATE_COUNT_AT)? };
    let has_checks = header[HAS_CHECKS_AT] != 0;
    let layout = Layout::new(shape, count(RECORD_SLOTS_MAX_AT)?, has_checks).ok_or(OpenError::Shape)?;
    if found < layout.word_count() {
        return Err(OpenError::Size { needed: layout.word_count(), found });
    }
    let channel = u16::try_from(header[CHANNEL_AT]).map_err(|_| OpenError::Shape)?;
    if words.load(HEADER_CHECK_AT, Ordering::Relaxed) != check::of(0, &[header]) {
        return Err(OpenError::Header);
    }
    Ok((layout, ChannelId(channel)))
}

/// What the first word of a slot says. Stamps of a later position are greater.
///
/// The three states are two bits apart from each other, so that one flipped bit never turns one into another: a record
/// that was published cannot come to look like one that its writer died in.
pub(super) mod stamp {
    const STATE_BITS: u32 = 3;
    const HEAD: u64 = 0b011;
    const CONTINUATION: u64 = 0b101;

    /// The slot is being given to `position`.
    #[inline]
    pub const fn writing(position: u64) -> u64 {
        position.wrapping_add(1) << STATE_BITS
    }

    /// The slot at `position` is complete, and so is the whole record that starts in it.
    #[inline]
    pub const fn head(position: u64) -> u64 {
        complete(position, 0)
    }

    /// The slot at `position` is complete, and so is all of its record that follows; `offset` slots of it precede.
    #[inline]
    pub const fn complete(position: u64, offset: usize) -> u64 {
        writing(position) | if offset == 0 { HEAD } else { CONTINUATION }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_different_cores_write_shares_no_pair_of_cache_lines() {
        let layout =
            Layout::new(RingShape { slot_count: 128, gate_count: 8 }, 64, false).expect("the shape holds");
        let mut starts = vec![MAGIC_AT, CURSOR_AT];
        starts.extend((0..8).map(|gate| layout.gate_at(gate)));
        starts.push(layout.stamp_at(0));
        for pair in starts.windows(2) {
            assert_eq!(pair[1] - pair[0], 16);
        }
    }

    #[test]
    fn the_last_word_of_the_last_slot_is_the_last_word_of_the_ring() {
        for gate_count in 0..=GATES_MAX {
            let shape = RingShape { slot_count: 256, gate_count };
            let layout = Layout::new(shape, 64, false).expect("the shape holds");
            assert_eq!(layout.stamp_at(255) + STRIDE_WORDS, shape.word_count());
            assert_eq!((layout.word_count(), layout.check_at(255)), (shape.word_count(), None));
            assert_eq!(layout.stamp_at(256), layout.stamp_at(0));
        }
    }

    #[test]
    fn checks_follow_the_slots_one_for_each() {
        let shape = RingShape { slot_count: 256, gate_count: 3 };
        let layout = Layout::new(shape, 64, true).expect("the shape holds");
        assert_eq!(layout.check_at(0), Some(layout.stamp_at(255) + STRIDE_WORDS));
        assert_eq!(layout.check_at(256 + 255), Some(shape.checked_word_count() - 1));
        assert_eq!(layout.word_count(), shape.checked_word_count());
    }

    #[test]
    fn a_shape_that_no_ring_has_is_refused() {
        let check = |slot_count, gate_count, record_slots_max| {
            Layout::new(RingShape { slot_count, gate_count }, record_slots_max, true).is_some()
        };
        assert!(check(128, 0, 64) && check(2, 8, 1) && check(SLOTS_MAX, 0, 64));
        assert!(!check(64, 0, 64), "the longest record twice");
        assert!(!check(192, 0, 64), "a power of two");
        assert!(!check(128, 9, 64), "too many gates");
        assert!(!check(2 * SLOTS_MAX, 0, 64), "too many slots");
        assert!(!check(128, 0, 0) && !check(1024, 0, 65), "no such record");
        assert!(!check(0, 0, 64) && !check(usize::MAX, usize::MAX, usize::MAX));
    }

    #[test]
    fn a_later_stamp_is_greater_and_a_zeroed_slot_is_no_record() {
        for position in [0, 1, 127, 1 << 40] {
            let stamps = [stamp::writing(position), stamp::head(position), stamp::complete(position, 1)];
            assert!(stamps.is_sorted() && stamps[2] < stamp::writing(position + 1));
            assert!(stamps[0] > 0);
        }
    }

    #[test]
    fn one_flipped_bit_makes_no_state_of_a_slot_another() {
        let stamps = [stamp::writing(77), stamp::head(77), stamp::complete(77, 1)];
        for (index, stamp) in stamps.iter().enumerate() {
            assert!(stamps[..index].iter().all(|other| (stamp ^ other).count_ones() == 2));
        }
    }
}
