//! Cancels pass the gate in every state, as what it approved. Each takes a message of the instrument's budget where one
//! is left; where none is, it passes all the same and is counted.

use fulmar_bus::record::{CancelAll, CancelOrder, InstrumentId, UnixNanos};

use super::{Approved, RiskGate};

impl RiskGate {
    /// Lets a cancel pass, whatever holds.
    pub fn pass_cancel(
        &mut self,
        cancel: CancelOrder,
        instrument_id: InstrumentId,
        now: UnixNanos,
    ) -> Approved<CancelOrder> {
        self.spend(instrument_id, now);
        Approved::new(instrument_id, cancel)
    }

    /// Lets a cancel of all that the account has on an instrument pass, as one message. The gate owns no order: that
    /// all of them may go is said by whoever does.
    pub fn pass_cancel_all(&mut self, instrument_id: InstrumentId, now: UnixNanos) -> Approved<CancelAll> {
        self.spend(instrument_id, now);
        Approved::new(instrument_id, CancelAll { approved_at: now })
    }

    /// Cancels that passed with no message left in the budget.
    pub fn cancels_over_budget(&self) -> u64 {
        self.cancels_over_budget
    }

    fn spend(&mut self, instrument_id: InstrumentId, now: UnixNanos) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.messages.fill(now);
            if !controlled.messages.take() {
                self.cancels_over_budget += 1;
            }
        }
    }
}
