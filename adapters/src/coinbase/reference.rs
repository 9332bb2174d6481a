//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.
//!
//! They decide what the venue's messages mean; [`super::wire`] is only faster on the layout that the venue sends. They
//! also serve what comes seldom: bars, states of products, refusals, and frames of products whose scales are not known
//! yet.

use fulmar_bus::record::{Bar, InstrumentStatus, Listing, Nanos, Price, Quantity, UnixNanos, WideNumber};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::definitions::listing;
use super::wire::aggressor;
use crate::decode::identity::trade_id;
use crate::decode::json::Fields;
use crate::session::{BookSide, Message, Reader, TradeStream};
use crate::sync::Span;

/// The bars that there are, as we write intervals (documentation, websocket/websocket-channels).
pub const BARS: &[&str] = &["5m"];

/// The length of these bars.
const BAR_INTERVAL: Nanos = Nanos::from_secs(5 * 60);

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let frame = Fields::of(tape.as_value())?;
    let Some(_) = frame.find("channel") else {
        reader.is_no_book();
        if frame.text("type") == Ok("error") {
            reader.out.messages.push(Message::Refused);
        }
        return Ok(());
    };
    let sequence = frame.unsigned("sequence_num")?;
    reader.out.sequence = Some(sequence);
    let channel = frame.text("channel")?;
    if channel == "l2_data" {
        frame.time("timestamp")?;
        return books(&frame, sequence, reader);
    }
    reader.is_no_book();
    match channel {
        "market_trades" => {
            frame.time("timestamp")?;
            each_event(&frame, |event| trades(event, reader))
        }
        "ticker" => {
            let sent_at = frame.time("timestamp")?;
            each_event(&frame, |event| tickers(event, (sequence, sent_at), reader))
        }
        "candles" => each_event(&frame, |event| bars(event, reader)),
        "status" => each_event(&frame, |event| states(event, reader)),
        _ => Ok(()),
    }
}

/// The first symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let frame = Fields::of(tape.as_value()).ok()?;
    let list = match frame.text("channel").ok()? {
        "l2_data" => None,
        "market_trades" => Some("trades"),
        "ticker" => Some("tickers"),
        "candles" => Some("candles"),
        _ => return None,
    };
    let event = frame.objects("events").ok()?.next()?.ok()?;
    match list {
        None => event.text("product_id").ok(),
        Some(list) => event.objects(list).ok()?.next()?.ok()?.text("product_id").ok(),
    }
}

fn each_event<'tape, 'text>(
    frame: &Fields<'tape, 'text>,
    mut take: impl FnMut(&Fields<'tape, 'text>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    frame.objects("events")?.try_for_each(|event| take(&event?))
}

/// What an event is: all there is, or what changed.
fn is_snapshot(event: &Fields<'_, '_>) -> Result<bool, DecodeError> {
    match event.text("type")? {
        "snapshot" => Ok(true),
        "update" => Ok(false),
        _ => Err(DecodeError::UnknownValue),
    }
}

fn books(frame: &Fields<'_, '_>, sequence: u64, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let is_alone = frame.objects("events")?.count() == 1;
    each_event(frame, |event| {
        let product = event.text("product_id")?;
        // Where one of several events cannot be read, none of them is used.
        let found = if is_alone { reader.find_book(product) } else { reader.find(product) };
        found.map_or(Ok(()), |symbol| book(event, symbol, sequence, reader))
    })
}

fn book(
    event: &Fields<'_, '_>,
    symbol: usize,
    sequence: u64,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    let is_snapshot = is_snapshot(event)?;
    let begin = reader.out.mark();
    let mut venue_at = UnixNanos(0);
    for update in event.objects("updates")? {
        let update = update?;
        let side = match update.text("side")? {
            "bid" => BookSide::Bids,
            "offer" => BookSide::Asks,
            _ => return Err(DecodeError::UnknownValue),
        };
        venue_at = venue_at.max(update.time("event_time")?);
        reader.level(symbol, side, update.text("price_level")?, update.text("new_quantity")?)?;
    }
    reader.push_book((symbol, is_snapshot), Span::numbered(sequence), venue_at, begin);
    Ok(())
}

/// The newest comes first; they are told in the order in which they happened. Those of a snapshot were before the
/// subscription.
fn trades(event: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if is_snapshot(event)? {
        return Ok(());
    }
    let begin = reader.out.messages.len();
    for trade in event.objects("trades")? {
        let trade = trade?;
        let Some(symbol) = reader.find(trade.text("product_id")?) else {
            continue;
        };
        let id = trade_id(trade.text("trade_id")?.as_bytes()).ok_or(DecodeError::BadNumber)?;
        let traded = reader.traded(symbol, trade.text("price")?, trade.text("size")?)?;
        let aggressor = aggressor(trade.text("side")?.as_bytes()).ok_or(DecodeError::UnknownValue)?;
        let venue_at = trade.time("time")?;
        reader.out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (id, venue_at));
    }
    reader.out.messages[begin..].reverse();
    Ok(())
}

fn tickers(
    event: &Fields<'_, '_>,
    frame: (u64, UnixNanos),
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    is_snapshot(event)?;
    for ticker in event.objects("tickers")? {
        let ticker = ticker?;
        let Some(symbol) = reader.find(ticker.text("product_id")?) else {
            continue;
        };
        // Tickers in batches have no best prices.
        if ticker.find("best_bid").is_none() {
            continue;
        }
        let mut best = |price, quantity| {
            let [price, quantity] = [ticker.text(price)?, ticker.text(quantity)?].map(or_none);
            reader.standing(symbol, price, quantity)
        };
        let bid = best("best_bid", "best_bid_quantity")?;
        let ask = best("best_ask", "best_ask_quantity")?;
        reader.out.push_top(symbol, [bid, ask], frame);
    }
    Ok(())
}

/// A number, or that of a side on which nobody stands.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "0" } else { text }
}

/// Bars as they form. Those of a snapshot are of the past, and told in the order of their time.
fn bars(event: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let is_past = is_snapshot(event)?;
    let begin = reader.out.messages.len();
    for candle in event.objects("candles")? {
        let candle = candle?;
        let Some(symbol) = reader.find(candle.text("product_id")?) else {
            continue;
        };
        let bar = bar(&candle, symbol, reader)?;
        reader.out.messages.push(Message::Forming { symbol, bar, is_past });
    }
    reader.out.messages[begin..].sort_by_key(|message| match message {
        Message::Forming { bar, .. } => bar.start_at,
        _ => UnixNanos(0),
    });
    Ok(())
}

fn bar(candle: &Fields<'_, '_>, symbol: usize, reader: &mut Reader<'_>) -> Result<Bar, DecodeError> {
    let [open, high, low, close] =
        ["open", "high", "low", "close"].map(|key| reader.price(symbol, candle.text(key)?).map(Price));
    let (open, high, low, close) = (open?, high?, low?, close?);
    let is_bar = low <= open.min(close) && high >= open.max(close);
    /// Later moments do not fit 64 bits of nanoseconds.
    const SECONDS_MAX: u64 = 17_000_000_000;
    let seconds = Some(candle.whole("start")?).filter(|seconds| is_bar && *seconds < SECONDS_MAX);
    Ok(Bar {
        open,
        high,
        low,
        close,
        volume: Quantity(reader.quantity(symbol, candle.text("volume")?)?),
        // The venue says neither.
        notional: WideNumber::default(),
        trade_count: 0,
        start_at: UnixNanos(seconds.ok_or(DecodeError::OutOfRange)? * 1_000_000_000),
        interval: BAR_INTERVAL,
    })
}

/// States of products. One that is not traded is told here first; that it is traded again is only told by the list of
/// products, which knows more reasons why it is not.
fn states(event: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    for product in event.objects("products")? {
        let product = product?;
        let Some(symbol) = reader.find(product.text("id")?) else {
            continue;
        };
        let state = product.text("status")?;
        if listing(state) == Listing::Halted {
            let text = product.text("status_message").ok().filter(|text| !text.is_empty()).unwrap_or(state);
            reader.out.statuses.push((symbol, InstrumentStatus::new(Listing::Halted, text)));
        }
    }
    Ok(())
}
