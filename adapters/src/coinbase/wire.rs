//! The fast decoders of the messages that come all day: books, trades, best prices.
//!
//! A fast decoder takes exactly the layout that the venue sends: these keys in this order, no white space, numbers in
//! plain digits. On anything else it says `None`, which is no error: the reference decoder in `reference` then reads
//! the frame, and alone says what is wrong with it. Whatever this module accepts, the reference reads the same.

use fulmar_bus::record::{Side, UnixNanos};

use super::limits::LEVELS_MAX;
use crate::decode::cursor::{Cursor, push_level};
use crate::decode::identity::trade_id;
use crate::decode::level;
use crate::session::{Assumed, AssumedValue, Assumption, Decoded, Symbols, TradeStream, standing, traded};
use crate::sync::Span;

/// Decodes a frame in the venue's own layout; `None` where it is not that, or its symbol's scales are not known yet.
#[inline]
pub fn decode(named: NamedSide, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    cursor.literal(b"{\"channel\":\"")?;
    let event: Event = if cursor.takes(b"l2_data") {
        book
    } else if cursor.takes(b"ticker") {
        tickers
    } else {
        cursor.literal(b"market_trades")?;
        trades
    };
    cursor.literal(b"\",\"timestamp\":\"")?;
    let sent_at = cursor.time()?;
    cursor.literal(b"\",\"sequence_num\":")?;
    let sequence = cursor.unsigned()?;
    cursor.literal(b",\"events\":[{\"type\":\"")?;
    let frame = Frame { sequence, sent_at, named };
    event(&mut cursor, frame, symbols, out)?;
    while cursor.takes(b",{\"type\":\"") {
        event(&mut cursor, frame, symbols, out)?;
    }
    cursor.literal(b"]}")?;
    cursor.end()?;
    out.sequence = Some(sequence);
    Some(())
}

/// Reads one event of a frame from the first sign of its type on.
type Event = fn(&mut Cursor<'_>, Frame, &Symbols, &mut Decoded) -> Option<()>;

/// What an event has of its frame.
#[derive(Clone, Copy)]
struct Frame {
    sequence: u64,
    sent_at: UnixNanos,
    named: NamedSide,
}

/// `update","product_id":"..","updates":[{"side":..,"event_time":..,"price_level":..,"new_quantity":..},..]}`.
fn book(
    cursor: &mut Cursor<'_>,
    Frame { sequence, .. }: Frame,
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    let is_snapshot = !cursor.either(b"update", b"snapshot")?;
    cursor.literal(b"\",\"product_id\":\"")?;
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"updates\":[")?;
    let begin = out.mark();
    let mut venue_at = UnixNanos(0);
    let mut known: (&[u8], _) = (&[], venue_at);
    if !cursor.takes(b"]}") {
        cursor.literal(b"{\"side\":\"")?;
        loop {
            let levels = if cursor.either(b"bid", b"offer")? { &mut out.bids } else { &mut out.asks };
            cursor.literal(b"\",\"event_time\":\"")?;
            venue_at = venue_at.max(cursor.time_again(&mut known)?);
            cursor.literal(b"\",\"price_level\":\"")?;
            let price = cursor.decimal(scales.price)?;
            cursor.literal(b"\",\"new_quantity\":\"")?;
            let quantity = cursor.decimal(scales.quantity)?;
            push_level(levels, LEVELS_MAX, level(price, quantity))?;
            if !cursor.takes(b"\"},{\"side\":\"") {
                cursor.literal(b"\"}]}")?;
                break;
            }
        }
    }
    out.push_book((symbol, is_snapshot), Span::numbered(sequence), venue_at, begin);
    Some(())
}

/// `update","trades":[{"product_id":..,"trade_id":..,"price":..,"size":..,"time":..,"side":..},..]}`.
fn trades(cursor: &mut Cursor<'_>, frame: Frame, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let begin = out.messages.len();
    cursor.literal(b"update\",\"trades\":[{\"product_id\":\"")?;
    loop {
        let (symbol, scales) = symbols.take(cursor)?;
        cursor.literal(b"\",\"trade_id\":\"")?;
        let trade_id = trade_id(cursor.name())?;
        cursor.literal(b"\",\"price\":\"")?;
        let price = cursor.decimal(scales.price)?;
        cursor.literal(b"\",\"size\":\"")?;
        let quantity = cursor.decimal(scales.quantity)?;
        cursor.literal(b"\",\"time\":\"")?;
        let venue_at = cursor.time()?;
        cursor.literal(b"\",\"side\":\"")?;
        let aggressor = frame.named.aggressor(cursor.name())?;
        let traded = traded(price, quantity)?;
        out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (trade_id, venue_at));
        if !cursor.takes(b"\"},{\"product_id\":\"") {
            break;
        }
    }
    cursor.literal(b"\"}]}")?;
    out.messages[begin..].reverse();
    Some(())
}

/// `update","tickers":[{"type":"ticker","product_id":..,"price":..,..,"best_bid":..,"best_ask":..,
/// "best_bid_quantity":..,"best_ask_quantity":..},..]}`.
fn tickers(cursor: &mut Cursor<'_>, frame: Frame, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    cursor.either(b"update", b"snapshot")?;
    cursor.literal(b"\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":\"")?;
    loop {
        let (symbol, scales) = symbols.take(cursor)?;
        cursor.literal(b"\",\"price\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"volume_24_h\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"low_24_h\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"high_24_h\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"low_52_w\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"high_52_w\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"price_percent_chg_24_h\":\"")?;
        cursor.name();
        cursor.literal(b"\",\"best_bid\":\"")?;
        let bid_price = cursor.decimal(scales.price)?;
        cursor.literal(b"\",\"best_ask\":\"")?;
        let ask_price = cursor.decimal(scales.price)?;
        cursor.literal(b"\",\"best_bid_quantity\":\"")?;
        let bid = standing(bid_price, cursor.decimal(scales.quantity)?)?;
        cursor.literal(b"\",\"best_ask_quantity\":\"")?;
        let ask = standing(ask_price, cursor.decimal(scales.quantity)?)?;
        out.push_top(symbol, [bid, ask], (frame.sequence, frame.sent_at));
        if !cursor.takes(b"\"},{\"type\":\"ticker\",\"product_id\":\"") {
            return cursor.literal(b"\"}]}");
        }
    }
}

/// Whose side a trade names.
pub const TRADE_SIDE: Assumption = Assumption {
    name: "trade_side",
    value: AssumedValue::Word(&["maker", "taker"]),
    doc: "Whose side a trade names. Assumed: of the one who stood in the book, as other clients read it, and as trades \
          marked SELL at the best ask in recordings say. Where it is wrong, buys are taken for sells: most of them \
          would then be at the best bid.",
};

/// Whose side a trade names; see [`TRADE_SIDE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedSide {
    /// Of the one who stood in the book.
    Maker,
    /// Of the one who crossed the spread.
    Taker,
}

impl NamedSide {
    /// As stated, or else as assumed.
    pub fn of(assumed: &Assumed) -> Self {
        if TRADE_SIDE.text(assumed) == "taker" { NamedSide::Taker } else { NamedSide::Maker }
    }

    /// Who crossed the spread, where the venue names this side.
    #[inline]
    pub fn aggressor(self, side: &[u8]) -> Option<Side> {
        match (self, side) {
            (NamedSide::Maker, b"SELL") | (NamedSide::Taker, b"BUY") => Some(Side::Buy),
            (NamedSide::Maker, b"BUY") | (NamedSide::Taker, b"SELL") => Some(Side::Sell),
            _ => None,
        }
    }
}
