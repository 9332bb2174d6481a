//! Overrides from the environment: `FULMAR__SECTION__KEY`, for every key of the schema.
//!
//! A variable's segments are the key's path in capitals, with `_` for what a variable cannot hold:
//! `FULMAR__VENUE__BINANCE_SPOT__DEPTH_INTERVAL` is `depth_interval` of the venue `binance-spot`, and
//! `FULMAR__RISK__INSTRUMENT__BINANCE_SPOT_BTCUSDT__POSITION_MAX` the `position_max` of its BTCUSDT. A variable changes
//! a venue, strategy or instrument that a file names; it makes no new one. A list is written with commas.

use std::collections::BTreeMap;

use super::check::{advice_on_unknown, settled};
use super::document::{Node, Value};
use super::nearest::nearest;
use super::schema::{Kind, Table};
use super::violation::{Origin, Violations};

/// What every override begins with.
pub const PREFIX: &str = "FULMAR__";

/// Lays the overrides among `variables` over `document`.
pub fn lay_over(document: &mut Node, schema: &Table, variables: &Variables, violations: &mut Violations) {
    for (variable, value) in variables {
        let Some(path) = variable.strip_prefix(PREFIX) else { continue };
        let segments: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        let origin = Origin::Variable(variable.as_str().into());
        let target = Override { schema, origin, value };
        if let Err((wrong, right)) = target.table(document, schema, &segments) {
            violations.add(&target.origin, &segments.join("."), wrong, right);
        }
    }
}

/// Environment variables by name.
pub type Variables = BTreeMap<String, String>;

/// What is wrong, and what would be right.
type Fault = (String, String);

struct Override<'a> {
    schema: &'a Table,
    origin: Origin,
    value: &'a str,
}

impl Override<'_> {
    fn table(&self, node: &mut Node, table: &Table, segments: &[String]) -> Result<(), Fault> {
        let Some((name, rest)) = segments.split_first() else {
            return Err(("it names a table".to_owned(), "name one of its keys".to_owned()));
        };
        let key = table
            .key(name)
            .ok_or_else(|| ("unknown key".to_owned(), advice_on_unknown(name, table, self.schema)))?;
        // Where a file wrote something else than a table, the check tells it; there is nothing to override within.
        let Some(entries) = node.as_table_mut() else { return Ok(()) };
        let chosen: BTreeMap<String, String> = entries
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), node.as_text()?.to_owned())))
            .collect();
        let Some(kind) = settled(key, |sibling| chosen.get(sibling).map(String::as_str)) else {
            return Ok(());
        };
        match kind {
            Kind::Table(inner) => {
                let entry =
                    entries.entry(key.name.to_owned()).or_insert_with(|| Node::table(self.origin.clone()));
                self.table(entry, inner, rest)
            }
            Kind::Tables(inner, _) | Kind::Map(_, inner) => {
                let Some((wanted, rest)) = rest.split_first() else {
                    return Err((
                        "it names a table".to_owned(),
                        "name one of those in it, and a key".to_owned(),
                    ));
                };
                let named = entries.get_mut(key.name).map(named).unwrap_or_default();
                let known: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
                match named.into_iter().find(|(name, _)| name == wanted) {
                    Some((_, entry)) => self.table(entry, inner, rest),
                    None => Err((
                        format!("no file has a {} of this name", key.name),
                        advice_on_name(wanted, &known),
                    )),
                }
            }
            leaf if rest.is_empty() => {
                entries.insert(key.name.to_owned(), self.written(leaf));
                Ok(())
            }
            _ => Err((format!("`{}` is no table", key.name), "end the name there".to_owned())),
        }
    }

    /// The variable's text as the value of a key of this kind; what does not fit stays text, for the check to tell.
    fn written(&self, kind: &Kind) -> Node {
        let text = |text: &str| Node { origin: self.origin.clone(), value: Value::Text(text.to_owned()) };
        match kind {
            Kind::Integer(..) | Kind::WordOr(..) => {
                Node::parse_value(self.value, &self.origin).unwrap_or_else(|| text(self.value))
            }
            Kind::List(_) => {
                let elements = self.value.split(',').map(|element| text(element.trim())).collect();
                Node { origin: self.origin.clone(), value: Value::List(elements) }
            }
            _ => text(self.value),
        }
    }
}

/// The tables within a row or map, by their names as a variable writes them.
fn named(node: &mut Node) -> Vec<(String, &mut Node)> {
    match &mut node.value {
        Value::List(elements) => {
            elements.iter_mut().filter_map(|element| Some((segment_of(element.name()?), element))).collect()
        }
        Value::Table(entries) => entries.iter_mut().map(|(name, entry)| (segment_of(name), entry)).collect(),
        _ => Vec::new(),
    }
}

fn segment_of(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
        .collect()
}

fn advice_on_name(wanted: &str, known: &[String]) -> String {
    match nearest(wanted, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {}?", near.to_uppercase()),
        None => format!(
            "there is {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ").to_uppercase() }
        ),
    }
}
