//! The command line: which verbs there are, and how one call becomes one exit code.
//!
//! Each verb is one file here with one `run`. The arguments of all of them stand in `arguments`, so that the whole
//! command line can be read on one page; those of `strategy` have a page of their own.

mod arguments;
pub mod bench;
pub mod check;
pub mod completions;
pub mod demo;
mod error;
pub mod init;
mod live_trading;
pub mod record;
pub mod replay;
pub mod run;
mod scaffold;
pub mod simulated_venue;
mod strategy_arguments;
pub mod strategy_new;
pub mod strategy_program;
pub mod strategy_run;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use fulmar_strategies::Registry;

pub use arguments::{
    BenchArguments, BenchName, CheckArguments, CommandLine, CompletionsArguments, DemoArguments, Format,
    Global, InitArguments, RecordArguments, ReplayArguments, RunArguments, SimulatedVenueArguments, Verb,
};
pub use error::CommandError;
pub use strategy_arguments::{Language, StrategyNewArguments, StrategyRunArguments, StrategyVerb};

use crate::exit::Exit;
use crate::output;

/// The program with these strategies: reads the command line, runs its verb, tells a failure once, ends with its code.
pub fn main(registry: Registry) -> ExitCode {
    let mut line = CommandLine::parse();
    line.global.registry = registry;
    match dispatch(&line) {
        Ok(exit) => exit.into(),
        Err(error) => {
            if !error.is_quiet() {
                output::notice(format_args!("error: {}", told_with_causes(&error)));
            }
            error.exit().into()
        }
    }
}

fn dispatch(line: &CommandLine) -> Result<Exit, CommandError> {
    let global = &line.global;
    match &line.verb {
        Verb::Demo(arguments) => demo::run(arguments, global),
        Verb::Run(arguments) => run::run(arguments, global),
        Verb::Replay(arguments) => replay::run(arguments, global),
        Verb::Record(arguments) => record::run(arguments, global),
        Verb::Bench(arguments) => bench::run(arguments, global),
        Verb::Check(arguments) => check::run(arguments, global),
        Verb::Init(arguments) => init::run(arguments, global),
        Verb::Strategy(StrategyVerb::New(arguments)) => strategy_new::run(arguments, global),
        Verb::Strategy(StrategyVerb::Run(arguments)) => strategy_run::run(arguments, global),
        Verb::Completions(arguments) => completions::run(arguments, global),
        Verb::SimulatedVenue(arguments) => simulated_venue::run(arguments, global),
    }
}

/// How a command ends whose engine has stopped, and whose report is written: well, where nothing of it failed.
fn verdict(failures: &[String]) -> Result<Exit, CommandError> {
    if failures.is_empty() {
        return Ok(Exit::Done);
    }
    Err(CommandError::told(Exit::Failed, failures.join("; ")))
}

/// The end of a command none of whose connections ever opened.
fn unreachable() -> CommandError {
    CommandError::told(Exit::Unreachable, "no connection to a venue ever opened; the log above says why")
}

fn told_with_causes(error: &CommandError) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told.push_str(": ");
        told.push_str(&next.to_string());
        cause = next.source();
    }
    told
}
