//! The venue of our own, served on loopback: a matching engine and a seeded order flow behind the real protocol of
//! Binance spot, so that the adapter for the real venue connects to it over real sockets and cannot tell.
//!
//! [`serve`] is all that a caller needs; [`OfflineVenue`] is the same venue without sockets, in a time that its caller
//! moves. Inside, `venue` is pure and owns everything; `server` and `socket` carry
//! frames; `api`, `session`, `trades`, `rest` and `connections` answer requests; `market` turns what the matching tells
//! into frames, which `wire` and `reports` write. Only what the real venue does is done, but for `/simulated/`, where
//! tests and the demo find the truth: what an account really owns, and a way to hold the market still.
//!
//! Left out: order lists, stop and iceberg orders, klines and tickers. Each symbol keeps its own balances; money in one
//! cannot be spent in another.

mod api;
mod config;
mod connections;
mod dialect;
mod faults;
mod ledger;
pub mod limits;
mod market;
mod mishaps;
mod offline;
mod orders;
mod replace;
mod reports;
mod request;
mod rest;
mod server;
mod session;
mod signature;
mod socket;
#[cfg(test)]
mod tests;
mod trades;
pub mod truth;
mod venue;
mod wire;

pub use config::{Credentials, PublicKey, SCALE, SimulatedVenueConfig, SymbolConfig, VenueReport};
pub use dialect::Dialect;
pub use faults::{Fault, FaultPlan};
pub use offline::OfflineVenue;
pub use server::serve;
