//! The orders that this session sent and that may still live, by their client order id.
//!
//! It keeps what the session must know to ask again; where an order stands is the order table's business.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Intent, OrderStatus, Quantity, Side,
    UnixNanos,
};

use super::super::limits::{ANSWER_MAX, ORDERS_MAX, SETTLED_AFTER};

/// One order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenOrder {
    pub(super) client_order_id: ClientOrderId,
    pub(super) instrument_id: InstrumentId,
    pub(super) side: Side,
    pub(super) quantity: Quantity,
    pub(super) sent_at: UnixNanos,
    /// A change was sent that was not answered yet.
    pub(super) change: Option<Change>,
    /// A cancel was sent that was not answered yet.
    pub(super) is_cancel_wanted: bool,
    /// The venue has said that it has the order.
    pub(super) is_answered: bool,
    /// It was reported as unknown, and nothing was heard since.
    is_unknown: bool,
    /// What the venue said had traded so far.
    cumulative_qty: Quantity,
    /// When to ask what became of it, unless something definite comes before.
    pub(super) check_at: Option<UnixNanos>,
    /// How often it was asked for since something definite came.
    pub(super) attempts: u32,
}

/// A change of an order that is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) quantity: Quantity,
    pub(super) revision: u16,
    pub(super) sent_at: UnixNanos,
}

/// All of them, sorted by id: a strategy's ids grow, so most are added at the end.
pub(super) struct OpenOrders {
    orders: Vec<OpenOrder>,
}

impl OpenOrders {
    pub(super) fn new() -> Self {
        OpenOrders { orders: Vec::with_capacity(ORDERS_MAX) }
    }

    /// Adds an order; false where there is no room, or it is there already.
    pub(super) fn insert(&mut self, order: OpenOrder) -> bool {
        match self.position(order.client_order_id) {
            Err(place) if self.orders.len() < ORDERS_MAX => {
                self.orders.insert(place, order);
                true
            }
            _ => false,
        }
    }

    pub(super) fn get_mut(&mut self, id: ClientOrderId) -> Option<&mut OpenOrder> {
        let place = self.position(id).ok()?;
        Some(&mut self.orders[place])
    }

    pub(super) fn remove(&mut self, id: ClientOrderId) {
        if let Ok(place) = self.position(id) {
            self.orders.remove(place);
        }
    }

    /// Every order of unknown fate of this instrument is to be asked for; false where there is none.
    pub(super) fn ask_for_unknown_of(&mut self, instrument_id: InstrumentId) -> bool {
        let mut has_any = false;
        let orders = self.orders.iter_mut().filter(|order| order.instrument_id == instrument_id);
        for order in orders.filter(|order| order.is_unknown && order.check_at.is_none()) {
            (order.check_at, has_any) = (Some(UnixNanos(0)), true);
        }
        has_any
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut OpenOrder> {
        self.orders.iter_mut()
    }

    /// The first order from `place` on that is to be asked for now, and its place.
    pub(super) fn due(&self, place: usize, now: UnixNanos) -> Option<(usize, OpenOrder)> {
        let mut rest = self.orders.iter().enumerate().skip(place);
        rest.find(|(_, order)| order.check_at.is_some_and(|at| at <= now))
            .map(|(place, order)| (place, *order))
    }

    /// When the next of them is to be asked for.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        self.orders.iter().filter_map(|order| order.check_at).min()
    }

    fn position(&self, id: ClientOrderId) -> Result<usize, usize> {
        match self.orders.last() {
            Some(last) if last.client_order_id < id => Err(self.orders.len()),
            _ => self.orders.binary_search_by_key(&id, |order| order.client_order_id),
        }
    }
}

impl OpenOrder {
    /// An order that is sent now.
    pub(super) fn sent(intent: &Intent, instrument_id: InstrumentId, now: UnixNanos) -> Self {
        OpenOrder {
            client_order_id: intent.client_order_id,
            instrument_id,
            side: intent.side,
            quantity: intent.quantity,
            sent_at: now,
            change: None,
            is_cancel_wanted: false,
            is_answered: false,
            is_unknown: false,
            cumulative_qty: Quantity(0),
            check_at: Some(now + ANSWER_MAX),
            attempts: 0,
        }
    }

    /// An order of an earlier boot that may have left then, and of which nobody knows.
    pub(super) fn inquired(question: &ExecutionReport, instrument_id: InstrumentId, now: UnixNanos) -> Self {
        let ExecutionReport { client_order_id, side, quantity, cumulative_qty, .. } = *question;
        let sent = Intent::market(client_order_id, side, quantity);
        let check_at = Some(now);
        OpenOrder { is_unknown: true, cumulative_qty, check_at, ..Self::sent(&sent, instrument_id, now) }
    }

    /// An order of an earlier boot: it is there for all that is known, and its side comes with the venue's answer.
    pub(super) fn adopted(id: ClientOrderId, instrument_id: InstrumentId, now: UnixNanos) -> Self {
        let unknown = Intent::market(id, Side::Buy, Quantity(0));
        OpenOrder { is_answered: true, ..Self::sent(&unknown, instrument_id, now) }
    }

    /// True for an order of an earlier boot: what was sent from here has a quantity.
    pub(super) fn is_adopted(&self) -> bool {
        self.quantity.is_zero()
    }

    /// Where the order stands, as far as this session knows.
    pub(super) fn status(&self) -> OrderStatus {
        match (self.is_unknown, self.is_answered, self.cumulative_qty.is_zero()) {
            (true, ..) => OrderStatus::Unknown,
            (_, false, _) => OrderStatus::Submitted,
            (_, _, true) => OrderStatus::Accepted,
            _ => OrderStatus::PartiallyFilled,
        }
    }

    /// A report on this order.
    pub(super) fn report(&self, execution: ExecutionType, status: OrderStatus) -> ExecutionReport {
        ExecutionReport::new(self.client_order_id, self.side, execution, status)
    }

    /// Makes an order that was never answered one that nobody knows of; what to report, the first time.
    pub(super) fn become_unknown(&mut self) -> Option<ExecutionReport> {
        if self.is_answered || self.is_unknown {
            return None;
        }
        self.is_unknown = true;
        Some(self.report(ExecutionType::Unknown, OrderStatus::Unknown))
    }

    /// The venue has it, and it stands. A cancel that is on its way is still to be answered. False where the report
    /// says nothing that was not told before: an answer and an event both say that an order was accepted.
    pub(super) fn learn(&mut self, report: &ExecutionReport) -> bool {
        let is_known = self.is_answered && !self.is_unknown && !self.misses_trades(report);
        (self.is_answered, self.is_unknown, self.attempts) = (true, false, 0);
        self.side = report.side;
        self.cumulative_qty = self.cumulative_qty.max(report.cumulative_qty);
        if !self.is_cancel_wanted && self.change.is_none() {
            self.check_at = None;
        }
        !is_known || report.execution != ExecutionType::Accepted
    }

    /// True where the venue says that more traded than was told here.
    pub(super) fn misses_trades(&self, report: &ExecutionReport) -> bool {
        report.cumulative_qty > self.cumulative_qty
    }

    /// True once the order can no longer reach the venue, if it did not until now.
    pub(super) fn is_settled(&self, now: UnixNanos) -> bool {
        self.sent_at + SETTLED_AFTER <= now
    }
}
