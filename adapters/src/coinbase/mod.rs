//! Coinbase Advanced Trade: spot, and the futures that it lists beside them.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. Every frame of a connection has
//! the number after the last one's, whatever its channel, so a hole breaks all books of the connection and it is opened
//! anew. Books come whole in the stream, tens of thousands of levels in one frame of megabytes.

mod definitions;
pub mod limits;
pub mod market_data;
mod reference;
mod sample;
mod streams;
mod symbols;
mod wire;

pub use market_data::{Coinbase, ENTRY};
