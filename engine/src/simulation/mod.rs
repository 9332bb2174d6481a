//! A market of our own: [`matching`] trades orders, [`flow`] makes a seeded market around them, and [`paper`] fills our
//! orders against a real one. What a trade costs in either is in [`crate::market::fees`].
//!
//! All three are pure: they know neither protocol nor clock, and the same calls give the same result.

pub mod flow;
pub mod limits;
pub mod matching;
pub mod paper;
