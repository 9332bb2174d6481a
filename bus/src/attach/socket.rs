//! Packets over a Unix socket, each whole or not at all, some with file descriptors. What comes with a packet that is
//! not as it must be is closed again.

use std::{
    io::{IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    cmsg_space,
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, UCred, recvmsg, sendmsg,
    },
};

use super::{
    AttachError,
    limits::{FILES_MAX, INTERRUPTS_MAX},
};

/// A packet that came.
pub(super) struct Packet<'a> {
    pub bytes: &'a [u8],
    pub files: Vec<OwnedFd>,
    /// Who sent it, as the system saw; where that was asked for.
    pub sender: Option<UCred>,
}

/// Sends one packet with `files`.
///
/// # Errors
/// [`AttachError::NotReading`] where it would have to wait, or waited for long enough.
pub(super) fn send(socket: &OwnedFd, bytes: &[u8], files: &[BorrowedFd<'_>]) -> Result<(), AttachError> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let is_pushed = files.is_empty() || control.push(SendAncillaryMessage::ScmRights(files));
    assert!(is_pushed, "more file descriptors than a packet takes");
    let sent = again(|| sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL));
    match sent {
        // A packet is taken whole.
        Ok(_) => Ok(()),
        Err(Errno::AGAIN) => Err(AttachError::NotReading),
        Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => Err(AttachError::Closed),
        Err(error) => Err(system("send to the other side", error)),
    }
}

/// Receives one packet into `buffer`.
///
/// # Errors
/// [`AttachError::TimedOut`] where none is there, or came for long enough; [`AttachError::Malformed`] where it is
/// longer than the buffer, or more came with it than can come.
pub(super) fn receive<'a>(socket: &OwnedFd, buffer: &'a mut [u8]) -> Result<Packet<'a>, AttachError> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES_MAX), ScmCredentials(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        again(|| recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, RecvFlags::CMSG_CLOEXEC));
    let received = match received {
        Ok(received) => received,
        Err(Errno::AGAIN) => return Err(AttachError::TimedOut),
        Err(Errno::CONNRESET) => return Err(AttachError::Closed),
        Err(error) => return Err(system("receive from the other side", error)),
    };
    let (mut files, mut sender) = (Vec::new(), None);
    for message in control.drain() {
        match message {
            RecvAncillaryMessage::ScmRights(came) => files.extend(came),
            RecvAncillaryMessage::ScmCredentials(came) => sender = Some(came),
            _ => {}
        }
    }
    if received.flags.contains(ReturnFlags::CTRUNC) {
        return Err(AttachError::Malformed("more came with a packet than can come"));
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(AttachError::Malformed("a packet is longer than any is"));
    }
    // A packet of no bytes is none that anybody sends, so it is the end.
    if received.bytes == 0 {
        return Err(AttachError::Closed);
    }
    Ok(Packet { bytes: &buffer[..received.bytes], files, sender })
}

/// True where the other side is gone, although what it sent may still be here.
pub(super) fn is_closed(socket: &OwnedFd) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::RDHUP)];
    let ended = PollFlags::HUP | PollFlags::RDHUP | PollFlags::ERR | PollFlags::NVAL;
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    again(|| poll(&mut polled, Some(&now))).is_err() || polled[0].revents().intersects(ended)
}

/// Calls again what a signal interrupted.
fn again<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    for _ in 0..INTERRUPTS_MAX {
        match call() {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
    Err(Errno::INTR)
}

pub(super) fn system(doing: &'static str, error: Errno) -> AttachError {
    AttachError::System { doing, source: error.into() }
}
