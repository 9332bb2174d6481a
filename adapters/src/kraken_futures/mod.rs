//! Kraken Futures (Derivatives), WebSocket API v1.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. It gets its connections from
//! `streams`, its messages from [`wire`] (fast, the venue's own layout alone) or [`mod@reference`] (any JSON), and its
//! instruments from `definitions`. What is its own: each message of a book is one level with a number of its product.

mod definitions;
pub mod limits;
pub mod market_data;
pub mod reference;
mod sample;
mod streams;
pub mod symbols;
pub mod wire;

pub use market_data::{FUTURES, KrakenFutures};
