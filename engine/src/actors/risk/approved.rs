//! Where what is approved leaves: one channel a gateway, and each instrument is of one of them.

use fulmar_bus::channel::Full;
use fulmar_bus::record::{InstrumentId, Payload, RecordId};

use crate::runtime::{Origin, Outbox};

/// The channels to the gateways.
pub(super) struct Approved {
    outboxes: Vec<Outbox>,
    /// By instrument.
    gateway_of: Vec<usize>,
}

impl Approved {
    pub(super) fn new(outboxes: Vec<Outbox>, gateway_of: Vec<usize>) -> Self {
        Approved { outboxes, gateway_of }
    }

    /// True where the gateway of an instrument has room for so many slots.
    pub(super) fn has_room(&mut self, instrument_id: InstrumentId, slot_count: usize) -> bool {
        self.of(instrument_id).has_room(slot_count)
    }

    /// Sends it to the gateway of its instrument.
    pub(super) fn send<P: Payload>(
        &mut self,
        origin: Origin,
        instrument_id: InstrumentId,
        payload: &P,
    ) -> Result<RecordId, Full> {
        self.of(instrument_id).send(origin, instrument_id, payload)
    }

    fn of(&mut self, instrument_id: InstrumentId) -> &mut Outbox {
        &mut self.outboxes[self.gateway_of[instrument_id.index()]]
    }
}
