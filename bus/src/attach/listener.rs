//! The engine's door: a socket in a folder that is its user's alone. It waits for nobody: who connects and says nothing
//! is kept aside, and let go for the sake of others.

use std::{
    fs::{self, DirBuilder, File},
    io::ErrorKind,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::{
    event::epoll,
    fs::{FlockOperation, flock},
    io::Errno,
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen,
        socket_with,
        sockopt::{set_socket_passcred, socket_peercred},
    },
    process::{PidfdFlags, geteuid, pidfd_open},
};

use super::{
    AttachError, Connection, Handed, Hello, Refusal, Welcome,
    limits::{BACKLOG, PENDING_MAX},
    packet::Small,
    socket::{is_closed, receive, send, system},
};
use zerocopy::IntoBytes as _;

/// Where clients come to an engine.
///
/// ```
/// use fulmar_bus::{attach::*, record::*, segment::*};
/// use std::{os::fd::AsFd, time::Duration};
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run/bus.sock");
/// # let boot_id = BootId(7);
/// let mut listener = Listener::bind(&path)?;
///
/// // In another process:
/// # let client = std::thread::spawn(move || {
/// let hello = Hello::new(Text::new("ema").expect("a short name"), [0; 32]);
/// let mut attached = call(&path, &hello, Duration::from_secs(5))?;
/// assert_eq!(attached.welcome.instruments.len(), 1);
/// attached.link.ask(Request::Snapshot { instrument_id: InstrumentId(0) })?;
/// # let (answer, _files) = attached.link.receive(Duration::from_secs(5))?;
/// # assert!(matches!(answer, Answer::NoSnapshot { .. }));
/// # Ok::<(), AttachError>(())
/// # });
///
/// // In the engine, whenever `listener.fd()` can be read:
/// # rustix::event::poll(&mut [rustix::event::PollFd::new(&listener.fd(), rustix::event::PollFlags::IN)], None)?;
/// # let caller = loop { if let Some(caller) = listener.accept()? { break caller } };
/// # /*
/// let caller = listener.accept()?.expect("somebody said hello");
/// # */
/// assert_eq!((caller.hello().strategy.as_str(), caller.peer().pid), ("ema", std::process::id()));
/// let welcome = Welcome {
///     boot_id,
///     epoch: 3,
///     strategy_id: StrategyId(0),
///     abi_minor: ABI_MINOR,
///     lock_step: false,
///     order_counter: 0,
///     is_successor: false,
///     instrument_count: 1,
///     instruments: vec![(InstrumentId(0), Text::new("simulated:BTCUSDT").expect("a short name"))],
///     settings: Vec::new(),
/// };
/// # let file = std::fs::File::open("/dev/null")?;
/// # let given = file.as_fd();
/// # let (market, commands, events, cursor) = (given, given, given, given);
/// # let handed = Handed { market, commands, events, cursor, wakes_client: given, wakes_engine: given };
/// let mut connection = caller.welcome(&welcome, handed)?;
/// # let request = loop { if let Some(request) = connection.receive()? { break request } };
/// # /*
/// let request = connection.receive()?.expect("it asked");
/// # */
/// let Request::Snapshot { instrument_id } = request else { panic!("{request:?}") };
/// connection.send(&Answer::NoSnapshot { instrument_id, words: "its book is syncing".into() }, &[])?;
/// # client.join().expect("no panic")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Listener {
    socket: OwnedFd,
    /// Readable where the socket is, or a caller who was silent so far.
    readable: OwnedFd,
    pending: Vec<OwnedFd>,
    path: PathBuf,
}

impl Listener {
    /// Listens at `path`. Its folder is made where there is none, for this user alone; what an engine that is gone left
    /// at `path` is removed.
    ///
    /// # Errors
    /// [`AttachError::NotPrivate`] where others can come at the folder; [`AttachError::InUse`] where an engine listens;
    /// [`AttachError::System`] where the path is too long, or the system refuses.
    pub fn bind(path: &Path) -> Result<Self, AttachError> {
        let io = |doing| move |source| AttachError::System { doing, source };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io("make the bus's folder"))?;
        is_private(folder)?;
        // Until we listen, so that of two who start at once the second finds the first listening.
        let lock = File::open(folder).map_err(io("open the bus's folder"))?;
        flock(&lock, FlockOperation::LockExclusive)
            .map_err(|error| system("lock the bus's folder", error))?;
        remove_stale(path)?;
        let socket = new_socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
        let refused = |error| system("listen at the bus's socket", error);
        bind(&socket, &address(path)?).map_err(refused)?;
        // Whoever is accepted inherits it: each packet comes with who sent it.
        set_socket_passcred(&socket, true).map_err(refused)?;
        listen(&socket, BACKLOG).map_err(refused)?;
        let readable = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(refused)?;
        watch(&readable, &socket).map_err(refused)?;
        Ok(Listener { socket, readable, pending: Vec::with_capacity(PENDING_MAX), path: path.to_owned() })
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Can be read where [`Listener::accept`] has something to do.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }

    /// The next who said hello, without waiting for him. Who said anything else was told why he is refused.
    ///
    /// # Errors
    /// What was wrong with one caller, who is let go; or with the socket.
    pub fn accept(&mut self) -> Result<Option<Caller>, AttachError> {
        // More than these are there the next time.
        for _ in 0..PENDING_MAX {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let caller = match accept_with(&self.socket, flags) {
                Ok(caller) => caller,
                // Nobody is there, or he is gone again.
                Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => break,
                Err(error) => return Err(system("accept a client", error)),
            };
            if self.pending.len() == PENDING_MAX {
                self.pending.remove(0);
            }
            watch(&self.readable, &caller).map_err(|error| system("watch a client", error))?;
            self.pending.push(caller);
        }
        for index in 0..self.pending.len() {
            let mut bytes = [0; size_of::<Hello>() + 1];
            let came = receive(&self.pending[index], &mut bytes).map(|packet| {
                let sender = packet.sender.map(|sender| sender.pid);
                (Hello::read(packet.bytes), packet.files.is_empty(), sender)
            });
            if matches!(came, Err(AttachError::TimedOut)) {
                continue;
            }
            let socket = self.pending.remove(index);
            // Closing ends the watch, but not where somebody else holds the socket too.
            epoll::delete(&self.readable, &socket).map_err(|error| system("let go of a client", error))?;
            let (hello, has_no_files, sender) = came?;
            let hello = hello.and_then(|hello| match has_no_files {
                true => Ok(hello),
                false => Err((Refusal::Malformed, "no file descriptors come with a hello".to_owned())),
            });
            return match hello {
                Ok(hello) => Ok(Some(Caller { peer: Peer::of(&socket, sender)?, hello, socket })),
                Err((refusal, words)) => {
                    // Who does not hear it is gone, which is as good.
                    let _ = send(&socket, Small::refused(refusal, &words).as_bytes(), &[]);
                    Err(AttachError::Refused { refusal, words })
                }
            };
        }
        Ok(None)
    }
}

/// Nobody is to find a door behind which there is nobody.
impl Drop for Listener {
    fn drop(&mut self) {
        // Where it cannot be removed, the next engine does.
        let _ = fs::remove_file(&self.path);
    }
}

/// Who called, as the system says. The example of [`Listener`] looks at one.
///
/// The identity is the connection and the `pidfd`, never the number. The process that connected is the one that said
/// hello, which the system stamps on the packet, and its connection is open after its `pidfd` was: so the number was
/// not another's in between.
#[derive(Debug)]
pub struct Peer {
    /// Its process id, for people to read.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Can be read from the moment on that the process is gone.
    pub pidfd: OwnedFd,
}

impl Peer {
    fn of(socket: &OwnedFd, sender: Option<rustix::process::Pid>) -> Result<Peer, AttachError> {
        let known = socket_peercred(socket).map_err(|error| system("ask who a client is", error))?;
        if sender != Some(known.pid) {
            return Err(AttachError::Stranger("one process connected, and another one said hello"));
        }
        let pidfd = match pidfd_open(known.pid, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Err(AttachError::Closed),
            opened => opened.map_err(|error| system("watch a client's process", error))?,
        };
        if is_closed(socket) {
            return Err(AttachError::Closed);
        }
        let pid = known.pid.as_raw_nonzero().get().unsigned_abs();
        Ok(Peer { pid, uid: known.uid.as_raw(), gid: known.gid.as_raw(), pidfd })
    }
}

/// One who said hello, in a version and a layout that are ours, and waits for what we say.
/// The example of [`Listener`] welcomes one.
#[derive(Debug)]
pub struct Caller {
    socket: OwnedFd,
    peer: Peer,
    hello: Hello,
}

impl Caller {
    /// Who he is.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What he said.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Tells him no, and why.
    pub fn refuse(self, refusal: Refusal, words: &str) {
        // Who does not hear it is gone, which is as good.
        let _ = send(&self.socket, Small::refused(refusal, words).as_bytes(), &[]);
    }

    /// Hands him what was made for him.
    ///
    /// # Errors
    /// [`AttachError::Closed`] where he is gone; [`AttachError::System`] where the system refuses.
    ///
    /// # Panics
    /// Where the welcome is of more instruments or settings than can be told.
    pub fn welcome(
        self,
        welcome: &Welcome,
        handed: Handed<BorrowedFd<'_>>,
    ) -> Result<Connection, AttachError> {
        send(&self.socket, &welcome.to_bytes(), &handed.into_files())?;
        Ok(Connection::new(self.socket, self.peer))
    }
}

/// Asserts that a folder is this user's and nobody else's.
fn is_private(folder: &Path) -> Result<(), AttachError> {
    let not = |why| Err(AttachError::NotPrivate { folder: folder.to_owned(), why });
    let found = fs::symlink_metadata(folder)
        .map_err(|source| AttachError::System { doing: "look at the bus's folder", source })?;
    if !found.is_dir() {
        return not("is no folder");
    }
    if found.uid() != geteuid().as_raw() {
        return not("belongs to another user");
    }
    if found.mode() & 0o077 != 0 {
        return not("is open to others: make its mode 0700, or name another folder");
    }
    Ok(())
}

/// Removes a socket at which nobody listens.
fn remove_stale(path: &Path) -> Result<(), AttachError> {
    let io = |doing| move |source| AttachError::System { doing, source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("look at the bus's socket")(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io("listen at the bus's socket")(ErrorKind::AlreadyExists.into()));
        }
        Ok(_) => {}
    }
    let probe = new_socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    match connect(&probe, &address(path)?) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path).map_err(io("remove a socket that an engine left")),
        // Also where its queue is full, or it is a socket of another kind.
        _ => Err(AttachError::InUse { path: path.to_owned() }),
    }
}

pub(super) fn new_socket(flags: SocketFlags) -> Result<OwnedFd, AttachError> {
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .map_err(|error| system("make a socket", error))
}

pub(super) fn address(path: &Path) -> Result<SocketAddrUnix, AttachError> {
    SocketAddrUnix::new(path).map_err(|error| system("use the bus's path, which is 107 bytes at most", error))
}

fn watch(readable: &OwnedFd, socket: &OwnedFd) -> Result<(), Errno> {
    epoll::add(readable, socket, epoll::EventData::new_u64(0), epoll::EventFlags::IN)
}
