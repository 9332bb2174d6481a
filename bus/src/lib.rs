//! How words travel in Fulmar: [`record`] says what a word is, [`channel`] how it gets from one actor to another,
//! [`segment`] which memory other processes see.
//!
//! A record is a fixed-size message of a few 64-byte slots; a channel is a lock-free ring of such slots over any
//! memory, with one writer and any number of readers. Both are the same whether the other side is an actor on this
//! core, on another core, in another process, or a file mapping that outlives the process.
//!
//! This room knows no venue, no strategy, no async runtime and no clock.

pub mod attach;
pub mod channel;
pub mod record;
#[cfg(not(loom))]
pub mod segment;
