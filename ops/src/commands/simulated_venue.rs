//! `fulmar simulated-venue`: a venue on loopback that speaks a real protocol, without keys or network.

use std::net::{Ipv4Addr, SocketAddr};
use std::{fs, io};

use fulmar_adapters::simulated::{FaultPlan, PlanError, SimulatedVenueConfig, VenueReport, serve};
use fulmar_engine::runtime::Clock;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, stdin};
use tokio::sync::oneshot;

use super::{CommandError, Format, Global, SimulatedVenueArguments};
use crate::exit::Exit;
use crate::live::Signals;
use crate::output;

/// Orders that the venue takes from one account in ten seconds: a quoter re-quotes with every tick, and the demo is to
/// show how fast the engine is, not how patient a venue.
const ORDERS_PER_10_SECONDS: u32 = 100_000;
/// Orders that it takes in a day.
const ORDERS_PER_DAY: u32 = 100_000_000;

/// What the venue says once it listens, as one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
}

/// Serves until a signal comes or, where that was asked for, until standard input ends, whatever signal comes.
///
/// # Errors
/// Where the port is taken.
pub fn run(arguments: &SimulatedVenueArguments, global: &Global) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed("start the venue", error))?;
    let report = runtime.block_on(serve_until_stopped(arguments, global))?;
    // Standard input may still be waited for by a thread of the runtime: the process need not wait for it.
    runtime.shutdown_background();
    let VenueReport { connections, orders_received, fills, trades, frames_sent, .. } = &report;
    output::notice(format_args!(
        "the simulated venue stopped: {connections} connections, {orders_received} orders, {fills} fills, {trades} trades, \
         {frames_sent} frames; {} connections cut off, {} requests over the limits",
        report.slow_disconnects + report.rate_disconnects,
        report.requests_limited
    ));
    if !report.faults.is_empty() {
        let told: Vec<String> = report.faults.iter().map(|(name, count)| format!("{name} {count}")).collect();
        output::notice(format_args!("what went wrong, as planned: {}", told.join(", ")));
    }
    Ok(Exit::Done)
}

async fn serve_until_stopped(
    arguments: &SimulatedVenueArguments,
    global: &Global,
) -> Result<VenueReport, CommandError> {
    let mut signals = Signals::catch().map_err(|error| CommandError::failed("catch signals", error))?;
    let mut config = SimulatedVenueConfig::of(arguments.venue, Clock::new().now());
    config.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    config.seed = arguments.seed;
    config.events_per_second = arguments.events_per_second;
    config.orders_per_10_seconds = ORDERS_PER_10_SECONDS;
    config.orders_per_day = ORDERS_PER_DAY;
    config.orders_per_minute = ORDERS_PER_DAY;
    config.faults =
        FaultPlan { seed: arguments.seed, ..plan(arguments.faults.as_deref().unwrap_or_default())? };
    config.may_withdraw = arguments.keys_may_withdraw;
    let until_input_ends = arguments.until_input_ends;
    // A signal to a whole group, as a terminal and systemd send it, reaches this process too. Whoever holds its input
    // cancels its orders here first, and then closes it.
    let stop = async move {
        match until_input_ends {
            true => input_end().await,
            false => drop(signals.wait().await),
        }
    };
    let (ready, is_ready) = oneshot::channel();
    let format = global.format;
    let told = async move {
        let Ok(address) = is_ready.await else { return Ok(()) };
        match format {
            Format::Json => output::json_line(&Listening { address }),
            Format::Text => output::text(format_args!("the simulated venue listens on {address}")),
        }
    };
    let (served, told) = tokio::join!(serve(config, ready, stop), told);
    told?;
    served.map_err(|error| CommandError::failed(format!("serve on port {}", arguments.port), error))
}

/// The plan that `words` are, or that the file has which they name.
fn plan(words: &str) -> Result<FaultPlan, CommandError> {
    let is_file = !words.is_empty() && !words.contains('=');
    let (text, of) =
        if is_file { (read(words)?, format!(" in {words}")) } else { (words.to_owned(), String::new()) };
    let told = |error| format!("--faults: {error}{of}; fulmar simulated-venue --help has the words");
    text.parse().map_err(|error: PlanError| CommandError::usage(told(error)))
}

fn read(file: &str) -> Result<String, CommandError> {
    fs::read_to_string(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CommandError::not_found(format!(
            "--faults: there is no file {file}, and it is no plan, which is NAME=CHANCE, such as all=0.2%"
        )),
        _ => CommandError::failed(format!("read the faults in {file}"), error),
    })
}

/// Returns once there is no more to read.
async fn input_end() {
    let mut scratch = [0; 64];
    let mut input = stdin();
    while let Ok(1..) = input.read(&mut scratch).await {}
}
