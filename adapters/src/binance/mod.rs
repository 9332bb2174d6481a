//! Binance, spot and USD-margined futures: one translator, two products.
//!
//! Read [`market_data`] first: it is the session. It gets its connections from `streams`, its messages from [`wire`]
//! (fast, the venue's own layout alone) or [`slow`] (the reference), its records from `translate`, its instruments
//! from [`symbols`] and `definitions`, and its certainty from [`crate::sync`]. Where the products differ,
//! [`Product`] says so.
//!
//! [`order_entry`] is the other session: orders, on spot.

mod config;
pub mod definitions;
pub mod limits;
pub mod market_data;
mod named;
pub mod order_entry;
pub mod slow;
mod streams;
pub mod symbols;
mod translate;
pub mod wire;

pub use config::{BinanceConfig, Environment, InstrumentConfig, Product, TradeStream};
pub use market_data::BinanceMarketData;
pub use named::each_symbol_named;
pub use order_entry::{BinanceOrderEntry, Credentials};
