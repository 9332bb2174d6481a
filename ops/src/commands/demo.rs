//! `fulmar demo`: everything, offline and without keys. It starts the simulated venue in a process of its own, connects
//! to it over real sockets as if it were Binance, lets a strategy trade there, and at the end compares what the engine
//! believes with what the venue knows.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stdout};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use fulmar_adapters::simulated::truth::{self, Truth, TruthError};
use fulmar_engine::contract::Seal;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::simulated_venue::Listening;
use super::{CommandError, DemoArguments, Format, Global};
use crate::board::Board;
use crate::configuration::{self, Source, Venue, starter};
use crate::exit::Exit;
use crate::live::{
    CoreReport, Denials, End, Held, LatencyReport, Launch, LiveEngine, OrderCounts, Route, Seals, Show,
    Signals, Silent, Standing, Stopped, Watch, order_venues,
};
use crate::venues::Credentials;
use crate::{log, output};

/// The name of the demo's account at the simulated venue.
const API_KEY: &str = "demo";
/// How long the last fills and levels may take to come back over loopback.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the demo reports.
#[derive(Debug, Serialize)]
struct DemoReport {
    mode: &'static str,
    ended_by: &'static str,
    failures: Vec<String>,
    seconds: f64,
    frames: u64,
    records: u64,
    decode_errors: u64,
    lost: u64,
    orders: OrderCounts,
    open_orders: usize,
    denials: Denials,
    fills: Fills,
    #[serde(flatten)]
    standing: Standing,
    /// `None` where the venue did not answer, which is a failure.
    venue_truth: Option<VenueTruth>,
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

impl From<Truth> for VenueTruth {
    fn from(truth: Truth) -> Self {
        let Truth { position, pnl, orders_received, fills, open_orders, .. } = truth;
        VenueTruth { position, pnl, orders_received, fills, open_orders }
    }
}

/// Runs the demo until its time is up or somebody wants an end.
///
/// # Errors
/// Where the machine does not let it start, or the engine failed.
pub fn run(arguments: &DemoArguments, global: &Global) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed("start the demo", error))?;
    let report = runtime.block_on(demo(arguments, global))?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    super::verdict(&report.failures)
}

async fn demo(arguments: &DemoArguments, global: &Global) -> Result<DemoReport, CommandError> {
    let failed = |error: anyhow::Error| CommandError::failed("run the demo", error);
    let mut signals = Signals::catch().map_err(|error| CommandError::failed("catch signals", error))?;
    let (venue, address) = start_venue(arguments).await?;
    let (launch, loaded) = launch(address, global)?;
    let can_draw = stdout().is_terminal() && Board::can_be_drawn_on(std::env::var("TERM").ok().as_deref());
    let has_board = arguments.seconds.is_none() && global.format == Format::Text && can_draw;
    if !has_board {
        log::start(&loaded.configuration.log, global)?;
    }
    let seal = |venue: &Venue| {
        let credentials = Credentials::unsigned(API_KEY).expect("it is a word");
        (venue.name.clone(), Box::new(credentials) as Box<dyn Seal>)
    };
    let seals: Seals = order_venues(&loaded.configuration).into_iter().map(seal).collect();
    let started = LiveEngine::start(launch, &loaded, arguments.journal.as_deref(), (None, seals)).await;
    let mut engine = started?;
    let began_at = engine.now();
    let mut watch = Watch::new(&engine);
    let mut show: Box<dyn Show> =
        if has_board { Box::new(Board::open().map_err(failed)?) } else { Box::new(Silent) };
    let end = watch.until_end(&mut engine, &mut signals, arguments.seconds, show.as_mut()).await;
    drop(show);
    let seconds = seconds(engine.now().since(began_at).0);
    watch.cancel_all(&mut engine).await;
    let truth = settle(&mut watch, &engine, address).await;
    let truth = truth.map_err(|error| format!("the simulated venue cannot be asked what is true: {error}"));
    let instrument_id = engine.traded().expect("the demo's strategy trades an instrument");
    let standing = watch.standing(instrument_id);
    let (buy, sell) = watch.orders.fills();
    let (orders, open_orders) = (watch.orders.counts(), watch.orders.open_count());
    let denials = watch.orders.denials().clone();
    let stopped = engine.stop().await;
    end_venue(venue).await;
    let part = Part { end, seconds, orders, open_orders, denials, fills: Fills { buy, sell }, standing };
    Ok(DemoReport::new(part, truth, stopped, watch.lost_count()))
}

/// Gives what the venue knows, once what it told last is in the engine's book too.
async fn settle(watch: &mut Watch, engine: &LiveEngine, address: SocketAddr) -> Result<Truth, TruthError> {
    let truth = truth::pause_and_ask(address, API_KEY).await?;
    let is_told = |watch: &Watch| {
        watch.pictures.iter().any(|picture| picture.replica.update_id() >= truth.update_id)
            || engine.lost_core().is_some()
    };
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
        keys: std::collections::BTreeMap::new(),
        epoch: 1,
        started_at_ns: fulmar_engine::runtime::Clock::new().now().0,
        held: Held::default(),
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
    end: End,
    seconds: f64,
    orders: OrderCounts,
    open_orders: usize,
    denials: Denials,
    fills: Fills,
    standing: Standing,
}

impl DemoReport {
    fn new(part: Part, truth: Result<Truth, String>, stopped: Stopped, unseen: u64) -> Self {
        let mut failures = stopped.failures;
        let venue_truth = truth.map_err(|untold| failures.push(untold)).ok().map(VenueTruth::from);
        let mut report = DemoReport {
            mode: "demo",
            ended_by: part.end.name(),
            failures,
            seconds: part.seconds,
            frames: stopped.frames,
            records: stopped.summary.records,
            decode_errors: stopped.decode_errors,
            lost: stopped.lost + unseen,
            orders: part.orders,
            open_orders: part.open_orders,
            denials: part.denials,
            fills: part.fills,
            standing: part.standing,
            venue_truth,
            latency_ns: LatencyReport::from(&stopped.latencies),
            cores: stopped.cores,
            counters: stopped.counters,
            output_hash: stopped.summary.output_hash,
        };
        report.failures.extend(report.disagreements());
        report
    }

    /// What does not balance.
    fn disagreements(&self) -> Vec<String> {
        let mut told = Vec::new();
        let open = self.venue_truth.as_ref().map_or(0, |truth| truth.open_orders) + self.open_orders as u64;
        let unsent = self.counters.get("rejected_before_sending").copied().unwrap_or_default();
        if let Some(VenueTruth { orders_received, .. }) = &self.venue_truth
            && orders_received + unsent != self.orders.submitted
        {
            told.push(format!(
                "the venue received {orders_received} of {} orders, and {unsent} were rejected before they were sent",
                self.orders.submitted
            ));
        }
        if let Some(VenueTruth { position, pnl, .. }) = &self.venue_truth
            && (*position != self.standing.position || *pnl != self.standing.pnl)
        {
            told.push("the engine's position or P&L is not the venue's".to_owned());
        }
        if self.lost > 0 || self.orders.unknown > 0 || open > 0 {
            let what = "records were lost, or orders are open or of unknown fate; the report says how many";
            told.push(what.to_owned());
        }
        told
    }

    fn text(&self) -> String {
        let said = |what: fn(&VenueTruth) -> &String| match &self.venue_truth {
            Some(truth) => format!("the venue says {}", what(truth)),
            None => "the venue does not answer".to_owned(),
        };
        let (orders, fills) = (&self.orders, &self.fills);
        format!(
            "{:.1} s: {} frames, {} records, {} lost\n\
             orders    {} submitted, {} denied{}, {} accepted, {} filled, {} canceled, {} rejected, {} unknown\n\
             fills     {} bought, {} sold\n\
             position  {} ({})\n\
             P&L       {} ({})\n\
             {}\n\
             output hash {}",
            self.seconds,
            self.frames,
            self.records,
            self.lost,
            orders.submitted,
            orders.denied,
            self.denials,
            orders.accepted,
            orders.filled,
            orders.canceled,
            orders.rejected,
            orders.unknown,
            fills.buy,
            fills.sell,
            self.standing.position,
            said(|truth| &truth.position),
            self.standing.pnl_text(),
            said(|truth| &truth.pnl),
            self.latency_ns,
            self.output_hash,
        )
    }
}
