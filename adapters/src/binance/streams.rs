//! Which streams a session subscribes to, and over which connections.

use super::config::BinanceConfig;
use super::limits::{STREAMS_PER_MESSAGE, URL_BYTES_MAX};
use crate::session::{InstrumentConfig, Line, TradeStream, quoted_list};

/// The connections that the configuration needs, in the order of their index.
pub fn plan(config: &BinanceConfig, instruments: &[InstrumentConfig]) -> Vec<Line> {
    let is_shared = config.book_path == config.trade_path;
    let places: Vec<usize> = (0..instruments.len()).collect();
    let mut lines = Vec::new();
    let of_books = |place: &usize| -> Vec<String> {
        let instrument = &instruments[*place];
        let mut streams = books(config, instrument);
        streams.extend(is_shared.then(|| trades(config, instrument)).into_iter().flatten());
        streams
    };
    let of_trades = |place: &usize| trades(config, &instruments[*place]);
    lines.extend(
        split(config, &places, of_books)
            .into_iter()
            .map(|(some, streams)| connect(&config.stream_url, &config.book_path, &streams, some)),
    );
    if !is_shared {
        lines.extend(
            split(config, &places, of_trades)
                .into_iter()
                .map(|(_, streams)| connect(&config.stream_url, &config.trade_path, &streams, Vec::new())),
        );
    }
    lines
}

/// The instruments in groups whose streams fit one connection, with these streams.
fn split(
    config: &BinanceConfig,
    places: &[usize],
    streams_of: impl Fn(&usize) -> Vec<String>,
) -> Vec<(Vec<usize>, Vec<String>)> {
    let streams_each = places.first().map_or(1, |place| streams_of(place).len());
    let groups = places.chunks(config.streams_per_connection / streams_each);
    groups.map(|some| (some.to_vec(), some.iter().flat_map(&streams_of).collect())).collect()
}

/// What has the stream of a book end and begin.
pub fn book_anew(config: &BinanceConfig, symbol: &str) -> [String; 2] {
    ["UNSUBSCRIBE", "SUBSCRIBE"].map(|method| request(method, &[book(config, symbol)], 0))
}

fn book(config: &BinanceConfig, symbol: &str) -> String {
    format!("{}@depth{}", symbol.to_lowercase(), config.depth_speed)
}

fn books(config: &BinanceConfig, instrument: &InstrumentConfig) -> Vec<String> {
    let symbol = &instrument.symbol;
    vec![book(config, symbol), format!("{}@bookTicker", symbol.to_lowercase())]
}

/// Trades, and what comes no faster than they do.
fn trades(config: &BinanceConfig, instrument: &InstrumentConfig) -> Vec<String> {
    let symbol = instrument.symbol.to_lowercase();
    let stream = match config.trade_stream {
        TradeStream::Trade => "trade",
        TradeStream::Aggregate => "aggTrade",
    };
    let mut streams = vec![format!("{symbol}@{stream}")];
    streams.extend(config.product.is_futures().then(|| format!("{symbol}@markPrice@1s")));
    streams.extend(config.bars.iter().map(|bar| format!("{symbol}@kline_{bar}")));
    streams
}

fn connect(host: &str, path: &str, streams: &[String], books: Vec<usize>) -> Line {
    let url = format!("{host}{path}/stream?streams={}", streams.join("/"));
    if url.len() <= URL_BYTES_MAX {
        return Line::new(url, Vec::new(), books);
    }
    let subscriptions =
        streams.chunks(STREAMS_PER_MESSAGE).zip(1..).map(|(some, id)| request("SUBSCRIBE", some, id));
    Line::new(format!("{host}{path}/stream"), subscriptions.collect(), books)
}

fn request(method: &str, streams: &[String], id: u32) -> String {
    format!(r#"{{"method":"{method}","params":[{}],"id":{id}}}"#, quoted_list(streams))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{InstrumentId, Request};

    use super::super::config::Product;
    use super::*;

    fn planned(product: Product, count: u32) -> Vec<Line> {
        let instruments: Vec<_> =
            (0..count).map(|n| InstrumentConfig::new(&format!("COIN{n}USDT"), InstrumentId(n))).collect();
        plan(&BinanceConfig::production(product), &instruments)
    }

    #[test]
    fn spot_takes_one_connection_with_everything_in_its_url() {
        let planned = planned(Product::Spot, 1);
        let url = "wss://stream.binance.com:9443/stream?streams=coin0usdt@depth@100ms/coin0usdt@bookTicker/coin0usdt@trade";
        assert_eq!((planned.len(), planned[0].url.as_str(), &planned[0].books), (1, url, &vec![0]));
    }

    #[test]
    fn futures_take_books_and_trades_from_two_paths() {
        let planned = planned(Product::UsdMargined, 1);
        let urls: Vec<_> = planned.iter().map(|planned| planned.url.as_str()).collect();
        let books =
            "wss://fstream.binance.com/public/stream?streams=coin0usdt@depth@100ms/coin0usdt@bookTicker";
        let trades =
            "wss://fstream.binance.com/market/stream?streams=coin0usdt@aggTrade/coin0usdt@markPrice@1s";
        assert_eq!(urls, [books, trades]);
        assert!(planned[1].books.is_empty(), "losing the trades does not touch a book");
    }

    #[test]
    fn many_streams_are_subscribed_by_messages_and_split_over_connections() {
        let planned = planned(Product::Spot, 400);
        assert_eq!(planned.len(), 2);
        assert_eq!(planned.iter().map(|planned| planned.books.len()).sum::<usize>(), 400);
        assert_eq!(planned[0].url, "wss://stream.binance.com:9443/stream");
        assert!(planned[0].subscriptions.iter().all(|message| message.len() <= Request::BYTES_MAX));
        assert!(planned[0].subscriptions[1].starts_with("{\"method\":\"SUBSCRIBE\",\"params\":[\"coin"));
        assert!(planned[0].subscriptions[1].ends_with("],\"id\":2}"));
    }
}
