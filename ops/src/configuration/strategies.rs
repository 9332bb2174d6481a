//! What a configuration states of a strategy, derived from the entries of the program's strategies: the keys of its
//! table, and the rules that hang on what it is.

use std::borrow::Cow;

use fulmar_engine::contract::BookDepth;
use fulmar_strategies::{
    Need as ParameterNeed, ParameterEntry, ParameterValue, Parameters, Registry, StrategyEntry,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::check::joined;
use super::document::{Node, Value};
use super::meaning::{InstrumentName, Strategy};
use super::schema::Kind::{Choice, Decimal, Instrument, Integer, Interval, List, Name, Variant, WordOr};
use super::schema::{Key, Kind, Need, Table, default, key};
use super::values;
use super::violation::Violations;

/// The most levels of a side that a strategy may ask for: what the engine's books hold.
const BOOK_LEVELS_MAX: i64 = 65_536;

/// A strategy, in a program with these.
pub fn table(registry: &Registry) -> Table {
    let kinds = registry.entries().iter().map(|entry| entry.kind).collect();
    let parameters = registry.entries().iter().map(|entry| (entry.kind, Kind::Table(parameters(entry))));
    Table {
        doc: "A strategy and what it may see and trade.",
        keys: vec![
            key("name", Name, Need::Required, "Names it in orders, reports and metrics; no two are alike."),
            key("kind", Choice(kinds), Need::Required, "Which of the program's strategies it is."),
            key(
                "instruments",
                List(&Instrument),
                Need::Required,
                "What it may see and trade; each is in its venue's list.",
            ),
            key(
                "book",
                WordOr(&["top", "full"], 1, BOOK_LEVELS_MAX),
                default("\"top\""),
                "How much of their books it sees: best bid and ask, every level, or so many levels a side. More than \
                 the top costs it an update of its own book for each change.",
            ),
            key("parameters", Variant("kind", parameters.collect()), default("{}"), "What its kind takes."),
        ],
    }
}

/// A valid strategy as what it is.
pub fn meant(strategy: &Node, registry: &Registry) -> Strategy {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Stated {
        name: String,
        kind: String,
        instruments: Vec<InstrumentName>,
        #[serde(deserialize_with = "values::book_depth")]
        book: BookDepth,
        #[serde(rename = "parameters")]
        _parameters: IgnoredAny,
    }
    let stated = strategy.to_toml().try_into();
    let Stated { name, kind, instruments, book, .. } = stated.expect("every key of the table has its field");
    let entry = *registry.get(&kind).expect("the check takes kinds of the registry alone");
    let parameters = strategy.get("parameters").map(texts).expect("the check filled them in");
    Strategy { name, entry, instruments, book, parameters }
}

/// The entry of what `strategy` says it is, where there is one.
pub fn entry_of<'r>(strategy: &Node, registry: &'r Registry) -> Option<&'r StrategyEntry> {
    registry.get(strategy.get("kind")?.as_text()?)
}

/// The strategy can be made of its parameters. Asked only where each of them fits by itself.
pub fn parameters_go_together(strategy: &Node, entry: &StrategyEntry, at: (&str, &mut Violations)) {
    let (path, violations) = (joined(at.0, "parameters"), at.1);
    let Some(stated) = strategy.get("parameters") else { return };
    if violations.0.iter().any(|violation| violation.key.starts_with(&path)) {
        return;
    }
    if let Err(error) = entry.strategy(&texts(stated)) {
        let origin = stated.get(error.name()).map_or(&stated.origin, |parameter| &parameter.origin);
        let (wrong, right) = error.told();
        violations.add(origin, &joined(&path, error.name()), wrong, right);
    }
}

/// The lengths of bars that the strategy's parameters ask for: where each is written, its path, and its text.
pub fn intervals_asked<'n>(
    strategy: &'n Node,
    entry: &StrategyEntry,
    path: &str,
) -> Vec<(&'n Node, String, &'n str)> {
    let asked = |parameter: &ParameterEntry| {
        let node = strategy.get("parameters")?.get(parameter.name)?;
        Some((node, joined(&joined(path, "parameters"), parameter.name), node.as_text()?))
    };
    let intervals = entry.parameters.iter().filter(|parameter| parameter.value == ParameterValue::Interval);
    intervals.filter_map(asked).collect()
}

/// The parameters in a table, as their strategy reads them.
fn texts(stated: &Node) -> Parameters {
    let text = |(name, node): (&String, &Node)| match &node.value {
        Value::Text(text) => Some((name.clone(), text.clone())),
        Value::Integer(number) => Some((name.clone(), number.to_string())),
        _ => None,
    };
    Parameters::from_pairs(stated.as_table().into_iter().flatten().filter_map(text))
}

fn parameters(entry: &StrategyEntry) -> Table {
    let key = |ParameterEntry { name, value, need, doc }: &ParameterEntry| Key {
        name,
        kind: kind(value),
        need: match need {
            ParameterNeed::Required => Need::Required,
            ParameterNeed::Optional => Need::Optional,
            ParameterNeed::Default(text) => Need::Default(toml(value, text)),
        },
        doc,
    };
    Table { doc: entry.doc, keys: entry.parameters.iter().map(key).collect() }
}

fn kind(value: &ParameterValue) -> Kind {
    match value {
        ParameterValue::Amount => Decimal,
        ParameterValue::Count { least, most } => Integer(i64::from(*least), i64::from(*most)),
        ParameterValue::Interval => Interval,
        ParameterValue::Word(words) => Choice(words.to_vec()),
    }
}

/// A value's text as TOML writes it: numbers as they are, and everything else in quotes.
fn toml(value: &ParameterValue, text: &'static str) -> Cow<'static, str> {
    match value {
        ParameterValue::Count { .. } => Cow::Borrowed(text),
        _ => Cow::Owned(format!("{text:?}")),
    }
}
