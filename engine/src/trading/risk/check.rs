//! The names and numbers of the checks. A number is never used twice, not even after its check is gone: it stands in
//! journals, in denials and in the heads of those who watch.

use std::fmt;

use fulmar_bus::record::{Denial, Intent};

/// A check of the gate. Its number is [`Denial::code`] and its bit in [`Denial::codes`].
///
/// ```
/// use fulmar_engine::trading::risk::RiskCheck;
/// assert_eq!(RiskCheck::from_code(4), Some(RiskCheck::MaxOrderNotional));
/// assert_eq!(RiskCheck::MaxOrderNotional.to_string(), "MAX_ORDER_NOTIONAL");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum RiskCheck {
    /// The kill is latched.
    KillSwitch = 1,
    /// The book is not live, is crossed, or is older than it may be.
    StaleMarketData = 2,
    /// The quantity is above our limit or the instrument's.
    MaxOrderQty = 3,
    /// The notional is above our limit, or there is no price to know it by.
    MaxOrderNotional = 4,
    /// Price or quantity is no whole number of steps, or a price is missing or not asked for.
    TickLotPrecision = 5,
    /// The quantity is below the instrument's least, or not above zero.
    MinQty = 6,
    /// The notional is below the instrument's least, or there is no price to know it by.
    MinNotional = 7,
    /// Position and open orders together could pass the limit.
    MaxPosition = 8,
    /// One order more than may be open.
    MaxOpenOrders = 9,
    /// No message is left in this window.
    MaxMsgRate = 10,
    /// The strategy's ring of intents has no room. The host refuses so, not the gate.
    IntentRingFull = 11,
    /// No rules and limits are known for the instrument.
    UnknownInstrument = 12,
    /// The order says that it only reduces the position, and could do more.
    ReduceOnly = 13,
    /// The venue does not trade the instrument now, or does not know it. Measured by the number of the listing.
    InstrumentHalted = 14,
    /// The price lies too far from the market, or the market is not known.
    PriceCollar = 15,
    /// A market order would meet too wide a spread, or want much more than stands there.
    MarketOrderProtection = 16,
    /// Open orders and this one together are worth more than they may be.
    MaxOpenNotional = 17,
    /// The same order of the same strategy passed a moment ago.
    DuplicateOrder = 18,
    /// It would trade with an order of ours, whichever strategy's.
    SelfTrade = 19,
    /// The strategy may not trade the instrument.
    NotPermitted = 20,
    /// It would sell what is not held.
    ShortNotAllowed = 21,
    /// Too many orders for the trades that came of them.
    OrderToTradeRatio = 22,
    /// Too many orders, or one for too long, of which nobody knows what became.
    UnknownOrderState = 23,
    /// The venue rejected too many orders of late.
    RejectStorm = 24,
    /// No way is known to have such an order carried out, or to value what its instrument's quantities are.
    NotSupported = 25,
    /// More was lost today than may be.
    MaxDailyLoss = 26,
    /// More was lost since the best moment than may be.
    MaxDrawdown = 27,
    /// A fill lay too far from the market; until somebody has looked at it.
    FillPriceSanity = 28,
    /// What was earned jumped further than it may; until somebody has looked at it.
    PnlJump = 29,
    /// Too many fills in a short time; until somebody has looked at it.
    RepeatedExecution = 30,
    /// The engine, the venue or the strategy would have more at stake than it may.
    MaxExposure = 31,
    /// What the order pays with is not there.
    InsufficientBalance = 32,
    /// More would be at stake than value at risk allows, or nobody says what it allows.
    MaxVar = 33,
    /// It is more than the order that it follows has traded and its alternatives left.
    ParentChildOverrun = 34,
    /// It would show a part of itself that cannot be. The limit is the display quantity that could; zero where none is.
    DisplayQty = 35,
}

impl RiskCheck {
    /// Every check, in numeric order.
    pub const ALL: [RiskCheck; 35] = [
        RiskCheck::KillSwitch,
        RiskCheck::StaleMarketData,
        RiskCheck::MaxOrderQty,
        RiskCheck::MaxOrderNotional,
        RiskCheck::TickLotPrecision,
        RiskCheck::MinQty,
        RiskCheck::MinNotional,
        RiskCheck::MaxPosition,
        RiskCheck::MaxOpenOrders,
        RiskCheck::MaxMsgRate,
        RiskCheck::IntentRingFull,
        RiskCheck::UnknownInstrument,
        RiskCheck::ReduceOnly,
        RiskCheck::InstrumentHalted,
        RiskCheck::PriceCollar,
        RiskCheck::MarketOrderProtection,
        RiskCheck::MaxOpenNotional,
        RiskCheck::DuplicateOrder,
        RiskCheck::SelfTrade,
        RiskCheck::NotPermitted,
        RiskCheck::ShortNotAllowed,
        RiskCheck::OrderToTradeRatio,
        RiskCheck::UnknownOrderState,
        RiskCheck::RejectStorm,
        RiskCheck::NotSupported,
        RiskCheck::MaxDailyLoss,
        RiskCheck::MaxDrawdown,
        RiskCheck::FillPriceSanity,
        RiskCheck::PnlJump,
        RiskCheck::RepeatedExecution,
        RiskCheck::MaxExposure,
        RiskCheck::InsufficientBalance,
        RiskCheck::MaxVar,
        RiskCheck::ParentChildOverrun,
        RiskCheck::DisplayQty,
    ];

    /// Its number.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Its bit in [`Denial::codes`].
    pub const fn bit(self) -> u64 {
        1 << self.code()
    }

    /// The check with this number.
    pub fn from_code(code: u16) -> Option<RiskCheck> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }

    /// The name that operators and journals use.
    pub const fn name(self) -> &'static str {
        match self {
            RiskCheck::KillSwitch => "KILL_SWITCH",
            RiskCheck::StaleMarketData => "STALE_MARKET_DATA",
            RiskCheck::MaxOrderQty => "MAX_ORDER_QTY",
            RiskCheck::MaxOrderNotional => "MAX_ORDER_NOTIONAL",
            RiskCheck::TickLotPrecision => "TICK_LOT_PRECISION",
            RiskCheck::MinQty => "MIN_QTY",
            RiskCheck::MinNotional => "MIN_NOTIONAL",
            RiskCheck::MaxPosition => "MAX_POSITION",
            RiskCheck::MaxOpenOrders => "MAX_OPEN_ORDERS",
            RiskCheck::MaxMsgRate => "MAX_MSG_RATE",
            RiskCheck::IntentRingFull => "INTENT_RING_FULL",
            RiskCheck::UnknownInstrument => "UNKNOWN_INSTRUMENT",
            RiskCheck::ReduceOnly => "REDUCE_ONLY",
            RiskCheck::InstrumentHalted => "INSTRUMENT_HALTED",
            RiskCheck::PriceCollar => "PRICE_COLLAR",
            RiskCheck::MarketOrderProtection => "MARKET_ORDER_PROTECTION",
            RiskCheck::MaxOpenNotional => "MAX_OPEN_NOTIONAL",
            RiskCheck::DuplicateOrder => "DUPLICATE_ORDER",
            RiskCheck::SelfTrade => "SELF_TRADE",
            RiskCheck::NotPermitted => "NOT_PERMITTED",
            RiskCheck::ShortNotAllowed => "SHORT_NOT_ALLOWED",
            RiskCheck::OrderToTradeRatio => "ORDER_TO_TRADE_RATIO",
            RiskCheck::UnknownOrderState => "UNKNOWN_ORDER_STATE",
            RiskCheck::RejectStorm => "REJECT_STORM",
            RiskCheck::NotSupported => "NOT_SUPPORTED",
            RiskCheck::MaxDailyLoss => "MAX_DAILY_LOSS",
            RiskCheck::MaxDrawdown => "MAX_DRAWDOWN",
            RiskCheck::FillPriceSanity => "FILL_PRICE_SANITY",
            RiskCheck::PnlJump => "PNL_JUMP",
            RiskCheck::RepeatedExecution => "REPEATED_EXECUTION",
            RiskCheck::MaxExposure => "MAX_EXPOSURE",
            RiskCheck::InsufficientBalance => "INSUFFICIENT_BALANCE",
            RiskCheck::MaxVar => "MAX_VAR",
            RiskCheck::ParentChildOverrun => "PARENT_CHILD_OVERRUN",
            RiskCheck::DisplayQty => "DISPLAY_QTY",
        }
    }

    /// A denial of `intent` by this check alone.
    pub fn deny(self, intent: &Intent, breach: Breach) -> Denial {
        Denial {
            client_order_id: intent.client_order_id,
            tag: intent.tag,
            codes: self.bit(),
            limit: narrow(breach.limit),
            value: narrow(breach.value),
            code: self.code(),
            strategy_id: intent.strategy_id,
            account_id: intent.account_id,
            reserved: [0; 2],
        }
    }
}

impl fmt::Display for RiskCheck {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// What a check measured, and what it allows, in the check's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What the intent would have made of it; `i128::MAX` where it could not be known.
    pub value: i128,
    /// What is allowed.
    pub limit: i128,
}

impl Breach {
    /// A breach where there is nothing to measure by, so that nothing is allowed.
    pub const UNKNOWABLE: Breach = Breach { value: i128::MAX, limit: 0 };
}

/// A number as a denial carries it: what does not fit 64 bits stands as the nearest that does.
fn narrow(value: i128) -> i64 {
    i64::try_from(value.clamp(i64::MIN.into(), i64::MAX.into())).expect("it was just cut to what fits")
}
