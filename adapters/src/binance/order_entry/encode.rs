//! What goes to the venue: each request's method and parameters, these sorted by name. Pure.
//!
//! The id of a request is its purpose and the name of what it is about: the order as the venue calls it, or the change
//! that it makes. So its answer says by itself what it answers, however late it comes.

use fulmar_bus::record::{
    ClientOrderId, InstrumentId, Intent, ModifyOrder, OrderTerms, OrderType, Quantity, RequestKind, Side,
    Text, TimeInForce, UnixNanos,
};
use fulmar_engine::market::decimal::format_scaled;

use super::super::limits::{OrderWeights, RECEIVE_WINDOW_MS, TRADES_ANSWER};
use super::http;
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
    /// All of an instrument, whose number follows.
    pub const CANCEL_ALL: &[u8] = b"x";
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
pub(super) const fn weight(weights: &OrderWeights, ask: Ask) -> u64 {
    match ask {
        Ask::Balances => weights.balances,
        Ask::Positions => weights.positions,
        Ask::Orders(_) => weights.open_orders,
        Ask::Trades(_) => weights.trades,
    }
}

/// Asks what the account has.
pub(super) fn balances(writer: &mut RequestWriter, at: UnixNanos, number: u64) -> &[u8] {
    if writer.product().is_futures() {
        return writer
            .begin("v2/account.balance", &[purpose::RECONCILE, digits(number, &mut [0; 20])])
            .dated(at)
            .finish();
    }
    let request = writer.begin("account.status", &[purpose::RECONCILE, digits(number, &mut [0; 20])]);
    request.word("omitZeroBalances", "true").dated(at).finish()
}

/// Asks what the account holds.
pub(super) fn positions(writer: &mut RequestWriter, at: UnixNanos, number: u64) -> &[u8] {
    writer
        .begin("v2/account.position", &[purpose::RECONCILE, digits(number, &mut [0; 20])])
        .dated(at)
        .finish()
}

/// Asks which orders of an instrument stand.
pub(super) fn open_orders<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    number: u64,
    tradable: &Tradable,
) -> (RequestKind, &'a [u8]) {
    asked(writer, ("openOrders.status", http::OPEN_ORDERS), number, |request| {
        request.number("recvWindow", RECEIVE_WINDOW_MS);
        request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at));
    })
}

/// Asks what traded of an instrument, from this trade on; for the last one alone where none is known.
pub(super) fn trades_from<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (number, from): (u64, Option<u64>),
    tradable: &Tradable,
) -> (RequestKind, &'a [u8]) {
    asked(writer, ("myTrades", http::TRADES), number, |request| {
        if let Some(from) = from {
            request.number("fromId", from);
        }
        request.number("limit", from.map_or(1, |_| TRADES_ANSWER)).number("recvWindow", RECEIVE_WINDOW_MS);
        request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at));
    })
}

/// A question of a reconciliation that spot takes as a message and futures over HTTP.
fn asked<'a>(
    writer: &'a mut RequestWriter,
    (method, path): (&str, &str),
    number: u64,
    parameters: impl FnOnce(&mut RequestWriter),
) -> (RequestKind, &'a [u8]) {
    if writer.product().is_futures() {
        parameters(writer.begin_target(path));
        return (RequestKind::HttpGet, writer.finish_target());
    }
    parameters(writer.begin(method, &[purpose::RECONCILE, digits(number, &mut [0; 20])]));
    (RequestKind::Send, writer.finish())
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
    let request = writer.begin("order.cancelReplace", &[purpose::REPLACE, name.text().as_bytes()]);
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
    let is_futures = request.product().is_futures();
    let is_post_only = intent.post_only == 1;
    if intent.shows_part() {
        let shown = format_scaled(intent.display_qty.0.into(), tradable.scales.quantity);
        request.text("icebergQty", shown.as_bytes());
    }
    request.text("newClientOrderId", name).text("newOrderRespType", b"ACK");
    if intent.order_type.is_limited() {
        request.text("price", format_scaled(intent.price.0.into(), tradable.scales.price).as_bytes());
    }
    let quantity = format_scaled(intent.quantity.0.into(), tradable.scales.quantity);
    request.text("quantity", quantity.as_bytes()).number("recvWindow", RECEIVE_WINDOW_MS);
    if is_futures && intent.reduce_only == 1 {
        request.text("reduceOnly", b"true");
    }
    request.text("side", side(intent.side));
    request.text("symbol", tradable.symbol.as_str().as_bytes());
    if intent.order_type == OrderType::Limit && (is_futures || !is_post_only) {
        // Good till crossing: it waits or is not taken.
        request.text("timeInForce", if is_post_only { b"GTX" } else { time_in_force(intent.time_in_force) });
    }
    request.number("timestamp", millis(at));
    let order_type: &[u8] = match intent.order_type {
        OrderType::Limit if is_post_only && !is_futures => b"LIMIT_MAKER",
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
    by_name(writer.begin("order.cancel", &[purpose::CANCEL, name.text().as_bytes()]), at, name, tradable)
}

/// Cancels all that the account has of an instrument.
pub(super) fn cancel_all<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    instrument_id: InstrumentId,
    tradable: &Tradable,
) -> (RequestKind, &'a [u8]) {
    let is_futures = writer.product().is_futures();
    let number = instrument_id.0.into();
    let request = match is_futures {
        true => writer.begin_target(http::ALL_OPEN_ORDERS),
        false => writer.begin("openOrders.cancelAll", &[purpose::CANCEL_ALL, digits(number, &mut [0; 20])]),
    };
    request.number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at));
    match is_futures {
        true => (RequestKind::HttpDelete, request.finish_target()),
        false => (RequestKind::Send, request.finish()),
    }
}

/// Lowers the quantity of an order, which keeps its place, and its id. The change of this number does.
pub(super) fn change<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (name, revision, quantity): (OrderName, u16, Quantity),
    tradable: &Tradable,
) -> &'a [u8] {
    let change = OrderName { revision, ..name }.text();
    let request = writer.begin("order.amend.keepPriority", &[purpose::CHANGE, change.as_bytes()]);
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
    by_name(writer.begin("order.status", &[purpose::STATUS, name.text().as_bytes()]), at, name, tradable)
}

/// Asks for the trades of an order.
pub(super) fn trades<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (id, venue_order_id): (ClientOrderId, u64),
    tradable: &Tradable,
) -> (RequestKind, &'a [u8]) {
    let is_futures = writer.product().is_futures();
    let request = match is_futures {
        true => writer.begin_target(http::TRADES),
        false => writer.begin("myTrades", &[purpose::TRADES, &id.text()]),
    };
    request.number("orderId", venue_order_id).number("recvWindow", RECEIVE_WINDOW_MS);
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at));
    match is_futures {
        true => (RequestKind::HttpGet, request.finish_target()),
        false => (RequestKind::Send, request.finish()),
    }
}

/// Wants all orders of a symbol canceled so many milliseconds from now, unless it is wanted anew; with zero, no more.
pub(super) fn countdown<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    millis_left: u64,
    tradable: &Tradable,
) -> &'a [u8] {
    let request = writer.begin_target(http::COUNTDOWN).number("countdownTime", millis_left);
    request.number("recvWindow", RECEIVE_WINDOW_MS);
    request
        .text("symbol", tradable.symbol.as_str().as_bytes())
        .number("timestamp", millis(at))
        .finish_target()
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

/// Changes price and quantity of an order of futures, which keeps its name.
pub(super) fn modify<'a>(
    writer: &'a mut RequestWriter,
    at: UnixNanos,
    (name, order): (OrderName, &ModifyOrder),
    tradable: &Tradable,
) -> &'a [u8] {
    let OrderTerms { price, quantity, .. } = order.terms;
    let change = OrderName { revision: order.revision, ..name }.text();
    let request = writer.begin("order.modify", &[purpose::CHANGE, change.as_bytes()]);
    request.text("origClientOrderId", name.text().as_bytes());
    request.text("price", format_scaled(price.0.into(), tradable.scales.price).as_bytes());
    request.text("quantity", format_scaled(quantity.0.into(), tradable.scales.quantity).as_bytes());
    request.number("recvWindow", RECEIVE_WINDOW_MS).text("side", side(order.side));
    request.text("symbol", tradable.symbol.as_str().as_bytes()).number("timestamp", millis(at)).finish()
}

const fn side(side: Side) -> &'static [u8] {
    match side {
        Side::Buy => b"BUY",
        Side::Sell => b"SELL",
    }
}

fn time_in_force(time_in_force: TimeInForce) -> &'static [u8] {
    match time_in_force {
        // What ends at a moment of its own is ended from here.
        TimeInForce::Gtc | TimeInForce::Gtd | TimeInForce::Day => b"GTC",
        TimeInForce::Ioc => b"IOC",
        TimeInForce::Fok => b"FOK",
    }
}
