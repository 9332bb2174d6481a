//! A strategy that wants whatever its seed says, and that says what it heard: orders of every kind, cancels and changes
//! of what it believes to stand.

use std::sync::mpsc::Sender;

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, OrderStatus, OrderTerms, Position, Timer, UnixNanos,
};
use fulmar_strategies::sdk::{Context, Event, Nanos, NewOrder, Price, Quantity, Side, Strategy, TimeInForce};
use fulmar_tests::order_desk::{BTC, LOT, MIDDLE, TICK};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// It does something.
const ACT: u64 = 1;
/// It says what it believes.
const CENSUS: u64 = 2;

/// What a trader heard, as it heard it.
#[derive(Clone, Debug)]
pub enum Heard {
    /// An order of its own traded.
    Fill {
        /// Which order.
        order: ClientOrderId,
        /// The venue's number of the trade.
        trade_id: u64,
        /// How much.
        quantity: Quantity,
        /// At which price.
        price: Price,
    },
    /// What it holds now.
    Position(Position),
    /// What it believes of all its orders.
    Census(Vec<Belief>),
}

/// What a trader believes of one of its orders.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// The order.
    pub order: ClientOrderId,
    /// Where it stands.
    pub status: OrderStatus,
    /// What of it traded.
    pub booked: Quantity,
    /// What was ordered, as it was changed last.
    pub quantity: Quantity,
}

/// The strategy.
pub struct Trader {
    rng: ChaCha8Rng,
    heard: Sender<Heard>,
    /// It wants nothing after this.
    until: UnixNanos,
    censuses: [UnixNanos; 2],
    orders: Vec<ClientOrderId>,
    /// How long it waits between two wishes at most.
    pause_max_ms: u64,
}

impl Trader {
    /// One that wants what `seed` says until then, and tells what it believes at these moments.
    pub fn new(seed: u64, heard: Sender<Heard>, until: UnixNanos, censuses: [UnixNanos; 2]) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let pause_max_ms = rng.random_range(30..400);
        Trader { rng, heard, until, censuses, orders: Vec::new(), pause_max_ms }
    }

    fn hear(&self, heard: Heard) {
        // Nobody listens where the run has failed already.
        let _ = self.heard.send(heard);
    }

    fn order(&mut self, now: UnixNanos) -> NewOrder {
        let side = if self.rng.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let quantity = Quantity(LOT * self.rng.random_range(500..15_000));
        let ticks = self.rng.random_range(-4..4);
        let price = Price(MIDDLE + TICK * if side == Side::Buy { ticks } else { -ticks });
        let order = match self.rng.random_range(0..100) {
            0..20 => NewOrder::market(side, quantity),
            20..40 => NewOrder::limit(side, price, quantity).post_only(),
            40..50 => NewOrder::limit(side, price, quantity).time_in_force(TimeInForce::Ioc),
            50..55 => NewOrder::limit(side, price, quantity).time_in_force(TimeInForce::Fok),
            55..65 => {
                let ends_at = now + Nanos::from_millis(self.rng.random_range(20..3_000));
                NewOrder::limit(side, price, quantity).until(ends_at)
            }
            _ => NewOrder::limit(side, price, quantity),
        };
        if self.rng.random_range(0..100) < 6 { order.reduce_only() } else { order }
    }

    /// One of the orders that it believes to stand.
    fn standing(&mut self, context: &Context<'_>) -> Option<ClientOrderId> {
        let stands =
            |id: &ClientOrderId| context.order(*id).is_some_and(|order| !order.status().is_terminal());
        let standing: Vec<ClientOrderId> = self.orders.iter().copied().filter(stands).collect();
        (!standing.is_empty()).then(|| standing[self.rng.random_range(0..standing.len())])
    }

    fn act(&mut self, context: &mut Context<'_>) {
        match self.rng.random_range(0..100) {
            0..50 => {
                let order = self.order(context.now());
                if let Ok(id) = context.submit(BTC, order) {
                    self.orders.push(id);
                }
            }
            50..82 => {
                if let Some(id) = self.standing(context) {
                    context.cancel(id);
                }
            }
            _ => self.change(context),
        }
    }

    /// Less of an order, or more, or at another price.
    fn change(&mut self, context: &mut Context<'_>) {
        let Some(id) = self.standing(context) else { return };
        let intent = context.order(id).map(|order| *order.intent()).expect("it stands in the view");
        let mut terms = OrderTerms::of(&intent);
        let lots = terms.quantity.0 / LOT;
        match self.rng.random_range(0..10) {
            0..3 => terms.price = Price(terms.price.0 + TICK * self.rng.random_range(-3..4)),
            3..5 => terms.quantity = Quantity(terms.quantity.0 + LOT * self.rng.random_range(1..2_000)),
            _ if lots > 1 => terms.quantity = Quantity(LOT * self.rng.random_range(1..lots)),
            _ => return,
        }
        context.modify(id, terms);
    }

    fn tell_census(&self, context: &Context<'_>) {
        let believed = self.orders.iter().map(|id| {
            let order = context.order(*id).expect("a run has far fewer orders than a view remembers");
            let (status, booked) = (order.status(), order.booked_qty());
            Belief { order: *id, status, booked, quantity: order.intent().quantity }
        });
        self.hear(Heard::Census(believed.collect()));
    }
}

impl Strategy for Trader {
    fn on_start(&mut self, context: &mut Context<'_>) {
        context.set_timer(ACT, context.now() + Nanos::from_millis(100));
        self.censuses.iter().for_each(|at| context.set_timer(CENSUS, *at));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: Event<'_, Timer>) {
        if timer.tag == CENSUS {
            return self.tell_census(context);
        }
        if context.now() > self.until {
            return;
        }
        self.act(context);
        let pause = Nanos::from_millis(self.rng.random_range(1..self.pause_max_ms));
        context.set_timer(ACT, context.now() + pause);
    }

    fn on_order_filled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.hear(Heard::Fill {
            order: report.client_order_id,
            trade_id: report.trade_id,
            quantity: report.last_qty,
            price: report.last_px,
        });
    }

    fn on_position_changed(&mut self, _: &mut Context<'_>, position: Event<'_, Position>) {
        self.hear(Heard::Position(*position));
    }
}
