//! One who reads, at its own pace: with a gate it loses nothing, without one it is told what it lost.

use super::{
    Region, Ring, Words,
    layout::stamp,
    limits::FOOTING_TRIES_MAX,
    ring::{GATE_OPEN, gate_word},
    sync::{Ordering, fence},
};
use crate::record::{ChannelId, Record};

/// A reader of a channel, made by a [`Ring`].
///
/// ```
/// use fulmar_bus::channel::{Poll, Region, RingShape, create};
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let shape = RingShape { slot_count: 128, gate_count: 0 };
/// let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(7));
/// let mut reader = ring.reader();
/// let mut record = Record::new();
/// for tag in 1..=200 {
///     record.write(heading, &Timer { tag, due_at: UnixNanos(8) });
///     writer.publish(&mut record).expect("nobody has a gate");
/// }
/// let (mut read_count, mut lost) = (0, 0);
/// loop {
///     match reader.poll(&mut record) {
///         Poll::Record => read_count += 1,
///         Poll::Lapped { lost_count } => lost += lost_count,
///         Poll::Empty => break,
///     }
/// }
/// assert_eq!((read_count, lost), (64, 136), "it went on half a ring behind the writer");
/// ```
pub struct Reader<W: Words = Region> {
    pub(super) ring: Ring<W>,
    /// Where the next record starts.
    pub(super) position: u64,
    /// Of the last record consumed.
    sequence: u64,
    gate: Option<usize>,
}

/// What [`Reader::poll`] found.
/// The example of [`Reader`] answers all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a lap that nobody looks at is a silent loss"]
pub enum Poll {
    /// Nothing new.
    Empty,
    /// The next record was copied.
    Record,
    /// The writer overwrote records that were not read yet. The next poll goes on behind them.
    Lapped {
        /// How many they were; never zero.
        lost_count: u64,
    },
}

impl<W: Words> Reader<W> {
    /// A reader whose next record starts at `position` and follows `sequence`; with a gate, one that it has claimed.
    pub(super) fn new(ring: Ring<W>, position: u64, sequence: u64, gate: Option<usize>) -> Self {
        let mut reader = Reader { ring, position, sequence, gate };
        reader.move_to(position, sequence);
        reader
    }

    /// Copies the next record to `record` and consumes it. What `record` holds is unspecified after any other answer.
    #[inline]
    pub fn poll(&mut self, record: &mut Record) -> Poll {
        // PAIRS WITH: the release store of the head's stamp in `Writer::write`.
        let stamp = self.ring.stamp(self.position, Ordering::Acquire);
        if stamp < stamp::head(self.position) {
            return Poll::Empty;
        }
        if stamp == stamp::head(self.position)
            && let Some(end) = self.copy(record)
        {
            self.move_to(end, self.sequence + 1);
            return Poll::Record;
        }
        self.regain_footing()
    }

    /// Consumes the next `record_count` records without reading them, lost ones included, so that a lap that was
    /// noted in one run is repeated in another. Gives the number consumed: less where fewer are published.
    pub fn skip(&mut self, record_count: u64) -> u64 {
        let start = self.sequence;
        let goal = start.saturating_add(record_count);
        let mut record = Record::new();
        while self.sequence < goal && self.poll(&mut record) != Poll::Empty {}
        // What a lap lost beyond the goal is for the next poll to tell.
        self.sequence = self.sequence.min(goal);
        self.sequence - start
    }

    /// The channel that is read.
    pub fn channel(&self) -> ChannelId {
        self.ring.channel
    }

    /// The sequence of the last record consumed, zero before the first.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Where the next record starts: how far this reader came, in the measure of [`Ring::end`].
    #[inline]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// True where [`Reader::poll`] would find nothing new.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // PAIRS WITH: the release store of the head's stamp in `Writer::write`.
        self.ring.stamp(self.position, Ordering::Acquire) < stamp::head(self.position)
    }

    /// True where [`Reader::poll`] would not find [`Poll::Empty`] for so many polls: walks the records without
    /// consuming them. For replays, which must know that a turn's records are there before it begins.
    pub fn has_available(&self, record_count: u64) -> bool {
        let mut position = self.position;
        for _ in 0..record_count {
            // PAIRS WITH: the release store of the head's stamp in `Writer::write`.
            let stamp = self.ring.stamp(position, Ordering::Acquire);
            if stamp < stamp::head(position) {
                return false;
            }
            if stamp > stamp::head(position) {
                return true;
            }
            position += u64::from(self.ring.slot_count_at(position).max(1));
        }
        true
    }

    /// Copies the record at our position, whose head was seen complete, and gives the position where it ends. `None`
    /// where it was overwritten meanwhile, or is not the record that must stand here.
    #[inline]
    fn copy(&self, record: &mut Record) -> Option<u64> {
        let Ring { words, layout, channel } = &self.ring;
        words.load_relaxed(layout.words_at(self.position), &mut record.slots_mut(1)[0]);
        let header = record.header();
        let is_next = header.id.channel() == *channel && header.id.sequence() == self.sequence + 1;
        let slot_count = usize::from(header.slot_count);
        if !is_next || slot_count == 0 || slot_count > layout.record_slots_max {
            return None;
        }
        let slots = record.slots_mut(slot_count);
        for (offset, slot) in (1u64..).zip(&mut slots[1..]) {
            words.load_relaxed(layout.words_at(self.position + offset), slot);
        }
        // PAIRS WITH: the release fence in `Writer::write`: if any word above is of a later record, a stamp below is.
        fence(Ordering::Acquire);
        let stands = (0..slot_count).all(|offset| {
            let position = self.position + offset as u64;
            self.ring.stamp(position, Ordering::Relaxed) == stamp::complete(position, offset)
        });
        stands.then_some(self.position + slot_count as u64)
    }

    /// Consumes everything before `position`.
    #[inline]
    fn move_to(&mut self, position: u64, sequence: u64) {
        self.position = position;
        self.sequence = sequence;
        if let Some(gate) = self.gate {
            // PAIRS WITH: the acquire load in `Writer::look_at_gates`.
            self.ring.words.store(self.ring.layout.gate_at(gate), gate_word(position), Ordering::Release);
        }
    }

    #[cold]
    fn regain_footing(&mut self) -> Poll {
        let Some((position, sequence)) = self.footing() else {
            return Poll::Empty;
        };
        let lost_count = sequence - 1 - self.sequence;
        self.move_to(position, sequence - 1);
        Poll::Lapped { lost_count }
    }

    /// Position and sequence of a record to go on from: behind the one that is lost, and about half a ring behind the
    /// writer, so that it is not lost too. `None` where none is found for now.
    fn footing(&self) -> Option<(u64, u64)> {
        (0..FOOTING_TRIES_MAX).find_map(|_| {
            let end = self.ring.end();
            let from = end.saturating_sub(self.ring.layout.slot_count() / 2).max(self.position);
            self.ring.first_head(from..end, self.sequence + 1)
        })
    }
}

/// Opens the gate, so that the writer never waits for a reader that is gone.
impl<W: Words> Drop for Reader<W> {
    fn drop(&mut self) {
        if let Some(gate) = self.gate {
            // PAIRS WITH: the acquire load in `Writer::look_at_gates`, and the exchange in `Ring::gated_reader`.
            self.ring.words.store(self.ring.layout.gate_at(gate), GATE_OPEN, Ordering::Release);
        }
    }
}

impl<W: Words> std::fmt::Debug for Reader<W> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (channel, sequence) = (self.ring.channel, self.sequence);
        out.debug_struct("Reader")
            .field("channel", &channel)
            .field("sequence", &sequence)
            .finish_non_exhaustive()
    }
}
