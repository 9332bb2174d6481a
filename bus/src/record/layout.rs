//! Where every field of every record lies: one table, which the compiler holds the records against.
//!
//! What is written today is read by every later build, by other processes, and by C. So a field that moves does not
//! compile, and two programs that were built from unlike tables refuse each other by the
//! [`layout_hash`](crate::segment::layout_hash).

use std::mem::offset_of;

use super::*;

/// Where the payload of a kind of records has its fields. [`LAYOUTS`] lists them all.
///
/// ```
/// use fulmar_bus::record::{Kind, LAYOUTS};
/// let timer = LAYOUTS.iter().find(|layout| layout.kind == Kind::Timer).expect("every kind has one");
/// assert_eq!((timer.name, timer.version, timer.bytes), ("Timer", 1, 16));
/// assert_eq!(timer.fields, [("tag", 0), ("due_at", 8)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// The payload's name, which is that of its kind.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its version.
    pub version: u8,
    /// Bytes of the payload without what follows it, such as levels.
    pub bytes: usize,
    /// Names of fields, also of fields in fields, and the byte of the payload that each begins at.
    pub fields: &'static [(&'static str, usize)],
}

/// Gives the table, and asserts each number of it.
macro_rules! layouts {
    ($($payload:ident v $version:literal = $bytes:literal {
        $($($field:ident).+ @ $offset:literal),+ $(,)?
    })+) => {
        /// The layouts of all kinds of records, in the order of [`Kind::ALL`].
        pub const LAYOUTS: &[RecordLayout] = &[$(RecordLayout {
            name: stringify!($payload),
            kind: Kind::$payload,
            version: $version,
            bytes: $bytes,
            fields: &[$((stringify!($($field).+), $offset)),+],
        }),+];

        $(const _: () = {
            assert!(<$payload as Payload>::KIND as u8 == Kind::$payload as u8, "a payload has the name of its kind");
            assert!(<$payload as Payload>::VERSION == $version, "the payload has another version");
            assert!(size_of::<$payload>() == $bytes, "the payload has another size");
            assert!(align_of::<$payload>() <= 8, "a record is aligned to a word");
            $(assert!(offset_of!($payload, $($field).+) == $offset, "a field of the payload moved");)+
        };)+
    };
}

layouts! {
    Trade v 1 = 40 { price @ 0, quantity @ 8, trade_id @ 16, venue_at @ 24, aggressor @ 32 }
    BookLevels v 1 = 24 { update_id @ 0, venue_at @ 8, bid_count @ 16, ask_count @ 20 }
    SnapshotBegin v 1 = 24 { update_id @ 0, venue_at @ 8, bid_count @ 16, ask_count @ 20 }
    SnapshotEnd v 1 = 16 { update_id @ 0, venue_at @ 8 }
    TopOfBook v 1 = 56 { bid @ 0, ask @ 16, update_id @ 32, venue_at @ 40, source @ 48 }
    Bar v 1 = 80 {
        open @ 0, high @ 8, low @ 16, close @ 24, volume @ 32, notional @ 40, start_at @ 56, interval @ 64,
        trade_count @ 72,
    }
    Funding v 1 = 32 { rate @ 0, interval @ 8, next_at @ 16, venue_at @ 24 }
    MarkPrice v 1 = 32 { mark @ 0, index @ 8, venue_at @ 16, price_scale @ 24 }
    InstrumentDefinition v 3 = 168 {
        venue @ 0, symbol @ 24, base @ 56, quote @ 72, tick @ 88, lot @ 96, quantity_min @ 104, quantity_max @ 112,
        notional_min @ 120, revision @ 136, price_scale @ 140, quantity_scale @ 141, contract @ 142,
        is_inferred @ 143, contract_size @ 144, iceberg_parts_max @ 160,
    }
    InstrumentStatus v 1 = 104 { text @ 0, listing @ 96 }
    SyncChange v 1 = 24 { update_id @ 0, gap_count @ 8, resync_count @ 12, state @ 16, reason @ 17 }
    ConsolidatedTop v 1 = 48 {
        bid @ 0, ask @ 16, bid_instrument_id @ 32, ask_instrument_id @ 36, price_scale @ 40,
        quantity_scale @ 41, live_count @ 42, is_left_out @ 44,
    }
    CrossVenue v 1 = 80 {
        mids.high @ 0, mids.low @ 8, mids.high_instrument_id @ 16, mids.low_instrument_id @ 20,
        arbitrage.profit @ 24, arbitrage.quantity @ 32, arbitrage.buy_instrument_id @ 40,
        arbitrage.sell_instrument_id @ 44, lead_lag.lag @ 48, lead_lag.leader_instrument_id @ 56,
        lead_lag.follower_instrument_id @ 60, lead_lag.follow_count @ 64, lead_lag.leader_share @ 68,
        price_scale @ 72, quantity_scale @ 73,
    }
    Intent v 2 = 96 {
        client_order_id @ 0, client_order_id.epoch @ 0, client_order_id.strategy_id @ 4,
        client_order_id.counter @ 8, tag @ 16, price @ 24, quantity @ 32, side @ 40, order_type @ 41,
        time_in_force @ 42, post_only @ 43, reduce_only @ 44, trigger_by @ 45, strategy_id @ 46,
        account_id @ 48, alternatives @ 52, trigger_price @ 56, trailing_offset @ 64, display_qty @ 72,
        expire_at @ 80, after_counter @ 88,
    }
    CancelIntent v 1 = 16 { client_order_id @ 0 }
    ModifyIntent v 1 = 48 {
        client_order_id @ 0, terms.price @ 16, terms.trigger_price @ 24, terms.quantity @ 32, revision @ 40,
    }
    Order v 2 = 104 { intent @ 0, approved_at @ 96 }
    CancelOrder v 1 = 24 { client_order_id @ 0, venue_order_id @ 16 }
    ExecutionReport v 2 = 136 {
        client_order_id @ 0, tag @ 16, venue_order_id @ 24, trade_id @ 32, last_qty @ 40, last_px @ 48,
        cumulative_qty @ 56, leaves_qty @ 64, commission @ 72, commission_asset @ 88, venue_at @ 96,
        price @ 104, status @ 112, execution @ 113, liquidity_side @ 114, side @ 115, reason @ 116,
        strategy_id @ 120, account_id @ 122, revision @ 124, is_emulated @ 126, quantity @ 128,
    }
    Position v 1 = 72 {
        quantity @ 0, avg_px @ 8, realized @ 16, cost @ 32, bought_qty @ 48, sold_qty @ 56,
        strategy_id @ 64, account_id @ 66, reserved @ 68,
    }
    Denial v 1 = 56 {
        client_order_id @ 0, tag @ 16, codes @ 24, limit @ 32, value @ 40, code @ 48, strategy_id @ 50,
        account_id @ 52, reserved @ 54,
    }
    ModifyOrder v 1 = 80 {
        client_order_id @ 0, venue_order_id @ 16, terms @ 24, terms_before @ 48, revision @ 72, side @ 74,
        order_type @ 75,
    }
    Timer v 1 = 16 { tag @ 0, due_at @ 8 }
    Control v 1 = 8 { command @ 0, scope @ 1, index @ 2 }
    Note v 1 = 16 { now @ 0, turn_count @ 8, number_count @ 12 }
    Frame v 1 = 24 {
        byte_count @ 0, total_bytes @ 4, offset_bytes @ 8, status @ 12, source @ 14, connection @ 15,
        tag @ 16,
    }
    Request v 1 = 24 {
        tag @ 0, not_before_at @ 8, byte_count @ 16, kind @ 20, connection @ 21, reserved @ 22,
    }
    BalanceStatement v 1 = 64 { asset @ 0, free @ 16, locked @ 32, venue_at @ 48, account_id @ 56 }
    PositionStatement v 1 = 32 { quantity @ 0, entry_px @ 8, venue_at @ 16, account_id @ 24 }
    ScopeReport v 1 = 88 {
        currency @ 0, earned @ 16, daily_loss @ 32, drawdown @ 48, exposure @ 64, index @ 80, scope @ 82,
        restraint @ 83, is_earned_known @ 84, is_exposure_known @ 85,
    }
    LimitChange v 1 = 56 {
        value @ 0, by @ 16, index @ 48, scope @ 50, limit @ 51, value_scale @ 52, verdict @ 53,
    }
    HeldOrder v 2 = 264 {
        intent @ 0, submitted_at @ 96, wanted_qty @ 104, traded_qty @ 112, parent_traded_qty @ 120, slice_qty @ 128,
        slice_from @ 136, contract_size @ 144, strategy @ 160, instrument @ 192, stage @ 256, price_scale @ 257,
        quantity_scale @ 258, is_parent_done @ 259, gave_way @ 260, is_stopped @ 261, slice_count @ 262,
    }
    StakeLimit v 1 = 48 { at_stake_max @ 0, value_at_risk @ 16, until @ 32 }
    CancelAll v 1 = 8 { approved_at @ 0 }
    Presence v 1 = 16 { news @ 0, on_disconnect @ 1, epoch @ 4, counter @ 8 }
}

const _: () = {
    assert!(LAYOUTS.len() == Kind::ALL.len(), "every kind has its layout in the table");
    assert!(size_of::<Header>() == HEADER_BYTES && align_of::<Header>() == 8);
    assert!(offset_of!(Header, kind_byte) == 0);
    assert!(offset_of!(Header, version) == 1);
    assert!(offset_of!(Header, slot_count) == 2);
    assert!(offset_of!(Header, flags) == 3);
    assert!(offset_of!(Header, instrument_id) == 4);
    assert!(offset_of!(Header, id) == 8);
    assert!(offset_of!(Header, cause) == 16);
    assert!(offset_of!(Header, received_at) == 24);
    assert!(size_of::<Level>() == 16 && offset_of!(Level, price) == 0 && offset_of!(Level, quantity) == 8);
};
