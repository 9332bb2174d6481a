//! A ring as those see it who do not write: where it lies, how far its writer came, which records stand in it.

use std::{fmt, ops::Range};

use super::{
    Reader, Region, RingShape, Words, Writer,
    layout::{self, CURSOR_AT, Layout, stamp},
    limits::{FOOTING_TRIES_MAX, POSITION_MAX},
    sync::{Ordering, fence},
};
use crate::record::{ChannelId, RECORD_SLOTS_MAX, RecordId};

/// Lays an empty ring over `words`, and gives its one writer and the ring that makes its readers; the example of
/// [`Writer`] begins with it. Whoever still holds a handle on what the words held before must not use it again.
///
/// # Panics
/// Where there is no ring of this shape, or `words` are too few for it.
pub fn create<W: Words + Clone>(words: W, shape: RingShape, channel: ChannelId) -> (Writer<W>, Ring<W>) {
    create_for_records_up_to(RECORD_SLOTS_MAX, words, shape, channel)
}

/// As [`create`], for a channel whose records never take more than `record_slots_max` slots, so that a ring of twice
/// as many is enough.
///
/// # Panics
/// As [`create`].
///
/// ```
/// use fulmar_bus::channel::{Region, RingShape, create_for_records_up_to};
/// use fulmar_bus::record::ChannelId;
/// let shape = RingShape { slot_count: 16, gate_count: 1 };
/// let words = Region::heap(shape.word_count());
/// let (writer, ring) = create_for_records_up_to(8, words, shape, ChannelId(7));
/// assert_eq!((writer.channel(), ring.channel()), (ChannelId(7), ChannelId(7)));
/// ```
pub fn create_for_records_up_to<W: Words + Clone>(
    record_slots_max: usize,
    words: W,
    shape: RingShape,
    channel: ChannelId,
) -> (Writer<W>, Ring<W>) {
    lay(words, shape, Layout::new(shape, record_slots_max, false), channel)
}

/// As [`create`], with a check for each record, which [`Ring::remains`] holds it against: for memory that outlives the
/// process. It takes [`RingShape::checked_word_count`] words; the example of [`Remains`](super::Remains) begins with
/// it.
///
/// # Panics
/// As [`create`].
pub fn create_checked<W: Words + Clone>(
    words: W,
    shape: RingShape,
    channel: ChannelId,
) -> (Writer<W>, Ring<W>) {
    lay(words, shape, Layout::new(shape, RECORD_SLOTS_MAX, true), channel)
}

fn lay<W: Words + Clone>(
    words: W,
    shape: RingShape,
    layout: Option<Layout>,
    channel: ChannelId,
) -> (Writer<W>, Ring<W>) {
    let layout = layout.unwrap_or_else(|| panic!("{shape:?} is no ring for the records of {channel:?}"));
    assert!(words.word_count() >= layout.word_count(), "the memory is too small for {shape:?}");
    layout::format(&words, shape, &layout, channel);
    let ring = Ring { words, layout, channel };
    (Writer::new(ring.clone()), ring)
}

/// Finds the ring that lies in `words`, such as a mapped file that a process left behind. Nothing is changed.
///
/// # Errors
/// Says why no ring can be read from them; see [`OpenError`].
pub fn open<W: Words + Clone>(words: W) -> Result<Ring<W>, OpenError> {
    let (layout, channel) = layout::parse(&words)?;
    Ok(Ring { words, layout, channel })
}

/// Finds the empty ring that somebody else laid in `words`, such as another process, and gives its one writer too.
/// Whoever laid it gave up its own.
///
/// # Errors
/// As [`open`]; [`OpenError::Written`] where something was published already.
///
/// ```
/// use fulmar_bus::channel::{OpenError, Poll, Region, RingShape, create, open_writer};
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let shape = RingShape { slot_count: 128, gate_count: 1 };
/// let words = Region::heap(shape.word_count());
/// let (_, ring) = create(words.clone(), shape, ChannelId(7));
/// let mut reader = ring.gated_reader().expect("the one gate is free");
///
/// let (mut writer, _) = open_writer(words.clone())?;
/// let mut record = Record::new();
/// record.write(heading, &Timer { tag: 1, due_at: UnixNanos(8) });
/// writer.publish(&mut record).expect("the ring has room");
/// assert_eq!(reader.poll(&mut record), Poll::Record);
/// assert_eq!(open_writer(words).err(), Some(OpenError::Written), "a ring has one writer");
/// # Ok::<(), OpenError>(())
/// ```
pub fn open_writer<W: Words + Clone>(words: W) -> Result<(Writer<W>, Ring<W>), OpenError> {
    let ring = open(words)?;
    if ring.end() != 0 {
        return Err(OpenError::Written);
    }
    Ok((Writer::new(ring.clone()), ring))
}

/// Why no ring can be read from some memory.
///
/// ```
/// use fulmar_bus::channel::{OpenError, Region, RingShape, create, open};
/// use fulmar_bus::record::ChannelId;
/// let shape = RingShape { slot_count: 128, gate_count: 0 };
/// let words = Region::heap(shape.word_count());
/// assert_eq!(open(words.clone()).err(), Some(OpenError::NoRing));
/// create(words.clone(), shape, ChannelId(7));
/// assert!(open(words).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It does not begin as a ring does.
    NoRing,
    /// It was laid out by another version of this code.
    Version {
        /// The version that it states.
        found: u64,
    },
    /// It states a shape that no ring has.
    Shape,
    /// It is shorter than the ring that it states.
    Size {
        /// Words that the ring takes.
        needed: usize,
        /// Words that there are.
        found: usize,
    },
    /// What it states is not what was written there.
    Header,
    /// It has a writer, whose records stand in it.
    Written,
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NoRing => write!(out, "the memory holds no ring"),
            OpenError::Version { found } => {
                write!(out, "the ring has version {found}, which this build cannot read")
            }
            OpenError::Shape => write!(out, "the ring states a shape that no ring has"),
            OpenError::Size { needed, found } => {
                write!(out, "the ring takes {needed} words and {found} are there")
            }
            OpenError::Header => write!(out, "the ring's header is not the one that was written"),
            OpenError::Written => write!(out, "the ring has a writer already"),
        }
    }
}

impl std::error::Error for OpenError {}

/// A ring, to make readers of. A clone is another handle on the same ring.
///
/// ```
/// use fulmar_bus::channel::{Region, RingShape, create};
/// use fulmar_bus::record::ChannelId;
/// let shape = RingShape { slot_count: 1024, gate_count: 1 };
/// let (_writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(7));
/// let keeper = ring.gated_reader().expect("the one gate is free");
/// assert!(ring.gated_reader().is_none(), "its one gate is taken");
/// let mut followers: Vec<_> = (0..10).map(|_| ring.reader()).collect();
/// drop(keeper);
/// assert!(ring.gated_reader().is_some(), "who leaves opens the gate");
/// ```
#[derive(Clone)]
pub struct Ring<W = Region> {
    pub(super) words: W,
    pub(super) layout: Layout,
    pub(super) channel: ChannelId,
}

impl<W: Words + Clone> Ring<W> {
    /// The channel that the ring carries.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// A reader that never holds the writer up, and may be lapped. It starts at the oldest record that still stands;
    /// where the writer overwrites faster than that one can be found, at the first of all, and is lapped at once.
    pub fn reader(&self) -> Reader<W> {
        let end = self.end();
        let from = end.saturating_sub(self.layout.slot_count());
        let (position, sequence) = self.first_head(from..end, 0).unwrap_or((0, 1));
        Reader::new(self.clone(), position, sequence - 1, None)
    }

    /// A reader of what comes after the record `sequence`, for somebody who holds a snapshot at that sequence and goes
    /// on without gap or double. It never holds the writer up. Where the next record is gone already, the first poll
    /// that finds anything tells the lap.
    ///
    /// `sequence` is zero or that of a record that was published.
    ///
    /// ```
    /// use fulmar_bus::channel::{Poll, Region, RingShape, create};
    /// use fulmar_bus::record::*;
    /// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
    /// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
    /// # let heading = Heading { instrument_id, cause, received_at, flags };
    /// let shape = RingShape { slot_count: 128, gate_count: 0 };
    /// let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(7));
    /// let mut record = Record::new();
    /// for tag in 1..=5 {
    ///     record.write(heading, &Timer { tag, due_at: UnixNanos(8) });
    ///     writer.publish(&mut record).expect("nobody has a gate");
    /// }
    /// let mut reader = ring.reader_after(4);
    /// assert_eq!(reader.poll(&mut record), Poll::Record);
    /// assert_eq!(record.read::<Timer>().map(|timer| timer.tag), Ok(5));
    /// assert_eq!(reader.position(), ring.end(), "nothing is new");
    /// ```
    pub fn reader_after(&self, sequence: u64) -> Reader<W> {
        let end = self.end();
        let from = end.saturating_sub(self.layout.slot_count());
        // Where none stands that came later, the next one starts at the end, or all went by while we looked, and then
        // the one that starts there is a later one.
        let position = self.first_head(from..end, sequence).map_or(end, |(position, _)| position);
        Reader::new(self.clone(), position, sequence, None)
    }

    /// A reader that loses nothing: the writer waits at its gate. It starts at the writer's current end, which is the
    /// channel's beginning if nothing was published yet. `None` where every gate is taken, or the ring is damaged.
    /// Dropping the reader opens its gate.
    pub fn gated_reader(&self) -> Option<Reader<W>> {
        let claim = gate_word(self.end());
        let gate = (0..self.layout.gate_count)
            .find(|gate| self.words.compare_exchange(self.layout.gate_at(*gate), GATE_OPEN, claim))?;
        // Either the writer's next look at the gates sees this claim, or the cursor read here is at least the one that
        // it had at its last look; in both cases it does not pass the gate.
        // PAIRS WITH: the sequentially consistent fence in `Writer::look_at_gates`.
        fence(Ordering::SeqCst);
        let position = self.end();
        let sequence = self.sequence_before(position);
        let reader = Reader::new(self.clone(), position, sequence.unwrap_or(0), Some(gate));
        sequence.map(|_| reader)
    }
}

impl<W: Words> Ring<W> {
    /// The writer's cursor: the position where its next record starts. For those who only ask whether something is new.
    /// The example of [`Ring::reader_after`] does.
    #[inline]
    pub fn end(&self) -> u64 {
        // PAIRS WITH: the release store of the cursor in `Writer::write`; every record before it is complete.
        self.words.load(CURSOR_AT, Ordering::Acquire).min(POSITION_MAX)
    }

    #[inline]
    pub(super) fn stamp(&self, position: u64, order: Ordering) -> u64 {
        self.words.load(self.layout.stamp_at(position), order)
    }

    /// Position and sequence of the first record that starts in `places`, still stands and comes after the sequence
    /// `after`.
    pub(super) fn first_head(&self, mut places: Range<u64>, after: u64) -> Option<(u64, u64)> {
        places.find_map(|position| {
            let sequence = self.head_sequence(position)?;
            (sequence > after).then_some((position, sequence))
        })
    }

    /// The sequence of the record that starts at `position`, if one does and still stands.
    fn head_sequence(&self, position: u64) -> Option<u64> {
        // PAIRS WITH: the release store of the head's stamp in `Writer::write`.
        if self.stamp(position, Ordering::Acquire) != stamp::head(position) {
            return None;
        }
        let id = self.id_at(position);
        // PAIRS WITH: the release fence in `Writer::write`; an id of a later record comes with a later stamp.
        fence(Ordering::Acquire);
        let stands = self.stamp(position, Ordering::Relaxed) == stamp::head(position);
        (stands && id.channel() == self.channel && id.sequence() > 0).then(|| id.sequence())
    }

    /// The id in the slot at `position`, if a record starts there.
    pub(super) fn id_at(&self, position: u64) -> RecordId {
        RecordId(self.words.load(self.layout.words_at(position) + 1, Ordering::Relaxed))
    }

    /// The slots that the header in the slot at `position` states, if a record starts there.
    pub(super) fn slot_count_at(&self, position: u64) -> u8 {
        let [_, _, slot_count, ..] =
            self.words.load(self.layout.words_at(position), Ordering::Relaxed).to_le_bytes();
        slot_count
    }

    /// The sequence of the record that ends at `position`, which a gate holds; zero at the beginning. It may be
    /// overwritten while we look for it, but then the one that starts at `position` stands.
    fn sequence_before(&self, position: u64) -> Option<u64> {
        if position == 0 {
            return Some(0);
        }
        let from = position.saturating_sub(self.layout.record_slots_max as u64);
        (0..FOOTING_TRIES_MAX).find_map(|_| match self.head_sequence(position) {
            Some(sequence) => Some(sequence - 1),
            None => (from..position).rev().find_map(|position| self.head_sequence(position)),
        })
    }
}

/// The word of a gate that nobody holds.
pub(super) const GATE_OPEN: u64 = 0;

/// The word of a gate whose reader comes to `position` next.
#[inline]
pub(super) const fn gate_word(position: u64) -> u64 {
    position + 1
}
