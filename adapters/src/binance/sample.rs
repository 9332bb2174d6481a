//! The venue's frames, made from what they are to say.

use super::config::Product;
use super::market_data::Binance;
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, MarkPriceSample, Sample, SampleFrame, TopSample,
    TradeSample, joined, level_pairs,
};

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

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
        let status_key = if self.product() == Product::CoinMargined { "contractStatus" } else { "status" };
        let status = if *is_traded { "TRADING" } else { "BREAK" };
        let contract = match self.product() {
            Product::Spot => r#""baseAssetPrecision":8,"quotePrecision":1"#,
            Product::UsdMargined => r#""contractType":"PERPETUAL","pricePrecision":1,"quantityPrecision":8"#,
            Product::CoinMargined => {
                r#""contractSize":100,"contractType":"PERPETUAL","pricePrecision":1,"quantityPrecision":8"#
            }
        };
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}","{status_key}":"{status}",{contract},"baseAsset":"BTC","quoteAsset":"USD","filters":[{{"filterType":"PRICE_FILTER","maxPrice":"1000000.0","tickSize":"{tick}"}},{{"filterType":"LOT_SIZE","minQty":"0.00000001","maxQty":"9000.00000000","stepSize":"0.00000001"}}]}}"#
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

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        self.product().is_futures().then(|| self.symbols())
    }

    /// Both prices in one message. Coin-margined futures tell the index on a stream of its own, which is not used.
    fn mark_price(&self, mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        let MarkPriceSample { symbol, at_ms, mark, index } = mark;
        let is_futures = self.product().is_futures();
        let event = format!(
            r#"{{"e":"markPriceUpdate","E":{at_ms},"s":"{symbol}","p":"{mark}","i":"{index}","P":"{mark}","r":"","T":0}}"#
        );
        let message = || SampleFrame::Message(combined(symbol, "markPrice@1s", &event));
        is_futures.then(message).into_iter().collect()
    }

    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame> {
        let FundingSample { symbol, at_ms, rate, next_at_ms } = funding;
        let event = format!(
            r#"{{"e":"markPriceUpdate","E":{at_ms},"s":"{symbol}","p":"100.50000000","r":"{rate}","T":{next_at_ms}}}"#
        );
        let is_futures = self.product().is_futures();
        is_futures.then(|| SampleFrame::Message(combined(symbol, "markPrice@1s", &event)))
    }

    fn bar(&self, bar: &BarSample<'_>) -> Option<String> {
        let BarSample {
            symbol, at_ms, start_ms, prices: [open, high, low, close], volume, is_closed, ..
        } = bar;
        let last_ms = start_ms + 5 * 60_000 - 1;
        let event = format!(
            r#"{{"e":"kline","E":{at_ms},"s":"{symbol}","k":{{"t":{start_ms},"T":{last_ms},"s":"{symbol}","i":"5m","f":1,"L":3,"o":"{open}","c":"{close}","h":"{high}","l":"{low}","v":"{volume}","n":3,"x":{is_closed},"q":"1","V":"1","Q":"1","B":"0"}}}}"#
        );
        Some(combined(symbol, "kline_5m", &event))
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

    fn too_many_requests(&self, until_ms: u64) -> (u16, String) {
        let words = format!("Way too much request weight used; IP banned until {until_ms}.");
        (418, format!(r#"{{"code":-1003,"msg":"{words}"}}"#))
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
