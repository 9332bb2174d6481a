//! The same tables as `fulmar bench`, with peers measured beside the engine's rows: in the same run, on the same cores,
//! each slice with the raw cache line around it.

mod peers;

use clap::Parser;
use fulmar::bench::{self, measure::Rig};
use fulmar::commands::{BenchArguments, BenchName, Format};
use fulmar::output;

/// Measure the engine and its peers side by side.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    bench: BenchArguments,
    /// What the table is written as
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn main() -> anyhow::Result<()> {
    let line = CommandLine::parse();
    let rig = Rig::new(line.bench.long);
    let mut report = bench::run(line.bench.name, &rig)?;
    if line.bench.name == BenchName::Hop {
        report.rows.extend(rig.on_core(|| peers::rows(&rig)));
    }
    match line.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    Ok(())
}
