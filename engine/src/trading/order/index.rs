//! Where in the table an order stands: a fixed map from order id to place, which never allocates and never differs
//! between runs.
//!
//! A cell is one word, eight to a cache line: a part of the id's hash and a place. Whether the order at that place is
//! the one looked for is said by the table, which is read next anyhow.

use fulmar_bus::record::ClientOrderId;

/// Open addressing with linear probing, at most half full. A removal moves later cells back, so no grave is left and
/// a probe stays short for ever.
#[derive(Debug)]
pub(super) struct OrderIndex {
    cells: Vec<Cell>,
}

/// A place, and the hash of the order at it, whose low bits say where the cell would like to be.
#[derive(Clone, Copy, Debug)]
struct Cell {
    hash: u32,
    place: u32,
}

impl Cell {
    /// No order.
    const EMPTY: Cell = Cell { hash: 0, place: u32::MAX };

    fn is_empty(self) -> bool {
        self.place == u32::MAX
    }
}

impl OrderIndex {
    /// An index with room for `orders_max` orders.
    ///
    /// # Panics
    /// Where 32 bits do not number them.
    pub(super) fn new(orders_max: usize) -> Self {
        assert!(u32::try_from(orders_max).is_ok_and(|max| max < u32::MAX), "places are numbered by 32 bits");
        OrderIndex { cells: vec![Cell::EMPTY; (orders_max.max(1) * 2).next_power_of_two()] }
    }

    /// The place of an order; `is_at` says whether it is the one at a place.
    pub(super) fn find(&self, id: ClientOrderId, is_at: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = hash(id);
        let mut at = self.home_of(hash);
        loop {
            let cell = self.cells[at];
            if cell.is_empty() {
                return None;
            }
            if cell.hash == hash && is_at(cell.place as usize) {
                return Some(cell.place as usize);
            }
            at = self.after(at);
        }
    }

    /// Remembers the place of an order that is not in the index. The owner sees to it that the index is never more
    /// than half full.
    pub(super) fn insert(&mut self, id: ClientOrderId, place: usize) {
        let hash = hash(id);
        let mut at = self.home_of(hash);
        while !self.cells[at].is_empty() {
            at = self.after(at);
        }
        let place = u32::try_from(place).expect("a place is below the number of orders");
        self.cells[at] = Cell { hash, place };
    }

    /// Forgets the order at a place.
    pub(super) fn remove(&mut self, id: ClientOrderId, place: usize) {
        let mut hole = self.home_of(hash(id));
        while self.cells[hole].place as usize != place {
            assert!(!self.cells[hole].is_empty(), "an order that is forgotten was remembered");
            hole = self.after(hole);
        }
        let mut at = self.after(hole);
        while !self.cells[at].is_empty() {
            let wanted = self.home_of(self.cells[at].hash);
            // The hole is on the way from where it would like to be to where it is.
            if self.distance(hole, at) <= self.distance(wanted, at) {
                self.cells[hole] = self.cells[at];
                hole = at;
            }
            at = self.after(at);
        }
        self.cells[hole] = Cell::EMPTY;
    }

    fn home_of(&self, hash: u32) -> usize {
        hash as usize & (self.cells.len() - 1)
    }

    fn after(&self, cell: usize) -> usize {
        (cell + 1) & (self.cells.len() - 1)
    }

    /// Steps from one cell on to another.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.cells.len() - 1)
    }
}

/// Counters run up by one, so a multiplication by an odd constant spreads them; its high bits are the good ones.
fn hash(id: ClientOrderId) -> u32 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let owner = u64::from(id.epoch) << 16 | u64::from(id.strategy_id.0);
    let mixed = (id.counter ^ owner.wrapping_mul(SPREAD)).wrapping_mul(SPREAD);
    u32::try_from(mixed >> 32).expect("32 bits fit")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fulmar_bus::record::StrategyId;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_order_that_only_looks_like_another_is_not_taken_for_it() {
        let mut index = OrderIndex::new(4);
        let id = ClientOrderId::new(1, StrategyId(0), 1);
        index.insert(id, 3);
        assert_eq!(index.find(id, |_| false), None, "its owner says that another is there");
        assert_eq!(index.find(id, |place| place == 3), Some(3));
    }

    proptest! {
        #![proptest_config(crate::trading::seeded(100))]

        #[test]
        fn the_index_agrees_with_a_map(steps in prop::collection::vec((0_u16..3, 1_u64..12), 1..400)) {
            let mut index = OrderIndex::new(36);
            let mut map = BTreeMap::new();
            let mut ids = Vec::new();
            for (place, (strategy, counter)) in steps.into_iter().enumerate() {
                let id = ClientOrderId::new(1, StrategyId(strategy), counter);
                ids.push(id);
                if let Some(place) = map.remove(&id) {
                    index.remove(id, place);
                } else {
                    map.insert(id, place);
                    index.insert(id, place);
                }
                for counter in 1..12 {
                    for strategy in 0..3 {
                        let id = ClientOrderId::new(1, StrategyId(strategy), counter);
                        let found = index.find(id, |place| ids[place] == id);
                        prop_assert_eq!(found, map.get(&id).copied());
                    }
                }
            }
        }
    }
}
