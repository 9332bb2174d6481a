//! The venues that this build speaks to: one line for each.

use crate::session::VenueEntry;
use crate::{binance, bybit, coinbase, kraken, kraken_futures, okx};

/// Every venue, by name.
pub const VENUES: [VenueEntry; 9] = [
    binance::SPOT,
    binance::USD_MARGINED,
    binance::COIN_MARGINED,
    coinbase::ENTRY,
    bybit::SPOT,
    bybit::LINEAR,
    kraken::SPOT,
    kraken_futures::FUTURES,
    okx::OKX,
];

/// The names of all venues, in the order of [`VENUES`].
pub const VENUE_NAMES: [&str; VENUES.len()] = {
    let mut names = [""; VENUES.len()];
    let mut place = 0;
    while place < VENUES.len() {
        names[place] = VENUES[place].name;
        place += 1;
    }
    names
};

/// The venue of this name.
///
/// ```
/// use fulmar_adapters::venues::venue;
/// assert_eq!((venue("binance-spot").expect("known").spelled)("btc-usdt"), "BTCUSDT");
/// assert!(venue("nowhere").is_none());
/// ```
pub fn venue(name: &str) -> Option<&'static VenueEntry> {
    VENUES.iter().find(|entry| entry.name == name)
}
