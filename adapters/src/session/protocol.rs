//! What a venue has to say so that the session of all venues speaks to it.
//!
//! A venue is a value with this trait: it holds its configuration, and nothing that a frame could change. So
//! decoding is a function of a frame and the symbols, the two decoders can be held against each other, and everything
//! that remembers (books, connections, definitions, budgets) stands once, in [`super::MarketData`].

use fulmar_bus::record::{ContractKind, Nanos, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::decoded::Decoded;
use super::limits::{REFUSED_WAIT, SHUT_OUT_WAIT, VenueLimits};
use super::line::Line;
use super::reader::Reader;
use super::symbols::{InstrumentConfig, Symbols};
use crate::sync::{Proof, SyncRule};

/// A venue's market data: its words, not its state.
pub trait Protocol: Send {
    /// Whether its prices are JSON numbers. They are then read as the texts that they are, exponents allowed: a number
    /// that went through a float has lost the zeros that a checksum needs. Every number of a message or an answer is a
    /// text then, so that a count is [`Fields::whole`](crate::decode::json::Fields::whole), never `unsigned`.
    fn has_bare_numbers(&self) -> bool {
        false
    }

    /// Its name, such as `binance-spot`.
    fn venue(&self) -> &'static str;

    /// Scheme and host of its REST interface: where the paths below are asked for.
    fn rest_url(&self) -> &str;

    /// What it promises of the updates of a book.
    fn rule(&self) -> SyncRule;

    /// The checksum that it sends of its books, and the depth that it means by a book, if any.
    fn proof(&self) -> Option<Proof> {
        None
    }

    /// What a session keeps to.
    fn limits(&self) -> VenueLimits;

    /// True where the venue counts messages by address, so that its interval between two holds for all connections
    /// together.
    fn counts_messages_by_address(&self) -> bool {
        false
    }

    /// The connections that these instruments need, in the order of their index: one at least.
    fn lines(&self, instruments: &[InstrumentConfig]) -> Vec<Line>;

    /// What an instrument is whose definition is not known.
    fn contract(&self, symbol: &str) -> ContractKind;

    /// Base and quote currency of an instrument, where its symbol says them as its definition will.
    fn currencies<'text>(&self, _symbol: &'text str) -> Option<(&'text str, &'text str)> {
        None
    }

    /// The fast decoder: takes the layouts that the venue sends all day, and says `None` to everything else, which is
    /// no error. Whatever it accepts, [`Protocol::read`] reads the same.
    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()>;

    /// The reference decoder: any valid JSON, fields by key.
    ///
    /// # Errors
    /// The first thing that is wrong with the frame. What it was about is known as far as the reader was told.
    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError>;

    /// Whether a message is the answer to a ping where that is no JSON: it says nothing, and no decoder sees it.
    fn is_pong(&self, _message: &[u8]) -> bool {
        false
    }

    /// The symbol that a message has market data of, whether a session follows it or not: what a recording holds that
    /// does not say so.
    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str>;

    /// Path and weight of the HTTP request that asks for the whole book of `symbol`. None where the stream of a book
    /// begins with it: there [`Protocol::book_anew`] asks for it.
    fn snapshot_path(&self, _symbol: &str) -> Option<(String, u64)> {
        None
    }

    /// The messages that have the stream of a book begin anew, on the connection that carries it: that it ends, and
    /// that it begins.
    fn book_anew(&self, symbol: &str) -> [String; 2];

    /// The messages that subscribe to what else there is of `symbol` on the connection of its book. They are sent where
    /// none of it came, since the venue refused a message that named others too, or did not know the instrument then.
    /// Empty where the venue takes any name and begins once it knows it.
    fn others_anew(&self, _symbol: &str) -> Vec<String> {
        Vec::new()
    }

    /// Tells the paths of the HTTP requests that ask what these instruments are, in groups as it likes. None where the
    /// venue says it in the stream, unasked.
    fn definition_paths(&self, symbols: &[&str], tell: &mut dyn FnMut(&str));

    /// How often definitions are asked for again once all came, where nothing else says that an instrument is halted or
    /// what its funding is. None where the stream does.
    fn definitions_interval(&self) -> Option<Nanos> {
        None
    }

    /// What an HTTP answer to a request of this path is.
    fn answer<'path>(&self, path: &'path str) -> Answer<'path>;

    /// True where an answer to this path would have named the instrument, if the venue had it.
    fn is_asked_about(&self, path: &str, symbol: &str) -> bool;

    /// Reads an answer with definitions: those of instruments of `symbols`, or what is wrong with one, go into
    /// `out.definitions`, whether each is traded now into `out.statuses`, and what it says of funding and of computed
    /// prices into `out.messages`. Revisions are zero: the session counts them.
    ///
    /// # Errors
    /// Where the answer is no list of instruments.
    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError>;

    /// Reads an answer with the book of the instrument at `symbol`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    fn read_snapshot(
        &self,
        _tape: &Tape<'_>,
        _symbol: usize,
        _reader: &mut Reader<'_>,
    ) -> Result<(), DecodeError> {
        Err(DecodeError::UnknownValue)
    }

    /// The venue's words where an answer refuses a request since it does not know a symbol in it.
    fn unknown_symbol<'body>(&self, _status: u16, _body: &'body mut [u8]) -> Option<&'body str> {
        None
    }

    /// Until when the venue wants no HTTP request, where an answer says so, of whatever status.
    fn hold_until(&self, now: UnixNanos, status: u16, _body: &[u8]) -> Option<UnixNanos> {
        hold_by_status(now, status)
    }
}

/// Until when to make no HTTP request, by the status of an answer alone: 429 says that one was too much, 403 and 418
/// that the address is shut out.
pub fn hold_by_status(now: UnixNanos, status: u16) -> Option<UnixNanos> {
    match status {
        429 => Some(now + REFUSED_WAIT),
        403 | 418 => Some(now + SHUT_OUT_WAIT),
        _ => None,
    }
}

/// The values that the query of a path gives `key`.
///
/// ```
/// use fulmar_adapters::session::asked_for;
/// assert!(asked_for("/depth?symbol=BTCUSDT&limit=5", "symbol").eq(["BTCUSDT"]));
/// ```
pub fn asked_for<'path>(path: &'path str, key: &str) -> impl Iterator<Item = &'path str> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(move |field| field.strip_prefix(key)?.strip_prefix('='))
}

/// What an HTTP answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'path> {
    /// The whole book of this symbol.
    Snapshot(&'path str),
    /// What instruments are.
    Definitions,
    /// Nothing that was asked for here.
    Other,
}
