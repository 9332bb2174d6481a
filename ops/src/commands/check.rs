//! `fulmar check`: validates a configuration and its placement, and tells everything that is wrong with them.

use fulmar_engine::runtime::placement::allowed_cpus;
use serde::Serialize;

use super::{CheckArguments, CommandError, Format, Global};
use crate::configuration::{self, Violation, Violations, reference};
use crate::exit::Exit;
use crate::output;

#[derive(Serialize)]
struct Report<'a> {
    valid: bool,
    violations: &'a [Violation],
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
    let (exit, violations) = match checked {
        Ok(_) => (Exit::Done, Violations::default()),
        Err(violations) => (Exit::ConfigurationInvalid, violations),
    };
    match global.format {
        Format::Json => output::json(&Report { valid: exit == Exit::Done, violations: &violations.0 })?,
        Format::Text if exit == Exit::Done => output::text("the configuration is valid")?,
        Format::Text => {
            output::text(&violations)?;
            output::notice(format_args!("the configuration has {}", violations.count_in_words()));
        }
    }
    Ok(exit)
}
