//! What the list of instruments says of one, as a definition.

use fulmar_bus::record::{InstrumentDefinition, InstrumentStatus, Listing, Price, Quantity, Text};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::choose_scale;
use simd_json::tape::Tape;

use super::market_data::FUTURES;
use super::symbols::contract_of;
use crate::decode::definition::{significant_digits, text};
use crate::decode::json::{Fields, decimal, plain};
use crate::session::{Decoded, Symbols};

/// Reads the definition of each of `symbols` that the answer names, and whether it is traded now.
///
/// # Errors
/// Where the answer is no list of instruments.
pub fn read(tape: &Tape<'_>, symbols: &Symbols, out: &mut Decoded) -> Result<(), DecodeError> {
    for fields in Fields::of(tape.as_value())?.objects("instruments")? {
        let fields = fields?;
        let symbol = fields.text("symbol")?.to_ascii_uppercase();
        if let Some(index) = symbols.find(symbol.as_bytes()) {
            out.definitions.push((index, definition(&symbol, &fields)));
            let (listing, words) = if fields.flag("tradeable")? {
                (Listing::Listed, "tradeable")
            } else {
                (Listing::Halted, "not tradeable")
            };
            out.statuses.push((index, InstrumentStatus::new(listing, words)));
        }
    }
    Ok(())
}

fn definition(symbol: &str, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let tick = plain(fields.text("tickSize")?);
    let (quantity_scale, lot) = lot(fields)?;
    let price_scale = choose_scale(0, significant_digits(&tick), None);
    let contract = contract_of(symbol, fields.text("type")?.ends_with("inverse"));
    let name = |key| match fields.find(key) {
        Some(_) => fields.text(key).map(text::<16>),
        None => Ok(Text::default()),
    };
    Ok(InstrumentDefinition {
        base: name("base")?,
        quote: name("quote")?,
        tick: Price(decimal(&tick, price_scale)?),
        lot,
        quantity_min: lot,
        is_inferred: 0,
        ..InstrumentDefinition::inferred((FUTURES.name, symbol), contract, (price_scale, quantity_scale))
    })
}

/// The scale of quantities and their smallest step, which is a power of ten. The venue says which one: how many digits
/// behind the point there are, or before it where that is negative. It once said nothing, when there were whole
/// contracts alone.
fn lot(fields: &Fields<'_, '_>) -> Result<(u8, Quantity), DecodeError> {
    const KEY: &str = "contractValueTradePrecision";
    let digits = match fields.find(KEY) {
        Some(_) => fields.text(KEY)?.parse::<i8>().map_err(|_| DecodeError::BadNumber)?,
        None => 0,
    };
    let step = if digits < 0 { 10_i64.checked_pow(u32::from(digits.unsigned_abs())) } else { Some(1) };
    let scale = u8::try_from(digits).unwrap_or(0);
    let is_usual = choose_scale(scale, 0, None) == scale;
    let step = step.filter(|_| is_usual).ok_or(DecodeError::OutOfRange)?;
    Ok((scale, Quantity(step)))
}
