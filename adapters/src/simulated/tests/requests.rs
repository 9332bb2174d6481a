//! Requests about a connection's session and an account's trades.

use aws_lc_rs::hmac;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{STARTED_AT, Served, code, limit, still};
use crate::simulated::{Credentials, SimulatedVenueConfig};

#[tokio::test]
async fn a_client_that_logged_on_need_not_name_its_key_until_it_logs_out() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let before = client.request("session.status", json!({})).await["result"].take();
    assert_eq!((&before["apiKey"], &before["authorizedSince"]), (&Value::Null, &Value::Null));
    assert!(before["connectedSince"].as_u64() >= Some(STARTED_AT.0 / 1_000_000), "{before}");
    assert_eq!(code(&client.request("session.logon", json!({})).await), -1102, "whom would it log on?");

    let logon = client.request("session.logon", json!({"apiKey": "me"})).await["result"].take();
    assert_eq!((&logon["apiKey"], &logon["userDataStream"]), (&json!("me"), &json!(false)));
    assert!(logon["authorizedSince"].as_u64() >= before["serverTime"].as_u64(), "{logon}");
    client.request("userDataStream.subscribe", json!({})).await;
    let placed = client.request("order.place", limit("BUY", "59000", "0.01")).await;
    assert_eq!(placed["result"]["status"], "NEW", "{placed}");
    assert_eq!(client.report("NEW").await["p"], "59000.00000000", "its own user data");
    let open = json!({"symbol": "BTCUSDT", "apiKey": "me"});
    let rows = |answer: &Value| answer["result"].as_array().map(Vec::len);
    let mut other = venue.connect("/ws-api/v3").await;
    assert_eq!(rows(&other.request("openOrders.status", open).await), Some(1), "the account is me");
    let as_other = json!({"symbol": "BTCUSDT", "apiKey": "other"});
    assert_eq!(rows(&client.request("openOrders.status", as_other).await), Some(0), "a named key goes first");
    assert_eq!(client.request("session.status", json!({})).await["result"]["userDataStream"], true);

    let logout = client.request("session.logout", json!({})).await["result"].take();
    assert_eq!((&logout["apiKey"], &logout["authorizedSince"]), (&Value::Null, &Value::Null));
    let nobodys = client.request("openOrders.status", json!({"symbol": "BTCUSDT"})).await;
    assert_eq!(rows(&nobodys), Some(0), "it is nobody's session again");
    venue.stop().await;
}

#[tokio::test]
async fn a_key_of_the_signed_kind_that_the_venue_knows_cannot_log_on() {
    let known = Credentials { api_key: "key".to_owned(), secret: "secret".to_owned() };
    let config = SimulatedVenueConfig { credentials: vec![known], ..still() };
    let venue = Served::start(config).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let signed = |secret: &str| {
        let at_ms = STARTED_AT.0 / 1_000_000;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let query = format!("apiKey=key&recvWindow=60000&timestamp={at_ms}");
        let tag = hmac::sign(&key, query.as_bytes());
        let signature: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"apiKey": "key", "recvWindow": 60000, "timestamp": at_ms, "signature": signature})
    };
    assert_eq!(code(&client.request("session.logon", signed("wrong")).await), -1022);
    assert_eq!(code(&client.request("session.logon", signed("secret")).await), -4056);
    assert_eq!(client.request("session.status", json!({})).await["result"]["apiKey"], Value::Null);
    venue.stop().await;
}

#[tokio::test]
async fn an_accounts_trades_are_told_in_order_and_to_nobody_else() {
    let venue = Served::start(SimulatedVenueConfig { fee_bps: 10, ..still() }).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let maker = client.place("maker", "makes", limit("SELL", "60000.00", "0.01")).await;
    for (id, quantity) in [("one", "0.002"), ("two", "0.003"), ("three", "0.004")] {
        client.place("taker", id, limit("BUY", "60000.00", quantity)).await;
    }
    let mut ask = async |account: &str, mut params: Value| {
        (params["symbol"], params["apiKey"]) = (json!("BTCUSDT"), json!(account));
        client.request("myTrades", params).await
    };
    let ids = |answer: &Value| -> Vec<u64> {
        let rows = answer["result"].as_array().expect("a list");
        rows.iter().map(|row| row["id"].as_u64().expect("an id")).collect()
    };
    let sold = ask("maker", json!({"orderId": maker["result"]["orderId"]})).await;
    assert_eq!(ids(&sold), [1, 2, 3]);
    let mut first = sold["result"][0].clone();
    let at_ms = first["time"].take();
    assert!(at_ms.as_u64() >= Some(STARTED_AT.0 / 1_000_000));
    assert_eq!(
        first,
        json!({
            "symbol": "BTCUSDT", "id": 1, "orderId": maker["result"]["orderId"], "orderListId": -1,
            "price": "60000.00000000", "qty": "0.00200000", "quoteQty": "120.00000000",
            "commission": "0.12000000", "commissionAsset": "USDT", "time": null, "isBuyer": false,
            "isMaker": true, "isBestMatch": true,
        })
    );
    let bought = ask("taker", json!({})).await;
    assert_eq!(
        (&bought["result"][2]["isBuyer"], &bought["result"][2]["isMaker"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(ids(&ask("taker", json!({"limit": 2})).await), [2, 3], "the latest");
    assert_eq!(ids(&ask("taker", json!({"limit": 2, "fromId": 1})).await), [1, 2], "from there on");
    assert_eq!(
        ids(&ask("taker", json!({"orderId": maker["result"]["orderId"]})).await),
        [0; 0],
        "not theirs"
    );
    assert_eq!(ids(&ask("taker", json!({"endTime": at_ms.as_u64().expect("a moment") - 1})).await), [0; 0]);
    assert_eq!(ids(&ask("stranger", json!({})).await), [0; 0]);
    assert_eq!(code(&ask("taker", json!({"limit": "many"})).await), -1102);
    venue.stop().await;
}

#[tokio::test]
async fn orders_go_by_http_too_with_the_key_in_the_head_and_the_query_signed_as_it_stands() {
    let known = Credentials { api_key: "key".to_owned(), secret: "secret".to_owned() };
    let config = SimulatedVenueConfig { credentials: vec![known], ..still() };
    let venue = Served::start(config).await;
    let at_ms = STARTED_AT.0 / 1_000_000;
    let signed = |query: &str| {
        let query = format!("{query}&recvWindow=60000&timestamp={at_ms}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let tag = hmac::sign(&key, query.as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("/api/v3/order?{query}&signature={hex}")
    };
    let order =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=59000&quantity=0.01&newClientOrderId=one";
    let (status, placed) = venue.keyed(Method::POST, &signed(order), "key").await;
    assert_eq!((status, &placed["status"]), (200, &json!("NEW")), "{placed}");
    let forged = signed(order).replace("59000", "59001");
    assert_eq!(venue.keyed(Method::POST, &forged, "key").await.1["code"], -1022);
    let asked = signed("symbol=BTCUSDT&origClientOrderId=one");
    assert_eq!(venue.keyed(Method::GET, &asked, "key").await.1["clientOrderId"], "one");
    assert_eq!(venue.keyed(Method::DELETE, &asked, "key").await.1["status"], "CANCELED");
    assert_eq!(
        venue.keyed(Method::DELETE, &asked, "key").await,
        (400, json!({"code": -2011, "msg": "Unknown order sent."}))
    );
    venue.stop().await;
}
