//! The life of an order, as a function of what is known of it.
//!
//! What is known only grows: that the venue has it, that it was canceled, how much traded, which trades, which of its
//! changes were answered. The status is computed from that and never stored, so reports may come in any order and any
//! number of times:
//!
//! ```text
//!  all of it traded                          Filled
//!  refused by our gate                       Denied
//!  refused by the venue                      Rejected
//!  the rest canceled, or ended               Canceled, Expired
//!  nobody knows, and nothing definite came   Unknown
//!  a cancel is on its way                    PendingCancel
//!  a change is on its way                    PendingUpdate
//!  some of it traded                         PartiallyFilled
//!  its trigger price was met                 Triggered
//!  the venue has it, or the engine holds it  Accepted
//!  none of these                             Submitted
//! ```
//!
//! The first line that holds is the status. The one fact that can be taken back is the wish to cancel, where the venue
//! refuses it. `Initialized` is the status of an order that is in no [`OrderTable`] yet.

mod applied;
mod cancels;
mod changes;
mod facts;
mod index;
mod open;
mod released;
mod resumed;
mod shares;
mod table;
mod trades;

pub use applied::{Applied, Booking, OrderCounts, SubmitError, Update};
pub use released::released;
pub use shares::OpenShare;
pub use table::OrderTable;

use changes::{Changes, Teller};
use facts::Facts;
use fulmar_bus::record::{
    AccountId, ExecutionReport, ExecutionType, InstrumentId, Intent, OrderStatus, OrderTerms, Price,
    Quantity, Side, StrategyId, UnixNanos,
};
use trades::TradeList;

/// Part of an order, traded: what a position is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What traded.
    pub instrument_id: InstrumentId,
    /// Whose order it was.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    /// Bought or sold.
    pub side: Side,
    /// How much; above zero.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
}

/// An order and all that is known of it; prices and quantities at the scales of its instrument.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::trading::order::OrderTable;
/// # let id = ClientOrderId::new(1, StrategyId(0), 1);
/// # let mut orders = OrderTable::new(16);
/// # let intent = Intent::limit(id, Side::Buy, Price(100), Quantity(5));
/// # orders.submit(intent, InstrumentId(0), UnixNanos(1)).expect("there is room");
/// # let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Trade, OrderStatus::PartiallyFilled);
/// # (report.trade_id, report.last_px, report.last_qty) = (1, Price(100), Quantity(2));
/// # report.cumulative_qty = Quantity(2);
/// # let _ = orders.on_report(&report);
/// let order = orders.get(id).expect("it was submitted, and two of its five traded");
/// assert_eq!((order.status(), order.intent().quantity), (OrderStatus::PartiallyFilled, Quantity(5)));
/// assert_eq!((order.booked_qty(), order.leaves_qty()), (Quantity(2), Quantity(3)));
/// ```
#[derive(Clone, Debug)]
pub struct TrackedOrder {
    intent: Intent,
    instrument_id: InstrumentId,
    submitted_at: UnixNanos,
    venue_order_id: u64,
    facts: Facts,
    changes: Changes,
    /// Sum of the trades that were booked.
    booked_qty: Quantity,
    /// What of it traded before it was taken in: its trades are in no books here, and will not be.
    history_qty: Quantity,
    /// The most that a report said had traded so far.
    told_qty: Quantity,
    trades: TradeList,
    is_done: bool,
}

impl TrackedOrder {
    fn new(intent: Intent, instrument_id: InstrumentId, submitted_at: UnixNanos) -> Self {
        TrackedOrder {
            intent,
            instrument_id,
            submitted_at,
            venue_order_id: 0,
            facts: Facts::default(),
            changes: Changes::default(),
            booked_qty: Quantity(0),
            history_qty: Quantity(0),
            told_qty: Quantity(0),
            trades: TradeList::default(),
            is_done: false,
        }
    }

    /// An order that was not sent from here, by the first report of it: what it traded before that is no trade of ours
    /// to book.
    fn adopted(report: &ExecutionReport, instrument_id: InstrumentId, at: UnixNanos) -> Self {
        let ExecutionReport { client_order_id, side, price, quantity, .. } = *report;
        let mut intent = match price {
            Price(0) => Intent::market(client_order_id, side, quantity),
            price => Intent::limit(client_order_id, side, price, quantity),
        };
        let before_qty = Quantity(report.cumulative_qty.0.saturating_sub(report.last_qty.0).max(0));
        intent.strategy_id = StrategyId::NONE;
        let order = TrackedOrder::new(intent, instrument_id, at);
        TrackedOrder { booked_qty: before_qty, history_qty: before_qty, ..order }
    }

    /// What was wanted, on the terms that were stated last; of an order that the engine held until it was triggered,
    /// what it has become.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Where it trades.
    pub fn instrument_id(&self) -> InstrumentId {
        self.instrument_id
    }

    /// When it was handed over for sending.
    pub fn submitted_at(&self) -> UnixNanos {
        self.submitted_at
    }

    /// The venue's number of it, zero until one is told.
    pub fn venue_order_id(&self) -> u64 {
        self.venue_order_id
    }

    /// Sum of the trades that came.
    pub fn booked_qty(&self) -> Quantity {
        self.booked_qty
    }

    /// What traded according to the venue's own sum, and did not come as a trade yet.
    pub fn missing_qty(&self) -> Quantity {
        Quantity((self.traded_qty().0 - self.booked_qty.0).max(0))
    }

    /// What traded beyond the order's quantity.
    pub fn overfill_qty(&self) -> Quantity {
        Quantity((self.booked_qty.0 - self.intent.quantity.0).max(0))
    }

    /// What may still trade; zero once the order is terminal.
    pub fn leaves_qty(&self) -> Quantity {
        if self.status().is_terminal() {
            return Quantity(0);
        }
        Quantity((self.intent.quantity.0 - self.traded_qty().0).max(0))
    }

    /// What is in no position yet and may have to be: all that is not booked while the order may trade, by the larger
    /// of its terms while a change is on its way, and what the venue says traded once it may not.
    pub fn exposure_qty(&self) -> Quantity {
        if self.status().is_terminal() {
            return self.missing_qty();
        }
        let changed_qty = self.changes.pending().map_or(Quantity(0), |terms| terms.quantity);
        Quantity((self.intent.quantity.max(changed_qty).0 - self.booked_qty.0).max(0))
    }

    /// What may still have to be paid for it at its price, limit or trigger; nothing where it has none.
    pub(crate) fn exposure_notional(&self) -> i128 {
        let priced =
            self.pending_terms().map_or(self.intent.price, |terms| terms.price.max(self.intent.price));
        i128::from(self.exposure_qty().0) * i128::from(priced.max(self.intent.trigger_price).0)
    }

    /// What it becomes if the change that is on its way is taken; `None` where none is.
    pub fn pending_terms(&self) -> Option<OrderTerms> {
        self.changes.pending()
    }

    /// The number of the change that is on its way; `None` where none is.
    pub fn pending_revision(&self) -> Option<u16> {
        self.changes.pending_revision()
    }

    /// The best price for who trades with it that it has, or has if the change that is on its way is taken.
    fn meeting_price(&self) -> Price {
        let changed = self.changes.pending().map_or(self.intent.price, |terms| terms.price);
        open::better(self.intent.side, self.intent.price, changed)
    }

    /// The number of its next change; `None` while one is on its way.
    pub fn next_revision(&self) -> Option<u16> {
        self.changes.next_revision()
    }

    /// Where it stands; see the module.
    pub fn status(&self) -> OrderStatus {
        let traded_qty = self.traded_qty();
        let is_all = traded_qty >= self.intent.quantity && self.changes.pending().is_none();
        if is_all || self.facts.has(Facts::FILLED) {
            return OrderStatus::Filled;
        }
        let is_unanswered = traded_qty.is_zero() && !self.facts.has(Facts::ACKNOWLEDGED);
        let lines = [
            (self.facts.has(Facts::DENIED), OrderStatus::Denied),
            (self.facts.has(Facts::REJECTED), OrderStatus::Rejected),
            (self.facts.has(Facts::CANCELED), OrderStatus::Canceled),
            (self.facts.has(Facts::EXPIRED), OrderStatus::Expired),
            (is_unanswered && self.facts.has(Facts::UNKNOWN), OrderStatus::Unknown),
            (self.facts.has(Facts::CANCEL_WANTED), OrderStatus::PendingCancel),
            (self.changes.pending().is_some(), OrderStatus::PendingUpdate),
            (!traded_qty.is_zero(), OrderStatus::PartiallyFilled),
            (self.facts.has(Facts::TRIGGERED), OrderStatus::Triggered),
            (self.facts.has(Facts::ACKNOWLEDGED), OrderStatus::Accepted),
            (self.facts.has(Facts::HELD), OrderStatus::Accepted),
        ];
        lines.into_iter().find(|(holds, _)| *holds).map_or(OrderStatus::Submitted, |(_, status)| status)
    }

    /// True where the venue was heard of it.
    pub fn is_acknowledged(&self) -> bool {
        self.facts.has(Facts::ACKNOWLEDGED)
    }

    /// True where a cancel was sent and was not refused since.
    pub fn is_cancel_wanted(&self) -> bool {
        self.facts.has(Facts::CANCEL_WANTED)
    }

    /// True where nothing is to be expected of it: it is terminal, and all that traded is booked.
    fn is_settled(&self) -> bool {
        self.status().is_terminal() && self.missing_qty().is_zero()
    }

    /// True where this is the first report of another order that goes by the same name: of a change that an earlier
    /// boot sent, this one ended, and that one stands in its place. It is told of no earlier moment than the end.
    pub fn is_succeeded_by(&self, report: &ExecutionReport) -> bool {
        let is_another =
            self.venue_order_id != 0 && ![0, self.venue_order_id].contains(&report.venue_order_id);
        let is_later = report.venue_at >= self.changes.stated_at() && !report.status.is_terminal();
        self.intent.strategy_id == StrategyId::NONE && self.is_settled() && is_another && is_later
    }

    /// What traded as far as anybody said: its trades that came, or the sum that the venue states where that is more.
    pub fn traded_qty(&self) -> Quantity {
        let all = if self.facts.has(Facts::FILLED) { self.intent.quantity } else { Quantity(0) };
        self.told_qty.max(self.booked_qty).max(all)
    }

    /// All that can be told of it but its trades: where this is the same as before, there is no news of it.
    fn known(&self) -> (Facts, Option<OrderTerms>, OrderTerms, Quantity) {
        (self.facts, self.pending_terms(), OrderTerms::of(&self.intent), self.traded_qty())
    }

    /// Takes in everything that a report tells but its trade.
    fn learn(&mut self, report: &ExecutionReport, teller: Teller) {
        self.facts.add(Facts::of(report));
        if report.execution == ExecutionType::CancelRejected {
            self.facts.remove(Facts::CANCEL_WANTED);
        }
        self.told_qty = self.told_qty.max(report.cumulative_qty);
        let terms = self.changes.learn(report, teller, OrderTerms::of(&self.intent));
        self.intent = terms.applied_to(self.intent);
        if report.is_emulated != 0 && report.execution == ExecutionType::Triggered {
            self.intent = released(&self.intent);
        }
        if report.venue_order_id != 0 {
            self.venue_order_id = report.venue_order_id;
        }
    }

    fn fill(&self, quantity: Quantity, price: Price) -> Fill {
        Fill {
            instrument_id: self.instrument_id,
            strategy_id: self.intent.strategy_id,
            account_id: self.intent.account_id,
            side: self.intent.side,
            quantity,
            price,
        }
    }
}

#[cfg(test)]
mod tests;
