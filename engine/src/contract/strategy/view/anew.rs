//! A view that is told all of its orders and positions anew: another process had them before, or reports were lost.

use fulmar_bus::record::Presence;

use super::View;
use crate::trading::order::OrderTable;

impl View {
    /// All orders and positions are told anew; those that the gate had not seen yet it tells of later.
    pub(super) fn begin_anew(&mut self, told: &Presence) {
        let before = std::mem::replace(&mut self.orders, OrderTable::new(self.orders_max));
        for order in before.open_orders() {
            let id = order.intent().client_order_id;
            if (id.epoch, id.counter) > (told.epoch, told.counter) {
                self.submitted(*order.intent(), order.instrument_id(), order.submitted_at());
            }
        }
        self.epoch = Some(told.epoch);
        self.instruments.iter_mut().flatten().for_each(|instrument| instrument.position = None);
    }
}
