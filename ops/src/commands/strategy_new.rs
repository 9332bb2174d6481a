//! `fulmar strategy new`: a small project with a strategy in it, in Rust, C or Python, to change until it is yours. It
//! builds against the checkout and changes nothing there.
//!
//! What it writes is `ops/template`, a member of this workspace, so that the SDK and what we teach of it change
//! together. The manifest alone is made here, since a project of one's own is a workspace of its own.

use std::path::{Path, PathBuf};

use fulmar_strategies::Registry;

use super::scaffold::{self, Existing, StarterFile};
use super::strategy_program::LIBRARY;
use super::{CommandError, Global, Language, StrategyNewArguments};
use crate::exit::Exit;

/// The checkout that this program was built from.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The longest name: what a record's text field holds.
const NAME_BYTES_MAX: usize = 32;

/// Words of the language.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];
/// Crates that come with the compiler.
const CRATES_OF_RUST: [&str; 5] = ["alloc", "core", "proc_macro", "std", "test"];
/// Folders that cargo keeps beside the programs that it builds.
const FOLDERS_OF_CARGO: [&str; 4] = ["build", "deps", "examples", "incremental"];

/// Writes the project into a directory of the strategy's name.
///
/// # Errors
/// Where the name cannot be a strategy's, the checkout is not where it is sought, or a file is there already.
pub fn run(arguments: &StrategyNewArguments, global: &Global) -> Result<Exit, CommandError> {
    let name = &arguments.name;
    if let Some(reason) = refusal(name, &global.registry) {
        return Err(CommandError::usage(format!("{name:?} is no name for a strategy: {reason}")));
    }
    let checkout = checkout_in(arguments.sdk.as_deref().unwrap_or(Path::new(BUILT_FROM)))?;
    let project = match arguments.language {
        Language::Rust => rust_project(name, &checkout),
        Language::C => c_project(name, &checkout, &library_folder(&checkout)),
        Language::Python => python_project(name, &checkout),
    };
    let files: Vec<StarterFile<'_>> =
        project.files.iter().map(|(path, text)| (&path[..], text.clone())).collect();
    let written = scaffold::write(Path::new(name), &files, Existing::from_force(arguments.force))?;
    scaffold::report(&written, &project.next, global)?;
    Ok(Exit::Done)
}

/// What is written, and what to do with it.
struct Project {
    files: Vec<(String, String)>,
    next: String,
}

/// Why a package, a crate and a kind of strategy cannot have this name; `None` where they can.
fn refusal(name: &str, registry: &Registry) -> Option<String> {
    let is_plain = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains("__");
    let type_name = type_name(name);
    let is_used = |word: &str| word == type_name;
    Some(match name {
        _ if !is_plain => "lower-case letters, digits and single `_`, a letter first, at most 32".to_owned(),
        _ if KEYWORDS.contains(&name) => "it is a word of Rust".to_owned(),
        _ if CRATES_OF_RUST.contains(&name) => "a crate that comes with Rust has it".to_owned(),
        _ if FOLDERS_OF_CARGO.contains(&name) => "a folder that cargo writes has it".to_owned(),
        _ if name == "fulmar" || name.starts_with("fulmar_") => {
            "it is kept for Fulmar's own crates".to_owned()
        }
        _ if registry.get(name).is_some() => "this program has a strategy of that kind".to_owned(),
        _ if words(LIB_RS).any(is_used) => {
            format!("its type would be `{type_name}`, which is another already")
        }
        _ => return None,
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// The checkout at `path`, absolute, where it is one.
fn checkout_in(path: &Path) -> Result<PathBuf, CommandError> {
    match path.canonicalize() {
        Ok(found) if found.join("strategies/Cargo.toml").is_file() => Ok(found),
        _ => {
            let path = path.display();
            Err(CommandError::not_found(format!("{path} is no checkout of Fulmar; `--sdk PATH` names one")))
        }
    }
}

/// A template with the strategy's name in it.
fn named(text: &str, name: &str) -> String {
    text.replace("new_strategy", name).replace("NewStrategy", &type_name(name))
}

fn rust_project(name: &str, checkout: &Path) -> Project {
    let named = |text: &str| named(text, name);
    let mut files = vec![
        ("Cargo.toml".to_owned(), manifest(name, checkout)),
        ("src/lib.rs".to_owned(), named(LIB_RS)),
        ("src/main.rs".to_owned(), named(MAIN_RS)),
        ("demo.toml".to_owned(), named(DEMO_TOML)),
        ("attached.toml".to_owned(), named(ATTACHED_TOML)),
        ("README.md".to_owned(), named(README_MD)),
        (".gitignore".to_owned(), "/target\n/state\n/journal\n".to_owned()),
    ];
    // With the versions that the checkout was tested with, and no need to ask anybody for them. Cargo adapts it.
    if let Ok(lock) = std::fs::read_to_string(checkout.join("Cargo.lock")) {
        files.push(("Cargo.lock".to_owned(), lock));
    }
    let next = format!("cd {name} && cargo test && cargo run --release -- demo --config demo.toml");
    Project { files, next }
}

fn c_project(name: &str, checkout: &Path, library: &Path) -> Project {
    let makefile = C_MAKEFILE.replace("@checkout@", &checkout.to_string_lossy());
    let makefile = makefile.replace("@library@", &library.to_string_lossy());
    let files = vec![
        (format!("{name}.c"), named(C_SOURCE, name)),
        ("Makefile".to_owned(), named(&makefile, name)),
        ("attached.toml".to_owned(), named(ATTACHED_TOML, name)),
        ("README.md".to_owned(), named(C_README, name)),
        (".gitignore".to_owned(), format!("/{name}\n/state\n/journal\n")),
    ];
    let next = format!(
        "cd {name} && make && fulmar demo --config attached.toml; in another terminal: fulmar strategy run ./{name}"
    );
    Project { files, next }
}

fn python_project(name: &str, checkout: &Path) -> Project {
    let readme = PYTHON_README.replace("@checkout@", &checkout.to_string_lossy());
    let files = vec![
        (format!("{name}.py"), named(PYTHON_SOURCE, name)),
        ("attached.toml".to_owned(), named(ATTACHED_TOML, name)),
        ("README.md".to_owned(), named(&readme, name)),
        (".gitignore".to_owned(), "/__pycache__\n/state\n/journal\n".to_owned()),
    ];
    let next = format!(
        "cd {name} && fulmar demo --config attached.toml; in another terminal: fulmar strategy run {name}.py"
    );
    Project { files, next }
}

/// Where the library for C is: beside this program, or where the checkout's release build puts it.
fn library_folder(checkout: &Path) -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let beside = beside.filter(|folder| folder.join(LIBRARY).is_file());
    beside.unwrap_or_else(|| checkout.join("target/release"))
}

/// `dip_buyer` as a type, `DipBuyer`.
fn type_name(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn manifest(name: &str, checkout: &Path) -> String {
    let path = |room: &str| toml::Value::String(checkout.join(room).to_string_lossy().into_owned());
    let (_, profiles) = WORKSPACE.split_once("\n[profile.").expect("the workspace has profiles");
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
fulmar = {{ path = {} }}
fulmar-strategies = {{ path = {} }}

# A workspace of its own, wherever this directory stands.
[workspace]

# As Fulmar itself is built; cargo takes profiles from here alone.
[profile.{profiles}"#,
        path("ops"),
        path("strategies"),
    )
}

const LIB_RS: &str = include_str!("../../template/src/lib.rs");
const MAIN_RS: &str = include_str!("../../template/src/main.rs");
const DEMO_TOML: &str = include_str!("../../template/demo.toml");
const README_MD: &str = include_str!("../../template/README.md");
const ATTACHED_TOML: &str = include_str!("../../template/attached.toml");
const C_SOURCE: &str = include_str!("../../template/c/new_strategy.c");
const C_MAKEFILE: &str = include_str!("../../template/c/Makefile");
const C_README: &str = include_str!("../../template/c/README.md");
const PYTHON_SOURCE: &str = include_str!("../../template/python/new_strategy.py");
const PYTHON_README: &str = include_str!("../../template/python/README.md");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_name_wherever_it_belongs_and_no_hole_is_left() {
        let place = Path::new("/a \"quoted\" place");
        let files = rust_project("dip_buyer", place).files;
        let c = c_project("dip_buyer", place, place).files;
        let python = python_project("dip_buyer", place).files;
        for (path, text) in files.iter().chain(&c).chain(&python) {
            let holes = ["new_strategy", "NewStrategy", "@checkout@", "@library@"];
            assert!(holes.iter().all(|hole| !text.contains(hole)), "{path}:\n{text}");
        }
        let text = |path: &str| &files.iter().find(|(name, _)| *name == path).expect("it is written").1;
        assert!(text("src/lib.rs").contains("pub struct DipBuyer"));
        assert!(text("src/main.rs").contains("fulmar::main_with(&[dip_buyer::ENTRY])"));
    }

    #[test]
    fn a_project_depends_on_its_checkout_and_is_built_as_that_is() {
        let manifest: toml::Table =
            manifest("dip_buyer", Path::new("/a \"quoted\" place")).parse().expect("the manifest is TOML");
        assert_eq!(manifest["package"]["name"].as_str(), Some("dip_buyer"));
        for (name, room) in [("fulmar", "ops"), ("fulmar-strategies", "strategies")] {
            let path = manifest["dependencies"][name]["path"].as_str();
            assert_eq!(path, Some(&*format!("/a \"quoted\" place/{room}")));
        }
        let workspace: toml::Table = WORKSPACE.parse().expect("the workspace's manifest is TOML");
        assert_eq!(manifest["profile"], workspace["profile"]);
    }

    #[test]
    fn a_name_is_one_that_cargo_the_compiler_and_the_program_take() {
        let registry = Registry::default();
        for name in ["dip_buyer", "a1", "momentum", "swing"] {
            assert_eq!(refusal(name, &registry), None, "{name:?}");
        }
        for (name, reason) in [
            ("", "lower-case"),
            ("Dip", "lower-case"),
            ("1a", "lower-case"),
            ("a-b", "lower-case"),
            ("a__b", "lower-case"),
            ("match", "word of Rust"),
            ("gen", "word of Rust"),
            ("core", "comes with Rust"),
            ("test", "comes with Rust"),
            ("deps", "cargo"),
            ("fulmar", "Fulmar's own"),
            ("fulmar_bus", "Fulmar's own"),
            ("quoter", "of that kind"),
            ("strategy", "`Strategy`"),
            ("option", "`Option`"),
        ] {
            let told = refusal(name, &registry).unwrap_or_else(|| panic!("{name:?} was taken"));
            assert!(told.contains(reason), "{name:?}: {told}");
        }
    }
}
