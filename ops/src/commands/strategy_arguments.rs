//! The command line of `fulmar strategy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::arguments::at_least_one;

/// What `fulmar strategy` can do.
#[derive(Debug, Subcommand)]
pub enum StrategyVerb {
    /// Write a small project: a strategy in Rust, C or Python, and what it needs to run
    #[command(
        after_help = "Examples:\n  fulmar strategy new dip_buyer && cd dip_buyer && cargo run --release -- demo --config demo.toml\n  fulmar strategy new dip_buyer --lang python && cd dip_buyer && fulmar demo --config attached.toml\n  then, in another terminal: fulmar strategy run dip_buyer.py"
    )]
    New(StrategyNewArguments),
    /// Run a strategy in a process of its own, attached to an engine that runs already
    #[command(
        after_help = "Examples:\n  fulmar strategy run quoter --name outside --set quantity=0.001\n  fulmar strategy run ./dip_buyer              a program, such as one in C\n  fulmar strategy run dip_buyer.py             by python3\n\nA strategy of this program runs in this process, and reports what it did. A file takes the place of this process, so that signals and the exit code are its own. It finds in its environment FULMAR_STRATEGY, FULMAR_SOCKET, FULMAR_PARAMETERS (what --set says, as a JSON object), FULMAR_SECONDS, FULMAR_WAIT and FULMAR_TAKE_OVER, which the libraries for C and Python read; and the library and the Python package of this build.\n\nThe engine's configuration has a strategy of the kind \"attached\" with that name. It says what the strategy may see and trade, and what becomes of its orders when this process goes."
    )]
    Run(StrategyRunArguments),
}

/// Arguments of `fulmar strategy run`.
#[derive(Debug, Args)]
pub struct StrategyRunArguments {
    /// One of the program's strategies, or a file: an executable, or a `.py`
    #[arg(value_name = "KIND or PATH")]
    pub what: String,
    /// The name that the engine's configuration gives it [default: its kind, or the file's name without its ending]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Take the place of the process that is attached under that name; its orders stand, and are this one's then
    #[arg(long)]
    pub take_over: bool,
    /// When the engine goes, wait for the next one there and begin anew; for strategies of this program
    #[arg(long)]
    pub reattach: bool,
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
    /// A program that attaches, and its Makefile
    C,
    /// A program that attaches
    Python,
}
