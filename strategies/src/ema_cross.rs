//! Holds the side of the faster of two averages of closes of bars: long where it is above the slower one, short where
//! it is below. Bars of one length count, which a parameter says; the others are not for it.
//!
//! It trades at the market, once a bar at most, and never while an order of its own is open. A denied or rejected order
//! is tried again at the next bar, since what is held is then still not what is wanted.

use crate::entry::{Need, ParameterEntry, ParameterValue, StrategyEntry};
use crate::indicators::Ema;
use crate::parameters::{Amount, ParameterError, Parameters};
use crate::sdk::{Bar, Context, Event, InstrumentId, Nanos, NewOrder, Quantity, Side, Strategy};

/// The longest average.
const BARS_MAX: u32 = 10_000;

/// What a configuration knows of it.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "ema_cross",
    doc: "Holds the side of the faster of two exponential averages of closes of bars.",
    parameters: &[
        ParameterEntry {
            name: "quantity",
            value: ParameterValue::Amount,
            need: Need::Required,
            doc: "What it holds on either side, in the base asset.",
        },
        ParameterEntry {
            name: "interval",
            value: ParameterValue::Interval,
            need: Need::Default("1m"),
            doc: "Length of the bars that it follows; it is listed in `[bars]`.",
        },
        ParameterEntry {
            name: "fast_bars",
            value: ParameterValue::Count { least: 1, most: BARS_MAX },
            need: Need::Default("12"),
            doc: "Length of the faster average.",
        },
        ParameterEntry {
            name: "slow_bars",
            value: ParameterValue::Count { least: 2, most: BARS_MAX },
            need: Need::Default("26"),
            doc: "Length of the slower average; longer than the faster.",
        },
    ],
    is_trading: true,
    make: |parameters| Ok(Box::new(EmaCross::new(EmaCrossParameters::read(parameters)?))),
};

/// What an [`EmaCross`] is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmaCrossParameters {
    /// What it holds on either side.
    pub quantity: Amount,
    /// Bars of this length count, and no others.
    pub interval: Nanos,
    /// Bars of the faster average.
    pub fast_bars: u32,
    /// Bars of the slower average; more than `fast_bars`.
    pub slow_bars: u32,
}

impl EmaCrossParameters {
    /// Reads what the entry lists.
    ///
    /// # Errors
    /// Says which is wrong.
    pub fn read(parameters: &Parameters) -> Result<Self, ParameterError> {
        let read = EmaCrossParameters {
            quantity: parameters.amount("quantity")?,
            interval: parameters.interval("interval")?,
            fast_bars: parameters.count("fast_bars")?,
            slow_bars: parameters.count("slow_bars")?,
        };
        if read.fast_bars >= read.slow_bars {
            return Err(ParameterError::Together {
                name: "fast_bars",
                wrong: "it is not below slow_bars",
                right: "the faster average is the shorter one",
            });
        }
        Ok(read)
    }
}

/// The strategy. Each instrument that it trades has averages of its own.
#[derive(Debug)]
pub struct EmaCross {
    parameters: EmaCrossParameters,
    averages: Vec<Averages>,
}

#[derive(Clone, Copy, Debug)]
struct Averages {
    instrument_id: InstrumentId,
    fast: Ema,
    slow: Ema,
}

impl Averages {
    /// The side that the faster average is on; `None` while they are equal, or too young.
    fn side(&self) -> Option<Side> {
        if !self.slow.is_ready() {
            return None;
        }
        match self.fast.value().cmp(&self.slow.value()) {
            std::cmp::Ordering::Greater => Some(Side::Buy),
            std::cmp::Ordering::Less => Some(Side::Sell),
            std::cmp::Ordering::Equal => None,
        }
    }
}

impl EmaCross {
    /// The strategy with these parameters.
    pub fn new(parameters: EmaCrossParameters) -> Self {
        EmaCross { parameters, averages: Vec::new() }
    }

    /// Trades what is held into what is to be held, unless an order is still open.
    fn hold(&self, context: &mut Context<'_>, instrument_id: InstrumentId, side: Side) {
        let Some(instrument) = context.instrument(instrument_id) else { return };
        let Some(rules) = instrument.rules() else { return };
        if context.view().orders().open_count(instrument_id) > 0 {
            return;
        }
        let size = self.parameters.quantity.at(rules.quantity_scale, rules.quantity_step()).0;
        let wanted = if side == Side::Buy { size } else { -size };
        let change = wanted - instrument.position_quantity().0;
        let side = if change > 0 { Side::Buy } else { Side::Sell };
        if change != 0 {
            let order = NewOrder::market(side, Quantity(change.abs()));
            // What is not submitted is counted by the context, and tried again at the next bar.
            let _ = context.submit(instrument_id, order);
        }
    }
}

impl Strategy for EmaCross {
    fn on_start(&mut self, context: &mut Context<'_>) {
        let averages = |instrument_id| Averages {
            instrument_id,
            fast: Ema::new(self.parameters.fast_bars),
            slow: Ema::new(self.parameters.slow_bars),
        };
        self.averages = context.view().instruments().map(|view| averages(view.instrument_id)).collect();
    }

    fn on_bar(&mut self, context: &mut Context<'_>, bar: Event<'_, Bar>) {
        if bar.interval != self.parameters.interval {
            return;
        }
        let averages = self.averages.iter_mut().find(|one| one.instrument_id == bar.instrument_id);
        let Some(averages) = averages else { return };
        averages.fast.add(bar.close);
        averages.slow.add(bar.close);
        if let Some(side) = averages.side() {
            self.hold(context, bar.instrument_id, side);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdk::{Intent, OrderType, Rehearsal, Wanted};

    fn strategy() -> Rehearsal<EmaCross> {
        Rehearsal::new(EmaCross::new(EmaCrossParameters {
            quantity: Amount::parse("0.5").expect("a number"),
            interval: Nanos::from_secs(60),
            fast_bars: 2,
            slow_bars: 4,
        }))
    }

    fn orders(rehearsal: &mut Rehearsal<EmaCross>) -> Vec<Intent> {
        let order = |wanted| match wanted {
            Wanted::Order(intent) => intent,
            other => panic!("it wants nothing but orders, not {other:?}"),
        };
        rehearsal.wanted().into_iter().map(order).collect()
    }

    fn one_order(rehearsal: &mut Rehearsal<EmaCross>) -> Intent {
        match orders(rehearsal)[..] {
            [intent] => intent,
            ref other => panic!("one order, not {other:?}"),
        }
    }

    #[test]
    fn it_waits_until_the_slower_average_is_ready_then_follows_the_faster() {
        let mut rehearsal = strategy();
        for close in [100, 110, 120] {
            rehearsal.bar(close);
            assert_eq!(orders(&mut rehearsal), []);
        }
        rehearsal.bar(130);
        let buy = one_order(&mut rehearsal);
        assert_eq!((buy.side, buy.order_type, buy.quantity), (Side::Buy, OrderType::Market, Quantity(50)));
        rehearsal.fill(buy.client_order_id, 50, 130);
        rehearsal.bar(140);
        assert_eq!(orders(&mut rehearsal), [], "it holds what it wants");
        rehearsal.bar(20);
        let sell = one_order(&mut rehearsal);
        assert_eq!((sell.side, sell.quantity), (Side::Sell, Quantity(100)), "out of long and into short");
    }

    #[test]
    fn bars_of_another_length_are_not_for_it() {
        let mut rehearsal = strategy();
        for close in [100, 110, 120, 130] {
            rehearsal.bar_of(Nanos::from_secs(1), close);
            rehearsal.bar_of(Nanos::from_secs(3_600), close);
        }
        rehearsal.bar(130);
        assert_eq!(orders(&mut rehearsal), [], "one bar of its length is not enough");
        let pairs = [("quantity", "0.5"), ("interval", "1h"), ("fast_bars", "2"), ("slow_bars", "4")];
        let parameters = EmaCrossParameters::read(&Parameters::from_pairs(pairs)).expect("all are right");
        let mut hourly = Rehearsal::new(EmaCross::new(parameters));
        for close in [100, 110, 120, 130] {
            hourly.bar(10);
            hourly.bar_of(Nanos::from_secs(3_600), close);
        }
        assert_eq!(one_order(&mut hourly).side, Side::Buy);
    }

    #[test]
    fn it_never_has_two_orders_open() {
        let mut rehearsal = strategy();
        for close in [100, 110, 120, 130] {
            rehearsal.bar(close);
        }
        let buy = one_order(&mut rehearsal);
        rehearsal.bar(10);
        assert_eq!(orders(&mut rehearsal), []);
        rehearsal.fill(buy.client_order_id, 20, 130);
        rehearsal.bar(9);
        assert_eq!(orders(&mut rehearsal), []);
        rehearsal.cancel(buy.client_order_id);
        rehearsal.bar(8);
        assert_eq!(one_order(&mut rehearsal).quantity, Quantity(70), "what it got counts");
    }

    #[test]
    fn a_denied_order_is_tried_again_at_the_next_bar() {
        let mut rehearsal = strategy();
        for close in [100, 110, 120, 130] {
            rehearsal.bar(close);
        }
        let buy = one_order(&mut rehearsal);
        rehearsal.deny(buy.client_order_id);
        assert_eq!(orders(&mut rehearsal), []);
        rehearsal.bar(140);
        assert_eq!(one_order(&mut rehearsal).quantity, Quantity(50));
    }

    #[test]
    fn the_faster_average_is_the_shorter_one() {
        let pairs = [("quantity", "1"), ("fast_bars", "26")];
        let error = ENTRY.strategy(&Parameters::from_pairs(pairs)).err().expect("26 is not below 26");
        assert!(matches!(error, ParameterError::Together { name: "fast_bars", .. }));
    }
}
