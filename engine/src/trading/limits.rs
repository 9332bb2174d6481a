//! The limits of this module, each with its reason.

use fulmar_bus::record::Nanos;

/// Instruments that orders can stand in: those with an id below this. The market knows more, but sums of what is open
/// are a dense table in every owner of orders, and no engine trades thousands.
pub const ORDER_INSTRUMENTS_MAX: usize = 4_096;

/// Done orders that are still known for each open one that a table has room for. A late fill, or a duplicate of an
/// old one, is told apart as long as its order is known.
pub(super) const DONE_PER_OPEN_ORDER: usize = 3;

/// Trade ids that are remembered for each order that a table has room for, on average: one large order may use what
/// many small ones leave.
pub(super) const TRADES_PER_ORDER: usize = 8;

/// Orders that may be held at one time, over all strategies, with those at the venue that held ones depend on. All are
/// looked at for each price that one of them could be triggered by, which takes a microsecond for as many.
pub const HELD_ORDERS_MAX: usize = 1_024;

/// Parts of an order that the engine shows one at a time: each is an order at the venue, and few lots are worth more.
pub const SLICED_PARTS_MAX: u64 = 1_000;

/// Groups of alternatives that are remembered once all of their orders ended. An intent that was on its way meanwhile
/// is told apart from the first of a new group; it is on its way for a moment.
pub(super) const CLOSED_GROUPS_MAX: usize = 1_024;

/// Assets that an account can hold: what it settles in, trades, and pays fees in. A venue's whole list of margin assets
/// fits; each is looked through for each fee.
pub const ACCOUNT_ASSETS_MAX: usize = 64;

/// Opening trades of one position that first in, first out tells apart, those at one price counted as one. A position
/// that a hundred orders made is closed in parts seldom, and one of them is 48 bytes.
pub const TRANCHES_MAX: usize = 128;

/// Rates that a schedule of fees knows beside its general ones: a few venues, and what differs at them.
pub const FEE_RATES_MAX: usize = 256;

/// How often books are valued, at most: alerts are wanted within seconds, and a valuation looks at every position.
pub(super) const VALUATION_INTERVAL: Nanos = Nanos::from_millis(100);

/// Returns of an instrument below which nothing is said of how it moves: a deviation of fewer is off by an eighth and
/// more.
pub(super) const RETURNS_MIN: usize = 30;

/// Returns that are kept, of all instruments together: 80 megabytes, a thousand of each that orders can stand in.
pub const RETURN_CELLS_MAX: usize = 5_000_000;

/// A mark that is taken later than a tenth of an interval after its even time is none of it.
pub(super) const SAMPLE_LATENESS_PARTS: u64 = 10;

/// Tables up to this many orders check their sums against their orders after each change in a debug build; beyond,
/// the check would dominate what it checks.
#[cfg(debug_assertions)]
pub(super) const CHECKED_ORDERS_MAX: usize = 256;

/// The gate's own orders of a strategy are counted from here on, so that none has the number of one of the strategy's.
/// Above it is room for as many, below where slices are numbered.
pub const OWN_COUNTER_MIN: u64 = 1 << 35;
