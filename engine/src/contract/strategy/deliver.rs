//! From a record to a callback: the one place that says which record calls what.

use fulmar_bus::record::{
    Bar, BookLevels, ConsolidatedTop, Denial, ExecutionReport, ExecutionType, Kind, Malformed, Payload,
    Position, Record, Timer, TopOfBook, Trade,
};

use super::{BookUpdate, Context, Event, Strategy};

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
    context.view.apply(record)?;
    match record.header().kind().ok_or(Malformed::Kind)? {
        Kind::Trade => strategy.on_trade(context, event::<Trade>(record)?),
        Kind::TopOfBook => strategy.on_quote(context, event::<TopOfBook>(record)?),
        Kind::ConsolidatedTop => {
            let top = event::<ConsolidatedTop>(record)?;
            // Of a pair that leaves its instrument out, the strategy hears nothing.
            if top.is_left_out == 0 && context.view.has_pair_of(top.instrument_id) {
                strategy.on_consolidated(context, top);
            }
        }
        // A pair's channel tells bars of all its instruments, of which the strategy may see but some.
        Kind::Bar if context.instrument(record.header().instrument_id).is_none() => {}
        Kind::Bar => strategy.on_bar(context, event::<Bar>(record)?),
        Kind::Timer => strategy.on_timer(context, event::<Timer>(record)?),
        Kind::ExecutionReport => deliver_report(strategy, context, event(record)?),
        Kind::Denial => strategy.on_order_denied(context, event::<Denial>(record)?),
        Kind::Position => strategy.on_position_changed(context, event::<Position>(record)?),
        _ => {}
    }
    Ok(())
}

/// Gives a record of a market channel to a strategy that asked for more than the top: trades as [`deliver`] does, and
/// the book's levels. Tops and definitions of a market channel are not for it: books tell those that can be believed.
///
/// # Errors
/// As [`deliver`].
pub fn deliver_market(
    strategy: &mut dyn Strategy,
    context: &mut Context<'_>,
    record: &Record,
) -> Result<(), Malformed> {
    if record.header().kind() == Some(Kind::Trade) {
        return deliver(strategy, context, record);
    }
    if context.view.apply_market(record)? {
        let (update, bids, asks) = BookLevels::read(record)?;
        let update = BookUpdate { update, bids, asks };
        strategy.on_book(context, Event::new(record.header(), &update));
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
        ExecutionType::Submitted | ExecutionType::Unknown => {}
    }
}

fn event<P: Payload>(record: &Record) -> Result<Event<'_, P>, Malformed> {
    Ok(Event::new(record.header(), record.read::<P>()?))
}
