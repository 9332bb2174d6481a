//! The venue's frames, made from what they are to say.

use super::market_data::Okx;
use super::symbols::{Market, underlying};
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, LevelText, MarkPriceSample, Sample, SampleFrame,
    TopSample, TradeSample, joined, level_list,
};

impl Sample for Okx {
    fn symbols(&self) -> [&'static str; 2] {
        ["BTC-USDT", "ETH-USDT"]
    }

    /// All of the market of the first of them.
    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
        let state = if *is_traded { "live" } else { "suspend" };
        let market = Market::of(symbols.first()?);
        let one = |symbol: &str| {
            let (contract, pair) = match underlying(symbol) {
                Some(pair) => ("linear", pair),
                None => ("", ""),
            };
            format!(
                r#"{{"baseCcy":"{}","ctMult":"1","ctType":"{contract}","ctVal":"0.01","ctValCcy":"{}","instId":"{symbol}","lotSz":"0.00000001","maxLmtSz":"9999999999","minSz":"0.00001","quoteCcy":"USDT","state":"{state}","tickSz":"{tick}","uly":"{pair}"}}"#,
                &symbol[..3],
                &symbol[..3]
            )
        };
        let all = joined(symbols, one);
        let path = format!("/api/v5/public/instruments?instType={}", market.instrument_type());
        Some(SampleFrame::Answer(path, format!(r#"{{"code":"0","data":[{all}],"msg":""}}"#)))
    }

    /// As the venue sends it since June 2026: with numbers, and a checksum of zero, which is none.
    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, .. } = book;
        let (action, previous) =
            if book.is_snapshot { ("snapshot", "-1".to_owned()) } else { ("update", (step - 1).to_string()) };
        let (bids, asks) = (levels(book.bids), levels(book.asks));
        SampleFrame::Message(format!(
            r#"{{"arg":{{"channel":"books","instId":"{symbol}"}},"action":"{action}","data":[{{"asks":{asks},"bids":{bids},"ts":"{at_ms}","checksum":0,"seqId":{step},"prevSeqId":{previous}}}]}}"#
        ))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, at_ms, price, quantity, is_buy, .. } = trade;
        let side = if *is_buy { "buy" } else { "sell" };
        format!(
            r#"{{"arg":{{"channel":"trades","instId":"{symbol}"}},"data":[{{"instId":"{symbol}","tradeId":"{trade_id}","px":"{price}","sz":"{quantity}","side":"{side}","ts":"{at_ms}","count":"1","source":"0","seqId":7}}]}}"#
        )
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, step, at_ms, bid, ask, .. } = *top;
        let [bids, asks] = [bid, ask].map(|level| levels(std::slice::from_ref(level)));
        Some(format!(
            r#"{{"arg":{{"channel":"bbo-tbt","instId":"{symbol}"}},"data":[{{"asks":{asks},"bids":{bids},"ts":"{at_ms}","seqId":{step}}}]}}"#
        ))
    }

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        Some(["BTC-USDT-SWAP", "ETH-USDT-SWAP"])
    }

    /// The two have a channel each; an index has no instrument of its own.
    fn mark_price(&self, mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        let MarkPriceSample { symbol, at_ms, mark, index } = *mark;
        let pair = underlying(symbol).unwrap_or(symbol);
        let one = |channel: &str, name: &str, key: &str, price: &str| {
            SampleFrame::Message(format!(
                r#"{{"arg":{{"channel":"{channel}","instId":"{name}"}},"data":[{{"instId":"{name}","{key}":"{price}","ts":"{at_ms}"}}]}}"#
            ))
        };
        vec![one("index-tickers", pair, "idxPx", index), one("mark-price", symbol, "markPx", mark)]
    }

    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame> {
        let FundingSample { symbol, at_ms, rate, next_at_ms } = funding;
        let after_ms = next_at_ms + 8 * 3_600_000;
        Some(SampleFrame::Message(format!(
            r#"{{"arg":{{"channel":"funding-rate","instId":"{symbol}"}},"data":[{{"fundingRate":"{rate}","fundingTime":"{next_at_ms}","instId":"{symbol}","nextFundingRate":"","nextFundingTime":"{after_ms}","ts":"{at_ms}"}}]}}"#
        )))
    }

    fn bar(&self, bar: &BarSample<'_>) -> Option<String> {
        let BarSample { symbol, start_ms, prices: [open, high, low, close], volume, is_closed, .. } = bar;
        let is_closed = u8::from(*is_closed);
        Some(format!(
            r#"{{"arg":{{"channel":"candle5m","instId":"{symbol}"}},"data":[["{start_ms}","{open}","{high}","{low}","{close}","{volume}","{volume}","1","{is_closed}"]]}}"#
        ))
    }

    fn unused(&self, _frame: u64) -> String {
        r#"{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}"#
            .to_owned()
    }

    fn refusal(&self, symbol: &str, _frame: u64) -> Option<String> {
        let words = format!("Wrong URL or channel:books,instId:{symbol} doesn't exist.");
        Some(format!(r#"{{"event":"error","msg":"{words}","code":"60018","connId":"a4d3ae55"}}"#))
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        let notice = r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}"#;
        Some(notice.to_owned())
    }

    fn too_many_requests(&self, _until_ms: u64) -> (u16, String) {
        (429, r#"{"code":"50011","data":[],"msg":"Too Many Requests"}"#.to_owned())
    }
}

fn levels(levels: &[LevelText]) -> String {
    level_list(levels, |price, quantity| format!(r#"["{price}","{quantity}","0","1"]"#))
}
