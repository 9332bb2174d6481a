//! The bus: lets processes attach to this engine and be its strategies, each in a berth that the configuration names.
//!
//! It stands beside the engine. It makes the memory that a process shares with its port, hands it over, watches the
//! process, and tells the port when it is gone, or that another one takes its place. It reads no command and writes no
//! report: were it to hang, those who are attached would trade on.

mod berth;
mod guest;
mod harbour;
mod memory;
mod quarantine;
mod reception;
mod report;
mod server;
mod shadow;
mod snapshot;
#[cfg(test)]
mod tests;
mod token;
mod usage;

pub use berth::{Berth, open};
pub use harbour::{Harbour, HarbouredEngine, socket_path};
pub use report::{AttachedReport, Logbook};
pub use server::{BusError, BusServer};
