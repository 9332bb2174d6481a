//! Which trades were booked already: the trade ids of each order, exact, in one preallocated pool.

/// The trades of one order: a chain through the pool, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TradeList {
    /// Place of the newest node, counted from one; zero where there is none.
    newest: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    trade_id: u64,
    /// The next older one, as [`TradeList::newest`].
    older: u32,
}

/// What the pool knows of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is new, and is remembered from now on.
    New,
    /// It was seen before.
    Before,
    /// It is new, and there is no room to remember it.
    NoRoom,
}

/// The pool that all chains share.
#[derive(Debug)]
pub(super) struct TradePool {
    nodes: Vec<Node>,
    /// Chain of the unused nodes.
    unused: TradeList,
}

impl TradePool {
    /// A pool for `trades_max` trade ids.
    pub(super) fn new(trades_max: usize) -> Self {
        let count = u32::try_from(trades_max).expect("a table has far fewer than 2^32 trades");
        let nodes = (0..count).map(|older| Node { trade_id: 0, older }).collect();
        TradePool { nodes, unused: TradeList { newest: count } }
    }

    /// Looks the trade up among those of its order, and remembers it where it is new.
    pub(super) fn see(&mut self, list: &mut TradeList, trade_id: u64) -> Seen {
        let mut place = list.newest;
        while let Some(node) = self.node(place) {
            if node.trade_id == trade_id {
                return Seen::Before;
            }
            place = node.older;
        }
        let place = self.unused.newest;
        let Some(node) = self.node(place) else {
            return Seen::NoRoom;
        };
        self.unused.newest = node.older;
        *self.node_mut(place) = Node { trade_id, older: list.newest };
        list.newest = place;
        Seen::New
    }

    /// Forgets the trades of an order that is forgotten.
    pub(super) fn free(&mut self, list: TradeList) {
        let mut place = list.newest;
        while let Some(node) = self.node(place) {
            self.node_mut(place).older = self.unused.newest;
            self.unused.newest = place;
            place = node.older;
        }
    }

    fn node(&self, place: u32) -> Option<Node> {
        (place > 0).then(|| self.nodes[place as usize - 1])
    }

    fn node_mut(&mut self, place: u32) -> &mut Node {
        &mut self.nodes[place as usize - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trade_is_new_once_for_each_order() {
        let mut pool = TradePool::new(8);
        let (mut one, mut other) = (TradeList::default(), TradeList::default());
        assert_eq!(pool.see(&mut one, 7), Seen::New);
        assert_eq!(pool.see(&mut one, 9), Seen::New);
        assert_eq!(pool.see(&mut other, 7), Seen::New);
        assert_eq!(pool.see(&mut one, 7), Seen::Before);
        assert_eq!(pool.see(&mut other, 9), Seen::New);
    }

    #[test]
    fn a_full_pool_says_so_and_still_knows_what_it_holds() {
        let mut pool = TradePool::new(2);
        let (mut one, mut other) = (TradeList::default(), TradeList::default());
        assert_eq!(pool.see(&mut one, 1), Seen::New);
        assert_eq!(pool.see(&mut other, 2), Seen::New);
        assert_eq!(pool.see(&mut one, 3), Seen::NoRoom);
        assert_eq!(pool.see(&mut one, 1), Seen::Before);
        pool.free(other);
        assert_eq!(pool.see(&mut one, 3), Seen::New);
        assert_eq!(pool.see(&mut one, 4), Seen::NoRoom);
    }
}
