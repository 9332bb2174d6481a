//! From a record to a callback: the one place that says which record calls what.

use fulmar_bus::record::{
    Bar, BookLevels, ConsolidatedTop, CrossVenue, Denial, ExecutionReport, ExecutionType, Funding, HeldOrder,
    InstrumentStatus, Kind, Malformed, MarkPrice, Payload, Position, Record, Timer, TopOfBook, Trade,
};

use super::{BookUpdate, Context, Event, InstrumentView, Strategy};

/// Gives a record to a strategy: the view takes it in first, then the callback is called that it is for, if any. A
/// definition, a change of the sync state and an order of unknown fate show in the view alone.
///
/// # Errors
/// As [`Record::read`]; then no callback was called.
pub fn deliver(
    strategy: &mut dyn Strategy,
    context: &mut Context<'_>,
    record: &Record,
) -> Result<(), Malformed> {
    if record.header().kind() == Some(Kind::InstrumentStatus) {
        return deliver_status(strategy, context, record);
    }
    context.view.apply(record)?;
    match record.header().kind().ok_or(Malformed::Kind)? {
        Kind::Trade => strategy.on_trade(context, event::<Trade>(record)?),
        Kind::Funding => strategy.on_funding(context, event::<Funding>(record)?),
        Kind::MarkPrice => strategy.on_mark_price(context, event::<MarkPrice>(record)?),
        Kind::TopOfBook => strategy.on_quote(context, event::<TopOfBook>(record)?),
        Kind::ConsolidatedTop => {
            let top = event::<ConsolidatedTop>(record)?;
            // Of a pair that leaves its instrument out, the strategy hears nothing.
            if top.is_left_out == 0 && context.view.has_pair_of(top.instrument_id) {
                strategy.on_consolidated(context, top);
            }
        }
        Kind::CrossVenue if !context.view.has_pair_of(record.header().instrument_id) => {}
        Kind::CrossVenue => strategy.on_cross_venue(context, event::<CrossVenue>(record)?),
        // A pair's channel tells bars of all its instruments, of which the strategy may see but some.
        Kind::Bar if context.instrument(record.header().instrument_id).is_none() => {}
        Kind::Bar => strategy.on_bar(context, event::<Bar>(record)?),
        Kind::Timer => strategy.on_timer(context, event::<Timer>(record)?),
        Kind::ExecutionReport => deliver_report(strategy, context, event(record)?),
        Kind::HeldOrder => strategy.on_order_restored(context, event::<HeldOrder>(record)?),
        Kind::Denial => strategy.on_order_denied(context, event::<Denial>(record)?),
        Kind::Position => strategy.on_position_changed(context, event::<Position>(record)?),
        _ => {}
    }
    Ok(())
}

/// Gives a record of a market channel to a strategy: trades, funding and mark prices as [`deliver`] does, bars as the
/// venue's, and to one that asked for more than the top the book's levels. Tops, definitions and statuses of a market
/// channel are not for it: books tell those, as far as they can be believed.
///
/// # Errors
/// As [`deliver`].
pub fn deliver_market(
    strategy: &mut dyn Strategy,
    context: &mut Context<'_>,
    record: &Record,
) -> Result<(), Malformed> {
    match record.header().kind() {
        Some(Kind::Trade | Kind::Funding | Kind::MarkPrice) => return deliver(strategy, context, record),
        Some(Kind::Bar) => strategy.on_venue_bar(context, event::<Bar>(record)?),
        _ if context.view.apply_market(record)? => {
            let (update, bids, asks) = BookLevels::read(record)?;
            let update = BookUpdate { update, bids, asks };
            strategy.on_book(context, Event::new(record.header(), &update));
        }
        _ => {}
    }
    Ok(())
}

/// A status is told again to whoever may have missed it; a strategy hears each once.
fn deliver_status(
    strategy: &mut dyn Strategy,
    context: &mut Context<'_>,
    record: &Record,
) -> Result<(), Malformed> {
    let status = event::<InstrumentStatus>(record)?;
    let known = context.instrument(status.instrument_id).and_then(InstrumentView::status).copied();
    context.view.apply(record)?;
    if known != Some(*status.payload) {
        strategy.on_status(context, status);
    }
    Ok(())
}

fn deliver_report(
    strategy: &mut dyn Strategy,
    context: &mut Context<'_>,
    report: Event<'_, ExecutionReport>,
) {
    match report.execution {
        ExecutionType::Accepted => strategy.on_order_accepted(context, report),
        ExecutionType::CancelRejected => strategy.on_order_cancel_rejected(context, report),
        ExecutionType::Trade => strategy.on_order_filled(context, report),
        ExecutionType::Canceled | ExecutionType::Expired => strategy.on_order_canceled(context, report),
        ExecutionType::Rejected => strategy.on_order_rejected(context, report),
        ExecutionType::Updated => strategy.on_order_updated(context, report),
        ExecutionType::UpdateRejected => strategy.on_order_update_rejected(context, report),
        ExecutionType::Triggered => strategy.on_order_triggered(context, report),
        ExecutionType::Submitted | ExecutionType::Unknown => {}
    }
}

fn event<P: Payload>(record: &Record) -> Result<Event<'_, P>, Malformed> {
    Ok(Event::new(record.header(), record.read::<P>()?))
}
