//! What the list of instruments says of one, as a definition; and whether it is traded, by the list and by tickers.

use fulmar_bus::record::{InstrumentDefinition, InstrumentStatus, Price, Quantity, Text};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::limits::SCALE_MAX;
use simd_json::tape::Tape;

use super::market_data::KrakenFutures;
use super::symbols::asset;
use crate::decode::Scales;
use crate::decode::definition::{contract_size, significant_digits, status, text};
use crate::decode::json::{Fields, decimal, plain, positive};
use crate::session::{Decoded, Symbols, inferred};

/// Reads the definition of each of `symbols` that the answer names, and whether it is traded now. Lists of 2021 have
/// symbols in small letters, which the streams had in capitals even then.
///
/// # Errors
/// Where the answer is no list of instruments.
pub fn read(
    venue: &KrakenFutures,
    tape: &Tape<'_>,
    symbols: &Symbols,
    out: &mut Decoded,
) -> Result<(), DecodeError> {
    for fields in Fields::of(tape.as_value())?.objects("instruments")? {
        let fields = fields?;
        let symbol = fields.text("symbol")?.to_ascii_uppercase();
        if let Some(index) = symbols.find(symbol.as_bytes()) {
            out.definitions.push((index, definition(venue, &symbol, &fields)));
            let halts =
                [(!fields.flag("tradeable")?, "not tradeable"), (is_set(&fields, "postOnly")?, "post only")];
            out.statuses.push((index, status_of(halts)));
        }
    }
    Ok(())
}

/// Whether an instrument is traded: not where one of these holds. Where all orders must rest, as one of them says, none
/// meets another.
pub fn status_of(halts: [(bool, &str); 2]) -> InstrumentStatus {
    let halt = halts.iter().find(|(holds, _)| *holds);
    status(halt.is_none(), halt.map_or("traded", |(_, words)| words))
}

/// A flag that need not be there.
pub fn is_set(fields: &Fields<'_, '_>, key: &str) -> Result<bool, DecodeError> {
    fields.find(key).map_or(Ok(false), |_| fields.flag(key))
}

/// Scales are the digits of the steps: in recordings no book holds anything finer.
fn definition(
    venue: &KrakenFutures,
    symbol: &str,
    fields: &Fields<'_, '_>,
) -> Result<InstrumentDefinition, DecodeError> {
    let tick = plain(fields.text("tickSize")?);
    let (quantity_scale, lot) = lot(fields)?;
    let scales = Scales { price: significant_digits(&tick), quantity: quantity_scale };
    let size = fields.text_if_any("contractSize")?.map(plain);
    // Lists of 2021 do not say it.
    let name =
        |key| fields.text_if_any(key).map(|name| name.map_or(Text::default(), |name| text(asset(name))));
    Ok(InstrumentDefinition {
        base: name("base")?,
        quote: name("quote")?,
        tick: Price(positive(decimal(&tick, scales.price)?)?),
        lot,
        quantity_min: lot,
        is_inferred: 0,
        contract_size: contract_size(size.as_deref())?,
        ..inferred(venue, symbol, scales)
    })
}

/// The scale of quantities and their smallest step, a power of ten: the venue says how many digits behind the point
/// there are, or before it where that is negative. In 2021 it said nothing, when there were whole contracts alone.
fn lot(fields: &Fields<'_, '_>) -> Result<(u8, Quantity), DecodeError> {
    let digits = fields.text_if_any("contractValueTradePrecision")?.unwrap_or("0");
    let digits: i8 = digits.parse().map_err(|_| DecodeError::BadNumber)?;
    match (u8::try_from(digits), digits.unsigned_abs()) {
        (_, zeros) if zeros > SCALE_MAX => Err(DecodeError::OutOfRange),
        (Ok(scale), _) => Ok((scale, Quantity(1))),
        (Err(_), zeros) => Ok((0, Quantity(10_i64.pow(u32::from(zeros))))),
    }
}
