//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::ContractKind;
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::checksum::checksum;
use super::limits::DEPTHS;
use super::streams::request;
use super::{limits, reference, streams, symbols, wire};
use crate::session::limits::VenueLimits;
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings,
};
use crate::sync::{Proof, SyncRule};

/// Spot.
pub const SPOT: VenueEntry = VenueEntry {
    name: "kraken",
    spelled: symbols::spelled,
    environments: &[Environment::Production],
    depths: DEPTHS,
    depth_intervals: &[],
    bars: reference::BARS,
    assumed: &[limits::MESSAGES_PER_SECOND],
    protocol: |settings| Box::new(Kraken::new(settings)),
    sample: || Box::new(Kraken::new(&VenueSettings::default())),
};

/// The protocol, as configured.
pub struct Kraken {
    stream_url: String,
    rest_url: String,
    depth: u32,
    /// Minutes of the bars to subscribe to.
    bars: Vec<u64>,
    limits: VenueLimits,
}

impl Kraken {
    /// The protocol, as configured. The venue has no test exchange: its beta interface stands before the real market.
    pub fn new(settings: &VenueSettings) -> Self {
        const PRODUCTION: [&str; 2] = ["wss://ws.kraken.com", "https://api.kraken.com"];
        let [host, rest_url] = settings.urls(PRODUCTION, PRODUCTION);
        Kraken {
            stream_url: format!("{host}/v2"),
            rest_url,
            depth: settings.depth.unwrap_or(DEPTHS[0]),
            bars: settings.bars.iter().filter_map(|bar| reference::bar_minutes(bar)).collect(),
            limits: limits::of(&settings.assumed).configured(settings),
        }
    }

    pub(super) fn stream_url(&self) -> &str {
        &self.stream_url
    }

    pub(super) fn bars(&self) -> &[u64] {
        &self.bars
    }

    pub(super) fn book_options(&self) -> String {
        format!(r#","depth":{}"#, self.depth)
    }
}

impl Protocol for Kraken {
    /// Its checksums are made of the digits that it sends, zeros at the end included. Exponents, which others saw in
    /// small quantities of trades, are read too; where the venue sends none that does nothing.
    fn has_bare_numbers(&self) -> bool {
        true
    }

    fn venue(&self) -> &'static str {
        SPOT.name
    }

    fn rest_url(&self) -> &str {
        &self.rest_url
    }

    /// Books are not numbered: the checksum behind each message proves that none is missing.
    fn rule(&self) -> SyncRule {
        SyncRule::Ordered
    }

    fn proof(&self) -> Option<Proof> {
        let depth = usize::try_from(self.depth).expect("a depth is small");
        Some(Proof { depth: Some(depth), checksum })
    }

    fn limits(&self) -> VenueLimits {
        self.limits.clone()
    }

    fn lines(&self, instruments: &[InstrumentConfig]) -> Vec<Line> {
        streams::plan(self, instruments)
    }

    fn contract(&self, _symbol: &str) -> ContractKind {
        ContractKind::Spot
    }

    fn currencies<'text>(&self, symbol: &'text str) -> Option<(&'text str, &'text str)> {
        symbol.split_once('/')
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
        let channel = streams::book(self);
        ["unsubscribe", "subscribe"].map(|method| request(method, &[symbol], &channel))
    }

    fn others_anew(&self, symbol: &str) -> Vec<String> {
        streams::others(self).map(|channel| request("subscribe", &[symbol], &channel)).collect()
    }

    /// The venue says it in the stream, and again where it changes.
    fn definition_paths(&self, _symbols: &[&str], _tell: &mut dyn FnMut(&str)) {}

    fn answer<'path>(&self, _path: &'path str) -> Answer<'path> {
        Answer::Other
    }

    fn is_asked_about(&self, _path: &str, _symbol: &str) -> bool {
        false
    }

    fn read_definitions(
        &self,
        _tape: &Tape<'_>,
        _symbols: &Symbols,
        _out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        Err(DecodeError::UnknownValue)
    }
}
