//! The venue's frames, made from what they are to say.

use super::market_data::{DEFINITIONS_PATH, KrakenFutures};
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, LevelText, MarkPriceSample, Sample, SampleFrame,
    TopSample, TradeSample, coin, joined,
};

impl Sample for KrakenFutures {
    fn symbols(&self) -> [&'static str; 2] {
        ["PF_XBTUSD", "PF_ETHUSD"]
    }

    fn symbol(&self, number: usize) -> String {
        self.symbols().get(number).map_or_else(|| format!("PF_{}USD", coin(number)), ToString::to_string)
    }

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}","pair":"XBT:USD","base":"XBT","quote":"USD","type":"flexible_futures","tickSize":{tick},"contractSize":1,"tradeable":{is_traded},"contractValueTradePrecision":8,"postOnly":false}}"#
            )
        };
        let all = joined(symbols, one);
        let body = format!(r#"{{"result":"success","instruments":[{all}]}}"#);
        Some(SampleFrame::Answer(DEFINITIONS_PATH.to_owned(), body))
    }

    /// A snapshot, or the one level that changed: this venue sends no more of them in one message. Where more or none
    /// are to be said, it is a snapshot of what then stands.
    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, is_snapshot, .. } = book;
        let side = match (book.bids, book.asks) {
            ([bid], []) => Some(("buy", bid)),
            ([], [ask]) => Some(("sell", ask)),
            _ => None,
        };
        if let (false, Some((side, (price, quantity)))) = (is_snapshot, side) {
            return SampleFrame::Message(format!(
                r#"{{"feed":"book","product_id":"{symbol}","side":"{side}","seq":{step},"price":{price},"qty":{quantity},"timestamp":{at_ms}}}"#
            ));
        }
        let [bids, asks] = if *is_snapshot { [book.bids, book.asks] } else { book.after };
        SampleFrame::Message(format!(
            r#"{{"feed":"book_snapshot","product_id":"{symbol}","timestamp":{at_ms},"seq":{step},"tickSize":null,"bids":{},"asks":{}}}"#,
            objects(bids),
            objects(asks)
        ))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, at_ms, price, quantity, is_buy, .. } = trade;
        let side = if *is_buy { "buy" } else { "sell" };
        format!(
            r#"{{"product_id":"{symbol}","feed":"trade","uid":"8a2be12f-0000-4000-a000-d1b5200ab1d0","side":"{side}","type":"fill","time":{at_ms},"qty":{quantity},"price":{price},"seq":{trade_id}}}"#
        )
    }

    /// The ticker comes once a second.
    fn is_top_seldom(&self) -> bool {
        true
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, at_ms, bid, ask, .. } = top;
        Some(format!(
            r#"{{"time":{at_ms},"product_id":"{symbol}","funding_rate":0.9,"relative_funding_rate":-1.089345E-5,"next_funding_rate_time":1790362800000,"leverage":"100x","premium":0.0,"feed":"ticker","bid":{},"ask":{},"bid_size":{},"ask_size":{},"index":83995.76,"last":83997.0,"suspended":false,"tag":"perpetual","markPrice":84004.11362574516,"post_only":false}}"#,
            bid.0, ask.0, bid.1, ask.1
        ))
    }

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        Some(self.symbols())
    }

    fn mark_price(&self, mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        let MarkPriceSample { symbol, at_ms, mark, index } = mark;
        vec![ticker((symbol, *at_ms), &format!(r#""markPrice":{mark},"index":{index}"#))]
    }

    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame> {
        let FundingSample { symbol, at_ms, rate, next_at_ms } = funding;
        let said = format!(r#""relative_funding_rate":{rate},"next_funding_rate_time":{next_at_ms}"#);
        Some(ticker((symbol, *at_ms), &said))
    }

    fn bar(&self, _bar: &BarSample<'_>) -> Option<String> {
        None
    }

    fn unused(&self, frame: u64) -> String {
        format!(r#"{{"feed":"heartbeat","time":{frame}}}"#)
    }

    fn refusal(&self, symbol: &str, _frame: u64) -> Option<String> {
        Some(format!(r#"{{"event":"alert","message":"Couldn't subscribe to invalid product `{symbol}`"}}"#))
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        None
    }

    fn too_many_requests(&self, _until_ms: u64) -> (u16, String) {
        (429, "error code: 1015".to_owned())
    }
}

/// A ticker without best prices that says this of a symbol.
fn ticker((symbol, at_ms): (&str, u64), said: &str) -> SampleFrame {
    SampleFrame::Message(format!(
        r#"{{"time":{at_ms},"product_id":"{symbol}","feed":"ticker",{said},"suspended":false,"post_only":false}}"#
    ))
}

fn objects(levels: &[LevelText]) -> String {
    let object = |(price, quantity): &LevelText| format!(r#"{{"price":{price},"qty":{quantity}}}"#);
    format!("[{}]", levels.iter().map(object).collect::<Vec<_>>().join(","))
}
