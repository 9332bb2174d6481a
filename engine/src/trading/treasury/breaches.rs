//! What the limits of scopes say against an order: of the engine, its venue and its strategy, in that order.

use fulmar_bus::record::{Quantity, Side, UnixNanos};

use super::{Adding, Limits, Purse, Treasury};
use crate::trading::account::Amount;
use crate::trading::order::OpenShare;
use crate::trading::risk::{Breach, LossGuard, ScopeBreaches, ScopeLimits, beyond, millionths};

/// What the value at risk of a scope allows it to have at stake, and how long that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stake {
    pub max: Amount,
    pub until: UnixNanos,
}

/// What a scope has at stake and may have; `None` where that is not known.
#[derive(Clone, Copy, Debug)]
struct Staked {
    is_limited: bool,
    max: Option<Amount>,
    at_stake: Option<Amount>,
}

impl Staked {
    /// Where `more` at stake is too much, or not known.
    fn breach(&self, more: Option<Amount>) -> Option<Breach> {
        if !self.is_limited {
            return None;
        }
        let Some(limit) = self.max else { return Some(Breach::UNKNOWABLE) };
        let after = more.zip(self.at_stake).and_then(|(more, at_stake)| at_stake.checked_add(more));
        match after {
            Some(after) if after <= limit => None,
            Some(after) => Some(beyond(after, limit)),
            None => Some(Breach { limit: millionths(limit), ..Breach::UNKNOWABLE }),
        }
    }
}

impl Treasury {
    /// What the limits of its scopes say against an order.
    pub fn breaches(&self, adding: &Adding) -> ScopeBreaches {
        let Some(place) = self.place(adding.strategy_id) else { return ScopeBreaches::default() };
        let purse = &self.purses[place];
        let guards = [&self.engine_guard, &purse.guard];
        let worst = |of: fn(&LossGuard) -> Option<Breach>| guards.iter().find_map(|guard| of(guard));
        let (exposures, stakes) = (self.exposure_scopes(adding), self.stake_scopes(adding, purse));
        let is_limited = exposures.iter().chain(&stakes).any(|scope| scope.is_limited);
        let more = if is_limited { self.more_at_stake(adding, purse) } else { None };
        let first = |scopes: &[Staked]| scopes.iter().find_map(|scope| scope.breach(more));
        ScopeBreaches {
            exposure: first(&exposures),
            open_orders: self.open_orders_breach(adding, purse),
            daily_loss: worst(LossGuard::daily_loss),
            drawdown: worst(LossGuard::drawdown),
            pnl_jump: worst(LossGuard::jump),
            balance: self.balance_breach(adding),
            var: first(&stakes),
        }
    }

    /// What engine, venue and strategy may have at stake.
    fn exposure_scopes(&self, adding: &Adding) -> [Staked; 3] {
        let strategy = adding.strategy_id.index();
        let venue = self.exposures.venue_of(adding.instrument_id.index());
        let Limits { engine, venues, strategies } = &self.limits;
        let scope = |max: Option<Amount>, at_stake| Staked { is_limited: max.is_some(), max, at_stake };
        [
            scope(engine.exposure_max, self.exposures.of_engine()),
            scope(venues.get(venue).and_then(|limits| limits.exposure_max), self.exposures.of_venue(venue)),
            scope(strategies[strategy].exposure_max, self.exposures.of_strategy(strategy)),
        ]
    }

    /// What engine and strategy may have at stake for their value at risk: once that was told too long ago, nobody
    /// knows.
    fn stake_scopes(&self, adding: &Adding, purse: &Purse) -> [Staked; 2] {
        let strategy = adding.strategy_id.index();
        let Limits { engine, strategies, .. } = &self.limits;
        let scope = |limits: &ScopeLimits, stake: Option<Stake>, at_stake| Staked {
            is_limited: limits.var.is_some(),
            max: stake.filter(|stake| adding.now <= stake.until).map(|stake| stake.max),
            at_stake,
        };
        [
            scope(engine, self.engine_stake, self.exposures.of_engine()),
            scope(&strategies[strategy], purse.stake, self.exposures.of_strategy(strategy)),
        ]
    }

    /// By how much an order raises what is at stake in its cell.
    fn more_at_stake(&self, adding: &Adding, purse: &Purse) -> Option<Amount> {
        let after = with(adding.share, adding.side, adding.quantity);
        let before = purse.shares[adding.instrument_id.index()];
        let worth = |share| self.worth_of(purse, adding.instrument_id, share);
        worth(after)?.checked_add(worth(before)?.checked_neg()?)
    }

    fn open_orders_breach(&self, adding: &Adding, purse: &Purse) -> Option<Breach> {
        let venue = self.exposures.venue_of(adding.instrument_id.index());
        let Limits { engine, venues, strategies } = &self.limits;
        let of_venue = venues.get(venue).and_then(|limits| limits.open_orders_max);
        let own_max = strategies[adding.strategy_id.index()].open_orders_max;
        let scopes = [
            (self.order_counts.iter().sum(), engine.open_orders_max),
            (self.order_counts[venue], of_venue),
            (purse.order_count, own_max),
        ];
        // A change is one of those that are open already.
        let before = purse.shares[adding.instrument_id.index()].order_count;
        let one_more = i128::from(1 + adding.share.order_count) - i128::from(before);
        scopes.into_iter().find_map(|(count, max): (u32, Option<u32>)| {
            let (value, limit) = (i128::from(count) + one_more, i128::from(max?));
            (value > limit).then_some(Breach { value, limit })
        })
    }

    /// What a spot order pays with, its own kind that is open counted, is there; where the venue said what is.
    fn balance_breach(&self, adding: &Adding) -> Option<Breach> {
        let books = self.account(adding.instrument_id);
        let position = books.position(adding.instrument_id)?;
        if !position.contract().is_spot() {
            return None;
        }
        let (asset, needed) = self.routes.paid_with(adding, position.contract())?;
        let balance = books.balance(asset)?;
        balance.told()?;
        if needed.is_some_and(|needed| needed <= balance.total()) {
            return None;
        }
        Some(match needed {
            Some(needed) => beyond(needed, balance.total()),
            None => Breach { limit: millionths(balance.total()), ..Breach::UNKNOWABLE },
        })
    }
}

fn with(share: OpenShare, side: Side, quantity: Quantity) -> OpenShare {
    let quantity = i128::from(quantity.0);
    match side {
        Side::Buy => OpenShare { buy_qty: share.buy_qty + quantity, ..share },
        Side::Sell => OpenShare { sell_qty: share.sell_qty + quantity, ..share },
    }
}
