//! Binance, spot and USD-margined futures.

mod bench;
mod captures;
mod fuzz;
mod listings;
mod market_data;
mod writer;
