//! What a Binance session is told: which product, where, and which instruments.

use fulmar_bus::record::{InstrumentId, Nanos};

use super::limits;
use crate::sync::SyncRule;

/// One of the venue's markets. All that differs between them stands here or is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Spot.
    Spot,
    /// USD-margined futures.
    UsdMargined,
}

/// Real money or the venue's own test exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real.
    Production,
    /// The test exchange.
    Testnet,
}

/// Which of the venue's two trade streams is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeStream {
    /// Every trade by itself.
    Trade,
    /// The trades that one order made at one price, as one.
    Aggregate,
}

/// An instrument as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentConfig {
    /// The venue's symbol, in capitals.
    pub symbol: String,
    /// The engine's id.
    pub instrument_id: InstrumentId,
    /// Digits behind the point of its prices, until the venue defines it; inferred where it is not said.
    pub price_scale: Option<u8>,
    /// Digits behind the point of its quantities, as `price_scale`.
    pub quantity_scale: Option<u8>,
}

/// A whole session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinanceConfig {
    /// Spot or futures.
    pub product: Product,
    /// Production or testnet.
    pub environment: Environment,
    /// Scheme, host and port of the market data streams, without a path.
    pub stream_url: String,
    /// Path before `/stream` of the connection that carries depth and best prices. Futures only.
    pub book_path: String,
    /// Path before `/stream` of the connection that carries trades; where it equals `book_path`, one connection
    /// carries both. The futures documentation routes `aggTrade` to `/market` and does not name `trade`, which is
    /// assumed to go the same way.
    pub trade_path: String,
    /// Scheme and host of the REST interface.
    pub rest_url: String,
    /// Whole URL of the order entry.
    pub order_url: String,
    /// Which trades to subscribe to.
    pub trade_stream: TradeStream,
    /// What stands behind `@depth` in a stream's name, such as `@100ms`.
    pub depth_speed: String,
    /// How long a connection that carries books may say nothing; see [`limits::BOOK_IDLE_MAX`].
    pub book_idle_max: Nanos,
    /// The instruments.
    pub instruments: Vec<InstrumentConfig>,
}

impl InstrumentConfig {
    /// An instrument whose scales the venue, or else the digits seen, will say.
    pub fn new(symbol: &str, instrument_id: InstrumentId) -> Self {
        InstrumentConfig { symbol: symbol.to_owned(), instrument_id, price_scale: None, quantity_scale: None }
    }
}

impl BinanceConfig {
    /// The real exchange, without instruments.
    pub fn production(product: Product) -> Self {
        match product {
            Product::Spot => Self::spot(
                Environment::Production,
                "wss://stream.binance.com:9443",
                "https://api.binance.com",
                "wss://ws-api.binance.com:443/ws-api/v3",
            ),
            Product::UsdMargined => Self::usd_margined(
                Environment::Production,
                "wss://fstream.binance.com",
                "https://fapi.binance.com",
                "wss://ws-fapi.binance.com/ws-fapi/v1",
            ),
        }
    }

    /// The test exchange, without instruments.
    pub fn testnet(product: Product) -> Self {
        match product {
            Product::Spot => Self::spot(
                Environment::Testnet,
                "wss://stream.testnet.binance.vision",
                "https://testnet.binance.vision",
                "wss://ws-api.testnet.binance.vision/ws-api/v3",
            ),
            Product::UsdMargined => Self::usd_margined(
                Environment::Testnet,
                "wss://fstream.binancefuture.com",
                "https://testnet.binancefuture.com",
                "wss://testnet.binancefuture.com/ws-fapi/v1",
            ),
        }
    }

    fn spot(environment: Environment, stream_url: &str, rest_url: &str, order_url: &str) -> Self {
        BinanceConfig {
            product: Product::Spot,
            environment,
            stream_url: stream_url.to_owned(),
            book_path: String::new(),
            trade_path: String::new(),
            rest_url: rest_url.to_owned(),
            order_url: order_url.to_owned(),
            trade_stream: TradeStream::Trade,
            depth_speed: "@100ms".to_owned(),
            book_idle_max: limits::BOOK_IDLE_MAX,
            instruments: Vec::new(),
        }
    }

    fn usd_margined(environment: Environment, stream_url: &str, rest_url: &str, order_url: &str) -> Self {
        BinanceConfig {
            product: Product::UsdMargined,
            book_path: "/public".to_owned(),
            trade_path: "/market".to_owned(),
            trade_stream: TradeStream::Aggregate,
            ..Self::spot(environment, stream_url, rest_url, order_url)
        }
    }
}

impl Product {
    /// The venue's name.
    pub const fn venue(self) -> &'static str {
        match self {
            Product::Spot => "binance-spot",
            Product::UsdMargined => "binance-usdm",
        }
    }

    /// What its depth updates promise.
    pub const fn sync_rule(self) -> SyncRule {
        match self {
            Product::Spot => SyncRule::Range,
            Product::UsdMargined => SyncRule::Chain,
        }
    }

    /// What stands before the name of a REST endpoint.
    pub const fn rest_path(self) -> &'static str {
        match self {
            Product::Spot => "/api/v3",
            Product::UsdMargined => "/fapi/v1",
        }
    }

    /// How many levels a snapshot is asked for.
    pub const fn snapshot_levels(self) -> u32 {
        match self {
            Product::Spot => limits::SPOT_SNAPSHOT_LEVELS,
            Product::UsdMargined => limits::FUTURES_SNAPSHOT_LEVELS,
        }
    }

    /// What a snapshot costs of the weight limit.
    pub const fn snapshot_weight(self) -> u64 {
        match self {
            Product::Spot => limits::SPOT_SNAPSHOT_WEIGHT,
            Product::UsdMargined => limits::FUTURES_SNAPSHOT_WEIGHT,
        }
    }

    /// What a request for definitions costs of the weight limit.
    pub const fn definitions_weight(self) -> u64 {
        match self {
            Product::Spot => limits::SPOT_DEFINITIONS_WEIGHT,
            Product::UsdMargined => limits::FUTURES_DEFINITIONS_WEIGHT,
        }
    }
}
