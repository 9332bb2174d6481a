//! `fulmar demo`: everything, offline and without keys. It starts the simulated venue in a process of its own, connects
//! to it over real sockets as if it were Binance, lets a strategy trade there, and at the end compares what the engine
//! believes with what the venue knows.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stdout};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use fulmar_adapters::simulated::truth::{self, Truth};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::simulated_venue::Listening;
use super::{CommandError, DemoArguments, Format, Global};
use crate::board::Board;
use crate::configuration::{self, Source, starter};
use crate::exit::Exit;
use crate::live::{
    CoreReport, LatencyReport, Launch, LiveEngine, OrderCounts, Route, Show, Signals, Silent, Stopped, Watch,
};
use crate::{log, output};

/// The name of the demo's account at the simulated venue.
const API_KEY: &str = "demo";
/// How long the last cancels, fills and levels may take to come back over loopback.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the demo reports.
#[derive(Debug, Serialize)]
struct DemoReport {
    mode: &'static str,
    seconds: f64,
    frames: u64,
    records: u64,
    decode_errors: u64,
    lost: u64,
    orders: OrderCounts,
    fills: Fills,
    position: String,
    pnl: String,
    venue_truth: VenueTruth,
    latency_ns: LatencyReport,
    cores: Vec<CoreReport>,
    counters: BTreeMap<&'static str, u64>,
    output_hash: String,
}

#[derive(Debug, Serialize)]
struct Fills {
    buy: u64,
    sell: u64,
}

#[derive(Debug, Serialize)]
struct VenueTruth {
    position: String,
    pnl: String,
    orders_received: u64,
    fills: u64,
    open_orders: u64,
}

/// Runs the demo until its time is up or somebody wants an end.
///
/// # Errors
/// Where the machine does not let it start, or the engine failed.
pub fn run(arguments: &DemoArguments, global: &Global) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed("start the demo", error))?;
    let report = runtime.block_on(demo(arguments, global))?;
    let agrees = report.position == report.venue_truth.position && report.pnl == report.venue_truth.pnl;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    if !agrees {
        return Err(CommandError::told(Exit::Failed, "the engine's position or P&L is not the venue's"));
    }
    if report.lost > 0 || report.orders.unknown > 0 || report.venue_truth.open_orders > 0 {
        let what = "records were lost, or orders are open or of unknown fate; the report says how many";
        return Err(CommandError::told(Exit::Failed, what));
    }
    Ok(Exit::Done)
}

async fn demo(arguments: &DemoArguments, global: &Global) -> Result<DemoReport, CommandError> {
    let failed = |error: anyhow::Error| CommandError::failed("run the demo", error);
    let mut signals = Signals::catch().map_err(|error| CommandError::failed("catch signals", error))?;
    let (venue, address) = start_venue(arguments).await?;
    let (launch, loaded) = launch(address, global)?;
    let has_board = arguments.seconds.is_none() && global.format == Format::Text && stdout().is_terminal();
    if !has_board {
        log::start(&loaded.configuration.log, global)?;
    }
    let started = LiveEngine::start(launch, &loaded, arguments.journal.as_deref(), None).await;
    let mut engine = started?;
    let began_at = engine.now();
    let mut watch = Watch::new(&engine);
    let mut show: Box<dyn Show> =
        if has_board { Box::new(Board::open().map_err(failed)?) } else { Box::new(Silent) };
    watch.until_end(&mut engine, &mut signals, arguments.seconds, show.as_mut()).await;
    drop(show);
    let seconds = seconds(engine.now().since(began_at).0);
    engine.cancel_all();
    let truth = settle(&mut watch, address).await?;
    let instrument_id = engine.traded().expect("the demo's strategy trades an instrument");
    let (position, pnl) = watch.result(instrument_id);
    let (buy, sell) = watch.orders.fills();
    let orders = watch.orders.counts();
    let stopped = engine.stop().await.map_err(failed)?;
    end_venue(venue).await;
    let part = Part { seconds, orders, fills: Fills { buy, sell }, position, pnl };
    Ok(DemoReport::new(part, truth, stopped, watch.lost_count()))
}

/// Waits until no order stands and what the venue told last is in the engine's book, then gives what the venue knows.
async fn settle(watch: &mut Watch, address: SocketAddr) -> Result<Truth, CommandError> {
    if !watch.until(SETTLE_TIMEOUT, |watch| watch.orders.open_count() == 0).await {
        let open = watch.orders.open_count();
        output::notice(format_args!(
            "{open} orders could not be settled in time; the venue's account follows"
        ));
    }
    let truth = truth::pause_and_ask(address, API_KEY).await;
    let truth = truth.map_err(|error| CommandError::failed("ask the simulated venue", error))?;
    let is_told =
        |watch: &Watch| watch.pictures.iter().any(|picture| picture.replica.update_id() >= truth.update_id);
    if !watch.until(SETTLE_TIMEOUT, is_told).await {
        output::notice("the venue's last levels did not arrive in time");
    }
    Ok(truth)
}

/// Starts this very program as the simulated venue.
async fn start_venue(arguments: &DemoArguments) -> Result<(Child, SocketAddr), CommandError> {
    let failed = |error: std::io::Error| CommandError::failed("start the simulated venue", error);
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(["simulated-venue", "--port", "0", "--until-input-ends", "--format", "json"])
        .args(["--seed", &arguments.seed.to_string()])
        .args(["--events-per-second", &arguments.events_per_second.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let output = child.stdout.take().expect("its output is piped");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await.map_err(failed)?;
    let listening: Listening = serde_json::from_str(&line)
        .map_err(|error| CommandError::failed("understand where the simulated venue listens", error))?;
    Ok((child, listening.address))
}

/// Closes the venue's input, which is what it waits for.
async fn end_venue(mut venue: Child) {
    drop(venue.stdin.take());
    if tokio::time::timeout(SETTLE_TIMEOUT, venue.wait()).await.is_err() {
        output::notice("the simulated venue did not end by itself and is killed");
    }
}

/// The demo's configuration, with the venue at `address`. One that names a venue stands by itself and takes the place
/// of the demo's own; any other is laid over it.
fn launch(address: SocketAddr, global: &Global) -> Result<(Launch, configuration::Loaded), CommandError> {
    let mut variables = configuration::variables();
    for (key, scheme) in [("STREAM", "ws"), ("REST", "http"), ("ORDER", "ws")] {
        let name = format!("FULMAR__VENUE__BINANCE_SPOT__{key}_URL");
        variables.insert(name, format!("{scheme}://{address}"));
    }
    let mut sources = if global.config.is_empty() { Vec::new() } else { configuration::sources(global)? };
    if !configuration::names_a_venue(&sources) {
        sources.insert(0, Source { file: "demo.toml".into(), text: starter::DEMO.to_owned() });
    }
    let launch = Launch {
        sources: sources.into_iter().map(Into::into).collect(),
        variables,
        route: Route::Venue,
        api_key: API_KEY.to_owned(),
        epoch: 1,
        started_at_ns: fulmar_engine::runtime::Clock::new().now().0,
    };
    let loaded = launch.load(&global.registry)?;
    if loaded.configuration.strategies.is_empty() {
        let what = "the demo shows a strategy that trades, and this configuration has no [[strategy]]";
        return Err(CommandError::told(Exit::ConfigurationInvalid, what));
    }
    Ok((launch, loaded))
}

#[expect(clippy::cast_precision_loss, reason = "seconds for people")]
fn seconds(elapsed_ns: u64) -> f64 {
    (elapsed_ns / 1_000_000) as f64 / 1_000.0
}

/// What the run itself gave.
struct Part {
    seconds: f64,
    orders: OrderCounts,
    fills: Fills,
    position: String,
    pnl: String,
}

impl DemoReport {
    fn new(part: Part, truth: Truth, stopped: Stopped, unseen: u64) -> Self {
        let Truth { position, pnl, orders_received, fills, open_orders, .. } = truth;
        DemoReport {
            mode: "demo",
            seconds: part.seconds,
            frames: stopped.frames,
            records: stopped.summary.records,
            decode_errors: stopped.decode_errors,
            lost: stopped.lost + unseen,
            orders: part.orders,
            fills: part.fills,
            position: part.position,
            pnl: part.pnl,
            venue_truth: VenueTruth { position, pnl, orders_received, fills, open_orders },
            latency_ns: LatencyReport::from(&stopped.latencies),
            cores: stopped.cores,
            counters: stopped.counters,
            output_hash: stopped.summary.output_hash,
        }
    }

    fn text(&self) -> String {
        let (orders, fills, latency) = (&self.orders, &self.fills, &self.latency_ns.tick_to_order);
        format!(
            "{:.1} s: {} frames, {} records, {} lost\n\
             orders    {} submitted, {} denied, {} accepted, {} filled, {} canceled, {} rejected, {} unknown\n\
             fills     {} bought, {} sold\n\
             position  {} (the venue says {})\n\
             P&L       {} (the venue says {})\n\
             latency   tick to order p50 {} ns, p99 {} ns, max {} ns\n\
             output hash {}",
            self.seconds,
            self.frames,
            self.records,
            self.lost,
            orders.submitted,
            orders.denied,
            orders.accepted,
            orders.filled,
            orders.canceled,
            orders.rejected,
            orders.unknown,
            fills.buy,
            fills.sell,
            self.position,
            self.venue_truth.position,
            self.pnl,
            self.venue_truth.pnl,
            latency.p50,
            latency.p99,
            latency.max,
            self.output_hash,
        )
    }
}
