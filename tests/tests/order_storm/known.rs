//! What the venue knows of our orders and trades, as numbers that can be added up.

use fulmar_adapters::simulated::OfflineVenue;
use fulmar_adapters::simulated::truth::{OrderTruth, TradeTruth};
use fulmar_bus::record::{ClientOrderId, Price, Quantity, Side};
use fulmar_engine::market::decimal::parse_signed;

use super::scene::API_KEY;

/// The digits of prices and quantities at this venue.
const SCALE: u8 = 8;

/// An order that reached the venue.
#[derive(Clone, Debug)]
pub struct KnownOrder {
    pub id: ClientOrderId,
    pub side: Side,
    pub price: Price,
    pub quantity: Quantity,
    pub executed: Quantity,
    /// In the venue's words.
    pub status: String,
}

/// A trade of ours.
#[derive(Clone, Copy, Debug)]
pub struct KnownTrade {
    pub order: ClientOrderId,
    pub trade_id: u64,
    pub side: Side,
    pub quantity: Quantity,
    pub price: Price,
    /// What it cost, at twice the digits.
    pub fee: i64,
    /// Whether that was paid in what is traded, and not in what it is traded for.
    pub is_fee_in_base: bool,
}

impl KnownOrder {
    /// Whether more of it may trade.
    pub fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "NEW" | "PARTIALLY_FILLED")
    }
}

/// All orders of ours, in the order in which they came.
pub fn orders(venue: &OfflineVenue) -> Vec<KnownOrder> {
    let known = |order: OrderTruth| KnownOrder {
        id: own_id(&order.client_order_id),
        side: if order.side == "BUY" { Side::Buy } else { Side::Sell },
        price: Price(mantissa(&order.price)),
        quantity: Quantity(mantissa(&order.quantity)),
        executed: Quantity(mantissa(&order.executed)),
        status: order.status,
    };
    venue.orders(API_KEY).into_iter().map(known).collect()
}

/// All trades of ours, in the order of their making. One with ourselves stands there twice.
pub fn trades(venue: &OfflineVenue) -> Vec<KnownTrade> {
    let known = |trade: TradeTruth| KnownTrade {
        order: own_id(&trade.client_order_id),
        trade_id: trade.trade_id,
        side: if trade.is_buyer { Side::Buy } else { Side::Sell },
        quantity: Quantity(mantissa(&trade.quantity)),
        price: Price(mantissa(&trade.price)),
        fee: parse_signed(trade.fee.as_bytes(), 2 * SCALE).expect("the venue tells numbers"),
        is_fee_in_base: trade.symbol.starts_with(&trade.fee_asset),
    };
    venue.trades(API_KEY).into_iter().map(known).collect()
}

fn own_id(text: &str) -> ClientOrderId {
    ClientOrderId::parse(text.as_bytes()).expect("all orders of the account are ours")
}

/// A market order is told without a price.
fn mantissa(text: &str) -> i64 {
    if text.is_empty() { 0 } else { parse_signed(text.as_bytes(), SCALE).expect("the venue tells numbers") }
}
