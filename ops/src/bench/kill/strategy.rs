//! The strategy that is killed: it keeps as many orders as a round wants, far below the market, and does nothing else.

use std::path::Path;

use fulmar_engine::runtime::Wait;
use fulmar_strategies::attach::{Session, read_token};
use fulmar_strategies::sdk::{
    Context, Event, ExecutionReport, InstrumentId, NewOrder, Price, Quantity, Side, Strategy, TopOfBook,
};

use super::STRATEGY;
use crate::bench::limits::KILL_ORDERS;
use crate::bench::measure::pin;

/// How far below the best bid its first order stands, as a part of its price: nothing of it is ever filled.
const AWAY: i64 = 50;
/// The size of an order, in the smallest steps that there are: worth more than the venue's least.
const STEPS: i64 = 5;

/// The process of the strategy: attaches to the engine at `socket`, and trades until it is killed.
///
/// # Errors
/// Where it cannot attach.
pub fn client(socket: &Path, core: Option<usize>) -> anyhow::Result<()> {
    pin(core);
    let token = read_token(socket)?;
    let mut session = Session::attach(socket, (STRATEGY, token), Box::new(Ladder), Wait::Park)?;
    session.run(|| false);
    Ok(())
}

struct Ladder;

impl Ladder {
    /// Orders what is missing, one below the other. Until the venue took one, no other is sent: it may not be ready.
    fn fill(context: &mut Context<'_>, instrument_id: InstrumentId) {
        let (mut standing, mut is_taken) = (0, false);
        for order in context.view().orders().open_orders() {
            (standing, is_taken) = (standing + 1, is_taken || order.is_acknowledged());
        }
        let wanted = if is_taken { KILL_ORDERS } else { 1 };
        let Some((view, rules)) =
            context.instrument(instrument_id).and_then(|view| Some((view, view.rules()?)))
        else {
            return;
        };
        let Some(bid) = view.two_sided_top().map(|top| top.bid.price.0) else { return };
        let step = rules.price_step();
        let quantity = Quantity(STEPS * rules.quantity_step());
        for place in standing..wanted {
            let below = i64::try_from(place).expect("a ladder has few rungs") * step;
            let price = Price((bid - bid / AWAY) / step * step - below);
            // What is not wanted now is wanted at the next quote.
            let _ = context.submit(instrument_id, NewOrder::limit(Side::Buy, price, quantity).post_only());
        }
    }
}

impl Strategy for Ladder {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        Self::fill(context, quote.instrument_id);
    }

    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        Self::fill(context, report.instrument_id);
    }
}
