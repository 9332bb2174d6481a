//! The HTTP side: public market data as the real venue gives it. What stands under `/simulated/`, which no real venue
//! has, is in `ledger`.

use std::collections::BTreeMap;

use fulmar_bus::record::{Side, UnixNanos};

use super::dialect::Dialect;
use super::mishaps::occasion;
use super::request::{ApiError, ApiRequest, Params, too_much_weight};
use super::venue::Venue;

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
        self.admit(method, &params, now)?;
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
        let route = request.route.replacen(self.config.dialect.public_path(), "", 1);
        self.weigh(&route, symbol, limit, now)?;
        match route.as_str() {
            "GET ping" => Ok("{}".to_owned()),
            "GET time" => Ok(format!(r#"{{"serverTime":{}}}"#, now.0 / 1_000_000)),
            "GET depth" => self.depth(symbol, limit, now),
            "GET exchangeInfo" => self.exchange_info(request, now),
            "GET premiumIndex" if self.config.dialect == Dialect::UsdMargined => {
                self.premium_index(symbol, now)
            }
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
        let weight = match (route, self.config.dialect) {
            ("GET exchangeInfo", Dialect::Spot) => 20,
            ("GET depth", dialect) if symbol.is_some() => {
                dialect.snapshot_weight(snapshot_levels(dialect, limit)?)
            }
            _ => 1,
        };
        if self.weight.add(now, weight) <= self.config.weight_per_minute {
            return Ok(());
        }
        self.report.requests_limited += 1;
        Err(too_much_weight(self.config.weight_per_minute))
    }

    fn depth(
        &self,
        symbol: Option<&str>,
        limit: Option<&String>,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let market = &self.markets[self.market(symbol)?];
        let (matching, wire, count) =
            (market.matching(), market.wire(), snapshot_levels(self.config.dialect, limit)?);
        let side = |side| wire.levels(matching.levels(side).take(count));
        let sides = (side(Side::Buy), side(Side::Sell));
        Ok(wire.snapshot(now.0 / 1_000_000, matching.update_id(), (&sides.0, &sides.1)))
    }
}

fn snapshot_levels(dialect: Dialect, limit: Option<&String>) -> Result<usize, ApiError> {
    let (most, usual) = dialect.snapshot_levels();
    let Some(limit) = limit else { return Ok(usual) };
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
    Ok(count.min(most))
}
