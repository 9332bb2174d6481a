//! What is known of instruments: numbers, books, bars, and what several venues of a pair say together.
//!
//! Everything here is plain data and pure functions: no channel, no actor, no clock, no thread. Read [`decimal`] for
//! how text becomes a number, [`instrument`] for what a number means, then [`book`].

pub mod bars;
pub mod belief;
pub mod book;
pub mod consolidated;
pub mod decimal;
pub mod fees;
pub mod instrument;
pub mod interval;
pub mod jump;
pub mod limits;
pub mod pair;
pub mod replica;
pub mod scale;
pub mod signals;
pub mod stats;

pub use bars::BarBuilder;
pub use book::{Book, Change};
pub use consolidated::Consolidated;
pub use decimal::{DecimalText, NumberError, Rounding};
pub use fees::FeeRate;
pub use instrument::{Instrument, InstrumentTable, Name, Redefinition};
pub use jump::JumpGuard;
pub use pair::PairKey;
pub use replica::BookReplica;
pub use scale::{Overflow, choose_scale};
pub use signals::Signals;
pub use stats::TradeStats;

/// Property tests run the same cases every time: a failure is met again by running the test again.
#[cfg(test)]
fn fixed_cases(cases: u32) -> proptest::test_runner::Config {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(0x0066_756c_6d61_7200);
    proptest::test_runner::Config { cases, rng_seed, failure_persistence: None, ..Default::default() }
}
