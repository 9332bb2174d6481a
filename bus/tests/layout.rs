//! The byte layout of every record, as a table: what is written today is read by every later build, and by C.

use std::mem::offset_of;

use fulmar_bus::record::*;
use zerocopy::IntoBytes as _;

/// Asserts the kind of a payload, which has its name, its size, and where its fields begin.
macro_rules! layout {
    ($payload:ident = $size:literal { $($fields:tt)* }) => {
        layout!($payload v 1 = $size { $($fields)* })
    };
    ($payload:ident v $version:literal = $size:literal { $($($field:ident).+ @ $offset:literal),+ $(,)? }) => {
        assert_eq!(<$payload as Payload>::KIND, Kind::$payload);
        assert_eq!(<$payload as Payload>::VERSION, $version);
        assert_eq!(size_of::<$payload>(), $size, stringify!($payload));
        assert!(align_of::<$payload>() <= 8, "a record is aligned to a word");
        $(assert_eq!(offset_of!($payload, $($field).+), $offset, stringify!($payload $($field).+));)+
    };
}

#[test]
fn the_header_is_where_every_reader_expects_it() {
    assert_eq!((size_of::<Header>(), align_of::<Header>()), (32, 8));
    let offsets = [
        offset_of!(Header, kind_byte),
        offset_of!(Header, version),
        offset_of!(Header, slot_count),
        offset_of!(Header, flags),
        offset_of!(Header, instrument_id),
        offset_of!(Header, id),
        offset_of!(Header, cause),
        offset_of!(Header, received_at),
    ];
    assert_eq!(offsets, [0, 1, 2, 3, 4, 8, 16, 24]);
    let flags = [Flags::NONE, Flags::LAST, Flags::SNAPSHOT, Flags::PROVEN, Flags::SUSPECT];
    assert_eq!(flags.map(|flags| flags.0), [0, 1, 2, 4, 8]);
}

#[test]
fn the_market_payloads_are_where_every_reader_expects_them() {
    layout!(Trade = 40 { price @ 0, quantity @ 8, trade_id @ 16, venue_at @ 24, aggressor @ 32 });
    layout!(BookLevels = 24 { update_id @ 0, venue_at @ 8, bid_count @ 16, ask_count @ 20 });
    layout!(SnapshotBegin = 24 { update_id @ 0, venue_at @ 8, bid_count @ 16, ask_count @ 20 });
    layout!(SnapshotEnd = 16 { update_id @ 0, venue_at @ 8 });
    layout!(TopOfBook = 56 { bid @ 0, ask @ 16, update_id @ 32, venue_at @ 40, source @ 48 });
    layout!(Bar = 80 {
        open @ 0, high @ 8, low @ 16, close @ 24, volume @ 32, notional @ 40, start_at @ 56, interval @ 64,
        trade_count @ 72,
    });
    layout!(Funding = 32 { rate @ 0, interval @ 8, next_at @ 16, venue_at @ 24 });
    layout!(MarkPrice = 32 { mark @ 0, index @ 8, venue_at @ 16, price_scale @ 24 });
    layout!(InstrumentDefinition v 2 = 160 {
        venue @ 0, symbol @ 24, base @ 56, quote @ 72, tick @ 88, lot @ 96, quantity_min @ 104, quantity_max @ 112,
        notional_min @ 120, revision @ 136, price_scale @ 140, quantity_scale @ 141, contract @ 142,
        is_inferred @ 143, contract_size @ 144,
    });
    assert_eq!(size_of::<ContractSize>(), 16);
    assert_eq!(ContractSize::new(0x0102, 3).as_bytes(), [2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    layout!(InstrumentStatus = 104 { text @ 0, listing @ 96 });
    layout!(SyncChange = 24 {
        update_id @ 0, gap_count @ 8, resync_count @ 12, state @ 16, reason @ 17,
    });
    layout!(ConsolidatedTop = 48 {
        bid @ 0, ask @ 16, bid_instrument_id @ 32, ask_instrument_id @ 36, price_scale @ 40, quantity_scale @ 41,
        live_count @ 42, is_left_out @ 44,
    });
    layout!(CrossVenue = 80 {
        mids.high @ 0, mids.low @ 8, mids.high_instrument_id @ 16, mids.low_instrument_id @ 20,
        arbitrage.profit @ 24, arbitrage.quantity @ 32, arbitrage.buy_instrument_id @ 40,
        arbitrage.sell_instrument_id @ 44, lead_lag.lag @ 48, lead_lag.leader_instrument_id @ 56,
        lead_lag.follower_instrument_id @ 60, lead_lag.follow_count @ 64, lead_lag.leader_share @ 68,
        price_scale @ 72, quantity_scale @ 73,
    });
    assert_eq!((size_of::<Level>(), offset_of!(Level, price), offset_of!(Level, quantity)), (16, 0, 8));
}

#[test]
fn the_order_payloads_are_where_every_reader_expects_them() {
    layout!(Intent v 2 = 96 {
        client_order_id @ 0, client_order_id.epoch @ 0, client_order_id.strategy_id @ 4, client_order_id.counter @ 8,
        tag @ 16, price @ 24, quantity @ 32, side @ 40, order_type @ 41, time_in_force @ 42, post_only @ 43,
        reduce_only @ 44, trigger_by @ 45, strategy_id @ 46, account_id @ 48, alternatives @ 52, trigger_price @ 56,
        trailing_offset @ 64, display_qty @ 72, expire_at @ 80, after_counter @ 88,
    });
    layout!(CancelIntent = 16 { client_order_id @ 0 });
    layout!(ModifyIntent = 48 {
        client_order_id @ 0, terms.price @ 16, terms.trigger_price @ 24, terms.quantity @ 32, revision @ 40,
    });
    layout!(Order v 2 = 104 { intent @ 0, approved_at @ 96 });
    layout!(ModifyOrder = 80 {
        client_order_id @ 0, venue_order_id @ 16, terms @ 24, terms_before @ 48, revision @ 72, side @ 74,
        order_type @ 75,
    });
    layout!(CancelOrder = 24 { client_order_id @ 0, venue_order_id @ 16 });
    layout!(CancelAll = 8 { approved_at @ 0 });
    layout!(ExecutionReport v 2 = 136 {
        client_order_id @ 0, tag @ 16, venue_order_id @ 24, trade_id @ 32, last_qty @ 40, last_px @ 48,
        cumulative_qty @ 56, leaves_qty @ 64, commission @ 72, commission_asset @ 88, venue_at @ 96, price @ 104,
        status @ 112, execution @ 113, liquidity_side @ 114, side @ 115, reason @ 116, strategy_id @ 120,
        account_id @ 122, revision @ 124, is_emulated @ 126, quantity @ 128,
    });
    layout!(Position = 72 {
        quantity @ 0, avg_px @ 8, realized @ 16, cost @ 32, bought_qty @ 48, sold_qty @ 56, strategy_id @ 64,
        account_id @ 66, reserved @ 68,
    });
    layout!(BalanceStatement = 64 { asset @ 0, free @ 16, locked @ 32, venue_at @ 48, account_id @ 56 });
    layout!(PositionStatement = 32 { quantity @ 0, entry_px @ 8, venue_at @ 16, account_id @ 24 });
    layout!(HeldOrder = 248 {
        intent @ 0, submitted_at @ 96, wanted_qty @ 104, traded_qty @ 112, parent_traded_qty @ 120,
        contract_size @ 128,
        strategy @ 144, instrument @ 176, stage @ 240, price_scale @ 241, quantity_scale @ 242, is_parent_done @ 243,
        gave_way @ 244,
    });
    layout!(StakeLimit = 48 { at_stake_max @ 0, value_at_risk @ 16, until @ 32 });
    layout!(Denial = 56 {
        client_order_id @ 0, tag @ 16, codes @ 24, limit @ 32, value @ 40, code @ 48, strategy_id @ 50,
        account_id @ 52, reserved @ 54,
    });
}

#[test]
fn the_border_payloads_are_where_every_reader_expects_them() {
    layout!(Timer = 16 { tag @ 0, due_at @ 8 });
    layout!(Control = 8 { command @ 0, scope @ 1, index @ 2 });
    layout!(ScopeReport = 88 {
        currency @ 0, earned @ 16, daily_loss @ 32, drawdown @ 48, exposure @ 64, index @ 80, scope @ 82,
        restraint @ 83, is_earned_known @ 84, is_exposure_known @ 85,
    });
    layout!(LimitChange = 56 {
        value @ 0, by @ 16, index @ 48, scope @ 50, limit @ 51, value_scale @ 52, verdict @ 53,
    });
    layout!(Note = 16 { now @ 0, turn_count @ 8, number_count @ 12 });
    layout!(Frame = 24 {
        byte_count @ 0, total_bytes @ 4, offset_bytes @ 8, status @ 12, source @ 14, connection @ 15, tag @ 16,
    });
    layout!(Request = 24 { tag @ 0, not_before_at @ 8, byte_count @ 16, kind @ 20, connection @ 21, reserved @ 22 });
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
    refuses_damage(HeldOrder::new(intent, UnixNanos(1), HeldStage::Ended), &[40, 41, 42, 45, 240]);
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
