//! Attaching over a real socket: who is taken, who is refused and in which words, what comes with it, and that nothing
//! is left behind.
#![cfg(not(any(miri, loom, shuttle)))]

#[path = "../common/mod.rs"]
mod common;

mod door;
mod handshake;
mod hostile;
mod processes;
mod scene;
mod storm;
mod strangers;
#[allow(dead_code, reason = "tests of the whole program take the rest")]
mod ways;
