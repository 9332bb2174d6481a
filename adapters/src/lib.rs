//! Who the engine speaks to: a folder a venue, all of one shape, the [`transport`] that does the IO for them, and the
//! [`simulated`] venue, which is ours.
//!
//! A venue is a translator: bytes to records, intents to bytes. It owns no socket, no clock and no thread, and decides
//! nothing about trading. What all venues share stands beside their folders: the [`session`] of their market data,
//! [`decode`], [`sync`], [`pacer`].

pub mod binance;
pub mod bybit;
pub mod coinbase;
pub mod decode;
pub mod kraken;
pub mod kraken_futures;
pub mod okx;
pub mod pacer;
pub mod session;
pub mod simulated;
pub mod sync;
pub mod transport;
pub mod venues;
