//! What the tests share: an engine's door in a folder of its own, something to hand over, and raw sockets.

use std::{
    io::{BufRead as _, BufReader},
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fulmar_bus::{
    attach::{ABI_MINOR, AttachError, Caller, Connection, Handed, Hello, Listener, Welcome},
    record::{InstrumentId, StrategyId, Text},
    segment::BootId,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with},
};
use tempfile::TempDir;

/// Longer than anything takes; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often something is repeated: `usually`, or so often as a full campaign wants.
pub fn rounds(usually: u64, in_full: u64) -> u64 {
    match std::env::var("FULMAR_CAMPAIGN") {
        Ok(campaign) if campaign == "full" => in_full,
        _ => usually,
    }
}

/// An engine that listens.
pub struct Engine {
    pub listener: Listener,
    pub path: PathBuf,
    _folder: TempDir,
}

impl Engine {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run/bus.sock");
        let listener = Listener::bind(&path).expect("the folder is ours");
        Engine { listener, path, _folder: folder }
    }

    /// What the door has next: it is waited for.
    pub fn accept(&mut self) -> Result<Caller, AttachError> {
        loop {
            assert!(is_readable(self.listener.fd()), "nobody came");
            if let Some(caller) = self.listener.accept()? {
                return Ok(caller);
            }
        }
    }

    /// Takes the next caller, with [`files`].
    pub fn welcome(&mut self) -> Connection {
        let caller = self.accept().expect("a caller");
        caller.welcome(&welcome(), files().as_fds()).expect("he reads it")
    }
}

/// True once it can be read, or hung up; false where that takes too long.
pub fn is_readable(file: std::os::fd::BorrowedFd<'_>) -> bool {
    let patience = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    poll(&mut [PollFd::from_borrowed_fd(file, PollFlags::IN)], Some(&patience)) == Ok(1)
}

pub fn welcome() -> Welcome {
    Welcome {
        boot_id: BootId(77),
        epoch: 5,
        strategy_id: StrategyId(2),
        abi_minor: ABI_MINOR,
        lock_step: false,
        order_counter: 41,
        is_successor: false,
        instrument_count: 3,
        instruments: vec![(InstrumentId(1), Text::new("simulated:BTCUSDT").expect("a short name"))],
        settings: b"fast = 3".to_vec(),
    }
}

pub fn hello() -> Hello {
    Hello::new(Text::new("ema").expect("a short name"), [5; 32])
}

/// Six files that can be told from each other: the first holds one byte, the second two, and so on.
pub fn files() -> Handed<OwnedFd> {
    let file = |bytes: usize| {
        let file = tempfile::tempfile().expect("a file");
        file.set_len(bytes as u64).expect("it can be made longer");
        OwnedFd::from(file)
    };
    Handed {
        market: file(1),
        commands: file(2),
        events: file(3),
        cursor: file(4),
        wakes_client: file(5),
        wakes_engine: file(6),
    }
}

/// Bytes of the files, in order.
pub fn lengths(handed: &Handed<OwnedFd>) -> [i64; 6] {
    let Handed { market, commands, events, cursor, wakes_client, wakes_engine } = handed.as_fds();
    [market, commands, events, cursor, wakes_client, wakes_engine]
        .map(|file| rustix::fs::fstat(file).expect("it is open").st_size)
}

/// A socket that is connected to the engine and has said nothing.
pub fn connected(path: &Path) -> OwnedFd {
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
    let socket = socket.expect("a socket");
    connect(&socket, &SocketAddrUnix::new(path).expect("a short path")).expect("somebody listens");
    socket
}

/// Sends one packet as it is.
pub fn send(socket: &OwnedFd, bytes: &[u8]) {
    let sent = rustix::net::send(socket, bytes, rustix::net::SendFlags::NOSIGNAL);
    assert_eq!(sent, Ok(bytes.len()));
}

/// Names the folder or socket that a process is to use; its presence makes a test that process.
pub const CHILD_PATH: &str = "FULMAR_ATTACH_CHILD_PATH";

/// Runs the test `name` once more, in a process of its own that is told of `path`.
pub fn child(name: &str, path: &Path, input: Stdio) -> Child {
    let program = std::env::current_exe().expect("this test's program");
    command(&program, name, path, input).spawn().expect("it can be started")
}

/// The same, from `program`, before it is started.
pub fn command(program: &Path, name: &str, path: &Path, input: Stdio) -> Command {
    let mut command = Command::new(program);
    command
        .args([name, "--exact", "--test-threads=1", "--nocapture"])
        .env(CHILD_PATH, path)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The path that this process was told of, where it is a child.
pub fn child_path() -> Option<PathBuf> {
    std::env::var_os(CHILD_PATH).map(PathBuf::from)
}

/// Numbers of the file descriptors that this process has open.
pub fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("our own files").count()
}

/// Waits until a child says that it listens.
pub fn says_that_it_listens(child: &mut Child) {
    let said = BufReader::new(child.stdout.as_mut().expect("a pipe"));
    let mut lines = said.lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.ends_with("listening")), "it never listened");
}

/// True where a program that this process starts would not get the file.
pub fn is_close_on_exec(file: &OwnedFd) -> bool {
    rustix::io::fcntl_getfd(file.as_fd()).expect("it is open").contains(rustix::io::FdFlags::CLOEXEC)
}
