//! What the simulation is bounded by, each with its reason.

/// Open orders of one market. A busy real book holds some ten thousand; this leaves room for a stress test.
pub const OPEN_ORDERS_MAX: u32 = 1 << 20;
/// The largest quantity of one order: all open orders together still fit 64 bits on one level.
pub const ORDER_QUANTITY_MAX: i64 = i64::MAX >> 20;
/// Accounts of one market; the ledger is a dense table.
pub const ACCOUNTS_MAX: usize = 1024;
/// Flow events of one `advance`: a caller that was away for long skips the rest, and the flow counts what it skipped.
pub const FLOW_EVENTS_MAX: u64 = 100_000;
/// Orders that the flow keeps in the book. The sweep that drops the filled ones from its list runs at twice this.
pub const FLOW_ORDERS_MAX: usize = 1 << 14;
/// Open orders of one paper venue: as many as a venue lets one account have in one instrument, and more.
pub const PAPER_ORDERS_MAX: usize = 1024;

const _: () = assert!(ORDER_QUANTITY_MAX as i128 * OPEN_ORDERS_MAX as i128 <= i64::MAX as i128);
