//! Where in the table an order stands: a fixed map from order id to place, which never allocates and never differs
//! between runs.

use fulmar_bus::record::ClientOrderId;

/// Open addressing with linear probing, at most half full. A removal moves later cells back, so no grave is left and
/// a probe stays short for ever.
#[derive(Debug)]
pub(super) struct OrderIndex {
    cells: Vec<Option<(ClientOrderId, usize)>>,
}

impl OrderIndex {
    /// An index with room for `orders_max` orders.
    pub(super) fn new(orders_max: usize) -> Self {
        OrderIndex { cells: vec![None; (orders_max.max(1) * 2).next_power_of_two()] }
    }

    /// The place of an order.
    pub(super) fn find(&self, id: ClientOrderId) -> Option<usize> {
        let cell = self.cell_of(id);
        self.cells[cell].map(|(_, place)| place)
    }

    /// Remembers the place of an order that is not in the index. The owner sees to it that the index is never more
    /// than half full.
    pub(super) fn insert(&mut self, id: ClientOrderId, place: usize) {
        let cell = self.cell_of(id);
        assert!(self.cells[cell].is_none(), "an order has one place");
        self.cells[cell] = Some((id, place));
    }

    /// Forgets an order.
    pub(super) fn remove(&mut self, id: ClientOrderId) {
        let mut hole = self.cell_of(id);
        self.cells[hole] = None;
        let mut cell = self.after(hole);
        while let Some((found, _)) = self.cells[cell] {
            let wanted = self.home_of(found);
            if self.distance(wanted, hole) < self.distance(wanted, cell) {
                self.cells[hole] = self.cells[cell].take();
                hole = cell;
            }
            cell = self.after(cell);
        }
    }

    /// The cell that holds `id`, or the empty one where it would go.
    fn cell_of(&self, id: ClientOrderId) -> usize {
        let mut cell = self.home_of(id);
        while self.cells[cell].is_some_and(|(found, _)| found != id) {
            cell = self.after(cell);
        }
        cell
    }

    /// Counters run up by one, so a multiplication by an odd constant spreads them; its high bits are the good ones.
    fn home_of(&self, id: ClientOrderId) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let owner = u64::from(id.epoch) << 16 | u64::from(id.strategy_id.0);
        let mixed = (id.counter ^ owner.wrapping_mul(SPREAD)).wrapping_mul(SPREAD);
        usize::try_from(mixed >> 32).expect("32 bits fit") & (self.cells.len() - 1)
    }

    fn after(&self, cell: usize) -> usize {
        (cell + 1) & (self.cells.len() - 1)
    }

    /// Steps from one cell on to another.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.cells.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fulmar_bus::record::StrategyId;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(crate::trading::seeded(100))]

        #[test]
        fn the_index_agrees_with_a_map(steps in prop::collection::vec((0_u16..3, 1_u64..12), 1..400)) {
            let mut index = OrderIndex::new(36);
            let mut map = BTreeMap::new();
            for (place, (strategy, counter)) in steps.into_iter().enumerate() {
                let id = ClientOrderId::new(1, StrategyId(strategy), counter);
                if map.remove(&id).is_some() {
                    index.remove(id);
                } else {
                    map.insert(id, place);
                    index.insert(id, place);
                }
                for counter in 1..12 {
                    for strategy in 0..3 {
                        let id = ClientOrderId::new(1, StrategyId(strategy), counter);
                        prop_assert_eq!(index.find(id), map.get(&id).copied());
                    }
                }
            }
        }
    }
}
