//! What a strategy is configured with: names and texts, read as what they are meant to be. A name that nobody reads is
//! an error, since a misspelled limit is no limit.

use std::collections::BTreeMap;

use fulmar_bus::record::{Nanos, Quantity};
use fulmar_engine::market::decimal::{NumberError, digits_behind_point, parse, rescale};
use fulmar_engine::market::{Rounding, interval};

use crate::NAMES;

/// Why a strategy cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// No strategy has that name.
    #[error("no strategy is called {name:?}; there are {}", NAMES.join(", "))]
    UnknownStrategy {
        /// The name asked for.
        name: String,
    },
    /// The strategy has no such parameter.
    #[error("there is no parameter {name:?}; the strategy takes {}", told(.known))]
    Unknown {
        /// The name given.
        name: String,
        /// The names that it takes.
        known: Vec<&'static str>,
    },
    /// A parameter has no default and was not given.
    #[error("the parameter {name:?} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A value is no decimal number.
    #[error("the parameter {name:?} is {value:?}, which is no decimal number: {source}")]
    NotDecimal {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: String,
        /// What is wrong with it.
        source: NumberError,
    },
    /// A value is no whole number, or one outside its bounds.
    #[error("the parameter {name:?} is {value:?}, but it is a whole number from {least} to {most}")]
    NotInBounds {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: String,
        /// Least value.
        least: u32,
        /// Largest value.
        most: u32,
    },
    /// A value is no length that bars have.
    #[error("the parameter {name:?} is {value:?}, but it is a length of bars, such as \"1m\" or \"1h\"")]
    NotInterval {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: String,
    },
    /// The values are fine one by one, and not together.
    #[error("{0}")]
    Together(&'static str),
}

fn told(known: &[&str]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

/// Names and values, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// These names with these values.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Parameters(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Refuses every name that is not among `known`.
    ///
    /// # Errors
    /// [`ParameterError::Unknown`] for the first such name.
    pub fn allow_only(&self, known: &[&'static str]) -> Result<(), ParameterError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(ParameterError::Unknown { name: name.clone(), known: known.to_vec() }),
            None => Ok(()),
        }
    }

    /// The amount of this name.
    ///
    /// # Errors
    /// Where it is missing or no decimal number.
    pub fn amount(&self, name: &'static str) -> Result<Amount, ParameterError> {
        self.optional_amount(name)?.ok_or(ParameterError::Missing { name })
    }

    /// The amount of this name, if it is given.
    ///
    /// # Errors
    /// Where it is no decimal number.
    pub fn optional_amount(&self, name: &'static str) -> Result<Option<Amount>, ParameterError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let wrong = |source| ParameterError::NotDecimal { name, value: value.clone(), source };
        Amount::parse(value).map(Some).map_err(wrong)
    }

    /// The whole number of this name, or `default` where it is not given.
    ///
    /// # Errors
    /// Where it is no whole number within `bounds`.
    pub fn count(
        &self,
        name: &'static str,
        default: u32,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, ParameterError> {
        let Some(value) = self.0.get(name) else { return Ok(default) };
        value.parse().ok().filter(|count| bounds.contains(count)).ok_or_else(|| ParameterError::NotInBounds {
            name,
            value: value.clone(),
            least: *bounds.start(),
            most: *bounds.end(),
        })
    }

    /// The length of bars of this name, or `default` where it is not given.
    ///
    /// # Errors
    /// Where it is no length that a bar may have.
    pub fn interval(&self, name: &'static str, default: Nanos) -> Result<Nanos, ParameterError> {
        let Some(value) = self.0.get(name) else { return Ok(default) };
        interval::parse(value).ok_or_else(|| ParameterError::NotInterval { name, value: value.clone() })
    }
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
    fn a_wrong_value_is_told_with_what_would_be_right() {
        let parameters = Parameters::from_pairs([("quantity", "1e3"), ("ticks", "0"), ("more", "-1")]);
        let quantity = parameters.amount("quantity");
        assert!(matches!(quantity, Err(ParameterError::NotDecimal { source: NumberError::Exponent, .. })));
        let error = parameters.count("ticks", 5, 1..=9).expect_err("zero is below one").to_string();
        assert!(error.contains("from 1 to 9"), "{error}");
        assert!(parameters.count("more", 5, 0..=9).is_err());
        assert_eq!(parameters.count("absent", 5, 1..=9), Ok(5));
        let bars = Parameters::from_pairs([("interval", "7m")]);
        let error =
            bars.interval("interval", Nanos::from_secs(60)).expect_err("7 minutes are no part of a day");
        assert!(error.to_string().contains("\"7m\""), "{error}");
        assert_eq!(parameters.amount("absent"), Err(ParameterError::Missing { name: "absent" }));
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
