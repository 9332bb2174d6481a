//! `fulmar record`: live frames of a venue into a capture.

use super::{CommandError, Global, RecordArguments};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &RecordArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("record"))
}
