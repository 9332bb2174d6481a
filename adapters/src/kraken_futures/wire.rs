//! The fast decoders of the messages that come all day: levels, whole books, trades.
//!
//! Exactly the venue's own layouts are taken, numbers without exponents; on anything else the answer is `None`, which
//! is no error: `reference` then reads the frame, and alone says what is wrong with it.

use fulmar_bus::record::{Level, Side, UnixNanos};

use super::limits::LEVELS_MAX;
use crate::decode::cursor::Cursor;
use crate::decode::identity::trade_id;
use crate::decode::{Scales, level};
use crate::session::{Decoded, Symbols, TradeStream, traded};
use crate::sync::Span;

/// Decodes a frame in one of the venue's own layouts; `None` where it is none, or its symbol's scales are not known.
#[inline]
pub fn decode(frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    if cursor.takes(b"{\"feed\":\"book\",\"product_id\":\"") {
        change(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"{\"product_id\":\"") {
        trade(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"{\"feed\":\"trade\",\"product_id\":\"") {
        old_trade(&mut cursor, symbols, out)?;
    } else {
        cursor.literal(b"{\"feed\":\"book_snapshot\",\"product_id\":\"")?;
        snapshot(&mut cursor, symbols, out)?;
    }
    cursor.end()
}

/// After `"product_id":"`: `..","side":"sell","seq":..,"price":..,"qty":..,"timestamp":..}`.
#[inline]
fn change(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"side\":\"")?;
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
    let (symbol, scales) = symbols.take(cursor)?;
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

/// After `"product_id":"`: `..","feed":"trade","uid":..,"side":..,"type":..,"time":..,"qty":..,"price":..,"seq":..}`.
fn trade(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"feed\":\"trade\"")?;
    let (id, side) = identity(cursor)?;
    let (venue_at, traded) = price_and_quantity(cursor, scales)?;
    cursor.literal(b",\"seq\":")?;
    cursor.unsigned()?;
    cursor.literal(b"}")?;
    out.push_trade((symbol, TradeStream::Trade), traded, side, (id, venue_at));
    Some(())
}

/// As [`trade`], in the order of 2021: `..","uid":..,"side":..,"type":..,"seq":..,"time":..,"qty":..,"price":..}`.
fn old_trade(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\"")?;
    let (id, side) = identity(cursor)?;
    cursor.literal(b",\"seq\":")?;
    cursor.unsigned()?;
    let (venue_at, traded) = price_and_quantity(cursor, scales)?;
    cursor.literal(b"}")?;
    out.push_trade((symbol, TradeStream::Trade), traded, side, (id, venue_at));
    Some(())
}

/// `,"uid":"..","side":"..","type":".."`. What was not made in the book is left to the reference.
#[inline]
fn identity(cursor: &mut Cursor<'_>) -> Option<(u64, Side)> {
    cursor.literal(b",\"uid\":\"")?;
    let id = trade_id(cursor.name())?;
    cursor.literal(b"\",\"side\":\"")?;
    let side = side(cursor)?;
    cursor.literal(b"\",\"type\":\"")?;
    cursor.either(b"fill\"", b"liquidation\"")?;
    Some((id, side))
}

/// `,"time":..,"qty":..,"price":..`.
#[inline]
fn price_and_quantity(cursor: &mut Cursor<'_>, scales: Scales) -> Option<(UnixNanos, Level)> {
    cursor.literal(b",\"time\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"qty\":")?;
    let quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b",\"price\":")?;
    let price = cursor.decimal(scales.price)?;
    Some((venue_at, traded(price, quantity)?))
}

#[inline]
fn side(cursor: &mut Cursor<'_>) -> Option<Side> {
    cursor.either(b"buy", b"sell").map(|is_buy| if is_buy { Side::Buy } else { Side::Sell })
}
