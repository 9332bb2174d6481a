//! What the venue knows of our orders and trades, as numbers that can be added up.

use std::collections::BTreeMap;

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
    /// Where it took the place of an earlier one: the number of the change that put it there.
    pub revision: u16,
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
    let known = |order: OrderTruth| {
        let (id, revision) = own_name(&order.client_order_id);
        KnownOrder {
            id,
            revision,
            side: if order.side == "BUY" { Side::Buy } else { Side::Sell },
            price: Price(mantissa(&order.price)),
            quantity: Quantity(mantissa(&order.quantity)),
            executed: Quantity(mantissa(&order.executed)),
            status: order.status,
        }
    };
    venue.orders(API_KEY).into_iter().map(known).collect()
}

/// All trades of ours, in the order of their making. One with ourselves stands there twice.
pub fn trades(venue: &OfflineVenue) -> Vec<KnownTrade> {
    let known = |trade: TradeTruth| KnownTrade {
        order: own_name(&trade.client_order_id).0,
        trade_id: trade.trade_id,
        side: if trade.is_buyer { Side::Buy } else { Side::Sell },
        quantity: Quantity(mantissa(&trade.quantity)),
        price: Price(mantissa(&trade.price)),
        fee: parse_signed(trade.fee.as_bytes(), 2 * SCALE).expect("the venue tells numbers"),
        is_fee_in_base: trade.symbol.starts_with(&trade.fee_asset),
    };
    venue.trades(API_KEY).into_iter().map(known).collect()
}

/// Orders as the engine counts them: one that took the place of another is the same order, with all that traded of
/// both. What was refused took nobody's place.
pub fn engine_orders(orders: Vec<KnownOrder>) -> BTreeMap<ClientOrderId, KnownOrder> {
    let mut by_id: BTreeMap<ClientOrderId, KnownOrder> = BTreeMap::new();
    for order in orders {
        let Some(known) = by_id.get_mut(&order.id) else {
            by_id.insert(order.id, order);
            continue;
        };
        if order.status != "REJECTED" {
            let executed = Quantity(known.executed.0 + order.executed.0);
            *known = KnownOrder { executed, ..order };
        }
    }
    by_id
}

/// An id, and behind it `r` and a number where the order took the place of another.
fn own_name(text: &str) -> (ClientOrderId, u16) {
    let (id, revision) = text.split_once('r').unwrap_or((text, "0"));
    let id = ClientOrderId::parse(id.as_bytes()).unwrap_or_else(|| panic!("{text} is not one of our names"));
    (id, u16::from_str_radix(revision, 16).expect("a number"))
}

/// A market order is told without a price.
fn mantissa(text: &str) -> i64 {
    if text.is_empty() { 0 } else { parse_signed(text.as_bytes(), SCALE).expect("the venue tells numbers") }
}
