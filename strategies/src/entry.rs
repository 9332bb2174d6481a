//! What a strategy says of itself, once: its kind, its parameters with their bounds and defaults, and how it is made.
//!
//! All that a program knows of a strategy follows from its entry: which keys a configuration may state, what is wrong
//! with one, the reference, and whether it needs limits. An entry is checked when a program starts, by
//! [`super::Registry`].

use fulmar_engine::contract::Strategy;
use fulmar_engine::market::interval;

use crate::parameters::{Amount, ParameterError, Parameters};

/// Makes a strategy of its parameters, which are complete: each fits its entry, and what was left out is its default.
pub type MakeStrategy = fn(&Parameters) -> Result<Box<dyn Strategy>, ParameterError>;

/// A kind of strategy.
///
/// ```
/// use fulmar_strategies::sdk::*;
///
/// struct Watcher {
///     lots: u32,
/// }
/// impl Strategy for Watcher {}
///
/// const ENTRY: StrategyEntry = StrategyEntry {
///     kind: "watcher",
///     doc: "Looks at the market.",
///     parameters: &[ParameterEntry {
///         name: "lots",
///         value: ParameterValue::Count { least: 1, most: 10 },
///         need: Need::Default("2"),
///         doc: "Lots that it would trade.",
///     }],
///     is_trading: false,
///     make: |parameters| Ok(Box::new(Watcher { lots: parameters.count("lots")? })),
/// };
///
/// assert!(ENTRY.strategy(&Parameters::default()).is_ok());
/// let error = ENTRY.strategy(&Parameters::from_pairs([("lots", "11")])).err().expect("eleven is too many");
/// assert!(error.to_string().contains("from 1 to 10"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StrategyEntry {
    /// Its name in a configuration; no other has it.
    pub kind: &'static str,
    /// What it does, in one sentence.
    pub doc: &'static str,
    /// What it takes, in the order in which the reference tells it.
    pub parameters: &'static [ParameterEntry],
    /// Whether it sends orders. One that does is not started without limits for every instrument that it trades. One
    /// that says it does not is not asked for them, and the gate denies every order for an instrument without limits.
    pub is_trading: bool,
    /// Makes it. The same parameters make the same strategy: it reads no file, no clock and no environment.
    pub make: MakeStrategy,
}

/// One parameter of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct ParameterEntry {
    /// Its name: lower-case letters, digits and single `_`, a letter first.
    pub name: &'static str,
    /// What it takes.
    pub value: ParameterValue,
    /// Whether it may be left out.
    pub need: Need,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// A decimal above zero, read by [`Parameters::amount`].
    Amount,
    /// A whole number within these bounds, read by [`Parameters::count`].
    Count {
        /// Least value.
        least: u32,
        /// Largest value.
        most: u32,
    },
    /// A length of bars, read by [`Parameters::interval`]. The configuration has to ask for bars of it.
    Interval,
    /// One of these words, read by [`Parameters::word`].
    Word(&'static [&'static str]),
}

/// Whether a parameter may be left out, and what then holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be stated.
    Required,
    /// It may be absent, and absence means something.
    Optional,
    /// Absent, it is this.
    Default(&'static str),
}

impl StrategyEntry {
    /// The strategy with what is stated, and defaults for the rest.
    ///
    /// # Errors
    /// The first that is wrong with what is stated.
    pub fn strategy(&self, stated: &Parameters) -> Result<Box<dyn Strategy>, ParameterError> {
        (self.make)(&self.complete(stated)?)
    }

    /// What is stated, judged, with defaults for the rest.
    ///
    /// # Errors
    /// The first name that is unknown or missing, or value that does not fit.
    pub fn complete(&self, stated: &Parameters) -> Result<Parameters, ParameterError> {
        stated.allow_only(self.parameters)?;
        let mut complete = stated.clone();
        for ParameterEntry { name, value, need, .. } in self.parameters {
            match (stated.get(name), need) {
                (Some(text), _) if !value.takes(text) => return Err(value.misfit(name, text)),
                (None, Need::Required) => return Err(ParameterError::Missing { name }),
                (None, Need::Default(default)) => complete.set(name, default),
                _ => {}
            }
        }
        Ok(complete)
    }

    /// The entry of the parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterEntry> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl ParameterValue {
    /// Whether `text` is such a value.
    pub fn takes(&self, text: &str) -> bool {
        match self {
            ParameterValue::Amount => Amount::parse(text).is_ok_and(Amount::is_positive),
            ParameterValue::Count { least, most } => {
                text.parse().is_ok_and(|count: u32| (*least..=*most).contains(&count))
            }
            ParameterValue::Interval => interval::parse(text).is_some(),
            ParameterValue::Word(words) => words.contains(&text),
        }
    }

    /// What it takes, said so that a person knows what to write.
    pub fn expected(&self) -> String {
        match self {
            ParameterValue::Amount => "a decimal above zero, such as \"0.01\"".to_owned(),
            ParameterValue::Count { least, most } => format!("a whole number from {least} to {most}"),
            ParameterValue::Interval => "a length of bars, such as \"1m\" or \"1h\"".to_owned(),
            ParameterValue::Word(words) => format!("one of {}", words.join(", ")),
        }
    }

    /// The error of a parameter that is `text`, which is no such value.
    pub(crate) fn misfit(&self, name: &'static str, text: &str) -> ParameterError {
        ParameterError::Misfit { name, value: text.to_owned(), right: self.expected() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;
    impl Strategy for Nothing {}

    const ENTRY: StrategyEntry = StrategyEntry {
        kind: "nothing",
        doc: "Takes one of each and does nothing.",
        parameters: &[
            ParameterEntry { name: "size", value: ParameterValue::Amount, need: Need::Required, doc: "" },
            ParameterEntry {
                name: "ticks",
                value: ParameterValue::Count { least: 1, most: 9 },
                need: Need::Default("5"),
                doc: "",
            },
            ParameterEntry { name: "bars", value: ParameterValue::Interval, need: Need::Optional, doc: "" },
            ParameterEntry {
                name: "side",
                value: ParameterValue::Word(&["buy", "sell"]),
                need: Need::Default("buy"),
                doc: "",
            },
        ],
        is_trading: false,
        make: |_| Ok(Box::new(Nothing)),
    };

    fn complete(pairs: &[(&str, &str)]) -> Result<Parameters, ParameterError> {
        ENTRY.complete(&Parameters::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn what_is_left_out_is_its_default_and_what_is_optional_stays_absent() {
        let complete = complete(&[("size", "0.5")]).expect("the rest may be left out");
        assert_eq!((complete.get("ticks"), complete.get("side")), (Some("5"), Some("buy")));
        assert_eq!(complete.get("bars"), None);
        assert_eq!(ENTRY.complete(&complete), Ok(complete), "what is complete stays as it is");
    }

    #[test]
    fn a_wrong_value_is_told_with_what_would_be_right() {
        for (name, value, right) in [
            ("size", "1e3", "a decimal"),
            ("size", "0", "above zero"),
            ("ticks", "0", "from 1 to 9"),
            ("ticks", "-1", "from 1 to 9"),
            ("bars", "7m", "\"1m\""),
            ("side", "bye", "buy, sell"),
        ] {
            let mut pairs = vec![("size", "1")];
            pairs.push((name, value));
            let error = complete(&pairs).expect_err("it does not fit").to_string();
            assert!(error.contains(value) && error.contains(right), "{error}");
        }
    }

    #[test]
    fn a_name_that_is_missing_or_that_nobody_reads_is_told() {
        assert_eq!(complete(&[]), Err(ParameterError::Missing { name: "size" }));
        let error = complete(&[("size", "1"), ("tiks", "5")]).expect_err("it is misspelled").to_string();
        assert!(error.contains("\"tiks\"") && error.contains("ticks"), "{error}");
    }
}
