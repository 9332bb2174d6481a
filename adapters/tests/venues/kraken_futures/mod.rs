//! Kraken Futures through its session.

mod captures;
mod market_data;
