//! A berth: where one strategy's process may lie alongside. Which they are, the configuration says.

use std::collections::BTreeMap;

use fulmar_bus::channel::Ring;
use fulmar_bus::record::{InstrumentId, StrategyId};
use fulmar_engine::actors::PortNews;
use fulmar_engine::runtime::{Doorbell, Doorway, LineStatus, door};
use fulmar_engine::wiring::{Assembly, EnginePlan, Home};
use fulmar_strategies::attach::Treatment;

use crate::configuration::Configuration;

/// What comes to one port at a time: the end of a line, and the next.
const DOOR_ROOM: usize = 4;

/// Where one strategy's process may lie.
pub struct Berth {
    /// The strategy's name.
    pub name: String,
    /// Its number in this boot.
    pub strategy_id: StrategyId,
    /// Commands that are taken from it in a second.
    pub commands_max: u32,
    /// A process that asks to may take the place of the one that is there.
    pub is_replaceable: bool,
    /// Levels of a side that it is shown.
    pub levels_shown: Option<usize>,
    /// The instruments that it sees and may trade, with their durable names.
    pub instruments: Vec<(InstrumentId, String)>,
    /// The pairs that it hears of, by name, with their members.
    pub pairs: Vec<(String, Vec<InstrumentId>)>,
    /// The way to its port.
    pub doorway: Doorway<PortNews>,
    /// What its port shows.
    pub status: LineStatus,
}

impl Berth {
    /// The channels that its process reads, by name: best prices and market data of each instrument, then its pairs.
    pub fn channels(&self) -> impl Iterator<Item = String> + '_ {
        let of_instruments = self.instruments.iter().flat_map(|(_, name)| {
            let names = [format!("book.{name}"), format!("market.{name}")];
            names.into_iter()
        });
        of_instruments.chain(self.pairs.iter().map(|(name, _)| format!("aggregate.{name}")))
    }

    /// The rings that those channels are.
    pub fn rings(&self, rings: &BTreeMap<String, Ring>) -> Vec<Ring> {
        self.channels().filter_map(|name| rings.get(&name).cloned()).collect()
    }
}

/// Opens the doors of all strategies of the plan that live in processes, so that these may come.
pub fn open(
    plan: &mut EnginePlan,
    configuration: &Configuration,
    bell_of: &dyn Fn(&str) -> Option<Doorbell>,
) -> Vec<Berth> {
    let mut berths = Vec::new();
    let names: Vec<String> = plan.instruments.iter().map(|instrument| instrument.name.clone()).collect();
    for (index, strategy) in plan.strategies.iter_mut().enumerate() {
        let (mut doorway, door) = door(DOOR_ROOM);
        doorway.ring(bell_of(&format!("strategy.{}", strategy.name)));
        let status = LineStatus::default();
        let (commands_max, is_replaceable) = match &mut strategy.home {
            Home::Engine(_) => continue,
            Home::Process(process) => {
                (process.door, process.status, process.is_played) = (door, status.clone(), false);
                let treatment = treatment(configuration, &strategy.name);
                (treatment.commands_max, treatment.is_replaceable)
            }
            // In a run that is played there is no time to keep.
            Home::Step(process) => {
                (process.door, process.status) = (door, status.clone());
                (u32::MAX, false)
            }
        };
        let is_heard = |members: &[InstrumentId]| members.iter().any(|id| strategy.instruments.contains(id));
        let pairs = plan.pairs.iter().filter(|pair| is_heard(&pair.instruments));
        berths.push(Berth {
            name: strategy.name.clone(),
            strategy_id: StrategyId(u16::try_from(index).expect("a plan has few strategies")),
            commands_max,
            is_replaceable,
            levels_shown: strategy.book.levels_max(),
            instruments: strategy.instruments.iter().map(|id| (*id, names[id.index()].clone())).collect(),
            pairs: pairs.map(|pair| (pair.name.clone(), pair.instruments.clone())).collect(),
            doorway,
            status,
        });
    }
    berths
}

/// How the configuration would have this attached strategy treated.
fn treatment(configuration: &Configuration, name: &str) -> Treatment {
    let stated = configuration.strategies.iter().find(|stated| stated.name == name);
    let stated = stated.expect("the plan is made of the configuration");
    let treatment = Treatment::of(&stated.entry, &stated.parameters);
    treatment.ok().flatten().expect("the plan says that it lives in a process")
}

/// The rings of all channels that processes may read, by name.
pub fn broadcast_rings(assembly: &Assembly) -> BTreeMap<String, Ring> {
    let broadcast = assembly.channels().filter(|(channel, _)| channel.role.is_broadcast());
    broadcast.map(|(channel, ring)| (channel.name.clone(), ring.clone())).collect()
}
