//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::{ContractKind, Nanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::streams::{BOOK, OTHERS, request};
use super::{definitions, limits, reference, streams, symbols, wire};
use crate::session::limits::VenueLimits;
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings,
};
use crate::sync::SyncRule;

/// Perpetual and dated futures, inverse and linear.
pub const FUTURES: VenueEntry = VenueEntry {
    name: "kraken-futures",
    spelled: symbols::spelled,
    environments: &Environment::ALL,
    depths: &[],
    depth_intervals: &[],
    bars: &[],
    assumed: &[limits::PING_SECONDS, limits::FUNDING_SECONDS],
    protocol: |settings| Box::new(KrakenFutures::new(settings)),
    sample: || Box::new(KrakenFutures::new(&VenueSettings::default())),
};

/// The path of the definitions of all instruments.
pub(super) const DEFINITIONS_PATH: &str = "/derivatives/api/v3/instruments";

/// The protocol, as configured.
pub struct KrakenFutures {
    stream_url: String,
    rest_url: String,
    limits: VenueLimits,
    funding_interval: Nanos,
}

impl KrakenFutures {
    /// The protocol, as configured.
    pub fn new(settings: &VenueSettings) -> Self {
        let [host, rest_url] = settings.urls(
            ["wss://futures.kraken.com", "https://futures.kraken.com"],
            ["wss://demo-futures.kraken.com", "https://demo-futures.kraken.com"],
        );
        KrakenFutures {
            stream_url: format!("{host}/ws/v1"),
            rest_url,
            funding_interval: Nanos::from_secs(limits::FUNDING_SECONDS.count(&settings.assumed).into()),
            limits: limits::of(&settings.assumed).configured(settings),
        }
    }

    pub(super) fn stream_url(&self) -> &str {
        &self.stream_url
    }
}

impl Protocol for KrakenFutures {
    /// They are floats as another language writes them: `20108.0`, `1.0E-4`.
    fn has_bare_numbers(&self) -> bool {
        true
    }

    fn venue(&self) -> &'static str {
        FUTURES.name
    }

    fn rest_url(&self) -> &str {
        &self.rest_url
    }

    /// Each message of a product's book has the number after the one before it.
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
        symbols::contract(symbol)
    }

    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
        wire::decode(frame, symbols, out)
    }

    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        reference::read(self.funding_interval, tape, reader)
    }

    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str> {
        reference::symbol_named(tape)
    }

    fn book_anew(&self, symbol: &str) -> [String; 2] {
        ["unsubscribe", "subscribe"].map(|event| request(event, BOOK, &[symbol]))
    }

    fn others_anew(&self, symbol: &str) -> Vec<String> {
        OTHERS.map(|feed| request("subscribe", feed, &[symbol])).into()
    }

    /// There is one list of all that there are.
    fn definition_paths(&self, _symbols: &[&str], tell: &mut dyn FnMut(&str)) {
        tell(DEFINITIONS_PATH);
    }

    /// Tickers tell of halts, and nothing else of what else changes.
    fn definitions_interval(&self) -> Option<Nanos> {
        Some(limits::DEFINITIONS_INTERVAL)
    }

    fn answer<'path>(&self, path: &'path str) -> Answer<'path> {
        if path == DEFINITIONS_PATH { Answer::Definitions } else { Answer::Other }
    }

    fn is_asked_about(&self, _path: &str, _symbol: &str) -> bool {
        true
    }

    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        definitions::read(self, tape, symbols, out)
    }
}
