//! Sockets: a Unix socket that keeps records apart, and TCP on loopback without delay, which does not. A record is one
//! write. Neither side sleeps in a read: it asks again and again, which is the fastest that a socket can be used.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;

use fulmar::bench::far::{Far, Wire};
use fulmar::bench::measure::{End, wait_until};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketType, accept, bind, connect, listen, recv,
    send, socket,
};

use super::Laid;

/// Bytes of a record.
const RECORD_BYTES: usize = 64;
/// Bytes that one read of a stream takes at the most.
const READ_BYTES: usize = 1 << 16;

fn record(number: u64) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..size_of::<u64>()].copy_from_slice(&number.to_ne_bytes());
    record
}

fn number(record: &[u8]) -> u64 {
    let (number, _) = record.split_first_chunk().expect("a record is longer than a number");
    u64::from_ne_bytes(*number)
}

/// One side of a Unix socket.
pub struct Packets {
    socket: OwnedFd,
}

impl Laid for Packets {
    fn near(place: &Path, start: impl FnOnce() -> anyhow::Result<Far>) -> anyhow::Result<(Self, Far)> {
        let listener = socket(AddressFamily::UNIX, SocketType::SEQPACKET, None)?;
        bind(&listener, &SocketAddrUnix::new(place)?)?;
        listen(&listener, 1)?;
        let far = start()?;
        Ok((Packets { socket: accept(&listener)? }, far))
    }

    fn far(place: &Path) -> anyhow::Result<Self> {
        let socket = socket(AddressFamily::UNIX, SocketType::SEQPACKET, None)?;
        connect(&socket, &SocketAddrUnix::new(place)?)?;
        Ok(Packets { socket })
    }
}

impl Wire for Packets {
    fn send_numbered(&mut self, number: u64) {
        let record = record(number);
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        wait_until(|| match send(&self.socket, &record, flags) {
            Ok(sent) => sent == RECORD_BYTES,
            Err(error) => {
                assert_eq!(error, Errno::AGAIN, "the other side of a bench is gone");
                false
            }
        });
    }

    fn receive_numbered(&mut self) -> u64 {
        let mut record = [0; RECORD_BYTES];
        wait_until(|| match recv(&self.socket, &mut record[..], RecvFlags::DONTWAIT) {
            Ok((received, _)) => {
                assert_eq!(received, RECORD_BYTES, "the other side of a bench is gone");
                true
            }
            Err(error) => {
                assert_eq!(error, Errno::AGAIN, "the other side of a bench is gone");
                false
            }
        });
        number(&record)
    }
}

/// One side of a connection.
pub struct Stream {
    socket: TcpStream,
    read: Box<[u8; READ_BYTES]>,
    /// What of it is read and not taken yet.
    unread: std::ops::Range<usize>,
}

impl Stream {
    fn new(socket: TcpStream) -> anyhow::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Stream { socket, read: Box::new([0; READ_BYTES]), unread: 0..0 })
    }
}

impl Laid for Stream {
    fn near(place: &Path, start: impl FnOnce() -> anyhow::Result<Far>) -> anyhow::Result<(Self, Far)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        std::fs::write(place, listener.local_addr()?.to_string())?;
        let far = start()?;
        Ok((Stream::new(listener.accept()?.0)?, far))
    }

    fn far(place: &Path) -> anyhow::Result<Self> {
        Stream::new(TcpStream::connect(std::fs::read_to_string(place)?)?)
    }
}

/// What a call on the socket came to; `None` where it would have to wait.
fn done(result: std::io::Result<usize>) -> Option<usize> {
    match result {
        Ok(0) => panic!("the other side of a bench is gone"),
        Ok(count) => Some(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("the other side of a bench is gone: {error}"),
    }
}

impl Wire for Stream {
    fn send_numbered(&mut self, number: u64) {
        let record = record(number);
        let mut unsent = &record[..];
        wait_until(|| {
            unsent = &unsent[done(self.socket.write(unsent)).unwrap_or(0)..];
            unsent.is_empty()
        });
    }

    fn receive_numbered(&mut self) -> u64 {
        if self.unread.len() < RECORD_BYTES {
            self.read.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
            wait_until(|| {
                let free = &mut self.read[self.unread.end..];
                self.unread.end += done(self.socket.read(free)).unwrap_or(0);
                self.unread.len() >= RECORD_BYTES
            });
        }
        let number = number(&self.read[self.unread.clone()]);
        self.unread.start += RECORD_BYTES;
        number
    }
}

impl End for Packets {
    fn send(&mut self) {
        self.send_numbered(0);
    }

    fn receive(&mut self) {
        self.receive_numbered();
    }
}

impl End for Stream {
    fn send(&mut self) {
        self.send_numbered(0);
    }

    fn receive(&mut self) {
        self.receive_numbered();
    }
}
