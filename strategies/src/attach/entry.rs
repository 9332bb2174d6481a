//! A strategy that lives in a process of its own, as a configuration states it: nothing of what it does, all of how it
//! is treated.

use fulmar_bus::record::{Nanos, OnDisconnect};
use fulmar_engine::contract::Strategy;

use crate::entry::{Need, ParameterEntry, ParameterValue, StrategyEntry};
use crate::parameters::{ParameterError, Parameters};

/// The entry. Its strategy is whoever attaches under its name.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "attached",
    doc: "Lives in a process of its own, which attaches to the engine under this strategy's name.",
    parameters: &[
        ParameterEntry {
            name: "on_disconnect",
            value: ParameterValue::Word(&["cancel", "leave", "flatten"]),
            need: Need::Default("cancel"),
            doc: "What becomes of what it has when its process goes: its orders are canceled, are left as they stand, or \
                  are canceled and what it holds is closed.",
        },
        ParameterEntry {
            name: "commands_per_second",
            value: ParameterValue::Count { least: 1, most: 1_000_000 },
            need: Need::Default("1000"),
            doc: "Orders, changes and cancels that are taken from it in a second; more wait in its own ring.",
        },
        ParameterEntry {
            name: "silence_ms",
            value: ParameterValue::Count { least: 100, most: 600_000 },
            need: Need::Default("3000"),
            doc: "How long its process may show no sign of life before it is treated as gone.",
        },
        ParameterEntry {
            name: "misuses_per_minute",
            value: ParameterValue::Count { least: 0, most: 1_000 },
            need: Need::Default("10"),
            doc: "How often in a minute it may want what is not its own, or was wanted before, until it is sent away.",
        },
        ParameterEntry {
            name: "take_over",
            value: ParameterValue::Word(&["never", "allow"]),
            need: Need::Default("never"),
            doc: "Whether a process that asks to may take the place of the one that is there, with its orders. Any process \
                  of the engine's user can ask.",
        },
    ],
    is_trading: true,
    make: |_| Ok(Box::new(Absent)),
};

/// What stands for it where no process can come: it does nothing.
struct Absent;

impl Strategy for Absent {}

/// How an attached strategy is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Treatment {
    /// What becomes of what it has when its process goes.
    pub on_disconnect: OnDisconnect,
    /// Commands that are taken from it in a second.
    pub commands_max: u32,
    /// How long it may show no sign of life.
    pub silence_max: Nanos,
    /// How often in a minute it may want what makes no sense.
    pub misuses_max: u32,
    /// A process that asks to may take its place.
    pub is_replaceable: bool,
}

impl Treatment {
    /// What is stated of a strategy, where it is an attached one.
    ///
    /// # Errors
    /// As [`StrategyEntry::complete`].
    pub fn of(entry: &StrategyEntry, stated: &Parameters) -> Result<Option<Self>, ParameterError> {
        if entry.kind != ENTRY.kind {
            return Ok(None);
        }
        let parameters = entry.complete(stated)?;
        let on_disconnect = match parameters.word("on_disconnect")? {
            "leave" => OnDisconnect::Leave,
            "flatten" => OnDisconnect::Flatten,
            _ => OnDisconnect::Cancel,
        };
        Ok(Some(Treatment {
            on_disconnect,
            commands_max: parameters.count("commands_per_second")?,
            silence_max: Nanos(u64::from(parameters.count("silence_ms")?) * 1_000_000),
            misuses_max: parameters.count("misuses_per_minute")?,
            is_replaceable: parameters.word("take_over")? == "allow",
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stated_is_the_default_and_what_is_no_attached_strategy_has_no_treatment() {
        let stated = Parameters::from_pairs([("on_disconnect", "flatten"), ("silence_ms", "250")]);
        let treatment = Treatment::of(&ENTRY, &stated).expect("it is sound").expect("it is attached");
        assert_eq!(
            (treatment.on_disconnect, treatment.silence_max),
            (OnDisconnect::Flatten, Nanos(250_000_000))
        );
        assert_eq!((treatment.commands_max, treatment.misuses_max), (1_000, 10));
        assert_eq!(Treatment::of(&crate::idle::ENTRY, &Parameters::default()), Ok(None));
        let wrong = Parameters::from_pairs([("on_disconnect", "explode")]);
        assert!(Treatment::of(&ENTRY, &wrong).is_err());
    }
}
