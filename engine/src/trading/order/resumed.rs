//! Orders that a table did not send, and takes in: those of an earlier boot, and those of somebody else.

use fulmar_bus::record::{ExecutionReport, InstrumentId, Intent, Quantity, UnixNanos};

use super::TrackedOrder;
use super::applied::{Booking, SubmitError};
use super::table::OrderTable;

impl OrderTable {
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
            (order.booked_qty, order.told_qty) = (traded_qty, traded_qty);
            Booking::None
        });
        Ok(())
    }

    /// Takes in an order that stands at the venue and was not sent from here, of which this is the first report. What
    /// it traded before is history: its trades are those that are reported from now on, this one included.
    ///
    /// # Errors
    /// As [`OrderTable::submit`]; what it may trade then counts nowhere.
    pub fn adopt(
        &mut self,
        report: &ExecutionReport,
        instrument_id: InstrumentId,
        at: UnixNanos,
    ) -> Result<(), SubmitError> {
        self.take_in(TrackedOrder::adopted(report, instrument_id, at))
    }
}
