//! Hellos: every one that is not ours is refused for its reason, whatever its bytes.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

fn hello() -> Hello {
    Hello::new(Text::new("ema").expect("a short name"), [238; 32])
}

#[test]
fn a_hello_lies_where_every_engine_expects_it() {
    let hello = hello();
    let bytes = hello.as_bytes();
    assert_eq!((bytes.len(), &bytes[..8]), (128, &b"FULMHELO"[..]));
    assert_eq!(bytes[8..13], [1, 0, 1, 0, 0]);
    assert_eq!(hello.taking_over().as_bytes()[12..16], [1, 0, 0, 0]);
    assert_eq!(bytes[16..24], layout_hash().to_le_bytes());
    assert_eq!((&bytes[24..27], &bytes[56..88]), (&b"ema"[..], &[238; 32][..]));
    assert!(!format!("{hello:?}").contains("238, 238"), "the token is shown to nobody");
}

#[test]
fn every_hello_that_is_not_ours_is_refused_for_its_reason() {
    let check = |change: &dyn Fn(&mut Hello), expected, word: &str| {
        let mut changed = hello();
        change(&mut changed);
        let (refusal, words) = Hello::read(changed.as_bytes()).expect_err("it is another's");
        assert!(refusal == expected && words.contains(word), "{refusal:?}: {words}");
    };
    assert!(Hello::read(hello().as_bytes()).is_ok());
    check(&|hello| hello.magic[7] = b'X', Refusal::Magic, "no hello");
    check(&|hello| hello.abi_major = 2, Refusal::AbiMajor, "speaks version 1.1, the client 2.1");
    check(&|hello| hello.layout_hash ^= 1, Refusal::LayoutHash, "build both from the same version");
    check(&|hello| hello.strategy = Text::default(), Refusal::Malformed, "name is empty");
    let no_text = Text::read_from_bytes(&[0xFF; 32]).expect("any bytes");
    check(&|hello| hello.strategy = no_text, Refusal::Malformed, "no text");
    let short = Hello::read(&hello().as_bytes()[..127]);
    assert_eq!(short, Err((Refusal::Malformed, "a hello is 128 bytes, and this one 127".into())));
    let newer = Hello { abi_minor: 7, ..hello() };
    assert_eq!(Hello::read(newer.as_bytes()), Ok(newer), "another minor version gets along");
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
    fn no_hello_makes_a_panic_and_none_that_is_not_ours_is_taken(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            damaged(hello().as_bytes().to_vec()),
        ],
    ) {
        if let Ok(hello) = Hello::read(&bytes) {
            prop_assert_eq!((hello.magic, hello.abi_major), (MAGIC, ABI_MAJOR));
            prop_assert_eq!((hello.layout_hash, bytes.len()), (layout_hash(), 128));
            prop_assert!(!hello.strategy.as_str().is_empty());
        }
    }
}
