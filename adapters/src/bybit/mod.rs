//! Bybit v5, spot and linear perpetuals: one translator, two categories.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. Its books come with their
//! snapshots in the stream, and each update has the number after the last one's. The category is chosen by the URL: one
//! symbol may exist in several.

mod definitions;
pub mod limits;
pub mod market_data;
mod reference;
mod sample;
mod streams;
mod symbols;
mod wire;

pub use market_data::{Bybit, Category, LINEAR, SPOT};
