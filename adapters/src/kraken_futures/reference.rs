//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.

use fulmar_bus::record::{FundingRate, InstrumentStatus, Listing, Side, TopOfBook, TopSource, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::limits::FUNDING_INTERVAL;
use super::wire;
use crate::decode::json::Fields;
use crate::session::{BookSide, Derived, Message, Reader};
use crate::sync::Span;

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let message = Fields::of(tape.as_value())?;
    if message.find("event").is_some() {
        reader.is_no_book();
        return on_event(&message, reader);
    }
    let feed = message.text("feed")?;
    match feed {
        "book" => book(&message, reader),
        "book_snapshot" => snapshot(&message, reader),
        _ => {
            reader.is_no_book();
            match feed {
                "trade" => trade(&message, reader),
                "ticker" => ticker(&message, reader),
                // Trades of long before, best prices without their quantities, and what nobody here uses.
                _ => Ok(()),
            }
        }
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let message = Fields::of(tape.as_value()).ok()?;
    let is_of_market = matches!(message.text("feed").ok()?, "book" | "book_snapshot" | "trade" | "ticker");
    message.text("product_id").ok().filter(|_| is_of_market && message.find("event").is_none())
}

fn side(message: &Fields<'_, '_>) -> Result<Side, DecodeError> {
    match message.text("side")? {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        _ => Err(DecodeError::UnknownValue),
    }
}

fn book(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(message.text("product_id")?) else {
        return Ok(());
    };
    let side = if side(message)? == Side::Buy { BookSide::Bids } else { BookSide::Asks };
    let begin = reader.out.mark();
    reader.level(symbol, side, message.text("price")?, message.text("qty")?)?;
    let (span, venue_at) = (Span::numbered(message.whole("seq")?), moment(message, "timestamp")?);
    reader.push_book((symbol, false), span, venue_at, begin);
    Ok(())
}

fn snapshot(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(message.text("product_id")?) else {
        return Ok(());
    };
    let begin = reader.out.mark();
    reader.level_objects(symbol, BookSide::Bids, message, "bids")?;
    reader.level_objects(symbol, BookSide::Asks, message, "asks")?;
    let (span, venue_at) = (Span::numbered(message.whole("seq")?), moment(message, "timestamp")?);
    reader.push_book((symbol, true), span, venue_at, begin);
    Ok(())
}

fn moment(message: &Fields<'_, '_>, key: &str) -> Result<UnixNanos, DecodeError> {
    message.whole(key).map(UnixNanos::from_millis)
}

fn trade(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(message.text("product_id")?) else {
        return Ok(());
    };
    match message.text("type")? {
        "fill" | "liquidation" => {}
        // Not made in the book: agreed on elsewhere, or a position that was given to others.
        "block" | "assignment" | "termination" => return Ok(()),
        _ => return Err(DecodeError::UnknownValue),
    }
    let aggressor = side(message)?;
    let traded = reader.traded(symbol, message.text("price")?, message.text("qty")?)?;
    let numbers = (message.whole("seq")?, message.whole("time")?);
    wire::push_trade((symbol, aggressor), traded, numbers, reader.out);
    Ok(())
}

/// The ticker, which is sent whole each time, at most once a second: best prices, computed prices, funding, and whether
/// the instrument is traded.
fn ticker(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(message.text("product_id")?) else {
        return Ok(());
    };
    let venue_at = moment(message, "time")?;
    let text = |key| message.text_if_any(key);
    let zero = |key| text(key).map(|text| text.unwrap_or("0"));
    let bid = reader.standing(symbol, zero("bid")?, zero("bid_size")?)?;
    let ask = reader.standing(symbol, zero("ask")?, zero("ask_size")?)?;
    // It has no number of the book that it belongs to, so it is never taken for newer than one.
    let top = TopOfBook::new(bid, ask, 0, venue_at, TopSource::Ticker);
    let next_at = match text("next_funding_rate_time")? {
        Some(_) => Some(moment(message, "next_funding_rate_time")?),
        None => None,
    };
    let rate = match text("relative_funding_rate")? {
        Some(text) => Some(reader.funding_rate(text)?),
        // A rate of zero is not sent.
        None => next_at.map(|_| FundingRate(0)),
    };
    let derived = Derived {
        mark: text("markPrice")?.map(|text| reader.computed_price(text)).transpose()?,
        index: text("index")?.map(|text| reader.computed_price(text)).transpose()?,
        rate,
        interval: rate.map(|_| FUNDING_INTERVAL),
        next_at,
        venue_at,
    };
    reader.out.messages.push(Message::Top { symbol, top });
    reader.out.messages.push(Message::Derived { symbol, derived });
    let is_set = |key| message.find(key).map_or(Ok(false), |_| message.flag(key));
    let status = match (is_set("suspended")?, is_set("post_only")?) {
        (true, _) => InstrumentStatus::new(Listing::Halted, "suspended"),
        (false, true) => InstrumentStatus::new(Listing::Halted, "post only"),
        (false, false) => InstrumentStatus::new(Listing::Listed, "neither suspended nor post only"),
    };
    reader.out.statuses.push((symbol, status));
    Ok(())
}

/// What the venue says of a request.
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
    match named.and_then(|symbol| reader.find(symbol)) {
        Some(symbol) => {
            let status = InstrumentStatus::new(Listing::Unlisted, words);
            reader.out.statuses.push((symbol, status));
        }
        None => reader.out.messages.push(Message::Refused),
    }
    Ok(())
}
