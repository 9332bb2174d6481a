//! An intent through the risk gate: every check, those of all scopes too, then an approval or a denial.

use std::hint::black_box;

use fulmar_bus::record::{
    AccountId, ClientOrderId, ContractKind, ContractSize, InstrumentDefinition, InstrumentId, Intent, Level,
    Nanos, Notional, Price, Quantity, Side, StakeLimit, StrategyId, SyncState, Text, TopOfBook, TopSource,
    UnixNanos,
};
use fulmar_engine::trading::InstrumentRules;
use fulmar_engine::trading::account::{Amount, ScaledPrice};
use fulmar_engine::trading::order::OpenShare;
use fulmar_engine::trading::risk::{
    Context, Guards, LossLimits, RiskGate, RiskLimits, ScopeBreaches, ScopeLimits, Verdict,
};
use fulmar_engine::trading::treasury::{Adding, Treasury, TreasuryPlan};
use fulmar_engine::trading::value_at_risk::{VarLimit, VarMethod, VarSettings};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::limits::SEED;
use super::measure::Rig;
use super::report::{Report, Row};

/// Intents that make one sample.
const BATCH: u32 = 64;
/// Intents in turn: too many for a processor to learn.
const INTENT_COUNT: u64 = 4_096;
const INSTRUMENT: InstrumentId = InstrumentId(0);
const BID: i64 = 6_183_763;
const QUANTITY_MAX: i64 = 1_000_000;
/// What the scopes' limits are over.
const INSTRUMENTS: usize = 32;
const VENUES: usize = 4;
const STRATEGIES: usize = 4;
/// Between two intents.
const STEP_NS: u64 = 1_000;
const START: UnixNanos = UnixNanos(1_723_161_255_208_000_000);

/// Measures intents that pass, and intents that do not.
pub fn run(rig: &Rig) -> Report {
    let limit = rig.limit(rig.share(8));
    let passing = intents(1..QUANTITY_MAX);
    let refused = intents(QUANTITY_MAX + 1..2 * QUANTITY_MAX);
    let rows = vec![
        row(rig, "risk.gate", &passing, |verdict| matches!(verdict, Verdict::Approved(_))),
        row(rig, "risk.gate.denied", &refused, |verdict| matches!(verdict, Verdict::Denied(_))),
    ];
    rig.report("risk", limit, rows)
}

fn row(rig: &Rig, name: &str, intents: &[Intent], is_expected: impl Fn(&Verdict) -> bool) -> Row {
    let mut gate = RiskGate::new();
    gate.control(INSTRUMENT, rules(), limits());
    let mut turn = intents.iter().cycle();
    let treasury = treasury();
    let mut context = context();
    let samples = rig.repeat(rig.share(4), BATCH, || {
        context.now.0 += STEP_NS;
        context.last_update_at = context.now;
        context.unknown_since = Some(context.now);
        let intent = turn.next().expect("a cycle does not end");
        context.own_opposite = Some(Price(if intent.side == Side::Buy { BID + 100 } else { BID - 100 }));
        context.scopes = treasury.breaches(black_box(&adding(intent)));
        let verdict = gate.check(black_box(intent), INSTRUMENT, black_box(&context));
        assert!(is_expected(&verdict), "{verdict:?}");
        let _ = black_box(verdict);
    });
    samples.row(name)
}

/// All scopes limited, and a position at stake in each.
fn treasury() -> Treasury {
    let amount = |whole| Some(Amount::floor(whole, 0).expect("it fits"));
    let losses = LossLimits {
        daily_loss_max: amount(1_000_000),
        drawdown_max: amount(1_000_000),
        jump_max: amount(1_000_000),
        flatten_percent: Some(120),
    };
    let settings = VarSettings {
        method: VarMethod::Historical,
        confidence_ppm: 990_000,
        horizon: Nanos::from_secs(3_600),
    };
    let var = Some(VarLimit { var_max: Amount(1), settings });
    let limits =
        ScopeLimits { exposure_max: amount(1_000_000_000), open_orders_max: Some(1_000), losses, var };
    let plan = TreasuryPlan {
        currency: Text::new("USDT"),
        engine: limits,
        venues: vec![limits; VENUES],
        strategies: vec![limits; STRATEGIES],
        venue_of: (0..INSTRUMENTS).map(|instrument| instrument % VENUES).collect(),
        ..TreasuryPlan::default()
    };
    let mut treasury = Treasury::new(&[AccountId(0)], plan);
    let asset = |name| Text::new(name).expect("it is short");
    for instrument_id in (0..).map(InstrumentId).take(INSTRUMENTS) {
        let inferred =
            InstrumentDefinition::inferred(("venue", "BTCUSDT"), ContractKind::LinearPerpetual, (2, 5));
        let (base, quote, contract_size) = (asset("BTC"), asset("USDT"), ContractSize::ONE);
        let definition = InstrumentDefinition { base, quote, contract_size, ..inferred };
        treasury.define(instrument_id, &definition).expect("it can be booked");
        treasury.mark(instrument_id, ScaledPrice { price: Price(BID), scale: 2 });
    }
    let stake = Notional(1_000_000_000 * 10_i128.pow(StakeLimit::SCALE.into()));
    for scope in [None].into_iter().chain((0..).take(STRATEGIES).map(|id| Some(StrategyId(id)))) {
        treasury.limit_stake(&StakeLimit::new(scope, (stake, Notional(0)), START));
    }
    treasury.value(START);
    treasury
}

fn adding(intent: &Intent) -> Adding {
    let Intent { strategy_id, side, quantity, price, .. } = *intent;
    let share = OpenShare { buy_qty: 12_000, sell_qty: 9_000, order_count: 3 };
    Adding { now: START, strategy_id, instrument_id: INSTRUMENT, side, quantity, price: Some(price), share }
}

/// Limit orders of both sides near the touch.
fn intents(quantities: std::ops::Range<i64>) -> Vec<Intent> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let intent = |counter| {
        let side = if random.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let price = Price(BID + random.random_range(-50..50));
        let id = ClientOrderId::new(1, StrategyId(0), counter);
        Intent::limit(id, side, price, Quantity(random.random_range(quantities.clone())))
    };
    (1..=INTENT_COUNT).map(intent).collect()
}

fn rules() -> InstrumentRules {
    InstrumentRules {
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(1),
        quantity_max: Quantity(1 << 40),
        price_scale: 2,
        quantity_scale: 5,
        is_market_data_only: false,
        ..InstrumentRules::default()
    }
}

fn limits() -> RiskLimits {
    RiskLimits {
        order_quantity_max: QUANTITY_MAX,
        order_notional_max: 1 << 60,
        position_max: 1 << 40,
        open_orders_max: 64,
        messages_max: u32::MAX,
        messages_reserved_for_cancels: 1_000,
        message_window_ns: 1_000_000_000,
        market_data_age_max_ns: 1_000_000_000,
        guards: Guards {
            price_collar_bps: Some(1_000),
            market_order_spread_max_bps: Some(100),
            market_order_touch_max: Some(10),
            open_notional_max: Some(1 << 62),
            duplicate_window_ns: Some(1),
            is_short_allowed: false,
            is_self_trade_allowed: false,
            orders_per_trade_max: Some(u32::MAX),
            rejects_max: Some(100),
            unknown_orders_max: Some(2),
            unknown_age_max_ns: Some(1_000_000_000),
            fill_band_bps: Some(2_000),
            executions_max: Some(1_000),
        },
    }
}

fn context() -> Context {
    let level = |price| Level { price: Price(price), quantity: Quantity(100_000) };
    Context {
        now: START,
        top: Some(TopOfBook::new(level(BID), level(BID + 1), 1, START, TopSource::Book)),
        sync: SyncState::Live,
        last_update_at: START,
        position: Quantity(4_000_000),
        open_buy_qty: 12_000,
        open_sell_qty: 9_000,
        open_orders: 3,
        open_notional: 21_000 * i128::from(BID),
        own_opposite: None,
        unknown_orders: 1,
        unknown_since: Some(START),
        is_permitted: true,
        is_killed: false,
        covered_qty: Some(Quantity(i64::MAX)),
        scopes: ScopeBreaches::default(),
    }
}
