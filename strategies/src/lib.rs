//! What a strategy wants: the [`sdk`] that it is written against, and the strategies that come with the engine.
//!
//! A strategy is a struct and the callbacks that it cares for. It sees the market, its orders and its position through
//! the context, and asks for orders there; every one of them passes the risk gate. This one buys once when the spread
//! is narrow, and is rehearsed without an engine:
//!
//! ```
//! use fulmar_strategies::sdk::*;
//!
//! struct BuyOnce {
//!     spread_max: i64,
//!     is_done: bool,
//! }
//!
//! impl Strategy for BuyOnce {
//!     fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
//!         let spread = quote.ask.price.0 - quote.bid.price.0;
//!         if self.is_done || !quote.is_two_sided() || spread > self.spread_max {
//!             return;
//!         }
//!         let order = NewOrder::limit(Side::Buy, quote.bid.price, Quantity(10)).post_only();
//!         self.is_done = context.submit(quote.instrument_id, order).is_ok();
//!     }
//!
//!     fn on_order_rejected(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
//!         self.is_done = false;
//!     }
//! }
//!
//! let mut rehearsal = Rehearsal::new(BuyOnce { spread_max: 2, is_done: false });
//! rehearsal.quote(100, 105);
//! assert_eq!(rehearsal.wanted(), []);
//! rehearsal.quote(100, 102);
//! let [Wanted::Order(intent)] = rehearsal.wanted()[..] else { panic!("one order is wanted") };
//! assert_eq!((intent.side, intent.price, intent.quantity), (Side::Buy, Price(100), Quantity(10)));
//! ```
//!
//! What a strategy decides may depend on its context and its own state alone: no clock, no thread, no random numbers of
//! its own. So it does live what it did in the backtest. Prices and quantities are integers at the instrument's scale.
//!
//! A program knows a strategy by its [`StrategyEntry`]. Those that come with the engine are [`BUILT_IN`]; [`idle`] is
//! the smallest, [`quoter`] shows how to live with orders that take time.

pub mod attach;
pub mod ema_cross;
mod entry;
pub mod idle;
pub mod indicators;
pub mod parameters;
pub mod quoter;
mod registry;
pub mod sdk;

pub use ema_cross::{EmaCross, EmaCrossParameters};
pub use entry::{MakeStrategy, Need, ParameterEntry, ParameterValue, StrategyEntry};
pub use idle::Idle;
pub use parameters::{Amount, ParameterError, Parameters};
pub use quoter::{Quoter, QuoterParameters};
pub use registry::{BUILT_IN, Registry, RegistryError};

/// The examples of the page for authors run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/orders.md")]
mod orders_page {}

/// Property tests draw the same cases on every run.
#[cfg(test)]
fn seeded(cases: u32) -> proptest::test_runner::Config {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(0x0F01_AA12);
    proptest::test_runner::Config { cases, rng_seed, failure_persistence: None, ..Default::default() }
}
