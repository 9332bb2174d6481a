//! What `exchangeInfo` says of an instrument, as a definition.

use fulmar_bus::record::{
    ContractKind, InstrumentDefinition, Notional, Price, Quantity, Text, UnixNanos, WideNumber,
};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::decimal::digits_behind_point;
use fulmar_engine::market::{choose_scale, limits::SCALE_MAX};
use simd_json::tape::Tape;

use super::config::Product;
use super::slow;
use super::symbols::Symbols;
use crate::decode::Scales;
use crate::decode::json::{Fields, decimal};

/// Hands the definition of each of `symbols` that the answer names to `take`: its index, and what the venue says of
/// it or what is wrong with that. Revisions are zero: the session counts them.
///
/// # Errors
/// Where the answer is no list of symbols.
pub fn each_definition(
    product: Product,
    tape: &Tape<'_>,
    symbols: &Symbols,
    mut take: impl FnMut(usize, Result<InstrumentDefinition, DecodeError>),
) -> Result<(), DecodeError> {
    for fields in Fields::of(tape.as_value())?.objects("symbols")? {
        let fields = fields?;
        if let Some(index) = symbols.find(fields.text("symbol")?.as_bytes()) {
            take(index, definition(product, &fields));
        }
    }
    Ok(())
}

/// A definition of which no more is known than the scales that its numbers need.
pub fn inferred(product: Product, symbol: &str, scales: Scales) -> InstrumentDefinition {
    InstrumentDefinition {
        venue: text(product.venue()),
        symbol: text(symbol),
        base: Text::default(),
        quote: Text::default(),
        tick: Price(0),
        lot: Quantity(0),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: WideNumber::default(),
        revision: 0,
        price_scale: scales.price,
        quantity_scale: scales.quantity,
        contract: match product {
            Product::Spot => ContractKind::Spot,
            Product::UsdMargined => ContractKind::LinearPerpetual,
        },
        is_inferred: 1,
    }
}

/// The texts of an instrument's filters. One that the venue does not send is zero: no such rule.
struct Filters<'text> {
    tick: &'text str,
    price_max: &'text str,
    lot: &'text str,
    quantity_min: &'text str,
    quantity_max: &'text str,
    notional_min: &'text str,
}

fn definition(product: Product, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let filters = filters(fields)?;
    let (price_key, quantity_key) = match product {
        Product::Spot => ("quotePrecision", "baseAssetPrecision"),
        Product::UsdMargined => ("pricePrecision", "quantityPrecision"),
    };
    let price_digits = wire_digits(fields, price_key)?;
    let quantity_digits = wire_digits(fields, quantity_key)?;
    let scales = Scales {
        price: choose_scale(price_digits, significant_digits(filters.tick), whole_units(filters.price_max)),
        quantity: choose_scale(
            quantity_digits,
            significant_digits(filters.lot),
            whole_units(filters.quantity_max),
        ),
    };
    let price = |text| decimal(text, scales.price).map(Price);
    let quantity = |text| decimal(text, scales.quantity).map(Quantity);
    Ok(InstrumentDefinition {
        base: text(fields.text("baseAsset")?),
        quote: text(fields.text("quoteAsset")?),
        tick: price(filters.tick)?,
        lot: quantity(filters.lot)?,
        quantity_min: quantity(filters.quantity_min)?,
        quantity_max: quantity(filters.quantity_max)?,
        notional_min: notional(filters.notional_min, scales)?,
        contract: contract(product, fields)?,
        is_inferred: 0,
        ..inferred(product, fields.text("symbol")?, scales)
    })
}

fn filters<'text>(fields: &Fields<'_, 'text>) -> Result<Filters<'text>, DecodeError> {
    let mut filters = Filters {
        tick: "0",
        price_max: "0",
        lot: "0",
        quantity_min: "0",
        quantity_max: "0",
        notional_min: "0",
    };
    for filter in fields.objects("filters")? {
        let filter = filter?;
        match filter.text("filterType")? {
            "PRICE_FILTER" => {
                filters.tick = filter.text("tickSize")?;
                filters.price_max = filter.text("maxPrice")?;
            }
            "LOT_SIZE" => {
                filters.lot = filter.text("stepSize")?;
                filters.quantity_min = filter.text("minQty")?;
                filters.quantity_max = filter.text("maxQty")?;
            }
            "MIN_NOTIONAL" if filter.find("notional").is_some() => {
                filters.notional_min = filter.text("notional")?
            }
            "MIN_NOTIONAL" | "NOTIONAL" => filters.notional_min = filter.text("minNotional")?,
            _ => {}
        }
    }
    Ok(filters)
}

fn contract(product: Product, fields: &Fields<'_, '_>) -> Result<ContractKind, DecodeError> {
    match product {
        Product::Spot => Ok(ContractKind::Spot),
        Product::UsdMargined if fields.text("contractType")?.ends_with("PERPETUAL") => {
            Ok(ContractKind::LinearPerpetual)
        }
        Product::UsdMargined => Ok(ContractKind::LinearFuture),
    }
}

fn wire_digits(fields: &Fields<'_, '_>, key: &str) -> Result<u8, DecodeError> {
    u8::try_from(fields.unsigned(key)?).map_err(|_| DecodeError::OutOfRange)
}

/// Digits behind the point up to the last that is not zero.
fn significant_digits(text: &str) -> u8 {
    let shortest = if text.contains('.') { text.trim_end_matches('0') } else { text };
    digits_behind_point(shortest.as_bytes())
}

/// The number in whole units, rounded up; none where it is zero or no number of 64 bits.
fn whole_units(text: &str) -> Option<u64> {
    let whole = text.split('.').next().unwrap_or_default().parse::<u64>().ok()?;
    Some(whole.saturating_add(1)).filter(|_| text.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

fn notional(text: &str, scales: Scales) -> Result<WideNumber, DecodeError> {
    let scale = scales.price + scales.quantity;
    let parsed = scale.min(SCALE_MAX);
    let factor = 10_i128.pow(u32::from(scale - parsed));
    Ok(Notional(i128::from(decimal(text, parsed)?) * factor).into())
}

/// A name in a record; one that does not fit is left out rather than cut.
fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap_or_default()
}

/// Until when the venue says that it bans this address, as in `banned until 1655000000000`.
pub fn banned_until(body: &[u8]) -> Option<UnixNanos> {
    const MARK: &[u8] = b"until ";
    let start = body.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = body[start..].iter().take_while(|byte| byte.is_ascii_digit()).take(15);
    let millis = digits.fold(0, |value: u64, digit| value * 10 + u64::from(digit - b'0'));
    (millis > 0).then_some(UnixNanos::from_millis(millis))
}

/// What the venue says of a request that it refuses since it does not know a symbol in it.
pub fn refused_symbol(status: u16, body: &mut [u8]) -> Option<&str> {
    /// Illegal characters in a parameter, and an invalid symbol.
    const CODES: [i64; 2] = [-1100, -1121];
    let tape = (status == 400).then(|| slow::parse_answer(body).ok()).flatten()?;
    let error = Fields::of(tape.as_value()).ok()?;
    error.signed("code").ok().filter(|code| CODES.contains(code))?;
    error.text("msg").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits_end_at_the_last_that_is_not_zero() {
        assert_eq!(significant_digits("0.00100000"), 3);
        assert_eq!(significant_digits("1.00000000"), 0);
        assert_eq!(significant_digits("100"), 0);
        assert_eq!(significant_digits("0.0000"), 0);
    }

    #[test]
    fn a_largest_number_is_rounded_up_and_zero_says_nothing() {
        assert_eq!(whole_units("46116860414.00"), Some(46_116_860_415));
        assert_eq!(whole_units("0.5"), Some(1));
        assert_eq!(whole_units("0.00000000"), None);
        assert_eq!(whole_units("many"), None);
    }

    #[test]
    fn only_an_answer_that_says_so_refuses_a_symbol() {
        let says = |status, body: &[u8]| refused_symbol(status, &mut body.to_vec()).map(str::to_owned);
        let invalid = br#"{"code":-1121,"msg":"Invalid symbol."}"#;
        assert_eq!(says(400, invalid).as_deref(), Some("Invalid symbol."));
        assert_eq!(says(429, invalid), None);
        assert_eq!(says(400, br#"{"code":-1003,"msg":"Too many requests."}"#), None);
        assert_eq!(says(400, b"<html>Bad Request</html>"), None);
    }

    #[test]
    fn a_ban_names_its_end() {
        let body = br#"{"code":-1003,"msg":"Way too much request weight used; IP banned until 1655000000000. Please use"}"#;
        assert_eq!(banned_until(body), Some(UnixNanos::from_millis(1_655_000_000_000)));
        assert_eq!(banned_until(b"{\"code\":-1003,\"msg\":\"until later\"}"), None);
        assert_eq!(banned_until(b""), None);
    }
}
