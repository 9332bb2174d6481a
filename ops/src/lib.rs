//! The program around the engine: command line, configuration, wiring and supervision.
//!
//! Everything here watches or starts; nothing here is on the path of a tick, and the engine calls none of it.
//!
//! It is a library so that a strategy of your own needs no change here: a binary of yours is [`main_with`] and your
//! entry, and has every verb that `fulmar` has. `fulmar strategy new` writes such a project.

pub mod bench;
pub mod board;
pub mod bus;
pub mod commands;
pub mod configuration;
pub mod exit;
pub mod keys;
pub mod live;
pub mod log;
pub mod output;
pub mod playback;
pub mod progress;
pub mod supervisor;
pub mod venues;
pub mod window;

use std::process::ExitCode;

use fulmar_strategies::{Registry, StrategyEntry};

/// Small blocks made and freed by many threads are what a trading program allocates outside the tick path. It stands
/// here and not in a binary, so that every program built on this crate has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The whole program, with these strategies beside the built-in ones: it reads the command line, runs its verb, and
/// gives the code to end with. A strategy whose entry is not sound, or whose kind another has, is refused before
/// anything starts.
///
/// ```no_run
/// use fulmar_strategies::sdk::*;
///
/// struct Watcher;
/// impl Strategy for Watcher {}
///
/// const WATCHER: StrategyEntry = StrategyEntry {
///     kind: "watcher",
///     doc: "Looks at the market.",
///     parameters: &[],
///     is_trading: false,
///     make: |_| Ok(Box::new(Watcher)),
/// };
///
/// fn main() -> std::process::ExitCode {
///     fulmar::main_with(&[WATCHER])
/// }
/// ```
pub fn main_with(strategies: &[StrategyEntry]) -> ExitCode {
    match Registry::with(strategies) {
        Ok(registry) => commands::main(registry),
        Err(error) => {
            output::notice(format_args!("error: this program cannot have its strategies: {error}"));
            exit::Exit::Failed.into()
        }
    }
}
