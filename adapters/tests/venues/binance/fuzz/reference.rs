//! What answers and events say, read once more from other JSON by other code: by key, digit by digit, with no care for
//! speed. It says `None` where the decoder must refuse.

use fulmar_adapters::binance::Product;
use fulmar_adapters::decode::Scales;
use fulmar_bus::record::{
    ClientOrderId, ContractKind, ContractSize, ExecutionReport, ExecutionType, InstrumentDefinition, Level,
    LiquiditySide, Notional, OrderStatus, Price, Quantity, Side, Text, UnixNanos, WideNumber,
};
use fulmar_engine::market::choose_scale;

use super::json::{Json, decimal};

/// Number, moment, bids and asks of a snapshot.
pub type Snapshot = (u64, UnixNanos, Vec<Level>, Vec<Level>);

pub fn snapshot(answer: &Json, scales: Scales) -> Option<Snapshot> {
    let moment = match answer.find("T") {
        Some(_) => UnixNanos::from_millis(answer.unsigned("T")?),
        None => UnixNanos(0),
    };
    let (bids, asks) = (levels(answer, "bids", scales)?, levels(answer, "asks", scales)?);
    Some((answer.unsigned("lastUpdateId")?, moment, bids, asks))
}

fn levels(answer: &Json, key: &str, scales: Scales) -> Option<Vec<Level>> {
    let pairs = answer.list(key)?.iter().map(|pair| match pair {
        Json::List(pair) => match pair.as_slice() {
            [Json::Text(price), Json::Text(quantity), ..] => {
                let price = decimal(price, scales.price).filter(|price| *price > 0)?;
                Some(Level { price: Price(price), quantity: Quantity(decimal(quantity, scales.quantity)?) })
            }
            _ => None,
        },
        _ => None,
    });
    pairs.collect()
}

/// The definitions of those of `symbols` that the answer names, and whether all of it could be read.
pub fn definitions(
    product: Product,
    answer: &Json,
    symbols: &[&str],
) -> (Vec<(usize, Option<InstrumentDefinition>)>, bool) {
    let mut found = Vec::new();
    let Some(list) = answer.list("symbols") else { return (found, false) };
    for fields in list {
        let Some(symbol) = fields.text("symbol") else { return (found, false) };
        if let Some(index) = symbols.iter().position(|known| *known == symbol) {
            found.push((index, definition(product, fields)));
        }
    }
    (found, true)
}

fn definition(product: Product, fields: &Json) -> Option<InstrumentDefinition> {
    let (mut texts, mut parts) = (["0"; 6], 0);
    for filter in fields.list("filters")? {
        let kind = filter.text("filterType")?;
        if kind == "ICEBERG_PARTS" {
            parts = filter.unsigned("limit")?;
        }
        let keys: &[(usize, &str)] = match kind {
            "PRICE_FILTER" => &[(0, "tickSize"), (1, "maxPrice")],
            "LOT_SIZE" => &[(2, "stepSize"), (3, "minQty"), (4, "maxQty")],
            "MIN_NOTIONAL" if filter.find("notional").is_some() => &[(5, "notional")],
            "MIN_NOTIONAL" | "NOTIONAL" => &[(5, "minNotional")],
            _ => &[],
        };
        for (place, key) in keys {
            texts[*place] = filter.text(key)?;
        }
    }
    let [tick, price_max, lot, quantity_min, quantity_max, notional_min] = texts;
    let (price_key, quantity_key, contract) = match product {
        Product::Spot => ("quotePrecision", "baseAssetPrecision", ContractKind::Spot),
        Product::UsdMargined | Product::CoinMargined => {
            let is_perpetual = fields.text("contractType")?.ends_with("PERPETUAL");
            let kind = match (product, is_perpetual) {
                (Product::CoinMargined, true) => ContractKind::InversePerpetual,
                (Product::CoinMargined, false) => ContractKind::InverseFuture,
                (_, true) => ContractKind::LinearPerpetual,
                (_, false) => ContractKind::LinearFuture,
            };
            ("pricePrecision", "quantityPrecision", kind)
        }
    };
    let contract_size = match (product, fields.find("contractSize")) {
        (Product::Spot | Product::UsdMargined, _) => ContractSize::ONE,
        (Product::CoinMargined, None) => ContractSize::UNKNOWN,
        (Product::CoinMargined, Some(_)) => {
            let dollars = i64::try_from(fields.unsigned("contractSize")?).ok().filter(|dollars| *dollars > 0);
            ContractSize::new(dollars?, 0)
        }
    };
    let takes_icebergs = fields.find("icebergAllowed").is_some() && fields.flag("icebergAllowed")?;
    let digits = |key| u8::try_from(fields.unsigned(key)?).ok();
    let price_scale = choose_scale(digits(price_key)?, step_digits(tick), ceiling(price_max));
    let quantity_scale = choose_scale(digits(quantity_key)?, step_digits(lot), ceiling(quantity_max));
    let scale = price_scale + quantity_scale;
    let parsed = scale.min(18);
    let notional = i128::from(decimal(notional_min, parsed)?) * 10_i128.pow(u32::from(scale - parsed));
    Some(InstrumentDefinition {
        venue: name(product.venue()),
        symbol: name(fields.text("symbol")?),
        base: name(fields.text("baseAsset")?),
        quote: name(fields.text("quoteAsset")?),
        tick: Price(decimal(tick, price_scale)?),
        lot: Quantity(decimal(lot, quantity_scale)?),
        quantity_min: Quantity(decimal(quantity_min, quantity_scale)?),
        quantity_max: Quantity(decimal(quantity_max, quantity_scale)?),
        notional_min: Notional(notional).into(),
        revision: 0,
        price_scale,
        quantity_scale,
        contract,
        is_inferred: 0,
        contract_size,
        iceberg_parts_max: if takes_icebergs { parts } else { 0 },
    })
}

/// Digits behind the point of a step, without the zeros at its end; past 255 it says 255.
fn step_digits(text: &str) -> u8 {
    let fraction = text.rsplit_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    u8::try_from(fraction.len()).unwrap_or(u8::MAX)
}

/// The next whole number above; none where there is nothing but zeros.
fn ceiling(text: &str) -> Option<u64> {
    let whole: u64 = text.split('.').next()?.parse().ok()?;
    text.contains(|sign| ('1'..='9').contains(&sign)).then(|| whole.saturating_add(1))
}

/// What one event of the user-data stream says of the order `id`.
pub fn event(event: &Json, id: ClientOrderId, scales: Scales) -> Option<ExecutionReport> {
    let execution = match event.text("x")? {
        "NEW" => ExecutionType::Accepted,
        "TRADE" => ExecutionType::Trade,
        "REPLACED" | "AMENDMENT" => ExecutionType::Updated,
        "CANCELED" => ExecutionType::Canceled,
        "REJECTED" => ExecutionType::Rejected,
        "EXPIRED" | "TRADE_PREVENTION" => ExecutionType::Expired,
        _ => return None,
    };
    let quantity = event.decimal("q", scales.quantity)?;
    let mut report = report(id, (event.text("S")?, execution, event.text("X")?))?;
    report.venue_order_id = event.unsigned("i")?;
    report.venue_at = UnixNanos::from_millis(event.unsigned("T")?);
    report.price = Price(event.decimal("p", scales.price)?);
    report.quantity = Quantity(event.decimal("q", scales.quantity)?);
    report.cumulative_qty = Quantity(event.decimal("z", scales.quantity)?);
    report.leaves_qty = leaves(&report, quantity);
    if execution == ExecutionType::Trade {
        report.trade_id = event.unsigned("t")?;
        report.last_qty = Quantity(event.decimal("l", scales.quantity)?);
        report.last_px = Price(event.decimal("L", scales.price)?);
        report.liquidity_side = liquidity(event.flag("m")?);
        if event.find("ps").is_none() || event.find("n").is_some() {
            report.commission = fee(event.text("n")?)?;
        }
        report.commission_asset = name(event.text("N").unwrap_or_default());
    }
    Some(report)
}

/// The order that an event names: `C` where that is one of ours, else `c`, else the venue's number of it.
pub fn event_order_id(event: &Json) -> Option<Option<ClientOrderId>> {
    // Behind the id may stand which change put the order in the place of another.
    let parse = |text: &str| {
        let (id, change) = text.split_at_checked(ClientOrderId::TEXT_BYTES)?;
        let is_change = change.len() == 5
            && change.starts_with('r')
            && change != "r0000"
            && change[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
        ClientOrderId::parse(id.as_bytes()).filter(|_| change.is_empty() || is_change)
    };
    let original = event.text("C").and_then(parse);
    Some(original.or(parse(event.text("c")?)).or(ClientOrderId::foreign(event.unsigned("i")?)))
}

/// What the answer to a query says of where an order stands.
pub fn standing(result: &Json, id: ClientOrderId, scales: Scales) -> Option<ExecutionReport> {
    let execution = match result.text("status")? {
        "CANCELED" => ExecutionType::Canceled,
        "REJECTED" => ExecutionType::Rejected,
        "EXPIRED" | "EXPIRED_IN_MATCH" => ExecutionType::Expired,
        _ => ExecutionType::Accepted,
    };
    let quantity = result.decimal("origQty", scales.quantity)?;
    let moment = if result.find("updateTime").is_some() { "updateTime" } else { "transactTime" };
    let mut report = report(id, (result.text("side")?, execution, result.text("status")?))?;
    report.venue_order_id = result.unsigned("orderId")?;
    report.venue_at = UnixNanos::from_millis(result.unsigned(moment)?);
    report.price = Price(result.decimal("price", scales.price)?);
    report.quantity = Quantity(result.decimal("origQty", scales.quantity)?);
    report.cumulative_qty = Quantity(result.decimal("executedQty", scales.quantity)?);
    report.leaves_qty = leaves(&report, quantity);
    Some(report)
}

/// What one row of the trades of an order says, after rows that traded `before`.
pub fn trade(row: &Json, id: ClientOrderId, scales: Scales, before: i64) -> Option<ExecutionReport> {
    let is_spot = row.find("isBuyer").is_some();
    let (buyer, maker) = if is_spot { ("isBuyer", "isMaker") } else { ("buyer", "maker") };
    let side = if row.flag(buyer)? { "BUY" } else { "SELL" };
    let mut report = report(id, (side, ExecutionType::Trade, "PARTIALLY_FILLED"))?;
    report.venue_order_id = row.unsigned("orderId")?;
    report.venue_at = UnixNanos::from_millis(row.unsigned("time")?);
    report.trade_id = row.unsigned("id")?;
    report.last_qty = Quantity(row.decimal("qty", scales.quantity)?);
    report.last_px = Price(row.decimal("price", scales.price)?);
    report.liquidity_side = liquidity(row.flag(maker)?);
    report.commission = fee(row.text("commission")?)?;
    report.commission_asset = name(row.text("commissionAsset")?);
    report.cumulative_qty = Quantity(before.saturating_add(report.last_qty.0));
    Some(report)
}

fn report(id: ClientOrderId, words: (&str, ExecutionType, &str)) -> Option<ExecutionReport> {
    let (side, execution, status) = words;
    let side = match side {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return None,
    };
    const STATUSES: [(&str, OrderStatus); 9] = [
        ("NEW", OrderStatus::Accepted),
        ("PENDING_NEW", OrderStatus::Submitted),
        ("PARTIALLY_FILLED", OrderStatus::PartiallyFilled),
        ("FILLED", OrderStatus::Filled),
        ("CANCELED", OrderStatus::Canceled),
        ("PENDING_CANCEL", OrderStatus::PendingCancel),
        ("REJECTED", OrderStatus::Rejected),
        ("EXPIRED", OrderStatus::Expired),
        ("EXPIRED_IN_MATCH", OrderStatus::Expired),
    ];
    let (_, status) = STATUSES.into_iter().find(|(name, _)| *name == status)?;
    Some(ExecutionReport::new(id, side, execution, status))
}

fn leaves(report: &ExecutionReport, quantity: i64) -> Quantity {
    let has_ended = matches!(
        report.status,
        OrderStatus::Filled | OrderStatus::Canceled | OrderStatus::Rejected | OrderStatus::Expired
    );
    Quantity(if has_ended { 0 } else { (quantity - report.cumulative_qty.0).max(0) })
}

const fn liquidity(is_maker: bool) -> LiquiditySide {
    if is_maker { LiquiditySide::Maker } else { LiquiditySide::Taker }
}

/// A fee of eight digits, told with eighteen.
fn fee(text: &str) -> Option<WideNumber> {
    Some(Notional(i128::from(decimal(text, 8)?) * 10_000_000_000).into())
}

fn name<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap_or_default()
}
