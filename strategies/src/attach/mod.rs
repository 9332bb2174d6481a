//! A strategy in a process of its own: it attaches to a running engine, reads the engine's own market data, and is
//! called back as it would be inside.
//!
//! The process runs the very host that the engine runs, over rings that both of them map; so a strategy cannot tell
//! where it lives, and what it decides on the same records is the same. What it wants goes into a ring of its own, from
//! which the engine takes it as it would take anything from a stranger.
//!
//! This folder alone of the strategies' room knows of processes, clocks and sockets; a strategy still does not.

mod client;
mod entry;
mod session;
mod terms;
mod token;
mod turns;

pub use client::{Client, ClientError, Wakers};
pub use entry::{ENTRY, Treatment};
pub use session::{Session, SessionEnd, SessionError};
pub use terms::{Pair, Place, Terms};
pub use token::{read_token, token_path};
