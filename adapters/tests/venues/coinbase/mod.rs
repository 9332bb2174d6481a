//! Coinbase through its session.

mod captures;
