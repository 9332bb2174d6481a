//! What clients do to a market, and what the venue does to their orders.

use super::*;

impl Market {
    /// Places a client's order and gives the order as it stands then, and its fills.
    pub fn place(
        &mut self,
        account: AccountId,
        (order, reduces_only): (NewOrder, bool),
        client_order_id: String,
        now: UnixNanos,
    ) -> Result<(&ClientOrder, Vec<Fill>), Rejection> {
        let key = self.matching.submit(account, order, &mut self.events)?;
        let at_ms = now.0 / 1_000_000;
        self.orders.insert(ClientOrder {
            key,
            account,
            client_order_id,
            side: order.side,
            kind: order.kind,
            self_trade: order.self_trade,
            price: order.price,
            quantity: order.quantity,
            display_qty: order.display_qty,
            reduces_only,
            executed: 0,
            executed_money: 0,
            status: Status::New,
            created_at_ms: at_ms,
            updated_at_ms: at_ms,
        });
        let fills = self.events.iter().filter_map(|event| match event {
            Event::Trade(trade) => Some(Fill::new(trade, order.side, Notional(0))),
            _ => None,
        });
        let fills = fills.collect();
        self.publish(now);
        let placed =
            self.orders.get(key.number).expect("it was placed just now, and the latest is never forgotten");
        Ok((placed, fills))
    }

    /// Cancels a client's open order; `cancel_id` names the request in what is told of it.
    pub fn cancel(&mut self, key: OrderKey, cancel_id: &str, now: UnixNanos) -> Option<&ClientOrder> {
        if !self.matching.cancel(key, &mut self.events) {
            return None;
        }
        self.publish_as(now, cancel_id);
        self.orders.get(key.number)
    }

    /// Lowers the quantity of a client's open order, which keeps its place and has another id from now on.
    pub fn reduce(
        &mut self,
        key: OrderKey,
        quantity: Quantity,
        client_order_id: String,
        now: UnixNanos,
    ) -> Option<&ClientOrder> {
        let order = self.orders.get(key.number)?;
        let (less, original_id) =
            (order.quantity.0.saturating_sub(quantity.0), order.client_order_id.clone());
        if !self.matching.reduce(key, Quantity(less), &mut self.events) {
            return None;
        }
        self.orders.get_mut(key.number)?.quantity = quantity;
        self.orders.rename(key.number, client_order_id);
        self.publish_as(now, &original_id);
        self.orders.get(key.number)
    }

    /// Gives a client's open order another price and quantity. Where less is left than traded already, or an order that
    /// must not take would, it is canceled, as the real venue does.
    ///
    /// # Errors
    /// As a new order's.
    pub fn modify(
        &mut self,
        key: OrderKey,
        (price, quantity): (Price, Quantity),
        now: UnixNanos,
    ) -> Result<Option<&ClientOrder>, Rejection> {
        let Some(order) = self.orders.get(key.number).filter(|order| order.status.is_open()) else {
            return Ok(None);
        };
        let (left, id) = (quantity.0 - order.executed, order.client_order_id.clone());
        let (side, kind, self_trade, display_qty) =
            (order.side, order.kind, order.self_trade, order.display_qty);
        let terms = NewOrder { side, kind, price, quantity: Quantity(left), display_qty, self_trade };
        let is_amended = left > 0
            && match self.matching.amend(key, terms, &mut self.events) {
                Err(Rejection::WouldTake) => false,
                result => result?,
            };
        if !is_amended {
            return Ok(self.cancel(key, &id, now));
        }
        if let Some(order) = self.orders.get_mut(key.number) {
            (order.price, order.quantity) = (price, quantity);
        }
        self.publish_as(now, &id);
        Ok(self.orders.get(key.number))
    }

    /// Ends a client's order although nobody asked for it.
    pub fn expire(&mut self, key: OrderKey, reason: Expiry, now: UnixNanos) {
        self.matching.expire(key, reason, &mut self.events);
        self.publish(now);
    }

    /// Has the flow trade with a client's order, if its price is the best of its side: with as much of it as `part`
    /// says of what it shows and the smallest step. True where it did.
    pub fn trade_with(&mut self, key: OrderKey, part: fn(i64, i64) -> i64, now: UnixNanos) -> bool {
        let Some((side, price)) = self.matching.standing(key) else { return false };
        let (Some(ahead), Some(shown)) = (self.matching.ahead(key), self.matching.shown(key)) else {
            return false;
        };
        let part = part(shown.0, self.config.step.0);
        let is_best = self.matching.best(side).is_some_and(|best| best.price == price);
        if part == 0 || !is_best || self.is_halted {
            return false;
        }
        let (kind, self_trade) = (OrderKind::ImmediateOrCancel, SelfTrade::Allow);
        let quantity = Quantity(ahead.0 + part);
        let (side, display_qty) = (side.opposite(), Quantity(0));
        let order = NewOrder { side, kind, price, quantity, display_qty, self_trade };
        let taken = self.matching.submit(self.flow.account(), order, &mut self.events);
        self.publish(now);
        taken.is_ok()
    }

    /// Has a client's order that is filled trade once more, one step of it. True where the market gave it.
    pub fn overfill(&mut self, key: OrderKey, now: UnixNanos) -> bool {
        let Some(order) = self.orders.get(key.number).filter(|_| !self.is_halted) else { return false };
        let (account, more) = (order.account, self.least(order.side));
        let taken = self.matching.submit(account, more, &mut self.events);
        let mut has_traded = false;
        for event in &mut self.events {
            if let Event::Trade(trade) = event {
                (trade.taker, has_traded) = (key, true);
            }
        }
        self.publish(now);
        taken.is_ok() && has_traded
    }

    /// Has a client's account buy a step at the market, by an order that no client sent. True where the market gave it.
    pub fn place_foreign(&mut self, account: AccountId, client_order_id: String, now: UnixNanos) -> bool {
        if self.is_halted {
            return false;
        }
        let order = self.least(Side::Buy);
        let placed = self.place(account, (order, false), client_order_id, now);
        placed.is_ok_and(|(_, fills)| !fills.is_empty())
    }

    /// The least order at the market.
    fn least(&self, side: Side) -> NewOrder {
        let (kind, self_trade) = (OrderKind::Market, SelfTrade::ExpireTaker);
        let (price, quantity, display_qty) = (Price(0), self.config.step, Quantity(0));
        NewOrder { side, kind, price, quantity, display_qty, self_trade }
    }
}
