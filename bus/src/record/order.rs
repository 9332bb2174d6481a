//! The life of an order in words: wanted, approved or denied, and what became of it.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{
    AccountId, ClientOrderId, Kind, Payload, Price, Quantity, Side, StrategyId, Text, UnixNanos, WideNumber,
};

/// How an order meets the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum OrderType {
    /// At any price, now.
    Market = 1,
    /// At its price or better.
    Limit = 2,
}

/// How long an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until it is canceled.
    Gtc = 1,
    /// What can be done now; the rest is canceled.
    Ioc = 2,
    /// All of it now, or nothing.
    Fok = 3,
}

/// A strategy wants an order. It gives a tag of its own; the engine gives the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Intent {
    /// The id that the order will have at the venue.
    pub client_order_id: ClientOrderId,
    /// What the strategy calls it; comes back in every report.
    pub tag: u64,
    /// Limit price; zero for a market order.
    pub price: Price,
    /// How much; above zero.
    pub quantity: Quantity,
    /// Buy or sell.
    pub side: Side,
    /// Market or limit.
    pub order_type: OrderType,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// One where it must not take: it rests or is rejected.
    pub post_only: u8,
    /// One where it may only bring the position nearer to zero.
    pub reduce_only: u8,
    reserved: [u8; 1],
    /// Whose it is.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    reserved_end: [u8; 6],
}

impl Intent {
    /// A limit order that stands until it is canceled. Change the public fields for anything else.
    pub const fn limit(client_order_id: ClientOrderId, side: Side, price: Price, quantity: Quantity) -> Self {
        Intent {
            client_order_id,
            tag: 0,
            price,
            quantity,
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Gtc,
            post_only: 0,
            reduce_only: 0,
            reserved: [0; 1],
            strategy_id: client_order_id.strategy_id,
            account_id: AccountId(0),
            reserved_end: [0; 6],
        }
    }

    /// A market order.
    pub const fn market(client_order_id: ClientOrderId, side: Side, quantity: Quantity) -> Self {
        let mut intent = Self::limit(client_order_id, side, Price(0), quantity);
        intent.order_type = OrderType::Market;
        intent.time_in_force = TimeInForce::Ioc;
        intent
    }
}

impl Payload for Intent {
    const KIND: Kind = Kind::Intent;
}

/// A strategy wants one of its orders canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CancelIntent {
    /// The order.
    pub client_order_id: ClientOrderId,
}

impl Payload for CancelIntent {
    const KIND: Kind = Kind::CancelIntent;
}

/// An order that the risk gate approved: the intent as it stands, and nothing that it did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Order {
    /// What was wanted and is now approved.
    pub intent: Intent,
    /// When the gate approved it.
    pub approved_at: UnixNanos,
}

impl Payload for Order {
    const KIND: Kind = Kind::Order;
}

/// A cancel on its way to the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CancelOrder {
    /// The order.
    pub client_order_id: ClientOrderId,
    /// The venue's number of it, zero where it has not told one.
    pub venue_order_id: u64,
}

impl Payload for CancelOrder {
    const KIND: Kind = Kind::CancelOrder;
}

/// Where an order stands.
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
}

/// Who waited and who came.
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
    /// How much traded just now.
    pub last_qty: Quantity,
    /// At which price.
    pub last_px: Price,
    /// How much of the order traded so far.
    pub cumulative_qty: Quantity,
    /// How much of it still stands; zero once it is done.
    pub leaves_qty: Quantity,
    /// The venue's fee for this trade, above zero where we pay, at the scale of a notional, in `commission_asset`.
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
    /// The venue's error number of a rejection, zero where there is none.
    pub reason: i32,
    /// Whose order it is.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    reserved: [u8; 4],
}

impl ExecutionReport {
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
            reserved: [0; 4],
        }
    }
}

impl Payload for ExecutionReport {
    const KIND: Kind = Kind::ExecutionReport;
}

/// The position of one strategy and account in one instrument, after a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Position {
    /// Signed: above zero is long.
    pub quantity: Quantity,
    /// Average price of what is open, rounded toward zero; zero where nothing is.
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

/// The risk gate refused an intent. The order never left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Denial {
    /// The id that the order would have had.
    pub client_order_id: ClientOrderId,
    /// What the strategy calls it.
    pub tag: u64,
    /// Every check that refused it: bit `n` is the check whose code is `n`.
    pub codes: u64,
    /// The limit of the first check that refused, in that check's unit.
    pub limit: i64,
    /// What the intent would have made of it.
    pub value: i64,
    /// The first check that refused it, in the gate's order.
    pub code: u16,
    /// Whose intent it was.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    /// Always zero.
    pub reserved: [u8; 2],
}

impl Payload for Denial {
    const KIND: Kind = Kind::Denial;
}
