//! What a strategy may ask for, and the doors where it leaves: orders, cancels, timers. Nothing of it reaches a venue
//! but through the risk gate.

use fulmar_bus::record::{
    ClientOrderId, InstrumentId, Intent, ModifyIntent, OrderTerms, Price, Quantity, Side, TimeInForce,
    UnixNanos,
};

use super::{InstrumentView, View};
use crate::trading::order::TrackedOrder;

/// The moment, as a strategy sees it.
/// It lives for one callback, and what it lends for no longer.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::contract::{Context, IntentSink, NewOrder, NotSubmitted, View};
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
/// # let (mut view, mut sink) = (View::new(&[InstrumentId(0)], 16), Outgoing(Vec::new()));
/// # let mut context = Context::new(UnixNanos(5), &mut view, &mut sink);
/// let order = NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20));
/// let id = context.submit(InstrumentId(0), order)?;
/// assert_eq!(context.order(id).map(|order| order.status()), Some(OrderStatus::Submitted));
/// let cheaper = OrderTerms { price: Price(6_183_700), trigger_price: Price(0), quantity: Quantity(20) };
/// assert!(context.modify(id, cheaper));
/// assert_eq!(context.order(id).map(|order| order.status()), Some(OrderStatus::PendingUpdate));
/// context.set_timer(1, context.now() + Nanos::from_millis(250));
/// assert!(context.cancel(id));
/// assert_eq!(context.order(id).map(|order| order.status()), Some(OrderStatus::PendingCancel));
/// assert_eq!(context.submit(InstrumentId(9), order), Err(NotSubmitted::NotTraded));
/// # Ok::<(), NotSubmitted>(())
/// ```
pub struct Context<'a> {
    now: UnixNanos,
    pub(super) view: &'a mut View,
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
    /// [`Strategy::on_order_denied`](super::Strategy::on_order_denied).
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

    /// Wants an order of its own changed to these terms. True where the change is on its way; false where there is
    /// nothing to change, another change or a cancel is on its way, or there is no room for it now. Until it is
    /// answered the order counts with the larger of its quantities.
    pub fn modify(&mut self, client_order_id: ClientOrderId, terms: OrderTerms) -> bool {
        let Some(order) = self.view.orders().get(client_order_id) else { return false };
        let Some(revision) = order.next_revision().filter(|_| !order.is_cancel_wanted()) else {
            return false;
        };
        let modify = ModifyIntent::new(client_order_id, terms, revision);
        let instrument_id = order.instrument_id();
        let can_change = !order.status().is_terminal() && terms.quantity.0 > 0;
        if !can_change || !self.sink.modify(instrument_id, &modify) {
            return false;
        }
        self.view.orders_mut().request_change(&modify).is_some()
    }

    /// Wants all its open orders of an instrument canceled. Gives how many cancels it sent.
    pub fn cancel_all(&mut self, instrument_id: InstrumentId) -> usize {
        let sink = &mut *self.sink;
        self.view.orders_mut().cancel_each(|order| {
            order.instrument_id() == instrument_id
                && sink.cancel(instrument_id, order.intent().client_order_id)
        })
    }

    /// Wants [`Strategy::on_timer`](super::Strategy::on_timer) with `tag`, once, at `due_at`.
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
/// # let now = fulmar_bus::record::UnixNanos(1);
/// let for_a_minute = rests.until(now + fulmar_bus::record::Nanos::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order that is not submitted is nothing"]
pub struct NewOrder {
    intent: Intent,
}

impl NewOrder {
    /// At `price` or better, until it is canceled; both numbers at the instrument's scales.
    pub fn limit(side: Side, price: Price, quantity: Quantity) -> Self {
        NewOrder { intent: Intent::limit(ClientOrderId::default(), side, price, quantity) }
    }

    /// At any price, now; `quantity` at the instrument's quantity scale.
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

    /// Stands until this moment at most; the engine cancels it then.
    pub fn until(mut self, expire_at: UnixNanos) -> Self {
        (self.intent.time_in_force, self.intent.expire_at) = (TimeInForce::Gtd, expire_at);
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

/// Why an order was not even handed to the gate.
/// The example of [`Context`] meets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSubmitted {
    /// The strategy does not trade that instrument.
    NotTraded,
    /// As many of its orders are unsettled as it may have.
    OrdersFull,
    /// The quantity is not above zero.
    Quantity,
}

/// Where intents leave the strategy: its host.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::contract::{Context, IntentSink, NewOrder, View};
///
/// #[derive(Default)]
/// struct Host {
///     wanted: Vec<Intent>,
/// }
///
/// impl IntentSink for Host {
///     fn submit(&mut self, _: InstrumentId, intent: &mut Intent) {
///         intent.client_order_id = ClientOrderId::new(1, StrategyId(0), self.wanted.len() as u64 + 1);
///         self.wanted.push(*intent);
///     }
///     fn cancel(&mut self, _: InstrumentId, _: ClientOrderId) -> bool {
///         false // There is no room for it now.
///     }
///     fn modify(&mut self, _: InstrumentId, _: &ModifyIntent) -> bool {
///         false
///     }
///     fn set_timer(&mut self, _: u64, _: UnixNanos) {}
/// }
///
/// let (mut view, mut host) = (View::new(&[InstrumentId(0)], 16), Host::default());
/// let mut context = Context::new(UnixNanos(5), &mut view, &mut host);
/// let id = context.submit(InstrumentId(0), NewOrder::market(Side::Buy, Quantity(2))).expect("it is traded");
/// assert!(!context.cancel(id));
/// assert_eq!(host.wanted[0].client_order_id, id);
/// ```
pub trait IntentSink {
    /// Takes an intent, and gives it its order id, strategy and account. Where there is no room for it, the host denies
    /// it with `INTENT_RING_FULL` in a later turn, so an intent is never lost in silence.
    fn submit(&mut self, instrument_id: InstrumentId, intent: &mut Intent);

    /// Takes the wish to cancel an order; false where there is no room for it.
    #[must_use]
    fn cancel(&mut self, instrument_id: InstrumentId, client_order_id: ClientOrderId) -> bool;

    /// Takes the wish to change an order; false where there is no room for it.
    #[must_use]
    fn modify(&mut self, instrument_id: InstrumentId, modify: &ModifyIntent) -> bool;

    /// Wants [`Strategy::on_timer`](super::Strategy::on_timer) with this tag, once, at this moment or as soon after it
    /// as there is a turn.
    fn set_timer(&mut self, tag: u64, due_at: UnixNanos);
}
