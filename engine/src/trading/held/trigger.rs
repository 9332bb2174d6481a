//! When an order that waits is met: one price of the market against one trigger. Where the trigger follows the market,
//! it moves here too. It never knows which order it belongs to.

use fulmar_bus::record::{Intent, OrderType, Price, Side, TriggerBy};

/// A price of the market at the instrument's scale. What a venue computes may be finer than that scale, so that both
/// neighbours are known: a trigger is met by what truly was, not by what rounding made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The largest price that is not above it.
    pub(super) floor: Price,
    /// The smallest price that is not below it.
    pub(super) ceil: Price,
}

impl Seen {
    /// A price that stands at the scale exactly.
    pub(super) const fn exact(price: Price) -> Self {
        Seen { floor: price, ceil: price }
    }
}

/// What a price did to a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing.
    Quiet,
    /// It follows the market, and stands elsewhere now.
    Moved,
    /// It is met.
    Met,
}

/// What an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    /// Which price is looked at.
    pub(super) by: TriggerBy,
    /// Where it is met; zero while it has no place yet.
    pub(super) price: Price,
    /// Met at its price and above it, or else at it and below.
    is_above: bool,
    /// How far behind the market it stays; zero where it stands still.
    offset: Price,
}

impl Trigger {
    /// What the order of `intent` waits for. A limit order without a trigger of its own waits for the market to come to
    /// its price; a market order waits for no price.
    pub(super) fn of(intent: &Intent) -> Option<Self> {
        let Intent { order_type, side, trigger_by, trigger_price, trailing_offset, price, .. } = *intent;
        let is_buy = side == Side::Buy;
        let (by, price, is_above) = match order_type {
            OrderType::Market => return None,
            OrderType::Limit => (TriggerBy::BidAsk, price, !is_buy),
            OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop => {
                (trigger_by, trigger_price, is_buy)
            }
            OrderType::MarketIfTouched | OrderType::LimitIfTouched => (trigger_by, trigger_price, !is_buy),
        };
        Some(Trigger { by, price, is_above, offset: trailing_offset })
    }

    /// Takes in a price. What follows the market moves with it, and never back.
    pub(super) fn see(&mut self, seen: Seen) -> Sight {
        if self.price.0 > 0 && self.is_met_by(seen) {
            return Sight::Met;
        }
        if self.offset.0 <= 0 {
            return Sight::Quiet;
        }
        let behind = if self.is_above {
            seen.ceil.0.saturating_add(self.offset.0)
        } else {
            seen.floor.0.saturating_sub(self.offset.0)
        };
        let is_closer = if self.is_above { behind < self.price.0 } else { behind > self.price.0 };
        if behind <= 0 || !(is_closer || self.price.0 == 0) {
            return Sight::Quiet;
        }
        self.price = Price(behind);
        Sight::Moved
    }

    fn is_met_by(&self, seen: Seen) -> bool {
        if self.is_above { seen.floor >= self.price } else { seen.ceil <= self.price }
    }
}
