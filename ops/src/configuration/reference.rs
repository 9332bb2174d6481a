//! Writes the reference of every key, `docs/configuration.md`, from the schema, so that neither can forget the other.

use std::fmt::Write;

use super::check::joined;
use super::environment::variable_of;
use super::schema::{Key, Kind, Need, Table};
use super::schemas;

const OPENING: &str = "\
# Configuration

<!-- Written by `fulmar check --reference` from the schema; a test refuses any other text. -->

Fulmar reads TOML. `--config FILE` names it and may be repeated: later files are laid over earlier ones. Without it,
`./fulmar.toml` is read. `fulmar init` writes a file to start from, `fulmar check` tells everything that is wrong with
one, by file and line.

Every key can be overridden by an environment variable, `FULMAR__SECTION__KEY`; the variable is given with each table
below. In place of `NAME` stands the name that a file gave the table, in capitals, with `_` for every sign that is no
letter or digit: `FULMAR__VENUE__BINANCE_SPOT__DEPTH_INTERVAL=1000ms`. A list is written with commas.

Prices, quantities and money are decimals in quotes (`\"0.01\"`), because no float ever holds one. Paths are relative to
the file that states them; from the environment, and by default, to the working directory.
";

/// The reference, as Markdown.
pub fn markdown() -> String {
    let mut page = OPENING.to_owned();
    for (file, table) in schemas() {
        let _ = write!(page, "\n## {file}\n\n{}\n", table.doc);
        for key in table.keys {
            section(&mut page, key, "");
        }
    }
    page
}

/// The table that `key` opens, and then those within it.
fn section(page: &mut String, key: &Key, parent: &str) {
    let path = joined(parent, key.name);
    match key.kind {
        Kind::Table(table) => table_section(page, table, &format!("[{path}]"), &path),
        Kind::Tables(table, _) => table_section(page, table, &format!("[[{path}]]"), &format!("{path}.NAME")),
        Kind::Map(_, table) => {
            let path = format!("{path}.NAME");
            table_section(page, table, &format!("[{path}]"), &path);
        }
        Kind::Variant(by, tables) => {
            for (name, table) in tables {
                table_section(page, table, &format!("[{path}] where {by} = \"{name}\""), &path);
            }
        }
        _ => {}
    }
}

fn table_section(page: &mut String, table: &Table, heading: &str, path: &str) {
    let _ = write!(page, "\n### `{heading}`\n\n{}\n", table.doc);
    let leaves: Vec<&Key> = table.keys.iter().filter(|key| !opens_table(&key.kind)).collect();
    if !leaves.is_empty() {
        let _ = write!(page, "\nOverride: `{}`\n", variable_of(&format!("{path}.KEY")));
        page.push_str("\n| key | takes | default | meaning |\n|---|---|---|---|\n");
    }
    for key in leaves {
        let default = match key.need {
            Need::Required => "required".to_owned(),
            Need::Optional => "none".to_owned(),
            Need::Default(value) => format!("`{value}`"),
        };
        let _ = writeln!(page, "| `{}` | {} | {default} | {} |", key.name, key.kind.expected(), key.doc);
    }
    for key in table.keys {
        section(page, key, path);
    }
}

fn opens_table(kind: &Kind) -> bool {
    matches!(kind, Kind::Table(_) | Kind::Tables(..) | Kind::Map(..) | Kind::Variant(..))
}
