//! How far an order would go in the book as it stands. Nothing is changed here.

use super::*;

impl Matching {
    pub(super) fn would_take(&self, order: &NewOrder) -> bool {
        self.best(order.side.opposite()).is_some_and(|best| order.reaches(best.price))
    }

    /// How much of `order` the book gives now, and what that costs.
    pub(super) fn reachable(&self, account: AccountId, order: &NewOrder) -> (Quantity, Notional) {
        let (mut quantity, mut cost) = (0, 0);
        let mut take = |price: Price, available: i64| {
            let taken = available.min(order.quantity.0 - quantity);
            quantity += taken;
            cost += price.times(Quantity(taken)).0;
            quantity < order.quantity.0
        };
        // What a level does not show trades behind all that it shows.
        let mut hidden = (Price(0), 0);
        let mut is_met = false;
        for maker in self.side(order.side.opposite()).orders(&self.orders) {
            if maker.price != hidden.0 {
                take(hidden.0, hidden.1);
                hidden = (maker.price, 0);
            }
            is_met = matches!(order.self_trade, SelfTrade::ExpireTaker | SelfTrade::ExpireBoth)
                && maker.account == account;
            if is_met || !order.reaches(maker.price) {
                break;
            }
            if order.self_trade == SelfTrade::ExpireMaker && maker.account == account {
                continue;
            }
            hidden.1 += maker.leaves.0 - maker.shown.0;
            if !take(maker.price, maker.shown.0) {
                break;
            }
        }
        if !is_met {
            take(hidden.0, hidden.1);
        }
        (Quantity(quantity), Notional(cost))
    }
}
