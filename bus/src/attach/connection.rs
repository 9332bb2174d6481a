//! Both ends of a connection after the welcome: the client asks, the engine answers, and either sees the other go.

use std::{
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    time::Duration,
};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use zerocopy::IntoBytes as _;

use super::{
    Answer, AttachError, Peer, Request,
    limits::TIMEOUT_MIN,
    packet::Small,
    socket::{self, system},
};

/// The engine's end. Nothing of it waits.
/// The example of [`Listener`](super::Listener) holds one.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    peer: Peer,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd, peer: Peer) -> Self {
        Connection { socket, peer }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Who was at the other end, of whom no more is heard from now on.
    pub fn into_peer(self) -> Peer {
        self.peer
    }

    /// Can be read where [`Connection::receive`] has something to do, the end included.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What the client asks for next, if it asked.
    ///
    /// # Errors
    /// [`AttachError::Closed`] where it is gone; [`AttachError::Malformed`] where it sent what no client sends.
    pub fn receive(&mut self) -> Result<Option<Request>, AttachError> {
        let mut bytes = [0; size_of::<Small>() + 1];
        let packet = match socket::receive(&self.socket, &mut bytes) {
            Err(AttachError::TimedOut) => return Ok(None),
            came => came?,
        };
        if !packet.files.is_empty() {
            return Err(AttachError::Malformed("a client sent file descriptors"));
        }
        Request::try_from(Small::read(packet.bytes)?).map(Some)
    }

    /// Says `answer` to the client, with a few file descriptors.
    ///
    /// # Errors
    /// [`AttachError::Closed`] where it is gone; [`AttachError::NotReading`] where it leaves no room for more.
    ///
    /// # Panics
    /// Where there are more than six file descriptors.
    pub fn send(&mut self, answer: &Answer, files: &[BorrowedFd<'_>]) -> Result<(), AttachError> {
        socket::send(&self.socket, Small::from(answer).as_bytes(), files)
    }

    /// True where the client is gone, or hung up.
    pub fn is_closed(&self) -> bool {
        socket::is_closed(&self.socket)
    }
}

/// The client's end. Dropping it ends the attachment.
/// The example of [`Listener`](super::Listener) asks over one.
#[derive(Debug)]
pub struct Link {
    socket: OwnedFd,
}

impl Link {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Link { socket }
    }

    /// Can be read where [`Link::receive`] has something to do, the engine's end included.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Asks the engine for something.
    ///
    /// # Errors
    /// [`AttachError::Closed`] where it is gone; [`AttachError::NotReading`] where too much was asked already.
    pub fn ask(&mut self, request: Request) -> Result<(), AttachError> {
        socket::send(&self.socket, Small::from(request).as_bytes(), &[])
    }

    /// What the engine says next, and what came with it: the segment of a snapshot, else nothing.
    ///
    /// # Errors
    /// [`AttachError::TimedOut`] where nothing came for so long; [`AttachError::Closed`] where the engine is gone;
    /// [`AttachError::Malformed`] where it said what no engine says.
    pub fn receive(&mut self, timeout: Duration) -> Result<(Answer, Option<OwnedFd>), AttachError> {
        wait_for(&self.socket, Timeout::Recv, timeout)?;
        let mut bytes = [0; size_of::<Small>() + 1];
        let mut packet = socket::receive(&self.socket, &mut bytes)?;
        let answer = Answer::try_from(Small::read(packet.bytes)?)?;
        let expected_count = usize::from(matches!(answer, Answer::Snapshot { .. }));
        if packet.files.len() != expected_count {
            return Err(AttachError::Malformed("an answer came with too many or too few file descriptors"));
        }
        Ok((answer, packet.files.pop()))
    }

    /// True where the engine is gone. What it gave stays mapped, and nothing new comes there.
    pub fn is_closed(&self) -> bool {
        socket::is_closed(&self.socket)
    }
}

/// Sets how long a call on `socket` waits.
pub(super) fn wait_for(socket: &OwnedFd, which: Timeout, timeout: Duration) -> Result<(), AttachError> {
    set_socket_timeout(socket, which, Some(timeout.max(TIMEOUT_MIN)))
        .map_err(|error| system("set how long to wait", error))
}
