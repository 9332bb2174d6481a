//! What became of an order, and what is held after it traded.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{
    AccountId, ClientOrderId, Kind, ModifyOrder, Payload, Price, Quantity, Side, StrategyId, Text, UnixNanos,
    WideNumber,
};

/// Where an order stands.
///
/// ```
/// use fulmar_bus::record::OrderStatus;
/// assert!(OrderStatus::Rejected.is_terminal());
/// assert!(!OrderStatus::Unknown.is_terminal(), "it may stand at the venue");
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum OrderStatus {
    /// Made, not yet judged.
    Initialized = 1,
    /// Refused by our gate; never left.
    Denied = 2,
    /// Sent, not yet answered.
    Submitted = 3,
    /// Stands at the venue.
    Accepted = 4,
    /// Refused by the venue.
    Rejected = 5,
    /// A cancel is on its way.
    PendingCancel = 6,
    /// Stands, in part filled.
    PartiallyFilled = 7,
    /// Done: all of it traded.
    Filled = 8,
    /// Done: the rest was canceled.
    Canceled = 9,
    /// Done: the venue ended it.
    Expired = 10,
    /// Sent, and nobody knows. Not a rejection: its exposure counts in full until a query settles it.
    Unknown = 11,
    /// A change of it is on its way.
    PendingUpdate = 12,
    /// Its trigger price was met: it stands as the order that it was to become.
    Triggered = 13,
}

impl OrderStatus {
    /// True where nothing more can happen to the order, late fills apart.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            OrderStatus::Denied
                | OrderStatus::Rejected
                | OrderStatus::Filled
                | OrderStatus::Canceled
                | OrderStatus::Expired
        )
    }
}

/// What a report tells.
/// Told apart in the example of [`ExecutionReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum ExecutionType {
    /// The order left this process.
    Submitted = 1,
    /// The venue has it.
    Accepted = 2,
    /// The venue refused it.
    Rejected = 3,
    /// Some of it traded; the `last_*` fields say how much.
    Trade = 4,
    /// The rest of it was canceled.
    Canceled = 5,
    /// The venue ended it.
    Expired = 6,
    /// The venue refused to cancel it; the order stands as it stood.
    CancelRejected = 7,
    /// Nobody knows what became of it.
    Unknown = 8,
    /// The venue changed it; price and quantity say what it is now.
    Updated = 9,
    /// The venue refused to change it; the order stands as it stood.
    UpdateRejected = 10,
    /// Its trigger price was met.
    Triggered = 11,
}

/// Who waited and who came.
/// Stands in an [`ExecutionReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum LiquiditySide {
    /// No trade, or the venue does not say.
    None = 0,
    /// Our order stood in the book.
    Maker = 1,
    /// Our order took from the book.
    Taker = 2,
}

/// What became of an order. The same shape from the venue to the risk gate and from there to the strategy.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (id, status) = (ClientOrderId::new(1, StrategyId(0), 1), OrderStatus::PartiallyFilled);
/// # let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Trade, status);
/// # (report.last_px, report.last_qty, report.leaves_qty) = (Price(100), Quantity(3), Quantity(2));
/// let spent = match report.execution {
///     ExecutionType::Trade => report.last_px.times(report.last_qty),
///     _ => Notional(0),
/// };
/// assert_eq!(spent, Notional(300));
/// assert_eq!((report.leaves_qty, report.status.is_terminal()), (Quantity(2), false));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ExecutionReport {
    /// The order.
    pub client_order_id: ClientOrderId,
    /// What the strategy calls it; filled in by the engine, zero from the venue.
    pub tag: u64,
    /// The venue's number of the order, zero where it has not told one.
    pub venue_order_id: u64,
    /// The venue's number of the trade, zero where this is none.
    pub trade_id: u64,
    /// How much traded just now, at the instrument's quantity scale, as the other quantities.
    pub last_qty: Quantity,
    /// At which price, at the instrument's price scale. Of an order that the engine holds, which trades nothing, where
    /// its trigger stands now, zero where it has none.
    pub last_px: Price,
    /// How much of the order traded so far.
    pub cumulative_qty: Quantity,
    /// How much of it still stands; zero once it is done.
    pub leaves_qty: Quantity,
    /// The venue's fee for this trade, above zero where we pay, in `commission_asset`: at
    /// [`ExecutionReport::COMMISSION_SCALE`], whatever the instrument's scales, since it may be of another asset.
    pub commission: WideNumber,
    /// The currency of the fee.
    pub commission_asset: Text<8>,
    /// When the venue says that it happened.
    pub venue_at: UnixNanos,
    /// The order's price, as the venue has it.
    pub price: Price,
    /// Where the order stands now.
    pub status: OrderStatus,
    /// What this report tells.
    pub execution: ExecutionType,
    /// Maker or taker, in a trade.
    pub liquidity_side: LiquiditySide,
    /// Buy or sell.
    pub side: Side,
    /// Why it was rejected, or not changed or canceled: the engine's name for it where it has one, else the venue's
    /// error number. Zero where nothing was.
    pub reason: i32,
    /// Whose order it is.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    /// Of an answer to a change: which, as [`super::ModifyIntent::revision`]. Zero where the venue changed it unasked.
    pub revision: u16,
    /// One where the order waits in the engine for its trigger or its turn, since the venue has no such order.
    pub is_emulated: u8,
    reserved: [u8; 1],
    /// The order's quantity, as the venue has it; zero where it does not say.
    pub quantity: Quantity,
}

impl ExecutionReport {
    /// Decimal digits behind the point of a fee: as many as the finest currency has.
    pub const COMMISSION_SCALE: u8 = 18;

    /// A report on `client_order_id` that tells of no trade. Change the public fields for anything else.
    pub fn new(
        client_order_id: ClientOrderId,
        side: Side,
        execution: ExecutionType,
        status: OrderStatus,
    ) -> Self {
        ExecutionReport {
            client_order_id,
            tag: 0,
            venue_order_id: 0,
            trade_id: 0,
            last_qty: Quantity(0),
            last_px: Price(0),
            cumulative_qty: Quantity(0),
            leaves_qty: Quantity(0),
            commission: WideNumber::default(),
            commission_asset: Text::default(),
            venue_at: UnixNanos(0),
            price: Price(0),
            status,
            execution,
            liquidity_side: LiquiditySide::None,
            side,
            reason: 0,
            strategy_id: client_order_id.strategy_id,
            account_id: AccountId(0),
            revision: 0,
            is_emulated: 0,
            reserved: [0; 1],
            quantity: Quantity(0),
        }
    }
}

impl ExecutionReport {
    /// The report that a change was not made, for this reason. It does not say where the order stands, which may never
    /// have arrived.
    pub fn refused_change(change: &ModifyOrder, reason: i32) -> Self {
        let (execution, status) = (ExecutionType::UpdateRejected, OrderStatus::Submitted);
        let mut report = ExecutionReport::new(change.client_order_id, change.side, execution, status);
        (report.revision, report.reason) = (change.revision, reason);
        report
    }
}

impl Payload for ExecutionReport {
    const KIND: Kind = Kind::ExecutionReport;
    const VERSION: u8 = 2;
}

/// The position of one strategy and account in one instrument, after a fill.
///
/// ```
/// use fulmar_bus::record::*;
/// # let (cost, realized) = (Notional(-30_000).into(), Notional(450).into());
/// # let position = Position {
/// #     quantity: Quantity(-300), avg_px: Price(100), realized, cost, bought_qty: Quantity(50),
/// #     sold_qty: Quantity(350), strategy_id: StrategyId(0), account_id: AccountId(0), reserved: [0; 4],
/// # };
/// assert_eq!(position.quantity.0, position.bought_qty.0 - position.sold_qty.0, "short by 300");
/// // What it would earn, fees apart, if what is open were closed at 98.
/// let worth = Price(98).times(position.quantity);
/// let earned = Notional::from(position.realized).0 + worth.0 - Notional::from(position.cost).0;
/// assert_eq!(earned, 450 + 600);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Position {
    /// At the instrument's quantity scale, as the sums below; above zero is long.
    pub quantity: Quantity,
    /// Average price of what is open, at the instrument's price scale, rounded toward zero; zero where nothing is.
    pub avg_px: Price,
    /// What closing trades earned, fees apart, a [`super::Notional`].
    pub realized: WideNumber,
    /// What the open quantity cost, signed as the quantity is, a [`super::Notional`].
    pub cost: WideNumber,
    /// Sum of bought quantities.
    pub bought_qty: Quantity,
    /// Sum of sold quantities.
    pub sold_qty: Quantity,
    /// Whose it is.
    pub strategy_id: StrategyId,
    /// In which account.
    pub account_id: AccountId,
    /// Always zero.
    pub reserved: [u8; 4],
}

impl Payload for Position {
    const KIND: Kind = Kind::Position;
}
