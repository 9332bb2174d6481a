//! What we allow in one instrument. What the instrument itself asks is in `InstrumentRules`.

use fulmar_bus::record::Nanos;
use serde::Deserialize;

use super::guards::Guards;

/// Orders of an instrument that are compared with a new one: more pass within no window that is worth one.
pub(super) const RECENT_ORDERS: usize = 16;

/// Orders of a day that are sent before they are held against trades: the first trade takes some.
pub const ORDERS_BEFORE_RATIO: u64 = 100;

/// The time in which rejections are counted together.
pub const REJECT_WINDOW: Nanos = Nanos::from_secs(10);

/// The time in which fills are counted together.
pub const EXECUTION_WINDOW: Nanos = Nanos::from_secs(10);

/// The limits of one instrument, in its own units: quantities and prices are mantissas at its scales, a notional is at
/// the sum of both. There are no defaults, since a limit that nobody set is not one. Zero allows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskLimits {
    /// Largest quantity of one order.
    pub order_quantity_max: i64,
    /// Largest notional of one order.
    pub order_notional_max: i128,
    /// Largest position, long or short, if every open order on the same side fills.
    pub position_max: i64,
    /// Most open orders at a time, over all strategies.
    pub open_orders_max: u32,
    /// Most messages to the venue, orders and cancels together, in each window.
    pub messages_max: u32,
    /// How many of those are kept for cancels: new orders leave this many untouched.
    pub messages_reserved_for_cancels: u32,
    /// Length of the window, in nanoseconds.
    pub message_window_ns: u64,
    /// Oldest top of book that an order may be judged by, in nanoseconds.
    pub market_data_age_max_ns: u64,
    /// What else is guarded; nothing where it is not stated.
    #[serde(default)]
    pub guards: Guards,
}

impl RiskLimits {
    /// True where nothing that can be changed at run time allows more than `configured` does.
    pub fn is_within(&self, configured: &RiskLimits) -> bool {
        self.order_quantity_max <= configured.order_quantity_max
            && self.order_notional_max <= configured.order_notional_max
            && self.position_max <= configured.position_max
            && self.open_orders_max <= configured.open_orders_max
            && self.messages_max <= configured.messages_max
    }
}
