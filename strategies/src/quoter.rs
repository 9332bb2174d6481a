//! Quotes both sides around the middle of the book and leans away from what it holds.
//!
//! A quote stands until its target has moved by a threshold; then it is canceled and the next
//! one placed in the same moment, so that it is never long out of the market. Until the cancel is confirmed both may
//! trade: what leaves counts toward the position limit, and no third is placed. Both sides are canceled before either
//! is placed, so that it does not meet itself. A quote that was refused is not tried again at the same price. While the
//! book is not known, nothing is quoted and what stands is pulled.

use crate::entry::{Need, ParameterEntry, ParameterValue, StrategyEntry};
use crate::parameters::{Amount, ParameterError, Parameters};
use crate::sdk::{
    ClientOrderId, Context, Denial, Event, ExecutionReport, InstrumentId, InstrumentRules, Nanos, NewOrder,
    OrderStatus, Price, Quantity, Side, Strategy, Timer, TopOfBook, TrackedOrder, UnixNanos,
};

/// The largest number of ticks that a parameter takes.
const TICKS_MAX: u32 = 1_000_000;

/// How often it looks whether the book of a standing quote is still known.
const WATCH_INTERVAL: Nanos = Nanos::from_secs(1);

const WATCH: u64 = 1;

/// How long it waits before it wants a cancel again that did not come to anything.
const CANCEL_AGAIN: Nanos = Nanos::from_secs(1);

/// How many quotes' worth it holds at most where nothing is said.
const POSITION_QUOTES: i64 = 10;

/// What a configuration knows of it.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "quoter",
    doc: "Quotes both sides around the middle of the book and leans away from what it holds.",
    parameters: &[
        ParameterEntry {
            name: "quantity",
            value: ParameterValue::Amount,
            need: Need::Required,
            doc: "Size of each quote, in the base asset.",
        },
        ParameterEntry {
            name: "half_spread_ticks",
            value: ParameterValue::Count { least: 1, most: TICKS_MAX },
            need: Need::Default("5"),
            doc: "Ticks from the middle to each quote.",
        },
        ParameterEntry {
            name: "requote_ticks",
            value: ParameterValue::Count { least: 1, most: TICKS_MAX },
            need: Need::Default("2"),
            doc: "The middle moves this far before quotes follow.",
        },
        ParameterEntry {
            name: "skew_ticks",
            value: ParameterValue::Count { least: 0, most: TICKS_MAX },
            need: Need::Default("1"),
            doc: "Ticks by which both quotes lean for each quote's worth that is held.",
        },
        ParameterEntry {
            name: "position_max",
            value: ParameterValue::Amount,
            need: Need::Optional,
            doc: "The most to hold of an instrument, long or short, in the base asset; the side that would pass it is \
                  not quoted. Without it, ten times `quantity`. The risk gate keeps its own limit all the same.",
        },
    ],
    is_trading: true,
    make: |parameters| Ok(Box::new(Quoter::new(QuoterParameters::read(parameters)?))),
};

/// What a [`Quoter`] is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoterParameters {
    /// Size of each quote.
    pub quantity: Amount,
    /// Ticks from the middle to each quote.
    pub half_spread_ticks: u32,
    /// A quote's target moves this many ticks before the quote follows.
    pub requote_ticks: u32,
    /// Ticks by which both quotes lean for each quote's worth that is held.
    pub skew_ticks: u32,
    /// The most to hold, long or short; ten quotes' worth where nothing is said.
    pub position_max: Option<Amount>,
}

impl QuoterParameters {
    /// Reads what the entry lists.
    ///
    /// # Errors
    /// Says which is wrong.
    pub fn read(parameters: &Parameters) -> Result<Self, ParameterError> {
        Ok(QuoterParameters {
            quantity: parameters.amount("quantity")?,
            half_spread_ticks: parameters.count("half_spread_ticks")?,
            requote_ticks: parameters.count("requote_ticks")?,
            skew_ticks: parameters.count("skew_ticks")?,
            position_max: parameters.optional_amount("position_max")?,
        })
    }
}

/// The strategy. It quotes each instrument that it trades.
#[derive(Debug)]
pub struct Quoter {
    parameters: QuoterParameters,
    quotes: Vec<Quotes>,
}

/// Both quotes of one instrument.
#[derive(Clone, Copy, Debug)]
struct Quotes {
    instrument_id: InstrumentId,
    buy: Quote,
    sell: Quote,
}

/// One quote: the last order of its side, the one before it as long as it may still trade, and the price that was
/// refused last.
#[derive(Clone, Copy, Debug, Default)]
struct Quote {
    order: Option<ClientOrderId>,
    leaving: Option<Leaving>,
    refused_at: Option<Price>,
}

/// An order that was wanted canceled, and when to want it again.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    order: ClientOrderId,
    again_at: UnixNanos,
}

/// Where and how much to quote on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target {
    side: Side,
    price: Price,
    quantity: Quantity,
}

impl Quoter {
    /// The strategy with these parameters.
    pub fn new(parameters: QuoterParameters) -> Self {
        Quoter { parameters, quotes: Vec::new() }
    }

    /// Brings both quotes of an instrument to where they should be, as far as is possible now.
    fn requote(&mut self, context: &mut Context<'_>, instrument_id: InstrumentId) {
        let quotes = self.quotes.iter_mut().find(|quotes| quotes.instrument_id == instrument_id);
        let Some(quotes) = quotes else { return };
        let Some(rules) = context.instrument(instrument_id).and_then(|view| view.rules()) else { return };
        let follow_from = i64::from(self.parameters.requote_ticks) * rules.price_step();
        let mut sides = [(Side::Buy, &mut quotes.buy), (Side::Sell, &mut quotes.sell)];
        for (side, quote) in &mut sides {
            let target = self.parameters.target(context, instrument_id, &rules, (*side, 0));
            quote.leave(context, target, follow_from);
        }
        for (side, quote) in sides {
            let leaving_qty = quote.leaving_qty(context);
            let target = self.parameters.target(context, instrument_id, &rules, (side, leaving_qty));
            quote.place(context, instrument_id, target);
        }
    }

    /// A quote was refused: its price is not tried again.
    fn refuse(&mut self, context: &Context<'_>, client_order_id: ClientOrderId) {
        let price = context.order(client_order_id).map(|order| order.intent().price);
        for quote in self.quotes.iter_mut().flat_map(|quotes| [&mut quotes.buy, &mut quotes.sell]) {
            if quote.order == Some(client_order_id) {
                quote.refused_at = price;
            }
        }
    }
}

impl QuoterParameters {
    /// Where a side should be quoted; `None` where it should not be: the book is not known, or the position would pass
    /// its limit, were that much traded besides.
    fn target(
        &self,
        context: &Context<'_>,
        instrument_id: InstrumentId,
        rules: &InstrumentRules,
        (side, besides): (Side, i64),
    ) -> Option<Target> {
        let instrument = context.instrument(instrument_id)?;
        let top = instrument.two_sided_top()?;
        let quantity = self.quantity.at(rules.quantity_scale, rules.quantity_step());
        let position = i128::from(instrument.position_quantity().0);
        let position_max = match self.position_max {
            Some(amount) => i128::from(amount.at(rules.quantity_scale, 1).0),
            None => i128::from(quantity.0) * i128::from(POSITION_QUOTES),
        };
        let toward = if side == Side::Buy { position } else { -position };
        if toward + i128::from(besides) + i128::from(quantity.0) > position_max {
            return None;
        }
        let lean = (position * i128::from(self.skew_ticks)).checked_div(i128::from(quantity.0)).unwrap_or(0);
        let price = self.price(top, i128::from(rules.price_step()), lean, side)?;
        Some(Target { side, price, quantity })
    }

    /// The price in whole ticks, away from the middle, and not across the other side. `None` where there is none above
    /// zero.
    fn price(&self, top: &TopOfBook, tick: i128, lean: i128, side: Side) -> Option<Price> {
        let (bid, ask) = (i128::from(top.bid.price.0), i128::from(top.ask.price.0));
        let half_spread = i128::from(self.half_spread_ticks);
        // Twice the price, since the middle may lie between two ticks.
        let doubled = |ticks: i128| bid + ask + 2 * tick * (ticks - lean);
        let price = match side {
            Side::Buy => (doubled(-half_spread).div_euclid(2 * tick) * tick).min(ask - tick),
            Side::Sell => (-(-doubled(half_spread)).div_euclid(2 * tick) * tick).max(bid + tick),
        };
        i64::try_from(price).ok().filter(|price| *price > 0).map(Price)
    }
}

impl Quote {
    /// Cancels what stands too far from `target`. What leaves already must be gone before another one does.
    fn leave(&mut self, context: &mut Context<'_>, target: Option<Target>, follow_from: i64) {
        let again_at = context.now() + CANCEL_AGAIN;
        if let Some(leaving) = &mut self.leaving {
            if open(context, leaving.order).is_some() {
                if leaving.again_at <= context.now() {
                    // Nothing, where the first is still on its way.
                    context.cancel(leaving.order);
                    leaving.again_at = again_at;
                }
                return;
            }
            self.leaving = None;
        }
        let Some(order) = self.order.and_then(|id| open(context, id)) else { return };
        let can_be_canceled = matches!(order.status(), OrderStatus::Accepted | OrderStatus::PartiallyFilled);
        let price = order.intent().price;
        let is_near = target.is_some_and(|target| (target.price.0 - price.0).abs() < follow_from);
        let id = order.intent().client_order_id;
        // Where there is no room for it now, the next event tries again.
        if can_be_canceled && !is_near && context.cancel(id) {
            (self.order, self.leaving) = (None, Some(Leaving { order: id, again_at }));
        }
    }

    /// Places what `target` says, where nothing stands but what leaves.
    fn place(&mut self, context: &mut Context<'_>, instrument_id: InstrumentId, target: Option<Target>) {
        if self.order.is_some_and(|id| open(context, id).is_some()) {
            return;
        }
        let Some(target) = target.filter(|target| self.refused_at != Some(target.price)) else { return };
        let order = NewOrder::limit(target.side, target.price, target.quantity).post_only();
        if let Ok(id) = context.submit(instrument_id, order) {
            (self.order, self.refused_at) = (Some(id), None);
        }
    }

    /// What the quote that leaves may still trade.
    fn leaving_qty(&self, context: &Context<'_>) -> i64 {
        self.leaving.and_then(|leaving| open(context, leaving.order)).map_or(0, |order| order.leaves_qty().0)
    }
}

/// An order that may still trade.
fn open<'a>(context: &'a Context<'_>, id: ClientOrderId) -> Option<&'a TrackedOrder> {
    context.order(id).filter(|order| !order.status().is_terminal())
}

impl Strategy for Quoter {
    fn on_start(&mut self, context: &mut Context<'_>) {
        let quotes = |instrument_id| Quotes { instrument_id, buy: Quote::default(), sell: Quote::default() };
        self.quotes = context.view().instruments().map(|view| quotes(view.instrument_id)).collect();
        context.set_timer(WATCH, context.now() + WATCH_INTERVAL);
    }

    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.requote(context, quote.instrument_id);
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: Event<'_, Timer>) {
        for place in 0..self.quotes.len() {
            self.requote(context, self.quotes[place].instrument_id);
        }
        context.set_timer(WATCH, context.now() + WATCH_INTERVAL);
    }

    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.requote(context, report.instrument_id);
    }

    // The position was told before the fill: a step at that moment would cancel an order that is gone.
    fn on_order_filled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.requote(context, report.instrument_id);
    }

    fn on_order_canceled(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.requote(context, report.instrument_id);
    }

    fn on_order_denied(&mut self, context: &mut Context<'_>, denial: Event<'_, Denial>) {
        self.refuse(context, denial.client_order_id);
    }

    fn on_order_rejected(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.refuse(context, report.client_order_id);
    }
}

#[cfg(test)]
mod tests;
