//! Writes the reference of every key, `docs/configuration.md`, from the schema, so that neither can forget the other.

use std::fmt::Write;

use fulmar_strategies::Registry;

use super::environment::PREFIX;
use super::keys;
use super::schema::{Key, Kind, Need, Table};

const OPENING: &str = "\
# Configuration

<!-- Written by `fulmar check --reference` from the schema; a test refuses any other text. -->

Fulmar reads TOML. `--config FILE` names it and may be repeated: later files are laid over earlier ones. Without it,
`./fulmar.toml` is read. `fulmar init` writes a file to start from, `fulmar check` tells everything that is wrong with
one, by file and line.

Every key of the configuration can be overridden by an environment variable, `FULMAR__SECTION__KEY`, which each table
below names. In place of `NAME` stands the name that a file gave the table, in capitals, with `_` for every sign that
is no letter or digit: `FULMAR__VENUE__BINANCE_SPOT__DEPTH_INTERVAL=1000ms`. A list is written with commas.

Prices, quantities and money are decimals in quotes (`\"0.01\"`), because no float ever holds one. Paths are relative to
the folder of the file that states them. One that is left at its default is relative to the folder of the configuration:
of several files, to that of the last one with its table, or of the last of all. One from the environment is relative to
the working directory.
";

/// The reference of a program with these strategies, as Markdown.
pub fn markdown(registry: &Registry) -> String {
    let mut page = OPENING.to_owned();
    for (title, document, can_override) in [
        ("fulmar.toml", keys::configuration(registry), true),
        ("placement.toml", keys::placement_file(), false),
    ] {
        let _ = write!(page, "\n## {title}\n\n{}\n", document.doc);
        tables_within(
            &mut page,
            &document,
            &Place { toml: String::new(), variable: can_override.then(String::new) },
        );
    }
    page
}

/// Where a table stands: as TOML writes it, and as a variable does, where one can reach it.
struct Place {
    toml: String,
    variable: Option<String>,
}

impl Place {
    fn within(&self, toml: &str, variable: &str) -> Place {
        let joined = |parent: &str, name: &str, dot: &str| {
            if parent.is_empty() { name.to_owned() } else { format!("{parent}{dot}{name}") }
        };
        Place {
            toml: joined(&self.toml, toml, "."),
            variable: self.variable.as_ref().map(|parent| joined(parent, &variable.to_uppercase(), "__")),
        }
    }
}

fn tables_within(page: &mut String, table: &Table, place: &Place) {
    for key in &table.keys {
        let name = key.name;
        match &key.kind {
            Kind::Table(inner) => {
                let place = place.within(name, name);
                table_section(page, inner, &format!("[{}]", place.toml), &place);
            }
            Kind::Tables(inner, _) => {
                let place = place.within(name, &format!("{name}__NAME"));
                table_section(page, inner, &format!("[[{}]]", place.toml), &place);
            }
            Kind::Map(_, inner) => {
                let place = place.within(&format!("{name}.\"NAME\""), &format!("{name}__NAME"));
                table_section(page, inner, &format!("[{}]", place.toml), &place);
            }
            Kind::Variant(by, choices) => {
                let place = place.within(name, name);
                for (choice, kind) in choices {
                    let Kind::Table(inner) = kind else { unreachable!("a variant chooses among tables") };
                    let heading = format!("[{}] where {by} = \"{choice}\"", place.toml);
                    table_section(page, inner, &heading, &place);
                }
            }
            _ => {}
        }
    }
}

fn table_section(page: &mut String, table: &Table, heading: &str, place: &Place) {
    let _ = write!(page, "\n### `{heading}`\n\n{}\n", table.doc);
    let leaves: Vec<&Key> = table.keys.iter().filter(|key| !opens_table(&key.kind)).collect();
    if !leaves.is_empty() {
        if let Some(variable) = &place.variable {
            let _ = write!(page, "\nFrom the environment: `{PREFIX}{variable}__KEY`\n");
        }
        page.push_str("\n| key | takes | default | meaning |\n|---|---|---|---|\n");
    }
    for key in leaves {
        let default = match &key.need {
            Need::Required => "required".to_owned(),
            Need::Optional => "none".to_owned(),
            Need::Default(value) => format!("`{value}`"),
        };
        let _ = writeln!(page, "| `{}` | {} | {default} | {} |", key.name, key.kind.expected(), key.doc);
    }
    tables_within(page, table, place);
}

fn opens_table(kind: &Kind) -> bool {
    matches!(kind, Kind::Table(_) | Kind::Tables(..) | Kind::Map(..) | Kind::Variant(..))
}
