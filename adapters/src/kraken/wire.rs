//! The fast decoders of the messages that come all day: books, best prices, trades.
//!
//! Exactly the venue's own layout is taken; on anything else the answer is `None`, which is no error: `reference` then
//! reads the frame, and alone says what is wrong with it.

use fulmar_bus::record::{Side, UnixNanos};

use super::limits::LEVELS_MAX;
use crate::decode::cursor::Cursor;
use crate::session::{Decoded, Symbols, TradeStream, standing, traded};
use crate::sync::Span;

/// Decodes a frame in the venue's own layout; `None` where it is not that, or its symbol's scales are not known yet.
#[inline]
pub fn decode(frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    cursor.literal(b"{\"channel\":\"")?;
    if cursor.takes(b"book\",\"type\":\"") {
        book(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"ticker\",\"type\":\"") {
        best_prices(&mut cursor, symbols, out)?;
    } else {
        cursor.literal(b"trade\",\"type\":\"update\",\"data\":[")?;
        trades(&mut cursor, symbols, out)?;
    }
    cursor.end()
}

/// After `"type":"`: `update","data":[{"symbol":"..","bids":[..],"asks":[..],"checksum":..,"timestamp":".."}]}`.
fn book(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let is_snapshot = kind(cursor)?;
    let (symbol, scales) = symbols.take(cursor)?;
    let begin = out.mark();
    cursor.literal(b"\",\"bids\":")?;
    cursor.level_objects(scales, LEVELS_MAX, &mut out.bids)?;
    cursor.literal(b",\"asks\":")?;
    cursor.level_objects(scales, LEVELS_MAX, &mut out.asks)?;
    cursor.literal(b",\"checksum\":")?;
    let checksum = u32::try_from(cursor.unsigned()?).ok()?;
    cursor.literal(b",\"timestamp\":\"")?;
    let venue_at = cursor.time()?;
    cursor.literal(b"\"}]}")?;
    out.push_book((symbol, is_snapshot), span(Some(checksum), venue_at), venue_at, begin);
    Some(())
}

/// After `"type":"`: `update","data":[{"symbol":"..","bid":..,"bid_qty":..,"ask":..,"ask_qty":..,"last":..,..,
/// "timestamp":".."}]}`.
fn best_prices(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    kind(cursor)?;
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"bid\":")?;
    let bid_price = cursor.decimal(scales.price)?;
    cursor.literal(b",\"bid_qty\":")?;
    let bid_quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b",\"ask\":")?;
    let ask_price = cursor.decimal(scales.price)?;
    cursor.literal(b",\"ask_qty\":")?;
    let ask_quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b",\"last\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"volume\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"vwap\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"low\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"high\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"change\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"change_pct\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"trades\":")?;
    cursor.any_number()?;
    cursor.literal(b",\"timestamp\":\"")?;
    let venue_at = cursor.time()?;
    cursor.literal(b"\"}]}")?;
    let (bid, ask) = (standing(bid_price, bid_quantity)?, standing(ask_price, ask_quantity)?);
    out.push_top(symbol, [bid, ask], (number(venue_at), venue_at));
    Some(())
}

/// After `"data":[`: `{"symbol":"..","side":"buy","price":..,"qty":..,"ord_type":"..","trade_id":..,
/// "timestamp":".."},..]}`, in the order that they happened.
fn trades(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    loop {
        cursor.literal(b"{\"symbol\":\"")?;
        let (symbol, scales) = symbols.take(cursor)?;
        cursor.literal(b"\",\"side\":\"")?;
        let aggressor = if cursor.either(b"buy", b"sell")? { Side::Buy } else { Side::Sell };
        cursor.literal(b"\",\"price\":")?;
        let price = cursor.decimal(scales.price)?;
        cursor.literal(b",\"qty\":")?;
        let quantity = cursor.decimal(scales.quantity)?;
        cursor.literal(b",\"ord_type\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"trade_id\":")?;
        let trade_id = cursor.unsigned()?;
        cursor.literal(b",\"timestamp\":\"")?;
        let venue_at = cursor.time()?;
        let traded = traded(price, quantity)?;
        out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (trade_id, venue_at));
        if !cursor.takes(b"\"},") {
            return cursor.literal(b"\"}]}");
        }
    }
}

/// A message of a book has no number of its own: the moment of it, in microseconds, stands for one.
#[inline]
pub(super) fn span(checksum: Option<u32>, venue_at: UnixNanos) -> Span {
    Span { checksum, ..Span::numbered(number(venue_at)) }
}

/// Best prices are numbered as books, by their moment.
#[inline]
pub(super) const fn number(venue_at: UnixNanos) -> u64 {
    venue_at.0 / 1_000
}

/// `update` or `snapshot`, up to the symbol of the first object of the data.
#[inline]
fn kind(cursor: &mut Cursor<'_>) -> Option<bool> {
    let is_snapshot = !cursor.either(b"update", b"snapshot")?;
    cursor.literal(b"\",\"data\":[{\"symbol\":\"")?;
    Some(is_snapshot)
}
