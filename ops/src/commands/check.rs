//! `fulmar check`: validates a configuration and its placement, and tells everything that is wrong with them, or how
//! much memory a run of them takes.

use std::fmt::Write as _;

use fulmar_engine::runtime::placement::allowed_cpus;
use serde::Serialize;

use super::run::route;
use super::{CheckArguments, CommandError, Format, Global};
use crate::configuration::{self, Configuration, Source, Variables, Violation, Violations, reference};
use crate::exit::Exit;
use crate::live::{Held, Launch, Memory, VenueMemory};
use crate::output;

#[derive(Serialize)]
struct Report<'a> {
    valid: bool,
    violations: &'a [Violation],
    /// What is allowed, and hardly meant.
    notes: &'a [Violation],
    /// What a run takes; null where the configuration is not valid.
    memory: Option<Memory>,
}

/// Checks what `--config` names.
///
/// # Errors
/// Where a file cannot be read. What is wrong inside is the report, and exit code 3.
pub fn run(arguments: &CheckArguments, global: &Global) -> Result<Exit, CommandError> {
    if arguments.reference {
        output::bytes(reference::markdown(&global.registry).as_bytes())?;
        return Ok(Exit::Done);
    }
    let sources = configuration::sources(global)?;
    let variables = configuration::variables();
    let checked = configuration::load_to_run(&sources, &variables, &global.registry, &allowed_cpus());
    let (memory, notes, violations) = match checked {
        Ok(loaded) => {
            let memory = memory(sources, variables, &loaded.configuration)?;
            (Some(memory), loaded.notes, Violations::default())
        }
        Err(violations) => (None, Vec::new(), violations),
    };
    let valid = memory.is_some();
    match (global.format, &memory) {
        (Format::Json, _) => {
            output::json(&Report { valid, violations: &violations.0, notes: &notes, memory })?
        }
        (Format::Text, Some(memory)) => {
            output::text("the configuration is valid")?;
            for note in &notes {
                output::text(format_args!("note: {note}"))?;
            }
            output::text(told(memory))?;
        }
        (Format::Text, None) => {
            output::text(&violations)?;
            output::notice(format_args!("the configuration has {}", violations.count_in_words()));
        }
    }
    Ok(if valid { Exit::Done } else { Exit::ConfigurationInvalid })
}

/// What a run takes, in whole MiB, and what of it each venue's market data does.
fn told(memory: &Memory) -> String {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let (start, full) = (mib(memory.start_bytes), mib(memory.full_bytes));
    let mut text = format!(
        "a run takes about {start} MiB of memory at its start, and {full} MiB with every book as deep as its venue tells it"
    );
    for VenueMemory { name, start_bytes, full_bytes, book_levels_max } in &memory.venues {
        let (start, full) = (mib(*start_bytes), mib(*full_bytes));
        let _ = write!(
            text,
            "\n  {name:<14}  {start} MiB, and {full} MiB with {book_levels_max} levels on each side of every book"
        );
    }
    text
}

fn memory(
    sources: Vec<Source>,
    variables: Variables,
    configuration: &Configuration,
) -> Result<Memory, CommandError> {
    let launch = Launch {
        sources: sources.into_iter().map(Into::into).collect(),
        variables,
        route: route(configuration),
        keys: std::collections::BTreeMap::new(),
        epoch: 0,
        started_at_ns: 0,
        held: Held::default(),
    };
    Memory::of(&launch, configuration)
        .map_err(|error| CommandError::failed("plan a run of the configuration", error))
}
