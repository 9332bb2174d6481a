//! What the simulated venue is set up with, and what it says when it ends.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fulmar_bus::record::{Nanos, Price, Quantity, UnixNanos};

use super::dialect::Dialect;
use super::faults::FaultPlan;

/// Digits behind the point of every price and quantity here, as on the wire of the venue that this one stands for.
pub const SCALE: u8 = 8;

/// One of a unit at [`SCALE`].
const UNIT: i64 = 100_000_000;

/// How the venue is set up. All numbers stand at [`SCALE`].
#[derive(Clone, Debug)]
pub struct SimulatedVenueConfig {
    /// Which product it is.
    pub dialect: Dialect,
    /// Where it listens; port 0 takes any that is free.
    pub bind: SocketAddr,
    /// The time when it starts; from there it counts on by itself.
    pub started_at: UnixNanos,
    /// Makes its market what it is.
    pub seed: u64,
    /// What is traded; at least one.
    pub symbols: Vec<SymbolConfig>,
    /// Events of the order flow a second, in each symbol; zero for a book that does not move.
    pub events_per_second: u32,
    /// Time between two updates of `@depth@100ms`.
    pub depth_interval: Duration,
    /// Who may trade by a secret. Where there is nobody here and in `public_keys`, any key may, and signatures are not
    /// looked at.
    pub credentials: Vec<Credentials>,
    /// Who may trade by a key pair, and log on.
    pub public_keys: Vec<PublicKey>,
    /// Fee of each side of a trade, in hundredths of a percent of what it receives.
    pub fee_bps: u32,
    /// Request weight of one minute.
    pub weight_per_minute: u32,
    /// Orders of one account in ten seconds.
    pub orders_per_10_seconds: u32,
    /// Orders of one account in a day.
    pub orders_per_day: u32,
    /// Orders of one account in a minute; of futures, in place of those in a day.
    pub orders_per_minute: u32,
    /// Time between two payments of funding; of futures.
    pub funding_interval: Nanos,
    /// What who is long pays of a position's worth each time, at [`SCALE`].
    pub funding_rate: i64,
    /// True where its keys may withdraw, which is none of a trader's business.
    pub may_withdraw: bool,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Who hears what clients send, where somebody does.
    pub hearer: Option<Hearer>,
}

/// Hears every text that a client sends, as it is read off the socket and before it waits for its turn: for whoever
/// measures when it came.
#[derive(Clone)]
pub struct Hearer(pub Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Hearer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hearer")
    }
}

impl SimulatedVenueConfig {
    /// The BTCUSDT of a product, as [`SimulatedVenueConfig::new`] or [`SimulatedVenueConfig::usd_margined`] has it.
    pub fn of(dialect: Dialect, started_at: UnixNanos) -> Self {
        match dialect {
            Dialect::Spot => SimulatedVenueConfig::new(started_at),
            Dialect::UsdMargined => SimulatedVenueConfig::usd_margined(started_at),
        }
    }

    /// BTCUSDT on any free port of loopback, 2,000 events a second, no keys and no fees.
    pub fn new(started_at: UnixNanos) -> Self {
        SimulatedVenueConfig {
            dialect: Dialect::Spot,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            started_at,
            seed: 1,
            symbols: vec![SymbolConfig::btcusdt()],
            events_per_second: 2_000,
            depth_interval: Duration::from_millis(100),
            credentials: Vec::new(),
            public_keys: Vec::new(),
            fee_bps: 0,
            weight_per_minute: 6_000,
            orders_per_10_seconds: 100,
            orders_per_day: 200_000,
            orders_per_minute: 1_200,
            funding_interval: Nanos::from_secs(8 * 3_600),
            funding_rate: UNIT / 10_000,
            may_withdraw: false,
            faults: FaultPlan::none(),
            hearer: None,
        }
    }

    /// The perpetual BTCUSDT of USD-margined futures, elsewise as [`SimulatedVenueConfig::new`], with its limits.
    pub fn usd_margined(started_at: UnixNanos) -> Self {
        SimulatedVenueConfig {
            dialect: Dialect::UsdMargined,
            symbols: vec![SymbolConfig::btcusdt_perpetual()],
            weight_per_minute: 2_400,
            orders_per_10_seconds: 300,
            ..SimulatedVenueConfig::new(started_at)
        }
    }

    /// Orders of one account in the longer interval that the product counts in.
    pub(super) fn orders_per_long_interval(&self) -> u32 {
        match self.dialect {
            Dialect::Spot => self.orders_per_day,
            Dialect::UsdMargined => self.orders_per_minute,
        }
    }

    /// True where requests are signed.
    pub(super) fn has_keys(&self) -> bool {
        !(self.credentials.is_empty() && self.public_keys.is_empty())
    }
}

/// One symbol. Tick times step must be a whole number of 10^-8, so that all money has eight digits.
#[derive(Clone, Debug)]
pub struct SymbolConfig {
    /// Base currency, such as `BTC`. The symbol is base and quote.
    pub base: String,
    /// Quote currency, such as `USDT`.
    pub quote: String,
    /// Smallest step of a price.
    pub tick: Price,
    /// Smallest step of a quantity, and the smallest quantity.
    pub step: Quantity,
    /// Where the price starts.
    pub start_price: Price,
    /// Smallest price times quantity of an order, in quote currency.
    pub notional_min: i64,
    /// Quantity of a middling order of the flow.
    pub order_quantity: Quantity,
    /// Base currency that each account starts with.
    pub base_balance: Quantity,
    /// Quote currency that each account starts with.
    pub quote_balance: i64,
}

impl SymbolConfig {
    /// BTCUSDT at 60,000, as the real one is cut, with 100 BTC and ten million USDT for everybody.
    pub fn btcusdt() -> Self {
        SymbolConfig {
            base: "BTC".to_owned(),
            quote: "USDT".to_owned(),
            tick: Price(UNIT / 100),
            step: Quantity(UNIT / 100_000),
            start_price: Price(60_000 * UNIT),
            notional_min: 5 * UNIT,
            order_quantity: Quantity(UNIT / 10),
            base_balance: Quantity(100 * UNIT),
            quote_balance: 10_000_000 * UNIT,
        }
    }

    /// The perpetual BTCUSDT at 60,000, as the real one is cut, with ten million USDT for everybody.
    pub fn btcusdt_perpetual() -> Self {
        SymbolConfig {
            tick: Price(UNIT / 10),
            step: Quantity(UNIT / 1_000),
            notional_min: 100 * UNIT,
            ..SymbolConfig::btcusdt()
        }
    }

    /// The symbol in capitals.
    pub fn symbol(&self) -> String {
        format!("{}{}", self.base, self.quote)
    }
}

/// Who may trade: an API key, and the secret that signs its requests by HMAC-SHA256.
#[derive(Clone)]
pub struct Credentials {
    /// The key, which also names the account.
    pub api_key: String,
    /// The secret.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credentials({}, secret withheld)", self.api_key)
    }
}

/// Who may trade: an API key, and the public half of the Ed25519 pair that signs its requests.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// The key, which also names the account.
    pub api_key: String,
    /// The public half.
    pub bytes: [u8; 32],
}

/// What happened while the venue ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueReport {
    /// Events of the order flow.
    pub flow_events: u64,
    /// Trades, the flow's own included.
    pub trades: u64,
    /// Orders that clients sent, refused ones included.
    pub orders_received: u64,
    /// Fills of clients' orders.
    pub fills: u64,
    /// Frames handed to connections.
    pub frames_sent: u64,
    /// Connections made.
    pub connections: u64,
    /// Connections cut off because they did not read fast enough.
    pub slow_disconnects: u64,
    /// Connections cut off because they sent more than they may.
    pub rate_disconnects: u64,
    /// Requests refused over the weight or order limits.
    pub requests_limited: u64,
    /// What went wrong by plan, by the name of the fault.
    pub faults: BTreeMap<&'static str, u64>,
}
