//! What a venue tells: trades, levels, snapshots, tops, definitions, and how far they can be believed.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{
    InstrumentId, Kind, Malformed, Nanos, Payload, Price, Quantity, Record, Text, UnixNanos, WideNumber,
};

/// Which side of the market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum Side {
    /// Buyers: the bid side, and an order to buy.
    Buy = 1,
    /// Sellers: the ask side, and an order to sell.
    Sell = 2,
}

impl Side {
    /// The other side.
    pub const fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }
}

/// A trade at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Trade {
    /// Price, at the instrument's price scale; above zero.
    pub price: Price,
    /// Quantity, at the instrument's quantity scale; above zero.
    pub quantity: Quantity,
    /// The venue's number of the trade, or a 64-bit hash of its text.
    pub trade_id: u64,
    /// When the venue says that it happened.
    pub venue_at: UnixNanos,
    /// Who crossed the spread.
    pub aggressor: Side,
    reserved: [u8; 7],
}

impl Trade {
    /// A trade; `aggressor` crossed the spread.
    pub const fn new(
        price: Price,
        quantity: Quantity,
        aggressor: Side,
        trade_id: u64,
        venue_at: UnixNanos,
    ) -> Self {
        Trade { price, quantity, trade_id, venue_at, aggressor, reserved: [0; 7] }
    }
}

impl Payload for Trade {
    const KIND: Kind = Kind::Trade;
}

/// One price level: the quantity that stands there now, zero where none is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Level {
    /// Price, at the instrument's price scale.
    pub price: Price,
    /// Absolute quantity, at the instrument's quantity scale.
    pub quantity: Quantity,
}

/// Some levels of a book, to be applied in order: bids, then asks. The list follows the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct BookLevels {
    /// The venue's number of the book state that holds once the last record of this update is applied.
    pub update_id: u64,
    /// When the venue says that it happened.
    pub venue_at: UnixNanos,
    /// How many bid levels follow.
    pub bid_count: u32,
    /// How many ask levels follow those.
    pub ask_count: u32,
}

impl BookLevels {
    /// The most levels, both sides together, that one record carries; a longer update takes several records.
    pub const LEVELS_MAX: usize = (super::PAYLOAD_BYTES_MAX - size_of::<BookLevels>()) / size_of::<Level>();

    /// The update in `record` and its levels, bids and asks, checked.
    ///
    /// # Errors
    /// As [`Record::read`]; [`Malformed::Length`] where fewer levels follow than it counts.
    pub fn read(record: &Record) -> Result<(&BookLevels, &[Level], &[Level]), Malformed> {
        let (update, tail) = record.read_with_tail::<BookLevels>()?;
        let bid_count = update.bid_count as usize;
        let count = bid_count + update.ask_count as usize;
        let (levels, _) =
            <[Level]>::ref_from_prefix_with_elems(tail, count).map_err(|_| Malformed::Length)?;
        let (bids, asks) = levels.split_at(bid_count);
        Ok((update, bids, asks))
    }
}

impl Payload for BookLevels {
    const KIND: Kind = Kind::BookLevels;
}

/// The book is replaced, never merged: what was known is dropped, and levels follow until [`SnapshotEnd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SnapshotBegin {
    /// The venue's number of the book state that the snapshot holds.
    pub update_id: u64,
    /// When the venue says that it held, zero where it does not say.
    pub venue_at: UnixNanos,
    /// Bid levels in the snapshot.
    pub bid_count: u32,
    /// Ask levels in the snapshot.
    pub ask_count: u32,
}

impl Payload for SnapshotBegin {
    const KIND: Kind = Kind::SnapshotBegin;
}

/// The snapshot is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SnapshotEnd {
    /// As [`SnapshotBegin::update_id`].
    pub update_id: u64,
    /// As [`SnapshotBegin::venue_at`].
    pub venue_at: UnixNanos,
}

impl Payload for SnapshotEnd {
    const KIND: Kind = Kind::SnapshotEnd;
}

/// How a [`TopOfBook`] is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum TopSource {
    /// The venue's own ticker of best bid and ask.
    Ticker = 1,
    /// Our book, proven live.
    Book = 2,
}

/// Best bid and ask. A side that is empty has price and quantity zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TopOfBook {
    /// Best bid.
    pub bid: Level,
    /// Best ask.
    pub ask: Level,
    /// The venue's number of the book state that it belongs to.
    pub update_id: u64,
    /// When the venue says that it held, zero where it does not say.
    pub venue_at: UnixNanos,
    /// How it is known.
    pub source: TopSource,
    reserved: [u8; 7],
}

impl TopOfBook {
    /// A top known by `source`.
    pub const fn new(bid: Level, ask: Level, update_id: u64, venue_at: UnixNanos, source: TopSource) -> Self {
        TopOfBook { bid, ask, update_id, venue_at, source, reserved: [0; 7] }
    }

    /// True where both sides stand.
    pub const fn is_two_sided(&self) -> bool {
        self.bid.quantity.0 > 0 && self.ask.quantity.0 > 0
    }
}

impl Payload for TopOfBook {
    const KIND: Kind = Kind::TopOfBook;
}

/// A bar of the trades of one interval, aligned to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Bar {
    /// Price of the first trade.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Price of the last trade.
    pub close: Price,
    /// Sum of quantities.
    pub volume: Quantity,
    /// Sum of price times quantity, a [`super::Notional`].
    pub notional: WideNumber,
    /// Start of the interval; it ends before `start_at + interval`.
    pub start_at: UnixNanos,
    /// Length of the interval.
    pub interval: Nanos,
    /// Trades in it; at least one, since an interval without a trade has no bar.
    pub trade_count: u64,
}

impl Payload for Bar {
    const KIND: Kind = Kind::Bar;
}

/// What one unit of an instrument is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum ContractKind {
    /// The asset itself.
    Spot = 1,
    /// A perpetual future settled in the quote currency.
    LinearPerpetual = 2,
    /// A perpetual future settled in the base currency.
    InversePerpetual = 3,
    /// A dated future settled in the quote currency.
    LinearFuture = 4,
    /// A dated future settled in the base currency.
    InverseFuture = 5,
}

/// What an instrument is from this record on. A new revision resets its book, but for one that only widens a scale,
/// which rescales it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct InstrumentDefinition {
    /// The venue's name, such as `binance-spot`.
    pub venue: Text<24>,
    /// The venue's symbol, such as `BTCUSDT`.
    pub symbol: Text<32>,
    /// Base currency, empty where it is not known.
    pub base: Text<16>,
    /// Quote currency, empty where it is not known.
    pub quote: Text<16>,
    /// Smallest step of an order's price; zero where it is not known.
    pub tick: Price,
    /// Smallest step of an order's quantity; zero where it is not known.
    pub lot: Quantity,
    /// Smallest order quantity; zero where there is none.
    pub quantity_min: Quantity,
    /// Largest order quantity; zero where there is none.
    pub quantity_max: Quantity,
    /// Smallest order notional, a [`super::Notional`]; zero where there is none.
    pub notional_min: WideNumber,
    /// Counts the definitions of this instrument in this boot, from one.
    pub revision: u32,
    /// Decimal digits behind the point of every price.
    pub price_scale: u8,
    /// Decimal digits behind the point of every quantity.
    pub quantity_scale: u8,
    /// What one unit is.
    pub contract: ContractKind,
    /// One where no definition of the venue stands behind this, only the digits seen.
    pub is_inferred: u8,
}

impl Payload for InstrumentDefinition {
    const KIND: Kind = Kind::InstrumentDefinition;
}

/// How far a book can be believed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum SyncState {
    /// No snapshot yet, or one is being joined to the stream.
    Syncing = 1,
    /// Proven: a snapshot, and every update since, in order.
    Live = 2,
    /// Continuity broke; nothing is applied until a new snapshot.
    Desynced = 3,
}

/// Why a book became what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum SyncReason {
    /// The feed began.
    Started = 1,
    /// Snapshot and stream joined.
    Joined = 2,
    /// The venue's numbers do not follow each other.
    Gap = 3,
    /// The connection went away.
    Disconnected = 4,
    /// The venue's checksum is not our book's.
    Checksum = 5,
    /// The best bid is not below the best ask, for longer than it may be.
    Crossed = 6,
    /// Too many updates came while the snapshot did not.
    Overflow = 7,
    /// A reader lost records.
    Lapped = 8,
    /// A frame could not be read.
    DecodeError = 9,
    /// The instrument's definition changed.
    Redefined = 10,
}

/// A book became syncing, live or desynced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SyncChange {
    /// The venue's number of the last update that was applied, zero where none was.
    pub update_id: u64,
    /// Gaps of this instrument so far.
    pub gap_count: u32,
    /// Times that it had to sync anew so far.
    pub resync_count: u32,
    /// From now on.
    pub state: SyncState,
    /// Why.
    pub reason: SyncReason,
    reserved: [u8; 6],
}

impl SyncChange {
    /// The book is `state` from now on, because of `reason`.
    pub const fn new(
        state: SyncState,
        reason: SyncReason,
        update_id: u64,
        gap_count: u32,
        resync_count: u32,
    ) -> Self {
        SyncChange { update_id, gap_count, resync_count, state, reason, reserved: [0; 6] }
    }
}

impl Payload for SyncChange {
    const KIND: Kind = Kind::SyncChange;
}

/// Best bid and ask of one pair over several venues, at the scales stated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ConsolidatedTop {
    /// Best bid of all; zero where no venue has one.
    pub bid: Level,
    /// Best ask of all; zero where no venue has one.
    pub ask: Level,
    /// Where the best bid stands.
    pub bid_instrument_id: InstrumentId,
    /// Where the best ask stands.
    pub ask_instrument_id: InstrumentId,
    /// Scale of both prices: the widest of the pair's instruments.
    pub price_scale: u8,
    /// Scale of both quantities: the widest of the pair's instruments.
    pub quantity_scale: u8,
    /// Venues whose book is live.
    pub live_count: u16,
    /// One where the instrument that this is told of is unlike its pair and left out: nothing stands here then, and the
    /// pair goes on without it.
    pub is_left_out: u8,
    reserved: [u8; 3],
}

impl ConsolidatedTop {
    /// Nothing stands anywhere, at these scales.
    pub const fn empty(price_scale: u8, quantity_scale: u8) -> Self {
        const NOTHING: Level = Level { price: Price(0), quantity: Quantity(0) };
        ConsolidatedTop {
            bid: NOTHING,
            ask: NOTHING,
            bid_instrument_id: InstrumentId::NONE,
            ask_instrument_id: InstrumentId::NONE,
            price_scale,
            quantity_scale,
            live_count: 0,
            is_left_out: 0,
            reserved: [0; 3],
        }
    }
}

impl Payload for ConsolidatedTop {
    const KIND: Kind = Kind::ConsolidatedTop;
}
