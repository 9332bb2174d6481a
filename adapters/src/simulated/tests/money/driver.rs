//! A day of three clients and the market, at the venue and at the reference: each step is done at both, as far as the
//! fault that met it lets it be done.

use fulmar_bus::record::{AccountId, Nanos, Side, UnixNanos};
use fulmar_engine::market::decimal::{format_scaled, parse_signed};
use fulmar_engine::simulation::matching::{Balance, Ledger, OrderKind, SelfTrade};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::reference::{Money, Reference, Wanted};
use crate::simulated::faults::Occasion;
use crate::simulated::tests::bench::Bench;
use crate::simulated::{Dialect, Fault, FaultPlan, SCALE, SimulatedVenueConfig};

const NAMES: [&str; 3] = ["ada", "ben", "cid"];
const STEPS: u32 = 150;
const FUNDING_INTERVAL: Nanos = Nanos::from_secs(20);
/// The chance of each fault, in millionths.
const CHANCE: u32 = 8_000;

/// Faults that need an order in a state that is rare.
const RARE: [Fault; 4] =
    [Fault::FilledBeforeCancel, Fault::FilledInPart, Fault::FillHeldBack, Fault::PostOnlyRefused];

/// What a client wants; accounts count from one, as the market's own is the first.
#[derive(Clone, Debug)]
enum Wish {
    Place(Wanted),
    Cancel(String),
    CancelAll,
    /// Cancels an order and places another one, even if the first is not there where that is allowed.
    Replace(String, Wanted, bool),
    /// Another quantity of an order of spot.
    Lower(String, i64),
    /// Another price and quantity of an order of futures.
    Modify(String, Side, (i64, i64)),
}

impl Wish {
    /// The order that it names.
    fn id(&self) -> Option<&str> {
        match self {
            Wish::Place(wanted) => Some(&wanted.id),
            Wish::Cancel(id) | Wish::Replace(id, ..) | Wish::Lower(id, _) | Wish::Modify(id, ..) => Some(id),
            Wish::CancelAll => None,
        }
    }
}

/// A day at both.
pub struct Day {
    pub bench: Bench,
    pub reference: Reference,
    seed: u64,
    rng: ChaCha8Rng,
    is_told: bool,
    dialect: Dialect,
    order_count: u32,
    /// What is executed later, and when.
    late: Vec<(UnixNanos, usize, Wish)>,
    closed_until: UnixNanos,
    revoked_until: [UnixNanos; 4],
    counts_down_to: [Option<UnixNanos>; 4],
    funding_at: UnixNanos,
    deposits: Money,
}

impl Day {
    pub fn new(config: SimulatedVenueConfig, seed: u64, is_told: bool) -> Self {
        let outage = Nanos::from_millis(300);
        let mut faults = FaultPlan { seed, outage, ..FaultPlan::all(CHANCE) };
        faults.chances.extend(RARE.map(|fault| (fault, 20 * CHANCE)));
        faults.chances.extend([Fault::Maintenance, Fault::KeyRevoked].map(|fault| (fault, CHANCE / 4)));
        let mut config = SimulatedVenueConfig {
            seed,
            events_per_second: 0,
            orders_per_10_seconds: u32::MAX,
            orders_per_minute: u32::MAX,
            weight_per_minute: u32::MAX,
            funding_interval: FUNDING_INTERVAL,
            funding_rate: [-30_000, 10_000][usize::from(seed.is_multiple_of(2))],
            faults,
            ..config
        };
        // Little enough that an order is too much for it now and then.
        config.symbols[0].base_balance.0 /= 20;
        config.symbols[0].quote_balance /= 400;
        let mut bench = Bench::new(config.clone());
        for name in NAMES {
            bench.venue.account(name).expect("there is room");
            bench.subscribe_as(name);
        }
        let market = &bench.venue.markets[0];
        let ledger = market.matching().ledger();
        let accounts = (0..=NAMES.len()).map(|id| owned(config.dialect, ledger, account_id(id)));
        let mut reference = Reference::new(&config, accounts.collect());
        for side in [Side::Buy, Side::Sell] {
            let levels = market.matching().levels(side);
            levels.for_each(|level| reference.stands(side, level.price.0, level.quantity.0));
        }
        let now = bench.now;
        Day {
            deposits: money(ledger.sum()),
            bench,
            reference,
            seed,
            rng: ChaCha8Rng::seed_from_u64(seed),
            is_told,
            dialect: config.dialect,
            order_count: 0,
            late: Vec::new(),
            closed_until: UnixNanos(0),
            revoked_until: [UnixNanos(0); 4],
            counts_down_to: [None; 4],
            funding_at: UnixNanos((now.0 / FUNDING_INTERVAL.0 + 1) * FUNDING_INTERVAL.0),
        }
    }

    pub fn play(&mut self) {
        for step in 0..STEPS {
            let account = self.rng.random_range(1..=NAMES.len());
            match self.rng.random_range(0..100) {
                0..2 => self.halt(),
                2..17 => self.pass(),
                17..19 if self.dialect == Dialect::UsdMargined => self.count_down(account),
                19..20 if self.dialect == Dialect::UsdMargined => self.lever(account),
                _ => {
                    let wish = self.wish(account);
                    self.ask(account, wish);
                }
            }
            self.compare(step, 5);
        }
        self.compare(STEPS, usize::MAX);
        self.trades_are_all_that_moved_money();
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            println!("{} {}", self.bench.now.0, what());
        }
    }

    /// A random wish, most of them sensible.
    fn wish(&mut self, account: usize) -> Wish {
        let known = (self.order_count > 0).then(|| self.rng.random_range(0..self.order_count));
        let mut id = known.map_or("none".to_owned(), |known| format!("order-{known}"));
        // Most requests are of an order that stands.
        let standing: Vec<&str> = self
            .reference
            .open
            .iter()
            .filter(|order| order.account == account)
            .map(|order| order.wanted.id.as_str())
            .collect();
        if !standing.is_empty() && self.rng.random_bool(0.8) {
            id = standing[self.rng.random_range(0..standing.len())].to_owned();
        }
        match (self.rng.random_range(0..100), self.dialect) {
            (0..60, _) => Wish::Place(self.wanted()),
            (60..80, _) => Wish::Cancel(id),
            (80..82, _) => Wish::CancelAll,
            (82..90, Dialect::Spot) => Wish::Replace(id, self.wanted(), self.rng.random()),
            (_, Dialect::Spot) => {
                let found = self.reference.find(account, &id);
                let quantity = found.map_or(1_000, |index| self.reference.open[index].wanted.quantity);
                let step = self.reference.step();
                Wish::Lower(id, quantity / 4 * self.rng.random_range(0..=4) / step * step)
            }
            (_, Dialect::UsdMargined) => {
                let found = self.reference.find(account, &id);
                let side = found.map_or(Side::Buy, |index| self.reference.open[index].wanted.side);
                let before = found.map(|index| self.reference.open[index].wanted.clone());
                let other = self.wanted();
                let price = before.as_ref().filter(|_| self.rng.random()).map_or(other.price, |it| it.price);
                let quantity = before.filter(|_| self.rng.random()).map_or(other.quantity, |it| it.quantity);
                Wish::Modify(id, side, (price.max(1), quantity))
            }
        }
    }

    fn wanted(&mut self) -> Wanted {
        let kinds =
            [OrderKind::Market, OrderKind::PostOnly, OrderKind::ImmediateOrCancel, OrderKind::FillOrKill];
        let kind = kinds.get(self.rng.random_range(0..10)).copied().unwrap_or(OrderKind::Limit);
        let modes = [SelfTrade::ExpireTaker, SelfTrade::ExpireMaker, SelfTrade::ExpireBoth];
        let self_trade = modes.get(self.rng.random_range(0..8)).copied().unwrap_or(SelfTrade::Allow);
        let side = if self.rng.random() { Side::Buy } else { Side::Sell };
        let (tick, step) = (self.reference.tick(), self.reference.step());
        let middle = self.reference.mark / tick;
        let off = i64::from(self.rng.random_bool(0.02));
        let price = (middle + self.rng.random_range(-6..=6)) * tick + off;
        let most = [40, 400, 40_000]
            [usize::from(self.rng.random_bool(0.2)) + usize::from(self.rng.random_bool(0.05))];
        let least = self.reference.least_quantity() / step;
        let quantity = (least - 1 + self.rng.random_range(0..most)).max(1) * step;
        let is_new = self.order_count == 0 || self.rng.random_bool(0.97);
        let number = if is_new { self.order_count } else { self.rng.random_range(0..self.order_count) };
        self.order_count += u32::from(is_new);
        let display = match self.dialect == Dialect::Spot && self.rng.random_bool(0.3) {
            true => quantity / step * self.rng.random_range(0..=11) / 10 * step + off,
            false => 0,
        };
        Wanted {
            id: format!("order-{number}"),
            side,
            kind,
            price: if kind == OrderKind::Market { 0 } else { price },
            quantity,
            display,
            self_trade,
            reduces_only: self.dialect == Dialect::UsdMargined && self.rng.random_bool(0.15),
        }
    }

    fn ask(&mut self, account: usize, wish: Wish) {
        let before = self.counts();
        let name = NAMES[account - 1];
        match (&wish, self.dialect) {
            (Wish::CancelAll, Dialect::UsdMargined) => {
                self.bench.http_as(name, "DELETE /fapi/v1/allOpenOrders", "symbol=BTCUSDT");
            }
            _ => {
                let (method, params) = request(self.dialect, &wish);
                self.bench.ask_as(name, method, params);
            }
        }
        let after = self.counts();
        let mut happened =
            Fault::ALL.iter().copied().filter(|fault| after[fault.name()] > before[fault.name()]);
        let fits = |fault: &Fault| {
            [Occasion::Place, Occasion::Cancel, Occasion::Change].into_iter().any(|it| fault.fits(it))
        };
        let fault = happened.find(fits);
        self.tell(|| format!("{} {wish:?} {fault:?}", NAMES[account - 1]));
        self.obey(account, wish, fault);
        if !self.bench.is_connected() {
            self.bench.connect();
            NAMES.iter().for_each(|name| self.bench.subscribe_as(name));
        }
    }

    /// Does at the reference what was done at the venue, where this went wrong.
    fn obey(&mut self, account: usize, wish: Wish, fault: Option<Fault>) {
        let now = self.bench.now;
        let plan = self.bench.venue.faults.plan().clone();
        match fault {
            Some(
                Fault::RequestLost
                | Fault::CutBeforeExecution
                | Fault::UnknownNotExecuted
                | Fault::CodeNotExecuted
                | Fault::RateLimited
                | Fault::Refused
                | Fault::PostOnlyRefused
                | Fault::PriceBandRefused
                | Fault::Overloaded
                | Fault::CancelRefused,
            ) => {}
            Some(Fault::UnknownExecutedLate) => self.late.push((now + plan.late, account, wish)),
            Some(Fault::Maintenance) => self.closed_until = now + plan.outage,
            Some(Fault::KeyRevoked) => self.revoked_until[account] = now + plan.outage,
            Some(fault @ (Fault::FilledBeforeCancel | Fault::FilledInPart)) => {
                let is_half = fault == Fault::FilledInPart;
                let has_traded = match wish.id() {
                    Some(id) => self.reference.trade_with(account, id, is_half),
                    None => self.reference.trade_with_one(account, is_half),
                };
                assert!(has_traded, "seed {}: {wish:?} was said to have traded", self.seed);
                self.execute(account, &wish);
            }
            Some(Fault::ExpiredByVenue | Fault::CanceledByVenue | Fault::SelfTradeEnded) => {
                self.execute(account, &wish);
                self.reference.cancel(account, wish.id().expect("a new order is named"));
            }
            Some(Fault::Overfilled) => {
                let Wish::Place(Wanted { side, .. }) = wish else { panic!("only a new order is overfilled") };
                self.execute(account, &wish);
                self.reference.trade_once_more(account, side);
            }
            Some(Fault::ForeignOrder) => {
                self.execute(account, &wish);
                self.reference.trade_once_more(account, Side::Buy);
            }
            _ => self.execute(account, &wish),
        }
    }

    /// Executes a request at the reference, where the venue takes requests.
    fn execute(&mut self, account: usize, wish: &Wish) {
        let now = self.bench.now;
        if now < self.closed_until || now < self.revoked_until[account] {
            return;
        }
        let reference = &mut self.reference;
        match wish {
            Wish::Place(wanted) => {
                reference.place(account, wanted);
            }
            Wish::Cancel(id) => {
                reference.cancel(account, id);
            }
            Wish::CancelAll => reference.cancel_all(account),
            Wish::Replace(id, wanted, goes_on) => {
                if reference.cancel(account, id) || *goes_on {
                    reference.place(account, wanted);
                }
            }
            Wish::Lower(id, quantity) => reference.lower(account, id, *quantity),
            Wish::Modify(id, _, terms) => reference.modify(account, id, *terms),
        }
    }

    fn counts(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let mut counts: std::collections::BTreeMap<_, _> =
            Fault::ALL.iter().map(|fault| (fault.name(), 0)).collect();
        counts.extend(self.bench.venue.faults.counts());
        counts
    }

    fn halt(&mut self) {
        self.reference.is_halted ^= true;
        let is_halted = self.reference.is_halted;
        self.tell(|| format!("halted: {is_halted}"));
        self.bench.venue.halt(Some("BTCUSDT"), is_halted, self.bench.now).expect("it is traded");
    }

    fn lever(&mut self, account: usize) {
        let leverage = self.rng.random_range(2..=20);
        let name = NAMES[account - 1];
        let (status, _) = self.bench.http_as(
            name,
            "POST /fapi/v1/leverage",
            &format!("symbol=BTCUSDT&leverage={leverage}"),
        );
        if status == 200 {
            self.reference.leverages[account] = leverage;
        }
    }

    fn count_down(&mut self, account: usize) {
        let millis = self.rng.random_range(0..=3) * 400;
        let query = format!("symbol=BTCUSDT&countdownTime={millis}");
        let (status, _) = self.bench.http_as(NAMES[account - 1], "POST /fapi/v1/countdownCancelAll", &query);
        if status == 200 {
            self.counts_down_to[account] = (millis > 0).then(|| self.bench.now + Nanos::from_millis(millis));
        }
    }

    /// Lets time pass at both.
    fn pass(&mut self) {
        if self.reference.is_halted {
            self.halt();
        }
        let millis = [50, 500, 5_000][self.rng.random_range(0..3)];
        self.bench.pass(Nanos::from_millis(millis));
        let now = self.bench.now;
        self.tell(|| format!("{millis} ms later"));
        let (due, waits) = std::mem::take(&mut self.late).into_iter().partition(|(at, ..)| *at <= now);
        self.late = waits;
        let due: Vec<(UnixNanos, usize, Wish)> = due;
        due.into_iter().for_each(|(_, account, wish)| self.execute(account, &wish));
        if self.dialect == Dialect::UsdMargined {
            self.settle(now);
        }
        NAMES.iter().for_each(|name| self.bench.subscribe_as(name));
    }

    fn settle(&mut self, now: UnixNanos) {
        let best = [Side::Buy, Side::Sell].map(|side| self.reference.levels(side).first().map(|best| best.0));
        if let [Some(bid), Some(ask)] = best {
            self.reference.mark = (bid + ask) / 2;
        }
        while self.funding_at <= now {
            self.funding_at = self.funding_at + FUNDING_INTERVAL;
            self.reference.fund(self.bench.venue.config.funding_rate);
        }
        for account in 1..=NAMES.len() {
            if self.counts_down_to[account].is_some_and(|at| at <= now) {
                self.counts_down_to[account] = None;
                self.reference.cancel_all(account);
            }
        }
    }

    /// The venue is where the reference is, and nothing is lost.
    fn compare(&self, step: u32, levels: usize) {
        let at = || format!("seed {} of {:?}, step {step}", self.seed, self.dialect);
        let market = &self.bench.venue.markets[0];
        let ledger = market.matching().ledger();
        for side in [Side::Buy, Side::Sell] {
            let stands = market.matching().levels(side).map(|level| (level.price.0, level.quantity.0));
            let expected = self.reference.levels(side);
            assert!(stands.take(levels).eq(expected.into_iter().take(levels)), "{side:?} at {}", at());
        }
        for (id, owned) in self.reference.accounts.iter().enumerate() {
            let (id, owns) = (account_id(id), self::owned(self.dialect, ledger, account_id(id)));
            assert_eq!(owns, *owned, "what {id:?} owns at {}", at());
            match self.dialect {
                Dialect::Spot => {
                    let locked = self.reference.locked(id.index());
                    assert_eq!(money(ledger.locked(id)), locked, "what {id:?} has locked at {}", at());
                }
                Dialect::UsdMargined => {
                    let held = i128::from(market.holding(id).quantity);
                    assert_eq!(held, owned.base, "what {id:?} holds at {}", at());
                }
            }
        }
        assert_eq!(money(ledger.fees()), self.reference.fees, "fees at {}", at());
        assert_eq!(money(ledger.sum()), self.deposits, "all that anybody owns at {}", at());
    }

    /// What an account is told of its trades, when it asks, is what its money did.
    fn trades_are_all_that_moved_money(&self) {
        let number = |text: &str, scale| i128::from(parse_signed(text.as_bytes(), scale).expect("a number"));
        for (name, id) in NAMES.iter().zip(1..) {
            let place = self.bench.venue.accounts.iter().position(|account| account.api_key == *name);
            let mut sum = Money::default();
            for trade in self.bench.venue.trades_of(place.expect("it has an account")) {
                let sign = if trade.is_buyer { 1 } else { -1 };
                let (price, quantity) = (number(&trade.price, SCALE), number(&trade.quantity, SCALE));
                sum.base += sign * quantity;
                sum.quote -= sign * quantity * price;
                match trade.fee_asset.as_str() {
                    "BTC" => sum.base -= number(&trade.fee, SCALE),
                    _ => sum.quote -= number(&trade.fee, SCALE) * 10i128.pow(u32::from(SCALE)),
                }
            }
            sum.quote -= self.reference.funded[id];
            let change = self.bench.venue.markets[0].matching().ledger().change(account_id(id));
            assert_eq!(sum, money(change), "what {name} traded, seed {} of {:?}", self.seed, self.dialect);
        }
    }
}

fn account_id(id: usize) -> AccountId {
    AccountId(u16::try_from(id).expect("there are four"))
}

/// What an account owns; of contracts it is nothing before it trades.
fn owned(dialect: Dialect, ledger: &Ledger, id: AccountId) -> Money {
    let total = money(ledger.total(id));
    match dialect {
        Dialect::Spot => total,
        Dialect::UsdMargined => Money { base: ledger.change(id).base, ..total },
    }
}

fn money(balance: Balance) -> Money {
    Money { base: balance.base, quote: balance.quote }
}

/// What is sent to have a wish.
fn request(dialect: Dialect, wish: &Wish) -> (&'static str, Value) {
    let named = |id: &str| json!({"symbol": "BTCUSDT", "origClientOrderId": id});
    match wish {
        Wish::Place(wanted) => ("order.place", order(dialect, wanted)),
        Wish::Cancel(id) => ("order.cancel", named(id)),
        Wish::CancelAll => ("openOrders.cancelAll", json!({"symbol": "BTCUSDT"})),
        Wish::Replace(id, wanted, goes_on) => {
            let mut params = order(dialect, wanted);
            params["cancelOrigClientOrderId"] = json!(id);
            params["cancelReplaceMode"] = json!(if *goes_on { "ALLOW_FAILURE" } else { "STOP_ON_FAILURE" });
            ("order.cancelReplace", params)
        }
        Wish::Lower(id, quantity) => {
            let mut params = named(id);
            params["newClientOrderId"] = json!(id);
            params["newQty"] = json!(text(*quantity));
            ("order.amend.keepPriority", params)
        }
        Wish::Modify(id, side, (price, quantity)) => {
            let mut params = named(id);
            params["side"] = json!(if *side == Side::Buy { "BUY" } else { "SELL" });
            params["price"] = json!(text(*price));
            params["quantity"] = json!(text(*quantity));
            ("order.modify", params)
        }
    }
}

fn order(dialect: Dialect, wanted: &Wanted) -> Value {
    let mut params = json!({
        "symbol": "BTCUSDT",
        "side": if wanted.side == Side::Buy { "BUY" } else { "SELL" },
        "quantity": text(wanted.quantity),
        "newClientOrderId": wanted.id,
        "selfTradePreventionMode": match wanted.self_trade {
            SelfTrade::Allow => "NONE",
            SelfTrade::ExpireTaker => "EXPIRE_TAKER",
            SelfTrade::ExpireMaker => "EXPIRE_MAKER",
            SelfTrade::ExpireBoth => "EXPIRE_BOTH",
        },
    });
    let (kind, time_in_force) = match (wanted.kind, dialect) {
        (OrderKind::Market, _) => ("MARKET", None),
        (OrderKind::PostOnly, Dialect::Spot) => ("LIMIT_MAKER", None),
        (OrderKind::PostOnly, Dialect::UsdMargined) => ("LIMIT", Some("GTX")),
        (OrderKind::Limit, _) => ("LIMIT", Some("GTC")),
        (OrderKind::ImmediateOrCancel, _) => ("LIMIT", Some("IOC")),
        (OrderKind::FillOrKill, _) => ("LIMIT", Some("FOK")),
    };
    params["type"] = json!(kind);
    if let Some(time_in_force) = time_in_force {
        params["timeInForce"] = json!(time_in_force);
    }
    if wanted.kind != OrderKind::Market {
        params["price"] = json!(text(wanted.price));
    }
    if wanted.display != 0 {
        params["icebergQty"] = json!(text(wanted.display));
    }
    if wanted.reduces_only {
        params["reduceOnly"] = json!(true);
    }
    params
}

fn text(value: i64) -> String {
    format_scaled(i128::from(value), SCALE).to_string()
}
