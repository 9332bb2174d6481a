//! Files that are a part of a configuration and none by themselves: a placement, and what is to be laid over another.
//! To hold one against the schema of the whole would tell of mistakes that it does not have, so it is told what it is,
//! and with what it is checked.

use super::document::Node;
use super::keys;
use super::schema::Table;
use super::violation::Violations;

/// Tells where `document` is but a part of a configuration.
pub fn told(document: &Node, schema: &Table, violations: &mut Violations) {
    let Some(entries) = document.as_table().filter(|entries| !entries.is_empty()) else { return };
    let placement = keys::placement_file();
    if let Some((key, entry)) = entries.iter().find(|(key, _)| placement.key(key).is_some()) {
        let wrong = "it is of a placement file, which is no configuration";
        let right = "name the file in one, [placement] file = \"...\", and check that one";
        violations.add(&entry.origin, key, wrong, right);
    } else if !entries.contains_key("venue") && entries.keys().all(|key| schema.key(key).is_some()) {
        let wrong = "missing: this is a part to lay over a configuration that names one";
        let right = "check the two together, --config WHOLE.toml --config PART.toml";
        violations.add(&document.origin, "venue", wrong, right);
    }
}
