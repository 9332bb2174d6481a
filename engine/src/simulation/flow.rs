//! Order flow with a seed: orders, cancels and bursts of market orders that make a [`Matching`] look like a market.
//!
//! A fair value walks: it is pulled to an anchor, which itself drifts. Orders are placed around the fair value, most of
//! them near it, so quotes that it left behind are taken by new ones and the best prices follow. Market orders come in
//! bursts of one side. The flow is one account among others and knows nothing of theirs.
//!
//! Deterministic: the same seed, and the same orders of others between the same events, give the same market. How
//! often it is called does not matter, since each event has its own due moment. Prices are integers; floats hold the
//! fair value, in ticks, and draw random numbers, and `Flow::price_around` is where one becomes the other.

use fulmar_bus::record::{AccountId, Nanos, Price, Quantity, Side, UnixNanos};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::limits::{FLOW_EVENTS_MAX, FLOW_ORDERS_MAX};
use super::matching::{Balance, Event, Matching, NewOrder, OrderKey, OrderKind, SelfTrade};

/// What the flow owns at the start: more than it can ever trade away, far from what 128 bits hold.
const DEPOSIT: Balance = Balance { base: 1 << 100, quote: 1 << 120 };

/// Orders that the flow tries to have in the book.
const ORDERS_WANTED: usize = 1_500;
/// Orders that a cancel looks at until it finds one that others have not filled meanwhile.
const CANCEL_TRIES: u32 = 8;
/// Levels a side at the start.
const LEVELS_AT_START: i64 = 300;
/// How far the fair value moves in one event, in ticks: one standard deviation.
const FAIR_STEP_TICKS: f64 = 0.2;
/// Which part of its distance to the anchor the fair value makes good in one event.
const FAIR_PULL: f64 = 0.0005;
/// How far the anchor drifts in one event, in ticks.
const ANCHOR_DRIFT_TICKS: f64 = 0.002;
/// How far the anchor may go from the start price, as part of it, before its drift turns round.
const ANCHOR_RANGE: f64 = 0.03;
/// Events between two turns of the anchor's drift, on average.
const DRIFT_EVENTS: f64 = 40_000.0;
/// Events of a burst, on average.
const BURST_EVENTS: f64 = 12.0;

/// What the flow is like.
#[derive(Clone, Copy, Debug)]
pub struct FlowConfig {
    /// Makes the market what it is; the same seed, the same market.
    pub seed: u64,
    /// Where the price starts.
    pub start_price: Price,
    /// Quantity of a middling order.
    pub order_quantity: Quantity,
    /// Events a second, on average; zero stops the flow.
    pub events_per_second: u32,
}

/// The flow.
#[derive(Debug)]
pub struct Flow {
    config: FlowConfig,
    rng: ChaCha8Rng,
    account: AccountId,
    tick: i64,
    lot: i64,
    orders: Vec<OrderKey>,
    fair_ticks: f64,
    anchor_ticks: f64,
    drift_ticks: f64,
    burst: Option<Side>,
    due_at: UnixNanos,
    skipped: Nanos,
}

impl Flow {
    /// A flow that opens its account in `market` and fills both sides of the book, as of `now`.
    ///
    /// # Panics
    /// Where the market has no room for another account, or its tick or lot is zero: that is a mistake in the set-up.
    pub fn start(config: FlowConfig, market: &mut Matching, now: UnixNanos) -> Self {
        let account = market.open_account(DEPOSIT).expect("a new market has room for its flow");
        let (tick, lot) = (market.terms().tick.0, market.terms().lot.0);
        assert!(tick > 0 && lot > 0, "a market that trades has a tick and a lot");
        #[expect(clippy::cast_precision_loss, reason = "a start value; the walk is not exact")]
        let start_ticks = (config.start_price.0 / tick) as f64;
        let mut flow = Flow {
            config,
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            account,
            tick,
            lot,
            orders: Vec::with_capacity(2 * FLOW_ORDERS_MAX),
            fair_ticks: start_ticks,
            anchor_ticks: start_ticks,
            drift_ticks: ANCHOR_DRIFT_TICKS,
            burst: None,
            due_at: now,
            skipped: Nanos(0),
        };
        flow.fill_book(market);
        flow.schedule();
        flow
    }

    /// When the next event is due; the end of time where the flow is stopped.
    pub fn due_at(&self) -> UnixNanos {
        self.due_at
    }

    /// Time that passed without the events that belong to it, because nobody advanced the flow in time.
    pub fn skipped(&self) -> Nanos {
        self.skipped
    }

    /// The account that the flow trades with.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Makes the events that are due at `now`, tells what came of them in `events`, and gives their number.
    pub fn advance(&mut self, now: UnixNanos, market: &mut Matching, events: &mut Vec<Event>) -> u64 {
        let mut count = 0;
        while count < FLOW_EVENTS_MAX && self.step(now, market, events) {
            count += 1;
        }
        if self.due_at <= now {
            self.skip_to(now);
        }
        count
    }

    /// Makes one event if one is due at `now`.
    pub fn step(&mut self, now: UnixNanos, market: &mut Matching, events: &mut Vec<Event>) -> bool {
        if self.due_at > now {
            return false;
        }
        self.walk();
        self.act(market, events);
        self.schedule();
        true
    }

    /// Leaves out what was due before `now`, as after a pause.
    pub fn skip_to(&mut self, now: UnixNanos) {
        self.skipped.0 += now.since(self.due_at).0;
        self.due_at = now;
        self.schedule();
    }

    fn fill_book(&mut self, market: &mut Matching) {
        let mut events = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            let mut distance = 0.5;
            for _ in 0..LEVELS_AT_START {
                self.place(side, distance, market, &mut events);
                distance += 1.0 + self.rng.random::<f64>() * distance / 20.0;
                events.clear();
            }
        }
    }

    /// The next event is due an exponentially distributed time after this one.
    fn schedule(&mut self) {
        if self.config.events_per_second == 0 {
            self.due_at = UnixNanos(u64::MAX);
            return;
        }
        let mean_ns = 1e9 / f64::from(self.config.events_per_second);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; rounded down")]
        let wait = Nanos((self.exponential() * mean_ns) as u64);
        self.due_at = self.due_at + wait;
    }

    fn walk(&mut self) {
        if self.rng.random::<f64>() < 1.0 / DRIFT_EVENTS {
            self.drift_ticks = -self.drift_ticks;
        }
        #[expect(clippy::cast_precision_loss, reason = "a bound of a random walk")]
        let start_ticks = (self.config.start_price.0 / self.tick) as f64;
        let away = (self.anchor_ticks - start_ticks) / start_ticks;
        if away.abs() > ANCHOR_RANGE {
            self.drift_ticks = -ANCHOR_DRIFT_TICKS.copysign(away);
        }
        self.anchor_ticks += self.drift_ticks;
        let noise = self.bell() * FAIR_STEP_TICKS;
        self.fair_ticks += noise + (self.anchor_ticks - self.fair_ticks) * FAIR_PULL;
    }

    fn act(&mut self, market: &mut Matching, events: &mut Vec<Event>) {
        if let Some(side) = self.burst {
            if self.rng.random::<f64>() < 1.0 / BURST_EVENTS {
                self.burst = None;
            }
            if self.rng.random::<f64>() < 0.5 {
                return self.take(side, market, events);
            }
        }
        let side = if self.rng.random::<bool>() { Side::Buy } else { Side::Sell };
        let draw: f64 = self.rng.random();
        if draw < 0.01 {
            self.burst = Some(side);
            self.take(side, market, events);
        } else if draw >= 0.5 || !self.cancel(market, events) {
            let distance = self.distance();
            self.place(side, distance, market, events);
        }
    }

    /// Where a new order stands, in ticks from the fair value: most near the touch, some deep in the book.
    fn distance(&mut self) -> f64 {
        let reach = match self.rng.random_range(0..10) {
            0..6 => 2.0,
            6..9 => 60.0,
            _ => 900.0,
        };
        0.5 + self.exponential() * reach
    }

    fn place(&mut self, side: Side, distance_ticks: f64, market: &mut Matching, events: &mut Vec<Event>) {
        let order = NewOrder {
            side,
            kind: OrderKind::Limit,
            price: self.price_around(side, distance_ticks),
            quantity: self.quantity(1.0),
            display_qty: Quantity(0),
            self_trade: SelfTrade::Allow,
        };
        if let Ok(key) = market.submit(self.account, order, events)
            && market.leaves(key).is_some()
        {
            if self.orders.len() >= 2 * FLOW_ORDERS_MAX {
                self.orders.retain(|order| market.leaves(*order).is_some());
            }
            self.orders.push(key);
        }
    }

    fn take(&mut self, side: Side, market: &mut Matching, events: &mut Vec<Event>) {
        let order = NewOrder {
            side,
            kind: OrderKind::Market,
            price: Price(0),
            quantity: self.quantity(1.5),
            display_qty: Quantity(0),
            self_trade: SelfTrade::Allow,
        };
        let accepted = market.submit(self.account, order, events);
        assert!(accepted.is_ok(), "the flow can pay for any order of its own making");
    }

    /// Cancels an order chosen by chance, more willingly the more there are. False where none was canceled.
    fn cancel(&mut self, market: &mut Matching, events: &mut Vec<Event>) -> bool {
        let is_crowded = self.orders.len() >= FLOW_ORDERS_MAX;
        if !is_crowded && self.rng.random_range(0..2 * ORDERS_WANTED) >= self.orders.len() {
            return false;
        }
        for _ in 0..CANCEL_TRIES {
            if self.orders.is_empty() {
                break;
            }
            let key = self.orders.swap_remove(self.rng.random_range(0..self.orders.len()));
            if market.cancel(key, events) {
                return true;
            }
        }
        false
    }

    /// The price `distance_ticks` behind the fair value, rounded away from it to a whole tick, one tick at least.
    fn price_around(&self, side: Side, distance_ticks: f64) -> Price {
        let ticks = match side {
            Side::Buy => (self.fair_ticks - distance_ticks).floor(),
            Side::Sell => (self.fair_ticks + distance_ticks).ceil(),
        };
        #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^53")]
        let whole = ticks.max(1.0) as i64;
        Price(whole * self.tick)
    }

    /// A quantity around `scale` times the configured one, rounded down to a whole lot, one lot at least.
    fn quantity(&mut self, scale: f64) -> Quantity {
        let spread = self.exponential() * scale + 0.02;
        #[expect(clippy::cast_precision_loss, reason = "a random size")]
        let lots = self.config.order_quantity.0 as f64 / self.lot as f64 * spread;
        #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^53")]
        let whole = lots.max(1.0) as i64;
        Quantity(whole * self.lot)
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.rng.random::<f64>()).ln()
    }

    /// About normal with mean 0 and deviation 1: the sum of twelve uniform draws less six.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.rng.random::<f64>()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::Notional;

    use super::super::matching::{Settlement, Terms};
    use super::*;

    const START: UnixNanos = UnixNanos(1_000_000_000_000);

    fn scene(seed: u64) -> (Matching, Flow) {
        let terms = Terms {
            settlement: Settlement::Delivery,
            tick: Price(100),
            lot: Quantity(10),
            fee: crate::market::FeeRate::ZERO,
            money_unit: Notional(1),
        };
        let mut market = Matching::new(terms);
        let config = FlowConfig {
            seed,
            start_price: Price(600_000_000),
            order_quantity: Quantity(10_000),
            events_per_second: 2_000,
        };
        let flow = Flow::start(config, &mut market, START);
        (market, flow)
    }

    fn spread_ticks(market: &Matching) -> i64 {
        let best = |side| market.best(side).expect("neither side is ever empty").price.0;
        (best(Side::Sell) - best(Side::Buy)) / 100
    }

    #[test]
    fn the_market_looks_like_one_for_minutes() {
        let (mut market, mut flow) = scene(3);
        let (mut events, mut spreads) = (Vec::new(), Vec::new());
        let (mut moves, mut count, mut buys, mut sells) = (0u64, 0u64, 0u64, 0u64);
        let mut top = (market.best(Side::Buy), market.best(Side::Sell));
        let end = START + Nanos::from_secs(120);
        while flow.step(end, &mut market, &mut events) {
            count += 1;
            for event in events.drain(..) {
                match event {
                    Event::Trade(trade) if trade.aggressor == Side::Buy => buys += 1,
                    Event::Trade(_) => sells += 1,
                    _ => {}
                }
            }
            let price = |level: Option<fulmar_bus::record::Level>| level.map(|level| level.price);
            let now = (market.best(Side::Buy), market.best(Side::Sell));
            moves += u64::from((price(now.0), price(now.1)) != (price(top.0), price(top.1)));
            top = now;
            spreads.push(spread_ticks(&market));
        }
        spreads.sort_unstable();
        let (middle, high) = (spreads[spreads.len() / 2], spreads[spreads.len() * 95 / 100]);
        let levels = (market.level_count(Side::Buy), market.level_count(Side::Sell));
        let facts = format!(
            "seed 3: {count} events, {moves} moves, {buys} buys, {sells} sells, spread {middle} (95 %: {high}), \
             {levels:?} levels, {} orders",
            market.open_orders()
        );
        assert!((230_000..250_000).contains(&count), "{facts}");
        assert!((6..=60).contains(&(count / moves)), "{facts}");
        assert!((1..=3).contains(&middle) && high <= 6, "{facts}");
        assert!(buys > count / 200 && sells > count / 200, "{facts}");
        assert!(levels.0 >= 200 && levels.1 >= 200 && levels.0 + levels.1 < 4_000, "{facts}");
        assert!(market.open_orders() < FLOW_ORDERS_MAX, "{facts}");
    }

    #[test]
    fn it_does_not_matter_how_often_the_flow_is_called() {
        let run = |slice: Nanos| {
            let (mut market, mut flow) = scene(5);
            let (mut events, mut now) = (Vec::new(), START);
            while now < START + Nanos::from_secs(2) {
                now = now + slice;
                flow.advance(now, &mut market, &mut events);
            }
            (events, market.update_id())
        };
        let (events, update_id) = run(Nanos::from_secs(2));
        assert!(events.len() > 3_000);
        assert!(run(Nanos::from_millis(1)) == (events, update_id), "seed 5");
    }

    #[test]
    fn another_seed_is_another_market() {
        let run = |seed| {
            let (mut market, mut flow) = scene(seed);
            let mut events = Vec::new();
            flow.advance(START + Nanos::from_secs(1), &mut market, &mut events);
            market.levels(Side::Buy).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn an_order_that_joins_the_touch_is_filled_within_seconds() {
        let (mut market, mut flow) = scene(9);
        let account = market.open_account(Balance { base: 1 << 40, quote: 1 << 80 }).expect("there is room");
        let (mut events, mut now, mut filled) = (Vec::new(), START, 0);
        for round in 0..20 {
            let side = if round % 2 == 0 { Side::Buy } else { Side::Sell };
            let price = market.best(side).expect("neither side is ever empty").price;
            let quantity = Quantity(5_000);
            let (kind, self_trade) = (OrderKind::PostOnly, SelfTrade::Allow);
            let order = NewOrder { side, kind, price, quantity, display_qty: Quantity(0), self_trade };
            let key = market.submit(account, order, &mut events).expect("it joins the touch");
            now = now + Nanos::from_secs(3);
            flow.advance(now, &mut market, &mut events);
            filled += u32::from(market.leaves(key).is_none());
            market.cancel(key, &mut events);
        }
        assert!(filled >= 10, "seed 9: {filled} of 20");
    }

    #[test]
    fn a_pause_is_left_out_and_counted() {
        let (mut market, mut flow) = scene(1);
        let mut events = Vec::new();
        let later = START + Nanos::from_secs(60);
        flow.skip_to(later);
        assert!(flow.due_at() > later && flow.skipped() > Nanos::from_secs(59));
        assert_eq!(flow.advance(later, &mut market, &mut events), 0);
    }
}
