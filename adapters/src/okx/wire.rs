//! The fast decoders of the messages that come all day: books, best prices, trades.
//!
//! Exactly the venue's own layouts are taken, of which there are a few: it added fields at the end over the years, and
//! left out others. On anything else the answer is `None`, which is no error: `reference` then reads the frame, and
//! alone says what is wrong with it.

use fulmar_bus::record::{Level, Side, UnixNanos};

use super::checksum;
use super::limits::LEVELS_MAX;
use crate::decode::cursor::Cursor;
use crate::decode::{Scales, level};
use crate::session::{Decoded, Symbols, TradeStream, standing, traded};
use crate::sync::Span;

/// Decodes a frame in one of the venue's own layouts.
#[inline]
pub fn decode(frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    cursor.literal(b"{\"arg\":{\"channel\":\"")?;
    if cursor.takes(b"books\",\"instId\":\"") {
        book(&mut cursor, symbols, out)?;
    } else if cursor.takes(b"bbo-tbt\",\"instId\":\"") {
        best_prices(&mut cursor, symbols, out)?;
    } else {
        cursor.literal(b"trades\",\"instId\":\"")?;
        trades(&mut cursor, symbols, out)?;
    }
    cursor.literal(b"]}")?;
    cursor.end()
}

/// `"},"action":..,"data":[{"asks":[..],"bids":[..],"ts":..,"checksum":..,"seqId":..,"prevSeqId":..}`.
fn book(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\"},\"action\":\"")?;
    let is_snapshot = !cursor.either(b"update", b"snapshot")?;
    let begin = out.mark();
    cursor.literal(b"\",\"data\":[{\"asks\":")?;
    cursor.levels_and(scales, LEVELS_MAX, &mut out.asks, orders)?;
    cursor.literal(b",\"bids\":")?;
    cursor.levels_and(scales, LEVELS_MAX, &mut out.bids, orders)?;
    cursor.literal(b",")?;
    if cursor.takes(b"\"instId\":\"") {
        cursor.name();
        cursor.literal(b"\",")?;
    }
    let venue_at = sent_at(cursor)?;
    let span = span(cursor, is_snapshot)?;
    cursor.literal(b"}")?;
    out.push_book((symbol, is_snapshot), span, venue_at, begin);
    Some(())
}

/// What proves a message of a book, and nothing else: the checksum or the numbers may be missing, not both.
#[inline]
fn span(cursor: &mut Cursor<'_>, is_snapshot: bool) -> Option<Span> {
    let checksum = if cursor.takes(b",\"checksum\":") {
        checksum::said(i32::try_from(cursor.signed()?).ok()?)
    } else {
        None
    };
    let mut previous = 0;
    let is_first = cursor.takes(b",\"prevSeqId\":");
    if is_first {
        previous = self::previous(cursor, is_snapshot)?;
    }
    if !cursor.takes(b",\"seqId\":") {
        return (!is_first && checksum.is_some()).then_some(Span { checksum, ..Span::default() });
    }
    let last = cursor.unsigned()?;
    if !is_first && cursor.takes(b",\"prevSeqId\":") {
        previous = self::previous(cursor, is_snapshot)?;
    } else if !is_first && !is_snapshot {
        return None;
    }
    Some(Span { first: last, last, previous, checksum })
}

/// The number of the update before: of a snapshot, -1, which counts as zero.
#[inline]
fn previous(cursor: &mut Cursor<'_>, is_snapshot: bool) -> Option<u64> {
    if is_snapshot { cursor.literal(b"-1").map(|()| 0) } else { cursor.unsigned() }
}

/// What a level has behind its quantity: a zero that once was liquidations, and how many orders stand there.
#[inline]
fn orders(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.literal(b"\",\"0\",\"")?;
    cursor.unsigned().map(|_| ())
}

#[inline]
fn sent_at(cursor: &mut Cursor<'_>) -> Option<UnixNanos> {
    cursor.literal(b"\"ts\":\"")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b"\"")?;
    Some(venue_at)
}

/// `"},"data":[{"asks":[..],"bids":[..],"ts":..,"seqId":..}`, each list of one level or none.
fn best_prices(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\"},\"data\":[{\"asks\":")?;
    let ask = best(cursor, scales)?;
    cursor.literal(b",\"bids\":")?;
    let bid = best(cursor, scales)?;
    cursor.literal(b",")?;
    if cursor.takes(b"\"instId\":\"") {
        cursor.name();
        cursor.literal(b"\",")?;
    }
    let venue_at = sent_at(cursor)?;
    cursor.literal(b",\"seqId\":")?;
    let update_id = cursor.unsigned()?;
    cursor.literal(b"}")?;
    out.push_top(symbol, [bid, ask], (update_id, venue_at));
    Some(())
}

#[inline]
fn best(cursor: &mut Cursor<'_>, scales: Scales) -> Option<Level> {
    if cursor.takes(b"[]") {
        return Some(level(0, 0));
    }
    cursor.literal(b"[[\"")?;
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"")?;
    let quantity = cursor.decimal(scales.quantity)?;
    orders(cursor)?;
    cursor.literal(b"\"]]")?;
    standing(price, quantity)
}

/// `"},"data":[{"instId":..,"tradeId":..,"px":..,"sz":..,"side":..,"ts":..,"count":..,"source":..,"seqId":..}`, and
/// more of these.
fn trades(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\"},\"data\":[{\"instId\":\"")?;
    loop {
        cursor.name();
        cursor.literal(b"\",\"tradeId\":\"")?;
        let trade_id = cursor.unsigned()?;
        cursor.literal(b"\",\"px\":\"")?;
        let price = cursor.decimal(scales.price)?;
        cursor.literal(b"\",\"sz\":\"")?;
        let quantity = cursor.decimal(scales.quantity)?;
        let traded = traded(price, quantity)?;
        cursor.literal(b"\",\"side\":\"")?;
        let aggressor = if cursor.either(b"buy", b"sell")? { Side::Buy } else { Side::Sell };
        cursor.literal(b"\",")?;
        let venue_at = sent_at(cursor)?;
        trade_end(cursor)?;
        out.push_trade((symbol, TradeStream::Aggregate), traded, aggressor, (trade_id, venue_at));
        if !cursor.takes(b",{\"instId\":\"") {
            return Some(());
        }
    }
}

/// What newer messages have behind a trade: how many trades it is, who offered the other side, and a number of the
/// stream.
#[inline]
fn trade_end(cursor: &mut Cursor<'_>) -> Option<()> {
    if cursor.takes(b",\"count\":\"") {
        cursor.unsigned()?;
        cursor.literal(b"\"")?;
    }
    if cursor.takes(b",\"source\":\"") {
        cursor.unsigned()?;
        cursor.literal(b"\"")?;
    }
    if cursor.takes(b",\"seqId\":") {
        cursor.unsigned()?;
    }
    cursor.literal(b"}")
}
