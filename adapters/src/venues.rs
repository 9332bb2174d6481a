//! The venues that this build speaks to: one line for each.

use crate::session::VenueEntry;
use crate::{binance, bybit, coinbase, kraken, kraken_futures, okx};

/// Every venue, by name.
pub const VENUES: [VenueEntry; 9] = [
    binance::SPOT,
    binance::USD_MARGINED,
    binance::COIN_MARGINED,
    coinbase::ENTRY,
    kraken::SPOT,
    kraken_futures::FUTURES,
    bybit::SPOT,
    bybit::LINEAR,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fulmar_bus::record::InstrumentId;

    use super::*;
    use crate::session::{InstrumentConfig, VenueSettings};

    #[test]
    fn each_world_of_a_venue_has_streams_of_its_own() {
        let instruments = [InstrumentConfig::new("A", InstrumentId(0))];
        for entry in &VENUES {
            let streams = |environment| {
                let settings = VenueSettings { environment, ..VenueSettings::default() };
                (entry.protocol)(&settings).lines(&instruments).swap_remove(0).url
            };
            let own: BTreeSet<String> = entry.environments.iter().map(|world| streams(*world)).collect();
            assert_eq!(own.len(), entry.environments.len(), "{}: {own:?}", entry.name);
        }
    }
}
