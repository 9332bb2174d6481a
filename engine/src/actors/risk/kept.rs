//! What is kept of held orders, so that a killed engine's next boot holds them again: the last word on each, published
//! before anything of it leaves, on a channel of its own that lies in a file.
//!
//! An order is kept as sent before it is sent. So whatever moment the process ends at, a held order leaves once at the
//! most. What may have left is of unknown fate, and the gateway is asked to ask for it. The file is never read here.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, HEADER_BYTES, HeldOrder, HeldStage, InstrumentId, Nanos, OrderStatus,
    Quantity, SLOT_WORDS, Text, UnixNanos,
};

use super::{Output, State, Watched};
use crate::actors::limits::{CANCEL_RETRY_NS, HELD_SLOTS};
use crate::contract::local_reason;
use crate::runtime::{Origin, Outbox};
use crate::trading::HELD_ORDERS_MAX;
use crate::trading::held::HeldOrders;
use crate::trading::order::OrderTable;

/// The names that make what is kept mean something at the next boot, and what an earlier one kept.
#[derive(Clone, Debug, Default)]
pub struct HeldPlan {
    /// By id.
    pub strategies: Vec<Text<32>>,
    /// By id, as `venue:symbol`.
    pub instruments: Vec<Text<64>>,
    /// Orders of an earlier boot, whose strategy ids and instrument ids are of this one.
    pub restored: Vec<(InstrumentId, HeldOrder)>,
}

/// Where held orders are kept.
pub(super) struct Keeper {
    outbox: Option<Outbox>,
    names: HeldPlan,
    /// Slots since all of it was written.
    slot_count: usize,
    /// When to go on telling what an earlier boot kept.
    due_at: Option<UnixNanos>,
}

/// Slots that the word on one order takes.
const ORDER_SLOTS: usize = (HEADER_BYTES + size_of::<HeldOrder>()).div_ceil(SLOT_WORDS * 8);

/// So much is written before all is written again, so that the last word on each order is always there.
const REWRITE_SLOTS: usize = HELD_SLOTS / 4;

/// The most that is written at once: each order with the one that it waits for, and as many that are forgotten.
const SAVE_SLOTS_MAX: usize = 3 * HELD_ORDERS_MAX * ORDER_SLOTS;

const _: () = assert!(REWRITE_SLOTS + 2 * SAVE_SLOTS_MAX <= HELD_SLOTS, "no last word is overwritten");

impl Keeper {
    pub(super) fn new(outbox: Option<Outbox>, names: HeldPlan) -> Self {
        // At the first turn, whatever comes in.
        let due_at = (!names.restored.is_empty()).then_some(UnixNanos(0));
        Keeper { outbox, names, slot_count: 0, due_at }
    }

    /// When it has something to do by itself.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    /// True until strategies were told of all that an earlier boot kept: before that nothing is done with it.
    pub(super) fn has_untold(&self) -> bool {
        self.untold().is_some()
    }

    fn untold(&self) -> Option<&(InstrumentId, HeldOrder)> {
        self.names.restored.last()
    }
}

/// The orders of an earlier boot, in `orders` and as held ones. What their instruments were then is what they must be.
pub(super) fn restore(
    plan: &mut HeldPlan,
    instruments: &mut [Option<Watched>],
    orders: &mut OrderTable,
) -> HeldOrders {
    let held = HeldOrders::restore(instruments.len(), &plan.restored, orders);
    for (instrument_id, saved) in &plan.restored {
        let watched = instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let watched = watched.expect("what is restored is of an instrument that is traded");
        watched.scales = Some((saved.price_scale, saved.quantity_scale, saved.contract_size));
    }
    // What ended is nobody's news. The rest is told from the end, so that the first comes first.
    plan.restored.retain(|(_, saved)| saved.stage < HeldStage::Ended);
    plan.restored.reverse();
    held
}

impl State {
    /// What was held before is open again.
    pub(super) fn count_restored(&mut self) {
        for index in 0..self.keeper.names.restored.len() {
            let (instrument_id, saved) = self.keeper.names.restored[index];
            self.share_changed(saved.intent.strategy_id, instrument_id);
        }
    }

    /// Keeps what changed of held orders. Called before anything leaves.
    pub(super) fn keep(&mut self, now: UnixNanos) {
        let State { held, keeper, orders, instruments, .. } = self;
        let Some(outbox) = &mut keeper.outbox else { return held.save(orders, |_, _| {}) };
        if keeper.slot_count >= REWRITE_SLOTS {
            keeper.slot_count = 0;
            held.save_again();
        }
        held.save(orders, |instrument_id, mut saved| {
            let strategy_id = saved.intent.strategy_id;
            saved.strategy = keeper.names.strategies.get(strategy_id.index()).copied().unwrap_or_default();
            saved.instrument =
                keeper.names.instruments.get(instrument_id.index()).copied().unwrap_or_default();
            let watched = instruments.get(instrument_id.index()).and_then(Option::as_ref);
            let scales = watched.and_then(|watched| watched.scales).unwrap_or_default();
            (saved.price_scale, saved.quantity_scale, saved.contract_size) = scales;
            let kept = outbox.send(Origin::time(now), instrument_id, &saved);
            assert!(kept.is_ok(), "nobody reads the channel through a gate");
            keeper.slot_count += ORDER_SLOTS;
        });
    }

    /// Tells strategies of their orders of an earlier boot, as there is room, and has those asked for that may be at
    /// the venue.
    pub(super) fn tell_restored(&mut self, now: UnixNanos, output: &mut Output) {
        while let Some((instrument_id, saved)) = self.keeper.untold().copied() {
            if !self.tell_one(now, (instrument_id, &saved), output) {
                self.keeper.due_at = Some(now + Nanos(CANCEL_RETRY_NS));
                return;
            }
            self.keeper.names.restored.pop();
        }
        self.keeper.due_at = None;
    }

    fn tell_one(
        &mut self,
        now: UnixNanos,
        (instrument_id, saved): (InstrumentId, &HeldOrder),
        output: &mut Output,
    ) -> bool {
        let (origin, intent) = (Origin::time(now), &saved.intent);
        let Some(reports) = output.reports.get_mut(intent.strategy_id.index()) else {
            unreachable!("what is restored is of a strategy of the plan")
        };
        let is_sent = saved.stage >= HeldStage::Standing;
        if !reports.has_room(ORDER_SLOTS)
            || (is_sent && !output.approved.has_room(instrument_id, QUESTION_SLOTS))
        {
            return false;
        }
        let told = reports.send(origin, instrument_id, saved);
        let asked = !is_sent || {
            let question = question(saved);
            output.approved.send(origin, instrument_id, &question).is_ok()
        };
        assert!(told.is_ok() && asked, "there was room for both");
        self.note_end(intent.client_order_id);
        true
    }

    /// Takes back a held order that was refused before it left, which proves that the venue knows nothing of it: it is
    /// sent as soon as it can be. A plain order is its strategy's to want again.
    pub(super) fn takes_back(&mut self, now: UnixNanos, report: &ExecutionReport) -> bool {
        let is_refused_here = report.execution == ExecutionType::Rejected
            && matches!(
                report.reason,
                local_reason::NOT_READY | local_reason::OUTBOUND_FULL | local_reason::VENUE_LIMIT
            );
        let order = self.orders.get(report.client_order_id);
        let is_wanted = order.is_some_and(|order| !order.status().is_terminal() && !order.is_cancel_wanted());
        is_refused_here
            && is_wanted
            && self.held.take_back(report.client_order_id, now + Nanos(CANCEL_RETRY_NS))
    }
}

/// Slots that a question takes on the approved channel.
const QUESTION_SLOTS: usize = (HEADER_BYTES + size_of::<ExecutionReport>()).div_ceil(SLOT_WORDS * 8);

/// What a gateway is told of an order that it is to ask for.
fn question(saved: &HeldOrder) -> ExecutionReport {
    let (execution, status) = (ExecutionType::Unknown, OrderStatus::Unknown);
    let mut question = ExecutionReport::new(saved.venue_id(), saved.intent.side, execution, status);
    (question.quantity, question.cumulative_qty) = (saved.intent.quantity, saved.traded_qty);
    if saved.slice_count != 0 {
        let traded_qty = saved.traded_qty.0.saturating_sub(saved.slice_from.0);
        (question.quantity, question.cumulative_qty) = (saved.slice_qty, Quantity(traded_qty));
    }
    question
}
