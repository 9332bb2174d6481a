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
    /// A market order once the market has gone against its trigger price: above it for a buyer, below it for a seller.
    Stop = 3,
    /// A limit order once the market has gone against its trigger price.
    StopLimit = 4,
    /// A stop whose trigger price follows the market at its trailing offset, and never steps back.
    TrailingStop = 5,
    /// A market order once the market has come to its trigger price: below it for a buyer, above it for a seller.
    MarketIfTouched = 6,
    /// A limit order once the market has come to its trigger price.
    LimitIfTouched = 7,
}

impl OrderType {
    /// True where it waits for a trigger.
    ///
    /// ```
    /// use fulmar_bus::record::OrderType;
    /// assert!(OrderType::TrailingStop.is_triggered() && !OrderType::Limit.is_triggered());
    /// ```
    pub const fn is_triggered(self) -> bool {
        !matches!(self, OrderType::Market | OrderType::Limit)
    }

    /// True where it has a limit price, from the beginning or once it is triggered.
    pub const fn is_limited(self) -> bool {
        matches!(self, OrderType::Limit | OrderType::StopLimit | OrderType::LimitIfTouched)
    }
}

/// Which price of the market triggers an order.
/// Stands in an [`Intent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum TriggerBy {
    /// That of the last trade.
    Last = 0,
    /// The best price that the order could trade at: the ask for a buyer, the bid for a seller.
    BidAsk = 1,
    /// The venue's mark price.
    Mark = 2,
    /// The venue's index price.
    Index = 3,
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
    /// Until the moment that it names.
    Gtd = 4,
    /// Until the end of the trading day; where venues never close, of the day in UTC.
    Day = 5,
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
    /// Limit price, at the instrument's price scale, as the other prices; zero where it has none.
    pub price: Price,
    /// How much, at the instrument's quantity scale; above zero.
    pub quantity: Quantity,
    /// Buy or sell.
    pub side: Side,
    /// How it meets the market.
    pub order_type: OrderType,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// One where it must not take: it rests or is rejected.
    pub post_only: u8,
    /// One where it may only bring the position nearer to zero.
    pub reduce_only: u8,
    /// Which price triggers it, where it waits for a trigger.
    pub trigger_by: TriggerBy,
    /// Whose it is.
    pub strategy_id: StrategyId,
    /// For which account.
    pub account_id: AccountId,
    reserved: [u8; 2],
    /// Orders of one strategy with the same number here are alternatives: what one of them trades is taken from the
    /// others, and the end of one ends them. Zero for an order by itself.
    pub alternatives: u32,
    /// Where it is triggered; zero where it waits for no trigger. A trailing one begins here, or where this is zero at
    /// its offset from the market.
    pub trigger_price: Price,
    /// How far behind the market a trailing trigger stays; zero elsewhere.
    pub trailing_offset: Price,
    /// The most that the book shows of it; zero where it shows all.
    pub display_qty: Quantity,
    /// When an order of [`TimeInForce::Gtd`] ends; zero elsewhere.
    pub expire_at: UnixNanos,
    /// The counter of the same strategy's order that it waits for: it is sent as that one trades, and never before.
    /// Zero where it waits for none.
    pub after_counter: u64,
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
            trigger_by: TriggerBy::Last,
            strategy_id: client_order_id.strategy_id,
            account_id: AccountId(0),
            reserved: [0; 2],
            alternatives: 0,
            trigger_price: Price(0),
            trailing_offset: Price(0),
            display_qty: Quantity(0),
            expire_at: UnixNanos(0),
            after_counter: 0,
        }
    }

    /// True where the book is to show a part of it alone.
    pub const fn shows_part(&self) -> bool {
        self.display_qty.0 != 0 && self.display_qty.0 < self.quantity.0
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
    const VERSION: u8 = 2;
}

/// What an order is to be from now on: all of it, changed or not.
///
/// ```
/// use fulmar_bus::record::*;
/// # let intent = Intent::limit(ClientOrderId::new(1, StrategyId(0), 1), Side::Buy, Price(100), Quantity(5));
/// let cheaper = OrderTerms { price: Price(99), ..OrderTerms::of(&intent) };
/// assert_eq!(cheaper.quantity, Quantity(5), "of which some may have traded already");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct OrderTerms {
    /// As [`Intent::price`].
    pub price: Price,
    /// As [`Intent::trigger_price`].
    pub trigger_price: Price,
    /// As [`Intent::quantity`]: what traded already is part of it.
    pub quantity: Quantity,
}

impl OrderTerms {
    /// Those of an order as it was wanted.
    pub const fn of(intent: &Intent) -> Self {
        OrderTerms { price: intent.price, trigger_price: intent.trigger_price, quantity: intent.quantity }
    }

    /// The order that it is on these terms.
    pub const fn applied_to(&self, mut intent: Intent) -> Intent {
        (intent.price, intent.trigger_price, intent.quantity) =
            (self.price, self.trigger_price, self.quantity);
        intent
    }
}

/// A strategy wants one of its orders changed.
///
/// ```
/// use fulmar_bus::record::*;
/// # let client_order_id = ClientOrderId::new(1, StrategyId(0), 1);
/// # let terms = OrderTerms { price: Price(99), trigger_price: Price(0), quantity: Quantity(5) };
/// let second = ModifyIntent::new(client_order_id, terms, 2);
/// assert_eq!((second.terms.price, second.revision), (Price(99), 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ModifyIntent {
    /// The order.
    pub client_order_id: ClientOrderId,
    /// What it is to be.
    pub terms: OrderTerms,
    /// Which change of the order it is, counted from one; comes back in the answer.
    pub revision: u16,
    reserved: [u8; 6],
}

impl ModifyIntent {
    /// The wish that an order be changed.
    pub const fn new(client_order_id: ClientOrderId, terms: OrderTerms, revision: u16) -> Self {
        ModifyIntent { client_order_id, terms, revision, reserved: [0; 6] }
    }
}

impl Payload for ModifyIntent {
    const KIND: Kind = Kind::ModifyIntent;
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
    const VERSION: u8 = 2;
}

/// A change of an order, on its way to the venue.
/// Like an [`Order`], it is on its channel only because the risk gate put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ModifyOrder {
    /// The order.
    pub client_order_id: ClientOrderId,
    /// The venue's number of it, zero where it has not told one.
    pub venue_order_id: u64,
    /// What it is to be.
    pub terms: OrderTerms,
    /// What it is as far as known.
    pub terms_before: OrderTerms,
    /// As [`ModifyIntent::revision`].
    pub revision: u16,
    /// Buy or sell, which some venues want to hear again.
    pub side: Side,
    /// How it meets the market.
    pub order_type: OrderType,
    reserved: [u8; 4],
}

impl ModifyOrder {
    /// The change of `intent`, which is an order as it stands, that `modify` wants.
    pub const fn new(intent: &Intent, modify: &ModifyIntent, venue_order_id: u64) -> Self {
        ModifyOrder {
            client_order_id: intent.client_order_id,
            venue_order_id,
            terms: modify.terms,
            terms_before: OrderTerms::of(intent),
            revision: modify.revision,
            side: intent.side,
            order_type: intent.order_type,
            reserved: [0; 4],
        }
    }
}

impl Payload for ModifyOrder {
    const KIND: Kind = Kind::ModifyOrder;
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

/// A cancel of every order that the account has on the record's instrument, in one request: whoever sent them, and
/// those that nobody here knows of. Like an [`Order`], it is on its channel only because the risk gate put it there,
/// which it does only where all of them may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CancelAll {
    /// When the gate approved it.
    pub approved_at: UnixNanos,
}

impl Payload for CancelAll {
    const KIND: Kind = Kind::CancelAll;
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
