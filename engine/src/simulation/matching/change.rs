//! What changes an order that stands: less of it, other terms, an end that nobody asked for.

use super::*;

impl Matching {
    /// Gives an order that stands other terms, with `order.quantity` left of it; its side stays. Where it has less left
    /// and nothing else it keeps its place, else it meets the book as a new order would. False, and nothing is told,
    /// where it does not stand any more.
    ///
    /// # Errors
    /// A [`Rejection`]; then it stands as it did.
    pub fn amend(
        &mut self,
        key: OrderKey,
        order: NewOrder,
        events: &mut Vec<Event>,
    ) -> Result<bool, Rejection> {
        let Some(before) = self.orders.find(key).copied() else { return Ok(false) };
        assert!(before.side == order.side && order.kind != OrderKind::Market, "an order keeps its side");
        if order.price == before.price && order.quantity < before.leaves {
            return Ok(self.reduce(key, Quantity(before.leaves.0 - order.quantity.0), events));
        }
        self.release(key.slot);
        if let Err(rejection) = self.check(before.account, &order) {
            self.lock(before.account, &NewOrder { price: before.price, quantity: before.leaves, ..order });
            return Err(rejection);
        }
        self.sides[index(before.side)].unlink(&mut self.orders, key.slot);
        self.touch(before.side, before.price);
        self.orders.amend(key.slot, &order);
        self.lock(before.account, &order);
        events.push(Event::Amended { key, account: before.account });
        self.meet_book(key, &order, events);
        Ok(true)
    }

    /// Takes `less` off an order that stands, which keeps its place. False, and nothing is told, where it does not
    /// stand any more or would have nothing left.
    pub fn reduce(&mut self, key: OrderKey, less: Quantity, events: &mut Vec<Event>) -> bool {
        let Some(order) = self.orders.find(key).copied() else { return false };
        if less.0 <= 0 || less >= order.leaves {
            return false;
        }
        self.orders.reduce(key.slot, less, false);
        let shown = self.orders.get(key.slot).shown;
        self.sides[index(order.side)].reduce(order.price, Quantity(order.shown.0 - shown.0));
        self.touch(order.side, order.price);
        match order.side {
            Side::Sell => self.ledger.unlock_base(order.account, less),
            Side::Buy => self.ledger.unlock_quote(order.account, order.price.times(less)),
        }
        events.push(Event::Amended { key, account: order.account });
        true
    }

    /// Ends an order although nobody asked for it. False, and nothing is told, where it does not stand any more.
    pub fn expire(&mut self, key: OrderKey, reason: Expiry, events: &mut Vec<Event>) -> bool {
        let Some(order) = self.end(key) else { return false };
        events.push(Event::Expired { key, account: order.account, leaves: order.leaves, reason });
        true
    }
}
