//! What is said after the hello, byte by byte: packets of fixed words, which are copied and believed nothing.
//!
//! ```text
//!  byte 0      2      4       8         16        24      28       32         34      36     40       48      64
//! welcome +------+------+-------+---------+---------+-------+--------+---------+------+------+--------+-------+
//!         | kind | lock | count | boot id | boot id | epoch | all in-| strategy| abi  | set- | orders | suc-  |
//!         |  1   | step | of in-| low     | high    |       | stru-  | id      | minor| ting | so far | cessor|
//!         |      |      | strum.|         |         |       | ments  |         |      | bytes|        | , 0   |
//!         +------+------+-------+---------+---------+-------+--------+---------+------+------+--------+-------+
//!         then 72 bytes for each instrument: id (4), 0 (4), name `venue:symbol` (64); then the settings
//!
//!  byte 0      2      4               8                 16              24                                   256
//!  small +------+------+---------------+-----------------+---------------+------------------------------------+
//!        | kind | code | instrument id | market sequence | book sequence | words, the rest zero               |
//!        +------+------+---------------+-----------------+---------------+------------------------------------+
//! ```

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{
    AttachError, Refusal,
    limits::{INSTRUMENTS_MAX, SETTINGS_BYTES_MAX, WORDS_BYTES},
};
use crate::{
    record::{InstrumentId, StrategyId, Text},
    segment::BootId,
};

/// What an accepted client is told. The example of [`Listener`](super::Listener) sends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Which boot of the engine it is attached to; all its segments state the same.
    pub boot_id: BootId,
    /// The number of that boot, in the ids of its orders.
    pub epoch: u32,
    /// Which strategy it is.
    pub strategy_id: StrategyId,
    /// The engine's [`ABI_MINOR`](super::ABI_MINOR).
    pub abi_minor: u16,
    /// True where the engine waits for the client after each step.
    pub lock_step: bool,
    /// The counter of the last order that its strategy named in this boot; the next one is the client's first.
    pub order_counter: u64,
    /// True where it is to take another's place: it says [`Request::Ready`] first, and does nothing before the engine's
    /// [`Answer::InPlace`]. Until then the other one trades on.
    pub is_successor: bool,
    /// How many instruments the engine has: its ids are below.
    pub instrument_count: u32,
    /// Those that the strategy may see and trade, each with its name `venue:symbol`.
    pub instruments: Vec<(InstrumentId, Text<64>)>,
    /// What its strategy is configured with, as the engine and the SDK agree on.
    pub settings: Vec<u8>,
}

/// The part of a welcome that is always there.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct WelcomeHead {
    kind: u16,
    lock_step: u16,
    visible_count: u32,
    boot_id: [u8; 16],
    epoch: u32,
    instrument_count: u32,
    strategy_id: u16,
    abi_minor: u16,
    settings_bytes: u32,
    order_counter: u64,
    is_successor: u8,
    later: [u8; 15],
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct VisibleInstrument {
    instrument_id: InstrumentId,
    reserved: [u8; 4],
    name: Text<64>,
}

const _: () = {
    assert!(size_of::<WelcomeHead>() == 64 && size_of::<VisibleInstrument>() == 72);
    assert!(size_of::<Small>() == 256);
};

/// Bytes of the longest packet.
pub(super) const PACKET_BYTES_MAX: usize =
    size_of::<WelcomeHead>() + INSTRUMENTS_MAX * size_of::<VisibleInstrument>() + SETTINGS_BYTES_MAX;

impl Welcome {
    /// As it is sent.
    ///
    /// # Panics
    /// Where it is of more than can be sent.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        assert!(self.instruments.len() <= INSTRUMENTS_MAX, "a client is told of too many instruments");
        assert!(self.settings.len() <= SETTINGS_BYTES_MAX, "the settings of a client are too long");
        let count = |length: usize| u32::try_from(length).expect("it is below a limit");
        let head = WelcomeHead {
            kind: WELCOME,
            lock_step: u16::from(self.lock_step),
            visible_count: count(self.instruments.len()),
            boot_id: self.boot_id.0.to_le_bytes(),
            epoch: self.epoch,
            instrument_count: self.instrument_count,
            strategy_id: self.strategy_id.0,
            abi_minor: self.abi_minor,
            settings_bytes: count(self.settings.len()),
            order_counter: self.order_counter,
            is_successor: u8::from(self.is_successor),
            later: [0; 15],
        };
        let mut bytes = head.as_bytes().to_vec();
        for (instrument_id, name) in &self.instruments {
            let entry = VisibleInstrument { instrument_id: *instrument_id, reserved: [0; 4], name: *name };
            bytes.extend_from_slice(entry.as_bytes());
        }
        bytes.extend_from_slice(&self.settings);
        bytes
    }

    /// The welcome that was sent as `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Welcome, AttachError> {
        let malformed = || AttachError::Malformed("a welcome is not as long as it says");
        let (head, rest) = WelcomeHead::read_from_prefix(bytes).map_err(|_| malformed())?;
        let count = |number: u32| usize::try_from(number).map_err(|_| malformed());
        let entries_bytes = count(head.visible_count)?.saturating_mul(size_of::<VisibleInstrument>());
        let (entries, settings) = rest.split_at_checked(entries_bytes).ok_or(malformed())?;
        if settings.len() != count(head.settings_bytes)? || head.kind != WELCOME {
            return Err(malformed());
        }
        if head.lock_step > 1 || head.is_successor > 1 {
            return Err(malformed());
        }
        let mut instruments = Vec::with_capacity(entries.len() / size_of::<VisibleInstrument>());
        for entry in entries.chunks_exact(size_of::<VisibleInstrument>()) {
            let entry = VisibleInstrument::read_from_bytes(entry).map_err(|_| malformed())?;
            if entry.instrument_id.0 >= head.instrument_count {
                return Err(AttachError::Malformed(
                    "a welcome names an instrument that the engine does not have",
                ));
            }
            instruments.push((entry.instrument_id, entry.name));
        }
        Ok(Welcome {
            boot_id: BootId(u128::from_le_bytes(head.boot_id)),
            epoch: head.epoch,
            strategy_id: StrategyId(head.strategy_id),
            abi_minor: head.abi_minor,
            lock_step: head.lock_step == 1,
            order_counter: head.order_counter,
            is_successor: head.is_successor == 1,
            instrument_count: head.instrument_count,
            instruments,
            settings: settings.to_vec(),
        })
    }
}

/// What an attached client asks for.
/// The example of [`Listener`](super::Listener) answers one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The book of an instrument as it stands, to go on from.
    Snapshot {
        /// Whose book.
        instrument_id: InstrumentId,
    },
    /// It goes, in peace.
    Bye,
    /// It has all that it needs to take the place that it is to take.
    Ready,
}

/// What the engine says to an attached client.
/// The example of [`Listener`](super::Listener) sends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The book that was asked for. It comes with the file descriptor of a segment that holds its records.
    Snapshot {
        /// Whose book.
        instrument_id: InstrumentId,
        /// The sequence of its market channel that the book holds at: go on with `Ring::reader_after` it.
        market_sequence: u64,
        /// That of its book channel.
        book_sequence: u64,
    },
    /// There is no such book now.
    NoSnapshot {
        /// Whose book.
        instrument_id: InstrumentId,
        /// Why.
        words: String,
    },
    /// The client took the place of the one before it, and is told now all that this one had.
    InPlace {
        /// The counter of the last order that its strategy named in this boot; the next one is the client's first.
        order_counter: u64,
    },
    /// The engine ends the attachment.
    Ended {
        /// Why.
        reason: Refusal,
        /// The same in words.
        words: String,
    },
}

const WELCOME: u16 = 1;
pub(super) const REFUSED: u16 = 2;
const SNAPSHOT: u16 = 3;
const NO_SNAPSHOT: u16 = 4;
const ENDED: u16 = 5;
const IN_PLACE: u16 = 6;
const ASK_SNAPSHOT: u16 = 32;
const BYE: u16 = 33;
const READY: u16 = 34;

/// Everything but hello and welcome.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Small {
    kind: u16,
    code: u16,
    instrument_id: InstrumentId,
    market_sequence: u64,
    book_sequence: u64,
    words: Text<WORDS_BYTES>,
}

impl Small {
    fn of(kind: u16) -> Self {
        let words = Text::default();
        let instrument_id = InstrumentId::NONE;
        Small { kind, code: 0, instrument_id, market_sequence: 0, book_sequence: 0, words }
    }

    pub(super) fn refused(refusal: Refusal, words: &str) -> Self {
        Small { code: refusal as u16, words: cut(words), ..Small::of(REFUSED) }
    }

    /// The refusal that this is, if it is one.
    pub(super) fn refusal(&self) -> Option<AttachError> {
        let words = self.words.as_str().to_owned();
        let refusal = Refusal::from_code(self.code);
        (self.kind == REFUSED).then_some(AttachError::Refused { refusal, words })
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Small, AttachError> {
        Small::read_from_bytes(bytes).map_err(|_| AttachError::Malformed("a packet has another length"))
    }
}

impl From<Request> for Small {
    fn from(request: Request) -> Self {
        match request {
            Request::Snapshot { instrument_id } => Small { instrument_id, ..Small::of(ASK_SNAPSHOT) },
            Request::Bye => Small::of(BYE),
            Request::Ready => Small::of(READY),
        }
    }
}

impl TryFrom<Small> for Request {
    type Error = AttachError;

    fn try_from(packet: Small) -> Result<Self, AttachError> {
        match packet.kind {
            ASK_SNAPSHOT => Ok(Request::Snapshot { instrument_id: packet.instrument_id }),
            BYE => Ok(Request::Bye),
            READY => Ok(Request::Ready),
            _ => Err(AttachError::Malformed("a client asked for what there is not")),
        }
    }
}

impl From<&Answer> for Small {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Snapshot { instrument_id, market_sequence, book_sequence } => Small {
                instrument_id: *instrument_id,
                market_sequence: *market_sequence,
                book_sequence: *book_sequence,
                ..Small::of(SNAPSHOT)
            },
            Answer::NoSnapshot { instrument_id, words } => {
                Small { instrument_id: *instrument_id, words: cut(words), ..Small::of(NO_SNAPSHOT) }
            }
            Answer::InPlace { order_counter } => {
                Small { market_sequence: *order_counter, ..Small::of(IN_PLACE) }
            }
            Answer::Ended { reason, words } => {
                Small { code: *reason as u16, words: cut(words), ..Small::of(ENDED) }
            }
        }
    }
}

impl TryFrom<Small> for Answer {
    type Error = AttachError;

    fn try_from(packet: Small) -> Result<Self, AttachError> {
        let Small { instrument_id, market_sequence, book_sequence, .. } = packet;
        let words = packet.words.as_str().to_owned();
        match packet.kind {
            SNAPSHOT => Ok(Answer::Snapshot { instrument_id, market_sequence, book_sequence }),
            NO_SNAPSHOT => Ok(Answer::NoSnapshot { instrument_id, words }),
            IN_PLACE => Ok(Answer::InPlace { order_counter: market_sequence }),
            ENDED => Ok(Answer::Ended { reason: Refusal::from_code(packet.code), words }),
            _ => Err(AttachError::Malformed("an engine answered what there is not")),
        }
    }
}

/// As much of the words as a packet carries, cut between two characters, without zeros.
fn cut(words: &str) -> Text<WORDS_BYTES> {
    let words = words.replace('\0', " ");
    Text::new(&words[..words.floor_char_boundary(WORDS_BYTES)]).unwrap_or_default()
}

#[cfg(test)]
mod tests;
