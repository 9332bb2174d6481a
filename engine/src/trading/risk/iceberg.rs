//! Orders of which the book shows a part: what that part may be, and, where the engine shows them slice by slice since
//! their venue does not, which slice may leave next.
//!
//! The whole is judged once, as all orders are. A slice is held against what ends or pauses all trading, and never
//! again against a limit that the whole has passed. The whole itself never leaves: what is approved of it is a slice.

use fulmar_bus::record::{InstrumentId, Intent, Order, Quantity, TimeInForce};

use super::checks::Case;
use super::{
    Approved, Breach, Context, Controlled, Findings, RiskCheck, RiskGate, Verdict, Wish, deny_unknown, flag,
};
use crate::trading::order::TrackedOrder;
use crate::trading::{InstrumentRules, SLICED_PARTS_MAX};

impl Case<'_> {
    /// A display quantity is one of a limit order that may stand, no more than all of it, in whole steps, and neither
    /// so small that the venue would not take it nor of more parts than may be. Measured against what would be right.
    pub(super) fn display_qty(&self, wish: &Wish<'_>) -> Option<Breach> {
        let Intent { quantity, display_qty, time_in_force, order_type, .. } = *self.intent;
        let breach = |limit: i64| Some(Breach { value: display_qty.0.into(), limit: limit.into() });
        let may_stand =
            order_type.is_limited() && !matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        if display_qty.is_zero() {
            return None;
        }
        if !may_stand {
            return breach(0);
        }
        if display_qty >= quantity {
            // A change may leave less of an order than it showed.
            return if display_qty > quantity && wish.is_new { breach(quantity.0) } else { None };
        }
        let least = self.rules.display_min(self.intent).min(quantity.0);
        if display_qty.0 < least {
            return breach(least);
        }
        let odd = display_qty.0 % self.rules.quantity_step();
        if odd == 0 { None } else { breach(display_qty.0 - odd) }
    }
}

impl InstrumentRules {
    /// The least that the book may show of `intent`.
    fn display_min(&self, intent: &Intent) -> i64 {
        let parts_max = if self.slices(intent) { SLICED_PARTS_MAX } else { self.iceberg_parts_max };
        let parts_max = i64::try_from(parts_max).unwrap_or(i64::MAX).max(1);
        let by_count = self.whole_steps(
            intent.quantity.0.div_euclid(parts_max) + i64::from(intent.quantity.0 % parts_max != 0),
        );
        // So the last two slices can always share what is left of an order, whatever of it trades.
        let by_size = if self.slices(intent) {
            self.slice_min(intent).saturating_mul(2)
        } else {
            self.whole_steps(self.quantity_min.0.max(1))
        };
        by_count.max(by_size)
    }

    /// The least slice of `intent` that its venue takes as an order.
    fn slice_min(&self, intent: &Intent) -> i64 {
        let price = i128::from(intent.price.0.max(1));
        let by_notional = (self.notional_min.0.max(0) + price - 1) / price;
        let by_notional = i64::try_from(by_notional).unwrap_or(i64::MAX / 4);
        self.whole_steps(self.quantity_min.0.max(by_notional).max(1))
    }

    /// How much of `intent` its next slice is, where so much is left. What would be left behind it is nothing, or
    /// enough for another.
    fn slice_qty(&self, intent: &Intent, left: i64) -> i64 {
        let (shown, least) = (intent.display_qty.0, self.slice_min(intent));
        match left - shown {
            ..=0 => left,
            behind if behind >= least || left <= least => shown,
            _ => left - least,
        }
    }

    /// Rounded up.
    fn whole_steps(&self, quantity: i64) -> i64 {
        let step = self.quantity_step();
        quantity.saturating_add(step - 1) / step * step
    }
}

impl RiskGate {
    /// What leaves of an order that passed: all of it, or its first slice.
    pub(super) fn leaving(&self, intent: &Intent, instrument_id: InstrumentId) -> Intent {
        match self.controlled(instrument_id) {
            Some(Controlled { rules, .. }) if rules.slices(intent) => {
                slice(intent, rules, 1, intent.quantity.0)
            }
            _ => *intent,
        }
    }

    /// Lets slice `number` of an order leave, which was approved as a whole; or says what ends it, or holds it back.
    ///
    /// # Panics
    /// Where nothing of the order is left to trade.
    pub fn check_slice(&mut self, order: &TrackedOrder, number: u16, context: &Context) -> Verdict {
        let (intent, instrument_id) = (order.intent(), order.instrument_id());
        let (halted, killed) = (self.halt_breach(instrument_id), flag(self.is_killed || context.is_killed));
        let controlled = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let Some(controlled) = controlled.filter(|controlled| !controlled.is_released) else {
            return Verdict::Denied(deny_unknown(intent, killed, halted));
        };
        let Controlled { rules, limits, messages, .. } = controlled;
        let left = intent.quantity.0 - order.traded_qty().0;
        assert!(left > 0, "an order that traded whole is done");
        let case = Case { intent, adding_qty: Quantity(left), context, rules, limits };
        messages.fill(context.now);
        let mut found = Findings::default();
        found.note(RiskCheck::KillSwitch, killed);
        found.note(RiskCheck::InstrumentHalted, halted);
        found.note(RiskCheck::MaxMsgRate, case.max_msg_rate(messages, intent.reduce_only == 1));
        if let Some(denial) = found.denial(intent) {
            return Verdict::Denied(denial);
        }
        let is_taken = messages.take();
        assert!(is_taken, "the rate check saw a token");
        let order = Order { intent: slice(intent, rules, number, left), approved_at: context.now };
        Verdict::Approved(Approved::new(instrument_id, order))
    }
}

/// A slice of an order of which so much is left, as an order by itself that shows all that it is.
fn slice(intent: &Intent, rules: &InstrumentRules, number: u16, left: i64) -> Intent {
    let mut slice = *intent;
    slice.client_order_id = intent.client_order_id.slice(number);
    slice.quantity = Quantity(rules.slice_qty(intent, left));
    slice.display_qty = Quantity(0);
    slice
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{ClientOrderId, Notional, Price, Side, StrategyId};

    use super::*;

    #[test]
    fn slices_are_the_whole_and_each_is_one_that_the_venue_takes() {
        let rules = InstrumentRules {
            lot: Quantity(10),
            quantity_min: Quantity(20),
            notional_min: Notional(2_500),
            ..InstrumentRules::default()
        };
        let id = ClientOrderId::new(1, StrategyId(0), 1);
        for quantity in (70..=1_000).step_by(10) {
            let mut whole = Intent::limit(id, Side::Buy, Price(100), Quantity(quantity));
            assert_eq!(rules.slice_min(&whole), 30);
            for shown in (60..quantity).step_by(10) {
                whole.display_qty = Quantity(shown);
                let (mut left, mut number) = (quantity, 0);
                while left > 0 {
                    number += 1;
                    let slice = slice(&whole, &rules, number, left);
                    assert!((30..=shown).contains(&slice.quantity.0), "{slice:?}, {left} left of {quantity}");
                    assert_eq!((slice.quantity.0 % 10, slice.client_order_id.whole()), (0, id));
                    left -= slice.quantity.0;
                }
                assert_eq!(i64::from(number), quantity / shown + i64::from(quantity % shown != 0));
            }
        }
    }
}
