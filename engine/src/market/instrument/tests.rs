//! What a changed definition does to a book: nothing, another scale, or an end.

use fulmar_bus::record::{ContractKind, ContractSize, Notional, Quantity};

use super::*;

fn definition(venue: &str, symbol: &str) -> InstrumentDefinition {
    InstrumentDefinition {
        venue: Text::new(venue).unwrap(),
        symbol: Text::new(symbol).unwrap(),
        base: Text::new("BTC").unwrap(),
        quote: Text::new("USDT").unwrap(),
        tick: Price(1),
        lot: Quantity(10),
        quantity_min: Quantity(10),
        quantity_max: Quantity(9_000_000),
        notional_min: Notional(50_000_000).into(),
        revision: 0,
        price_scale: 2,
        quantity_scale: 5,
        contract: ContractKind::Spot,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    }
}

/// The same market told with more digits.
fn with_wider_scale(definition: &InstrumentDefinition) -> InstrumentDefinition {
    InstrumentDefinition {
        price_scale: 4,
        quantity_scale: 8,
        tick: Price(100),
        lot: Quantity(10_000),
        quantity_min: Quantity(10_000),
        quantity_max: Quantity(9_000_000_000),
        notional_min: Notional(5_000_000_000_000).into(),
        ..*definition
    }
}

#[test]
fn ids_are_dense_in_the_order_of_definition_and_found_by_name() {
    let mut table = InstrumentTable::new();
    let spot = definition("binance-spot", "BTCUSDT");
    assert_eq!(table.define(&spot), (InstrumentId(0), Redefinition::New));
    assert_eq!(table.define(&definition("okx", "BTC-USDT")), (InstrumentId(1), Redefinition::New));
    assert_eq!(table.define(&spot), (InstrumentId(0), Redefinition::Same));
    assert_eq!(table.len(), 2);
    let found = table.find("okx", "BTC-USDT").expect("it was defined");
    assert_eq!((found.id, found.name().to_string()), (InstrumentId(1), "okx:BTC-USDT".to_owned()));
    assert_eq!(table.find("okx", "BTCUSDT"), None);
    assert_eq!(table.find("okx", &"X".repeat(33)), None);
    assert_eq!(table.get(InstrumentId(2)), None);
    assert_eq!(table.get(InstrumentId::NONE), None);
}

#[test]
fn a_revision_is_counted_where_something_is_different() {
    let mut table = InstrumentTable::new();
    let first = definition("okx", "BTC-USDT");
    let mut revision_after = |definition: &InstrumentDefinition| {
        let (id, _) = table.define(definition);
        table.get(id).map(|instrument| instrument.definition.revision)
    };
    assert_eq!(revision_after(&first), Some(1));
    assert_eq!(revision_after(&first), Some(1));
    assert_eq!(revision_after(&with_wider_scale(&first)), Some(2));
    assert_eq!(revision_after(&first), Some(3));
}

#[test]
fn what_means_the_same_is_told_apart_from_a_change() {
    let old = definition("okx", "BTC-USDT");
    let wider = with_wider_scale(&old);
    let widening = Redefinition::Refined { price_factor: 100, quantity_factor: 1_000 };
    assert_eq!(compare(&old, &wider), widening);
    assert_eq!(compare(&wider, &old), Redefinition::Changed, "a narrower scale loses digits");
    for refined in [
        InstrumentDefinition { lot: Quantity(10), ..wider },
        InstrumentDefinition { quantity_max: Quantity(1), ..wider },
        InstrumentDefinition { notional_min: Notional(1).into(), ..wider },
        InstrumentDefinition { is_inferred: 1, ..wider },
    ] {
        assert_eq!(compare(&old, &refined), widening, "no number of a book means anything else: {refined:?}");
    }
    for changed in [
        InstrumentDefinition { tick: Price(50), ..wider },
        InstrumentDefinition { contract: ContractKind::LinearPerpetual, ..wider },
        InstrumentDefinition { quote: Text::new("USDC").unwrap(), ..wider },
        InstrumentDefinition { price_scale: 1, tick: Price(0), ..wider },
        InstrumentDefinition { tick: Price(5), ..old },
        InstrumentDefinition { contract_size: ContractSize::new(1, 2), ..old },
    ] {
        assert_eq!(compare(&old, &changed), Redefinition::Changed, "{changed:?}");
    }
    let huge = InstrumentDefinition { tick: Price(i64::MAX), ..old };
    assert_eq!(compare(&huge, &wider), Redefinition::Changed, "a tick that does not fit is another one");
}

#[test]
fn what_the_venue_says_of_an_instrument_known_by_its_digits_is_no_change() {
    let defined = definition("okx", "BTC-USDT");
    let seen = InstrumentDefinition::inferred(("okx", "BTC-USDT"), ContractKind::Spot, (2, 5));
    let same_numbers = Redefinition::Refined { price_factor: 1, quantity_factor: 1 };
    assert_eq!(compare(&seen, &defined), same_numbers);
    let seen = InstrumentDefinition { price_scale: 1, quantity_scale: 5, ..seen };
    let wider = Redefinition::Refined { price_factor: 10, quantity_factor: 1 };
    assert_eq!(compare(&seen, &defined), wider);
    let seen = InstrumentDefinition { price_scale: 3, ..seen };
    assert_eq!(compare(&seen, &defined), Redefinition::Changed, "digits that the definition has no room for");
}

#[test]
fn a_size_that_was_not_known_is_no_change_and_another_one_is() {
    let linear =
        InstrumentDefinition::inferred(("okx", "BTC-USDT-SWAP"), ContractKind::LinearPerpetual, (1, 2));
    assert_eq!(linear.contract_size, ContractSize::UNKNOWN);
    let of = |contract_size| InstrumentDefinition { contract_size, ..linear };
    let hundredth = of(ContractSize::new(1, 2));
    let same_numbers = Redefinition::Refined { price_factor: 1, quantity_factor: 1 };
    assert_eq!(compare(&linear, &hundredth), same_numbers);
    assert_eq!(compare(&hundredth, &of(ContractSize::new(100, 4))), Redefinition::Same);
    assert_eq!(compare(&hundredth, &of(ContractSize::new(1, 3))), Redefinition::Changed);
    assert_eq!(compare(&hundredth, &linear), Redefinition::Changed, "what stood is in doubt");
}

#[test]
fn a_reader_takes_ids_from_the_stream_with_gaps_and_renames() {
    let mut table = InstrumentTable::new();
    let okx = definition("okx", "BTC-USDT");
    assert_eq!(table.insert(InstrumentId(5), &okx), Redefinition::New);
    assert_eq!(
        table.insert(InstrumentId(5), &InstrumentDefinition { revision: 9, ..okx }),
        Redefinition::Same
    );
    assert_eq!(table.get(InstrumentId(5)).map(|instrument| instrument.definition.revision), Some(9));
    assert_eq!(table.iter().count(), 1);
    assert_eq!(table.insert(InstrumentId(5), &definition("okx", "BTC-USDC")), Redefinition::Changed);
    assert_eq!(table.find("okx", "BTC-USDT"), None);
    assert_eq!(table.find("okx", "BTC-USDC").map(|instrument| instrument.id), Some(InstrumentId(5)));
    assert_eq!(table.len(), 1);
}
