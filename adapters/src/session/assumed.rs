//! What is assumed of a venue since nobody could say it for certain, and what a configuration says instead.
//!
//! A venue declares each such fact once: its name, what it may be, what it is taken to be, and what would show that
//! this is wrong. From that come the keys of `[venue.assumed]`, what `check` says of them, and their page in the
//! reference. What proves itself as it runs (a rule of continuity, whose breach breaks the book) is no key: its comment
//! says so.

use std::collections::BTreeMap;

/// A fact of a venue that is assumed, and can be stated otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Its key in a configuration.
    pub name: &'static str,
    /// What it may be, and what it is where nobody states it.
    pub value: AssumedValue,
    /// What is assumed and why, and what would show that it is wrong, in a few sentences.
    pub doc: &'static str,
}

/// What an assumed fact may be, and is where nobody states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssumedValue {
    /// A whole number from `least` to `most`.
    Count {
        /// Where nobody states it.
        default: u32,
        /// The least that makes sense.
        least: u32,
        /// The most that makes sense.
        most: u32,
    },
    /// One of these words; the first where nobody states it.
    Word(&'static [&'static str]),
    /// What stands in a URL before what is asked for, from its `/` on, or nothing; this where nobody states it.
    Path(&'static str),
}

/// What a configuration states of what is assumed: texts by the names of their facts. Each was checked before.
///
/// ```
/// use fulmar_adapters::session::{Assumed, AssumedValue, Assumption};
/// let streams = AssumedValue::Count { default: 200, least: 1, most: 1_024 };
/// let streams = Assumption { name: "streams", value: streams, doc: "Streams of a connection." };
/// assert_eq!(streams.count(&Assumed::default()), 200);
/// assert_eq!(streams.count(&[("streams", "50")].into_iter().collect()), 50);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumed(BTreeMap<String, String>);

impl<'text> FromIterator<(&'text str, &'text str)> for Assumed {
    fn from_iter<T: IntoIterator<Item = (&'text str, &'text str)>>(stated: T) -> Self {
        Assumed(stated.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    }
}

impl Assumption {
    /// The number, as stated or else as assumed.
    ///
    /// # Panics
    /// Where it is no number, which the check of a configuration refuses.
    pub fn count(&self, assumed: &Assumed) -> u32 {
        let AssumedValue::Count { default, least, most } = self.value else {
            panic!("{} is no number", self.name)
        };
        let Some(text) = assumed.0.get(self.name) else { return default };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.expect("the check takes numbers of this range alone")
    }

    /// The word or path, as stated or else as assumed.
    ///
    /// # Panics
    /// Where it is a number.
    pub fn text<'a>(&self, assumed: &'a Assumed) -> &'a str {
        let default = match self.value {
            AssumedValue::Word(words) => words[0],
            AssumedValue::Path(path) => path,
            AssumedValue::Count { .. } => panic!("{} is a number", self.name),
        };
        assumed.0.get(self.name).map_or(default, String::as_str)
    }
}

/// Messages of one connection in a second, where a venue states no limit of them.
pub const fn messages_per_second(default: u32, doc: &'static str) -> Assumption {
    let value = AssumedValue::Count { default, least: 1, most: 100 };
    Assumption { name: "messages_per_second", value, doc }
}
