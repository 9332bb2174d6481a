//! The client's way in: connect, say hello, and be given everything, or the reason why not.

use std::{
    array,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    time::Duration,
};

use rustix::{
    io::Errno,
    net::{
        SocketFlags, connect,
        sockopt::{Timeout, socket_peercred},
    },
    process::geteuid,
};
use zerocopy::IntoBytes as _;

use super::{
    AttachError, Hello, Link, Welcome,
    connection::wait_for,
    limits::FILES_MAX,
    listener::{address, new_socket},
    packet::{PACKET_BYTES_MAX, Small},
    socket::{receive, send, system},
};

/// What an engine hands a client, each in its place.
/// The example of [`Listener`](super::Listener) hands one out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed<F> {
    /// The segment of the engine's own market data rings, to read.
    pub market: F,
    /// The segment of the client's command ring, to write.
    pub commands: F,
    /// The segment of the client's event ring, to read.
    pub events: F,
    /// The segment of the client's cursor page, to write.
    pub cursor: F,
    /// The client's end of the [`Bell`](super::Bell) that wakes it.
    pub wakes_client: F,
    /// The client's end of the [`Bell`](super::Bell) that wakes the engine.
    pub wakes_engine: F,
}

impl<F> Handed<F> {
    /// In the order in which they are sent.
    pub(super) fn into_files(self) -> [F; FILES_MAX] {
        [self.market, self.commands, self.events, self.cursor, self.wakes_client, self.wakes_engine]
    }

    fn from_files([market, commands, events, cursor, wakes_client, wakes_engine]: [F; FILES_MAX]) -> Self {
        Handed { market, commands, events, cursor, wakes_client, wakes_engine }
    }
}

impl Handed<OwnedFd> {
    /// The same, lent.
    pub fn as_fds(&self) -> Handed<BorrowedFd<'_>> {
        Handed {
            market: self.market.as_fd(),
            commands: self.commands.as_fd(),
            events: self.events.as_fd(),
            cursor: self.cursor.as_fd(),
            wakes_client: self.wakes_client.as_fd(),
            wakes_engine: self.wakes_engine.as_fd(),
        }
    }
}

/// A client that was taken. The example of [`Listener`](super::Listener) has one.
#[derive(Debug)]
pub struct Attached {
    /// What the engine said.
    pub welcome: Welcome,
    /// What it handed over.
    pub handed: Handed<OwnedFd>,
    /// The connection, which must be kept: who drops it is gone.
    pub link: Link,
}

/// Attaches to the engine that listens at `path`, and waits so long for each of its answers.
///
/// # Errors
/// [`AttachError::Refused`] with the engine's words where it does not take us; otherwise why nobody answered.
pub fn call(path: &Path, hello: &Hello, timeout: Duration) -> Result<Attached, AttachError> {
    let socket = new_socket(SocketFlags::CLOEXEC)?;
    wait_for(&socket, Timeout::Send, timeout)?;
    wait_for(&socket, Timeout::Recv, timeout)?;
    connect(&socket, &address(path)?).map_err(|error| match error {
        Errno::AGAIN => AttachError::TimedOut,
        error => system("connect to the engine's bus", error),
    })?;
    let engine = socket_peercred(&socket).map_err(|error| system("ask who the engine is", error))?;
    if engine.uid != geteuid() && !engine.uid.is_root() {
        return Err(AttachError::Stranger("whoever listens there is neither of our user nor the system's"));
    }
    send(&socket, hello.as_bytes(), &[])?;
    let mut bytes = vec![0; PACKET_BYTES_MAX + 1];
    let packet = receive(&socket, &mut bytes)?;
    if let Some(refusal) = Small::read(packet.bytes).ok().and_then(|small| small.refusal()) {
        return Err(refusal);
    }
    let welcome = Welcome::read(packet.bytes)?;
    let mut files = packet.files.into_iter();
    let named: [Option<OwnedFd>; FILES_MAX] = array::from_fn(|_| files.next());
    if named.iter().any(Option::is_none) || files.next().is_some() {
        return Err(AttachError::Malformed("a welcome came with too many or too few file descriptors"));
    }
    let handed = Handed::from_files(named.map(|file| file.expect("none is missing")));
    Ok(Attached { welcome, handed, link: Link::new(socket) })
}
