//! What ends the right to trade: a key or an account that may not. Nothing new leaves until somebody has looked, and
//! cancels are still tried.

use super::*;

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
