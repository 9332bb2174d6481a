//! The orders that this session sent and that may still live, by their client order id.
//!
//! It keeps what the session must know to ask again; where an order stands is the order table's business.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, InstrumentId, Intent, OrderStatus, Price, Quantity, Side,
    TimeInForce, UnixNanos,
};

use super::super::limits::{ANSWER_MAX, ENDED_ORDERS, FOREIGN_ORDERS_MAX, ORDERS_MAX, SETTLED_AFTER};
use super::name::OrderName;

/// One order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenOrder {
    pub(super) client_order_id: ClientOrderId,
    /// The change under whose name the venue has it; zero where it has it as it was placed.
    pub(super) name_revision: u16,
    /// How it was placed, where that was from here.
    pub(super) placed: Option<Placed>,
    /// The venue's number of it; zero where it has not told one.
    pub(super) venue_order_id: u64,
    pub(super) instrument_id: InstrumentId,
    pub(super) side: Side,
    pub(super) quantity: Quantity,
    pub(super) sent_at: UnixNanos,
    /// A change was sent that was not answered yet.
    pub(super) change: Option<Change>,
    /// A cancel was sent that was not answered yet.
    pub(super) is_cancel_wanted: bool,
    /// It was one of all that stands on the instrument.
    pub(super) is_swept: bool,
    /// The venue has said that it has the order.
    pub(super) is_answered: bool,
    /// It was reported as unknown, and nothing was heard since.
    is_unknown: bool,
    /// What the venue said had traded so far.
    cumulative_qty: Quantity,
    /// What its trades told, without a gap from the first on.
    told_qty: Quantity,
    /// What had traded before its first report: history, which is not told.
    pub(super) history_qty: Quantity,
    /// It stands no more; it is kept for the trades that are missing.
    is_ended: bool,
    /// When to ask what became of it, unless something definite comes before.
    pub(super) check_at: Option<UnixNanos>,
    /// How often it was asked for since something definite came.
    pub(super) attempts: u32,
}

/// What the venue does not say again of an order that was placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) is_post_only: bool,
    pub(super) time_in_force: TimeInForce,
    /// What the book shows of it at one time; zero where all.
    pub(super) display_qty: Quantity,
}

/// A change of an order that is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) revision: u16,
    pub(super) sent_at: UnixNanos,
    /// Another order is to take the place of this one.
    pub(super) is_replacement: bool,
}

/// All of them, sorted by id: a strategy's ids grow, so most are added at the end.
pub(super) struct OpenOrders {
    orders: Vec<OpenOrder>,
    /// There was no room for an order that stands at the venue.
    is_blind: bool,
    /// The venue's numbers of those that ended last, round and round.
    ended: Vec<u64>,
    ended_count: usize,
}

impl OpenOrders {
    pub(super) fn new() -> Self {
        OpenOrders {
            orders: Vec::with_capacity(ORDERS_MAX),
            is_blind: false,
            ended: vec![0; ENDED_ORDERS],
            ended_count: 0,
        }
    }

    /// Adds an order; false where there is no room, or it is there already. Those of others leave room for our own.
    pub(super) fn insert(&mut self, order: OpenOrder) -> bool {
        let is_foreign = |order: &OpenOrder| order.client_order_id.is_foreign();
        let has_room = self.orders.len() < ORDERS_MAX
            && (!is_foreign(&order)
                || self.orders.iter().filter(|order| is_foreign(order)).count() < FOREIGN_ORDERS_MAX);
        match self.position(order.client_order_id) {
            Err(place) if has_room => {
                self.orders.insert(place, order);
                true
            }
            place => {
                self.is_blind |= place.is_err();
                false
            }
        }
    }

    /// True where all that may stand of an instrument is known, and ours.
    pub(super) fn are_ours_alone(&self, instrument_id: InstrumentId) -> bool {
        let mut standing = self.orders.iter().filter(|order| order.stands_on(instrument_id));
        !self.is_blind && standing.all(|order| !order.client_order_id.is_foreign())
    }

    /// The first of our orders of an instrument, from `place` on, that may stand; and its place.
    pub(super) fn ours(&self, place: usize, instrument_id: InstrumentId) -> Option<(usize, ClientOrderId)> {
        let mut rest = self.orders.iter().enumerate().skip(place);
        let is_it = |order: &OpenOrder| order.stands_on(instrument_id) && !order.client_order_id.is_foreign();
        rest.find(|(_, order)| is_it(order)).map(|(place, order)| (place, order.client_order_id))
    }

    pub(super) fn get_mut(&mut self, id: ClientOrderId) -> Option<&mut OpenOrder> {
        let place = self.position(id).ok()?;
        Some(&mut self.orders[place])
    }

    pub(super) fn remove(&mut self, id: ClientOrderId) {
        if let Ok(place) = self.position(id) {
            let ended = self.orders.remove(place);
            if ended.venue_order_id != 0 {
                self.ended[self.ended_count % ENDED_ORDERS] = ended.venue_order_id;
                self.ended_count += 1;
            }
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

    /// True where the order that the venue calls so ended, not long ago.
    pub(super) fn has_ended(&self, venue_order_id: u64) -> bool {
        venue_order_id != 0 && self.ended.contains(&venue_order_id)
    }

    /// True where the order that the venue calls so is one of these.
    pub(super) fn names_venue_order(&self, venue_order_id: u64) -> bool {
        self.orders.iter().any(|order| order.venue_order_id == venue_order_id)
    }

    /// The order that the venue calls so.
    pub(super) fn named_by_venue(&self, venue_order_id: u64) -> Option<OpenOrder> {
        self.orders.iter().find(|order| order.venue_order_id == venue_order_id).copied()
    }

    /// True where the venue has not said yet what it calls one of the orders of this instrument, or the one that may
    /// have taken its place, or whether it has it.
    pub(super) fn awaits_name(&self, instrument_id: InstrumentId) -> bool {
        let is_nameless = |order: &OpenOrder| {
            order.venue_order_id == 0 || order.change.is_some_and(|change| change.is_replacement)
        };
        self.orders.iter().any(|order| order.instrument_id == instrument_id && is_nameless(order))
    }

    /// The order that the venue calls so is to be asked for.
    pub(super) fn ask_for_venue_order(&mut self, venue_order_id: u64, now: UnixNanos) {
        let order = self.orders.iter_mut().find(|order| order.venue_order_id == venue_order_id);
        order.into_iter().for_each(|order| order.check_at = Some(now));
    }

    /// Every order of unknown fate is to be asked for.
    pub(super) fn ask_for_unknown(&mut self, now: UnixNanos) {
        let unknown = self.orders.iter_mut().filter(|order| order.is_unknown || order.check_at.is_some());
        unknown.for_each(|order| order.check_at = Some(now));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OpenOrder> {
        self.orders.iter()
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

    /// One of those of an instrument that a cancel of all was sent for, which is forgotten.
    pub(super) fn take_swept(&mut self, instrument_id: InstrumentId) -> Option<OpenOrder> {
        let is_it = |order: &&mut OpenOrder| order.is_swept && order.instrument_id == instrument_id;
        let order = self.orders.iter_mut().find(is_it)?;
        order.is_swept = false;
        Some(*order)
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
            name_revision: 0,
            placed: Some(Placed {
                is_post_only: intent.post_only == 1,
                time_in_force: intent.time_in_force,
                display_qty: intent.display_qty,
            }),
            venue_order_id: 0,
            instrument_id,
            side: intent.side,
            quantity: intent.quantity,
            sent_at: now,
            change: None,
            is_cancel_wanted: false,
            is_swept: false,
            is_answered: false,
            is_unknown: false,
            cumulative_qty: Quantity(0),
            told_qty: Quantity(0),
            history_qty: Quantity(0),
            is_ended: false,
            check_at: Some(now + ANSWER_MAX),
            attempts: 0,
        }
    }

    /// An order of an earlier boot that may have left then, and of which nobody knows.
    pub(super) fn inquired(question: &ExecutionReport, instrument_id: InstrumentId, now: UnixNanos) -> Self {
        let ExecutionReport { client_order_id, side, quantity, cumulative_qty, .. } = *question;
        let sent = Intent::market(client_order_id, side, quantity);
        let check_at = Some(now);
        // What it traded before is in the books of that boot, or in no one's.
        let history_qty = cumulative_qty;
        OpenOrder {
            is_unknown: true,
            cumulative_qty,
            told_qty: history_qty,
            history_qty,
            check_at,
            ..Self::sent(&sent, instrument_id, now)
        }
    }

    /// An order of an earlier boot: it is there for all that is known, and its side comes with the venue's answer.
    pub(super) fn adopted(id: ClientOrderId, instrument_id: InstrumentId, now: UnixNanos) -> Self {
        let unknown = Intent::market(id, Side::Buy, Quantity(0));
        OpenOrder { is_answered: true, placed: None, ..Self::sent(&unknown, instrument_id, now) }
    }

    /// An order that the venue says stands, and that was not sent from here. Where we listened for it from its
    /// beginning, all of its trades are ours to tell; else those that come from now on.
    pub(super) fn standing(
        report: &ExecutionReport,
        instrument_id: InstrumentId,
        is_since_we_listen: bool,
        now: UnixNanos,
    ) -> Self {
        let before = Quantity(report.cumulative_qty.0 - report.last_qty.0);
        let history_qty = if is_since_we_listen { Quantity(0) } else { before };
        let mut order = OpenOrder {
            quantity: report.quantity,
            told_qty: history_qty,
            history_qty,
            check_at: None,
            ..Self::adopted(report.client_order_id, instrument_id, now)
        };
        order.learn(now, report);
        order
    }

    /// True for an order of an earlier boot that was not seen yet: what was sent from here has a quantity.
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

    /// What the venue calls it.
    pub(super) const fn name(&self) -> OrderName {
        OrderName { id: self.client_order_id, revision: self.name_revision }
    }

    /// True where this change of it is on its way.
    pub(super) fn awaits_change(&self, revision: u16) -> bool {
        self.change.is_some_and(|change| change.revision == revision)
    }

    /// True where the venue has it, and nothing of it traded.
    pub(super) fn is_untouched(&self) -> bool {
        self.is_answered && !self.is_unknown && self.cumulative_qty.is_zero()
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

    /// The venue has it. A cancel that is on its way is still to be answered, as long as it stands; trades that did
    /// not come are to be asked for, from now on. False where the report says nothing that was not told before: an
    /// answer and an event both say that an order was accepted.
    pub(super) fn learn(&mut self, now: UnixNanos, report: &ExecutionReport) -> bool {
        let is_more = report.cumulative_qty > self.cumulative_qty;
        let is_known = self.is_answered && !self.is_unknown && !is_more;
        let missed_trades = self.misses_trades();
        (self.is_answered, self.is_unknown) = (true, false);
        self.side = report.side;
        if report.venue_order_id != 0 {
            self.venue_order_id = report.venue_order_id;
        }
        self.cumulative_qty = self.cumulative_qty.max(report.cumulative_qty);
        if report.execution == ExecutionType::Trade {
            self.learn_trades(report.cumulative_qty.0 - report.last_qty.0, report.cumulative_qty);
        }
        if report.status.is_terminal() {
            self.is_ended = true;
            (self.is_cancel_wanted, self.is_swept, self.change) = (false, false, None);
        }
        if !self.misses_trades() {
            self.attempts = 0;
            self.check_at = self.check_at.filter(|_| self.is_cancel_wanted || self.change.is_some());
        } else if !missed_trades {
            (self.attempts, self.check_at) = (0, Some(now));
        }
        !is_known || report.execution != ExecutionType::Accepted
    }

    /// Trades were told that take what traded from `before` to `after`.
    pub(super) fn learn_trades(&mut self, before: i64, after: Quantity) {
        self.cumulative_qty = self.cumulative_qty.max(after);
        if before <= self.told_qty.0 {
            self.told_qty = self.told_qty.max(after);
        }
    }

    /// True where the venue says that more traded than its trades told.
    pub(super) fn misses_trades(&self) -> bool {
        self.cumulative_qty > self.told_qty
    }

    /// True where it may stand at the venue.
    pub(super) const fn stands(&self) -> bool {
        !self.is_ended
    }

    /// As [`OpenOrder::stands`], on this instrument.
    pub(super) fn stands_on(&self, instrument_id: InstrumentId) -> bool {
        self.instrument_id == instrument_id && self.stands()
    }

    /// True where nothing more is to be heard of it.
    pub(super) fn is_settled_whole(&self) -> bool {
        self.is_ended && !self.misses_trades()
    }

    /// True once the order can no longer reach the venue, if it did not until now.
    pub(super) fn is_settled(&self, now: UnixNanos) -> bool {
        self.sent_at + SETTLED_AFTER <= now
    }
}
