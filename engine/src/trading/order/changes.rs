//! Changes of an order: what was asked for, what was answered, and which of the venue's words on its terms is the last.
//!
//! Each change that is asked for has a number, and each answer names it, so that answers may come in any order and any
//! number of times. What the venue states is ordered by the venue's own time, and behind all of it stands what an order
//! ended with: nothing changes an order that is over, and much happens in one millisecond.

use fulmar_bus::record::{ExecutionReport, ExecutionType, OrderTerms, UnixNanos};

/// Whose word a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Teller {
    /// The venue's: late, twice, in any order.
    Venue,
    /// The gate's, which has put the venue's words in order: the last one counts.
    Gate,
}

/// What is known of the changes of one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// What was asked for last.
    wanted: OrderTerms,
    asked_count: u16,
    /// The last one that was answered: taken or refused.
    answered_count: u16,
    /// Of what the venue stated last: whether the order was over, when that was, and in answer to which change.
    stated: (bool, UnixNanos, u16),
}

impl Changes {
    /// The number of the next change; `None` while one is on its way, or past the last number.
    pub(super) fn next_revision(&self) -> Option<u16> {
        self.asked_count.checked_add(1).filter(|_| self.pending().is_none())
    }

    /// Notes a change that is on its way; false where it is not the next.
    pub(super) fn ask(&mut self, terms: OrderTerms, revision: u16) -> bool {
        let is_next = self.pending().is_none() && revision > self.asked_count;
        if is_next {
            (self.wanted, self.asked_count) = (terms, revision);
        }
        is_next
    }

    /// The moment of what the venue stated last.
    pub(super) fn stated_at(&self) -> UnixNanos {
        self.stated.1
    }

    /// What the order becomes if the change that is on its way is taken.
    pub(super) fn pending(&self) -> Option<OrderTerms> {
        (self.asked_count > self.answered_count).then_some(self.wanted)
    }

    /// The number of the change that is on its way.
    pub(super) fn pending_revision(&self) -> Option<u16> {
        self.pending().map(|_| self.asked_count)
    }

    /// Takes in the answer of a report, and what it states of the terms, if that is the latest: `terms` as they are.
    pub(super) fn learn(
        &mut self,
        report: &ExecutionReport,
        teller: Teller,
        terms: OrderTerms,
    ) -> OrderTerms {
        let is_answer = matches!(report.execution, ExecutionType::Updated | ExecutionType::UpdateRejected);
        if is_answer {
            self.answered_count = self.answered_count.max(report.revision.min(self.asked_count));
        }
        if report.quantity.is_zero() {
            return terms;
        }
        let price = if report.price.0 == 0 { terms.price } else { report.price };
        // What the engine holds it states itself, one word after the other.
        if report.is_emulated != 0 {
            return OrderTerms { price, trigger_price: report.last_px, quantity: report.quantity };
        }
        if teller == Teller::Venue {
            let statement = (report.status.is_terminal(), report.venue_at, report.revision);
            if statement <= self.stated {
                return terms;
            }
            self.stated = statement;
        }
        let is_wanted = report.execution == ExecutionType::Updated && report.revision == self.asked_count;
        let trigger_price = if is_wanted { self.wanted.trigger_price } else { terms.trigger_price };
        OrderTerms { price, trigger_price, quantity: report.quantity }
    }
}
