//! What the order entry of spot does beyond placing and canceling.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{STARTED_AT, Served, code, limit, still};
use crate::simulated::{PublicKey, SimulatedVenueConfig};

/// Signs parameters, sorted by name, as a key pair does.
pub fn signed(pair: &Ed25519KeyPair, mut params: Value) -> Value {
    let fields = params.as_object().expect("parameters are an object").iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let payload: Vec<String> = fields.map(|(name, value)| format!("{name}={}", text(value))).collect();
    let signature = pair.sign(payload.join("&").as_bytes());
    params["signature"] = json!(base64(signature.as_ref()));
    params
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for sign in 0..4 {
            let place = usize::try_from(bits >> (18 - 6 * sign) & 63).expect("six bits");
            text.push(if sign > three.len() { '=' } else { ALPHABET[place].into() });
        }
    }
    text
}

#[tokio::test]
async fn a_key_pair_logs_on_and_then_needs_the_time_alone() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 bytes");
    let bytes = pair.public_key().as_ref().try_into().expect("32 bytes");
    let key = PublicKey { api_key: "pair".to_owned(), bytes };
    let venue = Served::start(SimulatedVenueConfig { public_keys: vec![key], ..still() }).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let at_ms = STARTED_AT.0 / 1_000_000;
    let timed = |at_ms: u64| json!({"apiKey": "pair", "recvWindow": 60000, "timestamp": at_ms});

    assert_eq!(code(&client.request("userDataStream.subscribe", json!({})).await), -1002);
    let mut forged = signed(&pair, timed(at_ms));
    forged["recvWindow"] = json!(59_999);
    assert_eq!(code(&client.request("session.logon", forged).await), -1022);
    let late = client.request("session.logon", signed(&pair, timed(at_ms - 120_000))).await;
    assert_eq!(code(&late), -1021);
    let logon = client.request("session.logon", signed(&pair, timed(at_ms))).await;
    assert_eq!(logon["result"]["apiKey"], "pair", "{logon}");

    let subscribed = client.request("userDataStream.subscribe", json!({})).await;
    assert_eq!(subscribed["result"], json!({"subscriptionId": 0}));
    let mut order = limit("BUY", "59000", "0.01");
    assert_eq!(code(&client.request("order.place", order.clone()).await), -1102, "it says no time");
    order["timestamp"] = json!(at_ms + 90_000);
    assert_eq!(code(&client.request("order.place", order.clone()).await), -1021, "from the future");
    (order["timestamp"], order["recvWindow"]) = (json!(at_ms), json!(60_000));
    assert_eq!(client.request("order.place", order.clone()).await["result"]["status"], "NEW");
    order["apiKey"] = json!("stranger");
    assert_eq!(code(&client.request("order.place", order).await), -1102, "a stranger must sign");
    venue.stop().await;
}

#[tokio::test]
async fn each_half_of_a_replacement_can_fail_alone() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.place("me", "one", limit("BUY", "59000", "0.01")).await;
    let replace = |old: &str, new: &str, price: &str, mode: &str| {
        let mut params = limit("BUY", price, "0.01");
        params["apiKey"] = json!("me");
        params["newClientOrderId"] = json!(new);
        params["cancelOrigClientOrderId"] = json!(old);
        params["cancelReplaceMode"] = json!(mode);
        params
    };
    let method = "order.cancelReplace";
    let both = client.request(method, replace("one", "two", "59001", "STOP_ON_FAILURE")).await;
    assert_eq!(both["status"], 200, "{both}");
    assert_eq!(both["result"]["cancelResponse"]["status"], "CANCELED");
    assert_eq!(both["result"]["newOrderResponse"]["clientOrderId"], "two");

    let none = client.request(method, replace("one", "three", "59002", "STOP_ON_FAILURE")).await;
    assert_eq!((code(&none), &none["status"]), (-2022, &json!(400)));
    let data = &none["error"]["data"];
    assert_eq!(
        (&data["cancelResult"], &data["newOrderResult"]),
        (&json!("FAILURE"), &json!("NOT_ATTEMPTED"))
    );
    assert_eq!((&data["cancelResponse"]["code"], &data["newOrderResponse"]), (&json!(-2011), &Value::Null));

    let placed = client.request(method, replace("one", "four", "59003", "ALLOW_FAILURE")).await;
    assert_eq!((code(&placed), &placed["status"]), (-2021, &json!(409)));
    assert_eq!(placed["error"]["data"]["newOrderResponse"]["status"], "NEW");
    let canceled = client.request(method, replace("four", "five", "59003.001", "ALLOW_FAILURE")).await;
    assert_eq!(code(&canceled), -2021);
    assert_eq!(canceled["error"]["data"]["cancelResult"], "SUCCESS");
    assert_eq!(canceled["error"]["data"]["newOrderResponse"]["code"], -1013);

    let open = client.request("openOrders.status", json!({"symbol": "BTCUSDT", "apiKey": "me"})).await;
    let ids: Vec<&Value> =
        open["result"].as_array().expect("a list").iter().map(|row| &row["clientOrderId"]).collect();
    assert_eq!(ids, ["two"]);
    venue.stop().await;
}

#[tokio::test]
async fn a_halted_symbol_takes_cancels_and_no_orders() {
    let venue = Served::start(SimulatedVenueConfig::new(STARTED_AT)).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.place("me", "before", limit("BUY", "59000", "0.01")).await;
    venue.http(Method::POST, "/simulated/halt?symbol=BTCUSDT").await;
    let info = venue.get("/api/v3/exchangeInfo?symbol=BTCUSDT").await;
    assert_eq!(info["symbols"][0]["status"], "HALT");
    let stands = venue.get("/api/v3/depth?symbol=BTCUSDT").await["lastUpdateId"].take();
    let refused = client.place("me", "meanwhile", limit("BUY", "59000", "0.01")).await;
    assert_eq!(refused["error"], json!({"code": -1013, "msg": "Market is closed."}));
    let cancel = json!({"symbol": "BTCUSDT", "origClientOrderId": "before", "apiKey": "me"});
    assert_eq!(client.request("order.cancel", cancel).await["result"]["status"], "CANCELED");
    let after = venue.get("/api/v3/depth?symbol=BTCUSDT").await["lastUpdateId"].as_u64();
    assert_eq!(after, stands.as_u64().map(|id| id + 1), "the cancel, and no trade or order of the market");
    venue.http(Method::POST, "/simulated/open?symbol=BTCUSDT").await;
    assert_eq!(code(&client.place("me", "after", limit("BUY", "59000", "0.01")).await), 0);
    venue.stop().await;
}

#[tokio::test]
async fn who_would_trade_with_himself_says_which_order_ends() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.request("userDataStream.subscribe", json!({"apiKey": "me"})).await;
    for (mode, taker, maker) in [
        ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW"),
        ("EXPIRE_MAKER", "NEW", "EXPIRED_IN_MATCH"),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
    ] {
        let (stands, comes) = (format!("stands-{mode}"), format!("comes-{mode}"));
        client.place("me", &stands, limit("SELL", "60000", "0.01")).await;
        let mut order = limit("BUY", "60000", "0.02");
        order["selfTradePreventionMode"] = json!(mode);
        let answer = client.place("me", &comes, order).await;
        assert_eq!(answer["result"]["status"], taker, "{mode}: {answer}");
        let asked = json!({"symbol": "BTCUSDT", "origClientOrderId": stands, "apiKey": "me"});
        assert_eq!(client.request("order.status", asked).await["result"]["status"], maker, "{mode}");
        let prevented = client.report("TRADE_PREVENTION").await;
        assert_eq!((&prevented["X"], &prevented["z"]), (&json!("EXPIRED_IN_MATCH"), &json!("0.00000000")));
        client.request("openOrders.cancelAll", json!({"symbol": "BTCUSDT", "apiKey": "me"})).await;
    }
    assert_eq!(venue.stop().await.fills, 0);
}

#[tokio::test]
async fn too_many_orders_are_refused_by_their_own_number() {
    let config = SimulatedVenueConfig { orders_per_10_seconds: 2, orders_per_day: 3, ..still() };
    let venue = Served::start(config).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let mut codes = Vec::new();
    for index in 0..4 {
        let answer = client.place("me", &format!("order-{index}"), limit("BUY", "59000", "0.01")).await;
        codes.push((code(&answer), answer["status"].as_u64()));
    }
    assert_eq!(codes[..2], [(0, Some(200)); 2]);
    assert!(codes[2..].contains(&(-1015, Some(429))), "{codes:?}");
    venue.stop().await;
}
