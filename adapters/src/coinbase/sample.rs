//! The venue's frames, made from what they are to say.

use fulmar_bus::record::UnixNanos;

use super::market_data::Coinbase;
use crate::decode::time;
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, LevelText, MarkPriceSample, Sample, SampleFrame,
    TopSample, TradeSample, joined,
};

impl Sample for Coinbase {
    fn symbols(&self) -> [&'static str; 2] {
        ["BTC-USD", "ETH-USD"]
    }

    fn digits(&self) -> [u8; 2] {
        [2, 8]
    }

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        Some(list(instruments, ""))
    }

    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, frame, at_ms, .. } = *book;
        let kind = if book.is_snapshot { "snapshot" } else { "update" };
        let at = moment(at_ms);
        let level = |side: &str, (price, quantity): &LevelText| {
            format!(
                r#"{{"side":"{side}","event_time":"{at}","price_level":"{price}","new_quantity":"{quantity}"}}"#
            )
        };
        let bids = book.bids.iter().map(|text| level("bid", text));
        let levels: Vec<String> = bids.chain(book.asks.iter().map(|text| level("offer", text))).collect();
        let event =
            format!(r#"{{"type":"{kind}","product_id":"{symbol}","updates":[{}]}}"#, levels.join(","));
        SampleFrame::Message(enveloped("l2_data", (frame, at_ms), &event))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, frame, at_ms, price, quantity, is_buy } = *trade;
        let (maker, at) = (if is_buy { "SELL" } else { "BUY" }, moment(at_ms));
        let event = format!(
            r#"{{"type":"update","trades":[{{"product_id":"{symbol}","trade_id":"{trade_id}","price":"{price}","size":"{quantity}","time":"{at}","side":"{maker}"}}]}}"#
        );
        enveloped("market_trades", (frame, at_ms), &event)
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, frame, at_ms, bid, ask, .. } = *top;
        let event = format!(
            r#"{{"type":"update","tickers":[{{"type":"ticker","product_id":"{symbol}","price":"{}","volume_24_h":"1.5","low_24_h":"1","high_24_h":"2","low_52_w":"1","high_52_w":"2","price_percent_chg_24_h":"-0.5","best_bid":"{}","best_ask":"{}","best_bid_quantity":"{}","best_ask_quantity":"{}"}}]}}"#,
            bid.0, bid.0, ask.0, bid.1, ask.1
        );
        Some(enveloped("ticker", (frame, at_ms), &event))
    }

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        Some(["BTC-PERP-INTX", "ETH-PERP-INTX"])
    }

    fn mark_price(&self, _mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        Vec::new()
    }

    /// The list of products tells it, by the moment of the last payment.
    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame> {
        let FundingSample { symbol, rate, next_at_ms, .. } = *funding;
        let last_at = moment(next_at_ms - 3_600_000);
        let said = format!(r#","funding_rate":"{rate}","funding_time":"{last_at}""#);
        let product =
            InstrumentSample { symbols: &[symbol], tick: "0.1", is_traded: true, is_snapshot: true };
        Some(list(&product, &said))
    }

    /// As it forms: the venue never says that one is closed.
    fn bar(&self, bar: &BarSample<'_>) -> Option<String> {
        let BarSample { symbol, frame, at_ms, start_ms, prices: [open, high, low, close], volume, .. } = *bar;
        let start = start_ms / 1_000;
        let event = format!(
            r#"{{"type":"update","candles":[{{"start":"{start}","high":"{high}","low":"{low}","open":"{open}","close":"{close}","volume":"{volume}","product_id":"{symbol}"}}]}}"#
        );
        Some(enveloped("candles", (frame, at_ms), &event))
    }

    fn unused(&self, frame: u64) -> String {
        let event =
            r#"{"current_time":"2026-08-09 21:05:48.854 +0000 UTC m=+41691.260","heartbeat_counter":41691}"#;
        enveloped("heartbeats", (frame, 0), event)
    }

    fn refusal(&self, _symbol: &str, _frame: u64) -> Option<String> {
        Some(r#"{"type":"error","message":"failure to subscribe"}"#.to_owned())
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        None
    }

    fn too_many_requests(&self, _until_ms: u64) -> (u16, String) {
        (429, r#"{"error":"RESOURCE_EXHAUSTED","message":"rate limit exceeded"}"#.to_owned())
    }
}

/// The list of these products, of which perpetuals are told this as well.
fn list(instruments: &InstrumentSample<'_>, funding: &str) -> SampleFrame {
    let InstrumentSample { symbols, tick, is_traded, .. } = instruments;
    let is_disabled = !is_traded;
    let one = |symbol: &str| {
        let kind = if symbol.ends_with("-INTX") {
            format!(
                r#""product_type":"FUTURE","future_product_details":{{"contract_root_unit":"BTC","contract_expiry_type":"PERPETUAL","funding_interval":"3600s"{funding}}}"#
            )
        } else {
            r#""product_type":"SPOT""#.to_owned()
        };
        format!(
            r#"{{"product_id":"{symbol}","base_increment":"0.00000001","quote_increment":"0.1","quote_min_size":"1","base_min_size":"0.00000001","base_max_size":"9000","status":"online","trading_disabled":{is_disabled},{kind},"quote_currency_id":"USD","base_currency_id":"BTC","price_increment":"{tick}"}}"#
        )
    };
    let all = joined(symbols, one);
    let body = format!(r#"{{"products":[{all}],"num_products":{}}}"#, symbols.len());
    SampleFrame::Answer("/api/v3/brokerage/market/products".to_owned(), body)
}

/// The frame of this number and moment, with one event.
fn enveloped(channel: &str, (frame, at_ms): (u64, u64), event: &str) -> String {
    let at = moment(at_ms);
    format!(r#"{{"channel":"{channel}","timestamp":"{at}","sequence_num":{frame},"events":[{event}]}}"#)
}

/// A moment as the venue writes it.
fn moment(at_ms: u64) -> String {
    time::written(UnixNanos::from_millis(at_ms))
}
