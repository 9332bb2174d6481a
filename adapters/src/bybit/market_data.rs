//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::{ContractKind, Nanos, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::limits::DEPTHS;
use super::{definitions, limits, reference, streams, symbols, wire};
use crate::session::limits::{REFUSED_WAIT, VenueLimits};
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings, asked_for, hold_by_status,
};
use crate::sync::SyncRule;

/// Spot.
pub const SPOT: VenueEntry = VenueEntry {
    name: "bybit-spot",
    spelled: symbols::spelled,
    environments: &Environment::ALL,
    depths: DEPTHS,
    depth_intervals: &[],
    bars: &reference::BAR_NAMES.ours(),
    assumed: &[limits::MESSAGES_PER_SECOND],
    protocol: |settings| Box::new(Bybit::new(Category::Spot, settings)),
    sample: || Box::new(Bybit::new(Category::Spot, &VenueSettings::default())),
};

/// Perpetuals and futures settled in USDT or USDC.
pub const LINEAR: VenueEntry = VenueEntry {
    name: "bybit-linear",
    protocol: |settings| Box::new(Bybit::new(Category::Linear, settings)),
    sample: || Box::new(Bybit::new(Category::Linear, &VenueSettings::default())),
    ..SPOT
};

/// One of the venue's markets, chosen by the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Spot.
    Spot,
    /// Settled in the quote currency.
    Linear,
}

/// The protocol of one category.
pub struct Bybit {
    category: Category,
    stream_url: String,
    rest_url: String,
    depth: u32,
    /// The venue's names of the bars to subscribe to.
    bars: Vec<&'static str>,
    limits: VenueLimits,
}

impl Bybit {
    /// The protocol, as configured.
    pub fn new(category: Category, settings: &VenueSettings) -> Self {
        let [host, rest_url] = settings.urls(
            ["wss://stream.bybit.com", "https://api.bybit.com"],
            ["wss://stream-testnet.bybit.com", "https://api-testnet.bybit.com"],
        );
        Bybit {
            category,
            stream_url: format!("{host}/v5/public/{}", category.name()),
            rest_url,
            depth: settings.depth.unwrap_or(DEPTHS[0]),
            bars: settings.bars.iter().filter_map(|bar| reference::BAR_NAMES.name(bar)).collect(),
            limits: limits::of(&settings.assumed).configured(settings),
        }
    }

    /// Which of the venue's markets it speaks.
    pub const fn category(&self) -> Category {
        self.category
    }

    pub(super) fn stream_url(&self) -> &str {
        &self.stream_url
    }

    /// What is subscribed to of an instrument: its book first, since that takes longest.
    pub(super) fn topics(&self, symbol: &str) -> Vec<String> {
        let mut topics =
            vec![self.book_topic(symbol), format!("orderbook.1.{symbol}"), format!("publicTrade.{symbol}")];
        if self.category == Category::Linear {
            topics.push(format!("tickers.{symbol}"));
        }
        topics.extend(self.bars.iter().map(|bar| format!("kline.{bar}.{symbol}")));
        topics
    }

    fn book_topic(&self, symbol: &str) -> String {
        format!("orderbook.{}.{symbol}", self.depth)
    }
}

impl Category {
    /// Its name in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Category::Spot => "spot",
            Category::Linear => "linear",
        }
    }
}

impl Protocol for Bybit {
    fn venue(&self) -> &'static str {
        match self.category {
            Category::Spot => SPOT.name,
            Category::Linear => LINEAR.name,
        }
    }

    fn rest_url(&self) -> &str {
        &self.rest_url
    }

    /// Assumed, since the documentation states no rule for the numbers of updates: each is one more than the last, as
    /// in every recording. Should the venue ever count otherwise, books break with
    /// [`fulmar_bus::record::SyncReason::Gap`] and say so.
    fn rule(&self) -> SyncRule {
        SyncRule::Step
    }

    fn limits(&self) -> VenueLimits {
        self.limits.clone()
    }

    fn lines(&self, instruments: &[InstrumentConfig]) -> Vec<Line> {
        streams::plan(self, instruments)
    }

    fn contract(&self, symbol: &str) -> ContractKind {
        match self.category {
            Category::Spot => ContractKind::Spot,
            Category::Linear if symbol.contains('-') => ContractKind::LinearFuture,
            Category::Linear => ContractKind::LinearPerpetual,
        }
    }

    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
        wire::decode(frame, symbols, out)
    }

    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        reference::read(tape, reader)
    }

    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str> {
        reference::symbol_named(tape)
    }

    fn book_anew(&self, symbol: &str) -> [String; 2] {
        let topic = [self.book_topic(symbol)];
        ["unsubscribe", "subscribe"].map(|operation| streams::request(operation, &topic))
    }

    /// Each topic by itself: one that is subscribed to has its message refused.
    fn others_anew(&self, symbol: &str) -> Vec<String> {
        let others = self.topics(symbol).into_iter().skip(1);
        others.map(|topic| streams::request("subscribe", &[topic])).collect()
    }

    fn definition_paths(&self, symbols: &[&str], tell: &mut dyn FnMut(&str)) {
        for symbol in symbols {
            let category = self.category.name();
            tell(&format!("/v5/market/instruments-info?category={category}&symbol={symbol}"));
        }
    }

    fn definitions_interval(&self) -> Option<Nanos> {
        Some(limits::DEFINITIONS_INTERVAL)
    }

    fn answer<'path>(&self, path: &'path str) -> Answer<'path> {
        if path.contains("/instruments-info") { Answer::Definitions } else { Answer::Other }
    }

    /// One that names no symbol asks for all that there are.
    fn is_asked_about(&self, path: &str, symbol: &str) -> bool {
        asked_for(path, "symbol").next().is_none_or(|named| named == symbol)
    }

    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        definitions::read(self, tape, &mut Reader::new(self, symbols, out))
    }

    /// One request too many may be answered with HTTP 200, and named in the body alone.
    fn hold_until(&self, now: UnixNanos, status: u16, body: &[u8]) -> Option<UnixNanos> {
        hold_by_status(now, status)
            .or_else(|| definitions::is_one_too_many(body).then_some(now + REFUSED_WAIT))
    }
}
