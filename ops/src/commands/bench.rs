//! `fulmar bench`: the latency harness.

use super::{BenchArguments, CommandError, Global};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &BenchArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("bench"))
}
