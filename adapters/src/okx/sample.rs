//! The venue's frames, made from what they are to say.

use fulmar_bus::record::{Price, Quantity, Side};
use fulmar_engine::market::{Book, decimal};

use super::checksum::checksum;
use super::limits::LEVELS_MAX;
use super::market_data::Okx;
use crate::decode::Scales;
use crate::session::sample::{
    BookSample, LevelText, Sample, SampleFrame, TopSample, TradeSample, joined, level_list,
};

impl Sample for Okx {
    fn symbols(&self) -> [&'static str; 2] {
        ["BTC-USDT", "ETH-USDT"]
    }

    fn definitions(&self, symbols: &[&str]) -> Option<SampleFrame> {
        let one = |symbol: &str| {
            format!(
                r#"{{"baseCcy":"{}","ctType":"","instId":"{symbol}","instType":"SPOT","lotSz":"0.00000001","maxLmtSz":"9999999999","minSz":"0.00001","quoteCcy":"USDT","state":"live","tickSz":"0.1","uly":""}}"#,
                &symbol[..3]
            )
        };
        let all = joined(symbols, one);
        let path = "/api/v5/public/instruments?instType=SPOT".to_owned();
        Some(SampleFrame::Answer(path, format!(r#"{{"code":"0","data":[{all}],"msg":""}}"#)))
    }

    /// As the venue sent it while it had both, a checksum and numbers.
    fn book(&self, book: &BookSample<'_>) -> SampleFrame {
        let BookSample { symbol, step, at_ms, .. } = book;
        let (action, previous) =
            if book.is_snapshot { ("snapshot", "-1".to_owned()) } else { ("update", (step - 1).to_string()) };
        let (bids, asks) = (levels(book.bids), levels(book.asks));
        let checksum = checksum(&book_of(book.after), SCALES).cast_signed();
        SampleFrame::Message(format!(
            r#"{{"arg":{{"channel":"books","instId":"{symbol}"}},"action":"{action}","data":[{{"asks":{asks},"bids":{bids},"ts":"{at_ms}","checksum":{checksum},"seqId":{step},"prevSeqId":{previous}}}]}}"#
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
}

/// Scales that hold any number that is written here.
const SCALES: Scales = Scales { price: 8, quantity: 8 };

/// The book of these bids and asks.
fn book_of([bids, asks]: [&[LevelText]; 2]) -> Book {
    let mut book = Book::new(LEVELS_MAX);
    let number = |text: &str, scale| decimal::parse(text.as_bytes(), scale).expect("a sample writes numbers");
    for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
        for (price, quantity) in levels {
            let (price, quantity) = (number(price, SCALES.price), number(quantity, SCALES.quantity));
            book.apply(side, Price(price), Quantity(quantity));
        }
    }
    book
}

fn levels(levels: &[LevelText]) -> String {
    level_list(levels, |price, quantity| format!(r#"["{price}","{quantity}","0","1"]"#))
}
