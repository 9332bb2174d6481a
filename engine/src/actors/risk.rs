//! The risk gate as an actor: the one path from a strategy to the venue, and the owner of orders and positions.
//!
//! Reads: control, the reports of each gateway, the book channel and then the market channel of each instrument, the
//! intents of each strategy, and what value at risk allows where that is limited, in that order, so that an intent is
//! judged by all that was known before it. Writes: to each gateway what is approved (definitions, orders, cancels), to
//! each strategy its reports, denials and positions, and on the account channel what is nobody's and how every scope
//! stands. Owns: the [`RiskGate`], the [`OrderTable`], the [`HeldOrders`], the positions, the [`Treasury`]. On failure:
//! nothing restarts it in place; the run ends.

mod adoption;
mod anomalies;
mod approved;
mod cancels;
mod control;
mod doubts;
mod expiry;
mod held;
mod intents;
mod kept;
mod markets;
mod presence;
mod reports;
mod sliced;
mod statements;
mod steps;
mod strays;
mod treasury;

use fulmar_bus::record::{
    AccountId, ContractSize, Funding, InstrumentId, Kind, Payload, Quantity, StrategyId, SyncState,
    TopOfBook, UnixNanos,
};

use self::anomalies::Anomalies;
use self::approved::Approved;
use self::cancels::Sweep;
use self::control::Kills;
use self::doubts::Doubts;
use self::expiry::Expiries;
pub use self::kept::HeldPlan;
use self::kept::Keeper;
use self::presence::Presences;
use self::strays::Strays;
use super::limits::ORDERS_MAX;
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};
use crate::trading::account::ScaledPrice;
use crate::trading::held::HeldOrders;
use crate::trading::order::OrderTable;
use crate::trading::position::OpenPosition;
use crate::trading::risk::{RiskGate, RiskSettings};
use crate::trading::treasury::{Treasury, TreasuryPlan};
use crate::trading::{ACCOUNT_ASSETS_MAX, InstrumentRules};

/// The actor of the risk gate.
pub struct Risk {
    inboxes: Inboxes,
    /// Of the inboxes that give books, and of those that give markets, in their order.
    books: Vec<InstrumentId>,
    state: State,
    output: Output,
}

/// What is known and owned.
struct State {
    gate: RiskGate,
    orders: OrderTable,
    instruments: Vec<Option<Watched>>,
    /// By strategy, and last what is nobody's, then by instrument: what each holds.
    holdings: Vec<Vec<OpenPosition>>,
    /// By strategy, then by instrument: which may trade which.
    permissions: Vec<Vec<bool>>,
    /// Those that are traded for, one a gateway.
    accounts: Vec<AccountId>,
    /// Orders go to a venue that shows a part of one where its definitions say so.
    carries_icebergs: bool,
    /// What may be lost and put at stake, and what was.
    treasury: Treasury,
    /// The number of this boot, and of the orders that the gate itself made.
    epoch: u32,
    own_count: u64,
    /// By strategy: the number of the last order that it wanted.
    wanted_counts: Vec<u64>,
    /// When to look again at what a scope that must hold nothing still holds.
    close_again_at: Option<UnixNanos>,
    /// When operators were last told of every scope.
    told_scopes_at: UnixNanos,
    /// What was killed beside all, and what of the venue's statements our books do not explain.
    kills: Kills,
    doubts: Doubts,
    /// When to cancel again what is forbidden and still stands then.
    cancel_again_at: Option<UnixNanos>,
    /// By instrument.
    sweeps: Vec<Sweep>,
    expiries: Expiries,
    held: HeldOrders,
    keeper: Keeper,
    presences: Presences,
    strays: Strays,
    /// By instrument: at which scales its market channel speaks now, where that was heard.
    market_scales: Vec<Option<Scales>>,
    anomalies: Anomalies,
}

/// Digits of price and quantity, and how much a unit of the latter is.
type Scales = (u8, u8, ContractSize);

/// One instrument as the gate sees it.
struct Watched {
    configured: RiskSettings,
    /// What holds now: no more than is configured.
    settings: RiskSettings,
    /// What the instrument asks of an order, while orders of it may pass.
    rules: Option<InstrumentRules>,
    /// Once it is defined.
    scales: Option<Scales>,
    top: Option<TopOfBook>,
    sync: SyncState,
    last_update_at: UnixNanos,
    /// Over all strategies, and what is nobody's.
    position: OpenPosition,
    /// What the venue says is held, once it said so.
    told_qty: Option<Quantity>,
    /// The mark price that the venue stated last, and when.
    mark: Option<ScaledPrice>,
    marked_at: UnixNanos,
    /// What is to be paid or received for holding it next.
    funding: Option<Funding>,
    /// Since when there is an order of which nobody knows what became.
    unknown_since: Option<UnixNanos>,
}

/// Where it is told.
struct Output {
    approved: Approved,
    /// By strategy.
    reports: Vec<Outbox>,
    /// What is nobody's, and how every scope stands.
    account: Outbox,
    /// By instrument; to the feeds.
    recalls: Vec<Option<Outbox>>,
    /// Reports and positions that a strategy made no room for.
    reports_lost: u64,
}

/// What the gate watches over, and how its inboxes are laid out: control first, then one inbox of reports a gateway,
/// then one book channel an instrument, then one market channel an instrument, then one intent channel a strategy, then
/// the estimator's where there is one.
pub struct RiskPlan {
    /// By instrument id; `None` for instruments that may not be traded.
    pub settings: Vec<Option<RiskSettings>>,
    /// The instruments of the book channels among the inboxes, in their order, which is that of the market channels.
    pub books: Vec<InstrumentId>,
    /// The instruments that each strategy may trade.
    pub strategies: Vec<Vec<InstrumentId>>,
    /// The accounts that they trade for, one a gateway; the treasury says which instrument is of which.
    pub accounts: Vec<AccountId>,
    /// Whether where their orders go an order is shown in parts wherever an instrument's definition says so.
    pub carries_icebergs: bool,
    /// What held orders are kept by, and those of an earlier boot.
    pub held: HeldPlan,
    /// How its money is kept, and the limits that hold over several instruments.
    pub treasury: TreasuryPlan,
    /// The number of this boot.
    pub epoch: u32,
}

/// Where the gate tells.
pub struct RiskOutboxes {
    /// Definitions, approved orders and cancels; one a gateway.
    pub approved: Vec<Outbox>,
    /// Reports, denials and positions; one a strategy.
    pub reports: Vec<Outbox>,
    /// The same of what is nobody's, what the venue states of the account, and how every scope stands.
    pub account: Outbox,
    /// By instrument, to its feed: the wish to hear all of it anew. `None` where it may not be traded.
    pub recalls: Vec<Option<Outbox>>,
    /// Where held orders are kept; `None` where they need not outlive the process.
    pub kept: Option<Outbox>,
}

const CONTROL: usize = 0;
const FIRST_GATEWAY: usize = 1;

impl Risk {
    /// The gate of `plan`.
    pub fn new(mut plan: RiskPlan, inboxes: Inboxes, outboxes: RiskOutboxes) -> Self {
        let RiskOutboxes { approved, reports, account, recalls, kept } = outboxes;
        let instrument_count = plan.settings.len();
        let treasury = Treasury::new(&plan.accounts, plan.treasury);
        let gateway_of = (0..).map(InstrumentId).take(instrument_count).map(|id| treasury.account_of(id));
        let approved = Approved::new(approved, gateway_of.collect());
        let output = Output { approved, reports, account, recalls, reports_lost: 0 };
        let watch = |settings: Option<RiskSettings>| {
            settings.map(|settings| Watched {
                configured: settings.clone(),
                settings,
                rules: None,
                scales: None,
                top: None,
                sync: SyncState::Syncing,
                last_update_at: UnixNanos(0),
                position: OpenPosition::default(),
                told_qty: None,
                mark: None,
                marked_at: UnixNanos(0),
                funding: None,
                unknown_since: None,
            })
        };
        let strategy_count = plan.strategies.len();
        let permission = |instruments: &Vec<InstrumentId>| {
            (0..instrument_count).map(|index| instruments.iter().any(|id| id.index() == index)).collect()
        };
        let mut instruments: Vec<Option<Watched>> = plan.settings.into_iter().map(watch).collect();
        let mut orders = OrderTable::with_shares(ORDERS_MAX, strategy_count, instrument_count);
        let held = kept::restore(&mut plan.held, &mut instruments, &mut orders);
        let mut state = State {
            gate: RiskGate::new(),
            orders,
            instruments,
            holdings: vec![vec![OpenPosition::default(); instrument_count]; strategy_count + 1],
            permissions: plan.strategies.iter().map(permission).collect(),
            doubts: Doubts::new(instrument_count + ACCOUNT_ASSETS_MAX * plan.accounts.len()),
            accounts: plan.accounts,
            treasury,
            carries_icebergs: plan.carries_icebergs,
            epoch: plan.epoch,
            own_count: 0,
            wanted_counts: vec![0; strategy_count],
            close_again_at: None,
            told_scopes_at: UnixNanos(0),
            kills: Kills::default(),
            cancel_again_at: None,
            sweeps: vec![Sweep::None; instrument_count],
            expiries: Expiries::new(),
            held,
            keeper: Keeper::new(kept, plan.held),
            presences: Presences::default(),
            strays: Strays::new(),
            market_scales: vec![None; instrument_count],
            anomalies: Anomalies::default(),
        };
        state.count_restored();
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
            let place = inbox.checked_sub(FIRST_GATEWAY + self.state.accounts.len());
            let instrument_of_book = place.and_then(|place| self.books.get(place));
            let market = place.and_then(|place| place.checked_sub(self.books.len()));
            let instrument_of_market = market.and_then(|market| self.books.get(market));
            let record = match (delivery, instrument_of_book.or(instrument_of_market)) {
                (Delivery::Record(record), _) => record,
                (Delivery::Lapped(_), Some(instrument_id)) if instrument_of_book.is_some() => {
                    self.state.recall(Origin::time(now), *instrument_id, &mut self.output);
                    continue;
                }
                (Delivery::Lapped(_), Some(instrument_id)) => {
                    self.state.lose_market(*instrument_id);
                    continue;
                }
                (Delivery::Lapped(_), None) => unreachable!("all others are read through gates"),
            };
            let understood = match inbox {
                CONTROL => self.state.on_control(now, record, &mut self.output),
                _ if place.is_none() => {
                    self.state.on_gateway(now, record, inbox - FIRST_GATEWAY, &mut self.output)
                }
                _ if instrument_of_book.is_some() => self.state.on_book(now, record, &mut self.output),
                _ if instrument_of_market.is_some() => self.state.on_market(record),
                // The estimator alone writes such.
                _ if record.header().kind() == Some(Kind::StakeLimit) => self.state.on_stake_limit(record),
                _ if record.header().kind() == Some(Kind::Presence) => {
                    let strategy = market.map_or(0, |market| market - self.books.len());
                    self.state.on_presence(now, record, strategy, &mut self.output)
                }
                _ => self.state.on_intent(now, record, &mut self.output),
            };
            self.state.anomalies.malformed += u64::from(understood.is_err());
            self.state.carry_out(now, Origin::of(record), &mut self.output);
        }
        if self.state.cancel_again_at.is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.cancel_forbidden(now, Origin::time(now), &mut self.output);
        }
        if self.state.expiries.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.end_due(now, &mut self.output);
        }
        if self.state.held.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.held.wake(now);
        }
        if self.state.treasury_due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.value(now, &mut self.output);
        }
        if self.state.keeper.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.tell_restored(now, &mut self.output);
        }
        if self.state.presences.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.tell_anew(now, &mut self.output);
        }
        if work.is_some() {
            self.state.carry_out(now, Origin::time(now), &mut self.output);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        let State { cancel_again_at, expiries, held, keeper, presences, .. } = &self.state;
        let due = [*cancel_again_at, expiries.due_at(), held.due_at(), keeper.due_at(), presences.due_at()];
        due.into_iter().chain([self.state.treasury_due_at()]).flatten().min()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.state.anomalies.tell(tell);
        tell("balances_apart", self.state.treasury.balances_apart());
        tell("positions_apart", self.state.positions_apart());
        tell("unknown_valuations", self.state.treasury.unknown_count());
        tell(
            "lost_records",
            self.inboxes.lost_count() + self.output.reports_lost + self.state.anomalies.cancels_lost,
        );
        tell("duplicate_trades", self.state.orders.counts().duplicate_trades);
        tell("cancels_over_budget", self.state.gate.cancels_over_budget());
    }
}

impl Output {
    /// Tells a strategy; what is of none is told on the account channel.
    fn tell<P: Payload>(
        &mut self,
        strategy_id: StrategyId,
        origin: Origin,
        instrument_id: InstrumentId,
        payload: &P,
    ) {
        if strategy_id == StrategyId::NONE {
            return self.account(origin, instrument_id, payload);
        }
        let reports = self.reports.get_mut(strategy_id.index());
        let sent = reports.is_some_and(|reports| reports.send(origin, instrument_id, payload).is_ok());
        self.reports_lost += u64::from(!sent);
    }

    /// Tells whoever watches the account.
    fn account<P: Payload>(&mut self, origin: Origin, instrument_id: InstrumentId, payload: &P) {
        let sent = self.account.send(origin, instrument_id, payload);
        self.reports_lost += u64::from(sent.is_err());
    }
}
