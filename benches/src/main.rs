//! The same tables as `fulmar bench`, with peers measured beside the engine's rows: in the same run, on the same cores,
//! each slice with the raw cache line around it.

mod peers;
mod wires;

use std::process::ExitCode;

use clap::Parser;
use fulmar::bench;
use fulmar::commands::bench::rig;
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
    /// Which peer the other process is of
    #[arg(long, value_enum, value_name = "NAME", hide = true, requires = "client")]
    far: Option<wires::Peer>,
}

fn main() -> ExitCode {
    // The engine's own benches run this program again, as the one that they are usually part of.
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "bench") {
        return fulmar::main_with(&[]);
    }
    match run(&CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::notice(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(line: &CommandLine) -> anyhow::Result<()> {
    if let (Some(peer), Some(place)) = (line.far, &line.bench.client) {
        return wires::client(peer, place, line.bench.core);
    }
    let rig = rig(&line.bench);
    let mut report = bench::run(line.bench.name, &rig)?;
    match line.bench.name {
        BenchName::Hop => report.rows.extend(rig.on_core(|| peers::rows(&rig))),
        BenchName::Bus => rig.on_core(|| wires::add(&rig, &mut report))?,
        _ => {}
    }
    match line.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    Ok(())
}
