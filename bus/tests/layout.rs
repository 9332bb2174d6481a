//! The byte layout of records: the table that the compiler holds them against is whole, and what is not as it says is
//! refused.

use fulmar_bus::record::*;
use zerocopy::IntoBytes as _;

#[test]
fn every_kind_has_its_layout_in_the_table_and_no_two_fields_lie_in_one_place() {
    let kinds: Vec<Kind> = LAYOUTS.iter().map(|layout| layout.kind).collect();
    assert_eq!(kinds, Kind::ALL);
    for RecordLayout { name, bytes, fields, .. } in LAYOUTS {
        let is_part =
            |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        for (index, (field, offset)) in fields.iter().enumerate() {
            assert!(offset < bytes, "{name}: {field} lies in it");
            let others = fields[..index].iter().filter(|(other, _)| !is_part(field, other));
            assert!(
                others.clone().all(|(_, other)| other < offset),
                "{name}: {field} follows the ones before it"
            );
        }
        assert_eq!(fields.first().map(|(_, offset)| *offset), Some(0), "{name} begins with a field");
    }
}

#[test]
fn flags_and_numbers_have_the_bits_that_every_reader_expects() {
    let flags = [Flags::NONE, Flags::LAST, Flags::SNAPSHOT, Flags::PROVEN, Flags::SUSPECT];
    assert_eq!(flags.map(|flags| flags.0), [0, 1, 2, 4, 8]);
    assert_eq!(size_of::<ContractSize>(), 16);
    assert_eq!(ContractSize::new(0x0102, 3).as_bytes(), [2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn the_list_of_kinds_and_their_bytes_agree() {
    assert!(Kind::ALL.is_sorted_by(|one, next| (*one as u8) < *next as u8));
    let listed: Vec<Kind> = (0..=u8::MAX).filter_map(Kind::from_byte).collect();
    assert_eq!(listed, Kind::ALL);
    for kind in Kind::ALL {
        assert_eq!(Kind::from_byte(kind as u8), Some(kind));
    }
}

#[test]
fn a_zeroed_record_is_of_no_kind_and_is_not_copied() {
    let mut record = Record::new();
    assert_eq!(record.header().kind(), None);
    assert_eq!(record.read::<Timer>(), Err(Malformed::Kind));
    assert_eq!(record.copy_from(&[0; 56]), Err(Malformed::Length), "a header of zeros states no slots");
}

fn heading() -> Heading {
    Heading {
        instrument_id: InstrumentId(1),
        cause: RecordId::NONE,
        received_at: UnixNanos(1),
        flags: Flags::NONE,
    }
}

/// Writes `payload`, then asserts that it is refused wherever one of `bytes` of it, an enum, is no value of it.
fn refuses_damage<P: Payload + std::fmt::Debug + PartialEq>(payload: P, bytes: &[usize]) {
    let mut record = Record::new();
    record.write(heading(), &payload);
    assert_eq!(record.read::<P>(), Ok(&payload));
    for byte in bytes {
        let mut damaged = record.bytes().to_vec();
        damaged[HEADER_BYTES + byte] = 0xFF;
        let mut copy = Record::new();
        copy.copy_from(&damaged).expect("the header is whole");
        assert_eq!(copy.read::<P>(), Err(Malformed::Value), "byte {byte} of {payload:?}");
    }
}

#[test]
fn a_damaged_enum_is_refused() {
    let id = ClientOrderId::new(1, StrategyId(2), 3);
    let level = Level { price: Price(1), quantity: Quantity(1) };
    let intent = Intent::limit(id, Side::Buy, Price(1), Quantity(1));
    refuses_damage(Trade::new(Price(1), Quantity(1), Side::Sell, 1, UnixNanos(1)), &[32]);
    refuses_damage(TopOfBook::new(level, level, 1, UnixNanos(1), TopSource::Book), &[48]);
    for listing in [Listing::Listed, Listing::Unlisted, Listing::Halted] {
        refuses_damage(InstrumentStatus::new(listing, "Invalid symbol."), &[96]);
    }
    refuses_damage(SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0), &[16, 17]);
    refuses_damage(intent, &[40, 41, 42, 45]);
    refuses_damage(HeldOrder::new(intent, UnixNanos(1), HeldStage::Ended), &[40, 41, 42, 45, 256]);
    refuses_damage(Order { intent, approved_at: UnixNanos(1) }, &[40, 41, 42, 45]);
    let modify = ModifyIntent::new(id, OrderTerms::of(&intent), 1);
    refuses_damage(ModifyOrder::new(&intent, &modify, 7), &[74, 75]);
    let report = ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, OrderStatus::Accepted);
    refuses_damage(report, &[112, 113, 114, 115]);
    refuses_damage(Control::engine(ControlCommand::Kill), &[0, 1]);
    refuses_damage(ScopeReport::new(Text::default(), (ScopeKind::Engine, 0)), &[82, 83]);
    let frame = Frame {
        byte_count: 0,
        total_bytes: 0,
        offset_bytes: 0,
        status: 0,
        source: FrameSource::Opened,
        connection: 1,
        tag: 0,
    };
    refuses_damage(frame, &[14]);
    let request = Request {
        tag: 0,
        not_before_at: UnixNanos(0),
        byte_count: 0,
        kind: RequestKind::Send,
        connection: 1,
        reserved: [0; 2],
    };
    refuses_damage(request, &[20]);
    let text = |text| Text::new(text).expect("a short text");
    let definition = InstrumentDefinition {
        venue: text("simulated"),
        symbol: Text::new("BTCUSDT").expect("a short text"),
        base: Text::default(),
        quote: Text::default(),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: WideNumber::default(),
        revision: 1,
        price_scale: 2,
        quantity_scale: 3,
        contract: ContractKind::Spot,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    };
    refuses_damage(definition, &[142]);
}

#[test]
fn another_version_a_short_record_and_a_count_beyond_its_end_are_refused() {
    let mut record = Record::new();
    record.write(heading(), &Timer { tag: 1, due_at: UnixNanos(1) });
    let mut bytes = record.bytes().to_vec();
    bytes[1] = 2;
    record.copy_from(&bytes).expect("the header is whole");
    assert_eq!(record.read::<Timer>(), Err(Malformed::Version));

    bytes[0] = Kind::Trade as u8;
    bytes[1] = 1;
    record.copy_from(&bytes).expect("the header is whole");
    assert_eq!(record.read::<Trade>(), Err(Malformed::Length), "a trade takes two slots");
    assert_eq!(record.copy_from(&bytes[..48]), Err(Malformed::Length));
    bytes[2] = 2;
    assert_eq!(record.copy_from(&bytes), Err(Malformed::Length), "one slot that says it is two");

    let update =
        BookLevels { update_id: 1, venue_at: UnixNanos(1), bid_count: u32::MAX, ask_count: u32::MAX };
    record.write(heading(), &update);
    assert_eq!(BookLevels::read(&record), Err(Malformed::Length));
}
