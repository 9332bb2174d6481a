//! What an order that waited becomes. It never decides when.

use fulmar_bus::record::{Intent, OrderType, Price, TriggerBy};

/// The order that `intent` is once nothing holds it any more: a plain one, which depends on no other and waits for no
/// price.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::trading::order::released;
/// # let id = ClientOrderId::new(1, StrategyId(0), 1);
/// let mut stop = Intent::market(id, Side::Sell, Quantity(5));
/// (stop.order_type, stop.trigger_price, stop.alternatives) = (OrderType::Stop, Price(95), 7);
/// assert_eq!(released(&stop), Intent::market(id, Side::Sell, Quantity(5)));
/// ```
pub fn released(intent: &Intent) -> Intent {
    let mut plain = *intent;
    (plain.trigger_by, plain.trigger_price, plain.trailing_offset) = (TriggerBy::Last, Price(0), Price(0));
    (plain.alternatives, plain.after_counter) = (0, 0);
    if intent.order_type.is_limited() {
        plain.order_type = OrderType::Limit;
        return plain;
    }
    let market = Intent::market(intent.client_order_id, intent.side, intent.quantity);
    plain.order_type = OrderType::Market;
    (plain.time_in_force, plain.expire_at) = (market.time_in_force, market.expire_at);
    plain
}
