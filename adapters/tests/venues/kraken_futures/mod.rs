//! Kraken Futures through its session.

mod captures;
