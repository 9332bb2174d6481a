//! Which streams a session subscribes to, and over which connections.

use std::fmt::Write as _;

use fulmar_engine::contract::Connection;

use super::config::{BinanceConfig, InstrumentConfig, TradeStream};
use super::limits::{STREAMS_MAX, STREAMS_PER_MESSAGE, URL_BYTES_MAX};

/// A connection and what it carries.
pub struct PlannedConnection {
    /// Its index and URL.
    pub connection: Connection,
    /// Messages to send once it is open; none where the URL names all streams.
    pub subscriptions: Vec<String>,
    /// Places in the session of the instruments whose book it carries.
    pub books: Vec<usize>,
}

/// The connections that the configuration needs, in the order of their index.
///
/// # Panics
/// Where there would be more than 256: instruments are far fewer.
pub fn plan(config: &BinanceConfig) -> Vec<PlannedConnection> {
    let is_shared = config.book_path == config.trade_path;
    let books = |instrument: &InstrumentConfig| {
        let mut streams = vec![
            format!("{}@depth{}", instrument.symbol.to_lowercase(), config.depth_speed),
            format!("{}@bookTicker", instrument.symbol.to_lowercase()),
        ];
        streams.extend(is_shared.then(|| trades(config, instrument)));
        streams
    };
    let mut planned = Vec::new();
    let places: Vec<usize> = (0..config.instruments.len()).collect();
    for some in places.chunks(STREAMS_MAX / if is_shared { 3 } else { 2 }) {
        let streams = some.iter().flat_map(|place| books(&config.instruments[*place])).collect();
        planned.push(connect(planned.len(), &config.stream_url, &config.book_path, streams, some.to_vec()));
    }
    if !is_shared {
        for some in config.instruments.chunks(STREAMS_MAX) {
            let streams = some.iter().map(|instrument| trades(config, instrument)).collect();
            planned.push(connect(planned.len(), &config.stream_url, &config.trade_path, streams, Vec::new()));
        }
    }
    planned
}

fn trades(config: &BinanceConfig, instrument: &InstrumentConfig) -> String {
    let stream = match config.trade_stream {
        TradeStream::Trade => "trade",
        TradeStream::Aggregate => "aggTrade",
    };
    format!("{}@{stream}", instrument.symbol.to_lowercase())
}

fn connect(
    index: usize,
    host: &str,
    path: &str,
    streams: Vec<String>,
    books: Vec<usize>,
) -> PlannedConnection {
    let index = u8::try_from(index).expect("connections are few");
    let url = format!("{host}{path}/stream?streams={}", streams.join("/"));
    if url.len() <= URL_BYTES_MAX {
        return PlannedConnection { connection: Connection { index, url }, subscriptions: Vec::new(), books };
    }
    let url = format!("{host}{path}/stream");
    let subscriptions = streams.chunks(STREAMS_PER_MESSAGE).zip(1..).map(|(some, id)| subscribe(some, id));
    PlannedConnection { connection: Connection { index, url }, subscriptions: subscriptions.collect(), books }
}

fn subscribe(streams: &[String], id: u32) -> String {
    let mut message = String::from("{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (place, stream) in streams.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(message, "{comma}\"{stream}\"").expect("a String takes all text");
    }
    write!(message, "],\"id\":{id}}}").expect("a String takes all text");
    message
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{InstrumentId, Request};

    use super::super::config::Product;
    use super::*;

    fn config(product: Product, count: u32) -> BinanceConfig {
        let mut config = BinanceConfig::production(product);
        config.instruments =
            (0..count).map(|n| InstrumentConfig::new(&format!("COIN{n}USDT"), InstrumentId(n))).collect();
        config
    }

    #[test]
    fn spot_takes_one_connection_with_everything_in_its_url() {
        let planned = plan(&config(Product::Spot, 1));
        let url = "wss://stream.binance.com:9443/stream?streams=coin0usdt@depth@100ms/coin0usdt@bookTicker/coin0usdt@trade";
        assert_eq!(planned[0].connection, Connection { index: 0, url: url.to_owned() });
        assert_eq!((planned.len(), &planned[0].books), (1, &vec![0]));
    }

    #[test]
    fn futures_take_books_and_trades_from_two_paths() {
        let planned = plan(&config(Product::UsdMargined, 1));
        let urls: Vec<_> = planned.iter().map(|planned| planned.connection.url.as_str()).collect();
        let books =
            "wss://fstream.binance.com/public/stream?streams=coin0usdt@depth@100ms/coin0usdt@bookTicker";
        let trades = "wss://fstream.binance.com/market/stream?streams=coin0usdt@aggTrade";
        assert_eq!(urls, [books, trades]);
        assert!(planned[1].books.is_empty(), "losing the trades does not touch a book");
    }

    #[test]
    fn many_streams_are_subscribed_by_messages_and_split_over_connections() {
        let planned = plan(&config(Product::Spot, 400));
        assert_eq!(planned.len(), 2);
        assert_eq!(planned.iter().map(|planned| planned.books.len()).sum::<usize>(), 400);
        assert_eq!(planned[0].connection.url, "wss://stream.binance.com:9443/stream");
        assert!(planned[0].subscriptions.iter().all(|message| message.len() <= Request::BYTES_MAX));
        assert!(planned[0].subscriptions[1].starts_with("{\"method\":\"SUBSCRIBE\",\"params\":[\"coin"));
        assert!(planned[0].subscriptions[1].ends_with("],\"id\":2}"));
    }
}
