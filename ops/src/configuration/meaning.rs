//! A configuration as it is meant: what the rest of the program takes.
//!
//! The schema has judged the document and filled in its defaults by the time it becomes these types, so they hold no
//! defaults of their own and reading them cannot fail. Durations have become [`Nanos`]. A decimal stays the text that
//! was written, digits and at most one point, until the instrument's scales are known.

mod bus;
mod risk;
mod scopes;

pub(super) use scopes::confidence_ppm;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub use bus::{Backend, Bus, Lock, Pages};
use fulmar_adapters::session::Assumed;
use fulmar_bus::record::Nanos;
use fulmar_engine::contract::BookDepth;
use fulmar_engine::market::FeeRate;
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_strategies::{Parameters, StrategyEntry};
pub use risk::Risk;
use serde::Deserialize;

use super::values;

/// A valid configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Who this engine is.
    pub engine: Engine,
    /// Where market data comes from and orders go to; at least one.
    #[serde(rename = "venue")]
    pub venues: Vec<Venue>,
    /// What is one thing at several venues.
    #[serde(rename = "pair")]
    pub pairs: Vec<Pair>,
    /// What decides; their order gives them their ids.
    #[serde(skip)]
    pub strategies: Vec<Strategy>,
    /// The bars of trades that strategies are told.
    pub bars: Bars,
    /// What fills of paper trading cost.
    #[serde(deserialize_with = "values::paper_fees")]
    pub paper: PaperFees,
    /// What no strategy may exceed.
    pub risk: Risk,
    /// The record of what happened.
    pub journal: Journal,
    /// The memory that attached strategies share with the engine.
    pub bus: Bus,
    /// Which core runs what.
    pub placement: Placement,
    /// What the program tells about itself.
    pub log: Log,
}

/// Who this engine is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Its name in journal, sockets and metrics.
    pub name: String,
    /// Whether orders leave the house.
    pub mode: Mode,
    /// Where it keeps what must outlive it.
    pub state_directory: PathBuf,
    /// Whose it is.
    pub tenant: String,
}

/// Whether orders leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Orders are filled by simulation against live market data.
    Paper,
    /// Orders go to the venue.
    Live,
}

/// A venue and the instruments to follow there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its name, `binance-spot`.
    pub name: String,
    /// Which of its worlds.
    pub environment: Environment,
    /// Market data, instead of the venue's own address.
    pub stream_url: Option<String>,
    /// Requests, instead of the venue's own address.
    pub rest_url: Option<String>,
    /// Orders, instead of the venue's own address.
    pub order_url: Option<String>,
    /// The venue's symbols.
    pub instruments: Vec<String>,
    /// Levels of a side of its books, where it is stated.
    pub depth: Option<u32>,
    /// How often changes of a book come, in the venue's words: `100ms`; where it is stated.
    pub depth_interval: Option<String>,
    /// What it takes of a taker, where it is stated.
    #[serde(rename = "taker_fee_bps", default, deserialize_with = "values::fee_stated")]
    pub taker_fee: Option<FeeRate>,
    /// How far best prices may lie from the last good ones, in hundredths of a percent.
    pub jump_max_bps: u32,
    /// How hard to try when a connection is lost.
    pub reconnect: Reconnect,
    /// Where the key is that orders are sent with.
    pub key: KeyPlace,
    /// What of it is otherwise than assumed; what is not stated is as assumed.
    #[serde(deserialize_with = "values::assumed")]
    pub assumed: Assumed,
    /// Bars of the venue's own making to subscribe to.
    #[serde(default)]
    pub bars: Vec<String>,
    /// How long a connection that carries books may say nothing; where it is stated.
    #[serde(rename = "book_idle_max_ms", default, deserialize_with = "values::from_millis_stated")]
    pub book_idle_max: Option<Nanos>,
    /// String places by symbol, where they are stated.
    #[serde(rename = "scale")]
    pub scales: BTreeMap<String, Scale>,
}

/// Which of a venue's worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real money.
    Production,
    /// Play money, at the venue.
    Testnet,
}

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPlace {
    /// What holds it.
    pub from: KeyFrom,
    /// The file, where a file does.
    pub path: Option<PathBuf>,
}

/// What holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyFrom {
    /// Two variables of the environment.
    Environment,
    /// A file that nobody else may read.
    File,
    /// What systemd hands over.
    Systemd,
}

/// How hard to try when a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconnect {
    /// The most attempts in a minute.
    pub attempts_per_minute: u32,
    /// The shortest wait after a failure.
    #[serde(rename = "backoff_min_ms", deserialize_with = "values::from_millis")]
    pub backoff_min: Nanos,
    /// Where the doubling of the longest wait ends.
    #[serde(rename = "backoff_max_ms", deserialize_with = "values::from_millis")]
    pub backoff_max: Nanos,
}

/// String places on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Of a price.
    pub price: u8,
    /// Of a quantity.
    pub quantity: u8,
}

/// What is traded at several venues and is one thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Its name; no other has it.
    pub name: String,
    /// Its instruments; no other pair has one of them.
    pub instruments: Vec<InstrumentName>,
}

/// The bars of trades that strategies are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bars {
    /// Their lengths, each once.
    #[serde(deserialize_with = "values::intervals")]
    pub intervals: Vec<Nanos>,
}

/// A strategy and what it may see and trade.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Its name; no other has it.
    pub name: String,
    /// Which strategy it is.
    pub entry: StrategyEntry,
    /// What it may see and trade; each is in its venue's list.
    pub instruments: Vec<InstrumentName>,
    /// How much of their books it sees.
    pub book: BookDepth,
    /// What its entry takes, complete; it can be made of them.
    pub parameters: Parameters,
}

/// The record of what happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// Where to keep it, where it is kept.
    pub directory: Option<PathBuf>,
    /// Size of one of its files.
    pub segment_bytes: u64,
    /// What a run does that can no longer keep it.
    pub on_failure: OnFailure,
}

/// What a run does that can no longer keep its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It cancels all orders and ends.
    Stop,
    /// It trades on without a journal.
    Continue,
}

/// Which core runs what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "PlacementSection")]
pub enum Placement {
    /// Chosen from the cores that this process may use.
    Auto,
    /// As this file says.
    File(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacementSection {
    file: PathBuf,
}

impl From<PlacementSection> for Placement {
    fn from(section: PlacementSection) -> Self {
        if section.file.as_os_str() == "auto" { Placement::Auto } else { Placement::File(section.file) }
    }
}

/// A valid placement file: the threads of the engine, in the order of the page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacementFile {
    /// The threads; at least one.
    #[serde(rename = "core")]
    pub cores: Vec<Core>,
}

/// One thread and the actors that take turns on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// The thread's name; no other has it.
    pub name: String,
    /// The processor to pin it to, where it is pinned.
    pub cpu: Option<usize>,
    /// What it does without work.
    pub wait: Wait,
    /// Patterns of the actors that it runs, in their order.
    pub actors: Vec<String>,
}

/// What a core does without work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// Looks again at once, on a processor of its own.
    Spin,
    /// Lets others run between two looks.
    Yield,
    /// Sleeps until woken.
    Park,
}

/// What the program tells about itself.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// As what.
    pub format: LogFormat,
}

/// How much the program tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the five levels that every log has")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The level as a tracing directive.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// What log lines are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// An instrument's durable name, `venue:symbol`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct InstrumentName {
    /// The venue's name.
    pub venue: String,
    /// The venue's symbol.
    pub symbol: String,
}

impl InstrumentName {
    /// The instrument that `text` names, `None` where it names none.
    ///
    /// ```
    /// use fulmar::configuration::InstrumentName;
    /// let name = InstrumentName::parse("binance-spot:BTCUSDT").expect("a venue and a symbol");
    /// assert_eq!((&*name.venue, &*name.symbol), ("binance-spot", "BTCUSDT"));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (venue, symbol) = text.split_once(':')?;
        Some(InstrumentName { venue: venue.to_owned(), symbol: symbol.to_owned() })
    }
}

impl TryFrom<String> for InstrumentName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an instrument is named venue:symbol")
    }
}

impl fmt::Display for InstrumentName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.venue, self.symbol)
    }
}
