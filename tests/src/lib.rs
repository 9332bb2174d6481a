//! What the whole-system tests share: the sources as text, the recordings, a market, and an engine to show it to.
//!
//! It proves nothing by itself. Read `tests/life_of_an_order.rs` first.

pub mod captures;
pub mod desk;
pub mod loopback;
pub mod market;
pub mod order_desk;
pub mod scripted;
pub mod source;
pub mod stage;
pub mod venue_end;
