//! Orders that the engine holds are judged twice: when they are wanted, by all that can be judged then, and when they
//! are to leave, as what they have become. Never sends what it judged the first time.

use fulmar_bus::record::{Denial, InstrumentId, Intent, ModifyIntent};

use super::{Context, RiskGate, Verdict, Wish};
use crate::trading::order::TrackedOrder;

impl RiskGate {
    /// Why `intent` may not be held; `None` where it may. It is valued at its trigger price. What meets the market, and
    /// the budget of messages, is for the moment at which it leaves.
    pub fn check_held(
        &mut self,
        intent: &Intent,
        instrument_id: InstrumentId,
        context: &Context,
    ) -> Option<Denial> {
        self.judge(Wish { is_held: true, ..Wish::new(intent) }, instrument_id, context)
    }

    /// As [`RiskGate::check_held`], for a change of a held order. `context` is that of the instrument without it.
    pub fn check_held_change(
        &mut self,
        order: &TrackedOrder,
        modify: &ModifyIntent,
        context: &Context,
    ) -> Option<Denial> {
        let intent = modify.terms.applied_to(*order.intent());
        let wish = Wish { is_held: true, ..Wish::again(&intent, intent.quantity) };
        self.judge(wish, order.instrument_id(), context)
    }

    /// Judges what a held order has become, which leaves now. It was counted as an order when it was wanted.
    pub fn check_released(
        &mut self,
        intent: &Intent,
        instrument_id: InstrumentId,
        context: &Context,
    ) -> Verdict {
        self.check_order(Wish::again(intent, intent.quantity), instrument_id, context)
    }
}
