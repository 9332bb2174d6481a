//! Orders of which the book shows a part, where no venue does that for us: the engine sends them slice by slice.
//!
//! ```text
//!         sent                    all of it traded
//!  Fired ------> Standing ---------------------------> Fired ---> ... until all of the order traded
//!                   |      canceled, for a change
//!                   +---> canceled otherwise, rejected, expired: the order ends
//! ```
//!
//! There is one order, in every table and every sum, as large as it was wanted. A slice is no order: it is the name by
//! which the venue knows a part of one, and what the venue says of it is made into a word on the whole before anybody
//! else hears it. So nothing counts both. At most one slice is at the venue, and the next one leaves once the last is
//! known to be over: one of unknown fate holds back those behind it, and its name is never used again.

use fulmar_bus::record::{
    CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, HeldOrder, InstrumentId, Intent, OrderStatus,
    Quantity, UnixNanos,
};

use super::entry::{Entry, Phase};
use super::{HeldOrders, NotHeld, Step};
use crate::trading::order::{OrderTable, TrackedOrder};

/// How an order stands that leaves slice by slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slices {
    /// How many left so far, and so the number of the last.
    count: u16,
    /// That one, as long as it may be at the venue.
    standing: Option<Slice>,
    /// The end of the order was wanted: no further one leaves.
    is_stopped: bool,
}

/// The slice at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    quantity: Quantity,
    /// What of the whole had traded when it left.
    traded_before: Quantity,
    /// It is canceled for the sake of what the whole becomes, which does not end that.
    is_withdrawn: bool,
}

impl HeldOrders {
    /// As [`HeldOrders::place`], of an order that waits for nothing and leaves slice by slice.
    ///
    /// # Errors
    /// As [`HeldOrders::obstacle`]; then it is not taken in.
    pub fn place_sliced(
        &mut self,
        intent: &Intent,
        instrument_id: InstrumentId,
        orders: &OrderTable,
    ) -> Result<(), NotHeld> {
        if let Some(obstacle) = self.obstacle(intent, instrument_id, orders) {
            return Err(obstacle);
        }
        let mut entry = Entry::new(intent, instrument_id, Phase::Fired);
        (entry.trigger, entry.is_told, entry.slices) = (None, true, Some(Slices::default()));
        self.entries.push(entry);
        self.note(intent.client_order_id);
        Ok(())
    }

    /// True where the order leaves slice by slice.
    pub fn is_sliced(&self, id: ClientOrderId) -> bool {
        self.entry(id).is_some_and(|entry| entry.slices.is_some())
    }

    /// The number of the next slice of an order of which one has left; `None` where none has.
    pub fn next_slice(&self, id: ClientOrderId) -> Option<u16> {
        let count = self.entry(id)?.slices?.count;
        (count != 0).then(|| count + 1)
    }

    /// The cancel of an order, or of its slice that is at the venue. No further one leaves.
    pub fn cancel_of(&mut self, order: &TrackedOrder) -> CancelOrder {
        let id = order.intent().client_order_id;
        let slices = self.entry_mut(id).and_then(|entry| entry.slices.as_mut());
        if let Some(slices) = slices {
            slices.is_stopped = true;
            let client_order_id = id.slice(slices.count);
            self.note(id);
            return CancelOrder { client_order_id, venue_order_id: 0 };
        }
        CancelOrder { client_order_id: id, venue_order_id: order.venue_order_id() }
    }

    /// The cancel of the slice that is at the venue, which does not end the order, and where it trades.
    ///
    /// # Panics
    /// Where no step asked for it.
    pub fn withdraw(&mut self, id: ClientOrderId) -> (InstrumentId, CancelOrder) {
        let entry = self.entry_mut(id).expect("a step names an order that is known");
        let slices = entry.slices.as_mut().expect("it leaves slice by slice");
        let slice = slices.standing.as_mut().expect("a slice is at the venue");
        slice.is_withdrawn = true;
        (entry.instrument_id, CancelOrder { client_order_id: id.slice(slices.count), venue_order_id: 0 })
    }

    /// A change of a sliced order is wanted: what of it is at the venue is withdrawn first.
    pub fn change_wanted(&mut self, id: ClientOrderId) {
        self.note(id);
    }

    /// The order is of this quantity now, as was wanted.
    pub fn amended(&mut self, id: ClientOrderId, quantity: Quantity) {
        if let Some(entry) = self.entry_mut(id) {
            (entry.wanted_qty, entry.wanted_qty_before) = (quantity, quantity);
        }
        self.note(id);
    }

    /// True where the report is of the slice of its order that left last.
    pub fn is_of_last_slice(&self, report: &ExecutionReport) -> bool {
        let slices = self.entry(report.client_order_id.whole()).and_then(|entry| entry.slices);
        slices.is_some_and(|slices| {
            slices.count == report.client_order_id.slice_number() && slices.standing.is_some()
        })
    }

    /// What the venue says of a slice, as a word on `order`, whose slice it is; `None` where that is none. A cancel
    /// that we wanted for a change and the venue refused is not tried again before `rest_until`.
    pub fn word_on_whole(
        &mut self,
        report: &ExecutionReport,
        order: &TrackedOrder,
        rest_until: UnixNanos,
    ) -> Option<ExecutionReport> {
        let id = order.intent().client_order_id;
        let mut told = *report;
        (told.client_order_id, told.quantity) = (id, Quantity(0));
        if !self.is_of_last_slice(report) {
            // It is over and counted. A trade of it that nobody told is still one.
            told.cumulative_qty = Quantity(0);
            told.status = OrderStatus::PartiallyFilled;
            return (report.execution == ExecutionType::Trade).then_some(told);
        }
        let entry = self.entry_mut(id).expect("it has a slice at the venue");
        let slices = entry.slices.as_mut().expect("it has a slice at the venue");
        let slice = slices.standing.as_mut().expect("it has a slice at the venue");
        let is_all = report.status == OrderStatus::Filled;
        let traded_qty =
            if is_all { slice.quantity.max(report.cumulative_qty) } else { report.cumulative_qty };
        told.cumulative_qty = Quantity(slice.traded_before.0.saturating_add(traded_qty.0));
        if report.execution == ExecutionType::CancelRejected
            && slice.is_withdrawn
            && !order.is_cancel_wanted()
        {
            slice.is_withdrawn = false;
            self.rest(id, rest_until);
            self.note(id);
            return None;
        }
        if !report.status.is_terminal() {
            return Some(told);
        }
        let is_withdrawn = slice.is_withdrawn && report.status == OrderStatus::Canceled;
        let goes_on = is_all || (is_withdrawn && !slices.is_stopped && !order.is_cancel_wanted());
        let is_first = slices.count == 1 && !order.is_acknowledged();
        entry.slice_over();
        if goes_on {
            entry.phase = Phase::Fired;
            told.status = OrderStatus::PartiallyFilled;
            let is_news = matches!(told.execution, ExecutionType::Trade | ExecutionType::CancelRejected);
            told.execution = if is_news { told.execution } else { ExecutionType::Accepted };
        } else if report.status == OrderStatus::Rejected && !is_first {
            // Of an order that was there the rest ends, whatever ended it.
            told.status = OrderStatus::Canceled;
            told.execution = ExecutionType::Canceled;
        }
        self.note(id);
        Some(told)
    }

    /// What ended while a slice of it is at the venue has that canceled.
    pub(super) fn step_of_ended(&self, index: usize) -> Option<Step> {
        let entry = &self.entries[index];
        let standing = entry.slices.and_then(|slices| slices.standing)?;
        (!standing.is_withdrawn).then_some(Step::Withdraw(entry.id))
    }
}

impl Entry {
    /// A slice of it was sent; nothing where it went as a whole.
    pub(super) fn slice_left(&mut self, sent: &Intent, traded_before: Quantity) {
        let number = sent.client_order_id.slice_number();
        if number != 0 {
            let slice = Slice { quantity: sent.quantity, traded_before, is_withdrawn: false };
            let slices = self.slices.get_or_insert_default();
            (slices.count, slices.standing) = (number, Some(slice));
        }
    }

    /// Nothing of it is at the venue any more.
    pub(super) fn slice_over(&mut self) {
        self.slices.iter_mut().for_each(|slices| slices.standing = None);
    }

    /// What comes before the next slice.
    pub(super) fn step_between_slices(&self, order: &TrackedOrder) -> Option<Step> {
        let slices = self.slices.filter(|_| self.phase == Phase::Fired)?;
        if slices.is_stopped || order.is_cancel_wanted() || slices.count == ClientOrderId::SLICE_MAX {
            return Some(Step::End(self.id));
        }
        order.pending_terms().map(|_| Step::Amend(self.id))
    }

    /// A slice at the venue makes way for what its order is to become.
    pub(super) fn step_of_slice(&self, order: &TrackedOrder) -> Option<Step> {
        let slice = self.slices?.standing?;
        let is_in_the_way =
            order.pending_terms().is_some() && !slice.is_withdrawn && !order.is_cancel_wanted();
        is_in_the_way.then_some(Step::Withdraw(self.id))
    }

    pub(super) fn save_slices(&self, saved: &mut HeldOrder) {
        let Some(slices) = self.slices else { return };
        (saved.slice_count, saved.is_stopped) = (slices.count, u8::from(slices.is_stopped));
        if let Some(slice) = slices.standing {
            (saved.slice_qty, saved.slice_from) = (slice.quantity, slice.traded_before);
        }
    }

    pub(super) fn restore_slices(&mut self, saved: &HeldOrder) {
        let slice = Slice { quantity: saved.slice_qty, traded_before: saved.slice_from, is_withdrawn: false };
        let standing = (!slice.quantity.is_zero()).then_some(slice);
        let slices = Slices { count: saved.slice_count, standing, is_stopped: saved.is_stopped != 0 };
        self.slices = (saved.slice_count != 0).then_some(slices);
    }
}
