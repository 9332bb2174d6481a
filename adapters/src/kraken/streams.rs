//! Which channels a session subscribes to, and over which connections.

use super::limits::{INSTRUMENTS_PER_CONNECTION, SYMBOLS_BYTES_MAX, SYMBOLS_PER_MESSAGE};
use super::market_data::Kraken;
use crate::session::{InstrumentConfig, Line, batches, lines_of, quoted_list};

/// Each connection asks for definitions too: its own first message says of the whole venue whether it trades, and what
/// follows then says it of each instrument again.
const DEFINITIONS: &str = r#"{"method":"subscribe","params":{"channel":"instrument","snapshot":true}}"#;

/// The connections that these instruments need.
pub fn plan(venue: &Kraken, instruments: &[InstrumentConfig]) -> Vec<Line> {
    let each = (venue.stream_url(), INSTRUMENTS_PER_CONNECTION);
    lines_of(instruments, each, |symbols| subscriptions(venue, symbols))
}

/// What is sent once a connection opens: definitions first, so that books come at known scales.
fn subscriptions(venue: &Kraken, symbols: &[&str]) -> Vec<String> {
    let mut messages = vec![DEFINITIONS.to_owned()];
    for channel in std::iter::once(book(venue)).chain(others(venue)) {
        // Quotes and a comma come to each symbol.
        for some in batches(symbols, 3, (SYMBOLS_PER_MESSAGE, SYMBOLS_BYTES_MAX)) {
            messages.push(request("subscribe", some, &channel));
        }
    }
    messages
}

/// The channel of books.
pub fn book(venue: &Kraken) -> Channel {
    Channel { name: "book", options: venue.book_options() }
}

/// The other channels of an instrument.
pub fn others(venue: &Kraken) -> impl Iterator<Item = Channel> {
    let trades = Channel { name: "trade", options: r#","snapshot":false"#.to_owned() };
    let tops = Channel { name: "ticker", options: r#","event_trigger":"bbo""#.to_owned() };
    let bar = |minutes| Channel { name: "ohlc", options: format!(r#","interval":{minutes}"#) };
    [trades, tops].into_iter().chain(venue.bars().iter().map(bar))
}

/// A channel and how it is wanted.
pub struct Channel {
    /// The venue's name of it.
    pub name: &'static str,
    /// Further parameters, each after a comma.
    pub options: String,
}

/// A request about these symbols of a channel.
pub fn request(method: &str, symbols: &[&str], channel: &Channel) -> String {
    let Channel { name, options } = channel;
    let symbols = quoted_list(symbols);
    format!(r#"{{"method":"{method}","params":{{"channel":"{name}","symbol":[{symbols}]{options}}}}}"#)
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{InstrumentId, Request};

    use super::*;
    use crate::session::VenueSettings;

    fn planned(settings: &VenueSettings, count: u32) -> Vec<Line> {
        let instruments: Vec<_> =
            (0..count).map(|n| InstrumentConfig::new(&format!("COIN{n}/USD"), InstrumentId(n))).collect();
        plan(&Kraken::new(settings), &instruments)
    }

    #[test]
    fn an_instrument_takes_its_definition_book_trades_best_prices_and_bars() {
        let settings = VenueSettings { bars: vec!["1h".to_owned()], ..VenueSettings::default() };
        let lines = planned(&settings, 1);
        assert_eq!((lines.len(), lines[0].url.as_str()), (1, "wss://ws.kraken.com/v2"));
        assert_eq!(
            lines[0].subscriptions,
            [
                r#"{"method":"subscribe","params":{"channel":"instrument","snapshot":true}}"#,
                r#"{"method":"subscribe","params":{"channel":"book","symbol":["COIN0/USD"],"depth":1000}}"#,
                r#"{"method":"subscribe","params":{"channel":"trade","symbol":["COIN0/USD"],"snapshot":false}}"#,
                r#"{"method":"subscribe","params":{"channel":"ticker","symbol":["COIN0/USD"],"event_trigger":"bbo"}}"#,
                r#"{"method":"subscribe","params":{"channel":"ohlc","symbol":["COIN0/USD"],"interval":60}}"#,
            ]
        );
    }

    #[test]
    fn many_instruments_are_split_over_messages_and_connections() {
        let lines = planned(&VenueSettings::default(), 250);
        assert_eq!(lines.iter().map(|line| line.books.len()).collect::<Vec<_>>(), [100, 100, 50]);
        assert_eq!(lines[0].subscriptions.len(), 1 + 3 * 2);
        assert!(lines[0].subscriptions.iter().all(|message| message.len() <= Request::BYTES_MAX));
    }
}
