//! Binance, spot and USD-margined futures.

mod captures;
mod fuzz;
mod market_data;
mod writer;
