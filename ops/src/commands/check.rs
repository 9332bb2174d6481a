//! `fulmar check`: validates a configuration and its placement, and tells everything that is wrong with them, or how
//! much memory a run of them takes.

use fulmar_engine::runtime::placement::allowed_cpus;
use serde::Serialize;

use super::run::route;
use super::{CheckArguments, CommandError, Format, Global};
use crate::configuration::{self, Configuration, Source, Variables, Violation, Violations, reference};
use crate::exit::Exit;
use crate::live::{Launch, Memory};
use crate::output;

#[derive(Serialize)]
struct Report<'a> {
    valid: bool,
    violations: &'a [Violation],
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
    let (memory, violations) = match checked {
        Ok(loaded) => (Some(memory(sources, variables, &loaded.configuration)?), Violations::default()),
        Err(violations) => (None, violations),
    };
    let valid = memory.is_some();
    match (global.format, &memory) {
        (Format::Json, _) => output::json(&Report { valid, violations: &violations.0, memory })?,
        (Format::Text, Some(memory)) => {
            output::text("the configuration is valid")?;
            let [start, full] = [memory.start_bytes, memory.full_bytes].map(|bytes| bytes.div_ceil(1 << 20));
            output::text(format_args!(
                "a run takes about {start} MiB of memory at its start, and {full} MiB with 5,000 levels on each side of \
                 every book"
            ))?;
        }
        (Format::Text, None) => {
            output::text(&violations)?;
            output::notice(format_args!("the configuration has {}", violations.count_in_words()));
        }
    }
    Ok(if valid { Exit::Done } else { Exit::ConfigurationInvalid })
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
        api_key: String::new(),
        epoch: 0,
        started_at_ns: 0,
    };
    Memory::of(&launch, configuration)
        .map_err(|error| CommandError::failed("plan a run of the configuration", error))
}
