//! How much memory a run of a configuration takes, told before it starts.

use fulmar_engine::wiring::{Footprint, VenueFootprint};
use serde::Serialize;

use super::launch::Launch;
use crate::configuration::Configuration;

/// Memory in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Once everything is made: what a machine must have for the run to start.
    pub start_bytes: u64,
    /// Once every book holds what its venue tells at most.
    pub full_bytes: u64,
    /// What of that is each venue's.
    pub venues: Vec<VenueMemory>,
}

/// Memory of one venue's market data, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VenueMemory {
    /// The venue.
    pub name: &'static str,
    /// Once everything is made.
    pub start_bytes: u64,
    /// Once every book holds what the venue tells at most.
    pub full_bytes: u64,
    /// Levels of a side of the largest book that it tells.
    pub book_levels_max: u64,
}

impl Memory {
    /// Of the run that `launch` makes of `configuration`: its engine, and the window that reports look through, which
    /// keeps a book of each instrument as well.
    ///
    /// # Errors
    /// As [`Launch::plan`].
    pub fn of(launch: &Launch, configuration: &Configuration) -> anyhow::Result<Self> {
        let plan = launch.plan(configuration, None)?;
        let mut footprint = Footprint::of(&plan);
        footprint.venues.iter_mut().for_each(|venue| venue.book_count += venue.instrument_count);
        Ok(Memory {
            start_bytes: footprint.start_bytes(),
            full_bytes: footprint.full_bytes(),
            venues: footprint.venues.iter().map(VenueMemory::from).collect(),
        })
    }
}

impl From<&VenueFootprint> for VenueMemory {
    fn from(venue: &VenueFootprint) -> Self {
        VenueMemory {
            name: venue.name,
            start_bytes: venue.start_bytes(),
            full_bytes: venue.full_bytes(),
            book_levels_max: venue.book_levels_max,
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_engine::wiring::{Surroundings, build};

    use super::*;
    use crate::configuration::{Source, Variables};
    use crate::live::{Held, Launch, Route};

    fn launch(text: &str, route: Route) -> Launch {
        let source = Source { file: "a.toml".into(), text: text.to_owned() };
        Launch {
            sources: vec![source.into()],
            variables: Variables::new(),
            route,
            keys: std::collections::BTreeMap::new(),
            epoch: 1,
            started_at_ns: 1,
            held: Held::default(),
        }
    }

    #[test]
    fn each_venue_is_told_with_the_books_that_it_has() {
        let text = "
            venue = [
                { name = 'binance-spot', instruments = ['BTCUSDT'] },
                { name = 'coinbase', instruments = ['BTC-USD'] },
            ]
            strategy = [{ name = 'a', kind = 'idle', book = 'full', instruments = ['coinbase:BTC-USD'] }]";
        let launch = launch(text, Route::Paper);
        let loaded = launch.load(&fulmar_strategies::Registry::default()).expect("it is valid");
        let memory = Memory::of(&launch, &loaded.configuration).expect("this build has it all");
        let told: Vec<_> = memory.venues.iter().map(|venue| (venue.name, venue.book_levels_max)).collect();
        assert_eq!(told, [("binance-spot", 5_000), ("coinbase", 40_000)]);
        let grown: Vec<u64> =
            memory.venues.iter().map(|venue| venue.full_bytes - venue.start_bytes).collect();
        // The actor's book and the window's, and at one venue the strategy's; a level has 32 bytes.
        assert_eq!(grown, [2 * 2 * 5_000 * 32, 3 * 2 * 40_000 * 32]);
        assert_eq!(memory.full_bytes - memory.start_bytes, grown.iter().sum::<u64>());
        let of_venues: u64 = memory.venues.iter().map(|venue| venue.start_bytes).sum();
        assert!(of_venues < memory.start_bytes, "the program itself is no venue's");
    }

    #[test]
    fn rings_take_what_was_told_before_they_were_made() {
        let text = "
            venue = [
                { name = 'binance-spot', instruments = ['BTCUSDT', 'ETHUSDT'] },
                { name = 'binance-usdm', instruments = ['BTCUSDT'] },
            ]
            strategy = [
                { name = 'a', kind = 'idle', instruments = ['binance-spot:BTCUSDT'] },
                { name = 'b', kind = 'idle', instruments = ['binance-usdm:BTCUSDT'] },
            ]";
        let limited = format!("{text}\nrisk = {{ currency = 'USDT', engine = {{ var_max = '5' }} }}");
        let trading = text.replace("'idle'", "'quoter', parameters = { quantity = '1' }");
        let trading = format!(
            "{trading}\nrisk = {{ order_quantity_max = '1', order_notional_max = '1', position_max = '1' }}"
        );
        let cases = [Route::None, Route::Paper, Route::Venue].map(|route| (text, route));
        let more = [(limited.as_str(), Route::Paper), (trading.as_str(), Route::Venue)];
        for (text, route) in cases.into_iter().chain(more) {
            let launch = launch(text, route);
            let loaded = launch.load(&fulmar_strategies::Registry::default()).expect("it is valid");
            let journal = tempfile::tempdir().expect("a directory");
            std::fs::create_dir(journal.path().join("rings")).expect("a folder");
            for directory in [None, Some(journal.path())] {
                let plan = launch.plan(&loaded.configuration, directory).expect("this build has it all");
                let told = Footprint::of(&plan).rings_bytes();
                let nobody = Surroundings { bell_of: &|_| None, stamps: None };
                let made = build(plan, &nobody).expect("the disk has room");
                assert_eq!(told, made.rings_bytes(), "{route:?} with {directory:?}");
            }
        }
    }
}
