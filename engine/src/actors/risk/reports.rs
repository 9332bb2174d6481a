//! What became of orders: told to whoever wanted them, booked where they traded.

use fulmar_bus::record::{
    AccountId, ExecutionReport, ExecutionType, InstrumentId, Kind, Malformed, Nanos, OrderStatus, Quantity,
    Record, StrategyId, UnixNanos,
};

use super::{Output, State};
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::runtime::Origin;
use crate::trading::order::{Applied, Booking, Fill};

impl State {
    /// The account that an instrument is traded for.
    pub(super) fn account_id(&self, instrument_id: InstrumentId) -> AccountId {
        self.accounts[self.treasury.account_of(instrument_id)]
    }

    /// What the gateway of an account tells: of orders, and of the account.
    pub(super) fn on_gateway(
        &mut self,
        now: UnixNanos,
        record: &Record,
        account: usize,
        output: &mut Output,
    ) -> Result<(), Malformed> {
        match record.header().kind() {
            Some(Kind::BalanceStatement) => self.on_balance(now, record, account, output),
            Some(Kind::PositionStatement) => self.on_position(now, record, output),
            _ => self.on_report(now, record, output),
        }
    }

    fn on_report(&mut self, now: UnixNanos, record: &Record, output: &mut Output) -> Result<(), Malformed> {
        let Some(report) = &self.word_on_order(now, record.read::<ExecutionReport>()?) else {
            return Ok(());
        };
        let origin = Origin::of(record);
        let instrument_id = record.header().instrument_id;
        let known = self.orders.get(report.client_order_id);
        let is_to_adopt = known.is_none_or(|order| order.is_succeeded_by(report));
        let is_adopted = is_to_adopt && self.adopt(now, instrument_id, report);
        let applied = match self.orders.on_report(report) {
            Applied::Orphan => {
                self.on_stray(now, origin, (instrument_id, report), output);
                return Ok(());
            }
            applied => applied,
        };
        let Applied::Order(update) = applied else {
            self.anomalies.impossible_reports += 1;
            return Ok(());
        };
        self.note_refused_end(now, report);
        self.held.on_report(report, now + Nanos(CANCEL_RETRY_NS));
        self.note_unknown(now, instrument_id);
        let order = self.orders.get(report.client_order_id).expect("a report was applied to it");
        let (instrument_id, intent) = (order.instrument_id(), *order.intent());
        let leaves_qty = order.leaves_qty();
        self.share_changed(intent.strategy_id, instrument_id);
        // The order was adopted behind a trade of it that was booked as nobody's.
        let was_stray = intent.strategy_id == StrategyId::NONE && self.strays.has(instrument_id, report);
        let booking = if was_stray { Booking::Duplicate } else { update.booking };
        let is_trade = matches!(booking, Booking::Booked(_));
        let is_refusal =
            matches!(report.execution, ExecutionType::CancelRejected | ExecutionType::UpdateRejected);
        if !update.is_news && !is_trade && !is_refusal && !is_adopted {
            // The venue tells most things twice, as an answer and as an event. A strategy hears them once.
            return Ok(());
        }
        let mut told = *report;
        told.tag = intent.tag;
        told.strategy_id = intent.strategy_id;
        told.account_id = self.account_id(instrument_id);
        told.status = update.status;
        told.leaves_qty = leaves_qty;
        (told.price, told.quantity) = (intent.price, intent.quantity);
        if update.status == OrderStatus::Rejected && update.status_before != OrderStatus::Rejected {
            self.gate.on_reject(instrument_id, now);
        }
        match booking {
            // Its status still counts; its trade was told before.
            Booking::Duplicate => told.execution = status_only(update.status),
            Booking::Unproven => {
                self.anomalies.unproven_trades += 1;
                told.execution = status_only(update.status);
            }
            Booking::Booked(fill) => {
                self.watch_trade(now, &fill, update.overfill_qty);
                self.book(now, origin, &fill, output);
                self.keep_books(now, (origin, &fill), report, output);
            }
            Booking::None => {}
        }
        output.tell(intent.strategy_id, origin, instrument_id, &told);
        Ok(())
    }

    /// A trade is held against the market, and against those before it. One of more than was ordered did happen, and
    /// nobody here can explain it.
    fn watch_trade(&mut self, now: UnixNanos, fill: &Fill, overfill_qty: Quantity) {
        let watched = self.instruments.get(fill.instrument_id.index()).and_then(Option::as_ref);
        let top = watched.and_then(|watched| watched.top);
        self.gate.on_trade(fill.instrument_id, now, fill.price, top.as_ref());
        if !overfill_qty.is_zero() {
            self.anomalies.overfills += 1;
            self.gate.hold(fill.instrument_id);
        }
    }

    /// Keeps since when there is an order of the instrument of which nobody knows what became.
    fn note_unknown(&mut self, now: UnixNanos, instrument_id: InstrumentId) {
        let has_unknown = self.orders.unknown_count(instrument_id) > 0;
        if let Some(watched) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            watched.unknown_since = watched.unknown_since.or(Some(now)).filter(|_| has_unknown);
        }
    }

    /// A fill goes into the position of whoever holds it, and into that over all.
    pub(super) fn book(&mut self, now: UnixNanos, origin: Origin, fill: &Fill, output: &mut Output) {
        let index = fill.instrument_id.index();
        let Some(watched) = self.instruments.get_mut(index).and_then(Option::as_mut) else { return };
        let nobody = self.holdings.len() - 1;
        let holder = if fill.strategy_id == StrategyId::NONE { nobody } else { fill.strategy_id.index() };
        let Some(holding) = self.holdings.get_mut(holder).and_then(|held| held.get_mut(index)) else {
            return;
        };
        let (mut all, mut own) = (watched.position, *holding);
        if all.book(fill).is_err() || own.book(fill).is_err() {
            self.anomalies.overflows += 1;
            self.kill(now, origin, output);
            return;
        }
        (watched.position, *holding) = (all, own);
        let position = own.record(fill.strategy_id, self.account_id(fill.instrument_id));
        output.tell(fill.strategy_id, origin, fill.instrument_id, &position);
    }
}

/// What a report of this status tells where it tells of no trade.
fn status_only(status: OrderStatus) -> ExecutionType {
    match status {
        OrderStatus::Rejected | OrderStatus::Denied => ExecutionType::Rejected,
        OrderStatus::Canceled => ExecutionType::Canceled,
        OrderStatus::Expired => ExecutionType::Expired,
        OrderStatus::Unknown => ExecutionType::Unknown,
        _ => ExecutionType::Accepted,
    }
}
