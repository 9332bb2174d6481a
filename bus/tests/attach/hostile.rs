//! Callers and engines that do not keep to the rules: each costs an error in words, and no more.

use std::{
    io::IoSlice,
    mem::MaybeUninit,
    os::fd::{AsFd as _, OwnedFd},
    thread,
};

use fulmar_bus::attach::{AttachError, Bell, Refusal, Request, call};
use proptest::{prelude::*, test_runner::RngSeed};
use rustix::{
    cmsg_space,
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    net::{
        AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
        SocketFlags, SocketType, accept, bind, listen, recv, sendmsg, socket_with,
        sockopt::set_socket_recv_buffer_size,
    },
};
use zerocopy::IntoBytes as _;

use crate::scene::{Engine, PATIENCE, connected, hello, is_readable, send, welcome};

/// Sends a packet with so many file descriptors.
fn send_files(socket: &OwnedFd, bytes: &[u8], count: usize) {
    let file = std::fs::File::open("/dev/null").expect("it is everywhere");
    let files = vec![file.as_fd(); count];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(64))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&files)));
    let sent = sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL);
    assert_eq!(sent, Ok(bytes.len()));
}

/// What a raw caller was told, as text in which the engine's words can be found.
fn told(socket: &OwnedFd) -> String {
    let mut bytes = [0; 1000];
    let (count, _) = recv(socket, &mut bytes, RecvFlags::empty()).expect("something was said");
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

#[test]
fn callers_who_say_nothing_hold_up_nobody_however_many_they_are() {
    let mut engine = Engine::new();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(connected(&engine.path));
        assert!(engine.listener.accept().expect("nothing is wrong").is_none());
    }
    let path = engine.path.clone();
    let client = thread::spawn(move || call(&path, &hello(), PATIENCE).map(|_| ()));
    let caller = engine.accept().expect("he said hello");
    caller.refuse(Refusal::NotReady, "");
    assert!(client.join().expect("no panic").is_err());
    // Those of the last few who speak at last are heard, the others were let go.
    send(&silent[99], hello().as_bytes());
    assert_eq!(engine.accept().expect("he said hello").hello().strategy.as_str(), "ema");
    assert_eq!(recv(&silent[0], &mut [0; 8], RecvFlags::empty()), Ok((0, 0)), "he is let go");
}

#[test]
fn one_who_goes_before_he_is_heard_is_no_caller() {
    let mut engine = Engine::new();
    drop(connected(&engine.path));
    assert!(matches!(engine.accept(), Err(AttachError::Closed)));
    let socket = connected(&engine.path);
    send(&socket, hello().as_bytes());
    drop(socket);
    assert!(matches!(engine.accept(), Err(AttachError::Closed)));
    assert!(engine.listener.accept().expect("nothing is wrong").is_none());
}

#[test]
fn a_hello_with_file_descriptors_is_refused() {
    let mut engine = Engine::new();
    for count in [1, 6, 7, 64] {
        let socket = connected(&engine.path);
        send_files(&socket, hello().as_bytes(), count);
        assert!(engine.accept().is_err(), "{count}");
    }
}

#[test]
fn requests_that_no_client_sends_are_errors_in_words() {
    let mut engine = Engine::new();
    let mut attached = || {
        let socket = connected(&engine.path);
        send(&socket, hello().as_bytes());
        let connection = engine.welcome();
        (socket, connection)
    };
    let longest = vec![0; 4000];
    for bytes in [&[0; 1][..], &[0; 255], &[0; 256], &[0; 257], &longest] {
        let (socket, mut connection) = attached();
        send(&socket, bytes);
        assert!(matches!(connection.receive(), Err(AttachError::Malformed(_))), "{} bytes", bytes.len());
    }
    for count in [1, 7] {
        let (socket, mut connection) = attached();
        let mut bye = [0; 256];
        bye[0] = 33;
        send_files(&socket, &bye, count);
        assert!(matches!(connection.receive(), Err(AttachError::Malformed(_))), "{count} files");
        send(&socket, &bye);
        assert_eq!(connection.receive().expect("it is whole"), Some(Request::Bye));
    }
}

#[test]
fn a_client_that_does_what_it_can_to_its_end_of_a_bell_never_makes_the_engine_wait() {
    let (engine, client) = Bell::pair().expect("sockets");
    let client = client.into_fd();
    let flags = fcntl_getfl(&client).expect("it is open");
    fcntl_setfl(&client, flags.difference(OFlags::NONBLOCK)).expect("it is his own");
    set_socket_recv_buffer_size(&client, 1).expect("it is his own");
    // It never hears: those that find no room are not missed.
    (0..100_000).for_each(|_| engine.ring());
    assert!(fcntl_getfl(engine.fd()).expect("it is open").contains(OFlags::NONBLOCK));
    assert!(!engine.hush(), "nobody rang here");
    // It rings without end, and at last not at all any more.
    let bytes = [7; 4096];
    let rang =
        (0..1000).take_while(|_| rustix::net::send(&client, &bytes, SendFlags::DONTWAIT).is_ok()).count();
    assert!(rang > 0 && engine.hush(), "much of it is heard at once");
    drop(client);
    engine.ring();
    while engine.hush() {}
    assert!(is_readable(engine.fd()) && !engine.hush(), "it is gone");
}

/// What a client makes of an engine that answers its hello with `bytes` and so many file descriptors.
fn client_of(bytes: &[u8], count: usize) -> AttachError {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bus.sock");
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
    let socket = socket.expect("a socket");
    bind(&socket, &SocketAddrUnix::new(&path).expect("a short path")).expect("it is free");
    listen(&socket, 1).expect("it is bound");
    thread::scope(|scope| {
        let client = scope.spawn(|| call(&path, &hello(), PATIENCE).map(|_| ()));
        let accepted = accept(&socket).expect("it calls");
        match count {
            0 => send(&accepted, bytes),
            count => send_files(&accepted, bytes, count),
        }
        client.join().expect("no panic").expect_err("that is no welcome")
    })
}

#[test]
fn a_welcome_with_too_many_too_few_or_no_file_descriptors_is_refused_by_the_client() {
    let bytes = welcome_bytes();
    for count in [0, 1, 5, 7, 60] {
        let error = client_of(&bytes, count);
        assert!(matches!(error, AttachError::Malformed(_)), "{count}: {error}");
    }
}

#[test]
fn a_welcome_that_is_none_is_refused_by_the_client() {
    let whole = welcome_bytes();
    for length in [1, 63, 64, whole.len() - 1] {
        assert!(matches!(client_of(&whole[..length], 6), AttachError::Malformed(_)), "{length} bytes");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(matches!(client_of(&longer, 6), AttachError::Malformed(_)));
    assert!(matches!(client_of(&[1; 150_000], 6), AttachError::Malformed(_)), "longer than any");
}

/// A welcome as it goes over the socket.
fn welcome_bytes() -> Vec<u8> {
    let mut engine = Engine::new();
    let socket = connected(&engine.path);
    send(&socket, hello().as_bytes());
    let connection = engine.welcome();
    let mut bytes = vec![0; 1000];
    let (count, _) = recv(&socket, &mut bytes, RecvFlags::empty()).expect("it was sent");
    drop(connection);
    bytes.truncate(count);
    assert_eq!(count, 64 + 72 * welcome().instruments.len() + welcome().settings.len());
    bytes
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(0x000F_011A),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A first packet: anything, or a hello of which a few bytes are others.
fn first() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((0..128usize, any::<u8>()), 1..4);
    let damaged = changes.prop_map(|changes| {
        let mut bytes = hello().as_bytes().to_vec();
        changes.into_iter().for_each(|(at, value)| bytes[at] = value);
        bytes
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 1..300), damaged]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_comes_first_is_taken_as_a_hello_or_refused_in_words(packets in prop::collection::vec(first(), 1..8)) {
        let mut engine = Engine::new();
        for bytes in packets {
            let socket = connected(&engine.path);
            send(&socket, &bytes);
            match engine.accept() {
                Ok(caller) => {
                    prop_assert_eq!(caller.hello().layout_hash, hello().layout_hash);
                    caller.refuse(Refusal::UnknownStrategy, "nobody knows it");
                    prop_assert!(told(&socket).contains("nobody knows it"));
                }
                Err(AttachError::Refused { words, .. }) => prop_assert!(told(&socket).contains(&words)),
                // Longer than a hello is.
                Err(AttachError::Malformed(_)) => prop_assert!(bytes.len() > 128),
                Err(other) => panic!("{other:?}"),
            }
        }
        prop_assert!(engine.listener.accept().expect("nothing is wrong").is_none());
    }
}
