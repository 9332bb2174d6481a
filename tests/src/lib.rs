//! What the whole-system tests share: the project's own sources as text, and where the recordings are.
//!
//! It proves nothing by itself. Read `tests/life_of_an_order.rs` first.

pub mod captures;
pub mod source;
