//! What the list of products says of a product: what it is, whether it is traded now, and the funding of a perpetual.

use fulmar_bus::record::{
    ContractKind, ContractSize, InstrumentDefinition, InstrumentStatus, Nanos, Price, Quantity, UnixNanos,
};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::choose_scale;
use fulmar_engine::market::decimal::digits_behind_point;
use simd_json::tape::Tape;

use super::limits::{ANSWER_BYTES_MAX, SPOT_QUANTITY_DIGITS};
use super::market_data::Coinbase;
use crate::decode::Scales;
use crate::decode::definition::{
    contract_size, dated, notional, perpetual, significant_digits, status, text, whole_units,
};
use crate::decode::json::{self, Fields, decimal};
use crate::session::{Derived, Message, Reader, inferred};

/// Reads the definition of each of the session's products that the answer names.
///
/// # Errors
/// Where the answer is no list of products.
pub fn read(venue: &Coinbase, tape: &Tape<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let answer = Fields::of(tape.as_value())?;
    reader.each_followed(&answer, ["products", "product_id"], |fields, symbol, reader| {
        let definition = definition(venue, fields);
        let is_defined = definition.is_ok();
        reader.out.definitions.push((symbol, definition));
        reader.out.statuses.push((symbol, state(fields)));
        if let (true, Some(details)) = (is_defined, future(fields)) {
            let derived = derived(&details, reader).unwrap_or_default();
            reader.out.messages.push(Message::Derived { symbol, derived });
        }
        Ok(())
    })
}

fn definition(venue: &Coinbase, fields: &Fields<'_, '_>) -> Result<InstrumentDefinition, DecodeError> {
    let lot = fields.text("base_increment")?;
    let quantity_max = fields.text("base_max_size")?;
    // Futures have a coarser step than the one of their quote currency.
    let tick = match fields.text("price_increment") {
        Ok(tick) if !tick.is_empty() => tick,
        _ => fields.text("quote_increment")?,
    };
    let details = future(fields);
    let quantity_digits = match details {
        Some(_) => digits_behind_point(lot.as_bytes()),
        None => SPOT_QUANTITY_DIGITS,
    };
    let price_digits = digits_behind_point(fields.text("quote_increment")?.as_bytes());
    let scales = Scales {
        price: choose_scale(price_digits, significant_digits(tick), None),
        quantity: choose_scale(quantity_digits, significant_digits(lot), whole_units(quantity_max)),
    };
    let quantity = |text| decimal(text, scales.quantity).map(Quantity);
    let (contract, base, contract_size) = match &details {
        None => (ContractKind::Spot, fields.text("base_currency_id")?, ContractSize::ONE),
        Some(details) => {
            let size = contract_size(details.text_if_any("contract_size")?)?;
            (contract(details), details.text("contract_root_unit")?, size)
        }
    };
    Ok(InstrumentDefinition {
        base: text(base),
        quote: text(fields.text("quote_currency_id")?),
        tick: Price(decimal(tick, scales.price)?),
        lot: quantity(lot)?,
        quantity_min: quantity(fields.text("base_min_size")?)?,
        quantity_max: Quantity(largest(quantity_max, lot, scales.quantity)?),
        notional_min: notional(fields.text("quote_min_size")?, scales)?,
        contract,
        is_inferred: 0,
        contract_size,
        ..inferred(venue, fields.text("product_id")?, scales)
    })
}

/// The largest order. One that is no multiple of the lot was computed from a price and moves with it, by which the
/// definition would become another each time it is read: it is left out.
fn largest(text: &str, lot: &str, scale: u8) -> Result<i64, DecodeError> {
    if significant_digits(text) > significant_digits(lot) { Ok(0) } else { decimal(text, scale) }
}

/// What the list says of a future alone; spot has no such details, or an object of empty texts.
fn future<'tape, 'text>(fields: &Fields<'tape, 'text>) -> Option<Fields<'tape, 'text>> {
    let is_future = fields.text("product_type") == Ok("FUTURE");
    is_future.then(|| Fields::of(fields.find("future_product_details")?).ok()).flatten()
}

/// Perpetuals of the venue's own exchange are futures that expire in years, and have a funding interval.
fn contract(details: &Fields<'_, '_>) -> ContractKind {
    let is_perpetual = details.text("contract_expiry_type") == Ok("PERPETUAL");
    if is_perpetual || funding_interval(details).is_some() { perpetual(false) } else { dated(false) }
}

/// Flags that stop trades, each by its name. Where only limit orders are taken, there are still trades.
const HALTS: [&str; 6] =
    ["trading_disabled", "is_disabled", "cancel_only", "post_only", "auction_mode", "view_only"];

fn state(fields: &Fields<'_, '_>) -> InstrumentStatus {
    let halt = HALTS.into_iter().find(|key| fields.flag(key) == Ok(true));
    let is_closed = fields
        .find("fcm_trading_session_details")
        .and_then(|session| Fields::of(session).ok())
        .is_some_and(|session| session.flag("is_session_open") == Ok(false));
    let state = fields.text("status").unwrap_or_default();
    match halt {
        Some(halt) => status(false, halt),
        None if future(fields).is_some() && is_closed => status(false, "its session is closed"),
        None => status(is_traded(state), state),
    }
}

/// Whether the venue's word for the state of a product says that it is traded; futures have none.
pub fn is_traded(state: &str) -> bool {
    matches!(state, "online" | "")
}

/// Funding and index of a perpetual; they stand in one of two places.
///
/// # Errors
/// The first thing that is wrong with one of them.
fn derived(details: &Fields<'_, '_>, reader: &Reader<'_>) -> Result<Derived, DecodeError> {
    let perpetual = details.find("perpetual_details").and_then(|perpetual| Fields::of(perpetual).ok());
    let find = |key: &str| {
        let inner = perpetual.as_ref().and_then(|perpetual| said(perpetual, key));
        said(details, key).or(inner)
    };
    let interval = funding_interval(details);
    // The moment is that of the last funding: in a recording it lay before the answer, by less than the interval.
    let last_at = find("funding_time").map(crate::decode::time::parse).transpose()?;
    Ok(Derived {
        mark: None,
        index: find("index_price").map(|text| reader.computed_price(text)).transpose()?,
        rate: find("funding_rate").map(|text| reader.funding_rate(text)).transpose()?,
        interval,
        next_at: last_at.zip(interval).map(|(last_at, interval)| last_at + interval),
        venue_at: UnixNanos(0),
    })
}

/// The text of `key` where there is one and it says something.
fn said<'text>(fields: &Fields<'_, 'text>, key: &str) -> Option<&'text str> {
    fields.text(key).ok().filter(|text| !text.is_empty())
}

/// The time between two fundings, as in `3600s`.
fn funding_interval(details: &Fields<'_, '_>) -> Option<Nanos> {
    /// A day: funding is never rarer.
    const SECONDS_MAX: u64 = 24 * 60 * 60;
    let seconds = said(details, "funding_interval")?.strip_suffix('s')?.parse().ok()?;
    (1..=SECONDS_MAX).contains(&seconds).then(|| Nanos::from_secs(seconds))
}

/// What the venue says of a request that it refuses since it does not know a product in it.
pub fn refused_product(status: u16, body: &mut [u8]) -> Option<&str> {
    let tape = matches!(status, 400 | 404).then(|| json::parse(body, ANSWER_BYTES_MAX).ok()).flatten()?;
    let error = Fields::of(tape.as_value()).ok()?;
    let kind = error.text("error").ok()?;
    matches!(kind, "NOT_FOUND" | "INVALID_ARGUMENT").then(|| error.text("message").unwrap_or(kind))
}
