//! All orders that may still matter, in fixed memory: the open ones, and as many done ones as fit, so that a late
//! report finds its order.

use std::collections::VecDeque;

use fulmar_bus::record::{
    ClientOrderId, Denial, ExecutionReport, ExecutionType, InstrumentId, Intent, ModifyIntent, OrderType,
    Price, Side, StrategyId, UnixNanos,
};

use super::TrackedOrder;
use super::applied::{Applied, Booking, OrderCounts, SubmitError, Update};
use super::changes::Teller;
use super::facts::Facts;
use super::index::OrderIndex;
use super::open::{Chains, Open, PAIRED};
use super::shares::{OpenShare, Shares};
use super::trades::{Seen, TradePool};
use crate::trading::limits::{DONE_PER_OPEN_ORDER, ORDER_INSTRUMENTS_MAX, TRADES_PER_ORDER};

/// The orders of one owner: of the risk gate over all strategies, or of one strategy. Allocates when it is made, and
/// never again.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::trading::order::{Applied, OrderTable};
/// let mut orders = OrderTable::new(16);
/// let id = ClientOrderId::new(1, StrategyId(0), 1);
/// let intent = Intent::limit(id, Side::Buy, Price(100), Quantity(5));
/// orders.submit(intent, InstrumentId(0), UnixNanos(1)).expect("there is room");
/// assert_eq!(orders.open_quantity(InstrumentId(0), Side::Buy), 5);
///
/// let report = ExecutionReport::new(id, Side::Buy, ExecutionType::Canceled, OrderStatus::Canceled);
/// let Applied::Order(update) = orders.on_report(&report) else { panic!("the order is known") };
/// assert_eq!(update.status, OrderStatus::Canceled);
/// assert_eq!(orders.open_quantity(InstrumentId(0), Side::Buy), 0);
/// ```
#[derive(Debug)]
pub struct OrderTable {
    pub(super) slots: Vec<Option<TrackedOrder>>,
    free: Vec<usize>,
    /// Settled orders, the longest settled first.
    done: VecDeque<usize>,
    index: OrderIndex,
    trades: TradePool,
    open: Vec<Open>,
    shares: Shares,
    /// The open orders of each instrument.
    pub(super) chains: Chains,
    unsettled_count: usize,
    orders_max: usize,
    counts: OrderCounts,
}

impl OrderTable {
    /// A table with room for `orders_max` unsettled orders, and some more that are done.
    pub fn new(orders_max: usize) -> Self {
        let slot_count = orders_max * (1 + DONE_PER_OPEN_ORDER);
        OrderTable {
            slots: vec![None; slot_count],
            free: (0..slot_count).rev().collect(),
            done: VecDeque::with_capacity(slot_count),
            index: OrderIndex::new(slot_count),
            trades: TradePool::new(slot_count * TRADES_PER_ORDER),
            open: vec![Open::default(); ORDER_INSTRUMENTS_MAX],
            shares: Shares::default(),
            chains: Chains::new(ORDER_INSTRUMENTS_MAX, slot_count),
            unsettled_count: 0,
            orders_max,
            counts: OrderCounts::default(),
        }
    }

    /// As [`OrderTable::new`], for orders of so many strategies in so many instruments, whose shares are kept too.
    pub fn with_shares(orders_max: usize, strategy_count: usize, instrument_count: usize) -> Self {
        OrderTable { shares: Shares::new(strategy_count, instrument_count), ..OrderTable::new(orders_max) }
    }

    /// Takes in an order that is about to be sent: from now on it counts as exposure.
    ///
    /// # Errors
    /// Says why it cannot be tracked; then it must not be sent.
    pub fn submit(
        &mut self,
        intent: Intent,
        instrument_id: InstrumentId,
        at: UnixNanos,
    ) -> Result<(), SubmitError> {
        self.take_in(TrackedOrder::new(intent, instrument_id, at))
    }

    pub(super) fn take_in(&mut self, order: TrackedOrder) -> Result<(), SubmitError> {
        if order.instrument_id.index() >= self.open.len() {
            return Err(SubmitError::Instrument);
        }
        if order.intent.quantity.0 <= 0 {
            return Err(SubmitError::Quantity);
        }
        if self.place_of(order.intent.client_order_id).is_some() {
            return Err(SubmitError::Duplicate);
        }
        if self.is_full() {
            return Err(SubmitError::Full);
        }
        let place = match self.free.pop() {
            Some(place) => place,
            None => self.retire_oldest(),
        };
        self.index.insert(order.intent.client_order_id, place);
        self.slots[place] = Some(order);
        self.count(place, 1);
        self.debug_check(place);
        Ok(())
    }

    /// Applies what the venue, or the gateway for it, reports. Reports commute, but for a refused cancel, which takes
    /// back the wish to cancel, and terms that the venue states twice at one moment.
    pub fn on_report(&mut self, report: &ExecutionReport) -> Applied {
        self.apply(report, Teller::Venue)
    }

    /// Applies what the gate tells: for the tables of strategies. Where the venue's words contradict each other the
    /// gate has judged, and what it tells of terms counts in the order in which it tells it.
    pub fn on_told(&mut self, report: &ExecutionReport) -> Applied {
        self.apply(report, Teller::Gate)
    }

    fn apply(&mut self, report: &ExecutionReport, teller: Teller) -> Applied {
        let Some(place) = self.place_of(report.client_order_id) else {
            self.counts.orphans += 1;
            return Applied::Orphan;
        };
        if !self.is_possible(place, report) {
            self.counts.malformed += 1;
            return Applied::Malformed;
        }
        self.change(place, |table| {
            table.at_mut(place).learn(report, teller);
            table.book(place, report)
        })
    }

    /// The gate refused the order: it never left. For the tables of strategies, which submit before the gate judges.
    pub fn on_denial(&mut self, denial: &Denial) -> Applied {
        let Some(place) = self.place_of(denial.client_order_id) else {
            self.counts.orphans += 1;
            return Applied::Orphan;
        };
        self.change(place, |table| {
            table.at_mut(place).facts.add(Facts::DENIED);
            Booking::None
        })
    }

    /// Notes that a change is on its way, and gives the order. `None` where there is no such order that may still
    /// trade, where another change is on its way, or this one is not the next.
    pub fn request_change(&mut self, modify: &ModifyIntent) -> Option<&TrackedOrder> {
        let place = self.place_of(modify.client_order_id)?;
        if self.at(place).status().is_terminal() || modify.terms.quantity.0 <= 0 {
            return None;
        }
        self.count(place, -1);
        let is_noted = self.at_mut(place).changes.ask(modify.terms, modify.revision);
        self.count(place, 1);
        self.debug_check(place);
        is_noted.then(|| self.at(place))
    }

    /// The order of that id, as long as it is known.
    pub fn get(&self, id: ClientOrderId) -> Option<&TrackedOrder> {
        self.place_of(id).map(|place| self.at(place))
    }

    /// The orders that may still trade, in an order that is the same in every run.
    pub fn open_orders(&self) -> impl Iterator<Item = &TrackedOrder> {
        self.slots.iter().flatten().filter(|order| !order.status().is_terminal())
    }

    /// What the orders of one side could still add to the position: all that is open, is being canceled, or is of
    /// unknown fate, and what traded without its trades having come. At once, whatever the number of orders.
    pub fn open_quantity(&self, instrument_id: InstrumentId, side: Side) -> i128 {
        self.open.get(instrument_id.index()).map_or(0, |open| match side {
            Side::Buy => open.buy_qty,
            Side::Sell => open.sell_qty,
        })
    }

    /// How many orders of an instrument may still trade. At once, whatever the number of orders.
    pub fn open_count(&self, instrument_id: InstrumentId) -> u32 {
        self.open.get(instrument_id.index()).map_or(0, |open| open.order_count)
    }

    /// What the open orders of an instrument are worth at their prices: limit or trigger. A market order has none, and
    /// counts nothing. At once, whatever the number of orders.
    pub fn open_notional(&self, instrument_id: InstrumentId) -> i128 {
        self.open.get(instrument_id.index()).map_or(0, |open| open.notional)
    }

    /// How many orders of an instrument are of unknown fate. At once, whatever the number of orders.
    pub fn unknown_count(&self, instrument_id: InstrumentId) -> u32 {
        self.open.get(instrument_id.index()).map_or(0, |open| open.unknown_count)
    }

    /// What one strategy has open in one instrument; nothing where shares are not kept. At once, as the sums above.
    pub fn share(&self, strategy_id: StrategyId, instrument_id: InstrumentId) -> OpenShare {
        self.shares.of(strategy_id, instrument_id)
    }

    /// The best price of our open limit orders of one side: what an order of the other would meet first. At once, but
    /// for the first time after the best one ended.
    pub fn best_open_price(&mut self, instrument_id: InstrumentId, side: Side) -> Option<Price> {
        let OrderTable { slots, chains, open, .. } = self;
        let open = open.get_mut(instrument_id.index())?;
        let price_at = |place: usize| {
            let order = slots[place].as_ref()?;
            let is_it = order.intent.side == side && order.intent.order_type == OrderType::Limit;
            is_it.then(|| order.meeting_price())
        };
        open.best_price(side, || chains.places(instrument_id).filter_map(price_at))
    }

    /// True where no further order is taken in until one is settled.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// How many further orders are taken in before one is settled.
    pub fn room(&self) -> usize {
        self.orders_max.saturating_sub(self.unsettled_count)
    }

    /// What was counted so far.
    pub fn counts(&self) -> OrderCounts {
        self.counts
    }

    /// Changes an order and keeps all that is computed from it.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut Self) -> Booking) -> Applied {
        let status_before = self.at(place).status();
        let known_before = self.at(place).known();
        self.count(place, -1);
        let booking = change(self);
        self.count(place, 1);
        self.debug_check(place);
        let order = self.at_mut(place);
        let is_newly_done = order.is_settled() && !order.is_done;
        order.is_done |= is_newly_done;
        let update = Update {
            status_before,
            status: order.status(),
            is_news: order.known() != known_before,
            booking,
            missing_qty: order.missing_qty(),
            overfill_qty: order.overfill_qty(),
        };
        if is_newly_done {
            self.done.push_back(place);
        }
        Applied::Order(update)
    }

    /// Books the trade of a report, if it has one and it is new.
    fn book(&mut self, place: usize, report: &ExecutionReport) -> Booking {
        if report.execution != ExecutionType::Trade || report.last_qty.is_zero() {
            return Booking::None;
        }
        let order = self.slots[place].as_mut().expect("the index points at orders");
        let is_history = (1..=order.history_qty.0).contains(&report.cumulative_qty.0);
        let seen = match report.trade_id {
            _ if is_history => Seen::Before,
            0 => Seen::NoRoom,
            trade_id => self.trades.see(&mut order.trades, trade_id),
        };
        match seen {
            Seen::Before => {
                self.counts.duplicate_trades += 1;
                return Booking::Duplicate;
            }
            Seen::NoRoom if report.last_qty > order.missing_qty() => {
                self.counts.unproven_trades += 1;
                return Booking::Unproven;
            }
            Seen::NoRoom => self.counts.proven_trades += 1,
            Seen::New => {}
        }
        order.booked_qty.0 += report.last_qty.0;
        Booking::Booked(order.fill(report.last_qty, report.last_px))
    }

    /// Quantities are not negative, and their sum is a number.
    fn is_possible(&self, place: usize, report: &ExecutionReport) -> bool {
        let is_signed_right =
            [report.last_qty, report.cumulative_qty, report.quantity].iter().all(|qty| qty.0 >= 0);
        is_signed_right && self.at(place).booked_qty.0.checked_add(report.last_qty.0).is_some()
    }

    /// Forgets the order that has been settled for the longest, and gives its place. One that a late report unsettled
    /// stays, and queues again once it is settled.
    fn retire_oldest(&mut self) -> usize {
        while let Some(place) = self.done.pop_front() {
            if !self.at(place).is_settled() {
                self.at_mut(place).is_done = false;
                continue;
            }
            self.count(place, -1);
            let order = self.slots[place].take().expect("a done place holds an order");
            self.index.remove(order.intent.client_order_id, place);
            self.trades.free(order.trades);
            self.counts.retired += 1;
            return place;
        }
        unreachable!("fewer orders are unsettled than there are places, and all others are in the queue")
    }

    /// Adds the order's part to the sums, or takes it away: around each change, away before and added after.
    fn count(&mut self, place: usize, sign: i32) {
        let order = self.slots[place].as_ref().expect("the index points at orders");
        let open = &mut self.open[order.instrument_id.index()];
        open.count(order, sign);
        self.shares.count(order, sign);
        let is_open = !order.status().is_terminal();
        if is_open && sign == 1 {
            self.chains.link(order.instrument_id, place);
        } else if is_open {
            self.chains.unlink(order.instrument_id, place);
        }
        if !order.is_settled() {
            let sign = isize::try_from(sign).expect("one, or minus one");
            self.unsettled_count = self.unsettled_count.checked_add_signed(sign).expect(PAIRED);
        }
    }

    pub(super) fn place_of(&self, id: ClientOrderId) -> Option<usize> {
        self.index.find(id, |place| self.at(place).intent.client_order_id == id)
    }

    pub(super) fn at(&self, place: usize) -> &TrackedOrder {
        self.slots[place].as_ref().expect("the index points at orders")
    }

    pub(super) fn at_mut(&mut self, place: usize) -> &mut TrackedOrder {
        self.slots[place].as_mut().expect("the index points at orders")
    }

    #[cfg(not(debug_assertions))]
    fn debug_check(&self, _: usize) {}

    /// The sums are what adding up gives.
    #[cfg(debug_assertions)]
    fn debug_check(&self, place: usize) {
        let instrument_id = self.at(place).instrument_id;
        if self.orders_max > crate::trading::limits::CHECKED_ORDERS_MAX {
            return;
        }
        let mut sum = Open::default();
        for order in self.slots.iter().flatten().filter(|order| order.instrument_id == instrument_id) {
            sum.count(order, 1);
        }
        assert!(self.open[instrument_id.index()].has_sums_of(&sum), "the running sums are the sums");
    }
}
