//! What is known of instruments: numbers, books, bars, the best price over several venues.
//!
//! Everything here is plain data and pure functions: no channel, no actor, no clock, no thread. Read [`decimal`] for how
//! text becomes a number, [`instrument`] for what a number means, then [`book`].

pub mod bars;
pub mod book;
pub mod consolidated;
pub mod decimal;
pub mod instrument;
pub mod limits;
pub mod scale;
pub mod stats;

pub use bars::BarBuilder;
pub use book::{Book, Change};
pub use consolidated::Consolidated;
pub use decimal::{DecimalText, NumberError, Rounding};
pub use instrument::{Instrument, InstrumentTable, Name, PairKey, Redefinition};
pub use scale::{Overflow, choose_scale};
pub use stats::TradeStats;
