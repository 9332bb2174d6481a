//! Coinbase through its session.

mod captures;
mod market_data;
mod products;
