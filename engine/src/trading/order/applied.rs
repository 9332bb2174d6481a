//! What became of a report that an order table took in.

use fulmar_bus::record::{OrderStatus, Quantity};

use super::Fill;

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// It was applied to its order.
    Order(Update),
    /// No such order is known: somebody else's, or done so long ago that it is forgotten. Nothing was booked.
    Orphan,
    /// It tells of a negative quantity, or of a sum that no number holds. Nothing of it was applied.
    Malformed,
}

/// What a report changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// The status before.
    pub status_before: OrderStatus,
    /// The status now.
    pub status: OrderStatus,
    /// True where it is the first to show that the venue has the order, which the status of one that is being canceled
    /// does not.
    pub is_first_acknowledgement: bool,
    /// True where price, trigger price or quantity are others now.
    pub is_changed: bool,
    /// What became of the trade in it.
    pub booking: Booking,
    /// What the venue says has traded and no trade has told yet: ask for those trades.
    pub missing_qty: Quantity,
    /// What traded beyond the order's quantity: it is booked, since it is real, and it is an alarm.
    pub overfill_qty: Quantity,
}

/// What became of the trade in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// There was none.
    None,
    /// It is to be booked to the position, once.
    Booked(Fill),
    /// It was booked before. The rest of the report was applied.
    Duplicate,
    /// Its id is missing or could not be remembered, and the venue's own sum does not prove that it is new. Nothing
    /// was booked; where it was new, [`Update::missing_qty`] stands until the sum is known. An alarm.
    Unproven,
}
