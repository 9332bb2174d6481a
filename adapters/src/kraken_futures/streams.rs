//! Which feeds a session subscribes to, and over which connections.

use super::limits::{INSTRUMENTS_PER_CONNECTION, SYMBOLS_BYTES_MAX};
use super::market_data::KrakenFutures;
use crate::session::{InstrumentConfig, Line, batches, lines_of, quoted_list};

/// Has the venue say now and then that it is there.
pub const HEARTBEAT: &str = r#"{"event":"subscribe","feed":"heartbeat"}"#;

/// The feed of books. It is subscribed to first, since it takes longest.
pub const BOOK: &str = "book";

/// The other feeds of an instrument.
pub const OTHERS: [&str; 2] = ["trade", "ticker"];

/// The connections that these instruments need.
pub fn plan(venue: &KrakenFutures, instruments: &[InstrumentConfig]) -> Vec<Line> {
    lines_of(instruments, (venue.stream_url(), INSTRUMENTS_PER_CONNECTION), subscriptions)
}

/// The messages that subscribe to everything of these symbols, and to the heartbeat.
fn subscriptions(symbols: &[&str]) -> Vec<String> {
    // Quotes and a comma come to each symbol.
    let groups = batches(symbols, 3, (usize::MAX, SYMBOLS_BYTES_MAX));
    let of_feed = |feed| groups.iter().map(move |some| request("subscribe", feed, some));
    let feeds = std::iter::once(BOOK).chain(OTHERS);
    std::iter::once(HEARTBEAT.to_owned()).chain(feeds.flat_map(of_feed)).collect()
}

/// A request about these symbols of a feed.
pub fn request(event: &str, feed: &str, symbols: &[&str]) -> String {
    format!(r#"{{"event":"{event}","feed":"{feed}","product_ids":[{}]}}"#, quoted_list(symbols))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{InstrumentId, Request};

    use super::*;
    use crate::session::VenueSettings;

    fn planned(count: u32) -> Vec<Line> {
        let instruments: Vec<_> =
            (0..count).map(|n| InstrumentConfig::new(&format!("PF_COIN{n}USD"), InstrumentId(n))).collect();
        plan(&KrakenFutures::new(&VenueSettings::default()), &instruments)
    }

    #[test]
    fn an_instrument_takes_its_book_trades_and_ticker_beside_a_heartbeat() {
        let lines = planned(1);
        assert_eq!((lines.len(), lines[0].url.as_str()), (1, "wss://futures.kraken.com/ws/v1"));
        assert_eq!(
            lines[0].subscriptions,
            [
                r#"{"event":"subscribe","feed":"heartbeat"}"#,
                r#"{"event":"subscribe","feed":"book","product_ids":["PF_COIN0USD"]}"#,
                r#"{"event":"subscribe","feed":"trade","product_ids":["PF_COIN0USD"]}"#,
                r#"{"event":"subscribe","feed":"ticker","product_ids":["PF_COIN0USD"]}"#,
            ]
        );
    }

    #[test]
    fn many_instruments_are_split_over_connections() {
        let lines = planned(250);
        assert_eq!(lines.iter().map(|line| line.books.len()).collect::<Vec<_>>(), [100, 100, 50]);
        let messages = lines.iter().flat_map(|line| &line.subscriptions);
        assert!(messages.into_iter().all(|message| message.len() <= Request::BYTES_MAX));
        assert_eq!(planned(0).len(), 1);
    }
}
