//! Held orders over the end of a process: what is to be kept of each, told whenever it changed, and the same made again
//! out of that. Prices are no part of it: triggers are held against the next ones. Nothing is written here.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, HeldOrder, HeldStage, InstrumentId, Intent, OrderStatus, Price, Quantity,
};

use super::HeldOrders;
use super::entry::{Entry, Group, Parent, Phase, parent_id};
use crate::trading::limits::HELD_ORDERS_MAX;
use crate::trading::order::OrderTable;

impl HeldOrders {
    /// Gives `keep` what is to be known of each order that changed since this was last called. Names and scales are the
    /// caller's to say. Where the process ends, the last word on each order makes all of it again.
    pub fn save(&mut self, orders: &OrderTable, mut keep: impl FnMut(InstrumentId, HeldOrder)) {
        if !std::mem::take(&mut self.is_any_unsaved) {
            return;
        }
        for index in 0..self.entries.len() {
            if !std::mem::take(&mut self.entries[index].is_unsaved) {
                continue;
            }
            let entry = &self.entries[index];
            if let Some(parent) = self.plain_parent(entry, orders) {
                keep(entry.instrument_id, parent);
            }
            keep(entry.instrument_id, state_of(entry, orders));
        }
        for (instrument_id, id, side) in self.gone.drain(..) {
            let intent = Intent::limit(id, side, Price(0), Quantity(0));
            let submitted_at = orders.get(id).map_or_else(Default::default, |order| order.submitted_at());
            keep(instrument_id, HeldOrder::new(intent, submitted_at, HeldStage::Gone));
        }
    }

    /// All is to be saved again: what was is about to be overwritten.
    pub fn save_again(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.is_unsaved = true);
        self.is_any_unsaved |= !self.entries.is_empty();
    }

    /// What was held when this was saved, of so many instruments, with its orders put into `orders`. What was at the
    /// venue is of unknown fate there.
    ///
    /// # Panics
    /// Where there are more than may be held, or `orders` has no room for them.
    pub fn restore(
        instrument_count: usize,
        saved: &[(InstrumentId, HeldOrder)],
        orders: &mut OrderTable,
    ) -> Self {
        let mut held = HeldOrders::new(instrument_count);
        for (instrument_id, saved) in saved {
            let is_taken = saved.stage >= HeldStage::Ended || put(orders, *instrument_id, saved);
            assert!(is_taken, "a table has room for what another of its kind held");
            if saved.stage == HeldStage::Awaited {
                continue;
            }
            assert!(held.entries.len() < HELD_ORDERS_MAX, "no run holds more orders than may be held");
            held.entries.push(entry_of(*instrument_id, saved));
        }
        held.is_any_due = true;
        held.is_any_unsaved = true;
        held
    }

    /// The parent of an entry, where it is no entry and may still trade.
    fn plain_parent(&self, entry: &Entry, orders: &OrderTable) -> Option<HeldOrder> {
        let parent = entry.parent.filter(|parent| !parent.is_done && self.entry(parent.id).is_none())?;
        let order = orders.get(parent.id)?;
        let mut saved = HeldOrder::new(*order.intent(), order.submitted_at(), HeldStage::Awaited);
        saved.traded_qty = order.traded_qty();
        Some(saved)
    }
}

/// What of these is still of use, where each is the last word on its order: orders that are held, or were and may be at
/// the venue, and what those depend on.
pub fn living(mut saved: Vec<HeldOrder>) -> Vec<HeldOrder> {
    let is_held = |saved: &HeldOrder| matches!(saved.stage, HeldStage::Waiting | HeldStage::Fired);
    let held: Vec<HeldOrder> = saved.iter().copied().filter(is_held).collect();
    saved.retain(|saved| {
        let group = Group::of(&saved.intent);
        let is_alternative = || group.is_some() && held.iter().any(|held| Group::of(&held.intent) == group);
        let is_awaited = |held: &HeldOrder| {
            held.is_parent_done == 0 && parent_id(&held.intent) == Some(saved.intent.client_order_id)
        };
        let is_of_use = is_alternative() || held.iter().any(is_awaited);
        match saved.stage {
            HeldStage::Waiting | HeldStage::Fired | HeldStage::Standing => true,
            HeldStage::Awaited | HeldStage::Ended => is_of_use,
            HeldStage::Gone => false,
        }
    });
    // As they were wanted, so that who came first is first again.
    saved.sort_by_key(|saved| (saved.submitted_at, saved.intent.client_order_id));
    saved
}

/// Puts an order of an earlier boot into a table: as one that the engine holds, or of which nobody knows. False where
/// there is no room for it, or it is there already.
pub fn put(orders: &mut OrderTable, instrument_id: InstrumentId, saved: &HeldOrder) -> bool {
    let HeldOrder { intent, submitted_at, .. } = *saved;
    let execution = match saved.stage {
        HeldStage::Waiting => ExecutionType::Accepted,
        HeldStage::Fired => ExecutionType::Triggered,
        _ => ExecutionType::Unknown,
    };
    let is_taken = orders.resume(intent, instrument_id, submitted_at, saved.traded_qty).is_ok();
    if is_taken {
        let status = if is_sent(saved) { OrderStatus::Unknown } else { OrderStatus::Accepted };
        let mut told = ExecutionReport::new(intent.client_order_id, intent.side, execution, status);
        told.is_emulated = u8::from(!is_sent(saved));
        // It was just put there, and the report says nothing that it is not.
        let _ = orders.on_report(&told);
    }
    is_taken
}

/// True where it left the engine.
fn is_sent(saved: &HeldOrder) -> bool {
    saved.stage >= HeldStage::Standing
}

fn state_of(entry: &Entry, orders: &OrderTable) -> HeldOrder {
    let order = orders.get(entry.id);
    let forgotten = || Intent::limit(entry.id, entry.side, Price(0), entry.wanted_qty);
    let mut intent = order.map_or_else(forgotten, |order| *order.intent());
    intent.alternatives = entry.group.map_or(0, Group::number);
    intent.after_counter = entry.parent.map_or(0, |parent| parent.id.counter);
    let submitted_at = order.map_or_else(Default::default, |order| order.submitted_at());
    let stage = match entry.phase {
        Phase::Waiting => HeldStage::Waiting,
        Phase::Fired => HeldStage::Fired,
        Phase::Standing => HeldStage::Standing,
        Phase::Ended => HeldStage::Ended,
    };
    let mut saved = HeldOrder::new(intent, submitted_at, stage);
    (saved.wanted_qty, saved.traded_qty) = (entry.wanted_qty, entry.traded_qty);
    if let Some(parent) = entry.parent {
        (saved.parent_traded_qty, saved.is_parent_done) = (parent.traded_qty, u8::from(parent.is_done));
    }
    saved.gave_way = u8::from(entry.gave_way);
    entry.save_slices(&mut saved);
    saved
}

fn entry_of(instrument_id: InstrumentId, saved: &HeldOrder) -> Entry {
    let phase = match saved.stage {
        HeldStage::Waiting => Phase::Waiting,
        HeldStage::Fired => Phase::Fired,
        HeldStage::Standing | HeldStage::Awaited => Phase::Standing,
        HeldStage::Ended | HeldStage::Gone => Phase::Ended,
    };
    let mut entry = Entry::new(&saved.intent, instrument_id, phase);
    (entry.wanted_qty, entry.wanted_qty_before) = (saved.wanted_qty, saved.wanted_qty);
    entry.traded_qty = saved.traded_qty;
    entry.parent = Parent::of(&saved.intent).map(|parent| Parent {
        traded_qty: saved.parent_traded_qty,
        is_done: saved.is_parent_done != 0,
        ..parent
    });
    // What fired was told of when it did.
    entry.is_told = phase != Phase::Waiting;
    entry.gave_way = saved.gave_way != 0;
    entry.restore_slices(saved);
    entry
}
