//! The treasury through its border: fills, marks and limits in, breaches and restraints out.

use fulmar_bus::record::{
    BalanceStatement, ContractKind, ContractSize, FundingRate, Limit, LiquiditySide, Notional,
    PositionStatement, ScopeKind, Text,
};

use super::*;
use crate::trading::account::Fee;
use crate::trading::account::FundingDue;
use crate::trading::order::Fill;
use crate::trading::risk::{Breach, LossLimits, ScopeBreaches};
use crate::trading::value_at_risk::{VarLimit, VarMethod, VarSettings};

const SPOT: InstrumentId = InstrumentId(0);
const PERPETUAL: InstrumentId = InstrumentId(1);
const ALTCOIN: InstrumentId = InstrumentId(2);
const ONE: StrategyId = StrategyId(0);
const OTHER: StrategyId = StrategyId(1);
const NOW: UnixNanos = UnixNanos(1_000_000_000);

fn asset(name: &str) -> Asset {
    Text::new(name).expect("it is short")
}

fn usdt(whole: i64) -> Amount {
    Amount::floor(whole.into(), 0).expect("it fits")
}

fn definition(contract: ContractKind, base: &str, quote: &str) -> InstrumentDefinition {
    let inferred = InstrumentDefinition::inferred(("venue", "SYMBOL"), contract, (1, 3));
    InstrumentDefinition {
        base: asset(base),
        quote: asset(quote),
        contract_size: ContractSize::ONE,
        ..inferred
    }
}

/// Spot of the first venue, a perpetual of the second, and an instrument against nothing that has a price.
fn treasury(change: impl FnOnce(&mut TreasuryPlan)) -> Treasury {
    let mut plan = TreasuryPlan {
        currency: Some(asset("USDT")),
        venues: vec![ScopeLimits::default(); 2],
        strategies: vec![ScopeLimits::default(); 2],
        venue_of: vec![0, 1, 0],
        ..TreasuryPlan::default()
    };
    change(&mut plan);
    let mut treasury = Treasury::new(&[AccountId(0), AccountId(1)], plan);
    let defined = [
        (SPOT, definition(ContractKind::Spot, "BTC", "USDT")),
        (PERPETUAL, definition(ContractKind::LinearPerpetual, "BTC", "USDT")),
        (ALTCOIN, definition(ContractKind::Spot, "ALT", "XYZ")),
    ];
    for (instrument_id, definition) in defined {
        treasury.define(instrument_id, &definition).expect("it can be booked");
    }
    treasury
}

fn mark(treasury: &mut Treasury, instrument_id: InstrumentId, whole: i64) {
    treasury.mark(instrument_id, ScaledPrice { price: Price(whole * 10), scale: 1 });
}

/// So many thousandths at a whole price, for nothing.
fn fill(strategy_id: StrategyId, instrument_id: InstrumentId, signed: i64, whole: i64) -> Fill {
    let side = if signed > 0 { Side::Buy } else { Side::Sell };
    let (quantity, price) = (Quantity(signed.abs()), Price(whole * 10));
    Fill { instrument_id, strategy_id, account_id: AccountId(0), side, quantity, price }
}

const FREE: Fee = Fee::Scheduled(LiquiditySide::Taker);

fn book(treasury: &mut Treasury, fill: Fill) {
    treasury.book(&fill, FREE).expect("it can be booked");
}

/// An order to buy so many thousandths of an instrument.
fn buying(strategy_id: StrategyId, instrument_id: InstrumentId, quantity: i64) -> Adding {
    let share = OpenShare::default();
    let (quantity, price) = (Quantity(quantity), Some(Price(1_000)));
    Adding { now: NOW, strategy_id, instrument_id, side: Side::Buy, quantity, price, share }
}

#[test]
fn each_scope_allows_as_much_at_stake_as_its_limit_and_not_one_step_more() {
    for name in ["engine", "venue", "strategy"] {
        let at_most = ScopeLimits { exposure_max: Some(usdt(100)), ..ScopeLimits::default() };
        let mut treasury = treasury(|plan| match name {
            "engine" => plan.engine = at_most,
            "venue" => plan.venues[0] = at_most,
            _ => plan.strategies[0] = at_most,
        });
        mark(&mut treasury, SPOT, 100);
        for (quantity, is_refused) in [(999, false), (1_000, false), (1_001, true)] {
            let breach = treasury.breaches(&buying(ONE, SPOT, quantity)).exposure;
            assert_eq!(breach.is_some(), is_refused, "{quantity} under the limit of the {name}");
        }
        let beyond = treasury.breaches(&buying(ONE, SPOT, 2_000)).exposure;
        assert_eq!(beyond, Some(Breach { value: 200_000_000, limit: 100_000_000 }), "in millionths");
    }
}

fn limited_by_var() -> ScopeLimits {
    let settings =
        VarSettings { method: VarMethod::Historical, confidence_ppm: 990_000, horizon: Nanos::from_secs(1) };
    ScopeLimits { var: Some(VarLimit { var_max: usdt(1), settings }), ..ScopeLimits::default() }
}

#[test]
fn value_at_risk_allows_what_was_told_until_it_says_and_nothing_before_or_after() {
    for strategy_id in [None, Some(ONE)] {
        let mut treasury = treasury(|plan| match strategy_id {
            None => plan.engine = limited_by_var(),
            Some(_) => plan.strategies[0] = limited_by_var(),
        });
        mark(&mut treasury, SPOT, 100);
        let unknown = Some(Breach::UNKNOWABLE);
        let at = |treasury: &Treasury, now, quantity| {
            treasury.breaches(&Adding { now, ..buying(ONE, SPOT, quantity) }).var
        };
        assert_eq!(at(&treasury, NOW, 1), unknown, "nobody said anything");
        let tell = |treasury: &mut Treasury, max: Amount| {
            treasury.limit_stake(&StakeLimit::new(strategy_id, (Notional(max.0), Notional(0)), NOW));
        };
        tell(&mut treasury, usdt(100));
        for (quantity, is_refused) in [(999, false), (1_000, false), (1_001, true), (i64::MAX, true)] {
            assert_eq!(at(&treasury, NOW, quantity).is_some(), is_refused, "{quantity} of {strategy_id:?}");
        }
        assert_eq!(at(&treasury, NOW, 2_000), Some(Breach { value: 200_000_000, limit: 100_000_000 }));
        assert_eq!(at(&treasury, UnixNanos(NOW.0 + 1), 1), unknown, "it is good until then");
        tell(&mut treasury, Amount(-1));
        assert!(at(&treasury, NOW, 1).is_some(), "less than nothing may be at stake");
        let other = Adding { now: NOW, ..buying(OTHER, SPOT, 1) };
        assert_eq!(treasury.breaches(&other).var.is_some(), strategy_id.is_none());
        treasury.limit_stake(&StakeLimit::new(Some(StrategyId(9)), (Notional(0), Notional(0)), NOW));
    }
    let free = treasury(|_| {});
    assert_eq!(free.breaches(&buying(ONE, SPOT, 1)).var, None, "what is not stated is not limited");
}

#[test]
fn what_has_no_price_passes_no_value_at_risk() {
    let mut treasury = treasury(|plan| plan.engine = limited_by_var());
    treasury.limit_stake(&StakeLimit::new(None, (Notional(i128::MAX), Notional(0)), NOW));
    let breach = treasury.breaches(&buying(ONE, SPOT, 1)).var;
    assert_eq!(breach.map(|breach| breach.value), Some(i128::MAX), "no market yet");
    mark(&mut treasury, SPOT, 100);
    assert_eq!(treasury.breaches(&buying(ONE, SPOT, 1)).var, None);
}

#[test]
fn what_is_held_and_open_counts_by_its_worse_side_and_a_short_does_not_make_up_for_a_long() {
    let at_most = ScopeLimits { exposure_max: Some(usdt(300)), ..ScopeLimits::default() };
    let mut treasury = treasury(|plan| plan.engine = at_most);
    mark(&mut treasury, SPOT, 100);
    mark(&mut treasury, PERPETUAL, 100);
    book(&mut treasury, fill(ONE, SPOT, 1_000, 100));
    book(&mut treasury, fill(OTHER, PERPETUAL, -1_000, 100));
    let share = OpenShare { buy_qty: 500, sell_qty: 1_200, order_count: 2 };
    treasury.open(ONE, SPOT, share);
    // 1 held and 0.5 wanted on one side, 1 held on the other: 250 at stake.
    let more = |quantity| Adding { share, ..buying(ONE, SPOT, quantity) };
    assert_eq!(treasury.breaches(&more(500)).exposure, None);
    assert!(treasury.breaches(&more(501)).exposure.is_some());
}

#[test]
fn what_has_no_price_is_at_stake_without_limit_and_nothing_is_no_stake_at_all() {
    let at_most = ScopeLimits { exposure_max: Some(usdt(300)), ..ScopeLimits::default() };
    let mut treasury = treasury(|plan| plan.engine = at_most);
    let unknown = Some(Breach { limit: 300_000_000, ..Breach::UNKNOWABLE });
    assert_eq!(treasury.breaches(&buying(ONE, SPOT, 1)).exposure, unknown, "no market yet");
    mark(&mut treasury, SPOT, 100);
    assert_eq!(treasury.breaches(&buying(ONE, SPOT, 1)).exposure, None);
    mark(&mut treasury, ALTCOIN, 2);
    treasury.value(NOW);
    assert_eq!(treasury.breaches(&buying(ONE, ALTCOIN, 1)).exposure, unknown, "nobody knows what an XYZ is");
    book(&mut treasury, fill(OTHER, ALTCOIN, 5, 2));
    assert_eq!(treasury.breaches(&buying(ONE, SPOT, 1)).exposure, unknown, "and now something of it is held");
    let before = treasury.unknown_count();
    treasury.value(NOW);
    treasury.value(NOW);
    assert_eq!(treasury.unknown_count(), before + 2, "each time that nobody can say what was earned");
}

#[test]
fn each_scope_allows_as_many_open_orders_as_its_limit_this_one_among_them() {
    let at_most = ScopeLimits { open_orders_max: Some(3), ..ScopeLimits::default() };
    let limits: [fn(&mut TreasuryPlan, ScopeLimits); 3] = [
        |plan, limits| plan.engine = limits,
        |plan, limits| plan.venues[0] = limits,
        |plan, limits| plan.strategies[0] = limits,
    ];
    for set in limits {
        let mut treasury = treasury(|plan| set(plan, at_most));
        for (order_count, is_refused) in [(1, false), (2, false), (3, true)] {
            let share = OpenShare { order_count, ..OpenShare::default() };
            treasury.open(ONE, SPOT, share);
            let new = Adding { share, ..buying(ONE, SPOT, 1) };
            assert_eq!(treasury.breaches(&new).open_orders.is_some(), is_refused, "{order_count} open");
            // A change of one of them makes none more.
            let change = Adding { share: OpenShare { order_count: order_count - 1, ..share }, ..new };
            assert_eq!(treasury.breaches(&change).open_orders, None, "{order_count} open");
        }
    }
}

#[test]
fn what_one_strategy_has_open_counts_for_all_and_no_more_once_it_is_gone() {
    let (exposure_max, open_orders_max) = (Some(usdt(100)), Some(3));
    let at_most = ScopeLimits { exposure_max, open_orders_max, ..ScopeLimits::default() };
    let mut treasury = treasury(|plan| plan.engine = at_most);
    mark(&mut treasury, SPOT, 100);
    for (buy_qty, order_count, left, is_full) in
        [(600, 3, 400, true), (100, 2, 900, false), (0, 0, 1_000, false)]
    {
        treasury.open(ONE, SPOT, OpenShare { buy_qty, sell_qty: 0, order_count });
        let breaches = treasury.breaches(&buying(OTHER, SPOT, left));
        assert_eq!(
            (breaches.exposure, breaches.open_orders.is_some()),
            (None, is_full),
            "{buy_qty} are open"
        );
        assert!(treasury.breaches(&buying(OTHER, SPOT, left + 1)).exposure.is_some(), "{buy_qty} are open");
    }
}

#[test]
fn a_strategy_that_loses_is_held_back_alone_and_the_engine_holds_back_all() {
    let losses = LossLimits { drawdown_max: Some(usdt(10)), ..LossLimits::default() };
    let at_most = ScopeLimits { losses, ..ScopeLimits::default() };
    for (of_engine, other) in [(false, Restraint::Free), (true, Restraint::ReduceOnly)] {
        let set = |plan: &mut TreasuryPlan| {
            *(if of_engine { &mut plan.engine } else { &mut plan.strategies[0] }) = at_most;
        };
        let mut treasury = treasury(set);
        book(&mut treasury, fill(ONE, PERPETUAL, 1_000, 100));
        mark(&mut treasury, PERPETUAL, 90);
        assert!(!treasury.value(NOW), "ten may be lost");
        mark(&mut treasury, PERPETUAL, 89);
        assert!(treasury.value(NOW));
        assert_eq!(treasury.restraint(ONE), Restraint::ReduceOnly);
        assert_eq!(treasury.restraint(OTHER), other);
        let breach = treasury.breaches(&buying(ONE, SPOT, 1)).drawdown;
        assert_eq!(breach, Some(Breach { value: 11_000_000, limit: 10_000_000 }));
        treasury.enable(if of_engine { Scope::Engine } else { Scope::Strategy(ONE) });
        treasury.value(NOW);
        assert_eq!(treasury.restraint(ONE), Restraint::Free, "somebody looked at it");
    }
}

#[test]
fn a_fill_of_before_the_first_word_on_a_balance_that_is_told_after_it_moves_no_balance() {
    let said_at = UnixNanos(7);
    for (venue_at, bitcoin) in [(UnixNanos(7), 5_000), (UnixNanos(8), 6_000), (UnixNanos(0), 6_000)] {
        let mut treasury = treasury(|_| {});
        let had = (Notional(5 * 10_i128.pow(18)), Notional(0));
        treasury.tell(0, &BalanceStatement::new(asset("BTC"), had, said_at)).expect("there is room");
        treasury.book_of(venue_at, &fill(ONE, SPOT, 1_000, 100), FREE).expect("it can be booked");
        let total = |name| treasury.accounts[0].balance(asset(name)).map(|balance| balance.total());
        assert_eq!(total("BTC"), Amount::floor(bitcoin, 3), "{venue_at:?}");
        assert_eq!(total("USDT"), Some(usdt(-100)), "the venue said nothing of it yet");
        assert_eq!(treasury.held(ONE, SPOT), Quantity(1_000), "it is held all the same");
    }
}

#[test]
fn what_spot_earned_is_valued_by_its_market_and_fees_in_another_asset_by_what_was_stated() {
    let losses = LossLimits { drawdown_max: Some(usdt(10)), ..LossLimits::default() };
    let bnb = (asset("BNB"), ScaledPrice { price: Price(600), scale: 0 });
    let mut priced = treasury(|plan| {
        plan.strategies[0].losses = losses;
        plan.worth = vec![bnb];
    });
    mark(&mut priced, SPOT, 100);
    let bought = fill(ONE, SPOT, 1_000, 100);
    let fee = Fee::Stated(asset("BNB"), Amount::floor(2, 2).expect("it fits"));
    priced.book(&bought, fee).expect("it can be booked");
    priced.value(NOW);
    assert_eq!(priced.restraint(ONE), Restraint::ReduceOnly, "0.02 BNB are 12");
    let mut unpriced = treasury(|plan| plan.strategies[0].losses = losses);
    mark(&mut unpriced, SPOT, 100);
    unpriced.book(&bought, fee).expect("as well");
    unpriced.value(NOW);
    assert_eq!(unpriced.restraint(ONE), Restraint::ReduceOnly, "what they are is not known");
    assert_eq!(unpriced.breaches(&buying(ONE, SPOT, 1)).drawdown.map(|breach| breach.value), Some(i128::MAX));
}

#[test]
fn a_valuation_is_due_once_something_changed_and_a_tenth_of_a_second_after_the_last() {
    let mut treasury = treasury(|_| {});
    assert_eq!(treasury.due_at(), None);
    mark(&mut treasury, SPOT, 100);
    assert!(treasury.due_at().is_some_and(|due_at| due_at <= NOW));
    treasury.value(NOW);
    assert_eq!(treasury.due_at(), None);
    mark(&mut treasury, SPOT, 101);
    assert_eq!(treasury.due_at(), Some(NOW + VALUATION_INTERVAL));
}

#[test]
fn without_a_currency_nothing_is_valued_and_fills_are_booked_all_the_same() {
    let mut treasury = treasury(|plan| plan.currency = None);
    mark(&mut treasury, SPOT, 100);
    book(&mut treasury, fill(ONE, SPOT, 1_000, 100));
    assert_eq!((treasury.due_at(), treasury.value(NOW)), (None, false));
    assert_eq!(treasury.breaches(&buying(ONE, SPOT, 1)), ScopeBreaches::default());
    let spent = treasury.account(InstrumentId(0)).balance(asset("USDT")).map(|balance| balance.total());
    assert_eq!(spent, usdt(100).checked_neg());
}

#[test]
fn a_spot_order_needs_what_it_pays_with_once_the_venue_has_said_what_is_there() {
    let mut treasury = treasury(|_| {});
    let order = |quantity| treasury_order(Side::Buy, quantity);
    assert_eq!(treasury.breaches(&order(1_000_000)).balance, None, "the venue said nothing yet");
    let told = |name, whole| {
        let all = Notional(usdt(whole).0);
        BalanceStatement::new(asset(name), (all, Notional(0)), NOW)
    };
    treasury.tell(0, &told("USDT", 100)).expect("there is room");
    treasury.tell(0, &told("BTC", 2)).expect("as well");
    for (quantity, is_refused) in [(999, false), (1_000, false), (1_001, true)] {
        assert_eq!(treasury.breaches(&order(quantity)).balance.is_some(), is_refused, "{quantity} at 100");
        let sale = treasury_order(Side::Sell, 2 * quantity);
        assert_eq!(treasury.breaches(&sale).balance.is_some(), is_refused, "{quantity} twice");
    }
    let unpriced = Adding { price: None, ..order(1) };
    assert_eq!(treasury.breaches(&unpriced).balance.map(|breach| breach.value), Some(i128::MAX));
    book(&mut treasury, fill(ONE, SPOT, 500, 100));
    assert!(treasury.breaches(&order(501)).balance.is_some(), "half of it is spent");
    treasury.tell(0, &told("USDT", 70)).expect("it is known");
    let ours = treasury.account(InstrumentId(0)).balance(asset("USDT")).expect("it was told");
    assert_eq!(ours.total(), usdt(50), "what the venue says later is compared, and corrects nothing");
    assert_eq!(ours.difference(), Some(usdt(20)));
}

#[test]
fn assets_of_which_the_venue_says_something_else_are_counted() {
    let mut treasury = treasury(|_| {});
    let told = |name, (free, locked)| {
        let amounts = (Notional(usdt(free).0), Notional(usdt(locked).0));
        BalanceStatement::new(asset(name), amounts, NOW)
    };
    let tell = |treasury: &mut Treasury, name, amounts| {
        treasury.tell(0, &told(name, amounts)).expect("there is room");
        treasury.balances_apart()
    };
    assert_eq!(tell(&mut treasury, "USDT", (100, 0)), 0, "the first word is what was there");
    assert_eq!(tell(&mut treasury, "BTC", (0, 0)), 0);
    book(&mut treasury, fill(ONE, SPOT, 500, 100));
    assert_eq!(treasury.balances_apart(), 2, "the venue said neither what was paid nor what was bought");
    assert_eq!(treasury.held(ONE, SPOT), Quantity(500));
    assert_eq!((treasury.held(OTHER, SPOT), treasury.held(ONE, ALTCOIN)), (Quantity(0), Quantity(0)));
    assert_eq!(tell(&mut treasury, "USDT", (20, 30)), 1, "what is locked is owned as well");
    let half = Notional(usdt(1).0 / 2);
    let all = BalanceStatement::new(asset("BTC"), (half, Notional(0)), NOW);
    treasury.tell(0, &all).expect("it is known");
    assert_eq!(treasury.balances_apart(), 0);
    assert_eq!(tell(&mut treasury, "USDT", (20, 29)), 1, "one of it is missing");
}

#[test]
fn an_asset_of_one_account_is_none_of_the_other_and_what_both_earned_is_one_sum() {
    let limits = ScopeLimits {
        losses: LossLimits { drawdown_max: Some(usdt(5)), ..LossLimits::default() },
        ..ScopeLimits::default()
    };
    let mut treasury = treasury(|plan| (plan.account_of, plan.engine) = (vec![0, 1, 0], limits));
    let tell = |treasury: &mut Treasury, account, whole| {
        let all = Notional(usdt(whole).0);
        let told = BalanceStatement::new(asset("USDT"), (all, Notional(0)), NOW);
        treasury.tell(account, &told).expect("there is room");
    };
    tell(&mut treasury, 0, 100);
    tell(&mut treasury, 1, 40);
    mark(&mut treasury, SPOT, 100);
    mark(&mut treasury, PERPETUAL, 100);
    book(&mut treasury, fill(ONE, SPOT, 500, 100));
    let of = |treasury: &Treasury, id| treasury.account(id).balance(asset("USDT")).map(|it| it.total());
    assert_eq!((of(&treasury, SPOT), of(&treasury, PERPETUAL)), (Some(usdt(50)), Some(usdt(40))));
    tell(&mut treasury, 1, 39);
    let differences = [0, 1].map(|account| treasury.balance_difference(account, asset("USDT")));
    assert_eq!(differences, [Some(usdt(50)), usdt(1).checked_neg()], "the first was not told anew");
    assert_eq!(treasury.balances_apart(), 2);
    assert!(treasury.buys(0, SPOT, asset("BTC")) && !treasury.buys(1, SPOT, asset("BTC")));
    book(&mut treasury, fill(OTHER, PERPETUAL, 500, 100));
    assert!(!treasury.value(NOW), "nothing is lost");
    // Three are lost at either account, and no more than five may be.
    mark(&mut treasury, SPOT, 94);
    mark(&mut treasury, PERPETUAL, 94);
    assert!(treasury.value(NOW));
    assert_eq!(treasury.restraint(ONE), Restraint::ReduceOnly);
}

fn treasury_order(side: Side, quantity: i64) -> Adding {
    Adding { side, ..buying(ONE, SPOT, quantity) }
}

#[test]
fn the_largest_numbers_are_unknown_and_nothing_wraps() {
    let at_most = ScopeLimits { exposure_max: Some(Amount(i128::MAX)), ..ScopeLimits::default() };
    let mut treasury = treasury(|plan| plan.engine = at_most);
    treasury.mark(SPOT, ScaledPrice { price: Price(i64::MAX), scale: 0 });
    let share = OpenShare { buy_qty: i128::MAX - i128::from(i64::MAX), ..OpenShare::default() };
    let order = Adding { share, ..buying(ONE, SPOT, i64::MAX) };
    assert_eq!(treasury.breaches(&order).exposure.map(|breach| breach.value), Some(i128::MAX));
}

#[test]
fn what_is_nobodys_counts_for_the_engine_and_for_no_strategy() {
    let at_most = ScopeLimits { exposure_max: Some(usdt(100)), ..ScopeLimits::default() };
    let mut treasury = treasury(|plan| (plan.engine, plan.strategies[0]) = (at_most, at_most));
    mark(&mut treasury, PERPETUAL, 100);
    let told = PositionStatement::new(Quantity(-600), Price(900), NOW);
    let fill = treasury.unexplained(PERPETUAL, &told).expect("our books hold none");
    assert_eq!((fill.side, fill.quantity, fill.price), (Side::Sell, Quantity(600), Price(900)));
    treasury.take_over(&fill).expect("it can be booked");
    assert_eq!(treasury.position_difference(PERPETUAL, Quantity(-600)), None);
    assert_eq!(treasury.position_difference(PERPETUAL, Quantity(-500)), Some(100));
    let order = |strategy_id, quantity| Adding { strategy_id, ..buying(strategy_id, PERPETUAL, quantity) };
    assert_eq!(treasury.breaches(&order(ONE, 400)).exposure, None);
    assert!(treasury.breaches(&order(ONE, 401)).exposure.is_some(), "60 are at stake before it");
    treasury.value(NOW);
    let reports: Vec<_> = treasury.reports().collect();
    let kinds: Vec<_> = reports.iter().map(|report| (report.scope, report.index)).collect();
    let (engine, venue, strategy) = (ScopeKind::Engine, ScopeKind::Venue, ScopeKind::Strategy);
    assert_eq!(kinds, [(engine, 0), (venue, 0), (venue, 1), (strategy, 0), (strategy, 1)]);
    let exposures: Vec<_> =
        reports.iter().map(|report| Notional::from(report.exposure).0 / usdt(1).0).collect();
    assert_eq!(exposures, [60, 0, 60, 0, 0]);
    assert_eq!(Notional::from(reports[0].earned).0, -usdt(6).0, "short at 90 while the market is at 100");
}

#[test]
fn a_report_tells_what_was_earned_and_lost_at_worst_and_what_may_still_be_done() {
    let losses = LossLimits { drawdown_max: Some(usdt(10)), ..LossLimits::default() };
    let mut treasury = treasury(|plan| plan.strategies[0].losses = losses);
    book(&mut treasury, fill(ONE, PERPETUAL, 1_000, 100));
    for whole in [107, 93, 104] {
        mark(&mut treasury, PERPETUAL, whole);
        treasury.value(NOW);
    }
    let of = |treasury: &Treasury, scope| {
        let mut reports = treasury.reports();
        reports.find(|report| (report.scope, report.index) == scope).expect("every scope is told of")
    };
    let whole = |number| Notional::from(number).0 / usdt(1).0;
    let report = of(&treasury, (ScopeKind::Strategy, 0));
    assert_eq!((report.is_earned_known, whole(report.earned)), (1, 4));
    assert_eq!((whole(report.daily_loss), whole(report.drawdown)), (7, 14));
    assert_eq!((report.restraint, report.currency), (Restraint::ReduceOnly, asset("USDT")));
    assert_eq!((report.is_exposure_known, whole(report.exposure)), (1, 104));
    assert_eq!(of(&treasury, (ScopeKind::Engine, 0)).restraint, Restraint::Free, "it has no such limit");
    book(&mut treasury, fill(ONE, ALTCOIN, 5, 2));
    treasury.value(NOW);
    let report = of(&treasury, (ScopeKind::Strategy, 0));
    assert_eq!((report.is_earned_known, report.is_exposure_known), (0, 0), "nobody knows what an XYZ is");
}

#[test]
fn funding_is_paid_by_who_holds_and_counts_as_lost() {
    let mut treasury = treasury(|_| {});
    book(&mut treasury, fill(ONE, PERPETUAL, 1_000, 100));
    mark(&mut treasury, PERPETUAL, 100);
    let mark = ScaledPrice { price: Price(100), scale: 0 };
    // A hundredth of what is held.
    let due = FundingDue { instrument_id: PERPETUAL, mark, rate: FundingRate(10_000_000_000), due_at: NOW };
    treasury.value(NOW);
    assert_eq!(treasury.due_at(), None);
    treasury.fund(&due).expect("it is a perpetual");
    assert_eq!(treasury.due_at(), Some(NOW + VALUATION_INTERVAL), "it is worth another amount now");
    treasury.value(NOW);
    let earned: Vec<_> =
        treasury.reports().map(|report| Notional::from(report.earned).0 / usdt(1).0).collect();
    assert_eq!(earned, [-1, 0, 0, -1, 0], "the engine, two venues, who held, and who did not");
}

#[test]
fn a_position_of_nobody_is_taken_over_at_the_price_that_the_venue_or_else_our_books_tell() {
    let mut treasury = treasury(|_| {});
    let told = |quantity, price| PositionStatement::new(Quantity(quantity), Price(price), NOW);
    assert_eq!(treasury.unexplained(PERPETUAL, &told(5, 0)), None, "nobody knows a price");
    let found = |treasury: &Treasury, quantity, price| {
        let fill = treasury.unexplained(PERPETUAL, &told(quantity, price));
        fill.map(|fill| (fill.side, fill.quantity.0, fill.price.0))
    };
    assert_eq!(found(&treasury, 5, 900), Some((Side::Buy, 5, 900)));
    assert_eq!(found(&treasury, 0, 900), None, "that is what our books say");
    book(&mut treasury, fill(ONE, PERPETUAL, 10, 80));
    assert_eq!(found(&treasury, 12, 0), Some((Side::Buy, 2, 800)));
    assert_eq!(found(&treasury, 12, -1), Some((Side::Buy, 2, 800)), "that is no price");
    assert_eq!(found(&treasury, 9, 0), Some((Side::Sell, 1, 800)));
}

#[test]
fn what_rounding_of_fees_makes_is_no_difference_of_balances() {
    let mut treasury = treasury(|_| {});
    let tell = |treasury: &mut Treasury, above: i128| {
        let all = Notional(usdt(100).0 + above);
        let told = BalanceStatement::new(asset("USDT"), (all, Notional(0)), NOW);
        treasury.tell(0, &told).expect("there is room");
        treasury.balance_difference(0, asset("USDT"))
    };
    assert_eq!(tell(&mut treasury, 0), None);
    let dust = 10_i128.pow(10);
    assert_eq!((tell(&mut treasury, dust - 1), tell(&mut treasury, 1 - dust)), (None, None));
    assert_eq!(tell(&mut treasury, dust), Some(Amount(dust)));
    assert_eq!(tell(&mut treasury, -dust), Some(Amount(-dust)));
    assert_eq!(treasury.balance_difference(0, asset("BTC")), None, "the venue said nothing of it");
}

#[test]
fn a_spot_market_buys_its_base_asset_and_no_other_market_does() {
    let treasury = treasury(|_| {});
    let buys = |instrument_id, name| treasury.buys(0, instrument_id, asset(name));
    assert!(buys(SPOT, "BTC") && buys(ALTCOIN, "ALT"));
    assert!(!buys(SPOT, "USDT") && !buys(SPOT, "ALT") && !buys(PERPETUAL, "BTC"));
    assert!(!buys(InstrumentId(9), "BTC"), "there is no such market");
}

#[test]
fn spot_that_was_there_before_is_a_balance_and_no_position() {
    let treasury = treasury(|_| {});
    let told = PositionStatement::new(Quantity(600), Price(900), NOW);
    assert_eq!(treasury.unexplained(SPOT, &told), None);
}

#[test]
fn a_limit_of_a_scope_is_lowered_and_raised_again_and_never_beyond_what_is_configured() {
    let losses = LossLimits { daily_loss_max: Some(usdt(50)), ..LossLimits::default() };
    let stated = ScopeLimits { exposure_max: Some(usdt(100)), open_orders_max: Some(4), losses, var: None };
    let mut treasury = treasury(|plan| (plan.engine, plan.strategies[1]) = (stated, stated));
    mark(&mut treasury, SPOT, 100);
    let engine = (ScopeKind::Engine, 0);
    let mut change = |scope, limit, value| treasury.change_limit(scope, limit, value);
    assert_eq!(change(engine, Limit::Exposure, usdt(40)), Ok(()));
    assert_eq!(change(engine, Limit::Exposure, usdt(101)), Err(LimitError::OutOfBounds));
    assert_eq!(change(engine, Limit::Exposure, Amount(-1)), Err(LimitError::OutOfBounds));
    assert_eq!(change(engine, Limit::Drawdown, usdt(1)), Err(LimitError::NoSuchLimit), "none is configured");
    assert_eq!(change(engine, Limit::Position, usdt(1)), Err(LimitError::NoSuchLimit));
    assert_eq!(change((ScopeKind::Strategy, 2), Limit::Exposure, usdt(1)), Err(LimitError::NoSuchLimit));
    assert_eq!(change((ScopeKind::Strategy, 1), Limit::OpenOrders, usdt(5)), Err(LimitError::OutOfBounds));
    assert_eq!(change((ScopeKind::Strategy, 1), Limit::OpenOrders, usdt(4)), Ok(()), "as configured");
    assert_eq!(change((ScopeKind::Strategy, 1), Limit::OpenOrders, usdt(3)), Ok(()));
    let at_stake = |treasury: &Treasury, quantity| treasury.breaches(&buying(ONE, SPOT, quantity)).exposure;
    assert_eq!(at_stake(&treasury, 400), None);
    assert_eq!(at_stake(&treasury, 401).map(|breach| breach.limit), Some(40_000_000));
    assert_eq!(treasury.change_limit(engine, Limit::Exposure, usdt(100)), Ok(()), "and back");
    assert_eq!(at_stake(&treasury, 1_000), None);
    assert_eq!(treasury.change_limit(engine, Limit::DailyLoss, usdt(5)), Ok(()));
    book(&mut treasury, fill(OTHER, PERPETUAL, 100, 100));
    mark(&mut treasury, PERPETUAL, 49);
    assert!(treasury.value(NOW), "5.1 is more than may be lost now");
    assert_eq!(treasury.restraint(ONE), Restraint::ReduceOnly);
}

#[test]
fn each_instrument_is_of_the_venue_that_the_plan_says() {
    let treasury = treasury(|_| {});
    assert_eq!([SPOT, PERPETUAL, ALTCOIN].map(|id| treasury.venue_of(id)), [0, 1, 0]);
}
