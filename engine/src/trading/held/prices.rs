//! What the market does, held against the triggers of those that wait. Which price fires an order is its own to say.

use fulmar_bus::record::{InstrumentId, MarkPrice, Price, TopOfBook, TriggerBy};

use super::HeldOrders;
use super::entry::Phase;
use super::market::Market;
use super::trigger::Sight;

impl HeldOrders {
    /// Somebody traded at this price.
    pub fn on_trade(&mut self, instrument_id: InstrumentId, price: Price) {
        self.see(instrument_id, &[TriggerBy::Last], |market| market.on_trade(price));
    }

    /// The best prices are these, as far as they can be believed.
    pub fn on_top(&mut self, instrument_id: InstrumentId, top: &TopOfBook) {
        self.see(instrument_id, &[TriggerBy::BidAsk], |market| market.on_top(top));
    }

    /// The venue computed these prices of an instrument whose own have `price_scale` digits behind the point.
    pub fn on_mark(&mut self, instrument_id: InstrumentId, told: &MarkPrice, price_scale: u8) {
        self.see(instrument_id, &[TriggerBy::Mark, TriggerBy::Index], |market| {
            market.on_mark(told, price_scale)
        });
    }

    /// Trades and computed prices were lost on the way here. Triggers are held against the next ones.
    pub fn lose_trades(&mut self, instrument_id: InstrumentId) {
        if let Some(market) = self.markets.get_mut(instrument_id.index()) {
            market.lose_trades();
        }
    }

    /// The best prices are not known any more.
    pub fn lose_top(&mut self, instrument_id: InstrumentId) {
        if let Some(market) = self.markets.get_mut(instrument_id.index()) {
            market.lose_top();
        }
    }

    /// Takes in new prices, and holds those triggers against them that wait for one of these.
    fn see(&mut self, instrument_id: InstrumentId, by: &[TriggerBy], learn: impl FnOnce(&mut Market)) {
        let Some(market) = self.markets.get_mut(instrument_id.index()) else { return };
        learn(market);
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            let is_asked = entry.trigger.is_some_and(|trigger| by.contains(&trigger.by));
            if entry.instrument_id == instrument_id && is_asked && entry.is_armed {
                self.look(index);
            }
        }
    }

    /// Holds what is known of the market against the trigger of an entry that waits. While an alternative of it fires,
    /// it does not.
    pub(super) fn look(&mut self, index: usize) {
        let entry = &self.entries[index];
        let (group, instrument_id) = (entry.group, entry.instrument_id);
        let Some(mut trigger) = entry.trigger.filter(|_| entry.phase == Phase::Waiting) else { return };
        let market = self.markets.get(instrument_id.index());
        let Some(seen) = market.and_then(|market| market.seen(trigger.by, entry.side)) else { return };
        let has_rival = self.entries.iter().any(|other| other.is_of(group) && other.phase == Phase::Fired);
        let sight = trigger.see(seen);
        let entry = &mut self.entries[index];
        match sight {
            Sight::Quiet => return,
            Sight::Met if has_rival => return,
            Sight::Met => entry.phase = Phase::Fired,
            Sight::Moved => entry.has_moved = true,
        }
        (entry.trigger, entry.is_due, entry.is_unsaved) = (Some(trigger), true, true);
        (self.is_any_due, self.is_any_unsaved) = (true, true);
    }
}
