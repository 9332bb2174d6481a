//! Kraken Spot, WebSocket API v2.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. It gets its connections from
//! `streams`, its messages from [`wire`] (fast, the venue's own layout alone) or [`mod@reference`] (any JSON), and its
//! instruments from `definitions`. What is its own: books are proven by [`checksum`] alone, over the digits as they are
//! sent; prices are JSON numbers; and it says in the stream, unasked, what its instruments are.

pub mod checksum;
mod definitions;
pub mod limits;
pub mod market_data;
pub mod reference;
mod sample;
mod streams;
pub mod symbols;
pub mod wire;

pub use market_data::{Kraken, SPOT};
