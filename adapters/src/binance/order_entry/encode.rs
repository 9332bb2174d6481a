//! What goes to the venue: each request's method and parameters, these sorted by name. Pure.
//!
//! The id of a request is its purpose and the client order id, so that its answer names the order by itself.

use fulmar_bus::record::{ClientOrderId, Intent, OrderType, Quantity, Side, Text, TimeInForce, UnixNanos};
use fulmar_engine::market::decimal::format_scaled;

use super::super::limits::RECEIVE_WINDOW_MS;
use super::request::RequestWriter;
use crate::decode::Scales;

/// What an order needs of its instrument.
#[derive(Clone, Copy)]
pub(super) struct Tradable {
    pub(super) symbol: Text<32>,
    pub(super) scales: Scales,
}

/// What a request was for: the first byte of its id.
pub(super) mod purpose {
    pub const PLACE: &[u8] = b"p";
    pub const CANCEL: &[u8] = b"c";
    pub const CHANGE: &[u8] = b"a";
    pub const STATUS: &[u8] = b"s";
    pub const TRADES: &[u8] = b"t";
    pub const LOGIN: &[u8] = b"l";
}

/// Subscribes to the reports on our own orders.
pub(super) fn login(writer: &mut RequestWriter, at: UnixNanos) -> &[u8] {
    let request = writer.begin("userDataStream.subscribe.signature", &[purpose::LOGIN]);
    request.number("recvWindow", RECEIVE_WINDOW_MS).number("timestamp", millis(at)).finish()
}

/// Places an order.
pub(super) fn place<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    intent: &Intent,
    tradable: &Tradable,
) -> &'a [u8] {
    let id = intent.client_order_id.text();
    let is_post_only = intent.post_only == 1;
    let request = writer.begin("order.place", &[purpose::PLACE, &id]);
    request.text("newClientOrderId", &id).text("newOrderRespType", b"ACK");
    if intent.order_type.is_limited() {
        request.text("price", format_scaled(intent.price.0.into(), tradable.scales.price).as_bytes());
    }
    let quantity = format_scaled(intent.quantity.0.into(), tradable.scales.quantity);
    request.text("quantity", quantity.as_bytes()).number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("side", if intent.side == Side::Buy { b"BUY" } else { b"SELL" });
    request.text("symbol", tradable.symbol.as_str().as_bytes());
    if intent.order_type == OrderType::Limit && !is_post_only {
        request.text("timeInForce", time_in_force(intent.time_in_force));
    }
    request.number("timestamp", millis(at));
    let order_type: &[u8] = match intent.order_type {
        OrderType::Limit if is_post_only => b"LIMIT_MAKER",
        OrderType::Limit => b"LIMIT",
        _ => b"MARKET",
    };
    request.text("type", order_type).finish()
}

/// Cancels an order.
pub(super) fn cancel<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    id: ClientOrderId,
    tradable: &Tradable,
) -> &'a [u8] {
    by_client_order_id(writer.begin("order.cancel", &[purpose::CANCEL, &id.text()]), at, id, tradable)
}

/// Lowers the quantity of an order, which keeps its place, and its id.
pub(super) fn change<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (id, quantity): (ClientOrderId, Quantity),
    tradable: &Tradable,
) -> &'a [u8] {
    let text = id.text();
    let request = writer.begin("order.amend.keepPriority", &[purpose::CHANGE, &text]);
    let quantity = format_scaled(quantity.0.into(), tradable.scales.quantity);
    request.text("newClientOrderId", &text).text("newQty", quantity.as_bytes());
    by_client_order_id(request, at, id, tradable)
}

/// Asks where an order stands.
pub(super) fn status<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    id: ClientOrderId,
    tradable: &Tradable,
) -> &'a [u8] {
    by_client_order_id(writer.begin("order.status", &[purpose::STATUS, &id.text()]), at, id, tradable)
}

/// Asks for the trades of an order.
pub(super) fn trades<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (id, venue_order_id): (ClientOrderId, u64),
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin("myTrades", &[purpose::TRADES, &id.text()]);
    request.number("orderId", venue_order_id).number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at)).finish()
}

fn by_client_order_id<'a>(
    request: &'a mut RequestWriter,
    at: UnixNanos,
    id: ClientOrderId,
    tradable: &Tradable,
) -> &'a [u8] {
    request.text("origClientOrderId", &id.text()).number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at)).finish()
}

fn time_in_force(time_in_force: TimeInForce) -> &'static [u8] {
    match time_in_force {
        // What ends at a moment of its own is ended from here.
        TimeInForce::Gtc | TimeInForce::Gtd | TimeInForce::Day => b"GTC",
        TimeInForce::Ioc => b"IOC",
        TimeInForce::Fok => b"FOK",
    }
}

fn millis(at: UnixNanos) -> u64 {
    at.0 / 1_000_000
}
