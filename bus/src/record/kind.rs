//! The closed list of record kinds. A number is never used twice, not even after its kind is gone.

/// What a record is about; the first byte of its header.
///
/// ```
/// use fulmar_bus::record::Kind;
/// assert_eq!(Kind::from_byte(1), Some(Kind::Trade));
/// assert_eq!(Kind::from_byte(0), None, "a zeroed slot is no record");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A trade at the venue.
    Trade = 1,
    /// Absolute quantities of some book levels.
    BookLevels = 2,
    /// The book is replaced; its levels follow.
    SnapshotBegin = 3,
    /// The replacement is complete.
    SnapshotEnd = 4,
    /// Best bid and ask of one instrument.
    TopOfBook = 5,
    /// A bar of trades.
    Bar = 6,
    /// What holding a derivative costs.
    Funding = 7,
    /// The prices that a venue computes of a derivative.
    MarkPrice = 8,
    /// What an instrument is, or is from now on.
    InstrumentDefinition = 10,
    /// Whether the venue knows an instrument, and trades it now.
    InstrumentStatus = 11,
    /// A book became syncing, live or desynced.
    SyncChange = 12,
    /// Best bid and ask of one pair over several venues.
    ConsolidatedTop = 13,
    /// What the venues of one pair say of each other.
    CrossVenue = 14,
    /// A strategy wants an order.
    Intent = 20,
    /// A strategy wants an order canceled.
    CancelIntent = 21,
    /// A strategy wants an order changed.
    ModifyIntent = 22,
    /// An order that the risk gate approved.
    Order = 23,
    /// A cancel that the risk gate passed.
    CancelOrder = 24,
    /// What became of an order.
    ExecutionReport = 25,
    /// The position in one instrument.
    Position = 26,
    /// The risk gate refused an intent.
    Denial = 28,
    /// A change of an order that the risk gate approved.
    ModifyOrder = 29,
    /// A timer fired.
    Timer = 30,
    /// An order of the operator to an actor.
    Control = 32,
    /// What a core loop drained, in which order, at which time.
    Note = 33,
    /// Bytes that came from outside.
    Frame = 34,
    /// Bytes that are to go outside.
    Request = 35,
    /// What a venue says that an account has of an asset.
    BalanceStatement = 36,
    /// What a venue says that an account holds of a derivative.
    PositionStatement = 37,
    /// What a scope has earned, lost and has at stake.
    ScopeReport = 38,
    /// A limit is to be another, and what became of that.
    LimitChange = 39,
    /// What is known of an order that the engine holds.
    HeldOrder = 40,
    /// What a scope may have at stake for its value at risk.
    StakeLimit = 41,
    /// A cancel of all orders of the account on an instrument, which was approved and is on its way.
    CancelAll = 42,
    /// Whether the process of an attached strategy is there.
    Presence = 50,
}

impl Kind {
    /// Every kind, in numeric order.
    pub const ALL: [Kind; 35] = [
        Kind::Trade,
        Kind::BookLevels,
        Kind::SnapshotBegin,
        Kind::SnapshotEnd,
        Kind::TopOfBook,
        Kind::Bar,
        Kind::Funding,
        Kind::MarkPrice,
        Kind::InstrumentDefinition,
        Kind::InstrumentStatus,
        Kind::SyncChange,
        Kind::ConsolidatedTop,
        Kind::CrossVenue,
        Kind::Intent,
        Kind::CancelIntent,
        Kind::ModifyIntent,
        Kind::Order,
        Kind::CancelOrder,
        Kind::ExecutionReport,
        Kind::Position,
        Kind::Denial,
        Kind::ModifyOrder,
        Kind::Timer,
        Kind::Control,
        Kind::Note,
        Kind::Frame,
        Kind::Request,
        Kind::BalanceStatement,
        Kind::PositionStatement,
        Kind::ScopeReport,
        Kind::LimitChange,
        Kind::HeldOrder,
        Kind::StakeLimit,
        Kind::CancelAll,
        Kind::Presence,
    ];

    /// The kind that `byte` stands for, or `None` for a number that no kind has.
    pub const fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Trade,
            2 => Kind::BookLevels,
            3 => Kind::SnapshotBegin,
            4 => Kind::SnapshotEnd,
            5 => Kind::TopOfBook,
            6 => Kind::Bar,
            7 => Kind::Funding,
            8 => Kind::MarkPrice,
            10 => Kind::InstrumentDefinition,
            11 => Kind::InstrumentStatus,
            12 => Kind::SyncChange,
            13 => Kind::ConsolidatedTop,
            14 => Kind::CrossVenue,
            20 => Kind::Intent,
            21 => Kind::CancelIntent,
            22 => Kind::ModifyIntent,
            23 => Kind::Order,
            24 => Kind::CancelOrder,
            25 => Kind::ExecutionReport,
            26 => Kind::Position,
            28 => Kind::Denial,
            29 => Kind::ModifyOrder,
            30 => Kind::Timer,
            32 => Kind::Control,
            33 => Kind::Note,
            34 => Kind::Frame,
            35 => Kind::Request,
            36 => Kind::BalanceStatement,
            37 => Kind::PositionStatement,
            38 => Kind::ScopeReport,
            39 => Kind::LimitChange,
            40 => Kind::HeldOrder,
            41 => Kind::StakeLimit,
            42 => Kind::CancelAll,
            50 => Kind::Presence,
            _ => return None,
        })
    }
}
