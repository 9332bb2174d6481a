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

pub use book::{Book, Change};
pub use decimal::{DecimalText, NumberError, Rounding};
pub use scale::{Overflow, choose_scale};
