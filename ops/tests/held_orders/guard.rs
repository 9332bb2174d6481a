//! The strategy of these tests: at its first quote it wants a stop on each side of the market, of which one may trade,
//! and it says on standard error what becomes of them.

use fulmar::output::notice;
use fulmar_strategies::sdk::*;

/// What the program knows of it.
pub const ENTRY: StrategyEntry = StrategyEntry {
    kind: "guard",
    doc: "Waits for the market to leave its place, on whichever side.",
    parameters: &[ParameterEntry {
        name: "distance_ticks",
        value: ParameterValue::Count { least: 1, most: 1_000_000_000 },
        need: Need::Required,
        doc: "How far the market has to go.",
    }],
    is_trading: true,
    make: |parameters| {
        let distance_ticks = i64::from(parameters.count("distance_ticks")?);
        Ok(Box::new(Guard { distance_ticks, has_wanted: false, has_seen: false }))
    },
};

struct Guard {
    distance_ticks: i64,
    /// It wanted its orders, in this life or before.
    has_wanted: bool,
    has_seen: bool,
}

impl Strategy for Guard {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        if !std::mem::replace(&mut self.has_seen, true) {
            notice("guard: sees the market");
        }
        let rules = context.instrument(quote.instrument_id).and_then(InstrumentView::rules);
        let Some(rules) = rules.filter(|_| quote.is_two_sided() && !self.has_wanted) else { return };
        let distance = self.distance_ticks * rules.price_step();
        let quantity = Quantity(10 * rules.quantity_step());
        let above = NewOrder::stop(Side::Buy, Price(quote.ask.price.0 + distance), quantity);
        let below = NewOrder::stop(Side::Sell, Price(quote.bid.price.0 - distance), quantity);
        let wanted = context.submit_alternatives(quote.instrument_id, [above, below]);
        self.has_wanted = wanted.is_ok();
    }

    fn on_order_accepted(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        say("holds", report.client_order_id, report.is_emulated);
    }

    fn on_order_restored(&mut self, _: &mut Context<'_>, order: Event<'_, HeldOrder>) {
        self.has_wanted = true;
        say("restored", order.intent.client_order_id, order.stage as u8);
    }

    fn on_order_triggered(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        say("triggered", report.client_order_id, report.is_emulated);
    }

    fn on_order_filled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        say("filled", report.client_order_id, report.is_emulated);
    }

    fn on_order_canceled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        say("canceled", report.client_order_id, report.is_emulated);
    }

    fn on_order_denied(&mut self, _: &mut Context<'_>, denial: Event<'_, Denial>) {
        notice(format_args!("guard: denied {} code {}", denial.client_order_id, denial.code));
    }
}

fn say(what: &str, id: ClientOrderId, number: u8) {
    notice(format_args!("guard: {what} {} {number}", id.counter));
}
