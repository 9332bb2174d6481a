//! Numbers as texts and back, without a float in between.
#![allow(unsafe_code, reason = "a function that C finds by its name has a name that nobody else may have")]

use std::ffi::c_char;

use fulmar_bus::record::{ClientOrderId, InstrumentId, Notional, Price, WideNumber};
use fulmar_engine::contract::InstrumentView;
use fulmar_engine::market::decimal::{format_scaled, parse_signed};
use fulmar_strategies::Amount;

use crate::context::Context;
use crate::memory::{Out, Places, TextIn};
use crate::outcome::Outcome;

/// More digits behind a point than anything here has.
const SCALE_MAX: u8 = 36;

/// Writes a number with `scale` digits behind the point, such as 6183763 at scale 2 as `61837.63`, without zeros at its
/// end. FULMAR_TEXT_BYTES are enough.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_format(mantissa: i64, scale: u8, text: Places<c_char>, capacity: usize) -> Outcome {
    format(i128::from(mantissa), scale, &text, capacity)
}

/// Writes a wide number, such as a notional, whose scale is the sum of those of the price and of the quantity.
/// FULMAR_TEXT_BYTES are enough.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_format_wide(
    number: WideNumber,
    scale: u8,
    text: Places<c_char>,
    capacity: usize,
) -> Outcome {
    format(Notional::from(number).0, scale, &text, capacity)
}

fn format(value: i128, scale: u8, text: &Places<c_char>, capacity: usize) -> Outcome {
    if scale > SCALE_MAX {
        return Outcome::Argument;
    }
    text.put(capacity, format_scaled(value, scale).as_str())
}

/// Reads a number such as `-61837.63` at `scale`; FULMAR_RESULT_ARGUMENT where it is none, or has more digits than
/// that.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_parse(text: TextIn, scale: u8, mantissa: Out<'_, i64>) -> Outcome {
    let parse = || parse_signed(text.required()?.as_bytes(), scale).map_err(|_| Outcome::Argument);
    Outcome::put(parse(), mantissa)
}

fn with_rules<T>(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    act: impl FnOnce(&InstrumentView) -> Result<T, Outcome>,
) -> Result<T, Outcome> {
    let context = context.ok_or(Outcome::Argument)?;
    context.with(|context| act(context.instrument(instrument_id).ok_or(Outcome::NotTraded)?))
}

/// A quantity such as `0.01` at the instrument's scale, cut to whole lots: never more than was asked. Unknown until the
/// instrument's definition is.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_quantity(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    text: TextIn,
    quantity: Out<'_, i64>,
) -> Outcome {
    let read = with_rules(context, instrument_id, |instrument| {
        let amount = Amount::parse(text.required()?).map_err(|_| Outcome::Argument)?;
        let rules = instrument.rules().ok_or(Outcome::Unknown)?;
        Ok(amount.at(rules.quantity_scale, rules.quantity_step()).0)
    });
    Outcome::put(read, quantity)
}

/// A price such as `61837.63` at the instrument's scale. It need not lie on a tick. Unknown until the instrument's
/// definition is.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_price(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    text: TextIn,
    price: Out<'_, i64>,
) -> Outcome {
    let read = with_rules(context, instrument_id, |instrument| {
        let text = text.required()?;
        let rules = instrument.rules().ok_or(Outcome::Unknown)?;
        let price = parse_signed(text.as_bytes(), rules.price_scale).map(Price);
        price.map(|price| price.0).map_err(|_| Outcome::Argument)
    });
    Outcome::put(read, price)
}

/// The text that an order is known by at venues and in logs. FULMAR_TEXT_BYTES are enough.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_order_id_text(
    order_id: ClientOrderId,
    text: Places<c_char>,
    capacity: usize,
) -> Outcome {
    let bytes = order_id.text();
    text.put(capacity, std::str::from_utf8(&bytes).unwrap_or_default())
}
