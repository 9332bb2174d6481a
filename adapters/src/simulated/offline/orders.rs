//! What became of every order of an account, as the venue has it: what an engine's belief is held against. No real
//! venue tells it so.

use fulmar_bus::record::{Price, Quantity, Side};

use super::OfflineVenue;
use crate::simulated::market::Market;
use crate::simulated::venue::Account;

/// An order that the venue took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTruth<'a> {
    /// What its owner calls it.
    pub client_order_id: &'a str,
    /// The venue's own number of it.
    pub number: u64,
    /// Buy or sell.
    pub side: Side,
    /// Limit price, zero for a market order.
    pub price: Price,
    /// What was ordered, as it was changed last.
    pub quantity: Quantity,
    /// What traded.
    pub executed: Quantity,
    /// Where it stands, in the venue's words.
    pub status: &'static str,
    /// Whether it still stands.
    pub is_open: bool,
}

/// One side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeTruth {
    /// The order, by [`OrderTruth::number`].
    pub order_number: u64,
    /// The venue's number of the trade.
    pub trade_id: u64,
    /// Whether the order bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
}

impl OfflineVenue {
    /// The orders of the account of this key in the first symbol, in the order in which they came; none where there is
    /// no such account.
    pub fn orders(&self, api_key: &str) -> impl Iterator<Item = OrderTruth<'_>> {
        let (market, account) = self.first_symbol(api_key);
        account.into_iter().flat_map(|account| market.orders().of(account.id)).map(|order| OrderTruth {
            client_order_id: &order.client_order_id,
            number: order.key.number,
            side: order.side,
            price: order.price,
            quantity: order.quantity,
            executed: Quantity(order.executed),
            status: order.status.text(),
            is_open: order.status.is_open(),
        })
    }

    /// The trades of the account of this key in the first symbol, oldest first. One with itself stands there twice.
    pub fn trades(&self, api_key: &str) -> impl Iterator<Item = TradeTruth> {
        let (market, account) = self.first_symbol(api_key);
        account.into_iter().flat_map(|account| market.trades().of(account.id)).map(|trade| TradeTruth {
            order_number: trade.order_number,
            trade_id: trade.fill.trade.trade_id,
            side: if trade.is_buyer { Side::Buy } else { Side::Sell },
            quantity: trade.fill.trade.quantity,
            price: trade.fill.trade.price,
        })
    }

    fn first_symbol(&self, api_key: &str) -> (&Market, Option<&Account>) {
        let account = self.venue.accounts.iter().find(|account| account.api_key == api_key);
        (&self.venue.markets[0], account)
    }
}
