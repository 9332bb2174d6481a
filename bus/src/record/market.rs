//! What a venue tells of its market: trades, levels, snapshots, tops, and the bars made of them. Whether a book can be
//! believed is said in `sync`, at which scales numbers stand in `instrument`.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Malformed, Nanos, Payload, Price, Quantity, Record, UnixNanos, WideNumber};

/// Which side of the market.
///
/// ```
/// use fulmar_bus::record::Side;
/// let opened = Side::Buy;
/// assert_eq!(opened.opposite(), Side::Sell, "what closes it");
/// ```
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
///
/// ```
/// use fulmar_bus::record::*;
/// let trade = Trade::new(Price(6_183_763), Quantity(20), Side::Sell, 901, UnixNanos::from_millis(1_723_161_255_208));
/// let signed_flow = if trade.aggressor == Side::Buy { trade.quantity.0 } else { -trade.quantity.0 };
/// assert_eq!(signed_flow, -20, "a seller crossed the spread");
/// ```
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
///
/// ```
/// use fulmar_bus::record::{Level, Price, Quantity};
/// let level = Level { price: Price(6_183_763), quantity: Quantity(0) };
/// assert!(level.quantity.is_zero(), "take it out of the book");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Level {
    /// Price, at the instrument's price scale.
    pub price: Price,
    /// Absolute quantity, at the instrument's quantity scale.
    pub quantity: Quantity,
}

/// Some levels of a book, to be applied in order: bids, then asks. The list follows the payload.
///
/// ```
/// use fulmar_bus::record::*;
/// use zerocopy::IntoBytes;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
/// let levels = [level(100, 5), level(99, 0), level(102, 7)];
/// let update = BookLevels { update_id: 12, venue_at: UnixNanos(8), bid_count: 2, ask_count: 1 };
/// let mut record = Record::new();
/// record.write_with_tail(heading, &update, levels.as_bytes());
/// let (_, bids, asks) = BookLevels::read(&record).expect("it was just written");
/// assert_eq!((bids, asks), (&levels[..2], &levels[2..]));
/// ```
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
///
/// ```
/// use fulmar_bus::record::*;
/// # use zerocopy::IntoBytes;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::SNAPSHOT);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// # let (update_id, venue_at, bid_count, ask_count) = (11, UnixNanos(8), 1, 0);
/// # let mut records = [Record::new(), Record::new(), Record::new()];
/// # records[0].write(heading, &SnapshotBegin { update_id, venue_at, bid_count, ask_count });
/// # let part = BookLevels { update_id, venue_at, bid_count, ask_count };
/// # records[1].write_with_tail(heading, &part, Level::default().as_bytes());
/// # records[2].write(heading, &SnapshotEnd { update_id, venue_at });
/// let (mut bids, mut is_whole) = (Vec::<Level>::new(), false);
/// for record in &records {
///     match record.header().kind() {
///         Some(Kind::SnapshotBegin) => bids.clear(),
///         Some(Kind::BookLevels) => bids.extend(BookLevels::read(record)?.1),
///         Some(Kind::SnapshotEnd) => is_whole = true,
///         _ => {}
///     }
/// }
/// assert_eq!((bids.len(), is_whole), (1, true));
/// # Ok::<(), Malformed>(())
/// ```
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
/// The example of [`SnapshotBegin`] has both.
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
/// Stands in a [`TopOfBook`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum TopSource {
    /// The venue's own ticker of best bid and ask.
    Ticker = 1,
    /// Our book, proven live.
    Book = 2,
}

/// Best bid and ask. A side that is empty has price and quantity zero.
///
/// ```
/// use fulmar_bus::record::*;
/// let level = |price, quantity| Level { price: Price(price), quantity: Quantity(quantity) };
/// let top = TopOfBook::new(level(100, 5), level(102, 7), 12, UnixNanos(8), TopSource::Book);
/// assert!(top.is_two_sided());
/// assert_eq!(top.ask.price.0 - top.bid.price.0, 2, "the spread, at the instrument's price scale");
/// let one_sided = TopOfBook::new(level(100, 5), Level::default(), 13, UnixNanos(9), TopSource::Book);
/// assert!(!one_sided.is_two_sided());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TopOfBook {
    /// Best bid, at the instrument's scales, as the ask.
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

/// A bar of the trades of one interval, aligned to UTC: made here, or by the venue. What a venue does not say of its
/// bar is zero.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (open, high, low, close) = (Price(100), Price(104), Price(99), Price(103));
/// # let notional = Notional(1_020).into();
/// # let (start_at, interval) = (UnixNanos::from_millis(60_000), Nanos::from_secs(60));
/// # let bar = Bar { open, high, low, close, volume: Quantity(10), notional, start_at, interval, trade_count: 4 };
/// let average_price = Notional::from(bar.notional).0 / i128::from(bar.volume.0);
/// assert_eq!(average_price, 102);
/// assert_eq!(bar.start_at + bar.interval, UnixNanos::from_millis(120_000), "the first moment after it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Bar {
    /// Price of the first trade, at the instrument's price scale, as the three below.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Price of the last trade.
    pub close: Price,
    /// Sum of quantities, at the instrument's quantity scale.
    pub volume: Quantity,
    /// Sum of price times quantity, a [`super::Notional`].
    pub notional: WideNumber,
    /// Start of the interval; it ends before `start_at + interval`.
    pub start_at: UnixNanos,
    /// Length of the interval.
    pub interval: Nanos,
    /// Trades in it; at least one in a bar made here, since an interval without a trade has none.
    pub trade_count: u64,
}

impl Payload for Bar {
    const KIND: Kind = Kind::Bar;
}
