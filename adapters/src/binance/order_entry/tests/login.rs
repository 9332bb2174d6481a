//! The login, and the venue's clock.

use super::*;

#[test]
fn an_ed25519_key_signs_the_login_alone() {
    let mut bench = Bench::with_key(KeyKind::Ed25519);
    bench.session.define(BTC, &btc());
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    let at = bench.now.0 / 1_000_000;
    let logon = format!(
        r#"{{"id":"g","method":"session.logon","params":{{"apiKey":"","recvWindow":5000,"timestamp":{at},"signature":""}}}}"#
    );
    assert_eq!(bench.asked(), [logon]);
    bench.message(r#"{"id":"g","status":200,"result":{"apiKey":"k","authorizedSince":1}}"#);
    assert_eq!(bench.asked(), [r#"{"id":"l","method":"userDataStream.subscribe"}"#]);
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    bench.answer_own();
    assert!(bench.session.is_ready());
    bench.submit(|_| {});
    let order = bench.asked().pop().expect("an order");
    assert!(!order.contains("apiKey") && !order.contains("signature"), "{order}");
    // The next connection is vouched for by nobody.
    bench.feed(FrameSource::Closed, "reset");
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    assert_eq!(bench.asked_methods(), ["session.logon"]);
}

#[test]
fn requests_are_dated_by_the_venues_clock() {
    let mut bench = Bench::new();
    bench.truth.ahead = Nanos::from_millis(4_000);
    bench.feed(FrameSource::Closed, "reset");
    bench.pass(Nanos::from_secs(1));
    bench.log_in();
    bench.submit(|_| {});
    let at = (bench.now + bench.truth.ahead).0 / 1_000_000;
    assert!(bench.asked()[0].contains(&format!(r#""timestamp":{at}"#)));
}

#[test]
fn the_clock_is_asked_again_every_few_minutes() {
    let mut bench = Bench::new();
    bench.truth.answers = false;
    bench.pass(Nanos::from_secs(179));
    assert!(!bench.asked_methods().contains(&"time".to_owned()));
    bench.pass(Nanos::from_secs(2));
    assert!(bench.asked_methods().contains(&"time".to_owned()));
}

#[test]
fn a_moment_that_is_refused_asks_the_clock_at_once_and_then_for_the_order_which_is_never_sent_again() {
    let mut bench = Bench::new();
    bench.truth.ahead = Nanos::from_secs(9);
    bench.truth.answers = false;
    bench.submit(|_| {});
    bench.error("p", -1021, "Timestamp for this request is outside of the recvWindow.");
    assert_eq!(bench.told(), [UNKNOWN]);
    assert_eq!(bench.asked_methods(), ["order.place", "time"], "the old clock would be refused again");
    let shown = (bench.now + bench.truth.ahead).0 / 1_000_000;
    bench.message(&format!(r#"{{"id":"n","status":200,"result":{{"serverTime":{shown}}}}}"#));
    let asked = bench.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("order.status") && asked[0].contains(&format!(r#""timestamp":{shown}"#)));
}
