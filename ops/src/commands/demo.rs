//! `fulmar demo`: everything at once, offline: a simulated venue, the engine against it, a paper strategy.

use super::{CommandError, DemoArguments, Global};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &DemoArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("demo"))
}
