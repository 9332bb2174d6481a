//! The handshake and what follows: who is taken gets everything in its place, who is refused hears why, and both ends
//! see the other one go.

use std::{
    os::fd::AsFd as _,
    thread::{self, JoinHandle},
    time::Duration,
};

use fulmar_bus::{
    attach::{Answer, AttachError, Attached, Hello, Refusal, Request, call},
    record::{InstrumentId, Text},
    segment::{Access, BootId, OpenSegment, SegmentBuilder, SegmentOptions},
};

use crate::scene::{Engine, PATIENCE, hello, is_close_on_exec, is_readable, lengths, welcome};

/// A client that says `hello` on a thread of its own.
fn client(engine: &Engine, hello: Hello) -> JoinHandle<Result<Attached, AttachError>> {
    let path = engine.path.clone();
    thread::spawn(move || call(&path, &hello, PATIENCE))
}

#[test]
fn who_is_welcome_is_told_all_and_handed_everything_in_its_place() {
    let mut engine = Engine::new();
    let calling = client(&engine, hello());
    let caller = engine.accept().expect("a caller");
    assert_eq!(*caller.hello(), hello());
    assert!(caller.hello().has_token(&[5; 32]));
    let peer = caller.peer();
    assert_eq!((peer.pid, peer.uid), (std::process::id(), rustix::process::getuid().as_raw()));
    assert!(is_close_on_exec(&peer.pidfd));
    let handed = crate::scene::files();
    let connection = caller.welcome(&welcome(), handed.as_fds()).expect("he reads it");
    let attached = calling.join().expect("no panic").expect("he is taken");
    assert_eq!(attached.welcome, welcome());
    assert_eq!(lengths(&attached.handed), [1, 2, 3, 4, 5, 6]);
    let handed = attached.handed;
    let all = [
        handed.market,
        handed.commands,
        handed.events,
        handed.cursor,
        handed.wakes_client,
        handed.wakes_engine,
    ];
    assert!(all.iter().all(is_close_on_exec));
    assert!(!connection.is_closed() && !attached.link.is_closed());
}

#[test]
fn who_is_refused_hears_why_in_the_words_of_the_engine() {
    let mut engine = Engine::new();
    let refusals = [
        (Refusal::UnknownStrategy, "there is no \"ema\": there are quoter, idle"),
        (Refusal::AlreadyAttached, "process 4711 is \"ema\""),
        (Refusal::TooManyClients, "there are 16"),
        (Refusal::Token, ""),
        (Refusal::NotAllowed, "user 65534"),
        (Refusal::NotReady, "the engine is about to end"),
    ];
    for (refusal, words) in refusals {
        let calling = client(&engine, hello());
        engine.accept().expect("a caller").refuse(refusal, words);
        match calling.join().expect("no panic") {
            Err(AttachError::Refused { refusal: told, words: why }) => {
                assert_eq!((told, why.as_str()), (refusal, words))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_client_of_another_build_is_refused_before_anybody_asks_who_it_is() {
    let mut engine = Engine::new();
    let mut check = |change: fn(&mut Hello), expected: Refusal| {
        let mut changed = hello();
        change(&mut changed);
        let calling = client(&engine, changed);
        let here = engine.accept().map(|_| ()).expect_err("it cannot be taken").to_string();
        let there = calling.join().expect("no panic").map(|_| ()).expect_err("it was not taken");
        assert_eq!(there.to_string(), here, "both hear the same");
        assert!(matches!(there, AttachError::Refused { refusal, .. } if refusal == expected), "{there}");
    };
    check(|hello| hello.magic = *b"GET / HT", Refusal::Magic);
    check(|hello| hello.abi_major += 1, Refusal::AbiMajor);
    check(|hello| hello.layout_hash ^= 1 << 40, Refusal::LayoutHash);
    check(|hello| hello.strategy = Text::default(), Refusal::Malformed);
}

#[test]
fn an_attached_client_asks_and_is_answered_with_a_snapshot_that_it_can_open() {
    let mut engine = Engine::new();
    let calling = client(&engine, hello());
    let mut connection = engine.welcome();
    let mut link = calling.join().expect("no panic").expect("he is taken").link;
    assert!(connection.receive().expect("he is there").is_none(), "he asked for nothing yet");
    for instrument in 0..3 {
        link.ask(Request::Snapshot { instrument_id: InstrumentId(instrument) }).expect("it reads");
    }
    for instrument in 0..3 {
        let instrument_id = InstrumentId(instrument);
        assert!(is_readable(connection.fd()));
        let request = connection.receive().expect("he is there");
        assert_eq!(request, Some(Request::Snapshot { instrument_id }));
        let options = SegmentOptions::default();
        let mut builder =
            SegmentBuilder::new("snapshot", BootId(77), Access::Read, options).expect("there is memory");
        builder.add("book", 100).expect("a part");
        let segment = builder.seal().expect("it can be sealed");
        let answer = Answer::Snapshot { instrument_id, market_sequence: 500, book_sequence: 60 };
        connection.send(&answer, &[segment.fd()]).expect("he reads");
        let (told, file) = link.receive(PATIENCE).expect("it answers");
        let opened =
            OpenSegment::open(file.expect("it came with it"), Access::Read).expect("it is a segment");
        assert_eq!((told, opened.boot_id()), (answer, BootId(77)));
    }
    let none =
        Answer::NoSnapshot { instrument_id: InstrumentId(9), words: "there is no instrument 9".into() };
    connection.send(&none, &[]).expect("he reads");
    assert_eq!(link.receive(PATIENCE).expect("it answers").0, none);
    link.ask(Request::Bye).expect("it reads");
    drop(link);
    assert_eq!(connection.receive().expect("he said so"), Some(Request::Bye));
    assert!(connection.is_closed() && matches!(connection.receive(), Err(AttachError::Closed)));
}

#[test]
fn each_end_sees_the_other_go() {
    let mut engine = Engine::new();
    let calling = client(&engine, hello());
    let mut connection = engine.welcome();
    let mut link = calling.join().expect("no panic").expect("he is taken").link;
    let ended = Answer::Ended { reason: Refusal::Quarantined, words: "32 wrong commands".into() };
    connection.send(&ended, &[]).expect("he reads");
    drop(connection);
    assert!(link.is_closed());
    assert_eq!(link.receive(PATIENCE).expect("it was said before").0, ended, "the last words are heard");
    assert!(matches!(link.receive(PATIENCE), Err(AttachError::Closed)));
    assert!(matches!(link.ask(Request::Bye), Err(AttachError::Closed)));
}

#[test]
fn an_engine_that_says_nothing_is_waited_for_no_longer_than_was_said() {
    let engine = Engine::new();
    let error =
        call(&engine.path, &hello(), Duration::from_millis(20)).map(|_| ()).expect_err("it says nothing");
    assert!(matches!(error, AttachError::TimedOut), "{error}");
}

#[test]
fn an_answer_that_does_not_come_and_a_client_that_does_not_read_hold_nobody_up() {
    let mut engine = Engine::new();
    let calling = client(&engine, hello());
    let mut connection = engine.welcome();
    let mut link = calling.join().expect("no panic").expect("he is taken").link;
    assert!(matches!(link.receive(Duration::from_millis(1)), Err(AttachError::TimedOut)));
    let answer = Answer::NoSnapshot { instrument_id: InstrumentId(0), words: String::new() };
    let refused = (0..100_000).find_map(|_| connection.send(&answer, &[]).err()).expect("he reads nothing");
    assert!(matches!(refused, AttachError::NotReading), "{refused}");
    assert!(!connection.is_closed(), "what is to become of him, the engine decides");
    assert!(is_readable(link.fd().as_fd()));
}
