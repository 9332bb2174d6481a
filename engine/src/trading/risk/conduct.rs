//! How orders of an instrument went of late: the same again, many for few trades, many that the venue rejected, fills
//! that came too often or lay where no market was. The last two hold until somebody has looked at them.

use fulmar_bus::record::{Intent, Nanos, OrderType, Price, Quantity, Side, StrategyId, TopOfBook, UnixNanos};

use super::Breach;
use super::checks::above;
use super::guards::{Guards, middle, too_far};
use super::limits::{EXECUTION_WINDOW, ORDERS_BEFORE_RATIO, RECENT_ORDERS, REJECT_WINDOW};
use crate::trading::TokenBucket;

/// What is remembered of one instrument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conduct {
    /// The last orders that passed, the oldest of which is the next to go.
    recent: [Option<Recent>; RECENT_ORDERS],
    next: usize,
    today: Today,
    /// What is left of the rejections that may be.
    rejects: TokenBucket,
    /// What is left of the fills that may be.
    executions: TokenBucket,
    /// Fills came too often, or one lay too far from the market.
    repeated: Option<Breach>,
    insane: Option<Breach>,
    /// Something came of orders that nobody here can explain.
    is_held: bool,
}

/// What passed in one day (UTC).
#[derive(Clone, Copy, Debug, Default)]
struct Today {
    number: u64,
    order_count: u64,
    trade_count: u64,
}

/// What makes an order the same as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Likeness {
    strategy_id: StrategyId,
    side: Side,
    order_type: OrderType,
    price: Price,
    trigger_price: Price,
    quantity: Quantity,
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    likeness: Likeness,
    at: UnixNanos,
}

impl Conduct {
    /// Nothing has happened yet.
    pub(super) fn new(guards: &Guards) -> Self {
        Conduct {
            recent: [None; RECENT_ORDERS],
            next: 0,
            today: Today::default(),
            rejects: TokenBucket::new(guards.rejects_max.unwrap_or(0), REJECT_WINDOW),
            executions: TokenBucket::new(guards.executions_max.unwrap_or(0), EXECUTION_WINDOW),
            repeated: None,
            insane: None,
            is_held: false,
        }
    }

    /// What was remembered under the guards before, under these: rejections, and fills, are counted anew where another
    /// number of them may be.
    pub(super) fn under(self, before: &Guards, guards: &Guards) -> Self {
        let Conduct { rejects, executions, .. } = Conduct::new(guards);
        Conduct {
            rejects: if before.rejects_max == guards.rejects_max { self.rejects } else { rejects },
            executions: if before.executions_max == guards.executions_max {
                self.executions
            } else {
                executions
            },
            ..self
        }
    }

    /// An order passed.
    pub(super) fn on_order(&mut self, intent: &Intent, now: UnixNanos) {
        self.recent[self.next] = Some(Recent { likeness: Likeness::of(intent), at: now });
        self.next = (self.next + 1) % RECENT_ORDERS;
        self.today = self.today.at(now);
        self.today.order_count += 1;
    }

    /// An order traded at `price`, while the market was at `top`, as far as that is known.
    pub(super) fn on_trade(
        &mut self,
        now: UnixNanos,
        price: Price,
        top: Option<&TopOfBook>,
        guards: &Guards,
    ) {
        self.today = self.today.at(now);
        self.today.trade_count += 1;
        if let (Some(band), Some(middle)) = (guards.fill_band_bps, top.and_then(middle)) {
            self.insane = self.insane.or(too_far(price, middle, band));
        }
        if let Some(max) = guards.executions_max {
            self.executions.fill(now);
            let is_one_too_many = !self.executions.take();
            let (value, limit) = (i128::from(max) + 1, i128::from(max));
            self.repeated = self.repeated.or(is_one_too_many.then_some(Breach { value, limit }));
        }
    }

    /// Somebody has looked at what held orders back.
    pub(super) fn enable(&mut self, guards: &Guards) {
        (self.repeated, self.insane, self.is_held) = (None, None, false);
        self.executions = Conduct::new(guards).executions;
    }

    /// Something came of orders that nobody here can explain.
    pub(super) fn hold(&mut self) {
        self.is_held = true;
    }

    /// Nothing did.
    pub(super) fn held(&self) -> Option<Breach> {
        self.is_held.then_some(Breach::UNKNOWABLE)
    }

    /// No fill lay too far from the market. Measured in basis points of its middle.
    pub(super) fn fill_price_sanity(&self) -> Option<Breach> {
        self.insane
    }

    /// Fills did not come too often. Measured in fills of the window.
    pub(super) fn repeated_execution(&self) -> Option<Breach> {
        self.repeated
    }

    /// The venue rejected an order.
    pub(super) fn on_reject(&mut self, now: UnixNanos) {
        self.rejects.fill(now);
        self.rejects.take();
    }

    /// The same order passed a moment ago. Measured in nanoseconds since then.
    pub(super) fn duplicate_order(&self, intent: &Intent, now: UnixNanos, guards: &Guards) -> Option<Breach> {
        let window_ns = guards.duplicate_window_ns?;
        let likeness = Likeness::of(intent);
        let same = self.recent.iter().flatten().filter(|recent| recent.likeness == likeness);
        let age_ns = same.map(|recent| now.since(recent.at).0).min()?;
        (age_ns < window_ns).then_some(Breach { value: age_ns.into(), limit: window_ns.into() })
    }

    /// Not many more orders than trades in this day. Measured in orders for each trade, this one included, rounded up.
    pub(super) fn order_to_trade_ratio(&self, now: UnixNanos, guards: &Guards) -> Option<Breach> {
        let limit = guards.orders_per_trade_max?;
        let today = self.today.at(now);
        let (order_count, trade_count) = (today.order_count + 1, today.trade_count.max(1));
        let is_within = u128::from(order_count) <= u128::from(limit) * u128::from(trade_count);
        if is_within || order_count <= ORDERS_BEFORE_RATIO {
            return None;
        }
        above(order_count.div_ceil(trade_count).into(), limit.into())
    }

    /// Not too many orders were rejected. Measured in rejections of the window.
    pub(super) fn reject_storm(&mut self, now: UnixNanos, guards: &Guards) -> Option<Breach> {
        let limit = guards.rejects_max?;
        self.rejects.fill(now);
        (!self.rejects.has(1)).then_some(Breach { value: limit.into(), limit: limit.into() })
    }
}

impl Today {
    /// The same, or in another day nothing yet.
    fn at(self, now: UnixNanos) -> Self {
        let number = now.day();
        if number == self.number { self } else { Today { number, ..Today::default() } }
    }
}

impl Likeness {
    fn of(intent: &Intent) -> Self {
        let Intent { strategy_id, side, order_type, price, trigger_price, quantity, .. } = *intent;
        Likeness { strategy_id, side, order_type, price, trigger_price, quantity }
    }
}

const _: () = assert!(REJECT_WINDOW.0 > Nanos(0).0, "a window has a length");
