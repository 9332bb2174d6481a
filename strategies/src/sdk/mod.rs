//! All that a strategy is written against: the contract with the engine, the words that it speaks, the entry by which
//! programs know it, and a [`Rehearsal`] to try it on. Begin with `use fulmar_strategies::sdk::*;`.

mod rehearsal;

pub use crate::entry::{Need, ParameterEntry, ParameterValue, StrategyEntry};
pub use crate::parameters::{Amount, ParameterError, Parameters};
pub use fulmar_bus::record::{
    Arbitrage, Bar, ClientOrderId, ConsolidatedTop, CrossVenue, Denial, ExecutionReport, Funding,
    FundingRate, InstrumentDefinition, InstrumentId, InstrumentStatus, Intent, LeadLag, Level, LiquiditySide,
    Listing, MarkPrice, MidSpread, Nanos, OrderStatus, OrderTerms, OrderType, Position, Price, Quantity,
    Side, SyncState, TimeInForce, Timer, TopOfBook, Trade, UnixNanos,
};
pub use fulmar_engine::contract::{
    BookDepth, BookUpdate, BookView, Context, Event, InstrumentView, IntentSink, NewOrder, NotSubmitted,
    Strategy, View,
};
pub use fulmar_engine::trading::InstrumentRules;
pub use fulmar_engine::trading::account::Amount as Money;
pub use fulmar_engine::trading::order::TrackedOrder;
pub use fulmar_engine::trading::sizing::{Edge, Kelly, NoSize, Risk, Sizer, Volatility};
pub use rehearsal::{INSTRUMENT, Rehearsal, Wanted};
