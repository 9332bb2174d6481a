//! What only futures have: contracts and margin, funding, listen keys, other terms for an order that stands, and orders
//! that end where their owner falls silent.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use fulmar_bus::record::Nanos;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, word, words};
use super::client::{STARTED_AT, Served, code, fixed, limit, still, still_futures};
use super::orders::signed;
use crate::simulated::limits::LISTEN_KEY_AGE;
use crate::simulated::{Credentials, FaultPlan, PublicKey, SimulatedVenueConfig, SymbolConfig};

fn bench() -> Bench {
    Bench::subscribed(still_futures(), FaultPlan::none())
}

fn market(side: &str, quantity: &str) -> Value {
    json!({"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity})
}

fn named(id: &str) -> Value {
    json!({"symbol": "BTCUSDT", "origClientOrderId": id})
}

/// The one row of the account's position.
fn position(bench: &mut Bench) -> Value {
    bench.answer("v2/account.position", json!({"symbol": "BTCUSDT"}))["result"][0].clone()
}

#[tokio::test]
async fn an_order_is_placed_traded_and_told_over_the_sockets_of_futures() {
    let venue = Served::start(SimulatedVenueConfig { fee_bps: 10, ..still_futures() }).await;
    let (status, started) = venue.keyed(Method::POST, "/fapi/v1/listenKey", "maker").await;
    let key = started["listenKey"].as_str().expect("a key").to_owned();
    assert_eq!((status, key.len()), (200, 64));
    assert_eq!(
        venue.keyed(Method::POST, "/fapi/v1/listenKey", "maker").await.1["listenKey"],
        key,
        "the same"
    );
    let mut user = venue.connect(&format!("/private/ws/{key}")).await;
    let mut maker = venue.connect("/ws-fapi/v1").await;
    let placed = maker.place("maker", "makes", limit("SELL", "60000.0", "0.010")).await["result"].take();
    assert_eq!((&placed["status"], &placed["price"]), (&json!("NEW"), &json!("60000.0")), "{placed}");
    let new = user.next().await;
    assert_eq!(
        (&new["e"], &new["o"]["x"], &new["o"]["X"]),
        (&json!("ORDER_TRADE_UPDATE"), &json!("NEW"), &json!("NEW"))
    );

    let mut taker = venue.connect("/ws-fapi/v1").await;
    let bought = taker.place("taker", "takes", market("BUY", "0.004")).await;
    assert_eq!(
        (&bought["result"]["status"], &bought["result"]["executedQty"]),
        (&json!("NEW"), &json!("0.000"))
    );
    let told = user.next().await["o"].take();
    for (field, value) in [
        ("c", json!("makes")),
        ("x", json!("TRADE")),
        ("X", json!("PARTIALLY_FILLED")),
        ("l", json!("0.004")),
        ("z", json!("0.004")),
        ("L", json!("60000.0")),
        ("ap", json!("60000.00000000")),
        ("n", json!("0.24000000")),
        ("N", json!("USDT")),
        ("m", json!(true)),
        ("rp", json!("0.00000000")),
        ("R", json!(false)),
        ("t", json!(1)),
    ] {
        assert_eq!(told[field], value, "{field} of {told}");
    }
    let update = user.next().await["a"].take();
    assert_eq!(update["m"], "ORDER");
    assert_eq!((&update["P"][0]["pa"], &update["P"][0]["ep"]), (&json!("-0.004"), &json!("60000.00000000")));
    assert_eq!(
        (&update["B"][0]["wb"], &update["B"][0]["bc"]),
        (&json!("9999999.76000000"), &json!("0.00000000"))
    );
    let asked = taker
        .request(
            "order.status",
            json!({"symbol": "BTCUSDT", "origClientOrderId": "takes", "apiKey": "taker"}),
        )
        .await;
    assert_eq!(
        (&asked["result"]["status"], &asked["result"]["avgPrice"]),
        (&json!("FILLED"), &json!("60000.00000000"))
    );
    let report = venue.stop().await;
    assert_eq!((report.orders_received, report.fills, report.trades), (2, 2, 1));
}

#[tokio::test]
async fn what_is_asked_by_http_agrees_with_what_was_done() {
    let venue = Served::start(still_futures()).await;
    let path = |name: &str| format!("/fapi/{name}");
    let order =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=59000&quantity=0.01&newClientOrderId=one";
    let (status, placed) = venue.keyed(Method::POST, &path(&format!("v1/order?{order}")), "me").await;
    assert_eq!((status, &placed["status"]), (200, &json!("NEW")), "{placed}");
    let taken =
        "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01&newClientOrderId=two&newOrderRespType=RESULT";
    let (_, taken) = venue.keyed(Method::POST, &path(&format!("v1/order?{taken}")), "me").await;
    assert_eq!(taken["status"], "FILLED", "{taken}");
    let ids = async |name: &str| -> Vec<String> {
        let (_, rows) = venue.keyed(Method::GET, &path(name), "me").await;
        let id = |row: &Value| row["clientOrderId"].as_str().unwrap_or_default().to_owned();
        rows.as_array().unwrap_or_else(|| panic!("{name}: {rows}")).iter().map(id).collect()
    };
    assert_eq!(ids("v1/openOrders").await, ["one"]);
    assert_eq!(ids("v1/allOrders?symbol=BTCUSDT").await, ["one", "two"]);
    assert_eq!(ids("v1/allOrders?symbol=BTCUSDT&limit=1").await, ["two"]);
    assert_eq!(
        ids(&format!("v1/allOrders?symbol=BTCUSDT&limit=1&orderId={}", placed["orderId"])).await,
        ["one"]
    );
    let (_, trades) = venue.keyed(Method::GET, &path("v1/userTrades?symbol=BTCUSDT"), "me").await;
    let sum: i128 = trades.as_array().expect("a list").iter().map(|trade| fixed(&trade["qty"])).sum();
    assert_eq!((sum, &trades[0]["side"], &trades[0]["maker"]), (1_000_000, &json!("SELL"), &json!(false)));
    let (_, risk) = venue.keyed(Method::GET, &path("v3/positionRisk?symbol=BTCUSDT"), "me").await;
    assert_eq!((&risk[0]["positionAmt"], &risk[0]["entryPrice"]), (&json!("-0.010"), &taken["avgPrice"]));
    let (_, account) = venue.keyed(Method::GET, &path("v3/account"), "me").await;
    assert_eq!(account["assets"][0]["walletBalance"], "10000000.00000000", "opening costs nothing but fees");
    assert_eq!(account["positions"][0]["positionAmt"], "-0.010");
    let (_, balance) = venue.keyed(Method::GET, &path("v3/balance"), "me").await;
    let (all, free) = (fixed(&balance[0]["balance"]), fixed(&balance[0]["availableBalance"]));
    assert!(free < all, "a position and an order need margin: {balance}");
    let (_, canceled) = venue.keyed(Method::DELETE, &path("v1/allOpenOrders?symbol=BTCUSDT"), "me").await;
    assert_eq!((&canceled["code"], ids("v1/openOrders?symbol=BTCUSDT").await.len()), (&json!(200), 0));
    let (_, may) = venue.keyed(Method::GET, "/sapi/v1/account/apiRestrictions", "me").await;
    assert_eq!((&may["enableWithdrawals"], &may["enableFutures"]), (&json!(false), &json!(true)));

    let index = venue.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").await;
    assert_eq!(
        (&index["markPrice"], &index["lastFundingRate"]),
        (&json!("60000.00000000"), &json!("0.00010000"))
    );
    assert!(venue.get("/fapi/v1/time").await["serverTime"].as_u64() >= Some(STARTED_AT.0 / 1_000_000));
    let depth = venue.get("/fapi/v1/depth?symbol=BTCUSDT&limit=5").await;
    assert_eq!((&depth["bids"][0][0], depth["asks"].as_array().map(Vec::len)), (&json!("59999.9"), Some(5)));
    let info = venue.get("/fapi/v1/exchangeInfo").await["symbols"][0].take();
    assert_eq!(
        (&info["contractType"], &info["status"], &info["marginAsset"]),
        (&json!("PERPETUAL"), &json!("TRADING"), &json!("USDT"))
    );
    assert_eq!(
        (&info["filters"][0]["tickSize"], &info["filters"][1]["stepSize"]),
        (&json!("0.1"), &json!("0.001"))
    );
    venue.stop().await;
}

#[tokio::test]
async fn market_frames_of_futures_have_the_fields_of_the_real_ones() {
    let config = SimulatedVenueConfig { events_per_second: 2_000, ..still_futures() };
    let venue = Served::start(config).await;
    let streams =
        "btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker/btcusdt@aggTrade/btcusdt@markPrice@1s";
    let mut stream = venue.connect(&format!("/market/stream?streams={streams}")).await;
    let mut missing = std::collections::BTreeMap::from([
        ("btcusdt@depth@100ms", "e E T s U u pu b a"),
        ("btcusdt@trade", "e E T s t p q X m"),
        ("btcusdt@bookTicker", "e u s b B a A T E"),
        ("btcusdt@aggTrade", "e E a s p q f l T m"),
        ("btcusdt@markPrice@1s", "e E s p ap i P r T"),
    ]);
    while !missing.is_empty() {
        let text = stream.next_text().await.expect("the connection stands");
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        let Some(fields) = missing.remove(frame["stream"].as_str().expect("it is named")) else { continue };
        let places: Vec<_> = fields.split(' ').map(|field| text.find(&format!(r#""{field}":"#))).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{text}");
        assert_eq!(frame["data"].as_object().map(serde_json::Map::len), Some(places.len()), "{text}");
    }
    venue.stop().await;
}

#[test]
fn a_listen_key_ends_where_nobody_renews_it_and_says_so() {
    let mut bench = bench();
    bench.pass(Nanos(LISTEN_KEY_AGE.0 - 1));
    let key = bench.answer("userDataStream.ping", json!({}))["result"]["listenKey"].take();
    assert_eq!(bench.pass(Nanos(LISTEN_KEY_AGE.0 - 1)), Vec::<Value>::new(), "it was renewed");
    let last = bench.pass(Nanos(1)).pop().expect("a last event");
    assert_eq!((&last["e"], &last["listenKey"]), (&json!("listenKeyExpired"), &key));
    assert_eq!(code(&bench.answer("userDataStream.ping", json!({}))), -1125);
    assert_eq!(words(&bench.place("one", limit("BUY", "59000", "0.01"))), ["ok"], "nobody is told");
    bench.subscribe();
    assert_eq!(words(&bench.place("two", limit("BUY", "59000", "0.01"))), ["ok", "NEW"]);
    assert_ne!(bench.answer("userDataStream.start", json!({}))["result"]["listenKey"], key, "a new key");
    assert_eq!(code(&bench.answer("userDataStream.stop", json!({}))), 0);
    assert_eq!(words(&bench.place("three", limit("BUY", "59000", "0.01"))), ["ok"]);
}

#[test]
fn other_terms_keep_the_order_and_an_order_that_would_take_but_must_not_is_gone() {
    let mut bench = bench();
    let terms = |id: &str, price: &str, quantity: &str| json!({"symbol": "BTCUSDT", "origClientOrderId": id, "side": "BUY", "price": price, "quantity": quantity});
    bench.place("one", limit("BUY", "59000", "0.010"));
    let heard = bench.ask("order.modify", terms("one", "59001", "0.020"));
    assert_eq!(words(&heard), ["ok", "AMENDMENT"]);
    let told = &heard[1]["o"];
    assert_eq!(
        (&told["p"], &told["q"], &told["X"], &told["c"]),
        (&json!("59001.0"), &json!("0.020"), &json!("NEW"), &json!("one"))
    );
    assert_eq!(word(&bench.answer("order.modify", terms("one", "59001", "0.020"))), "-5027", "no change");
    assert_eq!(word(&bench.answer("order.modify", terms("nobody", "59001", "0.020"))), "-2013");
    assert_eq!(word(&bench.answer("order.modify", terms("one", "59001.01", "0.020"))), "-4014", "tick");
    assert_eq!(
        word(&bench.answer("order.modify", terms("one", "59001", "0.001"))),
        "-4164",
        "worth too little"
    );
    assert_eq!(
        words(&bench.ask("order.modify", terms("one", "60000.1", "0.020"))),
        ["ok", "AMENDMENT", "TRADE"]
    );
    assert_eq!(bench.answer("order.status", named("one"))["result"]["status"], "FILLED");

    let mut maker = limit("BUY", "59000", "0.010");
    maker["timeInForce"] = json!("GTX");
    bench.place("maker", maker.clone());
    assert_eq!(words(&bench.ask("order.modify", terms("maker", "60010", "0.010"))), ["ok", "CANCELED"]);
    maker["price"] = json!("60010");
    assert_eq!(words(&bench.place("taker", maker)), ["-5022"]);
}

#[test]
fn orders_are_refused_in_the_words_of_futures() {
    let mut bench = bench();
    let mut reducing = limit("SELL", "61000", "0.010");
    reducing["reduceOnly"] = json!("true");
    bench.place("stands", limit("BUY", "59000", "0.010"));
    for (id, order, expected, what) in [
        ("stands", limit("BUY", "59000", "0.010"), -4116, "the id of an open order"),
        ("a", limit("BUY", "59000.01", "0.010"), -4014, "tick"),
        ("b", limit("BUY", "59000", "0.0001"), -1111, "step"),
        ("c", limit("BUY", "59000", "0.001"), -4164, "worth"),
        ("d", limit("BUY", "59000", "4000"), -2019, "margin"),
        ("e", reducing, -2022, "nothing to reduce"),
        ("f", json!({"symbol": "NOSUCH", "side": "BUY"}), -1121, "symbol"),
    ] {
        assert_eq!(code(&bench.place(id, order)[0]), expected, "{what}");
    }
    assert_eq!(code(&bench.answer("order.cancel", named("nobody"))), -2011);
    assert_eq!(code(&bench.answer("order.status", named("nobody"))), -2013);
    for method in ["openOrders.status", "myTrades", "countdownCancelAll", "order.cancelReplace"] {
        assert_eq!(
            code(&bench.answer(method, named("stands"))),
            -1020,
            "{method} is asked by HTTP, or of spot"
        );
    }
    bench.http("POST /simulated/halt", "symbol=BTCUSDT");
    assert_eq!(code(&bench.place("halted", limit("BUY", "59000", "0.010"))[0]), -4108);
    assert_eq!(words(&bench.ask("order.cancel", named("stands"))), ["ok", "CANCELED"]);
}

#[test]
fn closing_earns_what_was_opened_for_less_and_fees_and_funding_are_taken_off() {
    let half_an_hour = Nanos::from_secs(1_800);
    let config = SimulatedVenueConfig { fee_bps: 10, funding_interval: half_an_hour, ..still_futures() };
    let mut bench = Bench::subscribed(config, FaultPlan::none());
    let all = bench.venue.markets[0].matching().ledger().sum();
    bench.place("opens", limit("BUY", "60000.1", "0.010"));
    let held = position(&mut bench);
    assert_eq!((&held["positionAmt"], &held["entryPrice"]), (&json!("0.010"), &json!("60000.10000000")));
    assert_eq!(held["unRealizedProfit"], "-0.00100000", "the mark lies a tick below");

    let told: Vec<Value> =
        bench.pass(half_an_hour).into_iter().filter(|frame| frame["e"] == "ACCOUNT_UPDATE").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let (update, wallet) = (&told[0]["a"], "9999999.33999900");
    assert_eq!((&update["m"], &update["B"][0]["bc"]), (&json!("FUNDING_FEE"), &json!("-0.06000000")));
    // A thousandth of 600.001 is the fee, and a ten-thousandth of 600 the funding.
    assert_eq!((&update["B"][0]["wb"], update.get("P")), (&json!(wallet), None));

    let closed = bench.place("closes", limit("SELL", "59999.9", "0.010"));
    let trade = closed.iter().find(|frame| frame["o"]["x"] == "TRADE").expect("it trades");
    assert_eq!((&trade["o"]["rp"], &trade["o"]["n"]), (&json!("-0.00200000"), &json!("0.59999900")));
    let truth = bench.truth();
    assert_eq!((truth.position.as_str(), truth.balances["USDT"].as_str()), ("0", "9999998.738"));
    assert_eq!(position(&mut bench)["entryPrice"], "0.00000000");
    assert_eq!(bench.venue.markets[0].matching().ledger().sum(), all, "what one has not another has");
}

#[test]
fn an_order_that_may_only_reduce_ends_where_nothing_is_left_to_reduce() {
    let mut bench = bench();
    bench.place("opens", market("BUY", "0.020"));
    let reducing = |price: &str, quantity: &str| {
        let mut order = limit("SELL", price, quantity);
        order["reduceOnly"] = json!(true);
        order
    };
    assert_eq!(words(&bench.place("first", reducing("61000", "0.012"))), ["ok", "NEW"]);
    assert_eq!(words(&bench.place("second", reducing("61001", "0.008"))), ["ok", "NEW"]);
    assert_eq!(
        words(&bench.place("third", reducing("61002", "0.001"))),
        ["-2022"],
        "together they close all"
    );
    let more = json!({"symbol": "BTCUSDT", "origClientOrderId": "second", "side": "SELL", "price": "61001", "quantity": "0.009"});
    assert_eq!(word(&bench.answer("order.modify", more)), "-2022");
    let heard = bench.place("half", market("SELL", "0.010"));
    assert_eq!(words(&heard), ["ok", "NEW", "TRADE", "EXPIRED", "EXPIRED"], "neither fits what is left");
    assert_eq!(words(&bench.place("fourth", reducing("61000", "0.010"))), ["ok", "NEW"]);
    assert_eq!(words(&bench.place("rest", reducing("59000", "0.001"))), ["-2022"]);
    bench.ask("order.cancel", named("fourth"));
    assert_eq!(
        words(&bench.place("rest", reducing("59000", "0.001"))),
        ["ok", "NEW", "TRADE"],
        "however little"
    );
    assert_eq!(position(&mut bench)["positionAmt"], "0.009");
}

#[test]
fn who_falls_silent_has_his_orders_canceled_and_who_speaks_up_keeps_them() {
    let mut bench = bench();
    let arm = |bench: &mut Bench, millis: u64| {
        let query = format!("symbol=BTCUSDT&countdownTime={millis}");
        bench.http("POST /fapi/v1/countdownCancelAll", &query)
    };
    bench.place("one", limit("BUY", "59000", "0.010"));
    bench.place("two", limit("SELL", "61000", "0.010"));
    let armed = arm(&mut bench, 500);
    assert_eq!(armed, (200, json!({"symbol": "BTCUSDT", "countdownTime": "500"})));
    bench.pass(Nanos::from_millis(400));
    arm(&mut bench, 500);
    assert_eq!(words(&bench.pass(Nanos::from_millis(499))), Vec::<String>::new());
    assert_eq!(words(&bench.pass(Nanos::from_millis(1))), ["CANCELED", "CANCELED"]);
    bench.place("three", limit("BUY", "59000", "0.010"));
    assert_eq!(words(&bench.pass(Nanos::from_secs(10))), Vec::<String>::new(), "it counts down once");
    arm(&mut bench, 500);
    arm(&mut bench, 0);
    assert_eq!(words(&bench.pass(Nanos::from_secs(10))), Vec::<String>::new(), "zero disarms it");
}

#[tokio::test]
async fn futures_believe_a_signature_and_a_key_pair_that_logged_on_and_nobody_else() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 bytes");
    let bytes = pair.public_key().as_ref().try_into().expect("32 bytes");
    let public_keys = vec![PublicKey { api_key: "pair".to_owned(), bytes }];
    let credentials = vec![Credentials { api_key: "key".to_owned(), secret: "secret".to_owned() }];
    let venue = Served::start(SimulatedVenueConfig { public_keys, credentials, ..still_futures() }).await;
    let mut client = venue.connect("/ws-fapi/v1").await;
    let at_ms = STARTED_AT.0 / 1_000_000;
    let logon = signed(&pair, json!({"apiKey": "pair", "recvWindow": 60_000, "timestamp": at_ms}));
    assert_eq!(client.request("session.logon", logon).await["result"]["apiKey"], "pair");
    let mut order = limit("BUY", "59000", "0.01");
    (order["timestamp"], order["recvWindow"]) = (json!(at_ms), json!(60_000));
    assert_eq!(client.request("order.place", order.clone()).await["result"]["status"], "NEW");
    order["apiKey"] = json!("key");
    assert_eq!(code(&client.request("order.place", order).await), -1102, "it did not log on");

    let query = format!("symbol=BTCUSDT&recvWindow=60000&timestamp={at_ms}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), query.as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let path = |signature: &str| format!("/fapi/v3/positionRisk?{query}&signature={signature}");
    let (status, rows) = venue.keyed(Method::GET, &path(&hex), "key").await;
    assert_eq!((status, &rows[0]["positionAmt"]), (200, &json!("0.000")), "{rows}");
    assert_eq!(venue.keyed(Method::GET, &path("00"), "key").await.1["code"], -1022);
    assert_eq!(
        venue.keyed(Method::POST, "/fapi/v1/listenKey", "key").await.0,
        200,
        "which needs no signature"
    );
    assert_eq!(venue.keyed(Method::POST, "/fapi/v1/listenKey", "stranger").await.1["code"], -2015);
    venue.stop().await;
}

#[test]
fn an_event_tells_what_is_left_of_an_asset_in_all_symbols() {
    let second = SymbolConfig { base: "ETH".to_owned(), ..SymbolConfig::btcusdt_perpetual() };
    let symbols = vec![SymbolConfig::btcusdt_perpetual(), second];
    let config = SimulatedVenueConfig { fee_bps: 10, symbols, ..still_futures() };
    let mut bench = Bench::subscribed(config, FaultPlan::none());
    bench.place("one", market("BUY", "0.010"));
    let mut other = market("SELL", "0.020");
    other["symbol"] = json!("ETHUSDT");
    let heard = bench.place("two", other);
    let update = heard.iter().rfind(|frame| frame["e"] == "ACCOUNT_UPDATE").expect("it traded");
    let asked = bench.answer("account.balance", json!({}));
    assert_eq!(update["a"]["B"][0]["wb"], asked["result"][0]["balance"]);
    assert_eq!(asked["result"].as_array().map(Vec::len), Some(1), "one asset is one row");

    let second = SymbolConfig { base: "ETH".to_owned(), ..SymbolConfig::btcusdt() };
    let config = SimulatedVenueConfig { symbols: vec![SymbolConfig::btcusdt(), second], ..still() };
    let mut bench = Bench::subscribed(config, FaultPlan::none());
    bench.place("one", limit("BUY", "59000", "0.01"));
    let mut other = limit("BUY", "59000", "0.02");
    other["symbol"] = json!("ETHUSDT");
    let heard = bench.place("two", other);
    let update = heard.iter().rfind(|frame| frame["event"]["e"] == "outboundAccountPosition");
    let told = &update.expect("money is locked")["event"]["B"][1];
    assert_eq!(told, &json!({"a": "USDT", "f": "19998230.00000000", "l": "1770.00000000"}));
}

#[test]
fn leverage_says_how_much_the_money_stands_for() {
    let mut bench = bench();
    let most = limit("BUY", "50000", "3990");
    assert_eq!(words(&bench.place("twenty", most.clone())), ["ok", "NEW"], "200 millions with ten");
    bench.ask("order.cancel", named("twenty"));
    let (status, answer) = bench.http("POST /fapi/v1/leverage", "symbol=BTCUSDT&leverage=10");
    assert_eq!((status, &answer["leverage"]), (200, &json!(10)));
    assert_eq!(words(&bench.place("ten", most)), ["-2019"]);
    assert_eq!(position(&mut bench)["leverage"], "10");
    assert_eq!(bench.http("POST /fapi/v1/leverage", "symbol=BTCUSDT&leverage=126").1["code"], -4028);
}
