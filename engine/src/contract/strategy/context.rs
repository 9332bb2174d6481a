//! The doors where what a strategy asks for leaves: orders, cancels, timers. Nothing of it reaches a venue
//! but through the risk gate.

use fulmar_bus::record::{ClientOrderId, InstrumentId, Intent, ModifyIntent, OrderTerms, UnixNanos};

use super::{InstrumentView, NewOrder, View};
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
        self.ask_for(instrument_id, &[order])?;
        Ok(self.hand_over(instrument_id, order))
    }

    /// Wants alternatives: orders of which no more trades than of one. The first is sent, or held where it waits for a
    /// trigger; the others are held. What one trades is taken from the others, and the end of one ends them. Each is
    /// judged by itself: where one is denied, the others stand.
    ///
    /// ```
    /// use fulmar_bus::record::*;
    /// use fulmar_engine::contract::{Context, NewOrder, NotSubmitted};
    ///
    /// /// Sells what is held, at a profit or before the loss grows.
    /// fn guard(context: &mut Context<'_>, btc: InstrumentId, held: Quantity) -> Result<(), NotSubmitted> {
    ///     let target = NewOrder::limit(Side::Sell, Price(6_300_000), held);
    ///     context.submit_alternatives(btc, [target, NewOrder::stop(Side::Sell, Price(6_000_000), held)])?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Context::submit`], where one of them cannot be handed to the gate; then none was.
    pub fn submit_alternatives<const N: usize>(
        &mut self,
        instrument_id: InstrumentId,
        orders: [NewOrder; N],
    ) -> Result<[ClientOrderId; N], NotSubmitted> {
        self.ask_for(instrument_id, &orders)?;
        let number = self.view.dependents.next_alternatives(N);
        Ok(orders.map(|order| self.hand_over(instrument_id, order.alternatives(number))))
    }

    /// Wants a bracket: an order to enter, and alternatives to exit, which are held until it has traded, and for as
    /// much as that did. Gives the id of the entry and those of the exits.
    ///
    /// ```
    /// use fulmar_bus::record::*;
    /// use fulmar_engine::contract::{Context, NewOrder, NotSubmitted};
    ///
    /// /// Buys, to sell higher, or lower than it ever was by an offset.
    /// fn enter(context: &mut Context<'_>, btc: InstrumentId) -> Result<ClientOrderId, NotSubmitted> {
    ///     let (quantity, offset) = (Quantity(20), Price(50_000));
    ///     let target = NewOrder::limit(Side::Sell, Price(6_300_000), quantity);
    ///     let stop = NewOrder::trailing_stop(Side::Sell, offset, quantity);
    ///     let entry = NewOrder::limit(Side::Buy, Price(6_183_763), quantity);
    ///     Ok(context.submit_bracket(btc, entry, [target, stop])?.0)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Context::submit_alternatives`].
    pub fn submit_bracket<const N: usize>(
        &mut self,
        instrument_id: InstrumentId,
        entry: NewOrder,
        exits: [NewOrder; N],
    ) -> Result<(ClientOrderId, [ClientOrderId; N]), NotSubmitted> {
        self.ask_for(instrument_id, &[entry])?;
        self.ask_for(instrument_id, &exits)?;
        if self.view.orders().room() <= N {
            self.view.count_not_submitted();
            return Err(NotSubmitted::OrdersFull);
        }
        let number = self.view.dependents.next_alternatives(N);
        let entry = self.hand_over(instrument_id, entry);
        let exits = exits.map(|exit| exit.alternatives(number).after(entry));
        Ok((entry, exits.map(|exit| self.hand_over(instrument_id, exit))))
    }

    fn hand_over(&mut self, instrument_id: InstrumentId, order: NewOrder) -> ClientOrderId {
        let mut intent = order.intent;
        self.sink.submit(instrument_id, &mut intent);
        self.view.submitted(intent, instrument_id, self.now);
        intent.client_order_id
    }

    /// Counts an order that cannot be handed over.
    fn ask_for(&mut self, instrument_id: InstrumentId, orders: &[NewOrder]) -> Result<(), NotSubmitted> {
        let obstacle = self.obstacle(instrument_id, orders);
        if obstacle.is_some() {
            self.view.count_not_submitted();
        }
        obstacle.map_or(Ok(()), Err)
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

    /// Wants all its own open orders of an instrument canceled, those that the engine holds too, and nobody else's:
    /// each by itself, so that each is told of as after [`Context::cancel`]. One whose cancel is on its way is left
    /// alone. Gives how many cancels it sent; an order whose cancel found no room is as before, and wanted again by the
    /// next call.
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

    fn obstacle(&self, instrument_id: InstrumentId, orders: &[NewOrder]) -> Option<NotSubmitted> {
        if self.view.instrument(instrument_id).is_none() {
            Some(NotSubmitted::NotTraded)
        } else if orders.iter().any(|order| order.intent.quantity.0 <= 0) {
            Some(NotSubmitted::Quantity)
        } else if orders.iter().any(|order| self.awaits_nobody(order)) {
            Some(NotSubmitted::Parent)
        } else if self.view.orders().room() < orders.len() {
            Some(NotSubmitted::OrdersFull)
        } else {
            None
        }
    }

    /// True where it waits for an order that is not known, or is of an earlier boot.
    fn awaits_nobody(&self, order: &NewOrder) -> bool {
        let parent = order.intent.client_order_id;
        let is_known =
            || self.view.orders().get(parent).is_some() && self.view.dependents.is_of_this_boot(parent);
        order.intent.after_counter != 0 && !is_known()
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
    /// The order that it is to wait for is not known, or was wanted before the engine was killed.
    Parent,
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
