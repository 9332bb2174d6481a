//! The estimator as an actor, and what the gate makes of what it tells.

use fulmar_bus::record::{
    AccountId, Nanos, Notional, Position, StakeLimit, StrategyId, SyncChange, SyncReason, SyncState,
    WideNumber,
};

use super::*;
use crate::actors::limits::{ESTIMATE_GOOD_FOR_NS, RETURN_INTERVAL_NS};
use crate::actors::{Estimator, EstimatorPlan};
use crate::runtime::Inboxes;
use crate::trading::account::Amount;
use crate::trading::risk::ScopeLimits;
use crate::trading::treasury::TreasuryPlan;
use crate::trading::value_at_risk::{VarLimit, VarMethod, VarSettings};

const ONE: i128 = 10_i128.pow(18);
/// Slots of the book channel.
const SMALL: usize = 128;
const STEP: Nanos = Nanos(RETURN_INTERVAL_NS);

/// A limit of a hundred lost in an interval, but for one time in twenty.
fn limited() -> ScopeLimits {
    let settings = VarSettings { method: VarMethod::Historical, confidence_ppm: 950_000, horizon: STEP };
    ScopeLimits { var: Some(VarLimit { var_max: Amount(100 * ONE), settings }), ..ScopeLimits::default() }
}

/// An estimator for two strategies, of which the second is limited, all together too.
struct Stage {
    actor: Estimator,
    book: Outbox,
    told: Vec<Outbox>,
    limits: Reader,
    now: UnixNanos,
}

impl Stage {
    fn new() -> Self {
        let (book, book_ring) = channel(1, SMALL);
        let (first, first_ring) = channel(2, ROOMY);
        let (second, second_ring) = channel(3, ROOMY);
        let (account, account_ring) = channel(4, ROOMY);
        let (limits, limit_ring) = channel(5, ROOMY);
        let mut inboxes = Inboxes::new();
        inboxes.add(book_ring.reader());
        inboxes.add(gated(&first_ring));
        inboxes.add(gated(&second_ring));
        inboxes.add(gated(&account_ring));
        let treasury = TreasuryPlan {
            currency: Some(definition().quote),
            engine: limited(),
            strategies: vec![ScopeLimits::default(), limited()],
            ..TreasuryPlan::default()
        };
        assert!(Estimator::is_needed(&treasury));
        let books = vec![INSTRUMENT];
        let strategies = vec![vec![INSTRUMENT]; 2];
        let plan = EstimatorPlan { treasury: &treasury, instrument_count: 1, books, strategies };
        let mut actor = Estimator::new(plan, inboxes, limits);
        let now = OPENS_AT.floor_to(STEP);
        actor.on_start(now);
        Stage { actor, book, told: vec![first, second, account], limits: gated(&limit_ring), now }
    }

    /// One whose book is defined and live, and moved by a hundredth for so many intervals, up and down.
    fn after(returns: u64) -> Self {
        let mut stage = Stage::new();
        send(&mut stage.book, stage.now, &definition());
        send(&mut stage.book, stage.now, &SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0));
        (0..=returns).for_each(|_| stage.step());
        stage
    }

    /// The next even time, at the price of that time, 1.00 or 1.01.
    fn step(&mut self) {
        self.now = self.now + STEP;
        let price = 100 + i64::from((self.now.0 / STEP.0).is_multiple_of(2));
        send(&mut self.book, self.now, &top(price, price, 1));
        self.turn();
    }

    fn turn(&mut self) {
        turn(&mut self.actor, self.now);
    }

    fn hold(&mut self, strategy_id: StrategyId, quantity: i64) {
        let position = Position {
            quantity: Quantity(quantity),
            avg_px: Price(100),
            realized: WideNumber::default(),
            cost: WideNumber::default(),
            bought_qty: Quantity(0),
            sold_qty: Quantity(0),
            strategy_id,
            account_id: AccountId(0),
            reserved: [0; 4],
        };
        let account = self.told.len() - 1;
        send(&mut self.told[strategy_id.index().min(account)], self.now, &position);
    }

    /// What was told in this turn, in millionths of the currency: at most at stake, and value at risk.
    fn told(&mut self) -> Vec<(Option<StrategyId>, i128, i128)> {
        let millionths = |number| Notional::from(number).0 / 10_i128.pow(12);
        let told = drain_all::<StakeLimit>(&mut self.limits).into_iter();
        told.map(|told| {
            assert_eq!(told.until, self.now + Nanos(ESTIMATE_GOOD_FOR_NS));
            (told.strategy_id(), millionths(told.at_stake_max), millionths(told.value_at_risk))
        })
        .collect()
    }
}

const FREE: StrategyId = StrategyId(0);
const LIMITED: StrategyId = StrategyId(1);

#[test]
fn nothing_is_told_until_enough_returns_are_known() {
    let mut stage = Stage::after(29);
    assert_eq!(stage.told(), []);
    assert_eq!(counter(&stage.actor, "unknown_estimates"), 2 * 30);
    stage.step();
    assert_eq!(stage.told().iter().map(|told| told.0).collect::<Vec<_>>(), [None, Some(LIMITED)]);
}

#[test]
fn a_scope_that_holds_nothing_may_have_as_much_at_stake_as_would_lose_what_it_may() {
    let mut stage = Stage::after(30);
    // The worst of both sides is a rise by a hundredth: 10,000 of it lose 100.
    for (_, max, var) in stage.told() {
        assert!((9_999_999_000..=10_000_000_000).contains(&max), "{max}");
        assert_eq!(var, 0);
    }
}

#[test]
fn what_one_holds_and_what_all_hold_have_limits_of_their_own() {
    let mut stage = Stage::after(30);
    drop(stage.told());
    // 2,000, nobody's 1,000, and -1,000 of it, at 1.00 or so: all together hold 2,000, and have 4,000 at stake.
    stage.hold(FREE, 200_000);
    stage.hold(StrategyId::NONE, 100_000);
    stage.hold(LIMITED, -100_000);
    stage.now = stage.now + Nanos::from_secs(1);
    stage.turn();
    let told = stage.told();
    let mark = 100 + i128::from((stage.now.0 / STEP.0).is_multiple_of(2));
    let [(None, all_max, all_var), (Some(LIMITED), own_max, own_var)] = told[..] else { panic!("{told:?}") };
    // A long position loses a hundred-and-first of it, a short one a hundredth.
    let (held, own) = (2_000 * mark * 10_000, 1_000 * mark * 10_000);
    assert!((all_var - held / 101).abs() <= 1 && (own_var - own / 100).abs() <= 1, "{told:?}");
    let room = |var: i128| (100_000_000 - var) * 100;
    assert!((all_max - (2 * held + room(all_var))).abs() < 1_000, "{told:?}");
    assert!((own_max - (own + room(own_var))).abs() < 1_000, "{told:?}");
}

#[test]
fn a_book_that_is_not_believed_or_was_missed_leaves_what_is_held_of_it_unknown() {
    let desynced = SyncChange::new(SyncState::Desynced, SyncReason::Gap, 0, 0, 0);
    let lose = |stage: &mut Stage| {
        // More than the ring holds.
        (0..SMALL).for_each(|_| send(&mut stage.book, stage.now, &top(100, 100, 1)));
    };
    type Case<'a> = (&'a str, u64, &'a dyn Fn(&mut Stage));
    let cases: [Case<'_>; 4] = [
        ("desynced", 1, &|stage| send(&mut stage.book, stage.now, &desynced)),
        ("suspect", 1, &|stage| send_suspect(&mut stage.book, stage.now, &top(500, 500, 1))),
        ("old", 3, &|_| {}),
        ("lapped", 1, &lose),
    ];
    for (name, seconds, happen) in cases {
        let mut stage = Stage::after(30);
        stage.hold(LIMITED, 100);
        drop(stage.told());
        happen(&mut stage);
        stage.turn();
        stage.now = stage.now + Nanos::from_secs(seconds);
        stage.turn();
        assert_eq!(stage.told(), [], "{name}");
        send(&mut stage.book, stage.now, &definition());
        send(&mut stage.book, stage.now, &top(100, 100, 1));
        stage.now = stage.now + Nanos::from_secs(1);
        stage.turn();
        assert_eq!(stage.told().len(), 2, "{name} is over");
    }
}

#[test]
fn an_instrument_that_became_another_is_known_by_no_return() {
    let mut stage = Stage::after(30);
    assert_eq!(stage.told().len(), 2);
    send(&mut stage.book, stage.now, &wider_definition());
    stage.step();
    assert_eq!(stage.told(), []);
}
