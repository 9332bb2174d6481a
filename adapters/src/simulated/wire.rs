//! The market-data frames, field for field as the real venue writes them.

use std::fmt::Write;

use fulmar_bus::record::{Level, Side};
use fulmar_engine::market::decimal::{DecimalText, format_fixed};
use fulmar_engine::simulation::matching::Match;

use super::config::SCALE;

/// A price, a quantity or a balance as the wire has it: eight digits behind the point.
pub fn number(value: i64) -> DecimalText {
    format_fixed(i128::from(value), SCALE, SCALE)
}

/// Money, which the ledger holds at twice the scale, as the wire has it.
pub fn money(value: i128) -> DecimalText {
    format_fixed(value, 2 * SCALE, SCALE)
}

/// `[["price","quantity"],...]`
pub fn levels(levels: impl Iterator<Item = Level>) -> String {
    let mut text = String::from("[");
    for (index, level) in levels.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (price, quantity) = (number(level.price.0), number(level.quantity.0));
        write!(text, "{comma}[\"{price}\",\"{quantity}\"]")
            .expect("a string takes all that is written to it");
    }
    text.push(']');
    text
}

/// `depthUpdate`: the levels that changed between two numbers of the book, both included.
pub fn depth_update(
    symbol: &str,
    at_ms: u64,
    (first, last): (u64, u64),
    sides: (&[Level], &[Level]),
) -> String {
    let (bids, asks) = (levels(sides.0.iter().copied()), levels(sides.1.iter().copied()));
    format!(
        r#"{{"e":"depthUpdate","E":{at_ms},"s":"{symbol}","U":{first},"u":{last},"b":{bids},"a":{asks}}}"#
    )
}

/// `trade`
pub fn trade(symbol: &str, at_ms: u64, trade: &Match) -> String {
    format!(
        r#"{{"e":"trade","E":{at_ms},"s":"{symbol}","t":{},"p":"{}","q":"{}","T":{at_ms},"m":{},"M":true}}"#,
        trade.trade_id,
        number(trade.price.0),
        number(trade.quantity.0),
        trade.aggressor == Side::Sell,
    )
}

/// The trades of one taker at one price, as one.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
    /// Counts the aggregates of a symbol.
    pub id: u64,
    /// The first trade; its quantity is the sum of all.
    pub trade: Match,
    /// Number of the last trade.
    pub last_trade_id: u64,
}

/// `aggTrade`
pub fn aggregate_trade(symbol: &str, at_ms: u64, aggregate: &Aggregate) -> String {
    let Aggregate { id, trade, last_trade_id } = aggregate;
    format!(
        concat!(
            r#"{{"e":"aggTrade","E":{at},"s":"{symbol}","a":{id},"p":"{price}","q":"{quantity}","#,
            r#""f":{first},"l":{last},"T":{at},"m":{maker},"M":true}}"#
        ),
        at = at_ms,
        symbol = symbol,
        id = id,
        price = number(trade.price.0),
        quantity = number(trade.quantity.0),
        first = trade.trade_id,
        last = last_trade_id,
        maker = trade.aggressor == Side::Sell,
    )
}

/// `bookTicker`, which alone has no event type and no time. An empty side is zero.
pub fn book_ticker(symbol: &str, update_id: u64, bid: Level, ask: Level) -> String {
    format!(
        r#"{{"u":{update_id},"s":"{symbol}","b":"{}","B":"{}","a":"{}","A":"{}"}}"#,
        number(bid.price.0),
        number(bid.quantity.0),
        number(ask.price.0),
        number(ask.quantity.0),
    )
}

/// The same data inside the envelope of a combined stream.
pub fn combined(stream: &str, data: &str) -> String {
    format!(r#"{{"stream":"{stream}","data":{data}}}"#)
}

/// The body of a depth snapshot.
pub fn snapshot(update_id: u64, bids: &str, asks: &str) -> String {
    format!(r#"{{"lastUpdateId":{update_id},"bids":{bids},"asks":{asks}}}"#)
}
