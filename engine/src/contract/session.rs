//! What market sessions and order sessions share: frames in, connections, and the names of what can be wrong with them.

use fulmar_bus::record::{FrameSource, RequestKind, UnixNanos};

/// A whole frame from outside, in a buffer that the session may scribble on.
#[derive(Debug)]
pub struct InboundFrame<'a> {
    /// A message, an HTTP answer, or news of the connection itself. The bytes of an HTTP answer are the path and query
    /// that were asked for, a line feed, and the body.
    pub source: FrameSource,
    /// Which of the session's connections, as its [`Connection::index`].
    pub connection: u8,
    /// The HTTP status of an answer, zero elsewhere.
    pub status: u16,
    /// When the bytes reached this machine.
    pub received_at: UnixNanos,
    /// The bytes as they came.
    pub bytes: &'a mut [u8],
}

/// A connection that a session needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Counted from zero.
    pub index: u8,
    /// The whole URL, `wss://` or, to loopback alone, `ws://`. Empty where it stays closed until the session says where
    /// to, by a request of [`RequestKind::Open`].
    pub url: String,
}

/// Puts into a request what nobody but its venue may see, as the request leaves the process: a key, a signature.
///
/// A session writes requests with gaps in their place. So no key is ever in a channel, a journal or a capture, and a
/// replay makes the same requests without one.
pub trait Seal: Send {
    /// Writes what is to be sent in place of `bytes` into `sealed`, which is empty.
    fn seal(&mut self, kind: RequestKind, bytes: &[u8], sealed: &mut Vec<u8>);

    /// A header that each HTTP request carries: its name and its value.
    fn http_header(&self) -> Option<(&'static str, &str)> {
        None
    }
}

/// What can be wrong with bytes from a venue. Each is counted by name; none is a panic, none a wrong book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum DecodeError {
    /// Not the JSON, or not the shape, that the message's kind has.
    Malformed,
    /// The bytes end before the message does.
    Truncated,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Longer than a frame may be.
    TooLong,
    /// A field that the message's kind must have is not there.
    MissingField,
    /// A number that is not plain decimal digits: a sign, an exponent, NaN, two points.
    BadNumber,
    /// A price or quantity that cannot be: negative, or a price or traded quantity of zero.
    OutOfRange,
    /// A number too large for its scale.
    Overflow,
    /// Digits beyond the scale that are not zeros.
    TooPrecise,
    /// A text that is no known value of its field.
    UnknownValue,
    /// An instrument that the session does not know, in an answer that it asked for.
    UnknownInstrument,
    /// More levels than a message may have.
    TooManyLevels,
}

impl DecodeError {
    /// How many names there are.
    pub const COUNT: usize = 12;
    /// Every name, in the order of their numbers.
    pub const ALL: [DecodeError; Self::COUNT] = [
        DecodeError::Malformed,
        DecodeError::Truncated,
        DecodeError::NotUtf8,
        DecodeError::TooLong,
        DecodeError::MissingField,
        DecodeError::BadNumber,
        DecodeError::OutOfRange,
        DecodeError::Overflow,
        DecodeError::TooPrecise,
        DecodeError::UnknownValue,
        DecodeError::UnknownInstrument,
        DecodeError::TooManyLevels,
    ];

    /// Its name in counters.
    pub const fn name(self) -> &'static str {
        match self {
            DecodeError::Malformed => "decode_errors.malformed",
            DecodeError::Truncated => "decode_errors.truncated",
            DecodeError::NotUtf8 => "decode_errors.not_utf8",
            DecodeError::TooLong => "decode_errors.too_long",
            DecodeError::MissingField => "decode_errors.missing_field",
            DecodeError::BadNumber => "decode_errors.bad_number",
            DecodeError::OutOfRange => "decode_errors.out_of_range",
            DecodeError::Overflow => "decode_errors.overflow",
            DecodeError::TooPrecise => "decode_errors.too_precise",
            DecodeError::UnknownValue => "decode_errors.unknown_value",
            DecodeError::UnknownInstrument => "decode_errors.unknown_instrument",
            DecodeError::TooManyLevels => "decode_errors.too_many_levels",
        }
    }
}

/// What a session counted since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionCounters {
    /// Frames that it had no use for: other channels, acknowledgements.
    pub ignored_frames: u64,
    /// Decode errors, by [`DecodeError`] as an index.
    pub decode_errors: [u64; DecodeError::COUNT],
    /// Requests that the venue refused (HTTP status, error answers, limits).
    pub venue_refusals: u64,
}

impl SessionCounters {
    /// Counts one error.
    pub fn count(&mut self, error: DecodeError) {
        self.decode_errors[error as usize] += 1;
    }

    /// All decode errors together.
    pub fn decode_error_count(&self) -> u64 {
        self.decode_errors.iter().sum()
    }
}
