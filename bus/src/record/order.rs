//! What is wanted: intents, and what the risk gate makes of them. What became of an order is said in `report`.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{AccountId, ClientOrderId, Kind, Payload, Price, Quantity, Side, StrategyId, UnixNanos};

/// How an order meets the market.
/// Stands in an [`Intent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum OrderType {
    /// At any price, now.
    Market = 1,
    /// At its price or better.
    Limit = 2,
}

/// How long an order stands.
/// Stands in an [`Intent`].
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
///
/// ```
/// use fulmar_bus::record::*;
/// let id = ClientOrderId::new(1, StrategyId(0), 1);
/// // 0.5 at 61837.63, where prices have scale 2 and quantities scale 3; it must not take.
/// let mut intent = Intent::limit(id, Side::Buy, Price(6_183_763), Quantity(500));
/// intent.post_only = 1;
/// assert_eq!((intent.order_type, intent.time_in_force), (OrderType::Limit, TimeInForce::Gtc));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Intent {
    /// The id that the order will have at the venue.
    pub client_order_id: ClientOrderId,
    /// What the strategy calls it; comes back in every report.
    pub tag: u64,
    /// Limit price, at the instrument's price scale; zero for a market order.
    pub price: Price,
    /// How much, at the instrument's quantity scale; above zero.
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
///
/// ```
/// use fulmar_bus::record::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let client_order_id = ClientOrderId::new(1, StrategyId(0), 1);
/// let mut record = Record::new();
/// record.write(heading, &CancelIntent { client_order_id });
/// assert_eq!(record.read::<CancelIntent>().map(|cancel| cancel.client_order_id), Ok(client_order_id));
/// ```
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
///
/// ```
/// use fulmar_bus::record::*;
/// # let id = ClientOrderId::new(1, StrategyId(0), 1);
/// # let intent = Intent::limit(id, Side::Buy, Price(6_183_763), Quantity(500));
/// # let order = Order { intent, approved_at: UnixNanos(2_500) };
/// # let decided_at = UnixNanos(1_000);
/// let Order { intent, approved_at } = order;
/// assert_eq!(intent.price.times(intent.quantity), Notional(3_091_881_500), "what it may cost");
/// assert_eq!(approved_at.since(decided_at), Nanos(1_500));
/// ```
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
/// Like an [`Order`], it is on its channel only because the risk gate put it there.
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

/// The risk gate refused an intent. The order never left.
///
/// ```
/// use fulmar_bus::record::*;
/// # let client_order_id = ClientOrderId::new(1, StrategyId(0), 1);
/// # let (code, codes) = (3, 1 << 3 | 1 << 8);
/// # let (strategy_id, account_id) = (StrategyId(0), AccountId(0));
/// # let (tag, limit, value, reserved) = (7, 500, 800, [0; 2]);
/// # let denial = Denial { client_order_id, tag, codes, limit, value, code, strategy_id, account_id, reserved };
/// assert_eq!((denial.code, denial.limit, denial.value), (3, 500, 800), "800 were wanted where 500 may be");
/// let refused: Vec<u32> = (0..64).filter(|code| denial.codes >> code & 1 == 1).collect();
/// assert_eq!(refused, [3, 8], "another check would have refused it too");
/// ```
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
