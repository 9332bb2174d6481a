//! `fulmar init`: a starter configuration with comments that teach, which passes `check` and runs as it stands.

use super::scaffold::{self, Existing};
use super::{CommandError, Global, InitArguments};
use crate::configuration::{DEFAULT_FILE, starter};
use crate::exit::Exit;

/// Writes the configuration, an example of limits to lay over it, and an example of placement.
///
/// # Errors
/// Where a file is there already and `--force` is not given, or one cannot be written.
pub fn run(arguments: &InitArguments, global: &Global) -> Result<Exit, CommandError> {
    let files = [
        (DEFAULT_FILE, starter::PAPER.to_owned()),
        ("risk.toml", starter::RISK.to_owned()),
        ("placement.toml", starter::PLACEMENT.to_owned()),
    ];
    let directory = &arguments.directory;
    let written = scaffold::write(directory, &files, Existing::from_force(arguments.force))?;
    let next = format!("fulmar check --config {}", directory.join(DEFAULT_FILE).display());
    scaffold::report(&written, &next, global)?;
    Ok(Exit::Done)
}
