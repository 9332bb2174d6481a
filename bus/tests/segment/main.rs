//! Segments: what their maker promises those who open them, and what nobody who was given one can do to it.
#![cfg(not(any(miri, loom, shuttle)))]

#[path = "../common/mod.rs"]
mod common;

mod behaviour;
mod hostile;
mod names;
mod options;
