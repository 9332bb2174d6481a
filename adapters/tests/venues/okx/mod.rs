//! OKX through its session.

mod captures;
mod market_data;
