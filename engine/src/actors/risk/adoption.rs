//! What the gate did not begin: orders that stand at the venue already, or that others send for the same account, and
//! trades of orders that nobody here knows. They belong to no strategy. What can be canceled of them is our own of an
//! earlier boot; the orders of others are counted and left alone.

use fulmar_bus::record::{ExecutionReport, ExecutionType, InstrumentId, StrategyId, UnixNanos};

use super::{Output, State};
use crate::runtime::Origin;
use crate::trading::order::Fill;

impl State {
    /// Takes in an order by the first report of it. False where it is none that could still trade or has just traded,
    /// its report does not say how much it is of, or there is no room: what it may trade is then known to nobody, and
    /// nothing that adds passes.
    pub(super) fn adopt(
        &mut self,
        now: UnixNanos,
        instrument_id: InstrumentId,
        report: &ExecutionReport,
    ) -> bool {
        let is_trade = report.execution == ExecutionType::Trade;
        let is_over = report.status.is_terminal() && !is_trade;
        if self.is_of_this_boot(report) || is_over || report.quantity.0 <= 0 {
            return false;
        }
        let is_adopted = self.orders.adopt(report, instrument_id, now).is_ok();
        if is_adopted {
            self.anomalies.adopted_orders += 1;
            // It may be of something that was killed before it came to light.
            self.cancel_again_at = self.cancel_again_at.or(Some(now));
        } else {
            self.anomalies.unadopted_orders += 1;
            self.gate.hold(instrument_id);
        }
        is_adopted
    }

    /// A report of an order that is not known, and was not adopted. A trade of one is booked, for it moved money, and
    /// holds the instrument: somebody trades here of whom nobody told us. One of this boot was settled and forgotten;
    /// all that it traded is booked, so what comes of it now can only be wrong. One that was told before is booked.
    pub(super) fn on_stray(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        (instrument_id, report): (InstrumentId, &ExecutionReport),
        output: &mut Output,
    ) {
        self.anomalies.orphans += 1;
        if report.execution != ExecutionType::Trade || report.last_qty.0 <= 0 {
            return;
        }
        self.gate.hold(instrument_id);
        if self.is_of_this_boot(report) || self.strays.has(instrument_id, report) {
            return;
        }
        self.strays.keep(instrument_id, report);
        self.anomalies.stray_trades += 1;
        let fill = Fill {
            instrument_id,
            strategy_id: StrategyId::NONE,
            account_id: self.account_id(instrument_id),
            side: report.side,
            quantity: report.last_qty,
            price: report.last_px,
        };
        self.book(now, origin, &fill, output);
        self.keep_books(now, (origin, &fill), report, output);
        let mut told = *report;
        (told.strategy_id, told.account_id) = (StrategyId::NONE, fill.account_id);
        output.account(origin, instrument_id, &told);
    }

    /// True for an order that was wanted in this run. A counter of boots that began anew names some as an earlier one
    /// did.
    fn is_of_this_boot(&self, report: &ExecutionReport) -> bool {
        let id = report.client_order_id;
        let wanted = self.wanted_counts.get(id.strategy_id.index()).copied().unwrap_or(0);
        id.epoch == self.epoch && !id.is_foreign() && (id.counter <= wanted || self.has_made(id))
    }
}
