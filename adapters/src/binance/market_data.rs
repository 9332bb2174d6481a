//! The venue's market data as a [`Protocol`]: where each answer to "how does this venue say it" stands.

use fulmar_bus::record::{ContractKind, Nanos, UnixNanos};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::config::{BinanceConfig, Product};
use super::definitions::{self, banned_until};
use super::limits::{BANNED_WAIT, BANNED_WAIT_MAX, REFUSED_WAIT, SYMBOLS_PER_REQUEST};
use super::{limits, reference, streams, symbols, wire};
use crate::session::limits::VenueLimits;
use crate::session::{
    Answer, Decoded, Environment, InstrumentConfig, Line, MarketData, Protocol, Reader, Symbols, VenueEntry,
    VenueSettings, asked_for, hold_by_status,
};
use crate::sync::SyncRule;

/// The protocol of one of the venue's products.
pub struct Binance {
    config: BinanceConfig,
}

/// Spot.
pub const SPOT: VenueEntry = VenueEntry {
    name: Product::Spot.venue(),
    spelled: symbols::spelled,
    environments: &Environment::ALL,
    depths: &[],
    depth_intervals: &["100ms", "1000ms"],
    bars: SPOT_BARS,
    assumed: Product::Spot.assumed(),
    protocol: |settings| Box::new(of(Product::Spot, settings)),
    sample: || Box::new(of(Product::Spot, &VenueSettings::default())),
};

/// USD-margined futures.
pub const USD_MARGINED: VenueEntry = VenueEntry {
    name: Product::UsdMargined.venue(),
    depth_intervals: FUTURES_INTERVALS,
    bars: FUTURES_BARS,
    assumed: Product::UsdMargined.assumed(),
    protocol: |settings| Box::new(of(Product::UsdMargined, settings)),
    sample: || Box::new(of(Product::UsdMargined, &VenueSettings::default())),
    ..SPOT
};

/// Coin-margined futures.
pub const COIN_MARGINED: VenueEntry = VenueEntry {
    name: Product::CoinMargined.venue(),
    assumed: Product::CoinMargined.assumed(),
    protocol: |settings| Box::new(of(Product::CoinMargined, settings)),
    sample: || Box::new(of(Product::CoinMargined, &VenueSettings::default())),
    ..USD_MARGINED
};

/// As the venue writes them, which is as we do. Spot alone has bars of a second.
const SPOT_BARS: &[&str] = &["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"];
const FUTURES_BARS: &[&str] = &["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"];

const FUTURES_INTERVALS: &[&str] = &["100ms", "250ms", "500ms"];

fn of(product: Product, settings: &VenueSettings) -> Binance {
    Binance::new(&BinanceConfig::of(product, settings))
}

impl Binance {
    /// The protocol, as configured. The instruments of the configuration are the session's business.
    pub fn new(config: &BinanceConfig) -> Self {
        Binance { config: config.clone() }
    }

    /// The session of the configured instruments.
    ///
    /// # Panics
    /// As [`MarketData::new`].
    pub fn market_data(config: &BinanceConfig) -> MarketData {
        MarketData::new(Box::new(Binance::new(config)), &config.instruments)
    }

    /// Which of the venue's markets it speaks.
    pub const fn product(&self) -> Product {
        self.config.product
    }
}

impl Protocol for Binance {
    fn venue(&self) -> &'static str {
        self.product().venue()
    }

    fn rest_url(&self) -> &str {
        &self.config.rest_url
    }

    fn rule(&self) -> SyncRule {
        self.product().sync_rule()
    }

    fn limits(&self) -> VenueLimits {
        limits::of(&self.config)
    }

    fn lines(&self, instruments: &[InstrumentConfig]) -> Vec<Line> {
        streams::plan(&self.config, instruments)
    }

    fn contract(&self, _symbol: &str) -> ContractKind {
        match self.product() {
            Product::Spot => ContractKind::Spot,
            Product::UsdMargined => ContractKind::LinearPerpetual,
            Product::CoinMargined => ContractKind::InversePerpetual,
        }
    }

    fn decode(&self, frame: &[u8], symbols: &Symbols, out: &mut Decoded) -> Option<()> {
        wire::decode(self.product(), frame, symbols, out)
    }

    fn read(&self, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        reference::read(self.product(), tape, reader)
    }

    fn symbol_named<'text>(&self, tape: &Tape<'text>) -> Option<&'text str> {
        reference::symbol_named(tape)
    }

    fn snapshot_path(&self, symbol: &str) -> Option<(String, u64)> {
        let (path, levels) = (self.product().rest_path(), self.product().snapshot_levels());
        let path = format!("{path}/depth?symbol={symbol}&limit={levels}");
        Some((path, self.config.snapshot_weight))
    }

    fn book_anew(&self, symbol: &str) -> [String; 2] {
        streams::book_anew(&self.config, symbol)
    }

    /// Spot answers for the symbols that are named; futures have one list of all that there are.
    fn definition_paths(&self, symbols: &[&str], tell: &mut dyn FnMut(&str)) {
        let path = format!("{}/exchangeInfo", self.product().rest_path());
        if self.product().is_futures() {
            return tell(&path);
        }
        for some in symbols.chunks(SYMBOLS_PER_REQUEST) {
            let named: Vec<String> = some.iter().map(|symbol| quoted(symbol)).collect();
            tell(&format!("{path}?symbols=%5B{}%5D", named.join(",")));
        }
    }

    fn definitions_interval(&self) -> Option<Nanos> {
        Some(limits::DEFINITIONS_INTERVAL)
    }

    fn answer<'path>(&self, path: &'path str) -> Answer<'path> {
        if path.contains("/depth?") {
            asked_for(path, "symbol").next().map_or(Answer::Other, Answer::Snapshot)
        } else if path.contains("/exchangeInfo") {
            Answer::Definitions
        } else {
            Answer::Other
        }
    }

    fn is_asked_about(&self, path: &str, symbol: &str) -> bool {
        !path.contains('?') || path.contains(&quoted(symbol))
    }

    fn read_definitions(
        &self,
        tape: &Tape<'_>,
        symbols: &Symbols,
        out: &mut Decoded,
    ) -> Result<(), DecodeError> {
        definitions::read(self, tape, &mut Reader::new(self, symbols, out))
    }

    fn read_snapshot(
        &self,
        tape: &Tape<'_>,
        symbol: usize,
        reader: &mut Reader<'_>,
    ) -> Result<(), DecodeError> {
        reference::read_snapshot(tape, symbol, reader)
    }

    fn unknown_symbol<'body>(&self, status: u16, body: &'body mut [u8]) -> Option<&'body str> {
        definitions::refused_symbol(status, body)
    }

    /// The session sees no headers, so no Retry-After: a ban says its end in its text, a refusal lasts a minute.
    fn hold_until(&self, now: UnixNanos, status: u16, body: &[u8]) -> Option<UnixNanos> {
        let wait = match status {
            429 => REFUSED_WAIT,
            418 => BANNED_WAIT,
            _ => return hold_by_status(now, status),
        };
        let until = banned_until(body).filter(|until| until.since(now) <= BANNED_WAIT_MAX);
        Some(until.unwrap_or(now + wait).max(now + wait))
    }
}

/// A symbol in quotes, as URLs want them.
fn quoted(symbol: &str) -> String {
    format!("%22{symbol}%22")
}
