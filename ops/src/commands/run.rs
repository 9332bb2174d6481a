//! `fulmar run`: the engine with a configuration, until it is told to stop.

use super::{CommandError, Global, RunArguments};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &RunArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("run"))
}
