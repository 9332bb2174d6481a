//! Every guard at its limit less one, at it, and one beyond; without reference; and where numbers end.

use fulmar_bus::record::{
    ClientOrderId, ContractKind, ContractSize, InstrumentDefinition, ModifyIntent, OrderTerms, OrderType,
    TimeInForce,
};

use super::*;
use crate::trading::order::OrderTable;

fn guarded(guards: Guards) -> RiskGate {
    let rules = InstrumentRules { tick: Price(1), lot: Quantity(1), notional_min: Notional(0), ..RULES };
    let limits = RiskLimits { order_notional_max: i128::MAX, messages_max: u32::MAX, guards, ..LIMITS };
    gate_with(rules, limits)
}

/// At each of three cases, one apart, whether a fresh gate refuses by `check` and by nothing else.
fn edge(guards: Guards, check: RiskCheck, expected: [bool; 3], cases: [(Intent, Context); 3]) {
    for ((intent, context), is_refused) in cases.into_iter().zip(expected) {
        let refused = refused_by(&mut guarded(guards), &intent, &context);
        assert_eq!(refused, if is_refused { vec![check] } else { Vec::new() }, "{intent:?} {context:?}");
    }
}

fn touch(bid: i64, ask: i64) -> Context {
    Context { top: top(level(bid, 100), level(ask, 100)), ..context() }
}

const WITHIN: [bool; 3] = [false, false, true];

#[test]
fn a_price_may_lie_as_far_from_the_middle_as_the_collar_says() {
    let guards = Guards { price_collar_bps: Some(50), ..Guards::NONE };
    let at = |side, price| (limit(side, price, 100), touch(9_999, 10_001));
    let above = [10_049, 10_050, 10_051].map(|price| at(Side::Buy, price));
    edge(guards, RiskCheck::PriceCollar, WITHIN, above);
    let below = [9_951, 9_950, 9_949].map(|price| at(Side::Sell, price));
    edge(guards, RiskCheck::PriceCollar, WITHIN, below);
    let one_sided = |price| {
        (limit(Side::Buy, price, 100), Context { top: top(level(0, 0), level(10_000, 1)), ..context() })
    };
    edge(guards, RiskCheck::PriceCollar, WITHIN, [10_049, 10_050, 10_051].map(one_sided));
}

#[test]
fn without_a_market_no_price_is_near_it_and_an_order_without_a_price_is_not_asked() {
    let guards = Guards { price_collar_bps: Some(50), ..Guards::NONE };
    let empty = Context { top: top(level(0, 0), level(0, 0)), ..context() };
    let refused = refused_by(&mut guarded(guards), &limit(Side::Buy, 100, 100), &empty);
    assert!(refused.contains(&RiskCheck::PriceCollar), "{refused:?}");
    let refused = refused_by(&mut guarded(guards), &market(Side::Buy, 100), &touch(99, 101));
    assert_eq!(refused, []);
    let extreme = limit(Side::Buy, i64::MAX, 100);
    assert!(refused_by(&mut guarded(guards), &extreme, &touch(1, 2)).contains(&RiskCheck::PriceCollar));
}

#[test]
fn a_market_order_meets_no_wider_spread_than_it_may() {
    let guards = Guards { market_order_spread_max_bps: Some(100), ..Guards::NONE };
    let spread = |half: i64| (market(Side::Buy, 100), touch(10_000 - half, 10_000 + half));
    edge(guards, RiskCheck::MarketOrderProtection, WITHIN, [49, 50, 51].map(spread));
    let at_a_price = limit(Side::Buy, 10_000, 100);
    assert_eq!(
        refused_by(&mut guarded(guards), &at_a_price, &touch(9_000, 11_000)),
        [],
        "it has its own bound"
    );
}

#[test]
fn a_market_order_wants_no_more_of_the_touch_than_it_may() {
    let guards = Guards { market_order_touch_max: Some(3), ..Guards::NONE };
    let wanting = |quantity| (market(Side::Sell, quantity), touch(9_999, 10_001));
    edge(guards, RiskCheck::MarketOrderProtection, WITHIN, [299, 300, 301].map(wanting));
    let one_sided = Context { top: top(level(9_999, 100), level(0, 0)), ..context() };
    let refused = refused_by(&mut guarded(guards), &market(Side::Sell, 100), &one_sided);
    assert_eq!(refused, [RiskCheck::MarketOrderProtection], "half a market is none");
}

#[test]
fn open_orders_and_this_one_may_together_be_worth_the_limit() {
    let guards = Guards { open_notional_max: Some(30_000), ..Guards::NONE };
    let open = |open_notional| (limit(Side::Buy, 100, 100), Context { open_notional, ..touch(99, 101) });
    edge(guards, RiskCheck::MaxOpenNotional, WITHIN, [19_999, 20_000, 20_001].map(open));
    let overflowing = Context { open_notional: i128::MAX, ..touch(99, 101) };
    let refused = refused_by(&mut guarded(guards), &limit(Side::Buy, 100, 100), &overflowing);
    assert_eq!(refused, [RiskCheck::MaxOpenNotional]);
}

#[test]
fn the_same_order_is_a_duplicate_as_long_as_the_window_says() {
    let guards = Guards { duplicate_window_ns: Some(1_000), ..Guards::NONE };
    let later = |ns| Context { now: NOW + Nanos(ns), last_update_at: NOW + Nanos(ns), ..touch(99, 101) };
    for (wait_ns, is_refused) in [(999, true), (1_000, false), (1_001, false)] {
        let mut gate = guarded(guards);
        assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 100), &later(0)), []);
        let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &later(wait_ns));
        assert_eq!(
            refused,
            if is_refused { vec![RiskCheck::DuplicateOrder] } else { Vec::new() },
            "{wait_ns}"
        );
    }
    let mut gate = guarded(guards);
    assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 100), &later(0)), []);
    let mut of_another = limit(Side::Buy, 100, 100);
    of_another.strategy_id = StrategyId(9);
    for other in
        [limit(Side::Buy, 99, 100), limit(Side::Buy, 100, 101), limit(Side::Sell, 100, 100), of_another]
    {
        assert_eq!(refused_by(&mut gate, &other, &later(1)), [], "{other:?} is another");
    }
    let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &later(2));
    assert_eq!(refused, [RiskCheck::DuplicateOrder], "others between do not hide it");
}

#[test]
fn no_order_trades_with_one_of_ours() {
    let meeting = |own_opposite| Context { own_opposite: Some(Price(own_opposite)), ..touch(99, 101) };
    let buying = |price| (limit(Side::Buy, price, 100), meeting(105));
    let guards = Guards { is_self_trade_allowed: false, ..Guards::NONE };
    edge(guards, RiskCheck::SelfTrade, [false, true, true], [104, 105, 106].map(buying));
    let selling = |price| (limit(Side::Sell, price, 100), meeting(95));
    edge(guards, RiskCheck::SelfTrade, [false, true, true], [96, 95, 94].map(selling));
    for (own, quantity, is_refused) in [(101, 50, true), (102, 100, false), (102, 101, true)] {
        let refused = refused_by(&mut guarded(guards), &market(Side::Buy, quantity), &meeting(own));
        let expected = if is_refused { vec![RiskCheck::SelfTrade] } else { Vec::new() };
        assert_eq!(refused, expected, "{quantity} with a hundred at 101, and ours at {own}");
    }
    for (own, quantity, is_refused) in [(99, 50, true), (98, 100, false), (98, 101, true)] {
        let refused = refused_by(&mut guarded(guards), &market(Side::Sell, quantity), &meeting(own));
        let expected = if is_refused { vec![RiskCheck::SelfTrade] } else { Vec::new() };
        assert_eq!(refused, expected, "{quantity} with a hundred at 99, and ours at {own}");
    }
    let mut resting = limit(Side::Buy, 106, 100);
    resting.post_only = 1;
    assert_eq!(refused_by(&mut guarded(guards), &resting, &meeting(105)), [], "it cannot take");
    assert_eq!(refused_by(&mut guarded(Guards::NONE), &limit(Side::Buy, 106, 100), &meeting(105)), []);
}

#[test]
fn who_may_not_trade_an_instrument_does_not() {
    let denied = Context { is_permitted: false, ..touch(99, 101) };
    let refused = refused_by(&mut guarded(Guards::NONE), &limit(Side::Buy, 100, 100), &denied);
    assert_eq!(refused, [RiskCheck::NotPermitted]);
}

#[test]
fn nothing_is_sold_that_is_not_held_where_that_is_not_allowed() {
    let guards = Guards { is_short_allowed: false, ..Guards::NONE };
    let holding = |position| {
        (
            limit(Side::Sell, 100, 100),
            Context { position: Quantity(position), open_sell_qty: 50, ..touch(99, 101) },
        )
    };
    edge(guards, RiskCheck::ShortNotAllowed, [true, false, false], [149, 150, 151].map(holding));
    let short = Context { position: Quantity(-500), ..touch(99, 101) };
    assert_eq!(
        refused_by(&mut guarded(guards), &limit(Side::Buy, 100, 100), &short),
        [],
        "it can be bought back"
    );
    let overflowing = Context { open_sell_qty: i128::MAX, position: Quantity(i64::MIN), ..touch(99, 101) };
    let refused = refused_by(&mut guarded(guards), &limit(Side::Sell, 100, 100), &overflowing);
    assert_eq!(refused, [RiskCheck::MaxPosition, RiskCheck::ShortNotAllowed]);
}

#[test]
fn after_the_first_hundred_orders_each_so_many_need_a_trade() {
    let guards = Guards { orders_per_trade_max: Some(60), ..Guards::NONE };
    let mut gate = guarded(guards);
    let pass_until_refused = |gate: &mut RiskGate| {
        let passed = (0..1_000)
            .take_while(|_| refused_by(gate, &limit(Side::Buy, 100, 100), &touch(99, 101)).is_empty());
        passed.count()
    };
    assert_eq!(pass_until_refused(&mut gate), 100);
    gate.on_trade(INSTRUMENT, NOW, Price(100), None);
    assert_eq!(pass_until_refused(&mut gate), 0, "one for a hundred");
    gate.on_trade(INSTRUMENT, NOW, Price(100), None);
    assert_eq!(pass_until_refused(&mut gate), 20, "two for a hundred and twenty");
    gate.on_trade(InstrumentId(0), NOW, Price(100), None);
    assert_eq!(pass_until_refused(&mut gate), 0, "those of another count nothing");
    let mut larger = guarded(Guards { orders_per_trade_max: Some(150), ..Guards::NONE });
    assert_eq!(pass_until_refused(&mut larger), 150, "without a trade as many as with one");
    let tomorrow = NOW + Nanos::DAY;
    let context = Context { now: tomorrow, last_update_at: tomorrow, ..touch(99, 101) };
    let refused = refused_by(&mut larger, &limit(Side::Buy, 100, 100), &context);
    assert_eq!(refused, [], "another day begins anew");
}

#[test]
fn a_storm_of_rejections_stops_orders_until_it_is_over() {
    let guards = Guards { rejects_max: Some(3), ..Guards::NONE };
    let later = |ns| Context { now: NOW + Nanos(ns), last_update_at: NOW + Nanos(ns), ..touch(99, 101) };
    for (rejects, is_refused) in [(2, false), (3, true), (4, true)] {
        let mut gate = guarded(guards);
        (0..rejects).for_each(|_| gate.on_reject(INSTRUMENT, NOW));
        let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &later(0));
        assert_eq!(refused, if is_refused { vec![RiskCheck::RejectStorm] } else { Vec::new() }, "{rejects}");
        let third_ns = REJECT_WINDOW.0 / 3;
        assert_eq!(
            refused_by(&mut gate, &limit(Side::Buy, 101, 100), &later(third_ns + 1)),
            [],
            "one less now"
        );
    }
}

#[test]
fn few_orders_and_none_for_long_are_of_unknown_fate() {
    let guards = Guards { unknown_orders_max: Some(2), unknown_age_max_ns: Some(1_000), ..Guards::NONE };
    let unknown = |unknown_orders| {
        (limit(Side::Buy, 100, 100), Context { unknown_orders, unknown_since: Some(NOW), ..touch(99, 101) })
    };
    edge(guards, RiskCheck::UnknownOrderState, WITHIN, [1, 2, 3].map(unknown));
    let aged = |age_ns| {
        let (now, unknown_since) = (NOW + Nanos(age_ns), Some(NOW));
        let context =
            Context { now, last_update_at: now, unknown_orders: 1, unknown_since, ..touch(99, 101) };
        (limit(Side::Buy, 100, 100), context)
    };
    edge(guards, RiskCheck::UnknownOrderState, WITHIN, [999, 1_000, 1_001].map(aged));
}

#[test]
fn what_nobody_carries_out_is_refused_and_not_sent_as_something_else() {
    let plain = limit(Side::Buy, 100, 100);
    let changes: [fn(&mut Intent); 9] = [
        |intent| {
            (intent.order_type, intent.trigger_price, intent.price) = (OrderType::Stop, Price(100), Price(0))
        },
        |intent| (intent.order_type, intent.trigger_price) = (OrderType::StopLimit, Price(100)),
        |intent| (intent.time_in_force, intent.expire_at) = (TimeInForce::Gtd, NOW),
        |intent| (intent.time_in_force, intent.expire_at) = (TimeInForce::Day, NOW + Nanos(1)),
        |intent| intent.expire_at = NOW + Nanos(1),
        |intent| (intent.order_type, intent.price, intent.post_only) = (OrderType::Market, Price(0), 1),
        |intent| (intent.time_in_force, intent.post_only) = (TimeInForce::Ioc, 1),
        |intent| intent.alternatives = 7,
        |intent| intent.after_counter = 7,
    ];
    for change in changes {
        let mut intent = plain;
        change(&mut intent);
        let refused = refused_by(&mut guarded(Guards::NONE), &intent, &touch(99, 101));
        assert_eq!(refused, [RiskCheck::NotSupported], "{intent:?}");
    }
    let mut until = plain;
    (until.time_in_force, until.expire_at) = (TimeInForce::Gtd, NOW + Nanos(1));
    assert_eq!(refused_by(&mut guarded(Guards::NONE), &until, &touch(99, 101)), [], "it ends in time");
}

#[test]
fn an_instrument_whose_quantities_are_not_of_the_base_asset_is_market_data_only() {
    let plain = limit(Side::Buy, 100, 100);
    let denied = |contract, contract_size| {
        let scales = (RULES.price_scale, RULES.quantity_scale);
        let seen = InstrumentDefinition::inferred(("venue", "BTCUSD"), contract, scales);
        let rules = InstrumentRules::from(&InstrumentDefinition { contract_size, ..seen });
        match gate_with(rules, LIMITS).check(&plain, INSTRUMENT, &context()) {
            Verdict::Approved(_) => None,
            Verdict::Denied(denial) => RiskCheck::from_code(denial.code),
        }
    };
    let linear = |size| denied(ContractKind::LinearPerpetual, size);
    assert_eq!(denied(ContractKind::Spot, ContractSize::ONE), None);
    assert_eq!(linear(ContractSize::ONE), None);
    for size in [ContractSize::new(1, 2), ContractSize::new(10, 0), ContractSize::UNKNOWN] {
        assert_eq!(linear(size), Some(RiskCheck::NotSupported), "{size:?}");
    }
    for contract in [ContractKind::InversePerpetual, ContractKind::InverseFuture] {
        assert_eq!(
            denied(contract, ContractSize::ONE),
            Some(RiskCheck::NotSupported),
            "one dollar is no bitcoin"
        );
    }
}

#[test]
fn a_trigger_stands_where_the_type_has_one_and_nowhere_else() {
    let refused = |change: fn(&mut Intent)| {
        let mut intent = limit(Side::Buy, 100, 100);
        change(&mut intent);
        refused_by(
            &mut gate_with(InstrumentRules { tick: Price(5), ..RULES }, LIMITS),
            &intent,
            &touch(100, 105),
        )
    };
    assert!(refused(|intent| intent.trigger_price = Price(100)).contains(&RiskCheck::TickLotPrecision));
    assert!(refused(|intent| intent.trailing_offset = Price(5)).contains(&RiskCheck::TickLotPrecision));
    assert!(
        refused(|intent| intent.order_type = OrderType::StopLimit).contains(&RiskCheck::TickLotPrecision)
    );
    let off_tick = |intent: &mut Intent| {
        (intent.order_type, intent.trigger_price) = (OrderType::StopLimit, Price(101));
    };
    assert!(refused(off_tick).contains(&RiskCheck::TickLotPrecision));
    let trailing = |intent: &mut Intent| {
        intent.price = Price(0);
        (intent.order_type, intent.trailing_offset) = (OrderType::TrailingStop, Price(5));
    };
    assert_eq!(refused(trailing), [RiskCheck::NotSupported], "it may begin at the market");
    let from = |trigger| {
        let mut intent = market(Side::Buy, 100);
        (intent.order_type, intent.trailing_offset) = (OrderType::TrailingStop, Price(5));
        intent.trigger_price = Price(trigger);
        refused_by(&mut gate(), &intent, &context()).contains(&RiskCheck::TickLotPrecision)
    };
    assert_eq!([-5, 0, 5, 6].map(from), [true, false, false, true], "or at a price of its own");
}

#[test]
fn an_order_that_waits_for_a_price_is_valued_at_it_and_at_the_market_where_it_has_none_yet() {
    for (trigger, worth) in [(150, 150 * 100), (0, 105 * 100)] {
        let mut intent = market(Side::Buy, 100);
        intent.order_type = OrderType::TrailingStop;
        (intent.trailing_offset, intent.trigger_price) = (Price(5), Price(trigger));
        for (missing, is_refused) in [(1, true), (0, false)] {
            let limits = RiskLimits { order_notional_max: worth - missing, ..LIMITS };
            let denial = gate_with(RULES, limits).check_held(&intent, INSTRUMENT, &context());
            let refused = denial.map(|denial| codes(&denial));
            assert_eq!(refused, is_refused.then(|| vec![RiskCheck::MaxOrderNotional]), "{trigger}");
        }
    }
}

#[test]
fn rejections_and_fills_are_counted_anew_where_another_number_of_them_may_be() {
    let guards = Guards { rejects_max: Some(1), executions_max: Some(1), ..Guards::NONE };
    let refused_under = |after: Guards| {
        let mut gate = guarded(guards);
        gate.on_reject(INSTRUMENT, NOW);
        gate.on_trade(INSTRUMENT, NOW, Price(100), None);
        let rules = InstrumentRules { tick: Price(1), lot: Quantity(1), notional_min: Notional(0), ..RULES };
        let limits = RiskLimits { order_notional_max: i128::MAX, guards: after, ..LIMITS };
        gate.control(INSTRUMENT, rules, limits);
        gate.on_trade(INSTRUMENT, NOW, Price(100), None);
        refused_by(&mut gate, &limit(Side::Buy, 100, 100), &touch(99, 101))
    };
    let both = [RiskCheck::RejectStorm, RiskCheck::RepeatedExecution];
    assert_eq!(refused_under(Guards { duplicate_window_ns: Some(1), ..guards }), both, "the same of both");
    assert_eq!(refused_under(Guards { rejects_max: Some(2), ..guards }), both[1..]);
    assert_eq!(refused_under(Guards { executions_max: Some(2), ..guards }), both[..1]);
}

#[test]
fn a_change_is_held_against_limits_and_market_and_not_against_how_orders_went() {
    let guards = Guards { duplicate_window_ns: Some(u64::MAX), price_collar_bps: Some(100), ..Guards::NONE };
    let mut gate = guarded(guards);
    let id = ClientOrderId::new(1, StrategyId(3), 7);
    let intent = limit(Side::Buy, 100, 100);
    assert_eq!(refused_by(&mut gate, &intent, &touch(99, 101)), []);
    let mut orders = OrderTable::new(1);
    orders.submit(intent, INSTRUMENT, NOW).expect("there is room");
    let order = orders.get(id).expect("it was submitted").clone();
    let mut changed_to = |price| {
        let terms = OrderTerms { price: Price(price), ..OrderTerms::of(&intent) };
        match gate.check_change(&order, &ModifyIntent::new(id, terms, 1), &touch(99, 101)) {
            Verdict::Approved(change) => Ok(change.payload().terms),
            Verdict::Denied(denial) => Err(codes(&denial)),
        }
    };
    assert!(changed_to(100).is_ok(), "the same again is no duplicate of itself");
    assert_eq!(changed_to(102), Err(vec![RiskCheck::PriceCollar]));
}

#[test]
fn the_middle_of_a_market_is_between_its_sides_or_at_the_one_that_is_there() {
    let middle = |bid: (i64, i64), ask: (i64, i64)| {
        let top = top(level(bid.0, bid.1), level(ask.0, ask.1)).expect("it is there");
        guards::middle(&top)
    };
    assert_eq!(middle((98, 1), (103, 1)), Some(100), "rounded down");
    assert_eq!((middle((98, 1), (103, 0)), middle((98, 0), (103, 1))), (Some(98), Some(103)));
    assert_eq!(
        (middle((98, 0), (103, 0)), middle((-1, 1), (1, 1)), middle((-5, 1), (0, 0))),
        (None, None, None)
    );
}

#[test]
fn a_limit_at_run_time_is_within_what_is_configured_up_to_it_and_one_that_is_beyond_makes_all_so() {
    let raises: [fn(&mut RiskLimits); 5] = [
        |limits| limits.order_quantity_max += 1,
        |limits| limits.order_notional_max += 1,
        |limits| limits.position_max += 1,
        |limits| limits.open_orders_max += 1,
        |limits| limits.messages_max += 1,
    ];
    assert!(LIMITS.is_within(&LIMITS));
    for (place, raise) in raises.iter().enumerate() {
        let (mut lower, mut higher) = (LIMITS, LIMITS);
        raise(&mut higher);
        assert!(lower.is_within(&higher) && !higher.is_within(&LIMITS), "the limit {place}");
        lower.order_quantity_max -= 1;
        assert!(
            place == 0
                || !RiskLimits { order_quantity_max: lower.order_quantity_max, ..higher }.is_within(&LIMITS)
        );
    }
}

#[test]
fn as_much_is_closed_at_once_as_one_order_may_be_of_in_whole_steps() {
    let of = |quantity_max, held| {
        let rules = InstrumentRules { quantity_max: Quantity(quantity_max), ..RULES };
        gate_with(rules, LIMITS).closing_qty(INSTRUMENT, Quantity(held)).0
    };
    let held = [9, 19, 20, 29, -35, 500, 510, i64::MIN];
    assert_eq!(
        held.map(|held| of(0, held)),
        [0, 0, 20, 20, 30, 500, 500, 500],
        "lots of 10, and 20 at least"
    );
    assert_eq!((of(305, 400), of(900, 600)), (300, 500), "the lower of the venue's limit and ours");
    assert_eq!(gate().closing_qty(InstrumentId(7), Quantity(100)), Quantity(0), "nobody trades it");
}

#[test]
fn what_the_engine_holds_may_end_at_a_moment_and_be_what_no_venue_carries_out() {
    let stop_limit = |change: fn(&mut Intent)| {
        let mut intent = limit(Side::Buy, 100, 100);
        (intent.order_type, intent.trigger_price) = (OrderType::StopLimit, Price(100));
        change(&mut intent);
        let denial = gate().check_held(&intent, INSTRUMENT, &context());
        denial.map(|denial| codes(&denial))
    };
    let fine: [fn(&mut Intent); 6] = [
        |_| (),
        |intent| (intent.time_in_force, intent.expire_at) = (TimeInForce::Gtd, NOW + Nanos(1)),
        |intent| intent.time_in_force = TimeInForce::Day,
        |intent| intent.post_only = 1,
        |intent| intent.time_in_force = TimeInForce::Ioc,
        |intent| (intent.alternatives, intent.after_counter) = (7, 3),
    ];
    assert_eq!(fine.map(stop_limit), [const { None }; 6]);
    let refused: [fn(&mut Intent); 4] = [
        |intent| (intent.time_in_force, intent.expire_at) = (TimeInForce::Gtd, NOW),
        |intent| (intent.time_in_force, intent.expire_at) = (TimeInForce::Day, NOW + Nanos(1)),
        |intent| (intent.time_in_force, intent.post_only) = (TimeInForce::Ioc, 1),
        |intent| (intent.time_in_force, intent.post_only) = (TimeInForce::Fok, 1),
    ];
    for change in refused {
        assert_eq!(stop_limit(change), Some(vec![RiskCheck::NotSupported]));
    }
    let mut of_day = market(Side::Buy, 100);
    of_day.time_in_force = TimeInForce::Day;
    assert_eq!(refused_by(&mut gate(), &of_day, &context()), [RiskCheck::NotSupported], "nothing to end");
}

#[test]
fn who_is_released_and_controlled_again_is_remembered() {
    let guards = Guards { rejects_max: Some(1), duplicate_window_ns: Some(u64::MAX), ..Guards::NONE };
    let mut gate = guarded(guards);
    assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 100), &touch(99, 101)), []);
    gate.on_reject(INSTRUMENT, NOW);
    gate.release(INSTRUMENT);
    let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &touch(99, 101));
    assert_eq!(refused, [RiskCheck::UnknownInstrument]);
    let rules = InstrumentRules { tick: Price(1), lot: Quantity(1), notional_min: Notional(0), ..RULES };
    let limits = RiskLimits { order_notional_max: i128::MAX, messages_max: u32::MAX, guards, ..LIMITS };
    gate.control(INSTRUMENT, rules, limits);
    let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &touch(99, 101));
    assert_eq!(refused, [RiskCheck::DuplicateOrder, RiskCheck::RejectStorm]);
}

#[test]
fn a_release_refills_no_messages() {
    let mut gate = gate();
    let intent = limit(Side::Buy, 100, 100);
    for _ in 0..7 {
        assert_eq!(refused_by(&mut gate, &intent, &context()), []);
    }
    gate.release(INSTRUMENT);
    gate.control(INSTRUMENT, RULES, LIMITS);
    assert_eq!(refused_by(&mut gate, &intent, &context()), [RiskCheck::MaxMsgRate]);
}
