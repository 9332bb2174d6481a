//! A record in the hand: built here before it is published, copied here when it is read.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{
    Flags, HEADER_BYTES, Header, InstrumentId, Kind, PAYLOAD_BYTES_MAX, RECORD_SLOTS_MAX, RECORD_WORDS_MAX,
    RecordId, SLOT_WORDS, UnixNanos,
};

/// A payload shape: its kind, its version, its bytes. Sizes are multiples of eight and hold no padding.
///
/// ```
/// use fulmar_bus::record::*;
///
/// /// The newest of some records that is a `P`.
/// fn newest<P: Payload>(records: &[Record]) -> Option<&P> {
///     records.iter().rev().find_map(|record| record.read().ok())
/// }
///
/// assert_eq!((Trade::KIND, Trade::VERSION), (Kind::Trade, 1));
/// assert!(newest::<Trade>(&[Record::new()]).is_none());
/// ```
pub trait Payload: TryFromBytes + IntoBytes + Immutable + KnownLayout {
    /// The kind that has this shape.
    const KIND: Kind;
    /// The version of that kind that has this shape.
    const VERSION: u8 = 1;
}

/// What a publisher says of a record beyond its payload. The channel adds the rest.
/// The example of [`Record`] writes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// What it concerns, or [`InstrumentId::NONE`].
    pub instrument_id: InstrumentId,
    /// The input that led to it.
    pub cause: RecordId,
    /// When that input reached this machine.
    pub received_at: UnixNanos,
    /// See [`Flags`].
    pub flags: Flags,
}

/// Why bytes are not the record that they were read as.
///
/// ```
/// use fulmar_bus::record::{Malformed, Record, Trade};
/// let mut record = Record::new();
/// assert_eq!(record.copy_from(&[0; 10]), Err(Malformed::Length), "no record has ten bytes");
/// assert_eq!(record.read::<Trade>(), Err(Malformed::Kind), "zeros have no kind");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The record is of another kind.
    Kind,
    /// The kind is right, its version is not one that this build reads.
    Version,
    /// The payload is shorter than its shape, or than the counts in it say.
    Length,
    /// A byte in it is no value of its enum.
    Value,
}

/// One record, with room for the largest. Reused, never allocated on the tick path.
///
/// ```
/// use fulmar_bus::record::*;
/// let mut record = Record::new();
/// let heading = Heading {
///     instrument_id: InstrumentId(4),
///     cause: RecordId::NONE,
///     received_at: UnixNanos(9),
///     flags: Flags::NONE,
/// };
/// record.write(heading, &SnapshotEnd { update_id: 77, venue_at: UnixNanos(8) });
/// assert_eq!(record.header().slot_count, 1);
/// assert_eq!(record.read::<SnapshotEnd>().map(|end| end.update_id), Ok(77));
/// assert_eq!(record.read::<Trade>(), Err(Malformed::Kind));
/// ```
#[derive(Clone)]
pub struct Record {
    words: [u64; RECORD_WORDS_MAX],
    slot_count: usize,
}

impl Record {
    /// An empty record: it has no kind until it is written or read into.
    pub const fn new() -> Self {
        Record { words: [0; RECORD_WORDS_MAX], slot_count: 1 }
    }

    /// Makes this the record of `payload`.
    #[inline]
    pub fn write<P: Payload>(&mut self, heading: Heading, payload: &P) {
        self.write_with_tail(heading, payload, &[]);
    }

    /// Makes this the record of `payload` followed by `tail`; what is left of the last slot is zero. For the kinds
    /// that carry a counted list: levels, frames, notes.
    ///
    /// # Panics
    /// Where both together are longer than [`PAYLOAD_BYTES_MAX`]: the publisher splits what may be longer.
    #[inline]
    pub fn write_with_tail<P: Payload>(&mut self, heading: Heading, payload: &P, tail: &[u8]) {
        const { assert!(size_of::<P>().is_multiple_of(8), "payloads are whole words") };
        let payload_bytes = size_of::<P>() + tail.len();
        assert!(payload_bytes <= PAYLOAD_BYTES_MAX, "a record of {payload_bytes} bytes was not split");
        self.slot_count = (HEADER_BYTES + payload_bytes).div_ceil(SLOT_WORDS * 8);
        let header = Header {
            kind_byte: P::KIND as u8,
            version: P::VERSION,
            slot_count: slot_count_byte(self.slot_count),
            flags: heading.flags,
            instrument_id: heading.instrument_id,
            id: RecordId::NONE,
            cause: heading.cause,
            received_at: heading.received_at,
        };
        let bytes = self.words[..self.slot_count * SLOT_WORDS].as_mut_bytes();
        let (head, body) = bytes.split_at_mut(HEADER_BYTES);
        head.copy_from_slice(header.as_bytes());
        body[..size_of::<P>()].copy_from_slice(payload.as_bytes());
        body[size_of::<P>()..payload_bytes].copy_from_slice(tail);
        body[payload_bytes..].fill(0);
    }

    /// The header.
    #[inline]
    pub fn header(&self) -> &Header {
        Header::ref_from_bytes(self.words[..HEADER_BYTES / 8].as_bytes())
            .expect("four aligned words are a header")
    }

    /// Gives the record its name. Only a channel does that, when it publishes.
    #[inline]
    pub(crate) fn set_id(&mut self, id: RecordId) {
        self.words[1] = id.0;
    }

    /// Makes the record ready to be published on another channel: where it has no cause, it is one itself.
    #[inline]
    pub fn relay(&mut self) {
        const ID: usize = 1;
        const CAUSE: usize = 2;
        if self.words[CAUSE] == RecordId::NONE.0 {
            self.words[CAUSE] = self.words[ID];
        }
    }

    /// The payload, checked: kind, version, length and every enum in it. It lies in this record, and stands until the
    /// record is written or read into again.
    ///
    /// # Errors
    /// Says which of the four does not hold.
    pub fn read<P: Payload>(&self) -> Result<&P, Malformed> {
        self.read_with_tail().map(|(payload, _)| payload)
    }

    /// The payload, checked, and the bytes that follow it (the zeros up to the slot's end included).
    ///
    /// # Errors
    /// As [`Record::read`].
    pub fn read_with_tail<P: Payload>(&self) -> Result<(&P, &[u8]), Malformed> {
        let header = self.header();
        if header.kind_byte != P::KIND as u8 {
            return Err(Malformed::Kind);
        }
        if header.version != P::VERSION {
            return Err(Malformed::Version);
        }
        let body = &self.bytes()[HEADER_BYTES..];
        if body.len() < size_of::<P>() {
            return Err(Malformed::Length);
        }
        P::try_ref_from_prefix(body).map_err(|_| Malformed::Value)
    }

    /// Every byte of the record, header first, up to the end of its last slot: what a hash or a file takes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.words().as_bytes()
    }

    /// Every word of the record, header first, up to the end of its last slot.
    #[inline]
    pub fn words(&self) -> &[u64] {
        &self.words[..self.slot_count * SLOT_WORDS]
    }

    /// Makes this the record that `bytes` hold (as [`Record::bytes`] gave them), such as one read from a file.
    ///
    /// # Errors
    /// [`Malformed::Length`] where the length is not that of a record, or not the one that its header states.
    pub fn copy_from(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let slot_count = bytes.len() / (SLOT_WORDS * 8);
        if slot_count == 0 || slot_count > RECORD_SLOTS_MAX || !bytes.len().is_multiple_of(SLOT_WORDS * 8) {
            return Err(Malformed::Length);
        }
        self.slots_mut(slot_count).as_mut_bytes().copy_from_slice(bytes);
        if usize::from(self.header().slot_count) != slot_count {
            return Err(Malformed::Length);
        }
        Ok(())
    }

    /// The words of each slot that the record takes on a ring.
    #[inline]
    pub(crate) fn slots(&self) -> &[[u64; SLOT_WORDS]] {
        &self.words.as_chunks().0[..self.slot_count]
    }

    /// The words of a record of `slot_count` slots, to be filled by whoever reads it in.
    #[inline]
    pub(crate) fn slots_mut(&mut self, slot_count: usize) -> &mut [[u64; SLOT_WORDS]] {
        self.slot_count = slot_count;
        &mut self.words.as_chunks_mut().0[..slot_count]
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Record").field("header", self.header()).finish_non_exhaustive()
    }
}

/// The count as the header's byte.
#[inline]
fn slot_count_byte(slot_count: usize) -> u8 {
    u8::try_from(slot_count).expect("the largest record has 64 slots")
}
