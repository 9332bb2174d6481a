//! What leaves: the session's requests with their gaps filled, held against the published vectors and public keys.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fulmar_engine::contract::Seal;

use super::super::super::credentials::Credentials;
use super::*;

/// The key and the secret that the venue publishes as an example.
const KEY: &str = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

/// The keys of the first test of RFC 8032: the secret one in PKCS#8, and the public one.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn sealed(secret: &str, kind: RequestKind, request: &str) -> String {
    let mut sealed = Vec::new();
    Credentials::new(KEY, secret).expect("a key").seal(kind, request.as_bytes(), &mut sealed);
    String::from_utf8(sealed).expect("text")
}

/// The parameters of a message as the venue signs them, and the signature that it carries.
fn signed(message: &str) -> (String, String) {
    let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
    let params = message["params"].as_object().expect("it has parameters");
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), ToString::to_string);
    let query: Vec<String> = params
        .iter()
        .filter(|(name, _)| *name != "signature")
        .map(|(name, value)| format!("{name}={}", text(value)))
        .collect();
    (query.join("&"), text(&params["signature"]))
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[test]
fn the_login_of_an_ed25519_key_is_signed_so_that_its_public_key_vouches_for_it() {
    let mut bench = Bench::with_key(KeyKind::Ed25519);
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    let (query, signature) = signed(&sealed(PEM, RequestKind::Send, &bench.asked()[0]));
    let at = bench.now.0 / 1_000_000;
    assert_eq!(query, format!("apiKey={KEY}&recvWindow=5000&timestamp={at}"));
    let public = UnparsedPublicKey::new(&ED25519, bytes_of(PUBLIC));
    let signature = BASE64.decode(signature).expect("base64");
    assert!(public.verify(query.as_bytes(), &signature).is_ok());
    assert!(public.verify(b"apiKey=", &signature).is_err());
}

#[test]
fn every_request_of_an_hmac_key_is_signed_over_all_its_parameters_in_their_order() {
    let mut bench = Bench::with_key(KeyKind::Hmac);
    bench.session.define(BTC, &btc());
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    let mut asked = bench.asked();
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    bench.truth.answers = false;
    bench.submit(|_| {});
    bench.cancel(1);
    bench.pass(Nanos::from_secs(20));
    asked.extend(bench.asked());
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let mut methods = Vec::new();
    for request in asked.iter().filter(|request| request.starts_with('{')) {
        let sealed = sealed(SECRET, RequestKind::Send, request);
        let message: serde_json::Value = serde_json::from_str(&sealed).expect("JSON");
        let method = message["method"].as_str().expect("a method").to_owned();
        if method != "time" {
            let (query, signature) = signed(&sealed);
            assert!(query.starts_with(&format!("apiKey={KEY}&")), "{query}");
            assert!(hmac::verify(&key, query.as_bytes(), &bytes_of(&signature)).is_ok(), "{sealed}");
        }
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    let all =
        ["userDataStream.subscribe.signature", "openOrders.status", "order.place", "order.cancel", "time"];
    assert!(
        all.iter().all(|method| *method == "time" || methods.contains(&(*method).to_owned())),
        "{methods:?}"
    );
}

#[test]
fn what_the_key_may_do_is_asked_with_the_published_way_of_signing_a_query() {
    let target = "/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000\
                  &timestamp=1499827319559&signature=";
    let published = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    assert_eq!(sealed(SECRET, RequestKind::HttpGet, target), format!("{target}{published}"));
}
