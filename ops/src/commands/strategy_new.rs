//! `fulmar strategy new`: a small project for a strategy.

use super::{CommandError, Global, StrategyNewArguments};
use crate::exit::Exit;

/// Writes the files.
///
/// # Errors
/// x
pub fn run(_arguments: &StrategyNewArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("strategy new"))
}
