//! Which channels a session subscribes to, and over which connections.

use super::limits::PRODUCT_BYTES_MAX;
use super::market_data::Coinbase;
use crate::session::{InstrumentConfig, Line, batches, lines_of, quoted_list};

/// The channel of books. It is subscribed to first, since it takes longest.
pub const BOOK: &str = "level2";

/// The other channels of every product.
pub fn others(venue: &Coinbase) -> impl Iterator<Item = &'static str> {
    let bars = venue.has_bars().then_some("candles");
    ["market_trades", "ticker", "status"].into_iter().chain(bars)
}

/// The connections that these instruments need.
pub fn plan(venue: &Coinbase, instruments: &[InstrumentConfig]) -> Vec<Line> {
    let each = (venue.stream_url(), venue.products_per_connection());
    lines_of(instruments, each, |products| subscriptions(venue, products))
}

/// The messages that subscribe to everything of these products: one channel in each, as the venue wants it. The
/// heartbeat comes each second, keeps the other channels open, and needs no product (assumed: where it did, the venue
/// would refuse it, which is counted, and quiet connections would be replaced as silent).
fn subscriptions(venue: &Coinbase, products: &[&str]) -> Vec<String> {
    // Quotes and a comma come to each product.
    let groups = batches(products, 3, (venue.products_per_connection(), PRODUCT_BYTES_MAX));
    let of_channel = |channel| groups.iter().map(move |some| request("subscribe", channel, some));
    let heartbeats = r#"{"type":"subscribe","channel":"heartbeats"}"#.to_owned();
    let channels = std::iter::once(BOOK).chain(others(venue));
    std::iter::once(heartbeats).chain(channels.flat_map(of_channel)).collect()
}

/// A request about one channel of these products.
pub fn request(operation: &str, channel: &str, products: &[&str]) -> String {
    let products = quoted_list(products);
    format!(r#"{{"type":"{operation}","product_ids":[{products}],"channel":"{channel}"}}"#)
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::InstrumentId;

    use super::*;
    use crate::session::VenueSettings;

    fn planned(bars: &[&str], count: u32) -> Vec<Line> {
        let bars = bars.iter().map(|bar| (*bar).to_owned()).collect();
        let venue = Coinbase::new(&VenueSettings { bars, ..VenueSettings::default() });
        let instruments: Vec<_> =
            (0..count).map(|n| InstrumentConfig::new(&format!("COIN{n}-USD"), InstrumentId(n))).collect();
        plan(&venue, &instruments)
    }

    #[test]
    fn each_channel_has_a_message_of_its_own_and_the_heartbeat_comes_first() {
        let lines = planned(&[], 2);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].url, "wss://advanced-trade-ws.coinbase.com");
        let channels = |lines: &[Line]| lines[0].subscriptions.len();
        assert_eq!(lines[0].subscriptions[0], r#"{"type":"subscribe","channel":"heartbeats"}"#);
        let level2 = r#"{"type":"subscribe","product_ids":["COIN0-USD","COIN1-USD"],"channel":"level2"}"#;
        assert_eq!(lines[0].subscriptions[1], level2);
        assert_eq!((channels(&lines), channels(&planned(&["5m"], 2))), (5, 6));
    }

    #[test]
    fn many_products_are_split_over_connections() {
        let lines = planned(&[], 130);
        assert_eq!(lines.iter().map(|line| line.books.len()).collect::<Vec<_>>(), [64, 64, 2]);
        assert!(lines[2].subscriptions[1].contains("COIN129-USD"));
        assert_eq!(planned(&[], 0).len(), 1, "a session has connections");
    }
}
