//! The command line of `fulmar strategy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::arguments::at_least_one;

/// What `fulmar strategy` can do.
#[derive(Debug, Subcommand)]
pub enum StrategyVerb {
    /// Write a small project: a strategy, its tests, and the program that runs it
    #[command(
        after_help = "Example:\n  fulmar strategy new dip_buyer && cd dip_buyer && cargo run --release -- demo --config demo.toml"
    )]
    New(StrategyNewArguments),
    /// Run one of this program's strategies in a process of its own, attached to an engine that runs already
    #[command(
        after_help = "Example:\n  fulmar strategy run quoter --name outside --set quantity=0.001\n\nThe engine's configuration has a strategy of the kind \"attached\" with that name. It says what the strategy may see and trade, and what becomes of its orders when this process goes."
    )]
    Run(StrategyRunArguments),
}

/// Arguments of `fulmar strategy run`.
#[derive(Debug, Args)]
pub struct StrategyRunArguments {
    /// Which of the program's strategies
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// The name that the engine's configuration gives it [default: its kind]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Take the place of the process that is attached under that name: its orders stand, and are this one's from then on
    #[arg(long)]
    pub take_over: bool,
    /// Where the engine's bus listens
    #[arg(long, value_name = "PATH", default_value = "state/bus/bus.sock")]
    pub socket: PathBuf,
    /// A parameter of the strategy; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// End after this many seconds
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub seconds: Option<u64>,
    /// Look for records without a pause, which takes a whole core; without it the process sleeps until it is woken
    #[arg(long)]
    pub spin: bool,
}

/// Arguments of `fulmar strategy new`.
#[derive(Debug, Args)]
pub struct StrategyNewArguments {
    /// The strategy's name: lower-case letters, digits and `_`, a letter first
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language to write it in
    #[arg(long = "lang", value_enum, value_name = "LANGUAGE", default_value_t = Language::Rust)]
    pub language: Language,
    /// The checkout of Fulmar to build against [default: the one this program was built from]
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
    /// Overwrite files that are there already
    #[arg(long)]
    pub force: bool,
}

/// A language that a strategy can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A library, and a binary that is all of Fulmar with it
    Rust,
}
