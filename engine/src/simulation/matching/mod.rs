//! A venue's matching: one book, price-time priority, and a ledger that pays for what trades.
//!
//! Pure: what comes out depends on the order of the calls alone. It knows no time, no client ids and no protocol;
//! whoever serves it adds those. Everything is an integer, and money and assets are conserved after each call.

mod book;
mod change;
mod ledger;
mod order;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use fulmar_bus::record::{AccountId, Level, Notional, Price, Quantity, Side};

use super::limits::OPEN_ORDERS_MAX;
use book::{BookSide, Orders, Resting};
pub use ledger::{Balance, Ledger};
pub use order::{
    Event, Expiry, Fee, Match, NewOrder, OrderKey, OrderKind, Rejection, SelfTrade, Settlement, Terms,
};

/// One market: its book, its accounts, and what changed since the levels were last drained.
///
/// ```
/// use fulmar_bus::record::{Price, Quantity, Side};
/// use fulmar_engine::simulation::matching::{Balance, Event, Matching, NewOrder, OrderKind, SelfTrade, Terms};
/// # use fulmar_bus::record::Notional;
/// # use fulmar_engine::market::FeeRate;
/// # use fulmar_engine::simulation::matching::Settlement;
/// let settlement = Settlement::Delivery;
/// let terms = Terms { tick: Price(1), lot: Quantity(1), settlement, fee: FeeRate::ZERO, money_unit: Notional(1) };
/// let mut market = Matching::new(terms);
/// let maker = market.open_account(Balance { base: 10, quote: 0 }).expect("there is room");
/// let taker = market.open_account(Balance { base: 0, quote: 1_000 }).expect("there is room");
/// let order = |side| NewOrder {
///     side, kind: OrderKind::Limit, price: Price(100), quantity: Quantity(3), display_qty: Quantity(0),
///     self_trade: SelfTrade::Allow,
/// };
/// let mut events = Vec::new();
/// market.submit(maker, order(Side::Sell), &mut events).expect("it can pay");
/// market.submit(taker, order(Side::Buy), &mut events).expect("it can pay");
/// assert!(matches!(events[2], Event::Trade(trade) if trade.price == Price(100)));
/// assert_eq!(market.ledger().total(taker), Balance { base: 3, quote: 700 });
/// ```
#[derive(Debug)]
pub struct Matching {
    terms: Terms,
    /// Bids, then asks.
    sides: [BookSide; 2],
    orders: Orders,
    ledger: Ledger,
    changed: BTreeSet<(Side, Price)>,
    order_count: u64,
    trade_count: u64,
    update_id: u64,
}

impl Matching {
    /// An empty market.
    pub fn new(terms: Terms) -> Self {
        Matching {
            sides: [BookSide::new(Side::Buy), BookSide::new(Side::Sell)],
            orders: Orders::default(),
            ledger: Ledger::new(terms.settlement),
            terms,
            changed: BTreeSet::new(),
            order_count: 0,
            trade_count: 0,
            update_id: 0,
        }
    }

    /// Takes an order: accepts it, trades it as far as it goes, and lets the rest stand or expire, all told in
    /// `events`, which is appended to.
    ///
    /// # Errors
    /// A [`Rejection`]; then nothing changed and nothing was told.
    pub fn submit(
        &mut self,
        account: AccountId,
        order: NewOrder,
        events: &mut Vec<Event>,
    ) -> Result<OrderKey, Rejection> {
        self.check(account, &order)?;
        self.order_count += 1;
        let number = self.order_count;
        let slot = self.orders.insert(Resting::new(number, account, &order));
        let key = OrderKey { number, slot };
        events.push(Event::Accepted { key, account });
        self.lock(account, &order);

        self.meet_book(key, &order, events);
        Ok(key)
    }

    /// Cancels an order. Gives false, and tells nothing, where it does not stand any more.
    pub fn cancel(&mut self, key: OrderKey, events: &mut Vec<Event>) -> bool {
        let Some(order) = self.end(key) else { return false };
        events.push(Event::Canceled { key, account: order.account, leaves: order.leaves });
        true
    }

    /// Charges an account what no trade costs, such as funding; negative where the account receives it.
    pub fn charge(&mut self, account: AccountId, money: Notional) {
        self.ledger.charge(account, money);
    }

    /// What is left of an order that stands, or nothing where it does not.
    pub fn leaves(&self, key: OrderKey) -> Option<Quantity> {
        self.orders.find(key).map(|order| order.leaves)
    }

    /// How much an order that stands shows, or nothing where it does not stand.
    pub fn shown(&self, key: OrderKey) -> Option<Quantity> {
        self.orders.find(key).map(|order| order.shown)
    }

    /// How much trades before what an order that stands shows, or nothing where it does not.
    pub fn ahead(&self, key: OrderKey) -> Option<Quantity> {
        let order = self.orders.find(key)?;
        let before = self.side(order.side).orders(&self.orders).take_while(|it| it.number != key.number);
        Some(Quantity(before.map(|order| order.shown.0).sum()))
    }

    /// The price of an order that stands, and its side.
    pub fn standing(&self, key: OrderKey) -> Option<(Side, Price)> {
        self.orders.find(key).map(|order| (order.side, order.price))
    }

    /// Best level of a side.
    pub fn best(&self, side: Side) -> Option<Level> {
        self.side(side).levels().next()
    }

    /// Levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        self.side(side).levels()
    }

    /// How much stands at a price; zero where nothing does.
    pub fn quantity_at(&self, side: Side, price: Price) -> Quantity {
        self.side(side).quantity_at(price)
    }

    /// Levels of a side.
    pub fn level_count(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// Orders that stand.
    pub fn open_orders(&self) -> usize {
        self.orders.len()
    }

    /// Counts the changes of levels: the number of the book as it is now.
    pub fn update_id(&self) -> u64 {
        self.update_id
    }

    /// Counts the orders taken.
    pub fn order_count(&self) -> u64 {
        self.order_count
    }

    /// Counts the trades.
    pub fn trade_count(&self) -> u64 {
        self.trade_count
    }

    /// What constrains orders here.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Who owns what.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A new account with this much, or nothing where the ledger is full.
    pub fn open_account(&mut self, deposit: Balance) -> Option<AccountId> {
        self.ledger.open(deposit)
    }

    /// Gives every level that changed since the last drain to `tell`, once each, with what stands there now: bids from
    /// low to high, then asks from low to high.
    pub fn drain_changed(&mut self, mut tell: impl FnMut(Side, Level)) {
        for (side, price) in std::mem::take(&mut self.changed) {
            tell(side, Level { price, quantity: self.quantity_at(side, price) });
        }
    }

    fn check(&self, account: AccountId, order: &NewOrder) -> Result<(), Rejection> {
        if !self.ledger.has(account) {
            return Err(Rejection::UnknownAccount);
        }
        if !self.terms.allows_quantity(order.quantity) {
            return Err(Rejection::Quantity);
        }
        let may_stand = matches!(order.kind, OrderKind::Limit | OrderKind::PostOnly);
        let may_show = may_stand && self.terms.allows_quantity(order.display_qty);
        if !order.display_qty.is_zero() && !may_show {
            return Err(Rejection::Display);
        }
        if order.kind != OrderKind::Market && !self.terms.allows_price(order.price) {
            return Err(Rejection::Price);
        }
        if order.kind == OrderKind::PostOnly && self.would_take(order) {
            return Err(Rejection::WouldTake);
        }
        if self.orders.len() >= OPEN_ORDERS_MAX as usize {
            return Err(Rejection::BookFull);
        }
        let needed = self.needed(account, order);
        if self.ledger.covers(account, needed) { Ok(()) } else { Err(Rejection::InsufficientBalance) }
    }

    /// What an order locks.
    fn needed(&self, account: AccountId, order: &NewOrder) -> Balance {
        let money = match order.kind {
            OrderKind::Market => self.reachable(account, order).1,
            _ => order.price.times(order.quantity),
        };
        match order.side {
            Side::Sell => Balance { base: i128::from(order.quantity.0), quote: 0 },
            Side::Buy => Balance { base: 0, quote: money.0 },
        }
    }

    /// Trades an order that is in no queue as far as it goes, and lets the rest stand or expire.
    fn meet_book(&mut self, key: OrderKey, order: &NewOrder, events: &mut Vec<Event>) {
        let account = self.orders.get(key.slot).account;
        let is_killed =
            order.kind == OrderKind::FillOrKill && self.reachable(account, order).0 < order.quantity;
        let met_itself = !is_killed && self.take(key, order, events);

        let leaves = self.orders.get(key.slot).leaves;
        if leaves.is_zero() {
            self.orders.remove(key.slot);
        } else if met_itself || !matches!(order.kind, OrderKind::Limit | OrderKind::PostOnly) {
            let reason = if met_itself { Expiry::SelfTrade } else { Expiry::TimeInForce };
            self.release(key.slot);
            self.orders.remove(key.slot);
            events.push(Event::Expired { key, account, leaves, reason });
        } else {
            self.rest(key.slot);
        }
    }

    /// Takes an order that stands out of the book, and gives it as it stood.
    fn end(&mut self, key: OrderKey) -> Option<Resting> {
        let order = *self.orders.find(key)?;
        self.sides[index(order.side)].unlink(&mut self.orders, key.slot);
        self.touch(order.side, order.price);
        self.release(key.slot);
        self.orders.remove(key.slot);
        Some(order)
    }

    /// Trades the order as far as it goes. True where it stopped because it met its own account.
    fn take(&mut self, key: OrderKey, order: &NewOrder, events: &mut Vec<Event>) -> bool {
        loop {
            let taker = *self.orders.get(key.slot);
            let Some(maker_slot) = self.side(order.side.opposite()).first() else { return false };
            let maker = *self.orders.get(maker_slot);
            if taker.leaves.is_zero() || !order.reaches(maker.price) {
                return false;
            }
            let maker_key = OrderKey { number: maker.number, slot: maker_slot };
            if order.self_trade != SelfTrade::Allow && maker.account == taker.account {
                if order.self_trade != SelfTrade::ExpireTaker {
                    self.expire(maker_key, Expiry::SelfTrade, events);
                }
                match order.self_trade {
                    SelfTrade::ExpireMaker => continue,
                    _ => return true,
                }
            }
            let quantity = taker.leaves.min(maker.shown);
            let trade = self.trade(key, maker_key, quantity);
            events.push(Event::Trade(trade));
        }
    }

    fn lock(&mut self, account: AccountId, order: &NewOrder) {
        let needed = self.needed(account, order);
        self.ledger.lock(account, needed);
    }

    /// Trades `quantity` between two orders at the maker's price, and pays for it.
    fn trade(&mut self, taker_key: OrderKey, maker_key: OrderKey, quantity: Quantity) -> Match {
        let price = self.orders.get(maker_key.slot).price;
        let maker_leaves = self.orders.reduce(maker_key.slot, quantity, true);
        let taker_leaves = self.orders.reduce(taker_key.slot, quantity, true);
        let (maker, taker) = (*self.orders.get(maker_key.slot), *self.orders.get(taker_key.slot));
        let (buyer, seller) = if taker.side == Side::Buy { (&taker, &maker) } else { (&maker, &taker) };

        let money = price.times(quantity);
        let (buyer_fee, seller_fee) = (self.terms.buyer_fee(quantity, money), self.terms.seller_fee(money));
        let reserved = buyer.price_locked(price).times(quantity);
        self.ledger.pay_buyer(buyer.account, reserved, money, (quantity, buyer_fee));
        self.ledger.pay_seller(seller.account, quantity, (money, seller_fee));

        let side = &mut self.sides[index(maker.side)];
        side.reduce(maker.price, quantity);
        if maker.shown.is_zero() {
            side.unlink(&mut self.orders, maker_key.slot);
            if maker_leaves.is_zero() {
                self.orders.remove(maker_key.slot);
            } else {
                // The next part of it is the last in its queue.
                side.link(&mut self.orders, maker_key.slot);
            }
        }
        self.touch(maker.side, maker.price);
        self.trade_count += 1;
        Match {
            trade_id: self.trade_count,
            price,
            quantity,
            maker: maker_key,
            taker: taker_key,
            maker_account: maker.account,
            taker_account: taker.account,
            maker_leaves,
            taker_leaves,
            aggressor: taker.side,
            buyer_fee,
            seller_fee,
        }
    }

    fn rest(&mut self, slot: u32) {
        let order = *self.orders.get(slot);
        self.sides[index(order.side)].link(&mut self.orders, slot);
        self.touch(order.side, order.price);
    }

    /// Unlocks what is still reserved for an order that ends.
    fn release(&mut self, slot: u32) {
        let order = *self.orders.get(slot);
        match order.side {
            Side::Sell => self.ledger.unlock_base(order.account, order.leaves),
            Side::Buy => self.ledger.unlock_quote(order.account, order.price.times(order.leaves)),
        }
    }

    fn touch(&mut self, side: Side, price: Price) {
        self.update_id += 1;
        self.changed.insert((side, price));
    }

    fn side(&self, side: Side) -> &BookSide {
        &self.sides[index(side)]
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}
