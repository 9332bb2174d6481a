//! What becomes of orders: approval, life, position.
//!
//! An intent meets the gate in [`risk`], which alone can make an approval. An approved order lives in the table of
//! [`order`] until it is done, one that waits for a price or another order in [`held`] too, and what it traded becomes
//! a [`position`], and money of an [`account`]; [`treasury`] watches what accounts and strategies may lose and have at
//! stake. [`InstrumentRules`] is what an instrument asks of an order, [`sizing`] how much to order, and
//! [`value_at_risk`] what all that is held may lose.
//!
//! All of it is pure: state and a word in, an answer out. There is no channel here, no actor and no clock.

pub mod account;
mod bucket;
pub mod held;
mod limits;
pub mod order;
pub mod position;
pub mod risk;
mod rules;
pub mod sizing;
pub mod treasury;
pub mod value_at_risk;

pub(crate) use bucket::TokenBucket;
pub use limits::{
    ACCOUNT_ASSETS_MAX, FEE_RATES_MAX, HELD_ORDERS_MAX, ORDER_INSTRUMENTS_MAX, OWN_COUNTER_MIN,
    RETURN_CELLS_MAX, SLICED_PARTS_MAX, TRANCHES_MAX,
};
pub use rules::InstrumentRules;

/// Property tests draw the same cases on every run.
#[cfg(test)]
fn seeded(cases: u32) -> proptest::test_runner::Config {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(0x0F01_AA12);
    proptest::test_runner::Config { cases, rng_seed, failure_persistence: None, ..Default::default() }
}
