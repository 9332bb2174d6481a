//! OKX v5: spot, perpetuals and dated futures, one venue whose symbols say which they are.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. Its books come with their
//! snapshots in the stream, and each update names the one before it; before 2026-06-23 each also carried a [`checksum`]
//! of the best levels, which old recordings are proven by. Sizes of contracts are numbers of contracts.

pub mod checksum;
mod definitions;
pub mod limits;
pub mod market_data;
mod reference;
mod sample;
mod streams;
pub mod symbols;
mod wire;

pub use market_data::{OKX, Okx};
