//! Trades that were booked although nobody here knew their order. What the venue says of that order afterwards may have
//! the same trade in it once more: in an event or an answer, under the venue's name of the order or under ours. The
//! venue's number of the trade tells.

use std::collections::VecDeque;

use fulmar_bus::record::{ExecutionReport, InstrumentId, Side};

use crate::actors::limits::STRAY_TRADES_MAX;

/// The last of them. Who trades with himself has two of one number.
#[derive(Debug)]
pub(super) struct Strays(VecDeque<(InstrumentId, u64, Side)>);

impl Strays {
    pub(super) fn new() -> Self {
        Strays(VecDeque::with_capacity(STRAY_TRADES_MAX))
    }

    /// True where the trade of this report is one of them.
    pub(super) fn has(&self, instrument_id: InstrumentId, report: &ExecutionReport) -> bool {
        report.trade_id != 0 && self.0.contains(&(instrument_id, report.trade_id, report.side))
    }

    /// Keeps the trade of this report, and forgets the oldest one where there are too many.
    pub(super) fn keep(&mut self, instrument_id: InstrumentId, report: &ExecutionReport) {
        if self.0.len() == STRAY_TRADES_MAX {
            self.0.pop_front();
        }
        self.0.push_back((instrument_id, report.trade_id, report.side));
    }
}
