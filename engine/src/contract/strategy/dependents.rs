//! What a strategy's orders that depend on others are told apart by: numbers of alternatives, and the boots of orders.

use fulmar_bus::record::{ClientOrderId, Intent};

/// Counts alternatives, and knows which boots are over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dependents {
    /// Groups of alternatives that were wanted.
    alternatives_count: u32,
    /// The last boot that orders are known of and that is over; zero where none is.
    restored_epoch: u32,
}

impl Dependents {
    /// A number for so many alternatives that has not been one for so long that none of those before is known any more.
    /// One order is an alternative to nothing, and has none.
    pub(super) fn next_alternatives(&mut self, count: usize) -> u32 {
        if count < 2 {
            return 0;
        }
        self.alternatives_count = self.alternatives_count.checked_add(1).unwrap_or(1);
        self.alternatives_count
    }

    /// An order is known that was wanted before: in an earlier boot, or in this one, whose number was `epoch`, by a
    /// process that is gone.
    pub(super) fn restored(&mut self, intent: &Intent, epoch: Option<u32>) {
        if epoch == Some(intent.client_order_id.epoch) {
            self.alternatives_count = self.alternatives_count.max(intent.alternatives);
        } else {
            self.restored_epoch = self.restored_epoch.max(intent.client_order_id.epoch);
        }
    }

    /// True where an order can wait for that one: it names it by its counter alone, which is one of this boot.
    pub(super) const fn is_of_this_boot(&self, id: ClientOrderId) -> bool {
        id.epoch > self.restored_epoch
    }
}
