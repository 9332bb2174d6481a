//! The risk gate as an actor: the one path from a strategy to the venue, and the owner of orders and positions.
//!
//! Reads: control, the reports of the gateway, the book channel of each instrument, the intents of each strategy, and
//! what value at risk allows where that is limited, in that order: an intent is judged by all that was known before it. Writes: the approved channel (definitions,
//! approved orders, cancels), and to each strategy its reports, denials and positions. Owns: the [`RiskGate`], the
//! [`OrderTable`], the positions. On failure: nothing restarts it in place; the run ends.

mod expiry;
mod intents;
mod markets;
mod reports;
mod treasury;

use fulmar_bus::record::{
    AccountId, CancelOrder, ClientOrderId, ContractSize, Control, ControlCommand, ExecutionReport,
    ExecutionType, HEADER_BYTES, InstrumentId, Kind, Malformed, Nanos, Payload, Record, SLOT_WORDS,
    StrategyId, SyncState, TopOfBook, UnixNanos,
};

use self::expiry::Expiries;
use super::limits::{CANCEL_RETRY_NS, ORDERS_MAX};
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};
use crate::trading::order::{OrderTable, TrackedOrder};
use crate::trading::position::OpenPosition;
use crate::trading::risk::{RiskGate, RiskSettings};
use crate::trading::treasury::{Treasury, TreasuryPlan};

/// The actor of the risk gate.
pub struct Risk {
    inboxes: Inboxes,
    /// Of the inboxes that give books, in their order.
    books: Vec<InstrumentId>,
    state: State,
    output: Output,
}

/// What is known and owned.
struct State {
    gate: RiskGate,
    orders: OrderTable,
    instruments: Vec<Option<Watched>>,
    /// By strategy, then by instrument: what each strategy holds.
    holdings: Vec<Vec<OpenPosition>>,
    /// By strategy, then by instrument: which may trade which.
    permissions: Vec<Vec<bool>>,
    account_id: AccountId,
    /// What may be lost and put at stake, and what was.
    treasury: Treasury,
    /// The number of this boot, and of the orders that the gate itself made.
    epoch: u32,
    own_count: u64,
    /// When to look again at what a scope that must hold nothing still holds.
    close_again_at: Option<UnixNanos>,
    /// After a kill: when to cancel again what still stands then.
    cancel_again_at: Option<UnixNanos>,
    expiries: Expiries,
    anomalies: Anomalies,
}

/// One instrument as the gate sees it.
struct Watched {
    settings: RiskSettings,
    /// Of price and quantity, and how much a unit of the latter is, once it is defined.
    scales: Option<(u8, u8, ContractSize)>,
    top: Option<TopOfBook>,
    sync: SyncState,
    last_update_at: UnixNanos,
    /// Over all strategies.
    position: OpenPosition,
    /// Since when there is an order of which nobody knows what became.
    unknown_since: Option<UnixNanos>,
}

/// Where it is told.
struct Output {
    approved: Outbox,
    /// By strategy.
    reports: Vec<Outbox>,
    /// By instrument; to the feeds.
    recalls: Vec<Option<Outbox>>,
    /// Reports and positions that a strategy made no room for.
    reports_lost: u64,
}

/// What should not happen, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Anomalies {
    /// Records that were not what their kind says.
    malformed: u64,
    /// Reports of orders that nobody here placed.
    orphans: u64,
    /// Trades that nothing proved new, and that were not booked.
    unproven_trades: u64,
    /// Fills that no position could hold.
    overflows: u64,
    /// Cancels that the gateway made no room for.
    cancels_lost: u64,
    /// What the books could not take in: an instrument, a fill, a balance.
    unbooked: u64,
    /// Orders that were to close something and may not.
    closings_denied: u64,
    /// Fills of more than was ordered.
    overfills: u64,
    /// Instruments that got other scales, or another contract size, while something was held or stood.
    rescaled_holdings: u64,
}

/// What the gate watches over, and how its inboxes are laid out: control first, then one inbox of gateway reports, then
/// one book channel an instrument, then one intent channel a strategy, then the estimator's where there is one.
pub struct RiskPlan {
    /// By instrument id; `None` for instruments that may not be traded.
    pub settings: Vec<Option<RiskSettings>>,
    /// The instruments of the book channels among the inboxes, in their order.
    pub books: Vec<InstrumentId>,
    /// The instruments that each strategy may trade.
    pub strategies: Vec<Vec<InstrumentId>>,
    /// The account that they trade for.
    pub account_id: AccountId,
    /// How its money is kept, and the limits that hold over several instruments.
    pub treasury: TreasuryPlan,
    /// The number of this boot.
    pub epoch: u32,
}

/// Where the gate tells.
pub struct RiskOutboxes {
    /// Definitions, approved orders and cancels, to the gateway.
    pub approved: Outbox,
    /// Reports, denials and positions; one a strategy.
    pub reports: Vec<Outbox>,
    /// By instrument, to its feed: the wish to hear all of it anew. `None` where it may not be traded.
    pub recalls: Vec<Option<Outbox>>,
}

/// Slots that a cancel takes on the approved channel.
const CANCEL_SLOTS: usize = (HEADER_BYTES + size_of::<CancelOrder>()).div_ceil(SLOT_WORDS * 8);

const CONTROL: usize = 0;
const GATEWAY: usize = 1;
const FIRST_BOOK: usize = 2;

impl Risk {
    /// The gate of `plan`.
    pub fn new(plan: RiskPlan, inboxes: Inboxes, outboxes: RiskOutboxes) -> Self {
        let RiskOutboxes { approved, reports, recalls } = outboxes;
        let output = Output { approved, reports, recalls, reports_lost: 0 };
        let instrument_count = plan.settings.len();
        let watch = |settings: Option<RiskSettings>| {
            settings.map(|settings| Watched {
                settings,
                scales: None,
                top: None,
                sync: SyncState::Syncing,
                last_update_at: UnixNanos(0),
                position: OpenPosition::default(),
                unknown_since: None,
            })
        };
        let strategy_count = plan.strategies.len();
        let permission = |instruments: &Vec<InstrumentId>| {
            (0..instrument_count).map(|index| instruments.iter().any(|id| id.index() == index)).collect()
        };
        let state = State {
            gate: RiskGate::new(),
            orders: OrderTable::with_shares(ORDERS_MAX, strategy_count, instrument_count),
            instruments: plan.settings.into_iter().map(watch).collect(),
            holdings: vec![vec![OpenPosition::default(); instrument_count]; strategy_count],
            permissions: plan.strategies.iter().map(permission).collect(),
            account_id: plan.account_id,
            treasury: Treasury::new(plan.account_id, plan.treasury),
            epoch: plan.epoch,
            own_count: 0,
            close_again_at: None,
            cancel_again_at: None,
            expiries: Expiries::new(),
            anomalies: Anomalies::default(),
        };
        Risk { inboxes, books: plan.books, state, output }
    }
}

impl Actor for Risk {
    fn name(&self) -> &str {
        "risk"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let instrument_of_book = inbox.checked_sub(FIRST_BOOK).and_then(|book| self.books.get(book));
            let record = match (delivery, instrument_of_book) {
                (Delivery::Record(record), _) => record,
                (Delivery::Lapped(_), Some(instrument_id)) => {
                    self.state.recall(Origin::time(now), *instrument_id, &mut self.output);
                    continue;
                }
                (Delivery::Lapped(_), None) => unreachable!("all but books are read through gates"),
            };
            let understood = match inbox {
                CONTROL => self.state.on_control(now, record, &mut self.output),
                GATEWAY => self.state.on_gateway(now, record, &mut self.output),
                _ if instrument_of_book.is_some() => self.state.on_book(now, record, &mut self.output),
                // The estimator alone writes such.
                _ if record.header().kind() == Some(Kind::StakeLimit) => self.state.on_stake_limit(record),
                _ => self.state.on_intent(now, record, &mut self.output),
            };
            self.state.anomalies.malformed += u64::from(understood.is_err());
        }
        if self.state.cancel_again_at.is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.cancel_all(now, Origin::time(now), &mut self.output);
        }
        if self.state.expiries.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.end_due(now, &mut self.output);
        }
        if self.state.treasury_due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.value(now, &mut self.output);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        let State { cancel_again_at, expiries, .. } = &self.state;
        cancel_again_at.iter().copied().chain(expiries.due_at()).chain(self.state.treasury_due_at()).min()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let anomalies = &self.state.anomalies;
        tell("malformed_records", anomalies.malformed);
        tell("orphan_reports", anomalies.orphans);
        tell("unproven_trades", anomalies.unproven_trades);
        tell("position_overflows", anomalies.overflows);
        tell("rescaled_holdings", anomalies.rescaled_holdings);
        tell("overfills", anomalies.overfills);
        tell("unbooked", anomalies.unbooked);
        tell("unknown_valuations", self.state.treasury.unknown_count());
        tell("closings_denied", anomalies.closings_denied);
        tell("lost_records", self.inboxes.lost_count() + self.output.reports_lost + anomalies.cancels_lost);
        tell("duplicate_trades", self.state.orders.counts().duplicate_trades);
        tell("cancels_over_budget", self.state.gate.cancels_over_budget());
    }
}

impl State {
    fn on_control(&mut self, now: UnixNanos, record: &Record, output: &mut Output) -> Result<(), Malformed> {
        let control = record.read::<Control>()?;
        if control.command == ControlCommand::Stop {
            self.gate.stop();
        }
        self.kill(now, Origin::of(record), output);
        Ok(())
    }

    /// Cancels what stands and has no cancel on its way. What found no room, and what the venue refused to cancel, is
    /// tried again until nothing stands: the gate is killed, so nothing is added meanwhile.
    fn cancel_all(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        self.cancel_where(now, origin, output, |_, _| true);
        let has_open = self.orders.open_orders().next().is_some();
        self.cancel_again_at = has_open.then_some(now + Nanos(CANCEL_RETRY_NS));
    }

    /// Cancels each order that stands, has no cancel on its way, and is one of those.
    fn cancel_where(
        &mut self,
        now: UnixNanos,
        origin: Origin,
        output: &mut Output,
        is_one: impl Fn(&Treasury, &TrackedOrder) -> bool,
    ) {
        let State { gate, orders, treasury, .. } = self;
        orders.cancel_each(|order| {
            if !is_one(treasury, order) {
                return false;
            }
            let client_order_id = order.intent().client_order_id;
            let cancel = CancelOrder { client_order_id, venue_order_id: order.venue_order_id() };
            let passed = gate.pass_cancel(cancel, order.instrument_id(), now);
            output.approved.send(origin, passed.instrument_id(), passed.payload()).is_ok()
        });
    }

    /// Something is so wrong that nothing more may be sent.
    fn kill(&mut self, now: UnixNanos, origin: Origin, output: &mut Output) {
        self.gate.kill();
        self.cancel_all(now, origin, output);
    }

    fn cancel(&mut self, now: UnixNanos, origin: Origin, id: ClientOrderId, output: &mut Output) {
        // A wish that cannot leave is not noted, so that a kill still finds the order to cancel.
        if !output.approved.has_room(CANCEL_SLOTS) {
            self.anomalies.cancels_lost += 1;
            self.refuse_cancel(origin, id, output);
            return;
        }
        let Some(order) = self.orders.request_cancel(id) else { return };
        let (instrument_id, venue_order_id) = (order.instrument_id(), order.venue_order_id());
        let cancel = CancelOrder { client_order_id: id, venue_order_id };
        let passed = self.gate.pass_cancel(cancel, instrument_id, now);
        let sent = output.approved.send(origin, passed.instrument_id(), passed.payload());
        assert!(sent.is_ok(), "the approved channel had room for a cancel");
    }

    /// Tells the strategy that its cancel did not leave, so that it can want it again.
    fn refuse_cancel(&self, origin: Origin, id: ClientOrderId, output: &mut Output) {
        let Some(order) = self.orders.get(id) else { return };
        let intent = order.intent();
        let mut told = ExecutionReport::new(id, intent.side, ExecutionType::CancelRejected, order.status());
        told.tag = intent.tag;
        told.strategy_id = intent.strategy_id;
        told.account_id = intent.account_id;
        told.leaves_qty = order.leaves_qty();
        output.tell(intent.strategy_id, origin, order.instrument_id(), &told);
    }
}

impl Output {
    fn tell<P: Payload>(
        &mut self,
        strategy_id: StrategyId,
        origin: Origin,
        instrument_id: InstrumentId,
        payload: &P,
    ) {
        let reports = self.reports.get_mut(strategy_id.index());
        let sent = reports.is_some_and(|reports| reports.send(origin, instrument_id, payload).is_ok());
        self.reports_lost += u64::from(!sent);
    }
}
