//! What C asks of a strategy's view: instruments, prices, books, what is held.
#![allow(unsafe_code, reason = "a function that C finds by its name has a name that nobody else may have")]

use fulmar_bus::record::{
    ConsolidatedTop, CrossVenue, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level,
    MarkPrice, Position, Side, SyncState, TopOfBook, UnixNanos,
};
use fulmar_engine::contract::InstrumentView;

use crate::context::Context;
use crate::memory::{Out, Places, TextIn};
use crate::outcome::Outcome;

/// What is known of one instrument, copied to where it is wanted.
fn seen<T>(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    out: Out<'_, T>,
    look: impl FnOnce(&InstrumentView) -> Option<T>,
) -> Outcome {
    let context = context.ok_or(Outcome::Argument);
    let told = context.and_then(|context| {
        context.with(|context| {
            let instrument = context.instrument(instrument_id).ok_or(Outcome::NotTraded)?;
            look(instrument).ok_or(Outcome::Unknown)
        })
    });
    Outcome::put(told, out)
}

/// The turn's moment, in nanoseconds since 1970: the only time that a strategy decides by. Zero where it is called
/// wrongly, as while another thread is in a turn.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_now(context: Option<&Context>) -> UnixNanos {
    let now = context.and_then(|context| context.look(|context| Some(context.now())).ok());
    now.unwrap_or_default()
}

/// The ids of the strategy's instruments: writes as many as there is room for, and gives how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instruments(
    context: Option<&Context>,
    instrument_ids: Places<InstrumentId>,
    capacity: u32,
) -> u32 {
    let instruments = context.and_then(|context| context.instruments.get());
    let ids = instruments.into_iter().flatten().map(|(id, _)| *id);
    instrument_ids.fill(capacity, ids)
}

/// The id of an instrument by its durable name, such as `binance-spot:BTCUSDT`. It holds for this session alone.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument(
    context: Option<&Context>,
    name: TextIn,
    instrument_id: Out<'_, InstrumentId>,
) -> Outcome {
    let find = || {
        let (context, name) = (context.ok_or(Outcome::Argument)?, name.required()?);
        let mut instruments = context.instruments.get().into_iter().flatten();
        let found = instruments.find(|(_, own)| own.as_str() == name);
        found.map(|(id, _)| *id).ok_or(Outcome::NotTraded)
    };
    Outcome::put(find(), instrument_id)
}

/// What an instrument is: its names, its scales, and what its venue asks of orders. Unknown until the venue said it.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument_definition(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    definition: Out<'_, InstrumentDefinition>,
) -> Outcome {
    seen(context, instrument_id, definition, |seen| seen.definition)
}

/// The best bid and ask; unknown while the book is not live.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_top(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    top: Out<'_, TopOfBook>,
) -> Outcome {
    seen(context, instrument_id, top, |seen| seen.top)
}

/// The best bid and ask where one can trade by them: both sides stand, do not cross, and are not suspect.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_two_sided_top(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    top: Out<'_, TopOfBook>,
) -> Outcome {
    seen(context, instrument_id, top, |seen| seen.two_sided_top().copied())
}

/// How far the book can be believed: a fulmar_sync_state. Zero where the instrument is not the strategy's.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_sync(context: Option<&Context>, instrument_id: InstrumentId) -> u8 {
    let sync = |seen: &InstrumentView| Some(seen.sync);
    let told = context
        .and_then(|context| context.look(|context| context.instrument(instrument_id).and_then(sync)).ok());
    told.map_or(0, |state: SyncState| state as u8)
}

/// Levels of one side of the book (a fulmar_side), best first: writes as many as there is room for, and gives how many
/// there are of those that the engine's configuration lets the strategy see. None while the book is not live, and none
/// for a strategy that sees the best prices alone.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_levels(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    side: u8,
    levels: Places<Level>,
    capacity: u32,
) -> u32 {
    let side = match side {
        1 => Side::Buy,
        2 => Side::Sell,
        _ => return 0,
    };
    let told = context.and_then(|context| {
        let look = |context: &fulmar_engine::contract::Context<'_>| {
            let book = context.instrument(instrument_id)?.book()?;
            Some(levels.fill(capacity, book.levels(side)))
        };
        context.look(look).ok()
    });
    told.unwrap_or(0)
}

/// What is best over all venues of the instrument's pair.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_consolidated_top(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    top: Out<'_, ConsolidatedTop>,
) -> Outcome {
    seen(context, instrument_id, top, |seen| seen.consolidated)
}

/// What the venues of the instrument's pair say of each other.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_cross_venue_signals(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    signals: Out<'_, CrossVenue>,
) -> Outcome {
    seen(context, instrument_id, signals, |seen| seen.cross_venue)
}

/// What the venue said last of whether it trades the instrument; unknown where it never said that it does not.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument_status(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    status: Out<'_, InstrumentStatus>,
) -> Outcome {
    seen(context, instrument_id, status, |seen| seen.status().copied())
}

/// What holding the instrument costs, as the venue said it last.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument_funding(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    funding: Out<'_, Funding>,
) -> Outcome {
    seen(context, instrument_id, funding, |seen| seen.funding().copied())
}

/// What the venue values the instrument at, as it said it last.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument_mark_price(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    mark_price: Out<'_, MarkPrice>,
) -> Outcome {
    seen(context, instrument_id, mark_price, |seen| seen.mark_price().copied())
}

/// What the strategy holds of an instrument; unknown before its first fill.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_instrument_position(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    position: Out<'_, Position>,
) -> Outcome {
    seen(context, instrument_id, position, |seen| seen.position)
}

/// How much the strategy holds of an instrument, at its quantity scale, below zero where it is short.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_position_quantity(context: Option<&Context>, instrument_id: InstrumentId) -> i64 {
    let held = context.and_then(|context| {
        context.look(|context| Some(context.instrument(instrument_id)?.position_quantity().0)).ok()
    });
    held.unwrap_or(0)
}
