//! What is open in each instrument: sums that are kept as orders change, and the orders themselves, one behind the
//! other.

use fulmar_bus::record::{InstrumentId, OrderStatus, OrderType, Price, Side};

use super::TrackedOrder;

pub(super) const PAIRED: &str = "what is taken away was added";

/// What is open in one instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open {
    pub(super) buy_qty: i128,
    pub(super) sell_qty: i128,
    pub(super) notional: i128,
    pub(super) order_count: u32,
    pub(super) unknown_count: u32,
    /// Of limit orders, by side; computed anew where an order of the side changed.
    best_prices: [Best; 2],
}

/// The best price of a side, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Best {
    #[default]
    Unknown,
    Known(Option<Price>),
}

impl Open {
    /// Adds an order's part to the sums, or takes it away.
    pub(super) fn count(&mut self, order: &TrackedOrder, sign: i32) {
        let intent = &order.intent;
        let quantity = signed(i128::from(order.exposure_qty().0), sign);
        match intent.side {
            Side::Buy => self.buy_qty += quantity,
            Side::Sell => self.sell_qty += quantity,
        }
        self.notional += signed(order.exposure_notional().min(NOTIONAL_MAX), sign);
        let status = order.status();
        if !status.is_terminal() {
            self.order_count = self.order_count.checked_add_signed(sign).expect(PAIRED);
            if intent.order_type == OrderType::Limit {
                self.best_prices[index(intent.side)].count(intent.side, order.meeting_price(), sign);
            }
        }
        if status == OrderStatus::Unknown {
            self.unknown_count = self.unknown_count.checked_add_signed(sign).expect(PAIRED);
        }
    }

    /// The best price of a side; `prices` gives those of all its limit orders where it is not known any more.
    pub(super) fn best_price<I: Iterator<Item = Price>>(
        &mut self,
        side: Side,
        prices: impl FnOnce() -> I,
    ) -> Option<Price> {
        self.best_prices[index(side)].price(side, prices)
    }

    /// Whether what is summed up is the same.
    #[cfg(debug_assertions)]
    pub(super) fn has_sums_of(&self, other: &Open) -> bool {
        let sums =
            |open: &Open| (open.buy_qty, open.sell_qty, open.notional, open.order_count, open.unknown_count);
        sums(self) == sums(other)
    }
}

impl Best {
    /// An open order of this price is there from now on, or is not.
    fn count(&mut self, side: Side, price: Price, sign: i32) {
        *self = match *self {
            Best::Known(known) if sign == 1 => {
                Best::Known(Some(known.map_or(price, |known| better(side, price, known))))
            }
            // The end of one that was not the best changes nothing.
            Best::Known(Some(known)) if known != price => *self,
            _ => Best::Unknown,
        };
    }

    /// It, where need be by a look at all `prices`.
    fn price<I: Iterator<Item = Price>>(&mut self, side: Side, prices: impl FnOnce() -> I) -> Option<Price> {
        if let Best::Known(known) = *self {
            return known;
        }
        let found = prices().reduce(|one, other| better(side, one, other));
        *self = Best::Known(found);
        found
    }
}

/// The most that one order adds to a sum of notionals, so that no venue's numbers overflow it.
const NOTIONAL_MAX: i128 = i128::MAX >> 20;

/// A part of a sum as it is added, where the sign is one, or as it is taken away.
pub(super) fn signed(part: i128, sign: i32) -> i128 {
    if sign == 1 { part } else { -part }
}

fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

pub(super) fn better(side: Side, one: Price, other: Price) -> Price {
    if side == Side::Buy { one.max(other) } else { one.min(other) }
}

/// The places of open orders, one chain an instrument. Linking and unlinking takes one step.
#[derive(Debug)]
pub(super) struct Chains {
    first: Vec<u32>,
    links: Vec<Link>,
}

/// Neighbours of a place in its chain.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
}

/// No place.
const NONE: u32 = u32::MAX;

impl Chains {
    /// Empty chains of so many instruments, for so many places.
    pub(super) fn new(instrument_count: usize, place_count: usize) -> Self {
        assert!(u32::try_from(place_count).is_ok_and(|count| count < NONE), "a table has far fewer places");
        let links = vec![Link { before: NONE, after: NONE }; place_count];
        Chains { first: vec![NONE; instrument_count], links }
    }

    pub(super) fn link(&mut self, instrument_id: InstrumentId, place: usize) {
        let place = narrow(place);
        let first = std::mem::replace(&mut self.first[instrument_id.index()], place);
        self.links[place as usize] = Link { before: NONE, after: first };
        if first != NONE {
            self.links[first as usize].before = place;
        }
    }

    pub(super) fn unlink(&mut self, instrument_id: InstrumentId, place: usize) {
        let Link { before, after } = self.links[place];
        if before == NONE {
            self.first[instrument_id.index()] = after;
        } else {
            self.links[before as usize].after = after;
        }
        if after != NONE {
            self.links[after as usize].before = before;
        }
    }

    /// The places of an instrument's chain, the last linked first.
    pub(super) fn places(&self, instrument_id: InstrumentId) -> impl Iterator<Item = usize> {
        let at = |place: u32| (place != NONE).then_some(place as usize);
        let first = self.first.get(instrument_id.index()).copied().unwrap_or(NONE);
        std::iter::successors(at(first), move |place| at(self.links[*place].after))
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).expect("places were counted when the table was made")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_price_is_looked_for_again_only_after_the_best_order_ended() {
        let nobody_looks = || -> std::iter::Empty<Price> { unreachable!("it is known") };
        for (side, [best, worse, worst]) in [(Side::Buy, [102, 101, 100]), (Side::Sell, [100, 101, 102])] {
            let mut known = Best::default();
            assert_eq!(known.price(side, std::iter::empty), None);
            for price in [worse, worst, best] {
                known.count(side, Price(price), 1);
            }
            known.count(side, Price(worst), -1);
            assert_eq!(known.price(side, nobody_looks), Some(Price(best)));
            known.count(side, Price(best), -1);
            assert_eq!(known.price(side, || [Price(worse)].into_iter()), Some(Price(worse)));
            assert_eq!(known.price(side, nobody_looks), Some(Price(worse)));
        }
    }
}
