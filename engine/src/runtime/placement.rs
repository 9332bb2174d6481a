//! Which actor runs on which core, and how that core waits: planned and checked before any thread starts.
//!
//! A plan names only cores of the process's own mask (`taskset`, cgroup): a core outside it is refused by name, never
//! replaced. `auto` leaves a core for IO and ops where there are two; with one core everything shares it and parks.

use std::fmt;

use super::wait::Wait;

/// What a placement file says, one entry a core loop, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorePlan {
    /// What the core loop is called.
    pub name: String,
    /// The core it is pinned to, or `None` for wherever the system puts it.
    pub cpu: Option<usize>,
    /// What it does when there is nothing to do.
    pub wait: Wait,
    /// Names of its actors; a `*` at the end stands for any rest. The first entry that matches an actor has it.
    pub actors: Vec<String>,
}

/// A checked placement: every actor has exactly one core loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The core loops that have actors, in the plan's order.
    pub cores: Vec<CorePlan>,
    /// For each actor, in the order asked for, the index of its core loop.
    pub core_of_actor: Vec<usize>,
    /// The core that is left for IO and ops, where one is.
    pub io_cpu: Option<usize>,
}

/// Entries for a whole kind of actors. They may match nobody: a desk without strategies has no gate, and takes the same
/// file.
const KINDS: [&str; 7] = ["*", "feed.*", "book.*", "aggregate.*", "strategy.*", "risk", "gateway.*"];

/// Why a placement cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementError {
    /// A core loop names a core that this process may not use.
    NotAllowed {
        /// The core loop.
        core: String,
        /// The core that it names.
        cpu: usize,
        /// The cores that this process may use.
        allowed: Vec<usize>,
    },
    /// No entry matches an actor.
    Unplaced {
        /// The actor.
        actor: String,
    },
    /// An entry matches no actor of this configuration.
    Unmatched {
        /// The core loop.
        core: String,
        /// The entry.
        pattern: String,
    },
    /// Two spinning core loops share one core: each would wait milliseconds for the other.
    SharedSpin {
        /// The core.
        cpu: usize,
    },
}

impl fmt::Display for PlacementError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlacementError::NotAllowed { core, cpu, allowed } => write!(
                out,
                "core loop \"{core}\" names cpu {cpu}, which this process may not use; it may use {allowed:?} \
                 (taskset or cgroup mask)"
            ),
            PlacementError::Unplaced { actor } => {
                write!(
                    out,
                    "no core loop takes actor \"{actor}\"; add it, or a pattern such as \"*\", to one"
                )
            }
            PlacementError::Unmatched { core, pattern } => {
                write!(out, "core loop \"{core}\": no actor is called \"{pattern}\" in this configuration")
            }
            PlacementError::SharedSpin { cpu } => write!(
                out,
                "two core loops spin on cpu {cpu} and would starve each other; let one of them park or yield"
            ),
        }
    }
}

impl std::error::Error for PlacementError {}

/// The cores that this process may use, in ascending order.
pub fn allowed_cpus() -> Vec<usize> {
    let mut cpus: Vec<usize> =
        core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect();
    cpus.sort_unstable();
    cpus
}

/// Keeps the calling thread, and those that it starts from now on, on one core; false where the system refuses.
pub fn pin_this_thread(cpu: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: cpu })
}

/// The placement for these actors on these cores when nobody plans one: all on the last core, which keeps the first
/// for IO and ops. One core is shared by all, and then nothing spins.
pub fn automatic(allowed: &[usize], actors: &[&str]) -> Placement {
    let (cpu, wait, io_cpu) = match allowed {
        [] => (None, Wait::Park, None),
        [only] => (Some(*only), Wait::Park, Some(*only)),
        [first, .., last] => (Some(*last), Wait::Spin, Some(*first)),
    };
    let everyone = CorePlan { name: "engine".to_owned(), cpu, wait, actors: vec!["*".to_owned()] };
    Placement { cores: vec![everyone], core_of_actor: vec![0; actors.len()], io_cpu }
}

/// Checks a plan for these actors on these cores.
///
/// # Errors
/// Every [`PlacementError`] there is, not only the first.
pub fn check(
    plan: &[CorePlan],
    allowed: &[usize],
    actors: &[&str],
) -> Result<Placement, Vec<PlacementError>> {
    let mut errors = core_errors(plan, allowed);
    let mut core_of_actor = Vec::with_capacity(actors.len());
    for actor in actors {
        match plan.iter().position(|core| core.actors.iter().any(|pattern| matches(pattern, actor))) {
            Some(index) => core_of_actor.push(index),
            None => errors.push(PlacementError::Unplaced { actor: (*actor).to_owned() }),
        }
    }
    for core in plan {
        for pattern in core.actors.iter().filter(|pattern| !KINDS.contains(&pattern.as_str())) {
            if !actors.iter().any(|actor| matches(pattern, actor)) {
                errors.push(PlacementError::Unmatched { core: core.name.clone(), pattern: pattern.clone() });
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(without_empty_cores(plan, core_of_actor, allowed))
}

fn core_errors(plan: &[CorePlan], allowed: &[usize]) -> Vec<PlacementError> {
    let mut errors = Vec::new();
    for (index, core) in plan.iter().enumerate() {
        let Some(cpu) = core.cpu else { continue };
        if !allowed.contains(&cpu) {
            let (core, allowed) = (core.name.clone(), allowed.to_vec());
            errors.push(PlacementError::NotAllowed { core, cpu, allowed });
        }
        let spins = |other: &CorePlan| other.cpu == Some(cpu) && other.wait == Wait::Spin;
        if spins(core) && plan[..index].iter().any(spins) {
            errors.push(PlacementError::SharedSpin { cpu });
        }
    }
    errors
}

/// Leaves out the core loops that no actor was given to, and finds the core that none of the rest uses.
fn without_empty_cores(plan: &[CorePlan], core_of_actor: Vec<usize>, allowed: &[usize]) -> Placement {
    let used: Vec<usize> = (0..plan.len()).filter(|index| core_of_actor.contains(index)).collect();
    let renumbered = |old: usize| used.iter().position(|index| *index == old).expect("an actor is there");
    let core_of_actor = core_of_actor.iter().map(|old| renumbered(*old)).collect();
    let cores: Vec<CorePlan> = used.iter().map(|index| plan[*index].clone()).collect();
    let is_free = |cpu: &&usize| cores.iter().all(|core| core.cpu != Some(**cpu));
    let io_cpu = allowed.iter().find(is_free).or(allowed.first()).copied();
    Placement { cores, core_of_actor, io_cpu }
}

fn matches(pattern: &str, actor: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => actor.starts_with(start),
        None => pattern == actor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(name: &str, cpu: usize, wait: Wait, actors: &[&str]) -> CorePlan {
        let actors = actors.iter().map(|actor| (*actor).to_owned()).collect();
        CorePlan { name: name.to_owned(), cpu: Some(cpu), wait, actors }
    }

    #[test]
    fn every_actor_goes_to_the_first_core_that_names_it() {
        let plan = [core("hot", 1, Wait::Spin, &["feed.*", "risk"]), core("rest", 2, Wait::Park, &["*"])];
        let placed = check(&plan, &[0, 1, 2], &["feed.a", "book.a", "risk"]).expect("a good plan");
        assert_eq!(placed.core_of_actor, [0, 1, 0]);
        assert_eq!(placed.io_cpu, Some(0));
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_by_name() {
        let plan = [core("a", 7, Wait::Spin, &["feed.*", "bok"]), core("b", 7, Wait::Spin, &[])];
        let errors = check(&plan, &[0, 1], &["feed.x", "book.x"]).expect_err("a bad plan");
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 5, "{told:#?}");
        assert!(told[0].contains("\"a\" names cpu 7") && told[0].contains("[0, 1]"));
    }

    #[test]
    fn an_entry_may_match_nobody_only_where_it_is_for_a_whole_kind() {
        for (entry, is_taken) in [
            ("strategy.*", true),
            ("gateway.*", true),
            ("risk", true),
            ("strategies.*", false),
            ("strategy.q*", false),
            ("feed", false),
            ("risk.*", false),
        ] {
            let plan = [core("all", 1, Wait::Park, &["feed.*", entry])];
            assert_eq!(check(&plan, &[0, 1], &["feed.x"]).is_ok(), is_taken, "{entry}");
        }
    }

    #[test]
    fn auto_spins_only_where_a_core_is_left_for_the_rest() {
        assert_eq!(automatic(&[0, 1], &["x"]).cores[0].wait, Wait::Spin);
        assert_eq!(automatic(&[0, 1], &["x"]).cores[0].cpu, Some(1));
        assert_eq!(automatic(&[3], &["x"]).cores[0].wait, Wait::Park);
    }

    #[test]
    fn a_core_without_actors_is_not_started() {
        let plan = [core("idle", 0, Wait::Park, &["strategy.*", "risk"]), core("all", 1, Wait::Park, &["*"])];
        let placed = check(&plan, &[0, 1], &["x"]).expect("a good plan");
        assert_eq!(placed.cores.len(), 1);
        assert_eq!(placed.core_of_actor, [0]);
    }
}
