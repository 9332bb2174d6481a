//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::ContractKind;
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::checksum::checksum;
use super::symbols::Market;
use super::{definitions, limits, reference, streams, symbols, wire};
use crate::session::limits::VenueLimits;
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings,
};
use crate::sync::{Proof, SyncRule};

/// All of the venue: a symbol says which of its markets it is of.
pub const OKX: VenueEntry = VenueEntry {
    name: "okx",
    spelled: symbols::spelled,
    environments: &Environment::ALL,
    depths: &[],
    depth_intervals: &[],
    bars: &streams::BAR_CHANNELS.ours(),
    assumed: &[limits::MESSAGES_PER_SECOND],
    protocol: |settings| Box::new(Okx::new(settings)),
    sample: || Box::new(Okx::new(&VenueSettings::default())),
};

/// The protocol, as configured.
///
/// Of the test exchange only the streams are its own. The venue tells its definitions by a header of the request, which
/// a session has no place for: so they are those of the real exchange, and an instrument of the test exchange alone
/// counts as not listed until the stream defines it.
pub struct Okx {
    stream_url: String,
    rest_url: String,
    environment: Environment,
    bars: Vec<String>,
    limits: VenueLimits,
}

impl Okx {
    /// The protocol, as configured. Assumed: that customers everywhere have these addresses. Some countries are said to
    /// have others (`stream_url`, `rest_url`): connections are then refused, and the log says so.
    pub fn new(settings: &VenueSettings) -> Self {
        const REST_URL: &str = "https://www.okx.com";
        let [stream_url, rest_url] =
            settings.urls(["wss://ws.okx.com:8443", REST_URL], ["wss://wspap.okx.com:8443", REST_URL]);
        Okx {
            stream_url,
            rest_url,
            environment: settings.environment,
            bars: settings.bars.clone(),
            limits: limits::of(&settings.assumed).configured(settings),
        }
    }

    /// The URL of the connections that carry `channels`: `public`, or `business`.
    pub(super) fn stream_url(&self, channels: &str) -> String {
        format!("{}/ws/v5/{channels}", self.stream_url)
    }

    /// The bars to subscribe to, as we write intervals.
    pub(super) fn bars(&self) -> &[String] {
        &self.bars
    }

    /// What the venue calls the world that it speaks of: `env` of its maintenance.
    pub(super) const fn environment(&self) -> &'static str {
        match self.environment {
            Environment::Production => "1",
            Environment::Testnet => "2",
        }
    }
}

impl Protocol for Okx {
    fn venue(&self) -> &'static str {
        OKX.name
    }

    fn rest_url(&self) -> &str {
        &self.rest_url
    }

    fn rule(&self) -> SyncRule {
        SyncRule::Link
    }

    /// The venue says when a level leaves the 400 that it sends, so that there is no depth to cut at.
    fn proof(&self) -> Option<Proof> {
        Some(Proof { depth: None, checksum })
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

    fn currencies<'text>(&self, symbol: &'text str) -> Option<(&'text str, &'text str)> {
        symbols::underlying(symbol).unwrap_or(symbol).split_once('-')
    }

    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
        wire::decode(frame, symbols, out)
    }

    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        reference::read(self, tape, reader)
    }

    fn is_pong(&self, message: &[u8]) -> bool {
        message == b"pong"
    }

    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str> {
        reference::symbol_named(tape)
    }

    fn book_anew(&self, symbol: &str) -> [String; 2] {
        streams::book_anew(symbol)
    }

    fn others_anew(&self, symbol: &str) -> Vec<String> {
        vec![streams::others_anew(symbol)]
    }

    fn definition_paths(&self, symbols: &[&str], tell: &mut dyn FnMut(&str)) {
        for market in Market::ALL {
            if symbols.iter().any(|symbol| Market::of(symbol) == market) {
                tell(&format!("{DEFINITIONS_PATH}{}", market.instrument_type()));
            }
        }
    }

    fn answer<'path>(&self, path: &'path str) -> Answer<'path> {
        if path.starts_with(DEFINITIONS_PATH) { Answer::Definitions } else { Answer::Other }
    }

    fn is_asked_about(&self, path: &str, symbol: &str) -> bool {
        path.strip_prefix(DEFINITIONS_PATH) == Some(Market::of(symbol).instrument_type())
    }

    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        definitions::read(self, tape, &mut Reader::new(self, symbols, out))
    }
}

/// What a request for the instruments of a market begins with; the name of the market follows.
const DEFINITIONS_PATH: &str = "/api/v5/public/instruments?instType=";
