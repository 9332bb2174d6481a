//! What the gate does with its treasury: fills are booked in them, they are valued now and then, and where a scope has
//! lost too much, what adds to its positions is canceled, and at the worst what it holds is closed.
//!
//! Orders that close are the gate's own, in the name of the strategy whose position it is: market orders for what is
//! held, judged like all others but for what holds back all that adds. One at a time stands in an instrument, and as
//! long as something is held that can be closed, another follows.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, InstrumentId, Intent, Malformed, Nanos, Price, Quantity, Record,
    Restraint, Side, StakeLimit, StrategyId, TopOfBook, UnixNanos,
};

use super::intents::ORDER_SLOTS;
use super::{Output, State, Watched};
use crate::actors::limits::{CLOSE_RETRY_NS, MARK_PRICE_AGE_MAX, SCOPES_INTERVAL};
use crate::runtime::Origin;
use crate::trading::OWN_COUNTER_MIN;
use crate::trading::account::{Fee, ScaledPrice};
use crate::trading::order::{Fill, OpenShare};
use crate::trading::risk::{Verdict, middle};

impl State {
    /// What value at risk allows a scope to have at stake.
    pub(super) fn on_stake_limit(&mut self, record: &Record) -> Result<(), Malformed> {
        self.treasury.limit_stake(record.read::<StakeLimit>()?);
        Ok(())
    }

    /// A fill goes into the books, with what it cost. Books that are not those of the venue are no ground to trade on.
    pub(super) fn keep_books(
        &mut self,
        now: UnixNanos,
        (origin, fill): (Origin, &Fill),
        report: &ExecutionReport,
        output: &mut Output,
    ) {
        if self.treasury.book_of(report.venue_at, fill, Fee::of(report)).is_err() {
            self.anomalies.unbooked += 1;
            self.kill(now, origin, output);
        }
        if self.treasury.restraint(fill.strategy_id) == Restraint::Flatten {
            self.close_again_at = Some(now);
        }
    }

    /// In how many positions what the gate judges by is not what the books of its strategy have.
    pub(super) fn positions_apart(&self) -> u64 {
        let nobody = self.holdings.len() - 1;
        let apart = (0..).zip(&self.holdings).flat_map(|(index, held)| {
            let strategy_id = if usize::from(index) == nobody { StrategyId::NONE } else { StrategyId(index) };
            let instruments = (0..).map(InstrumentId).zip(held);
            instruments.filter(move |(id, held)| self.treasury.held(strategy_id, *id) != held.quantity())
        });
        apart.count() as u64
    }

    /// What a strategy has open in an instrument may have changed.
    pub(super) fn share_changed(&mut self, strategy_id: StrategyId, instrument_id: InstrumentId) {
        self.treasury.open(strategy_id, instrument_id, self.orders.share(strategy_id, instrument_id));
    }

    /// The middle of a market is what its positions are valued at, as long as its venue states no mark price.
    pub(super) fn mark(&mut self, instrument_id: InstrumentId, top: &TopOfBook, at: UnixNanos) {
        let watched = self.instruments.get(instrument_id.index()).and_then(Option::as_ref);
        let is_marked = |watched: &&Watched| at.since(watched.marked_at) <= MARK_PRICE_AGE_MAX;
        let Some(watched) = watched.filter(|watched| !is_marked(watched)) else { return };
        let scales = watched.scales;
        let middle = middle(top).and_then(|middle| i64::try_from(middle).ok());
        if let Some(((scale, ..), price)) = scales.zip(middle) {
            self.treasury.mark(instrument_id, ScaledPrice { price: Price(price), scale });
        }
    }

    /// What is due of the treasury.
    pub(super) fn value(&mut self, now: UnixNanos, output: &mut Output) {
        let is_due = |at: Option<UnixNanos>| at.is_some_and(|at| at <= now);
        let is_changed = is_due(self.treasury.due_at()) && self.treasury.value(now);
        if is_changed || is_due(self.close_again_at) {
            self.cancel_forbidden(now, Origin::time(now), output);
            self.close_flattened(now, output);
        }
        if is_changed || now.since(self.told_scopes_at) >= SCOPES_INTERVAL {
            self.tell_scopes(now, output);
        }
        if is_due(self.doubts.due_at()) {
            self.judge_differences(now);
        }
    }

    /// When something of the treasury is due.
    pub(super) fn treasury_due_at(&self) -> Option<UnixNanos> {
        let due = [self.treasury.due_at(), self.close_again_at, self.doubts.due_at()];
        due.into_iter().flatten().min()
    }

    /// Tells operators how every scope stands.
    pub(super) fn tell_scopes(&mut self, now: UnixNanos, output: &mut Output) {
        self.told_scopes_at = now;
        for mut report in self.treasury.reports() {
            if self.is_killed(report.scope, report.index) {
                report.restraint = Restraint::Killed;
            }
            output.account(Origin::time(now), InstrumentId::NONE, &report);
        }
    }

    /// Closes what the strategies hold that may hold nothing any more.
    fn close_flattened(&mut self, now: UnixNanos, output: &mut Output) {
        let mut is_open = false;
        for strategy in 0..self.permissions.len() {
            let strategy_id = StrategyId(u16::try_from(strategy).expect("a plan has few strategies"));
            let is_to_close = self.treasury.restraint(strategy_id) == Restraint::Flatten
                || self.presences.flatten(strategy_id);
            if is_to_close {
                is_open |= self.close_all(now, strategy_id, output);
            }
        }
        self.close_again_at = is_open.then_some(now + Nanos(CLOSE_RETRY_NS));
    }

    /// True for an order that the gate made in this run.
    pub(super) fn has_made(&self, id: ClientOrderId) -> bool {
        is_own(id) && id.counter < OWN_COUNTER_MIN + self.own_count
    }

    /// Closes what a strategy holds; true where some of it is still open.
    fn close_all(&mut self, now: UnixNanos, strategy_id: StrategyId, output: &mut Output) -> bool {
        let mut is_open = false;
        for index in 0..self.instruments.len() {
            let instrument_id = InstrumentId(u32::try_from(index).expect("ids are dense"));
            let held = self.holdings[strategy_id.index()][index].quantity();
            if held.is_zero() {
                continue;
            }
            is_open = true;
            // What stands is canceled first, and what traded is known to the last, so that no more is closed than is
            // held.
            if self.orders.share(strategy_id, instrument_id) == OpenShare::default() {
                self.close(now, (strategy_id, instrument_id), held, output);
            }
        }
        is_open
    }

    fn close(
        &mut self,
        now: UnixNanos,
        (strategy_id, instrument_id): (StrategyId, InstrumentId),
        held: Quantity,
        output: &mut Output,
    ) {
        let side = if held.0 > 0 { Side::Sell } else { Side::Buy };
        let quantity = self.gate.closing_qty(instrument_id, held);
        if quantity.is_zero()
            || self.orders.is_full()
            || !output.approved.has_room(instrument_id, ORDER_SLOTS)
        {
            return;
        }
        let id = ClientOrderId::new(self.epoch, strategy_id, OWN_COUNTER_MIN + self.own_count);
        let intent = Intent::market(id, side, quantity);
        let context = self.context(now, &intent, instrument_id);
        match self.gate.check_closing(&intent, instrument_id, &context) {
            Verdict::Approved(order) => {
                self.own_count += 1;
                self.send_order(now, Origin::time(now), &order, output);
            }
            Verdict::Denied(_) => self.anomalies.closings_denied += 1,
        }
    }
}

/// True for an order that the gate made.
pub(super) fn is_own(id: ClientOrderId) -> bool {
    id.counter >= OWN_COUNTER_MIN
}
