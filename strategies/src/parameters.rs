//! What a strategy is configured with: names and texts, read as what they are meant to be. A name that nobody reads is
//! an error, since a misspelled limit is no limit.

use std::collections::BTreeMap;

use fulmar_bus::record::{Nanos, Quantity};
use fulmar_engine::market::decimal::{NumberError, digits_behind_point, parse, rescale};
use fulmar_engine::market::{Rounding, interval};

use crate::entry::{ParameterEntry, ParameterValue};

/// Why a strategy cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {:?}: {}; {}", self.name(), self.told().0, self.told().1)]
pub enum ParameterError {
    /// The strategy has no such parameter.
    Unknown {
        /// The name given.
        name: String,
        /// The names that it takes.
        known: Vec<&'static str>,
    },
    /// A parameter has no default and was not given.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A value is not what the parameter takes.
    Misfit {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: String,
        /// What would be right.
        right: String,
    },
    /// The values are fine one by one, and not together.
    Together {
        /// The one to change first.
        name: &'static str,
        /// What is wrong with it beside the others: "it is not below slow_bars".
        wrong: &'static str,
        /// What would be right.
        right: &'static str,
    },
}

impl ParameterError {
    /// The parameter that it is about.
    pub fn name(&self) -> &str {
        match self {
            ParameterError::Unknown { name, .. } => name,
            ParameterError::Missing { name }
            | ParameterError::Misfit { name, .. }
            | ParameterError::Together { name, .. } => name,
        }
    }

    /// What is wrong with it, and what would be right.
    pub fn told(&self) -> (String, String) {
        match self {
            ParameterError::Unknown { known, .. } if known.is_empty() => {
                ("unknown".to_owned(), "the strategy takes none".to_owned())
            }
            ParameterError::Unknown { known, .. } => {
                ("unknown".to_owned(), format!("the strategy takes {}", known.join(", ")))
            }
            ParameterError::Missing { .. } => ("missing".to_owned(), "it has no default".to_owned()),
            ParameterError::Misfit { value, right, .. } => {
                (format!("{value:?} does not fit"), format!("it takes {right}"))
            }
            ParameterError::Together { wrong, right, .. } => ((*wrong).to_owned(), (*right).to_owned()),
        }
    }
}

/// Names and values, as text. A strategy is given them complete: what its entry says of them holds, and reading one by
/// another kind or name than its entry has is told as what does not fit, or is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// These names with these values.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Parameters(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The text of this name, if it is given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The amount of this name.
    ///
    /// # Errors
    /// Where it is missing or no decimal above zero.
    pub fn amount(&self, name: &'static str) -> Result<Amount, ParameterError> {
        present(name, self.optional_amount(name))
    }

    /// The amount of this name, if it is given.
    ///
    /// # Errors
    /// Where it is no decimal above zero.
    pub fn optional_amount(&self, name: &'static str) -> Result<Option<Amount>, ParameterError> {
        let positive = |text: &str| Amount::parse(text).ok().filter(|amount| amount.is_positive());
        self.read(name, &ParameterValue::Amount, positive)
    }

    /// The whole number of this name.
    ///
    /// # Errors
    /// Where it is missing or no whole number.
    pub fn count(&self, name: &'static str) -> Result<u32, ParameterError> {
        present(name, self.optional_count(name))
    }

    /// The whole number of this name, if it is given.
    ///
    /// # Errors
    /// Where it is no whole number.
    pub fn optional_count(&self, name: &'static str) -> Result<Option<u32>, ParameterError> {
        let any = ParameterValue::Count { least: 0, most: u32::MAX };
        self.read(name, &any, |text| text.parse().ok())
    }

    /// The length of bars of this name.
    ///
    /// # Errors
    /// Where it is missing or no length that a bar may have.
    pub fn interval(&self, name: &'static str) -> Result<Nanos, ParameterError> {
        present(name, self.optional_interval(name))
    }

    /// The length of bars of this name, if it is given.
    ///
    /// # Errors
    /// Where it is no length that a bar may have.
    pub fn optional_interval(&self, name: &'static str) -> Result<Option<Nanos>, ParameterError> {
        self.read(name, &ParameterValue::Interval, interval::parse)
    }

    /// The word of this name.
    ///
    /// # Errors
    /// Where it is missing.
    pub fn word(&self, name: &'static str) -> Result<&str, ParameterError> {
        self.get(name).ok_or(ParameterError::Missing { name })
    }

    fn read<T>(
        &self,
        name: &'static str,
        value: &ParameterValue,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ParameterError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| value.misfit(name, text))
    }

    /// Refuses every name that is not among `known`.
    pub(crate) fn allow_only(&self, known: &'static [ParameterEntry]) -> Result<(), ParameterError> {
        let known: Vec<&'static str> = known.iter().map(|parameter| parameter.name).collect();
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(ParameterError::Unknown { name: name.clone(), known }),
            None => Ok(()),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
}

fn present<T>(name: &'static str, read: Result<Option<T>, ParameterError>) -> Result<T, ParameterError> {
    read?.ok_or(ParameterError::Missing { name })
}

/// A decimal amount as it was written, which becomes a quantity once an instrument's scale is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    mantissa: i64,
    scale: u8,
}

impl Amount {
    /// The amount in `text`, such as `"0.01"`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let scale = digits_behind_point(text.as_bytes());
        Ok(Amount { mantissa: parse(text.as_bytes(), scale)?, scale })
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// The quantity at `scale`, in whole steps of `step`. What is less than a step is cut: never more than was asked.
    /// An amount too large for the scale is zero.
    ///
    /// ```
    /// use fulmar_bus::record::Quantity;
    /// use fulmar_strategies::Amount;
    /// let amount = Amount::parse("0.0257").expect("a number");
    /// assert_eq!(amount.at(3, 1), Quantity(25));
    /// assert_eq!(amount.at(3, 10), Quantity(20));
    /// ```
    pub fn at(self, scale: u8, step: i64) -> Quantity {
        let quantity = rescale(self.mantissa, self.scale, scale, Rounding::Down).unwrap_or(0);
        Quantity(quantity - quantity % step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_what_it_is_meant_to_be() {
        let pairs = [("size", "0.5"), ("bars", "1h"), ("ticks", "7"), ("side", "buy")];
        let parameters = Parameters::from_pairs(pairs);
        assert_eq!(parameters.amount("size").map(|size| size.at(2, 1)), Ok(Quantity(50)));
        assert_eq!(parameters.interval("bars"), Ok(Nanos::from_secs(3_600)));
        assert_eq!((parameters.count("ticks"), parameters.word("side")), (Ok(7), Ok("buy")));
        assert!(matches!(parameters.count("side"), Err(ParameterError::Misfit { name: "side", .. })));
        assert_eq!(parameters.amount("absent"), Err(ParameterError::Missing { name: "absent" }));
        assert_eq!(parameters.optional_count("absent"), Ok(None));
    }

    #[test]
    fn an_amount_is_cut_to_whole_steps_and_never_grows() {
        let at = |text, scale, step| Amount::parse(text).expect("a number").at(scale, step).0;
        assert_eq!(at("1.5", 3, 100), 1_500);
        assert_eq!(at("1.55", 1, 1), 15);
        assert_eq!(at("0.0004", 3, 1), 0);
        assert_eq!(at("9223372036854775807", 2, 1), 0, "too large for the scale");
    }
}
