//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.

use fulmar_bus::record::{Bar, Nanos, Side, UnixNanos};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::interval;
use simd_json::tape::Tape;

use super::{definitions, wire};
use crate::decode::json::Fields;
use crate::session::{BookSide, Message, Reader, TradeStream};

/// The bars that the venue makes and that divide a day, as we write intervals (documentation, spot-websocket-v2/ohlc).
pub const BARS: &[&str] = &["1m", "5m", "15m", "30m", "1h", "4h", "1d"];

/// The minutes that a bar of [`BARS`] lasts, which is how the venue calls it.
pub fn bar_minutes(bar: &str) -> Option<u64> {
    let interval = interval::parse(bar).filter(|_| BARS.contains(&bar))?;
    Some(interval.0 / Nanos::from_secs(60).0)
}

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let message = Fields::of(tape.as_value())?;
    if message.find("channel").is_none() {
        reader.is_no_book();
        return on_answer(&message, reader);
    }
    let channel = message.text("channel")?;
    if channel != "book" {
        reader.is_no_book();
    }
    match channel {
        "book" => books(&message, reader),
        "trade" => trades(&message, reader),
        "ticker" => best_prices(&message, reader),
        "ohlc" => bars(&message, reader),
        "instrument" => definitions::read(&message, reader),
        "status" => on_status(&message, reader),
        _ => Ok(()),
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let message = Fields::of(tape.as_value()).ok()?;
    let is_of_market = matches!(message.text("channel").ok()?, "book" | "trade" | "ticker");
    message.objects("data").ok().filter(|_| is_of_market)?.next()?.ok()?.text("symbol").ok()
}

/// Where messages hold what they are about, and of which pair it is.
const DATA: [&str; 2] = ["data", "symbol"];

/// Whether the data are all that there is.
fn is_snapshot(message: &Fields<'_, '_>) -> Result<bool, DecodeError> {
    message.one_of("type", [("snapshot", true), ("update", false)])
}

fn books(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let is_snapshot = is_snapshot(message)?;
    reader.each_book(message, DATA, |data, symbol, reader| {
        let checksum = u32::try_from(data.whole("checksum")?).map_err(|_| DecodeError::OutOfRange)?;
        let venue_at = moment(data)?;
        let begin = reader.out.mark();
        reader.level_objects(symbol, BookSide::Bids, data, "bids")?;
        reader.level_objects(symbol, BookSide::Asks, data, "asks")?;
        let span = wire::span(Some(checksum), venue_at);
        reader.push_book((symbol, is_snapshot), span, venue_at, begin);
        Ok(())
    })
}

/// When it happened; zero where the message does not say.
fn moment(data: &Fields<'_, '_>) -> Result<UnixNanos, DecodeError> {
    match data.find("timestamp") {
        Some(_) => data.time("timestamp"),
        None => Ok(UnixNanos(0)),
    }
}

/// Trades, the aggressor's side said; those of a snapshot happened long before.
fn trades(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if is_snapshot(message)? {
        return Ok(());
    }
    reader.each_followed(message, DATA, |data, symbol, reader| {
        let aggressor = data.one_of("side", [("buy", Side::Buy), ("sell", Side::Sell)])?;
        let traded = reader.traded(symbol, data.text("price")?, data.text("qty")?)?;
        let (trade_id, venue_at) = (data.whole("trade_id")?, data.time("timestamp")?);
        reader.out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (trade_id, venue_at));
        Ok(())
    })
}

fn best_prices(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    is_snapshot(message)?;
    reader.each_followed(message, DATA, |data, symbol, reader| {
        let bid = reader.standing(symbol, data.text("bid")?, data.text("bid_qty")?)?;
        let ask = reader.standing(symbol, data.text("ask")?, data.text("ask_qty")?)?;
        let venue_at = moment(data)?;
        reader.out.push_top(symbol, [bid, ask], (wire::number(venue_at), venue_at));
        Ok(())
    })
}

/// Bars, which the venue tells with each trade in them and never closes; on subscription those of the past.
fn bars(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let is_past = is_snapshot(message)?;
    reader.each_followed(message, DATA, |data, symbol, reader| {
        let prices = [data.text("open")?, data.text("high")?, data.text("low")?, data.text("close")?];
        let interval = Nanos::from_secs(data.whole("interval")?.saturating_mul(60));
        let start_at = data.time("interval_begin")?;
        let read = reader.bar(symbol, prices, data.text("volume")?, (start_at, interval))?;
        let bar = Bar { trade_count: data.whole("trades")?, ..read };
        reader.out.messages.push(Message::Forming { symbol, bar, is_past });
        Ok(())
    })
}

/// Whether the venue trades at all: said when a connection opens, and when it changes.
fn on_status(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    for data in message.objects("data")? {
        let status = definitions::state(data?.text("system")?);
        let everything = (0..reader.symbols().count()).map(|symbol| (symbol, status));
        reader.out.statuses.extend(everything);
    }
    Ok(())
}

/// What the venue says of a request.
fn on_answer(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if message.find("success").is_none() {
        // Such as the answer to a ping; one that is only an error has no more than that.
        let is_error = message.find("error").is_some() || message.find("Error").is_some();
        reader.out.messages.extend(is_error.then_some(Message::Refused));
        return Ok(());
    }
    if message.flag("success")? {
        return on_subscribed(message, reader);
    }
    let words = message.text("error")?;
    let symbol = message.find("symbol").map(|_| message.text("symbol")).transpose()?;
    let is_unknown = words.starts_with("Currency pair not");
    let unknown = symbol.filter(|_| is_unknown).and_then(|symbol| reader.find(symbol));
    reader.refused(unknown, words);
    Ok(())
}

/// A subscription to a book says which depth it is of.
fn on_subscribed(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if message.find("result").is_none() || message.text("method")? != "subscribe" {
        return Ok(());
    }
    let result = Fields::of(message.value("result")?)?;
    if result.find("depth").is_none() || result.text("channel")? != "book" {
        return Ok(());
    }
    if let Some(symbol) = reader.find(result.text("symbol")?) {
        let depth = usize::try_from(result.whole("depth")?).map_err(|_| DecodeError::OutOfRange)?;
        reader.out.messages.push(Message::Depth { symbol, depth });
    }
    Ok(())
}
