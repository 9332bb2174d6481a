//! `fulmar strategy new`: a small cargo project with a strategy in it, to change until it is yours.
//!
//! The strategy that it writes is `strategy_new/template.rs`, which is compiled and tested with this program, so that
//! the SDK and what we teach of it change together.

use std::path::{Path, PathBuf};

use super::scaffold::{self, Existing, StarterFile};
use super::{CommandError, Global, Language, StrategyNewArguments};
use crate::exit::Exit;

#[cfg(test)]
mod template;

/// The checkout that this program was built from.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The longest name: what a record's text field holds.
const NAME_BYTES_MAX: usize = 32;

/// Writes the project into a directory of the strategy's name.
///
/// # Errors
/// Where the name is no name for a package, the SDK is not where it is sought, or a file is there already.
pub fn run(arguments: &StrategyNewArguments, global: &Global) -> Result<Exit, CommandError> {
    let name = &arguments.name;
    if !is_package_name(name) {
        let right = "lower-case letters, digits and `_`, a letter first, at most 32";
        return Err(CommandError::usage(format!("{name:?} is no name for a strategy: {right}")));
    }
    let sdk = sdk_in(arguments.sdk.as_deref().unwrap_or(Path::new(BUILT_FROM)))?;
    let files = match arguments.language {
        Language::Rust => rust_project(name, &sdk),
    };
    let written = scaffold::write(Path::new(name), &files, Existing::from_force(arguments.force))?;
    scaffold::report(&written, &format!("cd {name} && cargo test"), global)?;
    Ok(Exit::Done)
}

fn is_package_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The checkout at `path`, absolute, where it is one.
fn sdk_in(path: &Path) -> Result<PathBuf, CommandError> {
    match path.canonicalize() {
        Ok(found) if found.join("strategies/Cargo.toml").is_file() => Ok(found),
        _ => {
            let path = path.display();
            Err(CommandError::not_found(format!("{path} is no checkout of Fulmar; `--sdk PATH` names one")))
        }
    }
}

fn rust_project(name: &str, sdk: &Path) -> Vec<StarterFile<'static>> {
    let type_name: String = name.split('_').map(capitalized).collect();
    let sdk = toml::Value::String(sdk.join("strategies").to_string_lossy().into_owned()).to_string();
    let filled = |template: &str| {
        let named = template.replace("{{name}}", name).replace("{{sdk}}", &sdk);
        named.replace("new_strategy", name).replace("NewStrategy", &type_name)
    };
    [
        ("Cargo.toml", CARGO_TOML),
        ("src/lib.rs", LIB_RS),
        ("README.md", README_MD),
        (".gitignore", "/target\n"),
    ]
    .map(|(path, template)| (path, filled(template)))
    .to_vec()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

const CARGO_TOML: &str = r#"[package]
name = "{{name}}"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
fulmar-strategies = { path = {{sdk}} }

# A workspace of its own, wherever this directory stands.
[workspace]
"#;

/// The strategy: a file of this program too, so that what we hand out compiles, and its own tests pass, with ours.
const LIB_RS: &str = include_str!("strategy_new/template.rs");

const README_MD: &str = r"# {{name}}

A strategy for Fulmar. `src/lib.rs` is all of it: change `on_quote`, then

    cargo test

which rehearses it without an engine. Prices and quantities are integers at the instrument's scale; compare and add them
as they are, and never make a float of one that goes into an order.

An engine runs the strategies that are compiled into it. To run this one, put the file into `strategies/src` of the
checkout, name it in `by_name` there, and give it a `kind` in `ops/src/configuration`.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_name_wherever_it_belongs_and_no_hole_is_left() {
        let files = rust_project("dip_buyer", Path::new("/a \"quoted\" place"));
        for (path, text) in &files {
            let holes = ["{{", "}}", "new_strategy", "NewStrategy"];
            assert!(holes.iter().all(|hole| !text.contains(hole)), "{path}:\n{text}");
        }
        let manifest: toml::Table = files[0].1.parse().expect("the manifest is TOML");
        assert_eq!(manifest["package"]["name"].as_str(), Some("dip_buyer"));
        let sdk = manifest["dependencies"]["fulmar-strategies"]["path"].as_str();
        assert_eq!(sdk, Some("/a \"quoted\" place/strategies"));
        assert!(files[1].1.contains("pub struct DipBuyer"));
    }

    #[test]
    fn a_name_is_one_that_cargo_takes_too() {
        for (name, is_right) in
            [("dip_buyer", true), ("a1", true), ("Dip", false), ("1a", false), ("a-b", false), ("", false)]
        {
            assert_eq!(is_package_name(name), is_right, "{name:?}");
        }
    }
}
