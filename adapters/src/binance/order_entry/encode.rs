//! What goes to the venue: each request's method and parameters, these sorted by name. Pure.
//!
//! The id of a request is its purpose and the client order id, so that its answer names the order by itself.

use fulmar_bus::record::{ClientOrderId, Intent, OrderType, Quantity, Side, Text, TimeInForce, UnixNanos};
use fulmar_engine::market::decimal::format_scaled;

use super::super::limits::{
    ACCOUNT_WEIGHT, OPEN_ORDERS_WEIGHT, RECEIVE_WINDOW_MS, TRADES_ANSWER, TRADES_WEIGHT,
};
use super::name::OrderName;
use super::reconcile::Ask;
use super::request::{RequestWriter, digits, millis};
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
    pub const REPLACE: &[u8] = b"e";
    pub const STATUS: &[u8] = b"s";
    pub const TRADES: &[u8] = b"t";
    /// The session's own: its login, the clock, what stands.
    pub const LOGIN: &[u8] = b"l";
    pub const LOGON: &[u8] = b"g";
    pub const CLOCK: &[u8] = b"n";
    pub const RECONCILE: &[u8] = b"r";
}

/// Asks for the venue's clock.
pub(super) fn time(writer: &mut RequestWriter) -> &[u8] {
    writer.begin_open("time", &[purpose::CLOCK]).finish()
}

/// Asks the venue to vouch for the connection.
pub(super) fn logon(writer: &mut RequestWriter, at: UnixNanos) -> &[u8] {
    writer.begin("session.logon", &[purpose::LOGON]).dated(at).finish()
}

/// Subscribes to the reports on our own orders.
pub(super) fn subscribe(writer: &mut RequestWriter, at: UnixNanos) -> &[u8] {
    if writer.is_vouched_for {
        writer.begin_open("userDataStream.subscribe", &[purpose::LOGIN]).finish()
    } else {
        writer.begin("userDataStream.subscribe.signature", &[purpose::LOGIN]).dated(at).finish()
    }
}

/// What a question of a reconciliation costs of the weight limit.
pub(super) const fn weight(ask: Ask) -> u64 {
    match ask {
        Ask::Balances => ACCOUNT_WEIGHT,
        Ask::Orders(_) => OPEN_ORDERS_WEIGHT,
        Ask::Trades(_) => TRADES_WEIGHT,
    }
}

/// Asks what the account has.
pub(super) fn balances(writer: &mut RequestWriter, at: UnixNanos, number: u64) -> &[u8] {
    let request = writer.begin("account.status", &[purpose::RECONCILE, digits(number, &mut [0; 20])]);
    request.word("omitZeroBalances", "true").dated(at).finish()
}

/// Asks which orders of an instrument stand.
pub(super) fn open_orders<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    number: u64,
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin("openOrders.status", &[purpose::RECONCILE, digits(number, &mut [0; 20])]);
    request.number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at)).finish()
}

/// Asks what traded of an instrument, from this trade on; for the last one alone where none is known.
pub(super) fn trades_from<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (number, from): (u64, Option<u64>),
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin("myTrades", &[purpose::RECONCILE, digits(number, &mut [0; 20])]);
    if let Some(from) = from {
        request.number("fromId", from);
    }
    request.number("limit", from.map_or(1, |_| TRADES_ANSWER)).number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at)).finish()
}

/// Places an order.
pub(super) fn place<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    intent: &Intent,
    tradable: &Tradable,
) -> &'a [u8] {
    let id = intent.client_order_id.text();
    terms(writer.begin("order.place", &[purpose::PLACE, &id]), at, (&id, intent), tradable)
}

/// Cancels an order of which nothing traded, and places another in its stead.
pub(super) fn replace<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    ((before, name), intent): ((OrderName, OrderName), &Intent),
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin("order.cancelReplace", &[purpose::REPLACE, &name.id.text()]);
    request.text("cancelOrigClientOrderId", before.text().as_bytes());
    request.text("cancelReplaceMode", b"STOP_ON_FAILURE").text("cancelRestrictions", b"ONLY_NEW");
    terms(request, at, (name.text().as_bytes(), intent), tradable)
}

/// What an order is to be, behind parameters that sort before these.
fn terms<'a>(
    request: &'a mut RequestWriter,
    at: UnixNanos,
    (name, intent): (&[u8], &Intent),
    tradable: &Tradable,
) -> &'a [u8] {
    let is_post_only = intent.post_only == 1;
    request.text("newClientOrderId", name).text("newOrderRespType", b"ACK");
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
    name: OrderName,
    tradable: &Tradable,
) -> &'a [u8] {
    by_name(writer.begin("order.cancel", &[purpose::CANCEL, &name.id.text()]), at, name, tradable)
}

/// Lowers the quantity of an order, which keeps its place, and its id.
pub(super) fn change<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (name, quantity): (OrderName, Quantity),
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin("order.amend.keepPriority", &[purpose::CHANGE, &name.id.text()]);
    let quantity = format_scaled(quantity.0.into(), tradable.scales.quantity);
    request.text("newClientOrderId", name.text().as_bytes()).text("newQty", quantity.as_bytes());
    by_name(request, at, name, tradable)
}

/// Asks where an order stands.
pub(super) fn status<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    name: OrderName,
    tradable: &Tradable,
) -> &'a [u8] {
    by_name(writer.begin("order.status", &[purpose::STATUS, &name.id.text()]), at, name, tradable)
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

fn by_name<'a>(
    request: &'a mut RequestWriter,
    at: UnixNanos,
    name: OrderName,
    tradable: &Tradable,
) -> &'a [u8] {
    if name.id.is_foreign() {
        request.number("orderId", name.id.counter);
    } else {
        request.text("origClientOrderId", name.text().as_bytes());
    }
    request.number("recvWindow", RECEIVE_WINDOW_MS);
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
