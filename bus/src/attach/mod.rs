//! How a process that is not the engine's comes to the engine's memory, and what the two tell each other there.
//!
//! ```text
//!  client                              bus.sock, SOCK_SEQPACKET                              engine
//!    |                                                                                         |  Listener::bind
//!    |---- connect -------------------------------------------------------------------------->|
//!    |---- hello: magic, version, layout hash, strategy, token ------------------------------->|  Listener::accept
//!    |                                         who connected, who said hello: SO_PEERCRED, pidfd
//!    |<--- refused: a code and the reason in words ------------------------------ or ----------|  Caller::refuse
//!    |<--- welcome: boot, strategy, instruments, settings -------------------------------------|  Caller::welcome
//!    |     with the file descriptors of market, commands, events, cursor and two bells         |
//!    |                                                                                         |
//!    |---- snapshot of an instrument's book -------------------------------------------------->|  Connection
//!    |<--- sequences that it holds at, and the file descriptor of its segment -----------------|
//!    |---- ready, where it was welcomed to take another's place ------------------------------>|
//!    |<--- in place: the number of that one's last order ---------------------------------------|
//!    |---- bye ------------------------------------------------------------------------------->|
//! ```
//!
//! Nothing here is on the path of a tick: once attached, the two meet in shared memory. The engine's side never waits.
//! All that is received is copied, has a fixed length or one that it states and that is checked, and file descriptors
//! that come where none belong, or more than belong, are closed again.

mod cursor;

#[cfg(not(loom))]
mod bell;
#[cfg(not(loom))]
mod call;
#[cfg(not(loom))]
mod connection;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod hello;
#[cfg(not(loom))]
mod limits;
#[cfg(not(loom))]
mod listener;
#[cfg(not(loom))]
mod packet;
#[cfg(not(loom))]
mod shield;
#[cfg(not(loom))]
mod socket;

pub use cursor::{CursorPage, cursor_page_word_count};

#[cfg(not(loom))]
pub use self::{
    bell::Bell,
    call::{Attached, Handed, call},
    connection::{Connection, Link},
    error::{AttachError, Refusal},
    hello::{ABI_MAJOR, ABI_MINOR, Hello},
    listener::{Caller, Listener, Peer},
    packet::{Answer, Request, Welcome},
    shield::shield,
};
