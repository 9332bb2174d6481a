//! What a symbol and a venue cost: the program itself, following venues on loopback over real sockets.
//!
//! Each row is a run of its own, in a process of its own: market data alone, one core loop and the network, both of
//! which sleep when they have no work, so that the time that they take is the work's. Frames come at one rate in
//! every row, spread evenly over the symbols, so that rows differ in these alone. The venues run in this process,
//! and are not counted; they do share the machine's cores, so a row's latencies are those of a busy machine.
//!
//! ```text
//! cargo run --release -p fulmar-benches --bin venues
//! ```

mod measure;
mod table;

use std::process::ExitCode;

use clap::Parser;
use fulmar::bench::measure::Rig;
use fulmar::commands::Format;
use fulmar::output;
use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::venues::VENUES;

use measure::Measured;
use table::Table;

/// Symbols of the full rows.
const SYMBOLS: usize = 100;

/// Measure what a symbol and a venue cost.
#[derive(Debug, Parser)]
struct CommandLine {
    /// Frames of all venues together, in a second
    #[arg(long, value_name = "N", default_value_t = 4_000)]
    rate: u32,
    /// How long each row is measured, once all of its books are live
    #[arg(long, value_name = "N", default_value_t = 5)]
    seconds: u32,
    /// What the table is written as
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn main() -> ExitCode {
    // The rows run this program again, as the one that they measure.
    if std::env::var_os(measure::IS_MEASURED).is_some() {
        return fulmar::main_with(&[]);
    }
    let line = CommandLine::parse();
    match run(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::notice(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(line: &CommandLine) -> anyhow::Result<()> {
    let measure = |name: String, venues: &'static [VenueEntry], symbols: usize| -> anyhow::Result<Measured> {
        measure::row(name, &spread(venues, symbols), (line.rate, line.seconds))
    };
    let first = first_streamed();
    let by_symbols = [1, 10, SYMBOLS].map(|symbols| {
        let name = format!("{}, {symbols} symbols", VENUES[first].name);
        measure(name, &VENUES[first..=first], symbols)
    });
    let alone = VENUES.iter().enumerate().map(|(place, entry)| {
        let name = format!("{} alone", entry.name);
        measure(name, &VENUES[place..=place], SYMBOLS / VENUES.len())
    });
    let alone = alone.collect::<anyhow::Result<_>>()?;
    let together = [&VENUES[first..first + 3], &VENUES[..]].map(|venues| {
        let name = format!("{} venues, {SYMBOLS} symbols", venues.len());
        measure(name, venues, SYMBOLS)
    });
    let table = Table {
        by_symbols: by_symbols.into_iter().collect::<anyhow::Result<_>>()?,
        alone,
        together: together.into_iter().collect::<anyhow::Result<_>>()?,
        machine: Rig::new(false).report("venues", None, Vec::new()).machine,
    };
    match line.format {
        Format::Json => output::json(&table)?,
        Format::Text => output::text(&table)?,
    }
    Ok(())
}

/// The first venue whose books come with the stream. Where they are asked for, a hundred of them take minutes, since
/// the venue counts what is asked.
fn first_streamed() -> usize {
    let is_streamed = |entry: &VenueEntry| (entry.sample)().rule().is_streamed();
    VENUES.iter().position(is_streamed).expect("there are such venues")
}

/// So many symbols, spread over these venues.
fn spread(venues: &'static [VenueEntry], symbols: usize) -> Vec<(&'static VenueEntry, usize)> {
    let of = |place: usize| (symbols + place) / venues.len();
    venues.iter().enumerate().map(|(place, entry)| (entry, of(place))).collect()
}
