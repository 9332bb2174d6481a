//! Bybit through its session.

mod captures;
