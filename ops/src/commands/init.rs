//! `fulmar init`: a starter configuration with comments that teach, ready to be checked and run.

use super::{CommandError, Global, InitArguments};
use crate::exit::Exit;

/// Writes the files.
///
/// # Errors
/// x
pub fn run(_arguments: &InitArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("init"))
}
