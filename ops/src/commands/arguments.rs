//! What each verb takes, as clap reads it and as `--help` tells it. The doc comments here are the help.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use fulmar_adapters::simulated::{Dialect, Fault};
use fulmar_strategies::Registry;

use super::strategy_arguments::StrategyVerb;
use crate::exit;

const START: &str = "\
Start here:
  fulmar demo                          everything, offline, without keys
  fulmar init trading                  a configuration to make your own, in ./trading
  fulmar check --config trading/fulmar.toml
  fulmar run --config trading/fulmar.toml";

const SIMULATED_VENUE: &str = "\
Examples:
  fulmar simulated-venue --port 9443 &
  FULMAR__VENUE__BINANCE_SPOT__STREAM_URL=ws://127.0.0.1:9443 \\
  FULMAR__VENUE__BINANCE_SPOT__REST_URL=http://127.0.0.1:9443 \\
  fulmar record --venue binance-spot --instruments BTCUSDT --seconds 5 --out sim.capture.zst

  fulmar simulated-venue --venue binance-usdm
  fulmar simulated-venue --faults all=0.2% --seed 42
  fulmar simulated-venue --faults 'answer_lost=5%, event_late=10%, late=2s'
  fulmar simulated-venue --faults 'filled_before_cancel=always, most=1'
  fulmar simulated-venue --faults bad-day.plan

A plan is NAME=CHANCE of each fault, or of all: the chance on each occasion, such as 0.5%, or
always. late=700ms says how late what comes late is, outage=5s how long maintenance and a revoked
key last, most=3 how many faults happen at most. Entries stand between commas or on lines of their
own, in a file as well; what follows a # is not read. The same seed and the same requests have the
same faults. What happened is told at the end, and is the truth, with what an account really has,
under http://127.0.0.1:9443/simulated/truth?account=KEY meanwhile.

Faults:";

/// What the simulated venue can be asked to do wrong, by name.
fn simulated_venue_help() -> String {
    let row = |fault: &Fault| format!("\n  {:22}{}", fault.name(), fault.about());
    SIMULATED_VENUE.to_owned() + &Fault::ALL.iter().map(row).collect::<String>()
}

/// Fulmar, a low-latency trading engine for your own strategies on your own machine.
#[derive(Debug, Parser)]
#[command(name = "fulmar", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = format!("{START}\n\n{}", exit::TABLE))]
pub struct CommandLine {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every verb")]
pub struct Global {
    /// Configuration to read; repeat it to lay one file over another, the later wins [default: ./fulmar.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// What reports are written as, on standard output; everything else goes to standard error
    #[arg(long, global = true, value_name = "text|json", hide_possible_values = true)]
    #[arg(value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// When to use color; NO_COLOR in the environment means never unless this says always
    #[arg(long, global = true, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// The strategies of this program. The command line cannot change them; they are here because every verb needs
    /// them.
    #[arg(skip)]
    pub registry: Registry,
}

impl Global {
    /// Whether to color what goes to a stream that is, or is not, a terminal.
    pub fn is_colored(&self, stream_is_terminal: bool) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                stream_is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one JSON document.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show everything at once, offline and without keys
    #[command(after_help = "Example:\n  fulmar demo --seconds 20 --format json | jq .")]
    Demo(DemoArguments),
    /// Run the engine with a configuration
    #[command(after_help = "Example:\n  fulmar run --config config/paper.toml --journal journal")]
    Run(RunArguments),
    /// Play captures or journals through the engine, with the same answer each time
    #[command(
        after_help = "Example:\n  fulmar replay captures/binance-spot.capture.zst --format json | jq .output_hash"
    )]
    Replay(ReplayArguments),
    /// Record live frames of a venue into a capture
    #[command(
        after_help = "Example:\n  fulmar record --venue binance-spot --instruments BTCUSDT --out today.capture.zst"
    )]
    Record(RecordArguments),
    /// Measure latency on this machine
    #[command(
        after_help = "Example:\n  fulmar bench tick-to-order --format json | jq '.rows[] | {name, p50, p99}'"
    )]
    Bench(BenchArguments),
    /// Validate a configuration and tell everything that is wrong with it
    #[command(after_help = "Example:\n  fulmar check --config config/paper.toml --config config/risk.toml")]
    Check(CheckArguments),
    /// Write a starter configuration
    #[command(after_help = "Example:\n  fulmar init trading && fulmar check --config trading/fulmar.toml")]
    Init(InitArguments),
    /// Write a strategy of your own, or run one in a process of its own
    #[command(subcommand)]
    Strategy(StrategyVerb),
    /// Print the completion script of a shell
    #[command(
        after_help = "Example:\n  fulmar completions bash > ~/.local/share/bash-completion/completions/fulmar"
    )]
    Completions(CompletionsArguments),
    /// Serve a simulated venue on loopback, to record from or trade at without network and keys
    #[command(after_help = simulated_venue_help())]
    SimulatedVenue(SimulatedVenueArguments),
}

/// Arguments of `fulmar demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// End after this many seconds; without it a board stays until you press q
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub seconds: Option<u64>,
    /// Keep a journal in this directory, empty or new; without it none is kept
    #[arg(long, value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// What the simulated market is made from; the same seed makes the same market
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// How busy the simulated market is
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub events_per_second: u64,
}

/// Arguments of `fulmar run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Keep the journal in this directory, empty or new, whatever the configuration says
    #[arg(long, value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// End after this many seconds; without it the engine runs until it is told to stop
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub seconds: Option<u64>,
    /// Send orders to the venue; a configuration with mode = "live" is refused without it
    #[arg(long)]
    pub live: bool,
}

/// Arguments of `fulmar replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Captures (*.capture.zst) and directories of journals, in any number
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Spread the actors of captures over so many threads; 0 plays all of them on this one. The answer is the same
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    pub threads: usize,
    /// Play captures at so many times their recorded pace, 1 being as it happened; without it, as fast as it goes
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,
    /// Have these strategies of a journal in processes of their own, which attach under their names and are given the
    /// turns that the run had: the hash is the run's where they want what its own code wanted
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub attach: Vec<String>,
    /// Where those processes attach
    #[arg(long, value_name = "PATH", default_value = "state/bus/bus.sock", requires = "attach")]
    pub socket: PathBuf,
}

/// Arguments of `fulmar record`.
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// The venue to listen to
    #[arg(long, value_name = "NAME", help = format!("The venue to listen to: {}", crate::venues::NAMES.join(", ")))]
    pub venue: String,
    /// The venue's symbols, separated by commas
    #[arg(long, value_name = "A,B", required = true, value_delimiter = ',')]
    pub instruments: Vec<String>,
    /// The capture to write; an existing file is not overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// End after this many seconds; without it the recording runs until it is interrupted
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub seconds: Option<u64>,
}

/// Arguments of `fulmar bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// What to measure
    #[arg(value_enum, value_name = "NAME")]
    pub name: BenchName,
    /// Measure for minutes, for quiet tails, instead of for seconds
    #[arg(long)]
    pub long: bool,
    /// How often `kill` kills
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub rounds: Option<u64>,
    /// How long to measure, for tests
    #[arg(long, value_name = "N", hide = true)]
    pub milliseconds: Option<u64>,
    /// The other process of `bus` and `kill`: attaches to the bench there
    #[arg(long, value_name = "PATH", hide = true)]
    pub client: Option<PathBuf>,
    /// The core of that process
    #[arg(long, value_name = "N", hide = true, requires = "client")]
    pub core: Option<usize>,
}

/// What `fulmar bench` can measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchName {
    /// One boundary between two cores
    Hop,
    /// From this process to one that is attached, on another core
    Bus,
    /// A venue's bytes to records
    Decode,
    /// Updates of an order book
    Book,
    /// An intent through the risk gate
    Risk,
    /// From a frame to the order that it caused
    TickToOrder,
    /// From the death of an attached strategy to the last cancel of its orders
    Kill,
}

/// Arguments of `fulmar check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Print the reference of every key instead, as Markdown
    #[arg(long)]
    pub reference: bool,
}

/// Arguments of `fulmar init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The directory to write into; it is made where it does not exist
    #[arg(default_value = ".", value_name = "DIR")]
    pub directory: PathBuf,
    /// Overwrite files that are there already
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `fulmar completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Arguments of `fulmar simulated-venue`.
#[derive(Debug, Args)]
pub struct SimulatedVenueArguments {
    /// The port on 127.0.0.1 to listen on; 0 takes a free one and tells which
    #[arg(long, value_name = "N", default_value_t = 9443)]
    pub port: u16,
    /// Which venue it stands for: binance-spot or binance-usdm, whose perpetual future it trades
    #[arg(long, value_name = "VENUE", default_value = Dialect::Spot.venue(), value_parser = simulated_product)]
    pub venue: Dialect,
    /// What the market and its bad day are made from; the same seed makes the same
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// What goes wrong: a plan such as all=0.2%, or a file of one; without it nothing does
    #[arg(long, value_name = "PLAN")]
    pub faults: Option<String>,
    /// How busy the market is
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub events_per_second: u32,
    /// Say of every key that it may withdraw, which a run refuses
    #[arg(long)]
    pub keys_may_withdraw: bool,
    /// End when standard input does and at no signal, so that the venue lives as long as the program that started it
    #[arg(long)]
    pub until_input_ends: bool,
}

fn simulated_product(name: &str) -> Result<Dialect, String> {
    let names = || Dialect::ALL.map(Dialect::venue).join(" and ");
    Dialect::of_venue(name).ok_or_else(|| format!("{} can be simulated", names()))
}

pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("it takes a whole number, at least 1".to_owned()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.001..=1_000_000.0).contains(&factor) => Ok(factor),
        _ => Err("a speed is a number from 0.001 to 1000000".to_owned()),
    }
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 0..=64) => Ok(count),
        _ => Err("a number of threads is one from 0 to 64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_verb_teaches_by_an_example() {
        for verb in CommandLine::command().get_subcommands() {
            let taught = |command: &clap::Command| {
                let has_example = |help: String| {
                    ["Example:\n  fulmar ", "Examples:\n  fulmar "].iter().any(|start| help.contains(start))
                };
                command.get_after_help().is_some_and(|help| has_example(help.to_string()))
            };
            let mut deeper = verb.get_subcommands().peekable();
            match deeper.peek() {
                None => assert!(taught(verb), "{} has no example", verb.get_name()),
                Some(_) => assert!(deeper.all(taught), "a verb under {} has no example", verb.get_name()),
            }
        }
    }
}
