//! Which of the real venue's products is spoken: all that is a mere difference of words between them.

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

    /// The API method that an HTTP request to trade or to be told stands for: `POST /api/v3/order` is `order.place`.
    pub fn method_of(self, route: &str) -> Option<&'static str> {
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
    ("GET", "account", "account.status"),
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
