//! `fulmar bench`: the latency harness.

use fulmar_bus::record::Nanos;

use super::{BenchArguments, BenchName, CommandError, Format, Global};
use crate::bench::{self, measure::Rig};
use crate::exit::Exit;
use crate::output;

/// Measures what is asked for and prints its table.
///
/// # Errors
/// Where the engine under test cannot be set up.
pub fn run(arguments: &BenchArguments, global: &Global) -> Result<Exit, CommandError> {
    if let Some(socket) = &arguments.client {
        let client = if arguments.name == BenchName::Kill { bench::kill::client } else { bench::bus::client };
        let answered = client(socket, arguments.core);
        answered.map_err(|error| CommandError::failed("answer the bench", error))?;
        return Ok(Exit::Done);
    }
    if cfg!(debug_assertions) {
        output::notice("this is a debug build: its figures say nothing");
    }
    let report = bench::run(arguments.name, &rig(arguments))
        .map_err(|error| CommandError::failed("run the bench", error))?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    Ok(Exit::Done)
}

/// What the bench runs on, as the command line wants it.
pub fn rig(arguments: &BenchArguments) -> Rig {
    let usual = Rig::new(arguments.long);
    let budget = arguments.milliseconds.map_or(usual.budget, Nanos::from_millis);
    Rig { budget, rounds: arguments.rounds.unwrap_or(usual.rounds), ..usual }
}
