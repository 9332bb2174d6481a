//! What the gate is told of the moment: it owns no order, no position and no book, and judges by this alone.

use fulmar_bus::record::{Price, Quantity, SyncState, TopOfBook, UnixNanos};

use super::ScopeBreaches;

/// What the gate has to know of the moment, of one instrument.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The turn's time.
    pub now: UnixNanos,
    /// Best bid and ask, as far as known.
    pub top: Option<TopOfBook>,
    /// How far the book can be believed.
    pub sync: SyncState,
    /// When the last update of that book reached this machine.
    pub last_update_at: UnixNanos,
    /// Position over all strategies.
    pub position: Quantity,
    /// What open orders to buy could still trade, those of unknown fate included.
    pub open_buy_qty: i128,
    /// What open orders to sell could still trade, those of unknown fate included.
    pub open_sell_qty: i128,
    /// How many orders are open.
    pub open_orders: u32,
    /// What open orders are worth at their prices; those without one count nothing.
    pub open_notional: i128,
    /// The price of our own order, on the side that the judged one trades with, that it would meet first.
    pub own_opposite: Option<Price>,
    /// How many orders are open of which nobody knows what became of them.
    pub unknown_orders: u32,
    /// Since when there is one such; none where there is none.
    pub unknown_since: Option<UnixNanos>,
    /// Whether the strategy may trade the instrument.
    pub is_permitted: bool,
    /// Whether its strategy, its venue or its instrument was killed.
    pub is_killed: bool,
    /// The most that it may be where it follows another order: what that has traded and its alternatives left. `None`
    /// as long as that is not known, and where it follows none.
    pub covered_qty: Option<Quantity>,
    /// What the limits of the engine, the venue and the strategy say against it.
    pub scopes: ScopeBreaches,
}
