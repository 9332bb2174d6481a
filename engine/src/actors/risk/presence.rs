//! Whether the process of an attached strategy is there. When one comes, or has lost reports, it is told what it has;
//! when it goes, what was agreed happens to its orders and positions.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, HEADER_BYTES, HeldOrder, HeldStage, InstrumentId, Malformed, Nanos,
    OnDisconnect, Position, Presence, PresenceNews, Record, SLOT_WORDS, StrategyId, UnixNanos,
};

use super::{Output, State};
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::runtime::Origin;
use crate::trading::order::TrackedOrder;

/// Slots that all that is told of one order takes.
const ORDER_SLOTS: usize = (HEADER_BYTES + size_of::<HeldOrder>()).div_ceil(SLOT_WORDS * 8)
    + (HEADER_BYTES + size_of::<ExecutionReport>()).div_ceil(SLOT_WORDS * 8);
/// Slots that a position takes.
const POSITION_SLOTS: usize = (HEADER_BYTES + size_of::<Position>()).div_ceil(SLOT_WORDS * 8);

/// The processes of attached strategies, as the gate knows them.
#[derive(Debug, Default)]
pub(super) struct Presences {
    /// Strategies whose process is gone, and what is to become of what they have; those that leave it are not here.
    gone: Vec<(StrategyId, OnDisconnect)>,
    /// Strategies that are still to be told what they have.
    untold: Vec<StrategyId>,
    /// When to try again to tell them.
    tell_again_at: Option<UnixNanos>,
}

impl Presences {
    /// True where the orders of a strategy may stand no more, since nobody is there to see after them.
    pub(super) fn forbid(&self, strategy_id: StrategyId) -> bool {
        self.gone.iter().any(|(gone, _)| *gone == strategy_id)
    }

    /// True where what a strategy holds is to be closed.
    pub(super) fn flatten(&self, strategy_id: StrategyId) -> bool {
        self.gone.contains(&(strategy_id, OnDisconnect::Flatten))
    }

    /// When something is due.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        self.tell_again_at
    }
}

impl State {
    pub(super) fn on_presence(
        &mut self,
        now: UnixNanos,
        record: &Record,
        strategy: usize,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        let presence = record.read::<Presence>()?;
        let strategy_id = StrategyId(u16::try_from(strategy).expect("a plan has few strategies"));
        let presences = &mut self.presences;
        presences.gone.retain(|(gone, _)| *gone != strategy_id);
        presences.untold.retain(|untold| *untold != strategy_id);
        match (presence.news, presence.on_disconnect) {
            (PresenceNews::Here, _) => {
                presences.untold.push(strategy_id);
                self.tell_anew(now, output);
            }
            (PresenceNews::Gone, OnDisconnect::Leave) | (PresenceNews::Anew, _) => {}
            (PresenceNews::Gone, policy) => {
                presences.gone.push((strategy_id, policy));
                self.cancel_forbidden(now, Origin::of(record), output);
                self.close_again_at = Some(now);
            }
        }
        Ok(())
    }

    /// Tells strategies what they have, where there is room for all of it.
    pub(super) fn tell_anew(&mut self, now: UnixNanos, output: &mut Output) {
        let untold = std::mem::take(&mut self.presences.untold);
        for strategy_id in untold {
            if !self.tell_all(now, strategy_id, output) {
                self.presences.untold.push(strategy_id);
            }
        }
        let is_any = !self.presences.untold.is_empty();
        self.presences.tell_again_at = is_any.then_some(now + Nanos(CANCEL_RETRY_NS));
    }

    fn tell_all(&self, now: UnixNanos, strategy_id: StrategyId, output: &mut Output) -> bool {
        let open = || self.orders.open_orders().filter(|order| order.intent().strategy_id == strategy_id);
        let slots = 1 + open().count() * ORDER_SLOTS + self.instruments.len() * POSITION_SLOTS;
        let Some(reports) = output.reports.get_mut(strategy_id.index()) else { return true };
        if !reports.has_room(slots) {
            return false;
        }
        let origin = Origin::time(now);
        let anew = Presence::anew(self.epoch, self.wanted_counts[strategy_id.index()]);
        let mut is_told = reports.send(origin, InstrumentId::NONE, &anew).is_ok();
        for order in open() {
            is_told &= reports.send(origin, order.instrument_id(), &self.state_of(order)).is_ok();
            // Its fate is unknown until a report says that the venue has it.
            if let Some(report) = standing(order).filter(|_| !self.held.holds(order.intent().client_order_id))
            {
                is_told &= reports.send(origin, order.instrument_id(), &report).is_ok();
            }
        }
        for (instrument_id, held) in (0..).map(InstrumentId).zip(&self.holdings[strategy_id.index()]) {
            if *held != Default::default() {
                let position = held.record(strategy_id, self.account_id(instrument_id));
                is_told &= reports.send(origin, instrument_id, &position).is_ok();
            }
        }
        assert!(is_told, "there was room for all of it");
        true
    }

    fn state_of(&self, order: &TrackedOrder) -> HeldOrder {
        let is_held = self.held.holds(order.intent().client_order_id);
        let stage = if is_held { HeldStage::Waiting } else { HeldStage::Standing };
        let mut state = HeldOrder::new(*order.intent(), order.submitted_at(), stage);
        state.traded_qty = order.booked_qty();
        state
    }
}

/// That the venue has an order, where it said so.
fn standing(order: &TrackedOrder) -> Option<ExecutionReport> {
    if !order.is_acknowledged() {
        return None;
    }
    let intent = order.intent();
    let mut report =
        ExecutionReport::new(intent.client_order_id, intent.side, ExecutionType::Accepted, order.status());
    (report.tag, report.venue_order_id) = (intent.tag, order.venue_order_id());
    (report.strategy_id, report.account_id) = (intent.strategy_id, intent.account_id);
    (report.price, report.quantity) = (intent.price, intent.quantity);
    (report.cumulative_qty, report.leaves_qty) = (order.booked_qty(), order.leaves_qty());
    Some(report)
}
