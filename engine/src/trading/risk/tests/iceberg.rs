//! What the book may show of an order, natively and slice by slice, and what a slice is held against.

use fulmar_bus::record::{Listing, OrderType, TimeInForce};

use super::*;
use crate::trading::order::OrderTable;

/// Of a venue that shows orders in ten parts at the most.
const NATIVE: InstrumentRules = InstrumentRules { iceberg_parts_max: 10, ..RULES };

fn showing(quantity: i64, display_qty: i64) -> Intent {
    let mut intent = limit(Side::Buy, 100, quantity);
    intent.display_qty = Quantity(display_qty);
    intent
}

/// What the gate says would be right, where it refuses an order for what it shows and for nothing else.
fn right(rules: InstrumentRules, limits: RiskLimits, intent: &Intent) -> Option<i64> {
    let mut gate = gate_with(rules, limits);
    let denial = match rules.slices(intent) {
        true => gate.check_held(intent, INSTRUMENT, &context()),
        false => match gate.check(intent, INSTRUMENT, &context()) {
            Verdict::Approved(order) => {
                assert_eq!(order.payload().intent, *intent, "what the venue carries out leaves as it is");
                None
            }
            Verdict::Denied(denial) => Some(denial),
        },
    };
    denial.map(|denial| {
        assert_eq!(codes(&denial), [RiskCheck::DisplayQty], "{intent:?}");
        assert_eq!(denial.value, intent.display_qty.0);
        denial.limit
    })
}

fn edge(rules: InstrumentRules, quantity: i64, shown: [i64; 3], expected: [Option<i64>; 3]) {
    let found = shown.map(|shown| right(rules, LIMITS, &showing(quantity, shown)));
    assert_eq!(found, expected, "{quantity}, of which {shown:?}");
}

#[test]
fn a_part_is_no_less_than_the_venue_takes() {
    edge(NATIVE, 100, [10, 20, 30], [Some(20), None, None]);
}

#[test]
fn a_part_is_no_more_than_the_whole_and_one_as_large_shows_all() {
    edge(NATIVE, 400, [390, 400, 410], [None, None, Some(400)]);
    edge(RULES, 400, [390, 400, 410], [None, None, Some(400)]);
}

#[test]
fn there_are_no_more_parts_than_the_venue_takes() {
    edge(NATIVE, 400, [30, 40, 50], [Some(40), None, None]);
    edge(NATIVE, 410, [40, 50, 60], [Some(50), None, None]);
}

#[test]
fn a_part_is_whole_steps() {
    edge(NATIVE, 400, [40, 45, 50], [None, Some(40), None]);
    edge(RULES, 400, [40, 45, 50], [None, Some(40), None]);
}

#[test]
fn a_slice_is_twice_what_the_venue_takes_by_quantity_or_by_notional() {
    edge(RULES, 400, [30, 40, 50], [Some(40), None, None]);
    let dearer = InstrumentRules { notional_min: Notional(3_000), ..RULES };
    edge(dearer, 400, [50, 60, 70], [Some(60), None, None]);
    edge(dearer, 50, [30, 40, 50], [Some(50), Some(50), None]);
}

#[test]
fn there_are_no_more_slices_than_the_engine_sends() {
    let rules =
        InstrumentRules { lot: Quantity(1), quantity_min: Quantity(0), notional_min: Notional(0), ..RULES };
    let rules = InstrumentRules { quantity_max: Quantity(0), ..rules };
    let limits =
        RiskLimits { order_quantity_max: 4_000, order_notional_max: 1 << 40, position_max: 4_000, ..LIMITS };
    let found = [3, 4, 5].map(|shown| right(rules, limits, &showing(4_000, shown)));
    assert_eq!(found, [Some(4), None, None]);
}

#[test]
fn what_may_not_stand_shows_no_part() {
    for rules in [NATIVE, RULES] {
        for time_in_force in [TimeInForce::Ioc, TimeInForce::Fok] {
            let mut intent = showing(400, 100);
            intent.time_in_force = time_in_force;
            let denial = gate_with(rules, LIMITS).check_held(&intent, INSTRUMENT, &context());
            assert_eq!(denial.map(|denial| (denial.code, denial.limit)), Some((35, 0)), "{time_in_force:?}");
        }
        let mut intent = showing(400, 100);
        (intent.order_type, intent.price) = (OrderType::Market, Price(0));
        let denial = gate_with(rules, LIMITS).check_held(&intent, INSTRUMENT, &context());
        assert!(denial.is_some_and(|denial| codes(&denial).contains(&RiskCheck::DisplayQty)));
    }
}

#[test]
fn what_shows_nothing_or_less_and_numbers_out_of_all_bounds_are_refused() {
    for shown in [-1, i64::MIN] {
        assert_eq!(right(NATIVE, LIMITS, &showing(400, shown)), Some(40));
    }
    let huge = showing(i64::MAX, i64::MAX - 1);
    for rules in [NATIVE, RULES] {
        assert!(gate_with(rules, LIMITS).check_held(&huge, INSTRUMENT, &context()).is_some());
    }
}

#[test]
fn a_whole_that_leaves_in_slices_never_leaves() {
    let intent = showing(400, 100);
    assert_eq!(refused_by(&mut gate(), &intent, &context()), [RiskCheck::NotSupported]);
    let Verdict::Approved(order) = gate().check_released(&intent, INSTRUMENT, &context()) else {
        panic!("it passed before")
    };
    let slice = order.payload().intent;
    assert_eq!(
        (slice.client_order_id, slice.quantity, slice.display_qty),
        (id().slice(1), Quantity(100), Quantity(0))
    );
    for (alternatives, after_counter) in [(7, 0), (0, 7)] {
        let mut dependent = intent;
        (dependent.alternatives, dependent.after_counter) = (alternatives, after_counter);
        let denial = gate().check_held(&dependent, INSTRUMENT, &context()).expect("nobody slices it");
        assert_eq!(codes(&denial), [RiskCheck::NotSupported]);
    }
}

/// What the gate says to the second slice of an order of which 100 of 400 traded.
fn second(gate: &mut RiskGate, context: &Context) -> Result<Intent, RiskCheck> {
    let mut orders = OrderTable::new(4);
    orders.resume(showing(400, 100), INSTRUMENT, NOW, Quantity(100)).expect("there is room");
    let order = orders.get(id()).expect("it is there");
    match gate.check_slice(order, 2, context) {
        Verdict::Approved(approved) => Ok(approved.payload().intent),
        Verdict::Denied(denial) => Err(RiskCheck::from_code(denial.code).expect("a check")),
    }
}

#[test]
fn a_slice_is_never_held_against_a_limit_that_the_whole_has_passed() {
    let mut expected = limit(Side::Buy, 100, 100);
    expected.client_order_id = id().slice(2);
    let mut crowded =
        Context { position: Quantity(5_000), open_orders: 50, sync: SyncState::Desynced, ..context() };
    (crowded.open_buy_qty, crowded.open_notional, crowded.is_permitted) = (1 << 40, 1 << 80, false);
    assert_eq!(second(&mut gate(), &crowded), Ok(expected));
}

#[test]
fn a_slice_is_held_back_by_what_ends_or_pauses_all_trading() {
    assert_eq!(second(&mut gate(), &Context { is_killed: true, ..context() }), Err(RiskCheck::KillSwitch));
    let mut killed = gate();
    killed.kill();
    assert_eq!(second(&mut killed, &context()), Err(RiskCheck::KillSwitch));
    let mut halted = gate();
    halted.list(INSTRUMENT, Listing::Halted);
    assert_eq!(second(&mut halted, &context()), Err(RiskCheck::InstrumentHalted));
    let mut released = gate();
    released.release(INSTRUMENT);
    assert_eq!(second(&mut released, &context()), Err(RiskCheck::UnknownInstrument));
    // Ten messages, of which three are kept for cancels.
    let mut busy = gate();
    let passed = (0..10).take_while(|_| second(&mut busy, &context()).is_ok()).count();
    assert_eq!(passed, 7);
    assert_eq!(second(&mut busy, &context()), Err(RiskCheck::MaxMsgRate));
}
