//! What each check measures. Each gives `None` where it lets the order pass, and what it found where not.

use fulmar_bus::record::{Intent, OrderType, Price, Quantity, Side, SyncState, TimeInForce};

use super::{Breach, Context, RiskLimits, Wish};
use crate::trading::{InstrumentRules, TokenBucket};

/// An intent, and all that it is judged by.
pub(super) struct Case<'a> {
    pub(super) intent: &'a Intent,
    /// What of it would be in no position yet: all of a new order.
    pub(super) adding_qty: Quantity,
    pub(super) context: &'a Context,
    pub(super) rules: &'a InstrumentRules,
    pub(super) limits: &'a RiskLimits,
}

impl Case<'_> {
    /// The book must be live, known, not crossed, and young. Measured in nanoseconds of age.
    pub(super) fn stale_market_data(&self) -> Option<Breach> {
        let limit = i128::from(self.limits.market_data_age_max_ns);
        let is_usable = self.context.sync == SyncState::Live
            && self.context.top.is_some_and(|top| !top.is_two_sided() || top.bid.price < top.ask.price);
        if !is_usable {
            return Some(Breach { limit, ..Breach::UNKNOWABLE });
        }
        above(i128::from(self.context.now.since(self.context.last_update_at).0), limit)
    }

    /// Our limit or the instrument's, the lower of both.
    pub(super) fn max_order_qty(&self) -> Option<Breach> {
        let limit = match self.rules.quantity_max.0 {
            0 => self.limits.order_quantity_max,
            asked => asked.min(self.limits.order_quantity_max),
        };
        above(self.quantity(), i128::from(limit))
    }

    /// The most that the order can trade for at the present top.
    pub(super) fn max_order_notional(&self) -> Option<Breach> {
        let limit = self.limits.order_notional_max;
        match self.highest_price() {
            Some(price) => above(price.times(self.intent.quantity).0, limit),
            None => Some(Breach { limit, ..Breach::UNKNOWABLE }),
        }
    }

    /// An instrument of which quantities are not so much of the base asset, so that what an order costs is not known
    /// here. And what an order may ask for that nothing carries out: an end that is past, or that its time in force
    /// does not have, one that must not take and cannot stand, and slices of what depends on other orders. What leaves
    /// waits for no trigger, depends on no other order, and is no whole that is to leave in slices. Measured by the
    /// number of its type.
    pub(super) fn not_supported(&self, wish: &Wish<'_>) -> Option<Breach> {
        if self.rules.is_market_data_only {
            return Some(Breach::UNKNOWABLE);
        }
        let Intent { order_type, time_in_force, post_only, expire_at, .. } = *self.intent;
        let Intent { alternatives, after_counter, .. } = *self.intent;
        let is_alone = (alternatives, after_counter) == (0, 0);
        let is_plain = !order_type.is_triggered() && is_alone;
        let may_show = !self.rules.slices(self.intent) || (is_alone && (wish.is_held || !wish.is_new));
        // What the engine holds it can also end.
        let may_end = order_type == OrderType::Limit || wish.is_held;
        let has_sound_end = match time_in_force {
            TimeInForce::Gtd => expire_at > self.context.now && may_end,
            TimeInForce::Day => expire_at.0 == 0 && may_end,
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => expire_at.0 == 0,
        };
        let is_immediate = matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        // What must not take has to be able to stand.
        let may_be_post_only = order_type.is_limited() && !is_immediate;
        let is_supported =
            (is_plain || wish.is_held) && has_sound_end && (post_only == 0 || may_be_post_only) && may_show;
        (!is_supported).then_some(Breach { value: order_type as i128, limit: OrderType::Limit as i128 })
    }

    /// An order that follows another is never of more than that has traded, whatever its strategy wants of it.
    pub(super) fn parent_child_overrun(&self) -> Option<Breach> {
        above(self.quantity(), self.context.covered_qty?.0.into())
    }

    /// Whole steps. A price stands where the type has one, above zero, and nowhere else.
    pub(super) fn tick_lot_precision(&self) -> Option<Breach> {
        let Intent { order_type, price, trigger_price, trailing_offset, .. } = *self.intent;
        let is_trailing = order_type == OrderType::TrailingStop;
        let price_step = self.rules.price_step();
        let prices = [
            (price, order_type.is_limited(), order_type.is_limited()),
            (trigger_price, order_type.is_triggered(), order_type.is_triggered() && !is_trailing),
            (trailing_offset, is_trailing, is_trailing),
        ];
        for (price, may_stand, must_stand) in prices {
            let is_there = price.0 >= i64::from(must_stand) && (may_stand || price.0 == 0);
            if !is_there || price.0 % price_step != 0 {
                return Some(Breach { value: i128::from(price.0), limit: i128::from(price_step) });
            }
        }
        let quantity_step = self.rules.quantity_step();
        let is_whole = self.intent.quantity.0 % quantity_step == 0;
        (!is_whole).then_some(Breach { value: self.quantity(), limit: i128::from(quantity_step) })
    }

    /// Nothing, and less than nothing, is never an order, nor is a change that leaves nothing to trade.
    pub(super) fn min_qty(&self) -> Option<Breach> {
        below(self.adding(), 1).or(below(self.quantity(), i128::from(self.rules.quantity_min.0)))
    }

    /// At the price that the venue will judge it by: its own, or the top that a market order meets.
    pub(super) fn min_notional(&self) -> Option<Breach> {
        let limit = self.rules.notional_min.0;
        if limit == 0 {
            return None;
        }
        match self.own_price() {
            Some(price) => below(price.times(self.intent.quantity).0, limit),
            None => Some(Breach { limit, ..Breach::UNKNOWABLE }),
        }
    }

    /// Together with what is open on its side, it closes at most the position that stands.
    pub(super) fn reduce_only(&self) -> Option<Breach> {
        if self.intent.reduce_only == 0 {
            return None;
        }
        let closable = self.closable();
        self.with_open(self.adding())
            .map_or(Some(Breach { limit: closable, ..Breach::UNKNOWABLE }), |closing| {
                above(closing, closable)
            })
    }

    /// The position that would stand if this order and all that is open on its side filled, and nothing else did.
    pub(super) fn max_position(&self) -> Option<Breach> {
        let limit = i128::from(self.limits.position_max);
        let position = match self.intent.side {
            Side::Buy => i128::from(self.context.position.0),
            Side::Sell => -i128::from(self.context.position.0),
        };
        let reached = self.with_open(self.adding()).and_then(|adding| adding.checked_add(position));
        match reached {
            Some(reached) => above(reached, limit),
            None => Some(Breach { limit, ..Breach::UNKNOWABLE }),
        }
    }

    /// This one included.
    pub(super) fn max_open_orders(&self) -> Option<Breach> {
        above(i128::from(self.context.open_orders) + 1, i128::from(self.limits.open_orders_max))
    }

    /// An order leaves the cancels' share of the messages untouched, unless it reduces. Measured in messages that this
    /// one needs.
    pub(super) fn max_msg_rate(&self, messages: &TokenBucket, is_reducing: bool) -> Option<Breach> {
        let reserved = if is_reducing { 0 } else { self.limits.messages_reserved_for_cancels };
        let breach = || Breach { value: i128::from(reserved) + 1, limit: messages.tokens().into() };
        let is_left = reserved.checked_add(1).is_some_and(|needed| messages.has(needed));
        (!is_left).then(breach)
    }

    /// It says that it only reduces, there is something to reduce, and it does.
    pub(super) fn is_reducing(&self) -> bool {
        self.intent.reduce_only == 1 && self.closable() != 0 && self.reduce_only().is_none()
    }

    /// How much of the position that stands an order of this side could close.
    fn closable(&self) -> i128 {
        let position = i128::from(self.context.position.0);
        match self.intent.side {
            Side::Buy => (-position).max(0),
            Side::Sell => position.max(0),
        }
    }

    fn quantity(&self) -> i128 {
        i128::from(self.intent.quantity.0)
    }

    pub(super) fn adding(&self) -> i128 {
        i128::from(self.adding_qty.0)
    }

    /// `quantity` and what is open on the same side; `None` where that overflows.
    pub(super) fn with_open(&self, quantity: i128) -> Option<i128> {
        let open = match self.intent.side {
            Side::Buy => self.context.open_buy_qty,
            Side::Sell => self.context.open_sell_qty,
        };
        open.checked_add(quantity)
    }

    /// The limit price; or else the top that a market order meets, `None` where that side is empty or unknown; or else
    /// the trigger, where the market is to go first.
    fn own_price(&self) -> Option<Price> {
        let Intent { order_type, price, trigger_price, .. } = *self.intent;
        if order_type.is_limited() {
            return Some(price);
        }
        let is_waiting = order_type.is_triggered() && trigger_price.0 > 0;
        if is_waiting { Some(trigger_price) } else { self.opposite_price() }
    }

    /// The most that a unit can trade for: a buyer pays no more than the limit, a seller may get more than it.
    pub(super) fn highest_price(&self) -> Option<Price> {
        let own_price = self.own_price()?;
        match self.intent.side {
            Side::Buy => Some(own_price),
            Side::Sell => Some(self.opposite_price().map_or(own_price, |bid| bid.max(own_price))),
        }
    }

    fn opposite_price(&self) -> Option<Price> {
        let top = self.context.top?;
        let level = match self.intent.side {
            Side::Buy => top.ask,
            Side::Sell => top.bid,
        };
        (level.quantity.0 > 0).then_some(level.price)
    }
}

pub(super) fn above(value: i128, limit: i128) -> Option<Breach> {
    (value > limit).then_some(Breach { value, limit })
}

fn below(value: i128, limit: i128) -> Option<Breach> {
    (value < limit).then_some(Breach { value, limit })
}
