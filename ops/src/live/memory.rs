//! How much memory a run of a configuration takes, told before it starts.

use fulmar_engine::wiring::Footprint;
use serde::Serialize;

use super::launch::Launch;
use crate::configuration::Configuration;

/// Levels a side of a book as venues give them at most when they are asked for one.
const SNAPSHOT_LEVELS: u64 = 5_000;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Once everything is made: what a machine must have for the run to start.
    pub start_bytes: u64,
    /// Once every book holds what a snapshot brings at most, 5,000 levels a side.
    pub full_bytes: u64,
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
        footprint.book_count += plan.instruments.len() as u64;
        Ok(Memory { start_bytes: footprint.bytes(0), full_bytes: footprint.bytes(SNAPSHOT_LEVELS) })
    }
}

#[cfg(test)]
mod tests {
    use fulmar_engine::wiring::{Surroundings, build};

    use super::*;
    use crate::configuration::{Source, Variables};
    use crate::live::{Launch, Route};

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
        for route in [Route::None, Route::Paper, Route::Venue] {
            let source = Source { file: "a.toml".into(), text: text.to_owned() };
            let launch = Launch {
                sources: vec![source.into()],
                variables: Variables::new(),
                route,
                api_key: String::new(),
                epoch: 1,
                started_at_ns: 1,
            };
            let loaded = launch.load(&fulmar_strategies::Registry::default()).expect("it is valid");
            let journal = tempfile::tempdir().expect("a directory");
            std::fs::create_dir(journal.path().join("rings")).expect("a folder");
            for directory in [None, Some(journal.path())] {
                let plan = launch.plan(&loaded.configuration, directory).expect("this build has it all");
                let told = Footprint::of(&plan).rings_bytes;
                let nobody = Surroundings { bell_of: &|_| None, stamps: None };
                let made = build(plan, &nobody).expect("the disk has room");
                assert_eq!(told, made.rings_bytes(), "{route:?} with {directory:?}");
            }
        }
    }
}
