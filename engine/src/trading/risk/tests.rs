//! Every check at its limit less one, at it, and one beyond; without reference; and where numbers end.

mod guards;
mod iceberg;

use fulmar_bus::record::{
    CancelOrder, ClientOrderId, Level, Notional, OrderType, Price, Side, StrategyId, SyncState, TopSource,
};
use proptest::prelude::*;

use super::*;

const INSTRUMENT: InstrumentId = InstrumentId(1);
const NOW: UnixNanos = UnixNanos(1_000_000_000);

const RULES: InstrumentRules = InstrumentRules {
    tick: Price(5),
    lot: Quantity(10),
    quantity_min: Quantity(20),
    quantity_max: Quantity(900),
    notional_min: Notional(2_000),
    iceberg_parts_max: 0,
    price_scale: 2,
    quantity_scale: 3,
    is_market_data_only: false,
};

const LIMITS: RiskLimits = RiskLimits {
    order_quantity_max: 500,
    order_notional_max: 60_000,
    position_max: 1_000,
    open_orders_max: 4,
    messages_max: 10,
    messages_reserved_for_cancels: 3,
    message_window_ns: 1_000,
    market_data_age_max_ns: 50,
    guards: Guards::NONE,
};

fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity) }
}

fn top(bid: Level, ask: Level) -> Option<TopOfBook> {
    Some(TopOfBook::new(bid, ask, 1, NOW, TopSource::Book))
}

fn context() -> Context {
    Context {
        now: NOW,
        top: top(level(100, 1), level(105, 1)),
        sync: SyncState::Live,
        last_update_at: NOW,
        position: Quantity(0),
        open_buy_qty: 0,
        open_sell_qty: 0,
        open_orders: 0,
        open_notional: 0,
        own_opposite: None,
        unknown_orders: 0,
        unknown_since: None,
        is_permitted: true,
        is_killed: false,
        covered_qty: None,
        scopes: ScopeBreaches::default(),
    }
}

fn id() -> ClientOrderId {
    ClientOrderId::new(1, StrategyId(3), 7)
}

fn limit(side: Side, price: i64, quantity: i64) -> Intent {
    Intent::limit(id(), side, Price(price), Quantity(quantity))
}

fn market(side: Side, quantity: i64) -> Intent {
    Intent::market(id(), side, Quantity(quantity))
}

fn gate_with(rules: InstrumentRules, limits: RiskLimits) -> RiskGate {
    let mut gate = RiskGate::new();
    gate.control(INSTRUMENT, rules, limits);
    gate
}

fn gate() -> RiskGate {
    gate_with(RULES, LIMITS)
}

fn codes(denial: &Denial) -> Vec<RiskCheck> {
    RiskCheck::ALL.into_iter().filter(|check| denial.codes & check.bit() != 0).collect()
}

/// The checks that refuse; none where the intent is approved as it stands.
fn refused_by(gate: &mut RiskGate, intent: &Intent, context: &Context) -> Vec<RiskCheck> {
    match gate.check(intent, INSTRUMENT, context) {
        Verdict::Approved(approved) => {
            assert_eq!(approved.instrument_id(), INSTRUMENT);
            assert_eq!(*approved.payload(), Order { intent: *intent, approved_at: context.now });
            Vec::new()
        }
        Verdict::Denied(denial) => {
            let refused = codes(&denial);
            assert!(refused.contains(&RiskCheck::from_code(denial.code).expect("the code is a check")));
            assert_eq!((denial.client_order_id, denial.tag), (intent.client_order_id, intent.tag));
            refused
        }
    }
}

/// At each value of a series, one apart, whether a fresh gate refuses by `check` and by nothing else.
fn check_edge(check: RiskCheck, expected: [bool; 3], cases: [(Intent, Context); 3]) {
    for ((intent, context), is_refused) in cases.into_iter().zip(expected) {
        let refused = refused_by(&mut gate(), &intent, &context);
        assert_eq!(refused, if is_refused { vec![check] } else { Vec::new() }, "{intent:?} {context:?}");
    }
}

#[test]
fn the_quantity_may_reach_our_limit() {
    let at = |quantity| (limit(Side::Buy, 100, quantity), context());
    check_edge(RiskCheck::MaxOrderQty, [false, false, true], [at(490), at(500), at(510)]);
}

#[test]
fn an_order_that_follows_another_is_never_of_more_than_that_has_traded_not_even_to_reduce() {
    let covered = Context { covered_qty: Some(Quantity(100)), ..context() };
    let at = |quantity| (limit(Side::Buy, 100, quantity), covered);
    check_edge(RiskCheck::ParentChildOverrun, [false, false, true], [at(90), at(100), at(110)]);
    let nothing = Context { covered_qty: Some(Quantity(0)), position: Quantity(-500), ..context() };
    let mut reducing = limit(Side::Buy, 100, 100);
    reducing.reduce_only = 1;
    assert_eq!(refused_by(&mut gate(), &reducing, &nothing), [RiskCheck::ParentChildOverrun]);
}

#[test]
fn the_quantity_may_reach_the_instruments_limit_where_that_is_lower() {
    let rules = InstrumentRules { quantity_max: Quantity(300), ..RULES };
    for (quantity, expected) in [(290, vec![]), (300, vec![]), (310, vec![RiskCheck::MaxOrderQty])] {
        let refused = refused_by(&mut gate_with(rules, LIMITS), &limit(Side::Buy, 100, quantity), &context());
        assert_eq!(refused, expected);
    }
}

#[test]
fn without_an_instruments_limit_ours_holds() {
    let rules = InstrumentRules { quantity_max: Quantity(0), ..RULES };
    assert_eq!(refused_by(&mut gate_with(rules, LIMITS), &limit(Side::Buy, 100, 500), &context()), []);
}

#[test]
fn the_notional_of_a_limit_order_may_reach_the_limit() {
    for (order_notional_max, expected) in
        [(49_999, vec![RiskCheck::MaxOrderNotional]), (50_000, vec![]), (50_001, vec![])]
    {
        let mut gate = gate_with(RULES, RiskLimits { order_notional_max, ..LIMITS });
        assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 500), &context()), expected);
    }
}

#[test]
fn a_market_order_is_valued_at_the_side_that_it_meets() {
    for (side, worth) in [(Side::Buy, 105 * 500), (Side::Sell, 100 * 500)] {
        for (missing, expected) in [(1, vec![RiskCheck::MaxOrderNotional]), (0, vec![])] {
            let mut gate = gate_with(RULES, RiskLimits { order_notional_max: worth - missing, ..LIMITS });
            assert_eq!(refused_by(&mut gate, &market(side, 500), &context()), expected);
        }
    }
}

#[test]
fn a_sell_order_below_the_bid_is_valued_at_the_bid() {
    let mut gate = gate_with(RULES, RiskLimits { order_notional_max: 49_999, ..LIMITS });
    let refused = refused_by(&mut gate, &limit(Side::Sell, 5, 500), &context());
    assert_eq!(refused, [RiskCheck::MaxOrderNotional]);
}

#[test]
fn a_price_that_jumps_far_off_is_what_orders_are_valued_at() {
    let jumped = |bid, ask| Context { top: top(level(bid, 1), level(ask, 1)), ..context() };
    let order = market(Side::Buy, 100);
    assert_eq!(refused_by(&mut gate(), &order, &context()), []);
    let far_above = jumped(100_000, 105_000);
    assert_eq!(refused_by(&mut gate(), &order, &far_above), [RiskCheck::MaxOrderNotional]);
    let own_price = limit(Side::Sell, 105, 100);
    assert_eq!(refused_by(&mut gate(), &own_price, &far_above), [RiskCheck::MaxOrderNotional]);
    let far_below = jumped(1, 2);
    let above_quantity = refused_by(&mut gate(), &market(Side::Sell, 510), &far_below);
    assert!(
        above_quantity.contains(&RiskCheck::MaxOrderQty),
        "what a low price lets grow, the quantity bounds"
    );
}

#[test]
fn a_market_order_into_an_empty_side_has_no_reference_and_is_refused() {
    let emptied = Context { top: top(level(100, 1), level(0, 0)), ..context() };
    let refused = refused_by(&mut gate(), &market(Side::Buy, 100), &emptied);
    assert_eq!(refused, [RiskCheck::MaxOrderNotional, RiskCheck::MinNotional]);
    assert_eq!(refused_by(&mut gate(), &market(Side::Sell, 100), &emptied), []);
    assert_eq!(refused_by(&mut gate(), &limit(Side::Buy, 100, 100), &emptied), []);
}

#[test]
fn market_data_may_be_as_old_as_the_limit() {
    let aged = |age_ns| {
        let now = NOW + Nanos(age_ns);
        (limit(Side::Buy, 100, 100), Context { now, ..context() })
    };
    check_edge(RiskCheck::StaleMarketData, [false, false, true], [aged(49), aged(50), aged(51)]);
}

#[test]
fn market_data_that_is_not_proven_is_stale() {
    let intent = limit(Side::Buy, 100, 100);
    let unproven = [
        Context { sync: SyncState::Syncing, ..context() },
        Context { sync: SyncState::Desynced, ..context() },
        Context { top: None, ..context() },
        Context { top: top(level(105, 1), level(105, 1)), ..context() },
        Context { top: top(level(110, 1), level(105, 1)), ..context() },
    ];
    for context in unproven {
        assert_eq!(refused_by(&mut gate(), &intent, &context), [RiskCheck::StaleMarketData]);
    }
}

#[test]
fn an_update_from_the_future_is_no_age() {
    let ahead = Context { last_update_at: NOW + Nanos(1_000), ..context() };
    assert_eq!(refused_by(&mut gate(), &limit(Side::Buy, 100, 100), &ahead), []);
}

#[test]
fn prices_are_whole_ticks() {
    let at = |price| (limit(Side::Buy, price, 100), context());
    check_edge(RiskCheck::TickLotPrecision, [true, false, true], [at(99), at(100), at(101)]);
}

#[test]
fn quantities_are_whole_lots() {
    let at = |quantity| (limit(Side::Buy, 100, quantity), context());
    check_edge(RiskCheck::TickLotPrecision, [true, false, true], [at(99), at(100), at(101)]);
}

#[test]
fn an_instrument_without_tick_and_lot_takes_every_step_of_its_scale() {
    let rules = InstrumentRules { tick: Price(0), lot: Quantity(0), ..RULES };
    assert_eq!(refused_by(&mut gate_with(rules, LIMITS), &limit(Side::Buy, 101, 101), &context()), []);
}

#[test]
fn a_limit_order_has_a_price_and_a_market_order_has_none() {
    for price in [0, -5] {
        let refused = refused_by(&mut gate(), &limit(Side::Buy, price, 100), &context());
        assert!(refused.contains(&RiskCheck::TickLotPrecision));
    }
    let mut priced = market(Side::Buy, 100);
    priced.price = Price(100);
    assert_eq!(refused_by(&mut gate(), &priced, &context()), [RiskCheck::TickLotPrecision]);
}

#[test]
fn the_quantity_is_at_least_the_instruments_least() {
    let rules = InstrumentRules { lot: Quantity(1), notional_min: Notional(0), ..RULES };
    for (quantity, expected) in [(19, vec![RiskCheck::MinQty]), (20, vec![]), (21, vec![])] {
        let refused = refused_by(&mut gate_with(rules, LIMITS), &limit(Side::Buy, 100, quantity), &context());
        assert_eq!(refused, expected);
    }
}

#[test]
fn nothing_and_less_than_nothing_is_no_quantity() {
    let rules = InstrumentRules { quantity_min: Quantity(0), notional_min: Notional(0), ..RULES };
    for quantity in [0, -10, i64::MIN] {
        for intent in [limit(Side::Buy, 100, quantity), market(Side::Sell, quantity)] {
            let refused = refused_by(&mut gate_with(rules, LIMITS), &intent, &context());
            assert!(refused.contains(&RiskCheck::MinQty), "{quantity}: {refused:?}");
        }
    }
}

#[test]
fn the_notional_is_at_least_the_instruments_least() {
    let rules = InstrumentRules { lot: Quantity(1), tick: Price(1), ..RULES };
    for (price, expected) in [(99, vec![RiskCheck::MinNotional]), (100, vec![]), (101, vec![])] {
        let mut gate = gate_with(rules, LIMITS);
        assert_eq!(refused_by(&mut gate, &limit(Side::Buy, price, 20), &context()), expected);
    }
}

#[test]
fn position_and_open_orders_may_together_reach_the_limit() {
    let long = |position| Context { position: Quantity(position), open_buy_qty: 300, ..context() };
    let short = |position: i64| Context { position: Quantity(-position), open_sell_qty: 300, ..context() };
    let buy = limit(Side::Buy, 100, 100);
    let sell = limit(Side::Sell, 100, 100);
    let expected = [false, false, true];
    check_edge(RiskCheck::MaxPosition, expected, [599, 600, 601].map(|position| (buy, long(position))));
    check_edge(RiskCheck::MaxPosition, expected, [599, 600, 601].map(|position| (sell, short(position))));
}

#[test]
fn open_orders_of_the_other_side_do_not_offset() {
    let hedged = Context { position: Quantity(1_000), open_sell_qty: 1_000, ..context() };
    assert_eq!(refused_by(&mut gate(), &limit(Side::Buy, 100, 100), &hedged), [RiskCheck::MaxPosition]);
}

#[test]
fn a_position_beyond_the_limit_can_be_reduced() {
    let beyond = Context { position: Quantity(5_000), ..context() };
    assert_eq!(refused_by(&mut gate(), &limit(Side::Sell, 105, 100), &beyond), []);
}

#[test]
fn a_reducing_order_closes_at_most_what_stands() {
    let mut sell = limit(Side::Sell, 105, 100);
    sell.reduce_only = 1;
    let long = |position| (sell, Context { position: Quantity(position), open_sell_qty: 50, ..context() });
    check_edge(RiskCheck::ReduceOnly, [true, false, false], [long(149), long(150), long(151)]);
    let mut buy = limit(Side::Buy, 100, 100);
    buy.reduce_only = 1;
    let short = |position| (buy, Context { position: Quantity(position), ..context() });
    check_edge(RiskCheck::ReduceOnly, [true, false, false], [short(-99), short(-100), short(-101)]);
    assert_eq!(refused_by(&mut gate(), &buy, &context()), [RiskCheck::ReduceOnly]);
}

#[test]
fn what_reduces_is_held_to_what_can_be_computed_and_to_nothing_that_cannot() {
    let long = Context { position: Quantity(1_000), ..context() };
    let reducing = |mut intent: Intent| {
        intent.reduce_only = 1;
        intent
    };
    let dear = limit(Side::Sell, 150, 500);
    for intent in [dear, reducing(dear)] {
        assert_eq!(refused_by(&mut gate(), &intent, &long), [RiskCheck::MaxOrderNotional]);
    }
    let blind = Context { top: None, ..long };
    let closing = market(Side::Sell, 100);
    assert!(refused_by(&mut gate(), &closing, &blind).contains(&RiskCheck::MaxOrderNotional));
    assert_eq!(refused_by(&mut gate(), &reducing(closing), &blind), []);
}

#[test]
fn as_many_orders_may_be_open_as_the_limit_says() {
    let open = |open_orders| (limit(Side::Buy, 100, 100), Context { open_orders, ..context() });
    check_edge(RiskCheck::MaxOpenOrders, [false, false, true], [open(2), open(3), open(4)]);
}

#[test]
fn orders_leave_the_cancels_share_of_the_messages() {
    let mut gate = gate();
    let intent = limit(Side::Buy, 100, 100);
    let cancel = CancelOrder { client_order_id: id(), venue_order_id: 0 };
    for _ in 0..7 {
        assert_eq!(refused_by(&mut gate, &intent, &context()), []);
    }
    assert_eq!(refused_by(&mut gate, &intent, &context()), [RiskCheck::MaxMsgRate]);
    for _ in 0..3 {
        let _ = gate.pass_cancel(cancel, INSTRUMENT, NOW);
    }
    assert_eq!(gate.cancels_over_budget(), 0);
    let _ = gate.pass_cancel(cancel, INSTRUMENT, NOW);
    assert_eq!(gate.cancels_over_budget(), 1, "a cancel passes beyond the budget, and is counted");
    let later = |ns| Context { now: NOW + Nanos(ns), last_update_at: NOW + Nanos(ns), ..context() };
    assert_eq!(refused_by(&mut gate, &intent, &later(399)), [RiskCheck::MaxMsgRate]);
    assert_eq!(refused_by(&mut gate, &intent, &later(400)), []);
}

#[test]
fn a_denial_takes_no_message() {
    let mut gate = gate();
    for _ in 0..100 {
        assert_ne!(refused_by(&mut gate, &limit(Side::Buy, 101, 100), &context()), []);
    }
    assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 100), &context()), []);
}

#[test]
fn new_limits_do_not_refill_the_messages_of_the_same_rate() {
    let mut gate = gate();
    let intent = limit(Side::Buy, 100, 100);
    for _ in 0..7 {
        assert_eq!(refused_by(&mut gate, &intent, &context()), []);
    }
    gate.control(INSTRUMENT, RULES, RiskLimits { position_max: 900, ..LIMITS });
    assert_eq!(refused_by(&mut gate, &intent, &context()), [RiskCheck::MaxMsgRate]);
}

#[test]
fn the_kill_is_latched_and_lets_cancels_pass() {
    let mut gate = gate();
    assert!(!gate.is_killed());
    gate.kill();
    gate.control(INSTRUMENT, RULES, LIMITS);
    assert_eq!(refused_by(&mut gate, &limit(Side::Buy, 100, 100), &context()), [RiskCheck::KillSwitch]);
    assert!(gate.is_killed());
    let cancel = CancelOrder { client_order_id: id(), venue_order_id: 9 };
    assert_eq!(*gate.pass_cancel(cancel, INSTRUMENT, NOW).payload(), cancel);
}

#[test]
fn an_instrument_that_nobody_set_limits_for_is_refused_and_its_cancels_pass() {
    let mut gate = gate();
    for unknown in [InstrumentId(0), InstrumentId(2), InstrumentId::NONE] {
        let Verdict::Denied(denial) = gate.check(&limit(Side::Buy, 100, 100), unknown, &context()) else {
            panic!("nothing is known of {unknown:?}");
        };
        assert_eq!(codes(&denial), [RiskCheck::UnknownInstrument]);
        let cancel = CancelOrder { client_order_id: id(), venue_order_id: 0 };
        assert_eq!(gate.pass_cancel(cancel, unknown, NOW).instrument_id(), unknown);
    }
}

#[test]
fn an_instrument_that_its_venue_does_not_trade_is_refused_until_it_is_listed_and_its_cancels_pass() {
    let intent = limit(Side::Buy, 100, 100);
    let mut gate = gate();
    for listing in [Listing::Halted, Listing::Unlisted] {
        gate.list(INSTRUMENT, listing);
        // What it is told of rules and limits meanwhile does not lift it.
        gate.control(INSTRUMENT, RULES, LIMITS);
        assert_eq!(refused_by(&mut gate, &intent, &context()), [RiskCheck::InstrumentHalted]);
        let cancel = CancelOrder { client_order_id: id(), venue_order_id: 9 };
        assert_eq!(*gate.pass_cancel(cancel, INSTRUMENT, NOW).payload(), cancel);
        gate.list(INSTRUMENT, Listing::Listed);
        assert_eq!(refused_by(&mut gate, &intent, &context()), []);
    }
}

#[test]
fn an_instrument_that_its_venue_halted_before_it_was_defined_is_refused_for_both() {
    let mut gate = RiskGate::new();
    gate.list(INSTRUMENT, Listing::Unlisted);
    let refused = refused_by(&mut gate, &limit(Side::Buy, 100, 100), &context());
    assert_eq!(refused, [RiskCheck::UnknownInstrument, RiskCheck::InstrumentHalted]);
    gate.control(INSTRUMENT, RULES, LIMITS);
    let Verdict::Denied(denial) = gate.check(&limit(Side::Buy, 100, 100), INSTRUMENT, &context()) else {
        panic!("a definition lists nothing");
    };
    assert_eq!(denial.code, RiskCheck::InstrumentHalted.code());
    assert_eq!((denial.value, denial.limit), (2, 1), "the numbers of the listings");
}

#[test]
fn all_checks_are_evaluated_and_the_first_gives_the_code() {
    let mut gate = gate_with(RULES, RiskLimits { messages_max: 0, ..LIMITS });
    gate.kill();
    gate.list(INSTRUMENT, Listing::Halted);
    let worst = Context { sync: SyncState::Desynced, open_orders: 9, open_buy_qty: 5_000, ..context() };
    let mut intent = limit(Side::Buy, 101, 1_001);
    intent.reduce_only = 1;
    let Verdict::Denied(denial) = gate.check(&intent, INSTRUMENT, &worst) else {
        panic!("the kill is latched");
    };
    assert_eq!(denial.code, RiskCheck::KillSwitch.code());
    let expected = [
        RiskCheck::KillSwitch,
        RiskCheck::StaleMarketData,
        RiskCheck::MaxOrderQty,
        RiskCheck::MaxOrderNotional,
        RiskCheck::TickLotPrecision,
        RiskCheck::MaxPosition,
        RiskCheck::MaxOpenOrders,
        RiskCheck::MaxMsgRate,
        RiskCheck::ReduceOnly,
        RiskCheck::InstrumentHalted,
    ];
    assert_eq!(codes(&denial), expected);
}

#[test]
fn a_denial_tells_the_first_limit_and_what_would_have_been() {
    let Verdict::Denied(denial) = gate().check(&limit(Side::Buy, 100, 510), INSTRUMENT, &context()) else {
        panic!("510 is above 500");
    };
    assert_eq!((denial.code, denial.value, denial.limit), (RiskCheck::MaxOrderQty.code(), 510, 500));
    assert_eq!(denial.strategy_id, StrategyId(3));
}

#[test]
fn numbers_at_the_end_of_their_range_are_refused_not_wrapped() {
    let open = LIMITS_WIDE;
    let rules = InstrumentRules::default();
    let huge = limit(Side::Buy, i64::MAX, i64::MAX);
    for (open_buy_qty, position) in [(i128::MAX, 0), (i128::MAX - i128::from(i64::MAX), 1), (0, i64::MAX)] {
        let context = Context { open_buy_qty, position: Quantity(position), ..context() };
        assert_eq!(refused_by(&mut gate_with(rules, open), &huge, &context), [RiskCheck::MaxPosition]);
    }
    assert_eq!(refused_by(&mut gate_with(rules, open), &huge, &context()), []);
    let counted = Context { open_orders: u32::MAX, ..context() };
    assert_eq!(refused_by(&mut gate_with(rules, open), &huge, &counted), [RiskCheck::MaxOpenOrders]);
    let Verdict::Denied(denial) = gate_with(rules, LIMITS).check(&huge, INSTRUMENT, &context()) else {
        panic!("far above every limit");
    };
    assert_eq!(denial.value, i64::MAX);
}

#[test]
fn a_reducing_order_that_overflows_is_refused() {
    let mut intent = limit(Side::Buy, 5, 10);
    intent.reduce_only = 1;
    let context = Context { open_buy_qty: i128::MAX, position: Quantity(i64::MIN), ..context() };
    let refused = refused_by(&mut gate_with(InstrumentRules::default(), LIMITS_WIDE), &intent, &context);
    assert_eq!(refused, [RiskCheck::MaxPosition, RiskCheck::ReduceOnly]);
}

const LIMITS_WIDE: RiskLimits = RiskLimits {
    order_quantity_max: i64::MAX,
    order_notional_max: i128::MAX,
    position_max: i64::MAX,
    open_orders_max: u32::MAX,
    messages_max: u32::MAX,
    messages_reserved_for_cancels: 0,
    message_window_ns: u64::MAX,
    market_data_age_max_ns: u64::MAX,
    guards: Guards::NONE,
};

#[test]
fn limits_are_read_as_integers_and_unknown_or_missing_ones_are_errors() {
    let text = "
        order_quantity_max = 1
        order_notional_max = 2
        position_max = 3
        open_orders_max = 4
        messages_max = 5
        messages_reserved_for_cancels = 6
        message_window_ns = 7
        market_data_age_max_ns = 8
    ";
    let limits: RiskLimits = toml::from_str(text).expect("all limits are there");
    assert_eq!((limits.order_notional_max, limits.market_data_age_max_ns), (2, 8));
    assert!(toml::from_str::<RiskLimits>(&format!("{text}\n position_mx = 3")).is_err());
    assert!(toml::from_str::<RiskLimits>(&text.replace("position_max = 3", "")).is_err());
    assert!(toml::from_str::<RiskLimits>(&text.replace("position_max = 3", "position_max = 3.5")).is_err());
}

#[test]
fn no_two_checks_share_a_number_or_a_name() {
    let mut numbers: Vec<u16> = RiskCheck::ALL.iter().map(|check| check.code()).collect();
    numbers.dedup();
    assert_eq!(numbers, (1..=35).collect::<Vec<u16>>());
    let names: std::collections::BTreeSet<&str> = RiskCheck::ALL.iter().map(|check| check.name()).collect();
    assert_eq!(names.len(), RiskCheck::ALL.len());
    for check in RiskCheck::ALL {
        assert_eq!(
            (check.to_string().as_str(), RiskCheck::from_code(check.code())),
            (check.name(), Some(check))
        );
    }
}

fn any_i64() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -1_000_i64..2_000, Just(i64::MIN), Just(i64::MAX)]
}

proptest! {
    #![proptest_config(crate::trading::seeded(5_000))]

    /// Whatever stands in an intent, an approval keeps every limit, computed here in another way; nothing panics.
    #[test]
    fn what_is_approved_keeps_every_limit(
        (price, quantity, position) in (any_i64(), any_i64(), any_i64()),
        (is_buy, is_market, reduce_only) in (any::<bool>(), any::<bool>(), 0_u8..2),
        (open_buy_qty, open_sell_qty) in (any_i64().prop_map(i128::from), any_i64().prop_map(i128::from)),
        (bid, ask, open_orders, age_ns) in (-5_i64..300, -5_i64..300, 0_u32..6, 0_u64..70),
    ) {
        let side = if is_buy { Side::Buy } else { Side::Sell };
        let mut intent = if is_market { market(side, quantity) } else { limit(side, price, quantity) };
        intent.reduce_only = reduce_only;
        let context = Context {
            now: NOW + Nanos(age_ns),
            top: top(level(bid, 1), level(ask, 1)),
            position: Quantity(position),
            open_buy_qty,
            open_sell_qty,
            open_orders,
            ..context()
        };
        if let Verdict::Approved(approved) = gate().check(&intent, INSTRUMENT, &context) {
            let order = approved.payload().intent;
            let quantity = i128::from(order.quantity.0);
            let (sign, open, meets) = match side {
                Side::Buy => (1, open_buy_qty, ask),
                Side::Sell => (-1, open_sell_qty, bid),
            };
            let worth = if order.order_type == OrderType::Market { meets } else { order.price.0 };
            prop_assert!((20..=500).contains(&quantity) && quantity % 10 == 0);
            prop_assert!((2_000..=60_000).contains(&(i128::from(worth) * quantity)));
            prop_assert!(order.price.0 % 5 == 0);
            // What reduces passes whatever the market and the number of orders.
            prop_assert!(reduce_only == 1 || (age_ns <= 50 && open_orders < 4 && bid < ask));
            prop_assert!(i128::from(position) * sign + open + quantity <= 1_000);
            prop_assert!(reduce_only == 0 || open + quantity <= -i128::from(position) * sign);
        }
    }
}
