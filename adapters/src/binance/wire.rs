//! The venue's messages, and the fast decoders of the four that come all day.
//!
//! A fast decoder takes exactly the layout that the venue sends: these keys in this order, no white space, numbers in
//! plain digits. On anything else it says `None`, which is no error: the reference decoder in [`super::slow`] then
//! reads the frame, and alone says what is wrong with it. Whatever this module accepts, the reference reads the same.

use fulmar_bus::record::{Level, UnixNanos};

use super::config::{Product, TradeStream};
use super::limits::LEVELS_MAX;
use super::symbols::Symbols;
use crate::decode::cursor::Cursor;
use crate::decode::{Scales, level};
use crate::sync::Span;

/// What one frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Levels of the book changed; they stand in the [`DepthUpdate`] that was decoded into.
    Depth(usize),
    /// A trade of the symbol.
    Trade(usize, TradeMessage),
    /// The symbol's best prices.
    Ticker(usize, BookTicker),
    /// The venue is about to close the connection.
    ServerShutdown,
    /// The venue refused a request.
    Refused,
    /// Nothing that is used here: another channel, another symbol, an acknowledgement.
    Unused,
}

/// Levels that changed, or a whole snapshot. Reused for every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthUpdate {
    /// The venue's numbers of it; of a snapshot, `last` alone.
    pub span: Span,
    /// When it happened: `T` where it is sent, else `E`; zero in a spot snapshot.
    pub venue_at: UnixNanos,
    /// Bids, in the venue's order.
    pub bids: Vec<Level>,
    /// Asks, in the venue's order.
    pub asks: Vec<Level>,
}

/// A trade, single or aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeMessage {
    /// Which stream it came on.
    pub stream: TradeStream,
    /// `t` or `a`.
    pub trade_id: u64,
    /// Price and quantity, both above zero.
    pub traded: Level,
    /// `T`.
    pub venue_at: UnixNanos,
    /// `m`: the buyer stood in the book, so the seller crossed the spread.
    pub buyer_is_maker: bool,
}

/// Best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookTicker {
    /// `u`.
    pub update_id: u64,
    /// Best bid; both numbers zero where there is none.
    pub bid: Level,
    /// Best ask; both numbers zero where there is none.
    pub ask: Level,
    /// `T`; zero on spot, which does not say.
    pub venue_at: UnixNanos,
}

impl DepthUpdate {
    /// An empty one, with room for the longest message.
    pub fn new() -> Self {
        DepthUpdate {
            span: Span::default(),
            venue_at: UnixNanos(0),
            bids: Vec::with_capacity(LEVELS_MAX),
            asks: Vec::with_capacity(LEVELS_MAX),
        }
    }
}

impl Default for DepthUpdate {
    fn default() -> Self {
        Self::new()
    }
}

/// Decodes a frame in the venue's own layout; `None` where it is not that, or its symbol's scales are not known yet.
#[inline]
pub fn decode(product: Product, frame: &[u8], symbols: &Symbols, depth: &mut DepthUpdate) -> Option<Message> {
    let mut cursor = Cursor::new(frame);
    let is_combined = cursor.takes(b"{\"stream\":\"");
    if is_combined {
        cursor.name();
        cursor.literal(b"\",\"data\":")?;
    }
    let message = event(product, &mut cursor, symbols, depth)?;
    if is_combined {
        cursor.literal(b"}")?;
    }
    cursor.end()?;
    Some(message)
}

#[inline]
fn event(
    product: Product,
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    depth: &mut DepthUpdate,
) -> Option<Message> {
    cursor.literal(b"{\"")?;
    if product == Product::Spot && cursor.takes(b"u\":") {
        return book_ticker(product, cursor, symbols);
    }
    cursor.literal(b"e\":\"")?;
    if cursor.takes(b"depthUpdate\",\"E\":") {
        depth_update(product, cursor, symbols, depth)
    } else if cursor.takes(b"trade\",\"E\":") {
        match product {
            Product::Spot => spot_trade(cursor, symbols),
            Product::UsdMargined => futures_trade(cursor, symbols),
        }
    } else if product == Product::UsdMargined && cursor.takes(b"bookTicker\",\"u\":") {
        book_ticker(product, cursor, symbols)
    } else {
        cursor.literal(b"aggTrade\",\"E\":")?;
        aggregate_trade(product, cursor, symbols)
    }
}

fn depth_update(
    product: Product,
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    depth: &mut DepthUpdate,
) -> Option<Message> {
    let mut venue_at_ms = cursor.unsigned()?;
    if product == Product::UsdMargined {
        cursor.literal(b",\"T\":")?;
        venue_at_ms = cursor.unsigned()?;
    }
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"U\":")?;
    let first = cursor.unsigned()?;
    cursor.literal(b",\"u\":")?;
    let last = cursor.unsigned()?;
    let mut previous = 0;
    if product == Product::UsdMargined {
        cursor.literal(b",\"pu\":")?;
        previous = cursor.unsigned()?;
    }
    cursor.literal(b",\"b\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut depth.bids)?;
    cursor.literal(b",\"a\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut depth.asks)?;
    cursor.literal(b"}")?;
    depth.span = Span { first, last, previous };
    depth.venue_at = UnixNanos::from_millis(venue_at_ms);
    Some(Message::Depth(symbol))
}

/// After `E`: `,"s":..,"t":..,"p":..,"q":..,"T":..,"m":..,"M":..}`.
fn spot_trade(cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<Message> {
    cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"t\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b",\"p\":\"")?;
    let traded = traded(cursor, scales)?;
    cursor.literal(b"\",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"m\":")?;
    let buyer_is_maker = cursor.flag()?;
    cursor.literal(b",\"M\":")?;
    cursor.flag()?;
    cursor.literal(b"}")?;
    let stream = TradeStream::Trade;
    Some(Message::Trade(symbol, TradeMessage { stream, trade_id, traded, venue_at, buyer_is_maker }))
}

/// After `E`: `,"T":..,"s":..,"t":..,"p":..,"q":..,"X":"MARKET","m":..}`.
fn futures_trade(cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<Message> {
    cursor.unsigned()?;
    cursor.literal(b",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"t\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b",\"p\":\"")?;
    let traded = traded(cursor, scales)?;
    cursor.literal(b"\",\"X\":\"MARKET\",\"m\":")?;
    let buyer_is_maker = cursor.flag()?;
    cursor.literal(b"}")?;
    let stream = TradeStream::Trade;
    Some(Message::Trade(symbol, TradeMessage { stream, trade_id, traded, venue_at, buyer_is_maker }))
}

/// After `E`, on spot: `,"s":..,"a":..,"p":..,"q":..,"f":..,"l":..,"T":..,"m":..,"M":..}`; futures have `a` before
/// `s`, and no `M`.
fn aggregate_trade(product: Product, cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<Message> {
    cursor.unsigned()?;
    let trade_id;
    let (symbol, scales);
    match product {
        Product::Spot => {
            cursor.literal(b",\"s\":\"")?;
            (symbol, scales) = self::symbol(cursor, symbols)?;
            cursor.literal(b"\",\"a\":")?;
            trade_id = cursor.unsigned()?;
            cursor.literal(b",\"p\":\"")?;
        }
        Product::UsdMargined => {
            cursor.literal(b",\"a\":")?;
            trade_id = cursor.unsigned()?;
            cursor.literal(b",\"s\":\"")?;
            (symbol, scales) = self::symbol(cursor, symbols)?;
            cursor.literal(b"\",\"p\":\"")?;
        }
    }
    let traded = traded(cursor, scales)?;
    cursor.literal(b"\",\"f\":")?;
    cursor.unsigned()?;
    cursor.literal(b",\"l\":")?;
    cursor.unsigned()?;
    cursor.literal(b",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"m\":")?;
    let buyer_is_maker = cursor.flag()?;
    if product == Product::Spot {
        cursor.literal(b",\"M\":")?;
        cursor.flag()?;
    }
    cursor.literal(b"}")?;
    let stream = TradeStream::Aggregate;
    Some(Message::Trade(symbol, TradeMessage { stream, trade_id, traded, venue_at, buyer_is_maker }))
}

/// After `"u":`, on spot: `..,"s":..,"b":..,"B":..,"a":..,"A":..}`; futures add `,"T":..,"E":..`.
fn book_ticker(product: Product, cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<Message> {
    let update_id = cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"b\":\"")?;
    let bid_price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"B\":\"")?;
    let bid_quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b"\",\"a\":\"")?;
    let ask_price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"A\":\"")?;
    let ask_quantity = cursor.decimal(scales.quantity)?;
    let mut venue_at = UnixNanos(0);
    if product == Product::UsdMargined {
        cursor.literal(b"\",\"T\":")?;
        venue_at = UnixNanos::from_millis(cursor.unsigned()?);
        cursor.literal(b",\"E\":")?;
        cursor.unsigned()?;
        cursor.literal(b"}")?;
    } else {
        cursor.literal(b"\"}")?;
    }
    let bid = standing(bid_price, bid_quantity)?;
    let ask = standing(ask_price, ask_quantity)?;
    Some(Message::Ticker(symbol, BookTicker { update_id, bid, ask, venue_at }))
}

/// The symbol, up to its closing quote.
#[inline]
fn symbol(cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<(usize, Scales)> {
    let symbol = symbols.find(cursor.name())?;
    Some((symbol, symbols.scales(symbol)?))
}

/// `..","q":".."`, from the price's first digit to the quantity's last.
#[inline]
fn traded(cursor: &mut Cursor<'_>, scales: Scales) -> Option<Level> {
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"q\":\"")?;
    let quantity = cursor.decimal(scales.quantity)?;
    (price > 0 && quantity > 0).then_some(level(price, quantity))
}

/// The best level of a side: a price and a quantity, or neither.
#[inline]
pub(super) fn standing(price: i64, quantity: i64) -> Option<Level> {
    ((price > 0) == (quantity > 0)).then_some(level(price, quantity))
}
