//! What wakes the other side where it sleeps: a pair of sockets, each end its owner's alone.
//!
//! It is no event of the system (`eventfd`), since that is one thing with one set of flags that both sides hold: a
//! client could make it wait, fill it to the brim, and so stop the engine in the call that was to wake the client. Here
//! each call says for itself that it does not wait, and what the other side does to its end changes nothing at ours.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};

use super::{AttachError, limits::RINGS_MAX, socket::system};

/// One end: it rings at the other end, and hears what rings here. Nothing of it waits, fails or raises a signal.
///
/// ```
/// use fulmar_bus::attach::Bell;
/// let (engine, client) = Bell::pair()?;
/// let client = Bell::from(client.into_fd()); // As it goes to another process.
/// assert!(!client.hush(), "nobody rang");
/// engine.ring();
/// engine.ring();
/// assert!(client.hush() && !client.hush(), "however often it rang, it is heard once");
/// # Ok::<(), fulmar_bus::attach::AttachError>(())
/// ```
#[derive(Debug)]
pub struct Bell {
    socket: OwnedFd,
}

impl Bell {
    /// The two ends of a bell.
    ///
    /// # Errors
    /// [`AttachError::System`] where the system has no socket for us.
    pub fn pair() -> Result<(Bell, Bell), AttachError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (one, other) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
            .map_err(|error| system("make a bell", error))?;
        Ok((Bell { socket: one }, Bell { socket: other }))
    }

    /// Can be read once the other side rang, or is gone.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The end as it is handed over.
    pub fn into_fd(self) -> OwnedFd {
        self.socket
    }

    /// Wakes the other side. Where it has not heard many rings before, that is enough; where it is gone, nobody sleeps.
    #[inline]
    pub fn ring(&self) {
        let _ = send(&self.socket, &[1], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    }

    /// Hears what rang so far; true where something did. Where very much did, or the other side is gone, it can still
    /// be read after that.
    pub fn hush(&self) -> bool {
        let mut rings = [0; RINGS_MAX];
        recv(&self.socket, &mut rings, RecvFlags::DONTWAIT).is_ok_and(|(count, _)| count > 0)
    }
}

/// The end that was handed over.
impl From<OwnedFd> for Bell {
    fn from(socket: OwnedFd) -> Self {
        Bell { socket }
    }
}
