//! Writes frames as Binance sends them.

use fulmar_adapters::binance::Product;

/// Levels as they are written: prices and quantities as text.
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// When a snapshot of futures was made.
const FUTURES_MOMENTS: &str = "\"E\":1723161256501,\"T\":1723161256500,";

/// Writes the frames of one product.
#[derive(Clone, Copy)]
pub struct Writer(pub Product);

impl Writer {
    /// `depthUpdate`; futures name `previous` as `pu`.
    pub fn depth(self, symbol: &str, numbers: [u64; 3], bids: Pairs, asks: Pairs) -> String {
        let [first, last, previous] = numbers;
        let (traded_at, link) = match self.0 {
            Product::Spot => (String::new(), String::new()),
            _ => (",\"T\":1723161256298".to_owned(), format!(",\"pu\":{previous}")),
        };
        let pair = self.pair();
        let (bids, asks) = (pairs(bids), pairs(asks));
        self.combined(
            symbol,
            "depth@100ms",
            &format!(
                r#"{{"e":"depthUpdate","E":1723161256299{traded_at},"s":"{symbol}"{pair},"U":{first},"u":{last}{link},"b":{bids},"a":{asks}}}"#
            ),
        )
    }

    /// `trade`.
    pub fn trade(
        self,
        symbol: &str,
        trade_id: u64,
        (price, quantity): (&str, &str),
        buyer_is_maker: bool,
    ) -> String {
        let data = match self.0 {
            Product::Spot => format!(
                r#"{{"e":"trade","E":1723161255343,"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{quantity}","T":1723161255342,"m":{buyer_is_maker},"M":true}}"#
            ),
            _ => format!(
                r#"{{"e":"trade","E":1723161255343,"T":1723161255342,"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{quantity}","X":"MARKET","m":{buyer_is_maker}}}"#
            ),
        };
        self.combined(symbol, "trade", &data)
    }

    /// `aggTrade`.
    pub fn aggregate(self, symbol: &str, trade_id: u64, price: &str, quantity: &str) -> String {
        let data = match self.0 {
            Product::Spot => format!(
                r#"{{"e":"aggTrade","E":1633998511234,"s":"{symbol}","a":{trade_id},"p":"{price}","q":"{quantity}","f":7,"l":9,"T":1633998511233,"m":false,"M":true}}"#
            ),
            _ => format!(
                r#"{{"e":"aggTrade","E":1633998511234,"a":{trade_id},"s":"{symbol}","p":"{price}","q":"{quantity}","f":7,"l":9,"T":1633998511233,"m":false}}"#
            ),
        };
        self.combined(symbol, "aggTrade", &data)
    }

    /// `bookTicker`.
    pub fn ticker(self, symbol: &str, update_id: u64, bid: (&str, &str), ask: (&str, &str)) -> String {
        let (event, moments) = match self.0 {
            Product::Spot => ("", ""),
            _ => ("\"e\":\"bookTicker\",", ",\"T\":1723161256313,\"E\":1723161256314"),
        };
        let pair = self.pair();
        let ((bid, bid_quantity), (ask, ask_quantity)) = (bid, ask);
        let data = format!(
            r#"{{{event}"u":{update_id},"s":"{symbol}"{pair},"b":"{bid}","B":"{bid_quantity}","a":"{ask}","A":"{ask_quantity}"{moments}}}"#
        );
        self.combined(symbol, "bookTicker", &data)
    }

    /// The answer to a request for a whole book, with the path that was asked for.
    pub fn snapshot(self, symbol: &str, update_id: u64, bids: Pairs, asks: Pairs) -> String {
        let (path, moments) = match self.0 {
            Product::Spot => ("/api/v3", ""),
            Product::UsdMargined => ("/fapi/v1", FUTURES_MOMENTS),
            Product::CoinMargined => ("/dapi/v1", FUTURES_MOMENTS),
        };
        let (bids, asks) = (pairs(bids), pairs(asks));
        format!(
            "{path}/depth?symbol={symbol}&limit=1000\n{{\"lastUpdateId\":{update_id},{moments}\"bids\":{bids},\"asks\":{asks}}}"
        )
    }

    /// What coin-margined messages of books have behind the symbol.
    const fn pair(self) -> &'static str {
        if matches!(self.0, Product::CoinMargined) { ",\"ps\":\"BTCUSD\"" } else { "" }
    }

    fn combined(self, symbol: &str, stream: &str, data: &str) -> String {
        format!(r#"{{"stream":"{}@{stream}","data":{data}}}"#, symbol.to_lowercase())
    }
}

fn pairs(levels: Pairs) -> String {
    let pairs: Vec<_> =
        levels.iter().map(|(price, quantity)| format!(r#"["{price}","{quantity}"]"#)).collect();
    format!("[{}]", pairs.join(","))
}
