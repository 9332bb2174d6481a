//! A TOML document in which every value still knows where it was written.
//!
//! The TOML parser gives byte spans; here they become lines, documents are laid over one another, and nothing is
//! judged yet: that is [`super::check`]'s work.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::violation::{Origin, Violations};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it was written.
    pub origin: Origin,
    /// What was written.
    pub value: Value,
}

/// What was written.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number; one beyond 128 bits is cut to their range, which no key takes.
    Integer(i128),
    /// A float, a date, a boolean: kinds that no key takes, by their TOML name.
    Other(&'static str),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(BTreeMap<String, Node>),
}

impl Node {
    /// An empty table.
    pub fn table(origin: Origin) -> Node {
        Node { origin, value: Value::Table(BTreeMap::new()) }
    }

    /// Reads a file's text; `file` is what violations call it.
    pub fn parse(file: &Path, text: &str, violations: &mut Violations) -> Node {
        let file: Arc<Path> = Arc::from(file);
        let lines = LineStarts::of(text);
        let place = |offset: usize| Origin::Line(Arc::clone(&file), lines.line(offset));
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let offset = error.span().map_or(0, |span| span.start);
            violations.add(
                &place(offset),
                "syntax",
                error.message(),
                "check quotes and brackets; the grammar is at https://toml.io",
            );
        }
        if !errors.is_empty() {
            // What was recovered is a guess, and complaints about a guess mislead.
            return Node::table(place(0));
        }
        from_table(table.get_ref(), place(0), &place)
    }

    /// Reads one TOML value, all of it with one origin; `None` where it is not TOML.
    pub fn parse_value(text: &str, origin: &Origin) -> Option<Node> {
        let value = DeValue::parse(text).ok()?;
        Some(from_value(value.get_ref(), origin.clone(), &|_| origin.clone()))
    }

    /// The child of this name, where this is a table that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_table()?.get(name)
    }

    /// The entries, where this is a table.
    pub fn as_table(&self) -> Option<&BTreeMap<String, Node>> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries, where this is a table.
    pub fn as_table_mut(&mut self) -> Option<&mut BTreeMap<String, Node>> {
        match &mut self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements; none where this is no list.
    pub fn elements(&self) -> &[Node] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text, where this is a string.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The `name` that tells this table from others in its row.
    pub fn name(&self) -> Option<&str> {
        self.get("name")?.as_text()
    }

    /// The number, where this is an integer.
    pub fn as_integer(&self) -> Option<i128> {
        match &self.value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// What it is, as a person would call it.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Other(name) => name,
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// Lays `later` over this document: tables join key by key, tables in a row by `name`, the rest is replaced.
    pub fn lay_over(&mut self, later: Node) {
        match (&mut self.value, later.value) {
            (Value::Table(entries), Value::Table(overlay)) => {
                self.origin = later.origin;
                for (name, node) in overlay {
                    match entries.get_mut(&name) {
                        Some(entry) => entry.lay_over(node),
                        None => drop(entries.insert(name, node)),
                    }
                }
            }
            (Value::List(elements), Value::List(overlay)) if is_row_of_tables(&overlay) => {
                for node in overlay {
                    // Two of one name in one file are no overlay but a mistake, which the check is to see.
                    let same = |element: &&mut Node| {
                        element.name() == node.name() && !element.origin.is_in_file_of(&node.origin)
                    };
                    match elements.iter_mut().find(same) {
                        Some(element) => element.lay_over(node),
                        None => elements.push(node),
                    }
                }
            }
            (value, overlay) => {
                *value = overlay;
                self.origin = later.origin;
            }
        }
    }

    /// The same document as plain TOML, for the types to be read from.
    pub fn to_toml(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) => toml::Value::String(text.clone()),
            Value::Integer(number) => {
                toml::Value::Integer(i64::try_from(*number).expect("the schema's ranges lie within 64 bits"))
            }
            Value::Other(name) => unreachable!("the schema has no key that takes {name}"),
            Value::List(elements) => toml::Value::Array(elements.iter().map(Node::to_toml).collect()),
            Value::Table(entries) => toml::Value::Table(
                entries.iter().map(|(name, node)| (name.clone(), node.to_toml())).collect(),
            ),
        }
    }
}

fn is_row_of_tables(elements: &[Node]) -> bool {
    !elements.is_empty() && elements.iter().all(|element| element.name().is_some())
}

fn from_table(table: &DeTable<'_>, origin: Origin, place: &dyn Fn(usize) -> Origin) -> Node {
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let key: &toml::Spanned<toml::de::DeString<'_>> = key;
        (key.get_ref().to_string(), from_value(value.get_ref(), place(key.span().start), place))
    };
    Node { origin, value: Value::Table(table.iter().map(entry).collect()) }
}

fn from_value(value: &DeValue<'_>, origin: Origin, place: &dyn Fn(usize) -> Origin) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let beyond = if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
            Value::Integer(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(beyond))
        }
        DeValue::Float(_) => Value::Other("a float"),
        DeValue::Boolean(_) => Value::Other("a boolean"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(elements) => {
            let element = |node: &toml::Spanned<DeValue<'_>>| {
                from_value(node.get_ref(), place(node.span().start), place)
            };
            Value::List(elements.iter().map(element).collect())
        }
        DeValue::Table(table) => return from_table(table, origin, place),
    };
    Node { origin, value }
}

/// Where each line of a text begins, so that an offset becomes a line number without counting anew.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        LineStarts(std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1)).collect())
    }

    /// The line that holds `offset`, counted from one.
    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}
