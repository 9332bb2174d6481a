//! Requests taken apart: parameters, orders and filters, and what is said where they are wrong.

use std::borrow::Cow;

use fulmar_bus::record::{Price, Quantity, Side};
use fulmar_engine::market::NumberError;
use fulmar_engine::market::decimal::parse;
use fulmar_engine::simulation::matching::{NewOrder, OrderKind, Rejection, SelfTrade};
use serde_json::{Map, Value, json};

use super::config::SCALE;
use super::dialect::{Dialect, Refusal};
use super::limits::ICEBERG_PARTS_MAX;
use super::market::Market;
use super::signature::text;

/// The parameters of a request.
pub type Params = Map<String, Value>;

/// A request to trade or to be told, however it came.
#[derive(Clone, Debug, Default)]
pub struct ApiRequest {
    /// The method, without a version.
    pub method: String,
    /// What it says; the key of a connection that is logged on among it.
    pub params: Params,
    /// What was signed, where that is not the parameters in the order of their names.
    pub signed: Option<String>,
    /// True where the connection speaks for the key.
    pub is_logged_on: bool,
    /// The connection that it came on, where it did not come by HTTP.
    pub connection: Option<u64>,
}

/// What the protocol says to a request that it refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Status, as of HTTP.
    pub status: u16,
    /// The venue's number of the error.
    pub code: i32,
    /// Its words.
    pub message: Cow<'static, str>,
    /// What else it says, as JSON.
    pub data: Option<String>,
}

impl ApiError {
    /// An error.
    pub fn new(status: u16, code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        ApiError { status, code, message: message.into(), data: None }
    }

    /// Nobody owns the key.
    pub fn unknown_key() -> Self {
        ApiError::new(401, -2015, "Invalid API-key, IP, or permissions for action.")
    }

    /// A parameter is not there.
    pub fn missing(name: &str) -> Self {
        let message = format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed.");
        ApiError::new(400, -1102, message)
    }

    /// The body that tells it.
    pub fn body(&self) -> String {
        let (code, message) = (self.code, json!(self.message));
        let data = self.data.as_ref().map_or(String::new(), |data| format!(r#","data":{data}"#));
        format!(r#"{{"code":{code},"msg":{message}{data}}}"#)
    }
}

/// The error of a minute's weight used up.
pub fn too_much_weight(limit: u32) -> ApiError {
    let message = format!(
        "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. \
         Please use WebSocket Streams for live updates to avoid polling the API."
    );
    ApiError::new(429, -1003, message)
}

/// What a request costs of its minute's weight.
pub fn weight(dialect: Dialect, method: &str, params: &Params) -> u32 {
    if dialect == Dialect::UsdMargined {
        return match method {
            "openOrders.status" if !params.contains_key("symbol") => 40,
            "account.position" | "account.balance" | "account.status" | "myTrades" => 5,
            "countdownCancelAll" => 10,
            _ => 1,
        };
    }
    match method {
        "order.status" | "order.amend.keepPriority" => 4,
        "openOrders.status" if params.contains_key("symbol") => 6,
        "openOrders.status" => 80,
        "account.status" => 20,
        "myTrades" if params.contains_key("orderId") => 5,
        "myTrades" => 20,
        "session.logon" | "session.status" | "session.logout" => 2,
        "userDataStream.subscribe" | "userDataStream.subscribe.signature" | "userDataStream.unsubscribe" => 2,
        _ => 1,
    }
}

/// True where a parameter says so, as JSON or as text.
pub fn flag(params: &Params, name: &str) -> bool {
    params.get(name).is_some_and(|value| text(value).eq_ignore_ascii_case("true"))
}

/// A parameter that is a text.
pub fn param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str)
}

/// The id that a request gives, or the one made for it.
pub fn client_id(params: &Params, name: &str, generated: String) -> Result<String, ApiError> {
    let Some(id) = param(params, name) else { return Ok(generated) };
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if (1..=36).contains(&id.len()) && id.bytes().all(is_legal) {
        return Ok(id.to_owned());
    }
    let message = format!(
        r"Illegal characters found in parameter '{name}'; legal range is '^[\.A-Z\:/a-z0-9_-]{{1,36}}$'."
    );
    Err(ApiError::new(400, -1100, message))
}

/// The order that a request wants.
pub fn parse_order(dialect: Dialect, params: &Params) -> Result<NewOrder, ApiError> {
    let is_spot = dialect == Dialect::Spot;
    let side = match param(params, "side") {
        Some("BUY") => Side::Buy,
        Some("SELL") => Side::Sell,
        Some(_) => return Err(ApiError::new(400, -1117, "Invalid side.")),
        None => return Err(ApiError::missing("side")),
    };
    let kind = match (param(params, "type"), param(params, "timeInForce")) {
        (Some("MARKET"), None) => OrderKind::Market,
        (Some("MARKET"), Some("GTC")) if !is_spot => OrderKind::Market,
        (Some("LIMIT_MAKER"), None) if is_spot => OrderKind::PostOnly,
        (Some("LIMIT"), Some("GTX")) if !is_spot => OrderKind::PostOnly,
        (Some("MARKET"), Some(_)) | (Some("LIMIT_MAKER"), Some(_)) if is_spot => {
            return Err(ApiError::new(400, -1106, "Parameter 'timeInForce' sent when not required."));
        }
        (Some("LIMIT"), Some("GTC")) => OrderKind::Limit,
        (Some("LIMIT"), Some("IOC")) => OrderKind::ImmediateOrCancel,
        (Some("LIMIT"), Some("FOK")) => OrderKind::FillOrKill,
        (Some("LIMIT"), Some(_)) => return Err(ApiError::new(400, -1115, "Invalid timeInForce.")),
        (Some("LIMIT"), None) => return Err(ApiError::missing("timeInForce")),
        (Some(_), _) => return Err(ApiError::new(400, -1116, "Invalid orderType.")),
        (None, _) => return Err(ApiError::missing("type")),
    };
    let self_trade = match param(params, "selfTradePreventionMode") {
        None | Some("NONE") => SelfTrade::Allow,
        Some("EXPIRE_TAKER") => SelfTrade::ExpireTaker,
        Some("EXPIRE_MAKER") => SelfTrade::ExpireMaker,
        Some("EXPIRE_BOTH") => SelfTrade::ExpireBoth,
        Some(_) => {
            return Err(ApiError::new(
                400,
                -1013,
                "This symbol does not allow the specified self-trade prevention mode.",
            ));
        }
    };
    let price = match kind {
        OrderKind::Market => 0,
        _ => decimal(params, "price")?,
    };
    let quantity = Quantity(decimal(params, "quantity")?);
    let display_qty = match params.get("icebergQty") {
        Some(_) if is_spot => Quantity(decimal(params, "icebergQty")?),
        _ => Quantity(0),
    };
    Ok(NewOrder { side, kind, price: Price(price), quantity, display_qty, self_trade })
}

/// A number at the scale of all prices and quantities.
pub fn decimal(params: &Params, name: &str) -> Result<i64, ApiError> {
    let value = params.get(name).filter(|value| !value.is_null()).ok_or_else(|| ApiError::missing(name))?;
    parse(text(value).as_bytes(), SCALE).map_err(|error| match error {
        NumberError::TooPrecise => {
            ApiError::new(400, -1111, format!("Parameter '{name}' has too much precision."))
        }
        _ => {
            let legal = r"^([0-9]{1,20})(\.[0-9]{1,20})?$";
            let message =
                format!("Illegal characters found in parameter '{name}'; legal range is '{legal}'.");
            ApiError::new(400, -1100, message)
        }
    })
}

/// Whether an order may show as little of itself as it wants.
fn check_display(market: &Market, order: &NewOrder) -> Result<(), Refusal> {
    let NewOrder { kind, quantity, display_qty, .. } = *order;
    if display_qty.is_zero() {
        return Ok(());
    }
    if !matches!(kind, OrderKind::Limit | OrderKind::PostOnly) {
        return Err(Refusal::Matching(Rejection::Display));
    }
    if display_qty >= quantity {
        return Err(Refusal::DisplaysAll);
    }
    if display_qty.0 < 0 || display_qty.0 % market.config().step.0 != 0 {
        return Err(Refusal::Matching(Rejection::Quantity));
    }
    let parts = quantity.0 / display_qty.0 + i64::from(quantity.0 % display_qty.0 != 0);
    if parts > ICEBERG_PARTS_MAX { Err(Refusal::Parts) } else { Ok(()) }
}

/// Whether the symbol is traded, and its filters: tick, step and smallest notional, which what only reduces need not
/// reach.
pub fn check_filters(market: &Market, order: &NewOrder, reduces_only: bool) -> Result<(), Refusal> {
    let config = market.config();
    if market.is_halted() {
        return Err(Refusal::Halted);
    }
    if order.kind != OrderKind::Market && order.price.0 % config.tick.0 != 0 {
        return Err(Refusal::Matching(Rejection::Price));
    }
    if order.quantity.0 == 0 || order.quantity.0 % config.step.0 != 0 {
        return Err(Refusal::Matching(Rejection::Quantity));
    }
    check_display(market, order)?;
    let price = match order.kind {
        OrderKind::Market => {
            market.matching().best(order.side.opposite()).map_or(Price(0), |level| level.price)
        }
        _ => order.price,
    };
    let notional = price.times(order.quantity).0;
    let least = i128::from(config.notional_min) * 10i128.pow(u32::from(SCALE));
    if price.0 > 0 && notional < least && !reduces_only {
        return Err(Refusal::Notional);
    }
    Ok(())
}
