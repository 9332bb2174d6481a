//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.

use fulmar_bus::record::{Nanos, Side, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::wire;
use crate::decode::identity::trade_id;
use crate::decode::json::Fields;
use crate::session::{BarNames, BookSide, Derived, Message, Reader, TradeStream};
use crate::sync::Span;

/// The bars that the venue makes, and what it calls them.
pub const BAR_NAMES: BarNames<11> = BarNames([
    ("1m", "1"),
    ("3m", "3"),
    ("5m", "5"),
    ("15m", "15"),
    ("30m", "30"),
    ("1h", "60"),
    ("2h", "120"),
    ("4h", "240"),
    ("6h", "360"),
    ("12h", "720"),
    ("1d", "D"),
]);

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let fields = Fields::of(tape.as_value())?;
    let Some(topic) = topic_in(&fields)? else {
        reader.is_no_book();
        return on_answer(&fields, reader);
    };
    match topic {
        Topic::Book { depth: 1, symbol } => best_prices(&fields, symbol, reader),
        Topic::Book { symbol, .. } => book(&fields, symbol, reader),
        Topic::Trades(symbol) => trades(&fields, symbol, reader),
        Topic::Ticker(symbol) => ticker(&fields, symbol, reader),
        Topic::Bar { interval, symbol } => bars(&fields, interval, symbol, reader),
        Topic::Unused => {
            reader.is_no_book();
            Ok(())
        }
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    match topic_in(&Fields::of(tape.as_value()).ok()?).ok()?? {
        Topic::Book { symbol, .. } | Topic::Trades(symbol) => Some(symbol),
        Topic::Ticker(_) | Topic::Bar { .. } | Topic::Unused => None,
    }
}

/// What a message is about.
enum Topic<'text> {
    Book { depth: u64, symbol: &'text str },
    Trades(&'text str),
    Ticker(&'text str),
    Bar { interval: Nanos, symbol: &'text str },
    Unused,
}

/// The topic of a message; none where it has none, as answers to requests.
fn topic_in<'text>(fields: &Fields<'_, 'text>) -> Result<Option<Topic<'text>>, DecodeError> {
    if fields.find("topic").is_none() {
        return Ok(None);
    }
    let topic = fields.text("topic")?;
    let mut parts = topic.splitn(3, '.');
    let parts = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    Ok(Some(match parts {
        ("orderbook", Some(depth), Some(symbol)) => match depth.parse() {
            Ok(depth) => Topic::Book { depth, symbol },
            Err(_) => Topic::Unused,
        },
        ("publicTrade", Some(symbol), None) => Topic::Trades(symbol),
        ("tickers", Some(symbol), None) => Topic::Ticker(symbol),
        ("kline", Some(name), Some(symbol)) => {
            BAR_NAMES.interval(name).map_or(Topic::Unused, |interval| Topic::Bar { interval, symbol })
        }
        _ => Topic::Unused,
    }))
}

/// Whether the data are all that there is.
fn is_snapshot(fields: &Fields<'_, '_>) -> Result<bool, DecodeError> {
    fields.one_of("type", [("snapshot", true), ("delta", false)])
}

/// When the matching engine made it, or else when it was sent.
fn venue_at(fields: &Fields<'_, '_>) -> Result<UnixNanos, DecodeError> {
    let key = if fields.find("cts").is_some() { "cts" } else { "ts" };
    fields.unsigned(key).map(UnixNanos::from_millis)
}

fn book(fields: &Fields<'_, '_>, symbol: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(symbol) else {
        return Ok(());
    };
    let data = Fields::of(fields.value("data")?)?;
    if reader.find(data.text("s")?) != Some(symbol) {
        return Err(DecodeError::UnknownValue);
    }
    let span = Span::numbered(data.unsigned("u")?);
    let begin = reader.out.mark();
    reader.pairs(symbol, BookSide::Bids, &data, "b")?;
    reader.pairs(symbol, BookSide::Asks, &data, "a")?;
    reader.push_book((symbol, is_snapshot(fields)?), span, venue_at(fields)?, begin);
    reader.out.number_book(data.unsigned("seq")?);
    Ok(())
}

/// The book of one level. Changes of it alone say nothing of the other side, and are not used.
fn best_prices(fields: &Fields<'_, '_>, symbol: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(symbol).filter(|_| is_snapshot(fields) != Ok(false)) else {
        return Ok(());
    };
    let data = Fields::of(fields.value("data")?)?;
    if reader.find(data.text("s")?) != Some(symbol) {
        return Err(DecodeError::UnknownValue);
    }
    reader.pairs(symbol, BookSide::Bids, &data, "b")?;
    reader.pairs(symbol, BookSide::Asks, &data, "a")?;
    data.unsigned("u")?;
    let sequence = data.unsigned("seq")?;
    let is_snapshot = is_snapshot(fields)?;
    wire::top((symbol, is_snapshot), sequence, venue_at(fields)?, reader.out).ok_or(DecodeError::OutOfRange)
}

fn trades(fields: &Fields<'_, '_>, symbol: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(symbol) else {
        return Ok(());
    };
    for trade in fields.objects("data")? {
        let trade = trade?;
        if reader.find(trade.text("s")?) != Some(symbol) {
            return Err(DecodeError::UnknownValue);
        }
        if trade.find("BT").is_some() && trade.flag("BT")? {
            // A block trade was not made in the book.
            continue;
        }
        let traded = reader.traded(symbol, trade.text("p")?, trade.text("v")?)?;
        let id = trade_id(trade.text("i")?.as_bytes()).ok_or(DecodeError::BadNumber)?;
        let side = trade.one_of("S", [("Buy", Side::Buy), ("Sell", Side::Sell)])?;
        let venue_at = UnixNanos::from_millis(trade.unsigned("T")?);
        reader.out.push_trade((symbol, TradeStream::Trade), traded, side, (id, venue_at));
    }
    Ok(())
}

/// Mark price, index price and funding, of which a change alone may be said.
fn ticker(fields: &Fields<'_, '_>, symbol: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(symbol) else {
        return Ok(());
    };
    let data = Fields::of(fields.value("data")?)?;
    // A dated future has no funding, and says so by an empty text.
    let text = |key| data.text_if_any(key);
    let hours = data.whole_if_any("fundingIntervalHour")?;
    let next_at = data.whole_if_any("nextFundingTime")?;
    let derived = Derived {
        mark: text("markPrice")?.map(|text| reader.computed_price(text)).transpose()?,
        index: text("indexPrice")?.map(|text| reader.computed_price(text)).transpose()?,
        rate: text("fundingRate")?.map(|text| reader.funding_rate(text)).transpose()?,
        interval: hours.map(|hours| Nanos::from_secs(hours.saturating_mul(3_600))),
        next_at: next_at.filter(|millis| *millis > 0).map(UnixNanos::from_millis),
        venue_at: fields.unsigned("ts").map(UnixNanos::from_millis)?,
    };
    reader.push_derived(symbol, derived);
    Ok(())
}

/// Bars; of those that are still open nothing is told.
fn bars(
    fields: &Fields<'_, '_>,
    interval: Nanos,
    symbol: &str,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    reader.is_no_book();
    let Some(symbol) = reader.find(symbol) else {
        return Ok(());
    };
    for bar in fields.objects("data")? {
        let bar = bar?;
        if !bar.flag("confirm")? {
            continue;
        }
        let prices = [bar.text("open")?, bar.text("high")?, bar.text("low")?, bar.text("close")?];
        let start_at = UnixNanos::from_millis(bar.unsigned("start")?);
        let bar = reader.bar(symbol, prices, bar.text("volume")?, (start_at, interval))?;
        reader.out.messages.push(Message::Bar { symbol, bar });
    }
    Ok(())
}

/// What the venue says of a subscription.
fn on_answer(fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if fields.find("success").is_none() || fields.flag("success")? {
        return Ok(());
    }
    let words = fields.text("ret_msg")?;
    // What is subscribed to already, or asked for too often, is known to the venue all the same.
    let is_unknown = ["handler not found", "nvalid symbol"].iter().any(|reason| words.contains(reason));
    let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
    let named = words.split(|sign| !is_of_name(sign)).find_map(|word| reader.find(word));
    reader.refused(named.filter(|_| is_unknown), words);
    Ok(())
}
