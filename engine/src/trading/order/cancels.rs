//! The wish to cancel, as the table notes it: of one order, of some, of all of an instrument.

use fulmar_bus::record::{ClientOrderId, InstrumentId};

use super::facts::Facts;
use super::{OrderTable, TrackedOrder};

impl OrderTable {
    /// Notes that a cancel is on its way, and gives the order; `None` where there is nothing to cancel.
    pub fn request_cancel(&mut self, id: ClientOrderId) -> Option<&TrackedOrder> {
        let place = self.place_of(id)?;
        if self.at(place).status().is_terminal() {
            return None;
        }
        self.at_mut(place).facts.add(Facts::CANCEL_WANTED);
        Some(self.at(place))
    }

    /// Offers every order that may still trade and has no cancel on its way to `send`, and notes a cancel for those
    /// that it says it sent one for. Gives their count.
    pub fn cancel_each(&mut self, mut send: impl FnMut(&TrackedOrder) -> bool) -> usize {
        let mut sent_count = 0;
        for order in self.slots.iter_mut().flatten() {
            if !order.status().is_terminal() && !order.facts.has(Facts::CANCEL_WANTED) && send(order) {
                order.facts.add(Facts::CANCEL_WANTED);
                sent_count += 1;
            }
        }
        sent_count
    }

    /// Notes that a cancel of all open orders of an instrument is on its way.
    pub fn request_cancel_of(&mut self, instrument_id: InstrumentId) {
        for place in self.chains.places(instrument_id) {
            self.slots[place].as_mut().expect("a chain is of orders").facts.add(Facts::CANCEL_WANTED);
        }
    }

    /// The orders of one instrument that may still trade, the last one first.
    pub fn open_orders_of(&self, instrument_id: InstrumentId) -> impl Iterator<Item = &TrackedOrder> {
        self.chains.places(instrument_id).map(|place| self.at(place))
    }
}
