//! What the matching did, as frames and in the clients' orders.

use super::*;

impl Market {
    pub(super) fn publish(&mut self, now: UnixNanos) {
        self.publish_as(now, "");
    }

    /// Turns the matching's events into frames and into the clients' orders.
    /// `other_id` is that of the request that canceled, or that an order had before it was amended.
    pub(super) fn publish_as(&mut self, now: UnixNanos, other_id: &str) {
        let at_ms = now.0 / 1_000_000;
        let events = std::mem::take(&mut self.events);
        self.publish_aggregates(&events, at_ms);
        let (mut touched, mut traded) = (BTreeSet::new(), BTreeSet::new());
        for event in &events {
            match *event {
                Event::Accepted { key, account } => {
                    if self.report(key, at_ms, Happening::New) {
                        touched.insert(account);
                    }
                }
                Event::Trade(trade) => {
                    let frame = self.wire.trade(at_ms, &trade);
                    self.outputs.push(Output::Stream(Stream::Trade, frame));
                    let makers = (trade.maker, trade.maker_account, trade.aggressor.opposite());
                    let takers = (trade.taker, trade.taker_account, trade.aggressor);
                    for (key, account, side) in [makers, takers] {
                        let realized = self.earn(account, side, &trade);
                        let fill = Fill::new(&trade, side, realized);
                        if self.report(key, at_ms, Happening::Trade(&fill)) {
                            let (order_number, is_buyer) = (key.number, side == Side::Buy);
                            self.trades.add(account, AccountTrade { order_number, at_ms, is_buyer, fill });
                            touched.insert(account);
                            traded.insert(account);
                        }
                    }
                }
                Event::Amended { key, account } => {
                    if self.report(key, at_ms, Happening::Amended(other_id)) {
                        touched.insert(account);
                    }
                }
                Event::Canceled { key, account, .. } => {
                    self.set_status(key, Status::Canceled);
                    if self.report(key, at_ms, Happening::Canceled(other_id)) {
                        touched.insert(account);
                    }
                }
                Event::Expired { key, account, reason, .. } => {
                    let ended = match reason {
                        Expiry::TimeInForce | Expiry::Venue => Status::Expired,
                        Expiry::SelfTrade => Status::ExpiredInMatch,
                    };
                    self.set_status(key, ended);
                    if self.report(key, at_ms, Happening::Expired) {
                        touched.insert(account);
                    }
                }
            }
        }
        for account in touched {
            self.note_exposure(account);
            if let Some(frame) = reports::account(self, account, at_ms, traded.contains(&account)) {
                self.outputs.push(Output::User(account, UserEvent::Other, frame));
            }
        }
        self.publish_top(at_ms);
        self.events = events;
        self.events.clear();
        if self.contracts.is_some() {
            traded.into_iter().for_each(|account| self.end_idle_reductions(account, now));
        }
    }

    /// Takes one side of a trade, and gives what it earned, where contracts are traded.
    fn earn(&mut self, account: AccountId, side: Side, trade: &Match) -> Notional {
        let contracts = self.contracts.as_mut();
        contracts.map_or(Notional(0), |it| it.trade(account, side, trade.price, trade.quantity))
    }

    fn set_status(&mut self, key: OrderKey, status: Status) {
        if let Some(order) = self.orders.get_mut(key.number) {
            order.status = status;
        }
    }

    /// Brings a client's order up to date and tells its owner. False where the order is no client's.
    fn report(&mut self, key: OrderKey, at_ms: u64, happening: Happening<'_>) -> bool {
        let Some(order) = self.orders.get_mut(key.number) else { return false };
        if let Happening::Trade(fill) = happening {
            order.executed += fill.trade.quantity.0;
            order.executed_money += fill.trade.price.times(fill.trade.quantity).0;
            let is_done = order.executed >= order.quantity.0;
            order.status = if is_done { Status::Filled } else { Status::PartiallyFilled };
        }
        order.updated_at_ms = at_ms;
        self.execution_count += 1;
        let frame = reports::execution(&self.wire, order, self.execution_count, happening);
        let event = match happening {
            Happening::Trade(_) if order.status == Status::Filled => UserEvent::Fill,
            Happening::Trade(_) => UserEvent::PartialFill,
            _ => UserEvent::Other,
        };
        self.outputs.push(Output::User(order.account, event, frame));
        if !order.status.is_open() {
            self.orders.end(key.number);
        }
        true
    }
}
