//! What a market tells everybody: trades that were made as one, the best prices, and the depth.

use super::*;

impl Market {
    /// The trades of one taker at one price are one aggregate trade.
    pub(super) fn publish_aggregates(&mut self, events: &[Event], at_ms: u64) {
        let trades = events.iter().filter_map(|event| match event {
            Event::Trade(trade) => Some(trade),
            _ => None,
        });
        let trades: Vec<&Match> = trades.collect();
        for group in trades.chunk_by(|one, next| one.price == next.price && one.taker == next.taker) {
            self.aggregate_count += 1;
            let mut sum = *group[0];
            sum.quantity.0 = group.iter().map(|trade| trade.quantity.0).sum();
            let last_trade_id = group[group.len() - 1].trade_id;
            let aggregate = Aggregate { id: self.aggregate_count, trade: sum, last_trade_id };
            let frame = self.wire.aggregate_trade(at_ms, &aggregate);
            self.outputs.push(Output::Stream(Stream::AggregateTrade, frame));
        }
    }

    pub(super) fn publish_top(&mut self, at_ms: u64) {
        let top = (self.matching.best(Side::Buy), self.matching.best(Side::Sell));
        if top == self.top {
            return;
        }
        self.top = top;
        let (bid, ask) = (top.0.unwrap_or_default(), top.1.unwrap_or_default());
        let frame = self.wire.book_ticker(at_ms, self.matching.update_id(), bid, ask);
        self.outputs.push(Output::Stream(Stream::BookTicker, frame));
    }

    /// Sends the depth updates that are due, or all of them.
    pub(super) fn flush_depth(&mut self, now: UnixNanos, is_forced: bool) {
        let depth = &mut self.depth;
        self.matching.drain_changed(|side, level| {
            for feed in depth.iter_mut() {
                feed.changed.insert((side, level.price));
            }
        });
        for feed in depth.iter_mut().filter(|feed| is_forced || feed.due_at <= now) {
            feed.due_at = now + feed.interval;
            let ids = (feed.last_update_id + 1, self.matching.update_id());
            if feed.changed.is_empty() {
                continue;
            }
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            for (side, price) in std::mem::take(&mut feed.changed) {
                let level = Level { price, quantity: self.matching.quantity_at(side, price) };
                match side {
                    Side::Buy => bids.push(level),
                    Side::Sell => asks.push(level),
                }
            }
            bids.reverse();
            feed.last_update_id = ids.1;
            let frame = self.wire.depth_update(now.0 / 1_000_000, ids, (&bids, &asks));
            self.outputs.push(Output::Stream(feed.stream, frame));
        }
    }
}
