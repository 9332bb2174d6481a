//! `fulmar simulated-venue`: a venue on loopback that speaks a real protocol, without keys or network.

use super::{CommandError, Global, SimulatedVenueArguments};
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Always: this build does not do it yet.
pub fn run(_arguments: &SimulatedVenueArguments, _global: &Global) -> Result<Exit, CommandError> {
    Err(CommandError::not_in_this_build("simulated-venue"))
}
