//! Paper trading: our orders filled against a real market that never sees them.
//!
//! What is assumed, and errs against us where the truth cannot be known:
//! - Only the touch is liquidity. A marketable order takes what stands there, once: what it took is gone until the
//!   venue tells of another price or quantity. What is left of a limit order waits for that.
//! - An order that waits is last in its queue, so it fills only where the opposite touch reaches its price, up to the
//!   quantity of that touch, or where a trade goes through its price, up to the quantity of that trade.
//! - An order that waits fills at its own price, as maker. One that was marketable when it came fills at the touch, as
//!   taker, until the market once moved away from it.
//! - While the market's prices are in doubt nothing fills, neither at them nor at those before: whether anybody would
//!   trade there is not known. What the market is found to be after that fills what it reaches, at the order's price.
//! - Our fills move nothing, and our own orders never meet each other.
//! - A fill costs what [`PaperFees`] say, in the quote currency, rounded away from us.
//!
//! Deterministic: what comes out depends on the calls alone.

mod change;

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentDefinition, Intent, Level, LiquiditySide,
    Notional, OrderStatus, OrderType, Price, Quantity, Side, Text, TimeInForce, TopOfBook, Trade, UnixNanos,
    WideNumber,
};

use super::limits::PAPER_ORDERS_MAX;
use crate::market::FeeRate;

/// Reason of a rejection: an order with this id is open.
pub const REASON_DUPLICATE: i32 = 1;
/// Reason of a rejection: a post-only order would take.
pub const REASON_WOULD_TAKE: i32 = 2;
/// Reason of a rejection: as many orders are open as may be.
pub const REASON_FULL: i32 = 3;
/// Reason of a rejection: the quantity, or the price of a limit order, is not above zero.
pub const REASON_MALFORMED: i32 = 4;
/// Reason of a refused cancel: no such order is open.
pub const REASON_UNKNOWN_ORDER: i32 = 5;

/// What a trade costs here: a part of its money, paid in the quote currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaperFees {
    /// Of an order that waited.
    pub maker: FeeRate,
    /// Of an order that came and took.
    pub taker: FeeRate,
}

#[derive(Clone, Copy, Debug)]
struct PaperOrder {
    intent: Intent,
    venue_order_id: u64,
    cumulative: Quantity,
    /// True from a marketable arrival until the market moves away.
    is_taking: bool,
}

impl PaperOrder {
    fn leaves(&self) -> Quantity {
        Quantity(self.intent.quantity.0 - self.cumulative.0)
    }

    fn reaches(&self, price: Price) -> bool {
        match self.intent.side {
            _ if self.intent.order_type == OrderType::Market => true,
            Side::Buy => self.intent.price >= price,
            Side::Sell => self.intent.price <= price,
        }
    }
}

/// The best level of one side, and what of it we have not taken.
#[derive(Clone, Copy, Debug, Default)]
struct Touch {
    level: Level,
    left: Quantity,
}

impl Touch {
    fn follow(&mut self, level: Level) {
        if self.level != level {
            *self = Touch { level, left: level.quantity };
        }
    }

    /// What an order can take of it.
    fn available(&self, order: &PaperOrder) -> Quantity {
        if order.reaches(self.level.price) { self.left } else { Quantity(0) }
    }
}

/// Where fills are reported, and as of when.
struct Desk<'a> {
    now: UnixNanos,
    reports: &'a mut Vec<ExecutionReport>,
}

/// One instrument's paper venue.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::simulation::paper::{PaperFees, PaperVenue};
/// let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
/// let mut venue = PaperVenue::new(PaperFees::default());
/// let mut reports = Vec::new();
/// let now = UnixNanos(1);
/// venue.on_top(&TopOfBook::new(level(99, 5), level(101, 5), 1, now, TopSource::Ticker), now, &mut reports);
/// let id = ClientOrderId::new(1, StrategyId(0), 1);
/// venue.submit(&Intent::limit(id, Side::Buy, Price(101), Quantity(2)), now, &mut reports);
/// assert_eq!((reports[1].last_px, reports[1].status), (Price(101), OrderStatus::Filled));
/// ```
#[derive(Debug)]
pub struct PaperVenue {
    fees: PaperFees,
    /// The quote currency, empty while it is not known.
    quote: Text<8>,
    /// Digits of a notional.
    notional_scale: u8,
    bid: Touch,
    ask: Touch,
    /// Until the next top.
    is_doubted: bool,
    /// Best price first, then in order of arrival.
    buys: Vec<PaperOrder>,
    sells: Vec<PaperOrder>,
    order_count: u64,
    trade_count: u64,
}

impl PaperVenue {
    /// A venue that knows nothing of its market yet: until the first top, nothing fills.
    pub fn new(fees: PaperFees) -> Self {
        PaperVenue {
            fees,
            quote: Text::default(),
            notional_scale: 0,
            bid: Touch::default(),
            ask: Touch::default(),
            is_doubted: false,
            buys: Vec::with_capacity(PAPER_ORDERS_MAX),
            sells: Vec::with_capacity(PAPER_ORDERS_MAX),
            order_count: 0,
            trade_count: 0,
        }
    }

    /// What is traded here: commissions are paid in its quote currency.
    pub fn define(&mut self, definition: &InstrumentDefinition) {
        self.quote = Text::new(definition.quote.as_str()).unwrap_or_default();
        self.notional_scale = definition.price_scale + definition.quantity_scale;
    }

    /// Orders that stand.
    pub fn open_orders(&self) -> usize {
        self.buys.len() + self.sells.len()
    }

    /// Takes an order; what becomes of it is appended to `reports`.
    pub fn submit(&mut self, intent: &Intent, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        let mut order =
            PaperOrder { intent: *intent, venue_order_id: 0, cumulative: Quantity(0), is_taking: false };
        let touch = self.met_by(intent.side);
        order.is_taking = touch.level.quantity.0 > 0 && order.reaches(touch.level.price);
        if let Some(reason) = self.refusal(&order) {
            let mut report = report(&order, ExecutionType::Rejected, OrderStatus::Rejected, now);
            report.reason = reason;
            reports.push(report);
            return;
        }
        self.order_count += 1;
        order.venue_order_id = self.order_count;
        reports.push(report(&order, ExecutionType::Accepted, OrderStatus::Accepted, now));

        let available = touch.available(&order);
        let is_killed = intent.time_in_force == TimeInForce::Fok && available < intent.quantity;
        let taken = if is_killed { Quantity(0) } else { available.min(intent.quantity) };
        if taken.0 > 0 {
            self.opposite_mut(intent.side).left.0 -= taken.0;
            self.fill(&mut order, touch.level.price, taken, &mut Desk { now, reports });
        }
        // What ends at a moment of its own is ended by the gate.
        let is_immediate = matches!(intent.time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        let may_stand = intent.order_type == OrderType::Limit && !is_immediate;
        if may_stand && !order.leaves().is_zero() {
            self.rest(order);
        } else if !order.leaves().is_zero() {
            reports.push(report(&order, ExecutionType::Expired, OrderStatus::Expired, now));
        }
    }

    /// Cancels an order, or reports that none such is open.
    pub fn cancel(&mut self, id: ClientOrderId, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        for orders in [&mut self.buys, &mut self.sells] {
            if let Some(index) = orders.iter().position(|order| order.intent.client_order_id == id) {
                let order = orders.remove(index);
                reports.push(report(&order, ExecutionType::Canceled, OrderStatus::Canceled, now));
                return;
            }
        }
        let mut refused =
            ExecutionReport::new(id, Side::Buy, ExecutionType::CancelRejected, OrderStatus::Unknown);
        refused.reason = REASON_UNKNOWN_ORDER;
        refused.venue_at = now;
        reports.push(refused);
    }

    /// Cancels all that stands, buys first.
    pub fn cancel_all(&mut self, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        for order in self.buys.drain(..).chain(self.sells.drain(..)) {
            reports.push(report(&order, ExecutionType::Canceled, OrderStatus::Canceled, now));
        }
    }

    /// The real market's best prices cannot be believed: until they can, nothing fills.
    pub fn doubt(&mut self) {
        self.is_doubted = true;
    }

    /// The real market's best prices changed.
    pub fn on_top(&mut self, top: &TopOfBook, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        self.is_doubted = false;
        self.bid.follow(top.bid);
        self.ask.follow(top.ask);
        for side in [Side::Buy, Side::Sell] {
            let touch = *self.opposite(side);
            if touch.level.quantity.0 == 0 {
                continue;
            }
            for order in self.orders_mut(side) {
                order.is_taking &= order.reaches(touch.level.price);
            }
            let left = self.fill_waiting(side, touch.left, &mut Desk { now, reports }, |order| {
                let price = if order.is_taking { touch.level.price } else { order.intent.price };
                order.reaches(touch.level.price).then_some(price)
            });
            self.opposite_mut(side).left = left;
        }
    }

    /// A trade happened in the real market.
    pub fn on_trade(&mut self, trade: &Trade, now: UnixNanos, reports: &mut Vec<ExecutionReport>) {
        if self.is_doubted {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            self.fill_waiting(side, trade.quantity, &mut Desk { now, reports }, |order| {
                let is_through = order.reaches(trade.price) && order.intent.price != trade.price;
                (is_through && !order.is_taking).then_some(order.intent.price)
            });
        }
    }

    /// Fills the orders of a side in turn, each that `price_of` has a price for, until `available` is used up. Gives
    /// what was not used.
    fn fill_waiting(
        &mut self,
        side: Side,
        available: Quantity,
        desk: &mut Desk<'_>,
        price_of: impl Fn(&PaperOrder) -> Option<Price>,
    ) -> Quantity {
        let (mut left, mut index) = (available, 0);
        while left.0 > 0
            && let Some(mut order) = self.orders_mut(side).get(index).copied()
        {
            let Some(price) = price_of(&order) else {
                index += 1;
                continue;
            };
            let quantity = left.min(order.leaves());
            left.0 -= quantity.0;
            self.fill(&mut order, price, quantity, desk);
            if order.leaves().is_zero() {
                self.orders_mut(side).remove(index);
            } else {
                self.orders_mut(side)[index] = order;
            }
        }
        left
    }

    fn fill(&mut self, order: &mut PaperOrder, price: Price, quantity: Quantity, desk: &mut Desk<'_>) {
        self.trade_count += 1;
        order.cumulative.0 += quantity.0;
        let is_done = order.leaves().is_zero();
        let status = if is_done { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        let (liquidity_side, rate) = if order.is_taking {
            (LiquiditySide::Taker, self.fees.taker)
        } else {
            (LiquiditySide::Maker, self.fees.maker)
        };
        let mut report = report(order, ExecutionType::Trade, status, desk.now);
        report.trade_id = self.trade_count;
        report.last_px = price;
        report.last_qty = quantity;
        report.liquidity_side = liquidity_side;
        report.commission = WideNumber::from(Notional(self.commission(rate, price.times(quantity))));
        report.commission_asset = self.quote;
        desk.reports.push(report);
    }

    /// What a trade of this money costs, never told too small. A notional finer than a fee is rounded to one first.
    fn commission(&self, rate: FeeRate, money: Notional) -> i128 {
        let power = |digits: u8| 10_i128.pow(u32::from(digits));
        let finer = ExecutionReport::COMMISSION_SCALE.checked_sub(self.notional_scale);
        match finer {
            Some(digits) => rate.of(money.0, 1).saturating_mul(power(digits)),
            None => {
                rate.of(money.0, 1).div_euclid(power(self.notional_scale - ExecutionReport::COMMISSION_SCALE))
            }
        }
    }

    fn refusal(&self, order: &PaperOrder) -> Option<i32> {
        let intent = &order.intent;
        let id = intent.client_order_id;
        let is_open = self.buys.iter().chain(&self.sells).any(|open| open.intent.client_order_id == id);
        let is_priced = intent.order_type == OrderType::Market || intent.price.0 > 0;
        if intent.quantity.0 <= 0 || !is_priced || intent.order_type.is_triggered() {
            Some(REASON_MALFORMED)
        } else if is_open {
            Some(REASON_DUPLICATE)
        } else if intent.post_only != 0 && order.is_taking {
            Some(REASON_WOULD_TAKE)
        } else if self.open_orders() >= PAPER_ORDERS_MAX {
            Some(REASON_FULL)
        } else {
            None
        }
    }

    /// Puts an order behind all of its price.
    fn rest(&mut self, order: PaperOrder) {
        let orders = self.orders_mut(order.intent.side);
        let is_before = |other: &PaperOrder| match order.intent.side {
            Side::Buy => other.intent.price >= order.intent.price,
            Side::Sell => other.intent.price <= order.intent.price,
        };
        let index = orders.partition_point(is_before);
        orders.insert(index, order);
    }

    fn orders_mut(&mut self, side: Side) -> &mut Vec<PaperOrder> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    /// The touch that an order of `side` meets when it comes: none while the market is in doubt.
    fn met_by(&self, side: Side) -> Touch {
        if self.is_doubted { Touch::default() } else { *self.opposite(side) }
    }

    /// The touch that an order of `side` takes from.
    fn opposite(&self, side: Side) -> &Touch {
        match side {
            Side::Buy => &self.ask,
            Side::Sell => &self.bid,
        }
    }

    fn opposite_mut(&mut self, side: Side) -> &mut Touch {
        match side {
            Side::Buy => &mut self.ask,
            Side::Sell => &mut self.bid,
        }
    }
}

/// A report on an order as it stands; what is done leaves nothing.
fn report(
    order: &PaperOrder,
    execution: ExecutionType,
    status: OrderStatus,
    now: UnixNanos,
) -> ExecutionReport {
    let intent = &order.intent;
    let mut report = ExecutionReport::new(intent.client_order_id, intent.side, execution, status);
    report.venue_order_id = order.venue_order_id;
    report.cumulative_qty = order.cumulative;
    report.leaves_qty = if status.is_terminal() { Quantity(0) } else { order.leaves() };
    (report.price, report.quantity) = (intent.price, intent.quantity);
    report.venue_at = now;
    report.strategy_id = intent.strategy_id;
    report.account_id = intent.account_id;
    report
}

#[cfg(test)]
mod tests;
