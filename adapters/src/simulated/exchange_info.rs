//! `exchangeInfo`: what is traded, in which steps, and what may be asked how often.

use fulmar_bus::record::UnixNanos;

use super::dialect::Dialect;
use super::limits::{ACCOUNT_ORDERS_MAX, ICEBERG_PARTS_MAX};
use super::market::Market;
use super::request::ApiError;
use super::rest::HttpRequest;
use super::venue::Venue;
use super::wire;

impl Venue {
    pub(super) fn exchange_info(&self, request: &HttpRequest, now: UnixNanos) -> Result<String, ApiError> {
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
                r#""interval":"{long_name}","intervalNum":1,"limit":{long}}},{{"rateLimitType":"RAW_REQUESTS","#,
                r#""interval":"MINUTE","intervalNum":5,"limit":61000}}],"exchangeFilters":[],"symbols":[{symbols}]}}"#
            ),
            now = now.0 / 1_000_000,
            weight = self.config.weight_per_minute,
            short = self.config.orders_per_10_seconds,
            long_name = self.config.dialect.long_interval().0,
            long = self.config.orders_per_long_interval(),
            symbols = symbols.join(","),
        ))
    }
}

fn symbol_info(market: &Market) -> String {
    match market.wire().dialect {
        Dialect::Spot => spot_symbol(market),
        Dialect::UsdMargined => usd_margined_symbol(market),
    }
}

fn usd_margined_symbol(market: &Market) -> String {
    let (config, wire) = (market.config(), market.wire());
    let [price_digits, quantity_digits] = wire.digits();
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","pair":"{symbol}","contractType":"PERPETUAL","deliveryDate":4133404800000,"#,
            r#""onboardDate":1569398400000,"status":"{status}","maintMarginPercent":"2.5000","#,
            r#""requiredMarginPercent":"5.0000","baseAsset":"{base}","quoteAsset":"{quote}","marginAsset":"{quote}","#,
            r#""pricePrecision":{price_digits},"quantityPrecision":{quantity_digits},"baseAssetPrecision":8,"#,
            r#""quotePrecision":8,"underlyingType":"COIN","filters":["#,
            r#"{{"filterType":"PRICE_FILTER","minPrice":"{tick}","maxPrice":"{price_max}","tickSize":"{tick}"}},"#,
            r#"{{"filterType":"LOT_SIZE","minQty":"{step}","maxQty":"{quantity_max}","stepSize":"{step}"}},"#,
            r#"{{"filterType":"MARKET_LOT_SIZE","minQty":"{step}","maxQty":"{quantity_max}","stepSize":"{step}"}},"#,
            r#"{{"filterType":"MAX_NUM_ORDERS","limit":{orders}}},"#,
            r#"{{"filterType":"MIN_NOTIONAL","notional":"{notional}"}}],"orderTypes":["LIMIT","MARKET"],"#,
            r#""timeInForce":["GTC","IOC","FOK","GTX"]}}"#
        ),
        symbol = wire.symbol,
        status = if market.is_halted() { "SETTLING" } else { "TRADING" },
        base = wire.base,
        quote = wire.quote,
        price_digits = price_digits,
        quantity_digits = quantity_digits,
        tick = wire.price(config.tick),
        price_max = "1000000",
        step = wire.quantity(config.step.0),
        quantity_max = "1000",
        orders = ACCOUNT_ORDERS_MAX,
        notional = wire::number(config.notional_min),
    )
}

fn spot_symbol(market: &Market) -> String {
    let config = market.config();
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","status":"{status}","baseAsset":"{base}","baseAssetPrecision":8,"#,
            r#""quoteAsset":"{quote}","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,"#,
            r#""quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":true,"#,
            r#""ocoAllowed":false,"otoAllowed":false,"quoteOrderQtyMarketAllowed":false,"#,
            r#""allowTrailingStop":false,"cancelReplaceAllowed":true,"amendAllowed":true,"#,
            r#""isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"filters":["#,
            r#"{{"filterType":"PRICE_FILTER","minPrice":"{tick}","maxPrice":"1000000.00000000","tickSize":"{tick}"}},"#,
            r#"{{"filterType":"LOT_SIZE","minQty":"{step}","maxQty":"9000.00000000","stepSize":"{step}"}},"#,
            r#"{{"filterType":"NOTIONAL","minNotional":"{notional}","applyMinToMarket":true,"#,
            r#""maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}},"#,
            r#"{{"filterType":"ICEBERG_PARTS","limit":{parts}}},"#,
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
        parts = ICEBERG_PARTS_MAX,
    )
}
