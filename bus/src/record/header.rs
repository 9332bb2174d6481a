//! The 32 bytes that open every record.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{InstrumentId, Kind, RecordId, UnixNanos};

/// Who, what, when and why of a record. The instrument implies the venue.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::new(ChannelId(1), 77));
/// # let heading = Heading { instrument_id, cause, received_at: UnixNanos(9), flags: Flags::NONE };
/// # let mut record = Record::new();
/// # record.write(heading, &Timer { tag: 1, due_at: UnixNanos(8) });
/// let header = record.header();
/// assert_eq!((header.kind(), header.slot_count), (Some(Kind::Timer), 1));
/// assert_eq!((header.cause.channel(), header.cause.sequence()), (ChannelId(1), 77), "the input it goes back to");
/// assert_eq!(header.id, RecordId::NONE, "it has no name until it is published");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    /// A [`Kind`] as a byte; read it with [`Header::kind`].
    pub kind_byte: u8,
    /// Version of that kind's payload.
    pub version: u8,
    /// Slots of 64 bytes that the record takes on a ring.
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
///
/// ```
/// use fulmar_bus::record::Flags;
/// let flags = Flags(Flags::LAST.0 | Flags::SNAPSHOT.0);
/// assert!(flags.contains(Flags::LAST) && flags.contains(Flags::NONE));
/// assert!(!Flags::NONE.contains(Flags::LAST));
/// ```
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
    /// Levels after which the venue's own checksum of the book was ours.
    pub const PROVEN: Flags = Flags(4);
    /// A top that lies further from the last good one than markets move at once: told, but not to be judged by.
    pub const SUSPECT: Flags = Flags(8);

    /// With every bit of `other` as well, where `is_set`.
    pub const fn with(self, other: Flags, is_set: bool) -> Self {
        if is_set { Flags(self.0 | other.0) } else { self }
    }

    /// True where every bit of `other` is set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}
