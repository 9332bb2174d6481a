//! What an engine that was killed must still know: orders that it held, and those at the venue that they depend on.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{ClientOrderId, ContractSize, Intent, Kind, Payload, Quantity, Text, UnixNanos};

/// How far a held order is on its way to the venue.
/// Stands in a [`HeldOrder`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum HeldStage {
    /// In the engine: its trigger is not met, or its turn did not come.
    Waiting = 1,
    /// In the engine: its trigger was met, or its turn came.
    Fired = 2,
    /// Sent, or about to be: it may be at the venue.
    Standing = 3,
    /// Sent, and not held before: others wait for it.
    Awaited = 4,
    /// Done; what it traded still counts for its alternatives.
    Ended = 5,
    /// Nobody depends on it any more.
    Gone = 6,
}

/// All that is known of an order that the engine holds, or that held ones depend on, as of now. Each is the newest word
/// on its order and stands for all before it. Names and scales are in it, because ids are of one boot alone.
///
/// ```
/// use fulmar_bus::record::*;
/// let id = ClientOrderId::new(1, StrategyId(0), 1);
/// let mut stop = Intent::market(id, Side::Sell, Quantity(5));
/// (stop.order_type, stop.trigger_price) = (OrderType::Stop, Price(9_500));
/// let mut held = HeldOrder::new(stop, UnixNanos(1), HeldStage::Waiting);
/// held.strategy = Text::new("maker").expect("five bytes fit");
/// held.instrument = Text::new("binance-spot:BTCUSDT").expect("twenty bytes fit");
/// assert_eq!((held.wanted_qty, held.intent.trigger_price), (Quantity(5), Price(9_500)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct HeldOrder {
    /// The order on its present terms; of one that fired, what it became.
    pub intent: Intent,
    /// When it was wanted.
    pub submitted_at: UnixNanos,
    /// What the strategy wants of it: it is what its alternatives, and the order that it waits for, leave of that.
    pub wanted_qty: Quantity,
    /// How much of it traded.
    pub traded_qty: Quantity,
    /// How much of the order that it waits for traded.
    pub parent_traded_qty: Quantity,
    /// How much of it its slice at the venue was sent with; zero where none is there.
    pub slice_qty: Quantity,
    /// How much of it had traded when that slice was sent.
    pub slice_from: Quantity,
    /// How much a unit of quantity is.
    pub contract_size: ContractSize,
    /// The name of its strategy.
    pub strategy: Text<32>,
    /// The durable name of its instrument, `venue:symbol`.
    pub instrument: Text<64>,
    /// How far it is on its way.
    pub stage: HeldStage,
    /// Decimal digits of its prices.
    pub price_scale: u8,
    /// Decimal digits of its quantities.
    pub quantity_scale: u8,
    /// One where the order that it waits for is done.
    pub is_parent_done: u8,
    /// One where it was canceled for the sake of an alternative, which ends nobody.
    pub gave_way: u8,
    /// One where no further slice of it is to leave.
    pub is_stopped: u8,
    /// How many slices of it left; zero where it leaves as a whole.
    pub slice_count: u16,
}

impl HeldOrder {
    /// An order of which nothing traded, of nobody and nothing yet. Change the public fields for anything else.
    pub fn new(intent: Intent, submitted_at: UnixNanos, stage: HeldStage) -> Self {
        HeldOrder {
            intent,
            submitted_at,
            wanted_qty: intent.quantity,
            traded_qty: Quantity(0),
            parent_traded_qty: Quantity(0),
            slice_qty: Quantity(0),
            slice_from: Quantity(0),
            contract_size: ContractSize::UNKNOWN,
            strategy: Text::default(),
            instrument: Text::default(),
            stage,
            price_scale: 0,
            quantity_scale: 0,
            is_parent_done: 0,
            gave_way: 0,
            is_stopped: 0,
            slice_count: 0,
        }
    }

    /// The name that its venue may know it by.
    pub const fn venue_id(&self) -> ClientOrderId {
        self.intent.client_order_id.slice(self.slice_count)
    }
}

impl Payload for HeldOrder {
    const KIND: Kind = Kind::HeldOrder;
    const VERSION: u8 = 2;
}
