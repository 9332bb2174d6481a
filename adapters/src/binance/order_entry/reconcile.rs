//! Reconciliation: after each login, before the first order, and again and again while it runs, the venue says what the
//! account has, which orders stand, and what traded since. It tells what is news and nothing else, so that a round on
//! top of another tells nothing.
//!
//! ```text
//!   [ open orders -> trades ] of each instrument -> balances -> positions -> ready, and again in a minute
//! ```
//!
//! The first word on what the account has comes last: what traded until orders were told is history, and in it, and of
//! what traded since, each trade is told.
//!
//! One question is on its way at a time. What cannot be settled by an answer, such as an order that stands here and not
//! there, is asked for as any order is whose fate is not known. Nothing is made up: what an order traded that is gone
//! is told by its trades.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, InstrumentId, Nanos, Quantity, RequestKind, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, OrderSession, OrderSink};
use simd_json::tape::Value;

use super::super::limits::{
    ORDERS_MAX, RECONCILE_ANSWER_MAX, RECONCILE_INTERVAL, RECONCILE_RETRY, RECONCILE_SHARE, TRADES_ANSWER,
};
use super::encode::{self, Tradable};
use super::errors;
use super::login::Line;
use super::name::OrderName;
use super::open_orders::OpenOrder;
use super::{BinanceOrderEntry, Handled, translate};
use crate::decode::json::{Fields, objects_of};

/// What is asked in a round, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// What the account has.
    Balances,
    /// What the account holds, where it can hold contracts.
    Positions,
    /// Which orders of an instrument stand.
    Orders(usize),
    /// What traded of an instrument.
    Trades(usize),
}

/// Where a round is.
pub(super) struct Reconciliation {
    /// What is asked now, and under which number.
    asked: Option<(Ask, u64)>,
    number: u64,
    /// When to ask again: what was not answered, or a whole round.
    due_at: Option<UnixNanos>,
    /// What the round cost so far of the venue's limit.
    weight: u64,
    /// An instrument was defined that the round may have passed.
    is_stale: bool,
    /// A trade was told since what the account has was asked for.
    pub(super) has_traded: bool,
    /// By instrument: how far its trades are known.
    marks: Vec<Mark>,
    /// The orders that an answer named.
    named: Vec<ClientOrderId>,
}

/// How far the trades of an instrument are known.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// The last that was told.
    told: Option<u64>,
    /// Nobody listened from here on.
    missed_from: Option<u64>,
    /// Trades of before are not ours to tell, by the venue's clock; nothing until the venue has first answered what
    /// traded. What is known of its trades is known from then on, from answers and events.
    begins_at: Option<UnixNanos>,
}

impl Mark {
    fn from(self) -> Option<u64> {
        self.missed_from.or(self.told.map(|told| told + 1))
    }
}

impl Reconciliation {
    pub(super) fn new() -> Self {
        Reconciliation {
            asked: None,
            number: 0,
            due_at: None,
            weight: 0,
            is_stale: false,
            has_traded: false,
            marks: Vec::new(),
            named: Vec::with_capacity(ORDERS_MAX),
        }
    }

    /// Nobody listens any more: what trades from now on is missed.
    pub(super) fn silence(&mut self) {
        (self.asked, self.due_at) = (None, None);
        for mark in &mut self.marks {
            mark.missed_from = mark.from();
        }
    }

    /// An instrument is new.
    pub(super) fn include(&mut self, index: usize) {
        if self.marks.len() <= index {
            self.marks.resize(index + 1, Mark::default());
        }
        self.is_stale = true;
    }

    /// What is asked now.
    pub(super) fn asked(&self) -> Option<Ask> {
        self.asked.map(|(ask, _)| ask)
    }

    /// True where the trades of an instrument are known up to a moment at which we began to listen.
    pub(super) fn listens(&self, instrument_id: InstrumentId) -> bool {
        self.marks.get(instrument_id.index()).is_some_and(|mark| mark.begins_at.is_some())
    }

    /// A trade was told.
    pub(super) fn traded(&mut self, instrument_id: InstrumentId, trade_id: u64) {
        self.has_traded = true;
        if let Some(mark) = self.marks.get_mut(instrument_id.index()) {
            mark.told = mark.told.max(Some(trade_id));
        }
    }
}

impl BinanceOrderEntry {
    /// Begins a round.
    pub(super) fn reconcile(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        (self.reconciliation.is_stale, self.reconciliation.weight) = (false, 0);
        self.ask(now, self.orders_from(0), sink);
    }

    /// What is asked from this instrument on: which orders stand, or where there is none, what the account has.
    fn orders_from(&self, index: usize) -> Ask {
        let mut rest = self.instruments.iter().enumerate().skip(index);
        rest.find(|(_, tradable)| tradable.is_some()).map_or(Ask::Balances, |(index, _)| Ask::Orders(index))
    }

    /// Asks again what was not answered, or begins the next round.
    pub(super) fn keep_reconciled(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        if !self.line.is_logged_in() {
            return;
        }
        let is_new = self.reconciliation.is_stale && self.reconciliation.asked.is_none();
        if is_new || self.reconciliation.due_at.is_some_and(|at| at <= now) {
            match self.reconciliation.asked {
                Some((ask, _)) => self.ask(now, ask, sink),
                None => self.reconcile(now, sink),
            }
        }
        self.reconciliation.due_at.into_iter().for_each(|at| self.wake_at(at));
    }

    fn ask(&mut self, now: UnixNanos, ask: Ask, sink: &mut dyn OrderSink) {
        self.reconciliation.number += 1;
        self.reconciliation.asked = Some((ask, self.reconciliation.number));
        self.reconciliation.has_traded &= ask != Ask::Balances;
        let cost = encode::weight(self.weights, ask);
        self.reconciliation.weight += cost;
        let delay = self.weight.take(now, cost);
        let (number, at) = (self.reconciliation.number, self.clock.at(now + delay));
        let writer = &mut self.writer;
        let tradable = |index: usize| self.instruments[index].as_ref().expect("it is defined");
        let (kind, bytes) = match ask {
            Ask::Balances => (RequestKind::Send, encode::balances(writer, at, number)),
            Ask::Positions => (RequestKind::Send, encode::positions(writer, at, number)),
            Ask::Orders(index) => encode::open_orders(writer, at, number, tradable(index)),
            Ask::Trades(index) => {
                let from = self.reconciliation.marks[index].from();
                encode::trades_from(writer, at, (number, from), tradable(index))
            }
        };
        sink.request(0, kind, delay, bytes);
        self.ask_again_at(now + delay + RECONCILE_ANSWER_MAX);
    }

    fn ask_again_at(&mut self, at: UnixNanos) {
        self.reconciliation.due_at = Some(at);
        self.wake_at(at);
    }

    /// Takes the answer to the question of this number.
    pub(super) fn on_reconciled(
        &mut self,
        now: UnixNanos,
        number: &[u8],
        answer: &Fields<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let number = std::str::from_utf8(number).ok().and_then(|digits| digits.parse().ok());
        let Some((ask, asked)) = self.reconciliation.asked else { return self.ignore() };
        if Some(asked) != number {
            return self.ignore();
        }
        if let Some(error) = answer.find("error") {
            let error = Fields::of(error)?;
            let (code, words) = (error.signed("code")?, error.text("msg")?);
            tracing::warn!("{}: what stands is not told: {code} {words}", self.venue());
            let status = answer.unsigned("status").unwrap_or_default();
            self.heed(now, &errors::meaning(status, code, words), words, sink);
            self.ask_later(now);
            return Ok(());
        }
        self.on_told(now, ask, answer.value("result")?, sink)
    }

    /// The question is asked again, in a while.
    pub(super) fn ask_later(&mut self, now: UnixNanos) {
        self.ask_again_at(now + RECONCILE_RETRY);
    }

    /// Takes what the venue tells to a question.
    pub(super) fn on_told(
        &mut self,
        now: UnixNanos,
        ask: Ask,
        told: Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let is_done = match ask {
            // What traded in between may be in the answer or not, and the first word must have all that was told.
            Ask::Balances if self.reconciliation.has_traded && self.balances.awaits_first_word() => {
                self.ask(now, ask, sink);
                false
            }
            Ask::Balances => self.on_balances(told, sink)?,
            Ask::Positions => self.on_positions(now, told, sink)?,
            Ask::Orders(index) => self.on_open_orders(now, index, told, sink)?,
            Ask::Trades(index) => self.on_trades_since(now, index, told, sink)?,
        };
        if is_done {
            self.go_on(now, ask, sink);
        }
        Ok(())
    }

    /// Asks the next question of the round, or ends it.
    fn go_on(&mut self, now: UnixNanos, done: Ask, sink: &mut dyn OrderSink) {
        let next = match done {
            Ask::Orders(index) => Some(Ask::Trades(index)),
            Ask::Trades(index) => Some(self.orders_from(index + 1)),
            Ask::Balances if self.product.is_futures() => Some(Ask::Positions),
            Ask::Balances | Ask::Positions => None,
        };
        if let Some(next) = next {
            return self.ask(now, next, sink);
        }
        self.reconciliation.asked = None;
        if self.reconciliation.is_stale {
            return self.reconcile(now, sink);
        }
        self.line = Line::Ready;
        // Where very many instruments are traded, a round leaves the rest of the limit to orders.
        let spent = Nanos(self.weight_interval.0 * self.reconciliation.weight * RECONCILE_SHARE);
        self.ask_again_at(now + RECONCILE_INTERVAL.max(spent));
    }

    fn on_open_orders(
        &mut self,
        now: UnixNanos,
        index: usize,
        told: Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Result<bool, DecodeError> {
        let (instrument_id, tradable) = self.instrument_at(index);
        self.reconciliation.named.clear();
        for row in objects_of(told)? {
            let row = row?;
            let Some(name) = translate::order_name(row.text("clientOrderId")?, row.unsigned("orderId")?)
            else {
                tracing::warn!("{}: an order of somebody else has too large a number", self.venue());
                continue;
            };
            let id = name.id;
            if self.reconciliation.named.len() < ORDERS_MAX {
                self.reconciliation.named.push(id);
            }
            let report = translate::standing(&row, id, tradable.scales)?;
            if self.orders.get_mut(id).is_some() {
                self.stands(now, (instrument_id, name), report, sink);
            } else if !self.orders.has_ended(report.venue_order_id) {
                let listens = self.reconciliation.listens(instrument_id);
                self.adopt(now, (instrument_id, name), (&report, listens), sink);
            }
        }
        // What stands here and not there: its end was not heard, or is about to be.
        let named = &self.reconciliation.named;
        for order in self.orders.iter_mut() {
            let is_of_it = order.instrument_id == instrument_id && order.is_answered;
            if is_of_it && order.check_at.is_none() && !named.contains(&order.client_order_id) {
                order.check_at = Some(now);
            }
        }
        self.ask_for_due(now, sink);
        Ok(true)
    }

    /// An order that stands at the venue and was not known here: of an earlier boot, or of somebody else.
    pub(super) fn adopt(
        &mut self,
        now: UnixNanos,
        (instrument_id, name): (InstrumentId, OrderName),
        (report, is_since_we_listen): (&ExecutionReport, bool),
        sink: &mut dyn OrderSink,
    ) {
        let mut order = OpenOrder::standing(report, instrument_id, is_since_we_listen, now);
        order.name_revision = name.revision;
        if self.orders.insert(order) {
            let mut told = *report;
            if is_since_we_listen {
                // What the first report says traded before is history, and nobody is told of it again. Here all of it
                // is still to come, trade by trade.
                told.cumulative_qty = told.last_qty;
            }
            sink.report(instrument_id, &told);
            self.ask_for_due(now, sink);
        } else {
            let (venue, id) = (self.venue(), report.client_order_id);
            tracing::error!("{venue}: there is no room for order {id}, which stands there");
        }
    }

    /// False where it must be asked again before the round goes on.
    fn on_trades_since(
        &mut self,
        now: UnixNanos,
        index: usize,
        told: Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Result<bool, DecodeError> {
        let (instrument_id, tradable) = self.instrument_at(index);
        let mark = self.reconciliation.marks[index];
        let (from, begins_at) = (mark.from(), mark.begins_at.unwrap_or_default());
        let mut last = None;
        let mut row_count = 0;
        for row in objects_of(told)? {
            let row = row?;
            let (trade_id, venue_order_id) = (row.unsigned("id")?, row.unsigned("orderId")?);
            row_count += 1;
            let is_before = || Ok(UnixNanos::from_millis(row.unsigned("time")?) < begins_at);
            if from.is_none_or(|from| trade_id < from) || is_before()? {
                last = last.max(Some(trade_id));
                continue;
            }
            if self.orders.names_venue_order(venue_order_id) {
                // What it traded is told by its own trades, which come with their sum.
                self.orders.ask_for_venue_order(venue_order_id, now);
            } else if self.orders.awaits_name(instrument_id) {
                // It may be the order whose answer never came.
                self.reconciliation.marks[index].missed_from = Some(trade_id);
                self.ask_again_at(now + RECONCILE_RETRY);
                return Ok(false);
            } else if !self.orders.has_ended(venue_order_id)
                && let Some(id) = ClientOrderId::foreign(venue_order_id)
            {
                let mut traded = Quantity(0);
                let report = translate::trade(&row, id, tradable.scales, &mut traded)?;
                sink.report(instrument_id, &report);
            }
            last = last.max(Some(trade_id));
        }
        let mark = &mut self.reconciliation.marks[index];
        mark.told = mark.told.max(last);
        if mark.begins_at.is_none() {
            // Where no trade is told, none is recent: the next question is for all from the first on, and is answered
            // with whatever the venue still keeps, however old. The answer is no older than it may be awaited.
            let recent_at = UnixNanos(self.clock.at(now).0.saturating_sub(RECONCILE_ANSWER_MAX.0));
            mark.begins_at = Some(if mark.told.is_none() { recent_at } else { UnixNanos(0) });
        }
        (mark.told, mark.missed_from) = (mark.told.or(Some(0)), None);
        let is_whole = from.is_none() || row_count < TRADES_ANSWER;
        if !is_whole {
            mark.missed_from = last.map(|last| last + 1);
            self.ask(now, Ask::Trades(index), sink);
        }
        self.ask_for_due(now, sink);
        Ok(is_whole)
    }

    fn instrument_at(&self, index: usize) -> (InstrumentId, Tradable) {
        let id = u32::try_from(index).expect("an instrument's id");
        (InstrumentId(id), self.instruments[index].expect("it is defined"))
    }
}
