//! Says once of each instrument that its pair leaves it out, since a configuration that asks for a pair does not expect
//! that. Which those are is the engine's rule; here it is only told.

use fulmar_bus::record::InstrumentId;
use fulmar_engine::market::pair::Members;

use super::launch::instrument_names;
use crate::configuration::Configuration;
use crate::venues;
use crate::window::Picture;

/// The pairs that are watched.
pub struct PairWatch(Vec<Watched>);

struct Watched {
    name: String,
    instruments: Vec<(InstrumentId, String)>,
    told: Vec<InstrumentId>,
}

impl PairWatch {
    /// Watches the pairs that `configuration` states.
    pub fn new(configuration: &Configuration) -> Self {
        let names = instrument_names(configuration);
        let watched = |pair: &crate::configuration::Pair| {
            let listed = names.iter().enumerate().filter(|(_, name)| pair.instruments.contains(name));
            let mut instruments: Vec<_> = listed.collect();
            instruments.sort_by_key(|(_, name)| pair.instruments.iter().position(|listed| listed == *name));
            Watched {
                name: pair.name.clone(),
                instruments: instruments
                    .into_iter()
                    .map(|(index, name)| (venues::instrument_id(index), name.to_string()))
                    .collect(),
                told: Vec::new(),
            }
        };
        PairWatch(configuration.pairs.iter().map(watched).collect())
    }

    /// Looks at what the instruments are by now.
    pub fn look(&mut self, pictures: &[Picture]) {
        for pair in &mut self.0 {
            for (instrument_id, name) in pair.left_out(pictures) {
                tracing::warn!(
                    "pair {} leaves {name} out: its base, quote or contract is another",
                    pair.name
                );
                pair.told.push(instrument_id);
            }
        }
    }
}

impl Watched {
    /// Instruments that are left out, and were not told before.
    fn left_out(&self, pictures: &[Picture]) -> Vec<(InstrumentId, String)> {
        let mut members = Members::new(self.instruments.len());
        for (place, (instrument_id, _)) in self.instruments.iter().enumerate() {
            if let Some(definition) = pictures[instrument_id.index()].replica.definition() {
                members.define(place, definition);
            }
        }
        let unlike = self.instruments.iter().enumerate().filter(|(place, _)| members.is_unlike(*place));
        unlike.map(|(_, named)| named.clone()).filter(|(id, _)| !self.told.contains(id)).collect()
    }
}
