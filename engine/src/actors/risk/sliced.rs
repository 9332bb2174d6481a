//! Orders that leave slice by slice, where the gate meets them: which those are, how they are changed, and whose word a
//! report of a slice is. When a slice leaves, and which, is not decided here.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Intent, ModifyIntent, Nanos, UnixNanos,
};

use super::{Output, State};
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::contract::local_reason;
use crate::runtime::Origin;

impl State {
    /// True where the venue would show all of `intent`, and the engine shows it slice by slice.
    pub(super) fn slices(&self, intent: &Intent, instrument_id: InstrumentId) -> bool {
        let watched = self.instruments.get(instrument_id.index()).and_then(Option::as_ref);
        let rules = watched.and_then(|watched| watched.rules.as_ref());
        rules.is_some_and(|rules| rules.slices(intent))
    }

    /// What a report says of an order: of a slice, what that makes of the whole. `None` where it is no news, or of what
    /// never left and is to leave again.
    pub(super) fn word_on_order(
        &mut self,
        now: UnixNanos,
        report: &ExecutionReport,
    ) -> Option<ExecutionReport> {
        let id = report.client_order_id.whole();
        let mut of_whole = *report;
        // What is of no order here is somebody's all the same.
        if id == report.client_order_id || self.orders.get(id).is_none() {
            return (!self.takes_back(now, report)).then_some(of_whole);
        }
        of_whole.client_order_id = id;
        if self.held.is_of_last_slice(report) && self.takes_back(now, &of_whole) {
            return None;
        }
        let State { orders, held, .. } = self;
        held.word_on_whole(report, orders.get(id)?, now + Nanos(CANCEL_RETRY_NS))
    }

    /// A change that passed is on its way, to be made once no slice is in the way of it: until then the order counts by
    /// the larger of both.
    pub(super) fn note_change_of_sliced(&mut self, modify: &ModifyIntent) {
        let is_noted = self.orders.request_change(modify).is_some();
        assert!(is_noted, "the order stands, and no change of it is on its way");
        self.held.change_wanted(modify.client_order_id);
        let order = self.orders.get(modify.client_order_id).expect("it was just changed");
        let (strategy_id, instrument_id) = (order.intent().strategy_id, order.instrument_id());
        self.share_changed(strategy_id, instrument_id);
    }

    /// Has the slice of an order canceled that is at the venue, and not the order.
    pub(super) fn withdraw(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        id: ClientOrderId,
        output: &mut Output,
    ) {
        let (instrument_id, cancel) = self.held.withdraw(id);
        let passed = self.gate.pass_cancel(cancel, instrument_id, now);
        let sent = output.approved.send(origin, instrument_id, passed.payload());
        assert!(sent.is_ok(), "the approved channel had room for a cancel");
    }

    /// Makes the change that waited for a slice to be over, or refuses it where all that it leaves traded meanwhile.
    pub(super) fn amend(&mut self, now: UnixNanos, origin: Origin, id: ClientOrderId, output: &mut Output) {
        let order = self.orders.get(id).expect("a step names an order that stands");
        let (terms, revision) = order.pending_terms().zip(order.pending_revision()).expect("it is wanted");
        let is_possible = terms.quantity > order.traded_qty();
        let execution = if is_possible { ExecutionType::Updated } else { ExecutionType::UpdateRejected };
        let mut told = self.emulated(now, id, execution);
        told.revision = revision;
        if is_possible {
            (told.price, told.last_px, told.quantity) = (terms.price, terms.trigger_price, terms.quantity);
            self.held.amended(id, terms.quantity);
        } else {
            told.reason = local_reason::NOT_CHANGEABLE;
        }
        self.tell_emulated(origin, told, output);
    }
}
