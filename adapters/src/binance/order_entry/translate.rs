//! The venue's words on orders as reports. Pure.

use fulmar_bus::record::{
    BalanceStatement, ClientOrderId, ExecutionReport, ExecutionType, LiquiditySide, Notional, OrderStatus,
    Price, Quantity, Side, Text, UnixNanos, WideNumber,
};
use fulmar_engine::contract::DecodeError;

use super::name::OrderName;
use crate::decode::Scales;
use crate::decode::json::{Fields, decimal};

/// Digits behind the point of every amount of money that the venue sends.
const MONEY_SCALE: u8 = 8;

/// The order that an event tells of: a canceled one is named by `C`, since `c` is then the cancel's own id. `None`
/// where it is somebody else's and its number is too large for a name.
pub fn event_order(event: &Fields<'_, '_>) -> Result<Option<OrderName>, DecodeError> {
    let original = event.text("C").ok().and_then(OrderName::parse);
    let own = original.or(OrderName::parse(event.text("c")?));
    Ok(own.or(ClientOrderId::foreign(event.unsigned("i")?).map(OrderName::of)))
}

/// The name of an order that the venue gives both its names of.
pub fn order_name(client_order_id: &str, venue_order_id: u64) -> Option<OrderName> {
    OrderName::parse(client_order_id).or(ClientOrderId::foreign(venue_order_id).map(OrderName::of))
}

/// An amount of money, which may be below zero, at the scale of a balance.
pub fn amount(text: &str) -> Result<Notional, DecodeError> {
    let scale = usize::from(BalanceStatement::SCALE);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (whole, sign) = whole.strip_prefix('-').map_or((whole, 1), |whole| (whole, -1));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 20 || !is_plain(whole) || !is_plain(fraction) {
        return Err(DecodeError::BadNumber);
    }
    if fraction.len() > scale {
        return Err(DecodeError::TooPrecise);
    }
    let digits =
        whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', scale - fraction.len()));
    let value = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    Ok(Notional(sign * value))
}

/// A number that may be below zero, at this scale, with no more digits than it has.
pub fn signed(text: &str, scale: u8) -> Result<i64, DecodeError> {
    let (value, unit) = (amount(text)?.0, unit_of(scale));
    if value % unit != 0 {
        return Err(DecodeError::TooPrecise);
    }
    i64::try_from(value / unit).map_err(|_| DecodeError::Overflow)
}

/// As [`signed`], with the digits beyond the scale cut off.
pub fn rounded(text: &str, scale: u8) -> Result<i64, DecodeError> {
    i64::try_from(amount(text)?.0 / unit_of(scale)).map_err(|_| DecodeError::Overflow)
}

const fn unit_of(scale: u8) -> i128 {
    10_i128.pow((BalanceStatement::SCALE - scale) as u32)
}

/// An `executionReport`, or the order of an `ORDER_TRADE_UPDATE`, as a report.
pub fn event(
    event: &Fields<'_, '_>,
    id: ClientOrderId,
    scales: Scales,
) -> Result<ExecutionReport, DecodeError> {
    let execution = match event.text("x")? {
        "NEW" => ExecutionType::Accepted,
        "REPLACED" | "AMENDMENT" => ExecutionType::Updated,
        "TRADE" => ExecutionType::Trade,
        "CANCELED" => ExecutionType::Canceled,
        "REJECTED" => ExecutionType::Rejected,
        "EXPIRED" | "TRADE_PREVENTION" => ExecutionType::Expired,
        _ => return Err(DecodeError::UnknownValue),
    };
    let mut report = ExecutionReport::new(id, side(event.text("S")?)?, execution, status(event.text("X")?)?);
    report.venue_order_id = event.unsigned("i")?;
    report.venue_at = UnixNanos::from_millis(event.unsigned("T")?);
    report.price = Price(event.decimal("p", scales.price)?);
    report.quantity = Quantity(event.decimal("q", scales.quantity)?);
    report.cumulative_qty = Quantity(event.decimal("z", scales.quantity)?);
    report.leaves_qty = leaves(&report);
    if execution == ExecutionType::Trade {
        report.trade_id = event.unsigned("t")?;
        report.last_qty = Quantity(event.decimal("l", scales.quantity)?);
        report.last_px = Price(event.decimal("L", scales.price)?);
        report.liquidity_side = if event.flag("m")? { LiquiditySide::Maker } else { LiquiditySide::Taker };
        // Futures, which alone tell a position's side, leave the fee out where there is none.
        if event.find("ps").is_none() || event.find("n").is_some() {
            report.commission = commission(event.text("n")?)?;
        }
        report.commission_asset = event.text("N").ok().and_then(Text::new).unwrap_or_default();
    }
    Ok(report)
}

/// The answer to a cancel or a status query, as a report of where the order stands.
pub fn standing(
    result: &Fields<'_, '_>,
    id: ClientOrderId,
    scales: Scales,
) -> Result<ExecutionReport, DecodeError> {
    let status = status(result.text("status")?)?;
    let execution = match status {
        OrderStatus::Canceled => ExecutionType::Canceled,
        OrderStatus::Rejected => ExecutionType::Rejected,
        OrderStatus::Expired => ExecutionType::Expired,
        _ => ExecutionType::Accepted,
    };
    let mut report = ExecutionReport::new(id, side(result.text("side")?)?, execution, status);
    report.venue_order_id = result.unsigned("orderId")?;
    let moment = if result.find("updateTime").is_some() { "updateTime" } else { "transactTime" };
    report.venue_at = UnixNanos::from_millis(result.unsigned(moment)?);
    report.price = Price(result.decimal("price", scales.price)?);
    report.quantity = Quantity(result.decimal("origQty", scales.quantity)?);
    report.cumulative_qty = Quantity(result.decimal("executedQty", scales.quantity)?);
    report.leaves_qty = leaves(&report);
    Ok(report)
}

/// The answer to a change, as a report of what the order is now.
pub fn changed(
    result: &Fields<'_, '_>,
    id: ClientOrderId,
    scales: Scales,
) -> Result<ExecutionReport, DecodeError> {
    // Futures answer with the order as it is.
    if result.find("amendedOrder").is_none() {
        let mut report = standing(result, id, scales)?;
        report.execution = ExecutionType::Updated;
        return Ok(report);
    }
    let order = Fields::of(result.value("amendedOrder")?)?;
    let (side, status) = (side(order.text("side")?)?, status(order.text("status")?)?);
    let mut report = ExecutionReport::new(id, side, ExecutionType::Updated, status);
    report.venue_order_id = order.unsigned("orderId")?;
    report.venue_at = UnixNanos::from_millis(result.unsigned("transactTime")?);
    report.price = Price(order.decimal("price", scales.price)?);
    report.quantity = Quantity(order.decimal("qty", scales.quantity)?);
    report.cumulative_qty = Quantity(order.decimal("executedQty", scales.quantity)?);
    report.leaves_qty = leaves(&report);
    Ok(report)
}

/// One row of the answer to a query for trades. `traded` sums up what the rows before it traded.
pub fn trade(
    row: &Fields<'_, '_>,
    id: ClientOrderId,
    scales: Scales,
    traded: &mut Quantity,
) -> Result<ExecutionReport, DecodeError> {
    let [buyer, maker] =
        if row.find("isBuyer").is_some() { ["isBuyer", "isMaker"] } else { ["buyer", "maker"] };
    let side = if row.flag(buyer)? { Side::Buy } else { Side::Sell };
    let mut report = ExecutionReport::new(id, side, ExecutionType::Trade, OrderStatus::PartiallyFilled);
    report.venue_order_id = row.unsigned("orderId")?;
    report.venue_at = UnixNanos::from_millis(row.unsigned("time")?);
    report.trade_id = row.unsigned("id")?;
    report.last_qty = Quantity(row.decimal("qty", scales.quantity)?);
    report.last_px = Price(row.decimal("price", scales.price)?);
    report.liquidity_side = if row.flag(maker)? { LiquiditySide::Maker } else { LiquiditySide::Taker };
    report.commission = commission(row.text("commission")?)?;
    report.commission_asset = Text::new(row.text("commissionAsset")?).unwrap_or_default();
    traded.0 = traded.0.saturating_add(report.last_qty.0);
    report.cumulative_qty = *traded;
    Ok(report)
}

fn side(text: &str) -> Result<Side, DecodeError> {
    match text {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(DecodeError::UnknownValue),
    }
}

fn status(text: &str) -> Result<OrderStatus, DecodeError> {
    Ok(match text {
        "NEW" => OrderStatus::Accepted,
        "PENDING_NEW" => OrderStatus::Submitted,
        "PARTIALLY_FILLED" => OrderStatus::PartiallyFilled,
        "FILLED" => OrderStatus::Filled,
        "CANCELED" => OrderStatus::Canceled,
        "PENDING_CANCEL" => OrderStatus::PendingCancel,
        "REJECTED" => OrderStatus::Rejected,
        "EXPIRED" | "EXPIRED_IN_MATCH" => OrderStatus::Expired,
        _ => return Err(DecodeError::UnknownValue),
    })
}

fn leaves(report: &ExecutionReport) -> Quantity {
    let left = (report.quantity.0 - report.cumulative_qty.0).max(0);
    if report.status.is_terminal() { Quantity(0) } else { Quantity(left) }
}

/// A fee as a report tells it.
fn commission(text: &str) -> Result<WideNumber, DecodeError> {
    const UNIT: i128 = 10_i128.pow((ExecutionReport::COMMISSION_SCALE - MONEY_SCALE) as u32);
    Ok(Notional(i128::from(decimal(text, MONEY_SCALE)?) * UNIT).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_read_exactly_and_an_average_is_cut() {
        assert_eq!((signed("-0.250", 3), signed("-0.2500000", 3)), (Ok(-250), Ok(-250)));
        assert_eq!(signed("0.2501", 3), Err(DecodeError::TooPrecise));
        assert_eq!((rounded("60000.987654", 2), rounded("-0.019", 2)), (Ok(6_000_098), Ok(-1)));
        assert_eq!(rounded("99999999999999999999", 2), Err(DecodeError::Overflow));
    }

    #[test]
    fn an_amount_of_whatever_size_is_read_whole() {
        assert_eq!(amount("0.00000123"), Ok(Notional(1_230_000_000_000)));
        assert_eq!(amount("-12.5"), Ok(Notional(-12_500_000_000_000_000_000)));
        assert_eq!(amount("1000000000000000.00000000"), Ok(Notional(10_i128.pow(33))));
        for bad in ["", "-", ".", "1e5", "+1", "1.-2", "99999999999999999999999"] {
            assert_eq!(amount(bad), Err(DecodeError::BadNumber), "{bad}");
        }
        assert_eq!(amount("0.0000000000000000001"), Err(DecodeError::TooPrecise));
    }
}
