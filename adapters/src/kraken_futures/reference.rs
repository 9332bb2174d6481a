//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong. Its numbers come as texts.

use fulmar_bus::record::{FundingRate, Nanos, Side, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::definitions::{is_set, status_of};
use crate::decode::identity::trade_id;
use crate::decode::json::Fields;
use crate::session::{BookSide, Derived, Reader, TradeStream};
use crate::sync::Span;

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(funding_interval: Nanos, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let message = Fields::of(tape.as_value())?;
    if message.find("event").is_some() {
        reader.is_no_book();
        return on_event(&message, reader);
    }
    let feed = message.text("feed")?;
    if !matches!(feed, "book" | "book_snapshot") {
        reader.is_no_book();
    }
    match feed {
        "book" => level(&message, reader),
        "book_snapshot" => snapshot(&message, reader),
        "trade" => trade(&message, reader),
        "ticker" => ticker(funding_interval, &message, reader),
        // Trades that were before the subscription, heartbeats, and best prices without quantities.
        _ => Ok(()),
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let message = Fields::of(tape.as_value()).ok()?;
    let is_of_market = matches!(message.text("feed").ok()?, "book" | "book_snapshot" | "trade" | "ticker");
    message.text("product_id").ok().filter(|_| is_of_market && message.find("event").is_none())
}

/// A level that changed: who stands there, and how much is left.
fn level(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(message.text("product_id")?) else {
        return Ok(());
    };
    let side = message.one_of("side", [("buy", BookSide::Bids), ("sell", BookSide::Asks)])?;
    let (span, venue_at) = place(message)?;
    let begin = reader.out.mark();
    reader.level(symbol, side, message.text("price")?, message.text("qty")?)?;
    reader.push_book((symbol, false), span, venue_at, begin);
    Ok(())
}

fn snapshot(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(message.text("product_id")?) else {
        return Ok(());
    };
    let (span, venue_at) = place(message)?;
    let begin = reader.out.mark();
    reader.level_objects(symbol, BookSide::Bids, message, "bids")?;
    reader.level_objects(symbol, BookSide::Asks, message, "asks")?;
    reader.push_book((symbol, true), span, venue_at, begin);
    Ok(())
}

/// The number of a message of a book, and its moment.
fn place(message: &Fields<'_, '_>) -> Result<(Span, UnixNanos), DecodeError> {
    Ok((Span::numbered(message.whole("seq")?), moment(message, "timestamp")?))
}

fn moment(message: &Fields<'_, '_>, key: &str) -> Result<UnixNanos, DecodeError> {
    message.whole(key).map(UnixNanos::from_millis)
}

/// A trade, with the side of who crossed the spread. What the venue settles between two of its customers by itself, or
/// what two agreed on, was not made in the book.
fn trade(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(message.text("product_id")?) else {
        return Ok(());
    };
    let kinds = [
        ("fill", true),
        ("liquidation", true),
        ("assignment", false),
        ("termination", false),
        ("block", false),
    ];
    if !message.one_of("type", kinds)? {
        return Ok(());
    }
    let traded = reader.traded(symbol, message.text("price")?, message.text("qty")?)?;
    let id = trade_id(message.text("uid")?.as_bytes()).ok_or(DecodeError::BadNumber)?;
    let venue_at = moment(message, "time")?;
    message.whole("seq")?;
    let side = message.one_of("side", [("buy", Side::Buy), ("sell", Side::Sell)])?;
    reader.out.push_trade((symbol, TradeStream::Trade), traded, side, (id, venue_at));
    Ok(())
}

/// The ticker, which is sent whole, once a second at most: best prices, computed prices, funding, and whether the
/// instrument is traded.
fn ticker(
    funding_interval: Nanos,
    message: &Fields<'_, '_>,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(message.text("product_id")?) else {
        return Ok(());
    };
    let venue_at = moment(message, "time")?;
    // Where nobody stands, nothing is said.
    let or_zero = |key| message.text_if_any(key).map(|text| text.unwrap_or("0"));
    let bid = reader.standing(symbol, or_zero("bid")?, or_zero("bid_size")?)?;
    let ask = reader.standing(symbol, or_zero("ask")?, or_zero("ask_size")?)?;
    let mut derived = derived(message, venue_at, reader)?;
    derived.interval = derived.rate.map(|_| funding_interval);
    let halts = [(is_set(message, "suspended")?, "suspended"), (is_set(message, "post_only")?, "post only")];
    // It has no number of the book that it belongs to, so it is never taken for newer than one.
    reader.out.push_top(symbol, [bid, ask], (0, venue_at));
    reader.push_derived(symbol, derived);
    reader.out.statuses.push((symbol, status_of(halts)));
    Ok(())
}

/// Mark price, index price, and the funding of what has no end. Of the two rates that are sent one is money a contract.
fn derived(
    message: &Fields<'_, '_>,
    venue_at: UnixNanos,
    reader: &Reader<'_>,
) -> Result<Derived, DecodeError> {
    let price = |key| message.text_if_any(key)?.map(|text| reader.computed_price(text)).transpose();
    let next_at = message.whole_if_any("next_funding_rate_time")?.map(UnixNanos::from_millis);
    let rate = match message.text_if_any("relative_funding_rate")? {
        Some(text) => Some(reader.funding_rate(text)?),
        // A rate of zero is not sent.
        None => next_at.map(|_| FundingRate(0)),
    };
    Ok(Derived { mark: price("markPrice")?, index: price("index")?, rate, interval: None, next_at, venue_at })
}

/// What the venue says of itself and of requests.
fn on_event(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let words = match message.text("event")? {
        "alert" | "error" => message.text("message")?,
        "subscribed_failed" | "unsubscribed_failed" => "",
        _ => return Ok(()),
    };
    if words.starts_with("Already subscribed") {
        // The answer to what keeps the connection open.
        return Ok(());
    }
    let named = words.contains("invalid product").then(|| words.split('`').nth(1)).flatten();
    reader.refused(named.and_then(|symbol| reader.find(symbol)), words);
    Ok(())
}
