//! The keys of `[venue.assumed]`, derived from what the venues of this build declare.

use std::borrow::Cow;

use fulmar_adapters::session::{AssumedValue, Assumption};

use crate::configuration::schema::Kind::{Choice, Integer, Route};
use crate::configuration::schema::{Key, Kind, Need, Table};
use crate::venues;

/// What each venue assumes of itself, by its name.
pub(super) fn by_venue() -> Kind {
    let table = |name: &&'static str| (*name, Kind::Table(of_venue(venues::assumed(name))));
    Kind::Variant("name", venues::NAMES.iter().map(table).collect())
}

fn of_venue(assumed: &[Assumption]) -> Table {
    let doc = if assumed.is_empty() {
        "It takes no key here."
    } else {
        "What nobody could say of the venue for certain, and what it is taken to be. State it where it shows to be wrong."
    };
    Table { doc, keys: assumed.iter().map(key).collect() }
}

fn key(Assumption { name, value, doc }: &Assumption) -> Key {
    let (kind, text) = match *value {
        AssumedValue::Count { default, least, most } => {
            (Integer(i64::from(least), i64::from(most)), default.to_string())
        }
        AssumedValue::Word(words) => (Choice(words.to_vec()), format!("{:?}", words[0])),
        AssumedValue::Path(path) => (Route, format!("{path:?}")),
    };
    Key { name, kind, need: Need::Default(Cow::Owned(text)), doc }
}
