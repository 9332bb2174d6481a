//! Binance: spot, USD-margined and coin-margined futures: one translator, three products.
//!
//! Read [`market_data`] first: it is what the session of all venues asks of this one. It gets its connections from
//! `streams`, its messages from [`wire`] (fast, the venue's own layout alone) or [`mod@reference`] (any JSON), its
//! instruments from [`symbols`] and `definitions`, and its certainty from [`crate::sync`]. Where the products differ,
//! [`Product`] says so.
//!
//! [`order_entry`] is the other session: orders, on spot. It writes requests with gaps for who trades, which
//! [`credentials`] fills as they leave.

mod assumed;
mod config;
pub mod credentials;
pub mod definitions;
pub mod limits;
pub mod market_data;
pub mod order_entry;
pub mod permissions;
pub mod reference;
mod sample;
mod streams;
pub mod symbols;
pub mod wire;

pub use config::{BinanceConfig, Product};
pub use credentials::{Credentials, KeyError, KeyKind};
pub use market_data::{Binance, COIN_MARGINED, SPOT, USD_MARGINED};
pub use order_entry::BinanceOrderEntry;
