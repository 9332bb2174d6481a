//! The one place that prints. A command's report goes to standard output, everything said beside it to standard
//! error, so `fulmar ... --format json | jq` always reads JSON alone.
//!
//! Nothing else in the program writes to either stream. A reader that went away (`| head`) ends the command quietly.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::commands::CommandError;

/// Writes a text report, and a line end, to standard output.
///
/// # Errors
/// Where standard output cannot be written; a closed pipe is the quiet [`CommandError::output_closed`].
pub fn text(report: impl Display) -> Result<(), CommandError> {
    delivered(writeln!(io::stdout().lock(), "{report}"))
}

/// Writes a report as one JSON document, and a line end, to standard output.
///
/// # Errors
/// As [`text`].
pub fn json(report: &impl Serialize) -> Result<(), CommandError> {
    let document = serde_json::to_string_pretty(report)
        .map_err(|error| CommandError::failed("write the report as JSON", error))?;
    text(document)
}

/// Writes a report as one JSON document on a line of its own: for those that read line by line.
///
/// # Errors
/// As [`text`].
pub fn json_line(report: &impl Serialize) -> Result<(), CommandError> {
    let document = serde_json::to_string(report)
        .map_err(|error| CommandError::failed("write the report as JSON", error))?;
    bytes(format!("{document}\n").as_bytes())
}

/// Writes bytes as they are to standard output: a script, a generated file.
///
/// # Errors
/// As [`text`].
pub fn bytes(content: &[u8]) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    delivered(out.write_all(content).and_then(|()| out.flush()))
}

/// Says something to the person at the terminal, on standard error. Nobody there to read it is no failure.
pub fn notice(words: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

fn delivered(written: io::Result<()>) -> Result<(), CommandError> {
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CommandError::output_closed(),
        _ => CommandError::failed("write to standard output", error),
    })
}
