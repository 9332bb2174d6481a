//! Which channels a session subscribes to, and over which connections.

use super::limits::{ARGUMENT_BYTES_MAX, BARS_PER_CONNECTION, BOOKS_PER_CONNECTION, MESSAGE_BURST};
use super::market_data::Okx;
use super::symbols::{Market, underlying};
use crate::session::{BarNames, InstrumentConfig, Line, batches, lines_of};

/// The bars that the venue makes, and its channels of them. Those that it aligns to its own time zone it has a second
/// time, aligned to UTC.
pub const BAR_CHANNELS: BarNames<11> = BarNames([
    ("1m", "candle1m"),
    ("3m", "candle3m"),
    ("5m", "candle5m"),
    ("15m", "candle15m"),
    ("30m", "candle30m"),
    ("1h", "candle1H"),
    ("2h", "candle2H"),
    ("4h", "candle4H"),
    ("6h", "candle6Hutc"),
    ("12h", "candle12Hutc"),
    ("1d", "candle1Dutc"),
]);

/// The connections that these instruments need: some with books and all that belongs to them, the first of which also
/// tells of the venue itself; and, where bars are asked for, some at another address with these alone.
pub fn plan(venue: &Okx, instruments: &[InstrumentConfig]) -> Vec<Line> {
    let mut of_venue = Some(request("subscribe", &of_venue(instruments)));
    let each = (&*venue.stream_url("public"), BOOKS_PER_CONNECTION);
    let mut lines = lines_of(instruments, each, |symbols| {
        let mut subscriptions: Vec<String> =
            symbols.iter().map(|symbol| request("subscribe", &channels(symbol))).collect();
        subscriptions.extend(of_venue.take());
        let indexes = indexes(symbols);
        let groups = batches(&indexes, 1, (usize::MAX, ARGUMENT_BYTES_MAX));
        subscriptions.extend(groups.into_iter().map(|some| request("subscribe", some)));
        subscriptions
    });
    let bars: Vec<&str> = venue.bars().iter().filter_map(|bar| BAR_CHANNELS.name(bar)).collect();
    for some in instruments.chunks(BARS_PER_CONNECTION).filter(|_| !bars.is_empty()) {
        let arguments =
            |symbol: &str| -> Vec<String> { bars.iter().map(|channel| of_symbol(channel, symbol)).collect() };
        let subscriptions = some.iter().map(|one| request("subscribe", &arguments(&one.symbol))).collect();
        lines.push(Line::new(venue.stream_url("business"), subscriptions, Vec::new()));
    }
    lines.into_iter().map(|line| line.with_message_burst(MESSAGE_BURST)).collect()
}

/// What asks for a book's snapshot: that its channel begins anew.
pub fn book_anew(symbol: &str) -> [String; 2] {
    ["unsubscribe", "subscribe"].map(|operation| request(operation, &[of_symbol(BOOK, symbol)]))
}

/// What subscribes to the other channels of an instrument.
pub fn others_anew(symbol: &str) -> String {
    request("subscribe", &channels(symbol)[1..])
}

/// The book of 400 levels, the deepest that needs no login.
const BOOK: &str = "books";

/// The channels of one instrument, its book first, since that takes longest. They stand in a subscription of their own:
/// it is not documented whether one argument that is refused takes the others with it.
fn channels(symbol: &str) -> Vec<String> {
    let channels: &[&str] = match Market::of(symbol) {
        Market::Spot => &[BOOK, "bbo-tbt", "trades"],
        Market::Swap => &[BOOK, "bbo-tbt", "trades", "mark-price", "funding-rate"],
        Market::Future => &[BOOK, "bbo-tbt", "trades", "mark-price"],
    };
    channels.iter().map(|channel| of_symbol(channel, symbol)).collect()
}

/// The indexes that lie beneath these symbols, each once.
fn indexes(symbols: &[&str]) -> Vec<String> {
    let mut indexes: Vec<&str> = symbols.iter().filter_map(|symbol| underlying(symbol)).collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes.into_iter().map(|index| of_symbol("index-tickers", index)).collect()
}

/// What the venue tells of itself and of its markets.
fn of_venue(instruments: &[InstrumentConfig]) -> Vec<String> {
    let is_used =
        |market: &Market| instruments.iter().any(|instrument| Market::of(&instrument.symbol) == *market);
    let lists = Market::ALL.into_iter().filter(is_used);
    let list =
        |market: Market| format!(r#"{{"channel":"instruments","instType":"{}"}}"#, market.instrument_type());
    let status = r#"{"channel":"status"}"#.to_owned();
    std::iter::once(status).chain(lists.map(list)).collect()
}

fn of_symbol(channel: &str, symbol: &str) -> String {
    format!(r#"{{"channel":"{channel}","instId":"{symbol}"}}"#)
}

fn request(operation: &str, arguments: &[String]) -> String {
    format!(r#"{{"op":"{operation}","args":[{}]}}"#, arguments.join(","))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::InstrumentId;

    use super::*;
    use crate::session::VenueSettings;

    fn planned(symbols: &[&str], bars: &[&str]) -> Vec<Line> {
        let bars = bars.iter().map(|bar| (*bar).to_owned()).collect();
        let venue = Okx::new(&VenueSettings { bars, ..VenueSettings::default() });
        let instruments: Vec<_> = symbols
            .iter()
            .zip(0..)
            .map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id)))
            .collect();
        plan(&venue, &instruments)
    }

    #[test]
    fn an_instrument_is_subscribed_to_by_itself_and_the_indexes_once() {
        let lines = planned(&["BTC-USDT", "BTC-USDT-SWAP", "BTC-USDT-261030"], &[]);
        assert_eq!((lines.len(), lines[0].url.as_str()), (1, "wss://ws.okx.com:8443/ws/v5/public"));
        let [spot, swap, future, venue, indexes] = &lines[0].subscriptions[..] else {
            panic!("{:?}", lines[0].subscriptions)
        };
        let first =
            r#"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"},{"channel":"bbo-tbt","#;
        assert!(spot.starts_with(first) && !spot.contains("mark-price"), "{spot}");
        assert!(swap.contains(r#"{"channel":"funding-rate","instId":"BTC-USDT-SWAP"}"#), "{swap}");
        assert!(future.contains("mark-price") && !future.contains("funding-rate"), "{future}");
        let lists = r#""args":[{"channel":"status"},{"channel":"instruments","instType":"SPOT"},{"channel":"instruments","instType":"SWAP"}"#;
        assert!(venue.contains(lists), "{venue}");
        let index = r#"{"op":"subscribe","args":[{"channel":"index-tickers","instId":"BTC-USDT"}]}"#;
        assert_eq!(indexes, index);
    }

    #[test]
    fn bars_are_asked_for_at_their_own_address_and_aligned_to_utc() {
        let lines = planned(&["BTC-USDT"], &["1m", "1d"]);
        assert_eq!((lines.len(), lines[1].url.as_str()), (2, "wss://ws.okx.com:8443/ws/v5/business"));
        let bars = r#"{"op":"subscribe","args":[{"channel":"candle1m","instId":"BTC-USDT"},{"channel":"candle1Dutc","instId":"BTC-USDT"}]}"#;
        assert_eq!(lines[1].subscriptions, [bars]);
        assert!(lines[1].books.is_empty());
        assert!(BAR_CHANNELS.0.iter().all(|(bar, channel)| {
            channel.to_lowercase().trim_end_matches("utc") == format!("candle{bar}")
        }));
    }

    #[test]
    fn many_instruments_are_split_over_connections_within_the_burst() {
        let symbols: Vec<String> = (0..500).map(|n| format!("COIN{n}-USDT-SWAP")).collect();
        let symbols: Vec<&str> = symbols.iter().map(String::as_str).collect();
        let lines = planned(&symbols, &BAR_CHANNELS.ours());
        assert_eq!(lines.len(), 20 + 7);
        assert_eq!(lines.iter().map(|line| line.books.len()).sum::<usize>(), 500);
        assert!(lines.iter().all(|line| line.subscriptions.len() <= MESSAGE_BURST as usize));
    }
}
