//! Kraken Futures: perpetuals and dated futures, inverse and linear, over the venue's WebSocket API v1.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. A book comes whole when one
//! subscribes; then each message moves one level of it, and has the number after the last one's, by product. Numbers
//! are bare, and small ones have exponents.

mod definitions;
pub mod limits;
pub mod market_data;
mod reference;
mod sample;
mod streams;
pub mod symbols;
mod wire;

pub use market_data::{FUTURES, KrakenFutures};
