//! Which of the real venue's products is spoken: all that is a mere difference of words between them.

use fulmar_engine::simulation::matching::{Rejection, Settlement};

use super::request::ApiError;

/// A product of the venue that this one stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Spot: base against quote.
    #[default]
    Spot,
    /// USD-margined futures: contracts, margin, funding.
    UsdMargined,
}

impl Dialect {
    /// All there are.
    pub const ALL: [Dialect; 2] = [Dialect::Spot, Dialect::UsdMargined];

    /// The product of the venue that the configuration of an engine names so.
    pub fn of_venue(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.venue() == name)
    }

    /// As the configuration of an engine names the venue.
    pub const fn venue(self) -> &'static str {
        match self {
            Dialect::Spot => "binance-spot",
            Dialect::UsdMargined => "binance-usdm",
        }
    }

    /// Path of the WebSocket API.
    pub const fn api_path(self) -> &'static str {
        match self {
            Dialect::Spot => "/ws-api/v3",
            Dialect::UsdMargined => "/ws-fapi/v1",
        }
    }

    /// What stands before `/stream` and `/ws` in the addresses of streams. All streams are served everywhere.
    pub const fn stream_rooms(self) -> &'static [&'static str] {
        match self {
            Dialect::Spot => &[""],
            Dialect::UsdMargined => &["", "/public", "/market", "/private"],
        }
    }

    /// What a trade moves.
    pub const fn settlement(self) -> Settlement {
        match self {
            Dialect::Spot => Settlement::Delivery,
            Dialect::UsdMargined => Settlement::Contracts,
        }
    }

    /// What stands before the name of a public HTTP endpoint.
    pub const fn public_path(self) -> &'static str {
        match self {
            Dialect::Spot => "/api/v3/",
            Dialect::UsdMargined => "/fapi/v1/",
        }
    }

    /// The longer of the intervals that orders are counted in: its name and milliseconds.
    pub const fn long_interval(self) -> (&'static str, u64) {
        match self {
            Dialect::Spot => ("DAY", 86_400_000),
            Dialect::UsdMargined => ("MINUTE", 60_000),
        }
    }

    /// What a snapshot of so many levels costs of the weight limit.
    pub const fn snapshot_weight(self, levels: usize) -> u32 {
        match (self, levels) {
            (Dialect::Spot, 0..=100) => 5,
            (Dialect::Spot, 101..=500) => 25,
            (Dialect::Spot, 501..=1_000) => 50,
            (Dialect::Spot, _) => 250,
            (Dialect::UsdMargined, 0..=50) => 2,
            (Dialect::UsdMargined, 51..=100) => 5,
            (Dialect::UsdMargined, 101..=500) => 10,
            (Dialect::UsdMargined, _) => 20,
        }
    }

    /// Levels a side of the largest snapshot, and of one whose request does not say.
    pub const fn snapshot_levels(self) -> (usize, usize) {
        match self {
            Dialect::Spot => (5_000, 100),
            Dialect::UsdMargined => (1_000, 500),
        }
    }

    /// True where a connection can ask it too. Of futures most is asked by HTTP alone.
    pub fn has_over_connections(self, method: &str) -> bool {
        self == Dialect::Spot || OVER_FUTURES_CONNECTIONS.contains(&method)
    }

    /// What is said to an order that the matching, a filter or the account's money refuses.
    pub fn refused(self, refusal: Refusal) -> ApiError {
        let (code, words) = match self {
            Dialect::Spot => spot_words(refusal),
            Dialect::UsdMargined => usd_margined_words(refusal),
        };
        ApiError::new(400, code, words)
    }

    /// The API method that an HTTP request to trade or to be told stands for: `POST /api/v3/order` is `order.place`.
    pub fn method_of(self, route: &str) -> Option<&'static str> {
        if route == "GET /sapi/v1/account/apiRestrictions" {
            return Some("apiRestrictions");
        }
        let (verb, path) = route.split_once(' ')?;
        let name = match self {
            Dialect::Spot => path.strip_prefix("/api/v3/")?,
            Dialect::UsdMargined => {
                let prefixes = ["/fapi/v1/", "/fapi/v2/", "/fapi/v3/"];
                prefixes.iter().find_map(|prefix| path.strip_prefix(prefix))?
            }
        };
        let methods = match self {
            Dialect::Spot => SPOT_METHODS,
            Dialect::UsdMargined => USD_MARGINED_METHODS,
        };
        let known = COMMON_METHODS.iter().chain(methods);
        known.clone().find(|known| (known.0, known.1) == (verb, name)).map(|known| known.2)
    }
}

const COMMON_METHODS: &[(&str, &str, &str)] = &[
    ("POST", "order", "order.place"),
    ("DELETE", "order", "order.cancel"),
    ("GET", "order", "order.status"),
    ("GET", "openOrders", "openOrders.status"),
    ("GET", "allOrders", "allOrders"),
    ("GET", "account", "account.status"),
];

const OVER_FUTURES_CONNECTIONS: [&str; 7] = [
    "order.place",
    "order.modify",
    "order.cancel",
    "order.status",
    "account.balance",
    "account.position",
    "account.status",
];

const SPOT_METHODS: &[(&str, &str, &str)] = &[
    ("POST", "order/cancelReplace", "order.cancelReplace"),
    ("PUT", "order/amend/keepPriority", "order.amend.keepPriority"),
    ("DELETE", "openOrders", "openOrders.cancelAll"),
    ("GET", "myTrades", "myTrades"),
];

const USD_MARGINED_METHODS: &[(&str, &str, &str)] = &[
    ("PUT", "order", "order.modify"),
    ("DELETE", "allOpenOrders", "openOrders.cancelAll"),
    ("GET", "userTrades", "myTrades"),
    ("GET", "positionRisk", "account.position"),
    ("GET", "balance", "account.balance"),
    ("POST", "leverage", "leverage"),
    ("POST", "countdownCancelAll", "countdownCancelAll"),
    ("POST", "listenKey", "userDataStream.start"),
    ("PUT", "listenKey", "userDataStream.ping"),
    ("DELETE", "listenKey", "userDataStream.stop"),
];

/// Why an order is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The matching does not take it.
    Matching(Rejection),
    /// It is worth too little.
    Notional,
    /// Its price lies too far above the market.
    TooHigh,
    /// Its price lies too far below.
    TooLow,
    /// Its client order id names an open order.
    Duplicate,
    /// The account has too many open orders.
    TooMany,
    /// The symbol is not traded now.
    Halted,
    /// It would not reduce the account's position.
    ReduceOnly,
    /// The part of it that is to be shown is no less than all of it.
    DisplaysAll,
    /// It is to be shown in too many parts.
    Parts,
}

impl Refusal {
    /// The account's money does not stand for it.
    pub const fn no_money() -> Self {
        Refusal::Matching(Rejection::InsufficientBalance)
    }
}

const DISPLAY_NOT_WANTED: &str = "Parameter 'icebergQty' sent when not required.";

const fn spot_words(refusal: Refusal) -> (i32, &'static str) {
    match refusal {
        Refusal::Matching(Rejection::InsufficientBalance) => {
            (-2010, "Account has insufficient balance for requested action.")
        }
        Refusal::Matching(Rejection::WouldTake) => (-2010, "Order would immediately match and take."),
        Refusal::Matching(Rejection::Price) => (-1013, "Filter failure: PRICE_FILTER"),
        Refusal::Matching(Rejection::Quantity) => (-1013, "Filter failure: LOT_SIZE"),
        Refusal::Matching(Rejection::BookFull) => (-1013, "Filter failure: EXCHANGE_MAX_NUM_ORDERS"),
        Refusal::Matching(Rejection::UnknownAccount) | Refusal::ReduceOnly => {
            (-2010, "This symbol is not permitted for this account.")
        }
        Refusal::Notional => (-1013, "Filter failure: NOTIONAL"),
        Refusal::TooHigh | Refusal::TooLow => (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        Refusal::Duplicate => (-2010, "Duplicate order sent."),
        Refusal::TooMany => (-1013, "Filter failure: MAX_NUM_ORDERS"),
        Refusal::Halted => (-1013, "Market is closed."),
        Refusal::Matching(Rejection::Display) => (-1106, DISPLAY_NOT_WANTED),
        Refusal::DisplaysAll => (-1013, "IcebergQty exceeds QTY."),
        Refusal::Parts => (-1013, "Filter failure: ICEBERG_PARTS"),
    }
}

const fn usd_margined_words(refusal: Refusal) -> (i32, &'static str) {
    match refusal {
        Refusal::Matching(Rejection::InsufficientBalance) => (-2019, "Margin is insufficient."),
        Refusal::Matching(Rejection::WouldTake) => (
            -5022,
            "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not \
             be recorded in the order history",
        ),
        Refusal::Matching(Rejection::Price) => (-4014, "Price not increased by tick size."),
        Refusal::Matching(Rejection::Quantity) => {
            (-1111, "Precision is over the maximum defined for this asset.")
        }
        Refusal::Matching(Rejection::BookFull) | Refusal::TooMany => (-2025, "Reach max open order limit."),
        Refusal::Matching(Rejection::UnknownAccount) => (-2018, "Balance is insufficient."),
        Refusal::Notional => {
            (-4164, "Order's notional must be no smaller than 100 (unless you choose reduce only).")
        }
        Refusal::TooHigh => (-4016, "Price is higher than mark price multiplier cap."),
        Refusal::TooLow => (-4024, "Price is lower than mark price multiplier floor."),
        Refusal::Duplicate => (-4116, "ClientOrderId is duplicated."),
        Refusal::Halted => {
            (-4108, "Current symbol is on delivering or delivered or settling or closed or pre-trading.")
        }
        Refusal::ReduceOnly => (-2022, "ReduceOnly Order is rejected."),
        // Futures do not know the parameter, and look at it no more than at any other that they do not know.
        Refusal::Matching(Rejection::Display) | Refusal::DisplaysAll | Refusal::Parts => {
            (-1106, DISPLAY_NOT_WANTED)
        }
    }
}
