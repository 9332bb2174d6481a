//! What a strategy promises, what it sees, and what it may ask for.
//!
//! A strategy is called back, one event at a time, with a [`Context`] that shows the moment, its [`View`] and the doors
//! for what it wants. What it decides may depend on nothing else: no clock, no thread, no other memory. So it does live
//! what it did in the backtest.
//!
//! Whoever hosts a strategy, inside the engine or in a process of its own, gives it records through [`deliver`] (those
//! of market channels through [`deliver_market`]) and carries away what comes out at the [`IntentSink`].

mod context;
mod deliver;
mod dependents;
mod depth;
mod new_order;
mod view;

pub use context::{Context, IntentSink, NotSubmitted};
pub use deliver::{deliver, deliver_market};
pub use depth::{BookDepth, BookView};
pub use new_order::NewOrder;
pub use view::{InstrumentView, View};

use std::ops::Deref;

use fulmar_bus::record::{
    Bar, BookLevels, ConsolidatedTop, CrossVenue, Denial, ExecutionReport, Flags, Funding, Header, HeldOrder,
    InstrumentId, InstrumentStatus, Level, MarkPrice, Position, Timer, TopOfBook, Trade, UnixNanos,
};

/// A strategy: what it does when something happens. Every callback does nothing unless it is written.
///
/// A callback runs on the tick path: it neither allocates nor waits nor logs, where it can help it. A panic in it ends
/// the run.
///
/// ```
/// use fulmar_bus::record::TopOfBook;
/// use fulmar_engine::contract::{Context, Event, Strategy};
///
/// /// Knows the narrowest spread that there was, at the instrument's price scale.
/// #[derive(Default)]
/// struct Narrowest(Option<i64>);
///
/// impl Strategy for Narrowest {
///     fn on_quote(&mut self, _: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
///         if quote.is_two_sided() {
///             let spread = quote.ask.price.0 - quote.bid.price.0;
///             self.0 = Some(self.0.map_or(spread, |narrowest| narrowest.min(spread)));
///         }
///     }
/// }
/// # use fulmar_bus::record::*;
/// # use fulmar_engine::contract::{IntentSink, View};
/// # struct Outgoing(Vec<Intent>);
/// # impl IntentSink for Outgoing {
/// #     fn submit(&mut self, _: InstrumentId, intent: &mut Intent) {
/// #         intent.client_order_id = ClientOrderId::new(1, StrategyId(0), 1);
/// #         self.0.push(*intent);
/// #     }
/// #     fn cancel(&mut self, _: InstrumentId, _: ClientOrderId) -> bool { true }
/// #     fn modify(&mut self, _: InstrumentId, _: &ModifyIntent) -> bool { true }
/// #     fn set_timer(&mut self, _: u64, _: UnixNanos) {}
/// # }
/// # let level = |price| Level { price: Price(price), quantity: Quantity(1) };
/// # let mut record = Record::new();
/// # let (cause, flags) = (RecordId::NONE, Flags::NONE);
/// # let heading = Heading { instrument_id: InstrumentId(0), cause, received_at: UnixNanos(1), flags };
/// # record.write(heading, &TopOfBook::new(level(100), level(102), 1, UnixNanos(1), TopSource::Book));
/// # let (mut view, mut sink) = (View::new(&[InstrumentId(0)], 16), Outgoing(Vec::new()));
/// # let mut context = Context::new(UnixNanos(1), &mut view, &mut sink);
/// # let mut strategy = Narrowest::default();
/// # fulmar_engine::contract::deliver(&mut strategy, &mut context, &record).expect("a record");
/// # assert_eq!(strategy.0, Some(2));
/// ```
#[allow(unused_variables, reason = "a callback that is not written uses none of what it is given")]
pub trait Strategy: Send {
    /// Before anything else. Definitions and books are not known yet.
    fn on_start(&mut self, context: &mut Context<'_>) {}

    /// After everything else. Its orders are canceled by the engine.
    fn on_stop(&mut self, context: &mut Context<'_>) {}

    /// Somebody traded.
    fn on_trade(&mut self, context: &mut Context<'_>, trade: Event<'_, Trade>) {}

    /// The best bid or ask of one instrument at its venue changed, or what is known of them: the view's top is this one
    /// already. Its source says how it is known. What is best over several venues never comes here. One that jumped
    /// beyond the configured band comes as well, and [`Event::is_suspect`] says so: the gate does not judge by it, and
    /// denies orders once the last good top is too old. It comes again, suspect no more, when the market stays there.
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {}

    /// The best bid or ask over all venues of a pair changed: the view's consolidated top is this one already. Its
    /// prices and quantities are at the scales that it states, not at each instrument's, so that it is no quote.
    /// The event's instrument is the one whose change led to it, which need not be one that the strategy trades.
    fn on_consolidated(&mut self, context: &mut Context<'_>, top: Event<'_, ConsolidatedTop>) {}

    /// What the venues of a pair say of each other changed: how far apart they value it, what an arbitrage would bring
    /// after fees, which of them moves first. The view's signals are these already. They are at the scales that they
    /// state; the event's instrument is as in [`Self::on_consolidated`], which comes first where both changed. Told of
    /// pairs of two venues or more.
    fn on_cross_venue(&mut self, context: &mut Context<'_>, signals: Event<'_, CrossVenue>) {}

    /// Levels of the book changed: the view's book has them already. Called for a strategy that asked for more than the
    /// top, while the book is live; a long update comes in parts.
    fn on_book(&mut self, context: &mut Context<'_>, update: Event<'_, BookUpdate<'_>>) {}

    /// A bar is complete, made by the engine of the venue's trades.
    fn on_bar(&mut self, context: &mut Context<'_>, bar: Event<'_, Bar>) {}

    /// The venue closed a bar of its own making. It may differ from the engine's, which is made of the trades that came
    /// here; what the venue does not say of it is zero. Told by venues of which bars are asked.
    fn on_venue_bar(&mut self, context: &mut Context<'_>, bar: Event<'_, Bar>) {}

    /// The venue said what holding a derivative costs: the view's funding is this already. Venues say it again and
    /// again, changed or not, and some only where it changed.
    fn on_funding(&mut self, context: &mut Context<'_>, funding: Event<'_, Funding>) {}

    /// The venue said what it values a derivative at: the view's mark price is this already. Its prices are at the
    /// scale that it states, not at the instrument's, and no order can be placed by them as they are.
    fn on_mark_price(&mut self, context: &mut Context<'_>, mark_price: Event<'_, MarkPrice>) {}

    /// The venue does not trade an instrument now, or does not know it, or does again: the view's status is this
    /// already. Until it is listed again the gate denies every order of it, and cancels pass. Never called for an
    /// instrument that the venue always traded.
    fn on_status(&mut self, context: &mut Context<'_>, status: Event<'_, InstrumentStatus>) {}

    /// A timer that it set is due.
    fn on_timer(&mut self, context: &mut Context<'_>, timer: Event<'_, Timer>) {}

    /// An order of its own, wanted before the engine was killed, is held again, or may be at the venue still: the
    /// view's order stands already. It has the id that it had, and no new order can wait for it.
    fn on_order_restored(&mut self, context: &mut Context<'_>, order: Event<'_, HeldOrder>) {}

    /// An order of its own stands at the venue; or the engine holds it until its trigger or its turn, where the report
    /// says `is_emulated`. Of one that was held it comes twice.
    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// An order of its own was not canceled, and stands as before unless something else is told: the venue refused, or
    /// there was no room for the cancel. Wanting it again at once would be refused at once.
    fn on_order_cancel_rejected(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// An order of its own is another now: the view's order has its new terms already. The venue did it because it was
    /// asked to, or by itself; or, where the report says `is_emulated`, a held order's trigger followed the market, or
    /// its alternatives and the order that it waits for left another quantity.
    fn on_order_updated(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// An order of its own was not changed, and stands as before unless something else is told: our gate refused
    /// (`reason` is the number of its check), the venue did, or there was no room.
    fn on_order_update_rejected(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// The trigger price of an order of its own was met, or its turn came: the view's order is what it was to become
    /// already. One that was held leaves once nothing stands in its way and the gate has judged it again; a denial then
    /// comes as [`Self::on_order_denied`].
    fn on_order_triggered(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// Some or all of an order of its own traded.
    fn on_order_filled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// What was left of an order of its own was canceled, or the venue ended it.
    fn on_order_canceled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// Our gate refused an order of its own, at once or when one that was held was to leave; it never left.
    fn on_order_denied(&mut self, context: &mut Context<'_>, denial: Event<'_, Denial>) {}

    /// The venue refused an order of its own.
    fn on_order_rejected(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// What it holds changed.
    fn on_position_changed(&mut self, context: &mut Context<'_>, position: Event<'_, Position>) {}
}

/// What happened, where, and when that reached this machine. It dereferences to what happened, and lives for one
/// callback: copy what is to be kept.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::contract::Event;
/// # let (instrument_id, cause, flags) = (InstrumentId(4), RecordId::NONE, Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at: UnixNanos(9_000), flags };
/// # let mut record = Record::new();
/// # record.write(heading, &Trade::new(Price(100), Quantity(3), Side::Buy, 1, UnixNanos(8_000)));
/// let trade: Event<'_, Trade> = Event::new(record.header(), record.read().expect("a trade"));
/// assert_eq!((trade.instrument_id, trade.price), (InstrumentId(4), Price(100)));
/// assert_eq!(trade.received_at.since(trade.venue_at), Nanos(1_000), "how long it was on its way");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Event<'a, T> {
    /// What it concerns, or [`InstrumentId::NONE`].
    pub instrument_id: InstrumentId,
    /// When the bytes that led to it reached this machine.
    pub received_at: UnixNanos,
    /// What its record is marked with.
    pub flags: Flags,
    /// What happened.
    pub payload: &'a T,
}

impl<'a, T> Event<'a, T> {
    /// The event of a record.
    pub const fn new(header: &Header, payload: &'a T) -> Self {
        let Header { instrument_id, received_at, flags, .. } = *header;
        Event { instrument_id, received_at, flags, payload }
    }

    /// True of a quote that lies further from the last good one than the configured band: it may be wrong.
    pub const fn is_suspect(&self) -> bool {
        self.flags.contains(Flags::SUSPECT)
    }
}

impl<T> Deref for Event<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.payload
    }
}

/// Levels that changed, each with the quantity that stands there now, at the instrument's scales.
///
/// ```
/// use fulmar_bus::record::{BookLevels, Level, Price, Quantity, UnixNanos};
/// use fulmar_engine::contract::BookUpdate;
///
/// /// The levels that are gone.
/// fn gone(update: &BookUpdate<'_>) -> usize {
///     update.bids.iter().chain(update.asks).filter(|level| level.quantity.is_zero()).count()
/// }
///
/// let bids = [Level { price: Price(100), quantity: Quantity(0) }];
/// # let update = BookLevels { update_id: 12, venue_at: UnixNanos(8), bid_count: 1, ask_count: 0 };
/// assert_eq!(gone(&BookUpdate { update: &update, bids: &bids, asks: &[] }), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BookUpdate<'a> {
    /// Which state of the book holds once they are applied.
    pub update: &'a BookLevels,
    /// Bid levels.
    pub bids: &'a [Level],
    /// Ask levels.
    pub asks: &'a [Level],
}

#[cfg(test)]
mod tests;
