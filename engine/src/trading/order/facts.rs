//! What is known of an order, as bits that are only ever added; the wish to cancel alone can be taken back.

use fulmar_bus::record::{ExecutionReport, ExecutionType, OrderStatus};

/// What is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts(u16);

impl Facts {
    pub(super) const NONE: Facts = Facts(0);
    pub(super) const ACKNOWLEDGED: Facts = Facts(1);
    pub(super) const DENIED: Facts = Facts(1 << 1);
    pub(super) const REJECTED: Facts = Facts(1 << 2);
    pub(super) const CANCELED: Facts = Facts(1 << 3);
    pub(super) const EXPIRED: Facts = Facts(1 << 4);
    pub(super) const UNKNOWN: Facts = Facts(1 << 5);
    pub(super) const CANCEL_WANTED: Facts = Facts(1 << 6);
    pub(super) const FILLED: Facts = Facts(1 << 7);
    pub(super) const TRIGGERED: Facts = Facts(1 << 8);

    /// The engine holds it, or held it: the venue knows nothing of it for that.
    pub(super) const HELD: Facts = Facts(1 << 9);

    const HELD_AND_TRIGGERED: Facts = Facts(Facts::HELD.0 | Facts::TRIGGERED.0);
    const TAKEN_AND_TRIGGERED: Facts = Facts(Facts::ACKNOWLEDGED.0 | Facts::TRIGGERED.0);
    const TAKEN_AND_FILLED: Facts = Facts(Facts::ACKNOWLEDGED.0 | Facts::FILLED.0);

    pub(super) fn has(self, fact: Facts) -> bool {
        self.0 & fact.0 == fact.0
    }

    pub(super) fn add(&mut self, facts: Facts) {
        self.0 |= facts.0;
    }

    pub(super) fn remove(&mut self, facts: Facts) {
        self.0 &= !facts.0;
    }

    /// What a report proves.
    pub(super) fn of(report: &ExecutionReport) -> Facts {
        if report.is_emulated != 0 {
            return Facts::of_held(report.execution);
        }
        Facts(Facts::of_status(report.status).0 | Facts::of_execution(report.execution).0)
    }

    /// What is told of an order that the engine holds is no word of the venue's.
    fn of_held(execution: ExecutionType) -> Facts {
        match execution {
            ExecutionType::Accepted | ExecutionType::Updated => Facts::HELD,
            ExecutionType::Triggered => Facts::HELD_AND_TRIGGERED,
            ExecutionType::Canceled => Facts::CANCELED,
            ExecutionType::Expired => Facts::EXPIRED,
            _ => Facts::NONE,
        }
    }

    fn of_status(status: OrderStatus) -> Facts {
        match status {
            OrderStatus::Initialized | OrderStatus::Submitted => Facts::NONE,
            OrderStatus::Accepted
            | OrderStatus::PendingCancel
            | OrderStatus::PendingUpdate
            | OrderStatus::PartiallyFilled => Facts::ACKNOWLEDGED,
            OrderStatus::Triggered => Facts::TAKEN_AND_TRIGGERED,
            OrderStatus::Filled => Facts::TAKEN_AND_FILLED,
            OrderStatus::Denied => Facts::DENIED,
            OrderStatus::Rejected => Facts::REJECTED,
            OrderStatus::Canceled => Facts::CANCELED,
            OrderStatus::Expired => Facts::EXPIRED,
            OrderStatus::Unknown => Facts::UNKNOWN,
        }
    }

    /// A refused cancel, or change, proves nothing: the order may be filled, gone, or never have arrived.
    fn of_execution(execution: ExecutionType) -> Facts {
        match execution {
            ExecutionType::Submitted | ExecutionType::CancelRejected | ExecutionType::UpdateRejected => {
                Facts::NONE
            }
            ExecutionType::Accepted | ExecutionType::Trade | ExecutionType::Updated => Facts::ACKNOWLEDGED,
            ExecutionType::Triggered => Facts::TAKEN_AND_TRIGGERED,
            ExecutionType::Rejected => Facts::REJECTED,
            ExecutionType::Canceled => Facts::CANCELED,
            ExecutionType::Expired => Facts::EXPIRED,
            ExecutionType::Unknown => Facts::UNKNOWN,
        }
    }
}
