//! The WebSocket API: requests to trade and to be told, and their answers.

use std::collections::BTreeMap;

use fulmar_bus::record::{Quantity, UnixNanos};
use fulmar_engine::market::decimal::format_fixed;
use fulmar_engine::simulation::matching::{OrderKey, OrderKind};
use serde_json::Value;

use super::config::SCALE;
use super::limits::ACCOUNT_ORDERS_MAX;
use super::mishaps::{Asked, occasion};
use super::reports::{self, Detail};
use super::request::{
    ApiError, ApiRequest, Params, check_filters, client_id, decimal, param, parse_order, too_much_weight,
    weight,
};
use super::signature::{authenticate, text};
use super::venue::Venue;
use super::wire::money;

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
        let fault = occasion(&request.method).and_then(|occasion| self.faults.draw(occasion));
        let asked = Asked { connection, id, request };
        match fault {
            None => self.obey(&asked, now),
            Some(fault) => self.go_wrong(fault, &asked, now),
        }
    }

    /// Does what is asked, answers, and then tells of it.
    pub(super) fn obey(&mut self, asked: &Asked, now: UnixNanos) {
        let frame = self.answer(&asked.id, &asked.request, now);
        self.connections.send(asked.connection, frame);
        self.dispatch(now);
    }

    /// Does what is asked, within the limits, and gives the frame that answers it.
    pub(super) fn answer(&mut self, id: &Value, request: &ApiRequest, now: UnixNanos) -> String {
        let used = self.weight.add(now, weight(&request.method, &request.params));
        let result = if used > self.config.weight_per_minute {
            self.report.requests_limited += 1;
            Err(too_much_weight(self.config.weight_per_minute))
        } else {
            self.api_result(request, now)
        };
        self.written(id, request, result, now)
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
        let method = method.strip_prefix("v3/").unwrap_or(method).to_owned();
        ApiRequest { method, params, signed: None, is_logged_on, connection: Some(connection) }
    }

    pub(super) fn api_result(&mut self, request: &ApiRequest, now: UnixNanos) -> Result<String, ApiError> {
        if now < self.closed_until {
            return Err(ApiError::new(503, -1016, "This service is no longer available."));
        }
        let ApiRequest { method, params, connection, .. } = request;
        if let Some(connection) = *connection {
            match method.as_str() {
                "session.logon" => return self.session_logon(connection, request, now),
                "session.status" => return Ok(self.session_status(connection, now)),
                "session.logout" => return Ok(self.session_logout(connection, now)),
                "userDataStream.unsubscribe" => {
                    let subscription = params.get("subscriptionId").and_then(Value::as_u64);
                    let subscription = subscription.and_then(|index| usize::try_from(index).ok());
                    self.connections.unsubscribe_user(connection, subscription);
                    return Ok("{}".to_owned());
                }
                "userDataStream.subscribe" if self.config.has_keys() && !request.is_logged_on => {
                    return Err(ApiError::new(400, -1002, "You are not authorized to execute this request."));
                }
                "userDataStream.subscribe" => return self.subscribe(connection, param(params, "apiKey")),
                _ => {}
            }
        }
        match method.as_str() {
            "ping" => return Ok("{}".to_owned()),
            "time" => return Ok(format!(r#"{{"serverTime":{}}}"#, now.0 / 1_000_000)),
            _ => {}
        }
        let api_key = authenticate(request, &self.config, now)?;
        let account = self.account(api_key)?;
        if now < self.accounts[account].revoked_until {
            return Err(ApiError::unknown_key());
        }
        match (method.as_str(), *connection) {
            ("userDataStream.subscribe.signature", Some(connection)) => {
                self.subscribe(connection, Some(api_key))
            }
            ("order.place", _) => self.place(account, params, now),
            ("order.cancel", _) => self.cancel(account, params, now),
            ("order.cancelReplace", _) => self.cancel_replace(account, params, now),
            ("order.amend.keepPriority", _) => self.amend(account, params, now),
            ("order.status", _) => self.order_status(account, params),
            ("myTrades", _) => self.my_trades(account, params),
            ("openOrders.status", _) => self.open_orders(account, params),
            ("openOrders.cancelAll", _) => self.cancel_all(account, params, now),
            ("account.status", _) => Ok(self.account_status(account, now)),
            _ => Err(ApiError::new(400, -1020, "This operation is not supported.")),
        }
    }

    /// Gives a connection the user data of a key's account.
    fn subscribe(&mut self, connection: u64, api_key: Option<&str>) -> Result<String, ApiError> {
        let account = self.account(api_key.unwrap_or_default())?;
        let subscription = self.connections.subscribe_user(connection, self.accounts[account].id);
        let active = || ApiError::new(400, -2035, "User Data Stream subscription already active.");
        Ok(format!(r#"{{"subscriptionId":{}}}"#, subscription.ok_or_else(active)?))
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
        let order = parse_order(params)?;
        let generated = self.generated_id();
        let client_order_id = client_id(params, "newClientOrderId", generated)?;
        let detail = match param(params, "newOrderRespType") {
            None if order.kind == OrderKind::PostOnly => Detail::Ack,
            None | Some("FULL") => Detail::Full,
            Some("RESULT") => Detail::Result,
            Some("ACK") => Detail::Ack,
            Some(_) => return Err(ApiError::missing("newOrderRespType")),
        };
        self.count_order(account, now)?;
        let (index, account) = (market, self.accounts[account].id);
        let market = &mut self.markets[index];
        check_filters(market, &order)?;
        let known = market.orders().find(account, None, Some(&client_order_id));
        if known.is_some_and(|known| known.status.is_open()) {
            return Err(ApiError::new(400, -2010, "Duplicate order sent."));
        }
        if market.orders().open(account).count() >= ACCOUNT_ORDERS_MAX {
            return Err(ApiError::new(400, -1013, "Filter failure: MAX_NUM_ORDERS"));
        }
        let config = market.config().clone();
        let (placed, fills) = market.place(account, order, client_order_id, now)?;
        Ok(((index, placed.key.number), reports::placed(&config, placed, &fills, detail)))
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
        let config = market.config().clone();
        let canceled = market.cancel(key, &cancel_id, now).ok_or_else(unknown)?;
        Ok(reports::canceled(&config, canceled, &cancel_id))
    }

    /// Lowers the quantity of an order, which has a new id from then on.
    fn amend(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let key = self.find_order(account, params)?;
        let quantity = Quantity(decimal(params, "newQty")?);
        let generated = self.generated_id();
        let new_id = client_id(params, "newClientOrderId", generated)?;
        let (market, key) = key.ok_or_else(|| ApiError::new(400, -2013, "Order does not exist."))?;
        let market = &mut self.markets[market];
        let config = market.config().clone();
        let original_id = market.orders().get(key.number).map(|order| order.client_order_id.clone());
        if market.is_halted() {
            return Err(ApiError::new(400, -1013, "Market is closed."));
        }
        if quantity.0 % config.step.0 != 0 {
            return Err(ApiError::new(400, -1013, "Filter failure: LOT_SIZE"));
        }
        let refused = || ApiError::new(400, -2038, "The requested action would change no state; rejecting.");
        let amended = market.reduce(key, quantity, new_id, now).ok_or_else(refused)?;
        Ok(reports::amended(&config, amended, &original_id.unwrap_or_default()))
    }

    fn order_status(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let found = self.find_order(account, params)?;
        let found = found.and_then(|(market, key)| {
            let market = &self.markets[market];
            Some(reports::status(market.config(), market.orders().get(key.number)?))
        });
        found.ok_or_else(|| ApiError::new(400, -2013, "Order does not exist."))
    }

    fn open_orders(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let wanted = match param(params, "symbol") {
            None => None,
            symbol => Some(self.market(symbol)?),
        };
        let account = self.accounts[account].id;
        let markets =
            self.markets.iter().enumerate().filter(|(index, _)| wanted.is_none_or(|wanted| wanted == *index));
        let rows = markets.flat_map(|(_, market)| {
            market.orders().open(account).map(|order| reports::status(market.config(), order))
        });
        Ok(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
    }

    fn cancel_all(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let account = self.accounts[account].id;
        let cancel_id = self.generated_id();
        let market = &mut self.markets[market];
        let keys: Vec<OrderKey> = market.orders().open(account).map(|order| order.key).collect();
        if keys.is_empty() {
            return Err(ApiError::new(400, -2011, "Unknown order sent."));
        }
        let config = market.config().clone();
        let rows: Vec<String> = keys
            .into_iter()
            .filter_map(|key| {
                Some(reports::canceled(&config, market.cancel(key, &cancel_id, now)?, &cancel_id))
            })
            .collect();
        Ok(format!("[{}]", rows.join(",")))
    }

    fn account_status(&self, account: usize, now: UnixNanos) -> String {
        let id = self.accounts[account].id;
        let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for market in &self.markets {
            let (free, locked) = (market.matching().ledger().free(id), market.matching().ledger().locked(id));
            // The ledger holds base at one scale and money at two.
            let unit = 10i128.pow(u32::from(SCALE));
            let base = (&market.config().base, free.base * unit, locked.base * unit);
            let quote = (&market.config().quote, free.quote, locked.quote);
            for (asset, free, locked) in [base, quote] {
                let sum = sums.entry(asset).or_default();
                *sum = (sum.0 + free, sum.1 + locked);
            }
        }
        let row = |(asset, (free, locked)): (&&str, &(i128, i128))| {
            format!(r#"{{"asset":"{asset}","free":"{}","locked":"{}"}}"#, money(*free), money(*locked))
        };
        let balances: Vec<String> = sums.iter().map(row).collect();
        let fee_bps = self.config.fee_bps;
        let rate = format_fixed(i128::from(fee_bps), 4, SCALE);
        format!(
            concat!(
                r#"{{"makerCommission":{fee},"takerCommission":{fee},"buyerCommission":0,"sellerCommission":0,"#,
                r#""canTrade":true,"canWithdraw":true,"canDeposit":true,"commissionRates":{{"maker":"{rate}","#,
                r#""taker":"{rate}","buyer":"0.00000000","seller":"0.00000000"}},"brokered":false,"#,
                r#""requireSelfTradePrevention":false,"preventSor":false,"updateTime":{now},"accountType":"SPOT","#,
                r#""balances":[{balances}],"permissions":["SPOT"],"uid":{uid}}}"#
            ),
            fee = fee_bps,
            rate = rate,
            now = now.0 / 1_000_000,
            balances = balances.join(","),
            uid = id.0,
        )
    }

    /// The order that a request names: its market, and its key where the account has such an order.
    fn find_order(&self, account: usize, params: &Params) -> Result<Option<(usize, OrderKey)>, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let number = params.get("orderId").and_then(|value| text(value).parse().ok());
        let client_id = param(params, "origClientOrderId");
        if number.is_none() && client_id.is_none() {
            return Err(ApiError::new(
                400,
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            ));
        }
        let found = self.markets[market].orders().find(self.accounts[account].id, number, client_id);
        Ok(found.map(|order| (market, order.key)))
    }

    fn count_order(&mut self, account: usize, now: UnixNanos) -> Result<(), ApiError> {
        let account = &mut self.accounts[account];
        let (short, day) = (account.orders_10_seconds.add(now, 1), account.orders_day.add(now, 1));
        let (short_max, day_max) = (self.config.orders_per_10_seconds, self.config.orders_per_day);
        let limit = if short > short_max {
            format!("{short_max} orders per 10 SECOND")
        } else if day > day_max {
            format!("{day_max} orders per 1 DAY")
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
        let day = (self.config.orders_per_day, account.orders_day.add(now, 0));
        format!("{},{},{weight}", row("ORDERS", "SECOND", 10, short), row("ORDERS", "DAY", 1, day))
    }

    pub(super) fn generated_id(&mut self) -> String {
        self.generated_ids += 1;
        format!("x-{:020x}", self.generated_ids)
    }
}

fn text_of<'a>(request: &'a Params, name: &str) -> &'a str {
    request.get(name).and_then(Value::as_str).unwrap_or_default()
}
