//! What spot tells an order's owner: answers to requests, and events of the user-data stream.

use std::fmt::Write;

use super::{AccountTrade, ClientOrder, Detail, Fill, Happening, Status, Wire};
use crate::simulated::market::Held;
use crate::simulated::wire::{money, number};

/// `executionReport`, as of `order`'s state after what happened.
pub fn execution(wire: &Wire, order: &ClientOrder, execution_id: u64, happening: Happening<'_>) -> String {
    let (client_id, original_id) = match happening {
        Happening::Canceled(cancel_id) => (cancel_id, order.client_order_id.as_str()),
        Happening::Amended(original_id) => (order.client_order_id.as_str(), original_id),
        _ => (order.client_order_id.as_str(), ""),
    };
    let execution = match happening {
        Happening::New => "NEW",
        Happening::Trade(_) => "TRADE",
        Happening::Canceled(_) => "CANCELED",
        Happening::Amended(_) => "REPLACED",
        Happening::Expired if order.status == Status::ExpiredInMatch => "TRADE_PREVENTION",
        Happening::Expired => "EXPIRED",
    };
    let mut text = format!(
        concat!(
            r#"{{"e":"executionReport","E":{at},"s":"{symbol}","c":"{client_id}","S":"{side}","o":"{kind}","#,
            r#""f":"{tif}","q":"{quantity}","p":"{price}","P":"0.00000000","F":"{shown}","g":-1,"#,
            r#""C":"{original_id}","x":"{execution}","X":"{status}","r":"NONE","i":{order_id},"#
        ),
        at = order.updated_at_ms,
        symbol = wire.symbol,
        client_id = client_id,
        side = order.side_text(),
        kind = order.type_text(wire.dialect),
        tif = order.time_in_force_text(wire.dialect),
        quantity = number(order.quantity.0),
        price = number(order.price.0),
        shown = number(order.display_qty.0),
        original_id = original_id,
        execution = execution,
        status = order.status.text(),
        order_id = order.key.number,
    );
    push_execution(&mut text, wire, order, execution_id, happening);
    text
}

/// The second half of an `executionReport`: what traded just now and so far.
fn push_execution(
    text: &mut String,
    wire: &Wire,
    order: &ClientOrder,
    execution_id: u64,
    happening: Happening<'_>,
) {
    let fill = if let Happening::Trade(fill) = happening { Some(fill) } else { None };
    let last = fill.map_or((0, 0), |fill| (fill.trade.quantity.0, fill.trade.price.0));
    let last_money = fill.map_or(0, |fill| fill.trade.price.times(fill.trade.quantity).0);
    let trade_id = fill.map_or("-1".to_owned(), |fill| fill.trade.trade_id.to_string());
    let (fee, fee_asset) = fill.map_or(("0".to_owned(), "null".to_owned()), |fill| {
        (fill.fee_text().to_string(), format!("\"{}\"", fill.fee_asset(wire)))
    });
    write!(
        text,
        concat!(
            r#""l":"{last}","z":"{executed}","L":"{last_price}","n":"{fee}","N":{fee_asset},"T":{at},"#,
            r#""t":{trade_id},"I":{execution_id},"w":{is_working},"m":{is_maker},"M":{is_trade},"O":{created},"#,
            r#""Z":"{executed_money}","Y":"{last_money}","Q":"0.00000000","W":{created},"V":"{stp}"}}"#
        ),
        last = number(last.0),
        executed = number(order.executed),
        last_price = number(last.1),
        fee = fee,
        fee_asset = fee_asset,
        at = order.updated_at_ms,
        trade_id = trade_id,
        execution_id = execution_id,
        is_working = order.status.is_open(),
        is_maker = fill.is_some_and(|fill| fill.is_maker),
        is_trade = fill.is_some(),
        created = order.created_at_ms,
        executed_money = money(order.executed_money),
        last_money = money(last_money),
        stp = order.self_trade_text(),
    )
    .expect("a string takes all that is written to it");
}

/// `outboundAccountPosition` of a market's two currencies.
pub fn account_position(wire: &Wire, at_ms: u64, [base, quote]: [Held; 2]) -> String {
    format!(
        concat!(
            r#"{{"e":"outboundAccountPosition","E":{at},"u":{at},"B":[{{"a":"{base}","f":"{base_free}","#,
            r#""l":"{base_locked}"}},{{"a":"{quote}","f":"{quote_free}","l":"{quote_locked}"}}]}}"#
        ),
        at = at_ms,
        base = wire.base,
        base_free = money(base.free),
        base_locked = money(base.locked),
        quote = wire.quote,
        quote_free = money(quote.free),
        quote_locked = money(quote.locked),
    )
}

/// The answer to `order.place`.
pub fn placed(wire: &Wire, order: &ClientOrder, fills: &[Fill], detail: Detail) -> String {
    let name = &wire.symbol;
    let ids = format!(
        r#"{{"symbol":"{name}","orderId":{},"orderListId":-1,"clientOrderId":"{}","transactTime":{}"#,
        order.key.number, order.client_order_id, order.updated_at_ms
    );
    if detail == Detail::Ack {
        return ids + "}";
    }
    let mut text = format!(
        r#"{ids},{},"workingTime":{}"#,
        standing(wire, order, r#","origQuoteOrderQty":"0.00000000""#),
        order.created_at_ms
    );
    if detail == Detail::Full {
        let fills: Vec<String> = fills.iter().map(|fill| fill_text(wire, fill)).collect();
        write!(text, r#","fills":[{}]"#, fills.join(",")).expect("a string takes all that is written to it");
    }
    text + &format!(r#","selfTradePreventionMode":"{}"}}"#, order.self_trade_text())
}

/// The answer to `order.cancel`, and a row of the one to `openOrders.cancelAll`.
pub fn canceled(wire: &Wire, order: &ClientOrder, cancel_id: &str) -> String {
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","origClientOrderId":"{original}","orderId":{number},"orderListId":-1,"#,
            r#""clientOrderId":"{cancel_id}","transactTime":{at},{standing},"selfTradePreventionMode":"{stp}"}}"#
        ),
        symbol = wire.symbol,
        original = order.client_order_id,
        number = order.key.number,
        cancel_id = cancel_id,
        at = order.updated_at_ms,
        standing = standing(wire, order, r#","origQuoteOrderQty":"0.00000000""#),
        stp = order.self_trade_text(),
    )
}

/// The answer to `order.amend.keepPriority`.
pub fn amended(wire: &Wire, order: &ClientOrder, original_id: &str) -> String {
    format!(
        concat!(
            r#"{{"transactTime":{at},"executionId":{execution_id},"amendedOrder":{{"symbol":"{symbol}","#,
            r#""orderId":{number},"orderListId":-1,"origClientOrderId":"{original_id}","clientOrderId":"{id}","#,
            r#""price":"{price}","qty":"{quantity}","executedQty":"{executed}","preventedQty":"0.00000000","#,
            r#""quoteOrderQty":"0.00000000","cumulativeQuoteQty":"{money}","status":"{status}","#,
            r#""timeInForce":"{tif}","type":"{kind}","side":"{side}","workingTime":{created},"#,
            r#""selfTradePreventionMode":"{stp}"}}}}"#
        ),
        at = order.updated_at_ms,
        execution_id = order.key.number,
        symbol = wire.symbol,
        number = order.key.number,
        original_id = original_id,
        id = order.client_order_id,
        price = number(order.price.0),
        quantity = number(order.quantity.0),
        executed = number(order.executed),
        money = money(order.executed_money),
        status = order.status.text(),
        tif = order.time_in_force_text(wire.dialect),
        kind = order.type_text(wire.dialect),
        side = order.side_text(),
        created = order.created_at_ms,
        stp = order.self_trade_text(),
    )
}

/// The answer to `order.status`, and a row of the one to `openOrders.status`.
pub fn status(wire: &Wire, order: &ClientOrder) -> String {
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","orderId":{number},"orderListId":-1,"clientOrderId":"{client_id}",{standing},"#,
            r#""stopPrice":"0.00000000","icebergQty":"{shown}","time":{created},"updateTime":{updated},"#,
            r#""isWorking":true,"workingTime":{created},"origQuoteOrderQty":"0.00000000","#,
            r#""selfTradePreventionMode":"{stp}"}}"#
        ),
        symbol = wire.symbol,
        number = order.key.number,
        shown = number(order.display_qty.0),
        client_id = order.client_order_id,
        standing = standing(wire, order, ""),
        created = order.created_at_ms,
        updated = order.updated_at_ms,
        stp = order.self_trade_text(),
    )
}

/// The fields that every answer about an order has in common, in their order.
fn standing(wire: &Wire, order: &ClientOrder, after_executed: &str) -> String {
    format!(
        concat!(
            r#""price":"{price}","origQty":"{quantity}","executedQty":"{executed}"{after_executed},"#,
            r#""cummulativeQuoteQty":"{money}","status":"{status}","timeInForce":"{tif}","type":"{kind}","#,
            r#""side":"{side}""#
        ),
        price = number(order.price.0),
        quantity = number(order.quantity.0),
        executed = number(order.executed),
        after_executed = after_executed,
        money = money(order.executed_money),
        status = order.status.text(),
        tif = order.time_in_force_text(wire.dialect),
        kind = order.type_text(wire.dialect),
        side = order.side_text(),
    )
}

/// A row of the answer to `myTrades`.
pub fn trade(wire: &Wire, trade: &AccountTrade) -> String {
    let AccountTrade { order_number, at_ms, is_buyer, fill } = trade;
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","id":{id},"orderId":{order_number},"orderListId":-1,"price":"{price}","#,
            r#""qty":"{quantity}","quoteQty":"{money}","commission":"{fee}","commissionAsset":"{fee_asset}","#,
            r#""time":{at_ms},"isBuyer":{is_buyer},"isMaker":{is_maker},"isBestMatch":true}}"#
        ),
        symbol = wire.symbol,
        id = fill.trade.trade_id,
        order_number = order_number,
        price = number(fill.trade.price.0),
        quantity = number(fill.trade.quantity.0),
        money = money(fill.trade.price.times(fill.trade.quantity).0),
        fee = fill.fee_text(),
        fee_asset = fill.fee_asset(wire),
        at_ms = at_ms,
        is_buyer = is_buyer,
        is_maker = fill.is_maker,
    )
}

fn fill_text(wire: &Wire, fill: &Fill) -> String {
    format!(
        r#"{{"price":"{}","qty":"{}","commission":"{}","commissionAsset":"{}","tradeId":{}}}"#,
        number(fill.trade.price.0),
        number(fill.trade.quantity.0),
        fill.fee_text(),
        fill.fee_asset(wire),
        fill.trade.trade_id,
    )
}
