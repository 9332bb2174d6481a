//! What a Binance session is told: which product, where, and which instruments.

use fulmar_bus::record::Nanos;

use super::{assumed, limits};
use crate::session::{Assumed, Assumption, Environment, InstrumentConfig, TradeStream, VenueSettings};
use crate::sync::SyncRule;

/// One of the venue's markets. All that differs between them stands here or is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Spot.
    Spot,
    /// USD-margined futures.
    UsdMargined,
    /// Coin-margined futures.
    CoinMargined,
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
    /// carries both.
    pub trade_path: String,
    /// Path before `/ws/` of the connection that carries what is told of an account. Futures only.
    pub user_path: String,
    /// Scheme and host of the REST interface.
    pub rest_url: String,
    /// Whole URL of the order entry. That of futures is assumed from other clients.
    pub order_url: String,
    /// Which trades to subscribe to.
    pub trade_stream: TradeStream,
    /// Bars of the venue's own making to subscribe to, such as `1m`; futures and spot name them alike.
    pub bars: Vec<String>,
    /// What stands behind `@depth` in a stream's name, such as `@100ms`.
    pub depth_speed: String,
    /// Streams of one connection.
    pub streams_per_connection: usize,
    /// What a snapshot costs of the weight limit.
    pub snapshot_weight: u64,
    /// Weight that the venue allows a minute and address.
    pub weight_per_minute: u32,
    /// How long a connection that carries books may say nothing; see [`limits::BOOK_IDLE_MAX`].
    pub book_idle_max: Nanos,
    /// The instruments.
    pub instruments: Vec<InstrumentConfig>,
}

impl BinanceConfig {
    /// The exchange as `settings` want it, without instruments.
    pub fn of(product: Product, settings: &VenueSettings) -> Self {
        let mut config = match settings.environment {
            Environment::Production => Self::production(product),
            Environment::Testnet => Self::testnet(product),
        };
        if let Some(url) = &settings.stream_url {
            config.stream_url.clone_from(url);
        }
        if let Some(url) = &settings.rest_url {
            config.rest_url.clone_from(url);
        }
        if let Some(interval) = &settings.depth_interval {
            config.depth_speed = format!("@{interval}");
        }
        config.bars.clone_from(&settings.bars);
        config.assume(&settings.assumed);
        config.book_idle_max = settings.book_idle_max.unwrap_or(config.book_idle_max);
        config
    }

    /// The real exchange, without instruments.
    pub fn production(product: Product) -> Self {
        match product {
            Product::Spot => Self::spot(
                Environment::Production,
                "wss://stream.binance.com:9443",
                "https://api.binance.com",
                "wss://ws-api.binance.com:443/ws-api/v3",
            ),
            Product::UsdMargined => Self::futures(
                product,
                Environment::Production,
                [
                    "wss://fstream.binance.com",
                    "https://fapi.binance.com",
                    "wss://ws-fapi.binance.com/ws-fapi/v1",
                ],
            ),
            Product::CoinMargined => Self::futures(
                product,
                Environment::Production,
                [
                    "wss://dstream.binance.com",
                    "https://dapi.binance.com",
                    "wss://ws-dapi.binance.com/ws-dapi/v1",
                ],
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
            Product::UsdMargined => Self::futures(
                product,
                Environment::Testnet,
                [
                    "wss://fstream.binancefuture.com",
                    "https://testnet.binancefuture.com",
                    "wss://testnet.binancefuture.com/ws-fapi/v1",
                ],
            ),
            Product::CoinMargined => Self::futures(
                product,
                Environment::Testnet,
                [
                    "wss://dstream.binancefuture.com",
                    "https://testnet.binancefuture.com",
                    "wss://testnet.binancefuture.com/ws-dapi/v1",
                ],
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
            user_path: String::new(),
            rest_url: rest_url.to_owned(),
            order_url: order_url.to_owned(),
            trade_stream: TradeStream::Trade,
            bars: Vec::new(),
            depth_speed: "@100ms".to_owned(),
            streams_per_connection: limits::SPOT_STREAMS as usize,
            snapshot_weight: u64::from(limits::SPOT_SNAPSHOT_WEIGHT),
            weight_per_minute: limits::SPOT_WEIGHT_PER_MINUTE,
            book_idle_max: limits::BOOK_IDLE_MAX,
            instruments: Vec::new(),
        }
    }

    /// Futures as they are assumed to be, at these addresses.
    fn futures(product: Product, environment: Environment, urls: [&str; 3]) -> Self {
        let [stream_url, rest_url, order_url] = urls;
        let mut config = BinanceConfig {
            product,
            trade_stream: TradeStream::Aggregate,
            ..Self::spot(environment, stream_url, rest_url, order_url)
        };
        config.assume(&Assumed::default());
        config
    }

    /// Takes what is assumed, or `stated` in its place. Of spot nothing is.
    fn assume(&mut self, stated: &Assumed) {
        let [book_path, trade_path, streams, snapshot_weight, weight_per_minute, user_path] =
            self.product.assumed()
        else {
            return;
        };
        book_path.text(stated).clone_into(&mut self.book_path);
        trade_path.text(stated).clone_into(&mut self.trade_path);
        user_path.text(stated).clone_into(&mut self.user_path);
        self.streams_per_connection = usize::try_from(streams.count(stated)).expect("about a thousand");
        self.snapshot_weight = u64::from(snapshot_weight.count(stated));
        self.weight_per_minute = weight_per_minute.count(stated);
    }
}

impl Product {
    /// The venue's name.
    pub const fn venue(self) -> &'static str {
        match self {
            Product::Spot => "binance-spot",
            Product::UsdMargined => "binance-usdm",
            Product::CoinMargined => "binance-coinm",
        }
    }

    /// True for futures, whose messages are alike.
    pub const fn is_futures(self) -> bool {
        !matches!(self, Product::Spot)
    }

    /// What its depth updates promise.
    pub const fn sync_rule(self) -> SyncRule {
        match self {
            Product::Spot => SyncRule::Range,
            Product::UsdMargined | Product::CoinMargined => SyncRule::Chain,
        }
    }

    /// What stands before the name of a REST endpoint.
    pub const fn rest_path(self) -> &'static str {
        match self {
            Product::Spot => "/api/v3",
            Product::UsdMargined => "/fapi/v1",
            Product::CoinMargined => "/dapi/v1",
        }
    }

    /// How many levels a snapshot is asked for.
    pub const fn snapshot_levels(self) -> u32 {
        match self {
            Product::Spot => limits::SPOT_SNAPSHOT_LEVELS,
            Product::UsdMargined | Product::CoinMargined => limits::FUTURES_SNAPSHOT_LEVELS,
        }
    }

    /// What is assumed of it and can be stated otherwise.
    pub const fn assumed(self) -> &'static [Assumption] {
        match self {
            Product::Spot => &[],
            Product::UsdMargined => &assumed::USD_MARGINED,
            Product::CoinMargined => &assumed::COIN_MARGINED,
        }
    }

    /// What a request for definitions costs of the weight limit.
    pub const fn definitions_weight(self) -> u64 {
        match self {
            Product::Spot => limits::SPOT_DEFINITIONS_WEIGHT,
            Product::UsdMargined | Product::CoinMargined => limits::FUTURES_DEFINITIONS_WEIGHT,
        }
    }
}
