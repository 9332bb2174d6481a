//! From the death of an attached strategy to the last cancel of its orders, over real parts: an engine that trades as a
//! run has it, the simulated venue over sockets, and a strategy in a process of its own, which is this program again.
//!
//! Each round lets the strategy place its orders, kills it, and waits until none of them stands. When which cancel was
//! handed over is not asked of the engine: the venue notes when it had read it off its socket, which is a little later.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use fulmar_bus::record::OrderStatus;
use fulmar_engine::contract::Seal;
use fulmar_engine::runtime::Clock;
use fulmar_strategies::Registry;
use tokio::time::interval;

use self::venue::{Cancel, KEY, SECRET, Venue};
use super::far::Far;
use super::limits::{KILL_ORDERS, KILL_PATIENCE, KILL_ROUND_INTERVAL};
use super::measure::Rig;
use super::report::{Report, Samples};
use crate::configuration::{Loaded, Variables};
use crate::live::{Held, Launch, LiveEngine, Route, Seals, Watch};
use crate::progress;
use crate::venues::{Credentials, KeyKind};

mod strategy;
mod venue;

pub use strategy::client;

/// What the strategy is called.
const STRATEGY: &str = "victim";
/// The venue that is simulated, as a configuration names it. Futures, since what the venue takes of them can be stated:
/// with the 6,000 requests a minute of spot the rounds would wait for each other.
const VENUE: &str = "binance-usdm";

/// Measures it, as often as the rig says.
///
/// # Errors
/// Where a part cannot be started, or a round does not come to its end.
pub fn run(rig: &Rig) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    let venue = Venue::start(rig.cores.answering, rig.clock.clone())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let deaths = runtime.block_on(rounds(rig, &folder.0, venue.address))?;
    let cancels = cancels(&venue.stop()?, &deaths)?;
    let (mut first, mut last) = (Samples::new(1), Samples::new(1));
    for (index, (died_ticks, read_ticks)) in deaths.iter().zip(&cancels).enumerate() {
        let count = read_ticks.len();
        ensure!(count == KILL_ORDERS, "round {index}: {count} of {KILL_ORDERS} orders were canceled");
        let ns = |ticks: &u64| rig.clock.ticks_to_ns(*died_ticks, *ticks);
        read_ticks.values().min().into_iter().for_each(|ticks| first.add(ns(ticks)));
        read_ticks.values().max().into_iter().for_each(|ticks| last.add(ns(ticks)));
    }
    let rows = vec![first.row("kill.first_cancel"), last.row("kill.strategy_death")];
    let limit = rig.on_core(|| rig.limit(rig.share(8)));
    let mut report = rig.report("kill", limit, rows);
    report.notes.push(format!(
        "from the SIGKILL to the moment at which the venue had read the last of {KILL_ORDERS} cancels off its socket, \
         one signed request an order; beside it the first of them. Engine, network, strategy and venue share {} cores",
        rig.cores.allowed.len()
    ));
    Ok(report)
}

/// Plays all rounds; gives the moment of each death, in ticks.
async fn rounds(rig: &Rig, folder: &Path, venue: SocketAddr) -> anyhow::Result<Vec<u64>> {
    let (launch, loaded) = launch(folder, venue)?;
    let seal = Box::new(Credentials::new(KEY, SECRET)?) as Box<dyn Seal>;
    let seals = Seals::from([(VENUE.to_owned(), seal)]);
    let mut engine = LiveEngine::start(launch, &loaded, None, (None, seals)).await?;
    let mut watch = Watch::new(&engine);
    let socket = crate::bus::socket_path(&loaded.configuration);
    let bar = progress::bar(rig.rounds, "rounds");
    let mut pace = interval(KILL_ROUND_INTERVAL);
    let mut deaths = Vec::new();
    let mut played = Ok(());
    while played.is_ok() && (deaths.len() as u64) < rig.rounds {
        pace.tick().await;
        engine.keep_up();
        played = round(rig, &socket, &mut watch).await.map(|died_ticks| deaths.push(died_ticks));
        pace.reset();
        bar.inc(1);
    }
    bar.finish_and_clear();
    let stopped = engine.stop().await;
    played.with_context(|| format!("round {}", deaths.len()))?;
    ensure!(stopped.failures.is_empty(), "the engine failed: {}", stopped.failures.join("; "));
    Ok(deaths)
}

/// One strategy from its start to the end of its last order; the moment of its death.
async fn round(rig: &Rig, socket: &Path, watch: &mut Watch) -> anyhow::Result<u64> {
    let core = rig.cores.answering.map(|core| core.to_string());
    let core = core.iter().flat_map(|core| [OsStr::new("--core"), OsStr::new(core)]);
    let client = [OsStr::new("bench"), OsStr::new("kill"), OsStr::new("--client"), socket.as_os_str()];
    let far = Far::start(client.into_iter().chain(core))?;
    let standing =
        |watch: &Watch| watch.orders.open().filter(|report| report.status == OrderStatus::Accepted).count();
    let is_there = watch.until(KILL_PATIENCE, |watch| standing(watch) == KILL_ORDERS).await;
    let (stand, denied, why) = (standing(watch), watch.orders.counts().denied, watch.orders.denials());
    ensure!(is_there, "{stand} of {KILL_ORDERS} orders stand; {denied} were denied so far{why}");
    let died_ticks = rig.clock.ticks();
    far.kill()?;
    let is_over = watch.until(KILL_PATIENCE, |watch| watch.orders.open_count() == 0).await;
    ensure!(is_over, "{} orders stand yet", watch.orders.open_count());
    Ok(died_ticks)
}

/// An engine whose one strategy is to attach.
fn launch(folder: &Path, venue: SocketAddr) -> anyhow::Result<(Launch, Loaded)> {
    let state = toml::Value::from(folder.join("state").display().to_string());
    let text = format!(
        "[engine]\nname = \"bench\"\nstate_directory = {state}\n\
         [[venue]]\nname = \"{VENUE}\"\ninstruments = [\"BTCUSDT\"]\nstream_url = \"ws://{venue}\"\n\
         rest_url = \"http://{venue}\"\norder_url = \"ws://{venue}\"\nassumed = {{ weight_per_minute = 100_000 }}\n\
         [[strategy]]\nname = \"{STRATEGY}\"\nkind = \"attached\"\ninstruments = [\"{VENUE}:BTCUSDT\"]\n\
         parameters = {{ silence_ms = 60_000 }}\n\
         [risk]\norder_quantity_max = \"1\"\norder_notional_max = \"100000\"\nposition_max = \"10\"\n\
         messages_per_second = 10_000\nopen_orders_max = {KILL_ORDERS}\n"
    );
    let source = crate::configuration::Source { file: PathBuf::from("the bench"), text };
    let launch = Launch {
        sources: vec![source.into()],
        variables: Variables::new(),
        route: Route::Venue,
        keys: BTreeMap::from([(VENUE.to_owned(), KeyKind::Hmac)]),
        epoch: 1,
        started_at_ns: Clock::new().now().0,
        held: Held::default(),
    };
    let loaded = launch.load(&Registry::default())?;
    Ok((launch, loaded))
}

/// Of each death, when the cancel of which order first came after it.
fn cancels(heard: &[Cancel], deaths: &[u64]) -> anyhow::Result<Vec<BTreeMap<String, u64>>> {
    let mut rounds = vec![BTreeMap::new(); deaths.len()];
    let mut known = BTreeSet::new();
    for cancel in heard {
        let order = cancel.order().context("a cancel names its order")?;
        let round = deaths.partition_point(|died_ticks| *died_ticks <= cancel.read_ticks).checked_sub(1);
        let round = round.context("an order was canceled before its strategy died")?;
        if known.insert(order.clone()) {
            rounds[round].insert(order, cancel.read_ticks);
        }
    }
    Ok(rounds)
}

/// What the parts write, removed with all that is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("fulmar-kill-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in the way of nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
