//! Configuration: TOML in, one typed value out, or everything that is wrong with it at once.
//!
//! A document goes through four steps, each a file: it is read with its lines (`document`), laid over by later files
//! and by the environment (`environment`), held against the one schema (`keys`) and its rules (`rules`), and
//! only when nothing at all is wrong becomes the types that others take (`meaning`).

mod actors;
mod check;
mod document;
mod environment;
mod keys;
mod meaning;
mod nearest;
mod pairs;
mod part;
mod recording;
pub mod reference;
mod rules;
mod schema;
pub mod starter;
mod strategies;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod violation;

use std::io;
use std::path::{Path, PathBuf};

use fulmar_strategies::Registry;
use serde::de::DeserializeOwned;

use document::Node;
pub use environment::{PREFIX, Variables};
pub use meaning::{
    Backend, Bars, Bus, Configuration, Core, Engine, Environment, InstrumentName, Journal, KeyFrom, KeyPlace,
    Lock, Log, LogFormat, LogLevel, Mode, OnFailure, Pages, Pair, Placement, PlacementFile, Reconnect, Risk,
    Scale, Strategy, Venue, Wait,
};
pub use nearest::nearest;
pub use recording::{INSTRUMENTS_MAX, judge_recording};
pub use violation::{Origin, Violation, Violations};

use crate::commands::{CommandError, Global};
use crate::exit::Exit;

/// The configuration that is read where none is named.
pub const DEFAULT_FILE: &str = "fulmar.toml";

/// A document to read: what violations call it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file, or a name in its place.
    pub file: PathBuf,
    /// Its content.
    pub text: String,
}

/// A valid configuration, and the placement that it names, where it names one.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub configuration: Configuration,
    /// The placement file; `None` where placement is chosen from the machine.
    pub placement: Option<PlacementFile>,
    /// What is allowed, and hardly meant.
    pub notes: Vec<Violation>,
}

/// Reads a configuration from texts under overrides, for a program with these strategies, as far as it can be judged
/// anywhere: its placement is not held against a machine.
///
/// # Errors
/// Everything that is wrong with them.
///
/// ```
/// use fulmar::configuration::{Mode, Source, Variables, load_sources, starter};
/// use fulmar_strategies::Registry;
/// let demo = Source { file: "demo.toml".into(), text: starter::DEMO.to_owned() };
/// let loaded = load_sources(&[demo], &Variables::new(), &Registry::default());
/// let loaded = loaded.expect("the demo's configuration is valid");
/// assert_eq!(loaded.configuration.engine.mode, Mode::Paper);
/// ```
pub fn load_sources(
    sources: &[Source],
    variables: &Variables,
    registry: &Registry,
) -> Result<Loaded, Violations> {
    read(sources, variables, registry, None)
}

/// As [`load_sources`], for a run on these processors: the placement must give each actor of the configuration a place,
/// name no other actor, and no other processor.
///
/// # Errors
/// Everything that is wrong with them.
pub fn load_to_run(
    sources: &[Source],
    variables: &Variables,
    registry: &Registry,
    processors: &[usize],
) -> Result<Loaded, Violations> {
    read(sources, variables, registry, Some(processors))
}

/// Reads a placement file by itself.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_placement(source: &Source) -> Result<PlacementFile, Violations> {
    let mut violations = Violations::default();
    let document = placement_of(source, &mut violations);
    violations.or(|| meant(&document))
}

/// The documents that the command line names, or [`DEFAULT_FILE`].
///
/// # Errors
/// Where one cannot be read: exit code 3 where it is no text, 7 where it does not exist.
pub fn sources(global: &Global) -> Result<Vec<Source>, CommandError> {
    let named = if global.config.is_empty() { &[PathBuf::from(DEFAULT_FILE)][..] } else { &global.config };
    let read = |file: &PathBuf| match std::fs::read_to_string(file) {
        Ok(text) => Ok(Source { file: file.clone(), text }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CommandError::not_found(format!(
            "there is no configuration {}; `--config FILE` names one, `fulmar init` writes one",
            file.display()
        ))),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::IsADirectory => no_configuration(file, "a directory"),
            io::ErrorKind::InvalidData => no_configuration(file, "no UTF-8 text"),
            _ => CommandError::failed(format!("read {}", file.display()), error),
        }),
    };
    named.iter().map(read).collect()
}

/// Whether one of these documents names a venue, without which none stands by itself. What cannot be read names none.
pub fn names_a_venue(sources: &[Source]) -> bool {
    let names_one = |source: &Source| {
        Node::parse(&source.file, &source.text, &mut Violations::default()).get("venue").is_some()
    };
    sources.iter().any(names_one)
}

fn no_configuration(file: &Path, what: &str) -> CommandError {
    let what = format!("{}: it is {what}; a configuration is a TOML file", file.display());
    CommandError::told(Exit::ConfigurationInvalid, what)
}

/// The overrides among this process's environment variables.
pub fn variables() -> Variables {
    // A name that is no UTF-8 cannot name a key of ours; a value that is none is told as what does not fit.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

fn read(
    sources: &[Source],
    variables: &Variables,
    registry: &Registry,
    processors: Option<&[usize]>,
) -> Result<Loaded, Violations> {
    let mut violations = Violations::default();
    let mut document = merged(sources, &mut violations);
    let schema = keys::configuration(registry);
    part::told(&document, &schema, &mut violations);
    if !violations.0.is_empty() {
        // What could not be read, or is not whole, cannot be judged.
        return Err(violations);
    }
    environment::lay_over(&mut document, &schema, variables, &mut violations);
    check::check(&mut document, &schema, &mut violations);
    rules::configuration(&document, registry, &mut violations);
    let placement = placement_named_by(&document, &mut violations);
    if let (Some(placement), Some(processors)) = (&placement, processors) {
        actors::placement((&document, registry), placement, processors, &mut violations);
    }
    violations.or(|| Loaded {
        notes: pairs::unlike(&document),
        configuration: configuration(document, registry),
        placement: placement.map(|document| meant(&document)),
    })
}

fn placement_named_by(document: &Node, violations: &mut Violations) -> Option<Node> {
    let named = document.get("placement")?.get("file")?;
    let file = named.as_text().filter(|file| *file != "auto" && !file.is_empty())?;
    match std::fs::read_to_string(file) {
        Ok(text) => Some(placement_of(&Source { file: file.into(), text }, violations)),
        Err(error) => {
            let right = "name a file that can be read, or \"auto\"";
            violations.add(&named.origin, "placement.file", format!("cannot read {file}: {error}"), right);
            None
        }
    }
}

fn placement_of(source: &Source, violations: &mut Violations) -> Node {
    let before = violations.0.len();
    let mut document = Node::parse(&source.file, &source.text, violations);
    if violations.0.len() == before {
        check::check(&mut document, &keys::placement_file(), violations);
        rules::placement(&document, violations);
    }
    document
}

fn merged(sources: &[Source], violations: &mut Violations) -> Node {
    let mut documents = sources.iter().map(|source| Node::parse(&source.file, &source.text, violations));
    let first = documents.next().expect("a configuration is read from at least one document");
    documents.fold(first, |mut under, over| {
        under.lay_over(over);
        under
    })
}

/// A valid document as the configuration that it is. Its strategies are the entries that it names.
fn configuration(mut document: Node, registry: &Registry) -> Configuration {
    let stated = document.as_table_mut().and_then(|entries| entries.remove("strategy"));
    let stated = stated.expect("the check filled it in where it was left out");
    let strategies = stated.elements().iter().map(|strategy| strategies::meant(strategy, registry)).collect();
    Configuration { strategies, ..meant(&document) }
}

/// The document as its types. Whatever could be wrong with it has been told by now, so that a failure here is a key
/// of the schema without its field.
fn meant<T: DeserializeOwned>(document: &Node) -> T {
    document
        .to_toml()
        .try_into()
        .expect("every key of the schema has its field, and takes what the field takes")
}
