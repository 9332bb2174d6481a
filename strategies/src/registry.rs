//! The strategies of a program: those that come with the engine, and those that a user's program brings.

use crate::entry::{Need, ParameterEntry, StrategyEntry};
use crate::{attach, ema_cross, idle, quoter};

/// The strategies that come with the engine. A new one is its file and its line here.
pub const BUILT_IN: &[StrategyEntry] = &[quoter::ENTRY, ema_cross::ENTRY, idle::ENTRY, attach::ENTRY];

/// The longest kind and the longest name of a parameter: what a configuration takes as a name.
const NAME_BYTES_MAX: usize = 32;

/// Why a program cannot have a strategy. Each is a mistake in the program, not in what it was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two entries have one kind.
    #[error("two strategies are of the kind {kind:?}; give one of them another")]
    DuplicateKind {
        /// Their kind.
        kind: &'static str,
    },
    /// A kind, or the name of a parameter, that a configuration could not state.
    #[error(
        "{name:?} names nothing; a name is lower-case letters, digits and single `_`, a letter first, at most 32"
    )]
    Name {
        /// The name.
        name: &'static str,
    },
    /// Two parameters of one strategy have one name.
    #[error("the strategy {kind:?} has two parameters called {name:?}")]
    DuplicateParameter {
        /// The strategy.
        kind: &'static str,
        /// Their name.
        name: &'static str,
    },
    /// A default that the parameter itself would refuse.
    #[error("the parameter {name:?} of {kind:?} has the default {default:?}, but it takes {right}")]
    Default {
        /// The strategy.
        kind: &'static str,
        /// The parameter.
        name: &'static str,
        /// Its default.
        default: &'static str,
        /// What it takes.
        right: String,
    },
}

/// Strategies by their kinds, each sound and of its own kind.
///
/// ```
/// use fulmar_strategies::{Registry, RegistryError, quoter};
/// assert!(Registry::default().get("quoter").is_some());
/// let twice = Registry::with(&[quoter::ENTRY]);
/// assert!(matches!(twice, Err(RegistryError::DuplicateKind { kind: "quoter" })));
/// ```
#[derive(Clone, Debug)]
pub struct Registry(Vec<StrategyEntry>);

impl Registry {
    /// The built-in strategies, and `more`.
    ///
    /// # Errors
    /// The first entry that is not sound, or whose kind another has.
    pub fn with(more: &[StrategyEntry]) -> Result<Self, RegistryError> {
        let mut registry = Registry(Vec::new());
        for entry in BUILT_IN.iter().chain(more) {
            check(entry)?;
            if registry.get(entry.kind).is_some() {
                return Err(RegistryError::DuplicateKind { kind: entry.kind });
            }
            registry.0.push(*entry);
        }
        Ok(registry)
    }

    /// All of them, the built-in ones first.
    pub fn entries(&self) -> &[StrategyEntry] {
        &self.0
    }

    /// The strategy of this kind.
    pub fn get(&self, kind: &str) -> Option<&StrategyEntry> {
        self.0.iter().find(|entry| entry.kind == kind)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::with(&[]).expect("the built-in strategies are sound, each of its own kind")
    }
}

fn check(entry: &StrategyEntry) -> Result<(), RegistryError> {
    let kind = entry.kind;
    check_name(kind)?;
    for (index, ParameterEntry { name, value, need, .. }) in entry.parameters.iter().enumerate() {
        check_name(name)?;
        if entry.parameters[..index].iter().any(|other| other.name == *name) {
            return Err(RegistryError::DuplicateParameter { kind, name });
        }
        if let Need::Default(default) = need
            && !value.takes(default)
        {
            return Err(RegistryError::Default { kind, name, default, right: value.expected() });
        }
    }
    Ok(())
}

/// A configuration's variables are names in capitals that `__` joins, so that no other letters could be reached.
fn check_name(name: &'static str) -> Result<(), RegistryError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_right = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(is_plain)
        && !name.contains("__");
    if is_right { Ok(()) } else { Err(RegistryError::Name { name }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::ParameterValue;
    use crate::parameters::Parameters;

    const TICKS: ParameterEntry = ParameterEntry {
        name: "ticks",
        value: ParameterValue::Count { least: 1, most: 9 },
        need: Need::Default("5"),
        doc: "Ticks.",
    };

    const OWN: StrategyEntry =
        StrategyEntry { kind: "own", doc: "Ours.", parameters: &[TICKS], ..idle::ENTRY };

    fn refused(entry: StrategyEntry) -> RegistryError {
        Registry::with(&[entry]).expect_err("it is not sound")
    }

    #[test]
    fn every_strategy_is_made_of_the_least_that_it_asks_for() {
        for entry in BUILT_IN {
            let required = entry.parameters.iter().filter(|parameter| parameter.need == Need::Required);
            let least = required.map(|parameter| {
                assert_eq!(parameter.value, ParameterValue::Amount, "nothing else is required so far");
                (parameter.name, "0.01")
            });
            assert!(entry.strategy(&Parameters::from_pairs(least)).is_ok(), "{}", entry.kind);
        }
    }

    #[test]
    fn a_strategy_of_ones_own_stands_beside_the_built_in_ones() {
        let registry = Registry::with(&[OWN]).expect("it is sound");
        let kinds: Vec<_> = registry.entries().iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, ["quoter", "ema_cross", "idle", "attached", "own"]);
        assert!(registry.get("owm").is_none());
    }

    #[test]
    fn no_kind_stands_for_two_strategies() {
        let twice = Registry::with(&[OWN, OWN]).expect_err("one kind twice");
        assert_eq!(twice, RegistryError::DuplicateKind { kind: "own" });
    }

    #[test]
    fn an_entry_that_a_configuration_could_not_state_is_refused() {
        for name in ["", "Own", "1st", "a-b", "a__b", "a name that is far longer than any field"] {
            assert_eq!(refused(StrategyEntry { kind: name, ..OWN }), RegistryError::Name { name });
        }
        let twice = refused(StrategyEntry { parameters: &[TICKS, TICKS], ..OWN });
        assert_eq!(twice, RegistryError::DuplicateParameter { kind: "own", name: "ticks" });
    }

    #[test]
    fn a_default_fits_its_own_parameter() {
        const BEYOND: ParameterEntry = ParameterEntry { need: Need::Default("10"), ..TICKS };
        let error = refused(StrategyEntry { parameters: &[BEYOND], ..OWN }).to_string();
        assert!(error.contains("\"10\"") && error.contains("from 1 to 9"), "{error}");
    }
}
