//! Cancels: those that a strategy wants, and those that a kill or a loss makes. They pass in every state.
//!
//! What is forbidden is canceled until it stands no more: the orders of what was killed, and those that a scope may not
//! have any more since it lost too much. Each is canceled by its name. Of an instrument that was killed, one request
//! for all of its orders goes first, a *sweep*.
//!
//! The rule of a sweep, since the venue then cancels whatever the account has there: it leaves where the instrument,
//! its venue or all was killed, so that nothing that adds can follow it; where every order that is known to stand there
//! is ours, and no order ever came to light that found no room; and where two of them or more have no cancel on their
//! way. So nobody else's order goes but one that no report has told of yet. Once a sweep left, orders are canceled by
//! name until none stands: what the venue refused to cancel, and after [`SWEEP_ANSWER_NS`] all that still stands.

use fulmar_bus::record::{
    CancelAll, CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, HEADER_BYTES, InstrumentId, Nanos,
    Restraint, SLOT_WORDS, StrategyId, UnixNanos,
};

use super::control::Kills;
use super::presence::Presences;
use super::treasury::is_own;
use super::{Output, State};
use crate::actors::limits::{CANCEL_RETRY_NS, SWEEP_ANSWER_NS};
use crate::runtime::Origin;
use crate::trading::held::HeldOrders;
use crate::trading::order::TrackedOrder;
use crate::trading::risk::RiskGate;
use crate::trading::treasury::Treasury;

/// Slots that a cancel takes on the approved channel, of one order or of all.
pub(super) const CANCEL_SLOTS: usize = {
    assert!(size_of::<CancelAll>() <= size_of::<CancelOrder>());
    (HEADER_BYTES + size_of::<CancelOrder>()).div_ceil(SLOT_WORDS * 8)
};

/// How far an instrument is canceled, since something stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sweep {
    /// By name, if at all.
    #[default]
    None,
    /// All at once, at this moment.
    Sent(UnixNanos),
    /// All at once, and what still stood then by name.
    Followed,
}

/// Which orders may stand no more.
pub(super) struct Forbidden<'a> {
    pub(super) is_all_killed: bool,
    pub(super) kills: &'a Kills,
    pub(super) treasury: &'a Treasury,
    pub(super) presences: &'a Presences,
}

impl Forbidden<'_> {
    /// True for an order of ours that may stand no more. Those of others are left alone.
    pub(super) fn covers(&self, order: &TrackedOrder) -> bool {
        let intent = order.intent();
        let is_lost = match self.treasury.restraint(intent.strategy_id) {
            Restraint::Free => false,
            Restraint::ReduceOnly => intent.reduce_only == 0,
            Restraint::Flatten | Restraint::Killed => !is_own(intent.client_order_id),
        };
        let is_left = self.presences.forbid(intent.strategy_id) && !is_own(intent.client_order_id);
        is_ours(order) && (is_lost || is_left || self.is_all_killed || self.kills.cover(self.treasury, order))
    }
}

impl State {
    /// Something is so wrong that nothing more may be sent.
    pub(super) fn kill(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        self.gate.kill();
        self.cancel_forbidden(now, origin, output);
        self.tell_scopes(now, output);
    }

    /// Ends what is held, and cancels what stands, of all that is forbidden and has no cancel on its way. What found no
    /// room, and what the venue refused to cancel, is tried again until nothing of it stands.
    pub(super) fn cancel_forbidden(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        self.end_held_forbidden(now, origin, output);
        self.sweep(now, origin, output);
        let State { gate, orders, treasury, kills, presences, held, .. } = self;
        let forbidden = Forbidden { is_all_killed: gate.is_killed(), kills, treasury, presences };
        orders
            .cancel_each(|order| forbidden.covers(order) && send((gate, held), order, (now, origin), output));
        let has_open = orders.open_orders().any(|order| forbidden.covers(order));
        self.cancel_again_at = has_open.then_some(now + Nanos(CANCEL_RETRY_NS));
    }

    /// Cancels at once what stands of each instrument that may be swept, and by name what a sweep left.
    fn sweep(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        for index in 0..self.instruments.len() {
            let instrument_id = InstrumentId(u32::try_from(index).expect("ids are dense"));
            if self.orders.open_count(instrument_id) == 0 {
                self.sweeps[index] = Sweep::None;
                continue;
            }
            match self.sweeps[index] {
                Sweep::None
                    if self.may_sweep(instrument_id)
                        && output.approved.has_room(instrument_id, CANCEL_SLOTS) =>
                {
                    let passed = self.gate.pass_cancel_all(instrument_id, now);
                    let sent = output.approved.send(origin, passed.instrument_id(), passed.payload());
                    assert!(sent.is_ok(), "the approved channel had room for a cancel");
                    self.orders.request_cancel_of(instrument_id);
                    self.sweeps[index] = Sweep::Sent(now);
                }
                Sweep::Sent(at) if at + Nanos(SWEEP_ANSWER_NS) <= now => {
                    let State { gate, orders, held, .. } = self;
                    let left = orders.open_orders_of(instrument_id).filter(|order| is_ours(order));
                    left.filter(|order| order.is_cancel_wanted()).for_each(|order| {
                        // The gateway asks by itself for what was not answered: one that finds no room is no loss.
                        let _ = send((gate, held), order, (now, origin), output);
                    });
                    self.sweeps[index] = Sweep::Followed;
                }
                Sweep::None | Sweep::Sent(_) | Sweep::Followed => {}
            }
        }
    }

    /// The rule of the module.
    fn may_sweep(&self, instrument_id: InstrumentId) -> bool {
        // What nobody does there was killed: it was not the kill of a strategy.
        let is_killed =
            self.gate.is_killed() || self.kills.are_of(&self.treasury, StrategyId::NONE, instrument_id);
        let standing = || self.orders.open_orders_of(instrument_id);
        is_killed
            && self.anomalies.unadopted_orders == 0
            && standing().all(is_ours)
            && standing().filter(|order| !order.is_cancel_wanted()).count() >= SWEPT_ORDERS_MIN
    }

    pub(super) fn cancel(&mut self, now: UnixNanos, origin: Origin, id: ClientOrderId, output: &mut Output) {
        if self.held.holds(id) {
            return self.end_held(now, origin, id, output);
        }
        // A wish that cannot leave is not noted, so that a kill still finds the order to cancel.
        let Some(instrument_id) = self.orders.get(id).map(TrackedOrder::instrument_id) else { return };
        if !output.approved.has_room(instrument_id, CANCEL_SLOTS) {
            self.anomalies.cancels_lost += 1;
            self.refuse_cancel(origin, id, output);
            return;
        }
        let Some(order) = self.orders.request_cancel(id) else { return };
        let is_sent = send((&mut self.gate, &mut self.held), order, (now, origin), output);
        assert!(is_sent, "the approved channel had room for a cancel");
    }

    /// Tells the strategy that its cancel did not leave, so that it can want it again.
    fn refuse_cancel(&self, origin: Origin, id: ClientOrderId, output: &mut Output) {
        let Some(order) = self.orders.get(id) else { return };
        let intent = order.intent();
        let mut told = ExecutionReport::new(id, intent.side, ExecutionType::CancelRejected, order.status());
        told.tag = intent.tag;
        told.strategy_id = intent.strategy_id;
        told.account_id = self.account_id(order.instrument_id());
        told.leaves_qty = order.leaves_qty();
        output.tell(intent.strategy_id, origin, order.instrument_id(), &told);
    }
}

/// Orders that one request for all of them is worth: one by itself is canceled by its name.
const SWEPT_ORDERS_MIN: usize = 2;

fn is_ours(order: &TrackedOrder) -> bool {
    !order.intent().client_order_id.is_foreign()
}

/// Sends the cancel of an order; false where it found no room.
fn send(
    (gate, held): (&mut RiskGate, &mut HeldOrders),
    order: &TrackedOrder,
    (now, origin): (UnixNanos, Origin),
    output: &mut Output,
) -> bool {
    let passed = gate.pass_cancel(held.cancel_of(order), order.instrument_id(), now);
    output.approved.send(origin, passed.instrument_id(), passed.payload()).is_ok()
}
