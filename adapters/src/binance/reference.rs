//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.
//!
//! They decide what the venue's messages mean; [`super::wire`] is only faster on the layout that the venue sends. They
//! also serve what comes seldom: snapshots, and frames of symbols whose scales are not known yet.

use fulmar_bus::record::{Bar, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::config::Product;
use super::wire::aggressor;
use crate::decode::json::Fields;
use crate::session::{BookSide, Derived, Message, Reader, TradeStream};
use crate::sync::Span;

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(product: Product, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let (fields, event) = event_in(tape)?;
    match event {
        Event::Depth => depth(product, &fields, reader),
        Event::Trade(stream) => trade(product, stream, &fields, reader),
        Event::Ticker => ticker(product, &fields, reader),
        Event::MarkPrice => mark_price(&fields, reader),
        Event::Bar => bar(&fields, reader),
        Event::ServerShutdown => {
            reader.out.messages.push(Message::Closing);
            Ok(())
        }
        Event::Refused => {
            reader.out.messages.push(Message::Refused);
            Ok(())
        }
        Event::Unused => Ok(()),
    }
}

/// Reads an answer with the whole book of the instrument at `symbol`.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read_snapshot(tape: &Tape<'_>, symbol: usize, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let fields = Fields::of(tape.as_value())?;
    let span = Span::numbered(fields.unsigned("lastUpdateId")?);
    let venue_at = match fields.find("T") {
        Some(_) => UnixNanos::from_millis(fields.unsigned("T")?),
        None => UnixNanos(0),
    };
    let begin = reader.out.mark();
    reader.pairs(symbol, BookSide::Bids, &fields, "bids")?;
    reader.pairs(symbol, BookSide::Asks, &fields, "asks")?;
    reader.push_book((symbol, true), span, venue_at, begin);
    Ok(())
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let (fields, event) = event_in(tape).ok()?;
    match event {
        Event::Depth | Event::Trade(_) | Event::Ticker => fields.text("s").ok(),
        Event::MarkPrice | Event::Bar | Event::ServerShutdown | Event::Refused | Event::Unused => None,
    }
}

fn depth(product: Product, fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(fields.text("s")?) else {
        return Ok(());
    };
    let (previous, time_key) = if product.is_futures() { (fields.unsigned("pu")?, "T") } else { (0, "E") };
    let span = Span { first: fields.unsigned("U")?, last: fields.unsigned("u")?, previous, checksum: None };
    let venue_at = UnixNanos::from_millis(fields.unsigned(time_key)?);
    let begin = reader.out.mark();
    reader.pairs(symbol, BookSide::Bids, fields, "b")?;
    reader.pairs(symbol, BookSide::Asks, fields, "a")?;
    reader.push_book((symbol, false), span, venue_at, begin);
    Ok(())
}

fn trade(
    product: Product,
    stream: TradeStream,
    fields: &Fields<'_, '_>,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(fields.text("s")?) else {
        return Ok(());
    };
    if product.is_futures() && stream == TradeStream::Trade {
        match fields.text("X")? {
            "MARKET" => {}
            // Not made in the book: the venue's fund or deleveraging took the other side. Assumed: that these are all
            // the words that there are. A trade with another is counted as one that cannot be read, and not told.
            "INSURANCE_FUND" | "ADL" | "NA" => return Ok(()),
            _ => return Err(DecodeError::UnknownValue),
        }
    }
    let trade_id = fields.unsigned(match stream {
        TradeStream::Trade => "t",
        TradeStream::Aggregate => "a",
    })?;
    let traded = reader.traded(symbol, fields.text("p")?, fields.text("q")?)?;
    let venue_at = UnixNanos::from_millis(fields.unsigned("T")?);
    let aggressor = aggressor(fields.flag("m")?);
    reader.out.push_trade((symbol, stream), traded, aggressor, (trade_id, venue_at));
    Ok(())
}

fn ticker(product: Product, fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(fields.text("s")?) else {
        return Ok(());
    };
    let venue_at =
        if product.is_futures() { UnixNanos::from_millis(fields.unsigned("T")?) } else { UnixNanos(0) };
    let bid = reader.standing(symbol, fields.text("b")?, fields.text("B")?)?;
    let ask = reader.standing(symbol, fields.text("a")?, fields.text("A")?)?;
    reader.out.push_top(symbol, [bid, ask], (fields.unsigned("u")?, venue_at));
    Ok(())
}

/// Mark price, index price and funding. A dated future has no funding, and says so by an empty text.
fn mark_price(fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(fields.text("s")?) else {
        return Ok(());
    };
    // Coin-margined futures tell the index on a stream of its own.
    let text = |key| fields.text_if_any(key);
    let derived = Derived {
        mark: Some(reader.computed_price(fields.text("p")?)?),
        index: text("i")?.map(|text| reader.computed_price(text)).transpose()?,
        rate: text("r")?.map(|text| reader.funding_rate(text)).transpose()?,
        interval: None,
        next_at: Some(fields.unsigned("T")?).filter(|millis| *millis > 0).map(UnixNanos::from_millis),
        venue_at: UnixNanos::from_millis(fields.unsigned("E")?),
    };
    reader.push_derived(symbol, derived);
    Ok(())
}

/// A bar; of one that is still open nothing is told.
fn bar(fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(fields.text("s")?) else {
        return Ok(());
    };
    let bar = Fields::of(fields.value("k")?)?;
    if !bar.flag("x")? {
        return Ok(());
    }
    let prices = [bar.text("o")?, bar.text("h")?, bar.text("l")?, bar.text("c")?];
    let start_at = UnixNanos::from_millis(bar.unsigned("t")?);
    // The venue names the last millisecond of a bar.
    let end_at = UnixNanos::from_millis(bar.unsigned("T")?.checked_add(1).ok_or(DecodeError::Overflow)?);
    let read = reader.bar(symbol, prices, bar.text("v")?, (start_at, end_at.since(start_at)))?;
    let bar = Bar { trade_count: bar.unsigned("n")?, ..read };
    reader.out.messages.push(Message::Bar { symbol, bar });
    Ok(())
}

/// What a message is.
enum Event {
    /// `depthUpdate`.
    Depth,
    /// A trade of one of the venue's streams.
    Trade(TradeStream),
    /// `bookTicker`.
    Ticker,
    /// `markPriceUpdate`.
    MarkPrice,
    /// `kline`.
    Bar,
    /// `serverShutdown`.
    ServerShutdown,
    /// An error answer to a subscription.
    Refused,
    /// Nothing that is used here.
    Unused,
}

/// The fields of the event in a message, with or without the envelope of a combined stream, and what it is. Spot's
/// `bookTicker` alone names no kind: it is known by its fields.
fn event_in<'tape, 'text>(tape: &'tape Tape<'text>) -> Result<(Fields<'tape, 'text>, Event), DecodeError> {
    let whole = Fields::of(tape.as_value())?;
    let fields = match whole.find("data") {
        Some(data) if whole.find("stream").is_some() => match Fields::of(data) {
            Ok(data) => data,
            Err(_) => return Ok((whole, Event::Unused)),
        },
        _ => whole,
    };
    let kind = match fields.find("e") {
        Some(_) => fields.text("e")?,
        None if fields.find("u").is_some() && fields.find("B").is_some() => "bookTicker",
        None if fields.find("error").is_some() => return Ok((fields, Event::Refused)),
        None => return Ok((fields, Event::Unused)),
    };
    let event = match kind {
        "depthUpdate" => Event::Depth,
        "trade" => Event::Trade(TradeStream::Trade),
        "aggTrade" => Event::Trade(TradeStream::Aggregate),
        "bookTicker" => Event::Ticker,
        "markPriceUpdate" => Event::MarkPrice,
        "kline" => Event::Bar,
        "serverShutdown" => Event::ServerShutdown,
        _ => Event::Unused,
    };
    Ok((fields, event))
}
