//! All that a strategy is written against: the contract with the engine, the words that it speaks, the entry by which
//! programs know it, and a [`Rehearsal`] to try it on. Begin with `use fulmar_strategies::sdk::*;`.
//!
//! Orders that wait for a price or for another order are a line each; the engine holds them, whatever the venue knows.
//! The page `docs/orders.md` has all of them:
//!
//! ```
//! use fulmar_strategies::sdk::*;
//!
//! /// Enters once, and is out again by its target, or by a stop that follows the market.
//! #[derive(Default)]
//! struct InAndOut {
//!     entry: Option<ClientOrderId>,
//! }
//!
//! impl Strategy for InAndOut {
//!     fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
//!         if self.entry.is_none() {
//!             let (id, ask, all) = (quote.instrument_id, quote.ask.price, Quantity(10));
//!             let target = NewOrder::limit(Side::Sell, Price(ask.0 + 20), all);
//!             let stop = NewOrder::trailing_stop(Side::Sell, Price(10), all);
//!             let bracket = context.submit_bracket(id, NewOrder::limit(Side::Buy, ask, all), [target, stop]);
//!             self.entry = bracket.ok().map(|(entry, _)| entry);
//!         }
//!     }
//! }
//!
//! let mut rehearsal = Rehearsal::new(InAndOut::default());
//! rehearsal.quote(100, 102);
//! let [Wanted::Order(entry), Wanted::Order(target), Wanted::Order(stop)] = rehearsal.wanted()[..] else {
//!     panic!("three orders are wanted")
//! };
//! assert_eq!([target.after_counter, stop.after_counter], [entry.client_order_id.counter; 2]);
//! assert_eq!((target.alternatives, stop.order_type), (stop.alternatives, OrderType::TrailingStop));
//! ```

mod rehearsal;

pub use crate::entry::{Need, ParameterEntry, ParameterValue, StrategyEntry};
pub use crate::parameters::{Amount, ParameterError, Parameters};
pub use fulmar_bus::record::{
    Arbitrage, Bar, ClientOrderId, ConsolidatedTop, CrossVenue, Denial, ExecutionReport, Funding,
    FundingRate, HeldOrder, HeldStage, InstrumentDefinition, InstrumentId, InstrumentStatus, Intent, LeadLag,
    Level, LiquiditySide, Listing, MarkPrice, MidSpread, Nanos, OrderStatus, OrderTerms, OrderType, Position,
    Price, Quantity, Side, SyncState, TimeInForce, Timer, TopOfBook, Trade, TriggerBy, UnixNanos,
};
pub use fulmar_engine::contract::{
    BookDepth, BookUpdate, BookView, Context, Event, InstrumentView, IntentSink, NewOrder, NotSubmitted,
    Strategy, View,
};
pub use fulmar_engine::trading::InstrumentRules;
pub use fulmar_engine::trading::order::TrackedOrder;
pub use rehearsal::{INSTRUMENT, Rehearsal, Wanted};
