//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.
//!
//! They decide what the venue's messages mean; [`super::wire`] is only faster on the layout that the venue sends. They
//! also serve what comes seldom: snapshots, and frames of symbols whose scales are not known yet.

use fulmar_bus::record::UnixNanos;
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::decimal::digits_behind_point;
use simd_json::tape::Tape;

use super::config::{Product, TradeStream};
use super::limits::{ANSWER_BYTES_MAX, LEVELS_MAX, MESSAGE_BYTES_MAX};
use super::symbols::Symbols;
use super::wire::{BookTicker, DepthUpdate, Message, TradeMessage, standing};
use crate::decode::json::{self, Fields, positive};
use crate::decode::{Scales, level};
use crate::sync::Span;

/// A frame that is valid JSON and whose kind and symbol are known: its numbers can be read at any scale.
pub struct Reading<'tape, 'text> {
    fields: Fields<'tape, 'text>,
    kind: Kind,
    product: Product,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `depthUpdate` of this symbol.
    Depth(usize),
    /// A trade of this symbol.
    Trade(usize, TradeStream),
    /// `bookTicker` of this symbol.
    Ticker(usize),
    /// An answer with a whole book of this symbol.
    Snapshot(usize),
    /// `serverShutdown`.
    ServerShutdown,
    /// An error answer to a subscription.
    Refused,
    /// Nothing that is used here.
    Unused,
}

/// Parses a message; the bytes are scribbled on.
///
/// # Errors
/// As [`json::parse`].
pub fn parse(message: &mut [u8]) -> Result<Tape<'_>, DecodeError> {
    json::parse(message, MESSAGE_BYTES_MAX)
}

/// Parses the body of an answer; the bytes are scribbled on.
///
/// # Errors
/// As [`json::parse`].
pub fn parse_answer(body: &mut [u8]) -> Result<Tape<'_>, DecodeError> {
    json::parse(body, ANSWER_BYTES_MAX)
}

impl<'tape, 'text> Reading<'tape, 'text> {
    /// Finds out what a message is.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] where it is no object, [`DecodeError::MissingField`] where a message of a kind that
    /// is used names no symbol.
    pub fn message(
        product: Product,
        tape: &'tape Tape<'text>,
        symbols: &Symbols,
    ) -> Result<Self, DecodeError> {
        let (fields, event) = event_in(tape)?;
        let kind = match event {
            Event::Of(symbol, kind) => symbols.find(symbol.as_bytes()).map_or(Kind::Unused, kind),
            Event::Other(kind) => kind,
        };
        Ok(Reading { fields, kind, product })
    }

    /// Takes an answer as the snapshot of `symbol`.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] where it is no object.
    pub fn snapshot(product: Product, tape: &'tape Tape<'text>, symbol: usize) -> Result<Self, DecodeError> {
        Ok(Reading { fields: Fields::of(tape.as_value())?, kind: Kind::Snapshot(symbol), product })
    }

    /// What the frame is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Digits behind the point of the longest price and quantity in it, as they are sent.
    pub fn digits(&self) -> Scales {
        let mut digits = Scales { price: 0, quantity: 0 };
        let (bids, asks) = self.side_keys();
        for key in [bids, asks] {
            // What is no list of pairs has no digits; decoding says what is wrong with it.
            let _ = self.fields.each_pair(key, |price, quantity| {
                digits = digits.widest(digits_of(price, quantity));
                Ok(())
            });
        }
        for (price, quantity) in [("p", "q"), ("b", "B"), ("a", "A")] {
            if let (Ok(price), Ok(quantity)) = (self.fields.text(price), self.fields.text(quantity)) {
                digits = digits.widest(digits_of(price, quantity));
            }
        }
        digits
    }

    /// Reads the numbers at `scales`; levels go into `depth`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn decode(&self, scales: Scales, depth: &mut DepthUpdate) -> Result<Message, DecodeError> {
        match self.kind {
            Kind::Depth(symbol) => {
                depth.span = self.span()?;
                depth.venue_at = self.depth_venue_at()?;
                self.sides(scales, depth)?;
                Ok(Message::Depth(symbol))
            }
            Kind::Snapshot(symbol) => {
                depth.span = Span { first: 0, last: self.fields.unsigned("lastUpdateId")?, previous: 0 };
                depth.venue_at = match self.fields.find("T") {
                    Some(_) => UnixNanos::from_millis(self.fields.unsigned("T")?),
                    None => UnixNanos(0),
                };
                self.sides(scales, depth)?;
                Ok(Message::Depth(symbol))
            }
            Kind::Trade(symbol, stream) => self.trade(symbol, stream, scales),
            Kind::Ticker(symbol) => self.ticker(symbol, scales),
            Kind::ServerShutdown => Ok(Message::ServerShutdown),
            Kind::Refused => Ok(Message::Refused),
            Kind::Unused => Ok(Message::Unused),
        }
    }

    fn span(&self) -> Result<Span, DecodeError> {
        let previous = match self.product {
            Product::Spot => 0,
            Product::UsdMargined => self.fields.unsigned("pu")?,
        };
        Ok(Span { first: self.fields.unsigned("U")?, last: self.fields.unsigned("u")?, previous })
    }

    fn depth_venue_at(&self) -> Result<UnixNanos, DecodeError> {
        let key = match self.product {
            Product::Spot => "E",
            Product::UsdMargined => "T",
        };
        self.fields.unsigned(key).map(UnixNanos::from_millis)
    }

    fn side_keys(&self) -> (&'static str, &'static str) {
        if matches!(self.kind, Kind::Snapshot(_)) { ("bids", "asks") } else { ("b", "a") }
    }

    fn sides(&self, scales: Scales, depth: &mut DepthUpdate) -> Result<(), DecodeError> {
        let (bids, asks) = self.side_keys();
        self.fields.levels(bids, scales, LEVELS_MAX, &mut depth.bids)?;
        self.fields.levels(asks, scales, LEVELS_MAX, &mut depth.asks)
    }

    fn trade(&self, symbol: usize, stream: TradeStream, scales: Scales) -> Result<Message, DecodeError> {
        if self.product == Product::UsdMargined && stream == TradeStream::Trade {
            match self.fields.text("X")? {
                "MARKET" => {}
                // Not made in the book: the venue's fund or deleveraging took the other side.
                "INSURANCE_FUND" | "ADL" | "NA" => return Ok(Message::Unused),
                _ => return Err(DecodeError::UnknownValue),
            }
        }
        let trade_id = self.fields.unsigned(match stream {
            TradeStream::Trade => "t",
            TradeStream::Aggregate => "a",
        })?;
        let price = positive(self.fields.decimal("p", scales.price)?)?;
        let quantity = positive(self.fields.decimal("q", scales.quantity)?)?;
        let trade = TradeMessage {
            stream,
            trade_id,
            traded: level(price, quantity),
            venue_at: UnixNanos::from_millis(self.fields.unsigned("T")?),
            buyer_is_maker: self.fields.flag("m")?,
        };
        Ok(Message::Trade(symbol, trade))
    }

    fn ticker(&self, symbol: usize, scales: Scales) -> Result<Message, DecodeError> {
        let side = |price: &str, quantity: &str| {
            let price = self.fields.decimal(price, scales.price)?;
            let quantity = self.fields.decimal(quantity, scales.quantity)?;
            standing(price, quantity).ok_or(DecodeError::OutOfRange)
        };
        let venue_at = match self.product {
            Product::Spot => UnixNanos(0),
            Product::UsdMargined => UnixNanos::from_millis(self.fields.unsigned("T")?),
        };
        let (bid, ask) = (side("b", "B")?, side("a", "A")?);
        Ok(Message::Ticker(symbol, BookTicker { update_id: self.fields.unsigned("u")?, bid, ask, venue_at }))
    }
}

impl Kind {
    /// The symbol that it concerns.
    pub const fn symbol(self) -> Option<usize> {
        match self {
            Kind::Depth(symbol) | Kind::Trade(symbol, _) | Kind::Ticker(symbol) | Kind::Snapshot(symbol) => {
                Some(symbol)
            }
            Kind::ServerShutdown | Kind::Refused | Kind::Unused => None,
        }
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    match event_in(tape).ok()?.1 {
        Event::Of(symbol, _) => Some(symbol),
        Event::Other(_) => None,
    }
}

/// What a message is, before its symbol is looked for among a session's.
enum Event<'text> {
    /// Market data of this symbol, and which.
    Of(&'text str, fn(usize) -> Kind),
    /// Of no symbol.
    Other(Kind),
}

/// The fields of the event in a message, with or without the envelope of a combined stream, and what it is. Spot's
/// `bookTicker` alone names no kind: it is known by its fields.
fn event_in<'tape, 'text>(
    tape: &'tape Tape<'text>,
) -> Result<(Fields<'tape, 'text>, Event<'text>), DecodeError> {
    let whole = Fields::of(tape.as_value())?;
    let fields = match whole.find("data") {
        Some(data) if whole.find("stream").is_some() => match Fields::of(data) {
            Ok(data) => data,
            Err(_) => return Ok((whole, Event::Other(Kind::Unused))),
        },
        _ => whole,
    };
    let event = match fields.find("e") {
        Some(_) => fields.text("e")?,
        None if fields.find("u").is_some() && fields.find("B").is_some() => "bookTicker",
        None if fields.find("error").is_some() => return Ok((fields, Event::Other(Kind::Refused))),
        None => return Ok((fields, Event::Other(Kind::Unused))),
    };
    let of_symbol: fn(usize) -> Kind = match event {
        "depthUpdate" => Kind::Depth,
        "trade" => |symbol| Kind::Trade(symbol, TradeStream::Trade),
        "aggTrade" => |symbol| Kind::Trade(symbol, TradeStream::Aggregate),
        "bookTicker" => Kind::Ticker,
        "serverShutdown" => return Ok((fields, Event::Other(Kind::ServerShutdown))),
        _ => return Ok((fields, Event::Other(Kind::Unused))),
    };
    let symbol = fields.text("s")?;
    Ok((fields, Event::Of(symbol, of_symbol)))
}

fn digits_of(price: &str, quantity: &str) -> Scales {
    Scales {
        price: digits_behind_point(price.as_bytes()),
        quantity: digits_behind_point(quantity.as_bytes()),
    }
}
