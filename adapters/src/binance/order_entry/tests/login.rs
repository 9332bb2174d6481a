//! The login, the venue's clock, and what ends the right to trade.

use super::*;

impl Bench {
    /// As [`Bench::new`], with a key of this kind and nothing logged in.
    fn with_key(key: KeyKind) -> Self {
        let config = BinanceConfig::production(Product::Spot);
        Bench { session: BinanceOrderEntry::new(&config, key), ..Bench::new() }
    }

    fn http(&mut self, status: u16, body: &str) {
        let mut bytes = format!("/sapi/v1/account/apiRestrictions?timestamp=1\n{body}").into_bytes();
        let source = FrameSource::Http;
        let frame = InboundFrame { source, connection: 0, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.log);
    }
}

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
    let asked = bench.asked();
    let permissions = format!("/sapi/v1/account/apiRestrictions?recvWindow=5000&timestamp={at}&signature=");
    assert_eq!(asked, [permissions]);
    bench.http(200, r#"{"enableWithdrawals":false,"enableSpotAndMarginTrading":true}"#);
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
fn a_key_that_may_withdraw_or_may_not_trade_is_refused_and_one_that_is_not_told_of_is_warned_of() {
    let allowed = r#"{"enableWithdrawals":false,"enableSpotAndMarginTrading":true}"#;
    for (status, body, is_ready) in [
        (200, allowed, true),
        (200, r#"{"enableWithdrawals":true,"enableSpotAndMarginTrading":true}"#, false),
        (200, r#"{"enableWithdrawals":false,"enableSpotAndMarginTrading":false}"#, false),
        (404, "", true),
    ] {
        let mut bench = Bench::with_key(KeyKind::Hmac);
        bench.feed(FrameSource::Opened, "");
        bench.answer_own();
        bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        bench.http(status, body);
        bench.answer_own();
        assert_eq!(bench.session.is_ready(), is_ready, "{status} {body}");
    }
    let mut bench = Bench::with_key(KeyKind::Hmac);
    bench.feed(FrameSource::Opened, "");
    bench.answer_own();
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    bench.http(503, "");
    assert!(!bench.session.is_ready(), "it is asked again until it is told");
    bench.asked();
    bench.pass(Nanos::from_secs(5));
    assert!(bench.asked()[0].starts_with("/sapi/v1/account/apiRestrictions?"));
    bench.http(200, allowed);
    bench.answer_own();
    assert!(bench.session.is_ready());
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

#[test]
fn a_key_that_is_revoked_halts_the_venue_and_cancels_are_still_tried() {
    for (code, words) in [
        (-2015, "Invalid API-key, IP, or permissions for action."),
        (-2014, "API-key format invalid."),
        (-1022, "Signature for this request is not valid."),
        (-1002, "You are not authorized to execute this request."),
        (-2010, "This action is disabled on this account."),
    ] {
        let mut bench = Bench::accepted();
        assert!(bench.session.is_ready());
        bench.submit(|intent| intent.client_order_id = order_id(2));
        let id = order_id(2);
        bench.message(&format!(r#"{{"id":"p{id}","status":401,"error":{{"code":{code},"msg":"{words}"}}}}"#));
        assert_eq!(bench.log.reports[0].reason, venue_reason::NOT_PERMITTED);
        assert_eq!(bench.told(), [REJECTED]);
        assert!(!bench.session.is_ready(), "{code}: nothing new leaves");
        bench.asked();
        bench.cancel(1);
        assert_eq!(bench.asked_methods(), ["order.cancel"]);
        bench.feed(FrameSource::Closed, "reset");
        bench.feed(FrameSource::Opened, "");
        bench.answer_own();
        bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        bench.answer_own();
        assert!(!bench.session.is_ready(), "somebody must look");
    }
}

#[test]
fn an_account_that_may_not_trade_halts_the_venue() {
    let mut bench = Bench::new();
    bench.truth.account = bench.truth.account.replace(r#""canTrade":true"#, r#""canTrade":false"#);
    bench.pass(Nanos::from_secs(60));
    assert!(!bench.session.is_ready());
}

#[test]
fn too_many_orders_hold_new_ones_and_too_much_weight_holds_everything() {
    for (code, held) in [(-1015, Nanos::from_secs(10)), (-1008, Nanos::from_secs(10)), (-1003, REFUSED_WAIT)]
    {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        assert!(bench.session.has_budget(bench.now));
        bench.error("p", code, "Too many.");
        assert!(!bench.session.has_budget(bench.now), "{code}");
        let over = bench.now + held;
        assert!(!bench.session.has_budget(UnixNanos(over.0 - 1)), "{code}");
        assert!(bench.session.has_budget(over + Nanos::from_secs(10)), "{code}");
    }
}

#[test]
fn a_strategy_hears_why_an_order_was_refused_in_words_of_its_own() {
    for (code, words, reason) in [
        (-2010, "Account has insufficient balance for requested action.", venue_reason::INSUFFICIENT_BALANCE),
        (-2010, "Order would immediately match and take.", venue_reason::WOULD_TAKE),
        (-2010, "Market is closed.", venue_reason::MARKET_CLOSED),
        (-1013, "Filter failure: LOT_SIZE", venue_reason::FILTER),
        (-1111, "Parameter 'price' has too much precision.", venue_reason::FILTER),
        (-1015, "Too many new orders.", local_reason::VENUE_LIMIT),
        (-1003, "Too much request weight used.", local_reason::VENUE_LIMIT),
        (-2019, "Margin is insufficient.", venue_reason::INSUFFICIENT_BALANCE),
        (-2022, "ReduceOnly Order is rejected.", venue_reason::NOT_REDUCING),
        (-4164, "Order's notional must be no smaller than 5.", venue_reason::FILTER),
        (-5022, "Due to the order could not be executed as maker.", venue_reason::WOULD_TAKE),
        (-2021, "Order would immediately trigger.", -2021),
        (-2010, "Stop loss orders are not supported for this symbol.", -2010),
        (-1121, "Invalid symbol.", -1121),
    ] {
        let mut bench = Bench::new();
        bench.submit(|_| {});
        bench.error("p", code, words);
        assert_eq!(bench.log.reports[0].reason, reason, "{code} {words}");
        assert_eq!(bench.told(), [REJECTED]);
    }
}
