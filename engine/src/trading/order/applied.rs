//! What became of an order or a report that an order table was to take in.

use fulmar_bus::record::{OrderStatus, Quantity};

use super::Fill;

/// Why an order was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// As many orders are unsettled as the table has room for.
    Full,
    /// The id is taken.
    Duplicate,
    /// The instrument is beyond [`crate::trading::ORDER_INSTRUMENTS_MAX`].
    Instrument,
    /// The quantity is not above zero.
    Quantity,
}

/// What a table counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderCounts {
    /// Reports that met no order.
    pub orphans: u64,
    /// Reports that cannot be true.
    pub malformed: u64,
    /// Trades that had been booked before.
    pub duplicate_trades: u64,
    /// Trades without a remembered id that were booked since the venue's sum has room for them. The quantity is right;
    /// where such a trade was a duplicate, its price stands for that of the one still missing.
    pub proven_trades: u64,
    /// Trades that nothing proved new, and that were not booked.
    pub unproven_trades: u64,
    /// Done orders that were forgotten for a new one.
    pub retired: u64,
}

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
    /// True where anything is known now that was not before, its trade aside. The status alone does not show it: that
    /// of an order that is being canceled hides that the venue has it, and that a change of it was answered.
    pub is_news: bool,
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
