//! What the venue's lists of instruments say of one, as a definition; by HTTP and in the stream alike.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity};
use fulmar_engine::contract::DecodeError;
use simd_json::tape::Tape;

use super::market_data::Okx;
use super::symbols::{self, Market};
use crate::decode::Scales;
use crate::decode::definition::{contract_size, significant_digits, status, text};
use crate::decode::json::{Fields, decimal, positive};
use crate::session::{Reader, inferred};

/// Reads the definition of each of the session's symbols that the answer names, and whether it is traded now.
///
/// # Errors
/// Where the answer is no list of instruments. The venue answers HTTP 200 to requests that it did not serve: an empty
/// list with an error's code says of no instrument that it is gone.
pub fn read(venue: &Okx, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let answer = Fields::of(tape.as_value())?;
    if answer.text("code")? != "0" {
        return Err(DecodeError::UnknownValue);
    }
    read_list(venue, &answer, reader)
}

/// Reads the list of instruments that is the `data` of an answer, or of a message.
///
/// # Errors
/// Where it is no list of instruments.
pub fn read_list(venue: &Okx, fields: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    reader.each_followed(fields, ["data", "instId"], |fields, symbol, reader| {
        reader.out.definitions.push((symbol, definition(venue, fields)));
        let state = fields.text("state")?;
        reader.out.statuses.push((symbol, status(state == "live", state)));
        Ok(())
    })
}

/// The definition of one instrument. Scales are the digits of its steps: the venue pads no number with zeros, and its
/// largest orders are what 18 digits hold at the digits of the lot, so that nothing finer can stand in a book.
fn definition(venue: &Okx, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let symbol = fields.text("instId")?;
    let (tick, lot) = (fields.text("tickSz")?, fields.text("lotSz")?);
    let scales = Scales { price: significant_digits(tick), quantity: significant_digits(lot) };
    let contract = contract(symbol, fields)?;
    let (base, quote) = currencies(contract, symbol, fields)?;
    Ok(InstrumentDefinition {
        base: text(base),
        quote: text(quote),
        tick: Price(positive(decimal(tick, scales.price)?)?),
        lot: Quantity(positive(decimal(lot, scales.quantity)?)?),
        quantity_min: Quantity(decimal(fields.text("minSz")?, scales.quantity)?),
        quantity_max: quantity_max(fields, scales)?,
        contract,
        is_inferred: 0,
        contract_size: size(contract, base, quote, fields)?,
        ..inferred(venue, symbol, scales)
    })
}

/// The largest limit order. One that 64 bits do not hold is none.
fn quantity_max(fields: &Fields<'_, '_>, scales: Scales) -> Result<Quantity, DecodeError> {
    match fields.text_if_any("maxLmtSz")?.map(|text| decimal(text, scales.quantity)) {
        Some(Err(DecodeError::Overflow)) | None => Ok(Quantity(0)),
        Some(quantity) => quantity.map(Quantity),
    }
}

fn contract(symbol: &str, fields: &Fields<'_, '_>) -> Result<ContractKind, DecodeError> {
    let market = Market::of(symbol);
    match (market, fields.text_if_any("ctType")?) {
        (Market::Spot, None) => Ok(ContractKind::Spot),
        (Market::Swap | Market::Future, Some("linear")) => Ok(market.contract(false)),
        (Market::Swap | Market::Future, Some("inverse")) => Ok(market.contract(true)),
        _ => Err(DecodeError::UnknownValue),
    }
}

/// How much a contract is. Its value is read where it is in the currency that contracts of its kind are in: of the base
/// asset where they are linear, of the quote currency where they are inverse.
fn size(
    contract: ContractKind,
    base: &str,
    quote: &str,
    fields: &Fields<'_, '_>,
) -> Result<ContractSize, DecodeError> {
    let currency = match contract {
        ContractKind::Spot => return Ok(ContractSize::ONE),
        ContractKind::LinearPerpetual | ContractKind::LinearFuture => base,
        ContractKind::InversePerpetual | ContractKind::InverseFuture => quote,
    };
    if fields.text_if_any("ctValCcy")? != Some(currency) {
        return Ok(ContractSize::UNKNOWN);
    }
    let count = contract_size(fields.text_if_any("ctMult")?)?;
    Ok(contract_size(fields.text_if_any("ctVal")?)?.times(count))
}

/// Base and quote currency. A derivative says neither, only what lies beneath it.
fn currencies<'text>(
    contract: ContractKind,
    symbol: &'text str,
    fields: &Fields<'_, 'text>,
) -> Result<(&'text str, &'text str), DecodeError> {
    if contract == ContractKind::Spot {
        return Ok((fields.text("baseCcy")?, fields.text("quoteCcy")?));
    }
    let pair = match fields.text_if_any("uly")? {
        Some(pair) => pair,
        None => symbols::underlying(symbol).unwrap_or_default(),
    };
    pair.split_once('-').ok_or(DecodeError::UnknownValue)
}
