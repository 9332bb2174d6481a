//! What a strategy promises, what it sees, and what it may ask for.
//!
//! A strategy is called back, one event at a time, with a [`Context`] that shows the moment, its [`View`] and the doors
//! for what it wants. What it decides may depend on nothing else: no clock, no thread, no other memory. So it does live
//! what it did in the backtest.
//!
//! Whoever hosts a strategy, inside the engine or in a process of its own, gives it records through [`deliver`] (and,
//! where it asked for depth, those of market channels through [`deliver_market`]) and carries away what comes out at
//! the [`IntentSink`].

mod deliver;
mod depth;
mod view;

pub use deliver::{deliver, deliver_market};
pub use depth::{BookDepth, BookView};
pub use view::{InstrumentView, View};

use std::ops::Deref;

use fulmar_bus::record::{
    Bar, BookLevels, ClientOrderId, ConsolidatedTop, Denial, ExecutionReport, Header, InstrumentId, Intent,
    Level, Position, Price, Quantity, Side, TimeInForce, Timer, TopOfBook, Trade, UnixNanos,
};

use crate::trading::order::TrackedOrder;

/// A strategy: what it does when something happens. Every callback does nothing unless it is written.
///
/// A callback runs on the tick path: it neither allocates nor waits nor logs, where it can help it. A panic in it ends
/// the run.
#[allow(unused_variables, reason = "a callback that is not written uses none of what it is given")]
pub trait Strategy: Send {
    /// Before anything else. Definitions and books are not known yet.
    fn on_start(&mut self, context: &mut Context<'_>) {}

    /// After everything else. Its orders are canceled by the engine.
    fn on_stop(&mut self, context: &mut Context<'_>) {}

    /// Somebody traded.
    fn on_trade(&mut self, context: &mut Context<'_>, trade: Event<'_, Trade>) {}

    /// The best bid or ask of one instrument at its venue changed, or what is known of them: the view's top is this one
    /// already. Its source says how it is known. What is best over several venues never comes here.
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {}

    /// The best bid or ask over all venues of a pair changed: the view's consolidated top is this one already. Its
    /// prices and quantities are at the scales that it states, not at each instrument's, so that it is no quote.
    /// The event's instrument is the one whose change led to it, which need not be one that the strategy trades.
    fn on_consolidated(&mut self, context: &mut Context<'_>, top: Event<'_, ConsolidatedTop>) {}

    /// Levels of the book changed: the view's book has them already. Called for a strategy that asked for more than the
    /// top, while the book is live; a long update comes in parts.
    fn on_book(&mut self, context: &mut Context<'_>, update: Event<'_, BookUpdate<'_>>) {}

    /// A bar is complete.
    fn on_bar(&mut self, context: &mut Context<'_>, bar: Event<'_, Bar>) {}

    /// A timer that it set is due.
    fn on_timer(&mut self, context: &mut Context<'_>, timer: Event<'_, Timer>) {}

    /// An order of its own stands at the venue: it was accepted, or the venue refused to cancel it.
    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// Some or all of an order of its own traded.
    fn on_order_filled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// What was left of an order of its own was canceled, or the venue ended it.
    fn on_order_canceled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// Our gate refused an order of its own; it never left.
    fn on_order_denied(&mut self, context: &mut Context<'_>, denial: Event<'_, Denial>) {}

    /// The venue refused an order of its own.
    fn on_order_rejected(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {}

    /// What it holds changed.
    fn on_position_changed(&mut self, context: &mut Context<'_>, position: Event<'_, Position>) {}
}

/// What happened, where, and when that reached this machine. It dereferences to what happened.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a, T> {
    /// What it concerns, or [`InstrumentId::NONE`].
    pub instrument_id: InstrumentId,
    /// When the bytes that led to it reached this machine.
    pub received_at: UnixNanos,
    /// What happened.
    pub payload: &'a T,
}

impl<'a, T> Event<'a, T> {
    /// The event of a record.
    pub const fn new(header: &Header, payload: &'a T) -> Self {
        Event { instrument_id: header.instrument_id, received_at: header.received_at, payload }
    }
}

impl<T> Deref for Event<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.payload
    }
}

/// Levels that changed, each with the quantity that stands there now.
#[derive(Clone, Copy, Debug)]
pub struct BookUpdate<'a> {
    /// Which state of the book holds once they are applied.
    pub update: &'a BookLevels,
    /// Bid levels.
    pub bids: &'a [Level],
    /// Ask levels.
    pub asks: &'a [Level],
}

/// Where intents leave the strategy: its host.
pub trait IntentSink {
    /// Takes an intent, and gives it its order id, strategy and account. Where there is no room for it, the host denies
    /// it with `INTENT_RING_FULL` in a later turn, so an intent is never lost in silence.
    fn submit(&mut self, instrument_id: InstrumentId, intent: &mut Intent);

    /// Takes the wish to cancel an order; false where there is no room for it.
    #[must_use]
    fn cancel(&mut self, instrument_id: InstrumentId, client_order_id: ClientOrderId) -> bool;

    /// Wants [`Strategy::on_timer`] with this tag, once, at this moment or as soon after it as there is a turn.
    fn set_timer(&mut self, tag: u64, due_at: UnixNanos);
}

/// Why an order was not even handed to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSubmitted {
    /// The strategy does not trade that instrument.
    NotTraded,
    /// As many of its orders are unsettled as it may have.
    OrdersFull,
    /// The quantity is not above zero.
    Quantity,
}

/// The moment, as a strategy sees it.
pub struct Context<'a> {
    now: UnixNanos,
    view: &'a mut View,
    sink: &'a mut dyn IntentSink,
}

impl<'a> Context<'a> {
    /// What `view` shows at `now`, with `sink` for what is wanted.
    pub fn new(now: UnixNanos, view: &'a mut View, sink: &'a mut dyn IntentSink) -> Self {
        Context { now, view, sink }
    }

    /// The turn's time.
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// What it sees.
    pub fn view(&self) -> &View {
        self.view
    }

    /// What it sees of one instrument; `None` for one that it does not trade.
    pub fn instrument(&self, instrument_id: InstrumentId) -> Option<&InstrumentView> {
        self.view.instrument(instrument_id)
    }

    /// An order of its own, as long as it is known.
    pub fn order(&self, client_order_id: ClientOrderId) -> Option<&TrackedOrder> {
        self.view.orders().get(client_order_id)
    }

    /// Wants an order. From now on it stands in the view, and counts as open until something else is heard.
    ///
    /// # Errors
    /// Says why the gate was not even asked; the view counts it. What the gate refuses comes as
    /// [`Strategy::on_order_denied`].
    pub fn submit(
        &mut self,
        instrument_id: InstrumentId,
        order: NewOrder,
    ) -> Result<ClientOrderId, NotSubmitted> {
        if let Some(obstacle) = self.obstacle(instrument_id, &order) {
            self.view.count_not_submitted();
            return Err(obstacle);
        }
        let mut intent = order.intent;
        self.sink.submit(instrument_id, &mut intent);
        self.view.submitted(intent, instrument_id, self.now);
        Ok(intent.client_order_id)
    }

    /// Wants an order of its own canceled. True where a cancel is on its way; false where there is nothing to cancel,
    /// or no room for it now.
    pub fn cancel(&mut self, client_order_id: ClientOrderId) -> bool {
        let Some(order) = self.view.orders().get(client_order_id) else { return false };
        if order.status().is_terminal() {
            return false;
        }
        if order.is_cancel_wanted() {
            return true;
        }
        let is_sent = self.sink.cancel(order.instrument_id(), client_order_id);
        if is_sent {
            self.view.orders_mut().request_cancel(client_order_id);
        }
        is_sent
    }

    /// Wants all its open orders of an instrument canceled. Gives how many cancels it sent.
    pub fn cancel_all(&mut self, instrument_id: InstrumentId) -> usize {
        let sink = &mut *self.sink;
        self.view.orders_mut().cancel_each(|order| {
            order.instrument_id() == instrument_id
                && sink.cancel(instrument_id, order.intent().client_order_id)
        })
    }

    /// Wants [`Strategy::on_timer`] with `tag`, once, at `due_at`.
    pub fn set_timer(&mut self, tag: u64, due_at: UnixNanos) {
        self.sink.set_timer(tag, due_at);
    }

    fn obstacle(&self, instrument_id: InstrumentId, order: &NewOrder) -> Option<NotSubmitted> {
        if self.view.instrument(instrument_id).is_none() {
            Some(NotSubmitted::NotTraded)
        } else if order.intent.quantity.0 <= 0 {
            Some(NotSubmitted::Quantity)
        } else if self.view.orders().is_full() {
            Some(NotSubmitted::OrdersFull)
        } else {
            None
        }
    }
}

/// An order as a strategy asks for it.
///
/// ```
/// use fulmar_bus::record::{Price, Quantity, Side};
/// use fulmar_engine::contract::NewOrder;
/// let rests = NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20)).post_only().tag(7);
/// let takes = NewOrder::market(Side::Sell, Quantity(20)).reduce_only();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order that is not submitted is nothing"]
pub struct NewOrder {
    intent: Intent,
}

impl NewOrder {
    /// At `price` or better, until it is canceled.
    pub fn limit(side: Side, price: Price, quantity: Quantity) -> Self {
        NewOrder { intent: Intent::limit(ClientOrderId::default(), side, price, quantity) }
    }

    /// At any price, now.
    pub fn market(side: Side, quantity: Quantity) -> Self {
        NewOrder { intent: Intent::market(ClientOrderId::default(), side, quantity) }
    }

    /// Takes nothing: it rests, or is rejected.
    pub fn post_only(mut self) -> Self {
        self.intent.post_only = 1;
        self
    }

    /// Only brings the position nearer to zero.
    pub fn reduce_only(mut self) -> Self {
        self.intent.reduce_only = 1;
        self
    }

    /// Stands as long as `time_in_force` says.
    pub fn time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.intent.time_in_force = time_in_force;
        self
    }

    /// What the strategy calls it; comes back in every report.
    pub fn tag(mut self, tag: u64) -> Self {
        self.intent.tag = tag;
        self
    }
}

#[cfg(test)]
mod tests;
