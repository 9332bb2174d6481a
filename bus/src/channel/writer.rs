//! The one who publishes. It waits for nobody: a gate that is in its way is an answer, [`Full`], and not a pause.

use std::fmt;

use super::{
    Region, Ring, Words, check,
    layout::{CURSOR_AT, stamp},
    ring::{GATE_OPEN, gate_word},
    sync::{Ordering, fence},
};
use crate::record::{ChannelId, Record, RecordId, SLOT_WORDS};

/// The one writer of a channel. It is not [`Clone`]: whoever holds it is the channel's producer.
///
/// ```
/// use fulmar_bus::channel::{Full, Poll, Region, RingShape, create};
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let shape = RingShape { slot_count: 128, gate_count: 1 };
/// let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(7));
/// let mut slow = ring.gated_reader().expect("the one gate is free");
/// let mut record = Record::new();
/// record.write(heading, &Timer { tag: 1, due_at: UnixNanos(8) });
/// while writer.has_room(1) {
///     writer.publish(&mut record)?;
/// }
/// assert_eq!(writer.publish(&mut record), Err(Full), "nothing was published; the record is still ours");
/// assert_eq!(slow.poll(&mut Record::new()), Poll::Record);
/// assert_eq!(writer.publish(&mut record)?.sequence(), 129);
/// # Ok::<(), Full>(())
/// ```
pub struct Writer<W = Region> {
    ring: Ring<W>,
    /// Where the next record starts.
    position: u64,
    /// Of the last record published.
    sequence: u64,
    /// No gate is nearer than the ring's length to a position below this one.
    limit: u64,
}

/// A lossless reader has not consumed what would be overwritten. The record is still the caller's, to keep and try
/// again, or to drop and count. See the example of [`Writer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a lossless reader holds the ring full")
    }
}

impl std::error::Error for Full {}

impl<W: Words> Writer<W> {
    pub(super) fn new(ring: Ring<W>) -> Self {
        // Without gates there is nothing to look at, ever.
        let limit = if ring.layout.gate_count == 0 { u64::MAX } else { 0 };
        Writer { ring, position: 0, sequence: 0, limit }
    }

    /// Gives `record` its id on this channel and makes it visible to every reader.
    ///
    /// # Errors
    /// [`Full`] where a lossless reader is in the way; nothing was published, and the record keeps the id it had.
    ///
    /// # Panics
    /// Where the record was never written, or is longer than this channel's records may be.
    #[inline]
    pub fn publish(&mut self, record: &mut Record) -> Result<RecordId, Full> {
        let slot_count = record.slots().len();
        assert!(usize::from(record.header().slot_count) == slot_count, "an unwritten record was published");
        assert!(slot_count <= self.ring.layout.record_slots_max, "a record is too long for its channel");
        if !self.has_room(slot_count) {
            return Err(Full);
        }
        let id = RecordId::new(self.ring.channel, self.sequence + 1);
        record.set_id(id);
        self.write(record.slots());
        self.position += slot_count as u64;
        self.sequence += 1;
        Ok(id)
    }

    /// True where records of `slot_count` slots of 64 bytes, together, would not meet [`Full`] now.
    #[inline]
    pub fn has_room(&mut self, slot_count: usize) -> bool {
        let end = self.position + slot_count as u64;
        end <= self.limit || self.look_at_gates() >= end
    }

    /// The sequence of the last record published, zero before the first.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The channel that the records go to.
    pub fn channel(&self) -> ChannelId {
        self.ring.channel
    }

    #[cold]
    fn look_at_gates(&mut self) -> u64 {
        // A gate that is claimed from now on starts at our cursor or later, and so is never nearer than that.
        // PAIRS WITH: the sequentially consistent fence in `Ring::gated_reader`.
        fence(Ordering::SeqCst);
        let mut oldest = gate_word(self.position);
        for gate in 0..self.ring.layout.gate_count {
            // PAIRS WITH: the release store in `Reader::move_to`; its reader is done with every slot before it.
            let word = self.ring.words.load(self.ring.layout.gate_at(gate), Ordering::Acquire);
            if word != GATE_OPEN {
                oldest = oldest.min(word);
            }
        }
        self.limit = oldest - gate_word(0) + self.ring.layout.slot_count();
        self.limit
    }

    /// Puts a record into the slots from our position on: all marked first, then filled, the head completed last.
    #[inline]
    fn write(&self, slots: &[[u64; SLOT_WORDS]]) {
        let Ring { words, layout, .. } = &self.ring;
        for offset in 0..slots.len() {
            let position = self.position + offset as u64;
            // PAIRS WITH: the acquire loads of stamps in `Reader::poll` and `Ring::head_sequence`: whoever sees that a
            // record is gone also sees all those that were published before.
            words.store(layout.stamp_at(position), stamp::writing(position), Ordering::Release);
        }
        // PAIRS WITH: the acquire fences in `Reader::copy` and `Ring::head_sequence`: whoever read one of the words
        // stored below also sees the stamps stored above.
        fence(Ordering::Release);
        if let Some(check_at) = layout.check_at(self.position) {
            // Nobody reads it while we live, and it stands before the head does.
            words.store(check_at, check::of(self.position, slots), Ordering::Relaxed);
        }
        for (offset, slot) in slots.iter().enumerate().rev() {
            let position = self.position + offset as u64;
            words.store_relaxed(layout.words_at(position), slot);
            // PAIRS WITH: the acquire loads of the head's stamp in `Reader::poll` and `Ring::head_sequence`.
            words.store(layout.stamp_at(position), stamp::complete(position, offset), Ordering::Release);
        }
        // PAIRS WITH: the acquire load in `Ring::end`.
        words.store(CURSOR_AT, self.position + slots.len() as u64, Ordering::Release);
    }
}

impl<W: Words> std::fmt::Debug for Writer<W> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (channel, sequence) = (self.ring.channel, self.sequence);
        out.debug_struct("Writer")
            .field("channel", &channel)
            .field("sequence", &sequence)
            .finish_non_exhaustive()
    }
}
