//! What `instruments-info` says of an instrument, as a definition.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity, WideNumber};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::choose_scale;
use fulmar_engine::market::decimal::digits_behind_point;
use simd_json::tape::Tape;

use super::limits::SPOT_QUANTITY_DIGITS;
use super::market_data::{Bybit, Category};
use crate::decode::Scales;
use crate::decode::definition::{notional, significant_digits, status, text, whole_units};
use crate::decode::json::{Fields, decimal};
use crate::decode::number::unsigned;
use crate::session::{Reader, inferred};

/// A symbol that the venue does not know.
const UNKNOWN_SYMBOL: i64 = 10_001;

/// Too many visits, which are counted over a second (documentation, rate-limit).
const TOO_MANY_VISITS: u64 = 10_006;

/// Reads the definition of each of the session's symbols that the answer names, and whether it is traded now.
///
/// # Errors
/// Where the answer is no list of instruments.
pub fn read(venue: &Bybit, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let answer = Fields::of(tape.as_value())?;
    match answer.signed("retCode")? {
        0 => {}
        UNKNOWN_SYMBOL => return Ok(()),
        _ => return Err(DecodeError::UnknownValue),
    }
    let result = Fields::of(answer.value("result")?)?;
    reader.each_followed(&result, ["list", "symbol"], |fields, symbol, reader| {
        reader.out.definitions.push((symbol, definition(venue, fields)));
        let state = fields.text("status")?;
        reader.out.statuses.push((symbol, status(state == "Trading", state)));
        Ok(())
    })
}

fn definition(venue: &Bybit, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let prices = Fields::of(fields.value("priceFilter")?)?;
    let lots = Fields::of(fields.value("lotSizeFilter")?)?;
    let (step, notional_key, quantity_digits) = match venue.category() {
        Category::Spot => (lots.text("basePrecision")?, "minOrderAmt", SPOT_QUANTITY_DIGITS),
        Category::Linear => {
            let step = lots.text("qtyStep")?;
            (step, "minNotionalValue", digits_behind_point(step.as_bytes()))
        }
    };
    let tick = prices.text("tickSize")?;
    let price_max = prices.text("maxPrice").unwrap_or("0");
    let quantity_max = lots.text("maxOrderQty")?;
    let scales = Scales {
        price: choose_scale(
            digits_behind_point(tick.as_bytes()),
            significant_digits(tick),
            whole_units(price_max),
        ),
        quantity: choose_scale(quantity_digits, significant_digits(step), whole_units(quantity_max)),
    };
    let quantity = |text| decimal(text, scales.quantity).map(Quantity);
    let notional_min = match lots.find(notional_key) {
        Some(_) => notional(lots.text(notional_key)?, scales)?,
        None => WideNumber::default(),
    };
    Ok(InstrumentDefinition {
        base: text(fields.text("baseCoin")?),
        quote: text(fields.text("quoteCoin")?),
        tick: Price(decimal(tick, scales.price)?),
        lot: quantity(step)?,
        quantity_min: quantity(lots.text("minOrderQty")?)?,
        quantity_max: quantity(quantity_max)?,
        notional_min,
        contract: contract(venue.category(), fields)?,
        is_inferred: 0,
        // In linear contracts, too, quantities are in the base asset (documentation, instrument).
        contract_size: ContractSize::ONE,
        ..inferred(venue, fields.text("symbol")?, scales)
    })
}

fn contract(category: Category, fields: &Fields<'_, '_>) -> Result<ContractKind, DecodeError> {
    if category == Category::Spot {
        return Ok(ContractKind::Spot);
    }
    let kinds =
        [("LinearPerpetual", ContractKind::LinearPerpetual), ("LinearFutures", ContractKind::LinearFuture)];
    fields.one_of("contractType", kinds)
}

/// Whether the answer says that its request was one too many. All answers begin with their code.
pub fn is_one_too_many(body: &[u8]) -> bool {
    let code = body.strip_prefix(br#"{"retCode":"#).unwrap_or_default();
    unsigned(code) == Some((TOO_MANY_VISITS, 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_of_that_code_says_that_its_request_was_one_too_many() {
        assert!(is_one_too_many(br#"{"retCode":10006,"retMsg":"Too many visits!"}"#));
        assert!(!is_one_too_many(br#"{"retCode":100060,"retMsg":""}"#));
        assert!(!is_one_too_many(br#"{"retCode":0,"result":{"retCode":10006}}"#));
        assert!(!is_one_too_many(b"10006"));
    }
}
