//! Orders of which the book shows a part, over the venue's own protocol and through its bad days: shown by the venue at
//! spot, and slice by slice by the engine at futures. No more of one stands than it may show, no more of it trades than
//! was wanted, and at the end its strategy, its engine and the venue agree.
//!
//! Five seeds of each, and a hundred with `FULMAR_CAMPAIGN=full`. `FULMAR_SEED=7 cargo test -p fulmar-tests --test
//! icebergs` plays one again.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use fulmar_adapters::binance::Product;
use fulmar_adapters::simulated::{Fault, FaultPlan};
use fulmar_bus::record::{ClientOrderId, Nanos, OrderStatus, OrderTerms, Timer};
use fulmar_engine::market::decimal::{format_scaled, parse};
use fulmar_engine::runtime::counters;
use fulmar_strategies::sdk::{
    Context, Event, InstrumentId, NewOrder, Position, Price, Quantity, Side, Strategy,
};
use fulmar_tests::desk::{API_KEY, Desk};
use fulmar_tests::stage::OPENS_AT;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BTC: InstrumentId = InstrumentId(0);
const STORM: Nanos = Nanos::from_secs(12);
/// Long enough for an order that never arrived to be known as such, and for the slowest query after that.
const CALM: Nanos = Nanos::from_secs(200);
const END: Nanos = Nanos::from_secs(60);
const ACT: u64 = 1;
const STOP: u64 = 2;
const CENSUS: u64 = 3;

/// What a strategy says of its orders, in quantities at [`SCALE`].
enum Heard {
    /// It wants this much of an order, of which so much is shown.
    Wants(ClientOrderId, i64, i64),
    /// What it holds.
    Holds(i64),
    /// Where it believes that an order stands, and what of it traded.
    Believes(ClientOrderId, OrderStatus, i64),
}

/// Digits behind the point of all that is compared: as many as spot writes, and more than futures do.
const SCALE: u8 = 8;

/// A quantity at [`SCALE`].
fn exactly(context: &Context<'_>, quantity: Quantity) -> i64 {
    let rules = context.instrument(BTC).and_then(|view| view.rules()).expect("it is traded");
    quantity.0 * 10_i64.pow(u32::from(SCALE - rules.quantity_scale))
}

/// Wants icebergs, changes them and cancels them.
struct Whale {
    rng: ChaCha8Rng,
    heard: Sender<Heard>,
    orders: Vec<ClientOrderId>,
}

impl Whale {
    fn tell(&self, heard: Heard) {
        self.heard.send(heard).expect("the test listens to the end");
    }

    fn stands(context: &Context<'_>, id: ClientOrderId) -> bool {
        context.order(id).is_some_and(|order| !order.status().is_terminal())
    }

    /// A price near the market, and a thousandth of a bitcoin.
    fn near(&mut self, context: &Context<'_>, side: Side) -> Option<(Price, i64)> {
        let view = context.instrument(BTC)?;
        let (rules, top) = (view.rules()?, view.top?);
        let (touch, sign) = if side == Side::Buy { (top.bid.price, 1) } else { (top.ask.price, -1) };
        let ticks = self.rng.random_range(-2..4);
        let thousandth = 10_i64.pow(u32::from(rules.quantity_scale) - 3);
        Some((Price(touch.0 + sign * ticks * rules.price_step()), thousandth))
    }

    fn place(&mut self, context: &mut Context<'_>) {
        let side = if self.rng.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let Some((price, thousandth)) = self.near(context, side) else { return };
        let quantity = self.rng.random_range(40..200);
        let (quantity, shown) = (Quantity(quantity * thousandth), Quantity((quantity / 8 + 3) * thousandth));
        if let Ok(id) = context.submit(BTC, NewOrder::limit(side, price, quantity).display(shown)) {
            self.orders.push(id);
            self.tell(Heard::Wants(id, exactly(context, quantity), exactly(context, shown)));
        }
    }

    fn change(&mut self, context: &mut Context<'_>, id: ClientOrderId) {
        let intent = *context.order(id).expect("it stands").intent();
        let Some((price, thousandth)) = self.near(context, intent.side) else { return };
        let mut terms = OrderTerms::of(&intent);
        if self.rng.random_bool(0.5) {
            terms.price = price;
        }
        if self.rng.random_bool(0.5) {
            let thousandths = terms.quantity.0 / thousandth + self.rng.random_range(-30..4);
            terms.quantity = Quantity(thousandths.max(30) * thousandth);
        }
        if context.modify(id, terms) {
            let (quantity, shown) = (exactly(context, terms.quantity), exactly(context, intent.display_qty));
            self.tell(Heard::Wants(id, quantity, shown));
        }
    }
}

impl Strategy for Whale {
    fn on_start(&mut self, context: &mut Context<'_>) {
        let over_at = OPENS_AT + STORM + CALM;
        context.set_timer(ACT, context.now() + Nanos::from_secs(1));
        context.set_timer(STOP, over_at);
        context.set_timer(CENSUS, over_at + END);
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: Event<'_, Timer>) {
        match timer.tag {
            STOP => {
                context.cancel_all(BTC);
            }
            CENSUS => {
                for id in &self.orders {
                    let order = context.order(*id).expect("a run has fewer orders than a view remembers");
                    self.tell(Heard::Believes(*id, order.status(), exactly(context, order.booked_qty())));
                }
            }
            _ if context.now() > OPENS_AT + STORM => {}
            _ => {
                let standing: Vec<_> =
                    self.orders.iter().copied().filter(|id| Self::stands(context, *id)).collect();
                match self.rng.random_range(0..10) {
                    0..4 if standing.len() < 4 => self.place(context),
                    4 if !standing.is_empty() => {
                        context.cancel(standing[self.rng.random_range(0..standing.len())]);
                    }
                    5..7 if !standing.is_empty() => {
                        let id = standing[self.rng.random_range(0..standing.len())];
                        self.change(context, id);
                    }
                    _ => {}
                }
                let pause = Nanos::from_millis(self.rng.random_range(1..120));
                context.set_timer(ACT, context.now() + pause);
            }
        }
    }

    fn on_position_changed(&mut self, context: &mut Context<'_>, position: Event<'_, Position>) {
        self.tell(Heard::Holds(exactly(context, position.quantity)));
    }
}

/// What is known of the whale's orders.
#[derive(Default)]
struct Known {
    /// The most that was wanted of each, and what it shows.
    wanted: BTreeMap<ClientOrderId, (i64, i64)>,
    believed: BTreeMap<ClientOrderId, (OrderStatus, i64)>,
    position: i64,
}

impl Known {
    fn hear(&mut self, heard: &Receiver<Heard>) {
        for heard in heard.try_iter() {
            match heard {
                Heard::Wants(id, quantity, shown) => {
                    let known = self.wanted.entry(id).or_insert((quantity, shown));
                    known.0 = known.0.max(quantity);
                }
                Heard::Holds(quantity) => self.position = quantity,
                Heard::Believes(id, status, booked) => _ = self.believed.insert(id, (status, booked)),
            }
        }
    }
}

/// The whale's order that one at the venue is of.
fn whole(name: &str) -> ClientOrderId {
    let name = &name.as_bytes()[..ClientOrderId::TEXT_BYTES];
    ClientOrderId::parse(name).expect("it is one of ours").whole()
}

fn units(text: &str) -> i64 {
    parse(text.as_bytes(), SCALE).expect("the venue writes numbers")
}

/// What a campaign wants to have seen.
#[derive(Debug, Default)]
struct Seen {
    orders: usize,
    at_venue: usize,
    filled: usize,
    canceled: usize,
}

fn play(product: Product, seed: u64, chance: u32) -> Seen {
    let mut faults = FaultPlan { seed, outage: Nanos::from_millis(300), ..FaultPlan::all(chance) };
    // After these nothing can agree; that each holds the instrument is shown elsewhere.
    for broken in [Fault::Overfilled, Fault::ForeignOrder, Fault::FeeMistold] {
        faults.chances.remove(&broken);
    }
    for often in [Fault::FilledBeforeCancel, Fault::FilledInPart, Fault::EventDuplicated] {
        faults.chances.insert(often, 10 * chance);
    }
    let (sender, heard) = channel();
    let whale = Whale { rng: ChaCha8Rng::seed_from_u64(seed), heard: sender, orders: Vec::new() };
    let mut desk = Desk::on_a_day(product, Box::new(whale), seed, faults);
    let mut known = Known::default();
    let at = |desk: &Desk| format!("{product:?}, seed {seed}, at {}", desk.now.0);
    while desk.now < OPENS_AT + STORM {
        desk.pass(Nanos::from_millis(5), |engine| engine());
        known.hear(&heard);
        let mut standing = BTreeMap::<ClientOrderId, usize>::new();
        let orders = desk.venues[0].orders(API_KEY);
        for order in orders.iter().filter(|order| matches!(order.status.as_str(), "NEW" | "PARTIALLY_FILLED"))
        {
            *standing.entry(whole(&order.client_order_id)).or_default() += 1;
            let shown = known.wanted[&whole(&order.client_order_id)].1;
            let is_slice = product == Product::UsdMargined;
            assert!(!is_slice || units(&order.quantity) <= shown, "{order:?}, {}", at(&desk));
        }
        let most = standing.values().max().copied().unwrap_or_default();
        assert!(most <= 1, "{standing:?}, {}", at(&desk));
    }
    desk.venues[0].calm(desk.now);
    let over_at = OPENS_AT + STORM + CALM + END + Nanos::from_secs(1);
    while desk.now < over_at {
        desk.pass(Nanos::from_millis(50), |engine| engine());
        known.hear(&heard);
    }
    agree(&desk, &known, &format!("{product:?}, seed {seed}"));
    let orders = desk.venues[0].orders(API_KEY);
    let seats = desk.player.stop(desk.now);
    for counter in ["decode_errors", "lost_records", "malformed_records", "impossible_reports", "overfills"] {
        assert_eq!(counters(&seats).get(counter), None, "{product:?}, seed {seed}: {counter}");
    }
    let ended = |is: OrderStatus| known.believed.values().filter(|(status, _)| *status == is).count();
    Seen {
        orders: known.wanted.len(),
        at_venue: orders.len(),
        filled: ended(OrderStatus::Filled),
        canceled: ended(OrderStatus::Canceled),
    }
}

/// Strategy, engine and venue say the same.
fn agree(desk: &Desk, known: &Known, at: &str) {
    let truth = desk.venues[0].truth(API_KEY, desk.now).expect("the account is there");
    assert_eq!((truth.duplicates, truth.open_orders), (0, 0), "{at}");
    assert_eq!(format_scaled(known.position.into(), SCALE).to_string(), truth.position, "{at}");
    let mut executed = BTreeMap::<ClientOrderId, i64>::new();
    for order in &desk.venues[0].orders(API_KEY) {
        *executed.entry(whole(&order.client_order_id)).or_default() += units(&order.executed);
    }
    for (id, (wanted, _)) in &known.wanted {
        let (status, booked) = known.believed[id];
        let executed = executed.get(id).copied().unwrap_or_default();
        assert!(status.is_terminal(), "{id} is {status:?}, {at}");
        assert_eq!(booked, executed, "{id}, {at}");
        assert!(executed <= *wanted, "{id}: {executed} of {wanted}, {at}");
    }
}

#[expect(clippy::print_stdout, reason = "whoever watches a long campaign sees how far it is")]
fn campaign(product: Product, chance: u32) -> Seen {
    let one = std::env::var("FULMAR_SEED").ok().map(|seed| seed.parse().expect("a seed is a whole number"));
    let is_full = std::env::var("FULMAR_CAMPAIGN").is_ok_and(|campaign| campaign == "full");
    let seeds = one.map_or(1..=if is_full { 100 } else { 5 }, |seed: u64| seed..=seed);
    let mut seen = Seen::default();
    for seed in seeds {
        let more = play(product, seed, chance);
        println!("{product:?}, seed {seed}: {more:?}");
        seen.orders += more.orders;
        seen.at_venue += more.at_venue;
        seen.filled += more.filled;
        seen.canceled += more.canceled;
    }
    println!("{product:?}: {seen:?}");
    seen
}

#[test]
fn the_venue_shows_a_part_at_spot() {
    let seen = campaign(Product::Spot, 0);
    assert!(seen.filled > 5 && seen.canceled > 5, "{seen:?}");
}

#[test]
fn slice_by_slice_at_futures() {
    let seen = campaign(Product::UsdMargined, 0);
    assert!(seen.filled > 5 && seen.canceled > 5 && seen.at_venue > 3 * seen.orders, "{seen:?}");
}

#[test]
fn bad_days_at_spot() {
    let seen = campaign(Product::Spot, 5_000);
    assert!(seen.filled > 5, "{seen:?}");
}

#[test]
fn slice_by_slice_through_bad_days() {
    let seen = campaign(Product::UsdMargined, 5_000);
    assert!(seen.filled > 5 && seen.at_venue > 2 * seen.orders, "{seen:?}");
}
