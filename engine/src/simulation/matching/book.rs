//! Where orders stand: an arena of orders, and two sides of price levels that chain them in order of arrival.
//!
//! A level is a queue through the arena: each order names its neighbours, so joining, filling and canceling cost no
//! search and no allocation beyond the tree's own.

use std::collections::BTreeMap;

use fulmar_bus::record::{AccountId, Level, Price, Quantity, Side};

use super::{NewOrder, OrderKey, OrderKind};

/// No neighbour.
const NONE: u32 = u32::MAX;

/// An order as the book holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resting {
    /// The order's number, zero in a slot that is free.
    pub(super) number: u64,
    pub(super) account: AccountId,
    pub(super) side: Side,
    is_market: bool,
    pub(super) price: Price,
    pub(super) leaves: Quantity,
    /// How much of it the book shows at one time.
    display_qty: Quantity,
    /// How much of it the book shows now; nothing where it is in no queue.
    pub(super) shown: Quantity,
    next: u32,
    previous: u32,
}

impl Resting {
    pub(super) fn new(number: u64, account: AccountId, order: &NewOrder) -> Self {
        let is_market = order.kind == OrderKind::Market;
        Resting {
            number,
            account,
            side: order.side,
            is_market,
            price: if is_market { Price(0) } else { order.price },
            leaves: order.quantity,
            display_qty: order.display_qty,
            shown: Quantity(0),
            next: NONE,
            previous: NONE,
        }
    }

    /// At which price a buyer's money was locked, given the price of a trade.
    pub(super) fn price_locked(&self, traded: Price) -> Price {
        if self.is_market { traded } else { self.price }
    }
}

/// The arena. Freed slots chain through `next` and are used again.
#[derive(Debug)]
pub(super) struct Orders {
    slots: Vec<Resting>,
    free: u32,
    count: usize,
}

impl Default for Orders {
    fn default() -> Self {
        Orders { slots: Vec::new(), free: NONE, count: 0 }
    }
}

impl Orders {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn insert(&mut self, order: Resting) -> u32 {
        self.count += 1;
        if self.free == NONE {
            let slot =
                u32::try_from(self.slots.len()).expect("the book is full long before its slots run out");
            self.slots.push(order);
            return slot;
        }
        let slot = self.free;
        self.free = self.get(slot).next;
        *self.get_mut(slot) = order;
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) {
        let free = self.free;
        let order = self.get_mut(slot);
        assert!(order.number != 0, "an order is removed once");
        order.number = 0;
        order.next = free;
        self.free = slot;
        self.count -= 1;
    }

    /// The order of a key, where it is still the one that the key was made for.
    pub(super) fn find(&self, key: OrderKey) -> Option<&Resting> {
        self.slots.get(key.slot as usize).filter(|order| order.number == key.number && key.number != 0)
    }

    pub(super) fn get(&self, slot: u32) -> &Resting {
        &self.slots[slot as usize]
    }

    /// Takes `quantity` off an order, of what it shows where it traded, and gives what is left of it.
    pub(super) fn reduce(&mut self, slot: u32, quantity: Quantity, has_traded: bool) -> Quantity {
        let order = self.get_mut(slot);
        assert!(quantity <= order.leaves, "an order never trades more than is left of it");
        order.leaves.0 -= quantity.0;
        order.shown = match has_traded {
            true => Quantity((order.shown.0 - quantity.0).max(0)),
            false => order.shown.min(order.leaves),
        };
        order.leaves
    }

    /// Gives an order that is in no queue another price and quantity.
    pub(super) fn amend(&mut self, slot: u32, to: &NewOrder) {
        let order = self.get_mut(slot);
        let Resting { number, account, .. } = *order;
        *order = Resting::new(number, account, to);
    }

    fn get_mut(&mut self, slot: u32) -> &mut Resting {
        &mut self.slots[slot as usize]
    }
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    quantity: i64,
    first: u32,
    last: u32,
}

/// One side: its levels, best first.
#[derive(Debug)]
pub(super) struct BookSide {
    side: Side,
    /// By rank: the price of an ask, the negated price of a bid, so that the first is the best.
    levels: BTreeMap<i64, Queue>,
}

impl BookSide {
    pub(super) fn new(side: Side) -> Self {
        BookSide { side, levels: BTreeMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.levels.len()
    }

    /// The order that trades next.
    pub(super) fn first(&self) -> Option<u32> {
        self.levels.first_key_value().map(|(_, queue)| queue.first)
    }

    pub(super) fn levels(&self) -> impl Iterator<Item = Level> {
        self.levels
            .iter()
            .map(|(rank, queue)| Level { price: self.price(*rank), quantity: Quantity(queue.quantity) })
    }

    /// The orders of this side in the order in which they trade.
    pub(super) fn orders<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = &'a Resting> {
        let following = |slot: u32| (slot != NONE).then(|| orders.get(slot));
        self.levels.values().flat_map(move |queue| {
            std::iter::successors(following(queue.first), move |order| following(order.next))
        })
    }

    pub(super) fn quantity_at(&self, price: Price) -> Quantity {
        Quantity(self.levels.get(&self.rank(price)).map_or(0, |queue| queue.quantity))
    }

    /// Puts an order at the end of its price's queue, with as much of it as it shows.
    pub(super) fn link(&mut self, orders: &mut Orders, slot: u32) {
        let order = orders.get_mut(slot);
        order.shown = match order.display_qty {
            Quantity(0) => order.leaves,
            display_qty => display_qty.min(order.leaves),
        };
        (order.previous, order.next) = (NONE, NONE);
        let order = *order;
        let rank = self.rank(order.price);
        let queue = self.levels.entry(rank).or_insert(Queue { quantity: 0, first: slot, last: NONE });
        orders.get_mut(slot).previous = queue.last;
        if queue.last != NONE {
            orders.get_mut(queue.last).next = slot;
        }
        queue.last = slot;
        queue.quantity += order.shown.0;
    }

    /// Takes an order, with what it shows, out of its price's queue.
    pub(super) fn unlink(&mut self, orders: &mut Orders, slot: u32) {
        let order = *orders.get(slot);
        let rank = self.rank(order.price);
        let queue = self.levels.get_mut(&rank).expect("an order that stands has a level");
        queue.quantity -= order.shown.0;
        match order.previous {
            NONE => queue.first = order.next,
            previous => orders.get_mut(previous).next = order.next,
        }
        match order.next {
            NONE => queue.last = order.previous,
            next => orders.get_mut(next).previous = order.previous,
        }
        if queue.first == NONE {
            assert!(queue.quantity == 0, "a level without orders has no quantity");
            self.levels.remove(&rank);
        }
    }

    /// Takes traded quantity off a level.
    pub(super) fn reduce(&mut self, price: Price, quantity: Quantity) {
        let rank = self.rank(price);
        let queue = self.levels.get_mut(&rank).expect("what trades stands on a level");
        queue.quantity -= quantity.0;
    }

    fn rank(&self, price: Price) -> i64 {
        match self.side {
            Side::Buy => -price.0,
            Side::Sell => price.0,
        }
    }

    fn price(&self, rank: i64) -> Price {
        match self.side {
            Side::Buy => Price(-rank),
            Side::Sell => Price(rank),
        }
    }
}
