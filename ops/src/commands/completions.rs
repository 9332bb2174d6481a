//! `fulmar completions SHELL`: the completion script of a shell, on standard output.

use clap::CommandFactory;

use super::{CommandError, CommandLine, CompletionsArguments, Global};
use crate::exit::Exit;
use crate::output;

/// Prints the script.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(arguments: &CompletionsArguments, _global: &Global) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "fulmar", &mut script);
    output::bytes(&script)?;
    Ok(Exit::Done)
}
