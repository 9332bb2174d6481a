//! Orders of an earlier boot, in the table of this one.

use fulmar_bus::record::{InstrumentId, Intent, Quantity, UnixNanos};

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
}
