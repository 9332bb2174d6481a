//! The limits of this module, each with its reason.

/// Instruments that orders can stand in: those with an id below this. The market knows more, but sums of what is open
/// are a dense table in every owner of orders, and no engine trades thousands.
pub const ORDER_INSTRUMENTS_MAX: usize = 4_096;

/// Done orders that are still known for each open one that a table has room for. A late fill, or a duplicate of an
/// old one, is told apart as long as its order is known.
pub(super) const DONE_PER_OPEN_ORDER: usize = 3;

/// Trade ids that are remembered for each order that a table has room for, on average: one large order may use what
/// many small ones leave.
pub(super) const TRADES_PER_ORDER: usize = 8;

/// Tables up to this many orders check their sums against their orders after each change in a debug build; beyond,
/// the check would dominate what it checks.
#[cfg(debug_assertions)]
pub(super) const CHECKED_ORDERS_MAX: usize = 256;
