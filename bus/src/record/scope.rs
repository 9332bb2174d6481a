//! Limits over more than one instrument, as records: what a scope may still do and has at stake, and what the operator
//! changes of its limits. Nothing here judges.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Payload, Text, WideNumber};

/// What a limit, or a command of the operator, is over.
/// Stands in a [`ScopeReport`], a [`LimitChange`] and a [`super::Control`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum ScopeKind {
    /// All strategies together.
    Engine = 0,
    /// All that is traded at one venue.
    Venue = 1,
    /// All that one strategy trades.
    Strategy = 2,
    /// The instrument that the header names.
    Instrument = 3,
}

/// What a scope may still do. The later forbids more.
/// Stands in a [`ScopeReport`].
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    TryFromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(u8)]
pub enum Restraint {
    /// All that its other limits allow.
    #[default]
    Free = 0,
    /// What reduces what it holds.
    ReduceOnly = 1,
    /// The same, and what it holds is closed for it.
    Flatten = 2,
    /// It was killed: what stands is canceled, and no order passes but one that reduces.
    Killed = 3,
}

/// What a scope has earned, lost and has at stake, in the currency that limits are stated in, at
/// [`ScopeReport::SCALE`].
///
/// ```
/// use fulmar_bus::record::*;
/// let currency = Text::new("USDT").expect("it is short");
/// let mut report = ScopeReport::new(currency, (ScopeKind::Strategy, 1));
/// assert_eq!((report.restraint, report.is_exposure_known), (Restraint::Free, 0), "nothing was valued yet");
/// report.restraint = Restraint::ReduceOnly;
/// assert!(report.restraint < Restraint::Flatten);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ScopeReport {
    /// Which currency; empty where none is stated, and nothing is valued.
    pub currency: Text<16>,
    /// What trading made of it since the run began, open positions valued.
    pub earned: WideNumber,
    /// The worst of the day.
    pub daily_loss: WideNumber,
    /// The worst since its best moment.
    pub drawdown: WideNumber,
    /// The most that it could come to hold, long and short added up.
    pub exposure: WideNumber,
    /// Which venue or strategy, counted as in the configuration; zero for the engine.
    pub index: u16,
    /// What the scope is.
    pub scope: ScopeKind,
    /// What it may still do.
    pub restraint: Restraint,
    /// One where all of what was earned could be valued.
    pub is_earned_known: u8,
    /// One where all of what is at stake could be valued.
    pub is_exposure_known: u8,
    reserved: [u8; 2],
}

impl ScopeReport {
    /// Decimal digits behind the point of every amount.
    pub const SCALE: u8 = 18;

    /// A scope of which nothing is known.
    pub fn new(currency: Text<16>, (scope, index): (ScopeKind, u16)) -> Self {
        let nothing = WideNumber::default();
        ScopeReport {
            currency,
            earned: nothing,
            daily_loss: nothing,
            drawdown: nothing,
            exposure: nothing,
            index,
            scope,
            restraint: Restraint::Free,
            is_earned_known: 0,
            is_exposure_known: 0,
            reserved: [0; 2],
        }
    }
}

impl Payload for ScopeReport {
    const KIND: Kind = Kind::ScopeReport;
}

/// A limit that may be changed while the engine runs.
/// Stands in a [`LimitChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum Limit {
    /// Of an instrument: the largest quantity of one order.
    OrderQuantity = 1,
    /// Of an instrument: the largest notional of one order.
    OrderNotional = 2,
    /// Of an instrument: the largest position.
    Position = 3,
    /// Of any scope: the most open orders.
    OpenOrders = 4,
    /// Of an instrument: the most messages in a second.
    Messages = 5,
    /// Of the engine, a venue or a strategy: the most that may be at stake.
    Exposure = 6,
    /// Of the engine or a strategy: the most that may be lost in a day.
    DailyLoss = 7,
    /// Of the engine or a strategy: the most that may be lost since the best moment.
    Drawdown = 8,
    /// Of the engine or a strategy: the furthest that what was earned may jump between two looks.
    PnlJump = 9,
}

/// What became of the change of a limit.
/// Stands in a [`LimitChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum LimitVerdict {
    /// It is wished for.
    Asked = 0,
    /// It holds from now on.
    Applied = 1,
    /// It would allow more than the configuration does, or is below nothing.
    OutOfBounds = 2,
    /// That scope has no such limit, or there is no such scope.
    NoSuchLimit = 3,
}

/// A limit is to be another while the engine runs; and, told back with its verdict, what became of that. A limit can be
/// lowered, and raised again up to what is configured.
///
/// ```
/// use fulmar_bus::record::*;
/// let by = Text::new("anna").expect("it is short");
/// let change = LimitChange::new(Limit::Position, (ScopeKind::Instrument, 0), (Notional(25), 1), by);
/// assert_eq!((change.value_scale, change.verdict), (1, LimitVerdict::Asked), "a position of 2.5 at most");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LimitChange {
    /// What it is to be, at `value_scale`.
    pub value: WideNumber,
    /// Who wishes it.
    pub by: Text<32>,
    /// Which venue or strategy, counted as in the configuration; zero elsewhere.
    pub index: u16,
    /// What the limit is over.
    pub scope: ScopeKind,
    /// Which limit.
    pub limit: Limit,
    /// Decimal digits behind the point of `value`.
    pub value_scale: u8,
    /// What became of it.
    pub verdict: LimitVerdict,
    reserved: [u8; 2],
}

impl LimitChange {
    /// The wish that a limit be this.
    pub fn new(
        limit: Limit,
        (scope, index): (ScopeKind, u16),
        (value, value_scale): (super::Notional, u8),
        by: Text<32>,
    ) -> Self {
        let (value, verdict) = (value.into(), LimitVerdict::Asked);
        LimitChange { value, by, index, scope, limit, value_scale, verdict, reserved: [0; 2] }
    }

    /// The same, with what became of it.
    pub const fn with_verdict(self, verdict: LimitVerdict) -> Self {
        LimitChange { verdict, ..self }
    }
}

impl Payload for LimitChange {
    const KIND: Kind = Kind::LimitChange;
}
