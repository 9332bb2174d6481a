//! What each scope may have at stake for its value at risk: computed beside the gate, off the path of a tick.
//!
//! Reads: the book channel of each instrument that may be traded, and what the gate tells each strategy and of the
//! account, of which it takes positions alone. Writes: its channel of limits, to the gate. Owns: the windows of
//! returns. Once a second it tells for each scope with a largest value at risk what it may have at stake, and until
//! when that is good; where it does not know, it tells nothing, and what was told before runs out. It decides nothing:
//! the gate compares two integers. On failure: the run ends.
//!
//! What is open and has not traded yet has no place here: it is at stake, and the limit is of all that is at stake.

use fulmar_bus::record::{
    Flags, InstrumentDefinition, InstrumentId, Kind, Malformed, Nanos, Notional, Position, Price, Quantity,
    Record, StakeLimit, StrategyId, SyncChange, SyncState, TopOfBook, UnixNanos,
};

use super::limits::{
    ESTIMATE_GOOD_FOR_NS, ESTIMATE_INTERVAL_NS, RETURN_COUNT_MAX, RETURN_INTERVAL_NS, TOP_AGE_MAX_NS,
};
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};
use crate::trading::account::{Amount, ScaledPrice};
use crate::trading::risk::{ScopeLimits, middle};
use crate::trading::treasury::{TreasuryPlan, Valuer};
use crate::trading::value_at_risk::{
    Holding, ReturnPlan, Returns, ValueAtRisk, VarLimit, VarUnknown, stake_max,
};

/// The actor that estimates value at risk.
pub struct Estimator {
    inboxes: Inboxes,
    /// Of the inboxes that give books, in their order.
    books: Vec<InstrumentId>,
    state: State,
    limits: Outbox,
}

/// What is estimated, and how its inboxes are laid out: one book channel an instrument first, then what the gate tells
/// each strategy, then the account channel.
pub struct EstimatorPlan<'a> {
    /// The currency, the prices that are stated, and the limits of the scopes.
    pub treasury: &'a TreasuryPlan,
    /// How many instruments there are.
    pub instrument_count: usize,
    /// The instruments of the book channels among the inboxes, in their order.
    pub books: Vec<InstrumentId>,
    /// The instruments that each strategy may trade.
    pub strategies: Vec<Vec<InstrumentId>>,
}

struct State {
    scopes: Vec<Scope>,
    valuer: Valuer,
    returns: Returns,
    /// By instrument.
    markets: Vec<Market>,
    /// By strategy, and last what is nobody's; then by instrument.
    held: Vec<Vec<Quantity>>,
    /// Room for what one scope holds.
    holdings: Vec<Holding>,
    /// `None` before the first turn.
    estimate_at: Option<UnixNanos>,
    counts: Counts,
}

/// A scope with a largest value at risk.
struct Scope {
    /// `None` for all together.
    strategy_id: Option<StrategyId>,
    var_max: Amount,
    var: ValueAtRisk,
    /// What it may trade.
    instruments: Vec<InstrumentId>,
    /// What a million of the worst of those loses, by the returns that are known.
    of_million: Option<Amount>,
}

#[derive(Clone, Copy, Default)]
struct Market {
    price_scale: Option<u8>,
    mark: Option<Price>,
    told_at: UnixNanos,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    malformed: u64,
    unknown: u64,
    lost: u64,
}

impl Estimator {
    /// True where there is anything to estimate.
    pub fn is_needed(treasury: &TreasuryPlan) -> bool {
        let scopes = treasury.strategies.iter().chain([&treasury.engine]);
        treasury.currency.is_some() && scopes.into_iter().any(|scope| scope.var.is_some())
    }

    /// The estimator of `plan`.
    ///
    /// # Panics
    /// Where nothing is to be estimated.
    pub fn new(plan: EstimatorPlan<'_>, inboxes: Inboxes, limits: Outbox) -> Self {
        let EstimatorPlan { treasury, instrument_count, books, strategies } = plan;
        let currency =
            treasury.currency.filter(|_| Self::is_needed(treasury)).expect("a limit to estimate by");
        let scope = |strategy_id: Option<StrategyId>, limits: &ScopeLimits, instruments: &[InstrumentId]| {
            limits.var.map(|VarLimit { var_max, settings }| Scope {
                strategy_id,
                var_max,
                var: ValueAtRisk::new(settings),
                instruments: instruments.to_vec(),
                of_million: None,
            })
        };
        let own = (0..).map(StrategyId).zip(&treasury.strategies).zip(&strategies);
        let own = own.filter_map(|((id, limits), instruments)| scope(Some(id), limits, instruments));
        let returns = ReturnPlan { interval: Nanos(RETURN_INTERVAL_NS), count_max: RETURN_COUNT_MAX };
        let state = State {
            scopes: scope(None, &treasury.engine, &books).into_iter().chain(own).collect(),
            valuer: Valuer::new(currency, &treasury.worth, instrument_count),
            returns: Returns::new(instrument_count, returns),
            markets: vec![Market::default(); instrument_count],
            held: vec![vec![Quantity(0); instrument_count]; strategies.len() + 1],
            holdings: Vec::with_capacity(instrument_count),
            estimate_at: None,
            counts: Counts::default(),
        };
        Estimator { inboxes, books, state, limits }
    }
}

impl Actor for Estimator {
    fn name(&self) -> &str {
        "estimator"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn on_start(&mut self, now: UnixNanos) {
        self.state.estimate_at = Some(next_estimate(now));
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let book = self.books.get(inbox).copied();
            let understood = match (delivery, book) {
                (Delivery::Record(record), Some(_)) => self.state.on_book(now, record),
                (Delivery::Record(record), None) => self.state.on_told(record),
                (Delivery::Lapped(_), Some(instrument_id)) => {
                    self.state.lose(instrument_id);
                    Ok(())
                }
                (Delivery::Lapped(_), None) => unreachable!("what the gate tells is read through gates"),
            };
            self.state.counts.malformed += u64::from(understood.is_err());
        }
        if self.state.estimate_at.is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.state.estimate(now, &mut self.limits);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.state.estimate_at
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let counts = &self.state.counts;
        tell("malformed_records", counts.malformed);
        tell("unknown_estimates", counts.unknown);
        tell("lost_records", self.inboxes.lost_count() + counts.lost);
    }
}

impl State {
    fn on_book(&mut self, now: UnixNanos, record: &Record) -> Result<(), Malformed> {
        let header = *record.header();
        let Some(market) = self.markets.get_mut(header.instrument_id.index()) else { return Ok(()) };
        match header.kind() {
            // Nobody knows yet which of the two markets is the real one.
            Some(Kind::TopOfBook) if header.flags.contains(Flags::SUSPECT) => market.mark = None,
            Some(Kind::TopOfBook) => {
                let middle = middle(record.read::<TopOfBook>()?);
                market.mark = middle.and_then(|middle| i64::try_from(middle).ok()).map(Price);
                market.told_at = now;
            }
            Some(Kind::SyncChange) if record.read::<SyncChange>()?.state != SyncState::Live => {
                market.mark = None;
            }
            Some(Kind::InstrumentDefinition) => {
                let definition = record.read::<InstrumentDefinition>()?;
                *market = Market { price_scale: Some(definition.price_scale), ..Market::default() };
                if self.valuer.define(header.instrument_id, definition) {
                    self.returns.forget(header.instrument_id);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_told(&mut self, record: &Record) -> Result<(), Malformed> {
        if record.header().kind() != Some(Kind::Position) {
            return Ok(());
        }
        let position = record.read::<Position>()?;
        let nobody = self.held.len() - 1;
        let place =
            if position.strategy_id == StrategyId::NONE { nobody } else { position.strategy_id.index() };
        let held = self.held.get_mut(place);
        if let Some(held) = held.and_then(|held| held.get_mut(record.header().instrument_id.index())) {
            *held = position.quantity;
        }
        Ok(())
    }

    /// Something of a book was lost on the way here, maybe what the instrument is: nothing of it is known until it is
    /// defined again.
    fn lose(&mut self, instrument_id: InstrumentId) {
        self.markets[instrument_id.index()] = Market::default();
        self.valuer.forget(instrument_id);
    }

    fn estimate(&mut self, now: UnixNanos, limits: &mut Outbox) {
        self.estimate_at = Some(next_estimate(now));
        for (instrument_id, market) in (0..).map(InstrumentId).zip(&self.markets) {
            let is_young = now.since(market.told_at) <= Nanos(TOP_AGE_MAX_NS);
            let mark = market.mark.filter(|_| is_young).zip(market.price_scale);
            self.valuer.mark(instrument_id, mark.map(|(price, scale)| ScaledPrice { price, scale }));
        }
        self.valuer.refresh();
        if self.returns.due_at() <= now {
            self.returns.sample(now, self.valuer.marks());
            self.scopes.iter_mut().for_each(|scope| scope.of_million = scope.worst(&self.returns).ok());
        }
        for index in 0..self.scopes.len() {
            let Some((stake, var)) = self.stake_of(index) else {
                self.counts.unknown += 1;
                continue;
            };
            let until = now + Nanos(ESTIMATE_GOOD_FOR_NS);
            let amounts = (Notional(stake.0), Notional(var.0));
            let told = StakeLimit::new(self.scopes[index].strategy_id, amounts, until);
            let sent = limits.send(Origin::time(now), InstrumentId::NONE, &told);
            self.counts.lost += u64::from(sent.is_err());
        }
    }

    /// What a scope may have at stake, and its value at risk; `None` where that is not known.
    fn stake_of(&mut self, scope: usize) -> Option<(Amount, Amount)> {
        let State { scopes, valuer, returns, held, holdings, .. } = self;
        let scope = &mut scopes[scope];
        let of_scope = |strategy: usize| scope.strategy_id.is_none_or(|id| id.index() == strategy);
        let mut at_stake = Amount::ZERO;
        holdings.clear();
        for instrument_id in &scope.instruments {
            let mut worth = Amount::ZERO;
            for (_, held) in held.iter().enumerate().filter(|(strategy, _)| of_scope(*strategy)) {
                let own = valuer.worth(*instrument_id, held[instrument_id.index()])?;
                at_stake = at_stake.checked_add(Amount(own.0.checked_abs()?))?;
                worth = worth.checked_add(own)?;
            }
            holdings.push(Holding { instrument_id: *instrument_id, worth });
        }
        let var = scope.var.of(returns, holdings).ok()?;
        Some((stake_max((var, at_stake), scope.of_million?, scope.var_max)?, var))
    }
}

impl Scope {
    /// What a million of the worst of its instruments loses.
    fn worst(&mut self, returns: &Returns) -> Result<Amount, VarUnknown> {
        let Scope { var, instruments, .. } = self;
        instruments.iter().try_fold(Amount::ZERO, |worst, id| Ok(worst.max(var.of_million(returns, *id)?)))
    }
}

/// The first even time after `now`.
fn next_estimate(now: UnixNanos) -> UnixNanos {
    now.floor_to(Nanos(ESTIMATE_INTERVAL_NS)) + Nanos(ESTIMATE_INTERVAL_NS)
}
