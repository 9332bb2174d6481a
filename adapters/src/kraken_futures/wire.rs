//! The fast decoders of the messages that come all day: levels of books, and trades.
//!
//! Exactly the venue's own layouts are taken; on anything else the answer is `None`, which is no error: `reference`
//! then reads the frame, and alone says what is wrong with it.

use fulmar_bus::record::{Level, Side, Trade, UnixNanos};

use super::limits::LEVELS_MAX;
use crate::decode::cursor::Cursor;
use crate::decode::{Scales, level};
use crate::session::{Decoded, Message, Symbols, TradeStream};
use crate::sync::Span;

/// Decodes a frame in the venue's own layout; `None` where it is not that, or its symbol's scales are not known yet.
#[inline]
pub fn decode(frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    if cursor.takes(b"{\"feed\":\"book\",\"product_id\":\"") {
        book(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"{\"feed\":\"book_snapshot\",\"product_id\":\"") {
        snapshot(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"{\"product_id\":\"") {
        trade(&mut cursor, symbols, out)?;
    } else {
        cursor.literal(b"{\"feed\":\"trade\",\"product_id\":\"")?;
        trade_of_before(&mut cursor, symbols, out)?;
    }
    cursor.end()
}

/// After `"product_id":"`: `..","side":"sell","seq":..,"price":..,"qty":..,"timestamp":..}`.
fn book(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbol(cursor, symbols)?;
    let side = side(cursor)?;
    cursor.literal(b"\",\"seq\":")?;
    let number = cursor.unsigned()?;
    cursor.literal(b",\"price\":")?;
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b",\"qty\":")?;
    let quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b",\"timestamp\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b"}")?;
    if price == 0 {
        return None;
    }
    let begin = out.mark();
    let levels = if side == Side::Buy { &mut out.bids } else { &mut out.asks };
    levels.push(level(price, quantity));
    out.push_book((symbol, false), Span::numbered(number), venue_at, begin);
    Some(())
}

/// After `"product_id":"`: `..","timestamp":..,"seq":..,"tickSize":null,"bids":[..],"asks":[..]}`.
fn snapshot(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"timestamp\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"seq\":")?;
    let number = cursor.unsigned()?;
    let begin = out.mark();
    cursor.literal(b",\"tickSize\":null,\"bids\":")?;
    cursor.level_objects(scales, LEVELS_MAX, &mut out.bids)?;
    cursor.literal(b",\"asks\":")?;
    cursor.level_objects(scales, LEVELS_MAX, &mut out.asks)?;
    cursor.literal(b"}")?;
    out.push_book((symbol, true), Span::numbered(number), venue_at, begin);
    Some(())
}

/// After `"product_id":"`: `..","feed":"trade","uid":"..","side":"sell","type":"fill","time":..,"qty":..,"price":..,
/// "seq":..}`.
fn trade(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"feed\":\"trade\",\"uid\":\"")?;
    let aggressor = filled(cursor)?;
    cursor.literal(b",\"time\":")?;
    let at_ms = cursor.unsigned()?;
    let traded = traded(cursor, scales)?;
    cursor.literal(b",\"seq\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b"}")?;
    push_trade((symbol, aggressor), traded, (trade_id, at_ms), out);
    Some(())
}

/// The layout of older recordings. After `"product_id":"`: `..","uid":"..","side":"sell","type":"fill","seq":..,
/// "time":..,"qty":..,"price":..}`.
fn trade_of_before(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbol(cursor, symbols)?;
    cursor.literal(b"\",\"uid\":\"")?;
    let aggressor = filled(cursor)?;
    cursor.literal(b",\"seq\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b",\"time\":")?;
    let at_ms = cursor.unsigned()?;
    let traded = traded(cursor, scales)?;
    cursor.literal(b"}")?;
    push_trade((symbol, aggressor), traded, (trade_id, at_ms), out);
    Some(())
}

/// After `"uid":"`: `..","side":"sell","type":"fill"`, of a trade that was made in the book.
#[inline]
fn filled(cursor: &mut Cursor<'_>) -> Option<Side> {
    cursor.name();
    let aggressor = side(cursor)?;
    cursor.literal(b"\",\"type\":\"fill\"")?;
    Some(aggressor)
}

/// `","side":"sell`, without the closing quote.
#[inline]
fn side(cursor: &mut Cursor<'_>) -> Option<Side> {
    cursor.literal(b"\",\"side\":\"")?;
    if cursor.takes(b"buy") {
        return Some(Side::Buy);
    }
    cursor.literal(b"sell").map(|()| Side::Sell)
}

/// `,"qty":..,"price":..`.
#[inline]
fn traded(cursor: &mut Cursor<'_>, scales: Scales) -> Option<Level> {
    cursor.literal(b",\"qty\":")?;
    let quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b",\"price\":")?;
    let price = cursor.decimal(scales.price)?;
    (price > 0 && quantity > 0).then_some(level(price, quantity))
}

/// Adds a trade of who crossed the spread, of this number and time in milliseconds.
#[inline]
pub(super) fn push_trade(
    (symbol, aggressor): (usize, Side),
    traded: Level,
    (trade_id, at_ms): (u64, u64),
    out: &mut Decoded,
) {
    let venue_at = UnixNanos::from_millis(at_ms);
    let trade = Trade::new(traded.price, traded.quantity, aggressor, trade_id, venue_at);
    out.messages.push(Message::Trade { symbol, stream: TradeStream::Trade, trade });
}

/// The symbol, up to its closing quote.
#[inline]
fn symbol(cursor: &mut Cursor<'_>, symbols: &Symbols) -> Option<(usize, Scales)> {
    let symbol = symbols.find(cursor.name())?;
    Some((symbol, symbols.scales(symbol)?))
}
