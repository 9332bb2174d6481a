//! The reference decoders: any valid JSON, fields by key, and the name of whatever is wrong.

use fulmar_bus::record::{Bar, Nanos, Side, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::checksum;
use super::definitions;
use super::market_data::Okx;
use super::streams::BAR_CHANNELS;
use super::symbols::{Market, underlying};
use crate::decode::definition::{notional, status};
use crate::decode::json::Fields;
use crate::decode::level;
use crate::session::{BookSide, Derived, Message, Reader, TradeStream};
use crate::sync::Span;

/// Reads a message.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(venue: &Okx, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let fields = Fields::of(tape.as_value())?;
    if fields.find("event").is_some() {
        reader.is_no_book();
        return event(&fields, reader);
    }
    let channel = channel_in(&fields)?;
    if let Channel::Book(symbol) = channel {
        return book(&fields, symbol, reader);
    }
    reader.is_no_book();
    match channel {
        Channel::Best(symbol) => each(&fields, symbol, reader, best_prices),
        Channel::Ticker(symbol) => each(&fields, symbol, reader, ticker),
        Channel::Trades(stream, symbol) => {
            each(&fields, symbol, reader, |data, symbol, reader| trade(data, (symbol, stream), reader))
        }
        Channel::Mark(symbol) => each(&fields, symbol, reader, mark_price),
        Channel::Funding(symbol) => each(&fields, symbol, reader, funding),
        Channel::Index(index) => index_price(&fields, index, reader),
        Channel::Bars { interval, symbol } => bars(&fields, interval, symbol, reader),
        Channel::Instruments => definitions::read_list(venue, &fields, reader),
        Channel::Status => maintenance(venue, &fields, reader),
        Channel::Book(_) | Channel::Unused => Ok(()),
    }
}

/// The symbol that a message has market data of, whether a session follows it or not.
pub fn symbol_named<'text>(tape: &Tape<'text>) -> Option<&'text str> {
    let fields = Fields::of(tape.as_value()).ok()?;
    match channel_in(&fields).ok().filter(|_| fields.find("event").is_none())? {
        Channel::Book(symbol) | Channel::Best(symbol) | Channel::Ticker(symbol) => Some(symbol),
        Channel::Trades(_, symbol) | Channel::Bars { symbol, .. } => Some(symbol),
        Channel::Mark(symbol) | Channel::Funding(symbol) => Some(symbol),
        Channel::Index(_) | Channel::Instruments | Channel::Status | Channel::Unused => None,
    }
}

/// What a message is about.
enum Channel<'text> {
    Book(&'text str),
    Best(&'text str),
    Ticker(&'text str),
    Trades(TradeStream, &'text str),
    Mark(&'text str),
    Funding(&'text str),
    /// An index, which is no instrument even where one is called the same.
    Index(&'text str),
    Bars {
        interval: Nanos,
        symbol: &'text str,
    },
    Instruments,
    Status,
    Unused,
}

fn channel_in<'text>(fields: &Fields<'_, 'text>) -> Result<Channel<'text>, DecodeError> {
    let Some(arg) = fields.find("arg") else {
        return Ok(Channel::Unused);
    };
    let arg = Fields::of(arg)?;
    let symbol = || arg.text("instId");
    Ok(match arg.text("channel")? {
        "books" => Channel::Book(symbol()?),
        "bbo-tbt" => Channel::Best(symbol()?),
        "tickers" => Channel::Ticker(symbol()?),
        "trades" => Channel::Trades(TradeStream::Aggregate, symbol()?),
        "trades-all" => Channel::Trades(TradeStream::Trade, symbol()?),
        "mark-price" => Channel::Mark(symbol()?),
        "funding-rate" => Channel::Funding(symbol()?),
        "index-tickers" => Channel::Index(symbol()?),
        "instruments" => Channel::Instruments,
        "status" => Channel::Status,
        channel => match BAR_CHANNELS.interval(channel) {
            Some(interval) => Channel::Bars { interval, symbol: symbol()? },
            None => Channel::Unused,
        },
    })
}

/// Has each object of the data read, where the session follows the instrument.
fn each(
    fields: &Fields<'_, '_>,
    symbol: &str,
    reader: &mut Reader<'_>,
    read: impl Fn(&Fields<'_, '_>, usize, &mut Reader<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(symbol) else {
        return Ok(());
    };
    for data in fields.objects("data")? {
        read(&data?, symbol, reader)?;
    }
    Ok(())
}

fn book(fields: &Fields<'_, '_>, symbol: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find_book(symbol) else {
        return Ok(());
    };
    let is_snapshot = fields.one_of("action", [("snapshot", true), ("update", false)])?;
    for data in fields.objects("data")? {
        let data = data?;
        let (span, venue_at) = (span(&data, is_snapshot)?, sent_at(&data)?);
        let begin = reader.out.mark();
        reader.pairs(symbol, BookSide::Bids, &data, "bids")?;
        reader.pairs(symbol, BookSide::Asks, &data, "asks")?;
        reader.push_book((symbol, is_snapshot), span, venue_at, begin);
    }
    Ok(())
}

/// What proves a message of a book: that it names the one before it, a checksum, or both. Recordings from before 2023
/// have the checksum alone, and newer ones one that is zero, which is none.
fn span(data: &Fields<'_, '_>, is_snapshot: bool) -> Result<Span, DecodeError> {
    let checksum = match data.find("checksum") {
        Some(_) => i32::try_from(data.signed("checksum")?).map_err(|_| DecodeError::OutOfRange)?,
        None => 0,
    };
    let checksum = checksum::said(checksum);
    let is_numbered = data.find("seqId").is_some() || data.find("prevSeqId").is_some();
    if !is_numbered && checksum.is_some() {
        return Ok(Span { checksum, ..Span::default() });
    }
    let last = data.unsigned("seqId")?;
    // Of a snapshot it is -1, which names none.
    let previous = if is_snapshot { 0 } else { data.unsigned("prevSeqId")? };
    Ok(Span { first: last, last, previous, checksum })
}

fn sent_at(data: &Fields<'_, '_>) -> Result<UnixNanos, DecodeError> {
    data.whole("ts").map(UnixNanos::from_millis)
}

fn best_prices(data: &Fields<'_, '_>, symbol: usize, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let mut best = |key: &str| {
        let mut best = None;
        data.each_pair(key, |price, quantity| {
            let standing = reader.standing(symbol, price, quantity)?;
            best.get_or_insert(standing);
            Ok(())
        })?;
        Ok(best.unwrap_or(level(0, 0)))
    };
    let (bid, ask) = (best("bids")?, best("asks")?);
    reader.out.push_top(symbol, [bid, ask], (data.unsigned("seqId")?, sent_at(data)?));
    Ok(())
}

/// The venue's ticker, which is not subscribed to: it tells the best prices later than their own channel. Recordings
/// have it.
fn ticker(data: &Fields<'_, '_>, symbol: usize, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let mut side = |price: &str, quantity: &str| {
        let text = |key: &str| Ok(data.text_if_any(key)?.unwrap_or("0"));
        reader.standing(symbol, text(price)?, text(quantity)?)
    };
    let (bid, ask) = (side("bidPx", "bidSz")?, side("askPx", "askSz")?);
    reader.out.push_top(symbol, [bid, ask], (0, sent_at(data)?));
    Ok(())
}

/// A trade, of which the venue says what its taker did. Where a message has several, they are taken to be in the order
/// they happened, which the documentation does not say.
fn trade(
    data: &Fields<'_, '_>,
    (symbol, stream): (usize, TradeStream),
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    let traded = reader.traded(symbol, data.text("px")?, data.text("sz")?)?;
    let side = data.one_of("side", [("buy", Side::Buy), ("sell", Side::Sell)])?;
    let (trade_id, venue_at) = (data.whole("tradeId")?, sent_at(data)?);
    reader.out.push_trade((symbol, stream), traded, side, (trade_id, venue_at));
    Ok(())
}

fn mark_price(data: &Fields<'_, '_>, symbol: usize, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let mark = Some(reader.computed_price(data.text("markPx")?)?);
    reader.push_derived(symbol, Derived { mark, venue_at: sent_at(data)?, ..Derived::default() });
    Ok(())
}

/// The rate that is due next, and the moments of that payment and of the one after it.
fn funding(data: &Fields<'_, '_>, symbol: usize, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let at = |key| data.whole_if_any(key).map(|millis| millis.map(UnixNanos::from_millis));
    let (next_at, after_next_at) = (at("fundingTime")?, at("nextFundingTime")?);
    let interval = next_at.zip(after_next_at).map(|(next_at, after)| after.since(next_at));
    let derived = Derived {
        rate: Some(reader.funding_rate(data.text("fundingRate")?)?),
        interval: interval.filter(|interval| interval.0 > 0),
        next_at,
        venue_at: at("ts")?.unwrap_or(UnixNanos(0)),
        ..Derived::default()
    };
    reader.push_derived(symbol, derived);
    Ok(())
}

/// The price of an index, which lies beneath every derivative of its pair.
fn index_price(fields: &Fields<'_, '_>, index: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    for data in fields.objects("data")? {
        let data = data?;
        let price = Some(reader.computed_price(data.text("idxPx")?)?);
        let derived = Derived { index: price, venue_at: sent_at(&data)?, ..Derived::default() };
        for symbol in 0..reader.symbols().count() {
            if underlying(reader.symbols().symbol(symbol)) == Some(index) {
                reader.push_derived(symbol, derived);
            }
        }
    }
    Ok(())
}

/// Bars; of those that are still open nothing is told.
fn bars(
    fields: &Fields<'_, '_>,
    interval: Nanos,
    symbol: &str,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    let Some(symbol) = reader.find(symbol) else {
        return Ok(());
    };
    let is_spot = Market::of(reader.symbols().symbol(symbol)) == Market::Spot;
    for row in fields.rows("data")? {
        let [start_ms, open, high, low, close, volume, _, turnover, is_closed, ..] = row[..] else {
            return Err(DecodeError::Malformed);
        };
        if is_closed != "1" {
            continue;
        }
        let start_at = UnixNanos::from_millis(start_ms.parse().map_err(|_| DecodeError::BadNumber)?);
        let read = reader.bar(symbol, [open, high, low, close], volume, (start_at, interval))?;
        // Of contracts the turnover is no sum of price times quantity. One that does not fit is not said either.
        let scales = reader.symbols().scales(symbol).filter(|_| is_spot);
        let turnover = scales.and_then(|scales| notional(turnover, scales).ok());
        let bar = Bar { notional: turnover.unwrap_or_default(), ..read };
        reader.out.messages.push(Message::Bar { symbol, bar });
    }
    Ok(())
}

/// Maintenance of a market halts its instruments until it is over. One that is halted for another reason as well may so
/// be told as listed too early, until the venue tells its state again; orders of it are then refused by the venue.
fn maintenance(venue: &Okx, fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    for data in fields.objects("data")? {
        let data = data?;
        let is_traded = match data.text("state")? {
            "ongoing" => false,
            "completed" | "canceled" => true,
            _ => continue,
        };
        let is_of_us = data.text_if_any("env")?.is_none_or(|environment| environment == venue.environment());
        let service = data.text("serviceType")?;
        let title = data.text_if_any("title")?.unwrap_or("maintenance");
        let symbols = reader.symbols();
        let is_concerned = |place: &usize| is_of_us && concerns(service, Market::of(symbols.symbol(*place)));
        let statuses = (0..symbols.count()).filter(is_concerned);
        reader.out.statuses.extend(statuses.map(|place| (place, status(is_traded, title))));
    }
    Ok(())
}

/// Whether what the venue calls a service is the trading of this market.
fn concerns(service: &str, market: Market) -> bool {
    /// All trading of unified accounts, which is what there is.
    const TRADING: &str = "5";
    let own = match market {
        Market::Spot => "1",
        Market::Future => "2",
        Market::Swap => "3",
    };
    service == own || service == TRADING
}

/// What the venue says of requests and of the connection.
fn event(fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    /// The connection will be closed for an upgrade.
    const UPGRADE: &str = "64008";
    match fields.text("event")? {
        "notice" if fields.text("code")? == UPGRADE => reader.out.messages.push(Message::Closing),
        "error" => {
            let words = fields.text_if_any("msg")?.unwrap_or_default();
            let unknown = unknown_book(words).and_then(|symbol| reader.find(symbol));
            reader.refused(unknown, words);
        }
        "channel-conn-count-error" => reader.out.messages.push(Message::Refused),
        _ => {}
    }
    Ok(())
}

/// The symbol whose book the venue says does not exist: `Wrong URL or channel:books,instId:X doesn't exist.` Every
/// instrument has a book, but not every one has each of the other channels, and an index may be called like an
/// instrument: so their refusal says nothing of the instrument.
fn unknown_book(words: &str) -> Option<&str> {
    let (_, named) = words.split_once("channel:books,")?;
    let (symbol, rest) = named.trim_start().strip_prefix("instId:")?.split_once(' ')?;
    rest.starts_with("doesn't exist").then_some(symbol)
}
