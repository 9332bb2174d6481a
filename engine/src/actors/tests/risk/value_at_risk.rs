//! What value at risk allows: as long as somebody says it, and no longer.

use fulmar_bus::record::{Notional, StakeLimit};

use super::*;
use crate::trading::account::Amount;
use crate::trading::value_at_risk::{VarLimit, VarMethod, VarSettings};

/// A gate whose strategy has a largest value at risk.
fn limited() -> Stage {
    let settings =
        VarSettings { method: VarMethod::Parametric, confidence_ppm: 990_000, horizon: Nanos::from_secs(60) };
    let var = Some(VarLimit { var_max: Amount::floor(5, 1).expect("it fits"), settings });
    Stage::opened(Stage::with(ScopeLimits { var, ..ScopeLimits::default() }))
}

/// The strategy may have so many hundredths of the quote asset at stake for a second.
fn allow(stage: &mut Stage, hundredths: i128) {
    let stake = Amount::floor(hundredths, 2).expect("it fits");
    let until = stage.now + Nanos::from_secs(1);
    let told = StakeLimit::new(Some(StrategyId(0)), (Notional(stake.0), Notional(0)), until);
    send(&mut stage.estimates, stage.now, &told);
    stage.turn();
}

fn denied(stage: &mut Stage) -> Vec<u16> {
    all::<Denial>(&stage.told()).iter().map(|denial| denial.code).collect()
}

#[test]
fn until_it_is_told_what_may_be_at_stake_nothing_passes_and_then_as_much() {
    let mut stage = limited();
    stage.want(10);
    assert_eq!(denied(&mut stage), [RiskCheck::MaxVar.code()]);
    // 0.10 at the middle of 1.00 and 1.01, which is 1.00.
    allow(&mut stage, 9);
    stage.want(10);
    assert_eq!(denied(&mut stage), [RiskCheck::MaxVar.code()]);
    allow(&mut stage, 10);
    stage.place(10);
    stage.want(1);
    assert_eq!(denied(&mut stage), [RiskCheck::MaxVar.code()], "what stands is at stake");
}

#[test]
fn what_was_told_runs_out_and_what_reduces_passes_all_the_same() {
    let mut stage = limited();
    allow(&mut stage, 100);
    let id = stage.place(60);
    stage.fill(id, 60);
    stage.told();
    stage.wait(Nanos::from_secs(1).0 - 1);
    let standing = stage.place(1);
    stage.report(standing, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.told();
    stage.wait(2);
    stage.want(1);
    assert_eq!(denied(&mut stage), [RiskCheck::MaxVar.code()]);
    stage.order_count += 1;
    let mut sale =
        Intent::market(ClientOrderId::new(1, StrategyId(0), stage.order_count), Side::Sell, Quantity(60));
    sale.reduce_only = 1;
    send(&mut stage.intents, stage.now, &sale);
    stage.turn();
    assert_eq!(drain_all::<Order>(&mut stage.approved).len(), 1, "it brings the position nearer to zero");
}
