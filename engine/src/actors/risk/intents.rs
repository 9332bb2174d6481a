//! Intents: judged by all that is known, and either approved and sent, or denied.

use fulmar_bus::channel::Full;
use fulmar_bus::record::{
    CancelIntent, ExecutionReport, ExecutionType, HEADER_BYTES, InstrumentId, Intent, Kind, Malformed,
    ModifyIntent, ModifyOrder, Order, OrderStatus, Quantity, Record, SLOT_WORDS, Side, UnixNanos,
};

use super::{Output, State};
use crate::contract::local_reason;
use crate::runtime::Origin;
use crate::trading::held::HeldOrders;
use crate::trading::order::{OpenShare, TrackedOrder};
use crate::trading::risk::{Approved, Breach, Context, RiskCheck, ScopeBreaches, Verdict};
use crate::trading::treasury::Adding;

/// Slots that an approved order takes on its channel.
pub(super) const ORDER_SLOTS: usize = (HEADER_BYTES + size_of::<Order>()).div_ceil(SLOT_WORDS * 8);

/// Slots that a change takes there.
pub(super) const CHANGE_SLOTS: usize = (HEADER_BYTES + size_of::<ModifyOrder>()).div_ceil(SLOT_WORDS * 8);

/// What the gate has to know where this order is not.
pub(super) fn without(context: Context, order: &TrackedOrder) -> Context {
    let own_qty = i128::from(order.exposure_qty().0);
    let (buy_qty, sell_qty) = match order.intent().side {
        Side::Buy => (own_qty, 0),
        Side::Sell => (0, own_qty),
    };
    Context {
        open_buy_qty: context.open_buy_qty - buy_qty,
        open_sell_qty: context.open_sell_qty - sell_qty,
        open_orders: context.open_orders - 1,
        open_notional: context.open_notional - order.exposure_notional(),
        ..context
    }
}

impl State {
    pub(super) fn on_intent(
        &mut self,
        now: UnixNanos,
        record: &Record,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let origin = Origin::of(record);
        if record.header().kind() == Some(Kind::CancelIntent) {
            let cancel = record.read::<CancelIntent>()?;
            self.cancel(now, origin, cancel.client_order_id, output);
            return Ok(());
        }
        if record.header().kind() == Some(Kind::ModifyIntent) {
            self.on_change(now, origin, record.read::<ModifyIntent>()?, output);
            return Ok(());
        }
        let instrument_id = record.header().instrument_id;
        // A strategy knows instruments, and no accounts.
        let mut intent = *record.read::<Intent>()?;
        intent.account_id = self.account_id(instrument_id);
        let intent = &intent;
        if let Some(wanted) = self.wanted_counts.get_mut(intent.strategy_id.index()) {
            *wanted = intent.client_order_id.counter.max(*wanted);
        }
        if HeldOrders::concerns(intent) || self.slices(intent, instrument_id) {
            self.on_dependent(now, origin, (intent, instrument_id), output);
            return Ok(());
        }
        match self.judge(now, intent, instrument_id, output) {
            Verdict::Approved(order) => self.send_order(now, origin, &order, output),
            Verdict::Denied(denial) => output.tell(intent.strategy_id, origin, instrument_id, &denial),
        }
        Ok(())
    }

    pub(super) fn judge(
        &mut self,
        now: UnixNanos,
        intent: &Intent,
        instrument_id: InstrumentId,
        output: &mut Output,
    ) -> Verdict {
        let is_watched = self.instruments.get(instrument_id.index()).is_some_and(Option::is_some);
        if !is_watched {
            return Verdict::Denied(RiskCheck::UnknownInstrument.deny(intent, Breach::UNKNOWABLE));
        }
        if self.orders.is_full() || !output.approved.has_room(instrument_id, ORDER_SLOTS) {
            return Verdict::Denied(RiskCheck::MaxOpenOrders.deny(intent, Breach::UNKNOWABLE));
        }
        let context = self.context(now, intent, instrument_id);
        self.gate.check(intent, instrument_id, &context)
    }

    /// What is known of the moment.
    ///
    /// # Panics
    /// Where the instrument is not watched.
    pub(super) fn context(
        &mut self,
        now: UnixNanos,
        intent: &Intent,
        instrument_id: InstrumentId,
    ) -> Context {
        let share = self.share_beside(intent, instrument_id);
        let adding = self.adding(now, (intent, instrument_id), intent.quantity, share);
        let scopes = self.treasury.breaches(&adding);
        let own_opposite = self.orders.best_open_price(instrument_id, intent.side.opposite());
        let watched = self.instruments[instrument_id.index()].as_ref().expect("it is watched");
        let permissions = self.permissions.get(intent.strategy_id.index());
        let is_permitted = permissions.and_then(|of| of.get(instrument_id.index())).is_some_and(|is| *is);
        let unknown_orders = self.orders.unknown_count(instrument_id);
        Context {
            now,
            top: watched.top,
            sync: watched.sync,
            last_update_at: watched.last_update_at,
            position: watched.position.quantity(),
            open_buy_qty: self.orders.open_quantity(instrument_id, Side::Buy),
            open_sell_qty: self.orders.open_quantity(instrument_id, Side::Sell),
            open_orders: self.orders.open_count(instrument_id),
            open_notional: self.orders.open_notional(instrument_id),
            own_opposite,
            unknown_orders,
            unknown_since: watched.unknown_since,
            is_permitted,
            is_killed: self.kills.are_of(&self.treasury, intent.strategy_id, instrument_id),
            covered_qty: self.held.covered_qty(intent.client_order_id),
            scopes,
        }
    }

    /// An order as the limits of its scopes look at it, beside what its strategy has open without it.
    fn adding(
        &self,
        now: UnixNanos,
        (intent, instrument_id): (&Intent, InstrumentId),
        quantity: Quantity,
        share: OpenShare,
    ) -> Adding {
        let Intent { strategy_id, side, price, .. } = *intent;
        let top = self.instruments[instrument_id.index()].as_ref().and_then(|watched| watched.top);
        let met = top.map(|top| if side == Side::Buy { top.ask } else { top.bid });
        let met = met.filter(|level| level.quantity.0 > 0).map(|level| level.price);
        let price = if price.0 > 0 { Some(price) } else { met };
        Adding { now, strategy_id, instrument_id, side, quantity, price, share }
    }

    /// What its strategy has open beside an order: its alternatives do not trade beside it, but count as orders.
    fn share_beside(&self, intent: &Intent, instrument_id: InstrumentId) -> OpenShare {
        let mut share = self.orders.share(intent.strategy_id, instrument_id);
        for id in self.held.alternatives_of(intent) {
            self.orders.get(id).into_iter().for_each(|other| share.leave_out(other));
        }
        share
    }

    /// What the limits of its scopes say against a change: as against the order that it makes, beside all others.
    pub(super) fn scopes_of_change(
        &self,
        now: UnixNanos,
        order: &TrackedOrder,
        modify: &ModifyIntent,
    ) -> ScopeBreaches {
        let (before, instrument_id) = (order.intent(), order.instrument_id());
        let mut share = self.share_beside(before, instrument_id);
        share.leave_out(order);
        share.order_count -= 1;
        let intent = modify.terms.applied_to(*before);
        let quantity = Quantity(intent.quantity.0.saturating_sub(order.booked_qty().0));
        self.treasury.breaches(&self.adding(now, (&intent, instrument_id), quantity, share))
    }

    /// A change is judged as the order that it makes, beside all others. Whoever wanted it hears why it is not made.
    fn on_change(&mut self, now: UnixNanos, origin: Origin, modify: &ModifyIntent, output: &mut Output) {
        let Some(order) = self.orders.get(modify.client_order_id) else {
            self.anomalies.orphans += 1;
            return;
        };
        let is_sliced = self.held.is_sliced(modify.client_order_id);
        if self.held.holds(modify.client_order_id) && !is_sliced {
            return self.change_held(now, origin, modify, output);
        }
        let (instrument_id, strategy_id) = (order.instrument_id(), order.intent().strategy_id);
        let is_next = order.next_revision().is_some_and(|next| modify.revision >= next);
        let can_change = !order.status().is_terminal() && is_next && modify.terms.quantity.0 > 0;
        let verdict = if !can_change {
            Err(local_reason::NOT_STANDING)
        } else if !output.approved.has_room(instrument_id, CHANGE_SLOTS) {
            Err(local_reason::OUTBOUND_FULL)
        } else {
            let (intent, order) = (*order.intent(), order.clone());
            let mut context = without(self.context_of_dependent(now, &intent, instrument_id), &order);
            context.scopes = self.scopes_of_change(now, &order, modify);
            match self.gate.check_change(&order, modify, &context) {
                Verdict::Approved(change) => Ok(change),
                Verdict::Denied(denial) => Err(denial.code.into()),
            }
        };
        match verdict {
            Ok(_) if is_sliced => self.note_change_of_sliced(modify),
            Ok(change) => {
                let before = change.payload().terms_before.quantity;
                self.held.on_changed(modify.client_order_id, &modify.terms, before);
                let is_noted = self.orders.request_change(modify).is_some();
                assert!(is_noted, "the order stands, and no change of it is on its way");
                let sent = output.approved.send(origin, instrument_id, change.payload());
                assert!(sent.is_ok(), "the approved channel had room for a change");
                self.share_changed(strategy_id, instrument_id);
            }
            Err(reason) => self.refuse_change(origin, modify, reason, output),
        }
    }

    pub(super) fn refuse_change(
        &self,
        origin: Origin,
        modify: &ModifyIntent,
        reason: i32,
        output: &mut Output,
    ) {
        let order = self.orders.get(modify.client_order_id).expect("the change named it");
        let change = ModifyOrder::new(order.intent(), modify, order.venue_order_id());
        let mut told = ExecutionReport::refused_change(&change, reason);
        told.status = order.status();
        told.tag = order.intent().tag;
        told.leaves_qty = order.leaves_qty();
        output.tell(order.intent().strategy_id, origin, order.instrument_id(), &told);
    }

    /// From here on the order counts as exposure, whatever becomes of it.
    pub(super) fn send_order(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        order: &Approved<Order>,
        output: &mut Output,
    ) {
        let (intent, instrument_id) = (order.payload().intent, order.instrument_id());
        if self.orders.submit(intent, instrument_id, now).is_err() {
            let denial = RiskCheck::MaxOpenOrders.deny(&intent, Breach::UNKNOWABLE);
            output.tell(intent.strategy_id, origin, instrument_id, &denial);
            return;
        }
        let sent: Result<_, Full> = output.approved.send(origin, instrument_id, order.payload());
        assert!(sent.is_ok(), "the approved channel had room when the intent was judged");
        self.note_end(intent.client_order_id);
        self.share_changed(intent.strategy_id, instrument_id);
        let status = OrderStatus::Submitted;
        let mut report =
            ExecutionReport::new(intent.client_order_id, intent.side, ExecutionType::Submitted, status);
        report.tag = intent.tag;
        report.price = intent.price;
        report.leaves_qty = intent.quantity;
        output.tell(intent.strategy_id, origin, instrument_id, &report);
    }
}
