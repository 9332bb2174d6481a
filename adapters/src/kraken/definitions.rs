//! What the `instrument` channel says of a pair, as a definition.

use fulmar_bus::record::{ContractKind, InstrumentDefinition, InstrumentStatus, Listing, Price, Quantity};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::limits::SCALE_MAX;

use super::market_data::SPOT;
use crate::decode::Scales;
use crate::decode::definition::{notional, status, text};
use crate::decode::json::{Fields, decimal, plain};
use crate::session::Reader;

/// Reads the definition of each instrument of the session that the message names, and whether it is traded now. All
/// pairs at once are told behind the state of the venue, which counts for those that would be traded by themselves.
///
/// # Errors
/// Where the message is no list of pairs.
pub fn read(message: &Fields<'_, '_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let is_update = message.text("type")? == "update";
    let data = Fields::of(message.value("data")?)?;
    reader.each_followed(&data, ["pairs", "symbol"], |fields, symbol, reader| {
        reader.out.definitions.push((symbol, definition(fields)));
        let state = state(fields.text("status")?);
        if is_update || state.listing == Listing::Halted {
            reader.out.statuses.push((symbol, state));
        }
        Ok(())
    })
}

/// What the venue calls the state of a pair, or of all of itself. Limit orders alone are traded as any; where there
/// are cancels alone, or orders that must not trade, or none at all, it is not traded.
pub fn state(words: &str) -> InstrumentStatus {
    status(matches!(words, "online" | "limit_only"), words)
}

/// The scales are exactly the digits that the venue sends, whatever the numbers: its checksums are made of these.
fn definition(fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let scale = |key| {
        let digits = u8::try_from(fields.whole(key)?).ok().filter(|digits| *digits <= SCALE_MAX);
        digits.ok_or(DecodeError::OutOfRange)
    };
    let scales = Scales { price: scale("price_precision")?, quantity: scale("qty_precision")? };
    let price = |key| decimal(&plain(fields.text(key)?), scales.price).map(Price);
    let quantity = |key| decimal(&plain(fields.text(key)?), scales.quantity).map(Quantity);
    let tick = if fields.find("price_increment").is_some() { "price_increment" } else { "tick_size" };
    let cost_min = match fields.find("cost_min") {
        Some(_) => notional(&plain(fields.text("cost_min")?), scales)?,
        None => Default::default(),
    };
    let names = (SPOT.name, fields.text("symbol")?);
    Ok(InstrumentDefinition {
        base: text(fields.text("base")?),
        quote: text(fields.text("quote")?),
        tick: price(tick)?,
        lot: quantity("qty_increment")?,
        quantity_min: quantity("qty_min")?,
        notional_min: cost_min,
        is_inferred: 0,
        ..InstrumentDefinition::inferred(names, ContractKind::Spot, (scales.price, scales.quantity))
    })
}
