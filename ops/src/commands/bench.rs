//! `fulmar bench`: the latency harness.

use super::{BenchArguments, CommandError, Format, Global};
use crate::bench::{self, measure::Rig};
use crate::exit::Exit;
use crate::output;

/// Measures what is asked for and prints its table.
///
/// # Errors
/// Where the engine under test cannot be set up.
pub fn run(arguments: &BenchArguments, global: &Global) -> Result<Exit, CommandError> {
    if let Some(socket) = &arguments.client {
        let answered = bench::bus::client(socket, arguments.core);
        answered.map_err(|error| CommandError::failed("answer the bench", error))?;
        return Ok(Exit::Done);
    }
    if cfg!(debug_assertions) {
        output::notice("this is a debug build: its figures say nothing");
    }
    let report = bench::run(arguments.name, &Rig::new(arguments.long))
        .map_err(|error| CommandError::failed("run the bench", error))?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    Ok(Exit::Done)
}
