//! A venue that is plainly right: one list of orders that is searched from end to end, and money that is added up.
//!
//! It knows the rules and nothing of how the venue is built. Slow on purpose.

use fulmar_bus::record::Side;
use fulmar_engine::simulation::matching::{OrderKind, SelfTrade};

use crate::simulated::limits::{ACCOUNT_ORDERS_MAX, ICEBERG_PARTS_MAX, LEVERAGE};
use crate::simulated::{Dialect, SCALE, SimulatedVenueConfig, SymbolConfig};

const UNIT: i128 = 10i128.pow(SCALE as u32);

/// An order that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub id: String,
    pub side: Side,
    pub kind: OrderKind,
    /// Zero for a market order.
    pub price: i64,
    pub quantity: i64,
    /// What the book shows of it at one time; zero where all.
    pub display: i64,
    pub self_trade: SelfTrade,
    pub reduces_only: bool,
}

/// An order that stands; its place in the list is its place in time.
#[derive(Clone, Debug)]
pub struct Standing {
    pub account: usize,
    number: u64,
    pub wanted: Wanted,
    pub leaves: i64,
    /// What the book shows of it, where it stands.
    shown: i64,
}

impl Standing {
    /// As it is put last in its queue, with as much of it as it shows.
    fn new(account: usize, number: u64, wanted: Wanted, leaves: i64) -> Self {
        let shown = if wanted.display == 0 { leaves } else { wanted.display.min(leaves) };
        Standing { account, number, wanted, leaves, shown }
    }
}

/// What an account owns; of futures what it is long or short, and its cash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    pub base: i128,
    pub quote: i128,
}

/// What the campaign wants to have seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub trades: u64,
    pub partial_fills: u64,
    pub self_trades_prevented: u64,
    pub refusals: u64,
    pub halted: u64,
    pub changes: u64,
    pub reductions_ended: u64,
    pub funded: u64,
    pub refills: u64,
}

impl Seen {
    pub fn add(&mut self, more: &Seen) {
        self.trades += more.trades;
        self.partial_fills += more.partial_fills;
        self.self_trades_prevented += more.self_trades_prevented;
        self.refusals += more.refusals;
        self.halted += more.halted;
        self.changes += more.changes;
        self.reductions_ended += more.reductions_ended;
        self.funded += more.funded;
        self.refills += more.refills;
    }
}

/// The venue.
#[derive(Debug)]
pub struct Reference {
    dialect: Dialect,
    symbol: SymbolConfig,
    fee_bps: i128,
    pub open: Vec<Standing>,
    /// The market's own account first.
    pub accounts: Vec<Money>,
    pub leverages: Vec<i128>,
    pub fees: Money,
    /// What each account paid of funding.
    pub funded: Vec<i128>,
    pub is_halted: bool,
    pub mark: i64,
    number: u64,
    pub seen: Seen,
}

impl Reference {
    pub fn new(config: &SimulatedVenueConfig, accounts: Vec<Money>) -> Self {
        let symbol = config.symbols[0].clone();
        Reference {
            dialect: config.dialect,
            fee_bps: i128::from(config.fee_bps),
            open: Vec::new(),
            leverages: vec![i128::from(LEVERAGE); accounts.len()],
            funded: vec![0; accounts.len()],
            accounts,
            fees: Money::default(),
            is_halted: false,
            mark: symbol.start_price.0,
            number: 0,
            seen: Seen::default(),
            symbol,
        }
    }

    /// An order of the market's own that stands from the start.
    pub fn stands(&mut self, side: Side, price: i64, quantity: i64) {
        let (id, kind, self_trade) = (String::new(), OrderKind::Limit, SelfTrade::Allow);
        let wanted = Wanted { id, side, kind, price, quantity, display: 0, self_trade, reduces_only: false };
        self.open.push(Standing::new(0, 0, wanted, quantity));
    }

    /// Takes an order, or refuses it.
    pub fn place(&mut self, account: usize, wanted: &Wanted) -> bool {
        if self.refuses(account, wanted) {
            self.seen.refusals += 1;
            self.seen.halted += u64::from(self.is_halted);
            return false;
        }
        self.number += 1;
        self.meet(Standing::new(account, self.number, wanted.clone(), wanted.quantity));
        true
    }

    /// Takes an order out of the book.
    pub fn cancel(&mut self, account: usize, id: &str) -> bool {
        let found = self.find(account, id);
        found.map(|index| self.open.remove(index)).is_some()
    }

    pub fn cancel_all(&mut self, account: usize) {
        self.open.retain(|order| order.account != account);
    }

    /// Lowers what an order of spot wants in all.
    pub fn lower(&mut self, account: usize, id: &str, quantity: i64) {
        let Some(index) = self.find(account, id) else { return };
        let order = &mut self.open[index];
        let leaves = order.leaves - (order.wanted.quantity - quantity);
        if !self.is_halted && quantity % self.symbol.step.0 == 0 && 0 < leaves && leaves < order.leaves {
            (order.wanted.quantity, order.leaves) = (quantity, leaves);
            order.shown = order.shown.min(leaves);
            self.seen.changes += 1;
        }
    }

    /// Gives an order of futures another price and another quantity in all.
    pub fn modify(&mut self, account: usize, id: &str, (price, quantity): (i64, i64)) {
        let Some(index) = self.find(account, id) else { return };
        let before = self.open[index].clone();
        let wanted = Wanted { price, quantity, ..before.wanted.clone() };
        let more = Wanted { quantity: (quantity - before.wanted.quantity).max(0), ..wanted.clone() };
        let is_same = (price, quantity) == (before.wanted.price, before.wanted.quantity);
        if is_same || self.is_filtered(&wanted) || self.lacks_margin(account, &more) {
            return;
        }
        let leaves = before.leaves + quantity - before.wanted.quantity;
        self.seen.changes += 1;
        if leaves <= 0 || wanted.kind == OrderKind::PostOnly && self.takes(&wanted) {
            self.open.remove(index);
        } else if price == before.wanted.price && leaves < before.leaves {
            (self.open[index].wanted, self.open[index].leaves) = (wanted, leaves);
            self.open[index].shown = leaves;
        } else {
            self.open.remove(index);
            self.meet(Standing::new(before.account, before.number, wanted, leaves));
        }
    }

    /// As [`Reference::trade_with`], with the oldest of an account's orders that it can be done with.
    pub fn trade_with_one(&mut self, account: usize, is_half: bool) -> bool {
        let own = self.open.iter().filter(|order| order.account == account);
        let mut own: Vec<(u64, String)> = own.map(|order| (order.number, order.wanted.id.clone())).collect();
        own.sort();
        own.iter().any(|(_, id)| self.trade_with(account, id, is_half))
    }

    /// The market trades with an order, if its price is the best, after all that stands before it: with half of what it
    /// shows, or with all. False where it does not.
    pub fn trade_with(&mut self, account: usize, id: &str, is_half: bool) -> bool {
        let Some(index) = self.find(account, id) else { return false };
        let Standing { wanted, shown, .. } = self.open[index].clone();
        let part = if is_half { shown / 2 / self.step() * self.step() } else { shown };
        let is_best = self.levels(wanted.side).first().is_some_and(|best| best.0 == wanted.price);
        if self.is_halted || part == 0 || !is_best {
            return false;
        }
        let before = self.open[..index].iter().filter(|order| order.wanted.price == wanted.price);
        let quantity = before.map(|order| order.shown).sum::<i64>() + part;
        let (side, kind, self_trade) =
            (wanted.side.opposite(), OrderKind::ImmediateOrCancel, SelfTrade::Allow);
        let taker = Wanted {
            id: String::new(),
            side,
            kind,
            quantity,
            display: 0,
            self_trade,
            reduces_only: false,
            ..wanted
        };
        self.meet(Standing::new(0, 0, taker, quantity));
        true
    }

    /// An account trades one step at the market, although nobody asked it to.
    pub fn trade_once_more(&mut self, account: usize, side: Side) {
        let (kind, self_trade, quantity) = (OrderKind::Market, SelfTrade::ExpireTaker, self.step());
        let wanted = Wanted {
            id: String::new(),
            side,
            kind,
            price: 0,
            quantity,
            display: 0,
            self_trade,
            reduces_only: false,
        };
        self.meet(Standing::new(account, 0, wanted, quantity));
    }

    /// Who is long pays who is short.
    pub fn fund(&mut self, rate: i64) {
        for (account, funded) in self.accounts.iter_mut().zip(&mut self.funded) {
            let worth = account.base * i128::from(self.mark);
            let paid = worth * i128::from(rate) / UNIT;
            account.quote -= paid;
            *funded += paid;
            self.fees.quote += paid;
            self.seen.funded += u64::from(paid != 0);
        }
    }

    pub fn find(&self, account: usize, id: &str) -> Option<usize> {
        self.open.iter().position(|order| order.account == account && order.wanted.id == id)
    }

    /// What stands at each price of a side, best first.
    pub fn levels(&self, side: Side) -> Vec<(i64, i64)> {
        let mut sums = std::collections::BTreeMap::new();
        for order in self.open.iter().filter(|order| order.wanted.side == side) {
            *sums.entry(order.wanted.price).or_insert(0) += order.shown;
        }
        let rising = sums.into_iter();
        if side == Side::Buy { rising.rev().collect() } else { rising.collect() }
    }

    pub fn tick(&self) -> i64 {
        self.symbol.tick.0
    }

    pub fn step(&self) -> i64 {
        self.symbol.step.0
    }

    /// The least that is worth enough to be ordered, about.
    pub fn least_quantity(&self) -> i64 {
        let least = i128::from(self.symbol.notional_min) * UNIT / i128::from(self.mark);
        i64::try_from(least).expect("a small number")
    }

    /// What stands behind an account's open orders of spot.
    pub fn locked(&self, account: usize) -> Money {
        let mut locked = Money::default();
        for Standing { wanted, leaves, .. } in self.open.iter().filter(|order| order.account == account) {
            match wanted.side {
                Side::Buy => locked.quote += i128::from(wanted.price) * i128::from(*leaves),
                Side::Sell => locked.base += i128::from(*leaves),
            }
        }
        locked
    }

    fn refuses(&self, account: usize, wanted: &Wanted) -> bool {
        let of_account = self.open.iter().filter(|order| order.account == account);
        self.is_filtered(wanted)
            || self.find(account, &wanted.id).is_some()
            || of_account.count() >= ACCOUNT_ORDERS_MAX
            || wanted.kind == OrderKind::PostOnly && self.takes(wanted)
            || match self.dialect {
                Dialect::Spot => self.lacks_money(account, wanted),
                Dialect::UsdMargined => self.lacks_margin(account, wanted),
            }
    }

    fn is_filtered(&self, wanted: &Wanted) -> bool {
        let price = match wanted.kind {
            OrderKind::Market => self.levels(wanted.side.opposite()).first().map_or(0, |best| best.0),
            _ => wanted.price,
        };
        let worth = i128::from(price) * i128::from(wanted.quantity);
        let is_too_small = price > 0 && worth < i128::from(self.symbol.notional_min) * UNIT;
        self.is_halted
            || wanted.kind != OrderKind::Market && (price <= 0 || price % self.symbol.tick.0 != 0)
            || wanted.quantity <= 0
            || wanted.quantity % self.symbol.step.0 != 0
            || is_too_small && !wanted.reduces_only
            || wanted.display != 0 && !self.may_display(wanted)
    }

    fn may_display(&self, wanted: &Wanted) -> bool {
        let Wanted { kind, quantity, display, .. } = *wanted;
        matches!(kind, OrderKind::Limit | OrderKind::PostOnly)
            && (1..quantity).contains(&display)
            && display % self.symbol.step.0 == 0
            && display * ICEBERG_PARTS_MAX >= quantity
    }

    fn takes(&self, wanted: &Wanted) -> bool {
        self.levels(wanted.side.opposite()).first().is_some_and(|best| reaches(wanted, best.0))
    }

    fn lacks_money(&self, account: usize, wanted: &Wanted) -> bool {
        let (owned, locked) = (self.accounts[account], self.locked(account));
        match (wanted.side, wanted.kind) {
            (Side::Sell, _) => owned.base - locked.base < i128::from(wanted.quantity),
            (Side::Buy, OrderKind::Market) => owned.quote - locked.quote < self.reachable(account, wanted).1,
            (Side::Buy, _) => {
                owned.quote - locked.quote < i128::from(wanted.price) * i128::from(wanted.quantity)
            }
        }
    }

    /// How much more an account may order on this side to reduce what it holds.
    fn reducible(&self, account: usize, side: Side) -> i64 {
        let held = i64::try_from(self.accounts[account].base).expect("small numbers");
        let room = if side == Side::Sell { held } else { -held };
        let reducing = self.open.iter().filter(|order| order.account == account && order.wanted.side == side);
        let reducing: i64 =
            reducing.filter(|order| order.wanted.reduces_only).map(|order| order.leaves).sum();
        room.max(0) - reducing
    }

    fn lacks_margin(&self, account: usize, wanted: &Wanted) -> bool {
        if wanted.reduces_only {
            return wanted.quantity > self.reducible(account, wanted.side).max(0);
        }
        let owned = self.accounts[account];
        let held = owned.base * i128::from(self.mark);
        let mut sides = [held, -held];
        let mut add = |side: Side, price: i64, quantity: i64| {
            sides[usize::from(side == Side::Sell)] += i128::from(price) * i128::from(quantity);
        };
        for order in self.open.iter().filter(|it| it.account == account && !it.wanted.reduces_only) {
            add(order.wanted.side, order.wanted.price, order.leaves);
        }
        let best = self.levels(wanted.side.opposite()).first().map_or(0, |best| best.0);
        add(wanted.side, if wanted.kind == OrderKind::Market { best } else { wanted.price }, wanted.quantity);
        owned.quote + held < sides[0].max(sides[1]).max(0) / self.leverages[account]
    }

    /// How much of an order the book gives now, and what that costs.
    fn reachable(&self, account: usize, wanted: &Wanted) -> (i64, i128) {
        let mut open = self.open.clone();
        let (mut quantity, mut cost) = (0, 0);
        while quantity < wanted.quantity
            && let Some(index) = next_maker(&open, wanted)
        {
            let maker = open.remove(index);
            match wanted.self_trade {
                SelfTrade::ExpireMaker if maker.account == account => continue,
                SelfTrade::ExpireTaker | SelfTrade::ExpireBoth if maker.account == account => break,
                _ => {}
            }
            let taken = maker.shown.min(wanted.quantity - quantity);
            quantity += taken;
            cost += i128::from(taken) * i128::from(maker.wanted.price);
            if maker.leaves > taken {
                open.push(Standing::new(maker.account, maker.number, maker.wanted, maker.leaves - taken));
            }
        }
        (quantity, cost)
    }

    /// Trades an order that is not in the list as far as it goes, and lets the rest stand or end.
    fn meet(&mut self, mut order: Standing) {
        let mut traded = vec![];
        let is_killed = order.wanted.kind == OrderKind::FillOrKill
            && self.reachable(order.account, &order.wanted).0 < order.leaves;
        let mut ends = is_killed || !matches!(order.wanted.kind, OrderKind::Limit | OrderKind::PostOnly);
        while !is_killed
            && order.leaves > 0
            && let Some(index) = next_maker(&self.open, &order.wanted)
        {
            if order.wanted.self_trade != SelfTrade::Allow && self.open[index].account == order.account {
                self.seen.self_trades_prevented += 1;
                if order.wanted.self_trade != SelfTrade::ExpireTaker {
                    self.open.remove(index);
                }
                if order.wanted.self_trade == SelfTrade::ExpireMaker {
                    continue;
                }
                ends = true;
                break;
            }
            let maker = &mut self.open[index];
            let (quantity, price) = (order.leaves.min(maker.shown), maker.wanted.price);
            maker.leaves -= quantity;
            maker.shown -= quantity;
            order.leaves -= quantity;
            let (buyer, seller) = match order.wanted.side {
                Side::Buy => (order.account, maker.account),
                Side::Sell => (maker.account, order.account),
            };
            self.seen.partial_fills += u64::from(maker.leaves > 0) + u64::from(order.leaves > 0);
            if maker.shown == 0 {
                let Standing { account, number, wanted, leaves, .. } = self.open.remove(index);
                self.seen.refills += u64::from(leaves > 0);
                self.open.extend((leaves > 0).then(|| Standing::new(account, number, wanted, leaves)));
            }
            self.pay(buyer, seller, i128::from(quantity), i128::from(price));
            traded.extend([buyer, seller]);
        }
        if !ends && order.leaves > 0 {
            self.open.push(Standing::new(order.account, order.number, order.wanted, order.leaves));
        }
        traded.sort_unstable();
        traded.dedup();
        traded.into_iter().filter(|account| *account > 0).for_each(|account| self.end_reductions(account));
    }

    fn pay(&mut self, buyer: usize, seller: usize, quantity: i128, price: i128) {
        self.seen.trades += 1;
        let money = quantity * price;
        // Rounded up to a single unit of what it is taken in, of which money has eight digits more than are told.
        let charged =
            |amount: i128, unit: i128| (amount * self.fee_bps + 10_000 * unit - 1) / (10_000 * unit) * unit;
        let seller_fee = Money { base: 0, quote: charged(money, UNIT) };
        let buyer_fee = match self.dialect {
            Dialect::Spot => Money { base: charged(quantity, 1), quote: 0 },
            Dialect::UsdMargined => seller_fee,
        };
        for (account, sign, fee) in [(buyer, 1, buyer_fee), (seller, -1, seller_fee)] {
            let account = &mut self.accounts[account];
            account.base += sign * quantity - fee.base;
            account.quote -= sign * money + fee.quote;
            self.fees.base += fee.base;
            self.fees.quote += fee.quote;
        }
    }

    /// Ends the latest of an account's orders that may only reduce what is no longer there.
    fn end_reductions(&mut self, account: usize) {
        for side in [Side::Buy, Side::Sell] {
            while self.dialect == Dialect::UsdMargined && self.reducible(account, side) < 0 {
                let reducing = self.open.iter().enumerate().filter(|(_, order)| {
                    order.account == account && order.wanted.side == side && order.wanted.reduces_only
                });
                let latest = reducing.max_by_key(|(_, order)| order.number).expect("there is one").0;
                self.open.remove(latest);
                self.seen.reductions_ended += 1;
            }
        }
    }
}

/// The order on the other side that trades next: the best price, then the earliest.
fn next_maker(open: &[Standing], wanted: &Wanted) -> Option<usize> {
    let others = open.iter().enumerate().filter(|(_, maker)| maker.wanted.side != wanted.side);
    let reachable = others.filter(|(_, maker)| reaches(wanted, maker.wanted.price));
    let sign = if wanted.side == Side::Buy { 1 } else { -1 };
    reachable.min_by_key(|(_, maker)| sign * maker.wanted.price).map(|(index, _)| index)
}

fn reaches(wanted: &Wanted, price: i64) -> bool {
    match (wanted.kind, wanted.side) {
        (OrderKind::Market, _) => true,
        (_, Side::Buy) => price <= wanted.price,
        (_, Side::Sell) => price >= wanted.price,
    }
}
