//! What is open, in the order in which it was opened: the cost that first in, first out takes from.
//!
//! A tranche is what an opening trade left open. They stand in a ring of fixed size. Where one more has no place, the
//! two oldest become one, whose cost is then shared on average: no money is lost by it, only which part of it is earned
//! when, so it is counted. A trade at the price of the newest tranche widens that one instead: an order that fills in
//! parts takes one place.

use fulmar_bus::record::Price;

use super::PositionOverflow;
use super::netting::share_of;

/// What one opening trade left open, or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tranche {
    quantity: i64,
    cost: i128,
    /// `None` where it was opened at several.
    price: Option<(Price, u8)>,
}

/// Tranches of one position, all signed as it.
#[derive(Clone, Debug)]
pub(in crate::trading) struct Tranches {
    ring: Box<[Tranche]>,
    /// Place of the oldest.
    first: usize,
    count: usize,
    merged_count: u64,
}

impl Tranche {
    fn share(&self, part: i64) -> i128 {
        share_of(self.cost, part, self.quantity)
    }

    /// The part of `closing` that this one gives.
    fn part_of(&self, closing: i64) -> i64 {
        closing.clamp(self.quantity.min(0), self.quantity.max(0))
    }

    fn joined(self, other: Tranche, price: Option<(Price, u8)>) -> Result<Tranche, PositionOverflow> {
        let quantity = self.quantity.checked_add(other.quantity).ok_or(PositionOverflow)?;
        let cost = self.cost.checked_add(other.cost).ok_or(PositionOverflow)?;
        Ok(Tranche { quantity, cost, price })
    }
}

impl Tranches {
    /// Room for `tranches_max`, two at least.
    pub fn new(tranches_max: usize) -> Self {
        assert!(tranches_max >= 2, "two become one where there is no room for a third");
        let ring = vec![Tranche::default(); tranches_max].into_boxed_slice();
        Tranches { ring, first: 0, count: 0, merged_count: 0 }
    }

    /// How often two were made one for want of room.
    pub fn merged_count(&self) -> u64 {
        self.merged_count
    }

    /// What the oldest `closing` cost: whole tranches, and a share of the last, rounded toward zero.
    ///
    /// # Errors
    /// Where a sum does not fit.
    pub fn cost_of(&self, closing: i64) -> Result<i128, PositionOverflow> {
        let (mut left, mut cost) = (closing, 0_i128);
        for age in 0..self.count {
            if left == 0 {
                break;
            }
            let tranche = self.ring[self.place(age)];
            let part = tranche.part_of(left);
            cost = cost.checked_add(tranche.share(part)).ok_or(PositionOverflow)?;
            left -= part;
        }
        assert!(left == 0, "nobody closes {left} more than is open");
        Ok(cost)
    }

    /// Takes the oldest `closing` out.
    pub fn close(&mut self, closing: i64) {
        let mut left = closing;
        while left != 0 {
            let oldest = &mut self.ring[self.first];
            let part = oldest.part_of(left);
            assert!(part != 0, "nobody closes {left} more than is open");
            oldest.cost -= oldest.share(part);
            oldest.quantity -= part;
            left -= part;
            if oldest.quantity == 0 {
                self.first = self.place(1);
                self.count -= 1;
            }
        }
    }

    /// Puts `quantity` in as the newest.
    ///
    /// # Errors
    /// Where two that become one do not fit; then nothing was changed.
    pub fn open(&mut self, quantity: i64, cost: i128, price: (Price, u8)) -> Result<(), PositionOverflow> {
        let opened = Tranche { quantity, cost, price: Some(price) };
        if let Some(newest) = self.count.checked_sub(1).map(|age| self.place(age))
            && self.ring[newest].price == opened.price
        {
            self.ring[newest] = self.ring[newest].joined(opened, opened.price)?;
            return Ok(());
        }
        if self.count == self.ring.len() {
            let second = self.place(1);
            self.ring[second] = self.ring[self.first].joined(self.ring[second], None)?;
            self.first = second;
            self.count -= 1;
            self.merged_count = self.merged_count.saturating_add(1);
        }
        let newest = self.place(self.count);
        self.ring[newest] = opened;
        self.count += 1;
        Ok(())
    }

    /// Where the tranche of this age stands, the oldest being zero.
    fn place(&self, age: usize) -> usize {
        let place = self.first + age;
        if place < self.ring.len() { place } else { place - self.ring.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(tranches_max: usize, trades: &[(i64, i64)]) -> Tranches {
        let mut tranches = Tranches::new(tranches_max);
        for &(quantity, price) in trades {
            let cost = i128::from(quantity) * i128::from(price);
            tranches.open(quantity, cost, (Price(price), 0)).expect("it fits");
        }
        tranches
    }

    #[test]
    fn what_was_opened_first_is_closed_first() {
        let mut tranches = opened(4, &[(2, 100), (3, 110), (1, 130)]);
        assert_eq!(tranches.cost_of(4), Ok(2 * 100 + 2 * 110));
        tranches.close(4);
        assert_eq!(tranches.cost_of(2), Ok(110 + 130));
        let shorts = opened(4, &[(-2, 100), (-3, 110)]);
        assert_eq!(shorts.cost_of(-3), Ok(-2 * 100 - 110));
    }

    #[test]
    fn parts_at_one_price_take_one_place() {
        let tranches = opened(2, &[(1, 100), (5, 100), (2, 101), (7, 101)]);
        assert_eq!((tranches.count, tranches.merged_count()), (2, 0));
        assert_eq!(tranches.cost_of(7), Ok(6 * 100 + 101));
    }

    #[test]
    fn where_there_is_no_room_the_two_oldest_become_one_and_it_is_counted() {
        let mut tranches = opened(2, &[(1, 100), (1, 110), (1, 150)]);
        assert_eq!((tranches.count, tranches.merged_count()), (2, 1));
        assert_eq!(tranches.cost_of(1), Ok(105), "on average");
        tranches.close(1);
        assert_eq!(tranches.cost_of(2), Ok(105 + 150), "and nothing is lost");
    }

    #[test]
    fn tranches_that_do_not_fit_one_are_left_as_they_were() {
        let mut tranches = Tranches::new(2);
        for (quantity, cost, price) in [(1, i128::MAX, 1), (1, i128::MAX, 2)] {
            tranches.open(quantity, cost, (Price(price), 0)).expect("there is room");
        }
        assert_eq!(tranches.open(1, 1, (Price(3), 0)), Err(PositionOverflow));
        assert_eq!((tranches.count, tranches.merged_count()), (2, 0));
        assert_eq!(tranches.cost_of(1), Ok(i128::MAX));
        assert_eq!(tranches.cost_of(2), Err(PositionOverflow));
    }
}
