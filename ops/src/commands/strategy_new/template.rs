//! The strategy new_strategy: it buys when the best ask has fallen far enough below the highest bid that it saw.
//!
//! Change it until it is yours. What it decides may depend on its own state and on what it is given alone: no clock,
//! no thread, no random numbers, and no float for a price or a quantity. So it does live what it did when rehearsed.

use fulmar_strategies::sdk::*;

/// What the strategy remembers between two calls. It trades one instrument.
#[derive(Debug)]
pub struct NewStrategy {
    /// So many ticks must the ask be below the highest bid.
    dip_ticks: i64,
    /// So many lots it buys.
    lots: i64,
    highest_bid: Option<Price>,
}

impl NewStrategy {
    /// Buys `lots` after a fall of `dip_ticks`.
    pub fn new(dip_ticks: i64, lots: i64) -> Self {
        NewStrategy { dip_ticks, lots, highest_bid: None }
    }
}

impl Strategy for NewStrategy {
    /// The best bid or ask changed. Every tick behind this one waits until it returns, so it must not block. What is
    /// submitted here meets the risk gate; what the gate refuses comes back as `on_order_denied`.
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let Some(rules) = context.instrument(quote.instrument_id).and_then(|view| view.rules()) else {
            return;
        };
        if !quote.is_two_sided() {
            return;
        }
        let highest_bid = self.highest_bid.map_or(quote.bid.price, |highest| highest.max(quote.bid.price));
        self.highest_bid = Some(highest_bid);
        let has_fallen = highest_bid.0 - quote.ask.price.0 >= self.dip_ticks * rules.price_step();
        if has_fallen && context.view().orders().open_count(quote.instrument_id) == 0 {
            let quantity = Quantity(self.lots * rules.quantity_step());
            // What is not submitted is counted by the view, and nothing more is to be done about it here.
            let _ =
                context.submit(quote.instrument_id, NewOrder::limit(Side::Buy, quote.ask.price, quantity));
            // The next dip is measured from here, whatever becomes of this order.
            self.highest_bid = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_buys_the_dip_and_then_waits_for_the_next_one() {
        let mut rehearsal = Rehearsal::new(NewStrategy::new(10, 5));
        rehearsal.quote(100, 101);
        rehearsal.quote(92, 93);
        assert_eq!(rehearsal.wanted(), [], "seven ticks are no dip");
        rehearsal.quote(89, 90);
        let [Wanted::Order(intent)] = rehearsal.wanted()[..] else { panic!("one order is wanted") };
        assert_eq!((intent.side, intent.price, intent.quantity), (Side::Buy, Price(90), Quantity(5)));
        rehearsal.fill(intent.client_order_id, 5, 90);
        rehearsal.quote(85, 86);
        assert_eq!(rehearsal.wanted(), [], "it has fallen by ten from the old highest, not from the new one");
    }

    #[test]
    fn it_has_one_order_open_at_most() {
        let mut rehearsal = Rehearsal::new(NewStrategy::new(10, 5));
        for (bid, ask) in [(100, 101), (89, 90), (70, 71), (59, 60)] {
            rehearsal.quote(bid, ask);
        }
        assert_eq!(rehearsal.wanted().len(), 1);
    }
}
