//! What `exchangeInfo` says of an instrument, as a definition.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity, UnixNanos};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::choose_scale;
use simd_json::tape::Tape;

use super::config::Product;
use super::limits::ANSWER_BYTES_MAX;
use super::market_data::Binance;
use crate::decode::Scales;
use crate::decode::definition::{dated, notional, perpetual, significant_digits, status, text, whole_units};
use crate::decode::json::{self, Fields, decimal, positive};
use crate::session::{Reader, inferred};

/// Reads the definition of each of the session's symbols that the answer names, and whether it is traded now.
///
/// # Errors
/// Where the answer is no list of symbols.
pub fn read(protocol: &Binance, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let answer = Fields::of(tape.as_value())?;
    reader.each_followed(&answer, ["symbols", "symbol"], |fields, symbol, reader| {
        reader.out.definitions.push((symbol, definition(protocol, fields)));
        // Coin-margined futures have a name of their own for it.
        let state = fields.text("status").or_else(|_| fields.text("contractStatus")).unwrap_or("TRADING");
        reader.out.statuses.push((symbol, status(state == "TRADING", state)));
        Ok(())
    })
}

/// The texts of an instrument's filters. One that the venue does not send is zero: no such rule.
struct Filters<'text> {
    tick: &'text str,
    price_max: &'text str,
    lot: &'text str,
    quantity_min: &'text str,
    quantity_max: &'text str,
    notional_min: &'text str,
    iceberg_parts: u64,
}

fn definition(protocol: &Binance, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let filters = filters(fields)?;
    let (price_key, quantity_key) = match protocol.product() {
        Product::Spot => ("quotePrecision", "baseAssetPrecision"),
        Product::UsdMargined | Product::CoinMargined => ("pricePrecision", "quantityPrecision"),
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
        contract: contract(protocol.product(), fields)?,
        is_inferred: 0,
        contract_size: size(protocol.product(), fields)?,
        iceberg_parts_max: iceberg_parts_max(fields, filters.iceberg_parts)?,
        ..inferred(protocol, fields.text("symbol")?, scales)
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
        iceberg_parts: 0,
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
            "ICEBERG_PARTS" => filters.iceberg_parts = filter.unsigned("limit")?,
            "MIN_NOTIONAL" | "NOTIONAL" => filters.notional_min = filter.text("minNotional")?,
            _ => {}
        }
    }
    Ok(filters)
}

fn contract(product: Product, fields: &Fields<'_, '_>) -> Result<ContractKind, DecodeError> {
    if product == Product::Spot {
        return Ok(ContractKind::Spot);
    }
    let is_perpetual = fields.text("contractType")?.ends_with("PERPETUAL");
    let is_inverse = product == Product::CoinMargined;
    Ok(if is_perpetual { perpetual(is_inverse) } else { dated(is_inverse) })
}

/// Of how many parts an iceberg may be, where the venue says both that it takes them and that number.
fn iceberg_parts_max(fields: &Fields<'_, '_>, parts: u64) -> Result<u64, DecodeError> {
    let is_allowed = fields.find("icebergAllowed").is_some() && fields.flag("icebergAllowed")?;
    Ok(if is_allowed { parts } else { 0 })
}

/// Quantities are in the base asset, but where a contract is so many dollars.
fn size(product: Product, fields: &Fields<'_, '_>) -> Result<ContractSize, DecodeError> {
    match (product, fields.find("contractSize")) {
        (Product::Spot | Product::UsdMargined, _) => Ok(ContractSize::ONE),
        (Product::CoinMargined, None) => Ok(ContractSize::UNKNOWN),
        (Product::CoinMargined, Some(_)) => {
            let dollars = i64::try_from(fields.unsigned("contractSize")?);
            Ok(ContractSize::new(positive(dollars.map_err(|_| DecodeError::Overflow)?)?, 0))
        }
    }
}

fn wire_digits(fields: &Fields<'_, '_>, key: &str) -> Result<u8, DecodeError> {
    u8::try_from(fields.unsigned(key)?).map_err(|_| DecodeError::OutOfRange)
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
    let tape = (status == 400).then(|| json::parse(body, ANSWER_BYTES_MAX).ok()).flatten()?;
    let error = Fields::of(tape.as_value()).ok()?;
    error.signed("code").ok().filter(|code| CODES.contains(code))?;
    error.text("msg").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
