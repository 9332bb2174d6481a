//! Value at risk, against numbers that a plain program computed in fractions, and against what must hold of any.

use fulmar_bus::record::{InstrumentId, Nanos, Price, UnixNanos};
use proptest::prelude::*;

use super::*;
use crate::trading::account::ScaledPrice;

const SECOND: Nanos = Nanos::from_secs(1);
const ONE: i128 = 10_i128.pow(18);

fn mark(price: i64) -> Option<ScaledPrice> {
    Some(ScaledPrice { price: Price(price), scale: 2 })
}

/// Two instruments, at one mark a second.
fn returns_of(prices: impl IntoIterator<Item = (i64, i64)>) -> Returns {
    let mut returns = Returns::new(2, ReturnPlan { interval: SECOND, count_max: 200 });
    for (second, (one, other)) in (1_000..).zip(prices) {
        returns.sample(UnixNanos::from_millis(second * 1_000), &[mark(one), mark(other)]);
    }
    returns
}

/// 120 returns of two instruments; what is expected of them below is from these formulas too.
fn known() -> Returns {
    let prices = |i: i64| (10_000 + (i * i * 37 + i * 11) % 401, 20_000 + (i * i * 53 + i * 29) % 601);
    returns_of((0..121).map(prices))
}

fn held(worth: (i128, i128)) -> [Holding; 2] {
    let of = |id, worth| Holding { instrument_id: InstrumentId(id), worth: Amount(worth) };
    [of(0, worth.0), of(1, worth.1)]
}

fn settings(method: VarMethod, confidence_ppm: u32) -> VarSettings {
    VarSettings { method, confidence_ppm, horizon: SECOND }
}

const METHODS: [VarMethod; 2] = [VarMethod::Historical, VarMethod::Parametric];

/// `told` is `expected`, in 10^-9 of the currency, or up to so many of those above it.
fn assert_just_above(told: Amount, expected: i128, slack: i128) {
    let expected = expected * 10_i128.pow(9);
    let slack = slack * 10_i128.pow(9);
    assert!((expected - 10_i128.pow(9)..expected + slack).contains(&told.0), "{told} is not {expected}e-18");
}

#[test]
fn both_methods_give_what_a_plain_program_computed() {
    // Python 3: prices as in `known`; returns as `Fraction(b, a) - 1`; historical: `sorted(losses)[n * c // 10**6]`;
    // parametric: `NormalDist().inv_cdf(c / 1e6) * sqrt(w0^2 * cov00 + 2 * w0 * w1 * cov01 + w1^2 * cov11)` with the
    // sample covariances of both; each with nine digits.
    let table = [
        ((1_000, 0), 950_000, 26_702_786_378, 24_747_850_799),
        ((1_000, 0), 990_000, 31_374_067_977, 35_001_357_659),
        ((-1_000, 0), 950_000, 25_752_343_365, 24_747_850_799),
        ((-1_000, 0), 990_000, 30_387_844_862, 35_001_357_659),
        ((0, 500), 950_000, 9_362_286_162, 9_485_524_971),
        ((0, 500), 990_000, 11_956_468_694, 13_415_558_983),
        ((1_000, 500), 950_000, 30_612_456_187, 28_191_831_812),
        ((1_000, 500), 990_000, 35_553_098_640, 39_872_245_728),
        ((1_000, -500), 950_000, 24_940_395_471, 24_699_862_863),
        ((1_000, -500), 990_000, 34_586_489_629, 34_933_487_405),
        ((-300, 700), 950_000, 12_738_018_672, 13_881_146_159),
        ((-300, 700), 990_000, 17_334_471_473, 19_632_369_912),
    ];
    let returns = known();
    for (worth, confidence_ppm, historical, parametric) in table {
        let holdings = held((worth.0 * ONE, worth.1 * ONE));
        let told = |method| {
            let var = ValueAtRisk::new(settings(method, confidence_ppm)).of(&returns, &holdings);
            var.expect("enough is known")
        };
        assert_just_above(told(VarMethod::Historical), historical, 5);
        assert_just_above(told(VarMethod::Parametric), parametric, 50);
    }
}

#[test]
fn a_horizon_of_nine_intervals_is_three_times_as_bad() {
    let returns = known();
    let holdings = held((1_000 * ONE, 500 * ONE));
    for (method, three_times) in METHODS.into_iter().zip([91_837_368_561, 84_575_495_435]) {
        let settings = VarSettings { horizon: Nanos::from_secs(9), ..settings(method, 950_000) };
        let told = ValueAtRisk::new(settings).of(&returns, &holdings).expect("enough is known");
        assert_just_above(told, three_times, 200);
    }
}

#[test]
fn the_correlation_is_what_a_plain_program_computed() {
    // As above: `cov01 / sqrt(cov00 * cov11)` is 0.19669757...
    let ids = [InstrumentId(0), InstrumentId(1)];
    let correlations = Correlations::of(&known(), &ids);
    let rows = [0, 1].map(|row| [0, 1].map(|column| correlations.between(row, column)));
    assert_eq!(rows, [[Some(1_000_000), Some(196_698)], [Some(196_698), Some(1_000_000)]]);
    assert_eq!(correlations.instruments(), ids);
}

#[test]
fn one_return_too_few_is_unknown() {
    // Thirty for any deviation, and for a quantile so many that one is expected beyond it.
    let cases = [
        (VarMethod::Parametric, 999_999, 30),
        (VarMethod::Historical, 950_000, 30),
        (VarMethod::Historical, 990_000, 100),
        (VarMethod::Historical, 991_000, 112),
    ];
    for (method, confidence_ppm, wanted) in cases {
        let var = |count: i64| {
            let returns = returns_of((0..=count).map(|i| (100 + i % 3, 100)));
            ValueAtRisk::new(settings(method, confidence_ppm)).of(&returns, &held((ONE, 0)))
        };
        let known = usize::try_from(wanted - 1).expect("few");
        assert_eq!(var(wanted - 1), Err(VarUnknown::TooFewReturns { known, wanted: known + 1 }));
        assert!(var(wanted).is_ok_and(|var| var > Amount::ZERO), "{method:?} of {wanted}");
        let correlations = |count| {
            let returns = returns_of((0..=count).map(|i: i64| (100 + i % 3, 100 + i % 5)));
            Correlations::of(&returns, &[InstrumentId(0), InstrumentId(1)]).between(0, 1)
        };
        assert_eq!((correlations(29), correlations(30).is_some()), (None, true));
    }
}

#[test]
fn what_stands_still_is_unknown_where_it_is_held_and_nowhere_else() {
    let returns = returns_of((0..150).map(|i| (100 + i % 3, 100)));
    for method in METHODS {
        let mut var = ValueAtRisk::new(settings(method, 950_000));
        assert!(var.of(&returns, &held((ONE, 0))).is_ok());
        assert_eq!(var.of(&returns, &held((ONE, 1))), Err(VarUnknown::StandsStill(InstrumentId(1))));
        assert_eq!(var.of_million(&returns, InstrumentId(1)), Err(VarUnknown::StandsStill(InstrumentId(1))));
    }
    // It moved once, so seldom that no quantile sees it: by that alone any amount of it could be held.
    let returns = returns_of((0..150).map(|i| (100, 100 + i64::from(i == 70))));
    let mut var = ValueAtRisk::new(settings(VarMethod::Historical, 950_000));
    assert_eq!(var.of_million(&returns, InstrumentId(1)), Err(VarUnknown::StandsStill(InstrumentId(1))));
}

#[test]
fn nothing_held_loses_nothing_whatever_is_known() {
    let nothing = Returns::new(2, ReturnPlan { interval: SECOND, count_max: 1 });
    for method in METHODS {
        let mut var = ValueAtRisk::new(settings(method, 990_000));
        assert_eq!(var.of(&nothing, &held((0, 0))), Ok(Amount::ZERO));
        assert_eq!(var.of(&nothing, &[]), Ok(Amount::ZERO));
    }
}

#[test]
fn an_amount_that_does_not_fit_is_unknown() {
    let huge = held((i128::MAX, 0));
    let returns = returns_of((0..150).map(|i| (100 + 900 * (i % 2), 1_000 - 900 * (i % 2))));
    let horizon = Nanos::from_secs(10_000);
    for method in METHODS {
        let mut var = ValueAtRisk::new(VarSettings { horizon, ..settings(method, 950_000) });
        assert_eq!(var.of(&returns, &huge), Err(VarUnknown::Overflow));
    }
}

#[test]
fn only_intervals_in_which_all_that_is_held_has_a_return_count() {
    let mut returns = Returns::new(2, ReturnPlan { interval: SECOND, count_max: 200 });
    for second in 0..=64_u64 {
        // The second is not known at every 32nd time: two returns are lost each time.
        let other = mark(100 + i64::from(second % 2 == 0)).filter(|_| second % 32 != 16);
        returns
            .sample(UnixNanos::from_millis(second * 1_000), &[mark(100 + i64::from(second % 3 == 0)), other]);
    }
    let known = |worth| {
        let mut var = ValueAtRisk::new(settings(VarMethod::Historical, 990_000));
        var.of(&returns, &held(worth)).expect_err("a hundred are wanted")
    };
    assert_eq!(known((ONE, 0)), VarUnknown::TooFewReturns { known: 64, wanted: 100 });
    assert_eq!(known((ONE, ONE)), VarUnknown::TooFewReturns { known: 60, wanted: 100 });
}

#[test]
fn marks_that_are_late_missed_or_of_another_instrument_make_no_return() {
    let mut returns = Returns::new(1, ReturnPlan { interval: SECOND, count_max: 8 });
    let mut sample = |millis, price| returns.sample(UnixNanos::from_millis(millis), &[mark(price)]);
    assert_eq!(Returns::new(1, ReturnPlan { interval: SECOND, count_max: 8 }).due_at(), UnixNanos(0));
    sample(10_000, 100);
    sample(10_999, 900); // Of no even time.
    sample(11_100, 101); // Late by a tenth of the interval, and no more.
    sample(12_101, 102); // Late by more.
    sample(13_000, 103);
    sample(14_000, 104);
    sample(9_000, 900); // Before.
    sample(17_000, 107); // Two were missed.
    sample(18_000, 108);
    let of =
        |returns: &Returns| (0..8).map(|row| returns.at(row, InstrumentId(0)).is_some()).collect::<Vec<_>>();
    assert_eq!(returns.row_count(), 8);
    assert_eq!(of(&returns), [true, false, false, true, false, false, false, true]);
    assert_eq!(returns.due_at(), UnixNanos::from_millis(19_000));
    // However long nothing was sampled, there are no more rows than are kept.
    returns.sample(UnixNanos(u64::MAX / 2), &[mark(100)]);
    assert_eq!((returns.row_count(), of(&returns)), (8, vec![false; 8]));

    let mut returns = returns_of((0..=3).map(|i| (100 + i, 200 + i)));
    returns.forget(InstrumentId(0));
    returns.sample(UnixNanos::from_millis(1_004_000), &[mark(1), mark(204)]);
    returns.sample(UnixNanos::from_millis(1_005_000), &[mark(2), mark(205)]);
    let known = |id| (0..5).filter(|row| returns.at(*row, InstrumentId(id)).is_some()).count();
    assert_eq!((known(0), known(1)), (1, 5), "what it was before is forgotten, the other is not");
}

#[test]
fn a_mark_that_is_not_above_zero_is_none() {
    let mut returns = Returns::new(2, ReturnPlan { interval: SECOND, count_max: 8 });
    for (second, price) in [(0, 10_000), (1, 0), (2, 10_000), (3, -1), (4, 10_000), (5, 10_100)] {
        returns.sample(UnixNanos::from_millis(second * 1_000), &[mark(price), None]);
    }
    let of = |row| returns.at(row, InstrumentId(0));
    assert_eq!([of(0), of(1), of(2), of(3), of(4)], [None, None, None, None, Some(0.01)]);
}

#[test]
fn a_limit_of_what_may_be_at_stake_is_rounded_down_and_below_it_where_too_much_is_at_risk() {
    let million = |worst| Amount(worst * ONE);
    let max = |held, at_stake, of_million, var_max| {
        stake_max((Amount(held), Amount(at_stake)), of_million, Amount(var_max))
    };
    // A third of what is at stake is lost: nine more may be lost, so 27 more at stake, less what is not exact.
    let third = Amount(1_000_000 * ONE / 3 + 1);
    let told = max(ONE, 3 * ONE, third, 10 * ONE).expect("it fits");
    assert!((30 * ONE - 10_i128.pow(12)..=30 * ONE).contains(&told.0), "{told}");
    assert_eq!(max(ONE, 2 * ONE, million(500_000), ONE), Some(Amount(2 * ONE)), "at its limit");
    assert_eq!(
        max(ONE + 1, 2 * ONE, million(500_000), ONE),
        Some(Amount(2 * ONE - 10_i128.pow(12))),
        "beyond it"
    );
    assert_eq!(max(0, 0, Amount::ZERO, ONE), None, "no instrument loses nothing");
    assert_eq!(max(0, 0, Amount(1), i128::MAX), None);
    assert_eq!(max(-1, 0, million(1), i128::MAX), None);
}

prop_compose! {
    /// Walks of two instruments.
    fn any_returns()(
        steps in prop::collection::vec((-50_i64..=50, -50_i64..=50), 100..150),
    ) -> Returns {
        let walk = steps.iter().scan((5_000, 90_000), |at, step| {
            *at = (at.0.max(100) + step.0, at.1.max(1_000) + 10 * step.1 + step.0);
            Some(*at)
        });
        returns_of(walk)
    }
}

fn any_method() -> impl Strategy<Value = VarMethod> {
    prop_oneof![Just(VarMethod::Historical), Just(VarMethod::Parametric)]
}

/// The two, up to the roundings of a floating point number.
fn is_about(one: Amount, other: i128, of: i128) -> bool {
    (one.0 - other).abs() <= of.abs() / 10_i128.pow(10) + 2
}

proptest! {
    #![proptest_config(crate::trading::seeded(200))]

    #[test]
    fn a_portfolio_scaled_loses_scaled(
        returns in any_returns(), method in any_method(),
        (one, other) in (-1_000_i128..1_000, -1_000_i128..1_000), times in 1_i128..1_000,
    ) {
        let mut var = ValueAtRisk::new(settings(method, 950_000));
        let plain = var.of(&returns, &held((one * ONE, other * ONE)));
        let scaled = var.of(&returns, &held((one * times * ONE, other * times * ONE)));
        match (plain, scaled) {
            (Ok(plain), Ok(scaled)) => {
                prop_assert!(is_about(scaled, plain.0 * times, (one.abs() + other.abs()) * times * ONE));
            }
            (plain, scaled) => prop_assert_eq!(plain.is_err(), scaled.is_err()),
        }
    }

    #[test]
    fn more_confidence_and_a_longer_horizon_never_tell_less(
        returns in any_returns(), method in any_method(), one in -1_000_i128..1_000, other in -1_000_i128..1_000,
        (ppm, more_ppm) in (500_001_u32..980_000, 0_u32..9_000), seconds in 1_u64..100,
    ) {
        let holdings = held((one * ONE, other * ONE));
        let of = |settings| ValueAtRisk::new(settings).of(&returns, &holdings);
        let Ok(plain) = of(settings(method, ppm)) else { return Ok(()) };
        prop_assert!(of(settings(method, ppm + more_ppm)).is_ok_and(|more| more >= plain));
        let longer = VarSettings { horizon: Nanos::from_secs(seconds), ..settings(method, ppm) };
        prop_assert!(of(longer).is_ok_and(|more| more >= plain));
    }

    #[test]
    fn together_they_lose_no_more_than_apart(
        returns in any_returns(), one in -1_000_i128..1_000, other in -1_000_i128..1_000,
    ) {
        let mut var = ValueAtRisk::new(settings(VarMethod::Parametric, 990_000));
        let apart = [held((one * ONE, 0)), held((0, other * ONE))].map(|held| var.of(&returns, &held));
        let together = var.of(&returns, &held((one * ONE, other * ONE)));
        let ([Ok(first), Ok(second)], Ok(together)) = (apart, together) else { return Ok(()) };
        let sum = first.checked_add(second).expect("it fits");
        prop_assert!(together <= sum || is_about(together, sum.0, sum.0));
    }

    #[test]
    fn a_hedged_pair_loses_less_than_either(steps in prop::collection::vec(-50_i64..=50, 110..150)) {
        let walk = steps.iter().scan(5_000, |at: &mut i64, step| {
            *at = (*at).max(100) + step;
            Some((*at, 3 * *at))
        });
        let returns = returns_of(walk);
        for method in METHODS {
            let mut var = ValueAtRisk::new(settings(method, 990_000));
            let Ok(alone) = var.of(&returns, &held((1_000 * ONE, 0))) else { continue };
            let hedged = var.of(&returns, &held((1_000 * ONE, -1_000 * ONE))).expect("both are known");
            let half = var.of(&returns, &held((1_000 * ONE, -500 * ONE))).expect("both are known");
            prop_assert!(hedged < half && half < alone, "{hedged} {half} {alone}");
            prop_assert!(hedged.0 < ONE / 1_000_000);
        }
    }

    #[test]
    fn what_a_limit_allows_is_within_the_value_at_risk_whatever_it_is_spent_on(
        returns in any_returns(), one in -1_000_i128..1_000, other in -1_000_i128..1_000,
        var_max in 0_i128..100, part in 0_i128..=100,
    ) {
        let mut var = ValueAtRisk::new(settings(VarMethod::Parametric, 990_000));
        let million = [0, 1].map(|id| var.of_million(&returns, InstrumentId(id)));
        let ([Ok(first), Ok(second)], Ok(now)) = (million, var.of(&returns, &held((one * ONE, other * ONE)))) else {
            return Ok(());
        };
        let at_stake = Amount((one.abs() + other.abs()) * ONE);
        let max = stake_max((now, at_stake), first.max(second), Amount(var_max * ONE)).expect("it fits");
        let more = max.0 - at_stake.0;
        prop_assert_eq!(more >= 0, now.0 <= var_max * ONE);
        let (to_one, to_other) = (more.max(0) * part / 100, more.max(0) * (100 - part) / 100);
        for (one_sign, other_sign) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
            let after = held((one * ONE + one_sign * to_one, other * ONE + other_sign * to_other));
            let after = var.of(&returns, &after).expect("all is known");
            let most = (var_max * ONE).max(now.0);
            prop_assert!(after.0 <= most || is_about(after, most, most), "{after} of {most}");
        }
    }

    #[test]
    fn correlations_are_symmetric_within_one_and_one_on_the_diagonal(returns in any_returns()) {
        let ids = [InstrumentId(0), InstrumentId(1)];
        let correlations = Correlations::of(&returns, &ids);
        prop_assert_eq!(correlations.between(0, 1), correlations.between(1, 0));
        let Some(ppm) = correlations.between(0, 1) else { return Ok(()) };
        prop_assert!((-1_000_000..=1_000_000).contains(&ppm));
        prop_assert_eq!([0, 1].map(|id| correlations.between(id, id)), [Some(1_000_000); 2]);
    }
}
