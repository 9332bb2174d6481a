//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::{ContractKind, Nanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::limits::{DEFINITIONS_INTERVAL, PRODUCTS_PER_CONNECTION, PRODUCTS_PER_REQUEST};
use super::wire::NamedSide;
use super::{definitions, limits, reference, streams, symbols, wire};
use crate::session::limits::VenueLimits;
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings, asked_for,
};
use crate::sync::SyncRule;

/// Advanced Trade.
pub const ENTRY: VenueEntry = VenueEntry {
    name: "coinbase",
    spelled: symbols::spelled,
    environments: &[Environment::Production],
    depths: &[],
    depth_intervals: &[],
    bars: reference::BARS,
    assumed: &[wire::TRADE_SIDE, limits::PRODUCTS_PER_CONNECTION, limits::REQUESTS_PER_SECOND],
    protocol: |settings| Box::new(Coinbase::new(settings)),
    sample: || Box::new(Coinbase::new(&VenueSettings::default())),
};

/// The path of the list of products.
const PRODUCTS: &str = "/api/v3/brokerage/market/products";

/// The protocol, as configured.
pub struct Coinbase {
    stream_url: String,
    rest_url: String,
    has_bars: bool,
    /// Whose side a trade names.
    named: NamedSide,
    products_per_connection: usize,
    limits: VenueLimits,
}

impl Coinbase {
    /// The protocol, as configured. The venue's test exchange has no market data, so there is one world.
    pub fn new(settings: &VenueSettings) -> Self {
        let own = ["wss://advanced-trade-ws.coinbase.com", "https://api.coinbase.com"];
        let [stream_url, rest_url] = settings.urls(own, own);
        Coinbase {
            stream_url,
            rest_url,
            has_bars: settings.bars.iter().any(|bar| reference::BARS.contains(&bar.as_str())),
            named: NamedSide::of(&settings.assumed),
            products_per_connection: usize::try_from(PRODUCTS_PER_CONNECTION.count(&settings.assumed))
                .expect("some hundreds"),
            limits: limits::of(&settings.assumed).configured(settings),
        }
    }

    pub(super) fn stream_url(&self) -> &str {
        &self.stream_url
    }

    pub(super) const fn products_per_connection(&self) -> usize {
        self.products_per_connection
    }

    /// True where the venue's bars are to be subscribed to.
    pub(super) const fn has_bars(&self) -> bool {
        self.has_bars
    }
}

impl Protocol for Coinbase {
    fn venue(&self) -> &'static str {
        ENTRY.name
    }

    fn rest_url(&self) -> &str {
        &self.rest_url
    }

    /// Updates have no numbers of their own: the frames of a connection have, over all its channels. Assumed: that no
    /// frame is left out of the count, as in every recording. Should one be, all books of the connection break with
    /// [`fulmar_bus::record::SyncReason::Gap`] and say so.
    fn rule(&self) -> SyncRule {
        SyncRule::Ordered
    }

    fn limits(&self) -> VenueLimits {
        self.limits.clone()
    }

    fn counts_messages_by_address(&self) -> bool {
        true
    }

    fn lines(&self, instruments: &[InstrumentConfig]) -> Vec<Line> {
        streams::plan(self, instruments)
    }

    /// Futures end in the name of the exchange that lists them.
    fn contract(&self, symbol: &str) -> ContractKind {
        match symbol.rsplit('-').next() {
            Some("INTX") => ContractKind::LinearPerpetual,
            Some("CDE") => ContractKind::LinearFuture,
            _ => ContractKind::Spot,
        }
    }

    /// Of a future the symbol says the contract, and not what it is of.
    fn currencies<'text>(&self, symbol: &'text str) -> Option<(&'text str, &'text str)> {
        symbol.split_once('-').filter(|_| self.contract(symbol) == ContractKind::Spot)
    }

    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
        wire::decode(self.named, frame, symbols, out)
    }

    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        reference::read(self.named, tape, reader)
    }

    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str> {
        reference::symbol_named(tape)
    }

    /// A subscription begins with the whole book.
    fn book_anew(&self, symbol: &str) -> [String; 2] {
        ["unsubscribe", "subscribe"].map(|operation| streams::request(operation, streams::BOOK, &[symbol]))
    }

    fn others_anew(&self, symbol: &str) -> Vec<String> {
        streams::others(self).map(|channel| streams::request("subscribe", channel, &[symbol])).collect()
    }

    fn definition_paths(&self, symbols: &[&str], tell: &mut dyn FnMut(&str)) {
        for some in symbols.chunks(PRODUCTS_PER_REQUEST) {
            let named: Vec<String> = some.iter().map(|symbol| format!("product_ids={symbol}")).collect();
            tell(&format!("{PRODUCTS}?{}", named.join("&")));
        }
    }

    fn definitions_interval(&self) -> Option<Nanos> {
        Some(DEFINITIONS_INTERVAL)
    }

    fn answer<'path>(&self, path: &'path str) -> Answer<'path> {
        if path.starts_with(PRODUCTS) { Answer::Definitions } else { Answer::Other }
    }

    /// One that names no product asks for all that there are.
    fn is_asked_about(&self, path: &str, symbol: &str) -> bool {
        !path.contains('?') || asked_for(path, "product_ids").any(|named| named == symbol)
    }

    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        definitions::read(self, tape, &mut Reader::new(self, symbols, out))
    }

    fn unknown_symbol<'body>(&self, status: u16, body: &'body mut [u8]) -> Option<&'body str> {
        definitions::refused_product(status, body)
    }
}
