//! The HTTP side: public market data as the real venue gives it. What stands under `/simulated/`, which no real venue
//! has, is in `ledger`.

use std::collections::BTreeMap;

use fulmar_bus::record::{Side, UnixNanos};

use super::limits::{ACCOUNT_ORDERS_MAX, SNAPSHOT_LEVELS_MAX};
use super::market::Market;
use super::mishaps::occasion;
use super::request::{ApiError, ApiRequest, Params, too_much_weight, weight};
use super::venue::Venue;
use super::wire;

/// A request as it came: `GET /api/v3/depth`, and its query.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Method, a blank, and path.
    pub route: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// The query as it came.
    pub raw_query: String,
    /// The key in the head of the request.
    pub api_key: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// Request weight used in this minute.
    pub used_weight: u32,
    /// Seconds to wait, where too much was used.
    pub retry_after: Option<u64>,
}

impl Venue {
    /// Answers one HTTP request.
    pub fn http_request(&mut self, request: &HttpRequest, now: UnixNanos) -> HttpAnswer {
        let result = match request.route.split_once(" /simulated/") {
            Some((verb, what)) => self.simulated(&format!("{verb} {what}"), &request.query, now),
            None => match self.config.dialect.method_of(&request.route) {
                Some(method) => self.private(method, request, now),
                None => self.public(request, now),
            },
        };
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body()),
        };
        let used_weight = self.weight.add(now, 0);
        let retry_after = (status == 429).then(|| self.weight.seconds_left(now));
        HttpAnswer { status, body, used_weight, retry_after }
    }

    /// Answers what the API answers too, of which HTTP is another way to ask.
    fn private(&mut self, method: &str, request: &HttpRequest, now: UnixNanos) -> Result<String, ApiError> {
        let mut params: Params =
            request.query.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        if let Some(api_key) = &request.api_key {
            params.insert("apiKey".to_owned(), api_key.as_str().into());
        }
        let used = self.weight.add(now, weight(method, &params));
        if used > self.config.weight_per_minute {
            self.report.requests_limited += 1;
            return Err(too_much_weight(self.config.weight_per_minute));
        }
        // The signature is the last of the parameters, and what stands before it is signed.
        let signed = request.raw_query.split("signature=").next().unwrap_or_default().trim_end_matches('&');
        let signed = Some(signed.to_owned());
        let request = ApiRequest { method: method.to_owned(), params, signed, ..ApiRequest::default() };
        let fault = occasion(method).and_then(|occasion| self.faults.draw(occasion));
        if let Some(fault) = fault {
            return self.go_wrong_http(fault, &request, now);
        }
        let result = self.api_result(&request, now);
        self.dispatch(now);
        result
    }

    /// Answers what anybody may ask.
    fn public(&mut self, request: &HttpRequest, now: UnixNanos) -> Result<String, ApiError> {
        let symbol = request.query.get("symbol").map(String::as_str);
        let limit = request.query.get("limit");
        let route = request.route.as_str();
        self.weigh(route, symbol, limit, now)?;
        match route {
            "GET /api/v3/ping" => Ok("{}".to_owned()),
            "GET /api/v3/time" => Ok(format!(r#"{{"serverTime":{}}}"#, now.0 / 1_000_000)),
            "GET /api/v3/depth" => self.depth(symbol, limit),
            "GET /api/v3/exchangeInfo" => self.exchange_info(request, now),
            _ => Err(ApiError::new(404, -1000, "Not found.")),
        }
    }

    fn weigh(
        &mut self,
        route: &str,
        symbol: Option<&str>,
        limit: Option<&String>,
        now: UnixNanos,
    ) -> Result<(), ApiError> {
        let weight = match route {
            "GET /api/v3/exchangeInfo" => 20,
            "GET /api/v3/depth" if symbol.is_some() => match snapshot_levels(limit)? {
                0..=100 => 5,
                101..=500 => 25,
                501..=1_000 => 50,
                _ => 250,
            },
            _ => 1,
        };
        if self.weight.add(now, weight) <= self.config.weight_per_minute {
            return Ok(());
        }
        self.report.requests_limited += 1;
        Err(too_much_weight(self.config.weight_per_minute))
    }

    fn depth(&self, symbol: Option<&str>, limit: Option<&String>) -> Result<String, ApiError> {
        let matching = self.markets[self.market(symbol)?].matching();
        let count = snapshot_levels(limit)?;
        let side = |side| wire::levels(matching.levels(side).take(count));
        Ok(wire::snapshot(matching.update_id(), &side(Side::Buy), &side(Side::Sell)))
    }

    fn exchange_info(&self, request: &HttpRequest, now: UnixNanos) -> Result<String, ApiError> {
        let markets: Vec<&Market> = match (request.query.get("symbol"), request.query.get("symbols")) {
            (None, None) => self.markets.iter().collect(),
            (Some(symbol), _) => vec![&self.markets[self.market(Some(symbol))?]],
            (None, Some(list)) => {
                let names: Vec<String> =
                    serde_json::from_str(list).map_err(|_| ApiError::missing("symbols"))?;
                let found = names.iter().map(|name| Ok(&self.markets[self.market(Some(name))?]));
                found.collect::<Result<_, ApiError>>()?
            }
        };
        let symbols: Vec<String> = markets.into_iter().map(symbol_info).collect();
        Ok(format!(
            concat!(
                r#"{{"timezone":"UTC","serverTime":{now},"rateLimits":[{{"rateLimitType":"REQUEST_WEIGHT","#,
                r#""interval":"MINUTE","intervalNum":1,"limit":{weight}}},{{"rateLimitType":"ORDERS","#,
                r#""interval":"SECOND","intervalNum":10,"limit":{short}}},{{"rateLimitType":"ORDERS","#,
                r#""interval":"DAY","intervalNum":1,"limit":{day}}},{{"rateLimitType":"RAW_REQUESTS","#,
                r#""interval":"MINUTE","intervalNum":5,"limit":61000}}],"exchangeFilters":[],"symbols":[{symbols}]}}"#
            ),
            now = now.0 / 1_000_000,
            weight = self.config.weight_per_minute,
            short = self.config.orders_per_10_seconds,
            day = self.config.orders_per_day,
            symbols = symbols.join(","),
        ))
    }
}

fn snapshot_levels(limit: Option<&String>) -> Result<usize, ApiError> {
    let Some(limit) = limit else { return Ok(100) };
    let count: usize = limit.parse().map_err(|_| {
        ApiError::new(
            400,
            -1100,
            "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'.",
        )
    })?;
    if count == 0 {
        return Err(ApiError::missing("limit"));
    }
    Ok(count.min(SNAPSHOT_LEVELS_MAX))
}

fn symbol_info(market: &Market) -> String {
    let config = market.config();
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","status":"{status}","baseAsset":"{base}","baseAssetPrecision":8,"#,
            r#""quoteAsset":"{quote}","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,"#,
            r#""quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":false,"#,
            r#""ocoAllowed":false,"otoAllowed":false,"quoteOrderQtyMarketAllowed":false,"#,
            r#""allowTrailingStop":false,"cancelReplaceAllowed":true,"amendAllowed":true,"#,
            r#""isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"filters":["#,
            r#"{{"filterType":"PRICE_FILTER","minPrice":"{tick}","maxPrice":"1000000.00000000","tickSize":"{tick}"}},"#,
            r#"{{"filterType":"LOT_SIZE","minQty":"{step}","maxQty":"9000.00000000","stepSize":"{step}"}},"#,
            r#"{{"filterType":"NOTIONAL","minNotional":"{notional}","applyMinToMarket":true,"#,
            r#""maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}},"#,
            r#"{{"filterType":"MAX_NUM_ORDERS","maxNumOrders":{orders}}}],"permissions":[],"#,
            r#""permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"NONE","#,
            r#""allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH"]}}"#
        ),
        symbol = market.symbol(),
        status = if market.is_halted() { "HALT" } else { "TRADING" },
        base = config.base,
        quote = config.quote,
        tick = wire::number(config.tick.0),
        step = wire::number(config.step.0),
        notional = wire::number(config.notional_min),
        orders = ACCOUNT_ORDERS_MAX,
    )
}
