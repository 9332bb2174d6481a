//! What the gate knows of money: the books of the account and of each strategy, and the watch over what they may lose
//! and have at stake.
//!
//! ```text
//! fills, fees, funding  ->  books of the account, books of the strategy
//! marks                 ->  at most ten times a second: what each scope has earned, and has at stake, in one currency
//!                       ->  a Restraint of the engine and of each strategy
//! an order              ->  ScopeBreaches: what the limits of its engine, venue and strategy say against it
//! ```
//!
//! Without a currency nothing is valued, and no limit of a scope can be stated. What cannot be valued in it, for want
//! of a price, is unknown, and what is unknown is refused. It is pure: no order is sent here, and no clock is read.

mod books;
mod breaches;
mod limits;
mod report;
mod routes;
mod statements;
#[cfg(test)]
mod tests;
mod valuer;

use fulmar_bus::record::{
    AccountId, InstrumentDefinition, InstrumentId, Nanos, Notional, Price, Quantity, Restraint, Side,
    StakeLimit, StrategyId, UnixNanos,
};

use self::breaches::Stake;
pub use self::limits::LimitError;
use self::routes::Routes;
use self::statements::FirstWords;
pub use self::valuer::Valuer;
use super::account::{
    Account, AccountError, AccountPlan, Amount, Asset, Conversions, CostMethod, FeeSchedule, ScaledPrice,
};
use super::limits::VALUATION_INTERVAL;
use super::order::OpenShare;
use super::risk::{Exposures, LossGuard, ScopeLimits};

/// What a treasury is kept by.
#[derive(Clone, Debug, Default)]
pub struct TreasuryPlan {
    /// The currency that limits over several instruments are stated in; `None` where there are none.
    pub currency: Option<Asset>,
    /// What one of an asset is worth in it, where no market of the run tells.
    pub worth: Vec<(Asset, ScaledPrice)>,
    /// How what closing trades earned is told.
    pub method: CostMethod,
    /// What the account pays where its venue states no fee.
    pub fees: FeeSchedule,
    /// The limits of all together.
    pub engine: ScopeLimits,
    /// By venue, counted as in `venue_of`.
    pub venues: Vec<ScopeLimits>,
    /// By strategy.
    pub strategies: Vec<ScopeLimits>,
    /// By instrument: the venue that it is of.
    pub venue_of: Vec<usize>,
    /// By instrument: the account that it is traded for, counted as the accounts are; where nothing is said, the first.
    pub account_of: Vec<usize>,
}

/// An order as the limits of scopes look at it.
#[derive(Clone, Copy, Debug)]
pub struct Adding {
    /// When it is judged.
    pub now: UnixNanos,
    /// Whose.
    pub strategy_id: StrategyId,
    /// Where.
    pub instrument_id: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What of it would be in no position yet.
    pub quantity: Quantity,
    /// The most that a unit of it can trade for; `None` where that is not known.
    pub price: Option<Price>,
    /// What its strategy has open there without it.
    pub share: OpenShare,
}

/// A scope whose losses are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All strategies together, and what nobody here ordered.
    Engine,
    /// One strategy.
    Strategy(StrategyId),
}

/// The treasury. See the module.
#[derive(Clone, Debug)]
pub struct Treasury {
    /// The books of each account, which is at a venue of its own: what it has of an asset, no other has.
    accounts: Vec<Account>,
    /// By instrument.
    account_of: Vec<usize>,
    /// By strategy, and last what no strategy of this run did: what was there before, what others do.
    purses: Vec<Purse>,
    engine_guard: LossGuard,
    engine_stake: Option<Stake>,
    routes: Routes,
    /// By instrument: the middle of its market when it was last told.
    marks: Vec<Option<ScaledPrice>>,
    conversions: Option<Conversions>,
    exposures: Exposures,
    /// By venue: how many orders are open there.
    order_counts: Vec<u32>,
    first_words: FirstWords,
    limits: Limits,
    /// What the configuration states: no change of a limit goes beyond it.
    configured: Limits,
    currency: Option<Asset>,
    valued_at: UnixNanos,
    /// Something changed since.
    is_stale: bool,
    unknown_count: u64,
}

/// What one strategy has earned, and the watch over it.
#[derive(Clone, Debug)]
struct Purse {
    books: Account,
    guard: LossGuard,
    /// By instrument.
    shares: Vec<OpenShare>,
    order_count: u32,
    /// What its value at risk allows it to have at stake, as far as it was told.
    stake: Option<Stake>,
}

#[derive(Clone, Debug)]
struct Limits {
    engine: ScopeLimits,
    venues: Vec<ScopeLimits>,
    strategies: Vec<ScopeLimits>,
}

impl Treasury {
    /// Empty books of these accounts, and of as many strategies as the plan has limits for.
    pub fn new(accounts: &[AccountId], plan: TreasuryPlan) -> Self {
        let TreasuryPlan { currency, worth, method, fees, engine, venues, strategies, venue_of, .. } = plan;
        let instrument_count = venue_of.len();
        let mut account_of = plan.account_of;
        account_of.resize(instrument_count, 0);
        let books = |account_id, method| {
            Account::new(AccountPlan { account_id, method, fees: fees.clone(), instrument_count })
        };
        let purse = |limits: &ScopeLimits| Purse {
            books: books(AccountId(0), CostMethod::Average),
            guard: began(limits),
            shares: vec![OpenShare::default(); instrument_count],
            order_count: 0,
            stake: None,
        };
        let mut strategies = strategies;
        strategies.push(ScopeLimits::default());
        let limits = Limits { engine, venues, strategies };
        let venue_count = venue_of.iter().max().map_or(0, |last| last + 1);
        Treasury {
            accounts: accounts.iter().map(|id| books(*id, method)).collect(),
            account_of,
            purses: limits.strategies.iter().map(purse).collect(),
            engine_guard: began(&engine),
            engine_stake: None,
            routes: Routes::new(currency, worth, instrument_count),
            marks: vec![None; instrument_count],
            conversions: currency.map(Conversions::new),
            exposures: Exposures::new(limits.strategies.len(), &venue_of),
            order_counts: vec![0; venue_count],
            first_words: FirstWords::new(accounts.len()),
            configured: limits.clone(),
            limits,
            currency,
            valued_at: UnixNanos(0),
            is_stale: false,
            unknown_count: 0,
        }
    }

    /// The books of the account that an instrument is traded for.
    pub fn account(&self, instrument_id: InstrumentId) -> &Account {
        &self.accounts[self.account_of[instrument_id.index()]]
    }

    /// Which account an instrument is traded for.
    pub fn account_of(&self, instrument_id: InstrumentId) -> usize {
        self.account_of.get(instrument_id.index()).copied().unwrap_or(0)
    }

    /// What a strategy may still do, by its own losses and by those of all together.
    pub fn restraint(&self, strategy_id: StrategyId) -> Restraint {
        let own = self.place(strategy_id).map(|place| self.purses[place].guard.restraint());
        own.unwrap_or_default().max(self.engine_guard.restraint())
    }

    /// Which venue an instrument is of.
    pub fn venue_of(&self, instrument_id: InstrumentId) -> usize {
        self.exposures.venue_of(instrument_id.index())
    }

    /// What a strategy holds of an instrument, by its books here.
    pub fn held(&self, strategy_id: StrategyId, instrument_id: InstrumentId) -> Quantity {
        let place = self.place(strategy_id);
        let position = place.and_then(|place| self.purses[place].books.position(instrument_id));
        position.map_or(Quantity(0), |position| position.quantity())
    }

    /// Of how many assets the venue's last word is not what the books of the account say. It means something once
    /// nothing is on its way.
    pub fn balances_apart(&self) -> u64 {
        let accounts = self.accounts.iter().enumerate();
        let balances = accounts
            .flat_map(|(place, books)| books.balances().iter().map(move |balance| (place, balance.asset())));
        balances.filter(|(place, asset)| self.balance_difference(*place, *asset).is_some()).count() as u64
    }

    /// How often something could not be valued.
    pub fn unknown_count(&self) -> u64 {
        self.unknown_count
    }

    /// An instrument is this from now on.
    ///
    /// # Errors
    /// As [`Account::define`]; fills of it are refused until it is defined so that they can be booked.
    pub fn define(
        &mut self,
        instrument_id: InstrumentId,
        definition: &InstrumentDefinition,
    ) -> Result<(), AccountError> {
        self.marks[instrument_id.index()] = None;
        self.routes.define(instrument_id, definition);
        self.books_of(instrument_id).define(instrument_id, definition)?;
        self.purses.iter_mut().try_for_each(|purse| purse.books.define(instrument_id, definition))
    }

    /// The middle of an instrument's market is this from now on.
    pub fn mark(&mut self, instrument_id: InstrumentId, mark: ScaledPrice) {
        self.marks[instrument_id.index()] = Some(mark);
        self.is_stale = true;
    }

    /// What a strategy has open in an instrument is this from now on.
    pub fn open(&mut self, strategy_id: StrategyId, instrument_id: InstrumentId, share: OpenShare) {
        let Some(place) = self.place(strategy_id) else { return };
        let venue = self.venue_of(instrument_id);
        let purse = &mut self.purses[place];
        let before = std::mem::replace(&mut purse.shares[instrument_id.index()], share);
        for count in [&mut purse.order_count, &mut self.order_counts[venue]] {
            *count = *count - before.order_count + share.order_count;
        }
        self.revalue(strategy_id, instrument_id);
    }

    /// A scope may have so much at stake, until then.
    pub fn limit_stake(&mut self, told: &StakeLimit) {
        let stake = Stake { max: Amount(Notional::from(told.at_stake_max).0), until: told.until };
        match told.strategy_id() {
            None => self.engine_stake = Some(stake),
            Some(id) => {
                let place = self.place(id);
                place.into_iter().for_each(|place| self.purses[place].stake = Some(stake));
            }
        }
    }

    /// When all of it is to be valued next.
    pub fn due_at(&self) -> Option<UnixNanos> {
        let is_due = self.is_stale && self.conversions.is_some();
        is_due.then_some(self.valued_at + VALUATION_INTERVAL)
    }

    /// Values all of it. True where a scope may do less than before, or more.
    pub fn value(&mut self, now: UnixNanos) -> bool {
        let Some(conversions) = &mut self.conversions else { return false };
        (self.valued_at, self.is_stale) = (now, false);
        self.routes.price(&self.marks, conversions);
        for (instrument_id, mark) in (0..).map(InstrumentId).zip(&self.marks) {
            let Some(mark) = *mark else { continue };
            let purses = self.purses.iter_mut().map(|purse| &mut purse.books);
            for books in purses.chain(&mut self.accounts) {
                // One that is not defined here is held by nobody.
                let _ = books.mark(instrument_id, mark);
            }
        }
        let of_all = earned(&self.accounts, conversions);
        let mut is_changed = observe(&mut self.engine_guard, now, of_all);
        for purse in &mut self.purses {
            is_changed |= observe(&mut purse.guard, now, earned([&purse.books], conversions));
        }
        self.unknown_count += u64::from(of_all.is_none());
        for place in 0..self.purses.len() {
            for instrument in 0..self.marks.len() {
                self.revalue_cell(place, InstrumentId(u32::try_from(instrument).expect("a dense id")));
            }
        }
        is_changed
    }

    /// Somebody has looked at what a scope lost: it begins anew.
    pub fn enable(&mut self, scope: Scope) {
        match scope {
            Scope::Engine => self.engine_guard.enable(),
            Scope::Strategy(id) => {
                let place = self.place(id);
                place.into_iter().for_each(|place| self.purses[place].guard.enable());
            }
        }
        self.is_stale = true;
    }

    /// Values one cell anew.
    fn revalue(&mut self, strategy_id: StrategyId, instrument_id: InstrumentId) {
        self.place(strategy_id).into_iter().for_each(|place| self.revalue_cell(place, instrument_id));
    }

    fn revalue_cell(&mut self, place: usize, instrument_id: InstrumentId) {
        let purse = &self.purses[place];
        let worth = self.worth_of(purse, instrument_id, purse.shares[instrument_id.index()]);
        self.exposures.set(place, instrument_id.index(), worth);
    }

    /// Where the purse of a strategy is, or that of nobody; `None` where there is no such strategy.
    fn place(&self, strategy_id: StrategyId) -> Option<usize> {
        let nobody = self.purses.len() - 1;
        match strategy_id {
            StrategyId::NONE => Some(nobody),
            StrategyId(index) => Some(usize::from(index)).filter(|place| *place < nobody),
        }
    }

    /// What a strategy could come to hold of an instrument is worth, in the currency; `None` where that is not known.
    fn worth_of(&self, purse: &Purse, instrument_id: InstrumentId, share: OpenShare) -> Option<Amount> {
        let Some(position) = purse.books.position(instrument_id) else {
            return (share == OpenShare::default()).then_some(Amount::ZERO);
        };
        let held = i128::from(position.quantity().0);
        let (long, short) = (held.checked_add(share.buy_qty)?, held.checked_sub(share.sell_qty)?);
        let most = long.abs().max(short.abs()).max(held.abs());
        if most == 0 {
            return Some(Amount::ZERO);
        }
        let most = Quantity(i64::try_from(most).ok()?);
        let worth = position.contract().worth(most, self.marks[instrument_id.index()]?).ok()?;
        let settled_in = purse.books.settled_in(instrument_id)?;
        let conversions = self.conversions.as_ref()?;
        conversions.convert(settled_in, Amount(worth.0.checked_abs()?))
    }
}

/// A guard that knows that nothing was earned yet.
fn began(limits: &ScopeLimits) -> LossGuard {
    let mut guard = LossGuard::new(limits.losses);
    guard.observe(UnixNanos(0), Some(Amount::ZERO));
    guard
}

/// What all of these have earned; `None` where that is not known.
fn earned<'a>(books: impl IntoIterator<Item = &'a Account>, conversions: &Conversions) -> Option<Amount> {
    books.into_iter().try_fold(Amount::ZERO, |sum, books| sum.checked_add(books.earned(conversions).ok()?))
}

/// True where what the scope may do changed, since it has earned so much.
fn observe(guard: &mut LossGuard, now: UnixNanos, earned: Option<Amount>) -> bool {
    let before = guard.restraint();
    guard.observe(now, earned) != before
}

const _: () = assert!(VALUATION_INTERVAL.0 > Nanos(0).0, "valuations have an interval");
