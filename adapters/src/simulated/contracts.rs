//! What a market of contracts knows of an account beyond its cash: what its position cost, the margin that stands
//! behind it and its orders, and the funding that it pays.
//!
//! Cash and quantity are the ledger's. A wallet is the cash and the cost of what is open, so that opening changes no
//! wallet, closing realizes into it, and the sum over all accounts is what was deposited, less fees and funding.

use std::collections::BTreeMap;

use fulmar_bus::record::{AccountId, Nanos, Notional, Price, Quantity, Side, UnixNanos};
use fulmar_engine::simulation::matching::{Expiry, NewOrder};

use super::config::SCALE;
use super::limits::{LEVERAGE, MARK_PRICE_INTERVAL};
use super::market::{Market, Output, Stream, UserEvent};
use super::reports;

/// What an account holds, valued.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holding {
    /// Contracts; above zero is long.
    pub quantity: i64,
    /// What they cost; what they brought, below zero, where they are short.
    pub cost: i128,
    /// What was earned by closing, fees not taken off.
    pub realized: i128,
    /// Cash, and the cost of what is open.
    pub wallet: i128,
    /// What contracts are valued at.
    pub mark: Price,
}

impl Holding {
    /// The price of what is open, on average.
    pub fn entry(&self) -> Price {
        let entry = self.cost.checked_div(i128::from(self.quantity)).unwrap_or(0);
        Price(i64::try_from(entry).expect("an average lies between prices"))
    }

    /// What the position is worth.
    pub fn notional(&self) -> i128 {
        self.mark.times(Quantity(self.quantity)).0
    }

    /// What closing at the mark price would earn.
    pub fn unrealized(&self) -> i128 {
        self.notional() - self.cost
    }
}

/// What one account's position cost, and what its closing earned.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    quantity: i64,
    open: i128,
    realized: i128,
}

impl Cost {
    /// Takes a trade of so much, negative where it sold, and gives what it earned.
    fn trade(&mut self, price: Price, quantity: i64) -> i128 {
        let is_closing = self.quantity.signum() * quantity.signum() < 0;
        let closed = if is_closing { quantity.abs().min(self.quantity.abs()) } else { 0 };
        let closed_cost = self.open * i128::from(closed) / i128::from(self.quantity.abs().max(1));
        let brought = price.times(Quantity(closed * self.quantity.signum())).0;
        let opened = quantity - closed * quantity.signum();
        self.open += price.times(Quantity(opened)).0 - closed_cost;
        self.quantity += quantity;
        self.realized += brought - closed_cost;
        brought - closed_cost
    }
}

/// The accounts of a market of contracts.
#[derive(Debug)]
pub struct Contracts {
    costs: BTreeMap<AccountId, Cost>,
    leverages: BTreeMap<AccountId, u32>,
    /// Accounts whose orders end at a moment unless they say again that they are there.
    countdowns: BTreeMap<AccountId, UnixNanos>,
    mark: Price,
    mark_due_at: UnixNanos,
    funding_interval: Nanos,
    funding_rate: i64,
    funding_at: UnixNanos,
}

impl Contracts {
    /// Nobody holds anything.
    pub fn new(mark: Price, (funding_interval, funding_rate): (Nanos, i64), now: UnixNanos) -> Self {
        assert!(funding_interval.0 > 0, "funding is paid at intervals");
        Contracts {
            costs: BTreeMap::new(),
            leverages: BTreeMap::new(),
            countdowns: BTreeMap::new(),
            mark,
            mark_due_at: now,
            funding_interval,
            funding_rate,
            funding_at: UnixNanos((now.0 / funding_interval.0 + 1) * funding_interval.0),
        }
    }

    /// Takes one side of a trade, and gives what it earned.
    pub fn trade(&mut self, account: AccountId, side: Side, price: Price, quantity: Quantity) -> Notional {
        let signed = if side == Side::Buy { quantity.0 } else { -quantity.0 };
        Notional(self.costs.entry(account).or_default().trade(price, signed))
    }

    /// When there is something to do.
    pub fn due_at(&self) -> UnixNanos {
        let countdown = self.countdowns.values().min().copied().unwrap_or(UnixNanos(u64::MAX));
        self.mark_due_at.min(self.funding_at).min(countdown)
    }

    /// What contracts are valued at.
    pub fn mark(&self) -> Price {
        self.mark
    }

    /// The rate of the next funding, at the scale of prices, and its moment in milliseconds.
    pub fn funding(&self) -> (i64, u64) {
        (self.funding_rate, self.funding_at.0 / 1_000_000)
    }

    /// Has an account's orders end at a moment, or never.
    pub fn count_down(&mut self, account: AccountId, ends_at: Option<UnixNanos>) {
        match ends_at {
            Some(ends_at) => self.countdowns.insert(account, ends_at),
            None => self.countdowns.remove(&account),
        };
    }

    /// Sets how many times its margin an account may hold.
    pub fn lever(&mut self, account: AccountId, leverage: u32) {
        self.leverages.insert(account, leverage);
    }

    fn overdue(&mut self, now: UnixNanos) -> Option<AccountId> {
        let (account, _) = self.countdowns.iter().find(|(_, ends_at)| **ends_at <= now)?;
        let account = *account;
        self.countdowns.remove(&account);
        Some(account)
    }
}

impl Market {
    /// What an account holds, valued now.
    pub fn holding(&self, account: AccountId) -> Holding {
        let contracts = self.contracts().expect("only contracts are held");
        let cost = contracts.costs.get(&account).copied().unwrap_or_default();
        Holding {
            quantity: cost.quantity,
            cost: cost.open,
            realized: cost.realized,
            wallet: self.matching().ledger().total(account).quote + cost.open,
            mark: contracts.mark,
        }
    }

    /// How many times its margin an account may hold.
    pub fn leverage(&self, account: AccountId) -> u32 {
        let known = self.contracts().and_then(|contracts| contracts.leverages.get(&account));
        known.copied().unwrap_or(LEVERAGE)
    }

    /// What no position and no order of an account needs as margin.
    pub fn available(&self, account: AccountId) -> i128 {
        let held = self.holding(account);
        held.wallet + held.unrealized() - self.margin(account, None)
    }

    /// The margin of an account's position and open orders, the larger of what all of one side would come to, with
    /// one order more.
    fn margin(&self, account: AccountId, more: Option<&NewOrder>) -> i128 {
        let held = self.holding(account).notional();
        let mut sides = [held, -held];
        let mut add = |side: Side, price: Price, quantity: i64| {
            sides[usize::from(side == Side::Sell)] += price.times(Quantity(quantity)).0;
        };
        for order in self.orders().open(account).filter(|order| !order.reduces_only) {
            add(order.side, order.price, order.quantity.0 - order.executed);
        }
        if let Some(order) = more {
            let best = self.matching().best(order.side.opposite()).map_or(Price(0), |level| level.price);
            let price = if order.price.0 == 0 { best } else { order.price };
            add(order.side, price, order.quantity.0);
        }
        sides[0].max(sides[1]).max(0) / i128::from(self.leverage(account))
    }

    /// True where the account's money stands for one order more.
    pub fn affords(&self, account: AccountId, order: &NewOrder) -> bool {
        let held = self.holding(account);
        held.wallet + held.unrealized() >= self.margin(account, Some(order))
    }

    /// How much more orders on this side can bring the account's position nearer to nothing, beside those that are to
    /// do so already.
    pub fn reducible(&self, account: AccountId, side: Side) -> i64 {
        let held = self.holding(account).quantity;
        let room = if side == Side::Sell { held } else { -held };
        let reducing = self.orders().open(account).filter(|order| order.reduces_only && order.side == side);
        room.max(0) - reducing.map(|order| order.quantity.0 - order.executed).sum::<i64>()
    }

    /// Does what is due of contracts: tells the mark price, lets those pay who hold, cancels where nobody is there.
    pub(super) fn advance_contracts(&mut self, now: UnixNanos) {
        let [bid, ask] = [Side::Buy, Side::Sell].map(|side| self.matching().best(side));
        let Some(contracts) = self.contracts_mut() else { return };
        if let (Some(bid), Some(ask)) = (bid, ask) {
            contracts.mark = Price((bid.price.0 + ask.price.0) / 2);
        }
        if contracts.mark_due_at <= now {
            contracts.mark_due_at = now + MARK_PRICE_INTERVAL;
            let (mark, funding) = (contracts.mark, contracts.funding());
            let frame = self.wire().mark_price(now.0 / 1_000_000, mark, funding);
            self.send(Output::Stream(Stream::MarkPrice, frame));
        }
        while self.contracts().is_some_and(|contracts| contracts.funding_at <= now) {
            self.pay_funding(now);
        }
        while let Some(account) = self.contracts_mut().and_then(|contracts| contracts.overdue(now)) {
            let keys: Vec<_> = self.orders().open(account).map(|order| order.key).collect();
            for key in keys {
                self.cancel(key, "", now);
            }
        }
    }

    /// Who is long pays who is short, or the other way round where the rate is below zero; what rounding leaves, the
    /// venue keeps or gives.
    fn pay_funding(&mut self, now: UnixNanos) {
        let Some(contracts) = self.contracts_mut() else { return };
        contracts.funding_at = contracts.funding_at + contracts.funding_interval;
        let (mark, rate) = (contracts.mark, i128::from(contracts.funding_rate));
        let unit = 10i128.pow(u32::from(SCALE));
        let holding = contracts.costs.iter().filter(|(_, cost)| cost.quantity != 0);
        let payments: Vec<(AccountId, Notional)> = holding
            .map(|(account, cost)| (*account, Notional(mark.times(Quantity(cost.quantity)).0 * rate / unit)))
            .collect();
        for (account, payment) in payments {
            self.charge(account, payment);
            let frame = reports::account_update(self, account, now.0 / 1_000_000, Some(payment));
            self.send(Output::User(account, UserEvent::Other, frame));
        }
    }

    /// Ends those orders of an account, the latest first, that may only reduce a position and would go beyond it.
    pub(super) fn end_idle_reductions(&mut self, account: AccountId, now: UnixNanos) {
        for side in [Side::Buy, Side::Sell] {
            while self.reducible(account, side) < 0 {
                let reducing = self.orders().open(account).filter(|it| it.reduces_only && it.side == side);
                let latest = reducing.last().expect("what is too much is of some order").key;
                self.expire(latest, Expiry::Venue, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_earned_and_what_is_open_is_always_all_the_money_that_moved() {
        let (mut cost, mut cash) = (Cost::default(), 0i128);
        let trades =
            [(100, 3), (110, 2), (105, -4), (103, -4), (99, 1), (101, 5), (97, -3), (98, 7), (90, -7)];
        for (price, quantity) in trades {
            cost.trade(Price(price), quantity);
            cash -= i128::from(price * quantity);
            assert_eq!(cash, cost.realized - cost.open, "after {quantity} at {price}");
            assert_eq!(cost.quantity == 0, cost.open == 0);
        }
        let mut cost = Cost::default();
        assert_eq!(
            [cost.trade(Price(100), 2), cost.trade(Price(130), -3), cost.trade(Price(120), 1)],
            [0, 60, 10]
        );
    }
}
