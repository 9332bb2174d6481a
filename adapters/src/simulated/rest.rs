//! The HTTP side: public market data as the real venue gives it, and under `/simulated/` the truth that no real venue
//! tells, for tests and the demo.

use std::collections::BTreeMap;

use fulmar_bus::record::{Side, UnixNanos};
use fulmar_engine::market::decimal::format_scaled;

use super::config::SCALE;
use super::limits::{ACCOUNT_ORDERS_MAX, SNAPSHOT_LEVELS_MAX};
use super::market::Market;
use super::request::{ApiError, too_much_weight};
use super::venue::Venue;
use super::wire;

/// A request as it came: `GET /api/v3/depth`, and its query.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Method, a blank, and path.
    pub route: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
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
        let symbol = request.query.get("symbol").map(String::as_str);
        let limit = request.query.get("limit");
        let result = match request.route.as_str() {
            "GET /simulated/truth" => self.truth(request.query.get("account").map(String::as_str), symbol),
            "POST /simulated/pause" => Ok(self.pause(now)),
            "POST /simulated/resume" => Ok(self.resume(now)),
            "POST /simulated/halt" => self.halt(symbol, true, now),
            "POST /simulated/open" => self.halt(symbol, false, now),
            route => self.weigh(route, symbol, limit, now).and_then(|()| match route {
                "GET /api/v3/ping" => Ok("{}".to_owned()),
                "GET /api/v3/time" => Ok(format!(r#"{{"serverTime":{}}}"#, now.0 / 1_000_000)),
                "GET /api/v3/depth" => self.depth(symbol, limit),
                "GET /api/v3/exchangeInfo" => self.exchange_info(request, now),
                _ => Err(ApiError::new(404, -1000, "Not found.")),
            }),
        };
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body()),
        };
        let used_weight = self.weight.add(now, 0);
        let retry_after = (status == 429).then(|| self.weight.seconds_left(now));
        HttpAnswer { status, body, used_weight, retry_after }
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

    /// What an account has really got: of the first symbol where none is named.
    fn truth(&self, api_key: Option<&str>, symbol: Option<&str>) -> Result<String, ApiError> {
        let market = match symbol {
            None => &self.markets[0],
            symbol => &self.markets[self.market(symbol)?],
        };
        let account = self.accounts.iter().find(|account| Some(account.api_key.as_str()) == api_key);
        let account = account.ok_or_else(|| ApiError::new(404, -2015, "No such account."))?;
        let matching = market.matching();
        let change = matching.ledger().change(account.id);
        let best = |side| matching.best(side).map_or(0, |level| i128::from(level.price.0));
        // Half the sum of both prices, exactly: five times the sum, at one digit more.
        let mark = (best(Side::Buy) + best(Side::Sell)) * 5;
        let pnl = change.quote * 10 + change.base * mark;
        Ok(format!(
            concat!(
                r#"{{"symbol":"{symbol}","position":"{position}","cash":"{cash}","mark":"{mark}","pnl":"{pnl}","#,
                r#""orders_received":{received},"fills":{fills},"open_orders":{open},"update_id":{update_id}}}"#
            ),
            symbol = market.symbol(),
            position = format_scaled(change.base, SCALE),
            cash = format_scaled(change.quote, 2 * SCALE),
            mark = format_scaled(mark, SCALE + 1),
            pnl = format_scaled(pnl, 2 * SCALE + 1),
            received = account.orders_received,
            fills = market.trades().count_of(account.id),
            open = market.orders().open(account.id).count(),
            update_id = matching.update_id(),
        ))
    }

    fn pause(&mut self, now: UnixNanos) -> String {
        for market in &mut self.markets {
            market.pause(now);
        }
        self.dispatch();
        self.update_ids(true)
    }

    fn resume(&mut self, now: UnixNanos) -> String {
        for market in &mut self.markets {
            market.resume(now);
        }
        self.update_ids(false)
    }

    /// Stops trading in a symbol, or lets it go on.
    fn halt(&mut self, symbol: Option<&str>, is_halted: bool, now: UnixNanos) -> Result<String, ApiError> {
        let market = self.market(symbol)?;
        self.markets[market].halt(is_halted, now);
        Ok(format!(r#"{{"halted":{is_halted}}}"#))
    }

    fn update_ids(&self, is_paused: bool) -> String {
        let ids = self
            .markets
            .iter()
            .map(|market| format!(r#""{}":{}"#, market.symbol(), market.matching().update_id()));
        let ids: Vec<String> = ids.collect();
        let first = self.markets[0].matching().update_id();
        format!(r#"{{"paused":{is_paused},"update_id":{first},"update_ids":{{{}}}}}"#, ids.join(","))
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
