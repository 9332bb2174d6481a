//! `fulmar replay`: captures or journals through the engine, deterministically.

use super::{CommandError, Global, ReplayArguments};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &ReplayArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("replay"))
}
