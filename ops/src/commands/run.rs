//! `fulmar run`: the engine with a configuration, until a signal or its time ends it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fulmar_engine::runtime::Clock;
use fulmar_engine::runtime::placement::allowed_cpus;
use serde::Serialize;

use super::live_trading::LiveTrading;
use super::{CommandError, Format, Global, RunArguments};
use crate::bus::AttachedReport;
use crate::configuration::{self, Configuration, Mode};
use crate::exit::Exit;
use crate::live::{
    BalanceText, CoreReport, Denials, End, Halt, Held, LatencyReport, Launch, LiveEngine, OrderCounts, Route,
    Seals, Signals, Silent, Standing, Stopped, Watch, next_boot,
};
use crate::{log, output};

/// What a run reports when it has ended.
#[derive(Debug, Serialize)]
struct RunReport {
    mode: &'static str,
    ended_by: &'static str,
    failures: Vec<String>,
    connections: u64,
    frames: u64,
    records: u64,
    decode_errors: u64,
    lost: u64,
    instruments: Vec<InstrumentState>,
    orders: OrderCounts,
    denials: Denials,
    open_orders: usize,
    adopted_orders: usize,
    balances: BTreeMap<String, BalanceText>,
    latency_ns: LatencyReport,
    cores: Vec<CoreReport>,
    attached: Vec<AttachedReport>,
    counters: BTreeMap<&'static str, u64>,
    output_hash: String,
}

#[derive(Debug, Serialize)]
struct InstrumentState {
    name: String,
    state: &'static str,
    gaps: u32,
    resyncs: u32,
    trades: u64,
    #[serde(flatten)]
    standing: Standing,
    commissions: BTreeMap<String, String>,
}

/// Runs the engine.
///
/// # Errors
/// Where the configuration, the machine or the disk does not allow it, or a core loop is lost.
pub fn run(arguments: &RunArguments, global: &Global) -> Result<Exit, CommandError> {
    let sources = configuration::sources(global)?;
    let variables = configuration::variables();
    let loaded = configuration::load_to_run(&sources, &variables, &global.registry, &allowed_cpus())?;
    let configuration = &loaded.configuration;
    let mut trading = match configuration.engine.mode {
        Mode::Live => Some(LiveTrading::prepare(arguments.live, configuration)?),
        Mode::Paper if arguments.live => {
            let what = "--live sends orders, and this configuration says mode = \"paper\"; state mode = \"live\" in it";
            return Err(CommandError::told(Exit::NotAllowed, what));
        }
        Mode::Paper => None,
    };
    let halt = Halt::of(&configuration.engine.state_directory);
    if let Some(reason) = halt.reason() {
        let path = halt.path().display();
        let what = format!("halted: {reason}. Look into it, then remove {path}");
        return Err(CommandError::told(Exit::NotAllowed, what));
    }
    log::start(&configuration.log, global)?;
    let boot = next_boot(&configuration.engine.state_directory)
        .map_err(|error| CommandError::failed("count this boot", error))?;
    let held = Held::of(configuration, route(configuration), boot.epoch)
        .map_err(|error| CommandError::failed("hold again what was held", error))?;
    let launch = Launch {
        sources: sources.into_iter().map(Into::into).collect(),
        variables,
        route: route(configuration),
        keys: trading.as_ref().map(LiveTrading::key_kinds).unwrap_or_default(),
        epoch: boot.epoch,
        started_at_ns: Clock::new().now().0,
        held,
    };
    // A configured directory is for every boot, so each has a part of it.
    let of_boot = |directory: &PathBuf| directory.join(format!("boot-{:06}", boot.epoch));
    let journal = arguments.journal.clone().or_else(|| configuration.journal.directory.as_ref().map(of_boot));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed("start the engine", error))?;
    if let Some(trading) = &mut trading {
        let of_keys = runtime.block_on(trading.judge_keys())?;
        output::notice(trading.page(configuration, &of_keys));
    }
    let mode = mode_of(configuration);
    match &journal {
        Some(directory) => tracing::info!("boot {}, {mode}, journal {}", boot.epoch, directory.display()),
        None => tracing::info!("boot {}, {mode}, without a journal", boot.epoch),
    }
    let seals = trading.map(LiveTrading::into_seals).unwrap_or_default();
    let report = runtime.block_on(engine(launch, &loaded, (journal, seals), arguments.seconds))?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(report.text())?,
    }
    super::verdict(&report.failures)?;
    if report.connections == 0 {
        return Err(super::unreachable());
    }
    Ok(Exit::Done)
}

/// Where the orders of a run go: nowhere, where nobody decides.
pub(super) fn route(configuration: &Configuration) -> Route {
    match configuration.engine.mode {
        _ if configuration.strategies.is_empty() => Route::None,
        Mode::Paper => Route::Paper,
        Mode::Live => Route::Venue,
    }
}

fn mode_of(configuration: &Configuration) -> &'static str {
    match configuration.engine.mode {
        Mode::Paper => "paper",
        Mode::Live => "live",
    }
}

async fn engine(
    launch: Launch,
    loaded: &configuration::Loaded,
    (journal, seals): (Option<PathBuf>, Seals),
    seconds: Option<u64>,
) -> Result<RunReport, CommandError> {
    let mut signals = Signals::catch().map_err(|error| CommandError::failed("catch signals", error))?;
    let started = LiveEngine::start(launch, loaded, journal.as_deref(), (None, seals)).await;
    let mut engine = started?;
    let mut watch = Watch::new(&engine);
    watch.halt = Some(Halt::of(&loaded.configuration.engine.state_directory));
    let end = watch.until_end(&mut engine, &mut signals, seconds, &mut Silent).await;
    tracing::info!("{} ends the run, {} open orders are canceled", end.name(), watch.orders.open_count());
    watch.cancel_all(&mut engine).await;
    let names = engine.instrument_names();
    let stopped = engine.stop().await;
    Ok(RunReport::new((mode_of(&loaded.configuration), names), &watch, stopped, end))
}

impl RunReport {
    fn new((mode, names): (&'static str, Vec<String>), watch: &Watch, stopped: Stopped, end: End) -> Self {
        let instruments = names.into_iter().enumerate().map(|(index, name)| {
            let picture = &watch.pictures[index];
            let instrument_id = crate::venues::instrument_id(index);
            let standing = watch.standing(instrument_id);
            let commissions = watch.commissions(instrument_id);
            let state = picture.state();
            let (gaps, resyncs, trades) =
                (picture.sync.gap_count, picture.sync.resync_count, picture.trades.count);
            InstrumentState { name, state, gaps, resyncs, trades, standing, commissions }
        });
        RunReport {
            mode,
            ended_by: end.name(),
            failures: stopped.failures,
            connections: stopped.connections,
            instruments: instruments.collect(),
            frames: stopped.frames,
            records: stopped.summary.records,
            decode_errors: stopped.decode_errors,
            lost: stopped.lost + watch.lost_count(),
            orders: watch.orders.counts(),
            denials: watch.orders.denials().clone(),
            open_orders: watch.orders.open_count(),
            adopted_orders: watch.account.adopted_count(),
            balances: watch.account.balances().clone(),
            latency_ns: LatencyReport::from(&stopped.latencies),
            cores: stopped.cores,
            attached: stopped.attached,
            counters: stopped.counters,
            output_hash: stopped.summary.output_hash,
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "ended by {}: {} frames, {} records, {} lost, {} decode errors",
            self.ended_by, self.frames, self.records, self.lost, self.decode_errors
        )];
        lines.extend(self.instruments.iter().map(|instrument| {
            let InstrumentState { name, state, gaps, resyncs, trades, standing, commissions } = instrument;
            let paid: Vec<String> =
                commissions.iter().map(|(asset, sum)| format!(", {sum} {asset} of commissions")).collect();
            let (position, pnl, paid) = (&standing.position, standing.pnl_text(), paid.concat());
            format!(
                "{name}  {state}, {gaps} gaps, {resyncs} resyncs, {trades} trades, position {position}, P&L {pnl}{paid}"
            )
        }));
        let OrderCounts { submitted, denied, filled, canceled, rejected, unknown, .. } = self.orders;
        lines.push(format!(
            "orders: {submitted} submitted, {denied} denied{}, {filled} filled, {canceled} canceled, {rejected} rejected, \
             {unknown} unknown, {} still open",
            self.denials, self.open_orders
        ));
        lines.extend(self.attached.iter().map(ToString::to_string));
        lines.push(self.latency_ns.to_string());
        lines.push(format!("output hash {}", self.output_hash));
        lines.join("\n")
    }
}
