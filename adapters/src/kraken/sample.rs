//! The venue's frames, made from what they are to say. Numbers are written as the venue writes them, with all the
//! digits of their instrument: its checksums are made of these.

use fulmar_bus::record::UnixNanos;

use super::checksum::LEVELS;
use super::market_data::Kraken;
use crate::decode::time::written;
use crate::session::sample::{
    BarSample, BookSample, FundingSample, InstrumentSample, LevelText, MarkPriceSample, Sample, SampleFrame,
    TopSample, TradeSample, joined, level_list,
};

/// Digits behind the point of both symbols' prices.
const PRICE_DIGITS: usize = 1;

/// Digits behind the point of both symbols' quantities.
const QUANTITY_DIGITS: usize = 8;

impl Sample for Kraken {
    fn symbols(&self) -> [&'static str; 2] {
        ["BTC/USD", "ETH/USD"]
    }

    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame> {
        let InstrumentSample { symbols, tick, is_traded, is_snapshot } = instruments;
        let kind = if *is_snapshot { "snapshot" } else { "update" };
        let status = if *is_traded { "online" } else { "maintenance" };
        let one = |symbol: &str| {
            format!(
                r#"{{"symbol":"{symbol}","base":"BTC","quote":"USD","status":"{status}","qty_precision":8,"qty_increment":0.00000001,"price_precision":1,"cost_precision":5,"marginable":true,"has_index":true,"cost_min":0.50000,"tick_size":{tick},"price_increment":{tick},"qty_min":0.00005000}}"#
            )
        };
        let all = joined(symbols, one);
        let assets = r#"{"id":"USD","status":"enabled","precision":4}"#;
        Some(SampleFrame::Message(format!(
            r#"{{"channel":"instrument","type":"{kind}","data":{{"assets":[{assets}],"pairs":[{all}]}}}}"#
        )))
    }

    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, at_ms, is_snapshot, after, .. } = book;
        let kind = if *is_snapshot { "snapshot" } else { "update" };
        let (bids, asks, moment) = (objects(book.bids), objects(book.asks), moment(*at_ms));
        let checksum = checksum(after);
        SampleFrame::Message(format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":{bids},"asks":{asks},"checksum":{checksum},"timestamp":"{moment}"}}]}}"#
        ))
    }

    fn trade(&self, trade: &TradeSample<'_>) -> String {
        let TradeSample { symbol, trade_id, is_buy, .. } = trade;
        let side = if *is_buy { "buy" } else { "sell" };
        let (price, quantity) = (fixed(trade.price, PRICE_DIGITS), fixed(trade.quantity, QUANTITY_DIGITS));
        let moment = moment(trade.at_ms);
        format!(
            r#"{{"channel":"trade","type":"update","data":[{{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{quantity},"ord_type":"limit","trade_id":{trade_id},"timestamp":"{moment}"}}]}}"#
        )
    }

    fn top(&self, top: &TopSample<'_>) -> Option<String> {
        let TopSample { symbol, at_ms, .. } = top;
        let level =
            |(price, quantity): &LevelText| [fixed(price, PRICE_DIGITS), fixed(quantity, QUANTITY_DIGITS)];
        let ([bid, bid_quantity], [ask, ask_quantity]) = (level(top.bid), level(top.ask));
        let moment = moment(*at_ms);
        Some(format!(
            r#"{{"channel":"ticker","type":"update","data":[{{"symbol":"{symbol}","bid":{bid},"bid_qty":{bid_quantity},"ask":{ask},"ask_qty":{ask_quantity},"last":{bid},"volume":4696.17832496,"vwap":80044.4,"low":76949.6,"high":82288.1,"change":-4166.6,"change_pct":-5.41,"trades":145275,"timestamp":"{moment}"}}]}}"#
        ))
    }

    fn derivatives(&self) -> Option<[&'static str; 2]> {
        None
    }

    fn mark_price(&self, _mark: &MarkPriceSample<'_>) -> Vec<SampleFrame> {
        Vec::new()
    }

    fn funding(&self, _funding: &FundingSample<'_>) -> Option<SampleFrame> {
        None
    }

    /// As it forms: the venue never says that one is closed.
    fn bar(&self, bar: &BarSample<'_>) -> Option<String> {
        let BarSample { symbol, at_ms, start_ms, prices: [open, high, low, close], volume, .. } = bar;
        let (start, at) = (moment(*start_ms), moment(*at_ms));
        Some(format!(
            r#"{{"channel":"ohlc","type":"update","timestamp":"{at}","data":[{{"symbol":"{symbol}","open":{open},"high":{high},"low":{low},"close":{close},"trades":3,"volume":{volume},"vwap":{open},"interval_begin":"{start}","interval":5,"timestamp":"{at}"}}]}}"#
        ))
    }

    fn unused(&self, _frame: u64) -> String {
        r#"{"channel":"heartbeat"}"#.to_owned()
    }

    fn refusal(&self, symbol: &str, _frame: u64) -> Option<String> {
        Some(format!(
            r#"{{"error":"Currency pair not supported {symbol}","method":"subscribe","success":false,"symbol":"{symbol}","time_in":"2026-01-01T00:00:00.000001Z","time_out":"2026-01-01T00:00:00.000002Z"}}"#
        ))
    }

    fn notice(&self, _frame: u64) -> Option<String> {
        None
    }

    fn too_many_requests(&self, _until_ms: u64) -> (u16, String) {
        (429, "error code: 1015".to_owned())
    }
}

/// A moment as the venue writes it.
fn moment(at_ms: u64) -> String {
    written(UnixNanos::from_millis(at_ms))
}

/// The number with exactly so many digits behind the point.
fn fixed(number: &str, digits: usize) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    format!("{whole}.{fraction:0<digits$}")
}

fn objects(levels: &[LevelText]) -> String {
    level_list(levels, |price, quantity| {
        let (price, quantity) = (fixed(price, PRICE_DIGITS), fixed(quantity, QUANTITY_DIGITS));
        format!(r#"{{"price":{price},"qty":{quantity}}}"#)
    })
}

/// The checksum as the documentation describes it, on texts.
fn checksum([bids, asks]: &[&[LevelText]; 2]) -> u32 {
    let digits = |number: &str, count| {
        let digits = fixed(number, count).replace('.', "");
        digits.trim_start_matches('0').to_owned()
    };
    let mut text = String::new();
    for levels in [asks, bids] {
        for (price, quantity) in levels.iter().take(LEVELS) {
            text += &digits(price, PRICE_DIGITS);
            text += &digits(quantity, QUANTITY_DIGITS);
        }
    }
    crc32fast::hash(text.as_bytes())
}
