//! What a writer that is gone left in a ring: its records, each held against its check, and nothing believed that no
//! writer leaves behind. For a ring that a killed process had in a file. It never repairs, and never skips.

use std::fmt;

use super::{Poll, Reader, Region, Ring, Words, check, layout::stamp, sync::Ordering};
use crate::record::Record;

/// The records that stand in a ring whose writer is gone, oldest first; made by [`Ring::remains`].
///
/// A record is there where its head was completed, which is when readers could see it. The one that its writer died in
/// is not, and is no damage.
///
/// ```
/// use std::sync::atomic::Ordering;
/// use fulmar_bus::channel::{Damaged, Region, RingShape, Words, create_checked, open};
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let shape = RingShape { slot_count: 128, gate_count: 0 };
/// let region = Region::heap(shape.checked_word_count());
/// let (mut writer, _) = create_checked(region.clone(), shape, ChannelId(7));
/// let mut record = Record::new();
/// for tag in 1..=2 {
///     record.write(heading, &Timer { tag, due_at: UnixNanos(8) });
///     writer.publish(&mut record).expect("nobody has a gate");
/// }
/// drop(writer);
/// region.store(32 + 8 + 5, 3, Ordering::Relaxed); // Memory fails: the tag of the second record is another one.
///
/// let mut remains = open(region).expect("it is a ring").remains().expect("its stamps are sound");
/// assert_eq!(remains.next(&mut record), Ok(true));
/// assert_eq!(record.read::<Timer>().map(|timer| timer.tag), Ok(1));
/// assert_eq!(remains.next(&mut record), Err(Damaged::Record { sequence: 2 }));
/// ```
pub struct Remains<W: Words = Region> {
    reader: Reader<W>,
    /// Where the last record ends.
    end: u64,
}

/// What shows that a ring was changed after it was written.
/// The example of [`Remains`] meets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// A record that was published, and now is not there as it was.
    Record {
        /// Its sequence.
        sequence: u64,
    },
    /// A slot without a published record, whose stamp is none that the writer left there; or the cursor is none.
    Slot {
        /// Which slot of the ring, from zero.
        slot: u64,
    },
}

impl fmt::Display for Damaged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damaged::Record { sequence } => write!(out, "record {sequence} is not as it was published"),
            Damaged::Slot { slot } => write!(out, "slot {slot} has a stamp that no writer leaves there"),
        }
    }
}

impl std::error::Error for Damaged {}

impl<W: Words + Clone> Ring<W> {
    /// The records that its writer left, which must be gone. Of a ring without checks ([`super::create_checked`] makes
    /// one that has them) the stamps alone are held against each other.
    ///
    /// # Errors
    /// [`Damaged`] where stamps and cursor are not as a writer leaves them, whenever it ends.
    pub fn remains(&self) -> Result<Remains<W>, Damaged> {
        let end = self.last_end();
        let start = self.oldest_head(end)?;
        // Believed here, and proven by the check when the record is read.
        let before = if start == 0 { 0 } else { self.id_at(start).sequence().saturating_sub(1) };
        Ok(Remains { reader: Reader::new(self.clone(), start, before, None), end })
    }

    /// Where the last record ends: at the cursor, or one record behind it, where the writer died between the two.
    fn last_end(&self) -> u64 {
        let cursor = self.end();
        // PAIRS WITH: the release store of the head's stamp in `Writer::write`.
        if self.stamp(cursor, Ordering::Acquire) != stamp::head(cursor) {
            return cursor;
        }
        cursor + u64::from(self.slot_count_at(cursor))
    }

    /// The position of the oldest record that stands in the ring whose last one ends at `end`, or `end` where none was
    /// published. On the way from there it goes round the ring over all slots without a record, and looks at each.
    fn oldest_head(&self, end: u64) -> Result<u64, Damaged> {
        let slot_count = self.layout.slot_count();
        let torn_end = end + self.layout.record_slots_max as u64;
        for position in end..end + slot_count {
            let found = self.stamp(position, Ordering::Relaxed);
            let before = position.checked_sub(slot_count);
            if let Some(before) = before.filter(|before| found == stamp::head(*before)) {
                return Ok(before);
            }
            // Of the record that the writer died in, whose head is not complete.
            let is_torn = position < torn_end
                && (found == stamp::writing(position)
                    || position > end && found == stamp::complete(position, 1));
            // Never used, or the rest of a record whose head was overwritten.
            let is_left = found == before.map_or(0, |before| stamp::complete(before, 1));
            if !is_torn && !is_left {
                return Err(Damaged::Slot { slot: position % slot_count });
            }
        }
        if end == 0 { Ok(0) } else { Err(Damaged::Slot { slot: end % slot_count }) }
    }
}

impl<W: Words> Remains<W> {
    /// The sequence of the last record read; before the first, that of the one before it.
    pub fn sequence(&self) -> u64 {
        self.reader.sequence()
    }

    /// Copies the next record to `record`. False, and nothing of use in `record`, behind the last one.
    ///
    /// # Errors
    /// [`Damaged::Record`] where it is not the one that was published. Those behind it are not read.
    pub fn next(&mut self, record: &mut Record) -> Result<bool, Damaged> {
        let (position, sequence) = (self.reader.position, self.reader.sequence() + 1);
        if position == self.end {
            return Ok(false);
        }
        let is_sound = self.reader.poll(record) == Poll::Record && self.has_check_of(record, position);
        if is_sound { Ok(true) } else { Err(Damaged::Record { sequence }) }
    }

    /// True where the check at `position` is that of `record`, or the ring has none.
    fn has_check_of(&self, record: &Record, position: u64) -> bool {
        let Ring { words, layout, .. } = &self.reader.ring;
        let found = layout.check_at(position).map(|check_at| words.load(check_at, Ordering::Relaxed));
        found.is_none_or(|found| found == check::of(position, record.slots()))
    }
}
