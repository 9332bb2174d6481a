//! The WebSocket API: requests to trade and to be told, and their answers.

use fulmar_bus::record::{AccountId, UnixNanos};
use fulmar_engine::simulation::matching::{NewOrder, OrderKey, OrderKind};
use serde_json::Value;

use super::dialect::{Dialect, Refusal};
use super::limits::ACCOUNT_ORDERS_MAX;
use super::market::Market;
use super::mishaps::{Asked, occasion};
use super::orders::Status;
use super::reports::{self, Detail};
use super::request::{
    ApiError, ApiRequest, Params, check_filters, client_id, flag, param, parse_order, too_much_weight, weight,
};
use super::signature::authenticate;
use super::venue::Venue;

impl Venue {
    /// Answers one request of an API connection.
    pub fn api_request(&mut self, connection: u64, request: &str, now: UnixNanos) {
        let mut request = match serde_json::from_str::<Value>(request) {
            Ok(Value::Object(request)) => request,
            _ => {
                let error = ApiError::new(400, -1135, "Invalid JSON Request");
                let frame = format!(r#"{{"id":null,"status":400,"error":{}}}"#, error.body());
                return self.connections.send(connection, frame);
            }
        };
        let params = match request.remove("params") {
            Some(Value::Object(params)) => params,
            _ => Params::new(),
        };
        let id = request.remove("id").unwrap_or(Value::Null);
        let request = self.of_session(connection, text_of(&request, "method"), params);
        if let Err(error) = self.admit(&request.method, &request.params, now) {
            let frame = self.written(&id, &request, Err(error), now);
            return self.connections.send(connection, frame);
        }
        let fault = occasion(&request.method).and_then(|occasion| self.faults.draw(occasion));
        let asked = Asked { connection, id, request };
        match fault {
            None => self.obey(&asked, now),
            Some(fault) => self.go_wrong(fault, &asked, now),
        }
    }

    /// Does what is asked, answers, and then tells of it.
    pub(super) fn obey(&mut self, asked: &Asked, now: UnixNanos) {
        let result = self.api_result(&asked.request, now);
        let frame = self.written(&asked.id, &asked.request, result, now);
        self.connections.send(asked.connection, frame);
        self.dispatch(now);
    }

    /// Counts a request towards the limits.
    pub(super) fn admit(&mut self, method: &str, params: &Params, now: UnixNanos) -> Result<(), ApiError> {
        if self.weight.add(now, weight(self.config.dialect, method, params)) <= self.config.weight_per_minute
        {
            return Ok(());
        }
        self.report.requests_limited += 1;
        Err(too_much_weight(self.config.weight_per_minute))
    }

    /// The frame of an answer.
    pub(super) fn written(
        &mut self,
        id: &Value,
        request: &ApiRequest,
        result: Result<String, ApiError>,
        now: UnixNanos,
    ) -> String {
        let limits = match request.params.get("returnRateLimits") {
            Some(Value::Bool(false)) => String::new(),
            _ => format!(r#","rateLimits":[{}]"#, self.rate_limits(&request.method, &request.params, now)),
        };
        match result {
            Ok(result) => format!(r#"{{"id":{id},"status":200,"result":{result}{limits}}}"#),
            Err(error) => {
                format!(r#"{{"id":{id},"status":{},"error":{}{limits}}}"#, error.status, error.body())
            }
        }
    }

    /// A request of a connection, for the key that is logged on there where it names none.
    fn of_session(&self, connection: u64, method: &str, mut params: Params) -> ApiRequest {
        let session = self.connections.session(connection).and_then(|session| session.authorized.as_ref());
        let mut is_logged_on = false;
        if let Some((api_key, _)) = session {
            let named = params.entry("apiKey").or_insert_with(|| api_key.as_str().into());
            is_logged_on = named.as_str() == Some(api_key);
        }
        let version = ["v3/", "v2/"].iter().find_map(|version| method.strip_prefix(version));
        let method = version.unwrap_or(method).to_owned();
        ApiRequest { method, params, signed: None, is_logged_on, connection: Some(connection) }
    }

    pub(super) fn api_result(&mut self, request: &ApiRequest, now: UnixNanos) -> Result<String, ApiError> {
        if now < self.closed_until {
            return Err(ApiError::new(503, -1016, "This service is no longer available."));
        }
        let ApiRequest { method, params, connection, .. } = request;
        if let Some(connection) = *connection
            && let Some(result) = self.session_result(connection, request, now)
        {
            return result;
        }
        match method.as_str() {
            "ping" => return Ok("{}".to_owned()),
            "time" => return Ok(format!(r#"{{"serverTime":{}}}"#, now.0 / 1_000_000)),
            _ => {}
        }
        if let Some(result) = self.listen_key(method, params, now) {
            return result;
        }
        let unsupported = || ApiError::new(400, -1020, "This operation is not supported.");
        if connection.is_some() && !self.config.dialect.has_over_connections(method) {
            return Err(unsupported());
        }
        let api_key = authenticate(request, &self.config, now)?;
        let account = self.account(api_key)?;
        if now < self.accounts[account].revoked_until {
            return Err(ApiError::unknown_key());
        }
        let of_product = match (self.config.dialect, *connection) {
            (Dialect::UsdMargined, _) => self.usd_margined(account, method, params, now),
            (Dialect::Spot, Some(connection)) if method == "userDataStream.subscribe.signature" => {
                Some(self.subscribe(connection, Some(api_key)))
            }
            (Dialect::Spot, _) => self.spot(account, method, params, now),
        };
        if let Some(result) = of_product {
            return result;
        }
        match method.as_str() {
            "order.place" => self.place(account, params, now),
            "order.cancel" => self.cancel(account, params, now),
            "order.status" => self.order_status(account, params),
            "myTrades" => self.my_trades(account, params),
            "allOrders" => self.all_orders(account, params),
            "apiRestrictions" => Ok(self.restrictions()),
            "openOrders.status" => self.open_orders(account, params),
            "openOrders.cancelAll" => self.cancel_all(account, params, now),
            _ => Err(unsupported()),
        }
    }

    pub(super) fn place(
        &mut self,
        account: usize,
        params: &Params,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        self.accounts[account].orders_received += 1;
        let placed = self.place_order(account, params, now);
        let outcome = placed.as_ref().map(|(place, _)| *place).map_err(Clone::clone);
        self.note_order(account, params, &outcome);
        placed.map(|(_, answer)| answer)
    }

    /// Places an order, and gives its market, its number and the answer.
    fn place_order(
        &mut self,
        account: usize,
        params: &Params,
        now: UnixNanos,
    ) -> Result<((usize, u64), String), ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let order = parse_order(self.config.dialect, params)?;
        let reduces_only = flag(params, "reduceOnly");
        let generated = self.generated_id();
        let client_order_id = client_id(params, "newClientOrderId", generated)?;
        let dialect = self.config.dialect;
        let detail = match param(params, "newOrderRespType") {
            None if order.kind == OrderKind::PostOnly || dialect == Dialect::UsdMargined => Detail::Ack,
            None | Some("FULL") => Detail::Full,
            Some("RESULT") => Detail::Result,
            Some("ACK") => Detail::Ack,
            Some(_) => return Err(ApiError::missing("newOrderRespType")),
        };
        self.count_order(account, now)?;
        let (index, account) = (market, self.accounts[account].id);
        let market = &mut self.markets[index];
        let accepted = accepts(market, account, (&order, reduces_only), &client_order_id);
        accepted.map_err(|refusal| dialect.refused(refusal))?;
        let placed = market.place(account, (order, reduces_only), client_order_id, now);
        let (placed, fills) = placed.map_err(|rejection| dialect.refused(Refusal::Matching(rejection)))?;
        let placed = placed.clone();
        let answer = reports::placed(market.wire(), &placed, &fills, detail);
        Ok(((index, placed.key.number), answer))
    }

    pub(super) fn cancel(
        &mut self,
        account: usize,
        params: &Params,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let key = self.find_order(account, params)?;
        let generated = self.generated_id();
        let cancel_id = client_id(params, "newClientOrderId", generated)?;
        let unknown = || ApiError::new(400, -2011, "Unknown order sent.");
        let (market, key) = key.ok_or_else(unknown)?;
        let market = &mut self.markets[market];
        let only = match param(params, "cancelRestrictions") {
            None => None,
            Some("ONLY_NEW") => Some(Status::New),
            Some("ONLY_PARTIALLY_FILLED") => Some(Status::PartiallyFilled),
            Some(_) => return Err(ApiError::missing("cancelRestrictions")),
        };
        let standing = market.orders().get(key.number).map(|order| order.status).filter(|it| it.is_open());
        if only.is_some_and(|only| standing.is_some_and(|standing| standing != only)) {
            return Err(ApiError::new(400, -2011, "Order was not canceled due to cancel restrictions."));
        }
        let canceled = market.cancel(key, &cancel_id, now).ok_or_else(unknown)?.clone();
        Ok(reports::canceled(market.wire(), &canceled, &cancel_id))
    }

    fn cancel_all(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let account = self.accounts[account].id;
        let cancel_id = self.generated_id();
        let market = &mut self.markets[market];
        let keys: Vec<OrderKey> = market.orders().open(account).map(|order| order.key).collect();
        if keys.is_empty() && self.config.dialect == Dialect::Spot {
            return Err(ApiError::new(400, -2011, "Unknown order sent."));
        }
        let mut rows = Vec::new();
        for key in keys {
            if let Some(canceled) = market.cancel(key, &cancel_id, now).cloned() {
                rows.push(reports::canceled(market.wire(), &canceled, &cancel_id));
            }
        }
        Ok(match self.config.dialect {
            Dialect::Spot => format!("[{}]", rows.join(",")),
            Dialect::UsdMargined => {
                r#"{"code":200,"msg":"The operation of cancel all open order is done."}"#.to_owned()
            }
        })
    }

    fn count_order(&mut self, account: usize, now: UnixNanos) -> Result<(), ApiError> {
        let account = &mut self.accounts[account];
        let (short, day) = (account.orders_10_seconds.add(now, 1), account.orders_long.add(now, 1));
        let (short_max, day_max) =
            (self.config.orders_per_10_seconds, self.config.orders_per_long_interval());
        let limit = if short > short_max {
            format!("{short_max} orders per 10 SECOND")
        } else if day > day_max {
            format!("{day_max} orders per 1 {}", self.config.dialect.long_interval().0)
        } else {
            return Ok(());
        };
        self.report.requests_limited += 1;
        Err(ApiError::new(429, -1015, format!("Too many new orders; current limit is {limit}.")))
    }

    fn rate_limits(&mut self, method: &str, params: &Params, now: UnixNanos) -> String {
        let row = |kind: &str, interval: &str, number: u32, (limit, count): (u32, u32)| {
            format!(
                r#"{{"rateLimitType":"{kind}","interval":"{interval}","intervalNum":{number},"limit":{limit},"count":{count}}}"#
            )
        };
        let weight = (self.config.weight_per_minute, self.weight.add(now, 0));
        let weight = row("REQUEST_WEIGHT", "MINUTE", 1, weight);
        let api_key = param(params, "apiKey").unwrap_or_default();
        let account = self.accounts.iter_mut().find(|account| account.api_key == api_key);
        let Some(account) = account.filter(|_| method == "order.place") else { return weight };
        let short = (self.config.orders_per_10_seconds, account.orders_10_seconds.add(now, 0));
        let day = (self.config.orders_per_long_interval(), account.orders_long.add(now, 0));
        format!(
            "{},{},{weight}",
            row("ORDERS", "SECOND", 10, short),
            row("ORDERS", self.config.dialect.long_interval().0, 1, day)
        )
    }

    pub(super) fn generated_id(&mut self) -> String {
        self.generated_ids += 1;
        format!("x-{:020x}", self.generated_ids)
    }
}

fn text_of<'a>(request: &'a Params, name: &str) -> &'a str {
    request.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the venue takes an order, before the matching is asked.
fn accepts(
    market: &Market,
    account: AccountId,
    (order, reduces_only): (&NewOrder, bool),
    client_order_id: &str,
) -> Result<(), Refusal> {
    check_filters(market, order, reduces_only)?;
    let known = market.orders().find(account, None, Some(client_order_id));
    if known.is_some_and(|known| known.status.is_open()) {
        return Err(Refusal::Duplicate);
    }
    if market.orders().open(account).count() >= ACCOUNT_ORDERS_MAX {
        return Err(Refusal::TooMany);
    }
    if market.contracts().is_none() {
        return Ok(());
    }
    match reduces_only {
        true if order.quantity.0 > market.reducible(account, order.side) => Err(Refusal::ReduceOnly),
        false if !market.affords(account, order) => Err(Refusal::no_money()),
        _ => Ok(()),
    }
}
