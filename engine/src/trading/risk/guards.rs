//! Guards: how an order relates to the market, to our other orders, and to what became of those before it. What is
//! stated of each is a limit; what is not stated is not guarded.

use fulmar_bus::record::{Intent, Price, Side, TopOfBook};
use serde::Deserialize;

use super::Breach;
use super::checks::{Case, above};

/// The guards of one instrument, in its own units: a notional is at the sum of its scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// How far a price may lie from the middle of the market, in basis points of it.
    pub price_collar_bps: Option<u32>,
    /// The widest spread that a market order may meet, in basis points of the middle.
    pub market_order_spread_max_bps: Option<u32>,
    /// How often a market order may be what stands at the touch.
    pub market_order_touch_max: Option<u32>,
    /// The largest notional of all open orders, those of unknown fate included.
    pub open_notional_max: Option<i128>,
    /// How long the same order, of the same strategy, is a duplicate.
    pub duplicate_window_ns: Option<u64>,
    /// Whether a position may fall below zero.
    pub is_short_allowed: bool,
    /// Whether an order may meet one of ours.
    pub is_self_trade_allowed: bool,
    /// How many orders may be sent for each trade, once [`super::ORDERS_BEFORE_RATIO`] were sent.
    pub orders_per_trade_max: Option<u32>,
    /// Rejections by the venue in [`super::REJECT_WINDOW`] after which no order passes until there are fewer.
    pub rejects_max: Option<u32>,
    /// Orders of unknown fate that may stand before no further one passes.
    pub unknown_orders_max: Option<u32>,
    /// How long there may be any of unknown fate.
    pub unknown_age_max_ns: Option<u64>,
    /// How far a fill may lie from the middle of the market, in basis points of it.
    pub fill_band_bps: Option<u32>,
    /// Fills in [`super::EXECUTION_WINDOW`] after which no order passes until somebody has looked.
    pub executions_max: Option<u32>,
}

impl Guards {
    /// Nothing is guarded.
    pub const NONE: Guards = Guards {
        price_collar_bps: None,
        market_order_spread_max_bps: None,
        market_order_touch_max: None,
        open_notional_max: None,
        duplicate_window_ns: None,
        is_short_allowed: true,
        is_self_trade_allowed: true,
        orders_per_trade_max: None,
        rejects_max: None,
        unknown_orders_max: None,
        unknown_age_max_ns: None,
        fill_band_bps: None,
        executions_max: None,
    };
}

impl Default for Guards {
    fn default() -> Self {
        Guards::NONE
    }
}

const BPS: i128 = 10_000;

/// Each gives `None` where it lets the order pass, and what it found where not.
impl Case<'_> {
    /// The price, or the trigger, lies near the middle. Measured in basis points. An order without a price has none.
    pub(super) fn price_collar(&self) -> Option<Breach> {
        let limit_bps = self.limits.guards.price_collar_bps?;
        let Intent { price, trigger_price, .. } = *self.intent;
        let prices = [price, trigger_price];
        let mut stated = prices.iter().filter(|price| price.0 > 0).peekable();
        stated.peek()?;
        let Some(middle) = self.middle() else {
            return Some(Breach { limit: limit_bps.into(), ..Breach::UNKNOWABLE });
        };
        stated.find_map(|price| too_far(*price, middle, limit_bps))
    }

    /// A market order meets a market that is there: a spread that is not too wide, and not much less at the touch than
    /// it wants. Measured in basis points of spread, or in times the touch.
    pub(super) fn market_order_protection(&self) -> Option<Breach> {
        if self.intent.price.0 > 0 || self.intent.order_type.is_triggered() {
            return None;
        }
        let guards = &self.limits.guards;
        let is_guarded = guards.market_order_spread_max_bps.or(guards.market_order_touch_max).is_some();
        let Some(top) = self.context.top.filter(|top| top.is_two_sided()) else {
            return is_guarded.then_some(Breach::UNKNOWABLE);
        };
        let doubled_middle = i128::from(top.bid.price.0) + i128::from(top.ask.price.0);
        let spread = i128::from(top.ask.price.0) - i128::from(top.bid.price.0);
        let spread_bps = (spread * 2 * BPS).checked_div(doubled_middle).unwrap_or(i128::MAX);
        let of_spread = guards.market_order_spread_max_bps.and_then(|max| above(spread_bps, i128::from(max)));
        let touch = if self.intent.side == Side::Buy { top.ask } else { top.bid };
        let times = divided_up(self.intent.quantity.0.into(), touch.quantity.0.max(1).into());
        of_spread.or(guards.market_order_touch_max.and_then(|max| above(times, i128::from(max))))
    }

    /// What is open, and this one, are worth no more together than they may be.
    pub(super) fn max_open_notional(&self) -> Option<Breach> {
        let limit = self.limits.guards.open_notional_max?;
        let own = self.highest_price().map(|price| price.times(self.adding_qty).0);
        match own.and_then(|own| own.checked_add(self.context.open_notional)) {
            Some(together) => above(together, limit),
            None => Some(Breach { limit, ..Breach::UNKNOWABLE }),
        }
    }

    /// Nothing is sold that is not there. Measured in what would be missing.
    pub(super) fn short_not_allowed(&self) -> Option<Breach> {
        if self.limits.guards.is_short_allowed || self.intent.side == Side::Buy {
            return None;
        }
        let position = i128::from(self.context.position.0);
        match self.with_open(self.adding()) {
            Some(selling) => above(selling - position, 0),
            None => Some(Breach::UNKNOWABLE),
        }
    }

    /// It would not trade with an order of ours. One that must not take cannot; one without a price reaches ours where
    /// it stands at the touch, or wants more than stands there. Measured by the price of that order.
    pub(super) fn self_trade(&self) -> Option<Breach> {
        let other = self.context.own_opposite.filter(|_| !self.limits.guards.is_self_trade_allowed)?;
        let price = self.intent.price;
        let touch = self.context.top.map(|top| if self.intent.side == Side::Buy { top.ask } else { top.bid });
        let is_behind_touch = touch.is_some_and(|touch| {
            let is_behind =
                if self.intent.side == Side::Buy { other > touch.price } else { other < touch.price };
            is_behind && self.intent.quantity <= touch.quantity
        });
        let reaches = match self.intent.side {
            _ if self.intent.post_only == 1 => false,
            _ if price.0 == 0 => !is_behind_touch,
            Side::Buy => price >= other,
            Side::Sell => price <= other,
        };
        reaches.then_some(Breach { value: i128::from(self.intent.price.0), limit: i128::from(other.0) })
    }

    /// Few orders, and none for long, are such that nobody knows what became of them. Measured in orders, or in
    /// nanoseconds of age.
    pub(super) fn unknown_order_state(&self) -> Option<Breach> {
        let guards = &self.limits.guards;
        let count = i128::from(self.context.unknown_orders);
        let too_many = guards.unknown_orders_max.and_then(|max| above(count, i128::from(max)));
        let age_ns = self.context.unknown_since.map_or(0, |since| self.context.now.since(since).0);
        too_many.or(guards.unknown_age_max_ns.and_then(|max| above(age_ns.into(), max.into())))
    }

    fn middle(&self) -> Option<i128> {
        middle(&self.context.top?)
    }
}

/// The middle of a market, or the one side that it has; `None` where it has none above zero.
pub(crate) fn middle(top: &TopOfBook) -> Option<i128> {
    let (bid, ask) = (i128::from(top.bid.price.0), i128::from(top.ask.price.0));
    match (top.bid.quantity.0 > 0, top.ask.quantity.0 > 0) {
        (true, true) => Some((bid + ask) / 2),
        (true, false) => Some(bid),
        (false, true) => Some(ask),
        (false, false) => None,
    }
    .filter(|middle| *middle > 0)
}

/// How far `price` lies from `middle`, in basis points of it, where that is too far. Rounded up: what lies beyond a
/// limit by any part of one is beyond it. It divides only to tell.
pub(super) fn too_far(price: Price, middle: i128, limit_bps: u32) -> Option<Breach> {
    let (distance, limit) = ((i128::from(price.0) - middle).abs() * BPS, i128::from(limit_bps));
    if distance <= limit * middle { None } else { above(divided_up(distance, middle), limit) }
}

/// Of two numbers that are not negative.
fn divided_up(number: i128, by: i128) -> i128 {
    number / by + i128::from(number % by != 0)
}
