//! What a run is made from: the same launch gives the same plan, live and in a replay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_lc_rs::digest;
use fulmar_bus::record::{AccountId, InstrumentId, UnixNanos};
use fulmar_engine::actors::ProcessPlan;
use fulmar_engine::runtime::{LineStatus, door};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, GatewayPlan, Home, InstrumentPlan, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan,
};
use fulmar_strategies::attach::Treatment;
use fulmar_strategies::{ParameterError, Registry};
use serde::{Deserialize, Serialize};

use super::held::Held;
use crate::configuration::{
    Configuration, InstrumentName, Loaded, Source, Strategy, Variables, Venue, load_sources,
};
use crate::venues;

/// Where the orders of a run go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Nowhere: market data alone.
    None,
    /// To the paper venue inside the engine.
    Paper,
    /// Over sockets, to the venues that [`order_venues`] names.
    Venue,
}

/// Everything that a run is made from. Holds no secret: keys are named in it, never kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Launch {
    /// The configuration files, as they were read.
    pub sources: Vec<LaunchSource>,
    /// The overrides that lay over them.
    pub variables: Variables,
    /// Where orders go.
    pub route: Route,
    /// By venue: how the key that orders are sent with signs, where they are signed. The key itself is known to the
    /// link alone.
    #[serde(default)]
    pub keys: BTreeMap<String, venues::KeyKind>,
    /// The boot that order ids name.
    pub epoch: u32,
    /// When the actors start.
    pub started_at_ns: u64,
    /// Orders that an earlier boot held.
    #[serde(default)]
    pub held: Held,
}

/// A configuration file, as it was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaunchSource {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
}

impl Launch {
    /// When the actors start.
    pub fn started_at(&self) -> UnixNanos {
        UnixNanos(self.started_at_ns)
    }

    /// The configuration, in a program with these strategies.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self, registry: &Registry) -> Result<Loaded, crate::configuration::Violations> {
        let sources: Vec<Source> = self.sources.iter().map(Source::from).collect();
        load_sources(&sources, &self.variables, registry)
    }

    /// The SHA-256 of files and overrides: two runs with one hash were configured alike.
    pub fn configuration_hash(&self) -> [u8; 32] {
        let mut hash = digest::Context::new(&digest::SHA256);
        let files = self.sources.iter().map(|source| source.text.as_str());
        let overrides = self.variables.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for part in files.chain(overrides) {
            // Its length first, so that what moves from one part to the next makes another hash.
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The engine that this launch makes. Orders are written ahead into `journal_directory`, where there is one.
    ///
    /// # Errors
    /// Where the configuration names what this build does not have.
    pub fn plan(
        &self,
        configuration: &Configuration,
        journal_directory: Option<&Path>,
    ) -> anyhow::Result<EnginePlan> {
        let names = instrument_names(configuration);
        let id_of = |name: &InstrumentName| {
            let index = names.iter().position(|known| known == name);
            venues::instrument_id(index.expect("the configuration's rules know every instrument"))
        };
        let mut plans = Vec::new();
        for venue in &configuration.venues {
            let instruments: Vec<InstrumentId> =
                names.iter().filter(|name| name.venue == venue.name).map(id_of).collect();
            plans.push(VenuePlan { session: venues::market_session(venue, &id_of)?, instruments });
        }
        let mut strategies = Vec::new();
        let traded = configuration.strategies.iter().filter(|_| self.route != Route::None);
        for strategy in traded {
            strategies.push(StrategyPlan {
                name: strategy.name.clone(),
                home: home(strategy).with_context(|| format!("strategy \"{}\"", strategy.name))?,
                instruments: strategy.instruments.iter().map(id_of).collect(),
                book: strategy.book,
            });
        }
        Ok(EnginePlan {
            instruments: names.iter().map(|name| instrument_plan(configuration, name)).collect(),
            venues: plans,
            pairs: pair_plans(configuration, &names, &id_of),
            bar_intervals: configuration.bars.intervals.clone(),
            strategies,
            treasury: treasury(configuration),
            orders: self.order_route(configuration)?,
            rings: RingSizes::for_instruments(names.len()),
            epoch: self.epoch,
            held: self.held.orders()?,
            journal_directory: journal_directory.map(Path::to_owned),
        })
    }

    fn order_route(&self, configuration: &Configuration) -> anyhow::Result<OrderRoute> {
        let gateway = |(account, venue): (u16, &Venue)| -> anyhow::Result<GatewayPlan> {
            let key = self.keys.get(&venue.name).copied().unwrap_or(venues::KeyKind::Unsigned);
            let session = venues::order_session(venue, key)?;
            Ok(GatewayPlan { session, account_id: AccountId(account) })
        };
        Ok(match self.route {
            Route::None => OrderRoute::None,
            Route::Paper => OrderRoute::Paper { account_id: AccountId(0), fees: configuration.paper },
            Route::Venue => {
                let gateways = (0..).zip(order_venues(configuration)).map(gateway);
                OrderRoute::Venues(gateways.collect::<anyhow::Result<_>>()?)
            }
        })
    }
}

impl From<&LaunchSource> for Source {
    fn from(source: &LaunchSource) -> Self {
        Source { file: source.file.clone(), text: source.text.clone() }
    }
}

impl From<Source> for LaunchSource {
    fn from(source: Source) -> Self {
        LaunchSource { file: source.file, text: source.text }
    }
}

/// Where a strategy lives. One that lives in a process is waited for by nobody yet.
fn home(strategy: &Strategy) -> Result<Home, ParameterError> {
    let Some(treatment) = Treatment::of(&strategy.entry, &strategy.parameters)? else {
        return Ok(Home::Engine(strategy.entry.strategy(&strategy.parameters)?));
    };
    let (_, door) = door(1);
    let Treatment { on_disconnect, silence_max, misuses_max, .. } = treatment;
    let (status, is_played) = (LineStatus::default(), true);
    Ok(Home::Process(ProcessPlan { on_disconnect, silence_max, misuses_max, door, status, is_played }))
}

/// Where orders go: to the venues of what is traded, in the order of the configuration, and where nothing is, to the
/// first venue. An account is at each.
pub fn order_venues(configuration: &Configuration) -> Vec<&Venue> {
    let trading = || configuration.strategies.iter().filter(|strategy| strategy.entry.is_trading);
    let is_traded = |venue: &&Venue| {
        trading().flat_map(|strategy| &strategy.instruments).any(|name| name.venue == venue.name)
    };
    let mut traded: Vec<&Venue> = configuration.venues.iter().filter(is_traded).collect();
    if traded.is_empty() {
        traded.extend(configuration.venues.first());
    }
    traded
}

/// Every instrument of a configuration, in the order that gives them their ids.
pub(super) fn instrument_names(configuration: &Configuration) -> Vec<InstrumentName> {
    let of_venue = |venue: &crate::configuration::Venue| {
        let venue_name = venue.name.clone();
        let named =
            move |symbol: &String| InstrumentName { venue: venue_name.clone(), symbol: symbol.clone() };
        venue.instruments.iter().map(named).collect::<Vec<_>>()
    };
    configuration.venues.iter().flat_map(of_venue).collect()
}

fn treasury(configuration: &Configuration) -> TreasuryPlan {
    let venues = configuration.venues.iter().map(|venue| venue.name.as_str());
    let strategies = configuration.strategies.iter().map(|strategy| strategy.name.as_str());
    configuration.risk.treasury(venues, strategies)
}

fn instrument_plan(configuration: &Configuration, name: &InstrumentName) -> InstrumentPlan {
    let trades = |strategy: &crate::configuration::Strategy| {
        strategy.entry.is_trading && strategy.instruments.contains(name)
    };
    let is_traded = configuration.strategies.iter().any(trades);
    let risk = configuration.risk.limits(name).filter(|_| is_traded);
    let venue = configuration.venues.iter().find(|venue| venue.name == name.venue);
    let jump_max_bps = venue.expect("a name is made of its venue").jump_max_bps;
    InstrumentPlan { name: name.to_string(), risk, jump_max_bps }
}

/// The pairs of a configuration, then each instrument that none of them names as a pair of its own.
fn pair_plans(
    configuration: &Configuration,
    names: &[InstrumentName],
    id_of: &dyn Fn(&InstrumentName) -> InstrumentId,
) -> Vec<PairPlan> {
    let fee_of = |name: &InstrumentName| {
        let venue = configuration.venues.iter().find(|venue| venue.name == name.venue)?;
        Some((id_of(name), venue.taker_fee?))
    };
    let stated = configuration.pairs.iter().map(|pair| PairPlan {
        name: pair.name.clone(),
        instruments: pair.instruments.iter().map(id_of).collect(),
        taker_fees: pair.instruments.iter().filter_map(fee_of).collect(),
    });
    let is_alone =
        |name: &&InstrumentName| !configuration.pairs.iter().any(|pair| pair.instruments.contains(name));
    let alone = names.iter().filter(is_alone);
    let alone = alone.map(|name| PairPlan {
        name: name.to_string(),
        instruments: vec![id_of(name)],
        taker_fees: Vec::new(),
    });
    stated.chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use fulmar_engine::market::FeeRate;

    use super::*;

    fn launch(texts: &[&str]) -> Launch {
        let source = |text: &&str| LaunchSource { file: "a.toml".into(), text: (*text).to_owned() };
        Launch {
            sources: texts.iter().map(source).collect(),
            variables: Variables::new(),
            route: Route::None,
            keys: BTreeMap::new(),
            epoch: 1,
            started_at_ns: 1,
            held: Held::default(),
        }
    }

    #[test]
    fn an_instrument_that_no_pair_names_is_a_pair_of_its_own_and_fees_are_those_of_its_venues() {
        let text = r#"
            [[venue]]
            name = "binance-spot"
            instruments = ["BTCUSDT", "ETHUSDT", "BTCUSDC"]
            taker_fee_bps = "7.5"
            [[venue]]
            name = "binance-usdm"
            instruments = ["BTCUSDT"]
            [[pair]]
            name = "BTC"
            instruments = ["binance-spot:BTCUSDC", "binance-spot:BTCUSDT", "binance-usdm:BTCUSDT"]
        "#;
        let launch = launch(&[text]);
        let configuration = launch.load(&Registry::default()).expect("it is valid").configuration;
        let plan = launch.plan(&configuration, None).expect("this build has all of it");
        let pairs: Vec<_> = plan.pairs.iter().map(|pair| (&*pair.name, &*pair.instruments)).collect();
        let eth: &[InstrumentId] = &[InstrumentId(1)];
        let btc: &[InstrumentId] = &[InstrumentId(2), InstrumentId(0), InstrumentId(3)];
        assert_eq!(pairs, [("BTC", btc), ("binance-spot:ETHUSDT", eth)]);
        let fee = FeeRate::parse_bps("7.5").expect("a rate");
        let stated = [(InstrumentId(2), fee), (InstrumentId(0), fee)];
        assert_eq!(plan.pairs[0].taker_fees, stated, "a fee that is not stated is not guessed");
    }

    #[test]
    fn the_configuration_hash_is_of_the_configuration_alone_and_of_all_of_it() {
        let one = launch(&["a", "bc"]);
        let later = Launch { epoch: 2, started_at_ns: 9, ..one.clone() };
        assert_eq!(one.configuration_hash(), later.configuration_hash());
        assert_ne!(one.configuration_hash(), launch(&["ab", "c"]).configuration_hash());
        let mut overridden = one.clone();
        overridden.variables.insert("FULMAR__ENGINE__NAME".into(), "x".into());
        assert_ne!(one.configuration_hash(), overridden.configuration_hash());
    }
}
