//! What the venue states of the account: taken over at first, then held against our books.

use fulmar_bus::record::{BalanceStatement, Funding, FundingRate, MarkPrice, PositionStatement, ScopeReport};

use super::*;
use crate::actors::limits::DIFFERENCE_GRACE;

/// A gate whose instrument is a perpetual future, with a currency to value it in.
fn perpetual() -> Stage {
    let limits = ScopeLimits { open_orders_max: Some(100), ..ScopeLimits::default() };
    let mut stage = Stage::with(limits);
    let contract = ContractKind::LinearPerpetual;
    send(&mut stage.book, stage.now, &InstrumentDefinition { contract, ..definition() });
    send(&mut stage.book, stage.now, &SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0));
    send(&mut stage.book, stage.now, &top(100, 101, 1));
    stage.turn();
    drain(&mut stage.approved);
    stage
}

fn holds(stage: &mut Stage, quantity: i64) {
    send(&mut stage.gateway, stage.now, &PositionStatement::new(Quantity(quantity), Price(90), stage.now));
    stage.turn();
}

fn is_held(stage: &mut Stage) -> bool {
    let id = stage.want(1);
    if drain_all::<Order>(&mut stage.approved).is_empty() {
        assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code());
        return true;
    }
    stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.told();
    false
}

#[test]
fn a_position_that_was_there_before_us_is_taken_over_and_counts() {
    let mut stage = perpetual();
    holds(&mut stage, 90);
    let [position] = drain_all::<Position>(&mut stage.account)[..] else { panic!("it is shown") };
    assert_eq!((position.quantity, position.avg_px), (Quantity(90), Price(90)));
    stage.want(11);
    assert_eq!(stage.denied().code, RiskCheck::MaxPosition.code());
    assert_eq!(stage.actor_counter("adopted_positions"), 1);
    assert!(!is_held(&mut stage));
}

#[test]
fn a_position_that_no_fill_explains_holds_the_instrument_once_it_has_stayed() {
    let mut stage = perpetual();
    holds(&mut stage, 0);
    holds(&mut stage, 5);
    assert!(!is_held(&mut stage), "a fill may be on its way");
    stage.wait(DIFFERENCE_GRACE.0 - 1);
    assert_eq!(stage.actor_counter("account_differences"), 0);
    stage.wait(1);
    assert_eq!(stage.actor_counter("account_differences"), 1);
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    assert!(is_held(&mut stage));
    assert_eq!(stage.actor_counter("adopted_positions"), 0, "nothing is corrected");
}

#[test]
fn a_statement_that_comes_before_its_fill_is_no_difference() {
    let mut stage = perpetual();
    holds(&mut stage, 0);
    let id = stage.place(10);
    holds(&mut stage, 10);
    stage.fill(id, 10);
    stage.told();
    stage.wait(DIFFERENCE_GRACE.0 + 1);
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    assert!(!is_held(&mut stage));
    assert_eq!(stage.actor_counter("account_differences"), 0);
}

#[test]
fn a_balance_that_no_fill_explains_holds_what_is_bought_with_others_and_is_told() {
    let has = |stage: &mut Stage, hundredths: i128| {
        let all = Notional(hundredths * 10_i128.pow(16));
        let told = BalanceStatement::new(definition().base, (all, Notional(0)), stage.now);
        send(&mut stage.gateway, stage.now, &told);
        stage.turn();
    };
    let mut stage = Stage::open();
    has(&mut stage, 500);
    assert_eq!(drain_all::<BalanceStatement>(&mut stage.account).len(), 1);
    has(&mut stage, 501);
    stage.wait(DIFFERENCE_GRACE.0);
    assert_eq!(stage.actor_counter("account_differences"), 1);
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    assert!(is_held(&mut stage));
}

#[test]
fn positions_are_valued_at_the_mark_price_and_funding_is_paid_once_the_next_is_foretold() {
    let mut stage = perpetual();
    let id = stage.place(60);
    stage.fill(id, 60);
    let funding = |rate, hours: u64| Funding {
        rate: FundingRate(rate),
        interval: Nanos::from_secs(3_600),
        next_at: OPENS_AT + Nanos::from_secs(hours * 3_600),
        venue_at: OPENS_AT,
    };
    // 0.60 at a mark of 2.00: what is held is worth 1.2 of the quote asset, and cost 0.6.
    send(&mut stage.book, stage.now, &MarkPrice::new(Price(2_000), Price(0), OPENS_AT, 3));
    send(&mut stage.book, stage.now, &funding(10_000_000_000, 1));
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    let earned = |stage: &mut Stage| {
        stage.wait(Nanos::from_secs(1).0);
        let reports = drain_all::<ScopeReport>(&mut stage.account);
        Notional::from(
            reports.iter().rev().find(|report| report.is_earned_known == 1).expect("valued").earned,
        )
        .0
    };
    let thousandth = 10_i128.pow(15);
    assert_eq!(earned(&mut stage), 600 * thousandth);
    send(&mut stage.book, stage.now, &funding(10_000_000_000, 1));
    send(&mut stage.book, stage.now, &funding(5_000_000_000, 2));
    assert_eq!(earned(&mut stage), 588 * thousandth, "one hundredth of 1.2 was paid");
}
