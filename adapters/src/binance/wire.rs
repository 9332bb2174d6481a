//! The fast decoders of the messages that come all day: depth, trades, best prices.
//!
//! A fast decoder takes exactly the layout that the venue sends: these keys in this order, no white space, numbers in
//! plain digits. On anything else it says `None`, which is no error: the reference decoder in `reference` then reads
//! the frame, and alone says what is wrong with it. Whatever this module accepts, the reference reads the same.

use fulmar_bus::record::{Level, Side, UnixNanos};

use super::config::Product;
use super::limits::LEVELS_MAX;
use crate::decode::Scales;
use crate::decode::cursor::Cursor;
use crate::session::{Decoded, Symbols, TradeStream, standing, traded};
use crate::sync::Span;

/// Decodes a frame in the venue's own layout; `None` where it is not that, or its symbol's scales are not known yet.
#[inline]
pub fn decode(product: Product, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    let mut cursor = Cursor::new(frame);
    let is_combined = cursor.takes(b"{\"stream\":\"");
    if is_combined {
        cursor.name();
        cursor.literal(b"\",\"data\":")?;
    }
    event(product, &mut cursor, symbols, out)?;
    if is_combined {
        cursor.literal(b"}")?;
    }
    cursor.end()
}

#[inline]
fn event(product: Product, cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    cursor.literal(b"{\"")?;
    if product == Product::Spot && cursor.takes(b"u\":") {
        return book_ticker(product, cursor, symbols, out);
    }
    cursor.literal(b"e\":\"")?;
    if cursor.takes(b"depthUpdate\",\"E\":") {
        depth_update(product, cursor, symbols, out)
    } else if cursor.takes(b"trade\",\"E\":") {
        if product.is_futures() {
            futures_trade(cursor, symbols, out)
        } else {
            spot_trade(cursor, symbols, out)
        }
    } else if product.is_futures() && cursor.takes(b"bookTicker\",\"u\":") {
        book_ticker(product, cursor, symbols, out)
    } else {
        cursor.literal(b"aggTrade\",\"E\":")?;
        aggregate_trade(product, cursor, symbols, out)
    }
}

fn depth_update(
    product: Product,
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    let mut venue_at_ms = cursor.unsigned()?;
    if product.is_futures() {
        cursor.literal(b",\"T\":")?;
        venue_at_ms = cursor.unsigned()?;
    }
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbols.take(cursor)?;
    pair(product, cursor)?;
    cursor.literal(b"\",\"U\":")?;
    let first = cursor.unsigned()?;
    cursor.literal(b",\"u\":")?;
    let last = cursor.unsigned()?;
    let mut previous = 0;
    if product.is_futures() {
        cursor.literal(b",\"pu\":")?;
        previous = cursor.unsigned()?;
    }
    let begin = out.mark();
    cursor.literal(b",\"b\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut out.bids)?;
    cursor.literal(b",\"a\":")?;
    cursor.levels(scales, LEVELS_MAX, &mut out.asks)?;
    cursor.literal(b"}")?;
    let span = Span { first, last, previous, checksum: None };
    out.push_book((symbol, false), span, UnixNanos::from_millis(venue_at_ms), begin);
    Some(())
}

/// After `E`: `,"s":..,"t":..,"p":..,"q":..,"T":..,"m":..,"M":..}`.
fn spot_trade(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"t\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b",\"p\":\"")?;
    let traded = price_and_quantity(cursor, scales)?;
    cursor.literal(b"\",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"m\":")?;
    let aggressor = aggressor(cursor.flag()?);
    cursor.literal(b",\"M\":")?;
    cursor.flag()?;
    cursor.literal(b"}")?;
    out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (trade_id, venue_at));
    Some(())
}

/// After `E`: `,"T":..,"s":..,"t":..,"p":..,"q":..,"X":"MARKET","m":..}`.
fn futures_trade(cursor: &mut Cursor<'_>, symbols: &Symbols, out: &mut Decoded) -> Option<()> {
    cursor.unsigned()?;
    cursor.literal(b",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbols.take(cursor)?;
    cursor.literal(b"\",\"t\":")?;
    let trade_id = cursor.unsigned()?;
    cursor.literal(b",\"p\":\"")?;
    let traded = price_and_quantity(cursor, scales)?;
    cursor.literal(b"\",\"X\":\"MARKET\",\"m\":")?;
    let aggressor = aggressor(cursor.flag()?);
    cursor.literal(b"}")?;
    out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (trade_id, venue_at));
    Some(())
}

/// After `E`, on spot: `,"s":..,"a":..,"p":..,"q":..,"f":..,"l":..,"T":..,"m":..,"M":..}`; futures have `a` before
/// `s`, and no `M`.
fn aggregate_trade(
    product: Product,
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    cursor.unsigned()?;
    let trade_id;
    let (symbol, scales);
    if product.is_futures() {
        cursor.literal(b",\"a\":")?;
        trade_id = cursor.unsigned()?;
        cursor.literal(b",\"s\":\"")?;
        (symbol, scales) = symbols.take(cursor)?;
        cursor.literal(b"\",\"p\":\"")?;
    } else {
        cursor.literal(b",\"s\":\"")?;
        (symbol, scales) = symbols.take(cursor)?;
        cursor.literal(b"\",\"a\":")?;
        trade_id = cursor.unsigned()?;
        cursor.literal(b",\"p\":\"")?;
    }
    let traded = price_and_quantity(cursor, scales)?;
    cursor.literal(b"\",\"f\":")?;
    cursor.unsigned()?;
    cursor.literal(b",\"l\":")?;
    cursor.unsigned()?;
    cursor.literal(b",\"T\":")?;
    let venue_at = UnixNanos::from_millis(cursor.unsigned()?);
    cursor.literal(b",\"m\":")?;
    let aggressor = aggressor(cursor.flag()?);
    if !product.is_futures() {
        cursor.literal(b",\"M\":")?;
        cursor.flag()?;
    }
    cursor.literal(b"}")?;
    out.push_trade((symbol, TradeStream::Aggregate), traded, aggressor, (trade_id, venue_at));
    Some(())
}

/// After `"u":`, on spot: `..,"s":..,"b":..,"B":..,"a":..,"A":..}`; futures add `,"T":..,"E":..`.
fn book_ticker(
    product: Product,
    cursor: &mut Cursor<'_>,
    symbols: &Symbols,
    out: &mut Decoded,
) -> Option<()> {
    let update_id = cursor.unsigned()?;
    cursor.literal(b",\"s\":\"")?;
    let (symbol, scales) = symbols.take(cursor)?;
    pair(product, cursor)?;
    cursor.literal(b"\",\"b\":\"")?;
    let bid_price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"B\":\"")?;
    let bid_quantity = cursor.decimal(scales.quantity)?;
    cursor.literal(b"\",\"a\":\"")?;
    let ask_price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"A\":\"")?;
    let ask_quantity = cursor.decimal(scales.quantity)?;
    let mut venue_at = UnixNanos(0);
    if product.is_futures() {
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
    out.push_top(symbol, [bid, ask], (update_id, venue_at));
    Some(())
}

/// Coin-margined messages of books name the pair after the symbol: `","ps":"..`.
#[inline]
fn pair(product: Product, cursor: &mut Cursor<'_>) -> Option<()> {
    if product == Product::CoinMargined {
        cursor.literal(b"\",\"ps\":\"")?;
        cursor.name();
    }
    Some(())
}

/// `..","q":".."`, from the price's first digit to the quantity's last.
#[inline]
fn price_and_quantity(cursor: &mut Cursor<'_>, scales: Scales) -> Option<Level> {
    let price = cursor.decimal(scales.price)?;
    cursor.literal(b"\",\"q\":\"")?;
    let quantity = cursor.decimal(scales.quantity)?;
    traded(price, quantity)
}

/// Who crossed the spread: the venue says whether the buyer stood in the book.
#[inline]
pub(super) const fn aggressor(buyer_is_maker: bool) -> Side {
    if buyer_is_maker { Side::Sell } else { Side::Buy }
}
