//! The account's own stream: where it is, and that it stays.

use super::super::super::super::limits::LISTEN_KEY_INTERVAL;
use super::*;

#[test]
fn the_stream_is_kept_alive_and_one_that_ended_is_replaced_and_what_was_missed_is_asked_for() {
    let mut futures = Futures::new();
    futures.pass(Nanos(LISTEN_KEY_INTERVAL.0 - 1));
    assert!(futures.bench.session.is_ready());
    futures.with(|session, now, sink| session.on_time(now + Nanos(1), sink));
    assert!(futures.asked().contains(&"/fapi/v1/listenKey".to_owned()), "half an hour later");

    for ends in ["expired", "closed"] {
        let mut futures = Futures::accepted();
        match ends {
            "expired" => futures.event(r#"{"e":"listenKeyExpired","E":9,"listenKey":"listen"}"#),
            _ => futures.feed((1, FrameSource::Closed, 0), "reset"),
        }
        assert!(!futures.bench.session.is_ready(), "{ends}: nothing leaves while nobody is told");
        assert_eq!(futures.told(), [], "{ends}: requests are still answered, so nothing is unknown");
        futures.open_orders = format!("[{}]", stands("0.50000", "100.00"));
        futures.trades = r#"[{"symbol":"BTCUSDT","id":9,"orderId":500,"side":"BUY","price":"99.00","qty":"0.10000","realizedPnl":"0",
"commission":"0","commissionAsset":"USDT","time":1700001800000,"positionSide":"BOTH","buyer":true,"maker":true}]"#.to_owned();
        futures.answer_own();
        assert!(futures.bench.session.is_ready(), "{ends}");
        let told: Vec<_> = futures.bench.log.reports.drain(..).map(|report| report.trade_id).collect();
        assert_eq!(told, [9], "{ends}: what traded meanwhile");
    }
}

#[test]
fn the_path_of_the_accounts_stream_is_assumed_and_can_be_stated() {
    let config = BinanceConfig {
        user_path: "/elsewhere".to_owned(),
        ..BinanceConfig::production(Product::UsdMargined)
    };
    let mut futures = Futures::closed();
    futures.bench.session = BinanceOrderEntry::new(&config, KeyKind::Hmac);
    futures.feed((0, FrameSource::Opened, 0), "");
    futures.answer(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    futures.feed((0, FrameSource::Http, 200), "/fapi/v1/listenKey\n{\"listenKey\":\"k\"}");
    let (_, _, url) = futures.requests.pop().expect("the stream");
    assert_eq!(url, "wss://fstream.binance.com/elsewhere/ws/k");
}
