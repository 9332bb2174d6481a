//! What can be said over the connection and the bells: too much, and nonsense.

use std::os::fd::OwnedFd;

use fulmar_bus::attach::{AttachError, Bell, Refusal, Request, call};
use rustix::net::{SendFlags, send};

use super::{Fate, SPEECH, name_of};
use crate::attached::outside::{Client, hello, role};
use crate::program::PATIENCE;

fn check(test: &str, rounds: u64, fate: Fate, act: fn(&mut Client, u64)) {
    super::check(&name_of(module_path!(), test), rounds, fate, act);
}

#[test]
fn a_bell_that_rings_without_end() {
    check("a_bell_that_rings_without_end", 1, Fate::InVain, |client, _| {
        let bell = |file: &OwnedFd| Bell::from(file.try_clone().expect("a descriptor"));
        let (own, engines) = (bell(&client.handed.wakes_client), bell(&client.handed.wakes_engine));
        for _ in 0..100_000 {
            engines.ring();
            own.ring();
        }
        let _ = send(&client.handed.wakes_engine, &[7; 1 << 16], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    });
}

#[test]
fn requests_without_end() {
    check("requests_without_end", 1, Fate::InVain, |client, _| {
        let instrument_id = client.instrument();
        for _ in 0..1_500 {
            if client.link.ask(Request::Snapshot { instrument_id }).is_err() {
                assert!(!client.link.is_closed(), "it was sent away");
            }
            client.link.receive(PATIENCE).expect("each is answered");
        }
    });
}

#[test]
fn a_packet_that_no_client_sends() {
    check("a_packet_that_no_client_sends", 3, Fate::SentAway(SPEECH), |client, round| {
        let lengths = [1, 255, 256];
        let bytes = vec![0xBA; lengths[usize::try_from(round).expect("small")]];
        let sent = send(client.link.fd(), &bytes, SendFlags::NOSIGNAL);
        assert_eq!(sent, Ok(bytes.len()));
    });
}

#[test]
fn the_name_of_a_strategy_that_is_there() {
    check("the_name_of_a_strategy_that_is_there", 1, Fate::InVain, |_, _| {
        let role = role().expect("it has one");
        for _ in 0..100 {
            let refused = call(&role.socket, &hello("good", &role.socket), PATIENCE);
            let is_refused =
                matches!(refused, Err(AttachError::Refused { refusal: Refusal::AlreadyAttached, .. }));
            assert!(is_refused, "{:?}", refused.err());
        }
    });
}
