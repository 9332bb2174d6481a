//! What is done with held orders: the steps that they ask for, one by one, until none is left. What finds no room now
//! is asked for again.

use fulmar_bus::record::{
    ClientOrderId, Denial, ExecutionReport, ExecutionType, ModifyIntent, Nanos, OrderStatus, OrderTerms,
    Quantity, UnixNanos,
};

use super::cancels::CANCEL_SLOTS;
use super::intents::{CHANGE_SLOTS, ORDER_SLOTS, without};
use super::{Output, State};
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::runtime::Origin;
use crate::trading::held::Step;
use crate::trading::risk::{RiskCheck, Verdict};

impl State {
    /// Does what the held orders ask for. It comes to an end: see [`Step`].
    pub(super) fn carry_out(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        if self.keeper.has_untold() {
            return;
        }
        while let Some(step) = self.held.next_step(now, &self.orders) {
            // Before anything leaves, why it does is kept.
            self.keep(now);
            match step {
                Step::Move(id, trigger_price) => {
                    let mut told = self.emulated(now, id, ExecutionType::Updated);
                    told.last_px = trigger_price;
                    self.tell_emulated(origin, told, output);
                }
                Step::Resize(id, quantity) => {
                    let mut told = self.emulated(now, id, ExecutionType::Updated);
                    told.quantity = quantity;
                    self.tell_emulated(origin, told, output);
                }
                Step::Trigger(id) => {
                    let told = self.emulated(now, id, ExecutionType::Triggered);
                    self.tell_emulated(origin, told, output);
                }
                Step::End(id) => self.end_held(now, origin, id, output),
                Step::Cancel(id) if self.has_room(id, CANCEL_SLOTS, output) => {
                    self.cancel(now, origin, id, output);
                }
                Step::Change(id, quantity) if self.has_room(id, CHANGE_SLOTS, output) => {
                    self.resize(now, origin, (id, quantity), output);
                }
                Step::Release(id) if self.has_room(id, ORDER_SLOTS, output) => {
                    self.send_held(now, origin, id, output);
                }
                Step::Withdraw(id) if self.has_room(id, CANCEL_SLOTS, output) => {
                    self.withdraw(now, origin, id, output);
                }
                Step::Amend(id) => self.amend(now, origin, id, output),
                Step::Cancel(id) | Step::Change(id, _) | Step::Release(id) | Step::Withdraw(id) => {
                    self.held.rest(id, now + Nanos(CANCEL_RETRY_NS));
                }
            }
        }
        self.keep(now);
    }

    /// True where what is to be done with an order finds room.
    fn has_room(&self, id: ClientOrderId, slot_count: usize, output: &mut Output) -> bool {
        let order = self.orders.get(id);
        order.is_some_and(|order| output.approved.has_room(order.instrument_id(), slot_count))
    }

    /// Changes the quantity of an order at the venue to what its alternatives or its parent leave of it.
    fn resize(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        (id, quantity): (ClientOrderId, Quantity),
        output: &mut Output,
    ) {
        let order = self.orders.get(id).expect("a step names an order that stands").clone();
        let terms = OrderTerms { quantity, ..OrderTerms::of(order.intent()) };
        let Some(revision) = order.next_revision() else {
            return self.held.cannot_change(id);
        };
        let modify = ModifyIntent::new(id, terms, revision);
        let context = self.context_of_dependent(now, order.intent(), order.instrument_id());
        let mut context = without(context, &order);
        context.scopes = self.scopes_of_change(now, &order, &modify);
        match self.gate.check_change(&order, &modify, &context) {
            Verdict::Approved(change) => {
                let is_noted = self.orders.request_change(&modify).is_some();
                let sent = output.approved.send(origin, order.instrument_id(), change.payload());
                assert!(is_noted && sent.is_ok(), "it is the next change, and there was room for it");
                self.held.asked(id, revision);
                self.share_changed(order.intent().strategy_id, order.instrument_id());
            }
            Verdict::Denied(_) => self.held.cannot_change(id),
        }
    }

    /// Judges a held order as what it becomes, and sends it. A denial ends it.
    fn send_held(&mut self, now: UnixNanos, origin: Origin, id: ClientOrderId, output: &mut Output) {
        let order = self.orders.get(id).expect("a step names an order that stands").clone();
        // It was told that it was triggered, and is what it was to become since.
        let (intent, instrument_id) = (*order.intent(), order.instrument_id());
        let context = self.context_of_dependent(now, &intent, instrument_id);
        let mut context = without(context, &order);
        // It changes nothing, and is judged as if it came now.
        context.scopes =
            self.scopes_of_change(now, &order, &ModifyIntent::new(id, OrderTerms::of(&intent), 0));
        let next_slice = self.held.next_slice(id);
        let verdict = match next_slice {
            Some(number) => self.gate.check_slice(&order, number, &context),
            None => self.gate.check_released(&intent, instrument_id, &context),
        };
        match verdict {
            Verdict::Approved(approved) => {
                self.held.sent(&approved.payload().intent, order.traded_qty());
                self.keep(now);
                let sent = output.approved.send(origin, instrument_id, approved.payload());
                assert!(sent.is_ok(), "the approved channel had room for an order");
                if next_slice.is_some() {
                    return;
                }
                let (execution, status) = (ExecutionType::Submitted, OrderStatus::Submitted);
                let mut told = ExecutionReport::new(id, intent.side, execution, status);
                (told.tag, told.price, told.leaves_qty) = (intent.tag, intent.price, intent.quantity);
                told.strategy_id = intent.strategy_id;
                output.tell(intent.strategy_id, origin, instrument_id, &told);
            }
            // What time mends is waited for: an order that ends a loss is not given up for a moment's sake.
            Verdict::Denied(denial) if is_of_the_moment(&denial) => {
                self.held.rest(id, now + Nanos(CANCEL_RETRY_NS));
            }
            Verdict::Denied(_) if next_slice.is_some() => self.end_held(now, origin, id, output),
            Verdict::Denied(denial) => {
                // It is in the table: the denial is applied to it, whatever else it says.
                let _ = self.orders.on_denial(&denial);
                self.held.ended(id);
                self.share_changed(intent.strategy_id, instrument_id);
                output.tell(intent.strategy_id, origin, instrument_id, &denial);
            }
        }
    }
}

/// True where the gate refuses it for what the market, or what others want, is like now, and not for what it is.
fn is_of_the_moment(denial: &Denial) -> bool {
    let is_unknowable = denial.value == i64::MAX;
    matches!(
        RiskCheck::from_code(denial.code),
        Some(
            RiskCheck::MaxOrderNotional
                | RiskCheck::MinNotional
                | RiskCheck::PriceCollar
                | RiskCheck::MaxOpenNotional
        ) if is_unknowable
    ) || matches!(
        RiskCheck::from_code(denial.code),
        Some(
            RiskCheck::InstrumentHalted
                | RiskCheck::MarketOrderProtection
                | RiskCheck::SelfTrade
                | RiskCheck::UnknownInstrument
                | RiskCheck::StaleMarketData
                | RiskCheck::MaxMsgRate
                | RiskCheck::UnknownOrderState
                | RiskCheck::RejectStorm
        )
    )
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Intent, Side, StrategyId};

    use super::*;
    use crate::trading::risk::Breach;

    #[test]
    fn an_order_that_fired_is_given_up_for_what_it_is_and_never_for_what_the_market_is_like() {
        let intent = Intent::market(ClientOrderId::new(1, StrategyId(0), 1), Side::Sell, Quantity(1));
        let known = Breach { value: 7, limit: 5 };
        let waits = |check: RiskCheck, breach| is_of_the_moment(&check.deny(&intent, breach));
        assert!(waits(RiskCheck::MarketOrderProtection, known), "too wide a spread");
        assert!(waits(RiskCheck::SelfTrade, known), "our own quote stands in its way");
        for check in [RiskCheck::MaxOrderNotional, RiskCheck::MinNotional, RiskCheck::PriceCollar] {
            assert!(waits(check, Breach::UNKNOWABLE), "{check:?}: nobody is there to trade with");
            assert!(!waits(check, known), "{check:?}");
        }
        assert!(!waits(RiskCheck::MaxOrderQty, known));
    }
}
