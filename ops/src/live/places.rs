//! From a placement file, or from none, to core loops with their actors and bells.

use std::collections::BTreeSet;

use fulmar_engine::runtime::placement::{self, CorePlan, Placement, PlacementError};
use fulmar_engine::runtime::{Doorbell, Wait};

use crate::configuration::{self, PlacementFile};

/// A checked placement, and the bell of each core loop that may sleep.
pub(super) struct Places {
    pub(super) placement: Placement,
    bells: Vec<Doorbell>,
    actors: Vec<String>,
}

impl Places {
    /// The places of these actors, as `file` says or as the machine suggests.
    pub(super) fn plan(
        file: Option<&PlacementFile>,
        actors: Vec<String>,
    ) -> Result<Self, Vec<PlacementError>> {
        let allowed = placement::allowed_cpus();
        let names: Vec<&str> = actors.iter().map(String::as_str).collect();
        let placement = match file {
            None => placement::automatic(&allowed, &names),
            Some(file) => {
                placement::check(&file.cores.iter().map(core_plan).collect::<Vec<_>>(), &allowed, &names)?
            }
        };
        let bells = placement.cores.iter().map(|_| Doorbell::new()).collect();
        Ok(Places { placement, bells, actors })
    }

    /// The bell of the core loop at this index.
    pub(super) fn bell(&self, core: usize) -> Doorbell {
        self.bells[core].clone()
    }

    /// The core loops that an order takes from the gate to its venue; without orders, none.
    pub(super) fn order_cores(&self) -> BTreeSet<usize> {
        let is_on_the_way = |name: &str| name == "risk" || name.starts_with("gateway.");
        let cores = self.actors.iter().zip(&self.placement.core_of_actor);
        cores.filter(|(name, _)| is_on_the_way(name)).map(|(_, core)| *core).collect()
    }

    /// The bell to ring for the actor of this name; `None` where its core never sleeps.
    pub(super) fn bell_of(&self, actor: &str) -> Option<Doorbell> {
        let index = self.actors.iter().position(|name| name == actor)?;
        let core = self.placement.core_of_actor[index];
        (self.placement.cores[core].wait == Wait::Park).then(|| self.bell(core))
    }
}

fn core_plan(core: &configuration::Core) -> CorePlan {
    let wait = match core.wait {
        configuration::Wait::Spin => Wait::Spin,
        configuration::Wait::Yield => Wait::Yield,
        configuration::Wait::Park => Wait::Park,
    };
    CorePlan { name: core.name.clone(), cpu: core.cpu, wait, actors: core.actors.clone() }
}
