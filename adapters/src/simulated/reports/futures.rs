//! What futures tell an order's owner: answers to requests, and events of the user-data stream.

use fulmar_bus::record::{AccountId, Notional, Price};
use fulmar_engine::market::decimal::{DecimalText, format_fixed};

use super::{AccountTrade, ClientOrder, Detail, Fill, Happening, Status, Wire};
use crate::simulated::config::SCALE;
use crate::simulated::market::Market;
use crate::simulated::wire::{money, number};

/// Money with as many digits as the wire has, the rest cut off.
fn cut(value: i128) -> DecimalText {
    let unit = 10i128.pow(u32::from(SCALE));
    format_fixed(value / unit, SCALE, SCALE)
}

/// What an order traded at on average.
fn average(order: &ClientOrder) -> DecimalText {
    let average = order.executed_money.checked_div(i128::from(order.executed)).unwrap_or(0);
    format_fixed(average, SCALE, SCALE)
}

/// `ORDER_TRADE_UPDATE`
pub fn execution(wire: &Wire, order: &ClientOrder, happening: Happening<'_>) -> String {
    let execution = match happening {
        Happening::New => "NEW",
        Happening::Trade(_) => "TRADE",
        Happening::Canceled(_) => "CANCELED",
        Happening::Amended(_) => "AMENDMENT",
        Happening::Expired => "EXPIRED",
    };
    let fill = if let Happening::Trade(fill) = happening { Some(fill) } else { None };
    let last = fill.map_or((0, Price(0)), |fill| (fill.trade.quantity.0, fill.trade.price));
    let fee = fill.map_or(String::new(), |fill| {
        format!(r#""N":"{}","n":"{}","#, fill.fee_asset(wire), fill.fee_text())
    });
    format!(
        concat!(
            r#"{{"e":"ORDER_TRADE_UPDATE","E":{at},"T":{at},"o":{{"s":"{symbol}","c":"{id}","S":"{side}","#,
            r#""o":"{kind}","f":"{tif}","q":"{quantity}","p":"{price}","ap":"{average}","sp":"0","x":"{execution}","#,
            r#""X":"{status}","i":{number},"l":"{last}","z":"{executed}","L":"{last_price}",{fee}"T":{at},"#,
            r#""t":{trade_id},"b":"0","a":"0","m":{is_maker},"R":{reduces},"wt":"CONTRACT_PRICE","ot":"{kind}","#,
            r#""ps":"BOTH","cp":false,"rp":"{realized}","pP":false,"si":0,"ss":0,"V":"{stp}","pm":"NONE","gtd":0}}}}"#
        ),
        at = order.updated_at_ms,
        symbol = wire.symbol,
        id = order.client_order_id,
        side = order.side_text(),
        kind = order.type_text(wire.dialect),
        tif = order.time_in_force_text(wire.dialect),
        quantity = wire.quantity(order.quantity.0),
        price = wire.price(order.price),
        average = average(order),
        execution = execution,
        status = order.status.text(),
        number = order.key.number,
        last = wire.quantity(last.0),
        executed = wire.quantity(order.executed),
        last_price = wire.price(last.1),
        fee = fee,
        trade_id = fill.map_or(0, |fill| fill.trade.trade_id),
        is_maker = fill.is_some_and(|fill| fill.is_maker),
        reduces = order.reduces_only,
        realized = fill.map_or(cut(0), |fill| cut(fill.realized.0)),
        stp = order.self_trade_text(),
    )
}

/// The answer to `order.place`: the order as it came, or as it stands where the result was asked for.
pub fn placed(wire: &Wire, order: &ClientOrder, detail: Detail) -> String {
    if detail != Detail::Ack {
        return status(wire, order);
    }
    let came = ClientOrder { executed: 0, executed_money: 0, status: Status::New, ..order.clone() };
    status(wire, &came)
}

/// An order as every answer about it has it.
pub fn status(wire: &Wire, order: &ClientOrder) -> String {
    format!(
        concat!(
            r#"{{"orderId":{number},"symbol":"{symbol}","status":"{status}","clientOrderId":"{id}","price":"{price}","#,
            r#""avgPrice":"{average}","origQty":"{quantity}","executedQty":"{executed}","cumQty":"{executed}","#,
            r#""cumQuote":"{money}","timeInForce":"{tif}","type":"{kind}","reduceOnly":{reduces},"#,
            r#""closePosition":false,"side":"{side}","positionSide":"BOTH","stopPrice":"0.00","#,
            r#""workingType":"CONTRACT_PRICE","priceProtect":false,"origType":"{kind}","priceMatch":"NONE","#,
            r#""selfTradePreventionMode":"{stp}","goodTillDate":0,"time":{created},"updateTime":{updated}}}"#
        ),
        number = order.key.number,
        symbol = wire.symbol,
        status = order.status.text(),
        id = order.client_order_id,
        price = wire.price(order.price),
        average = average(order),
        quantity = wire.quantity(order.quantity.0),
        executed = wire.quantity(order.executed),
        money = money(order.executed_money),
        tif = order.time_in_force_text(wire.dialect),
        kind = order.type_text(wire.dialect),
        reduces = order.reduces_only,
        side = order.side_text(),
        stp = order.self_trade_text(),
        created = order.created_at_ms,
        updated = order.updated_at_ms,
    )
}

/// A row of the answer to `userTrades`.
pub fn trade(wire: &Wire, trade: &AccountTrade) -> String {
    let AccountTrade { order_number, at_ms, is_buyer, fill } = trade;
    let Fill { trade, is_maker, realized, .. } = fill;
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","id":{id},"orderId":{order_number},"side":"{side}","price":"{price}","#,
            r#""qty":"{quantity}","realizedPnl":"{realized}","quoteQty":"{money}","commission":"{fee}","#,
            r#""commissionAsset":"{fee_asset}","time":{at_ms},"positionSide":"BOTH","buyer":{is_buyer},"#,
            r#""maker":{is_maker}}}"#
        ),
        symbol = wire.symbol,
        id = trade.trade_id,
        order_number = order_number,
        side = if *is_buyer { "BUY" } else { "SELL" },
        price = wire.price(trade.price),
        quantity = wire.quantity(trade.quantity.0),
        realized = cut(realized.0),
        money = money(trade.price.times(trade.quantity).0),
        fee = fill.fee_text(),
        fee_asset = fill.fee_asset(wire),
        at_ms = at_ms,
        is_buyer = is_buyer,
        is_maker = is_maker,
    )
}

/// `ACCOUNT_UPDATE` after a trade, or after so much funding was paid, which tells no position.
pub fn account_update(market: &Market, account: AccountId, at_ms: u64, paid: Option<Notional>) -> String {
    let (wire, held) = (market.wire(), market.holding(account));
    let position = || {
        format!(
            concat!(
                r#","P":[{{"s":"{symbol}","pa":"{quantity}","ep":"{entry}","bep":"{entry}","cr":"{realized}","#,
                r#""up":"{unrealized}","mt":"cross","iw":"0","ps":"BOTH"}}]"#
            ),
            symbol = wire.symbol,
            quantity = wire.quantity(held.quantity),
            entry = number(held.entry().0),
            realized = cut(held.realized),
            unrealized = cut(held.unrealized()),
        )
    };
    format!(
        concat!(
            r#"{{"e":"ACCOUNT_UPDATE","E":{at},"T":{at},"a":{{"m":"{reason}","B":[{{"a":"{asset}","wb":"{wallet}","#,
            r#""cw":"{wallet}","bc":"{change}"}}]{position}}}}}"#
        ),
        at = at_ms,
        reason = if paid.is_some() { "FUNDING_FEE" } else { "ORDER" },
        asset = wire.quote,
        wallet = cut(market.held(account)[1].free),
        change = cut(paid.map_or(0, |paid| -paid.0)),
        position = if paid.is_some() { String::new() } else { position() },
    )
}

/// A row of the answer to `account.position`.
pub fn position(market: &Market, account: AccountId, at_ms: u64) -> String {
    let (wire, held) = (market.wire(), market.holding(account));
    let margin = cut(held.notional().abs() / i128::from(market.leverage(account)));
    format!(
        concat!(
            r#"{{"symbol":"{symbol}","positionSide":"BOTH","positionAmt":"{quantity}","entryPrice":"{entry}","#,
            r#""breakEvenPrice":"{entry}","markPrice":"{mark}","unRealizedProfit":"{unrealized}","#,
            r#""unrealizedProfit":"{unrealized}","liquidationPrice":"0","leverage":"{leverage}","#,
            r#""marginType":"cross","isolatedMargin":"0","isolatedWallet":"0","notional":"{notional}","#,
            r#""marginAsset":"{asset}","initialMargin":"{margin}","maintMargin":"0","updateTime":{at}}}"#
        ),
        symbol = wire.symbol,
        quantity = wire.quantity(held.quantity),
        entry = number(held.entry().0),
        mark = number(held.mark.0),
        unrealized = cut(held.unrealized()),
        leverage = market.leverage(account),
        notional = cut(held.notional()),
        asset = wire.quote,
        margin = margin,
        at = at_ms,
    )
}

/// A row of the answer to `account.balance`: of an asset the wallet, what closing would earn, and what is free.
pub fn balance(asset: &str, [wallet, unrealized, available]: [i128; 3], at_ms: u64) -> String {
    format!(
        concat!(
            r#"{{"accountAlias":"simulated","asset":"{asset}","balance":"{wallet}","crossWalletBalance":"{wallet}","#,
            r#""walletBalance":"{wallet}","crossUnPnl":"{unrealized}","availableBalance":"{available}","#,
            r#""maxWithdrawAmount":"{available}","marginAvailable":true,"updateTime":{at}}}"#
        ),
        asset = asset,
        wallet = cut(wallet),
        unrealized = cut(unrealized),
        available = cut(available),
        at = at_ms,
    )
}
