//! The strategy new_strategy: it buys when the best ask has fallen far enough below the highest bid that it saw, and
//! sells what it bought after as large a rise.
//!
//! Change it until it is yours. What it decides may depend on its own state and on what it is given alone: no clock,
//! no thread, no random numbers, and no float for a price or a quantity. So it does live what it did when rehearsed.

use fulmar_strategies::sdk::*;

/// What the program knows of the strategy. The keys that a configuration may state, their bounds and defaults, the
/// reference that `check --reference` prints, and whether it needs limits, all follow from this.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "new_strategy",
    doc: "Buys after a fall and sells after a rise.",
    parameters: &[
        ParameterEntry {
            name: "quantity",
            value: ParameterValue::Amount,
            need: Need::Required,
            doc: "How much it buys, in the base asset.",
        },
        ParameterEntry {
            name: "swing_ticks",
            value: ParameterValue::Count { least: 1, most: 1_000_000 },
            need: Need::Default("10"),
            doc: "So many ticks does the price fall before it buys, and rise before it sells.",
        },
    ],
    is_trading: true,
    make: |parameters| {
        Ok(Box::new(NewStrategy::new(parameters.amount("quantity")?, parameters.count("swing_ticks")?)))
    },
};

/// What the strategy remembers between two calls. It trades one instrument.
#[derive(Debug)]
pub struct NewStrategy {
    quantity: Amount,
    swing_ticks: i64,
    /// The highest bid while it holds nothing, the lowest ask while it holds something.
    turn: Option<Price>,
}

impl NewStrategy {
    /// Buys `quantity` after a fall of `swing_ticks`, and sells it after as large a rise.
    pub fn new(quantity: Amount, swing_ticks: u32) -> Self {
        NewStrategy { quantity, swing_ticks: i64::from(swing_ticks), turn: None }
    }
}

impl Strategy for NewStrategy {
    /// The best bid or ask changed. Every tick behind this one waits until it returns, so it must not block. What is
    /// submitted here meets the risk gate; what the gate refuses comes back as `on_order_denied`.
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let Some(instrument) = context.instrument(quote.instrument_id) else { return };
        let Some(rules) = instrument.rules() else { return };
        if !quote.is_two_sided() || context.view().orders().open_count(quote.instrument_id) > 0 {
            return;
        }
        let (bid, ask) = (quote.bid.price, quote.ask.price);
        let held = instrument.position_quantity();
        let (turn, swing, order) = if held.0 > 0 {
            let lowest = self.turn.map_or(ask, |turn| turn.min(ask));
            (lowest, bid.0 - lowest.0, NewOrder::limit(Side::Sell, bid, held))
        } else {
            let highest = self.turn.map_or(bid, |turn| turn.max(bid));
            let quantity = self.quantity.at(rules.quantity_scale, rules.quantity_step());
            (highest, highest.0 - ask.0, NewOrder::limit(Side::Buy, ask, quantity))
        };
        self.turn = Some(turn);
        if swing >= self.swing_ticks * rules.price_step() {
            // What of it does not trade at once is canceled by the venue. What is not submitted is counted by the
            // view, and nothing more is to be done about it here.
            let _ = context.submit(quote.instrument_id, order.time_in_force(TimeInForce::Ioc));
            // The next swing is measured from here, whatever becomes of this order.
            self.turn = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buys 0.05, which is five lots of a rehearsal's instrument, after ten ticks.
    fn rehearsal() -> Rehearsal<NewStrategy> {
        Rehearsal::new(NewStrategy::new(Amount::parse("0.05").expect("a number"), 10))
    }

    fn order(rehearsal: &mut Rehearsal<NewStrategy>) -> Intent {
        let [Wanted::Order(intent)] = rehearsal.wanted()[..] else { panic!("one order is wanted") };
        intent
    }

    #[test]
    fn it_buys_the_fall_and_sells_the_rise() {
        let mut rehearsal = rehearsal();
        rehearsal.quote(100, 101);
        rehearsal.quote(92, 93);
        assert_eq!(rehearsal.wanted(), [], "seven ticks are no fall");
        rehearsal.quote(89, 90);
        let buy = order(&mut rehearsal);
        assert_eq!((buy.side, buy.price, buy.quantity), (Side::Buy, Price(90), Quantity(5)));
        rehearsal.fill(buy.client_order_id, 5, 90);
        rehearsal.quote(85, 86);
        rehearsal.quote(95, 96);
        assert_eq!(rehearsal.wanted(), [], "nine ticks above the lowest ask are no rise");
        rehearsal.quote(96, 97);
        let sell = order(&mut rehearsal);
        assert_eq!((sell.side, sell.price, sell.quantity), (Side::Sell, Price(96), Quantity(5)));
    }

    #[test]
    fn it_has_one_order_open_at_most() {
        let mut rehearsal = rehearsal();
        for (bid, ask) in [(100, 101), (89, 90), (70, 71), (59, 60)] {
            rehearsal.quote(bid, ask);
        }
        assert_eq!(rehearsal.wanted().len(), 1);
    }

    #[test]
    fn it_is_made_of_what_a_configuration_states() {
        assert!(ENTRY.strategy(&Parameters::from_pairs([("quantity", "0.05")])).is_ok());
        let error = ENTRY.strategy(&Parameters::from_pairs([("quantity", "0.05"), ("swing_ticks", "0")]));
        assert!(error.err().expect("none is no swing").to_string().contains("swing_ticks"));
    }
}
