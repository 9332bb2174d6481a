//! Approval is a type. Who holds an [`Approved`] holds the proof that the risk gate let it pass; a gateway takes
//! nothing else, so no code path to a venue goes around the gate.
//!
//! Between the gate and the gateway an approval is a record on one channel, whose only writer is the gate. The one
//! door back from record to approval is [`admit`], visible in this crate alone and called by the gateway's typed inbox
//! of that channel, nowhere else. There is no public conversion from bytes.

use fulmar_bus::record::{CancelAll, CancelOrder, InstrumentId, ModifyOrder, Order, Record};

/// A payload that the risk gate approved, and the instrument that it is for.
///
/// It can be read by everyone:
///
/// ```
/// use fulmar_bus::record::{CancelOrder, ClientOrderId, InstrumentId, StrategyId, UnixNanos};
/// use fulmar_engine::trading::risk::{Approved, RiskGate};
/// let cancel = CancelOrder { client_order_id: ClientOrderId::new(1, StrategyId(0), 1), venue_order_id: 0 };
/// let approved: Approved<CancelOrder> = RiskGate::new().pass_cancel(cancel, InstrumentId(0), UnixNanos(0));
/// assert_eq!(approved.payload(), &cancel);
/// ```
///
/// and made by the gate alone, neither from its parts
///
/// ```compile_fail,E0451
/// use fulmar_bus::record::{CancelOrder, ClientOrderId, InstrumentId, StrategyId};
/// use fulmar_engine::trading::risk::Approved;
/// let cancel = CancelOrder { client_order_id: ClientOrderId::new(1, StrategyId(0), 1), venue_order_id: 0 };
/// let forged = Approved { instrument_id: InstrumentId(0), payload: cancel };
/// ```
///
/// nor through its constructor
///
/// ```compile_fail,E0624
/// use fulmar_bus::record::{CancelOrder, ClientOrderId, InstrumentId, StrategyId};
/// use fulmar_engine::trading::risk::Approved;
/// let cancel = CancelOrder { client_order_id: ClientOrderId::new(1, StrategyId(0), 1), venue_order_id: 0 };
/// let forged = Approved::new(InstrumentId(0), cancel);
/// ```
///
/// whatever it is of
///
/// ```compile_fail,E0624
/// use fulmar_bus::record::{CancelAll, InstrumentId, UnixNanos};
/// use fulmar_engine::trading::risk::Approved;
/// let forged = Approved::new(InstrumentId(0), CancelAll { approved_at: UnixNanos(0) });
/// ```
///
/// nor out of a record
///
/// ```compile_fail,E0603
/// use fulmar_bus::record::Record;
/// use fulmar_engine::trading::risk::approval::admit;
/// let forged = admit(&Record::new());
/// ```
///
/// and it is spent by its use, never copied.
///
/// ```compile_fail,E0599
/// use fulmar_bus::record::{CancelOrder, ClientOrderId, InstrumentId, StrategyId, UnixNanos};
/// use fulmar_engine::trading::risk::RiskGate;
/// let cancel = CancelOrder { client_order_id: ClientOrderId::new(1, StrategyId(0), 1), venue_order_id: 0 };
/// let twice = RiskGate::new().pass_cancel(cancel, InstrumentId(0), UnixNanos(0)).clone();
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an approved order that is not sent still counts as exposure"]
pub struct Approved<T> {
    instrument_id: InstrumentId,
    payload: T,
}

impl<T> Approved<T> {
    /// The seal. Visible in `trading::risk` alone.
    pub(super) const fn new(instrument_id: InstrumentId, payload: T) -> Self {
        Approved { instrument_id, payload }
    }

    /// What it is for.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.instrument_id
    }

    /// What was approved.
    pub const fn payload(&self) -> &T {
        &self.payload
    }
}

/// What comes in at the gateway.
#[derive(Debug, PartialEq, Eq)]
pub enum Admitted {
    /// An order to place.
    Order(Approved<Order>),
    /// A change to place.
    Change(Approved<ModifyOrder>),
    /// A cancel to place.
    Cancel(Approved<CancelOrder>),
    /// A cancel of all that stands on the instrument.
    CancelAll(Approved<CancelAll>),
}

/// The door at the other end of the approved channel: what the gate published there, as what it was before. `None`
/// for every record that is no order, no change of one and no cancel.
///
/// Call it on records of the channel that the gate alone writes, and on nothing else: here the approval rests on who
/// owns the writer, no more on the type.
pub(crate) fn admit(record: &Record) -> Option<Admitted> {
    let instrument_id = record.header().instrument_id;
    if let Ok(order) = record.read::<Order>() {
        return Some(Admitted::Order(Approved::new(instrument_id, *order)));
    }
    if let Ok(change) = record.read::<ModifyOrder>() {
        return Some(Admitted::Change(Approved::new(instrument_id, *change)));
    }
    if let Ok(cancel) = record.read::<CancelOrder>() {
        return Some(Admitted::Cancel(Approved::new(instrument_id, *cancel)));
    }
    let all = record.read::<CancelAll>().ok()?;
    Some(Admitted::CancelAll(Approved::new(instrument_id, *all)))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{
        ClientOrderId, Flags, Heading, Intent, Price, Quantity, RecordId, Side, SnapshotEnd, StrategyId,
        UnixNanos,
    };

    use super::*;

    const HEADING: Heading = Heading {
        instrument_id: InstrumentId(5),
        cause: RecordId::NONE,
        received_at: UnixNanos(1),
        flags: Flags::NONE,
    };

    #[test]
    fn what_the_gate_published_comes_back_as_it_was() {
        let id = ClientOrderId::new(1, StrategyId(2), 3);
        let order =
            Order { intent: Intent::limit(id, Side::Buy, Price(10), Quantity(1)), approved_at: UnixNanos(7) };
        let cancel = CancelOrder { client_order_id: id, venue_order_id: 9 };
        let mut record = Record::new();
        record.write(HEADING, &order);
        assert_eq!(admit(&record), Some(Admitted::Order(Approved::new(InstrumentId(5), order))));
        record.write(HEADING, &cancel);
        assert_eq!(admit(&record), Some(Admitted::Cancel(Approved::new(InstrumentId(5), cancel))));
        let all = CancelAll { approved_at: UnixNanos(8) };
        record.write(HEADING, &all);
        assert_eq!(admit(&record), Some(Admitted::CancelAll(Approved::new(InstrumentId(5), all))));
    }

    #[test]
    fn no_other_record_is_admitted() {
        let mut record = Record::new();
        assert_eq!(admit(&record), None);
        record.write(HEADING, &SnapshotEnd { update_id: 1, venue_at: UnixNanos(1) });
        assert_eq!(admit(&record), None);
        let id = ClientOrderId::new(1, StrategyId(2), 3);
        record.write(HEADING, &Intent::limit(id, Side::Buy, Price(10), Quantity(1)));
        assert_eq!(admit(&record), None, "an intent is not an order");
    }
}
