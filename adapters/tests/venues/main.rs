//! Venues through their sessions, as the engine drives them: recorded captures, frames of our own making, hostile
//! input.
//!
//! `FULMAR_CAPTURES` names a folder of recorded captures with their `EXPECTED.json`; without it those tests say that
//! they are skipped. `FULMAR_FUZZ_EXECUTIONS` sets how many inputs each campaign of hostile input tries.

mod binance;
mod bybit;
mod coinbase;
mod conformance;
mod flow;
mod fuzz;
mod keeper;
mod kraken;
mod kraken_futures;
mod okx;
mod player;
