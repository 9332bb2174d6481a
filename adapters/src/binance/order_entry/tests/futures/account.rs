//! What the account has and holds, by event and by answer.

use super::*;

/// An event of what changed.
fn account(quantity: &str) -> String {
    format!(
        r#"{{"e":"ACCOUNT_UPDATE","E":9,"T":8,"a":{{"m":"ORDER","B":[{{"a":"USDT","wb":"999.5","cw":"999.5","bc":"0"}}],
"P":[{{"s":"BTCUSDT","pa":"{quantity}","ep":"99.98765","cr":"0","up":"0","mt":"cross","iw":"0","ps":"BOTH"}},
{{"s":"ETHUSDT","pa":"1","ep":"1","ps":"BOTH"}}]}}}}"#
    )
}

#[test]
fn positions_are_told_where_they_are_news_by_event_and_by_reconciliation() {
    let mut futures = Futures::new();
    futures.event(&account("-0.25000"));
    assert_eq!(futures.positions, [(-25_000, 9_998)], "short; the average is cut to a price");
    futures.event(&account("-0.25000"));
    assert_eq!(futures.positions.len(), 1, "it is no news");
    futures.held = r#"[{"symbol":"BTCUSDT","positionSide":"BOTH",
"positionAmt":"-0.30000","entryPrice":"99.9","updateTime":9}]"#
        .to_owned();
    futures.pass(Nanos::from_secs(60));
    assert_eq!(futures.positions.last(), Some(&(-30_000, 9_990)));
    futures.held = "[]".to_owned();
    futures.pass(Nanos::from_secs(60));
    assert_eq!(futures.positions.last(), Some(&(0, 0)), "what is not named is nothing");
    futures.pass(Nanos::from_secs(600));
    assert_eq!(futures.positions.len(), 3);
    assert!(futures.bench.session.is_ready());
    futures.event(&account("1").replace(r#""ps":"BOTH""#, r#""ps":"LONG""#));
    assert!(!futures.bench.session.is_ready(), "two positions an instrument are not kept here");
}

#[test]
fn an_event_is_not_the_first_word_since_it_has_a_trade_in_it_that_is_told_after_it() {
    let mut futures = Futures::closed();
    futures.feed((0, FrameSource::Opened, 0), "");
    futures.answer(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    futures.feed((0, FrameSource::Http, 200), "/fapi/v1/listenKey\n{\"listenKey\":\"listen\"}");
    futures.feed((1, FrameSource::Opened, 0), "");
    futures.bench.log.balances.clear();
    futures.event(&account("0.20000"));
    assert_eq!((futures.positions.len(), futures.bench.log.balances.len()), (0, 0));
    futures.held = r#"[{"symbol":"BTCUSDT","positionSide":"BOTH",
"positionAmt":"0.20000","entryPrice":"99.9","updateTime":9}]"#
        .to_owned();
    futures.log_in();
    assert_eq!(futures.positions, [(20_000, 9_990)]);
    assert_eq!(Notional::from(futures.bench.log.balances[0].free).0, 1_000_500_000_000_000_000_000);
    futures.event(&account("0.30000"));
    assert_eq!(futures.positions.last(), Some(&(30_000, 9_998)));
    let told = futures.bench.log.balances.last().expect("it is news");
    assert_eq!(Notional::from(told.free).0, 999_500_000_000_000_000_000);
}
