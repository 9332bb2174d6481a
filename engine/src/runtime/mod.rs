//! How actors run: turns, cores, time.

pub mod doorbell;
pub mod link;

pub use doorbell::Doorbell;
pub use link::{FrameHead, FrameWriter, RequestReader};
