//! What should not happen to a gate, counted.

/// What should not happen, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Anomalies {
    /// Records that were not what their kind says.
    pub(super) malformed: u64,
    /// Reports of orders that nobody here placed or adopted.
    pub(super) orphans: u64,
    /// Orders and positions of before, or of others, that were taken over; and orders for which there was no room.
    pub(super) adopted_orders: u64,
    pub(super) adopted_positions: u64,
    pub(super) unadopted_orders: u64,
    /// Trades of orders that nobody here knows.
    pub(super) stray_trades: u64,
    /// Reports that cannot be true.
    pub(super) impossible_reports: u64,
    /// Statements of the venue that our books did not come to agree with.
    pub(super) differences: u64,
    /// Trades that nothing proved new, and that were not booked.
    pub(super) unproven_trades: u64,
    /// Fills that no position could hold.
    pub(super) overflows: u64,
    /// Cancels that the gateway made no room for.
    pub(super) cancels_lost: u64,
    /// What the books could not take in: an instrument, a fill, a balance.
    pub(super) unbooked: u64,
    /// Orders that were to close something and may not.
    pub(super) closings_denied: u64,
    /// Fills of more than was ordered.
    pub(super) overfills: u64,
    /// Instruments that got other scales, or another contract size, while something was held or stood.
    pub(super) rescaled_holdings: u64,
}

impl Anomalies {
    /// Tells every count by its name, but for those that go into a sum.
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("malformed_records", self.malformed);
        tell("orphan_reports", self.orphans);
        tell("impossible_reports", self.impossible_reports);
        tell("adopted_orders", self.adopted_orders);
        tell("adopted_positions", self.adopted_positions);
        tell("unadopted_orders", self.unadopted_orders);
        tell("stray_trades", self.stray_trades);
        tell("account_differences", self.differences);
        tell("unproven_trades", self.unproven_trades);
        tell("position_overflows", self.overflows);
        tell("rescaled_holdings", self.rescaled_holdings);
        tell("overfills", self.overfills);
        tell("unbooked", self.unbooked);
        tell("closings_denied", self.closings_denied);
    }
}
