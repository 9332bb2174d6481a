//! Orders that the owner of a table did not begin: of an earlier boot, or of somebody else.

use fulmar_bus::record::{ExecutionReport, InstrumentId, Intent, Quantity, UnixNanos};

use super::TrackedOrder;
use super::applied::{Booking, SubmitError};
use super::table::OrderTable;

impl OrderTable {
    /// Takes in an order that stands at the venue and was not sent from here, of which this is the first report. What
    /// it traded before is history: its trades are those that are reported from now on, this one included. Where it
    /// [succeeds](TrackedOrder::is_succeeded_by) one that is known, it takes its place.
    ///
    /// # Errors
    /// As [`OrderTable::submit`]; what it may trade then counts nowhere.
    pub fn adopt(
        &mut self,
        report: &ExecutionReport,
        instrument_id: InstrumentId,
        at: UnixNanos,
    ) -> Result<(), SubmitError> {
        let order = TrackedOrder::adopted(report, instrument_id, at);
        let is_successor =
            self.get(report.client_order_id).is_some_and(|known| known.is_succeeded_by(report));
        let Some(place) = self.place_of(report.client_order_id).filter(|_| is_successor) else {
            return self.take_in(order);
        };
        let _ = self.change(place, |table| {
            let TrackedOrder { instrument_id, trades, is_done, .. } = *table.at_mut(place);
            *table.at_mut(place) = TrackedOrder { instrument_id, trades, is_done, ..order };
            Booking::None
        });
        Ok(())
    }

    /// Takes in an order of an earlier boot, of which so much traded then. That is in no position of this table's
    /// owner, and will not be.
    ///
    /// # Errors
    /// As [`OrderTable::submit`].
    pub fn resume(
        &mut self,
        intent: Intent,
        instrument_id: InstrumentId,
        at: UnixNanos,
        traded_qty: Quantity,
    ) -> Result<(), SubmitError> {
        self.submit(intent, instrument_id, at)?;
        let place = self.place_of(intent.client_order_id).expect("it was just taken in");
        let _ = self.change(place, |table| {
            let order = table.at_mut(place);
            (order.booked_qty, order.history_qty, order.told_qty) = (traded_qty, traded_qty, traded_qty);
            Booking::None
        });
        Ok(())
    }
}
