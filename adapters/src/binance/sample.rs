//! The venue's frames, made from what they are to say.

use super::config::Product;
use super::market_data::Binance;
use crate::session::sample::{BookSample, Sample, SampleFrame, TopSample, TradeSample, joined, level_pairs};

impl Sample for Binance {
    fn symbols(&self) -> [&'static str; 2] {
        match self.product() {
            Product::Spot | Product::UsdMargined => ["BTCUSDT", "ETHUSDT"],
            Product::CoinMargined => ["BTCUSD_PERP", "ETHUSD_PERP"],
        }
    }

    fn digits(&self) -> [u8; 2] {
        match self.product() {
            Product::Spot => [8, 8],
            Product::UsdMargined => [2, 3],
            Product::CoinMargined => [1, 0],
        }
    }

    fn definitions(&self, symbols: &[&str]) -> Option<SampleFrame> {
        let contract = if self.product().is_futures() {
            r#""contractType":"PERPETUAL","pricePrecision":1,"quantityPrecision":8"#
        } else {
            r#""baseAssetPrecision":8,"quotePrecision":1"#
        };
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}",{contract},"baseAsset":"BTC","quoteAsset":"USD","filters":[{{"filterType":"PRICE_FILTER","maxPrice":"1000000.0","tickSize":"0.1"}},{{"filterType":"LOT_SIZE","minQty":"0.00000001","maxQty":"9000.00000000","stepSize":"0.00000001"}}]}}"#
            )
        };
        let all = joined(symbols, one);
        let path = format!("{}/exchangeInfo", self.product().rest_path());
        Some(SampleFrame::Answer(path, format!(r#"{{"symbols":[{all}]}}"#)))
    }

    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, .. } = book;
        let (bids, asks) = (level_pairs(book.bids), level_pairs(book.asks));
        let is_futures = self.product().is_futures();
        if book.is_snapshot {
            let path = format!("{}/depth?symbol={symbol}&limit=1000", self.product().rest_path());
            let moments = if is_futures { format!(r#""E":{at_ms},"T":{at_ms},"#) } else { String::new() };
            let body = format!(r#"{{"lastUpdateId":{step},{moments}"bids":{bids},"asks":{asks}}}"#);
            return SampleFrame::Answer(path, body);
        }
        let (traded_at, link) = if is_futures {
            (format!(r#","T":{at_ms}"#), format!(r#","pu":{}"#, step - 1))
        } else {
            (String::new(), String::new())
        };
        let pair = self.pair();
        let event = format!(
            r#"{{"e":"depthUpdate","E":{at_ms}{traded_at},"s":"{symbol}"{pair},"U":{step},"u":{step}{link},"b":{bids},"a":{asks}}}"#
        );
        SampleFrame::Message(combined(symbol, "depth@100ms", &event))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, at_ms, price, quantity, is_buy, .. } = trade;
        let is_maker = !is_buy;
        let event = if self.product().is_futures() {
            format!(
                r#"{{"e":"trade","E":{at_ms},"T":{at_ms},"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{quantity}","X":"MARKET","m":{is_maker}}}"#
            )
        } else {
            format!(
                r#"{{"e":"trade","E":{at_ms},"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{quantity}","T":{at_ms},"m":{is_maker},"M":true}}"#
            )
        };
        combined(symbol, "trade", &event)
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, step, at_ms, bid, ask, .. } = top;
        let (event, moments) = if self.product().is_futures() {
            (r#""e":"bookTicker","#, format!(r#","T":{at_ms},"E":{at_ms}"#))
        } else {
            ("", String::new())
        };
        let pair = self.pair();
        let event = format!(
            r#"{{{event}"u":{step},"s":"{symbol}"{pair},"b":"{}","B":"{}","a":"{}","A":"{}"{moments}}}"#,
            bid.0, bid.1, ask.0, ask.1
        );
        Some(combined(symbol, "bookTicker", &event))
    }

    fn unused(&self, _frame: u64) -> String {
        r#"{"stream":"btcusdt@24hrTicker","data":{"e":"24hrTicker","E":1,"s":"BTCUSDT"}}"#.to_owned()
    }

    fn refusal(&self, _symbol: &str, _frame: u64) -> Option<String> {
        Some(r#"{"error":{"code":2,"msg":"Invalid request: unknown stream"},"id":1}"#.to_owned())
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        Some(r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}"#.to_owned())
    }
}

impl Binance {
    /// What coin-margined messages of books have behind the symbol.
    const fn pair(&self) -> &'static str {
        if matches!(self.product(), Product::CoinMargined) { r#","ps":"BTCUSD""# } else { "" }
    }
}

fn combined(symbol: &str, stream: &str, event: &str) -> String {
    format!(r#"{{"stream":"{}@{stream}","data":{event}}}"#, symbol.to_lowercase())
}
