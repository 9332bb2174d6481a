//! Binance, spot and USD-margined futures.

mod bench;
mod captures;
mod listings;
mod market_data;
pub mod writer;
