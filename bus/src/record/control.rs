//! What crosses the engine's border: bytes in, bytes out, timers, orders of the operator, and the notes that make a
//! run playable again.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Malformed, Payload, Record, ScopeKind, UnixNanos};

/// Where the bytes of a [`Frame`] came from.
/// Read from [`Frame::source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum FrameSource {
    /// A message on the connection.
    Message = 1,
    /// The answer to an HTTP request: the path and query that were asked for, a line feed, the body.
    Http = 2,
    /// The connection opened; the bytes are its URL.
    Opened = 3,
    /// The connection closed; the bytes say why.
    Closed = 4,
}

/// Bytes from outside, kept as they came. The bytes follow the payload; more than fit one record take several, of
/// which all but the last are full.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let bytes = br#"{"result":null}"#;
/// let frame = Frame {
///     byte_count: 15,
///     total_bytes: 15,
///     offset_bytes: 0,
///     status: 0,
///     source: FrameSource::Message,
///     connection: 0,
///     tag: 0,
/// };
/// let mut record = Record::new();
/// record.write_with_tail(heading, &frame, bytes);
/// let (read, read_bytes) = Frame::read(&record).expect("it was just written");
/// assert!(read.is_last());
/// assert_eq!(read_bytes, bytes);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Frame {
    /// Bytes in this record.
    pub byte_count: u32,
    /// Bytes in the whole frame.
    pub total_bytes: u32,
    /// Bytes of the frame before this record.
    pub offset_bytes: u32,
    /// The HTTP status of an answer, zero elsewhere.
    pub status: u16,
    /// Where they came from.
    pub source: FrameSource,
    /// Which connection of the venue, counted from zero.
    pub connection: u8,
    /// The tag of the request that this answers, zero where it answers none.
    pub tag: u64,
}

impl Frame {
    /// The most bytes that one record carries.
    pub const BYTES_MAX: usize = super::PAYLOAD_BYTES_MAX - size_of::<Frame>();

    /// The frame part in `record` and its bytes, checked.
    ///
    /// # Errors
    /// As [`Record::read`]; [`Malformed::Length`] where fewer bytes follow than it counts.
    pub fn read(record: &Record) -> Result<(&Frame, &[u8]), Malformed> {
        let (frame, tail) = record.read_with_tail::<Frame>()?;
        let bytes = tail.get(..frame.byte_count as usize).ok_or(Malformed::Length)?;
        Ok((frame, bytes))
    }

    /// True where this record holds the end of its frame.
    pub const fn is_last(&self) -> bool {
        self.offset_bytes.saturating_add(self.byte_count) >= self.total_bytes
    }
}

impl Payload for Frame {
    const KIND: Kind = Kind::Frame;
}

/// What is to be done with the bytes of a [`Request`].
/// Read from [`Request::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum RequestKind {
    /// Send them as a message on the connection.
    Send = 1,
    /// They are the path and query of an HTTP GET to the venue.
    HttpGet = 2,
    /// Close the connection and open it anew; the bytes say why.
    Reconnect = 3,
    /// Open the connection at the URL that the bytes are, in place of where it is or was. Some venues give an account's
    /// stream an address of its own.
    Open = 4,
    /// They are the path and query of an HTTP POST to the venue, which has no body.
    HttpPost = 5,
    /// They are the path and query of an HTTP DELETE to the venue, which has no body.
    HttpDelete = 6,
}

/// Bytes that are to go outside. They follow the payload, and fit one record.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId::NONE, RecordId::NONE);
/// # let heading = Heading { instrument_id, cause, received_at: UnixNanos(9), flags: Flags::NONE };
/// # let mut record = Record::new();
/// # let (not_before_at, kind) = (UnixNanos(0), RequestKind::HttpGet);
/// # let asked = Request { tag: 5, not_before_at, byte_count: 12, kind, connection: 0, reserved: [0; 2] };
/// # record.write_with_tail(heading, &asked, b"/api/v3/time");
/// let (request, bytes) = Request::read(&record).expect("a request was written");
/// match request.kind {
///     RequestKind::HttpGet => assert_eq!(bytes, b"/api/v3/time"),
///     other => panic!("{other:?} was not asked for"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Request {
    /// Comes back in the answer's [`Frame::tag`].
    pub tag: u64,
    /// Do not send before this moment; zero for at once.
    pub not_before_at: UnixNanos,
    /// Bytes that follow.
    pub byte_count: u32,
    /// What is to be done with them.
    pub kind: RequestKind,
    /// Which connection of the venue, counted from zero.
    pub connection: u8,
    /// Always zero.
    pub reserved: [u8; 2],
}

impl Request {
    /// The most bytes that one request carries.
    pub const BYTES_MAX: usize = super::PAYLOAD_BYTES_MAX - size_of::<Request>();

    /// The request in `record` and its bytes, checked.
    ///
    /// # Errors
    /// As [`Record::read`]; [`Malformed::Length`] where fewer bytes follow than it counts.
    pub fn read(record: &Record) -> Result<(&Request, &[u8]), Malformed> {
        let (request, tail) = record.read_with_tail::<Request>()?;
        let bytes = tail.get(..request.byte_count as usize).ok_or(Malformed::Length)?;
        Ok((request, bytes))
    }
}

impl Payload for Request {
    const KIND: Kind = Kind::Request;
}

/// A timer of an actor fired.
///
/// ```
/// use fulmar_bus::record::{Nanos, Timer, UnixNanos};
/// let timer = Timer { tag: 1, due_at: UnixNanos(1_000) };
/// let fired_at = UnixNanos(1_250);
/// assert_eq!(fired_at.since(timer.due_at), Nanos(250), "how late it was");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Timer {
    /// What the actor called it.
    pub tag: u64,
    /// When it was to fire.
    pub due_at: UnixNanos,
}

impl Payload for Timer {
    const KIND: Kind = Kind::Timer;
}

/// What the operator wants.
/// Travels as a [`Control`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum ControlCommand {
    /// Cancel every order of the scope and let none pass that adds; latched.
    Kill = 1,
    /// Cancel every order, let no new one pass, and stop once all are done. Of the engine alone.
    Stop = 2,
    /// Somebody has looked at what held the scope back: it may go on. An engine that was killed is not enabled, but
    /// started anew.
    Enable = 3,
}

/// An order of the operator to an actor; an input like any other.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let mut record = Record::new();
/// record.write(heading, &Control::engine(ControlCommand::Kill));
/// assert_eq!(record.read::<Control>().map(|control| control.command), Ok(ControlCommand::Kill));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Control {
    /// What is wanted.
    pub command: ControlCommand,
    /// Of which scope; where it is an instrument, the header names it.
    pub scope: ScopeKind,
    /// Which venue or strategy, counted as in the configuration; zero elsewhere.
    pub index: u16,
    reserved: [u8; 4],
}

impl Control {
    /// A command for a scope.
    pub const fn new(command: ControlCommand, (scope, index): (ScopeKind, u16)) -> Self {
        Control { command, scope, index, reserved: [0; 4] }
    }

    /// A command for all of the engine.
    pub const fn engine(command: ControlCommand) -> Self {
        Control::new(command, (ScopeKind::Engine, 0))
    }
}

impl Payload for Control {
    const KIND: Kind = Kind::Control;
}

/// What one core loop did in one pass: the time that it took as `now`, and for each actor that had work, how many
/// records it drained from each inbox. The list follows the payload as 16-bit numbers, `turn_count` times: actor, pair
/// count, then an inbox and its count for each inbox that gave something. What a lap or a full ring adds to a turn is
/// said in the engine's `runtime::note`.
///
/// ```
/// use fulmar_bus::record::*;
/// use zerocopy::IntoBytes;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// // Actor 2 drained five records of its first inbox, and of no other.
/// let numbers: [u16; 4] = [2, 1, 0, 5];
/// let mut record = Record::new();
/// let note = Note { now: UnixNanos(9), turn_count: 1, number_count: 4 };
/// record.write_with_tail(heading, &note, numbers.as_bytes());
/// assert_eq!(Note::read(&record), Ok((&note, &numbers[..])));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Note {
    /// What every actor of the pass took for `now`.
    pub now: UnixNanos,
    /// How many actors had work.
    pub turn_count: u32,
    /// 16-bit numbers that follow.
    pub number_count: u32,
}

impl Note {
    /// The most 16-bit numbers that one record carries.
    pub const NUMBERS_MAX: usize = (super::PAYLOAD_BYTES_MAX - size_of::<Note>()) / 2;

    /// The note in `record` and its numbers, checked.
    ///
    /// # Errors
    /// As [`Record::read`]; [`Malformed::Length`] where fewer numbers follow than it counts.
    pub fn read(record: &Record) -> Result<(&Note, &[u16]), Malformed> {
        let (note, tail) = record.read_with_tail::<Note>()?;
        let (numbers, _) = <[u16]>::ref_from_prefix_with_elems(tail, note.number_count as usize)
            .map_err(|_| Malformed::Length)?;
        Ok((note, numbers))
    }
}

impl Payload for Note {
    const KIND: Kind = Kind::Note;
}
