//! The fast decoders of the messages that come all day: books, best prices, trades.
//!
//! Both categories send the same fields, in two orders. Exactly these are taken; on anything else the answer is `None`,
//! which is no error: `reference` then reads the frame, and alone says what is wrong with it.

use fulmar_bus::record::{Level, Side, UnixNanos};

use super::limits::LEVELS_MAX;
use crate::decode::cursor::Cursor;
use crate::decode::identity::trade_id;
use crate::decode::{Scales, level};
use crate::session::{Decoded, Symbols, TradeStream, standing, traded};
use crate::sync::Span;

/// Decodes a frame in one of the venue's own layouts.
#[inline]
pub fn decode(frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    cursor.literal(b"{\"topic\":\"")?;
    if cursor.takes(b"orderbook.") {
        book(&mut cursor, symbols, out)?;
    } else {
        cursor.literal(b"publicTrade.")?;
        trades(&mut cursor, symbols, out)?;
    }
    cursor.end()
}

/// What stands before the data: whether it is a snapshot, and when it was sent, in either order.
#[inline]
fn head(cursor: &mut Cursor<'_>) -> Option<(bool, u64)> {
    cursor.literal(b"\",\"")?;
    if cursor.takes(b"type\":\"") {
        let is_snapshot = kind(cursor)?;
        cursor.literal(b"\",\"ts\":")?;
        return Some((is_snapshot, cursor.unsigned()?));
    }
    cursor.literal(b"ts\":")?;
    let sent_at_ms = cursor.unsigned()?;
    cursor.literal(b",\"type\":\"")?;
    let is_snapshot = kind(cursor)?;
    cursor.literal(b"\"")?;
    Some((is_snapshot, sent_at_ms))
}

#[inline]
fn kind(cursor: &mut Cursor<'_>) -> Option<bool> {
    cursor.either(b"delta", b"snapshot").map(|is_delta| !is_delta)
}

/// After `orderbook.`: `200.BTCUSDT"`, the head, and `,"data":{"s":..,"b":[..],"a":[..],"u":..,"seq":..},"cts":..}`.
fn book(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let depth = cursor.unsigned()?;
    cursor.literal(b".")?;
    let (symbol, scales) = symbols.take(cursor)?;
    let (is_snapshot, _) = head(cursor)?;
    cursor.literal(b",\"data\":{\"s\":\"")?;
    if symbols.find(cursor.name()) != Some(symbol) {
        return None;
    }
    let begin = out.mark();
    cursor.literal(b"\",\"b\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut out.bids)?;
    cursor.literal(b",\"a\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut out.asks)?;
    cursor.literal(b",\"u\":")?;
    let update_id = cursor.unsigned()?;
    cursor.literal(b",\"seq\":")?;
    let sequence = cursor.unsigned()?;
    cursor.literal(b"},\"cts\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b"}")?;
    if depth == 1 {
        return top((symbol, is_snapshot), sequence, venue_at, out);
    }
    out.push_book((symbol, is_snapshot), Span::numbered(update_id), venue_at, begin);
    out.number_book(sequence);
    Some(())
}

/// The book of one level, which is always sent whole, as the venue's best prices. Its updates are counted apart from
/// those of the deeper book: what both have is the `sequence` of the matching engine.
pub(super) fn top(
    (symbol, is_snapshot): (usize, bool),
    sequence: u64,
    venue_at: UnixNanos,
    out: &mut Decoded,
) -> Option<()> {
    if !is_snapshot || out.bids.len() > 1 || out.asks.len() > 1 {
        return None;
    }
    let best = |levels: &[Level]| {
        levels.first().map_or(Some(level(0, 0)), |best| standing(best.price.0, best.quantity.0))
    };
    let best = [best(&out.bids)?, best(&out.asks)?];
    out.bids.clear();
    out.asks.clear();
    out.push_top(symbol, best, (sequence, venue_at));
    Some(())
}

/// After `publicTrade.`: the symbol, the head, and the list.
fn trades(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    head(cursor)?;
    cursor.literal(b",\"data\":[{\"")?;
    loop {
        if cursor.takes(b"T\":") {
            linear_trade(cursor, (symbol, scales), symbols, out)?;
        } else {
            cursor.literal(b"i\":\"")?;
            spot_trade(cursor, (symbol, scales), symbols, out)?;
        }
        if !cursor.takes(b"},{\"") {
            return cursor.literal(b"}]}");
        }
    }
}

/// After `"T":`: `..,"s":..,"S":..,"v":..,"p":..,"L":..,"i":..,"BT":..,"RPI":..,"seq":..`.
fn linear_trade(
    cursor: &mut Cursor<'_>,
    (symbol, scales): (usize, Scales),
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    let at_ms = cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    if symbols.find(cursor.name()) != Some(symbol) {
        return None;
    }
    cursor.literal(b"\",\"S\":\"")?;
    let side = side(cursor)?;
    cursor.literal(b"\",\"v\":\"")?;
    let quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b"\",\"p\":\"")?;
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"L\":\"")?;
    cursor.name();
    cursor.literal(b"\",\"i\":\"")?;
    let id = trade_id(cursor.name())?;
    flags(cursor)?;
    cursor.literal(b",\"seq\":")?;
    cursor.unsigned()?;
    let traded = traded(price, quantity)?;
    out.push_trade((symbol, TradeStream::Trade), traded, side, (id, UnixNanos::from_millis(at_ms)));
    Some(())
}

/// After `"i":"`: `..","T":..,"p":..,"v":..,"S":..,"seq":..,"s":..,"BT":..,"RPI":..`.
fn spot_trade(
    cursor: &mut Cursor<'_>,
    (symbol, scales): (usize, Scales),
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    let id = trade_id(cursor.name())?;
    cursor.literal(b"\",\"T\":")?;
    let at_ms = cursor.unsigned()?;
    cursor.literal(b",\"p\":\"")?;
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"v\":\"")?;
    let quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b"\",\"S\":\"")?;
    let side = side(cursor)?;
    cursor.literal(b"\",\"seq\":")?;
    cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    if symbols.find(cursor.name()) != Some(symbol) {
        return None;
    }
    flags(cursor)?;
    let traded = traded(price, quantity)?;
    out.push_trade((symbol, TradeStream::Trade), traded, side, (id, UnixNanos::from_millis(at_ms)));
    Some(())
}

/// `","BT":false,"RPI":..`: made in the book. A block trade, made outside of it, is left to the reference.
#[inline]
fn flags(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.literal(b"\",\"BT\":false,\"RPI\":")?;
    cursor.flag().map(|_| ())
}

#[inline]
fn side(cursor: &mut Cursor<'_>) -> Option<Side> {
    cursor.either(b"Buy", b"Sell").map(|is_buy| if is_buy { Side::Buy } else { Side::Sell })
}
