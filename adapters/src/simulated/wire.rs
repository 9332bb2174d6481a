//! The market-data frames, field for field as the real venue writes them.

use std::fmt::Write;

use fulmar_bus::record::{Level, Price, Side};
use fulmar_engine::market::decimal::{DecimalText, format_fixed};
use fulmar_engine::simulation::matching::Match;

use super::config::{SCALE, SymbolConfig};
use super::dialect::Dialect;

/// A price, a quantity or a balance as the wire has it: eight digits behind the point.
pub fn number(value: i64) -> DecimalText {
    format_fixed(i128::from(value), SCALE, SCALE)
}

/// Money, which the ledger holds at twice the scale, as the wire has it.
pub fn money(value: i128) -> DecimalText {
    format_fixed(value, 2 * SCALE, SCALE)
}

/// How a symbol's frames are written.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Which product's words they have.
    pub dialect: Dialect,
    /// The symbol in capitals.
    pub symbol: String,
    /// Its base currency.
    pub base: String,
    /// Its quote currency.
    pub quote: String,
    price_digits: u8,
    quantity_digits: u8,
}

impl Wire {
    /// The frames of a symbol. Spot writes eight digits behind every point, futures as many as the symbol needs.
    pub fn new(dialect: Dialect, symbol: &SymbolConfig) -> Self {
        let digits = |step: i64| match dialect {
            Dialect::Spot => SCALE,
            Dialect::UsdMargined => {
                let places = (0..SCALE).rev().find(|places| step % 10i64.pow(u32::from(*places)) == 0);
                SCALE - places.unwrap_or(0)
            }
        };
        Wire {
            dialect,
            symbol: symbol.symbol(),
            base: symbol.base.clone(),
            quote: symbol.quote.clone(),
            price_digits: digits(symbol.tick.0),
            quantity_digits: digits(symbol.step.0),
        }
    }

    /// Digits of prices and of quantities.
    pub fn digits(&self) -> [u8; 2] {
        [self.price_digits, self.quantity_digits]
    }

    /// A price.
    pub fn price(&self, price: Price) -> DecimalText {
        format_fixed(i128::from(price.0), SCALE, self.price_digits)
    }

    /// A quantity.
    pub fn quantity(&self, quantity: i64) -> DecimalText {
        format_fixed(i128::from(quantity), SCALE, self.quantity_digits)
    }

    /// `[["price","quantity"],...]`
    pub fn levels(&self, levels: impl Iterator<Item = Level>) -> String {
        let mut text = String::from("[");
        for (index, level) in levels.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (price, quantity) = (self.price(level.price), self.quantity(level.quantity.0));
            write!(text, "{comma}[\"{price}\",\"{quantity}\"]")
                .expect("a string takes all that is written to it");
        }
        text.push(']');
        text
    }

    /// `depthUpdate`: the levels that changed between two numbers of the book, both included; futures also name the
    /// last number of the update before.
    pub fn depth_update(&self, at_ms: u64, (first, last): (u64, u64), sides: (&[Level], &[Level])) -> String {
        let (bids, asks) = (self.levels(sides.0.iter().copied()), self.levels(sides.1.iter().copied()));
        let (moment, previous) = match self.dialect {
            Dialect::Spot => (String::new(), String::new()),
            Dialect::UsdMargined => (format!(r#""T":{at_ms},"#), format!(r#""pu":{},"#, first - 1)),
        };
        let symbol = &self.symbol;
        format!(
            concat!(
                r#"{{"e":"depthUpdate","E":{at_ms},{moment}"s":"{symbol}","U":{first},"u":{last},{previous}"#,
                r#""b":{bids},"a":{asks}}}"#
            ),
            at_ms = at_ms,
            moment = moment,
            symbol = symbol,
            first = first,
            last = last,
            previous = previous,
            bids = bids,
            asks = asks,
        )
    }

    /// `trade`
    pub fn trade(&self, at_ms: u64, trade: &Match) -> String {
        let Match { trade_id, price, quantity, aggressor, .. } = trade;
        let (symbol, price, quantity) = (&self.symbol, self.price(*price), self.quantity(quantity.0));
        let maker = *aggressor == Side::Sell;
        match self.dialect {
            Dialect::Spot => format!(
                concat!(
                    r#"{{"e":"trade","E":{at},"s":"{symbol}","t":{id},"p":"{price}","q":"{quantity}","T":{at},"#,
                    r#""m":{maker},"M":true}}"#
                ),
                at = at_ms,
                symbol = symbol,
                id = trade_id,
                price = price,
                quantity = quantity,
                maker = maker,
            ),
            Dialect::UsdMargined => format!(
                concat!(
                    r#"{{"e":"trade","E":{at},"T":{at},"s":"{symbol}","t":{id},"p":"{price}","q":"{quantity}","#,
                    r#""X":"MARKET","m":{maker}}}"#
                ),
                at = at_ms,
                symbol = symbol,
                id = trade_id,
                price = price,
                quantity = quantity,
                maker = maker,
            ),
        }
    }

    /// `aggTrade`
    pub fn aggregate_trade(&self, at_ms: u64, aggregate: &Aggregate) -> String {
        let Aggregate { id, trade, last_trade_id } = aggregate;
        let symbol = &self.symbol;
        let (names, tail) = match self.dialect {
            Dialect::Spot => (format!(r#""s":"{symbol}","a":{id}"#), r#","M":true"#),
            Dialect::UsdMargined => (format!(r#""a":{id},"s":"{symbol}""#), ""),
        };
        format!(
            concat!(
                r#"{{"e":"aggTrade","E":{at},{names},"p":"{price}","q":"{quantity}","#,
                r#""f":{first},"l":{last},"T":{at},"m":{maker}{tail}}}"#
            ),
            at = at_ms,
            names = names,
            price = self.price(trade.price),
            quantity = self.quantity(trade.quantity.0),
            first = trade.trade_id,
            last = last_trade_id,
            maker = trade.aggressor == Side::Sell,
            tail = tail,
        )
    }

    /// `bookTicker`, which on spot has no event type and no time. An empty side is zero.
    pub fn book_ticker(&self, at_ms: u64, update_id: u64, bid: Level, ask: Level) -> String {
        let (kind, moments) = match self.dialect {
            Dialect::Spot => ("", String::new()),
            Dialect::UsdMargined => (r#""e":"bookTicker","#, format!(r#","T":{at_ms},"E":{at_ms}"#)),
        };
        format!(
            r#"{{{kind}"u":{update_id},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"{moments}}}"#,
            self.symbol,
            self.price(bid.price),
            self.quantity(bid.quantity.0),
            self.price(ask.price),
            self.quantity(ask.quantity.0),
        )
    }

    /// `markPriceUpdate`: the mark price, which is the index price too, and what funding is to be, and when.
    pub fn mark_price(&self, at_ms: u64, mark: Price, (rate, next_at_ms): (i64, u64)) -> String {
        format!(
            concat!(
                r#"{{"e":"markPriceUpdate","E":{at},"s":"{symbol}","p":"{mark}","ap":"{mark}","i":"{mark}","#,
                r#""P":"{mark}","r":"{rate}","T":{next}}}"#
            ),
            at = at_ms,
            symbol = self.symbol,
            mark = number(mark.0),
            rate = number(rate),
            next = next_at_ms,
        )
    }

    /// The body of a depth snapshot.
    pub fn snapshot(&self, at_ms: u64, update_id: u64, (bids, asks): (&str, &str)) -> String {
        let moments = match self.dialect {
            Dialect::Spot => String::new(),
            Dialect::UsdMargined => format!(r#""E":{at_ms},"T":{at_ms},"#),
        };
        format!(r#"{{"lastUpdateId":{update_id},{moments}"bids":{bids},"asks":{asks}}}"#)
    }
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

/// The same data inside the envelope of a combined stream.
pub fn combined(stream: &str, data: &str) -> String {
    format!(r#"{{"stream":"{stream}","data":{data}}}"#)
}
