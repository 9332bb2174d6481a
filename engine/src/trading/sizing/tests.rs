//! Sizes: at their limits, against the books that would book them, and against their own scales.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity};
use proptest::prelude::*;

use super::*;

fn coin(scales: (u8, u8)) -> InstrumentDefinition {
    InstrumentDefinition::inferred(("a", "B"), ContractKind::Spot, scales)
}

/// A hundred of the quote currency each.
fn inverse() -> InstrumentDefinition {
    let inferred = InstrumentDefinition::inferred(("a", "B"), ContractKind::InversePerpetual, (1, 0));
    InstrumentDefinition { contract_size: ContractSize::new(100, 0), ..inferred }
}

/// A thousandth of a coin each.
fn linear() -> InstrumentDefinition {
    let inferred = InstrumentDefinition::inferred(("a", "B"), ContractKind::LinearPerpetual, (1, 0));
    InstrumentDefinition { contract_size: ContractSize::new(1, 3), ..inferred }
}

fn sizer(definition: &InstrumentDefinition) -> Sizer {
    Sizer::new(definition).expect("its size is known")
}

fn amount(mantissa: i128, scale: u8) -> Amount {
    Amount::floor(mantissa, scale).expect("it fits")
}

const RISK: Risk =
    Risk { equity: Amount(10_000 * ONE), share_ppm: 10_000, entry: Price(50_000), stop: Price(49_000) };
const ONE: i128 = 10_i128.pow(18);

#[test]
fn a_fixed_quantity_is_put_on_the_step_and_below_the_maximum() {
    let definition = InstrumentDefinition {
        lot: Quantity(10),
        quantity_min: Quantity(30),
        quantity_max: Quantity(95),
        ..coin((2, 3))
    };
    let sizer = sizer(&definition);
    let check = |wanted, expected| assert_eq!(sizer.fixed(Quantity(wanted)), expected, "{wanted}");
    check(29, Err(NoSize::BelowMinimum));
    check(30, Ok(Quantity(30)));
    check(39, Ok(Quantity(30)));
    check(40, Ok(Quantity(40)));
    check(94, Ok(Quantity(90)));
    check(96, Ok(Quantity(90)));
    check(i64::MAX, Ok(Quantity(90)));
    check(0, Err(NoSize::BelowMinimum));
    check(i64::MIN, Err(NoSize::BelowMinimum));
}

#[test]
fn an_instrument_that_states_no_bounds_takes_what_is_above_nothing() {
    let sizer = sizer(&coin((2, 3)));
    assert_eq!(sizer.fixed(Quantity(1)), Ok(Quantity(1)));
    assert_eq!(sizer.fixed(Quantity(i64::MAX)), Ok(Quantity(i64::MAX)));
    assert_eq!(sizer.fixed(Quantity(0)), Err(NoSize::BelowMinimum));
}

#[test]
fn a_maximum_below_the_minimum_lets_nothing_pass() {
    let definition =
        InstrumentDefinition { quantity_min: Quantity(10), quantity_max: Quantity(9), ..coin((2, 3)) };
    assert_eq!(sizer(&definition).fixed(Quantity(100)), Err(NoSize::BelowMinimum));
}

#[test]
fn the_size_turns_exactly_where_the_budget_pays_for_one_step_more() {
    // 100 may be lost; 10.00 are lost each: 10.000 of them, and one 18th digit less is one step less.
    let sizer = sizer(&coin((2, 3)));
    let at = |equity| sizer.by_risk(&Risk { equity: Amount(equity), ..RISK });
    assert_eq!(at(10_000 * ONE), Ok(Quantity(10_000)));
    assert_eq!(at(10_000 * ONE - 1), Ok(Quantity(9_999)));
    assert_eq!(at(10_001 * ONE - 1), Ok(Quantity(10_000)));
    assert_eq!(at(10_001 * ONE), Ok(Quantity(10_001)));
    let stake = |stake| sizer.by_stake(Amount(stake), Price(50_000));
    assert_eq!(stake(500 * ONE), Ok(Quantity(1_000)));
    assert_eq!(stake(500 * ONE - 1), Ok(Quantity(999)));
}

#[test]
fn a_short_position_is_sized_as_a_long_one_with_its_stop_as_far_away() {
    let sizer = sizer(&coin((2, 3)));
    let (long, short) = (RISK, Risk { stop: Price(51_000), ..RISK });
    assert_eq!(sizer.by_risk(&long), sizer.by_risk(&short));
}

#[test]
fn an_inverse_contract_is_sized_in_its_base_currency() {
    // 1 % of 2 coins, in at 50,000.0, out at 40,000.0. A contract loses 100 / 40,000 - 100 / 50,000 = 0.0005 coins, so
    // 0.02 coins are 40 of them. Out at 60,000.0, which a short one loses 100 / 50,000 - 100 / 60,000 = 0.000333...
    // by, they are 60.
    let sizer = sizer(&inverse());
    let risk = Risk { equity: amount(2, 0), share_ppm: 10_000, entry: Price(500_000), stop: Price(400_000) };
    assert_eq!(sizer.by_risk(&risk), Ok(Quantity(40)));
    assert_eq!(sizer.by_risk(&Risk { stop: Price(600_000), ..risk }), Ok(Quantity(60)));
    // A fall by 20 %, as above.
    let volatility = Volatility { target: amount(2, 2), volatility_ppm: 200_000, price: Price(500_000) };
    assert_eq!(sizer.by_volatility(&volatility), Ok(Quantity(40)));
    // 0.02 coins are 1,000 dollars at 50,000.
    assert_eq!(sizer.by_stake(amount(2, 2), Price(500_000)), Ok(Quantity(10)));
}

#[test]
fn what_is_not_known_has_a_name() {
    let sizer = sizer(&coin((2, 3)));
    let check = |risk, expected| assert_eq!(sizer.by_risk(&risk), Err(expected), "{risk:?}");
    check(Risk { stop: RISK.entry, ..RISK }, NoSize::NoStopDistance);
    check(Risk { stop: Price(0), ..RISK }, NoSize::BadPrice);
    check(Risk { entry: Price(-1), ..RISK }, NoSize::BadPrice);
    check(Risk { equity: Amount::ZERO, ..RISK }, NoSize::NoMoney);
    check(Risk { equity: Amount(-1), ..RISK }, NoSize::NoMoney);
    check(Risk { share_ppm: 0, ..RISK }, NoSize::BadShare);
    check(Risk { share_ppm: WHOLE_PPM + 1, ..RISK }, NoSize::BadShare);
    check(
        Risk { equity: Amount(i128::MAX), stop: Price(49_999), share_ppm: WHOLE_PPM, ..RISK },
        NoSize::Overflow,
    );
    check(Risk { equity: Amount(1), ..RISK }, NoSize::BelowMinimum);
    assert!(sizer.by_risk(&Risk { share_ppm: WHOLE_PPM, ..RISK }).is_ok(), "a whole is a share");

    let volatility = Volatility { target: amount(1, 0), volatility_ppm: 0, price: Price(50_000) };
    assert_eq!(sizer.by_volatility(&volatility), Err(NoSize::NoVolatility));
    let volatility = Volatility { volatility_ppm: 1, ..volatility };
    assert_eq!(sizer.by_volatility(&Volatility { target: Amount::ZERO, ..volatility }), Err(NoSize::NoMoney));
    assert_eq!(sizer.by_volatility(&Volatility { price: Price(0), ..volatility }), Err(NoSize::BadPrice));
    let all_of_it = Volatility { volatility_ppm: WHOLE_PPM, price: Price(500_000), target: amount(1, 0) };
    let inverse = Sizer::new(&inverse()).expect("its size is known");
    assert_eq!(inverse.by_volatility(&all_of_it), Err(NoSize::NoVolatility));
    assert_eq!(
        inverse.by_volatility(&Volatility { volatility_ppm: WHOLE_PPM - 1, ..all_of_it }),
        Err(NoSize::BelowMinimum)
    );

    let unknown = InstrumentDefinition::inferred(("a", "B"), ContractKind::LinearPerpetual, (1, 0));
    assert_eq!(Sizer::new(&unknown), Err(NoSize::UnknownContract));
}

#[test]
fn a_quantity_that_does_not_fit_is_no_quantity() {
    // The whole of 64 bits at the price of one, and one more.
    let sizer = sizer(&coin((0, 0)));
    let most = i128::from(i64::MAX);
    assert_eq!(sizer.by_stake(Amount(most * ONE), Price(1)), Ok(Quantity(i64::MAX)));
    assert_eq!(sizer.by_stake(Amount((most + 1) * ONE), Price(1)), Err(NoSize::Overflow));
    let inverse = Sizer::new(&inverse()).expect("its size is known");
    assert_eq!(inverse.by_stake(Amount(i128::MAX), Price(i64::MAX)), Err(NoSize::Overflow));
}

#[test]
fn kelly_is_what_the_formula_says_times_the_fraction_and_never_above_the_cap() {
    let check = |edge, (fraction_ppm, cap_ppm), expected| {
        let kelly = Kelly { equity: amount(1, 0), edge, fraction_ppm, cap_ppm, price: Price(100) };
        assert_eq!(kelly.share_ppm(), expected, "{kelly:?}");
    };
    const ALL: (u32, u32) = (WHOLE_PPM, WHOLE_PPM);
    let bets = |win_ppm, payoff_ppm| Edge::Bets { win_ppm, payoff_ppm, stop: Price(90) };
    let returns = |mean_ppm, volatility_ppm| Edge::Returns { mean_ppm, volatility_ppm };
    // 0.6 - 0.4 / 1; 0.5 - 0.5 / 2; 0.4 - 0.6 / 1.5 is nothing, and one millionth more of wins is not.
    check(bets(600_000, 1_000_000), ALL, Ok(200_000));
    check(bets(500_000, 2_000_000), ALL, Ok(250_000));
    check(bets(400_000, 1_500_000), ALL, Err(NoSize::NoEdge));
    check(bets(400_001, 1_500_000), ALL, Ok(1));
    check(bets(399_999, 1_500_000), ALL, Err(NoSize::NoEdge));
    check(bets(WHOLE_PPM, 1), ALL, Ok(WHOLE_PPM));
    check(bets(WHOLE_PPM + 1, 1), ALL, Err(NoSize::BadShare));
    check(bets(0, 1), ALL, Err(NoSize::BadShare));
    check(bets(600_000, 0), ALL, Err(NoSize::NoEdge));
    // 0.0001 / 0.01^2 is one.
    check(returns(100, 10_000), ALL, Ok(1_000_000));
    check(returns(100, 10_000), (500_000, WHOLE_PPM), Ok(500_000));
    check(returns(100, 10_000), (500_000, 500_000), Ok(500_000));
    check(returns(100, 10_000), (500_000, 499_999), Ok(499_999));
    check(returns(100, 10_000), (WHOLE_PPM, 3 * WHOLE_PPM), Ok(1_000_000));
    check(returns(i64::MAX, 1), (WHOLE_PPM, u32::MAX), Ok(u32::MAX));
    check(returns(0, 10_000), ALL, Err(NoSize::NoEdge));
    check(returns(i64::MIN, 10_000), ALL, Err(NoSize::NoEdge));
    check(returns(100, 0), ALL, Err(NoSize::NoVolatility));
    check(returns(100, 10_000), (0, WHOLE_PPM), Err(NoSize::BadShare));
    check(returns(100, 10_000), (WHOLE_PPM + 1, WHOLE_PPM), Err(NoSize::BadShare));
    check(returns(100, 10_000), (WHOLE_PPM, 0), Err(NoSize::BadShare));
}

#[test]
fn a_bet_by_kelly_loses_its_share_at_the_stop() {
    // 0.2 of 1,000, at most 0.05 of it: 50 are lost by 5 coins which lose 10.00 each.
    let edge = Edge::Bets { win_ppm: 600_000, payoff_ppm: 1_000_000, stop: Price(49_000) };
    let kelly = Kelly {
        equity: amount(1_000, 0),
        edge,
        fraction_ppm: WHOLE_PPM,
        cap_ppm: 50_000,
        price: Price(50_000),
    };
    let sizer = sizer(&coin((2, 3)));
    assert_eq!(sizer.by_kelly(&kelly), Ok(Quantity(5_000)));
    let tiny = Edge::Bets { win_ppm: 500_001, payoff_ppm: 1_000_000, stop: Price(49_000) };
    let tiny = Kelly { edge: tiny, fraction_ppm: 100_000, ..kelly };
    assert_eq!((tiny.share_ppm(), sizer.by_kelly(&tiny)), (Ok(0), Err(NoSize::BelowMinimum)));
}

/// What the books say that a quantity loses between two prices, rounded up.
fn loss(contract: &Contract, quantity: Quantity, entry: Price, stop: Price) -> i128 {
    let worth = |price| contract.worth(quantity, contract.price(price)).expect("it fits").0;
    (worth(entry) - worth(stop)).abs() + i128::from(contract.is_inverse())
}

fn any_contract() -> impl Strategy<Value = InstrumentDefinition> {
    let bounds = (1_i64..50, 0_i64..200, prop_oneof![Just(0_i64), 1_i64..1_000_000_000]);
    (prop_oneof![Just(coin((1, 0))), Just(linear()), Just(inverse())], bounds).prop_map(
        |(definition, (lot, least, most))| InstrumentDefinition {
            lot: Quantity(lot),
            quantity_min: Quantity(least),
            quantity_max: Quantity(most),
            ..definition
        },
    )
}

prop_compose! {
    fn any_risk()(
        equity in 1_i128..10_i128.pow(27),
        share_ppm in 1..=WHOLE_PPM,
        entry in 1_i64..2_000_000,
        stop in 1_i64..2_000_000,
    ) -> Risk {
        Risk { equity: Amount(equity), share_ppm, entry: Price(entry), stop: Price(stop) }
    }
}

/// As a number: nothing where there is none.
fn size(found: Result<Quantity, NoSize>) -> i64 {
    found.map_or(0, |quantity| quantity.0)
}

proptest! {
    #![proptest_config(crate::trading::seeded(2_000))]

    #[test]
    fn no_size_loses_more_than_its_share_or_is_smaller_than_it_must_be(
        definition in any_contract(), risk in any_risk(),
    ) {
        let (sizer, budget) = (sizer(&definition), share_of(risk.equity, risk.share_ppm).expect("it fits").0);
        let Ok(found) = sizer.by_risk(&risk) else { return Ok(()) };
        let of = |quantity| loss(&sizer.contract, quantity, risk.entry, risk.stop);
        prop_assert!(found >= definition.quantity_min && found.0 % definition.lot.0 == 0);
        prop_assert!(of(found) <= budget, "{found:?} loses {} of {budget}", of(found));
        // One rounding of an inverse contract may cost one unit of quantity.
        let next = Quantity(found.0 + definition.lot.0 + i64::from(sizer.contract.is_inverse()));
        let is_bound = definition.quantity_max.0 > 0 && next > definition.quantity_max;
        prop_assert!(is_bound || of(next) > budget, "{next:?} would lose {} of {budget}", of(next));
    }

    #[test]
    fn no_stake_is_worth_more_than_was_staked(
        definition in any_contract(), stake in 1_i128..10_i128.pow(27), price in 1_i64..2_000_000,
    ) {
        let sizer = sizer(&definition);
        let Ok(found) = sizer.by_stake(Amount(stake), Price(price)) else { return Ok(()) };
        let worth = |quantity| sizer.contract.worth(quantity, sizer.contract.price(Price(price))).expect("it fits");
        prop_assert!(worth(found).0.abs() <= stake);
        let next = Quantity(found.0 + definition.lot.0);
        let is_bound = definition.quantity_max.0 > 0 && next > definition.quantity_max;
        prop_assert!(is_bound || worth(next).0.abs() > stake);
    }

    #[test]
    fn more_money_a_larger_share_and_a_nearer_stop_never_give_less(
        definition in any_contract(), risk in any_risk(), more in 0_i128..10_i128.pow(27), nearer in 0_i64..2_000_000,
    ) {
        let sizer = sizer(&definition);
        let found = size(sizer.by_risk(&risk));
        let richer = Risk { equity: Amount(risk.equity.0 + more), ..risk };
        let bolder = Risk { share_ppm: risk.share_ppm.midpoint(WHOLE_PPM), ..risk };
        let distance = risk.stop.0 - risk.entry.0;
        let nearer = distance.signum() * nearer.min(distance.abs() - 1).max(0);
        let closer = Risk { stop: Price(risk.stop.0 - nearer), ..risk };
        for larger in [richer, bolder, closer] {
            match sizer.by_risk(&larger) {
                Err(NoSize::Overflow) => {}
                larger => prop_assert!(size(larger) >= found),
            }
        }
    }

    #[test]
    fn a_more_volatile_instrument_never_gets_more(
        definition in any_contract(),
        target in 1_i128..10_i128.pow(24),
        volatility_ppm in 1_u32..2 * WHOLE_PPM,
        more_ppm in 0_u32..WHOLE_PPM,
    ) {
        let volatility = Volatility { target: Amount(target), volatility_ppm, price: Price(500_000) };
        let wilder = Volatility { volatility_ppm: volatility_ppm + more_ppm, ..volatility };
        let sizer = sizer(&definition);
        prop_assert!(size(sizer.by_volatility(&wilder)) <= size(sizer.by_volatility(&volatility)));
    }

    #[test]
    fn scales_do_not_matter(risk in any_risk(), price_digits in 0_u8..4, quantity_digits in 0_u8..4) {
        let (finer, steps) = (10_i64.pow(price_digits.into()), 10_i64.pow(quantity_digits.into()));
        for definition in [coin((1, 0)), linear(), inverse()] {
            let scaled = InstrumentDefinition {
                price_scale: definition.price_scale + price_digits,
                quantity_scale: definition.quantity_scale + quantity_digits,
                lot: Quantity(steps),
                ..definition
            };
            let same = Risk { entry: Price(risk.entry.0 * finer), stop: Price(risk.stop.0 * finer), ..risk };
            let found = sizer(&definition).by_risk(&risk).map(|quantity| Quantity(quantity.0 * steps));
            prop_assert_eq!(sizer(&scaled).by_risk(&same), found);
        }
    }
}
