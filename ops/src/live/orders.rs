//! What became of the orders of a run, seen from outside: the report channels, folded into counts and positions.

use std::collections::BTreeMap;

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    ClientOrderId, Denial, ExecutionReport, ExecutionType, InstrumentId, Kind, Notional, OrderStatus,
    Position, Record, Text,
};
use serde::Serialize;

/// Orders by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrderCounts {
    /// Approved and handed to the gateway.
    pub submitted: u64,
    /// Refused by our gate.
    pub denied: u64,
    /// Taken by the venue.
    pub accepted: u64,
    /// Traded to the last.
    pub filled: u64,
    /// Canceled.
    pub canceled: u64,
    /// Refused by the venue.
    pub rejected: u64,
    /// Of unknown fate now.
    pub unknown: u64,
}

/// The orders and positions of a run.
pub struct OrderBoard {
    readers: Vec<Reader>,
    record: Box<Record>,
    counts: OrderCounts,
    open: BTreeMap<ClientOrderId, ExecutionReport>,
    positions: BTreeMap<InstrumentId, Position>,
    /// At the scale of a notional of the instrument.
    commissions: BTreeMap<(InstrumentId, Text<8>), i128>,
    fill_count: u64,
    buy_fill_count: u64,
    lost_count: u64,
}

impl OrderBoard {
    /// A board of what these report channels tell.
    pub fn new(readers: Vec<Reader>) -> Self {
        OrderBoard {
            readers,
            record: Box::default(),
            counts: OrderCounts::default(),
            open: BTreeMap::new(),
            positions: BTreeMap::new(),
            commissions: BTreeMap::new(),
            fill_count: 0,
            buy_fill_count: 0,
            lost_count: 0,
        }
    }

    /// Takes all that was told since the last look.
    pub fn look(&mut self) {
        for index in 0..self.readers.len() {
            loop {
                match self.readers[index].poll(&mut self.record) {
                    Poll::Empty => break,
                    Poll::Lapped { lost_count } => self.lost_count += lost_count,
                    Poll::Record => self.take(),
                }
            }
        }
    }

    /// Orders by what became of them.
    pub fn counts(&self) -> OrderCounts {
        let unknown = self.open.values().filter(|report| report.status == OrderStatus::Unknown).count();
        OrderCounts { unknown: unknown as u64, ..self.counts }
    }

    /// The orders that may still trade, with the latest that was told of each.
    pub fn open(&self) -> impl Iterator<Item = &ExecutionReport> {
        self.open.values()
    }

    /// How many orders may still trade.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// The position in an instrument, once there was a fill.
    pub fn position(&self, instrument_id: InstrumentId) -> Option<&Position> {
        self.positions.get(&instrument_id)
    }

    /// What the fills in an instrument cost so far, by the asset that it was paid in, at the scale of a notional; below
    /// zero where rebates were more. What cost nothing is left out.
    pub fn commissions(&self, instrument_id: InstrumentId) -> impl Iterator<Item = (&str, i128)> {
        let of_it = self.commissions.iter().filter(move |((id, _), sum)| *id == instrument_id && **sum != 0);
        of_it.map(|((_, asset), sum)| (asset.as_str(), *sum))
    }

    /// Fills so far: those that bought, and those that sold.
    pub fn fills(&self) -> (u64, u64) {
        (self.buy_fill_count, self.fill_count - self.buy_fill_count)
    }

    /// Records that were overwritten before they were seen here.
    pub fn lost_count(&self) -> u64 {
        self.lost_count
    }

    fn take(&mut self) {
        let instrument_id = self.record.header().instrument_id;
        match self.record.header().kind() {
            Some(Kind::ExecutionReport) => {
                if let Ok(report) = self.record.read::<ExecutionReport>().copied() {
                    self.take_report(instrument_id, report);
                }
            }
            Some(Kind::Denial) => self.counts.denied += u64::from(self.record.read::<Denial>().is_ok()),
            Some(Kind::Position) => {
                if let Ok(position) = self.record.read::<Position>() {
                    self.positions.insert(instrument_id, *position);
                }
            }
            _ => {}
        }
    }

    fn take_report(&mut self, instrument_id: InstrumentId, report: ExecutionReport) {
        let id = report.client_order_id;
        match report.execution {
            ExecutionType::Submitted => self.counts.submitted += 1,
            ExecutionType::Accepted => self.counts.accepted += 1,
            ExecutionType::Trade => {
                self.fill_count += 1;
                let commission =
                    self.commissions.entry((instrument_id, report.commission_asset)).or_default();
                *commission += Notional::from(report.commission).0;
                self.buy_fill_count += u64::from(report.side == fulmar_bus::record::Side::Buy);
            }
            _ => {}
        }
        let was_open = self.open.contains_key(&id) || report.execution == ExecutionType::Submitted;
        if !report.status.is_terminal() {
            self.open.insert(id, report);
            return;
        }
        self.open.remove(&id);
        if was_open {
            match report.status {
                OrderStatus::Filled => self.counts.filled += 1,
                OrderStatus::Canceled | OrderStatus::Expired => self.counts.canceled += 1,
                OrderStatus::Rejected => self.counts.rejected += 1,
                _ => {}
            }
        }
    }
}
