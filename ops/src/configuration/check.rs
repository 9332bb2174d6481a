//! Holds a document against the schema: tells everything that does not fit, and fills in what was left out.
//!
//! What one key or one table can be wrong about is judged here; what keys are wrong about together, in
//! [`super::rules`].

use std::collections::BTreeSet;

use super::document::{Node, Value};
use super::nearest::nearest;
use super::schema::{ELEMENTS_MAX, Key, Kind, Need, Table};
use super::text;
use super::violation::{Origin, Violations};

/// Checks `document` against `schema` and completes it with the schema's defaults.
pub fn check(document: &mut Node, schema: &Table, violations: &mut Violations) {
    Checker { schema, violations }.table(document, schema, "");
}

/// `parent.name`, with quotes around a name that TOML would want quoted.
pub fn joined(parent: &str, name: &str) -> String {
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let name = if is_bare { name.to_owned() } else { format!("{name:?}") };
    if parent.is_empty() { name } else { format!("{parent}.{name}") }
}

/// The path of one of the tables in a row: by its name, or by its place where it has none.
pub fn element_path(row: &str, index: usize, element: &Node) -> String {
    match element.name() {
        Some(name) => joined(row, name),
        None => joined(row, &index.to_string()),
    }
}

/// What to say about a key that `table` does not have.
pub fn advice_on_unknown(name: &str, table: &Table, schema: &Table) -> String {
    let known = || table.keys.iter().map(|key| key.name);
    if let Some(near) = nearest(name, known()) {
        return format!("did you mean `{near}`?");
    }
    let place = home_of(name, schema, "");
    match (place, table.keys.is_empty()) {
        (Some(place), _) => format!("it belongs in [{place}]"),
        (None, true) => "nothing is known here".to_owned(),
        (None, false) => format!("known here: {}", known().collect::<Vec<_>>().join(", ")),
    }
}

struct Checker<'a> {
    schema: &'a Table,
    violations: &'a mut Violations,
}

impl Checker<'_> {
    fn table(&mut self, node: &mut Node, table: &Table, path: &str) {
        let (origin, written) = (node.origin.clone(), node.type_name());
        let Some(entries) = node.as_table_mut() else {
            return self.violations.add(&origin, path, format!("{written} does not fit"), "it takes a table");
        };
        for (name, entry) in entries.iter().filter(|(name, _)| table.key(name).is_none()) {
            let advice = advice_on_unknown(name, table, self.schema);
            self.violations.add(&entry.origin, &joined(path, name), "unknown key", advice);
        }
        for key in &table.keys {
            let path = joined(path, key.name);
            let sibling = |name: &str| entries.get(name).and_then(Node::as_text);
            let Some(kind) = settled(key, sibling) else { continue };
            if !entries.contains_key(key.name) {
                match &key.need {
                    Need::Optional => continue,
                    Need::Required => {
                        self.violations.add(
                            &origin,
                            &path,
                            "missing",
                            format!("it takes {}", kind.expected()),
                        );
                        continue;
                    }
                    Need::Default(value) => {
                        let node = Node::parse_value(value, &origin).expect("the schema's defaults are TOML");
                        entries.insert(key.name.to_owned(), node);
                    }
                }
            }
            let entry = entries.get_mut(key.name).expect("it was stated, or has just been filled in");
            self.value(entry, kind, &path);
            place_path(entry, kind);
        }
    }

    fn value(&mut self, node: &mut Node, kind: &Kind, path: &str) {
        match kind {
            Kind::Table(table) => self.table(node, table, path),
            Kind::Map(name_kind, table) => self.map(node, name_kind, table, path),
            Kind::Tables(table, least) => {
                if let Some(elements) = self.elements(node, kind, path, *least) {
                    self.tables(elements, table, path);
                }
            }
            Kind::List(of) => {
                if let Some(elements) = self.elements(node, kind, path, 1) {
                    self.list(elements, of, path);
                }
            }
            Kind::WordOr(..) if node.as_text().is_some() => self.text(node, kind, path),
            Kind::Integer(low, high) | Kind::WordOr(_, low, high) => {
                let fits = |number: i128| (i128::from(*low)..=i128::from(*high)).contains(&number);
                match node.as_integer() {
                    Some(number) if fits(number) => {}
                    Some(number) => self.misfit(node, kind, path, format!("{number} is out of range")),
                    None => self.misfit(node, kind, path, format!("{} does not fit", node.type_name())),
                }
            }
            _ => self.text(node, kind, path),
        }
    }

    fn text(&mut self, node: &Node, kind: &Kind, path: &str) {
        match node.as_text().map(|text| text::fault(text, kind)) {
            Some(None) => {}
            Some(Some((wrong, right))) => self.violations.add(&node.origin, path, wrong, right),
            None => self.misfit(node, kind, path, format!("{} does not fit", node.type_name())),
        }
    }

    fn map(&mut self, node: &mut Node, name_kind: &Kind, table: &Table, path: &str) {
        let (origin, written) = (node.origin.clone(), node.type_name());
        let Some(entries) = node.as_table_mut() else {
            return self.violations.add(
                &origin,
                path,
                format!("{written} does not fit"),
                "it takes tables by name",
            );
        };
        for (name, entry) in entries {
            if let Some((wrong, right)) = text::fault(name, name_kind) {
                self.violations.add(&entry.origin, path, wrong, right);
            }
            self.table(entry, table, &joined(path, name));
        }
    }

    fn tables(&mut self, elements: &mut [Node], table: &Table, path: &str) {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (index, element) in elements.iter_mut().enumerate() {
            let path = element_path(path, index, element);
            self.table(element, table, &path);
            if element.name().is_some_and(|name| !names.insert(name.to_owned())) {
                let right = "no two may be alike; give it another name or join the two";
                self.violations.add(&element.origin, &path, "a second one of this name", right);
            }
        }
    }

    fn list(&mut self, elements: &mut [Node], of: &Kind, path: &str) {
        let mut seen = BTreeSet::new();
        for element in elements {
            self.value(element, of, path);
            if let Some(text) = element.as_text().filter(|text| !seen.insert((*text).to_owned())) {
                self.violations.add(
                    &element.origin,
                    path,
                    format!("{text:?} is listed twice"),
                    "list it once",
                );
            }
        }
    }

    /// The elements of a list that is one, and is neither too short nor too long.
    fn elements<'n>(
        &mut self,
        node: &'n mut Node,
        kind: &Kind,
        path: &str,
        least: usize,
    ) -> Option<&'n mut [Node]> {
        let wrong = match &node.value {
            Value::List(elements) if elements.len() < least => Some("nothing is listed".to_owned()),
            Value::List(elements) if elements.len() > ELEMENTS_MAX => {
                Some(format!("{} are listed", elements.len()))
            }
            Value::List(_) => None,
            _ => Some(format!("{} does not fit", node.type_name())),
        };
        if let Some(wrong) = wrong {
            let right = format!("it takes {}, from {least} to {ELEMENTS_MAX}", kind.expected());
            self.violations.add(&node.origin, path, wrong, right);
        }
        match &mut node.value {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    fn misfit(&mut self, node: &Node, kind: &Kind, path: &str, wrong: String) {
        self.violations.add(&node.origin, path, wrong, format!("it takes {}", kind.expected()));
    }
}

/// The kind of `key`, where it hangs on what a sibling says: `None` where the sibling says nothing known, which is
/// told at the sibling.
pub fn settled<'k, 'a>(key: &'k Key, sibling: impl Fn(&str) -> Option<&'a str>) -> Option<&'k Kind> {
    let Kind::Variant(by, choices) = &key.kind else { return Some(&key.kind) };
    let chosen = sibling(by)?;
    choices.iter().find(|(word, _)| *word == chosen).map(|(_, kind)| kind)
}

/// A path is relative to the file that states it, or that leaves it at its default, so that a configuration can be
/// moved with all that it names, and means the same wherever it is used from.
fn place_path(node: &mut Node, kind: &Kind) {
    let is_path = match kind {
        Kind::Path => true,
        Kind::PathOr(word) => node.as_text() != Some(word),
        _ => false,
    };
    if let (true, Origin::Line(file, _), Value::Text(path)) = (is_path, &node.origin, &mut node.value)
        && let Some(directory) = file.parent()
    {
        *path = directory.join(&*path).to_string_lossy().into_owned();
    }
}

/// The first table of the schema that has a key of this name.
fn home_of(name: &str, table: &Table, path: &str) -> Option<String> {
    table.keys.iter().find_map(|key| {
        let (Kind::Table(table) | Kind::Tables(table, _) | Kind::Map(_, table)) = &key.kind else {
            return None;
        };
        let path = joined(path, key.name);
        if table.key(name).is_some() { Some(path) } else { home_of(name, table, &path) }
    })
}
