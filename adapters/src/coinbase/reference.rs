//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.
//!
//! They decide what the venue's messages mean; [`super::wire`] is only faster on the layout that the venue sends. They
//! also serve what comes seldom: bars, states of products, refusals, and frames of products whose scales are not known
//! yet.

use fulmar_bus::record::{Nanos, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::definitions::is_traded;
use super::wire::NamedSide;
use crate::decode::definition::status;
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
pub fn read(named: NamedSide, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
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
        return reader.each_book(&frame, ["events", "product_id"], |event, symbol, reader| {
            book(event, symbol, sequence, reader)
        });
    }
    reader.is_no_book();
    match channel {
        "market_trades" => {
            frame.time("timestamp")?;
            each_event(&frame, |event| trades(event, named, reader))
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
    event.one_of("type", [("snapshot", true), ("update", false)])
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
        let side = update.one_of("side", [("bid", BookSide::Bids), ("offer", BookSide::Asks)])?;
        venue_at = venue_at.max(update.time("event_time")?);
        reader.level(symbol, side, update.text("price_level")?, update.text("new_quantity")?)?;
    }
    reader.push_book((symbol, is_snapshot), Span::numbered(sequence), venue_at, begin);
    Ok(())
}

/// The newest comes first; they are told in the order in which they happened. Those of a snapshot were before the
/// subscription.
fn trades(event: &Fields<'_, '_>, named: NamedSide, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if is_snapshot(event)? {
        return Ok(());
    }
    let begin = reader.out.messages.len();
    reader.each_followed(event, ["trades", "product_id"], |trade, symbol, reader| {
        let id = trade_id(trade.text("trade_id")?.as_bytes()).ok_or(DecodeError::BadNumber)?;
        let traded = reader.traded(symbol, trade.text("price")?, trade.text("size")?)?;
        let aggressor = named.aggressor(trade.text("side")?.as_bytes()).ok_or(DecodeError::UnknownValue)?;
        let venue_at = trade.time("time")?;
        reader.out.push_trade((symbol, TradeStream::Trade), traded, aggressor, (id, venue_at));
        Ok(())
    })?;
    reader.out.messages[begin..].reverse();
    Ok(())
}

fn tickers(
    event: &Fields<'_, '_>,
    frame: (u64, UnixNanos),
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    is_snapshot(event)?;
    reader.each_followed(event, ["tickers", "product_id"], |ticker, symbol, reader| {
        // Tickers in batches have no best prices.
        if ticker.find("best_bid").is_none() {
            return Ok(());
        }
        let mut best = |price, quantity| {
            let [price, quantity] = [ticker.text(price)?, ticker.text(quantity)?].map(or_none);
            reader.standing(symbol, price, quantity)
        };
        let bid = best("best_bid", "best_bid_quantity")?;
        let ask = best("best_ask", "best_ask_quantity")?;
        reader.out.push_top(symbol, [bid, ask], frame);
        Ok(())
    })
}

/// A number, or that of a side on which nobody stands.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "0" } else { text }
}

/// Bars as they form. Those of a snapshot are of the past, and told in the order of their time.
fn bars(event: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    /// Later moments do not fit 64 bits of nanoseconds.
    const SECONDS_MAX: u64 = 17_000_000_000;
    let is_past = is_snapshot(event)?;
    let begin = reader.out.messages.len();
    reader.each_followed(event, ["candles", "product_id"], |candle, symbol, reader| {
        let prices = [candle.text("open")?, candle.text("high")?, candle.text("low")?, candle.text("close")?];
        let seconds = Some(candle.whole("start")?).filter(|seconds| *seconds < SECONDS_MAX);
        let start_at = UnixNanos(seconds.ok_or(DecodeError::OutOfRange)? * 1_000_000_000);
        let bar = reader.bar(symbol, prices, candle.text("volume")?, (start_at, BAR_INTERVAL))?;
        reader.out.messages.push(Message::Forming { symbol, bar, is_past });
        Ok(())
    })?;
    reader.out.messages[begin..].sort_by_key(|message| match message {
        Message::Forming { bar, .. } => bar.start_at,
        _ => UnixNanos(0),
    });
    Ok(())
}

/// States of products. One that is not traded is told here first; that it is traded again is only told by the list of
/// products, which knows more reasons why it is not.
fn states(event: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.each_followed(event, ["products", "id"], |product, symbol, reader| {
        let state = product.text("status")?;
        if !is_traded(state) {
            let text = product.text("status_message").ok().filter(|text| !text.is_empty()).unwrap_or(state);
            reader.out.statuses.push((symbol, status(false, text)));
        }
        Ok(())
    })
}
