//! Packets: what is written is read, and what is not as it must be is refused.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::attach::ABI_MINOR;

fn welcome() -> Welcome {
    let name = |name| Text::new(name).expect("a short name");
    Welcome {
        boot_id: BootId(u128::MAX / 3),
        epoch: 12,
        strategy_id: StrategyId(3),
        abi_minor: ABI_MINOR,
        lock_step: true,
        order_counter: 1 << 40,
        is_successor: true,
        instrument_count: 9,
        instruments: vec![(InstrumentId(0), name("a:BTCUSDT")), (InstrumentId(8), name("b:ETHUSDT"))],
        settings: b"fast = 3".to_vec(),
    }
}

#[test]
fn a_welcome_is_read_as_it_was_written() {
    for instruments in [0, 2] {
        let mut welcome = welcome();
        welcome.instruments.truncate(instruments);
        assert_eq!(Welcome::read(&welcome.to_bytes()).expect("it is whole"), welcome);
    }
    // Bytes that begin between two words, as nobody promises that they do not.
    let shifted = [&[0][..], &welcome().to_bytes()].concat();
    assert_eq!(Welcome::read(&shifted[1..]).expect("it is whole"), welcome());
    let entry = (InstrumentId(1), Text::new("x").expect("a short name"));
    let most = Welcome {
        instruments: vec![entry; INSTRUMENTS_MAX],
        settings: vec![7; SETTINGS_BYTES_MAX],
        ..welcome()
    };
    let bytes = most.to_bytes();
    assert_eq!((bytes.len(), Welcome::read(&bytes).expect("it is whole")), (PACKET_BYTES_MAX, most));
}

#[test]
fn a_welcome_of_another_length_or_of_what_cannot_be_is_refused() {
    let bytes = welcome().to_bytes();
    for length in 0..bytes.len() {
        assert!(Welcome::read(&bytes[..length]).is_err(), "{length} bytes");
    }
    for (byte, value) in [(0, 2), (2, 2), (4, 3), (36, 0), (28, 8), (48, 2)] {
        let mut damaged = bytes.clone();
        damaged[byte] = value;
        assert!(Welcome::read(&damaged).is_err(), "byte {byte}");
    }
}

#[test]
fn requests_and_answers_are_read_as_they_were_written() {
    let instrument_id = InstrumentId(7);
    for request in [Request::Snapshot { instrument_id }, Request::Bye, Request::Ready] {
        let sent = Small::from(request);
        let came = Small::read(sent.as_bytes()).expect("it is whole");
        assert_eq!(Request::try_from(came).expect("it is a request"), request);
        assert!(Answer::try_from(came).is_err() && came.refusal().is_none());
    }
    let answers = [
        Answer::Snapshot { instrument_id, market_sequence: 1 << 47, book_sequence: 3 },
        Answer::NoSnapshot { instrument_id, words: "its book is syncing".into() },
        Answer::InPlace { order_counter: 1 << 40 },
        Answer::Ended { reason: Refusal::Quarantined, words: "too many wrong commands".into() },
    ];
    for answer in answers {
        let came = Small::read(Small::from(&answer).as_bytes()).expect("it is whole");
        assert_eq!(Answer::try_from(came).expect("it is an answer"), answer);
        assert!(Request::try_from(came).is_err() && came.refusal().is_none());
    }
}

#[test]
fn words_are_cut_where_a_character_ends() {
    let told = |words: &str| match Small::refused(Refusal::Token, words).refusal() {
        Some(AttachError::Refused { refusal: Refusal::Token, words }) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(told("no\0 zeros"), "no  zeros");
    assert_eq!(told(&"€".repeat(100)), "€".repeat(77), "three bytes each");
    assert_eq!(told(&"x".repeat(500)), "x".repeat(232));
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 16 } else { 4096 },
        rng_seed: RngSeed::Fixed(0x000F_011A),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Bytes of something real, of which some are others.
fn damaged(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    let changes = prop::collection::vec((0..length, any::<u8>()), 0..8);
    (changes, 0..=length).prop_map(move |(changes, end)| {
        let mut bytes = bytes.clone();
        changes.into_iter().for_each(|(at, value)| bytes[at] = value);
        // Whole more often than not.
        if end % 4 == 0 { bytes[..end].to_vec() } else { bytes }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_packet_of_an_engine_makes_a_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            damaged(welcome().to_bytes()),
            damaged(Small::refused(Refusal::Token, "wrong").as_bytes().to_vec()),
        ],
    ) {
        if let Ok(welcome) = Welcome::read(&bytes) {
            prop_assert!(welcome.instruments.iter().all(|(id, _)| id.0 < welcome.instrument_count));
        }
        if let Ok(small) = Small::read(&bytes) {
            let _ = (Request::try_from(small), Answer::try_from(small), small.refusal());
        }
    }
}
