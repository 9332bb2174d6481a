//! The program around the engine: command line, configuration, wiring and supervision.
//!
//! Everything here watches or starts; nothing here is on the path of a tick, and the engine calls none of it.

pub mod bench;
pub mod board;
pub mod commands;
pub mod configuration;
pub mod exit;
pub mod live;
pub mod log;
pub mod output;
pub mod playback;
pub mod progress;
pub mod supervisor;
pub mod venues;
pub mod window;
