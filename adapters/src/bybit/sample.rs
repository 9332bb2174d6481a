//! The venue's frames, made from what they are to say.

use super::market_data::{Bybit, Category};
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, LevelText, MarkPriceSample, Sample, SampleFrame,
    TopSample, TradeSample, joined, level_pairs,
};

impl Sample for Bybit {
    fn symbols(&self) -> [&'static str; 2] {
        ["BTCUSDT", "ETHUSDT"]
    }

    fn digits(&self) -> [u8; 2] {
        match self.category() {
            Category::Spot => [1, 6],
            Category::Linear => [2, 3],
        }
    }

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
        let status = if *is_traded { "Trading" } else { "Settling" };
        let (kind, step) = match self.category() {
            Category::Spot => ("", r#""basePrecision":"0.00000001","quotePrecision":"0.01""#),
            Category::Linear => (r#""contractType":"LinearPerpetual","#, r#""qtyStep":"0.00000001""#),
        };
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}",{kind}"status":"{status}","baseCoin":"BTC","quoteCoin":"USDT","lotSizeFilter":{{{step},"minOrderQty":"0.00000001","maxOrderQty":"9000"}},"priceFilter":{{"tickSize":"{tick}"}}}}"#
            )
        };
        let all = joined(symbols, one);
        let category = self.category().name();
        let path = format!("/v5/market/instruments-info?category={category}");
        let body = format!(
            r#"{{"retCode":0,"retMsg":"OK","result":{{"category":"{category}","list":[{all}]}},"time":1}}"#
        );
        Some(SampleFrame::Answer(path, body))
    }

    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, .. } = book;
        let kind = if book.is_snapshot { "snapshot" } else { "delta" };
        SampleFrame::Message(format!(
            r#"{{"topic":"orderbook.200.{symbol}",{},"data":{},"cts":{at_ms}}}"#,
            self.head(kind, *at_ms),
            levels(symbol, [book.bids, book.asks], *step)
        ))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, at_ms, price, quantity, is_buy, .. } = trade;
        let side = if *is_buy { "Buy" } else { "Sell" };
        let trade = match self.category() {
            Category::Spot => format!(
                r#"{{"i":"{trade_id}","T":{at_ms},"p":"{price}","v":"{quantity}","S":"{side}","seq":7,"s":"{symbol}","BT":false,"RPI":false}}"#
            ),
            Category::Linear => format!(
                r#"{{"T":{at_ms},"s":"{symbol}","S":"{side}","v":"{quantity}","p":"{price}","L":"ZeroPlusTick","i":"{:08x}-82bc-50de-be60-03eedbe3cdd7","BT":false,"RPI":false,"seq":7}}"#,
                trade_id & 0xffff_ffff
            ),
        };
        format!(r#"{{"topic":"publicTrade.{symbol}",{},"data":[{trade}]}}"#, self.head("snapshot", *at_ms))
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, step, at_ms, bid, ask, .. } = *top;
        let one = |level: &LevelText| [level.clone()];
        Some(format!(
            r#"{{"topic":"orderbook.1.{symbol}",{},"data":{},"cts":{at_ms}}}"#,
            self.head("snapshot", at_ms),
            levels(symbol, [&one(bid), &one(ask)], step)
        ))
    }

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        (self.category() == Category::Linear).then(|| self.symbols())
    }

    fn mark_price(&self, mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        let MarkPriceSample { symbol, at_ms, mark, index } = mark;
        let said = format!(r#""markPrice":"{mark}","indexPrice":"{index}""#);
        self.ticker((symbol, *at_ms), &said).into_iter().collect()
    }

    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame> {
        let FundingSample { symbol, at_ms, rate, next_at_ms } = funding;
        let said =
            format!(r#""fundingIntervalHour":"8","nextFundingTime":"{next_at_ms}","fundingRate":"{rate}""#);
        self.ticker((symbol, *at_ms), &said)
    }

    fn bar(&self, bar: &BarSample<'_>) -> Option<String> {
        let BarSample {
            symbol, at_ms, start_ms, prices: [open, high, low, close], volume, is_closed, ..
        } = bar;
        let end_ms = start_ms + 5 * 60_000 - 1;
        Some(format!(
            r#"{{"topic":"kline.5.{symbol}","data":[{{"start":{start_ms},"end":{end_ms},"interval":"5","open":"{open}","close":"{close}","high":"{high}","low":"{low}","volume":"{volume}","turnover":"1","confirm":{is_closed},"timestamp":{at_ms}}}],"ts":{at_ms},"type":"snapshot"}}"#
        ))
    }

    fn unused(&self, _frame: u64) -> String {
        r#"{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1,"data":[]}"#.to_owned()
    }

    fn refusal(&self, symbol: &str, _frame: u64) -> Option<String> {
        let words = format!("error:handler not found,topic:orderbook.1000.{symbol}");
        Some(format!(r#"{{"success":false,"ret_msg":"{words}","conn_id":"x","req_id":"","op":"subscribe"}}"#))
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        None
    }

    fn too_many_requests(&self, _until_ms: u64) -> (u16, String) {
        let body = r#"{"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":1}"#;
        (200, body.to_owned())
    }
}

impl Bybit {
    /// A ticker that says this of a symbol; spot has none.
    fn ticker(&self, (symbol, at_ms): (&str, u64), said: &str) -> Option<SampleFrame> {
        let message = || {
            SampleFrame::Message(format!(
                r#"{{"topic":"tickers.{symbol}","type":"delta","data":{{"symbol":"{symbol}",{said}}},"cs":1,"ts":{at_ms}}}"#
            ))
        };
        (self.category() == Category::Linear).then(message)
    }

    /// What stands before the data, in the order of the category.
    fn head(&self, kind: &str, at_ms: u64) -> String {
        match self.category() {
            Category::Spot => format!(r#""ts":{at_ms},"type":"{kind}""#),
            Category::Linear => format!(r#""type":"{kind}","ts":{at_ms}"#),
        }
    }
}

fn levels(symbol: &str, [bids, asks]: [&[LevelText]; 2], step: u64) -> String {
    let [bids, asks] = [bids, asks].map(level_pairs);
    format!(r#"{{"s":"{symbol}","b":{bids},"a":{asks},"u":{step},"seq":{}}}"#, step + 9_000)
}
