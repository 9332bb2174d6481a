//! Held orders as they were, out of what was wanted and what was told of it. Prices are no part of that: triggers are
//! held against the next ones.

use fulmar_bus::record::{ExecutionReport, ExecutionType, InstrumentId, Intent, Quantity};

use super::HeldOrders;
use super::entry::{Entry, Phase};
use crate::trading::limits::HELD_ORDERS_MAX;

/// An order as it was wanted, and all that its strategy was told of it, in that order.
#[derive(Clone, Copy, Debug)]
pub struct OrderLife<'a> {
    /// What was wanted.
    pub intent: &'a Intent,
    /// Where.
    pub instrument_id: InstrumentId,
    /// What was told.
    pub reports: &'a [ExecutionReport],
    /// It was held, and the gate denied it when it was to be sent.
    pub is_denied: bool,
}

impl HeldOrders {
    /// What was held when the last of these reports was told, of so many instruments. The orders stand in an order table
    /// that took in the same. Orders that neither were held nor belong to such are left out.
    ///
    /// # Panics
    /// Where more orders are told of than may be held.
    pub fn restore<'a>(instrument_count: usize, lives: impl IntoIterator<Item = OrderLife<'a>>) -> Self {
        let mut held = HeldOrders::new(instrument_count);
        for life in lives.into_iter().filter(|life| HeldOrders::concerns(life.intent)) {
            assert!(held.entries.len() < HELD_ORDERS_MAX, "no run held more orders than may be held");
            held.entries.push(entry_of(&life));
        }
        held.restate_wishes();
        held.find_who_gave_way();
        held.is_any_due = true;
        held
    }

    /// An order that its strategy changed is what it was stated to be, less what its alternatives traded.
    fn restate_wishes(&mut self) {
        for index in 0..self.entries.len() {
            let others_qty = self.others_qty(&self.entries[index]);
            let entry = &mut self.entries[index];
            if entry.wanted_qty != entry.wanted_qty_before {
                entry.wanted_qty.0 = entry.wanted_qty.0.saturating_add(others_qty);
            }
            entry.wanted_qty_before = entry.wanted_qty;
        }
    }

    /// Who was canceled while an alternative was on its way gave way to it: had it ended its group, no other would be
    /// left.
    fn find_who_gave_way(&mut self) {
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            let has_gone =
                |other: &Entry| other.group == entry.group && other.is_told && other.phase != Phase::Ended;
            let gave_way =
                entry.group.is_some() && entry.phase == Phase::Ended && self.entries.iter().any(has_gone);
            self.entries[index].gave_way = gave_way;
        }
    }
}

fn entry_of(life: &OrderLife<'_>) -> Entry {
    let mut entry = Entry::new(life.intent, life.instrument_id, Phase::Standing);
    for report in life.reports {
        let is_emulated = report.is_emulated != 0;
        entry.traded_qty = entry.traded_qty.max(report.cumulative_qty);
        entry.phase = match report.execution {
            _ if report.status.is_terminal() => Phase::Ended,
            ExecutionType::Accepted if is_emulated => Phase::Waiting,
            ExecutionType::Triggered if is_emulated => Phase::Fired,
            ExecutionType::Submitted => Phase::Standing,
            _ => entry.phase,
        };
        entry.is_told |= is_emulated && report.execution == ExecutionType::Triggered;
        if report.execution == ExecutionType::Updated && report.revision != 0 {
            (entry.wanted_qty, entry.wanted_qty_before) = (report.quantity, Quantity(0));
        }
        if let Some(trigger) = entry.trigger.as_mut().filter(|_| is_emulated) {
            trigger.price = if entry.has_turn { report.price } else { report.last_px };
        }
    }
    if life.is_denied {
        entry.phase = Phase::Ended;
    }
    entry
}
