//! Which topics a session subscribes to, and over which connections.

use super::limits::{TOPIC_BYTES_MAX, TOPICS_PER_MESSAGE};
use super::market_data::Bybit;
use crate::session::{InstrumentConfig, Line, batches, quoted_list};

/// Bytes of a subscription that may be topics: the rest of a request is its frame.
const MESSAGE_TOPIC_BYTES_MAX: usize = 2_000;

/// The connections that these instruments need. One carries as many as its topics allow.
pub fn plan(venue: &Bybit, instruments: &[InstrumentConfig]) -> Vec<Line> {
    let topics: Vec<Vec<String>> =
        instruments.iter().map(|instrument| venue.topics(&instrument.symbol)).collect();
    // Quotes and a comma come to each topic.
    let bytes_of = |topics: &Vec<String>| topics.iter().map(|topic| topic.len() + 3).sum::<usize>();
    let mut lines = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for place in 0..topics.len() {
        let more = bytes_of(&topics[place]);
        if bytes + more > TOPIC_BYTES_MAX {
            lines.push(line(venue, first..place, &topics));
            (first, bytes) = (place, 0);
        }
        bytes += more;
    }
    lines.push(line(venue, first..topics.len(), &topics));
    lines
}

fn line(venue: &Bybit, places: std::ops::Range<usize>, topics: &[Vec<String>]) -> Line {
    // An instrument's topics by themselves: the venue refuses a message whole, for whichever of its topics.
    let groups = topics[places.clone()]
        .iter()
        .flat_map(|topics| batches(topics, 3, (TOPICS_PER_MESSAGE, MESSAGE_TOPIC_BYTES_MAX)));
    let subscriptions = groups.map(|some| request("subscribe", some));
    Line::new(venue.stream_url().to_owned(), subscriptions.collect(), places.collect())
}

/// A request about topics.
pub fn request(operation: &str, topics: &[String]) -> String {
    format!(r#"{{"op":"{operation}","args":[{}]}}"#, quoted_list(topics))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::InstrumentId;

    use super::super::Category;
    use super::*;
    use crate::session::VenueSettings;

    fn planned(category: Category, count: u32) -> Vec<Line> {
        let venue = Bybit::new(category, &VenueSettings::default());
        let instruments: Vec<_> =
            (0..count).map(|n| InstrumentConfig::new(&format!("COIN{n}USDT"), InstrumentId(n))).collect();
        plan(&venue, &instruments)
    }

    #[test]
    fn a_few_instruments_take_one_connection_and_a_message_each() {
        let lines = planned(Category::Linear, 3);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].url, "wss://stream.bybit.com/v5/public/linear");
        assert_eq!(lines[0].subscriptions.len(), 3, "what one is refused for costs no other");
        let first = r#"{"op":"subscribe","args":["orderbook.1000.COIN0USDT","orderbook.1.COIN0USDT","publicTrade.COIN0USDT","tickers.COIN0USDT"]}"#;
        assert_eq!(lines[0].subscriptions[0], first);
    }

    #[test]
    fn many_instruments_are_split_where_their_topics_would_be_too_long() {
        let lines = planned(Category::Spot, 500);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines.iter().map(|line| line.books.len()).sum::<usize>(), 500);
        for line in &lines {
            assert!(line.subscriptions.iter().map(String::len).sum::<usize>() < 30_000);
        }
    }
}
