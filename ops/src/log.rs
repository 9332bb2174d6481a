//! Where the program's own story goes: tracing events, to standard error, as text or as JSON lines.
//!
//! The level is the configuration's `[log] level`; `FULMAR_LOG` (`info,fulmar=debug`) overrides it for one run.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::commands::{CommandError, Global};
use crate::configuration::{Log, LogFormat};

/// The environment variable whose directives replace the configured level.
pub const FILTER_VARIABLE: &str = "FULMAR_LOG";

/// What the supervisor's machinery says of itself is not the operator's story; a directive of the same name wins.
const QUIET: &str = "kameo=warn";

/// Starts writing events as `log` says. Called once, by the command that runs.
///
/// # Errors
/// Where the directives in [`FILTER_VARIABLE`] are not understood, or events are being written already.
pub fn start(log: &Log, global: &Global) -> Result<(), CommandError> {
    let directives = std::env::var(FILTER_VARIABLE).unwrap_or_else(|_| log.level.as_str().to_owned());
    let filter = EnvFilter::try_new(format!("{QUIET},{directives}"))
        .map_err(|error| CommandError::usage(format!("{FILTER_VARIABLE}={directives}: {error}")))?;
    let events = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(global.is_colored(stderr().is_terminal()));
    match log.format {
        // The module that speaks is for programs to filter by; people read who is meant in the line itself.
        LogFormat::Text => events.with_target(false).try_init(),
        LogFormat::Json => events.json().try_init(),
    }
    .map_err(|error| CommandError::failed("start the log", error))
}
