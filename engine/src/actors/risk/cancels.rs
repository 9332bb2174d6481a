//! Cancels: those that a strategy wants, and those that a kill or a loss makes. They pass in every state.

use fulmar_bus::record::{
    CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, HEADER_BYTES, Nanos, SLOT_WORDS, UnixNanos,
};

use super::control::Kills;
use super::{Output, State};
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::runtime::Origin;
use crate::trading::order::TrackedOrder;
use crate::trading::treasury::Treasury;

/// Slots that a cancel takes on the approved channel.
pub(super) const CANCEL_SLOTS: usize = (HEADER_BYTES + size_of::<CancelOrder>()).div_ceil(SLOT_WORDS * 8);

impl State {
    /// Something is so wrong that nothing more may be sent.
    pub(super) fn kill(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        self.gate.kill();
        self.cancel_killed(now, origin, output);
        self.tell_scopes(now, output);
    }

    /// Cancels what stands of what was killed and has no cancel on its way. What found no room, and what the venue
    /// refused to cancel, is tried again until nothing of it stands: nothing is added to it meanwhile.
    pub(super) fn cancel_killed(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        let is_all = self.gate.is_killed();
        let is_killed =
            |treasury: &Treasury, kills: &Kills, order: &TrackedOrder| is_all || kills.cover(treasury, order);
        self.cancel_where(now, origin, output, is_killed);
        let State { orders, treasury, kills, .. } = self;
        let ours = orders.open_orders().filter(|order| !order.intent().client_order_id.is_foreign());
        let has_open = ours.into_iter().any(|order| is_killed(treasury, kills, order));
        self.cancel_again_at = has_open.then_some(now + Nanos(CANCEL_RETRY_NS));
    }

    /// Cancels each order of ours that stands, has no cancel on its way, and is one of those; what is held of them
    /// ends.
    pub(super) fn cancel_where(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        output: &mut Output,
        is_one: impl Fn(&Treasury, &Kills, &TrackedOrder) -> bool,
    ) {
        self.end_held_where(now, origin, output, &is_one);
        let State { gate, orders, treasury, kills, held, .. } = self;
        orders.cancel_each(|order| {
            if order.intent().client_order_id.is_foreign() || !is_one(treasury, kills, order) {
                return false;
            }
            let cancel = held.cancel_of(order);
            let passed = gate.pass_cancel(cancel, order.instrument_id(), now);
            output.approved.send(origin, passed.instrument_id(), passed.payload()).is_ok()
        });
    }

    pub(super) fn cancel(&mut self, now: UnixNanos, origin: Origin, id: ClientOrderId, output: &mut Output) {
        if self.held.holds(id) {
            return self.end_held(now, origin, id, output);
        }
        // A wish that cannot leave is not noted, so that a kill still finds the order to cancel.
        if !output.approved.has_room(CANCEL_SLOTS) {
            self.anomalies.cancels_lost += 1;
            self.refuse_cancel(origin, id, output);
            return;
        }
        let Some(order) = self.orders.request_cancel(id) else { return };
        let (instrument_id, cancel) = (order.instrument_id(), self.held.cancel_of(order));
        let passed = self.gate.pass_cancel(cancel, instrument_id, now);
        let sent = output.approved.send(origin, passed.instrument_id(), passed.payload());
        assert!(sent.is_ok(), "the approved channel had room for a cancel");
    }

    /// Tells the strategy that its cancel did not leave, so that it can want it again.
    fn refuse_cancel(&self, origin: Origin, id: ClientOrderId, output: &mut Output) {
        let Some(order) = self.orders.get(id) else { return };
        let intent = order.intent();
        let mut told = ExecutionReport::new(id, intent.side, ExecutionType::CancelRejected, order.status());
        told.tag = intent.tag;
        told.strategy_id = intent.strategy_id;
        told.account_id = intent.account_id;
        told.leaves_qty = order.leaves_qty();
        output.tell(intent.strategy_id, origin, order.instrument_id(), &told);
    }
}
