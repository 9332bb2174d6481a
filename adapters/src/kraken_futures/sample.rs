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

    fn digits(&self) -> [u8; 2] {
        [1, 4]
    }

    fn symbol(&self, number: usize) -> String {
        self.symbols().get(number).map_or_else(|| format!("PF_{}USD", coin(number)), ToString::to_string)
    }

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}","type":"flexible_futures","tickSize":{tick},"contractSize":1,"tradeable":{is_traded},"marginLevels":[{{"numNonContractUnits":0.0,"initialMargin":0.01,"maintenanceMargin":0.005}}],"contractValueTradePrecision":8,"postOnly":false,"base":"BTC","quote":"USD","pair":"BTC:USD"}}"#
            )
        };
        let all = joined(symbols, one);
        let body = format!(
            r#"{{"result":"success","instruments":[{all}],"serverTime":"2026-09-25T17:43:59.000Z"}}"#
        );
        Some(SampleFrame::Answer(DEFINITIONS_PATH.to_owned(), body))
    }

    fn is_level_by_level(&self) -> bool {
        true
    }

    /// A message moves one level: where more of them change, or none, the book comes whole.
    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, .. } = book;
        let change = |side: &str, (price, quantity): &LevelText| {
            format!(
                r#"{{"feed":"book","product_id":"{symbol}","side":"{side}","seq":{step},"price":{price},"qty":{quantity},"timestamp":{at_ms}}}"#
            )
        };
        SampleFrame::Message(match (book.is_snapshot, book.bids, book.asks) {
            (false, [bid], []) => change("buy", bid),
            (false, [], [ask]) => change("sell", ask),
            _ => format!(
                r#"{{"feed":"book_snapshot","product_id":"{symbol}","timestamp":{at_ms},"seq":{step},"tickSize":null,"bids":{},"asks":{}}}"#,
                objects(book.after[0]),
                objects(book.after[1])
            ),
        })
    }

    /// In the order of today, and every other one in that of 2021.
    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, at_ms, price, quantity, is_buy, .. } = trade;
        let side = if *is_buy { "buy" } else { "sell" };
        let uid = format!("{:08x}-8322-4946-a123-945c453aa17f", trade_id & 0xffff_ffff);
        if trade_id % 2 == 0 {
            return format!(
                r#"{{"feed":"trade","product_id":"{symbol}","uid":"{uid}","side":"{side}","type":"fill","seq":{trade_id},"time":{at_ms},"qty":{quantity},"price":{price}}}"#
            );
        }
        format!(
            r#"{{"product_id":"{symbol}","feed":"trade","uid":"{uid}","side":"{side}","type":"fill","time":{at_ms},"qty":{quantity},"price":{price},"seq":{trade_id}}}"#
        )
    }

    /// Once a second at most.
    fn is_top_seldom(&self) -> bool {
        true
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, at_ms, bid, ask, .. } = *top;
        let ([bid, bid_size], [ask, ask_size]) = ([&bid.0, &bid.1], [&ask.0, &ask.1]);
        Some(format!(
            r#"{{"time":{at_ms},"product_id":"{symbol}","funding_rate":0.9941052570914733,"funding_rate_prediction":0.74094239761875,"relative_funding_rate":0.000012439370833333,"relative_funding_rate_prediction":9.275625e-6,"next_funding_rate_time":1788649200000,"leverage":"100x","premium":0.0,"feed":"ticker","bid":{bid},"ask":{ask},"bid_size":{bid_size},"ask_size":{ask_size},"volume":2426.872,"dtm":0,"index":79871.28,"last":{bid},"change":0.3,"suspended":false,"tag":"perpetual","pair":"XBT:USD","openInterest":2055.214,"markPrice":79873.40587777576,"maturityTime":0,"post_only":false,"volumeQuote":193603003.7945}}"#
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

    fn unused(&self, _frame: u64) -> String {
        r#"{"feed":"heartbeat","time":1788646159008}"#.to_owned()
    }

    fn refusal(&self, symbol: &str, _frame: u64) -> Option<String> {
        let words = format!("Couldn't subscribe to invalid product `{symbol}`");
        Some(format!(r#"{{"event":"alert","message":"{words}"}}"#))
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
