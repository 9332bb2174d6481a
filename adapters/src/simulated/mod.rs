//! A venue of our own, served on loopback: a matching engine and a seeded order flow behind the real protocols of
//! Binance, spot or USD-margined futures, so that the adapter for the real venue connects to it over real sockets and
//! cannot tell. One venue has one [`Dialect`].
//!
//! [`serve`] is all that a caller needs; [`OfflineVenue`] is the same venue without sockets, in a time that its caller
//! moves. Inside, `venue` is pure and owns everything; `server` and `socket` carry frames; `api`, `session`, `queries`,
//! `trades`, `rest`, `listen_keys` and `connections` answer requests, `spot` and `usd_margined` those that one product
//! has; `market` turns what the matching tells into frames, which `wire` and `reports` write; `contracts` knows margin
//! and funding. What goes wrong, by plan, is in `faults` and `mishaps`. Only what the real venue does is done, but for
//! `/simulated/`, where tests and the demo find the truth: what an account really owns, and a way to hold the market
//! still.
//!
//! Left out: order lists, stop orders, klines and tickers; of futures also hedge mode, isolated margin and
//! liquidation. Each symbol keeps its own balances; money in one cannot be spent in another.

mod api;
mod config;
mod connections;
mod contracts;
mod dialect;
mod exchange_info;
mod faults;
mod ledger;
pub mod limits;
mod listen_keys;
mod market;
mod mishaps;
mod offline;
mod orders;
mod plan;
mod queries;
mod reports;
mod request;
mod rest;
mod server;
mod session;
mod signature;
mod socket;
mod spot;
mod telling;
#[cfg(test)]
mod tests;
mod trades;
pub mod truth;
mod usd_margined;
mod venue;
mod wire;

pub use config::{Credentials, Hearer, PublicKey, SCALE, SimulatedVenueConfig, SymbolConfig, VenueReport};
pub use dialect::Dialect;
pub use faults::{Fault, FaultPlan, Occasion};
pub use offline::OfflineVenue;
pub use plan::PlanError;
pub use server::serve;
