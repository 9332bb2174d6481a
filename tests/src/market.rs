//! A market for tests: frames as Binance spot sends them, written here and nowhere near the code that reads them.

/// The one symbol of this market.
pub const SYMBOL: &str = "BTCUSDT";

/// The name of its instrument.
pub const INSTRUMENT: &str = "binance-spot:BTCUSDT";

/// Levels as the wire has them: price and quantity, in text.
pub type Levels<'a> = &'a [(&'a str, &'a str)];

/// The answer to the question what is traded, with the path that was asked for.
pub fn definition() -> String {
    let filters = [
        r#"{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01"}"#,
        r#"{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.00000","stepSize":"0.00001"}"#,
        r#"{"filterType":"NOTIONAL","minNotional":"5.00","maxNotional":"9000000.00"}"#,
    ];
    let assets = r#""baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","quotePrecision":8"#;
    let symbol =
        format!(r#"{{"symbol":"{SYMBOL}","status":"TRADING",{assets},"filters":[{}]}}"#, filters.join(","));
    format!("/api/v3/exchangeInfo\n{{\"symbols\":[{symbol}]}}")
}

/// The answer to the question for the whole book, as it stood after update `last`.
pub fn snapshot(last: u64, bids: Levels<'_>, asks: Levels<'_>) -> String {
    let (bids, asks) = (levels(bids), levels(asks));
    format!(
        "/api/v3/depth?symbol={SYMBOL}&limit=1000\n{{\"lastUpdateId\":{last},\"bids\":{bids},\"asks\":{asks}}}"
    )
}

/// Levels that changed by the updates `first` to `last`.
pub fn depth((first, last): (u64, u64), bids: Levels<'_>, asks: Levels<'_>) -> String {
    let (bids, asks) = (levels(bids), levels(asks));
    let data = format!(
        r#"{{"e":"depthUpdate","E":1723161256299,"s":"{SYMBOL}","U":{first},"u":{last},"b":{bids},"a":{asks}}}"#
    );
    stream("depth@100ms", &data)
}

/// A trade in which a buyer took.
pub fn trade(trade_id: u64, price: &str, quantity: &str) -> String {
    let numbers = format!(r#""t":{trade_id},"p":"{price}","q":"{quantity}","T":1723161255342"#);
    let data = format!(r#"{{"e":"trade","E":1723161255343,"s":"{SYMBOL}",{numbers},"m":false,"M":true}}"#);
    stream("trade", &data)
}

/// The venue's own best bid and ask.
pub fn ticker(update_id: u64, bid: (&str, &str), ask: (&str, &str)) -> String {
    let ((bid, bid_quantity), (ask, ask_quantity)) = (bid, ask);
    let best = format!(r#""b":"{bid}","B":"{bid_quantity}","a":"{ask}","A":"{ask_quantity}""#);
    stream("bookTicker", &format!(r#"{{"u":{update_id},"s":"{SYMBOL}",{best}}}"#))
}

fn stream(name: &str, data: &str) -> String {
    format!(r#"{{"stream":"{}@{name}","data":{data}}}"#, SYMBOL.to_lowercase())
}

fn levels(levels: Levels<'_>) -> String {
    let pairs = levels.iter().map(|(price, quantity)| format!(r#"["{price}","{quantity}"]"#));
    format!("[{}]", pairs.collect::<Vec<_>>().join(","))
}
