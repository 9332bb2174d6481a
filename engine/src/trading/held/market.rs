//! The prices of one instrument that triggers are held against, as they were last seen.

use fulmar_bus::record::{Level, MarkPrice, Price, Side, TopOfBook, TriggerBy};

use super::trigger::Seen;
use crate::market::{Rounding, decimal};

/// What was seen last of each price; `None` for what was not, or may be another by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Market {
    last: Option<Seen>,
    bid: Option<Seen>,
    ask: Option<Seen>,
    mark: Option<Seen>,
    index: Option<Seen>,
}

impl Market {
    pub(super) fn on_trade(&mut self, price: Price) {
        self.last = Some(Seen::exact(price));
    }

    /// An empty side has no price.
    pub(super) fn on_top(&mut self, top: &TopOfBook) {
        let best = |level: Level| (level.quantity.0 > 0).then_some(Seen::exact(level.price));
        (self.bid, self.ask) = (best(top.bid), best(top.ask));
    }

    /// What the venue does not tell, and what does not fit the instrument's numbers, is not known.
    pub(super) fn on_mark(&mut self, told: &MarkPrice, price_scale: u8) {
        let seen = |price: Price| {
            let at = |rounding| decimal::rescale(price.0, told.price_scale, price_scale, rounding);
            let (floor, ceil) = (at(Rounding::Down)?, at(Rounding::Up)?);
            (price.0 > 0).then_some(Seen { floor: Price(floor), ceil: Price(ceil) })
        };
        (self.mark, self.index) = (seen(told.mark), seen(told.index));
    }

    /// Something of the market channel was lost: what comes next is the next price.
    pub(super) fn lose_trades(&mut self) {
        (self.last, self.mark, self.index) = (None, None, None);
    }

    /// The book is not to be believed any more.
    pub(super) fn lose_top(&mut self) {
        (self.bid, self.ask) = (None, None);
    }

    /// The price that an order of `side` is triggered by.
    pub(super) fn seen(&self, by: TriggerBy, side: Side) -> Option<Seen> {
        match (by, side) {
            (TriggerBy::Last, _) => self.last,
            (TriggerBy::BidAsk, Side::Buy) => self.ask,
            (TriggerBy::BidAsk, Side::Sell) => self.bid,
            (TriggerBy::Mark, _) => self.mark,
            (TriggerBy::Index, _) => self.index,
        }
    }
}
