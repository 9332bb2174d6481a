//! Kraken Spot through its session.

mod captures;
