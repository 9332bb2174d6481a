//! One run: real strategies, the real gate, the real order entry, wired as an engine is, on one thread in virtual time,
//! and the venue behind a wire on which things go wrong. At the end they go wrong no more, and all must agree.

use std::sync::mpsc::{Receiver, channel};

use fulmar_adapters::simulated::{self, Fault as VenueFault, FaultPlan, OfflineVenue, SimulatedVenueConfig};
use fulmar_bus::channel::Reader;
use fulmar_bus::record::{
    BalanceStatement, Control, ControlCommand, Denial, ExecutionReport, InstrumentId, Nanos, Quantity,
    UnixNanos,
};
use fulmar_engine::contract::Strategy;
use fulmar_engine::market::decimal::format_scaled;
use fulmar_engine::runtime::{Origin, Player, counters};
use fulmar_engine::trading::risk::{GuardSettings, RiskCheck, RiskSettings};
use fulmar_engine::wiring::Assembly;
use fulmar_tests::order_desk::{LOT, OrderBorder, OrderDesk};
use fulmar_tests::stage::{OPENS_AT, drain};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::far_end::FarEnd;
use super::judge::{Judge, Limits, Verdict};
use super::story::Story;
use super::trader::{Heard, Trader};
use super::weather::{Fault, Weather};
use super::wire::{Surroundings, Wire};

/// Who trades at the venue.
pub const API_KEY: &str = "storm";
const SECRET: &str = "a-secret-that-nobody-else-has";
/// How often the market and the checks get their turn while the faults last.
const STEP: Nanos = Nanos::from_millis(40);
/// Long enough for an order that never arrived to be known as such, and for the slowest query after that.
const CALM: Nanos = Nanos::from_secs(200);
/// Long enough for all to be canceled.
const END: Nanos = Nanos::from_secs(60);
/// Restarts are drawn apart, so that what else a seed decides is the same with one and without.
const RESTARTS: u64 = 0x0B_00_75;

/// What a seed decides before anything happens.
struct Plan {
    limits: Limits,
    guards: GuardSettings,
    strategies: u64,
    storm: Nanos,
    /// When the operator stops all, where that happens within the storm.
    stop_at: Option<UnixNanos>,
    /// When the engine is killed and started again, where that happens within the storm.
    restart_at: Option<UnixNanos>,
    events_per_second: u32,
    fee_bps: u32,
    /// Whether the account owns any of what is traded when the run begins.
    owns_base: bool,
    /// What the venue does to its clients beside what the weather does.
    bad_day: FaultPlan,
}

/// A boot of the engine. A run may have one after the other.
struct Engine {
    assembly: Assembly,
    player: Player,
    heard: Vec<Receiver<Heard>>,
    /// What the session tells of the account.
    gateway: Reader,
    /// What strategies are told and want, where somebody reads the story.
    told: Vec<(String, Reader)>,
}

/// A run.
pub struct Scene {
    seed: u64,
    engine: Engine,
    wire: Wire,
    venue: OfflineVenue,
    weather: Weather,
    judge: Judge,
    story: Story,
    plan: Plan,
    now: UnixNanos,
}

/// What came of a run.
pub struct Outcome {
    /// The hash of all that the engine published.
    pub output_hash: u64,
    /// Trades of ours.
    pub fills: u64,
    /// Orders that reached the venue.
    pub orders: u64,
    /// How often each kind of fault struck.
    pub struck: [u64; Fault::ALL.len()],
}

/// Runs a seed; what is wrong, where something is.
pub fn run(seed: u64, story: Story) -> (Verdict<Outcome>, String) {
    let mut scene = Scene::new(seed, story);
    let outcome = scene.play();
    if let Err(wrong) = &outcome {
        scene.story.tell(scene.now, format_args!("WRONG: {wrong}"));
    }
    (outcome, scene.story.text())
}

impl Plan {
    fn of(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let storm = Nanos::from_millis(rng.random_range(3_000..20_000));
        let stop_at = OPENS_AT + Nanos(rng.random_range(0..storm.0));
        let mut apart = ChaCha8Rng::seed_from_u64(seed ^ RESTARTS);
        let is_restarted = std::env::var_os("FULMAR_RESTARTS").is_some() && apart.random_bool(0.2);
        let restart_at = OPENS_AT + Nanos(apart.random_range(0..storm.0 / 4 * 3));
        let position_lots: i64 = rng.random_range(20_000..120_000);
        let notional_max = rng.random_bool(0.5).then(|| rng.random_range(20_000..80_000));
        Plan {
            limits: Limits {
                position_max: LOT * position_lots,
                open_orders_max: rng.random_range(2..24),
                open_notional_max: notional_max.map(|whole: i64| i128::from(whole) * 10_i128.pow(16)),
            },
            guards: GuardSettings {
                open_notional_max: notional_max.map(|whole| whole.to_string()),
                is_self_trade_allowed: rng.random_bool(0.5),
                is_short_allowed: rng.random_bool(0.8),
                unknown_orders_max: rng.random_bool(0.3).then(|| rng.random_range(1..4)),
                ..GuardSettings::default()
            },
            strategies: rng.random_range(1..=3),
            storm,
            stop_at: rng.random_bool(0.15).then_some(stop_at),
            restart_at: is_restarted.then_some(restart_at),
            events_per_second: rng.random_range(10..80),
            fee_bps: if rng.random_bool(0.7) { rng.random_range(1..30) } else { 0 },
            owns_base: rng.random_bool(0.7),
            bad_day: match rng.random_bool(0.4) {
                true => bad_day(seed, rng.random_range(500..20_000)),
                false => FaultPlan::none(),
            },
        }
    }

    fn risk(&self) -> RiskSettings {
        RiskSettings {
            order_quantity_max: "0.5".to_owned(),
            order_notional_max: "40000".to_owned(),
            position_max: format_scaled(self.limits.position_max.into(), 8).to_string(),
            open_orders_max: self.limits.open_orders_max,
            messages_per_second: 1_000,
            stale_after: Nanos::from_secs(3_600),
            guards: self.guards.clone(),
        }
    }

    fn storm_ends_at(&self) -> UnixNanos {
        OPENS_AT + self.storm
    }

    /// When all that is left over is canceled, and when nothing may be left.
    fn censuses(&self) -> [UnixNanos; 2] {
        let first = self.storm_ends_at() + CALM;
        [first, first + END]
    }
}

/// What a venue does to its clients that keeps its word. After one that does not, nothing can agree: that each is told
/// and holds the instrument is shown by tests of their own, which docs/order-faults.md names.
fn bad_day(seed: u64, chance: u32) -> FaultPlan {
    let mut plan = FaultPlan { seed, ..FaultPlan::all(chance) };
    for broken in [VenueFault::Overfilled, VenueFault::ForeignOrder, VenueFault::FeeMistold] {
        plan.chances.remove(&broken);
    }
    plan
}

impl Engine {
    /// The boot of this number, which begins now, and the border that its orders cross.
    fn start(
        (seed, plan): (u64, &Plan),
        (epoch, now): (u32, UnixNanos),
        is_told: bool,
    ) -> (Self, OrderBorder) {
        let (mut strategies, mut heard): (Vec<Box<dyn Strategy>>, _) = (Vec::new(), Vec::new());
        for index in 0..plan.strategies {
            let (sender, receiver) = channel();
            let seed = seed.wrapping_mul(31).wrapping_add(index + (u64::from(epoch - 1) << 32));
            strategies.push(Box::new(Trader::new(seed, sender, plan.storm_ends_at(), plan.censuses())));
            heard.push(receiver);
        }
        let desk = OrderDesk::new(plan.risk(), (API_KEY, SECRET));
        let desk = OrderDesk { strategies, epoch, opens_at: now, ..desk };
        let (assembly, mut player, border) = desk.open();
        // Its market has told all that it tells long before.
        player.settle(now);
        let is_read = |name: &str| is_told && ["reports.", "intents."].iter().any(|it| name.starts_with(it));
        let read = assembly.channels().filter(|(channel, _)| is_read(&channel.name));
        let told = read.map(|(channel, ring)| (channel.name.clone(), ring.reader())).collect();
        let gateway = assembly.channels().find(|(channel, _)| channel.name.starts_with("gateway."));
        let gateway = gateway.expect("orders leave through one").1.reader();
        (Engine { assembly, gateway, player, heard, told }, border)
    }
}

impl Scene {
    fn new(seed: u64, story: Story) -> Self {
        let plan = Plan::of(seed);
        let mut config = SimulatedVenueConfig { seed, ..SimulatedVenueConfig::new(OPENS_AT) };
        let (api_key, secret) = (API_KEY.to_owned(), SECRET.to_owned());
        config.credentials = vec![simulated::Credentials { api_key, secret }];
        config.events_per_second = plan.events_per_second;
        (config.fee_bps, config.faults) = (plan.fee_bps, plan.bad_day.clone());
        if !plan.owns_base {
            config.symbols[0].base_balance = Quantity(0);
        }
        (config.orders_per_10_seconds, config.orders_per_day) = (100_000, 100_000);
        let mut venue = OfflineVenue::new(config, Nanos(0));
        let (engine, border) = Engine::start((seed, &plan), (1, OPENS_AT), story.is_told());
        let far_end = FarEnd::join(border.connections, &mut venue, OPENS_AT);
        let wire = Wire::join(border.ends, far_end, OPENS_AT);
        let judge = Judge::new(plan.limits, engine.heard.len());
        Scene { seed, engine, wire, venue, weather: Weather::of(seed), judge, story, plan, now: OPENS_AT }
    }

    fn play(&mut self) -> Verdict<Outcome> {
        let [census_at, over_at] = self.plan.censuses();
        self.until(self.plan.storm_ends_at())?;
        self.weather.clear();
        self.venue.calm(self.now);
        self.story.tell(self.now, format_args!("the storm is over"));
        self.with_wire(Wire::replace);
        self.until(census_at)?;
        self.agree("once the storm is over")?;
        self.stop()?;
        self.until(over_at)?;
        self.agree("after the stop")?;
        self.judge.nothing_stands(&self.venue)?;
        self.end()
    }

    /// Lets time pass until then, and all happen that happens in it.
    fn until(&mut self, end: UnixNanos) -> Verdict<()> {
        let is_storm = end <= self.plan.storm_ends_at();
        while self.now < end {
            let due = [self.engine.player.due_at(), self.wire.due_at()].into_iter().flatten().min();
            let step = if is_storm { self.now + STEP } else { end };
            self.now = due.unwrap_or(end).min(step).min(end).max(self.now);
            if self.plan.stop_at.take_if(|at| *at <= self.now).is_some() {
                self.stop()?;
                // What is stopped stays so by a file that outlives the process, and here is none.
                self.plan.restart_at = None;
            }
            if self.plan.restart_at.take_if(|at| *at <= self.now).is_some() {
                self.restart()?;
            }
            self.engine.player.advance(self.now);
            self.settle();
            self.hear()?;
            self.judge.limits_hold(&self.venue)?;
        }
        Ok(())
    }

    fn settle(&mut self) {
        loop {
            self.with_wire(Wire::carry);
            let mut is_news = false;
            while self.with_wire(Wire::deliver) {
                self.engine.player.settle(self.now);
                is_news = true;
            }
            self.engine.player.settle(self.now);
            if !is_news && self.wire.due_at().is_none_or(|at| at > self.now) {
                return;
            }
        }
    }

    fn with_wire<T>(&mut self, work: impl FnOnce(&mut Wire, &mut Surroundings<'_>) -> T) -> T {
        let Scene { wire, venue, weather, story, now, .. } = self;
        work(wire, &mut Surroundings { now: *now, venue, weather, story })
    }

    /// The operator stops all: what stands is canceled, and nothing new leaves.
    fn stop(&mut self) -> Verdict<()> {
        self.story.tell(self.now, format_args!("the operator stops all"));
        let control = self.engine.assembly.control.as_mut().expect("there is a gate");
        let stop = Control::engine(ControlCommand::Stop);
        let sent = control.send(Origin::time(self.now), InstrumentId::NONE, &stop);
        assert!(sent.is_ok(), "the gate drains its orders");
        self.engine.player.settle(self.now);
        self.settle();
        self.judge.note_stop(self.wire.placed());
        Ok(())
    }

    /// The engine is killed, and started again.
    fn restart(&mut self) -> Verdict<()> {
        self.story.tell(self.now, format_args!("the engine is killed and starts again"));
        self.hear()?;
        let boot = (self.judge.note_restart(), self.now);
        let (engine, border) = Engine::start((self.seed, &self.plan), boot, self.story.is_told());
        self.engine = engine;
        self.with_wire(|wire, around| wire.restart(border.ends, around));
        Ok(())
    }

    fn hear(&mut self) -> Verdict<()> {
        for (name, reader) in &mut self.engine.told {
            for record in drain(reader) {
                if let Ok(report) = record.read::<ExecutionReport>() {
                    self.story.tell(self.now, format_args!("   {name}: {}", line_of(report)));
                } else if let Ok(denial) = record.read::<Denial>() {
                    let name = RiskCheck::from_code(denial.code).map_or("ANOTHER_CHECK", RiskCheck::name);
                    self.story.tell(self.now, format_args!("   {name} denies {}", denial.client_order_id));
                } else {
                    let header = record.header();
                    self.story.tell(self.now, format_args!("   {name}: {:?}", header.kind()));
                }
            }
        }
        for record in drain(&mut self.engine.gateway) {
            if let Ok(told) = record.read::<BalanceStatement>() {
                self.judge.hear_balance(told);
            }
        }
        for (strategy, heard) in self.engine.heard.iter().enumerate() {
            heard.try_iter().try_for_each(|heard| self.judge.hear(strategy, heard))?;
        }
        Ok(())
    }

    fn agree(&mut self, when: &str) -> Verdict<()> {
        let truth = self.venue.truth(API_KEY, self.now).expect("the account is there");
        self.judge
            .all_agree(&self.venue, &truth, self.wire.placed())
            .map_err(|wrong| format!("{when}: {wrong}"))
    }

    fn end(&mut self) -> Verdict<Outcome> {
        let player = std::mem::replace(&mut self.engine.player, Player::new(Vec::new()));
        let seats = player.stop(self.now);
        let counted = counters(&seats);
        for counter in [
            "decode_errors",
            "lost_records",
            "malformed_records",
            "orphan_reports",
            "unproven_trades",
            "position_overflows",
            "overfills",
            "unbooked",
            "balances_apart",
            "positions_apart",
        ] {
            // The end of an order that an earlier boot sent is nothing to adopt.
            let is_spared = counter == "orphan_reports" && self.judge.has_restarted();
            if let Some(count) = counted.get(counter).filter(|_| !is_spared) {
                return Err(format!("{counter}: {count:?}"));
            }
        }
        let report = self.venue.report();
        Ok(Outcome {
            output_hash: self.engine.assembly.digests().output_hash(),
            fills: report.fills,
            orders: report.orders_received,
            struck: self.weather.struck(),
        })
    }
}

fn line_of(report: &ExecutionReport) -> String {
    let ExecutionReport { client_order_id, execution, status, reason, trade_id, .. } = report;
    format!(
        "{client_order_id} {execution:?} {status:?} reason {reason}, trade {trade_id} of {} at {}, so far {}, \
         left {}, quantity {}",
        report.last_qty.0, report.last_px.0, report.cumulative_qty.0, report.leaves_qty.0, report.quantity.0
    )
}
