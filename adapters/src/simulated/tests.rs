//! The venue over real sockets, as an adapter meets it.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use fulmar_bus::record::AccountId;
use fulmar_engine::market::decimal::format_scaled;
use futures_util::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use super::connections::{Connections, Purpose};
use super::{Credentials, SCALE, SimulatedVenueConfig};
use client::{STARTED_AT, Served, code, fixed, limit, still};

mod adapter;
mod bench;
mod client;
mod every_fault;
mod faults;
mod futures;
mod icebergs;
mod money;
mod orders;
mod requests;

/// A book kept as the venue's documentation says.
#[derive(Default)]
struct Book {
    update_id: u64,
    sides: [BTreeMap<i128, String>; 2],
}

impl Book {
    fn apply(&mut self, names: [&str; 2], update: &Value) {
        for (side, name) in self.sides.iter_mut().zip(names) {
            for level in update[name].as_array().expect("levels are a list") {
                let quantity = level[1].as_str().expect("a quantity is text");
                if fixed(&level[1]) == 0 {
                    side.remove(&fixed(&level[0]));
                } else {
                    side.insert(fixed(&level[0]), quantity.to_owned());
                }
            }
        }
    }
}

#[tokio::test]
async fn a_book_from_snapshot_and_stream_equals_the_venues_at_the_end() {
    let venue = Served::start(SimulatedVenueConfig::new(STARTED_AT)).await;
    let mut stream = venue.connect("/stream?streams=btcusdt@depth@100ms").await;
    let first = stream.next().await;
    assert_eq!(first["stream"], "btcusdt@depth@100ms");
    let snapshot = venue.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").await;
    let mut book = Book { update_id: snapshot["lastUpdateId"].as_u64().expect("an id"), ..Book::default() };
    book.apply(["bids", "asks"], &snapshot);

    let mut updates = vec![first];
    while updates.len() < 8 {
        updates.push(stream.next().await);
    }
    let end = venue.pause().await;
    let mut joined = 0;
    let mut previous = None;
    loop {
        for update in updates.drain(..) {
            let data = &update["data"];
            let (from, to) = (data["U"].as_u64().expect("U"), data["u"].as_u64().expect("u"));
            assert!(previous.is_none_or(|previous: u64| previous + 1 == from), "updates follow each other");
            previous = Some(to);
            if to > book.update_id {
                assert!(from <= book.update_id + 1, "no gap between snapshot and stream");
                book.apply(["b", "a"], data);
                book.update_id = to;
                joined += 1;
            }
        }
        if book.update_id == end {
            break;
        }
        updates.push(stream.next().await);
    }
    assert!(joined >= 2, "the stream was used");

    let truth = venue.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").await;
    assert_eq!(truth["lastUpdateId"], end, "a paused market does not move");
    let mut expected = Book::default();
    expected.apply(["bids", "asks"], &truth);
    assert_eq!(book.sides, expected.sides);
    let [bids, asks] = &book.sides;
    assert!(bids.len() > 100 && asks.len() > 100);
    assert!(bids.last_key_value().expect("bids").0 < asks.first_key_value().expect("asks").0, "not crossed");
    let report = venue.stop().await;
    assert!(report.flow_events > 500 && report.trades > 10, "{report:?}");
}

#[tokio::test]
async fn an_order_rests_fills_in_two_parts_and_both_sides_are_told() {
    let venue = Served::start(SimulatedVenueConfig { fee_bps: 10, ..still() }).await;
    let mut maker = venue.connect("/ws-api/v3").await;
    let subscribed = maker.request("userDataStream.subscribe.signature", json!({"apiKey": "maker"})).await;
    assert_eq!(subscribed["result"], json!({"subscriptionId": 0}));
    let mut taker = venue.connect("/ws-api/v3").await;
    let mut stream = venue.connect("/ws/btcusdt@trade").await;
    stream.send(json!({"method": "LIST_SUBSCRIPTIONS", "id": 3})).await;
    assert_eq!(stream.next().await, json!({"result": ["btcusdt@trade"], "id": 3}));

    let placed = maker.place("maker", "makes", limit("SELL", "60000.00", "0.01")).await;
    assert_eq!(
        (&placed["result"]["status"], &placed["result"]["fills"]),
        (&json!("NEW"), &json!([])),
        "{placed}"
    );
    assert_eq!(placed["rateLimits"][0]["rateLimitType"], "ORDERS");
    let new = maker.report("NEW").await;
    assert_eq!(
        (&new["c"], &new["X"], &new["w"], &new["N"]),
        (&json!("makes"), &json!("NEW"), &json!(true), &Value::Null)
    );
    let position = maker.next().await;
    assert_eq!(position["event"]["B"][0], json!({"a": "BTC", "f": "99.99000000", "l": "0.01000000"}));

    let bought = taker.place("taker", "takes", limit("BUY", "60000.50", "0.004")).await;
    let fill = json!({
        "price": "60000.00000000", "qty": "0.00400000", "commission": "0.00000400", "commissionAsset": "BTC",
        "tradeId": 1,
    });
    assert_eq!((&bought["result"]["status"], &bought["result"]["fills"]), (&json!("FILLED"), &json!([fill])));
    let part = maker.report("TRADE").await;
    assert_eq!(
        (&part["X"], &part["l"], &part["z"]),
        (&json!("PARTIALLY_FILLED"), &json!("0.00400000"), &json!("0.00400000"))
    );
    assert_eq!((&part["n"], &part["N"], &part["m"]), (&json!("0.24000000"), &json!("USDT"), &json!(true)));
    let market = json!({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.006"});
    assert_eq!(taker.place("taker", "rest", market).await["result"]["status"], "FILLED");
    let rest = maker.report("TRADE").await;
    assert_eq!(
        (&rest["X"], &rest["Z"], &rest["w"]),
        (&json!("FILLED"), &json!("600.00000000"), &json!(false))
    );

    let trade = stream.next().await;
    assert_eq!(
        (&trade["p"], &trade["q"], &trade["m"]),
        (&json!("60000.00000000"), &json!("0.00400000"), &json!(false))
    );
    let status = maker
        .request(
            "order.status",
            json!({"symbol": "BTCUSDT", "origClientOrderId": "makes", "apiKey": "maker"}),
        )
        .await;
    assert_eq!(status["result"]["cummulativeQuoteQty"], "600.00000000");
    let balances = maker.request("account.status", json!({"apiKey": "maker"})).await;
    assert_eq!(
        balances["result"]["balances"][1],
        json!({"asset": "USDT", "free": "10000599.40000000", "locked": "0.00000000"})
    );
    let report = venue.stop().await;
    assert_eq!((report.orders_received, report.fills, report.trades), (3, 4, 2));
}

#[tokio::test]
async fn a_canceled_order_is_gone_and_a_second_cancel_is_refused() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.request("userDataStream.subscribe", json!({"apiKey": "me"})).await;
    client.place("me", "one", limit("BUY", "59000", "0.01")).await;
    client.place("me", "two", limit("BUY", "59001", "0.01")).await;
    let open = client.request("openOrders.status", json!({"symbol": "BTCUSDT", "apiKey": "me"})).await;
    assert_eq!(open["result"].as_array().expect("a list").len(), 2);

    let cancel =
        json!({"symbol": "BTCUSDT", "origClientOrderId": "one", "newClientOrderId": "away", "apiKey": "me"});
    let canceled = client.request("order.cancel", cancel.clone()).await;
    assert_eq!(
        (&canceled["result"]["status"], &canceled["result"]["clientOrderId"]),
        (&json!("CANCELED"), &json!("away"))
    );
    let report = client.report("CANCELED").await;
    assert_eq!(
        (&report["c"], &report["C"], &report["X"]),
        (&json!("away"), &json!("one"), &json!("CANCELED"))
    );
    assert_eq!(
        client.request("order.cancel", cancel).await["error"],
        json!({"code": -2011, "msg": "Unknown order sent."})
    );

    let all = client.request("openOrders.cancelAll", json!({"symbol": "BTCUSDT", "apiKey": "me"})).await;
    assert_eq!(all["result"][0]["origClientOrderId"], "two");
    let again = client.request("openOrders.cancelAll", json!({"symbol": "BTCUSDT", "apiKey": "me"})).await;
    assert_eq!(code(&again), -2011);
    let truth = venue.get("/simulated/truth?account=me").await;
    assert_eq!(
        (&truth["open_orders"], &truth["position"], &truth["pnl"]),
        (&json!(0), &json!("0"), &json!("0"))
    );
    venue.stop().await;
}

#[tokio::test]
async fn the_quantity_of_an_order_can_be_lowered_and_nothing_else_of_it() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.request("userDataStream.subscribe", json!({"apiKey": "me"})).await;
    client.place("me", "one", limit("BUY", "59000", "0.01")).await;
    let amend = |id: &str, quantity: &str| json!({"symbol": "BTCUSDT", "origClientOrderId": id, "newClientOrderId": id, "newQty": quantity, "apiKey": "me"});
    let amended = client.request("order.amend.keepPriority", amend("one", "0.004")).await;
    assert_eq!(amended["result"]["amendedOrder"]["qty"], "0.00400000");
    let report = client.report("REPLACED").await;
    assert_eq!(
        (&report["c"], &report["C"], &report["q"], &report["X"]),
        (&json!("one"), &json!("one"), &json!("0.00400000"), &json!("NEW"))
    );
    let mut renamed = amend("one", "0.003");
    renamed["newClientOrderId"] = json!("uno");
    assert_eq!(client.request("order.amend.keepPriority", renamed).await["status"], 200);
    let report = client.report("REPLACED").await;
    assert_eq!((&report["c"], &report["C"]), (&json!("uno"), &json!("one")));
    let mut back = amend("uno", "0.002");
    back["newClientOrderId"] = json!("one");
    assert_eq!(client.request("order.amend.keepPriority", back).await["status"], 200);
    for (id, quantity, number) in [("one", "0.002", -2038), ("one", "0.01", -2038), ("two", "0.001", -2013)] {
        let refused = client.request("order.amend.keepPriority", amend(id, quantity)).await;
        assert_eq!(code(&refused), number, "{id} {quantity}");
    }
    let status = json!({"symbol": "BTCUSDT", "origClientOrderId": "one", "apiKey": "me"});
    assert_eq!(client.request("order.status", status).await["result"]["origQty"], "0.00200000");
    venue.stop().await;
}

#[tokio::test]
async fn orders_that_the_real_venue_refuses_are_refused_with_its_numbers() {
    let venue = Served::start(still()).await;
    let mut client = venue.connect("/ws-api/v3").await;
    assert_eq!(code(&client.place("me", "same", limit("BUY", "59000", "0.01")).await), 0);
    let twice = client.place("me", "same", limit("BUY", "59000", "0.01")).await;
    assert_eq!(twice["error"], json!({"code": -2010, "msg": "Duplicate order sent."}));
    let poor = client.place("me", "poor", limit("SELL", "61000", "100.00001")).await;
    let message = "Account has insufficient balance for requested action.";
    assert_eq!(poor["error"], json!({"code": -2010, "msg": message}));
    let maker = json!({"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "price": "60000.01", "quantity": "1"});
    let takes = client.place("me", "maker", maker).await;
    assert_eq!(takes["error"], json!({"code": -2010, "msg": "Order would immediately match and take."}));

    let cases = [
        (limit("BUY", "59000.001", "0.01"), -1013, "tick"),
        (limit("BUY", "59000", "0.000001"), -1013, "step"),
        (limit("BUY", "1", "0.01"), -1013, "notional"),
        (limit("BUY", "59000.000000001", "0.01"), -1111, "nine digits"),
        (limit("BUY", "-1", "0.01"), -1100, "sign"),
        (limit("LONG", "59000", "0.01"), -1117, "side"),
        (json!({"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT"}), -1102, "no time in force"),
        (json!({"symbol": "NOSUCH", "side": "BUY"}), -1121, "symbol"),
    ];
    for (index, (order, expected, what)) in cases.into_iter().enumerate() {
        let answer = client.place("me", &format!("case-{index}"), order).await;
        assert_eq!(code(&answer), expected, "{what}: {answer}");
    }
    let truth = venue.get("/simulated/truth?account=me").await;
    assert_eq!((&truth["orders_received"], &truth["open_orders"]), (&json!(12), &json!(1)));
    venue.stop().await;
}

#[tokio::test]
async fn the_truth_of_a_paused_market_equals_the_sum_of_the_fills_that_were_told() {
    let venue =
        Served::start(SimulatedVenueConfig { seed: 7, ..SimulatedVenueConfig::new(STARTED_AT) }).await;
    let mut client = venue.connect("/ws-api/v3").await;
    client.request("userDataStream.subscribe", json!({"apiKey": "me"})).await;
    let (mut position, mut cash, mut fills) = (0, 0, 0);
    for round in 0..6 {
        let snapshot = venue.get("/api/v3/depth?symbol=BTCUSDT&limit=5").await;
        let (side, book) = if round % 2 == 0 { ("BUY", "bids") } else { ("SELL", "asks") };
        let price = snapshot[book][0][0].as_str().expect("a price").to_owned();
        let placed = client.place("me", &format!("order-{round}"), limit(side, &price, "0.05")).await;
        assert_eq!(placed["status"], 200, "{placed}");
    }
    let mut done = false;
    while !done {
        let event = client.next().await["event"].take();
        if event["x"] == "TRADE" {
            let sign = if event["S"] == "BUY" { 1 } else { -1 };
            position += sign * fixed(&event["l"]);
            cash -= sign * fixed(&event["Y"]);
            fills += 1;
            done = event["X"] == "FILLED";
        }
    }
    venue.pause().await;
    // An answer comes after every event that was sent before it.
    client.request("time", json!({})).await;
    for value in std::mem::take(&mut client.aside) {
        let event = &value["event"];
        if event["x"] == "TRADE" {
            let sign = if event["S"] == "BUY" { 1 } else { -1 };
            position += sign * fixed(&event["l"]);
            cash -= sign * fixed(&event["Y"]);
            fills += 1;
        }
    }
    let truth = venue.get("/simulated/truth?account=me").await;
    assert_eq!(truth["position"], format_scaled(position, SCALE).as_str());
    assert_eq!(truth["cash"], format_scaled(cash, SCALE).as_str());
    assert_eq!((&truth["fills"], &truth["orders_received"]), (&json!(fills), &json!(6)));
    let mark = fixed(&truth["mark"]);
    let unit = 10i128.pow(u32::from(SCALE));
    let pnl = cash * unit + position * mark;
    assert_eq!(truth["pnl"], format_scaled(pnl, 2 * SCALE).as_str());
    venue.stop().await;
}

#[tokio::test]
async fn a_request_needs_the_signature_of_a_known_key() {
    let known = Credentials { api_key: "key".to_owned(), secret: "secret".to_owned() };
    let venue = Served::start(SimulatedVenueConfig { credentials: vec![known], ..still() }).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let timestamp = client.request("time", json!({})).await["result"]["serverTime"].as_u64().expect("a time");
    let sign = |key: &str, secret: &str| {
        let payload = format!("apiKey={key}&timestamp={timestamp}");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), payload.as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"apiKey": key, "timestamp": timestamp, "signature": hex})
    };
    let method = "userDataStream.subscribe.signature";
    assert_eq!(client.request(method, sign("key", "secret")).await["result"], json!({"subscriptionId": 0}));
    assert_eq!(code(&client.request(method, sign("key", "other")).await), -1022);
    let stranger = client.request(method, sign("stranger", "secret")).await;
    assert_eq!((code(&stranger), &stranger["status"]), (-2015, &json!(401)));
    assert_eq!(code(&client.request("account.status", json!({"apiKey": "key"})).await), -1102);
    assert_eq!(code(&client.request("userDataStream.subscribe", json!({})).await), -1002);
    venue.stop().await;
}

#[tokio::test]
async fn too_much_weight_is_answered_with_429_and_a_time_to_wait() {
    let venue = Served::start(SimulatedVenueConfig { weight_per_minute: 260, ..still() }).await;
    let (status, body, headers) = venue.http(Method::GET, "/api/v3/depth?symbol=BTCUSDT&limit=5000").await;
    assert_eq!((status, &headers["x-mbx-used-weight-1m"]), (200, &"250".parse().expect("a header")));
    assert_eq!(body["bids"].as_array().expect("bids").len(), 300, "the whole side of a new book");
    let (status, body, headers) = venue.http(Method::GET, "/api/v3/exchangeInfo").await;
    assert_eq!((status, &body["code"]), (429, &json!(-1003)));
    assert!(headers.contains_key("retry-after"));
    let (status, body, _) = venue.http(Method::GET, "/api/v3/depth?symbol=NOSUCH").await;
    assert_eq!((status, &body["code"]), (429, &json!(-1003)), "also what is wrong costs");
    assert_eq!(venue.stop().await.requests_limited, 2);
}

#[tokio::test]
async fn the_symbol_is_described_as_the_real_venue_describes_it() {
    let venue = Served::start(still()).await;
    let info = venue.get("/api/v3/exchangeInfo?symbol=BTCUSDT").await;
    let symbol = &info["symbols"][0];
    assert_eq!(
        (&symbol["baseAsset"], &symbol["quoteAsset"], &symbol["quotePrecision"]),
        (&json!("BTC"), &json!("USDT"), &json!(8))
    );
    let filter = json!({
        "filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "1000000.00000000", "tickSize": "0.01000000",
    });
    assert_eq!(symbol["filters"][0], filter);
    assert_eq!(symbol["filters"][1]["stepSize"], "0.00001000");
    let (status, body, _) = venue.http(Method::GET, "/api/v3/depth?symbol=NOSUCH").await;
    assert_eq!((status, body), (400, json!({"code": -1121, "msg": "Invalid symbol."})));
    let (status, body, _) = venue.http(Method::GET, "/api/v3/depth").await;
    assert_eq!((status, &body["code"]), (400, &json!(-1102)));
    venue.stop().await;
}

#[tokio::test]
async fn frames_have_the_fields_of_the_real_ones_in_their_order() {
    let venue = Served::start(SimulatedVenueConfig::new(STARTED_AT)).await;
    let path = "/stream?streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker/btcusdt@aggTrade";
    let mut stream = venue.connect(path).await;
    let mut missing: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("btcusdt@depth@100ms", &["e", "E", "s", "U", "u", "b", "a"][..]),
        ("btcusdt@trade", &["e", "E", "s", "t", "p", "q", "T", "m", "M"]),
        ("btcusdt@bookTicker", &["u", "s", "b", "B", "a", "A"]),
        ("btcusdt@aggTrade", &["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]),
    ]);
    while !missing.is_empty() {
        let text = stream.next_text().await.expect("the connection stands");
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        let name = frame["stream"].as_str().expect("a combined frame names its stream");
        let Some(fields) = missing.remove(name) else { continue };
        assert!(text.starts_with(&format!(r#"{{"stream":"{name}","data":{{"#)), "{text}");
        let places: Vec<_> = fields.iter().map(|field| text.find(&format!(r#""{field}":"#))).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{text}");
        assert_eq!(frame["data"].as_object().expect("an object").len(), fields.len(), "{text}");
    }
    venue.stop().await;
}

#[tokio::test]
async fn streams_are_subscribed_and_left_by_message() {
    let venue = Served::start(SimulatedVenueConfig::new(STARTED_AT)).await;
    let mut stream = venue.connect("/ws").await;
    stream.send(json!({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 1})).await;
    assert_eq!(stream.next_text().await.expect("an answer"), r#"{"result":null,"id":1}"#);
    assert_eq!(stream.next().await["s"], "BTCUSDT", "a raw stream has no envelope");
    stream.send(json!({"method": "UNSUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 2})).await;
    while stream.next().await != json!({"result": null, "id": 2}) {}
    stream.send(json!({"method": "LIST_SUBSCRIPTIONS", "id": 3})).await;
    assert_eq!(
        stream.next().await,
        json!({"result": [], "id": 3}),
        "nothing comes from a stream that was left"
    );
    venue.stop().await;
}

#[tokio::test]
async fn a_stream_connection_that_sends_too_much_is_cut_off() {
    let venue = Served::start(still()).await;
    let mut stream = venue.connect("/ws").await;
    for id in 0..12 {
        // Sending may fail already, once the venue has closed.
        let request = json!({"method": "LIST_SUBSCRIPTIONS", "id": id}).to_string();
        if stream.socket.send(Message::text(request)).await.is_err() {
            break;
        }
    }
    let mut answers = 0;
    while stream.next_text().await.is_some() {
        answers += 1;
    }
    assert!(answers <= 10, "five a second, and the test takes less than two");
    assert_eq!(venue.stop().await.rate_disconnects, 1);
}

#[test]
fn a_connection_that_does_not_read_is_cut_off_and_counted() {
    let (outbox, mut frames) = mpsc::channel(2);
    let mut connections = Connections::default();
    connections.connect(1, Purpose::Api, outbox, STARTED_AT);
    connections.subscribe_user(1, AccountId(3)).expect("it is connected");
    for _ in 0..3 {
        connections.send_user(AccountId(3), "{}");
    }
    connections.drop_slow();
    assert_eq!((connections.frames_sent, connections.slow_disconnects), (2, 1));
    assert_eq!(frames.try_recv().expect("the first frame").as_str(), r#"{"subscriptionId":0,"event":{}}"#);
    assert!(
        frames.try_recv().is_ok() && frames.is_closed(),
        "what was queued is still read, then the queue ends"
    );
}
