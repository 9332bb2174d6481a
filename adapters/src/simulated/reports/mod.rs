//! What the protocol tells an order's owner, in the words of the product that is spoken.

mod futures;
mod spot;

use fulmar_bus::record::{AccountId, Notional, Side};
use fulmar_engine::market::decimal::DecimalText;
use fulmar_engine::simulation::matching::{Fee, Match};

use super::config::SCALE;
use super::dialect::Dialect;
use super::market::Market;
use super::orders::{ClientOrder, Status};
use super::trades::AccountTrade;
use super::wire::{Wire, money, number};
pub use futures::{account_update, balance, position};
pub use spot::amended;

/// One of an order's fills, from its own side.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// The trade.
    pub trade: Match,
    /// True where the order stood in the book.
    pub is_maker: bool,
    /// Fee, in the currency that the side received, or of contracts in the quote currency.
    pub fee: Fee,
    /// What it earned, where it closed something; of contracts only.
    pub realized: Notional,
}

impl Fill {
    /// The fill of the order on `side` of a trade.
    pub fn new(trade: &Match, side: Side, realized: Notional) -> Self {
        let fee = match side {
            Side::Buy => trade.buyer_fee,
            Side::Sell => Fee::Quote(trade.seller_fee),
        };
        Fill { trade: *trade, is_maker: trade.aggressor != side, fee, realized }
    }

    fn fee_text(&self) -> DecimalText {
        match self.fee {
            Fee::Base(fee) => number(fee.0),
            Fee::Quote(fee) => money(fee.0),
        }
    }

    /// The fee, and the scale of it.
    pub fn fee_value(&self) -> (i128, u8) {
        match self.fee {
            Fee::Base(fee) => (i128::from(fee.0), SCALE),
            Fee::Quote(fee) => (fee.0, 2 * SCALE),
        }
    }

    /// What the fee is paid in.
    pub fn fee_asset<'a>(&self, wire: &'a Wire) -> &'a str {
        match self.fee {
            Fee::Base(_) => &wire.base,
            Fee::Quote(_) => &wire.quote,
        }
    }
}

/// What an `executionReport` tells.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// The order was taken.
    New,
    /// It traded.
    Trade(&'a Fill),
    /// It was canceled by a request with this id.
    Canceled(&'a str),
    /// Its quantity was lowered; the id that it had before.
    Amended(&'a str),
    /// It ended by its own terms.
    Expired,
}

/// How much an answer to `order.place` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The ids alone.
    Ack,
    /// The order as it stands.
    Result,
    /// And its fills.
    Full,
}

/// The event that tells of an order.
pub fn execution(wire: &Wire, order: &ClientOrder, execution_id: u64, happening: Happening<'_>) -> String {
    match wire.dialect {
        Dialect::Spot => spot::execution(wire, order, execution_id, happening),
        Dialect::UsdMargined => futures::execution(wire, order, happening),
    }
}

/// The answer to `order.place`.
pub fn placed(wire: &Wire, order: &ClientOrder, fills: &[Fill], detail: Detail) -> String {
    match wire.dialect {
        Dialect::Spot => spot::placed(wire, order, fills, detail),
        Dialect::UsdMargined => futures::placed(wire, order, detail),
    }
}

/// The answer to `order.cancel`, and a row of the one to `openOrders.cancelAll`.
pub fn canceled(wire: &Wire, order: &ClientOrder, cancel_id: &str) -> String {
    match wire.dialect {
        Dialect::Spot => spot::canceled(wire, order, cancel_id),
        Dialect::UsdMargined => futures::status(wire, order),
    }
}

/// The answer to `order.status`, and a row of the one to `openOrders.status`.
pub fn status(wire: &Wire, order: &ClientOrder) -> String {
    match wire.dialect {
        Dialect::Spot => spot::status(wire, order),
        Dialect::UsdMargined => futures::status(wire, order),
    }
}

/// A row of the answer to `myTrades`.
pub fn trade(wire: &Wire, trade: &AccountTrade) -> String {
    match wire.dialect {
        Dialect::Spot => spot::trade(wire, trade),
        Dialect::UsdMargined => futures::trade(wire, trade),
    }
}

/// The event that tells what an account has; of contracts only where it changed.
pub fn account(market: &Market, account: AccountId, at_ms: u64, is_changed: bool) -> Option<String> {
    match market.wire().dialect {
        Dialect::Spot => Some(spot::account_position(market.wire(), at_ms, market.held(account))),
        Dialect::UsdMargined => is_changed.then(|| account_update(market, account, at_ms, None)),
    }
}
