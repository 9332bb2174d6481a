//! The 32 bytes that open every record.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{InstrumentId, Kind, RecordId, UnixNanos};

/// Who, what, when and why of a record. The instrument implies the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    /// A [`Kind`] as a byte; read it with [`Header::kind`].
    pub kind_byte: u8,
    /// Version of that kind's payload.
    pub version: u8,
    /// Slots that the record takes on a ring.
    pub slot_count: u8,
    /// See [`Flags`].
    pub flags: Flags,
    /// What it concerns, or [`InstrumentId::NONE`].
    pub instrument_id: InstrumentId,
    /// Its own name, given by the channel that it is published on.
    pub id: RecordId,
    /// The input (a frame, a timer, a control record) that led to it; [`RecordId::NONE`] for an input itself.
    pub cause: RecordId,
    /// When the bytes that led to it reached this machine.
    pub received_at: UnixNanos,
}

impl Header {
    /// The record's kind, or `None` where the byte is no kind of this version.
    pub const fn kind(&self) -> Option<Kind> {
        Kind::from_byte(self.kind_byte)
    }
}

/// Bits that any kind may carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// Nothing to say.
    pub const NONE: Flags = Flags(0);
    /// The last record that its cause leads to on this channel and instrument.
    pub const LAST: Flags = Flags(1);
    /// Part of a snapshot.
    pub const SNAPSHOT: Flags = Flags(2);

    /// True where every bit of `other` is set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}
